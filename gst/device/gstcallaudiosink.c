/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callaudiosink
 * @title: callaudiosink
 *
 * A speaker, chosen as a web page does it, with a short buffer.
 *
 * A *device* is a speaker or headset with an id that stays the same across
 * restarts and re-plugs; device-id or label choose one, without them the
 * system's default is taken. Where there is none at all a warning says so, and
 * sound is discarded in real time: a call goes on without a speaker.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 audiotestsrc is-live=true ! callaudiosink
 * ]|
 *
 * ## Element messages
 *
 * `call-track-ended`: the device is gone, sound is discarded.
 *
 * | field    | type   | meaning             |
 * |----------|--------|---------------------|
 * | kind     | string | "audiooutput"       |
 * | deviceId | string | the device's id     |
 * | label    | string | its name for people |
 *
 * Since: 0.1
 */

/*
 *   sink -> [volume ! audioconvert ! audioresample] -> [device or fakesink]
 *
 * Threads
 *
 *   name        runs                                may take       never
 *   ----------  ----------------------------------  -------------  ----------
 *   app         properties, states                  STATE, OBJECT  -
 *   streaming   gst_call_audio_sink_chain, messages OBJECT         STATE
 *               of the device
 *   async       end_track (gst_element_call_async)  STATE, OBJECT  -
 *
 * Locks, in the order they may be taken
 *
 *   1 STATE     GST_STATE_LOCK  recursive, GStreamer's own: changes of the
 *                               bin's inside and of its state, one after the
 *                               other. Protects: list
 *   2 OBJECT    GST_OBJECT      protects: property values, device, output,
 *                               opening, failed, track_state
 *
 *   Nothing is posted, linked or notified with OBJECT held. Under STATE children
 *   are added, linked and change state, as in every bin's change_state.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicelist.h"

GST_DEBUG_CATEGORY_STATIC (gst_call_audio_sink_debug);
#define GST_CAT_DEFAULT gst_call_audio_sink_debug

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

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("audio/x-raw, format=(string){ S16LE, F32LE, S32LE, "
        "S24LE, F64LE, U8 }, layout=(string)interleaved, "
        "rate=(int)[1,384000], channels=(int)[1,64]"));

#define GST_TYPE_CALL_AUDIO_SINK (gst_call_audio_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstCallAudioSink, gst_call_audio_sink, GST,
    CALL_AUDIO_SINK, GstBin);

struct _GstCallAudioSink
{
  GstBin parent;

  /* set once in init */
  GstElement *volume;
  GstElement *resample;         /* the last one before the output */

  /* state lock */
  GstCallDeviceList *list;

  /* object lock */
  gchar *device_id;
  gchar *label;
  gboolean enabled;
  GstCallDevice *device;        /* NULL: sound is discarded */
  GstElement *output;
  gboolean opening;             /* errors of the output are kept back */
  gchar *open_error;
  gboolean failed;              /* the device's end has been noticed */
  GstCallTrackState track_state;
};

G_DEFINE_FINAL_TYPE (GstCallAudioSink, gst_call_audio_sink, GST_TYPE_BIN);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (callaudiosink, "callaudiosink",
    GST_RANK_NONE, GST_TYPE_CALL_AUDIO_SINK,
    GST_DEBUG_CATEGORY_INIT (gst_call_audio_sink_debug, "callaudiosink", 0,
        "speaker"));

/* --- small helpers --- */

static void
set_track_state (GstCallAudioSink * self, GstCallTrackState state)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = self->track_state != state;
  self->track_state = state;
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SETTINGS]);
}

static GstElement *
ref_output (GstCallAudioSink * self)
{
  GstElement *output;

  GST_OBJECT_LOCK (self);
  output = self->output ? gst_object_ref (self->output) : NULL;
  GST_OBJECT_UNLOCK (self);
  return output;
}

static GstCallDevice *
ref_device (GstCallAudioSink * self)
{
  GstCallDevice *device;

  GST_OBJECT_LOCK (self);
  device = self->device ? gst_call_device_ref (self->device) : NULL;
  GST_OBJECT_UNLOCK (self);
  return device;
}

static void
set_opening (GstCallAudioSink * self, gboolean opening)
{
  GST_OBJECT_LOCK (self);
  self->opening = opening;
  GST_OBJECT_UNLOCK (self);
}

