/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a switch may be asked for at any moment: while the pipeline changes its
 * state, while the device goes away, while another switch runs, while the source is
 * disabled, and when it is all over.
 */
#include "device-test.h"

#define ROUNDS 40

static const gchar *const ids[] = { "fake-camera-0", "fake-camera-1" };

/* given a source, when it is switched around changes between PAUSED and PLAYING,
 * then it shows the last camera that was asked for */
GST_START_TEST (test_pausing)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstStructure) settings = NULL;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video.open-delay=20", TRUE);
  pipeline = gst_parse_launch ("callvideosrc name=src ! fakesink", NULL);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (i = 0; i < ROUNDS; i++) {
    g_object_set (src, "device-id", ids[i % 2], NULL);
    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    g_object_set (src, "device-id", ids[(i + 1) % 2], NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (i % 4 == 0)
      device_test_wait_state (src, 0);
  }
  g_object_set (src, "device-id", ids[1], NULL);
  for (;;) {
    device_test_wait_state (src, 0);
    g_clear_pointer (&settings, gst_structure_free);
    g_object_get (src, "settings", &settings, NULL);
    if (g_strcmp0 (gst_structure_get_string (settings, "deviceId"),
            ids[1]) == 0)
      break;
    gst_message_unref (device_test_wait (bus, "call-track-switched"));
  }
  fail_if (gst_bus_have_pending (bus)
      && gst_bus_poll (bus, GST_MESSAGE_ERROR, 0));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a source in the middle of a switch, when the pipeline goes to NULL or the
 * source is taken away, then that is done at once, each time */
GST_START_TEST (test_stopping)
{
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video1.open-delay=3600000", TRUE);
  for (i = 0; i < ROUNDS; i++) {
    g_autoptr (GstElement) pipeline =
        gst_parse_launch ("callvideosrc name=src ! fakesink", NULL);
    g_autoptr (GstElement) src =
        gst_bin_get_by_name (GST_BIN (pipeline), "src");

    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (i % 2)
      device_test_wait_state (src, 0);
    g_object_set (src, "device-id", ids[1], NULL);
    if (i % 3 == 0)
      g_thread_yield ();
    if (i % 5 == 0)
      g_object_set (src, "device-id", ids[0], NULL);
    gst_element_set_state (pipeline, i % 7 ? GST_STATE_NULL : GST_STATE_READY);
    g_object_set (src, "device-id", "", NULL);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

GST_END_TEST;

/* given cameras that come and go all the time, when it is switched between them,
 * then the stream goes on, and in the end the one that stays is seen */
GST_START_TEST (test_vanishing)
{
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=3,video0.unplug-after=100,"
      "video0.replug-after=60,video1.unplug-after=70,video1.replug-after=90",
      TRUE);
  h = device_test_harness ("callvideosrc name=src", NULL);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  for (i = 0; i < ROUNDS * 3; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    if (i % 3 == 0)
      g_object_set (src, "device-id", ids[i % 2], NULL);
  }
  g_object_set (src, "device-id", "fake-camera-2", NULL);
  device_test_pull_until (h, 2, &last);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a disabled source whose camera has been released, when another one is
 * chosen, then nothing is opened until it is enabled, and then the new one is */
GST_START_TEST (test_disabled)
{
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstStructure) settings = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2", TRUE);
  h = device_test_harness ("callvideosrc name=src release-when-disabled=true",
      NULL);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_wait_state (src, 0);
  g_object_set (src, "enabled", FALSE, NULL);
  device_test_wait_state (src, 1);
  g_object_set (src, "device-id", ids[1], NULL);
  for (i = gst_harness_buffers_in_queue (h) + 20; i > 0; i--) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    last = GST_BUFFER_PTS (buffer);
    if (i < 10)
      fail_unless (device_test_is_black (h, buffer));
  }
  g_object_get (src, "settings", &settings, NULL);
  fail_if (gst_structure_has_field (settings, "deviceId"));
  g_object_set (src, "enabled", TRUE, NULL);
  device_test_pull_until (h, 1, &last);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
races_suite (void)
{
  Suite *s = suite_create ("races");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 400);
  tcase_add_test (tc, test_pausing);
  tcase_add_test (tc, test_stopping);
  tcase_add_test (tc, test_vanishing);
  tcase_add_test (tc, test_disabled);
  return s;
}

GST_CHECK_MAIN (races);
