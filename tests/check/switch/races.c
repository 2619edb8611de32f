/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: inputs come and go, and are chosen, at any time and any pace; the
 * output goes on, and nothing grows.
 */
#include "../test-memory.h"
#include "switch-test.h"

#include <stdio.h>
#include <string.h>

#define N_INPUTS 3

static guint
count_threads (void)
{
  g_autofree gchar *text = NULL;
  const gchar *line;
  guint threads;

  fail_unless (g_file_get_contents ("/proc/self/status", &text, NULL, NULL));
  line = strstr (text, "Threads:");
  fail_unless (line && sscanf (line, "Threads: %u", &threads) == 1);
  return threads;
}

/* given a switch, when active is set to what is not there, then it is refused
 * with a warning that names those that are; the old one goes on */
GST_START_TEST (test_unknown_name)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *active = NULL;
  GstPad *pad;

  g_object_set (self->element, "active", "nonsense", NULL);
  message = gst_bus_timed_pop_filtered (self->bus, 0, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, "sink_0") != NULL);
  g_object_set (self->element, "active-pad", NULL, NULL);
  g_object_set (self->element, "active-pad", self->sink, NULL);
  g_object_get (self->element, "active", &active, "active-pad", &pad, NULL);
  fail_unless_equals_string (active, "sink_0");
  fail_unless (pad == a->pad);
  gst_object_unref (pad);
  test_push (a, 0, 1);
  fail_unless_equals_int (test_switch_count (self), 1);
  gst_clear_message (&message);
  test_input_free (self, a);
  test_switch_free (self);
}

GST_END_TEST;

/* given a line that names an input before there is one, when the inputs come,
 * then that one is active; a name that never comes is told */
