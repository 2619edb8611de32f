/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a slot shows one producer after another as one stream; nothing
 * behind it reaches the producer, and no end of a producer reaches what is
 * behind it.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "gstcallslot.h"

#define VIDEO "video/x-raw,format=I420,width=160,height=120,framerate=15/1"
#define FRAME_SIZE (160 * 120 * 3 / 2)
#define FRAME (GST_SECOND / 15)

/* A producer: a pad that is active and has sent what comes before a buffer */
static GstPad *
producer (const gchar * name)
{
  GstPad *pad = gst_pad_new (name, GST_PAD_SRC);
  g_autoptr (GstCaps) caps = gst_caps_from_string (VIDEO);
  GstSegment segment;

  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_set_active (pad, TRUE);
  gst_pad_push_event (pad, gst_event_new_stream_start (name));
  gst_pad_push_event (pad, gst_event_new_caps (caps));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
  return pad;
}

static GstBuffer *
picture (guint n)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, FRAME_SIZE, NULL);

  gst_buffer_memset (buffer, 0, 128, FRAME_SIZE);
  GST_BUFFER_PTS (buffer) = n * FRAME;
  GST_BUFFER_DURATION (buffer) = FRAME;
  return buffer;
}

/* given two producers, when one after the other is shown, then all their
 * frames come out of one pad with time that goes on, and neither the end of
 * stream nor the flush of the first is among what comes out */
GST_START_TEST (test_two_producers)
{
  GstCallSlot *slot = gst_object_ref_sink (gst_call_slot_new ("slot",
          GST_CALL_KIND_VIDEO, TRUE));
  GstHarness *h = gst_harness_new_with_element (GST_ELEMENT (slot), NULL,
      "src");
  GstPad *pads[2] = { producer ("ann"), producer ("bob") };
  GstEvent *event;
  guint i, n = 0;

  for (i = 0; i < 2; i++) {
    guint j;

    fail_unless (gst_call_slot_show (slot, pads[i]));
    for (j = 0; j < 5; j++) {
      g_autoptr (GstBuffer) out = NULL;

      fail_unless_equals_int (gst_pad_push (pads[i], picture (n)), GST_FLOW_OK);
      out = gst_harness_pull (h);
      fail_unless_equals_uint64 (GST_BUFFER_PTS (out), n * FRAME);
      n++;
    }
    gst_pad_push_event (pads[i], gst_event_new_flush_start ());
    gst_pad_push_event (pads[i], gst_event_new_flush_stop (TRUE));
    gst_pad_push_event (pads[i], gst_event_new_eos ());
    gst_call_slot_clear (slot, pads[i]);
    fail_if (gst_pad_is_linked (pads[i]));
  }
  while ((event = gst_harness_try_pull_event (h))) {
    fail_if (GST_EVENT_TYPE (event) == GST_EVENT_EOS);
    fail_if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
    fail_if (GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP);
    gst_event_unref (event);
  }
  gst_harness_teardown (h);
  for (i = 0; i < 2; i++)
    gst_object_unref (pads[i]);
  gst_object_unref (slot);
}

GST_END_TEST;

/* given a producer that is shown, when its time goes back and on again, then
 * nothing comes out that is earlier than what came out before */
GST_START_TEST (test_time_goes_back)
{
  static const guint pushed[] = { 0, 1, 5, 3, 4, 5, 6 };
  static const guint wanted[] = { 0, 1, 5, 5, 6 };
  GstCallSlot *slot = gst_object_ref_sink (gst_call_slot_new ("slot",
          GST_CALL_KIND_VIDEO, TRUE));
  GstHarness *h = gst_harness_new_with_element (GST_ELEMENT (slot), NULL,
      "src");
  GstPad *ann = producer ("ann");
  guint i;

  fail_unless (gst_call_slot_show (slot, ann));
  for (i = 0; i < G_N_ELEMENTS (pushed); i++)
    fail_unless_equals_int (gst_pad_push (ann, picture (pushed[i])),
        GST_FLOW_OK);
  for (i = 0; i < G_N_ELEMENTS (wanted); i++) {
    g_autoptr (GstBuffer) out = gst_harness_pull (h);

    fail_unless_equals_uint64 (GST_BUFFER_PTS (out), wanted[i] * FRAME);
  }
  gst_harness_teardown (h);
  gst_object_unref (ann);
  gst_object_unref (slot);
}

GST_END_TEST;

/* given a producer that is shown, when another is shown in its place and the
 * first is cleared late, then the second stays */
GST_START_TEST (test_late_clear)
{
  GstCallSlot *slot = gst_object_ref_sink (gst_call_slot_new ("slot",
          GST_CALL_KIND_VIDEO, FALSE));
  GstHarness *h = gst_harness_new_with_element (GST_ELEMENT (slot), NULL,
      "src");
  GstPad *ann = producer ("ann");
  GstPad *bob = producer ("bob");

  fail_unless (gst_call_slot_show (slot, ann));
  fail_unless (gst_call_slot_show (slot, bob));
  gst_call_slot_clear (slot, ann);
  fail_if (gst_pad_is_linked (ann));
  fail_unless_equals_int (gst_pad_push (bob, picture (0)), GST_FLOW_OK);
  gst_buffer_unref (gst_harness_pull (h));
  gst_harness_teardown (h);
  gst_object_unref (ann);
  gst_object_unref (bob);
  gst_object_unref (slot);
}

GST_END_TEST;

typedef struct
{
  GMutex lock;
  GCond cond;
  GstFlowReturn ret;
  gboolean hold;
  guint seen;
} Behind;

static Behind behind;

