/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a sender that means no good, when it says and sends what it likes, then
 * nothing is written outside of the directory, nothing is replaced, nothing
 * grows without bound, and honest senders are served.
 */
#include "data-test.h"

#include <json-glib/json-glib.h>
#include <string.h>
#include <unistd.h>

#define KEY "AbCdEfGhIjKlMnOpQrStU_"

/* test->data: what the receiver has answered, newest last */
static gboolean
keep_reply (DataReceiver * receiver, const gchar * text, gpointer data)
{
  g_ptr_array_add (data, g_strdup (text));
  return FALSE;
}

static DataTest *
new_test (DataReceiver ** ann, const gchar * properties)
{
  DataTest *self = data_test_new ();

  self->data = g_ptr_array_new_with_free_func (g_free);
  self->reply_filter = keep_reply;
  *ann = data_test_add_receiver (self, "ann", properties);
  return self;
}

static void
free_test (DataTest * self)
{
  GPtrArray *replies = self->data;

  data_test_free (self);
  g_ptr_array_unref (replies);
}

static const gchar *
last_reply (DataTest * self)
{
  GPtrArray *replies = self->data;

  return replies->len > 0 ? g_ptr_array_index (replies, replies->len - 1) : "";
}

static guint
count_replies (DataTest * self)
{
  return ((GPtrArray *) self->data)->len;
}

#define fail_unless_reply(self, part) \
  fail_unless (strstr (last_reply (self), part), "%s", last_reply (self))

static void
offer (DataReceiver * receiver, guint id, const gchar * key,
    const gchar * name, gint64 size)
{
  g_autoptr (JsonBuilder) builder = json_builder_new ();
  g_autoptr (JsonNode) root = NULL;
  g_autofree gchar *text = NULL;

  json_builder_begin_object (builder);
  json_builder_set_member_name (builder, "type");
  json_builder_add_string_value (builder, "file-offer");
  json_builder_set_member_name (builder, "id");
  json_builder_add_int_value (builder, id);
  json_builder_set_member_name (builder, "key");
  json_builder_add_string_value (builder, key);
  json_builder_set_member_name (builder, "name");
  json_builder_add_string_value (builder, name);
  json_builder_set_member_name (builder, "size");
  json_builder_add_int_value (builder, size);
  json_builder_end_object (builder);
  root = json_builder_get_root (builder);
  text = json_to_string (root, FALSE);
  data_test_say (receiver, text);
}

static void
end (DataReceiver * receiver, guint id, gconstpointer data, gsize size)
{
  g_autofree gchar *sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
      data, size);
  g_autofree gchar *text = g_strdup_printf ("{\"type\":\"file-end\",\"id\":%u,"
      "\"size\":%" G_GSIZE_FORMAT ",\"sha256\":\"%s\"}", id, size, sha256);

  data_test_say (receiver, text);
}

/* given names that lead elsewhere or hide, then the file is in the directory, is
 * seen, and has the rest of the name */
GST_START_TEST (test_names)
{
  const gchar *const rows[][2] = {
    {"../../etc/passwd", "passwd"},
    {"/etc/shadow", "shadow"},
    {"..\\..\\autoexec.bat", "autoexec.bat"},
    {".bashrc", "bashrc"},
    {"con", "file"},
    {"", "file (1)"},
    {"a\nb\033[31m.txt", "ab[31m.txt"},
    {"photo\xe2\x80\xaegpj.exe", "photogpj.exe"},
    {"..", "file (2)"},
    {"passwd", "passwd (1)"},
  };
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *path = data_test_received (ann, rows[i][1]);
    g_autofree gchar *key = g_strdup_printf ("AbCdEfGhIjKlMnOpQrSt%02u", i);
    g_autofree gchar *got = NULL;

    offer (ann, i + 1, key, rows[i][0], 5);
    data_test_say_chunk (ann, i + 1, 0, "hello", 5);
    end (ann, i + 1, "hello", 5);
    fail_unless_reply (self, "file-done");
    fail_unless (g_file_get_contents (path, &got, NULL, NULL), "%s", path);
    fail_unless_equals_string (got, "hello");
    fail_unless_equals_int (data_test_count_files (ann->directory), i + 1);
  }
  fail_unless_equals_int (data_test_count_files (self->folder), 1);
  free_test (self);
}

GST_END_TEST;

/* given a name of 3 KB, then it is cut; given one of 10 KB, then the message is
 * too long to be one */
GST_START_TEST (test_long_names)
{
  g_autofree gchar *three = g_strnfill (3000, 'a');
  g_autofree gchar *ten = g_strnfill (10240, 'a');
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");

  offer (ann, 1, KEY, ten, 5);
  fail_unless_equals_int (count_replies (self), 0);
  offer (ann, 1, KEY, three, 5);
  fail_unless_reply (self, "file-accept");
  data_test_say_chunk (ann, 1, 0, "hello", 5);
  end (ann, 1, "hello", 5);
  fail_unless_reply (self, "file-done");
  free_test (self);
}

