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
 * `call-track-switched`, `call-device-change` and `call-track-ended`; their
 * fields are in docs/elements/callaudiosink.md.
 *
 * Since: 0.1
 */

/*
 *   sink -> [volume ! audioconvert ! audioresample ! webrtcechoprobe] ->
 *       [device or fakesink]
 *
 * Threads and locks: see gstcalldevicebin-private.h. Of its own this part has
 * gst_call_audio_sink_chain and mostly on_idle in the streaming thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicebin.h"
#include "gstcallecho.h"

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("audio/x-raw, format=(string){ S16LE, F32LE, S32LE, "
        "S24LE, F64LE, U8 }, layout=(string)interleaved, "
        "rate=(int)[1,384000], channels=(int)[1,64]"));

#define BUFFER_US 40000
#define PERIOD_US 10000

#define GST_TYPE_CALL_AUDIO_SINK (gst_call_audio_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstCallAudioSink, gst_call_audio_sink, GST,
    CALL_AUDIO_SINK, GstCallDeviceBin);

struct _GstCallAudioSink
{
  GstCallDeviceBin parent;

  /* set once in init */
  GstElement *volume;
  GstElement *last;             /* before the branch */
  GstElement *probe;            /* what is played, for callaudiosrc; or NULL */
};

G_DEFINE_FINAL_TYPE (GstCallAudioSink, gst_call_audio_sink,
    GST_TYPE_CALL_DEVICE_BIN);
GST_ELEMENT_REGISTER_DEFINE (callaudiosink, "callaudiosink", GST_RANK_NONE,
    GST_TYPE_CALL_AUDIO_SINK);

/* --- branches --- */

/* What sinks have by default, 200 ms, is heard that much later, and is more than
 * webrtcdsp can find the echo behind. */
static void
shorten_buffer (GstElement * sink)
{
  GObjectClass *klass = G_OBJECT_GET_CLASS (sink);

  if (g_object_class_find_property (klass, "buffer-time")
      && g_object_class_find_property (klass, "latency-time"))
    g_object_set (sink, "buffer-time", (gint64) BUFFER_US, "latency-time",
        (gint64) PERIOD_US, NULL);
}

static GstElement *
gst_call_audio_sink_make_branch (GstCallDeviceBin * bin,
    const GstCallChoice * choice, GError ** error)
{
  GstElement *branch;

  if (choice->device) {
    branch = gst_call_device_create_element (choice->device);
    if (branch)
      shorten_buffer (branch);
  } else {
    branch = gst_element_factory_make ("fakesink", NULL);
    if (branch)
      g_object_set (branch, "sync", TRUE, NULL);
  }
  if (!branch)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "an element is missing. Install gstreamer1.0-plugins-base and "
        "gstreamer1.0-plugins-good.");
  return branch;
}

/* Between two buffers the stream goes to branch. */
static GstPadProbeReturn
on_idle (GstPad * pad, GstPadProbeInfo * info, gpointer branch)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (branch));
  g_autoptr (GstPad) sink = gst_element_get_static_pad (branch, "sink");
  g_autoptr (GstPad) old = gst_pad_get_peer (pad);

  if (!parent)                  /* dropped meanwhile */
    return GST_PAD_PROBE_REMOVE;
  if (old)
    gst_pad_unlink (pad, old);
  if (gst_pad_link (pad, sink) == GST_PAD_LINK_OK)
    gst_call_device_bin_delivered (GST_CALL_DEVICE_BIN (parent), branch, 0);
  return GST_PAD_PROBE_REMOVE;
}

static gboolean
gst_call_audio_sink_join (GstCallDeviceBin * bin, GstElement * branch,
    GstState state, gboolean first)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (bin);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->last, "src");

  /* only the first waits for a buffer in PAUSED: the stream is running then */
  if (!first && g_object_class_find_property (G_OBJECT_GET_CLASS (branch),
          "async"))
    g_object_set (branch, "async", FALSE, NULL);
  if (gst_element_set_state (branch, state) == GST_STATE_CHANGE_FAILURE)
    return FALSE;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_IDLE, on_idle,
      gst_object_ref (branch), gst_object_unref);
  return TRUE;
}

static void
gst_call_audio_sink_part (GstCallDeviceBin * bin, GstElement * branch)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (branch, "sink");
  g_autoptr (GstPad) pad = gst_pad_get_peer (sink);

  if (pad)
    gst_pad_unlink (pad, sink);
}

static GstCaps *
gst_call_audio_sink_get_downstream (GstCallDeviceBin * bin)
{
  return NULL;
}

