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
 * `call-track-switched`, `call-device-change` and `call-track-ended`; their
 * fields are in docs/elements/callaudiosrc.md.
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcalldevicebin-private.h; this part has none. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicesrc.h"

#include <gst/audio/audio.h>

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

static guint
gst_call_audio_src_add_converters (const GstCallMode * mode,
    GstElement ** chain)
{
  chain[0] = gst_element_factory_make ("audioconvert", NULL);
  chain[1] = gst_element_factory_make ("audioresample", NULL);
  return 2;
}

static GstElement *
gst_call_audio_src_make_blank (void)
{
  GstElement *blank = gst_element_factory_make ("audiotestsrc", NULL);

  if (blank) {
    gst_util_set_object_arg (G_OBJECT (blank), "wave", "silence");
    g_object_set (blank, "is-live", TRUE, "samplesperbuffer", BLANK_SAMPLES,
        NULL);
  }
  return blank;
}

static gboolean
gst_call_audio_src_can_process (GstCallDeviceBin * bin)
{
  return FALSE;
}

static void
gst_call_audio_src_class_init (GstCallAudioSrcClass * klass)
{
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);
  GstCallDeviceSrcClass *src_class = GST_CALL_DEVICE_SRC_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  bin_class->kind = GST_CALL_DEVICE_AUDIO_INPUT;
  bin_class->noun = "microphone";
  bin_class->substitute = "Silence is sent in its place";
  bin_class->can_process = gst_call_audio_src_can_process;
  src_class->medium = "audio";
  src_class->allowed = ALLOWED;
  src_class->choose_mode = gst_call_mode_choose_audio;
  src_class->add_converters = gst_call_audio_src_add_converters;
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
