/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the swap point's output is one unbroken stream, whatever its inputs
 * do.
 */
#include <gst/check/gstcheck.h>

#include "gstcallswap.h"

#define CAPS "video/x-raw,format=I420,width=16,height=16,framerate=30/1"
#define FRAME (GST_SECOND / 30)
#define N_INPUTS 3

/* A swap point, its inputs, and what came out of it */
typedef struct
{
  GstCallSwap *swap;
  GstPad *sink;
  GstPad *inputs[N_INPUTS];     /* push here */
  GstPad *pads[N_INPUTS];       /* requested of the swap point */
  guint switched;
  GArray *times;
  guint starts, caps, segments, eos, flushes;
} Fixture;

static Fixture f;

static GstFlowReturn
on_buffer (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  g_array_append_val (f.times, GST_BUFFER_PTS (buffer));
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  f.starts += GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START;
  f.caps += GST_EVENT_TYPE (event) == GST_EVENT_CAPS;
  f.segments += GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
  f.eos += GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  f.flushes += GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START
      || GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;
  gst_event_unref (event);
  return TRUE;
}

static void
on_switched (GstCallSwap * swap, GstPad * pad, gpointer unused)
{
  f.switched++;
}

/* base: where the input's segment puts running time 0 */
static void
start_input (guint i, GstClockTime base)
{
  g_autofree gchar *id = g_strdup_printf ("input-%u", i);
  g_autoptr (GstCaps) caps = gst_caps_from_string (CAPS);
  GstSegment segment;

  f.inputs[i] = gst_pad_new (NULL, GST_PAD_SRC);
  f.pads[i] = gst_element_request_pad_simple (GST_ELEMENT (f.swap), "sink_%u");
  fail_unless_equals_int (gst_pad_link (f.inputs[i], f.pads[i]),
      GST_PAD_LINK_OK);
  gst_pad_set_active (f.inputs[i], TRUE);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = base;
  gst_pad_push_event (f.inputs[i], gst_event_new_stream_start (id));
  gst_pad_push_event (f.inputs[i], gst_event_new_caps (caps));
  gst_pad_push_event (f.inputs[i], gst_event_new_segment (&segment));
}

static GstFlowReturn
push (guint i, GstClockTime time)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 384, NULL);

  gst_buffer_memset (buffer, 0, 77, 384);
  GST_BUFFER_PTS (buffer) = time;
  GST_BUFFER_DURATION (buffer) = FRAME;
  return gst_pad_push (f.inputs[i], buffer);
}

static void
setup (void)
{
  g_autoptr (GstCaps) allowed = gst_caps_from_string ("video/x-raw");
  GstPad *src;

  memset (&f, 0, sizeof (f));
  f.times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  f.swap = gst_object_ref_sink (gst_call_swap_new ("swap", allowed));
  g_signal_connect (f.swap, "switched", G_CALLBACK (on_switched), NULL);
  f.sink = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_chain_function (f.sink, on_buffer);
  gst_pad_set_event_function (f.sink, on_event);
  gst_pad_set_active (f.sink, TRUE);
  src = gst_element_get_static_pad (GST_ELEMENT (f.swap), "src");
  fail_unless_equals_int (gst_pad_link (src, f.sink), GST_PAD_LINK_OK);
  gst_object_unref (src);
  gst_element_set_state (GST_ELEMENT (f.swap), GST_STATE_PLAYING);
}

static void
teardown (void)
{
  guint i;

  gst_element_set_state (GST_ELEMENT (f.swap), GST_STATE_NULL);
  for (i = 0; i < N_INPUTS; i++) {
    if (!f.inputs[i])
      continue;
    gst_pad_set_active (f.inputs[i], FALSE);
    gst_element_release_request_pad (GST_ELEMENT (f.swap), f.pads[i]);
    gst_object_unref (f.pads[i]);
    gst_object_unref (f.inputs[i]);
  }
  gst_pad_set_active (f.sink, FALSE);
  gst_object_unref (f.swap);
  gst_object_unref (f.sink);
  g_array_unref (f.times);
}

/* given two inputs with other segments, when the second is selected, then the
 * first goes on until the second's first buffer, and downstream sees one stream
 * whose times only rise */
GST_START_TEST (test_select)
{
  guint i;

  start_input (0, 0);
  start_input (1, 100 * GST_SECOND);
  gst_call_swap_select (f.swap, f.pads[0]);
  for (i = 0; i < 3; i++)
    fail_unless_equals_int (push (0, i * FRAME), GST_FLOW_OK);
  fail_unless_equals_int (push (1, 100 * GST_SECOND), GST_FLOW_OK);
  fail_unless_equals_int (f.times->len, 3);     /* not selected: dropped */

  gst_call_swap_select (f.swap, f.pads[1]);
  fail_unless_equals_int (push (0, 3 * FRAME), GST_FLOW_OK);
  fail_unless_equals_int (f.times->len, 4);
  fail_unless_equals_int (f.switched, 1);
  fail_unless_equals_int (push (1, 100 * GST_SECOND + 4 * FRAME), GST_FLOW_OK);
  fail_unless_equals_int (f.switched, 2);
  fail_unless_equals_int (push (0, 5 * FRAME), GST_FLOW_OK);
  fail_unless_equals_int (push (1, 100 * GST_SECOND + 5 * FRAME), GST_FLOW_OK);
  fail_unless_equals_int (f.times->len, 6);
  for (i = 0; i < 6; i++)
    fail_unless_equals_uint64 (g_array_index (f.times, GstClockTime, i),
        i * FRAME);
  fail_unless_equals_int (f.starts, 1);
  fail_unless_equals_int (f.caps, 1);
  fail_unless_equals_int (f.segments, 1);
}

