/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a file in front of callfilepay and callfiledepays in the room, when it
 * runs, then each of them has the same file, people are told, and EOS comes when
 * all have it.
 */
#include "data-test.h"

#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static void
send_file (DataTest * self, const gchar * path, const gchar * properties)
{
  data_test_start (self, "filesrc location=\"%s\" ! callfilepay name=pay %s",
      path, properties);
}

static void
fail_unless_received (DataReceiver * receiver, const gchar * name,
    const gchar * path)
{
  g_autofree gchar *received = data_test_received (receiver, name);

  fail_unless (data_test_same_file (path, received), "%s", received);
}

/* given one receiver that is there, then it has the file, with all that was said
 * of it */
GST_START_TEST (test_one)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "Übung 1.jpg", 1000001);
  g_autofree gchar *wanted = data_test_received (ann, "Übung 1.jpg");
  g_autoptr (GstMessage) offered = NULL;
  g_autoptr (GstMessage) received = NULL;
  g_autoptr (GstMessage) sent = NULL;
  const GstStructure *fields;
  guint64 size;
  struct stat stat_of;

  data_test_open (ann);
  send_file (self, path, "");
  data_test_wait_eos (self);
  fail_unless_received (ann, "Übung 1.jpg", path);
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  fail_unless (stat (wanted, &stat_of) == 0
      && (stat_of.st_mode & 0777) == 0600);

  offered = data_test_wait_message (self, FALSE, "call-file-offered");
  fields = gst_message_get_structure (offered);
  fail_unless_equals_string (gst_structure_get_string (fields, "file-name"),
      "Übung 1.jpg");
  fail_unless_equals_string (gst_structure_get_string (fields,
          "display-name"), "Sender");
  received = data_test_wait_message (self, FALSE, "call-file-received");
  fields = gst_message_get_structure (received);
  fail_unless_equals_string (gst_structure_get_string (fields, "path"), wanted);
  fail_unless_equals_string (gst_structure_get_string (fields, "peer-id"),
      DATA_TEST_SENDER);
  fail_unless_equals_string (gst_structure_get_string (fields, "media-type"),
      "image/jpeg");
  fail_unless (gst_structure_get_uint64 (fields, "size", &size));
  fail_unless_equals_uint64 (size, 1000001);
  fail_unless_equals_int (strlen (gst_structure_get_string (fields, "sha256")),
      64);
  sent = data_test_wait_message (self, TRUE, "call-file-sent");
  fields = gst_message_get_structure (sent);
  fail_unless_equals_string (gst_structure_get_string (fields, "peer-id"),
      "ann");
  fail_unless_equals_string (gst_structure_get_string (fields, "file-name"),
      "Übung 1.jpg");
  /* a message holds its element */
  gst_clear_message (&offered);
  gst_clear_message (&received);
  gst_clear_message (&sent);
  data_test_free (self);
}

GST_END_TEST;

/* given sizes around those of a chunk, and none at all, then all arrive */
GST_START_TEST (test_sizes)
{
  const gsize sizes[] = { 0, 1, 999, 1000, 1001, 262143, 262144, 262145 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    DataTest *self = data_test_new ();
    DataReceiver *ann = data_test_add_receiver (self, "ann", "");
    g_autofree gchar *path = data_test_make_file (self, "x", sizes[i]);

    data_test_open (ann);
    send_file (self, path, "chunk-size=1000");
    data_test_wait_eos (self);
    fail_unless_received (ann, "x", path);
    data_test_free (self);
  }
}

GST_END_TEST;

/* given ten receivers, some later than others, then all have it */
GST_START_TEST (test_ten)
{
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x.bin", 3000000);

  for (guint i = 0; i < 10; i++) {
    g_autofree gchar *id = g_strdup_printf ("peer-%u", i);

    data_test_add_receiver (self, id, "");
  }
  for (guint i = 0; i < 5; i++)
    data_test_open (g_ptr_array_index (self->receivers, i));
  send_file (self, path, "");
  for (guint i = 5; i < 10; i++)
    data_test_open (g_ptr_array_index (self->receivers, i));
  /* the later ones may be too late, but for those that were there all is sent */
  data_test_wait_eos (self);
  for (guint i = 0; i < 5; i++)
    fail_unless_received (g_ptr_array_index (self->receivers, i), "x.bin",
        path);
  data_test_free (self);
}

