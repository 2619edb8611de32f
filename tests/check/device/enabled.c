/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a disabled camera is black, and nothing else of its stream changes.
 */
#include "device-test.h"

#define FRAME (GST_SECOND / 30)

/* Pictures that were pushed before the property was set, and one more that may
 * have been on its way. */
#define UNDER_WAY(h) (gst_harness_buffers_in_queue (h) + 2)

/* Pulls a picture that comes one frame after the last one. */
static GstBuffer *
pull_next (GstHarness * h, GstClockTime * last)
{
  GstBuffer *buffer = gst_harness_pull (h);

  fail_unless (buffer != NULL);
  if (GST_CLOCK_TIME_IS_VALID (*last))
    fail_unless (ABS (GST_CLOCK_DIFF (*last + FRAME,
                GST_BUFFER_PTS (buffer))) < GST_MSECOND);
  *last = GST_BUFFER_PTS (buffer);
  return buffer;
}

static guint
count_events (GstHarness * h, GstEventType type)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_event (h))) {
    n += GST_EVENT_TYPE (event) == type;
    gst_event_unref (event);
  }
  return n;
}

/* given a camera that is seen, when it is disabled and enabled again, then it
 * is black in between, timestamps go on at its rate, the caps are sent once and
 * the counter has gone on meanwhile */
GST_START_TEST (test_black)
{
  GstHarness *h = device_test_harness ("callvideosrc name=src", NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstCallBarcode before = { 0, }, after = { 0, };
  GstBuffer *buffer;
  guint i, n, skipped = 0;

  gst_harness_play (h);
  for (i = 0; i < 3; i++) {
    buffer = pull_next (h, &last);
    fail_unless (device_test_read (h, buffer, &before));
    fail_if (device_test_is_black (h, buffer));
    gst_buffer_unref (buffer);
  }
  g_object_set (src, "enabled", FALSE, NULL);
  n = UNDER_WAY (h);
  for (i = 0; i < n; i++, skipped++)
    gst_buffer_unref (pull_next (h, &last));
  for (i = 0; i < 5; i++) {
    buffer = pull_next (h, &last);
    fail_unless (device_test_is_black (h, buffer));
    gst_buffer_unref (buffer);
  }
  g_object_set (src, "enabled", TRUE, NULL);
  n = UNDER_WAY (h);
  for (i = 0; i < n; i++, skipped++)
    gst_buffer_unref (pull_next (h, &last));
  buffer = pull_next (h, &last);
  fail_unless (device_test_read (h, buffer, &after));
  gst_buffer_unref (buffer);
  fail_unless_equals_int ((guint16) (after.frame - before.frame), skipped + 6);
  fail_unless_equals_int (count_events (h, GST_EVENT_CAPS), 1);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a source that starts disabled, when it plays, then its first picture is
 * black already */
GST_START_TEST (test_starts_black)
{
  GstHarness *h = device_test_harness ("callvideosrc enabled=false", NULL);
  g_autoptr (GstBuffer) buffer = NULL;

  gst_harness_play (h);
  buffer = gst_harness_pull (h);
  fail_unless (device_test_is_black (h, buffer));
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given release-when-disabled, when a camera is disabled, then it is closed while
 * black goes on, and opened again when it is enabled */
GST_START_TEST (test_release)
{
  GstHarness *h = device_test_harness ("callvideosrc name=src "
      "release-when-disabled=true", NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  g_autoptr (GstStructure) settings = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  gint64 start;
  guint i;

  gst_harness_play (h);
  device_test_wait_state (src, 0);
  start = g_get_monotonic_time ();
  g_object_set (src, "enabled", FALSE, NULL);
  device_test_wait_state (src, 1);
  fail_unless (g_get_monotonic_time () - start >= G_USEC_PER_SEC);
  g_object_get (src, "settings", &settings, NULL);
  fail_if (gst_structure_has_field (settings, "deviceId"));
  for (i = UNDER_WAY (h) + 5; i > 0; i--) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    if (i == 1)
      fail_unless (device_test_is_black (h, buffer));
  }
  g_object_set (src, "enabled", TRUE, NULL);
  device_test_wait_state (src, 0);
  device_test_pull_until (h, 0, &last);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given release-when-disabled, when it is disabled only for a moment, then the
 * camera stays open: its counter goes on */
GST_START_TEST (test_not_released)
{
  GstHarness *h = device_test_harness ("callvideosrc name=src "
      "release-when-disabled=true", NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  GstCallBarcode code = { 0, };
  guint i;

  gst_harness_play (h);
  for (i = 0; i < 100; i++) {
    g_autoptr (GstBuffer) buffer = pull_next (h, &last);

    if (i % 10 == 0)
      g_object_set (src, "enabled", i % 20 == 0, NULL);
    if (i == 99)
      fail_unless (!device_test_read (h, buffer, &code) || code.frame >= 99);
  }
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
enabled_suite (void)
{
  Suite *s = suite_create ("enabled");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1", TRUE);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_black);
  tcase_add_test (tc, test_starts_black);
  tcase_add_test (tc, test_release);
  tcase_add_test (tc, test_not_released);
  return s;
}

GST_CHECK_MAIN (enabled);
