/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a device that stops without a word, and is listed all the same, is
 * noticed after stall-timeout; fallback follows, and it is tried again.
 */
#include "device-test.h"

#define QUIET (1200 * GST_MSECOND)

/* given two cameras, when the chosen one goes silent, then a switch to the other
 * one is told, and back when the first works again */
GST_START_TEST (test_next_device)
{
  static const gchar *const ways[][3] = {
    {"fake-camera-1", "fake-camera-0", "vanished"},
    {"fake-camera-0", "fake-camera-1", "returned"}
  };
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video1.stall-after=500", TRUE);
  h = device_test_harness ("callvideosrc name=src stall-timeout=300 "
      "device-id=fake-camera-1", &bus);
  gst_harness_play (h);
  device_test_pull_until (h, 1, &last);
  for (i = 0; i < G_N_ELEMENTS (ways); i++) {
    g_autoptr (GstMessage) message =
        device_test_wait (bus, "call-track-switched");
    const GstStructure *s = gst_message_get_structure (message);

    fail_unless_equals_string (gst_structure_get_string (s, "from"),
        ways[i][0]);
    fail_unless_equals_string (gst_structure_get_string (s, "to"), ways[i][1]);
    fail_unless_equals_string (gst_structure_get_string (s, "reason"),
        ways[i][2]);
    device_test_pull_until (h, i, &last);
  }
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given the only microphone, when it goes silent, then a warning says so, the
 * track has ended and silence is sent; when it works again, the track is live */
GST_START_TEST (test_only_one)
{
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstHarness *h;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "audio=1,audio0.stall-after=500", TRUE);
  h = device_test_harness ("callaudiosrc name=src stall-timeout=300", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_wait_state (src, 0);
  device_test_wait_warning (bus, "delivers nothing any more");
  gst_message_unref (device_test_wait (bus, "call-track-ended"));
  device_test_wait_state (src, 2);
  for (i = gst_harness_buffers_in_queue (h) + 20; i > 0; i--) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
  }
  device_test_wait_state (src, 0);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* Lets so much time pass in which no end of the track may be told. */
static void
fail_if_told (GstBus * bus, GstClockTime time)
{
  g_autoptr (GstMessage) message =
      gst_bus_timed_pop_filtered (bus, time, GST_MESSAGE_WARNING |
      GST_MESSAGE_ERROR);

  fail_unless (message == NULL);
}

static GstPadProbeReturn
hold_up (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

/* given a camera that works, when the pipeline is paused, or downstream takes its
 * time, or stall-timeout is 0, then it is no stall */
GST_START_TEST (test_no_stall)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstBus) bus = NULL;
  gulong probe;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,video0.stall-after=2500", TRUE);
  pipeline = gst_parse_launch ("callvideosrc name=src stall-timeout=300 ! "
      "fakesink name=sink", NULL);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  pad = gst_element_get_static_pad (sink, "sink");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  device_test_wait_state (src, 0);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_if_told (bus, QUIET);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER, hold_up, NULL, NULL);
  fail_if_told (bus, QUIET);
  gst_pad_remove_probe (pad, probe);
  g_object_set (src, "stall-timeout", 0, NULL);
  fail_if_told (bus, 2 * GST_SECOND);
  g_object_set (src, "stall-timeout", 300, NULL);
  gst_message_unref (device_test_wait (bus, "call-track-ended"));
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
stall_suite (void)
{
  Suite *s = suite_create ("stall");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_next_device);
  tcase_add_test (tc, test_only_one);
  tcase_add_test (tc, test_no_stall);
  return s;
}

GST_CHECK_MAIN (stall);
