/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given what comes from the network, when it is read, then it is one of the
 * messages of the file protocol within all bounds, or nothing.
 */
#include "gstcallfilemessage.h"

#include <gst/check/gstcheck.h>
#include <json-glib/json-glib.h>
#include <string.h>

static const gchar *const types[] = { "file-offer", "file-accept", "file-ack",
  "file-end", "file-done", "file-refuse", "file-cancel"
};

static void
check_field (const GstCallFileMessage * message, const gchar * name,
    const gchar * member, JsonNode * node)
{
  const struct
  {
    const gchar *member;
    const gchar *text;
    gint64 number;
  } fields[] = {
    {"type", types[message->type]},
    {"key", message->key},
    {"name", message->name},
    {"mediaType", message->media_type},
    {"sha256", message->sha256},
    {"code", message->code},
    {"text", message->text},
    {"by", message->by_sender ? "sender" : "receiver"},
    {"id", NULL, message->id},
    {"size", NULL, message->size},
    {"offset", NULL, message->offset},
  };

  for (guint i = 0; i < G_N_ELEMENTS (fields); i++) {
    if (!g_str_equal (fields[i].member, member))
      continue;
    if (fields[i].text)
      fail_unless (g_str_equal (fields[i].text, json_node_get_string (node)),
          "%s: %s is \"%s\"", name, member, fields[i].text);
    else
      fail_unless (fields[i].number == json_node_get_int (node),
          "%s: %s is %" G_GINT64_FORMAT, name, member, fields[i].number);
    return;
  }
  ck_abort_msg ("%s: no member %s", name, member);
}

static void
check_vector (JsonObject * vector)
{
  const gchar *name = json_object_get_string_member (vector, "name");
  const gchar *text = json_object_get_string_member (vector, "text");
  g_autoptr (GstCallFileMessage) message =
      gst_call_file_message_parse (text, strlen (text));
  JsonObjectIter iter;
  const gchar *member;
  JsonNode *node;

  if (!json_object_get_boolean_member (vector, "valid")) {
    fail_if (message, "\"%s\" was taken", name);
    return;
  }
  fail_unless (message != NULL, "\"%s\" was not taken", name);
  json_object_iter_init (&iter, json_object_get_object_member (vector,
          "fields"));
  while (json_object_iter_next (&iter, &member, &node))
    check_field (message, name, member, node);
}

/* given the vectors of tests/data/protocol/files.json, then what they say */
GST_START_TEST (test_vectors)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("GST_CALL_SOURCE_ROOT"),
      "tests", "data", "protocol", "files.json", NULL);
  g_autoptr (JsonParser) parser = json_parser_new ();
  JsonArray *vectors;

  fail_unless (json_parser_load_from_file (parser, path, NULL));
  vectors = json_node_get_array (json_parser_get_root (parser));
  fail_unless (json_array_get_length (vectors) > 40);
  for (guint i = 0; i < json_array_get_length (vectors); i++)
    check_vector (json_array_get_object_element (vectors, i));
}

GST_END_TEST;

/* given the lines of PROTOCOL.md that hold a message about a file, then each is
 * one, and every type is among them */
GST_START_TEST (test_protocol_page)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("GST_CALL_SOURCE_ROOT"),
      "signaling", "PROTOCOL.md", NULL);
  g_autofree gchar *page = NULL;
  g_auto (GStrv) lines = NULL;
  guint seen[GST_CALL_FILE_CANCEL + 1] = { 0, };

  fail_unless (g_file_get_contents (path, &page, NULL, NULL));
  lines = g_strsplit (page, "\n", -1);
  for (guint i = 0; lines[i]; i++) {
    const gchar *text = strstr (lines[i], "{\"type\":\"file-");
    g_autoptr (GstCallFileMessage) message = NULL;

    if (!text)
      continue;
    message = gst_call_file_message_parse (text, strlen (text));
    fail_unless (message != NULL, "PROTOCOL.md:%u", i + 1);
    seen[message->type]++;
  }
  for (guint i = 0; i < G_N_ELEMENTS (seen); i++)
    fail_unless (seen[i] > 0, "PROTOCOL.md has no example of %s", types[i]);
}

GST_END_TEST;

static void
check_text (const GstCallFileMessage * message, const gchar * wanted)
{
  g_autofree gchar *text = gst_call_file_message_to_text (message);
  g_autoptr (GstCallFileMessage) again = NULL;
  g_autofree gchar *text_again = NULL;

  fail_unless_equals_string (text, wanted);
  again = gst_call_file_message_parse (text, strlen (text));
  fail_unless (again != NULL, "%s", text);
  text_again = gst_call_file_message_to_text (again);
  fail_unless_equals_string (text_again, wanted);
}

/* given each message, when it is written, then the type comes first, and it is
 * read as it was */
