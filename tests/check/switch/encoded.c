/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: encoded streams are switched at a key frame of the new one, which is
 * asked for; whoever decodes never gets a delta of a picture he has not seen.
 */
#include "switch-test.h"

#include <gst/video/video.h>

/* given two encoded inputs, when the second is chosen in the middle of its
 * pictures, then it is asked for a key frame once, and the first goes on until
 * that comes */
GST_START_TEST (test_waits_for_key)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VP8, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VP8 ",framerate=15/1", 0, TRUE);
  guint i;

  test_push (a, 0, 1);
  for (i = 1; i < 5; i++)
    test_push_delta (a, i * TEST_FRAME, 1);
  g_object_set (self->element, "active-pad", b->pad, NULL);
  fail_unless_equals_int (b->key_requests, 0);
  for (; i < 10; i++) {
    test_push_delta (b, i * TEST_FRAME + 1, 2);
    test_push_delta (a, i * TEST_FRAME + 2, 1);
  }
  fail_unless_equals_int (b->key_requests, 1);
  fail_unless_equals_int (a->key_requests, 0);
  fail_unless_equals_int (test_switch_count (self), 10);
  test_push (b, i * TEST_FRAME, 2);
  test_push_delta (a, i * TEST_FRAME + 1, 1);
  test_push_delta (b, (i + 1) * TEST_FRAME, 2);
  fail_unless_equals_int (test_switch_count (self), 12);
  for (i = 0; i < 12; i++)
    fail_unless_equals_int (self->data->data[i * 16], i < 10 ? 1 : 2);
  test_switch_unbroken (self);
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given an encoder that does not answer, when deltas go on coming, then it is
 * asked again, but not for each of them */
GST_START_TEST (test_asks_again)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VP8, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VP8, 0, TRUE);
  gint64 end = g_get_monotonic_time () + 10 * G_TIME_SPAN_SECOND;
  guint n = 0;

  test_push (a, 0, 1);
  g_object_set (self->element, "active-pad", b->pad, NULL);
  while (b->key_requests < 2 && g_get_monotonic_time () < end) {
    test_push_delta (b, ++n * GST_MSECOND, 2);
    g_usleep (1000);
  }
  fail_unless_equals_int (b->key_requests, 2);
  fail_unless (n > 10);
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given a receiver behind callswitch that asks for a key frame, when it asks,
 * then the active input hears it, and nobody else */
GST_START_TEST (test_upstream_events)
{
  TestSwitch *self = test_switch_new ();
  TestInput *a = test_input_new (self, TEST_VP8, 0, TRUE);
  TestInput *b = test_input_new (self, TEST_VP8, 0, TRUE);

  test_push (a, 0, 1);
  test_push (b, 0, 2);
  gst_pad_push_event (self->sink, gst_video_event_new_upstream_force_key_unit
      (GST_CLOCK_TIME_NONE, TRUE, 0));
  gst_pad_push_event (self->sink, gst_event_new_qos (GST_QOS_TYPE_UNDERFLOW,
          0.5, 0, 0));
  fail_unless_equals_int (a->key_requests, 1);
  fail_unless_equals_int (b->key_requests, 0);
  fail_unless_equals_int (a->qos, 1);
  fail_unless_equals_int (b->qos, 0);
  fail_if (gst_pad_push_event (self->sink, gst_event_new_seek (1.0,
              GST_FORMAT_TIME, GST_SEEK_FLAG_FLUSH, GST_SEEK_TYPE_SET, 0,
              GST_SEEK_TYPE_NONE, 0)));
  test_input_free (self, a);
  test_input_free (self, b);
  test_switch_free (self);
}

GST_END_TEST;

/* given two real encoders and a decoder, when they are switched, then each
 * switch is done and the decoder never complains */
GST_START_TEST (test_real_encoders)
{
  g_autoptr (GstElement) pipeline =
      gst_parse_launch ("callswitch name=s ! vp8dec ! fakesink sync=false "
      "videotestsrc is-live=true ! video/x-raw,width=160,height=120 ! "
      "vp8enc deadline=1 keyframe-max-dist=100000 ! s.sink_0 "
      "videotestsrc is-live=true pattern=ball ! "
      "video/x-raw,width=160,height=120 ! "
      "vp8enc deadline=1 keyframe-max-dist=100000 ! s.sink_1", NULL);
  g_autoptr (GstElement) s = gst_bin_get_by_name (GST_BIN (pipeline), "s");
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  guint switched = 0;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  while (switched < 10) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        TEST_TIMEOUT, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR |
        GST_MESSAGE_WARNING);

    fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT);
    if (!gst_message_has_name (message, "call-track-switched"))
      continue;
    g_object_set (s, "active", switched % 2 ? "sink_0" : "sink_1", NULL);
    switched++;
  }
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
switch_encoded_suite (void)
{
  Suite *s = suite_create ("switch-encoded");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_waits_for_key);
  tcase_add_test (tc, test_asks_again);
  tcase_add_test (tc, test_upstream_events);
  tcase_add_test (tc, test_real_encoders);
  return s;
}

GST_CHECK_MAIN (switch_encoded);
