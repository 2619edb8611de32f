/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The codec reads what PROTOCOL.md allows and refuses everything else: all
 * vectors of tests/data/protocol, and attacks that are no vectors.
 */
#include "call-json.h"
#include "call-message.h"
#include "vectors.h"

#include <json-glib/json-glib.h>
#include <string.h>

/* Exactly `bytes`, in memory of exactly that size, so that a read beyond the
 * end is seen by the address sanitizer */
static CallMessage *
parse_bytes (GBytes * bytes, GError ** error)
{
  gsize length;
  const gchar *data = g_bytes_get_data (bytes, &length);
  g_autofree gchar *copy = g_memdup2 (data, length);

  return call_message_parse (copy ? copy : "", length, error);
}

static CallMessage *
parse_text (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  CallMessage *message = call_message_parse (text, strlen (text), &error);

  g_assert_no_error (error);
  return message;
}

static JsonNode *
node_string (const gchar * string)
{
  return string ? json_node_init_string (json_node_alloc (), string) :
      json_node_init_null (json_node_alloc ());
}

static JsonNode *
node_int (gint64 number, gboolean present)
{
  return present ? json_node_init_int (json_node_alloc (), number) :
      json_node_init_null (json_node_alloc ());
}

static JsonNode *
node_boolean (gboolean value)
{
  return json_node_init_boolean (json_node_alloc (), value);
}

static JsonNode *
peer_field (const CallPeer * peer, const gchar * name)
{
  if (g_str_equal (name, "peerId"))
    return node_string (peer->peer_id);
  if (g_str_equal (name, "displayName"))
    return node_string (peer->display_name);
  if (g_str_equal (name, "seat"))
    return node_int (peer->seat, TRUE);
  if (g_str_equal (name, "polite"))
    return node_boolean (peer->polite);
  if (g_str_equal (name, "connected"))
    return node_boolean (peer->connected);
  if (g_str_equal (name, "audio"))
    return node_string (call_track_state_to_string (peer->audio));
  g_assert_cmpstr (name, ==, "video");
  return node_string (call_track_state_to_string (peer->video));
}

static JsonNode *
list_field (const CallMessage * message, gchar ** path)
{
  gboolean peers = g_str_equal (path[0], "peers");
  GPtrArray *array = peers ? message->peers : message->ice_servers;
  CallIceServer *server;
  guint index;

  if (g_str_equal (path[1], "length"))
    return node_int (array->len, TRUE);
  index = g_ascii_strtoull (path[1], NULL, 10);
  g_assert_cmpuint (index, <, array->len);
  if (peers)
    return peer_field (array->pdata[index], path[2]);
  server = array->pdata[index];
  if (g_str_equal (path[2], "username"))
    return node_string (server->username);
  if (g_str_equal (path[2], "credential"))
    return node_string (server->credential);
  g_assert_cmpstr (path[2], ==, "urls");
  index = g_ascii_strtoull (path[3], NULL, 10);
  g_assert_cmpuint (index, <, g_strv_length (server->urls));
  return node_string (server->urls[index]);
}

static JsonNode *
number_field (const CallMessage * message, const gchar * name)
{
  if (g_str_equal (name, "seq"))
    return node_int (message->seq, message->seq != 0);
  if (g_str_equal (name, "version"))
    return node_int (message->version, TRUE);
  if (g_str_equal (name, "lastSeq"))
    return node_int (message->last_seq, message->last_seq != CALL_SEQ_UNKNOWN);
  if (g_str_equal (name, "resumeTimeout"))
    return node_int (message->resume_timeout, TRUE);
  if (g_str_equal (name, "iceServersTimeout"))
    return node_int (message->ice_servers_timeout,
        message->ice_servers_timeout != 0);
  if (g_str_equal (name, "resumed"))
    return node_boolean (message->resumed);
  if (g_str_equal (name, "iceRestart"))
    return node_boolean (message->ice_restart);
  if (g_str_equal (name, "offerId"))
    return node_int (message->offer_id, message->offer_id != 0);
  if (g_str_equal (name, "sdpMLineIndex"))
    return node_int (message->sdp_mline_index, message->sdp_mline_index >= 0);
  g_assert_cmpstr (name, ==, "retryAfter");
  return node_int (message->retry_after, message->retry_after != 0);
}

