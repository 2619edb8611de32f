/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callaudiosrc
 * @title: callaudiosrc
 *
 * A live microphone, chosen as a web page does it: getUserMedia() for
 * gst-launch.
 *
 * A *device* is a microphone with an id that stays the same across restarts and
 * re-plugs; device-id or label choose one, without them the best one is taken.
 * The *track* is what comes out: one unbroken stream of raw sound with fixed
 * caps, whatever happens to the device. By default it is 48 kHz, mono or stereo
 * as the device has; a caps filter downstream asks for another.
 *
 * ## Example launch lines
 * |[
 * GST_CALL_FAKE_DEVICES=audio=1 gst-launch-1.0 callaudiosrc ! audioconvert ! autoaudiosink
 * ]|
 *
 * ## Element messages
 *
 * `call-track-ended`: the device is gone, silence is sent in its place.
 *
 * | field    | type   | meaning             |
 * |----------|--------|---------------------|
 * | kind     | string | "audioinput"        |
 * | deviceId | string | the device's id     |
 * | label    | string | its name for people |
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcalldevicesrc.c; this part has none. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicesrc.h"
#include "gstcallmode.h"

#include <gst/audio/audio.h>

#define MAX_CHAIN 8
#define BLANK_SAMPLES 480       /* 10 ms at 48 kHz */

#define ALLOWED "audio/x-raw, " \
    "format=(string){ S16LE, F32LE, S32LE, S24LE, F64LE, U8 }, " \
    "layout=(string)interleaved, rate=(int)[1,384000], channels=(int)[1,64]"

static GstStaticPadTemplate src_template =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (ALLOWED));

#define GST_TYPE_CALL_AUDIO_SRC (gst_call_audio_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallAudioSrc, gst_call_audio_src, GST, CALL_AUDIO_SRC,
    GstCallDeviceSrc);

struct _GstCallAudioSrc
{
  GstCallDeviceSrc parent;
};

G_DEFINE_FINAL_TYPE (GstCallAudioSrc, gst_call_audio_src,
    GST_TYPE_CALL_DEVICE_SRC);
GST_ELEMENT_REGISTER_DEFINE (callaudiosrc, "callaudiosrc", GST_RANK_NONE,
    GST_TYPE_CALL_AUDIO_SRC);

static GstElement *
make_filter (const GstCaps * caps)
{
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);

  if (filter)
    g_object_set (filter, "caps", caps, NULL);
  return filter;
}

static GstElement *
gst_call_audio_src_make_input (GstCallDeviceSrc * self, GstCallDevice * device,
    GstCaps * downstream, GError ** error)
{
  g_auto (GstCallMode) mode = { NULL, };
  GstElement *chain[MAX_CHAIN] = { NULL, };
  GstElement *input;
  guint n = 0;

  if (!gst_call_mode_choose_audio (device->caps, downstream, &mode)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "What follows takes no raw audio. Put audioconvert or an encoder "
        "behind callaudiosrc.");
    return NULL;
  }
  GST_DEBUG_OBJECT (self, "%s: %" GST_PTR_FORMAT " for %" GST_PTR_FORMAT,
      device->id, mode.device, mode.output);
  chain[n] = gst_call_device_create_element (device);
  if (chain[n])
    gst_object_set_name (GST_OBJECT (chain[n++]), "source");
  chain[n++] = make_filter (mode.device);
  chain[n++] = gst_element_factory_make ("audioconvert", NULL);
  chain[n++] = gst_element_factory_make ("audioresample", NULL);
  chain[n++] = make_filter (mode.output);
  input = gst_call_device_src_chain (chain);
  if (!input)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "\"%s\" cannot be used: an element is missing. Install "
        "gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.",
        device->label);
  return input;
}

static GstElement *
gst_call_audio_src_make_blank (GstCallDeviceSrc * self, const GstCaps * caps)
{
  GstElement *chain[MAX_CHAIN] = { NULL, };

  chain[0] = gst_element_factory_make ("audiotestsrc", NULL);
  if (!chain[0])
    return NULL;
  gst_util_set_object_arg (G_OBJECT (chain[0]), "wave", "silence");
  g_object_set (chain[0], "is-live", TRUE, "samplesperbuffer", BLANK_SAMPLES,
      NULL);
  chain[1] = gst_element_factory_make ("audioconvert", NULL);
  chain[2] = make_filter (caps);
  return gst_call_device_src_chain (chain);
}

static void
gst_call_audio_src_class_init (GstCallAudioSrcClass * klass)
{
  GstCallDeviceSrcClass *src_class = GST_CALL_DEVICE_SRC_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  src_class->kind = GST_CALL_DEVICE_AUDIO_INPUT;
  src_class->noun = "microphone";
  src_class->allowed = ALLOWED;
  src_class->make_input = gst_call_audio_src_make_input;
  src_class->make_blank = gst_call_audio_src_make_blank;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Microphone",
      "Source/Audio", "A microphone, chosen and kept as a web page does it",
      "gst-call");
}

static void
gst_call_audio_src_init (GstCallAudioSrc * self)
{
}
