/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: whatever the cameras' phases, segments and delays, a switch leaves
 * out at most one picture, and time only rises.
 */
#include "switch-test.h"

#define N_CAMERAS 3
#define N_FRAMES 600
#define SLACK (2 * GST_MSECOND)

typedef struct
{
  GstClockTime arrives;         /* running time now */
  GstClockTime stamped;
  guint camera;
} Frame;

static gint
compare_arrival (gconstpointer a, gconstpointer b)
{
  const Frame *x = a, *y = b;

  return x->arrives < y->arrives ? -1 : x->arrives > y->arrives;
}

/* Frames of cameras that each have a phase and a delay, as they arrive */
static GArray *
make_frames (GRand * rand, GstClockTime max_delay)
{
  GArray *frames = g_array_new (FALSE, FALSE, sizeof (Frame));

  for (guint camera = 0; camera < N_CAMERAS; camera++) {
    GstClockTime phase = g_rand_int_range (rand, 0, TEST_FRAME);
    GstClockTime delay = g_rand_int_range (rand, 0, max_delay + 1);

    for (guint i = 0; i < N_FRAMES; i++) {
      GstClockTime at = phase + i * TEST_FRAME;
      Frame frame = { at + delay, at, camera };

      g_array_append_val (frames, frame);
    }
  }
  g_array_sort (frames, compare_arrival);
  return frames;
}

/* Pushes all frames, switches about 12 times a second. Returns the longest time
 * from one picture to the next: as stamped, or as sent. */
static void
run (guint seed, GstClockTime max_delay, GstClockTime * stamped,
    GstClockTime * sent)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autoptr (GArray) frames = make_frames (rand, max_delay);
  TestSwitch *self = test_switch_new ();
  TestInput *cameras[N_CAMERAS];
  GstClockTime last = GST_CLOCK_TIME_NONE;

  *stamped = *sent = 0;
  for (guint i = 0; i < N_CAMERAS; i++)
    cameras[i] = test_input_new (self, TEST_VIDEO, i * 100 * GST_SECOND, TRUE);
  for (guint i = 0; i < frames->len; i++) {
    Frame *frame = &g_array_index (frames, Frame, i);
    guint before = test_switch_count (self);

    if (g_rand_int_range (rand, 0, 8) == 0)
      g_object_set (self->element, "active-pad",
          cameras[g_rand_int_range (rand, 0, N_CAMERAS)]->pad, NULL);
    fail_unless_equals_int (test_push (cameras[frame->camera], frame->stamped,
            frame->camera), GST_FLOW_OK);
    if (test_switch_count (self) == before)
      continue;
    if (GST_CLOCK_TIME_IS_VALID (last))
      *sent = MAX (*sent, frame->arrives - last);
    if (before > 0)
      *stamped = MAX (*stamped, test_switch_time (self, before) -
          test_switch_time (self, before - 1));
    last = frame->arrives;
  }
  test_switch_unbroken (self);
  fail_unless_equals_int (self->disconts, 0);
  for (guint i = 0; i < N_CAMERAS; i++)
    test_input_free (self, cameras[i]);
  test_switch_free (self);
}

/* given cameras that stamp when they deliver, when they are switched again and
 * again, then from one picture to the next it is never longer than a camera's
 * own interval */
GST_START_TEST (test_phases)
{
  GstClockTime stamped, sent;

  for (guint seed = 0; seed < 20; seed++) {
    run (seed, 0, &stamped, &sent);
    fail_unless (stamped <= TEST_FRAME + SLACK, "%" GST_TIME_FORMAT,
        GST_TIME_ARGS (stamped));
    fail_unless (sent <= TEST_FRAME + SLACK);
  }
}

GST_END_TEST;

/* given cameras whose pictures come late by different times, when they are
 * switched, then at most one picture is missing, and what is shown is not held
 * back by the older times of the new one */
GST_START_TEST (test_delays)
{
  const GstClockTime max_delay = 80 * GST_MSECOND;
  GstClockTime stamped, sent;

  for (guint seed = 0; seed < 20; seed++) {
    run (seed, max_delay, &stamped, &sent);
    fail_unless (stamped <= TEST_FRAME + max_delay + SLACK);
    fail_unless (sent <= TEST_FRAME + SLACK, "%" GST_TIME_FORMAT,
        GST_TIME_ARGS (sent));
  }
}

GST_END_TEST;

/* given two live inputs, when one comes later than the other, then the output's
 * latency is that of the later one, whichever is active, and the pipeline is
 * told */
GST_START_TEST (test_queries)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VIDEO, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VIDEO, 0, TRUE);
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  g_autoptr (GstMessage) message = NULL;
  GstSegment segment;
  GstClockTime min;
  gboolean live;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  a->latency = 20 * GST_MSECOND;
  b->latency = 80 * GST_MSECOND;
  test_push (a, 0, 1);
  gst_pad_push_event (b->src, gst_event_new_segment (&segment));
  message = gst_bus_timed_pop_filtered (self->bus, 0, GST_MESSAGE_LATENCY);
  fail_unless (message != NULL);
  gst_clear_message (&message);
  fail_unless (gst_pad_peer_query (self->sink, query));
  gst_query_parse_latency (query, &live, &min, NULL);
  fail_unless (live);
  fail_unless_equals_uint64 (min, 80 * GST_MSECOND);
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given three cameras on threads of their own, when another one is chosen all
 * the time, then time only rises and there is one stream */
GST_START_TEST (test_real_cameras)
{
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("callswitch name=s ! fakesink name=sink sync=false "
      "callfakevideosrc camera=0 ! s.sink_0 callfakevideosrc camera=1 ! "
      "s.sink_1 callfakevideosrc camera=2 ! s.sink_2", NULL);
  g_autoptr (GstElement) s = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  for (guint i = 0; i < 20; i++) {
    g_autofree gchar *name = g_strdup_printf ("sink_%u", (i + 1) % 3);
    gboolean there = FALSE;

    g_object_set (s, "active", name, NULL);
    while (!there) {
      g_autoptr (GstMessage) message =
          gst_bus_timed_pop_filtered (bus, TEST_TIMEOUT,
          GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

      fail_unless (message && GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR);
      there = gst_message_has_name (message, "call-track-switched") &&
          g_str_equal (gst_structure_get_string (gst_message_get_structure
              (message), "to"), name);
    }
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
switch_continuity_suite (void)
{
  Suite *s = suite_create ("switch-continuity");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_phases);
  tcase_add_test (tc, test_delays);
  tcase_add_test (tc, test_queries);
  tcase_add_test (tc, test_real_cameras);
  return s;
}

GST_CHECK_MAIN (switch_continuity);