/* What the codec found at a path of a vector's `fields` */
static JsonNode *
message_field (const CallMessage * message, const gchar * field)
{
  const struct
  {
    const gchar *name;
    const gchar *value;
  } strings[] = {
    {"type", call_message_type_to_string (message->type)},
    {"from", message->from}, {"to", message->to},
    {"session", message->session}, {"sdp", message->sdp},
    {"candidate", message->candidate}, {"sdpMid", message->sdp_mid},
    {"room", message->room}, {"token", message->token},
    {"resume", message->resume}, {"code", message->code},
    {"text", message->text},
  };
  g_auto (GStrv) path = g_strsplit (field, ".", -1);

  if (g_str_equal (path[0], "peer"))
    return peer_field (message->peer, path[1]);
  if (path[1])
    return list_field (message, path);
  for (guint i = 0; i < G_N_ELEMENTS (strings); i++) {
    if (g_str_equal (field, strings[i].name))
      return node_string (strings[i].value);
  }
  return number_field (message, field);
}

static void
check_fields (const CallMessage * message, JsonObject * fields,
    const gchar * vector)
{
  g_autoptr (GList) names = json_object_get_members (fields);

  for (GList * l = names; l; l = l->next) {
    JsonNode *wanted = json_object_get_member (fields, l->data);
    g_autoptr (JsonNode) found = message_field (message, l->data);

    if (!json_node_equal (wanted, found)) {
      g_autofree gchar *a = json_to_string (wanted, FALSE);
      g_autofree gchar *b = json_to_string (found, FALSE);

      g_error ("%s: %s is %s, not %s", vector, (gchar *) l->data, b, a);
    }
  }
}

/* Given a message of valid.json, when it is read, then the fields are found,
 * it is written in the canonical form, and that form reads as itself. */
static void
test_valid (gconstpointer data)
{
  JsonObject *vector = (JsonObject *) data;
  const gchar *name = json_object_get_string_member (vector, "name");
  const gchar *canonical = json_object_get_string_member (vector, "canonical");
  g_autoptr (GBytes) input = vector_input (vector);
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) message = parse_bytes (input, &error);
  g_autoptr (CallMessage) copy = NULL;
  g_autoptr (CallMessage) again = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *text_again = NULL;

  g_assert_no_error (error);
  check_fields (message, json_object_get_object_member (vector, "fields"),
      name);
  copy = call_message_copy (message);
  g_clear_pointer (&message, call_message_unref);
  text = call_message_to_text (copy);
  g_assert_cmpstr (text, ==, canonical);
  again = parse_text (text);
  text_again = call_message_to_text (again);
  g_assert_cmpstr (text_again, ==, canonical);
}

/* Given a message of invalid.json, when it is read, then it is refused with
 * the code of the vector and words for people. */
static void
test_invalid (gconstpointer data)
{
  JsonObject *vector = (JsonObject *) data;
  g_autoptr (GBytes) input = vector_input (vector);
  g_autoptr (GError) error = NULL;
  CallMessage *message = parse_bytes (input, &error);

  g_assert_null (message);
  g_assert_nonnull (error);
  g_assert_true (error->domain == CALL_PROTOCOL_ERROR);
  g_assert_cmpstr (call_protocol_error_to_code (error), ==,
      json_object_get_string_member (vector, "code"));
  g_assert_cmpuint (strlen (error->message), >, 10);
}

/* Given a welcome, when it is cut at any byte, then every shorter text is
 * refused and nothing is read behind its end. */
static void
test_truncated (void)
{
  const gchar *text = "{\"type\":\"error\",\"code\":\"internal\",\"text\":"
      "\"\\u00e9\\ud83d\\ude00 é\",\"retryAfter\":1.5e1,\"x\":[true,null,{}]}";
  gsize length = strlen (text);

  for (gsize n = 0; n < length; n++) {
    g_autoptr (GBytes) input = g_bytes_new (text, n);
    g_autoptr (GError) error = NULL;

    g_assert_null (parse_bytes (input, &error));
    g_assert_cmpstr (call_protocol_error_to_code (error), ==, "bad-message");
  }
  call_message_unref (parse_text (text));
}

/* Given nesting of every depth from 1 to 64, in lists, objects and both, when
 * it is scanned with any bound, then it passes up to the bound only. */
