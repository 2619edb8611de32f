/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: encoded input that is linked before its caps are known is sent as
 * soon as they are, to who is there already and to who comes later.
 */
#include "call-test.h"

/* The valve keeps back caps as well as pictures */
#define LATE(encoder) "videotestsrc is-live=true pattern=ball ! " \
    "video/x-raw,format=I420,width=160,height=120,framerate=15/1 ! " encoder \
    " ! valve name=valve drop=true ! call.video_0 "

/* The other is not what is agreed on before the caps are known */
static const gchar *const late_inputs[] = {
  LATE ("vp8enc deadline=1 keyframe-max-dist=30"),
  LATE ("x264enc tune=zerolatency speed-preset=ultrafast threads=1 "
      "key-int-max=30 ! video/x-h264,profile=constrained-baseline"),
};

static void
open_valve (CallSide * side)
{
  g_autoptr (GstElement) valve =
      gst_bin_get_by_name (GST_BIN (side->pipeline), "valve");

  g_object_set (valve, "drop", FALSE, NULL);
}

static guint64
frames_sent (CallSide * side)
{
  g_autoptr (GstStructure) stats = NULL;
  const GValue *track, *value;
  const GstStructure *s;
  guint64 n = 0;

  g_object_get (side->call, "stats", &stats, NULL);
  track = gst_structure_get_value (stats, "video_0");
  s = gst_value_get_structure (track);
  value = gst_structure_get_value (s, "encoder-VP8");
  if (!value)
    value = gst_structure_get_value (s, "encoder-H264");
  if (value)
    gst_structure_get_uint64 (gst_value_get_structure (value),
        "frames-encoded", &n);
  return n;
}

/* given a call in which one side, who offers or who answers, has linked VP8 or
 * H.264 that has not come yet, when it comes, then the other sees it; and so does one
 * who joins after that */
GST_START_TEST (test_late_caps)
{
  gboolean offerer = __i__ % 2;
  const gchar *input = late_inputs[__i__ / 2];
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      offerer ? CALL_VIDEO_LIVE : input, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      offerer ? input : CALL_VIDEO_LIVE);
  CallSide *late = offerer ? bob : ann;
  CallSide *other = offerer ? ann : bob;
  g_autoptr (CallSide) carol = NULL;

  call_side_wait_more (late, CALL_VIDEO, 5);
  CALL_WAIT (call_side_has (other, "call-state", "state", "connected"));
  fail_unless_equals_int (call_side_buffers (other, CALL_VIDEO), 0);
  open_valve (late);
  call_side_wait_more (other, CALL_VIDEO, 10);
  carol = call_side_join (url, "peer-id=carol", "");
  call_side_wait_more (carol, CALL_VIDEO, 10);
  fail_unless (frames_sent (late) > 0);
  call_side_no_error (ann);
  call_side_no_error (bob);
  call_side_no_error (carol);
}

GST_END_TEST;

static Suite *
callbin_encoded_suite (void)
{
  Suite *s = suite_create ("callbin-encoded");
  TCase *tc = tcase_create ("encoded");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 150);
  tcase_add_loop_test (tc, test_late_caps, 0, 2 * G_N_ELEMENTS (late_inputs));
  return s;
}

GST_CHECK_MAIN (callbin_encoded);
