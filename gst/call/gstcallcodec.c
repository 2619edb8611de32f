/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: no state but the constant table.
 *
 * Encoders are set for calls: no look-ahead, no B-frames, key frames only when
 * somebody asks, one encoded frame for one captured frame.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcodec.h"

#define VIDEO_IN "videoconvert ! "
#define AUDIO_IN "audioconvert ! audioresample ! "
/* what cannot be decoded is not shown, and a key frame asked for at once */
#define KEY_FRAMES "wait-for-keyframe=true request-keyframe=true"

/* *INDENT-OFF* */
static const GstCallCodec codecs[] = {
  {
    "VP8", GST_CALL_KIND_VIDEO, "video/x-vp8",
    {
      VIDEO_IN "vp8enc name=enc deadline=1 cpu-used=8 end-usage=cbr "
      "lag-in-frames=0 keyframe-max-dist=100000 error-resilient=default "
      "min-quantizer=4 max-quantizer=56 undershoot=100 overshoot=15 "
      "buffer-size=1000 buffer-initial-size=500 buffer-optimal-size=600 "
      "max-intra-bitrate=450 static-threshold=1 threads=1",
    },
    /* without picture ids of 15 bits Chromium freezes on any loss */
    "rtpvp8pay picture-id-mode=15-bit", "rtpvp8depay " KEY_FRAMES,
    { "vp8dec" },
  },
  {
    "H264", GST_CALL_KIND_VIDEO, "video/x-h264",
    {
      VIDEO_IN "video/x-raw,format=I420 ! x264enc name=enc tune=zerolatency "
      "speed-preset=ultrafast key-int-max=100000 bframes=0 aud=false "
      "byte-stream=true vbv-buf-capacity=500 threads=1 ! "
      "capsfilter caps=video/x-h264,profile=constrained-baseline",
      VIDEO_IN "video/x-raw,format=I420 ! openh264enc name=enc gop-size=0 "
      "rate-control=bitrate complexity=low multi-thread=1 ! "
      "capsfilter caps=video/x-h264,profile=constrained-baseline",
    },
    "rtph264pay config-interval=-1 aggregate-mode=zero-latency",
    /* it waits for key frames only when it gives whole pictures */
    "rtph264depay " KEY_FRAMES " ! capsfilter "
      "caps=video/x-h264,stream-format=byte-stream,alignment=au",
    { "h264parse ! avdec_h264", "h264parse ! openh264dec" },
  },
  {
    "OPUS", GST_CALL_KIND_AUDIO, "audio/x-opus",
    {
      AUDIO_IN "audio/x-raw,rate=48000 ! opusenc name=enc audio-type=generic "
      "frame-size=20 inband-fec=true packet-loss-percentage=10 complexity=5",
    },
    "rtpopuspay", "rtpopusdepay", { "opusdec use-inband-fec=true plc=true" },
  },
};
/* *INDENT-ON* */

const GstCallCodec *
gst_call_codec_find (const gchar * name)
{
  guint i;

  for (i = 0; name && i < G_N_ELEMENTS (codecs); i++) {
    if (g_ascii_strcasecmp (codecs[i].name, name) == 0)
      return &codecs[i];
  }
  return NULL;
}

const GstCallCodec *
gst_call_codec_from_caps (const GstCaps * caps)
{
  const gchar *name;
  guint i;

  if (!caps || gst_caps_is_empty (caps) || gst_caps_is_any (caps))
    return NULL;
  name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  for (i = 0; i < G_N_ELEMENTS (codecs); i++) {
    if (g_str_equal (codecs[i].encoded_caps, name))
      return &codecs[i];
  }
  return NULL;
}

/* Every element that a launch fragment names is installed. */
static gboolean
fragment_is_installed (const gchar * fragment)
{
  g_auto (GStrv) parts = g_strsplit (fragment, " ! ", -1);
  guint i;

  for (i = 0; parts[i]; i++) {
    g_auto (GStrv) words = g_strsplit (g_strstrip (parts[i]), " ", 2);
    g_autoptr (GstElementFactory) factory = NULL;

    if (!words[0] || strchr (words[0], '/'))
      continue;
    factory = gst_element_factory_find (words[0]);
    if (!factory)
      return FALSE;
  }
  return TRUE;
}

static const gchar *
first_installed (const gchar * const *fragments, guint n)
{
  guint i;

  for (i = 0; i < n && fragments[i]; i++) {
    if (fragment_is_installed (fragments[i]))
      return fragments[i];
  }
  return NULL;
}

gboolean
gst_call_codec_can_encode (const GstCallCodec * codec)
{
  return first_installed (codec->encoders, G_N_ELEMENTS (codec->encoders)) &&
      fragment_is_installed (codec->payloader);
}

gboolean
gst_call_codec_can_decode (const GstCallCodec * codec)
{
  return first_installed (codec->decoders, G_N_ELEMENTS (codec->decoders)) &&
      fragment_is_installed (codec->depayloader);
}

static GstElement *
make_bin (const gchar * description)
{
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description_full (description, TRUE,
      NULL, GST_PARSE_FLAG_FATAL_ERRORS | GST_PARSE_FLAG_NO_SINGLE_ELEMENT_BINS,
      &error);

  if (!bin)
    GST_ERROR ("cannot make '%s': %s", description, error->message);
  return bin;
}

GstElement *
gst_call_codec_make_encoder (const GstCallCodec * codec)
{
  const gchar *fragment = first_installed (codec->encoders,
      G_N_ELEMENTS (codec->encoders));

  return fragment ? make_bin (fragment) : NULL;
}

GstElement *
gst_call_codec_make_decoder (const GstCallCodec * codec, gboolean decode)
{
  const gchar *fragment = first_installed (codec->decoders,
      G_N_ELEMENTS (codec->decoders));
  g_autofree gchar *description = NULL;

  if (decode && !fragment)
    return NULL;
  description = g_strconcat (codec->depayloader, decode ? " ! " : NULL,
      fragment, NULL);
  return make_bin (description);
}

void
gst_call_codec_set_bitrate (GstElement * encoder, guint bitrate)
{
  g_autoptr (GstElement) enc = NULL;
  GObjectClass *klass;

  if (GST_IS_BIN (encoder))
    enc = gst_bin_get_by_name (GST_BIN (encoder), "enc");
  else
    enc = gst_object_ref (encoder);
  if (!enc)
    return;
  klass = G_OBJECT_GET_CLASS (enc);
  if (g_object_class_find_property (klass, "target-bitrate"))
    g_object_set (enc, "target-bitrate", (gint) bitrate, NULL);
  else if (g_str_has_prefix (G_OBJECT_TYPE_NAME (enc), "GstX264"))
    g_object_set (enc, "bitrate", MAX (bitrate / 1000, 1), NULL);
  else
    g_object_set (enc, "bitrate", bitrate, NULL);
}