static void
test_depth (void)
{
  for (guint depth = 1; depth <= 64; depth++) {
    for (guint mask = 0; mask < 8; mask++) {
      g_autoptr (GString) text = g_string_new (NULL);

      for (guint i = 0; i < depth; i++)
        g_string_append (text, mask >> (i % 3) & 1 ? "{\"]\":" : "[");
      g_string_append (text, "\"}]\"");
      for (guint i = depth; i-- > 0;)
        g_string_append (text, mask >> (i % 3) & 1 ? "}" : "]");
      for (guint bound = 0; bound <= CALL_JSON_MAX_DEPTH; bound++)
        g_assert_cmpint (call_json_check (text->str, text->len, 65536, bound),
            ==, depth <= bound ? CALL_JSON_OK : CALL_JSON_TOO_DEEP);
    }
  }
}

/* Given a message of exactly 64 KiB, when it is read, then it is allowed; one
 * byte more is not, whatever the byte. */
static void
test_size (void)
{
  g_autoptr (GString) text = g_string_new ("{\"type\":\"offer\",\"seq\":1,"
      "\"to\":\"a\",\"session\":\"s\",\"sdp\":\"v=0");
  g_autoptr (CallMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  while (text->len < CALL_MAX_MESSAGE - 2)
    g_string_append_c (text, '[');
  g_string_append (text, "\"}");
  message = parse_text (text->str);
  g_assert_cmpuint (strlen (message->sdp), >, 65000);
  g_string_append_c (text, ' ');
  g_assert_null (call_message_parse (text->str, text->len, &error));
  g_assert_error (error, CALL_PROTOCOL_ERROR, CALL_PROTOCOL_ERROR_TOO_LARGE);
}

/* Given a thread with the smallest stack there is, when 64 KiB of nesting
 * arrive, then they are refused: the scanner does not recurse. */
static gpointer
parse_deep_thread (gpointer data)
{
  g_autofree gchar *text = g_strnfill (CALL_MAX_MESSAGE, '[');
  g_autoptr (GError) error = NULL;

  g_assert_null (call_message_parse (text, CALL_MAX_MESSAGE, &error));
  g_assert_error (error, CALL_PROTOCOL_ERROR, CALL_PROTOCOL_ERROR_TOO_DEEP);
  return NULL;
}

static void
test_stack (void)
{
  pthread_attr_t attr;
  pthread_t thread;

  pthread_attr_init (&attr);
  g_assert_cmpint (pthread_attr_setstacksize (&attr, 64 * 1024), ==, 0);
  g_assert_cmpint (pthread_create (&thread, &attr, parse_deep_thread, NULL),
      ==, 0);
  pthread_join (thread, NULL);
  pthread_attr_destroy (&attr);
}

/* Given a made id, then it is valid, new each time, and of 128 bits. */
static void
test_ids (void)
{
  g_autoptr (GHashTable) seen =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);

  for (guint i = 0; i < 1000; i++) {
    gchar *id = call_id_new ();

    g_assert_true (call_id_is_valid (id));
    g_assert_cmpuint (strlen (id), ==, 32);
    g_assert_true (g_hash_table_add (seen, id));
  }
  g_assert_false (call_id_is_valid (NULL));
  g_assert_false (call_id_is_valid (""));
  g_assert_false (call_name_is_valid (NULL));
  g_assert_false (call_name_is_valid ("\xff"));
  g_assert_true (call_name_is_valid ("Ann-Marie O’Neil 李"));
}

/* Given names of all types and states, when they are asked for, then each is
 * what the wire says, and a boxed copy shares the message. */
static void
test_names (void)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_HELLO);
  CallMessage *boxed = g_boxed_copy (CALL_TYPE_MESSAGE, message);

  g_assert_true (boxed == message);
  g_boxed_free (CALL_TYPE_MESSAGE, boxed);
  g_assert_cmpint (message->version, ==, CALL_PROTOCOL_VERSION);
  g_assert_cmpstr (call_message_type_to_string (CALL_MESSAGE_END_OF_CANDIDATES),
      ==, "end-of-candidates");
  g_assert_cmpstr (call_message_type_to_string (CALL_MESSAGE_ERROR), ==,
      "error");
  g_assert_cmpstr (call_track_state_to_string (CALL_TRACK_MUTED), ==, "muted");
}