GST_END_TEST;

/* given a new input whose clock is far behind, when it takes over, then its
 * buffers of the past are dropped and time never goes back; those that are
 * little behind are shown as soon as they may be */
GST_START_TEST (test_past)
{
  start_input (0, 0);
  start_input (1, 0);
  gst_call_swap_select (f.swap, f.pads[0]);
  push (0, 10 * FRAME);
  gst_call_swap_select (f.swap, f.pads[1]);
  push (1, 6 * FRAME);
  push (1, 7 * FRAME);
  fail_unless_equals_int (f.times->len, 1);
  push (1, 9 * FRAME);
  push (1, 10 * FRAME);
  fail_unless_equals_int (f.times->len, 3);
  fail_unless (g_array_index (f.times, GstClockTime, 1) > 10 * FRAME);
  fail_unless (g_array_index (f.times, GstClockTime, 2) < 11 * FRAME);
  push (1, 11 * FRAME);
  push (1, 11 * FRAME);
  fail_unless_equals_int (f.times->len, 4);
}

GST_END_TEST;

/* given a running input, when it flushes, ends or is released, then downstream
 * sees nothing of it and another input can go on */
GST_START_TEST (test_input_ends)
{
  start_input (0, 0);
  start_input (1, 0);
  gst_call_swap_select (f.swap, f.pads[0]);
  push (0, 0);
  gst_pad_push_event (f.inputs[0], gst_event_new_flush_start ());
  gst_pad_push_event (f.inputs[0], gst_event_new_flush_stop (TRUE));
  gst_pad_push_event (f.inputs[0], gst_event_new_eos ());
  fail_unless_equals_int (f.eos, 0);
  fail_unless_equals_int (f.flushes, 0);
  gst_call_swap_select (f.swap, f.pads[1]);
  fail_unless_equals_int (push (1, FRAME), GST_FLOW_OK);
  fail_unless_equals_int (f.times->len, 2);
}

GST_END_TEST;

/* given an output with caps, when an input offers others, then they are refused;
 * the query says which are right */
GST_START_TEST (test_fixed_caps)
{
  g_autoptr (GstCaps) other = gst_caps_from_string
      ("video/x-raw,format=I420,width=32,height=16,framerate=30/1");
  g_autoptr (GstCaps) wanted = gst_caps_from_string (CAPS);
  g_autoptr (GstCaps) asked = NULL;

  start_input (0, 0);
  gst_call_swap_select (f.swap, f.pads[0]);
  push (0, 0);
  asked = gst_pad_query_caps (f.pads[0], NULL);
  fail_unless (gst_caps_is_equal (asked, wanted));
  gst_pad_push_event (f.inputs[0], gst_event_new_caps (other));
  fail_unless_equals_int (push (0, FRAME), GST_FLOW_NOT_NEGOTIATED);
  fail_unless_equals_int (f.times->len, 1);
  fail_unless_equals_int (f.caps, 1);
}

GST_END_TEST;

/* given the application's EOS, when it is passed on, then inputs are told that
 * it is over and nothing follows */
GST_START_TEST (test_end)
{
  start_input (0, 0);
  gst_call_swap_select (f.swap, f.pads[0]);
  push (0, 0);
  gst_call_swap_end (f.swap);
  gst_call_swap_end (f.swap);
  fail_unless_equals_int (f.eos, 1);
  fail_unless_equals_int (push (0, FRAME), GST_FLOW_EOS);
  fail_unless_equals_int (f.times->len, 1);
}

GST_END_TEST;

/* The thread of one input, as fast as it can */
static gpointer
push_many (gpointer data)
{
  guint i = GPOINTER_TO_UINT (data), n;

  for (n = 0; n < 3000; n++)
    push (i, n * FRAME);
  return NULL;
}

/* given three inputs pushed by a thread each, when they are selected in turn,
 * then times only rise and nothing deadlocks */
GST_START_TEST (test_threads)
{
  GThread *threads[N_INPUTS];
  guint i;

  for (i = 0; i < N_INPUTS; i++)
    start_input (i, 0);
  gst_call_swap_select (f.swap, f.pads[0]);
  for (i = 0; i < N_INPUTS; i++)
    threads[i] = g_thread_new ("input", push_many, GUINT_TO_POINTER (i));
  for (i = 0; i < 3000; i++) {
    gst_call_swap_select (f.swap, f.pads[i % N_INPUTS]);
    g_thread_yield ();
  }
  for (i = 0; i < N_INPUTS; i++)
    g_thread_join (threads[i]);
  fail_unless (f.times->len > 0);
  for (i = 1; i < f.times->len; i++)
    fail_unless (g_array_index (f.times, GstClockTime, i) >
        g_array_index (f.times, GstClockTime, i - 1));
}

GST_END_TEST;

static Suite *
swap_suite (void)
{
  Suite *s = suite_create ("swap");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_select);
  tcase_add_test (tc, test_past);
  tcase_add_test (tc, test_input_ends);
  tcase_add_test (tc, test_fixed_caps);
  tcase_add_test (tc, test_end);
  tcase_add_test (tc, test_threads);
  return s;
}

GST_CHECK_MAIN (swap);
