/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "person.h"

#include "call-websocket-signaller.h"

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
  CallSignallerState state = call_signaller_get_state (signaller);

  g_array_append_val (person->states, state);
}

Person *
person_new (CallSignaller * signaller)
{
  Person *person = g_new0 (Person, 1);

  person->signaller = signaller;
  person->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_message_unref);
  person->states = g_array_new (FALSE, FALSE, sizeof (CallSignallerState));
  g_signal_connect (signaller, "message", G_CALLBACK (on_message), person);
  g_signal_connect (signaller, "failed", G_CALLBACK (on_failed), person);
  g_signal_connect (signaller, "notify::state", G_CALLBACK (on_state), person);
  call_signaller_open (signaller);
  return person;
}

Person *
person_new_for_uri (const gchar * uri, const gchar * first_property, ...)
{
  GObject *signaller = g_object_new (CALL_TYPE_WEBSOCKET_SIGNALLER, "uri", uri,
      NULL);
  va_list args;

  va_start (args, first_property);
  g_object_set_valist (signaller, first_property, args);
  va_end (args);
  return person_new (CALL_SIGNALLER (signaller));
}

void
person_free (Person * person)
{
  g_signal_handlers_disconnect_by_data (person->signaller, person);
  call_signaller_close (person->signaller);
  g_object_unref (person->signaller);
  g_ptr_array_unref (person->messages);
  g_array_unref (person->states);
  g_clear_error (&person->error);
  g_free (person);
}

static gboolean
on_too_late (gpointer data)
{
  g_error ("Nothing came in %u s", WAIT);
  return G_SOURCE_REMOVE;
}

CallMessage *
person_wait (Person * person, CallMessageType type)
{
  guint watchdog = g_timeout_add_seconds (WAIT, on_too_late, NULL);

  for (;;) {
    for (guint i = 0; i < person->messages->len; i++) {
      CallMessage *message = g_ptr_array_index (person->messages, i);

      if (message->type == type) {
        g_source_remove (watchdog);
        return g_ptr_array_steal_index (person->messages, i);
      }
    }
    g_assert_no_error (person->error);
    g_main_context_iteration (NULL, TRUE);
  }
}

void
person_wait_state (Person * person, CallSignallerState state)
{
  guint watchdog = g_timeout_add_seconds (WAIT, on_too_late, NULL);

  while (call_signaller_get_state (person->signaller) != state)
    g_main_context_iteration (NULL, TRUE);
  g_source_remove (watchdog);
}

void
person_say_to (Person * person, const gchar * peer_id)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_RENEGOTIATE);

  message->to = g_strdup (peer_id);
  message->session = g_strdup ("s");
  call_signaller_send (person->signaller, message);
}
