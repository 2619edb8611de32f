/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name        runs                                may take       never
 *   ----------  ----------------------------------  -------------  -----------
 *   app         properties, states                  STATE, OBJECT  -
 *   streaming   messages of children                OBJECT         STATE
 *   provider    on_device_removed                   OBJECT         STATE, block
 *   async       end_track (gst_element_call_async)  STATE, OBJECT  -
 *
 * Locks, in the order they may be taken
 *
 *   1 STATE     GST_STATE_LOCK  recursive, GStreamer's own: makes changes of
 *                               the bin's inside and of its state one after
 *                               the other. Protects: list, and writing branch
 *   2 OBJECT    GST_OBJECT      protects: property values, device, branch,
 *                               failed, track_state
 *
 *   Nothing is posted, linked or notified with OBJECT held. Under STATE children
 *   are added, linked and change state, as in every bin's change_state.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin.h"

enum
{
  PROP_0,
  PROP_DEVICE_ID,
  PROP_LABEL,
  PROP_ENABLED,
  PROP_SETTINGS,
  PROP_DEVICES,
  PROP_STATE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef struct
{
  /* state lock */
  GstCallDeviceList *list;
  gulong removed_id;

  /* object lock */
  gchar *device_id;
  gchar *label;
  gboolean enabled;
  GstCallDevice *device;        /* NULL: the branch is a substitute */
  GstElement *branch;
  gboolean failed;              /* the device's end has been noticed */
  GstCallTrackState track_state;
} GstCallDeviceBinPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstCallDeviceBin, gst_call_device_bin,
    GST_TYPE_BIN);

#define PRIV(self) \
  ((GstCallDeviceBinPrivate *) \
      gst_call_device_bin_get_instance_private (self))

/* --- the branch --- */

void
gst_call_device_bin_set_track_state (GstCallDeviceBin * self,
    GstCallTrackState state)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = priv->track_state != state;
  priv->track_state = state;
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SETTINGS]);
}

GstElement *
gst_call_device_bin_ref_branch (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstElement *branch;

  GST_OBJECT_LOCK (self);
  branch = priv->branch ? gst_object_ref (priv->branch) : NULL;
  GST_OBJECT_UNLOCK (self);
  return branch;
}

GstCallDevice *
gst_call_device_bin_ref_device (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallDevice *device;

  GST_OBJECT_LOCK (self);
  device = priv->device ? gst_call_device_ref (priv->device) : NULL;
  GST_OBJECT_UNLOCK (self);
  return device;
}

gboolean
gst_call_device_bin_claim_failure (GstCallDeviceBin * self, GstElement * branch)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean first;

  GST_OBJECT_LOCK (self);
  first = priv->branch == branch && !priv->failed;
  if (first)
    priv->failed = TRUE;
  GST_OBJECT_UNLOCK (self);
  return first;
}

gboolean
gst_call_device_bin_has_failed (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean failed;

  GST_OBJECT_LOCK (self);
  failed = priv->failed;
  GST_OBJECT_UNLOCK (self);
  return failed;
}

void
gst_call_device_bin_add_branch (GstCallDeviceBin * self, GstElement * branch,
    GstCallDevice * device)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  gst_bin_add (GST_BIN (self), branch);
  GST_OBJECT_LOCK (self);
  priv->branch = gst_object_ref (branch);
  priv->failed = device == NULL;
  g_clear_pointer (&priv->device, gst_call_device_unref);
  priv->device = device ? gst_call_device_ref (device) : NULL;
  GST_OBJECT_UNLOCK (self);
}

GstElement *
gst_call_device_bin_stop_branch (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstElement *branch;

  GST_OBJECT_LOCK (self);
  branch = g_steal_pointer (&priv->branch);
  g_clear_pointer (&priv->device, gst_call_device_unref);
  GST_OBJECT_UNLOCK (self);
  if (!branch)
    return NULL;
  gst_element_set_locked_state (branch, TRUE);
  gst_element_set_state (branch, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), branch);
  return branch;
}

GstCallDevice *
gst_call_device_bin_choose (GstCallDeviceBin * self, GPtrArray * devices,
    gboolean * asked, GError ** error)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autofree gchar *id = NULL;
  g_autofree gchar *label = NULL;

  GST_OBJECT_LOCK (self);
  id = g_strdup (priv->device_id);
  label = g_strdup (priv->label);
  GST_OBJECT_UNLOCK (self);
  if (asked)
    *asked = (id && *id) || (label && *label);
  return gst_call_device_choose (devices,
      GST_CALL_DEVICE_BIN_GET_CLASS (self)->kind, id, label, error);
}