/* --- outputs, under STATE --- */

/* Takes the floating output. */
static gboolean
attach_output (GstCallAudioSink * self, GstElement * output,
    GstCallDevice * device)
{
  gst_bin_add (GST_BIN (self), output);
  GST_OBJECT_LOCK (self);
  self->output = gst_object_ref (output);
  self->device = device ? gst_call_device_ref (device) : NULL;
  self->failed = device == NULL;
  GST_OBJECT_UNLOCK (self);
  return gst_element_link (self->resample, output);
}

static void
detach_output (GstCallAudioSink * self)
{
  g_autoptr (GstElement) output = NULL;

  GST_OBJECT_LOCK (self);
  output = g_steal_pointer (&self->output);
  g_clear_pointer (&self->device, gst_call_device_unref);
  GST_OBJECT_UNLOCK (self);
  if (!output)
    return;
  gst_element_set_locked_state (output, TRUE);
  gst_element_set_state (output, GST_STATE_NULL);
  gst_element_unlink (self->resample, output);
  gst_bin_remove (GST_BIN (self), output);
}

/* async: FALSE for an output that joins while the stream is running. */
static gboolean
attach_discard (GstCallAudioSink * self, gboolean async)
{
  GstElement *discard = gst_element_factory_make ("fakesink", NULL);

  if (!discard)
    return FALSE;
  g_object_set (discard, "sync", TRUE, "async", async, NULL);
  return attach_output (self, discard, NULL);
}

/* Opens the device, so that it is known here whether it works. */
static gboolean
attach_device (GstCallAudioSink * self, GstCallDevice * device, GError ** error)
{
  g_autofree gchar *reason = NULL;
  GstElement *output = gst_call_device_create_element (device);
  gboolean ok;

  if (!output) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "\"%s\" cannot be used: an element is missing. Install "
        "gstreamer1.0-plugins-good.", device->label);
    return FALSE;
  }
  set_opening (self, TRUE);
  ok = attach_output (self, output, device) &&
      gst_element_set_state (output, GST_STATE_READY) !=
      GST_STATE_CHANGE_FAILURE;
  set_opening (self, FALSE);
  GST_OBJECT_LOCK (self);
  reason = g_steal_pointer (&self->open_error);
  GST_OBJECT_UNLOCK (self);
  if (ok)
    return TRUE;
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_WRITE,
      "The speaker \"%s\" (%s) cannot be opened: %s", device->label,
      device->id, reason ? reason : "it gives no reason.");
  detach_output (self);
  return FALSE;
}

/* FALSE: the speaker that was asked for is not there or does not work. */
static gboolean
open_output (GstCallAudioSink * self, GError ** error)
{
  g_autoptr (GPtrArray) devices = NULL;
  g_autoptr (GstCallDevice) device = NULL;
  g_autoptr (GError) reason = NULL;
  g_autofree gchar *id = NULL;
  g_autofree gchar *label = NULL;

  GST_OBJECT_LOCK (self);
  id = g_strdup (self->device_id);
  label = g_strdup (self->label);
  GST_OBJECT_UNLOCK (self);
  self->list = gst_call_device_list_get (GST_CALL_DEVICE_AUDIO_OUTPUT);
  devices = gst_call_device_list_get_devices (self->list);
  device = gst_call_device_choose (devices, GST_CALL_DEVICE_AUDIO_OUTPUT, id,
      label, &reason);
  if (device && attach_device (self, device, &reason)) {
    set_track_state (self, GST_CALL_TRACK_LIVE);
    return TRUE;
  }
  if ((id && *id) || (label && *label)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND,
      ("No sound will be heard. %s", reason->message), (NULL));
  if (attach_discard (self, TRUE))
    return TRUE;
  g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
      "fakesink is missing: GStreamer is not completely installed.");
  return FALSE;
}

static void
close_output (GstCallAudioSink * self)
{
  detach_output (self);
  if (self->list)
    gst_call_device_list_release (g_steal_pointer (&self->list));
  set_track_state (self, GST_CALL_TRACK_ENDED);
}

/* --- the end of a device --- */

