/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: callvideosrc sends the chosen camera's pictures, live, with the caps
 * that downstream asks for.
 */
#include "device-test.h"

static void
pull_counted (const gchar * description, guint camera)
{
  GstHarness *h = device_test_harness (description, NULL);
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstCallBarcode start = { 0, }, code;
  guint i;

  gst_harness_play (h);
  for (i = 0; i < 10; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    fail_unless (device_test_read (h, buffer, &code), "no code");
    if (i == 0)
      start = code;
    fail_unless_equals_int (code.camera, camera);
    fail_unless_equals_int (code.frame, (guint16) (start.frame + i));
    if (i > 0)
      fail_unless (GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
  }
  gst_harness_teardown (h);
}

/* given two fake cameras, when the second one's id is set, then its pictures
 * arrive, counted without a gap, timestamps rising */
GST_START_TEST (test_chosen_by_id)
{
  pull_counted ("callvideosrc device-id=fake-camera-1", 1);
}

GST_END_TEST;

/* given two fake cameras, when a glob fits the second one's name in other case,
 * then it is opened */
GST_START_TEST (test_chosen_by_label)
{
  pull_counted ("callvideosrc label=FAKE*1", 1);
}

GST_END_TEST;

/* given two fake cameras, when nothing is asked for, then the first is opened */
GST_START_TEST (test_best_match)
{
  pull_counted ("callvideosrc", 0);
}

GST_END_TEST;

static void
check_caps (const gchar * wish, const gchar * expected)
{
  g_autofree gchar *line =
      g_strdup_printf ("callvideosrc ! capsfilter caps=%s", wish);
  GstHarness *h = device_test_harness (line, NULL);
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) wanted = gst_caps_from_string (expected);
  g_autoptr (GstBuffer) buffer = NULL;

  gst_harness_play (h);
  buffer = gst_harness_pull (h);
  fail_unless (buffer != NULL, "%s", wish);
  caps = gst_pad_get_current_caps (h->sinkpad);
  fail_unless (gst_caps_is_subset (caps, wanted), "%s: %" GST_PTR_FORMAT, wish,
      caps);
  gst_harness_teardown (h);
}

/* given wishes of many kinds, when a caps filter says them, then exactly such
 * caps come out; without a wish they are 640x480 at 30 Hz in I420 */
GST_START_TEST (test_caps)
{
  check_caps ("video/x-raw", "video/x-raw,format=I420,width=640,height=480,"
      "framerate=30/1,pixel-aspect-ratio=1/1");
  check_caps ("video/x-raw,width=640,height=360,framerate=30/1",
      "video/x-raw,format=I420,width=640,height=360,framerate=30/1");
  check_caps ("video/x-raw,width=1280",
      "video/x-raw,width=1280,height=720,framerate=30/1");
  check_caps ("video/x-raw,format=NV12,width=400,height=400,framerate=15/1",
      "video/x-raw,format=NV12,width=400,height=400,framerate=15/1");
  check_caps ("video/x-raw,framerate=120/1", "video/x-raw,framerate=120/1");
}

GST_END_TEST;

/* given a live pipeline, when it is paused, then the source needs no preroll,
 * and says it is live and how late it is */
GST_START_TEST (test_live)
{
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("callvideosrc name=src ! fakesink", NULL);
  g_autoptr (GstElement) src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (src, "src");
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  GstClockTime min, max;
  gboolean live;

  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_PAUSED),
      GST_STATE_CHANGE_NO_PREROLL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  fail_unless_equals_int (gst_element_get_state (pipeline, NULL, NULL,
          DEVICE_TEST_TIMEOUT), GST_STATE_CHANGE_SUCCESS);
  fail_unless (gst_pad_query (pad, query));
  gst_query_parse_latency (query, &live, &min, &max);
  fail_unless (live);
  fail_unless (min <= 50 * GST_MSECOND, "latency %" GST_TIME_FORMAT,
      GST_TIME_ARGS (min));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a running source, when it is asked, then settings name the device and
 * its mode, state is live and devices lists both cameras */
GST_START_TEST (test_properties)
{
  GstHarness *h = device_test_harness ("callvideosrc name=src "
      "device-id=fake-camera-1 ! capsfilter "
      "caps=video/x-raw,width=640,height=360", NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  g_autoptr (GstStructure) settings = NULL;
  GValue devices = G_VALUE_INIT;
  gint width, height;
  gint state;

  gst_harness_play (h);
  gst_buffer_unref (gst_harness_pull (h));
  gst_buffer_unref (gst_harness_pull (h));
  g_object_get (src, "settings", &settings, "state", &state, NULL);
  fail_unless_equals_string (gst_structure_get_string (settings, "deviceId"),
      "fake-camera-1");
  fail_unless_equals_string (gst_structure_get_string (settings, "label"),
      "Fake camera 1");
  fail_unless (gst_structure_get_int (settings, "width", &width));
  fail_unless (gst_structure_get_int (settings, "height", &height));
  fail_unless (width == 640 && height == 360);
  fail_unless_equals_int (state, 0);
  g_value_init (&devices, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (src), "devices", &devices);
  fail_unless (gst_value_array_get_size (&devices) >= 2);
  fail_unless_equals_string (gst_structure_get_string (g_value_get_boxed
          (gst_value_array_get_value (&devices, 0)), "deviceId"),
      "fake-camera-0");
  g_value_unset (&devices);
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
  tcase_add_test (tc, test_chosen_by_label);
  tcase_add_test (tc, test_best_match);
  tcase_add_test (tc, test_caps);
  tcase_add_test (tc, test_live);
  tcase_add_test (tc, test_properties);
  return s;
}

GST_CHECK_MAIN (videosrc);