GST_END_TEST;

/* given links where the file would be, then they are not followed and stay */
GST_START_TEST (test_links)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");
  g_autofree gchar *target = data_test_make_file (self, "target", 10);
  g_autofree gchar *partial = data_test_received (ann, ".x." KEY ".part");
  g_autofree gchar *name = data_test_received (ann, "x");
  g_autofree gchar *dangling = data_test_received (ann, "x (1)");
  g_autofree gchar *numbered = data_test_received (ann, "x (2)");
  g_autofree gchar *nowhere = data_test_received (ann, "nowhere");
  g_autofree gchar *got = NULL;
  gsize length;

  fail_unless (symlink (target, partial) == 0);
  fail_unless (symlink (target, name) == 0);
  fail_unless (symlink (nowhere, dangling) == 0);
  offer (ann, 1, KEY, "x", 5);
  data_test_say_chunk (ann, 1, 0, "hello", 5);
  end (ann, 1, "hello", 5);
  fail_unless_reply (self, "file-done");
  fail_unless (g_file_get_contents (numbered, &got, NULL, NULL));
  fail_unless_equals_string (got, "hello");
  g_free (got);
  fail_unless (g_file_get_contents (target, &got, &length, NULL));
  fail_unless_equals_int (length, 10);
  fail_if (g_file_test (nowhere, G_FILE_TEST_EXISTS));
  unlink (partial);
  free_test (self);
}

GST_END_TEST;

/* given sizes that lie or are beyond all measure, then the file is refused as
 * soon as that is seen, and nothing is left of it */
GST_START_TEST (test_sizes)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "max-file-size=1000 max-total=1500");
  g_autofree gchar *data = g_strnfill (1001, 'x');

  offer (ann, 1, KEY, "x", G_GINT64_CONSTANT (1) << 40);
  fail_unless_reply (self, "too-big");
  offer (ann, 2, KEY, "x", (G_GINT64_CONSTANT (1) << 53) - 1);
  fail_unless_reply (self, "too-big");
  offer (ann, 3, KEY, "x", 1001);
  fail_unless_reply (self, "too-big");
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);

  /* more than was said */
  offer (ann, 4, KEY, "x", 10);
  fail_unless_reply (self, "file-accept");
  data_test_say_chunk (ann, 4, 0, data, 11);
  fail_unless_reply (self, "too-big");
  /* not said, and more than is allowed */
  offer (ann, 5, KEY, "x", -1);
  fail_unless_reply (self, "file-accept");
  data_test_say_chunk (ann, 5, 0, data, 1001);
  fail_unless_reply (self, "too-big");
  /* less than was said */
  offer (ann, 6, KEY, "x", 10);
  data_test_say_chunk (ann, 6, 0, data, 9);
  end (ann, 6, data, 9);
  fail_unless_reply (self, "bad-hash");
  /* the end comes too early */
  offer (ann, 7, KEY, "x", 10);
  data_test_say_chunk (ann, 7, 0, data, 9);
  end (ann, 7, data, 10);
  fail_unless_reply (self, "bad-order");
  /* all together */
  offer (ann, 8, KEY, "x", 1000);
  fail_unless_reply (self, "file-accept");
  offer (ann, 9, "AbCdEfGhIjKlMnOpQrStU0", "y", 501);
  fail_unless_reply (self, "too-many");
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  free_test (self);
}

GST_END_TEST;

/* given a hash that does not fit, then there is no file */
GST_START_TEST (test_hash)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");

  offer (ann, 1, KEY, "x", 5);
  data_test_say_chunk (ann, 1, 0, "hello", 5);
  end (ann, 1, "hullo", 5);
  fail_unless_reply (self, "bad-hash");
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_expect (self, FALSE, "call-file-failed", "code", "bad-hash");
  free_test (self);
}

GST_END_TEST;

/* given chunks that overlap what is there, then the rest of them counts; given
 * one that leaves a gap, then it is refused */
GST_START_TEST (test_order)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");

  offer (ann, 1, KEY, "x", 10);
  data_test_say_chunk (ann, 1, 0, "hello", 5);
  data_test_say_chunk (ann, 1, 0, "HELLO", 5);
  data_test_say_chunk (ann, 1, 3, "LO wo", 5);
  data_test_say_chunk (ann, 1, 2, "XXXXXXrl", 8);
  end (ann, 1, "hello worl", 10);
  fail_unless_reply (self, "file-done");

  offer (ann, 2, "AbCdEfGhIjKlMnOpQrStU0", "y", 10);
  data_test_say_chunk (ann, 2, 1, "hello", 5);
  fail_unless_reply (self, "bad-order");
  offer (ann, 3, "AbCdEfGhIjKlMnOpQrStU1", "y", 10);
  data_test_say_chunk (ann, 3, (G_GUINT64_CONSTANT (1) << 53) - 1, "hello", 5);
  fail_unless_reply (self, "bad-order");
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  free_test (self);
}

GST_END_TEST;