static gboolean
gst_call_audio_sink_has_failed_downstream (GstCallDeviceBin * bin)
{
  return FALSE;
}

static gboolean
gst_call_audio_sink_can_process (GstCallDeviceBin * bin)
{
  return FALSE;
}

/* A speaker that fails must not end the stream: what flows in while it is
 * replaced is lost, as it would be anyway. */
static GstFlowReturn
gst_call_audio_sink_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFlowReturn flow = gst_proxy_pad_chain_default (pad, parent, buffer);

  if (flow != GST_FLOW_ERROR && flow != GST_FLOW_NOT_LINKED
      && flow != GST_FLOW_FLUSHING)
    return flow;
  return gst_call_device_bin_has_failed (GST_CALL_DEVICE_BIN (parent))
      && !GST_PAD_IS_FLUSHING (pad) ? GST_FLOW_OK : flow;
}

static GstCaps *
gst_call_audio_sink_get_caps (GstCallDeviceBin * bin, GstElement * branch)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (branch, "sink");

  return pad ? gst_pad_get_current_caps (pad) : NULL;
}

static void
gst_call_audio_sink_set_enabled (GstCallDeviceBin * bin, gboolean enabled)
{
  g_object_set (GST_CALL_AUDIO_SINK (bin)->volume, "mute", !enabled, NULL);
}

/* A microphone of this process can be freed of what is heard here. */
static void
add_probe (GstCallAudioSink * self)
{
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("audio/x-raw",
      "format", G_TYPE_STRING, "S16LE", "rate", G_TYPE_INT, GST_CALL_ECHO_RATE,
      NULL);
  GstElement *probe = gst_call_echo_new_probe ();

  if (!probe)
    return;
  gst_bin_add (GST_BIN (self), probe);
  if (!gst_element_link_filtered (self->last, probe, caps)) {
    gst_bin_remove (GST_BIN (self), probe);
    return;
  }
  self->probe = self->last = probe;
}

static GstStateChangeReturn
gst_call_audio_sink_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY && self->probe)
    gst_call_echo_remove (self->probe);
  ret = GST_ELEMENT_CLASS (gst_call_audio_sink_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && self->probe
      && ret != GST_STATE_CHANGE_FAILURE)
    gst_call_echo_add (self->probe);
  return ret;
}

static void
gst_call_audio_sink_class_init (GstCallAudioSinkClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);

  element_class->change_state = gst_call_audio_sink_change_state;
  bin_class->kind = GST_CALL_DEVICE_AUDIO_OUTPUT;
  bin_class->noun = "speaker";
  bin_class->substitute = "Sound is discarded";
  bin_class->optional = TRUE;
  bin_class->make_branch = gst_call_audio_sink_make_branch;
  bin_class->join = gst_call_audio_sink_join;
  bin_class->part = gst_call_audio_sink_part;
  bin_class->get_downstream = gst_call_audio_sink_get_downstream;
  bin_class->has_failed_downstream = gst_call_audio_sink_has_failed_downstream;
  bin_class->can_process = gst_call_audio_sink_can_process;
  bin_class->get_caps = gst_call_audio_sink_get_caps;
  bin_class->set_enabled = gst_call_audio_sink_set_enabled;
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "Speaker",
      "Sink/Audio", "A speaker, chosen as a web page does it", "gst-call");
}

static void
gst_call_audio_sink_init (GstCallAudioSink * self)
{
  GstElement *convert = gst_element_factory_make ("audioconvert", NULL);
  GstElement *resample;
  g_autoptr (GstPad) pad = NULL;
  GstPad *ghost;

  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
  gst_bin_set_suppressed_flags (GST_BIN (self), GST_ELEMENT_FLAG_SINK);
  self->volume = gst_element_factory_make ("volume", NULL);
  resample = gst_element_factory_make ("audioresample", NULL);
  if (!convert || !self->volume || !resample) {
    g_critical ("callaudiosink needs gstreamer1.0-plugins-base");
    return;
  }
  gst_bin_add_many (GST_BIN (self), self->volume, convert, resample, NULL);
  gst_element_link_many (self->volume, convert, resample, NULL);
  self->last = resample;
  add_probe (self);
  pad = gst_element_get_static_pad (self->volume, "sink");
  ghost = gst_ghost_pad_new_from_template ("sink", pad,
      gst_element_class_get_pad_template (GST_ELEMENT_GET_CLASS (self),
          "sink"));
  gst_pad_set_chain_function (ghost, gst_call_audio_sink_chain);
  gst_element_add_pad (GST_ELEMENT (self), ghost);
}