static GstFlowReturn
chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFlowReturn ret;

  gst_buffer_unref (buffer);
  g_mutex_lock (&behind.lock);
  behind.seen++;
  g_cond_broadcast (&behind.cond);
  while (behind.hold)
    g_cond_wait (&behind.cond, &behind.lock);
  ret = behind.ret;
  g_mutex_unlock (&behind.lock);
  return ret;
}

static void
wait_seen (guint n)
{
  g_mutex_lock (&behind.lock);
  while (behind.seen < n)
    g_cond_wait (&behind.cond, &behind.lock);
  g_mutex_unlock (&behind.lock);
}

static const GstFlowReturn returns[] = {
  GST_FLOW_ERROR, GST_FLOW_EOS, GST_FLOW_FLUSHING, GST_FLOW_NOT_LINKED,
  GST_FLOW_NOT_NEGOTIATED
};

/* given a downstream that answers each buffer with an error, when a producer
 * goes on, then it is told OK, and each buffer still goes out */
GST_START_TEST (test_failing_downstream)
{
  GstCallSlot *slot = gst_object_ref_sink (gst_call_slot_new ("slot",
          GST_CALL_KIND_VIDEO, FALSE));
  g_autoptr (GstPad) src = gst_element_get_static_pad (GST_ELEMENT (slot),
      "src");
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstPad *ann = producer ("ann");
  guint i;

  behind.ret = returns[__i__];
  gst_pad_set_chain_function (sink, chain);
  gst_pad_set_active (sink, TRUE);
  gst_pad_link (src, sink);
  gst_element_set_state (GST_ELEMENT (slot), GST_STATE_PLAYING);
  gst_call_slot_show (slot, ann);
  for (i = 0; i < 10; i++) {
    fail_unless_equals_int (gst_pad_push (ann, picture (i)), GST_FLOW_OK);
    wait_seen (i + 1);
  }
  gst_element_set_state (GST_ELEMENT (slot), GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (ann);
  gst_object_unref (slot);
}

GST_END_TEST;

/* given nobody behind the slot, or one that flushes, when a producer goes on,
 * then it is told OK; when somebody is linked later, then buffers come */
GST_START_TEST (test_not_linked)
{
  GstCallSlot *slot = gst_object_ref_sink (gst_call_slot_new ("slot",
          GST_CALL_KIND_VIDEO, FALSE));
  g_autoptr (GstPad) src = gst_element_get_static_pad (GST_ELEMENT (slot),
      "src");
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstPad *ann = producer ("ann");
  guint i;

  gst_pad_set_chain_function (sink, chain);
  gst_element_set_state (GST_ELEMENT (slot), GST_STATE_PLAYING);
  gst_call_slot_show (slot, ann);
  for (i = 0; i < 5; i++)
    fail_unless_equals_int (gst_pad_push (ann, picture (i)), GST_FLOW_OK);
  /* not active: it flushes */
  gst_pad_link (src, sink);
  for (; i < 10; i++)
    fail_unless_equals_int (gst_pad_push (ann, picture (i)), GST_FLOW_OK);
  gst_pad_set_active (sink, TRUE);
  fail_unless_equals_int (gst_pad_push (ann, picture (i)), GST_FLOW_OK);
  wait_seen (1);
  gst_element_set_state (GST_ELEMENT (slot), GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (ann);
  gst_object_unref (slot);
}

GST_END_TEST;

/* given a downstream that hangs, when a producer sends ten seconds of
 * pictures, then it never waits, and what it is told is OK */
GST_START_TEST (test_blocked_downstream)
{
  GstCallSlot *slot = gst_object_ref_sink (gst_call_slot_new ("slot",
          GST_CALL_KIND_VIDEO, FALSE));
  g_autoptr (GstPad) src = gst_element_get_static_pad (GST_ELEMENT (slot),
      "src");
  GstPad *sink = gst_pad_new ("sink", GST_PAD_SINK);
  GstPad *ann = producer ("ann");
  guint i;

  behind.hold = TRUE;
  gst_pad_set_chain_function (sink, chain);
  gst_pad_set_active (sink, TRUE);
  gst_pad_link (src, sink);
  gst_element_set_state (GST_ELEMENT (slot), GST_STATE_PLAYING);
  gst_call_slot_show (slot, ann);
  gst_pad_push (ann, picture (0));
  wait_seen (1);
  /* all of it while one buffer is held: this would never end if it waited */
  for (i = 1; i < 150; i++)
    fail_unless_equals_int (gst_pad_push (ann, picture (i)), GST_FLOW_OK);
  fail_unless_equals_int (behind.seen, 1);
  g_mutex_lock (&behind.lock);
  behind.hold = FALSE;
  g_cond_broadcast (&behind.cond);
  g_mutex_unlock (&behind.lock);
  wait_seen (2);
  gst_element_set_state (GST_ELEMENT (slot), GST_STATE_NULL);
  gst_object_unref (sink);
  gst_object_unref (ann);
  gst_object_unref (slot);
}

GST_END_TEST;

static void
forget (void)
{
  memset (&behind, 0, sizeof (behind));
}

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
slot_suite (void)
{
  Suite *s = suite_create ("slot");
  TCase *tc = tcase_create ("slot");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_checked_fixture (tc, forget, NULL);
  tcase_add_test (tc, test_two_producers);
  tcase_add_test (tc, test_time_goes_back);
  tcase_add_test (tc, test_late_clear);
  tcase_add_loop_test (tc, test_failing_downstream, 0, G_N_ELEMENTS (returns));
  tcase_add_test (tc, test_not_linked);
  tcase_add_test (tc, test_blocked_downstream);
  return s;
}

GST_CHECK_MAIN (slot);
