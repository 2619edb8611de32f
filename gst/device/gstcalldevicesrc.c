/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name        runs                                may take       never
 *   ----------  ----------------------------------  -------------  -----------
 *   app         properties, states, send_event      STATE, OBJECT  -
 *   streaming   messages of an input, on_switched   OBJECT         STATE
 *   provider    on_device_removed                   OBJECT         STATE, block
 *   async       end_track (gst_element_call_async)  STATE, OBJECT  -
 *
 * Locks, in the order they may be taken
 *
 *   1 STATE     GST_STATE_LOCK  recursive, GStreamer's own: makes changes of
 *                               the bin's inside and of its state one after
 *                               the other. Protects: list, and writing input
 *   2 OBJECT    GST_OBJECT      protects: property values, device, input,
 *                               input_pad, failed, delivered, track_state
 *
 *   Nothing is posted, linked or notified with OBJECT held. Under STATE children
 *   are added, linked and change state, as in every bin's change_state.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicesrc.h"

#include "gstcallswap.h"

GST_DEBUG_CATEGORY_STATIC (gst_call_device_src_debug);
#define GST_CAT_DEFAULT gst_call_device_src_debug

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
  /* set once in constructed */
  GstCallSwap *swap;
  GstPad *srcpad;

  /* state lock */
  GstCallDeviceList *list;
  gulong removed_id;

  /* object lock */
  gchar *device_id;
  gchar *label;
  gboolean enabled;
  GstCallDevice *device;
  GstElement *input;            /* in the bin: a device's or the blank one */
  GstPad *input_pad;            /* its pad of the swap point */
  gboolean failed;              /* the device's end has been noticed */
  gboolean delivered;           /* a buffer of the input has gone out */
  GstCallTrackState track_state;
} GstCallDeviceSrcPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstCallDeviceSrc, gst_call_device_src,
    GST_TYPE_BIN, G_ADD_PRIVATE (GstCallDeviceSrc);
    GST_DEBUG_CATEGORY_INIT (gst_call_device_src_debug, "calldevicesrc", 0,
        "device sources"));

#define PRIV(self) \
  ((GstCallDeviceSrcPrivate *) gst_call_device_src_get_instance_private (self))

GstElement *
gst_call_device_src_chain (GstElement ** elements)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstPad) pad = NULL;
  GstElement *last = NULL;
  gboolean ok = elements[0] != NULL;

  for (; *elements; elements++) {
    gst_bin_add (GST_BIN (bin), *elements);
    ok = ok && (!last || gst_element_link (last, *elements));
    last = *elements;
  }
  if (!ok)
    return NULL;
  pad = gst_element_get_static_pad (last, "src");
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", pad));
  g_object_force_floating (G_OBJECT (bin));
  return g_steal_pointer (&bin);
}

/* --- small helpers --- */

static void
set_track_state (GstCallDeviceSrc * self, GstCallTrackState state)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = priv->track_state != state;
  priv->track_state = state;
  GST_OBJECT_UNLOCK (self);
  if (changed)
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

static GstCallDevice *
ref_device (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  GstCallDevice *device;

  GST_OBJECT_LOCK (self);
  device = priv->device ? gst_call_device_ref (priv->device) : NULL;
  GST_OBJECT_UNLOCK (self);
  return device;
}

static GstElement *
ref_input (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  GstElement *input;

  GST_OBJECT_LOCK (self);
  input = priv->input ? gst_object_ref (priv->input) : NULL;
  GST_OBJECT_UNLOCK (self);
  return input;
}

/* TRUE for the first who notices that input's device is gone. */
static gboolean
claim_failure (GstCallDeviceSrc * self, GstElement * input)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean first;

  GST_OBJECT_LOCK (self);
  first = priv->input == input && !priv->failed;
  if (first)
    priv->failed = TRUE;
  GST_OBJECT_UNLOCK (self);
  return first;
}

/* --- inputs, under STATE --- */

/* Takes the floating input. FALSE: it cannot be linked. */
static gboolean
attach_input (GstCallDeviceSrc * self, GstElement * input,
    GstCallDevice * device)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstPad) src = gst_element_get_static_pad (input, "src");
  GstPad *pad =
      gst_element_request_pad_simple (GST_ELEMENT (priv->swap), "sink_%u");

  gst_bin_add (GST_BIN (self), input);
  GST_OBJECT_LOCK (self);
  priv->input = gst_object_ref (input);
  priv->input_pad = pad;
  priv->failed = device == NULL;
  priv->delivered = FALSE;
  g_clear_pointer (&priv->device, gst_call_device_unref);
  priv->device = device ? gst_call_device_ref (device) : NULL;
  GST_OBJECT_UNLOCK (self);
  gst_call_swap_select (priv->swap, pad);
  return gst_pad_link (src, pad) == GST_PAD_LINK_OK;
}

