/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: see gstcalldevicebin-private.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

GST_DEBUG_CATEGORY (gst_call_device_bin_debug);
#define GST_CAT_DEFAULT gst_call_device_bin_debug

#define DEFAULT_OPEN_TIMEOUT 10000      /* ms */

enum
{
  PROP_0,
  PROP_DEVICE_ID,
  PROP_LABEL,
  PROP_CONSTRAINTS,
  PROP_ENABLED,
  PROP_RELEASE_WHEN_DISABLED,
  PROP_FALLBACK,
  PROP_OPEN_TIMEOUT,
  PROP_SETTINGS,
  PROP_DEVICES,
  PROP_STATE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstCallFallback, gst_call_fallback,
    G_DEFINE_ENUM_VALUE (GST_CALL_FALLBACK_NEXT_DEVICE, "next-device"),
    G_DEFINE_ENUM_VALUE (GST_CALL_FALLBACK_HOLD, "hold"),
    G_DEFINE_ENUM_VALUE (GST_CALL_FALLBACK_ERROR, "error"))
/* *INDENT-ON* */

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstCallDeviceBin, gst_call_device_bin,
    GST_TYPE_BIN, G_ADD_PRIVATE (GstCallDeviceBin);
    GST_DEBUG_CATEGORY_INIT (gst_call_device_bin_debug, "calldevice", 0,
        "sources and speaker"));

#define PRIV(self) \
  ((GstCallDeviceBinPrivate *) \
      gst_call_device_bin_get_instance_private (self))

GstCallDeviceBinPrivate *
gst_call_device_bin_get_private (GstCallDeviceBin * self)
{
  return PRIV (self);
}

/* --- what the machine and the subclass tell --- */

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
  gst_call_device_bin_notify_settings (self);
}

void
gst_call_device_bin_notify_settings (GstCallDeviceBin * self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SETTINGS]);
}

void
gst_call_device_bin_notify_devices (GstCallDeviceBin * self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DEVICES]);
}

void
gst_call_device_bin_set_processing (GstCallDeviceBin * self, guint bits)
{
  GST_OBJECT_LOCK (self);
  PRIV (self)->processing = bits;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_notify_settings (self);
}

gboolean
gst_call_device_bin_is_running (GstCallDeviceBin * self)
{
  gboolean running;

  GST_OBJECT_LOCK (self);
  running = PRIV (self)->worker != NULL;
  GST_OBJECT_UNLOCK (self);
  return running;
}

/* worker */
static void
look (gpointer object, gpointer unused)
{
  GstCallDeviceBin *self = object;

  GST_OBJECT_LOCK (self);
  PRIV (self)->kicked = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (gst_call_device_bin_is_running (self))
    gst_call_device_machine_advance (self);
}

void
gst_call_device_bin_kick (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallWorker) worker = NULL;

  GST_OBJECT_LOCK (self);
  if (priv->worker && !priv->kicked) {
    priv->kicked = TRUE;
    worker = gst_call_worker_ref (priv->worker);
  }
  GST_OBJECT_UNLOCK (self);
  if (worker)
    gst_call_worker_post (worker, look, self, NULL, NULL);
}

void
gst_call_device_bin_delivered (GstCallDeviceBin * self, GstElement * element,
    GstClockTime gap)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallBranch *branch = NULL;

  GST_OBJECT_LOCK (self);
  if (priv->current && priv->current->element == element)
    branch = priv->current;
  else if (priv->next && priv->next->element == element)
    branch = priv->next;
  if (branch && !branch->delivered) {
    branch->delivered = TRUE;
    branch->delivered_at = g_get_monotonic_time ();
    branch->gap = gap;
  }
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
}

gboolean
gst_call_device_bin_has_failed (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean failed;

  GST_OBJECT_LOCK (self);
  failed = !priv->current || priv->current->failed
      || !priv->current->choice->device;
  GST_OBJECT_UNLOCK (self);
  return failed;
}

static GstCallBranch *
ref_current (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallBranch *branch;

  GST_OBJECT_LOCK (self);
  branch = priv->current ? gst_call_branch_ref (priv->current) : NULL;
  GST_OBJECT_UNLOCK (self);
  return branch;
}

/* --- errors of children --- */

