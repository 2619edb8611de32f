/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: an offer that is said again is answered again, with the same answer,
 * and no answer is taken for one to another offer.
 *
 * Somebody in the middle says them again, and lets answers overtake others.
 */
#include "call-middle.h"

#include <string.h>

typedef struct
{
  CallMiddle middle;            /* first */
  guint offers;                 /* of bob */
  CallMessage *offer;           /* the first one */
  gchar *answer;                /* ann's first one */
  CallMessage *late;            /* the same again, which stays here for a while */
} Repeater;

static void
take_answer (Repeater * self, CallMessage * message)
{
  if (!self->answer) {
    self->answer = g_strdup (message->sdp);
    call_middle_send (&self->middle, 0, self->offer);
    return;
  }
  if (!self->late && self->offers == 1)
    self->late = call_message_ref (message);
}

/* The first offer goes on again when it was answered. The second answer waits for
 * the second offer, and comes before the answer to that. */
static gboolean
say_again (CallMiddle * middle, guint from, CallMessage * message)
{
  Repeater *self = (Repeater *) middle;

  call_test_news ();
  if (message->type == CALL_MESSAGE_OFFER) {
    fail_unless_equals_int64 (message->offer_id, ++self->offers);
    if (self->offers == 1)
      self->offer = call_message_ref (message);
    else if (self->late)
      call_middle_send (middle, 1, self->late);
  } else if (message->type == CALL_MESSAGE_ANSWER) {
    take_answer (self, message);
    return message != self->late;
  }
  return TRUE;
}

/* given an offer that came twice, when who made it adds a camera, and the answer
 * to the repetition comes only then, then the camera is seen */
GST_START_TEST (test_answer_of_another_offer)
{
  Repeater self;

  memset (&self, 0, sizeof self);
  self.middle.pass = say_again;
  self.middle.bob_sends = CALL_AUDIO_LIVE;
  call_middle_set_up (&self.middle);
  CALL_WAIT (self.late != NULL);
  fail_unless_equals_string (self.late->sdp, self.answer);
  fail_unless_equals_int64 (self.late->offer_id, 1);
  call_side_wait_more (self.middle.sides[0], CALL_AUDIO, 3);
  call_side_add_camera (self.middle.sides[1]);
  call_side_wait_more (self.middle.sides[0], CALL_VIDEO, 3);
  fail_unless (self.offers >= 2);
  call_side_no_error (self.middle.sides[0]);
  call_side_no_error (self.middle.sides[1]);
  call_middle_tear_down (&self.middle);
  call_message_unref (self.offer);
  call_message_unref (self.late);
  g_free (self.answer);
}

GST_END_TEST;

/* Ann is another client, that numbers no answers and takes each offer for a new
 * one. Her first answer stays here until bob has said the offer again. */
typedef struct
{
  CallMiddle middle;            /* first */
  guint offers;                 /* that differ */
  GPtrArray *answers;           /* (element-type CallMessage), the first two to
                                 * the first one */
  gboolean through;             /* they stay here no longer */
} Stranger;

static gboolean
forget_numbers (CallMiddle * middle, guint from, CallMessage * message)
{
  Stranger *self = (Stranger *) middle;

  call_test_news ();
  if (message->type == CALL_MESSAGE_OFFER)
    self->offers = message->offer_id;
  message->offer_id = 0;
  if (message->type != CALL_MESSAGE_ANSWER || self->through)
    return TRUE;
  g_ptr_array_add (self->answers, call_message_ref (message));
  return FALSE;
}

/* given a client that does not number its answers and is slow, when the offer was
 * said again and a camera is added, then the second answer is not taken for one
 * to the next offer: the camera is seen */
GST_START_TEST (test_strange_client)
{
  Stranger self;
  guint i;

  memset (&self, 0, sizeof self);
  self.answers =
      g_ptr_array_new_with_free_func ((GDestroyNotify) call_message_unref);
  self.middle.pass = forget_numbers;
  self.middle.bob_sends = CALL_AUDIO_LIVE;
  call_middle_set_up (&self.middle);
  CALL_WAIT (self.answers->len == 2);
  fail_unless_equals_int (self.offers, 1);
  call_side_add_camera (self.middle.sides[1]);
  call_middle_send (&self.middle, 1, g_ptr_array_index (self.answers, 0));
  CALL_WAIT (call_side_has (self.middle.sides[1], "call-state", "state",
          "connected"));
  self.through = TRUE;
  for (i = 1; i < self.answers->len; i++)
    call_middle_send (&self.middle, 1, g_ptr_array_index (self.answers, i));
  call_side_wait_more (self.middle.sides[0], CALL_VIDEO, 3);
  fail_unless (self.offers > 1);
  call_side_no_error (self.middle.sides[0]);
  call_side_no_error (self.middle.sides[1]);
  call_middle_tear_down (&self.middle);
  g_ptr_array_unref (self.answers);
}

GST_END_TEST;

static Suite *
callbin_offers_suite (void)
{
  Suite *s = suite_create ("callbin-offers");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_answer_of_another_offer);
  tcase_add_test (tc, test_strange_client);
  return s;
}

GST_CHECK_MAIN (callbin_offers);
