/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallDirectSignaller keeps the contract of CallSignaller.
 */
#include "call-direct-signaller.h"

typedef struct
{
  CallSignaller *signaller;
  GPtrArray *messages;
  GPtrArray *states;
  GError *error;
} Person;

static void
on_message (CallSignaller * signaller, CallMessage * message, Person * person)
{
  g_ptr_array_add (person->messages, call_message_ref (message));
}

static void
on_failed (CallSignaller * signaller, GError * error, Person * person)
{
  g_assert_null (person->error);
  person->error = g_error_copy (error);
}

static void
on_state (CallSignaller * signaller, GParamSpec * pspec, Person * person)
{
  g_ptr_array_add (person->states,
      GINT_TO_POINTER (call_signaller_get_state (signaller)));
}

static Person *
person_new (CallRooms * rooms, const gchar * room, const gchar * id)
{
  Person *person = g_new0 (Person, 1);

  person->signaller = call_direct_signaller_new (rooms, room);
  person->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_message_unref);
  person->states = g_ptr_array_new ();
  g_object_set (person->signaller, "peer-id", id, "display-name", id, NULL);
  g_signal_connect (person->signaller, "message", G_CALLBACK (on_message),
      person);
  g_signal_connect (person->signaller, "failed", G_CALLBACK (on_failed),
      person);
  g_signal_connect (person->signaller, "notify::state", G_CALLBACK (on_state),
      person);
  call_signaller_open (person->signaller);
  return person;
}

static void
person_free (Person * person)
{
  g_object_unref (person->signaller);
  g_ptr_array_unref (person->messages);
  g_ptr_array_unref (person->states);
  g_clear_error (&person->error);
  g_free (person);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Person, person_free);

static CallMessage *
wait_for (Person * person, CallMessageType type)
{
  for (;;) {
    for (guint i = 0; i < person->messages->len; i++) {
      CallMessage *message = g_ptr_array_index (person->messages, i);

      if (message->type == type) {
        g_ptr_array_steal_index (person->messages, i);
        return message;
      }
    }
    g_main_context_iteration (NULL, TRUE);
  }
}

static void
send (Person * person, const gchar * to)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_RENEGOTIATE);

  message->to = g_strdup (to);
  message->session = g_strdup ("s");
  call_signaller_send (person->signaller, message);
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
  g_autoptr (Person) a = person_new (rooms, "tea", "a");
  g_autoptr (CallMessage) welcome = wait_for (a, CALL_MESSAGE_WELCOME);
  g_autoptr (Person) b = person_new (rooms, "tea", "b");
  g_autoptr (CallMessage) message = NULL;
  g_autoptr (CallMessage) left = NULL;

  g_assert_cmpint (call_signaller_get_state (b->signaller), ==,
      CALL_SIGNALLER_CONNECTING);
  send (b, "a");
  message = wait_for (a, CALL_MESSAGE_RENEGOTIATE);
  g_assert_cmpstr (message->from, ==, "b");
  call_signaller_close (b->signaller);
  left = wait_for (a, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (left->code, ==, "bye");
  g_assert_cmpuint (b->states->len, ==, 3);
  g_assert_cmpint (GPOINTER_TO_INT (b->states->pdata[1]), ==,
      CALL_SIGNALLER_OPEN);
  g_assert_cmpint (GPOINTER_TO_INT (b->states->pdata[2]), ==,
      CALL_SIGNALLER_CLOSED);
  g_assert_no_error (b->error);
}

/* given a member that drops out, when both sides write meanwhile, then after
 * its resume each has heard all of it once */
static void
test_break (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (16);
  g_autoptr (Person) a = person_new (rooms, "tea", "a");
  g_autoptr (Person) b = person_new (rooms, "tea", "b");
  g_autoptr (CallMessage) first = wait_for (b, CALL_MESSAGE_WELCOME);
  g_autoptr (CallMessage) joined = wait_for (a, CALL_MESSAGE_PEER_JOINED);
  g_autoptr (CallMessage) second = NULL;
  g_autoptr (CallMessage) to_a = NULL;
  g_autoptr (CallMessage) to_b = NULL;

  call_direct_signaller_break (CALL_DIRECT_SIGNALLER (b->signaller));
  g_assert_cmpint (call_signaller_get_state (b->signaller), ==,
      CALL_SIGNALLER_RECONNECTING);
  send (b, "a");
  send (a, "b");
  second = wait_for (b, CALL_MESSAGE_WELCOME);
  g_assert_true (second->resumed);
  g_assert_cmpint (second->peer->seat, ==, first->peer->seat);
  to_a = wait_for (a, CALL_MESSAGE_RENEGOTIATE);
  to_b = wait_for (b, CALL_MESSAGE_RENEGOTIATE);
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
  g_autoptr (Person) a = person_new (rooms, "tea", "a");
  g_autoptr (CallMessage) welcome = wait_for (a, CALL_MESSAGE_WELCOME);
  g_autoptr (Person) b = person_new (rooms, "tea", "b");

  while (b->error == NULL)
    g_main_context_iteration (NULL, TRUE);
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