/* async thread */
static void
end_track (GstElement * element, gpointer data)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (element);
  g_autoptr (GstCallDevice) device = NULL;

  GST_STATE_LOCK (self);
  if (self->output == data && GST_STATE (self) > GST_STATE_READY) {
    device = ref_device (self);
    detach_output (self);
    if (attach_discard (self, FALSE))
      gst_element_sync_state_with_parent (self->output);
  }
  GST_STATE_UNLOCK (self);
  if (!device)
    return;
  set_track_state (self, GST_CALL_TRACK_ENDED);
  GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
      ("The speaker \"%s\" (%s) stopped: unplugged, or its sound server ended. "
          "Sound is discarded; set device-id to another one and restart the "
          "element.", device->label, device->id), (NULL));
  gst_element_post_message (element, gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-track-ended",
              "kind", G_TYPE_STRING, gst_call_device_kind_name (device->kind),
              "deviceId", G_TYPE_STRING, device->id,
              "label", G_TYPE_STRING, device->label, NULL)));
}

/* TRUE: the message came from the device and is dealt with. */
static gboolean
handle_output_error (GstCallAudioSink * self, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  gboolean ours, ended;

  gst_message_parse_error (message, &error, NULL);
  GST_OBJECT_LOCK (self);
  ours = self->output
      && GST_MESSAGE_SRC (message) == GST_OBJECT_CAST (self->output);
  if (ours && self->opening && !self->open_error)
    self->open_error = g_strdup (error->message);
  ended = ours && !self->opening && !self->failed;
  if (ended)
    self->failed = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (ended)
    gst_element_call_async (GST_ELEMENT (self), end_track,
        gst_object_ref (GST_MESSAGE_SRC (message)), gst_object_unref);
  return ours;
}

static void
gst_call_audio_sink_handle_message (GstBin * bin, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && handle_output_error (GST_CALL_AUDIO_SINK (bin), message)) {
    gst_message_unref (message);
    return;
  }
  GST_BIN_CLASS (gst_call_audio_sink_parent_class)->handle_message (bin,
      message);
}

/* A speaker that fails must not end the stream: what flows in while it is
 * replaced is lost, as it would be anyway. */
static GstFlowReturn
gst_call_audio_sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (parent);
  GstFlowReturn flow = gst_proxy_pad_chain_default (pad, parent, buffer);
  gboolean failed;

  if (flow != GST_FLOW_ERROR && flow != GST_FLOW_NOT_LINKED
      && flow != GST_FLOW_FLUSHING)
    return flow;
  GST_OBJECT_LOCK (self);
  failed = self->failed;
  GST_OBJECT_UNLOCK (self);
  return failed && !GST_PAD_IS_FLUSHING (pad) ? GST_FLOW_OK : flow;
}

/* --- states --- */

static gboolean
start (GstCallAudioSink * self)
{
  g_autoptr (GError) error = NULL;

  if (open_output (self, &error))
    return TRUE;
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      error->domain, error->code, g_strdup (error->message), NULL, __FILE__,
      GST_FUNCTION, __LINE__);
  close_output (self);
  return FALSE;
}

static GstStateChangeReturn
gst_call_audio_sink_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  ret = GST_ELEMENT_CLASS (gst_call_audio_sink_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED &&
          ret == GST_STATE_CHANGE_FAILURE))
    close_output (self);
  return ret;
}

/* Devices come and go, the pipeline's clock must not. */
static GstClock *
gst_call_audio_sink_provide_clock (GstElement * element)
{
  return NULL;
}

/* --- properties --- */

static GstStructure *
make_settings (GstCallAudioSink * self)
{
  g_autoptr (GstCallDevice) device = ref_device (self);
  g_autoptr (GstElement) output = ref_output (self);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstCaps) caps = NULL;

  pad = output ? gst_element_get_static_pad (output, "sink") : NULL;
  caps = pad ? gst_pad_get_current_caps (pad) : NULL;
  return gst_call_device_settings (device, caps);
}

static void
gst_call_audio_sink_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_free (self->device_id);
      self->device_id = g_value_dup_string (value);
      break;
    case PROP_LABEL:
      g_free (self->label);
      self->label = g_value_dup_string (value);
      break;
    case PROP_ENABLED:
      self->enabled = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_ENABLED)
    g_object_set (self->volume, "mute", !g_value_get_boolean (value), NULL);
}

