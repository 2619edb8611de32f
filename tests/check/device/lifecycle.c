/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: sources and sink start, pause and stop as often as one likes, and the
 * application's EOS ends them.
 */
#include "device-test.h"

#define CYCLES 20
#define LINE "callvideosrc ! fakesink name=v callaudiosrc ! fakesink name=a"

static void
set_state (GstElement * pipeline, GstState state)
{
  GstStateChangeReturn ret = gst_element_set_state (pipeline, state);

  fail_if (ret == GST_STATE_CHANGE_FAILURE);
  ret = gst_element_get_state (pipeline, NULL, NULL, DEVICE_TEST_TIMEOUT);
  fail_unless (ret == GST_STATE_CHANGE_SUCCESS
      || ret == GST_STATE_CHANGE_NO_PREROLL);
}

/* given a pipeline of both sources, when it goes through all states twenty
 * times, then it plays each time (and the leaks tracer finds nothing) */
GST_START_TEST (test_cycles)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (LINE, NULL);
  guint i;

  for (i = 0; i < CYCLES; i++) {
    set_state (pipeline, GST_STATE_READY);
    set_state (pipeline, GST_STATE_PAUSED);
    set_state (pipeline, GST_STATE_PLAYING);
    set_state (pipeline, GST_STATE_PAUSED);
    set_state (pipeline, GST_STATE_PLAYING);
    set_state (pipeline, i % 2 ? GST_STATE_NULL : GST_STATE_READY);
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a playing pipeline, when the application sends EOS, then every sink gets
 * it */
GST_START_TEST (test_eos)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (LINE, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  set_state (pipeline, GST_STATE_PLAYING);
  fail_unless (gst_element_send_event (pipeline, gst_event_new_eos ()));
  message = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a sink that has enough, when it returns EOS upstream, then the pipeline
 * ends without an error */
GST_START_TEST (test_downstream_eos)
{
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("callvideosrc ! fakesink num-buffers=5", NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a camera that takes an hour to open, when the pipeline is stopped, then
 * it stops at once; until then its state is muted */
GST_START_TEST (test_stop_while_opening)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) src = NULL;
  gint64 start;
  gint state;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,video0.open-delay=3600000", TRUE);
  pipeline = gst_parse_launch ("callvideosrc name=src ! fakesink", NULL);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  g_object_get (src, "state", &state, NULL);
  fail_unless_equals_int (state, 1);
  start = g_get_monotonic_time ();
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_unless (g_get_monotonic_time () - start < 5 * G_USEC_PER_SEC);
}

GST_END_TEST;

/* given a camera that takes longer to open than what is left of open-timeout when
 * a pipeline that was paused for a while plays, then it has all of that time, as
 * nothing was opened before */
GST_START_TEST (test_paused_before)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,video0.open-delay=600", TRUE);
  pipeline = gst_parse_launch ("callvideosrc open-timeout=1000 ! fakesink "
      "num-buffers=1", NULL);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  /* the time itself is what this is about */
  g_usleep (900 * 1000);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a machine with or without a speaker, when sound is played on
 * callaudiosink, then it ends in its own time, and on a machine without one
 * there was one warning */
GST_START_TEST (test_sink)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch ("audiotestsrc "
      "num-buffers=20 samplesperbuffer=480 ! audio/x-raw,rate=48000 ! "
      "callaudiosink name=sink", NULL);
  g_autoptr (GstElement) sink =
      gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  gint64 start = g_get_monotonic_time ();
  guint warnings = 0;
  gint state = -1;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        DEVICE_TEST_TIMEOUT, GST_MESSAGE_EOS | GST_MESSAGE_ERROR |
        GST_MESSAGE_WARNING);

    fail_unless (message && GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS)
      break;
    warnings++;
  }
  fail_unless (g_get_monotonic_time () - start >= 150 * 1000);
  g_object_get (sink, "state", &state, NULL);
  fail_unless_equals_int (warnings, state == 2);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
lifecycle_suite (void)
{
  Suite *s = suite_create ("lifecycle");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,audio=2", TRUE);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_cycles);
  tcase_add_test (tc, test_eos);
  tcase_add_test (tc, test_downstream_eos);
  tcase_add_test (tc, test_stop_while_opening);
  tcase_add_test (tc, test_paused_before);
  tcase_add_test (tc, test_sink);
  return s;
}

GST_CHECK_MAIN (lifecycle);