GST_END_TEST;

/* given nobody, when somebody comes, then it begins */
GST_START_TEST (test_waits)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 5);

  send_file (self, path, "");
  g_usleep (100 * 1000);
  fail_if (self->eos);
  data_test_open (ann);
  data_test_wait_eos (self);
  fail_unless_received (ann, "x", path);
  data_test_free (self);
}

GST_END_TEST;

/* given `to`, then nobody else is even asked */
GST_START_TEST (test_to)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  DataReceiver *bob = data_test_add_receiver (self, "bob", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 50000);

  data_test_open (ann);
  data_test_open (bob);
  send_file (self, path, "to=bob file-name=other.txt media-type=text/x-c");
  data_test_wait_eos (self);
  fail_unless_received (bob, "other.txt", path);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_expect (self, FALSE, "call-file-received", "media-type",
      "text/x-c");
  data_test_free (self);
}

GST_END_TEST;

/* given a file of that name, when it comes once more, then none is replaced */
GST_START_TEST (test_again)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *one = data_test_make_file (self, "x.txt", 1000);
  g_autofree gchar *other = data_test_make_file (self, "y.txt", 2000);

  data_test_open (ann);
  send_file (self, one, "");
  data_test_wait_eos (self);
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pay);
  gst_object_unref (self->pipeline);
  self->eos = FALSE;
  send_file (self, other, "file-name=x.txt");
  data_test_wait_eos (self);
  fail_unless_received (ann, "x.txt", one);
  fail_unless_received (ann, "x (1).txt", other);
  fail_unless_equals_int (data_test_count_files (ann->directory), 2);
  data_test_free (self);
}

GST_END_TEST;

/* given 200 MB, then they arrive with an equal hash, within some seconds, and
 * progress is told now and then */
GST_START_TEST (test_large)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 200000000);
  gint64 begun = g_get_monotonic_time (), took;
  guint told = 0;

  data_test_open (ann);
  send_file (self, path, "");
  data_test_wait_eos (self);
  took = g_get_monotonic_time () - begun;
  fail_unless_received (ann, "x", path);
  fail_unless_equals_uint64 (self->n_chunks, (200000000 + 32767) / 32768);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (self->bus,
        GST_MESSAGE_ELEMENT);

    if (!message)
      break;
    told += gst_message_has_name (message, "call-file-progress");
  }
  fail_unless (told >= 1 && told <= 2 + took / (200 * 1000), "%u in %"
      G_GINT64_FORMAT " us", told, took);
  data_test_free (self);
}

GST_END_TEST;

/* given ten files of one peer at once, chunks of all of them mixed, then all ten
 * are there */
GST_START_TEST (test_ten_files)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  guint8 content[10][5000];

  for (guint i = 0; i < 10; i++) {
    g_autofree gchar *offer = g_strdup_printf ("{\"type\":\"file-offer\","
        "\"id\":%u,\"key\":\"AbCdEfGhIjKlMnOpQrSt0%u\",\"name\":\"f%u\","
        "\"size\":5000,\"mediaType\":\"a/b\"}", i + 1, i, i);

    memset (content[i], 'a' + i, sizeof content[i]);
    data_test_say (ann, offer);
  }
  fail_unless_equals_int (data_test_count_files (ann->directory), 10);
  for (guint part = 0; part < 50; part++) {
    for (guint i = 0; i < 10; i++)
      data_test_say_chunk (ann, i + 1, part * 100, content[i] + part * 100,
          100);
  }
  for (guint i = 0; i < 10; i++) {
    g_autofree gchar *sha256 = g_compute_checksum_for_data (G_CHECKSUM_SHA256,
        content[i], sizeof content[i]);
    g_autofree gchar *end = g_strdup_printf ("{\"type\":\"file-end\","
        "\"id\":%u,\"size\":5000,\"sha256\":\"%s\"}", i + 1, sha256);
    g_autofree gchar *name = g_strdup_printf ("f%u", i);
    g_autofree gchar *path = data_test_received (ann, name);
    g_autofree gchar *got = NULL;
    gsize length;

    data_test_say (ann, end);
    fail_unless (g_file_get_contents (path, &got, &length, NULL));
    fail_unless (length == 5000 && memcmp (got, content[i], length) == 0);
  }
  data_test_free (self);
}

