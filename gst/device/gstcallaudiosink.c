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
 * Threads and locks: see gstcalldevicebin.c. Of its own this part has
 *
 *   OBJECT protects: opening, open_error
 *   gst_call_audio_sink_chain runs in the streaming thread
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicebin.h"

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink", GST_PAD_SINK, GST_PAD_ALWAYS,
    GST_STATIC_CAPS ("audio/x-raw, format=(string){ S16LE, F32LE, S32LE, "
        "S24LE, F64LE, U8 }, layout=(string)interleaved, "
        "rate=(int)[1,384000], channels=(int)[1,64]"));

#define GST_TYPE_CALL_AUDIO_SINK (gst_call_audio_sink_get_type ())
G_DECLARE_FINAL_TYPE (GstCallAudioSink, gst_call_audio_sink, GST,
    CALL_AUDIO_SINK, GstCallDeviceBin);

struct _GstCallAudioSink
{
  GstCallDeviceBin parent;

  /* set once in init */
  GstElement *volume;
  GstElement *resample;         /* the last one before the branch */

  /* object lock */
  gboolean opening;             /* errors of the branch are kept back */
  gchar *open_error;
};

G_DEFINE_FINAL_TYPE (GstCallAudioSink, gst_call_audio_sink,
    GST_TYPE_CALL_DEVICE_BIN);
GST_ELEMENT_REGISTER_DEFINE (callaudiosink, "callaudiosink", GST_RANK_NONE,
    GST_TYPE_CALL_AUDIO_SINK);

static void
set_opening (GstCallAudioSink * self, gboolean opening)
{
  GST_OBJECT_LOCK (self);
  self->opening = opening;
  GST_OBJECT_UNLOCK (self);
}

/* --- branches, under STATE --- */

/* Takes the floating branch. */
static gboolean
attach (GstCallAudioSink * self, GstElement * branch, GstCallDevice * device)
{
  gst_call_device_bin_add_branch (GST_CALL_DEVICE_BIN (self), branch, device);
  return gst_element_link (self->resample, branch);
}

/* async: FALSE for a branch that joins while the stream is running. */
static gboolean
attach_discard (GstCallAudioSink * self, gboolean async)
{
  GstElement *discard = gst_element_factory_make ("fakesink", NULL);

  if (!discard)
    return FALSE;
  g_object_set (discard, "sync", TRUE, "async", async, NULL);
  return attach (self, discard, NULL);
}

static void
gst_call_audio_sink_close (GstCallDeviceBin * bin)
{
  GstElement *branch = gst_call_device_bin_stop_branch (bin);

  gst_clear_object (&branch);
}

/* Opens the device, so that it is known here whether it works. */
static gboolean
attach_device (GstCallAudioSink * self, GstCallDevice * device, GError ** error)
{
  g_autofree gchar *reason = NULL;
  GstElement *branch = gst_call_device_create_element (device);
  gboolean ok;

  if (!branch) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "\"%s\" cannot be used: an element is missing. Install "
        "gstreamer1.0-plugins-good.", device->label);
    return FALSE;
  }
  set_opening (self, TRUE);
  ok = attach (self, branch, device) &&
      gst_element_set_state (branch, GST_STATE_READY) !=
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
  gst_call_audio_sink_close (GST_CALL_DEVICE_BIN (self));
  return FALSE;
}

/* Only a speaker that was asked for has to be there and to work. */
static gboolean
gst_call_audio_sink_open (GstCallDeviceBin * bin, GPtrArray * devices,
    GError ** error)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (bin);
  g_autoptr (GstCallDevice) device = NULL;
  g_autoptr (GError) reason = NULL;
  gboolean asked;

  device = gst_call_device_bin_choose (bin, devices, &asked, &reason);
  if (device && attach_device (self, device, &reason)) {
    gst_call_device_bin_set_track_state (bin, GST_CALL_TRACK_LIVE);
    return TRUE;
  }
  if (asked) {
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

static gboolean
gst_call_audio_sink_end (GstCallDeviceBin * bin, GstCallDevice * device)
{
  g_autoptr (GstElement) branch = NULL;

  gst_call_audio_sink_close (bin);
  if (attach_discard (GST_CALL_AUDIO_SINK (bin), FALSE)) {
    branch = gst_call_device_bin_ref_branch (bin);
    gst_element_sync_state_with_parent (branch);
  }
  return TRUE;
}

static gboolean
gst_call_audio_sink_child_error (GstCallDeviceBin * bin, GstMessage * message)
{
  GstCallAudioSink *self = GST_CALL_AUDIO_SINK (bin);
  g_autoptr (GstElement) branch = gst_call_device_bin_ref_branch (bin);
  g_autoptr (GError) error = NULL;
  gboolean opening;

  if (!branch || GST_MESSAGE_SRC (message) != GST_OBJECT_CAST (branch))
    return FALSE;
  gst_message_parse_error (message, &error, NULL);
  GST_OBJECT_LOCK (self);
  opening = self->opening;
  if (opening && !self->open_error)
    self->open_error = g_strdup (error->message);
  GST_OBJECT_UNLOCK (self);
  if (!opening && gst_call_device_bin_claim_failure (bin, branch))
    gst_call_device_bin_end_later (bin, branch);
  return TRUE;
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

static void
gst_call_audio_sink_finalize (GObject * object)
{
  g_free (GST_CALL_AUDIO_SINK (object)->open_error);
  G_OBJECT_CLASS (gst_call_audio_sink_parent_class)->finalize (object);
}

static void
gst_call_audio_sink_class_init (GstCallAudioSinkClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_audio_sink_finalize;
  bin_class->kind = GST_CALL_DEVICE_AUDIO_OUTPUT;
  bin_class->noun = "speaker";
  bin_class->substitute = "Sound is discarded";
  bin_class->open = gst_call_audio_sink_open;
  bin_class->close = gst_call_audio_sink_close;
  bin_class->end = gst_call_audio_sink_end;
  bin_class->child_error = gst_call_audio_sink_child_error;
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
  g_autoptr (GstPad) pad = NULL;
  GstPad *ghost;

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