static void
detach_input (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstElement) input = NULL;
  g_autoptr (GstPad) pad = NULL;

  GST_OBJECT_LOCK (self);
  input = g_steal_pointer (&priv->input);
  pad = g_steal_pointer (&priv->input_pad);
  g_clear_pointer (&priv->device, gst_call_device_unref);
  GST_OBJECT_UNLOCK (self);
  if (!input)
    return;
  gst_element_set_locked_state (input, TRUE);
  gst_element_set_state (input, GST_STATE_NULL);
  gst_element_release_request_pad (GST_ELEMENT (priv->swap), pad);
  gst_bin_remove (GST_BIN (self), input);
}

/* --- the end of a device --- */

static void
post_track_ended (GstCallDeviceSrc * self, GstCallDevice * device)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  gboolean video = klass->kind == GST_CALL_DEVICE_VIDEO_INPUT;

  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The %s \"%s\" (%s) stopped: unplugged, or taken by another program. "
          "%s is sent in its place; set device-id to another %s and restart "
          "the element.", klass->noun, device->label, device->id,
          video ? "A black picture" : "Silence", klass->noun), (NULL));
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-track-ended",
              "kind", G_TYPE_STRING, gst_call_device_kind_name (klass->kind),
              "deviceId", G_TYPE_STRING, device->id,
              "label", G_TYPE_STRING, device->label, NULL)));
}

/* A device that never delivered cannot be opened: that ends the pipeline. */
static void
post_open_error (GstCallDeviceSrc * self, GstCallDevice * device, gint code,
    const gchar * reason, const gchar * debug)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  GstCallDeviceList *list = gst_call_device_list_get (klass->kind);
  g_autoptr (GPtrArray) devices = gst_call_device_list_get_devices (list);
  g_autofree gchar *known = gst_call_device_describe (devices);

  gst_call_device_list_release (list);
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, code,
      g_strdup_printf ("The %s \"%s\" (%s) cannot be opened: %s Close the "
          "program that uses it, or set device-id to one of: %s.",
          klass->noun, device->label, device->id, reason, known),
      g_strdup (debug), __FILE__, GST_FUNCTION, __LINE__);
}

static gboolean
has_delivered (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean delivered;

  GST_OBJECT_LOCK (self);
  delivered = priv->delivered;
  GST_OBJECT_UNLOCK (self);
  return delivered;
}

/* Black or silence takes the device's place. async thread */
static void
end_track (GstElement * element, gpointer data)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (element);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstCallDevice) device = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstElement *input = data, *blank;
  gboolean ended = FALSE;

  GST_STATE_LOCK (self);
  if (priv->input == input && GST_STATE (self) > GST_STATE_READY)
    device = ref_device (self);
  if (device && has_delivered (self)) {
    caps = gst_call_swap_get_caps (priv->swap);
    detach_input (self);
    blank = GST_CALL_DEVICE_SRC_GET_CLASS (self)->make_blank (self, caps);
    if (blank && attach_input (self, blank, NULL))
      gst_element_sync_state_with_parent (blank);
    ended = TRUE;
  }
  GST_STATE_UNLOCK (self);
  if (!device)
    return;
  set_track_state (self, GST_CALL_TRACK_ENDED);
  if (ended)
    post_track_ended (self, device);
  else
    post_open_error (self, device, GST_RESOURCE_ERROR_NOT_FOUND,
        "it was unplugged before it delivered anything.", NULL);
}

static void
on_device_removed (GstCallDeviceList * list, GstCallDevice * gone,
    GstCallDeviceSrc * self)
{
  g_autoptr (GstCallDevice) device = ref_device (self);
  g_autoptr (GstElement) input = ref_input (self);

  if (device && input && g_str_equal (device->id, gone->id)
      && claim_failure (self, input))
    gst_element_call_async (GST_ELEMENT (self), end_track,
        gst_object_ref (input), gst_object_unref);
}

/* --- start and stop, under STATE --- */

static GstCallDevice *
choose_device (GstCallDeviceSrc * self, GPtrArray * devices, GError ** error)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autofree gchar *id = NULL;
  g_autofree gchar *label = NULL;

  GST_OBJECT_LOCK (self);
  id = g_strdup (priv->device_id);
  label = g_strdup (priv->label);
  GST_OBJECT_UNLOCK (self);
  return gst_call_device_choose (devices,
      GST_CALL_DEVICE_SRC_GET_CLASS (self)->kind, id, label, error);
}