GST_END_TEST;

/* given two files that are sent through one pad at once, then both arrive, and
 * none gets the other's answers */
GST_START_TEST (test_two_senders)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *one = data_test_make_file (self, "one.txt", 3000000);
  g_autofree gchar *other = data_test_make_file (self, "other.txt", 4000000);

  data_test_open (ann);
  data_test_start (self, "funnel name=pay "
      "filesrc location=%s ! callfilepay ! pay. "
      "filesrc location=%s ! callfilepay ! pay.", one, other);
  data_test_wait_eos (self);
  fail_unless_received (ann, "one.txt", one);
  fail_unless_received (ann, "other.txt", other);
  data_test_free (self);
}

GST_END_TEST;

static gboolean
hold_done (DataReceiver * receiver, const gchar * text, gpointer data)
{
  return !strstr (text, "\"file-done\"");
}

/* given a transfer that is held up, then queries tell how far it is */
GST_START_TEST (test_queries)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 1000000);
  gint64 value = 0;

  self->reply_filter = hold_done;
  data_test_open (ann);
  send_file (self, path, "");
  while (value < 1000000) {
    fail_if (self->eos);
    if (!gst_element_query_position (self->pay, GST_FORMAT_BYTES, &value))
      value = 0;
    g_usleep (1000);
  }
  fail_unless (gst_element_query_duration (self->pay, GST_FORMAT_BYTES,
          &value));
  fail_unless_equals_int64 (value, 1000000);
  fail_unless (gst_element_query_position (self->pay, GST_FORMAT_PERCENT,
          &value));
  fail_unless_equals_int64 (value, GST_FORMAT_PERCENT_MAX);
  fail_unless (gst_element_query_duration (self->pay, GST_FORMAT_PERCENT,
          &value));
  fail_unless_equals_int64 (value, GST_FORMAT_PERCENT_MAX);
  fail_if (gst_element_query_position (self->pay, GST_FORMAT_TIME, &value));
  data_test_free (self);
}

GST_END_TEST;

/* given gst-launch's habit to wait for what makes progress before PLAYING, then
 * it is told of none before; then there is a beginning and an end */
GST_START_TEST (test_progress)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 1000000);
  g_autoptr (GstBus) bus = NULL;
  GstProgressType last = GST_PROGRESS_TYPE_START;
  GstProgressType type;
  guint n = 0;

  send_file (self, path, "");
  data_test_open (ann);
  data_test_wait_eos (self);
  bus = gst_element_get_bus (self->pipeline);
  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_pop_filtered (bus,
        GST_MESSAGE_PROGRESS);

    if (!message)
      break;
    gst_message_parse_progress (message, &type, NULL, NULL);
    if (n++ == 0)
      fail_unless_equals_int (type, GST_PROGRESS_TYPE_START);
    last = type;
  }
  fail_unless (n >= 2);
  fail_unless_equals_int (last, GST_PROGRESS_TYPE_COMPLETE);
  data_test_free (self);
}

GST_END_TEST;

static gboolean
truncate_file (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  if (!text && receiver->test->n_chunks == 3)
    fail_unless (truncate (data, 1000) == 0);
  return TRUE;
}

/* given a file that changes while it is sent, then it fails and nothing of it
 * is left */
GST_START_TEST (test_changes)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 1000000);

  self->filter = truncate_file;
  self->data = path;
  data_test_open (ann);
  send_file (self, path, "");
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_transfer_suite (void)
{
  Suite *s = suite_create ("data-transfer");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 180);
  tcase_add_test (tc, test_one);
  tcase_add_test (tc, test_sizes);
  tcase_add_test (tc, test_ten);
  tcase_add_test (tc, test_waits);
  tcase_add_test (tc, test_to);
  tcase_add_test (tc, test_again);
  tcase_add_test (tc, test_large);
  tcase_add_test (tc, test_ten_files);
  tcase_add_test (tc, test_two_senders);
  tcase_add_test (tc, test_queries);
  tcase_add_test (tc, test_progress);
  tcase_add_test (tc, test_changes);
  return s;
}

GST_CHECK_MAIN (data_transfer);