static void
gst_call_audio_sink_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (object);

  if (id == PROP_SETTINGS) {
    g_value_take_boxed (value, make_settings (self));
    return;
  }
  if (id == PROP_DEVICES) {
    gst_call_device_list_to_value (GST_CALL_DEVICE_AUDIO_OUTPUT, value);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_value_set_string (value, self->device_id);
      break;
    case PROP_LABEL:
      g_value_set_string (value, self->label);
      break;
    case PROP_ENABLED:
      g_value_set_boolean (value, self->enabled);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->track_state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_audio_sink_finalize (GObject * object)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (object);

  g_free (self->device_id);
  g_free (self->label);
  g_free (self->open_error);
  G_OBJECT_CLASS (gst_call_audio_sink_parent_class)->finalize (object);
}

static void
gst_call_audio_sink_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_audio_sink_set_property;
  gobject_class->get_property = gst_call_audio_sink_get_property;

  /**
   * GstCallAudioSink:device-id:
   *
   * Id of the speaker to open, one of those in devices (W3C deviceId); empty =
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
   * GstCallAudioSink:label:
   *
   * Glob (fnmatch(3), case does not matter) over the names of the speakers, used
   * if device-id is empty; empty = the system's default, and silence with a
   * warning if there is none.
   *
   * Since: 0.1
   */
  props[PROP_LABEL] = g_param_spec_string ("label", "Label",
      "Glob over the names of devices (empty = any)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);

  /**
   * GstCallAudioSink:enabled:
   *
   * FALSE plays silence. The device stays open. Any thread.
   *
   * Since: 0.1
   */
  props[PROP_ENABLED] = g_param_spec_boolean ("enabled", "Enabled",
      "Play what comes in, not silence", TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallAudioSink:settings:
   *
   * What is really open: deviceId, groupId, label, and once sound flows
   * sampleRate (Hz), channelCount and caps. Empty while sound is discarded.
   *
   * Since: 0.1
   */
  props[PROP_SETTINGS] = g_param_spec_boxed ("settings", "Settings",
      "What is really open", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GstCallAudioSink:devices:
   *
   * The speakers, best first, a structure each: deviceId, kind, label, groupId,
   * caps (W3C enumerateDevices()). Reading it waits for the device providers if
   * no element of the process has a speaker open.
   *
   * Since: 0.1
   */
  props[PROP_DEVICES] = gst_param_spec_array ("devices", "Devices",
      "The devices there are",
      g_param_spec_boxed ("device", "Device", "A device", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GstCallAudioSink:state:
   *
   * live: a device is open; ended: none is, sound is discarded.
   *
   * Since: 0.1
   */
  props[PROP_STATE] = g_param_spec_enum ("state", "State",
      "State of the track", GST_TYPE_CALL_TRACK_STATE, GST_CALL_TRACK_ENDED,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_audio_sink_class_init (GstCallAudioSinkClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_audio_sink_finalize;
  gst_call_audio_sink_install_properties (G_OBJECT_CLASS (klass));
  element_class->change_state = gst_call_audio_sink_change_state;
  element_class->provide_clock = gst_call_audio_sink_provide_clock;
  GST_BIN_CLASS (klass)->handle_message = gst_call_audio_sink_handle_message;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Speaker",
      "Sink/Audio", "A speaker, chosen as a web page does it", "gst-call");
}

static void
gst_call_audio_sink_init (GstCallAudioSink * self)
{
  GstElement *convert = gst_element_factory_make ("audioconvert", NULL);
  g_autoptr (GstPad) pad = NULL;
  GstPad *ghost;

  self->device_id = g_strdup ("");
  self->label = g_strdup ("");
  self->enabled = TRUE;
  self->track_state = GST_CALL_TRACK_ENDED;
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  self->volume = gst_element_factory_make ("volume", NULL);
  self->resample = gst_element_factory_make ("audioresample", NULL);
  if (!convert || !self->volume || !self->resample) {
    g_critical ("callaudiosink needs gstreamer1.0-plugins-base");
    return;
  }
  gst_bin_add_many (GST_BIN (self), self->volume, convert, self->resample,
      NULL);
  gst_element_link_many (self->volume, convert, self->resample, NULL);
  pad = gst_element_get_static_pad (self->volume, "sink");
  ghost = gst_ghost_pad_new_from_template ("sink", pad,
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self),
          "sink"));
  gst_pad_set_chain_function (ghost, gst_call_audio_sink_chain);
  gst_element_add_pad (GST_ELEMENT (self), ghost);
}
