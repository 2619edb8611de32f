/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the table of codecs finds names and caps, makes what it says that
 * it can make, and sets bit rates in each encoder's own unit.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "gstcallcodec.h"

/* given the table of codecs, when it is asked, then names are found in any
 * case, caps are told apart, and what is installed here can be used */
GST_START_TEST (test_codecs)
{
  static const gchar *caps[][2] = {
    {"video/x-vp8", "VP8"}, {"video/x-h264,profile=main", "H264"},
    {"audio/x-opus,channels=2", "OPUS"}, {"video/x-raw", NULL},
    {"video/x-vp9", NULL}, {"EMPTY", NULL}, {"ANY", NULL},
  };
  guint i;

  fail_unless (gst_call_codec_find ("vp8") == gst_call_codec_find ("VP8"));
  fail_unless (gst_call_codec_find ("AV2") == NULL);
  fail_unless (gst_call_codec_find (NULL) == NULL);
  fail_unless (gst_call_codec_from_caps (NULL) == NULL);
  for (i = 0; i < G_N_ELEMENTS (caps); i++) {
    g_autoptr (GstCaps) c = gst_caps_from_string (caps[i][0]);

    fail_unless (gst_call_codec_from_caps (c) ==
        gst_call_codec_find (caps[i][1]), "%s", caps[i][0]);
  }
  fail_unless (gst_call_codec_can_encode (gst_call_codec_find ("VP8")));
  fail_unless (gst_call_codec_can_decode (gst_call_codec_find ("OPUS")));
}

GST_END_TEST;

static const gchar *const names[] = { "VP8", "H264", "OPUS" };

/* given a codec that this machine can encode, when an encoder of it is made and
 * given media, then what comes out are caps of that codec */
GST_START_TEST (test_encoder)
{
  const GstCallCodec *codec = gst_call_codec_find (names[__i__]);
  GstElement *encoder = gst_call_codec_make_encoder (codec);
  g_autoptr (GstElement) enc = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstHarness *h;

  fail_unless_equals_int (encoder != NULL, gst_call_codec_can_encode (codec));
  if (!encoder)
    return;
  gst_object_ref_sink (encoder);
  enc = gst_bin_get_by_name (GST_BIN (encoder), "enc");
  fail_unless (enc != NULL);
  h = gst_harness_new_with_element (encoder, "sink", "src");
  if (codec->kind == GST_CALL_KIND_VIDEO)
    gst_harness_add_src_parse (h, "videotestsrc ! capsfilter "
        "caps=video/x-raw,width=160,height=120,framerate=15/1", FALSE);
  else
    gst_harness_add_src_parse (h, "audiotestsrc ! capsfilter "
        "caps=audio/x-raw,rate=44100", FALSE);
  gst_harness_play (h);
  fail_unless_equals_int (gst_harness_src_crank_and_push_many (h, 0, 5),
      GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (h));
  caps = gst_pad_get_current_caps (h->sinkpad);
  fail_unless (gst_call_codec_from_caps (caps) == codec);
  if (g_str_equal (codec->name, "H264"))
    fail_unless_equals_string (gst_structure_get_string
        (gst_caps_get_structure (caps, 0), "profile"), "constrained-baseline");
  gst_harness_teardown (h);
  gst_object_unref (encoder);
}

GST_END_TEST;

/* given a decoder of each codec that this machine can decode, and one that only
 * unpacks, when they are made, then they have a way in and a way out */
GST_START_TEST (test_decoder)
{
  const GstCallCodec *codec = gst_call_codec_find (names[__i__]);
  gboolean decode;

  for (decode = FALSE; decode <= TRUE; decode++) {
    GstElement *decoder = gst_call_codec_make_decoder (codec, decode);

    if (decode)
      fail_unless_equals_int (decoder != NULL,
          gst_call_codec_can_decode (codec));
    if (!decoder)
      continue;
    gst_object_ref_sink (decoder);
    fail_unless_equals_int (decoder->numsinkpads, 1);
    fail_unless_equals_int (decoder->numsrcpads, 1);
    gst_object_unref (decoder);
  }
}

GST_END_TEST;

static const struct
{
  const gchar *encoder, *property;
  gint64 expected;
} bitrates[] = {
  {"vp8enc", "target-bitrate", 64000}, {"x264enc", "bitrate", 64},
  {"openh264enc", "bitrate", 64000}, {"opusenc", "bitrate", 64000},
};

/* given an encoder, when its bit rate is set to 64 kbit/s, then it is that in
 * the unit of this encoder */
GST_START_TEST (test_bitrate)
{
  GstElement *encoder = gst_element_factory_make (bitrates[__i__].encoder,
      NULL);
  g_auto (GValue) value = G_VALUE_INIT;

  if (!encoder)
    return;
  gst_object_ref_sink (encoder);
  gst_call_codec_set_bitrate (encoder, 64000);
  g_value_init (&value, G_TYPE_INT64);
  g_object_get_property (G_OBJECT (encoder), bitrates[__i__].property, &value);
  fail_unless_equals_int64 (g_value_get_int64 (&value),
      bitrates[__i__].expected);
  gst_object_unref (encoder);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
codec_suite (void)
{
  Suite *s = suite_create ("codec");
  TCase *tc = tcase_create ("codec");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_codecs);
  tcase_add_loop_test (tc, test_encoder, 0, G_N_ELEMENTS (names));
  tcase_add_loop_test (tc, test_decoder, 0, G_N_ELEMENTS (names));
  tcase_add_loop_test (tc, test_bitrate, 0, G_N_ELEMENTS (bitrates));
  return s;
}

GST_CHECK_MAIN (codec);
