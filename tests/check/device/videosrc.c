/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: callvideosrc sends the chosen camera's pictures, live, with the caps
 * that downstream asks for.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gstcallbarcode.h"

static GstHarness *
make_harness (const gchar * description)
{
  GstHarness *h = gst_harness_new_parse (description);

  gst_harness_use_systemclock (h);
  return h;
}

static GstCallBarcode
read_code (GstHarness * h, GstBuffer * buffer)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  GstCallBarcode code;
  GstVideoFrame frame;
  GstVideoInfo info;

  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless (gst_video_frame_map (&frame, &info, buffer, GST_MAP_READ));
  fail_unless (gst_call_barcode_read (GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
          GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), info.width, info.height,
          &code), "no code in the picture");
  gst_video_frame_unmap (&frame);
  return code;
}

/* given two fake cameras, when the second one's id is set, then its pictures
 * arrive, counted without a gap, 640x480 at 30 Hz, timestamps rising */
GST_START_TEST (test_chosen_by_id)
{
  GstHarness *h = make_harness ("callvideosrc device-id=fake-camera-1");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstCallBarcode start = { 0, }, code;
  guint i;

  gst_harness_play (h);
  for (i = 0; i < 10; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    code = read_code (h, buffer);
    if (i == 0)
      start = code;
    fail_unless_equals_int (code.camera, 1);
    fail_unless_equals_int (code.frame, (guint16) (start.frame + i));
    if (i > 0)
      fail_unless (GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a 16:9 wish, when the caps filter asks for it, then exactly these caps
 * come out, and the code can still be read */
GST_START_TEST (test_caps_filter)
{
  GstHarness *h = make_harness ("callvideosrc ! "
      "capsfilter caps=video/x-raw,format=I420,width=640,height=360,framerate=30/1");
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstBuffer) buffer = NULL;
  const GstStructure *structure;
  gint width, height, n, d;

  gst_harness_play (h);
  buffer = gst_harness_pull (h);
  fail_unless (buffer != NULL);
  caps = gst_pad_get_current_caps (h->sinkpad);
  structure = gst_caps_get_structure (caps, 0);
  fail_unless_equals_string (gst_structure_get_string (structure, "format"),
      "I420");
  fail_unless (gst_structure_get_int (structure, "width", &width));
  fail_unless (gst_structure_get_int (structure, "height", &height));
  fail_unless (gst_structure_get_fraction (structure, "framerate", &n, &d));
  fail_unless_equals_int (width, 640);
  fail_unless_equals_int (height, 360);
  fail_unless (n == 30 && d == 1);
  fail_unless_equals_int (read_code (h, buffer).camera, 0);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
videosrc_suite (void)
{
  Suite *s = suite_create ("videosrc");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,audio=2", TRUE);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_chosen_by_id);
  tcase_add_test (tc, test_caps_filter);
  return s;
}

GST_CHECK_MAIN (videosrc);
