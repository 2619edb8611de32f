/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: callvideosrc copes with every sort of camera: one that encodes, one that
 * lies about what it delivers, one that cannot be made, one that comes later.
 */
#include "device-test.h"

#include "odd-devices.h"

#define SIZE "width=640,height=360,framerate=30/1"
#define CAMERA "callfakevideosrc camera=5 ! video/x-raw," SIZE " ! "

static gboolean
is_installed (const gchar * name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

static void
check_encoded (const gchar * id, const gchar * caps)
{
  g_autofree gchar *line = g_strdup_printf ("callvideosrc device-id=%s", id);
  g_autofree gchar *passed = g_strdup_printf ("%s ! capsfilter caps=%s", line,
      caps);
  GstHarness *h = device_test_harness (line, NULL);
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  gst_harness_play (h);
  for (i = 0; i < 5; i++)
    device_test_pull_until (h, 5, &last);
  gst_harness_teardown (h);

  h = device_test_harness (passed, NULL);
  gst_harness_play (h);
  for (i = 0; i < 5; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    g_autoptr (GstCaps) is = gst_pad_get_current_caps (h->sinkpad);

    fail_unless (buffer != NULL);
    fail_unless_equals_string (gst_structure_get_name (gst_caps_get_structure
            (is, 0)), caps);
  }
  gst_harness_teardown (h);
}

/* given a camera that delivers JPEG only, when it is opened, then its pictures are
 * decoded, or passed through where downstream takes nothing else */
GST_START_TEST (test_jpeg)
{
  odd_devices_add ("jpeg", "image/jpeg," SIZE, CAMERA "jpegenc quality=95");
  check_encoded ("jpeg", "image/jpeg");
  odd_devices_remove ("jpeg");
}

GST_END_TEST;

/* given a camera that delivers H.264 only, likewise */
GST_START_TEST (test_h264)
{
  if (!is_installed ("x264enc") || !is_installed ("avdec_h264")) {
    g_print ("skip: x264enc or avdec_h264 is not installed\n");
    return;
  }
  odd_devices_add ("h264", "video/x-h264,stream-format=byte-stream,"
      "alignment=au," SIZE, CAMERA "x264enc tune=zerolatency "
      "speed-preset=ultrafast key-int-max=15 ! "
      "capsfilter caps=video/x-h264,stream-format=byte-stream");
  check_encoded ("h264", "video/x-h264");
  odd_devices_remove ("h264");
}

GST_END_TEST;

/* given a running camera, when one is chosen that delivers other caps than it
 * promised, or that cannot be made, then a warning says so and the picture goes
 * on; when the source starts with it, then that is an error */
GST_START_TEST (test_liars)
{
  static const gchar *const ids[] = { "liar", "ghost" };
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  odd_devices_add ("liar", "video/x-raw,format=I420," SIZE,
      "videotestsrc is-live=true ! capsfilter "
      "caps=video/x-raw,format=RGB,width=32,height=32");
  odd_devices_add ("ghost", "video/x-raw,format=I420," SIZE, NULL);
  h = device_test_harness ("callvideosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_wait_state (src, 0);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_object_set (src, "device-id", ids[i], NULL);
    device_test_wait_warning (bus, ids[i]);
    device_test_pull_until (h, 0, &last);
  }
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
  for (i = 0; i < G_N_ELEMENTS (ids); i++) {
    g_autofree gchar *line =
        g_strdup_printf ("callvideosrc device-id=%s ! fakesink", ids[i]);
    g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
    g_autoptr (GstMessage) message = NULL;

    gst_clear_object (&bus);
    bus = gst_element_get_bus (pipeline);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
        GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    gst_element_set_state (pipeline, GST_STATE_NULL);
    odd_devices_remove (ids[i]);
  }
}

GST_END_TEST;

/* given a running camera, when one is asked for that is not there, then there is a
 * warning, and it is switched to when it is plugged in */
GST_START_TEST (test_late)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = device_test_harness ("callvideosrc name=src", &bus);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  gst_harness_play (h);
  device_test_wait_state (src, 0);
  g_object_set (src, "device-id", "late", NULL);
  device_test_wait_warning (bus, "late");
  for (i = 0; i < 5; i++) {
    odd_devices_add ("late", "video/x-raw,format=I420,width=640,height=480,"
        "framerate=30/1", "callfakevideosrc camera=7");
    gst_message_unref (device_test_wait (bus, "call-device-change"));
    gst_message_unref (device_test_wait (bus, "call-track-switched"));
    device_test_pull_until (h, 7, &last);
    odd_devices_remove ("late");
    gst_message_unref (device_test_wait (bus, "call-device-change"));
    gst_message_unref (device_test_wait (bus, "call-track-switched"));
    device_test_pull_until (h, 0, &last);
  }
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
cameras_suite (void)
{
  Suite *s = suite_create ("cameras");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1", TRUE);
  odd_devices_init ();
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_jpeg);
  tcase_add_test (tc, test_h264);
  tcase_add_test (tc, test_liars);
  tcase_add_test (tc, test_late);
  return s;
}

GST_CHECK_MAIN (cameras);