/* --- the end of a device --- */

static void
post_track_ended (GstCallDeviceBin * self, GstCallDevice * device)
{
  GstCallDeviceBinClass *klass = GST_CALL_DEVICE_BIN_GET_CLASS (self);

  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The %s \"%s\" (%s) stopped: unplugged, or taken by another program. "
          "%s; set device-id to another %s and restart the element.",
          klass->noun, device->label, device->id, klass->substitute,
          klass->noun), (NULL));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-track-ended",
              "kind", G_TYPE_STRING, gst_call_device_kind_name (klass->kind),
              "deviceId", G_TYPE_STRING, device->id,
              "label", G_TYPE_STRING, device->label, NULL)));
}

/* async thread */
static void
end_track (GstElement * element, gpointer branch)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (element);
  g_autoptr (GstCallDevice) device = NULL;
  gboolean ended = FALSE;

  GST_STATE_LOCK (self);
  if (PRIV (self)->branch == branch && GST_STATE (self) > GST_STATE_READY)
    device = gst_call_device_bin_ref_device (self);
  if (device)
    ended = GST_CALL_DEVICE_BIN_GET_CLASS (self)->end (self, device);
  GST_STATE_UNLOCK (self);
  if (!device)
    return;
  gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_ENDED);
  if (ended)
    post_track_ended (self, device);
}

void
gst_call_device_bin_end_later (GstCallDeviceBin * self, GstElement * branch)
{
  gst_element_call_async (GST_ELEMENT (self), end_track,
      gst_object_ref (branch), gst_object_unref);
}

static void
on_device_removed (GstCallDeviceList * list, GstCallDevice * gone,
    GstCallDeviceBin * self)
{
  g_autoptr (GstCallDevice) device = gst_call_device_bin_ref_device (self);
  g_autoptr (GstElement) branch = gst_call_device_bin_ref_branch (self);

  if (device && branch && g_str_equal (device->id, gone->id)
      && gst_call_device_bin_claim_failure (self, branch))
    gst_call_device_bin_end_later (self, branch);
}

static void
gst_call_device_bin_handle_message (GstBin * bin, GstMessage * message)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (bin);

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && GST_CALL_DEVICE_BIN_GET_CLASS (self)->child_error (self, message)) {
    gst_message_unref (message);
    return;
  }
  GST_BIN_CLASS (gst_call_device_bin_parent_class)->handle_message (bin,
      message);
}

/* --- states --- */

static void
stop (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  GST_CALL_DEVICE_BIN_GET_CLASS (self)->close (self);
  if (priv->list) {
    g_clear_signal_handler (&priv->removed_id, priv->list);
    gst_call_device_list_release (g_steal_pointer (&priv->list));
  }
  gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_ENDED);
}

static gboolean
start (GstCallDeviceBin * self)
{
  GstCallDeviceBinClass *klass = GST_CALL_DEVICE_BIN_GET_CLASS (self);
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GError) error = NULL;

  priv->list = gst_call_device_list_get (klass->kind);
  priv->removed_id = g_signal_connect_object (priv->list, "removed",
      G_CALLBACK (on_device_removed), self, 0);
  devices = gst_call_device_list_get_devices (priv->list);
  if (klass->open (self, devices, &error))
    return TRUE;
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, g_strdup (error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  stop (self);
  return FALSE;
}

static GstStateChangeReturn
gst_call_device_bin_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (gst_call_device_bin_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE))
    stop (self);
  return ret;
}

/* Devices come and go, the pipeline's clock must not. */
static GstClock *
gst_call_device_bin_provide_clock (GstElement * element)
{
  return NULL;
}

/* --- properties --- */

static GstStructure *
make_settings (GstCallDeviceBin * self)
{
  g_autoptr (GstCallDevice) device = gst_call_device_bin_ref_device (self);
  g_autoptr (GstElement) branch = gst_call_device_bin_ref_branch (self);
  g_autoptr (GstCaps) caps = NULL;

  if (device && branch)
    caps = GST_CALL_DEVICE_BIN_GET_CLASS (self)->get_caps (self, branch);
  return gst_call_device_settings (device, caps);
}

static void
gst_call_device_bin_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (object);
  GstCallDeviceBinPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_free (priv->device_id);
      priv->device_id = g_value_dup_string (value);
      break;
    case PROP_LABEL:
      g_free (priv->label);
      priv->label = g_value_dup_string (value);
      break;
    case PROP_ENABLED:
      priv->enabled = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_ENABLED)
    GST_CALL_DEVICE_BIN_GET_CLASS (self)->set_enabled (self,
        g_value_get_boolean (value));
}