/* given bytes and texts that are nothing, then nothing happens */
GST_START_TEST (test_noise)
{
  static const gchar *const texts[] = { "", "hello", "{", "{}", "[]", "null",
    "{\"type\":\"file-offer\"}",
    "{\"type\":\"file-ack\",\"id\":1,\"offset\":5}",
    "{\"type\":\"file-done\",\"id\":1}",
    "{\"type\":\"file-cancel\",\"id\":1,\"by\":\"sender\"}",
    "{\"type\":\"file-cancel\",\"id\":1,\"by\":\"receiver\"}", "\xff\xfe",
    "{\"type\":\"file-refuse\",\"id\":1,\"code\":\"\xc3\"}"
  };
  g_autofree gchar *deep = g_strnfill (60000, '[');
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++)
    data_test_say (ann, texts[i]);
  data_test_say (ann, deep);
  for (gsize size = 0; size < 20; size++)
    data_test_say_bytes (ann, deep, size, FALSE);
  data_test_say_bytes (ann, deep, 60000, FALSE);
  data_test_say_chunk (ann, 1, 0, "hello", 5);
  fail_unless_equals_int (count_replies (self), 0);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  free_test (self);
}

GST_END_TEST;

/* given thousands of offers, then some run, some are refused, and most get no
 * answer; another peer is served */
GST_START_TEST (test_offers)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, "");
  guint accepted = 0;

  for (guint i = 0; i < 5000; i++) {
    g_autofree gchar *key = g_strdup_printf ("AbCdEfGhIjKlMnOpQr%04u", i);

    offer (ann, i + 1, key, "x", 1000);
  }
  fail_unless_equals_int (data_test_count_files (ann->directory), 16);
  fail_unless (count_replies (self) < 300, "%u", count_replies (self));
  for (guint i = 0; i < count_replies (self); i++)
    accepted += strstr (g_ptr_array_index ((GPtrArray *) self->data, i),
        "file-accept") != NULL;
  fail_unless_equals_int (accepted, 16);
  /* the same id for another file: the one before has ended */
  offer (ann, 1, "AbCdEfGhIjKlMnOpQr9999", "y", 1000);
  fail_unless_equals_int (data_test_count_files (ann->directory), 16);
  free_test (self);
}

GST_END_TEST;

static gboolean
lie (DataReceiver * receiver, const gchar * text, gpointer data)
{
  static const gchar *const lies[] = { "\"file-ack\",\"offset\":900000000000",
    "\"file-done\"", "\"file-accept\",\"offset\":9007199254740991",
    "\"file-accept\",\"offset\":5", "\"file-ack\",\"offset\":0"
  };
  const gchar *id = strstr (text, "\"id\":");
  guint number = id ? g_ascii_strtoull (id + 5, NULL, 10) : 0;

  /* each lie goes in front of what is true */
  for (guint i = 0; strstr (text, "file-ack\"") && i < G_N_ELEMENTS (lies); i++) {
    g_autofree gchar *said = g_strdup_printf ("{\"id\":%u,\"type\":%s}", number,
        lies[i]);

    gst_pad_push_event (receiver->test->wire,
        gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
            gst_structure_new ("call-data-message", "peer-id", G_TYPE_STRING,
                receiver->id, "text", G_TYPE_STRING, said, NULL)));
    gst_pad_push_event (receiver->test->wire,
        gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
            gst_structure_new ("call-data-message", "peer-id", G_TYPE_STRING,
                "eve", "text", G_TYPE_STRING, said, NULL)));
  }
  return TRUE;
}

/* given the receiver's side of the protocol from somebody who was asked nothing,
 * or lies about how much it has, then the sender does not care */
GST_START_TEST (test_lying_receiver)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 2000000);
  g_autofree gchar *received = data_test_received (ann, "x");

  self->reply_filter = lie;
  data_test_open (ann);
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay", path);
  data_test_wait_eos (self);
  fail_unless (data_test_same_file (path, received));
  data_test_free (self);
}

GST_END_TEST;

static gboolean
change (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  if (!text && receiver->test->n_chunks == 2) {
    *buffer = gst_buffer_make_writable (*buffer);
    gst_buffer_memset (*buffer, 100, 0, 1);
  }
  return TRUE;
}

/* given messages that arrive changed, then no wrong file ever has its name */
GST_START_TEST (test_changed)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 200000);

  self->filter = change;
  data_test_open (ann);
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay", path);
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_expect (self, TRUE, "call-file-failed", "code", "bad-hash");
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_hostile_suite (void)
{
  Suite *s = suite_create ("data-hostile");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_names);
  tcase_add_test (tc, test_long_names);
  tcase_add_test (tc, test_links);
  tcase_add_test (tc, test_sizes);
  tcase_add_test (tc, test_hash);
  tcase_add_test (tc, test_order);
  tcase_add_test (tc, test_noise);
  tcase_add_test (tc, test_offers);
  tcase_add_test (tc, test_lying_receiver);
  tcase_add_test (tc, test_changed);
  return s;
}

GST_CHECK_MAIN (data_hostile);
