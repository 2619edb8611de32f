/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: setting device-id, or label, while a source runs changes the device
 * between two buffers of one unbroken stream.
 */
#include "../test-memory.h"
#include "device-test.h"

#define SWITCHES 1000
#define SETS 10000
#define WARM_UP 200             /* switches until all there will be is allocated */

static guint
count_caps (GstHarness * h)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_event (h))) {
    n += GST_EVENT_TYPE (event) == GST_EVENT_CAPS;
    gst_event_unref (event);
  }
  return n;
}

static void
fail_unless_switched (GstBus * bus, const gchar * from, const gchar * to)
{
  g_autoptr (GstMessage) message =
      device_test_wait (bus, "call-track-switched");
  const GstStructure *structure = gst_message_get_structure (message);
  guint64 value;

  fail_unless_equals_string (gst_structure_get_string (structure, "from"),
      from);
  fail_unless_equals_string (gst_structure_get_string (structure, "to"), to);
  fail_unless (gst_structure_get_uint64 (structure, "gap", &value));
  fail_unless (gst_structure_get_uint64 (structure, "latency", &value));
}

/* given a running camera, when device-id names another one that takes a while
 * to open, then pictures of the first go on without one missing until the first
 * of the second, caps are sent once, and messages and settings tell it */
GST_START_TEST (test_seamless)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstStructure) settings = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstCallBarcode before = { 0, }, code = { 0, };
  guint n = 0;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video1.open-delay=300", TRUE);
  h = device_test_harness ("callvideosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_pull_until (h, 0, &last);
  g_object_set (src, "device-id", "fake-camera-1", NULL);
  for (;; before = code) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (device_test_read (h, buffer, &code));
    fail_unless (GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    if (code.camera == 1)
      break;
    if (n++ > 0)
      fail_unless_equals_int ((guint16) (code.frame - before.frame), 1);
  }
  fail_unless_equals_int (code.frame, 0);
  fail_unless_switched (bus, "fake-camera-0", "fake-camera-1");
  g_object_get (src, "settings", &settings, NULL);
  fail_unless_equals_string (gst_structure_get_string (settings, "deviceId"),
      "fake-camera-1");
  fail_unless_equals_int (count_caps (h), 1);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a running camera, when label fits another one only, then it switches;
 * when it fits none, then a warning says so and the picture goes on */
GST_START_TEST (test_label)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=3", TRUE);
  h = device_test_harness ("callvideosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_pull_until (h, 0, &last);
  g_object_set (src, "label", "*camera 2", NULL);
  fail_unless_switched (bus, "fake-camera-0", "fake-camera-2");
  g_object_set (src, "label", "Nobody*", NULL);
  device_test_wait_warning (bus, "Nobody*");
  g_object_set (src, "label", "", "device-id", "nope", NULL);
  device_test_wait_warning (bus, "nope");
  device_test_pull_until (h, 2, &last);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a camera that takes a second to open and one that does not, when ids are
 * set ten thousand times, then only the last one is switched to */
GST_START_TEST (test_collapse)
{
  static const gchar *ids[] = { "fake-camera-1", "fake-camera-0" };
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  g_autoptr (GstMessage) message = NULL;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=3,video1.open-delay=60000", TRUE);
  h = device_test_harness ("callvideosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_pull_until (h, 0, &last);
  for (i = 0; i < SETS; i++)
    g_object_set (src, "device-id", ids[i % 2], NULL);
  g_object_set (src, "device-id", "fake-camera-1", NULL);
  g_object_set (src, "device-id", "fake-camera-2", NULL);
  fail_unless_switched (bus, "fake-camera-0", "fake-camera-2");
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  fail_unless (message == NULL);
  device_test_pull_until (h, 2, &last);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

static void
on_added (GstBin * bin, GstElement * element, gpointer added)
{
  g_async_queue_push (added, GINT_TO_POINTER (TRUE));
}

/* given a source whose camera takes a moment to open, when another one is asked
 * for, and the first again before anything has come of either, then the pictures
 * of the first come (what it gave went nowhere, and it "could not be opened") */
GST_START_TEST (test_back_before_first)
{
  g_autoptr (GAsyncQueue) added = g_async_queue_new ();
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  g_autoptr (GstMessage) message = NULL;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video0.open-delay=500,"
      "video1.open-delay=60000", TRUE);
  h = device_test_harness ("callvideosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  g_signal_connect (src, "element-added", G_CALLBACK (on_added), added);
  g_object_set (src, "device-id", "fake-camera-1", NULL);
  fail_unless (g_async_queue_timeout_pop (added, 10 * G_USEC_PER_SEC));
  g_object_set (src, "device-id", "fake-camera-0", NULL);
  device_test_pull_until (h, 0, &last);
  message = gst_bus_pop_filtered (bus, GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  fail_unless (message == NULL);
  g_signal_handlers_disconnect_by_data (src, added);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

static void
check_kept (const gchar * devices, const gchar * part)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  gint state;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", devices, TRUE);
  h = device_test_harness ("callvideosrc name=src open-timeout=500", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_pull_until (h, 0, &last);
  g_object_set (src, "device-id", "fake-camera-1", NULL);
  device_test_wait_warning (bus, part);
  for (i = gst_harness_buffers_in_queue (h) + 5; i > 0; i--)
    fail_unless_equals_int (device_test_pull_until (h, 0, &last), 0);
  g_object_get (src, "state", &state, NULL);
  fail_unless_equals_int (state, 0);
  g_object_set (src, "device-id", "fake-camera-2", NULL);
  fail_unless_switched (bus, "fake-camera-0", "fake-camera-2");
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

/* given a camera that is busy, at once or after a while, or that opens and
 * delivers nothing, when it is switched to, then a warning says why, the old
 * picture goes on, and another switch works */
GST_START_TEST (test_failed)
{
  check_kept ("video=3,video1.fail-open=1", "busy");
  check_kept ("video=3,video1.fail-open=1,video1.open-delay=100", "busy");
  check_kept ("video=3,video1.never-delivers=1", "delivers nothing");
}

GST_END_TEST;

/* given a running microphone, when device-id names another one, then its tone is
 * heard, and time goes on */
GST_START_TEST (test_sound)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime next = GST_CLOCK_TIME_NONE;
  gdouble tone = 0;
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", "audio=2", TRUE);
  h = device_test_harness ("callaudiosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  for (i = 0; i < 1000 && tone < 0.9; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    GstMapInfo map;

    fail_unless (buffer != NULL);
    if (i == 10)
      g_object_set (src, "device-id", "fake-microphone-1", NULL);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (next)
        || GST_BUFFER_PTS (buffer) > next);
    next = GST_BUFFER_PTS (buffer);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    tone = device_test_tone ((const gint16 *) map.data, map.size / 2, 660,
        48000);
    gst_buffer_unmap (buffer, &map);
  }
  fail_unless (tone >= 0.9);
  fail_unless_switched (bus, "fake-microphone-0", "fake-microphone-1");
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given two cameras that open at once, when it is switched a thousand times, then
 * there are as many threads, children, pads and bytes allocated afterwards as in
 * the beginning */
GST_START_TEST (test_thousand)
{
  static const gchar *ids[] = { "fake-camera-0", "fake-camera-1" };
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstElement) swap = NULL;
  g_autoptr (GstBus) bus = NULL;
  guint i, threads = 0;
  gsize memory = 0;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2", TRUE);
  pipeline = gst_parse_launch ("callvideosrc name=src ! "
      "video/x-raw,width=320,height=180,framerate=60/1 ! fakesink", NULL);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  swap = gst_bin_get_by_name (GST_BIN (src), "swap");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  device_test_wait_state (src, 0);
  for (i = 1; i <= SWITCHES; i++) {
    g_object_set (src, "device-id", ids[i % 2], NULL);
    fail_unless_switched (bus, ids[(i + 1) % 2], ids[i % 2]);
    if (i == WARM_UP) {
      threads = device_test_count_threads ();
      memory = test_memory_allocated ();
    }
  }
  fail_unless (device_test_count_threads () <= threads + 1, "%u, then %u",
      threads, device_test_count_threads ());
  /* a picture more or less is on its way */
  fail_unless (test_memory_allocated () < memory + 512 * 1024,
      "%" G_GSIZE_FORMAT " bytes, then %" G_GSIZE_FORMAT, memory,
      test_memory_allocated ());
  fail_unless_equals_int (GST_BIN_NUMCHILDREN (src), 2);
  fail_unless_equals_int (GST_ELEMENT (swap)->numsinkpads, 1);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
switching_suite (void)
{
  Suite *s = suite_create ("switching");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 400);
  tcase_add_test (tc, test_seamless);
  tcase_add_test (tc, test_label);
  tcase_add_test (tc, test_collapse);
  tcase_add_test (tc, test_back_before_first);
  tcase_add_test (tc, test_failed);
  tcase_add_test (tc, test_sound);
  tcase_add_test (tc, test_thousand);
  return s;
}

GST_CHECK_MAIN (switching);