GST_START_TEST (test_name_before_pad)
{
  g_autoptr (GstElement) element = gst_object_ref_sink
      (gst_element_factory_make ("callswitch", NULL));
  g_autoptr (GstBus) bus = gst_bus_new ();
  g_autoptr (GstPad) first = NULL;
  g_autoptr (GstPad) second = NULL;
  g_autoptr (GstPad) active = NULL;
  g_autoptr (GstMessage) message = NULL;
  GstPad *pad;

  gst_element_set_bus (element, bus);
  g_object_set (element, "active", "sink_7", NULL);
  first = gst_element_request_pad_simple (element, "sink_%u");
  g_object_get (element, "active-pad", &pad, NULL);
  fail_unless (pad == NULL);
  second = gst_element_request_pad_simple (element, "sink_7");
  g_object_get (element, "active-pad", &active, NULL);
  fail_unless (active == second);
  g_object_set (element, "active", "sink_9", NULL);
  gst_element_set_state (element, GST_STATE_PAUSED);
  message = gst_bus_timed_pop_filtered (bus, 0, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  gst_element_set_state (element, GST_STATE_NULL);
  gst_element_release_request_pad (element, first);
  gst_element_release_request_pad (element, second);
  gst_element_set_bus (element, NULL);
}

GST_END_TEST;

/* given an input that cannot be what the output is, when it is chosen, then the
 * old one goes on and a warning says what to do */
GST_START_TEST (test_other_caps)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *b = test_input_new (self,
      "video/x-raw,format=GRAY8,width=8,height=8,framerate=30/1", 0, TRUE);
  g_autoptr (GstMessage) message = NULL;

  test_push (a, 0, 1);
  g_object_set (self->element, "active", "sink_1", NULL);
  message = gst_bus_timed_pop_filtered (self->bus, 0, GST_MESSAGE_WARNING);
  fail_unless (message != NULL);
  test_push (b, TEST_FRAME, 2);
  test_push (a, TEST_FRAME, 1);
  fail_unless_equals_int (test_switch_count (self), 2);
  fail_unless_equals_int (self->data->data[self->data->len - 1], 1);
  test_switch_unbroken (self);
  gst_clear_message (&message);
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given 10,000 sets between two pictures, when the pictures come, then there has
 * been one switch, to the last one named */
GST_START_TEST (test_collapse)
{
  TestSwitch *self = test_switch_new ();
  TestInput *inputs[N_INPUTS];
  g_autoptr (GstMessage) message = NULL;
  guint i;

  for (i = 0; i < N_INPUTS; i++)
    inputs[i] = test_input_new (self, TEST_VIDEO, 0, TRUE);
  test_push (inputs[0], 0, 0);
  gst_message_unref (test_switch_message (self, "call-track-switched"));
  for (i = 0; i < 10000; i++)
    g_object_set (self->element, "active-pad", inputs[i % N_INPUTS]->pad, NULL);
  g_object_set (self->element, "active", "sink_2", NULL);
  for (i = 0; i < N_INPUTS; i++)
    test_push (inputs[i], TEST_FRAME + i, i);
  fail_unless_equals_int (test_switch_count (self), 3);
  message = test_switch_message (self, "call-track-switched");
  fail_unless_equals_string (gst_structure_get_string
      (gst_message_get_structure (message), "to"), "sink_2");
  fail_unless_equals_string (gst_structure_get_string
      (gst_message_get_structure (message), "from"), "sink_0");
  fail_if (gst_bus_have_pending (self->bus));
  gst_clear_message (&message);
  for (i = 0; i < N_INPUTS; i++)
    test_input_free (self, inputs[i]);
  test_switch_free (self);
}

GST_END_TEST;

/* given a running switch, when it switches 1,000 times and inputs come and go
 * with each, then memory and threads are as before */
GST_START_TEST (test_thousand)
{
  TestSwitch *self = test_switch_new ();
  TestInput *old = test_input_new (self, TEST_VIDEO, 0, TRUE);
  gsize before = 0, after;
  guint threads = 0;

  test_push (old, 0, 0);
  for (guint i = 1; i <= 1000; i++) {
    TestInput *new = test_input_new (self, TEST_VIDEO, i * GST_SECOND, TRUE);

    g_object_set (self->element, "active-pad", new->pad, NULL);
    test_push (old, i * TEST_FRAME, 1);
    test_push (new, i * TEST_FRAME + 1, 2);
    test_input_free (self, old);
    old = new;
    gst_message_unref (test_switch_message (self, "call-track-switched"));
    if (i == 200) {
      before = test_memory_allocated ();
      threads = count_threads ();
    }
  }
  after = test_memory_allocated ();
  fail_unless_equals_int (count_threads (), threads);
  /* the test itself keeps what came out */
  fail_unless (after < before + 512 * 1024, "%" G_GSIZE_FORMAT " > %"
      G_GSIZE_FORMAT, after, before);
  fail_unless_equals_int (test_switch_count (self), 2001);
  test_switch_unbroken (self);
  test_input_free (self, old);
  test_switch_free (self);
}

GST_END_TEST;

typedef struct
{
  TestInput *input;
  gint stop;
  gboolean flushes;
} Pusher;

static gpointer
push_many (gpointer data)
{
  Pusher *pusher = data;

  for (guint n = 1; !g_atomic_int_get (&pusher->stop); n++) {
    if (pusher->flushes && n % 50 == 0) {
      GstSegment segment;

      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_pad_push_event (pusher->input->src, gst_event_new_flush_start ());
      gst_pad_push_event (pusher->input->src, gst_event_new_flush_stop (TRUE));
      gst_pad_push_event (pusher->input->src, gst_event_new_segment (&segment));
    }
    test_push (pusher->input, n * GST_MSECOND, 1);
    g_usleep (50);
  }
  return NULL;
}

/* given inputs on threads of their own that flush, when another is chosen and
 * the element goes to PAUSED and PLAYING meanwhile, then nothing locks up and
 * no flush comes out */
GST_START_TEST (test_flushes)
{
  TestSwitch *self = test_switch_new ();
  Pusher pushers[N_INPUTS] = { {NULL}, };
  GThread *threads[N_INPUTS];
  guint i;

  for (i = 0; i < N_INPUTS; i++) {
    pushers[i].input = test_input_new (self, TEST_VIDEO, 0, i != 2);
    pushers[i].flushes = TRUE;
    threads[i] = g_thread_new ("input", push_many, &pushers[i]);
  }
  for (guint n = 0; n < 300; n++) {
    g_object_set (self->element, "active-pad",
        pushers[(n * 7) % N_INPUTS].input->pad, NULL);
    if (n % 10 == 3)
      gst_element_set_state (self->element, GST_STATE_PAUSED);
    if (n % 10 == 7)
      gst_element_set_state (self->element, GST_STATE_PLAYING);
    g_usleep (300);
  }
  gst_element_set_state (self->element, GST_STATE_NULL);
  for (i = 0; i < N_INPUTS; i++) {
    g_atomic_int_set (&pushers[i].stop, TRUE);
    g_thread_join (threads[i]);
  }
  test_switch_unbroken (self);
  for (i = 0; i < N_INPUTS; i++) {
    test_input_free (self, pushers[i].input);
  }
  test_switch_free (self);
}

GST_END_TEST;

static gpointer
select_many (gpointer data)
{
  GstElement *s = data;

  for (guint n = 0; n < 3000; n++) {
    g_object_set (s, "active", n % 2 ? "sink_0" : "sink_1", NULL);
    g_usleep (100);
  }
  return NULL;
}

/* given a pipeline whose input is changed all the time, when it goes through
 * all states meanwhile, then each change of state ends */
GST_START_TEST (test_states)
{
  static const GstState states[] = { GST_STATE_PLAYING, GST_STATE_PAUSED,
    GST_STATE_READY, GST_STATE_PLAYING, GST_STATE_NULL
  };
  g_autoptr (GstElement) pipeline = gst_parse_launch ("callswitch name=s "
      "on-stall=blank stall-timeout=1 ! fakesink audiotestsrc is-live=true "
      "samplesperbuffer=48 ! " TEST_SOUND " ! s.sink_0 audiotestsrc ! "
      TEST_SOUND " ! s.sink_1", NULL);
  GThread *thread = g_thread_new ("select", select_many,
      gst_bin_get_by_name (GST_BIN (pipeline), "s"));
  g_autoptr (GstElement) s = gst_bin_get_by_name (GST_BIN (pipeline), "s");

  for (guint n = 0; n < 50; n++) {
    gst_element_set_state (pipeline, states[n % G_N_ELEMENTS (states)]);
    g_usleep (n % 7 * 1000);
  }
  g_thread_join (thread);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (s);         /* the thread's */
}

GST_END_TEST;

/* given inputs on threads of their own, when they are released and new ones are
 * requested while they push, then the others go on */
GST_START_TEST (test_come_and_go)
{
  TestSwitch *self = test_switch_new ();
  TestInput *anchor = test_input_new (self, TEST_VIDEO, 0, TRUE);

  g_object_set (self->element, "stall-timeout", 1, NULL);
  gst_util_set_object_arg (G_OBJECT (self->element), "on-stall", "blank");
  for (guint n = 0; n < 100; n++) {
    Pusher pusher = { test_input_new (self, TEST_VIDEO, 0, n % 2), FALSE };
    GThread *thread = g_thread_new ("input", push_many, &pusher);

    g_object_set (self->element, "active-pad", pusher.input->pad, NULL);
    g_usleep (300);
    gst_element_release_request_pad (self->element, pusher.input->pad);
    g_atomic_int_set (&pusher.stop, TRUE);
    g_thread_join (thread);
    gst_pad_set_active (pusher.input->src, FALSE);
    gst_object_unref (pusher.input->pad);
    gst_object_unref (pusher.input->src);
    g_free (pusher.input);
  }
  g_object_set (self->element, "active-pad", anchor->pad, NULL);
  fail_unless_equals_int (test_push (anchor, 3600 * GST_SECOND, 1),
      GST_FLOW_OK);
  gst_element_set_state (self->element, GST_STATE_PAUSED);
  test_switch_unbroken (self);
  test_input_free (self, anchor);
  test_switch_free (self);
}

GST_END_TEST;

static Suite *
switch_races_suite (void)
{
  Suite *s = suite_create ("switch-races");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_unknown_name);
  tcase_add_test (tc, test_name_before_pad);
  tcase_add_test (tc, test_other_caps);
  tcase_add_test (tc, test_collapse);
  tcase_add_test (tc, test_thousand);
  tcase_add_test (tc, test_flushes);
  tcase_add_test (tc, test_states);
  tcase_add_test (tc, test_come_and_go);
  return s;
}

GST_CHECK_MAIN (switch_races);
