/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a session gets new ICE credentials on both sides when that is asked
 * for, finds a path with them, and until then, and if nobody ever answers, its
 * media goes on over the old one.
 *
 * Somebody in the middle asks, and reads what the two say.
 */
#include "call-middle.h"
#include "gstcallice.h"

#include <nice/agent.h>
#include <string.h>

typedef struct
{
  CallMiddle middle;            /* first */
  gchar *session;
  gchar *ufrags[2];             /* newest, by side */
  gchar *groups[2];             /* SSRCs, for RTX as well */
  guint descriptions[2];
  guint candidates[2];          /* since the newest description */
  gboolean hold;                /* answers stay here … */
  CallMessage *held;            /* … this one */
} Reader;

static gchar *
value_of (const gchar * sdp, const gchar * name)
{
  const gchar *start = strstr (sdp, name);

  fail_unless (start != NULL);
  start += strlen (name);
  return g_strndup (start, strcspn (start, "\r\n"));
}

static gboolean
read_message (CallMiddle * middle, guint from, CallMessage * message)
{
  Reader *self = (Reader *) middle;

  if (message->sdp) {
    g_autofree gchar *group = value_of (message->sdp, "a=ssrc-group:FID ");

    /* what is sent again must go on being known as that */
    if (!self->groups[from])
      self->groups[from] = g_strdup (group);
    fail_unless_equals_string (group, self->groups[from]);
    g_free (self->ufrags[from]);
    self->ufrags[from] = value_of (message->sdp, "a=ice-ufrag:");
    self->descriptions[from]++;
    self->candidates[from] = 0;
    g_free (self->session);
    self->session = g_strdup (message->session);
  }
  self->candidates[from] += message->type == CALL_MESSAGE_CANDIDATE;
  call_test_news ();
  if (message->type != CALL_MESSAGE_ANSWER || !self->hold)
    return TRUE;
  self->held = call_message_ref (message);
  return FALSE;
}

static void
set_up (Reader * self)
{
  self->middle.pass = read_message;
  call_middle_set_up (&self->middle);
  call_side_wait_more (self->middle.sides[0], CALL_VIDEO, 3);
  call_side_wait_more (self->middle.sides[1], CALL_VIDEO, 3);
}

static void
tear_down (Reader * self)
{
  guint i;

  for (i = 0; i < 2; i++) {
    call_side_no_error (self->middle.sides[i]);
    g_free (self->ufrags[i]);
    g_free (self->groups[i]);
  }
  call_middle_tear_down (&self->middle);
  g_clear_pointer (&self->held, call_message_unref);
  g_free (self->session);
}

static void
ask_for_offer (Reader * self, gboolean ice_restart)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_RENEGOTIATE);

  message->session = g_strdup (self->session);
  message->ice_restart = ice_restart;
  call_middle_send (&self->middle, 1, message);
}

/* Below one side's webrtcbin, which tells nothing of it after a restart */
static GObject *
get_agent (CallSide * side)
{
  g_autoptr (GstElement) peer = gst_bin_get_by_name (GST_BIN (side->call),
      "peer-mallory");
  g_autoptr (GstElement) webrtcbin = gst_bin_get_by_name (GST_BIN (peer),
      "webrtc");
  g_autoptr (GObject) ice = NULL;
  GObject *agent = gst_call_ice_get_agent (webrtcbin, &ice);

  fail_unless (agent != NULL);
  return agent;
}

/* Has that side's agent a path, and are these its credentials? */
static gboolean
is_connected_as (CallSide * side, const gchar * ufrag)
{
  g_autoptr (GObject) object = get_agent (side);
  g_autofree gchar *own = NULL, *pwd = NULL;
  NiceAgent *agent = NICE_AGENT (object);
  NiceComponentState state = nice_agent_get_component_state (agent, 1, 1);

  return nice_agent_get_local_credentials (agent, 1, &own, &pwd)
      && g_str_equal (own, ufrag) && (state == NICE_COMPONENT_STATE_CONNECTED
      || state == NICE_COMPONENT_STATE_READY);
}

static void
wait_for_media (Reader * self, guint n)
{
  guint i;

  for (i = 0; i < 2; i++) {
    call_side_wait_more (self->middle.sides[i], CALL_VIDEO, n);
    call_side_wait_more (self->middle.sides[i], CALL_AUDIO, n);
  }
}

/* given a call, when the side that offers is asked for an ICE restart, three
 * times, then each time both sides have new credentials, send their candidates
 * again, are connected with them, and media goes on */
GST_START_TEST (test_asked)
{
  Reader self = { {{NULL,},}, };
  guint round, i;

  set_up (&self);
  for (round = 1; round <= 3; round++) {
    g_autofree gchar *ours = g_strdup (self.ufrags[0]);
    g_autofree gchar *theirs = g_strdup (self.ufrags[1]);

    fail_unless_equals_int (self.descriptions[0], round);
    ask_for_offer (&self, TRUE);
    for (i = 0; i < 2; i++) {
      CALL_WAIT (self.descriptions[i] == round + 1);
      CALL_WAIT (self.candidates[i] > 0);
    }
    fail_if (g_str_equal (self.ufrags[0], ours));
    fail_if (g_str_equal (self.ufrags[1], theirs));
    for (i = 0; i < 2; i++)
      CALL_WAIT (is_connected_as (self.middle.sides[i], self.ufrags[i]));
    wait_for_media (&self, 10);
  }
  tear_down (&self);
}

GST_END_TEST;

/* given a call after an ICE restart, when another offer is asked for, then both
 * sides repeat the credentials that are in force, and media goes on */
GST_START_TEST (test_kept)
{
  Reader self = { {{NULL,},}, };
  guint round, i;

  set_up (&self);
  for (round = 1; round <= 2; round++) {
    g_autofree gchar *ours = g_strdup (self.ufrags[0]);
    g_autofree gchar *theirs = g_strdup (self.ufrags[1]);

    ask_for_offer (&self, round == 1);
    for (i = 0; i < 2; i++)
      CALL_WAIT (self.descriptions[i] == round + 1);
    fail_unless_equals_int (g_str_equal (self.ufrags[0], ours), round == 2);
    fail_unless_equals_int (g_str_equal (self.ufrags[1], theirs), round == 2);
    wait_for_media (&self, 10);
  }
  tear_down (&self);
}

GST_END_TEST;

/* given a call, when its ICE restart is not answered, then media goes on over
 * the path that there is; when it is answered at last, it goes on, too */
GST_START_TEST (test_not_answered)
{
  Reader self = { {{NULL,},}, };

  set_up (&self);
  self.hold = TRUE;
  ask_for_offer (&self, TRUE);
  CALL_WAIT (self.held != NULL);
  wait_for_media (&self, 30);
  self.hold = FALSE;
  call_middle_send (&self.middle, 1, self.held);
  CALL_WAIT (self.candidates[1] > 0);
  wait_for_media (&self, 30);
  tear_down (&self);
}

GST_END_TEST;

static Suite *
callbin_restart_suite (void)
{
  Suite *s = suite_create ("callbin-restart");
  TCase *tc = tcase_create ("restart");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_asked);
  tcase_add_test (tc, test_kept);
  tcase_add_test (tc, test_not_answered);
  return s;
}

GST_CHECK_MAIN (callbin_restart);
