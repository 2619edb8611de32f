/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallDirectSignaller keeps the contract of CallSignaller.
 */
#include "call-direct-signaller.h"
#include "person.h"

static Person *
enter (CallRooms * rooms, const gchar * id)
{
  CallSignaller *signaller = call_direct_signaller_new (rooms, "tea");

  g_object_set (signaller, "peer-id", id, "display-name", id, NULL);
  return person_new (signaller);
}

static CallRooms *
make_rooms (guint max_peers)
{
  CallRoomsSettings settings;

  call_rooms_settings_init (&settings);
  settings.max_peers = max_peers;
  return call_rooms_new (&settings);
}

/* given two signallers in a room, when one writes before it is even open and
 * then leaves, then the other hears that, and the states are in order */
static void
test_talk (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (16);
  g_autoptr (Person) a = enter (rooms, "a");
  g_autoptr (CallMessage) welcome = person_wait (a, CALL_MESSAGE_WELCOME);
  g_autoptr (Person) b = enter (rooms, "b");
  g_autoptr (CallMessage) message = NULL;
  g_autoptr (CallMessage) left = NULL;

  g_assert_cmpint (call_signaller_get_state (b->signaller), ==,
      CALL_SIGNALLER_CONNECTING);
  person_say_to (b, "a");
  message = person_wait (a, CALL_MESSAGE_RENEGOTIATE);
  g_assert_cmpstr (message->from, ==, "b");
  call_signaller_close (b->signaller);
  left = person_wait (a, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (left->code, ==, "bye");
  g_assert_cmpuint (b->states->len, ==, 3);
  g_assert_cmpint (g_array_index (b->states, CallSignallerState, 1), ==,
      CALL_SIGNALLER_OPEN);
  g_assert_cmpint (g_array_index (b->states, CallSignallerState, 2), ==,
      CALL_SIGNALLER_CLOSED);
  g_assert_no_error (b->error);
}

/* given a member that drops out, when both sides write meanwhile, then after
 * its resume each has heard all of it once */
static void
test_break (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (16);
  g_autoptr (Person) a = enter (rooms, "a");
  g_autoptr (Person) b = enter (rooms, "b");
  g_autoptr (CallMessage) first = person_wait (b, CALL_MESSAGE_WELCOME);
  g_autoptr (CallMessage) joined = person_wait (a, CALL_MESSAGE_PEER_JOINED);
  g_autoptr (CallMessage) second = NULL;
  g_autoptr (CallMessage) to_a = NULL;
  g_autoptr (CallMessage) to_b = NULL;

  call_direct_signaller_break (CALL_DIRECT_SIGNALLER (b->signaller));
  g_assert_cmpint (call_signaller_get_state (b->signaller), ==,
      CALL_SIGNALLER_RECONNECTING);
  person_say_to (b, "a");
  person_say_to (a, "b");
  second = person_wait (b, CALL_MESSAGE_WELCOME);
  g_assert_true (second->resumed);
  g_assert_cmpint (second->peer->seat, ==, first->peer->seat);
  to_a = person_wait (a, CALL_MESSAGE_RENEGOTIATE);
  to_b = person_wait (b, CALL_MESSAGE_RENEGOTIATE);
  while (g_main_context_iteration (NULL, FALSE));
  for (guint i = 0; i < a->messages->len; i++)
    g_assert_cmpint (((CallMessage *) a->messages->pdata[i])->type, !=,
        CALL_MESSAGE_RENEGOTIATE);
}

/* given a full room, when somebody opens, then it fails once, is closed, and
 * nothing comes after */
static void
test_refused (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (1);
  g_autoptr (Person) a = enter (rooms, "a");
  g_autoptr (CallMessage) welcome = person_wait (a, CALL_MESSAGE_WELCOME);
  g_autoptr (Person) b = enter (rooms, "b");

  person_wait_state (b, CALL_SIGNALLER_CLOSED);
  g_assert_error (b->error, CALL_SIGNALLER_ERROR, CALL_SIGNALLER_ERROR_REFUSED);
  g_assert_cmpint (call_signaller_get_state (b->signaller), ==,
      CALL_SIGNALLER_CLOSED);
  while (g_main_context_iteration (NULL, FALSE));
  g_assert_cmpuint (b->messages->len, ==, 0);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/direct/talk", test_talk);
  g_test_add_func ("/direct/break", test_break);
  g_test_add_func ("/direct/refused", test_refused);
  return g_test_run ();
}