/* Also one that is not in the bin any more */
static gboolean
is_in_branch (GstObject * object)
{
  GstObject *one = gst_object_ref (object), *parent;
  gboolean found = FALSE;

  while (one && !found) {
    found = g_object_get_qdata (G_OBJECT (one), GST_CALL_BRANCH_QUARK) != NULL;
    parent = gst_object_get_parent (one);
    gst_object_unref (one);
    one = parent;
  }
  gst_clear_object (&one);
  return found;
}

static gboolean
is_from (GstMessage * message, GstCallBranch * branch)
{
  return branch && branch->element
      && gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
      GST_OBJECT (branch->element));
}

/* TRUE: the error is that of a branch and will be dealt with. */
static gboolean
take_error (GstCallDeviceBin * self, GstMessage * message)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallBranch) current = NULL;
  g_autoptr (GstCallBranch) next = NULL;
  GstCallBranch *branch;

  if (!is_in_branch (GST_MESSAGE_SRC (message)))
    return FALSE;
  GST_OBJECT_LOCK (self);
  current = priv->current ? gst_call_branch_ref (priv->current) : NULL;
  next = priv->next ? gst_call_branch_ref (priv->next) : NULL;
  GST_OBJECT_UNLOCK (self);
  branch = is_from (message, current) ? current :
      is_from (message, next) ? next : NULL;
  if (!branch)
    return TRUE;
  if (branch == current
      && GST_CALL_DEVICE_BIN_GET_CLASS (self)->has_failed_downstream (self))
    return FALSE;
  GST_DEBUG_OBJECT (self, "device failed: %" GST_PTR_FORMAT, message);
  GST_OBJECT_LOCK (self);
  branch->failed = TRUE;
  if (!branch->error)
    gst_message_parse_error (message, &branch->error, &branch->debug);
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
  return TRUE;
}

static void
gst_call_device_bin_handle_message (GstBin * bin, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && take_error (GST_CALL_DEVICE_BIN (bin), message)) {
    gst_message_unref (message);
    return;
  }
  GST_BIN_CLASS (gst_call_device_bin_parent_class)->handle_message (bin,
      message);
}

/* --- states --- */

/* thread of a device provider */
static void
on_list_changed (GstCallDeviceList * list, GstCallDevice * device,
    GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (self);
  priv->list_changed = TRUE;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
}

static void
stop_worker (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallWorker) worker = NULL;

  GST_OBJECT_LOCK (self);
  worker = g_steal_pointer (&priv->worker);
  priv->kicked = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (worker)
    gst_call_worker_stop (worker);
}

static void
start_worker (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallWorker *worker = gst_call_worker_new ("calldevice");

  priv->machine.worker = worker;
  GST_OBJECT_LOCK (self);
  priv->worker = worker;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
}

static void
stop (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  g_clear_signal_handler (&priv->added_id, priv->list);
  g_clear_signal_handler (&priv->removed_id, priv->list);
  gst_call_device_machine_stop (self);
  gst_call_device_list_release (g_steal_pointer (&priv->list));
  gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_ENDED);
}

static gboolean
start (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;

  const gchar *failed = NULL;
  g_autofree gchar *complaint = NULL;

  GST_OBJECT_LOCK (self);
  complaint = g_steal_pointer (&priv->complaint);
  GST_OBJECT_UNLOCK (self);
  if (complaint)
    gst_call_device_bin_warn_kept (self, complaint, NULL);
  priv->reached = GST_STATE_READY;
  priv->list =
      gst_call_device_list_get (GST_CALL_DEVICE_BIN_GET_CLASS (self)->kind);
  priv->added_id = g_signal_connect_object (priv->list, "added",
      G_CALLBACK (on_list_changed), self, 0);
  priv->removed_id = g_signal_connect_object (priv->list, "removed",
      G_CALLBACK (on_list_changed), self, 0);
  if (gst_call_device_machine_start (self, &failed, &error))
    return TRUE;
  gst_call_device_bin_post_error (self, error, NULL, failed);
  stop (self);
  return FALSE;
}

static GstStateChangeReturn
change_children (GstCallDeviceBin * self, GstStateChange transition)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstStateChangeReturn ret;

  g_mutex_lock (&priv->path);
  ret = GST_ELEMENT_CLASS (gst_call_device_bin_parent_class)->change_state
      (GST_ELEMENT (self), transition);
  if (ret != GST_STATE_CHANGE_FAILURE)
    priv->reached = GST_STATE_TRANSITION_NEXT (transition);
  g_mutex_unlock (&priv->path);
  return ret;
}

