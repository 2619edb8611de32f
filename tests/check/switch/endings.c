/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: one input's end is not the output's, and files neither run ahead nor
 * hold up the pipeline.
 */
#include "switch-test.h"

/* given two inputs, when one ends, then the output goes on; when both have, it
 * ends, once */
GST_START_TEST (test_all)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VIDEO, 0, TRUE);

  test_push (a, 0, 1);
  gst_pad_push_event (a->src, gst_event_new_eos ());
  fail_unless_equals_int (self->eos, 0);
  g_object_set (self->element, "active", "sink_1", NULL);
  fail_unless_equals_int (test_push (b, TEST_FRAME, 2), GST_FLOW_OK);
  fail_unless_equals_int (test_switch_count (self), 2);
  gst_pad_push_event (b->src, gst_event_new_eos ());
  fail_unless_equals_int (self->eos, 1);
  test_switch_unbroken (self);
  test_input_free (self, a);
  test_input_free (self, b);
  fail_unless_equals_int (self->eos, 1);
  test_switch_free (self);
}

GST_END_TEST;

/* given eos=active, when another input ends, then nothing happens; when the
 * active one does, the output ends */
GST_START_TEST (test_active)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VIDEO, 0, TRUE);

  gst_util_set_object_arg (G_OBJECT (self->element), "eos", "active");
  test_push (a, 0, 1);
  gst_pad_push_event (b->src, gst_event_new_eos ());
  fail_unless_equals_int (self->eos, 0);
  gst_pad_push_event (a->src, gst_event_new_eos ());
  fail_unless_equals_int (self->eos, 1);
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given eos=active and an input that is chosen but ends before it delivers, when
 * the active one ends, too, then the output ends */
GST_START_TEST (test_chosen_ends)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VIDEO, 0, TRUE);

  gst_util_set_object_arg (G_OBJECT (self->element), "eos", "active");
  test_push (a, 0, 1);
  g_object_set (self->element, "active", "sink_1", NULL);
  gst_pad_push_event (b->src, gst_event_new_eos ());
  fail_unless_equals_int (self->eos, 0);
  gst_pad_push_event (a->src, gst_event_new_eos ());
  fail_unless_equals_int (self->eos, 1);
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given that one input has ended, when the last one that has not is released,
 * then the output ends, because nothing can come any more */
GST_START_TEST (test_last_released)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VIDEO, 0, TRUE);

  test_push (a, 0, 1);
  gst_pad_push_event (b->src, gst_event_new_eos ());
  test_input_free (self, a);
  fail_unless_equals_int (self->eos, 1);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* Runs a line until EOS; returns how many buffers came out. */
static guint
run (const gchar * inputs, const gchar * properties, const gchar * select)
{
  g_autofree gchar *text = g_strdup_printf ("callswitch name=s %s ! "
      "fakesink name=sink signal-handoffs=true %s", properties, inputs);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) s = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GstStructure) stats = NULL;
  guint64 n = 0;

  fail_if (error, "%s", error ? error->message : "");
  s = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PAUSED);
  fail_unless (gst_element_get_state (pipeline, NULL, NULL, TEST_TIMEOUT) !=
      GST_STATE_CHANGE_ASYNC);
  if (select)
    g_object_set (s, "active", select, NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, 20 * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  g_object_get (sink, "stats", &stats, NULL);
  gst_structure_get_uint64 (stats, "rendered", &n);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return n;
}

/* given two files, when the pipeline prerolls and plays, then the input that is
 * not active neither holds it up nor runs ahead: after a switch in PAUSED it
 * goes on where the other was, not at its end */
GST_START_TEST (test_files)
{
  guint n;

  n = run ("videotestsrc num-buffers=100 ! " TEST_VIDEO " ! s.sink_0 "
      "videotestsrc num-buffers=100 ! " TEST_VIDEO " ! s.sink_1", "", NULL);
  fail_unless_equals_int (n, 100);
  n = run ("videotestsrc num-buffers=100 ! " TEST_VIDEO " ! s.sink_0 "
      "videotestsrc num-buffers=100 ! " TEST_VIDEO " ! s.sink_1", "", "sink_1");
  fail_unless_equals_int (n, 100);
}

GST_END_TEST;

/* given files of different lengths, when the active one ends first, then the
 * output ends when the other has come to its end, too */
GST_START_TEST (test_short_file)
{
  guint n = run ("videotestsrc num-buffers=10 ! " TEST_VIDEO " ! s.sink_0 "
      "videotestsrc num-buffers=20 ! " TEST_VIDEO " ! s.sink_1", "", NULL);

  fail_unless_equals_int (n, 10);
}

GST_END_TEST;

/* given on-stall=next, when the active file ends, then the other is sent from
 * there on */
GST_START_TEST (test_next_file)
{
  guint n = run ("videotestsrc num-buffers=10 ! " TEST_VIDEO " ! s.sink_0 "
      "videotestsrc num-buffers=40 ! " TEST_VIDEO " ! s.sink_1",
      "on-stall=next", NULL);

  fail_unless (n > 20 && n <= 40, "%u", n);
}

GST_END_TEST;

/* given a camera and a file, when the file is not active, then it does not run
 * to its end while the camera is sent */
GST_START_TEST (test_live_and_file)
{
  guint n = run ("videotestsrc is-live=true num-buffers=20 ! " TEST_VIDEO
      " ! s.sink_0 videotestsrc num-buffers=30 ! " TEST_VIDEO " ! s.sink_1",
      "on-stall=next", NULL);

  fail_unless (n > 20 && n <= 31, "%u", n);
}

GST_END_TEST;

static Suite *
switch_endings_suite (void)
{
  Suite *s = suite_create ("switch-endings");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_all);
  tcase_add_test (tc, test_active);
  tcase_add_test (tc, test_chosen_ends);
  tcase_add_test (tc, test_last_released);
  tcase_add_test (tc, test_files);
  tcase_add_test (tc, test_short_file);
  tcase_add_test (tc, test_next_file);
  tcase_add_test (tc, test_live_and_file);
  return s;
}

GST_CHECK_MAIN (switch_endings);