/* Given numbers that come twice, late and with gaps, when they are taken, then
 * each is taken once, and what is more than 64 behind is not. */
static void
test_numbers (void)
{
  CallSeen seen = { 0, };
  guint64 i;

  g_assert_true (call_seen_take (&seen, 1));
  g_assert_false (call_seen_take (&seen, 1));
  g_assert_true (call_seen_take (&seen, 4));
  g_assert_true (call_seen_take (&seen, 2));
  g_assert_false (call_seen_take (&seen, 2));
  g_assert_false (call_seen_take (&seen, 4));
  g_assert_true (call_seen_take (&seen, 3));
  g_assert_true (call_seen_take (&seen, 69));
  g_assert_false (call_seen_take (&seen, 4));
  for (i = 5; i < 69; i++)
    g_assert_true (call_seen_take (&seen, i));
  for (i = 1; i <= 69; i++)
    g_assert_false (call_seen_take (&seen, i));
  g_assert_true (call_seen_take (&seen, 69 + 66));
  g_assert_false (call_seen_take (&seen, 70));
  g_assert_true (call_seen_take (&seen, 71));
  g_assert_true (call_seen_take (&seen, CALL_MAX_NUMBER));
  g_assert_true (call_seen_take (&seen, CALL_MAX_NUMBER - 64));
  g_assert_false (call_seen_take (&seen, CALL_MAX_NUMBER - 65));
  g_assert_false (call_seen_take (&seen, 0));
}

/* Given the lines of PROTOCOL.md that hold a message, when they are read, then
 * each is one that the codec allows, and every type is among them. */
static void
test_protocol_page (void)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("GST_CALL_SOURCE_ROOT"),
      "signaling", "PROTOCOL.md", NULL);
  g_autofree gchar *page = NULL;
  g_auto (GStrv) lines = NULL;
  g_autoptr (GError) error = NULL;
  guint seen[CALL_MESSAGE_ERROR + 1] = { 0, };

  g_file_get_contents (path, &page, NULL, &error);
  g_assert_no_error (error);
  lines = g_strsplit (page, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    const gchar *text = strstr (lines[i], "{\"type\":");
    g_autoptr (CallMessage) message = NULL;

    /* what is quoted within a sentence is of the data channel, and so are files */
    if (!text || (text > lines[i] && text[-1] == '`')
        || g_str_has_prefix (text, "{\"type\":\"file-"))
      continue;
    message = call_message_parse (text, strlen (text), &error);
    if (!message)
      g_error ("PROTOCOL.md:%u: %s", i + 1, error->message);
    seen[message->type]++;
  }
  for (guint i = 0; i < G_N_ELEMENTS (seen); i++) {
    if (seen[i] == 0)
      g_error ("PROTOCOL.md has no example of %s",
          call_message_type_to_string (i));
  }
}

static void
add_vectors (const gchar * prefix, JsonArray * vectors, GTestDataFunc test)
{
  for (guint i = 0; i < json_array_get_length (vectors); i++) {
    JsonObject *vector = json_array_get_object_element (vectors, i);
    g_autofree gchar *name =
        g_strdup (json_object_get_string_member (vector, "name"));
    g_autofree gchar *path = NULL;

    path = g_strconcat (prefix, g_strdelimit (name, "/", '|'), NULL);
    g_test_add_data_func (path, vector, test);
  }
}

int
main (int argc, char **argv)
{
  g_autoptr (JsonParser) valid = NULL;
  g_autoptr (JsonParser) invalid = NULL;

  g_test_init (&argc, &argv, NULL);
  add_vectors ("/message/valid/", load_vectors ("valid.json", &valid),
      test_valid);
  add_vectors ("/message/invalid/", load_vectors ("invalid.json", &invalid),
      test_invalid);
  g_test_add_func ("/message/protocol-page", test_protocol_page);
  g_test_add_func ("/message/truncated", test_truncated);
  g_test_add_func ("/message/depth", test_depth);
  g_test_add_func ("/message/size", test_size);
  g_test_add_func ("/message/stack", test_stack);
  g_test_add_func ("/message/numbers", test_numbers);
  g_test_add_func ("/message/ids", test_ids);
  g_test_add_func ("/message/names", test_names);
  return g_test_run ();
}