static gboolean
open_input (GstCallDeviceSrc * self, GError ** error)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GstCallDevice) device = NULL;
  g_autoptr (GstCaps) allowed = gst_caps_from_string (klass->allowed);
  g_autoptr (GstCaps) downstream = NULL;
  GstElement *input;

  priv->list = gst_call_device_list_get (klass->kind);
  priv->removed_id = g_signal_connect_object (priv->list, "removed",
      G_CALLBACK (on_device_removed), self, 0);
  devices = gst_call_device_list_get_devices (priv->list);
  device = choose_device (self, devices, error);
  if (!device)
    return FALSE;
  downstream = gst_pad_peer_query_caps (priv->srcpad, allowed);
  input = klass->make_input (self, device, downstream, error);
  if (!input)
    return FALSE;
  if (!attach_input (self, input, device)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
        "\"%s\" cannot be linked.", device->label);
    return FALSE;
  }
  set_track_state (self, GST_CALL_TRACK_MUTED);
  return TRUE;
}

static void
close_input (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);

  detach_input (self);
  if (priv->list) {
    g_clear_signal_handler (&priv->removed_id, priv->list);
    gst_call_device_list_release (g_steal_pointer (&priv->list));
  }
  set_track_state (self, GST_CALL_TRACK_ENDED);
}

/* --- messages of an input --- */

/* TRUE: the message came from the input and is dealt with. */
static gboolean
handle_input_error (GstCallDeviceSrc * self, GstMessage * message)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstElement) input = ref_input (self);
  g_autoptr (GstCallDevice) device = ref_device (self);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  GstFlowReturn flow;

  if (GST_MESSAGE_SRC (message) == GST_OBJECT (priv->swap))
    return FALSE;
  if (!input || !gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
          GST_OBJECT (input)))
    return TRUE;                /* an input that is on its way out */
  flow = gst_call_swap_get_last_flow (priv->swap);
  if (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS)
    return FALSE;               /* downstream's failure, not the device's */
  if (!device || !claim_failure (self, input))
    return TRUE;
  GST_DEBUG_OBJECT (self, "device failed: %" GST_PTR_FORMAT, message);
  if (has_delivered (self)) {
    gst_element_call_async (GST_ELEMENT (self), end_track,
        gst_object_ref (input), gst_object_unref);
    return TRUE;
  }
  gst_message_parse_error (message, &error, &debug);
  post_open_error (self, device, error->domain == GST_RESOURCE_ERROR ?
      error->code : GST_RESOURCE_ERROR_OPEN_READ, error->message, debug);
  return TRUE;
}

static void
gst_call_device_src_handle_message (GstBin * bin, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && handle_input_error (GST_CALL_DEVICE_SRC (bin), message)) {
    gst_message_unref (message);
    return;
  }
  GST_BIN_CLASS (gst_call_device_src_parent_class)->handle_message (bin,
      message);
}

/* The first buffer of an input has gone out. streaming thread */
static void
on_switched (GstCallSwap * swap, GstPad * pad, GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean live;

  GST_OBJECT_LOCK (self);
  if (pad == priv->input_pad)
    priv->delivered = TRUE;
  live = pad == priv->input_pad && priv->device && !priv->failed;
  GST_OBJECT_UNLOCK (self);
  if (!live)
    return;
  set_track_state (self, GST_CALL_TRACK_LIVE);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SETTINGS]);
}

/* --- states and events --- */

static gboolean
start (GstCallDeviceSrc * self)
{
  g_autoptr (GError) error = NULL;

  if (open_input (self, &error))
    return TRUE;
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, g_strdup (error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  close_input (self);
  return FALSE;
}

static GstStateChangeReturn
gst_call_device_src_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (gst_call_device_src_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE))
    close_input (self);
  return ret;
}

/* EOS from the application ends the stream; EOS of a device never does. */
static gboolean
gst_call_device_src_send_event (GstElement * element, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return
        GST_ELEMENT_CLASS (gst_call_device_src_parent_class)->send_event
        (element, event);
  gst_call_swap_end (PRIV (GST_CALL_DEVICE_SRC (element))->swap);
  gst_event_unref (event);
  return TRUE;
}

/* Devices come and go, the pipeline's clock must not. */
static GstClock *
gst_call_device_src_provide_clock (GstElement * element)
{
  return NULL;
}

/* --- properties --- */

