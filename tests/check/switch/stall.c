/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: an input that stops without a word is noticed, told, and dealt with
 * as on-stall says.
 */
#include "switch-test.h"

#include <string.h>

static gboolean
wait_for_buffers (TestSwitch * self, guint n)
{
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;

  while (test_switch_count (self) < n && g_get_monotonic_time () < end)
    g_usleep (5000);
  return test_switch_count (self) >= n;
}

static void
expect_stall (TestSwitch * self, const gchar * action)
{
  g_autoptr (GstMessage) message =
      test_switch_message (self, "call-input-stalled");
  const GstStructure *fields = gst_message_get_structure (message);

  fail_unless_equals_string (gst_structure_get_string (fields, "action"),
      action);
  fail_unless_equals_string (gst_structure_get_string (fields, "pad"),
      "sink_0");
}

static TestSwitch *
make_switch (const gchar * on_stall)
{
  TestSwitch *self = test_switch_new ();

  gst_util_set_object_arg (G_OBJECT (self->element), "on-stall", on_stall);
  g_object_set (self->element, "stall-timeout", 50, NULL);
  return self;
}

/* given on-stall=hold, when nothing comes, then it is told and nothing is sent;
 * the input that comes back is heard */
GST_START_TEST (test_hold)
{
  TestSwitch *self = make_switch ("hold");
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);

  test_push (a, 0, 1);
  expect_stall (self, "hold");
  fail_unless_equals_int (test_switch_count (self), 1);
  test_push (a, GST_SECOND, 1);
  fail_unless_equals_int (test_switch_count (self), 2);
  expect_stall (self, "hold");
  test_switch_unbroken (self);
  test_input_free (self, a);
  test_switch_free (self);
}

GST_END_TEST;

/* given on-stall=blank, when pictures or sounds stop, then black or silence
 * comes with times that rise, and the input that comes back is shown */
GST_START_TEST (test_blank)
{
  static const gchar *caps[] = { TEST_VIDEO, TEST_SOUND };

  for (guint i = 0; i < 2; i++) {
    TestSwitch *self = make_switch ("blank");
    TestInput *a = test_input_new (self, caps[i], 0, TRUE);
    guint n;

    test_push (a, 0, 99);
    expect_stall (self, "blank");
    fail_unless (wait_for_buffers (self, 5));
    g_mutex_lock (&self->lock);
    n = self->data->data[self->data->len - 1];
    g_mutex_unlock (&self->lock);
    fail_unless (n <= 16);      /* black, silence */
    test_push (a, GST_SECOND * 60, 99);
    g_mutex_lock (&self->lock);
    n = self->data->data[self->data->len - 1];
    g_mutex_unlock (&self->lock);
    if (i == 0)                 /* sound comes back in a fade */
      fail_unless_equals_int (n, 99);
    gst_element_set_state (self->element, GST_STATE_PAUSED);
    test_switch_unbroken (self);
    test_input_free (self, a);
    test_switch_free (self);
  }
}

GST_END_TEST;

/* given on-stall=next, when the active input stops, then the next one that
 * delivers is sent, not one that does not */
GST_START_TEST (test_next)
{
  TestSwitch *self = make_switch ("next");
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *dead = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *c = test_input_new (self, TEST_VIDEO, 0, TRUE);
  g_autofree gchar *active = NULL;

  test_push (a, 0, 1);
  for (guint i = 1; test_switch_count (self) < 5 && i < 2000; i++) {
    test_push (c, i * GST_MSECOND, 3);
    g_usleep (5000);
  }
  fail_unless (test_switch_count (self) >= 5);
  g_object_get (self->element, "active", &active, NULL);
  fail_unless_equals_string (active, "sink_2");
  expect_stall (self, "next");
  test_switch_unbroken (self);
  test_input_free (self, a);
  test_input_free (self, dead);
  test_input_free (self, c);
  test_switch_free (self);
}

GST_END_TEST;

/* given stall-timeout=0 or a paused pipeline, when nothing comes, then it is no
 * stall */
GST_START_TEST (test_no_stall)
{
  TestSwitch *self = make_switch ("blank");
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  g_autoptr (GstMessage) message = NULL;

  g_object_set (self->element, "stall-timeout", 0, NULL);
  test_push (a, 0, 1);
  g_usleep (100000);
  gst_element_set_state (self->element, GST_STATE_PAUSED);
  g_object_set (self->element, "stall-timeout", 20, NULL);
  g_usleep (100000);
  fail_unless_equals_int (test_switch_count (self), 1);
  gst_element_set_state (self->element, GST_STATE_PLAYING);
  expect_stall (self, "blank");
  test_input_free (self, a);
  test_switch_free (self);
}

GST_END_TEST;

static Suite *
switch_stall_suite (void)
{
  Suite *s = suite_create ("switch-stall");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_hold);
  tcase_add_test (tc, test_blank);
  tcase_add_test (tc, test_next);
  tcase_add_test (tc, test_no_stall);
  return s;
}

GST_CHECK_MAIN (switch_stall);