static GstStateChangeReturn
gst_call_device_bin_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (element);
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop_worker (self);
  ret = change_children (self, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    stop (self);
  } else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (ret != GST_STATE_CHANGE_FAILURE) {
      start_worker (self);
    } else {
      if (priv->current->choice->device && priv->current->failed)
        gst_call_device_machine_report_start (self);
      stop (self);
    }
  }
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
  g_autoptr (GstCallBranch) branch = ref_current (self);
  g_autoptr (GstCaps) caps = NULL;
  GstStructure *settings;
  guint id, processing;

  if (!branch || !branch->choice->device)
    return gst_call_device_settings (NULL, NULL);
  caps = GST_CALL_DEVICE_BIN_GET_CLASS (self)->get_caps (self, branch->element);
  settings = gst_call_device_settings (branch->choice->device, caps);
  GST_OBJECT_LOCK (self);
  processing = PRIV (self)->processing;
  GST_OBJECT_UNLOCK (self);
  for (id = GST_CALL_ECHO_CANCELLATION; id <= GST_CALL_AUTO_GAIN_CONTROL; id++) {
    if (branch->choice->device->kind == GST_CALL_DEVICE_AUDIO_INPUT)
      gst_structure_set (settings, gst_call_constraint_name (id),
          G_TYPE_BOOLEAN, (processing & GST_CALL_BIT (id)) != 0, NULL);
  }
  return settings;
}

/* With OBJECT held: the worker looks at it next. */
static void
change_wish (GstCallDeviceBinPrivate * priv)
{
  priv->serial++;
  priv->wished_at = g_get_monotonic_time ();
}

/* What is wrong is told now and, if nobody can hear it yet, at the start. */
static void
set_constraints (GstCallDeviceBin * self, const gchar * text)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  GstCallConstraints *constraints = gst_call_constraints_parse (text, &error);
  gboolean heard;

  GST_OBJECT_LOCK (self);
  g_clear_pointer (&priv->complaint, g_free);
  if (constraints) {
    g_clear_pointer (&priv->wish.constraints, gst_call_constraints_unref);
    priv->wish.constraints = constraints;
    g_free (priv->constraints);
    priv->constraints = g_strdup (text ? text : "");
    change_wish (priv);
  }
  heard = GST_ELEMENT_BUS (self) != NULL;
  if (!constraints && !heard)
    priv->complaint = g_strdup (error->message);
  GST_OBJECT_UNLOCK (self);
  if (!constraints && heard)
    gst_call_device_bin_warn_kept (self, error->message, NULL);
}

