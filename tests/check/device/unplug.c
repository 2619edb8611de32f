/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a device that is pulled out does not end the stream.
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
  g_autoptr (GstMessage) warning = NULL;
  g_autoptr (GstMessage) ended = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  const GstStructure *structure;
  GValue devices = G_VALUE_INIT;
  gint state;
  guint i;

  gst_harness_play (h);
  warning = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
      GST_MESSAGE_WARNING | GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (warning && GST_MESSAGE_TYPE (warning) == GST_MESSAGE_WARNING);
  ended = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
      GST_MESSAGE_ELEMENT);
  fail_unless (ended != NULL);
  structure = gst_message_get_structure (ended);
  fail_unless (gst_structure_has_name (structure, "call-track-ended"));
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

static Suite *
unplug_suite (void)
{
  Suite *s = suite_create ("unplug");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,audio=2,video0.unplug-after=300,"
      "audio0.unplug-after=300", TRUE);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_camera);
  tcase_add_test (tc, test_microphone);
  return s;
}

GST_CHECK_MAIN (unplug);
