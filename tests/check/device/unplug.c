/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a device that is pulled out does not end the stream: as fallback says
 * another one, the last picture or black takes its place, and it is used again
 * when it comes back.
 */
#include "device-test.h"

#define AFTER 60                /* buffers that must follow the end */

/* given a running source, when its device is pulled out, then a warning and
 * call-track-ended come, and buffers go on with rising timestamps */
static void
check_unplug (const gchar * factory, const gchar * id)
{
  g_autofree gchar *line = g_strdup_printf ("%s name=src", factory);
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = device_test_harness (line, &bus);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  g_autoptr (GstMessage) ended = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  const GstStructure *structure;
  GValue devices = G_VALUE_INIT;
  gint state;
  guint i;

  gst_harness_play (h);
  device_test_wait_warning (bus, "stopped");
  ended = device_test_wait (bus, "call-track-ended");
  structure = gst_message_get_structure (ended);
  fail_unless_equals_string (gst_structure_get_string (structure, "deviceId"),
      id);
  g_object_get (src, "state", &state, NULL);
  fail_unless_equals_int (state, 2);

  i = gst_harness_buffers_in_queue (h) + AFTER;
  for (; i > 0; i--) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    if (i == 1 && g_str_equal (factory, "callvideosrc"))
      fail_unless (device_test_is_black (h, buffer));
  }
  g_value_init (&devices, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (src), "devices", &devices);
  for (i = 0; i < gst_value_array_get_size (&devices); i++)
    fail_if (g_str_equal (gst_structure_get_string (g_value_get_boxed
                (gst_value_array_get_value (&devices, i)), "deviceId"), id));
  g_value_unset (&devices);
  fail_if (gst_bus_poll (bus, GST_MESSAGE_ERROR, 0));
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_START_TEST (test_camera)
{
  check_unplug ("callvideosrc", "fake-camera-0");
}

GST_END_TEST;

GST_START_TEST (test_microphone)
{
  check_unplug ("callaudiosrc", "fake-microphone-0");
}

GST_END_TEST;

static void
fail_unless_switched (GstBus * bus, const gchar * from, const gchar * to,
    const gchar * reason)
{
  g_autoptr (GstMessage) message =
      device_test_wait (bus, "call-track-switched");
  const GstStructure *structure = gst_message_get_structure (message);

  fail_unless_equals_string (gst_structure_get_string (structure, "from"),
      from);
  fail_unless_equals_string (gst_structure_get_string (structure, "to"), to);
  fail_unless_equals_string (gst_structure_get_string (structure, "reason"),
      reason);
}

/* The first change of the list by which a device was added or removed */
static void
fail_unless_changed (GstBus * bus, const gchar * field, const gchar * id)
{
  for (;;) {
    g_autoptr (GstMessage) message =
        device_test_wait (bus, "call-device-change");
    const GstStructure *structure = gst_message_get_structure (message);
    const GValue *ids = gst_structure_get_value (structure, field);

    fail_unless (ids != NULL);
    fail_unless (gst_structure_has_field (structure, "devices"));
    /* a slow start tells of devices that were there, too */
    if (gst_value_array_get_size (ids) == 0)
      continue;
    fail_unless_equals_int (gst_value_array_get_size (ids), 1);
    fail_unless_equals_string (g_value_get_string (gst_value_array_get_value
            (ids, 0)), id);
    return;
  }
}

/* given two cameras, when the chosen one is pulled out and comes back, then the
 * other one takes its place until then, and both changes of the list are told */
GST_START_TEST (test_next_device)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video1.unplug-after=300,"
      "video1.replug-after=300", TRUE);
  h = device_test_harness ("callvideosrc name=src device-id=fake-camera-1",
      &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_pull_until (h, 1, &last);
  fail_unless_changed (bus, "removed", "fake-camera-1");
  fail_unless_switched (bus, "fake-camera-1", "fake-camera-0", "vanished");
  device_test_pull_until (h, 0, &last);
  fail_unless_changed (bus, "added", "fake-camera-1");
  fail_unless_switched (bus, "fake-camera-0", "fake-camera-1", "returned");
  device_test_pull_until (h, 1, &last);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given the only camera, when it is pulled out and comes back, then the track
 * has ended, black is sent, and then it is live again */
GST_START_TEST (test_return)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  gboolean black = FALSE;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,video0.unplug-after=300,"
      "video0.replug-after=500", TRUE);
  h = device_test_harness ("callvideosrc name=src", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_pull_until (h, 0, &last);
  gst_message_unref (device_test_wait (bus, "call-track-ended"));
  fail_unless_changed (bus, "added", "fake-camera-0");
  device_test_wait_state (src, 0);
  while (!black) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    last = GST_BUFFER_PTS (buffer);
    black = device_test_is_black (h, buffer);
  }
  device_test_pull_until (h, 0, &last);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given fallback=hold, when the camera is pulled out, then its last picture is
 * sent on and on, and the other camera is left alone */
GST_START_TEST (test_hold)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstCallBarcode code = { 0, }, before = { 0, };
  guint held = 0, n;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,video0.unplug-after=300", TRUE);
  h = device_test_harness ("callvideosrc name=src fallback=hold", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_wait_warning (bus, "held");
  for (n = 0; n < 300 && held < 20; n++, before = code) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    fail_unless (device_test_read (h, buffer, &code));
    fail_unless_equals_int (code.camera, 0);
    held = n > 0 && code.frame == before.frame ? held + 1 : 0;
  }
  fail_unless_equals_int (held, 20);
  device_test_wait_state (src, 1);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given fallback=error, when the microphone is pulled out, then the pipeline
 * gets an error that says which one and what can be done */
GST_START_TEST (test_error)
{
  g_autofree gchar *text = NULL;

  g_setenv ("GST_CALL_FAKE_DEVICES", "audio=2,audio0.unplug-after=300", TRUE);
  text = device_test_error ("callaudiosrc fallback=error ! fakesink",
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ);
  fail_unless (strstr (text, "fake-microphone-0") != NULL);
  fail_unless (strstr (text, "fallback") != NULL);
}

GST_END_TEST;

/* given a camera that is pulled out and will come back, when the source has gone
 * before it does, then nobody is left with it: a leak is the failure */
GST_START_TEST (test_nobody_waits)
{
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstHarness *h = NULL;
  GstClockID back;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,video0.unplug-after=100,"
      "video0.replug-after=200", TRUE);
  h = device_test_harness ("callvideosrc name=src", &bus);
  gst_harness_play (h);
  gst_message_unref (device_test_wait (bus, "call-track-ended"));
  back = gst_clock_new_single_shot_id (clock, gst_clock_get_time (clock) +
      300 * GST_MSECOND);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
  gst_clock_id_wait (back, NULL);
  gst_clock_id_unref (back);
}

GST_END_TEST;

static Suite *
unplug_suite (void)
{
  Suite *s = suite_create ("unplug");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,audio=1,video0.unplug-after=300,"
      "audio0.unplug-after=300", TRUE);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_camera);
  tcase_add_test (tc, test_microphone);
  tcase_add_test (tc, test_next_device);
  tcase_add_test (tc, test_return);
  tcase_add_test (tc, test_nobody_waits);
  tcase_add_test (tc, test_hold);
  tcase_add_test (tc, test_error);
  return s;
}

GST_CHECK_MAIN (unplug);