static GstStructure *
make_settings (GstCallDeviceSrc * self)
{
  g_autoptr (GstCallDevice) device = ref_device (self);
  g_autoptr (GstElement) input = ref_input (self);
  g_autoptr (GstElement) source = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstCaps) caps = NULL;

  source = input ? gst_bin_get_by_name (GST_BIN (input), "source") : NULL;
  pad = source ? gst_element_get_static_pad (source, "src") : NULL;
  caps = pad ? gst_pad_get_current_caps (pad) : NULL;
  return gst_call_device_settings (device, caps);
}

static void
gst_call_device_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (object);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean enabled;

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
  enabled = priv->enabled;
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_ENABLED && priv->swap)
    gst_call_swap_set_blank (priv->swap, !enabled);
}

static void
gst_call_device_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (object);
  GstCallDeviceSrcPrivate *priv = PRIV (self);

  if (id == PROP_SETTINGS) {
    g_value_take_boxed (value, make_settings (self));
    return;
  }
  if (id == PROP_DEVICES) {
    gst_call_device_list_to_value (GST_CALL_DEVICE_SRC_GET_CLASS (self)->kind,
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
gst_call_device_src_constructed (GObject * object)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (object);
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstCaps) allowed = gst_caps_from_string (klass->allowed);
  g_autoptr (GstPad) pad = NULL;

  G_OBJECT_CLASS (gst_call_device_src_parent_class)->constructed (object);
  priv->swap = gst_call_swap_new ("swap", allowed);
  gst_call_swap_set_blank (priv->swap, !priv->enabled);
  g_signal_connect_object (priv->swap, "switched", G_CALLBACK (on_switched),
      self, 0);
  gst_bin_add (GST_BIN (self), GST_ELEMENT (priv->swap));
  pad = gst_element_get_static_pad (GST_ELEMENT (priv->swap), "src");
  priv->srcpad = gst_ghost_pad_new_from_template ("src", pad,
      gst_element_class_get_pad_template (GST_ELEMENT_CLASS (klass), "src"));
  gst_element_add_pad (GST_ELEMENT (self), priv->srcpad);
}

static void
gst_call_device_src_finalize (GObject * object)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (object));

  g_free (priv->device_id);
  g_free (priv->label);
  G_OBJECT_CLASS (gst_call_device_src_parent_class)->finalize (object);
}

static void
gst_call_device_src_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_device_src_set_property;
  gobject_class->get_property = gst_call_device_src_get_property;

  /**
   * GstCallDeviceSrc:device-id:
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
   * GstCallDeviceSrc:label:
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
   * GstCallDeviceSrc:enabled:
   *
   * FALSE sends black or silence with the same caps and timestamps (W3C
   * MediaStreamTrack.enabled). The device stays open. Takes effect with the
   * next buffer, from any thread.
   *
   * Since: 0.1
   */
  props[PROP_ENABLED] = g_param_spec_boolean ("enabled", "Enabled",
      "Send what the device delivers, not black or silence", TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceSrc:settings:
   *
   * What is really open (W3C getSettings()): deviceId, groupId, label, and of
   * the mode the device is in width, height, frameRate (Hz) or sampleRate (Hz),
   * channelCount, and caps. Empty while no device is open. Notified when a
   * device delivers its first buffer.
   *
   * Since: 0.1
   */
  props[PROP_SETTINGS] = g_param_spec_boxed ("settings", "Settings",
      "What is really open", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GstCallDeviceSrc:devices:
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
   * GstCallDeviceSrc:state:
   *
   * live: the device delivers; muted: it is open and has not delivered yet;
   * ended: none is open, or it went away and black or silence is sent.
   *
   * Since: 0.1
   */
  props[PROP_STATE] = g_param_spec_enum ("state", "State",
      "State of the track", GST_TYPE_CALL_TRACK_STATE, GST_CALL_TRACK_ENDED,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_device_src_class_init (GstCallDeviceSrcClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gobject_class->constructed = gst_call_device_src_constructed;
  gobject_class->finalize = gst_call_device_src_finalize;
  gst_call_device_src_install_properties (gobject_class);
  element_class->change_state = gst_call_device_src_change_state;
  element_class->send_event = gst_call_device_src_send_event;
  element_class->provide_clock = gst_call_device_src_provide_clock;
  GST_BIN_CLASS (klass)->handle_message = gst_call_device_src_handle_message;
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_TRACK_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_DEVICE_SRC, 0);
}

static void
gst_call_device_src_init (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);

  priv->device_id = g_strdup ("");
  priv->label = g_strdup ("");
  priv->enabled = TRUE;
  priv->track_state = GST_CALL_TRACK_ENDED;
}