static void
gst_call_device_bin_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (object);
  GstCallDeviceBinPrivate *priv = PRIV (self);

  if (id == PROP_SETTINGS) {
    g_value_take_boxed (value, make_settings (self));
    return;
  }
  if (id == PROP_DEVICES) {
    gst_call_device_list_to_value (GST_CALL_DEVICE_BIN_GET_CLASS (self)->kind,
        value);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_value_set_string (value, priv->device_id);
      break;
    case PROP_LABEL:
      g_value_set_string (value, priv->label);
      break;
    case PROP_ENABLED:
      g_value_set_boolean (value, priv->enabled);
      break;
    case PROP_STATE:
      g_value_set_enum (value, priv->track_state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_device_bin_finalize (GObject * object)
{
  GstCallDeviceBinPrivate *priv = PRIV (GST_CALL_DEVICE_BIN (object));

  g_free (priv->device_id);
  g_free (priv->label);
  G_OBJECT_CLASS (gst_call_device_bin_parent_class)->finalize (object);
}

static void
gst_call_device_bin_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_device_bin_set_property;
  gobject_class->get_property = gst_call_device_bin_get_property;

  /**
   * GstCallDeviceBin:device-id:
   *
   * Id of the device to open, one of those in devices (W3C deviceId); empty =
   * the first that fits label. Read when the element goes to PAUSED: a change
   * is used at the next start. An id that is not there is an error that names
   * those that are.
   *
   * Since: 0.1
   */
  props[PROP_DEVICE_ID] = g_param_spec_string ("device-id", "Device id",
      "Id of the device to open (empty = best match)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

  /**
   * GstCallDeviceBin:label:
   *
   * Glob (fnmatch(3), case does not matter) over the names of the devices, used
   * if device-id is empty; empty = any.
   *
   * Since: 0.1
   */
  props[PROP_LABEL] = g_param_spec_string ("label", "Label",
      "Glob over the names of devices (empty = any)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

  /**
   * GstCallDeviceBin:enabled:
   *
   * FALSE sends, or plays, black or silence with the same caps and timestamps
   * (W3C MediaStreamTrack.enabled). The device stays open. Takes effect with the
   * next buffer, from any thread.
   *
   * Since: 0.1
   */
  props[PROP_ENABLED] = g_param_spec_boolean ("enabled", "Enabled",
      "Let media through, not black or silence", TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:settings:
   *
   * What is really open (W3C getSettings()): deviceId, groupId, label, and of
   * the mode the device is in width, height, frameRate (Hz) or sampleRate (Hz),
   * channelCount, and caps. Empty while no device is open. Notified together
   * with state.
   *
   * Since: 0.1
   */
  props[PROP_SETTINGS] = g_param_spec_boxed ("settings", "Settings",
      "What is really open", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GstCallDeviceBin:devices:
   *
   * The devices of this kind, best first, a structure each: deviceId, kind,
   * label, groupId, caps (W3C enumerateDevices()). Reading it waits for the
   * device providers if no element of the process has a device open.
   *
   * Since: 0.1
   */
  props[PROP_DEVICES] = gst_param_spec_array ("devices", "Devices",
      "The devices there are",
      g_param_spec_boxed ("device", "Device", "A device", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GstCallDeviceBin:state:
   *
   * live: the device works; muted: it is open and has not delivered yet; ended:
   * none is open, or it went away and a substitute is used.
   *
   * Since: 0.1
   */
  props[PROP_STATE] = g_param_spec_enum ("state", "State",
      "State of the track", GST_TYPE_CALL_TRACK_STATE, GST_CALL_TRACK_ENDED,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_device_bin_class_init (GstCallDeviceBinClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_device_bin_finalize;
  gst_call_device_bin_install_properties (G_OBJECT_CLASS (klass));
  element_class->change_state = gst_call_device_bin_change_state;
  element_class->provide_clock = gst_call_device_bin_provide_clock;
  GST_BIN_CLASS (klass)->handle_message = gst_call_device_bin_handle_message;
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_TRACK_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_DEVICE_BIN, 0);
}

static void
gst_call_device_bin_init (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  priv->device_id = g_strdup ("");
  priv->label = g_strdup ("");
  priv->enabled = TRUE;
  priv->track_state = GST_CALL_TRACK_ENDED;
}
