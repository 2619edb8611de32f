/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server reads the vectors of tests/data/protocol as the codec does, when
 * they come through a socket.
 */
#include "client.h"
#include "../signaling/vectors.h"

#include <string.h>

/* given a member, when it sends a message of invalid.json, then it hears the
 * code of the vector; only what is no UTF-8 ends the connection without */
static void
test_invalid (void)
{
  g_autoptr (CallServer) server = start_server ("max-per-address", 0, NULL);
  g_autoptr (JsonParser) parser = NULL;
  JsonArray *vectors = load_vectors ("invalid.json", &parser);

  for (guint i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *vector = json_array_get_object_element (vectors, i);
    const gchar *name = json_object_get_string_member (vector, "name");
    g_autofree gchar *room = g_strdup_printf ("room-%u", i);
    g_autoptr (Client) client = client_enter (server, room, "a");
    g_autoptr (GBytes) input = vector_input (vector);
    g_autoptr (CallMessage) error = NULL;
    gsize length;
    gconstpointer data = g_bytes_get_data (input, &length);
    guint closed = 0;

    client_write_frame (client, 0x81, data ? data : "", length);
    error = client_read_message (client, &closed);
    g_test_message ("%s: %s %u", name, error ? error->code : "closed", closed);
    if (error == NULL) {
      g_assert_cmpuint (closed, ==, 1007);
      g_assert_false (g_utf8_validate_len (data, length, NULL));
      continue;
    }
    g_assert_cmpint (error->type, ==, CALL_MESSAGE_ERROR);
    g_assert_cmpstr (error->code, ==,
        json_object_get_string_member (vector, "code"));
  }
}

/* given somebody at the door, when he says a hello of valid.json, then he is
 * let in, unless it is of another version */
static void
test_hello (void)
{
  g_autoptr (CallServer) server = start_server ("max-per-address", 0, NULL);
  g_autoptr (JsonParser) parser = NULL;
  JsonArray *vectors = load_vectors ("valid.json", &parser);
  guint hellos = 0;

  for (guint i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *vector = json_array_get_object_element (vectors, i);
    g_autoptr (GBytes) input = vector_input (vector);
    gsize length;
    const gchar *data = g_bytes_get_data (input, &length);
    g_autoptr (CallMessage) message = call_message_parse (data, length, NULL);
    g_autofree gchar *room = g_strdup_printf ("room-%u", i);
    g_autoptr (Client) client = NULL;
    g_autoptr (CallMessage) welcome = NULL;

    if (message->type != CALL_MESSAGE_HELLO)
      continue;
    hellos++;
    client = client_upgrade (server, room, NULL);
    client_write_frame (client, 0x81, data, length);
    if (message->version != CALL_PROTOCOL_VERSION) {
      client_wait_refusal (client, "unsupported-version");
      continue;
    }
    welcome = client_wait_message (client, CALL_MESSAGE_WELCOME);
    g_assert_false (welcome->resumed);
    if (message->peer->peer_id != NULL)
      g_assert_cmpstr (welcome->peer->peer_id, ==, message->peer->peer_id);
  }
  g_assert_cmpuint (hellos, >, 3);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/vectors/invalid", test_invalid);
  g_test_add_func ("/vectors/hello", test_hello);
  return g_test_run ();
}