GST_START_TEST (test_written)
{
  GstCallFileMessage message = { GST_CALL_FILE_OFFER, 4294967295, -1, 5, TRUE };

  message.key = (gchar *) "AbCdEfGhIjKlMnOpQrStU_";
  message.name = (gchar *) "a\"\\b\nc é.txt";
  message.media_type = (gchar *) "text/plain";
  message.code = (gchar *) "no-space";
  message.text = (gchar *) "Sorry.";
  message.sha256 = (gchar *)
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  check_text (&message, "{\"type\":\"file-offer\",\"id\":4294967295,"
      "\"key\":\"AbCdEfGhIjKlMnOpQrStU_\",\"name\":\"a\\\"\\\\b\\u000ac é.txt\","
      "\"size\":-1,\"mediaType\":\"text/plain\"}");
  message.type = GST_CALL_FILE_ACCEPT;
  check_text (&message,
      "{\"type\":\"file-accept\",\"id\":4294967295,\"offset\":5}");
  message.type = GST_CALL_FILE_ACK;
  check_text (&message,
      "{\"type\":\"file-ack\",\"id\":4294967295,\"offset\":5}");
  message.type = GST_CALL_FILE_END;
  message.size = 7;
  check_text (&message, "{\"type\":\"file-end\",\"id\":4294967295,\"size\":7,"
      "\"sha256\":\"e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b"
      "7852b855\"}");
  message.type = GST_CALL_FILE_DONE;
  check_text (&message, "{\"type\":\"file-done\",\"id\":4294967295}");
  message.type = GST_CALL_FILE_REFUSE;
  check_text (&message, "{\"type\":\"file-refuse\",\"id\":4294967295,"
      "\"code\":\"no-space\",\"text\":\"Sorry.\"}");
  message.type = GST_CALL_FILE_CANCEL;
  check_text (&message, "{\"type\":\"file-cancel\",\"id\":4294967295,"
      "\"by\":\"sender\",\"text\":\"Sorry.\"}");
}

GST_END_TEST;

/* given texts and names without end, when a message is written, then it stays
 * within its bound and can be read */
GST_START_TEST (test_bounded)
{
  g_autofree gchar *many = g_strnfill (100000, '\1');
  GstCallFileMessage message = { GST_CALL_FILE_OFFER, 4294967295,
    GST_CALL_FILE_MAX_SIZE, GST_CALL_FILE_MAX_SIZE, FALSE, NULL, many, many,
    many, many, many
  };
  g_autofree gchar *key = gst_call_file_new_key ();

  message.key = key;
  message.sha256 = (gchar *)
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
  for (guint i = GST_CALL_FILE_OFFER; i <= GST_CALL_FILE_CANCEL; i++) {
    g_autofree gchar *text = NULL;
    g_autoptr (GstCallFileMessage) again = NULL;

    message.type = i;
    text = gst_call_file_message_to_text (&message);
    fail_unless (strlen (text) <= GST_CALL_FILE_MAX_TEXT);
    again = gst_call_file_message_parse (text, strlen (text));
    fail_unless (again && again->type == i, "%s", text);
  }
}

GST_END_TEST;

/* given bytes that are not UTF-8, or have a NUL, then they are nothing */
GST_START_TEST (test_bytes)
{
  static const gchar nul[] = "{\"type\":\"file-done\",\"id\":1}\0";
  static const gchar byte[] =
      "{\"type\":\"file-refuse\",\"id\":1,\"text\":\"\xff\"}";

  fail_if (gst_call_file_message_parse (nul, sizeof nul - 1));
  fail_if (gst_call_file_message_parse (byte, sizeof byte - 1));
}

GST_END_TEST;

/* given chunks, then the header is read as it was written, and one without
 * data, of no transfer or too long is none */
GST_START_TEST (test_chunks)
{
  static guint8 data[GST_CALL_FILE_HEADER + GST_CALL_FILE_MAX_CHUNK + 1];
  static const guint8 header[] = { 1, 2, 3, 4, 0, 0, 0, 5, 6, 7, 8, 9 };
  guint64 offset;
  guint32 id;

  gst_call_file_chunk_write (data, 0x01020304,
      G_GUINT64_CONSTANT (0x506070809));
  fail_unless (memcmp (data, header, sizeof header) == 0);
  fail_unless (gst_call_file_chunk_read (data, 13, &id, &offset));
  fail_unless_equals_int (id, 0x01020304);
  fail_unless_equals_uint64 (offset, G_GUINT64_CONSTANT (0x506070809));
  fail_unless (gst_call_file_chunk_read (data, sizeof data - 1, &id, &offset));
  fail_if (gst_call_file_chunk_read (data, sizeof data, &id, &offset));
  fail_if (gst_call_file_chunk_read (data, 12, &id, &offset));
  fail_if (gst_call_file_chunk_read (data, 0, &id, &offset));
  gst_call_file_chunk_write (data, 0, 1);
  fail_if (gst_call_file_chunk_read (data, 13, &id, &offset));
  gst_call_file_chunk_write (data, 1, G_MAXUINT64);
  fail_if (gst_call_file_chunk_read (data, 13, &id, &offset));
}

GST_END_TEST;

static Suite *
data_file_messages_suite (void)
{
  Suite *s = suite_create ("data-file-messages");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_vectors);
  tcase_add_test (tc, test_protocol_page);
  tcase_add_test (tc, test_written);
  tcase_add_test (tc, test_bounded);
  tcase_add_test (tc, test_bytes);
  tcase_add_test (tc, test_chunks);
  return s;
}

GST_CHECK_MAIN (data_file_messages);