static void
gst_call_device_bin_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (object);
  GstCallDeviceBinPrivate *priv = PRIV (self);

  if (id == PROP_CONSTRAINTS) {
    set_constraints (self, g_value_get_string (value));
    gst_call_device_bin_kick (self);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_free (priv->wish.device_id);
      priv->wish.device_id = g_value_dup_string (value);
      change_wish (priv);
      break;
    case PROP_LABEL:
      g_free (priv->wish.label);
      priv->wish.label = g_value_dup_string (value);
      change_wish (priv);
      break;
    case PROP_ENABLED:
      priv->enabled = g_value_get_boolean (value);
      break;
    case PROP_RELEASE_WHEN_DISABLED:
      priv->release_when_disabled = g_value_get_boolean (value);
      break;
    case PROP_FALLBACK:
      priv->fallback = g_value_get_enum (value);
      break;
    case PROP_OPEN_TIMEOUT:
      priv->open_timeout = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_ENABLED)
    GST_CALL_DEVICE_BIN_GET_CLASS (self)->set_enabled (self,
        g_value_get_boolean (value));
  gst_call_device_bin_kick (self);
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
      g_value_set_string (value, priv->wish.device_id);
      break;
    case PROP_LABEL:
      g_value_set_string (value, priv->wish.label);
      break;
    case PROP_CONSTRAINTS:
      g_value_set_string (value, priv->constraints);
      break;
    case PROP_ENABLED:
      g_value_set_boolean (value, priv->enabled);
      break;
    case PROP_RELEASE_WHEN_DISABLED:
      g_value_set_boolean (value, priv->release_when_disabled);
      break;
    case PROP_FALLBACK:
      g_value_set_enum (value, priv->fallback);
      break;
    case PROP_OPEN_TIMEOUT:
      g_value_set_uint (value, priv->open_timeout);
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

  gst_call_wish_clear (&priv->wish);
  g_free (priv->constraints);
  g_free (priv->complaint);
  g_mutex_clear (&priv->path);
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
   * the first that fits label. In PAUSED and PLAYING it switches: the device is
   * opened first and taken over with its first buffer, and what was there before
   * goes on if it cannot be opened, with a warning that says why. At the start
   * an id that is not there is an error that names those that are. Any thread.
   *
   * Since: 0.1
   */
  props[PROP_DEVICE_ID] = g_param_spec_string ("device-id", "Device id",
      "Id of the device to open (empty = best match)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:label:
   *
   * Glob (fnmatch(3), case does not matter) over the names of the devices, used
   * if device-id is empty; empty = any. Switches as device-id does.
   *
   * Since: 0.1
   */
  props[PROP_LABEL] = g_param_spec_string ("label", "Label",
      "Glob over the names of devices (empty = any)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:constraints:
   *
   * JSON text, MediaTrackConstraints of W3C mediacapture-main: deviceId, groupId,
   * facingMode, width, height, aspectRatio, frameRate, sampleRate, channelCount,
   * echoCancellation, noiseSuppression, autoGainControl, each bare or with ideal,
   * exact, min and max, and advanced. Of the devices that device-id and label
   * leave, and of their modes, the one with the smallest fitness distance is
   * opened. Up to 16 KiB; empty = none. Switches as device-id does; a text that
   * is wrong is told in a warning that says where, and the old value stays.
   *
   * Since: 0.1
   */
  props[PROP_CONSTRAINTS] = g_param_spec_string ("constraints", "Constraints",
      "MediaTrackConstraints of W3C as JSON (empty = none)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:enabled:
   *
   * FALSE sends, or plays, black or silence with the same caps and timestamps
   * (W3C MediaStreamTrack.enabled). The device stays open unless
   * release-when-disabled is set. Takes effect with the next buffer, from any
   * thread.
   *
   * Since: 0.1
   */
  props[PROP_ENABLED] = g_param_spec_boolean ("enabled", "Enabled",
      "Let media through, not black or silence", TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:release-when-disabled:
   *
   * Close the device (the light of a camera goes off) when it has been disabled
   * for two seconds, and open it again when it is enabled.
   *
   * Since: 0.1
   */
  props[PROP_RELEASE_WHEN_DISABLED] =
      g_param_spec_boolean ("release-when-disabled", "Release when disabled",
      "Close the device while it is disabled", FALSE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:fallback:
   *
   * When the device disappears: next-device opens the next best one that fits,
   * or sends black or silence if there is none; hold goes on with the last
   * picture, or silence; error posts an element error. Except after an error the
   * device is taken again when it comes back.
   *
   * Since: 0.1
   */
  props[PROP_FALLBACK] = g_param_spec_enum ("fallback", "Fallback",
      "What to do when the device disappears", GST_TYPE_CALL_FALLBACK,
      GST_CALL_FALLBACK_NEXT_DEVICE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:open-timeout:
   *
   * Milliseconds of PLAYING a device has to deliver its first buffer; 0 = any.
   * After that it has failed: an error if it is the first one, else a warning.
   *
   * Since: 0.1
   */
  props[PROP_OPEN_TIMEOUT] = g_param_spec_uint ("open-timeout", "Open timeout",
      "Time a device has to deliver (ms, 0 = any)", 0, G_MAXINT,
      DEFAULT_OPEN_TIMEOUT,
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
   * live: the device works; muted: it is open and has not delivered yet, or
   * it has been released or is held; ended: none is open, or it went away and
   * black or silence takes its place.
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
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_FALLBACK, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_DEVICE_BIN, 0);
}

static void
gst_call_device_bin_init (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  g_mutex_init (&priv->path);
  priv->wish.device_id = g_strdup ("");
  priv->wish.label = g_strdup ("");
  priv->constraints = g_strdup ("");
  priv->enabled = TRUE;
  priv->open_timeout = DEFAULT_OPEN_TIMEOUT;
  priv->track_state = GST_CALL_TRACK_ENDED;
}
