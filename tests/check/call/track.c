/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a track knows what it is given and makes one encoder for each codec
 * that is wanted of it.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "gstcalltrack.h"

#define VIDEO "video/x-raw,format=I420,width=160,height=120,framerate=15/1"
#define VP8 "video/x-vp8,width=160,height=120"
#define FRAME_SIZE (160 * 120 * 3 / 2)
#define FRAME (GST_SECOND / 15)

typedef struct
{
  GstCallTrack *track;
  GstHarness *h;
  guint told;
} Fixture;

static void
on_notify (GstCallTrack * track, gpointer data)
{
  Fixture *f = data;

  fail_unless (track == f->track);
  f->told++;
}

static void
set_up (Fixture * f, const gchar * caps, gboolean live)
{
  f->told = 0;
  f->track = gst_object_ref_sink (gst_call_track_new ("video_0",
          GST_CALL_KIND_VIDEO, on_notify, f));
  f->h = gst_harness_new_with_element (GST_ELEMENT (f->track), "sink", NULL);
  gst_harness_set_live (f->h, live);
  if (caps)
    gst_harness_set_src_caps_str (f->h, caps);
}

static void
tear_down (Fixture * f)
{
  gst_harness_teardown (f->h);
  gst_object_unref (f->track);
}

static GstBuffer *
picture (guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, FRAME_SIZE, NULL);

  gst_buffer_memset (buffer, 0, 128, FRAME_SIZE);
  GST_BUFFER_PTS (buffer) = n * FRAME;
  GST_BUFFER_DURATION (buffer) = FRAME;
  return buffer;
}

/* given a track, when codecs are asked for before its caps, then there is no
 * encoder and no error; when the caps come, that is told once, and each codec
 * has one encoder of its own, the same when asked again, which max-bitrate
 * reaches */
GST_START_TEST (test_raw)
{
  const GstCallCodec *vp8 = gst_call_codec_find ("VP8");
  const GstCallCodec *h264 = gst_call_codec_find ("H264");
  Fixture f;
  GstCallEncoder *one, *other;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) enc = NULL;
  gint bitrate;

  set_up (&f, NULL, TRUE);
  fail_unless (gst_call_track_get_encoder (f.track, vp8, &error) == NULL);
  fail_unless (error == NULL);
  fail_unless_equals_int (f.told, 0);
  gst_harness_set_src_caps_str (f.h, VIDEO);
  gst_harness_set_src_caps_str (f.h, VIDEO);
  fail_unless_equals_int (f.told, 1);
  fail_unless (gst_call_track_get_input_codec (f.track) == NULL);
  fail_unless_equals_int (gst_call_track_get_kind (f.track),
      GST_CALL_KIND_VIDEO);
  one = gst_call_track_get_encoder (f.track, vp8, NULL);
  fail_unless (one != NULL);
  fail_unless (gst_call_track_get_encoder (f.track, vp8, NULL) == one);
  if (gst_call_codec_can_encode (h264)) {
    other = gst_call_track_get_encoder (f.track, h264, NULL);
    fail_unless (other != NULL && other != one);
    fail_unless (gst_call_encoder_get_codec (other) == h264);
  }
  g_object_set (f.track, "max-bitrate", 123000, NULL);
  enc = gst_bin_get_by_name (GST_BIN (one), "enc");
  g_object_get (enc, "target-bitrate", &bitrate, NULL);
  fail_unless_equals_int (bitrate, 123000);
  tear_down (&f);
}

GST_END_TEST;

/* given input that is encoded, when its codec is asked for, then it passes;
 * another codec is refused, and the error says what to do */
GST_START_TEST (test_encoded)
{
  const GstCallCodec *vp8 = gst_call_codec_find ("VP8");
  g_autoptr (GError) error = NULL;
  Fixture f;

  set_up (&f, VP8, TRUE);
  fail_unless_equals_int (f.told, 1);
  fail_unless (gst_call_track_get_input_codec (f.track) == vp8);
  fail_unless (gst_call_track_get_encoder (f.track,
          gst_call_codec_find ("H264"), &error) == NULL);
  fail_unless (g_error_matches (error, GST_STREAM_ERROR,
          GST_STREAM_ERROR_WRONG_TYPE));
  fail_unless (strstr (error->message, "VP8") != NULL);
  fail_unless (strstr (error->message, "H264") != NULL);
  fail_unless (gst_call_track_get_encoder (f.track, vp8, NULL) != NULL);
  tear_down (&f);
}

GST_END_TEST;

static void
restart_source (GstHarness * h)
{
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_harness_push_event (h, gst_event_new_eos ());
  gst_harness_push_event (h, gst_event_new_flush_start ());
  gst_harness_push_event (h, gst_event_new_flush_stop (FALSE));
  gst_harness_play (h);
  gst_harness_push_event (h, gst_event_new_segment (&segment));
}

/* given a track with a taker, when its source ends, then that is kept back,
 * and a source that starts again is encoded */
GST_START_TEST (test_eos)
{
  Fixture f;
  GstCallEncoder *encoder;
  GstPad *pad;
  GstHarness *out;
  GstEvent *event;

  set_up (&f, VIDEO, TRUE);
  encoder = gst_call_track_get_encoder (f.track, gst_call_codec_find ("VP8"),
      NULL);
  pad = gst_call_track_add_branch (f.track, encoder);
  out = gst_harness_new_with_element (GST_ELEMENT (f.track), NULL, NULL);
  gst_harness_add_element_src_pad (out, pad);
  gst_call_encoder_add_taker (encoder);
  gst_harness_push (f.h, picture (0));
  gst_buffer_unref (gst_harness_pull (out));
  restart_source (f.h);
  fail_unless_equals_int (gst_harness_push (f.h, picture (1)), GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (out));
  while ((event = gst_harness_try_pull_event (out))) {
    fail_if (GST_EVENT_TYPE (event) == GST_EVENT_EOS);
    gst_event_unref (event);
  }
  gst_call_track_remove_branch (f.track, encoder, pad);
  gst_harness_teardown (out);
  tear_down (&f);
}

GST_END_TEST;

static gboolean
is_paced (GstCallTrack * track)
{
  g_autoptr (GstIterator) i = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (track), "clocksync");
  g_auto (GValue) value = G_VALUE_INIT;
  gboolean sync;

  fail_unless_equals_int (gst_iterator_next (i, &value), GST_ITERATOR_OK);
  g_object_get (g_value_get_object (&value), "sync", &sync, NULL);
  return sync;
}

/* given a source that is live or not, when its caps come, then one that is not
 * is paced by the clock */
GST_START_TEST (test_pacing)
{
  Fixture f;

  set_up (&f, VIDEO, __i__);
  fail_unless_equals_int (is_paced (f.track), !__i__);
  tear_down (&f);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
track_suite (void)
{
  Suite *s = suite_create ("track");
  TCase *tc = tcase_create ("track");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_raw);
  tcase_add_test (tc, test_encoded);
  tcase_add_test (tc, test_eos);
  tcase_add_loop_test (tc, test_pacing, 0, 2);
  return s;
}

GST_CHECK_MAIN (track);
