/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a track's codec is encoded once for everybody who takes it, and
 * nobody who comes, goes, breaks or asks for key frames is noticed by the
 * others.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gstcallencoder.h"

#define VIDEO "video/x-raw,format=I420,width=160,height=120,framerate=15/1"
#define FRAME_SIZE (160 * 120 * 3 / 2)
#define FRAME (GST_SECOND / 15)

typedef struct
{
  GstCallEncoder *encoder;
  GstHarness *in;
  guint pushed;
} Fixture;

typedef struct
{
  GstHarness *h;
  GstPad *pad;
} Branch;

static void
set_up (Fixture * f, const gchar * codec, gboolean passthrough,
    const gchar * caps)
{
  f->encoder = gst_object_ref_sink (gst_call_encoder_new
      (gst_call_codec_find (codec), passthrough, 300000));
  f->in = gst_harness_new_with_element (GST_ELEMENT (f->encoder), "sink", NULL);
  f->pushed = 0;
  gst_harness_set_live (f->in, FALSE);
  gst_harness_set_src_caps_str (f->in, caps);
}

static void
tear_down (Fixture * f)
{
  gst_harness_teardown (f->in);
  gst_object_unref (f->encoder);
}

static Branch
add_branch (Fixture * f)
{
  Branch branch;

  branch.pad = gst_call_encoder_add_branch (f->encoder);
  branch.h = gst_harness_new_with_element (GST_ELEMENT (f->encoder), NULL,
      NULL);
  gst_harness_add_element_src_pad (branch.h, branch.pad);
  gst_call_encoder_add_taker (f->encoder);
  return branch;
}

static void
remove_branch (Fixture * f, Branch * branch)
{
  gst_call_encoder_remove_taker (f->encoder);
  gst_call_encoder_remove_branch (f->encoder, branch->pad);
  gst_harness_teardown (branch->h);
}

static GstBuffer *
picture (Fixture * f)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, FRAME_SIZE, NULL);

  gst_buffer_memset (buffer, 0, (f->pushed * 16) & 0xff, FRAME_SIZE);
  GST_BUFFER_PTS (buffer) = f->pushed++ * FRAME;
  GST_BUFFER_DURATION (buffer) = FRAME;
  return buffer;
}

static void
push (Fixture * f)
{
  fail_unless_equals_int (gst_harness_push (f->in, picture (f)), GST_FLOW_OK);
}

static gboolean
is_key (GstBuffer * buffer)
{
  return !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
}

static guint64
frames (Fixture * f)
{
  GstCallEncoderStats stats;

  gst_call_encoder_get_stats (f->encoder, &stats);
  return stats.frames;
}

/* given two takers, when pictures come, then each gets every encoded frame,
 * the very same memory, and each was encoded once */
GST_START_TEST (test_one_encoder_for_all)
{
  Fixture f;
  Branch a, b;
  guint i;

  set_up (&f, "VP8", FALSE, VIDEO);
  a = add_branch (&f);
  b = add_branch (&f);
  for (i = 0; i < 10; i++) {
    g_autoptr (GstBuffer) mine = NULL;
    g_autoptr (GstBuffer) other = NULL;

    push (&f);
    mine = gst_harness_pull (a.h);
    other = gst_harness_pull (b.h);
    fail_unless (mine == other);
    fail_unless_equals_int (is_key (mine), i == 0);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (mine), i * FRAME);
  }
  fail_unless_equals_uint64 (frames (&f), 10);
  remove_branch (&f, &a);
  remove_branch (&f, &b);
  tear_down (&f);
}

GST_END_TEST;

static GstPadEventFunction tee_event;   /* atomic, set when the rest is */
static Fixture *fixture;
static Branch late;

/* Somebody comes when all have been given the segment, and the tee does not know
 * yet that it has it */
static gboolean
on_tee_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  gboolean is_segment = GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
  GstPadEventFunction handle = g_atomic_pointer_get (&tee_event);
  gboolean ret = handle (pad, parent, event);

  if (is_segment && !late.h)
    late = add_branch (fixture);
  return ret;
}

/* given a taker, when another one comes just as the stream begins, then that one
 * is told how it began before it gets the first frame */
GST_START_TEST (test_comes_with_the_segment)
{
  Fixture f;
  Branch a;
  g_autoptr (GstIterator) tees = NULL;
  g_auto (GValue) tee = G_VALUE_INIT;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstBuffer) mine = NULL;
  g_autoptr (GstBuffer) other = NULL;

  set_up (&f, "VP8", FALSE, VIDEO);
  fixture = &f;
  a = add_branch (&f);
  tees = gst_bin_iterate_all_by_element_factory_name (GST_BIN (f.encoder),
      "tee");
  fail_unless_equals_int (gst_iterator_next (tees, &tee), GST_ITERATOR_OK);
  sink = gst_element_get_static_pad (g_value_get_object (&tee), "sink");
  g_atomic_pointer_set (&tee_event, GST_PAD_EVENTFUNC (sink));
  gst_pad_set_event_function (sink, on_tee_event);
  push (&f);
  mine = gst_harness_pull (a.h);
  fail_unless (late.h != NULL);
  other = gst_harness_pull (late.h);
  fail_unless (mine == other);
  remove_branch (&f, &late);
  remove_branch (&f, &a);
  tear_down (&f);
}

GST_END_TEST;

static GstPadProbeReturn
count_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  g_atomic_int_inc ((gint *) data);
  return GST_PAD_PROBE_OK;
}

/* given no taker, when pictures come, then none is encoded; when somebody
 * takes again, then it goes on */
GST_START_TEST (test_no_taker)
{
  Fixture f;
  Branch a;
  gint at_queue = 0;
  guint i;
  GstPad *src;
  g_autoptr (GstElement) queue = NULL;

  set_up (&f, "VP8", FALSE, VIDEO);
  a = add_branch (&f);
  push (&f);
  gst_buffer_unref (gst_harness_pull (a.h));
  gst_call_encoder_remove_taker (f.encoder);
  {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (GST_ELEMENT
        (f.encoder), "sink");
    g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (sink));

    queue = gst_pad_get_parent_element (target);
  }
  /* behind the queue: the pictures came that far */
  src = gst_element_get_static_pad (queue, "src");
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, count_buffer, &at_queue,
      NULL);
  gst_object_unref (src);
  for (i = 1; i <= 5; i++) {
    push (&f);
    while (g_atomic_int_get (&at_queue) < (gint) i)
      g_usleep (1000);
  }
  gst_call_encoder_add_taker (f.encoder);
  push (&f);
  gst_buffer_unref (gst_harness_pull (a.h));
  /* the five were not encoded */
  fail_unless_equals_uint64 (frames (&f), 2);
  fail_unless_equals_int (gst_harness_buffers_in_queue (a.h), 0);
  remove_branch (&f, &a);
  tear_down (&f);
}

GST_END_TEST;

/* given a flow of pictures, when many key frames are asked for at once, then
 * one comes; the next not before its time: 100 ms when it is urgent, 300 ms
 * otherwise, and then it does come */
GST_START_TEST (test_keyframe_rate)
{
  static const gint64 least[] = { 300000, 100000 };
  gint64 asked, came[2] = { 0, 0 };
  guint n = 0, i;
  Fixture f;
  Branch a;

  set_up (&f, "VP8", FALSE, VIDEO);
  a = add_branch (&f);
  push (&f);
  gst_buffer_unref (gst_harness_pull (a.h));
  asked = g_get_monotonic_time ();
  for (i = 0; i < 20; i++)
    gst_call_encoder_request_keyframe (f.encoder, __i__);
  while (n < 2) {
    g_autoptr (GstBuffer) buffer = NULL;

    push (&f);
    buffer = gst_harness_pull (a.h);
    if (is_key (buffer)) {
      came[n++] = g_get_monotonic_time ();
      for (i = 0; i < 20; i++)
        gst_call_encoder_request_keyframe (f.encoder, __i__);
    }
    g_usleep (5000);
  }
  /* the first at once, the second after the interval (counted from when the
   * encoder was asked, a little before the picture came out) */
  fail_unless (came[1] - asked >= least[__i__], "%" G_GINT64_FORMAT,
      came[1] - asked);
  remove_branch (&f, &a);
  tear_down (&f);
}

GST_END_TEST;

/* given pictures that flow to one taker, when others come, break and go, then
 * it misses none, gets no unasked key frame, and upstream sees no error */
GST_START_TEST (test_others_come_and_go)
{
  Fixture f;
  Branch a, b = { NULL, };
  guint i;

  set_up (&f, "VP8", FALSE, VIDEO);
  a = add_branch (&f);
  for (i = 0; i < 30; i++) {
    g_autoptr (GstBuffer) buffer = NULL;

    if (i % 3 == 0)
      b = add_branch (&f);
    else if (i % 3 == 1)
      gst_pad_set_active (b.h->sinkpad, FALSE);
    push (&f);
    buffer = gst_harness_pull (a.h);
    fail_unless_equals_uint64 (GST_BUFFER_PTS (buffer), i * FRAME);
    fail_unless_equals_int (is_key (buffer), i == 0);
    if (i % 3 == 2)
      remove_branch (&f, &b);
  }
  fail_unless_equals_uint64 (frames (&f), 30);
  remove_branch (&f, &a);
  tear_down (&f);
}

GST_END_TEST;

static gint
target_bitrate (Fixture * f)
{
  g_autoptr (GstElement) enc = gst_bin_get_by_name (GST_BIN (f->encoder),
      "enc");
  gint bitrate;

  g_object_get (enc, "target-bitrate", &bitrate, NULL);
  return bitrate;
}

/* given an encoder, when takers have limits, then its bit rate is the least of
 * them and its own, and grows again as they go */
GST_START_TEST (test_limits)
{
  Fixture f;
  gint a, b;

  set_up (&f, "VP8", FALSE, VIDEO);
  fail_unless_equals_int (target_bitrate (&f), 300000);
  gst_call_encoder_set_limit (f.encoder, &a, 200000);
  fail_unless_equals_int (target_bitrate (&f), 200000);
  gst_call_encoder_set_limit (f.encoder, &b, 100000);
  fail_unless_equals_int (target_bitrate (&f), 100000);
  gst_call_encoder_set_bitrate (f.encoder, 150000);
  fail_unless_equals_int (target_bitrate (&f), 100000);
  gst_call_encoder_set_limit (f.encoder, &b, 0);
  fail_unless_equals_int (target_bitrate (&f), 150000);
  gst_call_encoder_set_limit (f.encoder, &a, 0);
  gst_call_encoder_set_bitrate (f.encoder, 400000);
  fail_unless_equals_int (target_bitrate (&f), 400000);
  tear_down (&f);
}

GST_END_TEST;

static guint
key_unit_events (GstHarness * h)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (h))) {
    n += gst_video_event_is_force_key_unit (event);
    gst_event_unref (event);
  }
  return n;
}

/* given input that is encoded already, when it comes, then it passes as it is;
 * when key frames are asked for, then whoever encodes is asked, once */
GST_START_TEST (test_passthrough)
{
  Fixture f;
  Branch a;
  guint i;

  set_up (&f, "VP8", TRUE, "video/x-vp8,width=160,height=120");
  a = add_branch (&f);
  for (i = 0; i < 3; i++) {
    GstBuffer *buffer = gst_buffer_new_allocate (NULL, 10, NULL);
    g_autoptr (GstBuffer) out = NULL;

    gst_buffer_memset (buffer, 0, i, 10);
    gst_harness_push (f.in, gst_buffer_ref (buffer));
    out = gst_harness_pull (a.h);
    fail_unless (out == buffer);
    gst_buffer_unref (buffer);
  }
  fail_unless_equals_uint64 (frames (&f), 3);
  key_unit_events (f.in);
  for (i = 0; i < 20; i++)
    gst_call_encoder_request_keyframe (f.encoder, FALSE);
  fail_unless_equals_int (key_unit_events (f.in), 1);
  remove_branch (&f, &a);
  tear_down (&f);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
encoder_suite (void)
{
  Suite *s = suite_create ("encoder");
  TCase *tc = tcase_create ("encoder");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_one_encoder_for_all);
  tcase_add_test (tc, test_comes_with_the_segment);
  tcase_add_test (tc, test_no_taker);
  tcase_add_loop_test (tc, test_keyframe_rate, 0, 2);
  tcase_add_test (tc, test_others_come_and_go);
  tcase_add_test (tc, test_limits);
  tcase_add_test (tc, test_passthrough);
  return s;
}

GST_CHECK_MAIN (encoder);
