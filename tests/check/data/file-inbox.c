/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given the book of a receiver, when time passes and senders come, go and come
 * again, then each file is kept as long as promised, and nobody takes all places.
 */
#include "gstcallfileinbox.h"
#include "gstcallfilemessage.h"

#include <glib/gstdio.h>
#include <gst/check/gstcheck.h>
#include <string.h>

static gchar *folder;
static GstCallFileInbox *inbox;
static gint64 now;
static GPtrArray *replies;      /* newest last */
static guint n_failed;          /* messages */

static void
setup (void)
{
  const GstCallFileLimits limits = { 1000000, 100000000,
    600 * G_TIME_SPAN_SECOND, TRUE
  };

  folder = g_dir_make_tmp ("gst-call-inbox-XXXXXX", NULL);
  inbox = gst_call_file_inbox_new (folder, &limits, NULL);
  fail_unless (inbox != NULL);
  replies = g_ptr_array_new_with_free_func (g_free);
  now = G_TIME_SPAN_DAY;
  n_failed = 0;
}

static guint
count_files (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (g_dir_read_name (dir))
    n++;
  return n;
}

static void
teardown (void)
{
  g_autoptr (GDir) dir = NULL;
  const gchar *name;

  gst_call_file_inbox_free (inbox);
  g_ptr_array_unref (replies);
  dir = g_dir_open (folder, 0, NULL);
  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    fail_if (*name == '.', "%s is left", name);
    g_unlink (path);
  }
  g_rmdir (folder);
  g_free (folder);
}

static void
take_effects (void)
{
  for (;;) {
    g_autoptr (GstCallFileEffect) effect =
        gst_call_file_inbox_next_effect (inbox);

    if (!effect)
      return;
    if (effect->reply)
      g_ptr_array_add (replies, g_steal_pointer (&effect->reply));
    else if (gst_structure_has_name (effect->message, "call-file-failed"))
      n_failed++;
  }
}

static void
say (const gchar * peer_id, const gchar * text)
{
  gst_call_file_inbox_text (inbox, peer_id, "Somebody", text, strlen (text),
      now);
  take_effects ();
}

static void
offer (const gchar * peer_id, guint id, guint key, gint64 size)
{
  g_autofree gchar *text = g_strdup_printf ("{\"type\":\"file-offer\","
      "\"id\":%u,\"key\":\"AbCdEfGhIjKlMnOpQr%04u\",\"name\":\"x\",\"size\":%"
      G_GINT64_FORMAT "}", id, key, size);

  say (peer_id, text);
}

static void
chunk (const gchar * peer_id, guint id, guint64 offset, const gchar * text)
{
  g_autofree guint8 *data = g_malloc (GST_CALL_FILE_HEADER + strlen (text));

  gst_call_file_chunk_write (data, id, offset);
  memcpy (data + GST_CALL_FILE_HEADER, text, strlen (text));
  gst_call_file_inbox_chunk (inbox, peer_id, data,
      GST_CALL_FILE_HEADER + strlen (text), now);
  take_effects ();
}

static void
end (const gchar * peer_id, guint id, const gchar * content)
{
  g_autofree gchar *sha256 = g_compute_checksum_for_string (G_CHECKSUM_SHA256,
      content, -1);
  g_autofree gchar *text = g_strdup_printf ("{\"type\":\"file-end\",\"id\":%u,"
      "\"size\":%u,\"sha256\":\"%s\"}", id, (guint) strlen (content), sha256);

  say (peer_id, text);
}

static void
expect (const gchar * part)
{
  const gchar *last = replies->len > 0 ?
      g_ptr_array_index (replies, replies->len - 1) : "";

  fail_unless (strstr (last, part), "%s: %s", part, last);
}

/* given half a file, when its sender comes back after 9 minutes, then it goes on;
 * after 10 it begins anew */
GST_START_TEST (test_resume)
{
  offer ("ann", 1, 1, 10);
  chunk ("ann", 1, 0, "hello");
  now += 9 * G_TIME_SPAN_MINUTE;
  fail_unless (gst_call_file_inbox_expire (inbox, now) > now);
  offer ("ann", 2, 1, 10);
  expect ("\"file-accept\",\"id\":2,\"offset\":5");
  /* the old number is nobody's */
  chunk ("ann", 1, 5, "WORLD");
  chunk ("ann", 2, 5, "world");
  end ("ann", 2, "helloworld");
  expect ("file-done");

  offer ("ann", 3, 2, 10);
  chunk ("ann", 3, 0, "hello");
  now += 10 * G_TIME_SPAN_MINUTE;
  fail_unless_equals_int64 (gst_call_file_inbox_expire (inbox, now), -1);
  take_effects ();
  fail_unless_equals_int (n_failed, 1);
  fail_unless_equals_int (count_files (), 1);
  offer ("ann", 4, 2, 10);
  expect ("\"offset\":0");
}

GST_END_TEST;

/* given a key that somebody else offers, then it is another file */
GST_START_TEST (test_other_peer)
{
  offer ("ann", 1, 1, 10);
  chunk ("ann", 1, 0, "hello");
  offer ("eve", 1, 1, 10);
  expect ("\"offset\":0");
  chunk ("eve", 1, 0, "HELLO");
  chunk ("ann", 1, 5, "world");
  end ("ann", 1, "helloworld");
  expect ("file-done");
  fail_unless_equals_int (gst_call_file_inbox_get_n_transfers (inbox), 1);
}

GST_END_TEST;

/* given a file that is there, when its sender has not heard so and asks again,
 * under any number, then it is told, and there is no second file */
GST_START_TEST (test_done_again)
{
  offer ("ann", 1, 1, 5);
  chunk ("ann", 1, 0, "hello");
  end ("ann", 1, "hello");
  expect ("file-done");
  end ("ann", 1, "hello");
  expect ("file-done");
  offer ("ann", 9, 1, 5);
  expect ("\"file-accept\",\"id\":9,\"offset\":5");
  end ("ann", 9, "hello");
  expect ("\"file-done\",\"id\":9");
  end ("ann", 9, "hullo");
  expect ("file-refuse");
  fail_unless_equals_int (count_files (), 1);
  fail_unless_equals_int (gst_call_file_inbox_get_n_transfers (inbox), 0);
}

GST_END_TEST;

/* given 16 files whose sender was started anew, then a seventeenth is refused
 * at first, and after a minute it gets the place of one of them */
GST_START_TEST (test_places)
{
  for (guint i = 1; i <= 16; i++) {
    offer ("ann", i, i, 10);
    now += G_TIME_SPAN_SECOND;
  }
  offer ("ann", 17, 17, 10);
  expect ("too-many");
  offer ("bob", 1, 1, 10);
  expect ("file-accept");
  now += 50 * G_TIME_SPAN_SECOND;
  offer ("ann", 18, 18, 10);
  expect ("\"file-accept\",\"id\":18");
  fail_unless_equals_int (count_files (), 17);
}

GST_END_TEST;

/* given 64 files of many peers, then there is no place for another one */
GST_START_TEST (test_all_places)
{
  for (guint i = 0; i < 64; i++) {
    g_autofree gchar *peer_id = g_strdup_printf ("peer-%u", i / 16);

    offer (peer_id, i + 1, i, 10);
    expect ("file-accept");
  }
  offer ("bob", 1, 1, 10);
  expect ("too-many");
  fail_unless_equals_int (gst_call_file_inbox_get_n_transfers (inbox), 64);
}

GST_END_TEST;

/* given a peer that asks without end, then it gets 100 answers, and 10 a second
 * more; the peers of a flood of names do not get the others' */
GST_START_TEST (test_bucket)
{
  for (guint i = 1; i <= 500; i++)
    offer ("ann", i, i, 2000000);
  fail_unless_equals_int (replies->len, 100);
  now += G_TIME_SPAN_SECOND;
  for (guint i = 1; i <= 500; i++)
    end ("ann", i, "x");
  fail_unless_equals_int (replies->len, 110);
  for (guint i = 0; i < 1000; i++) {
    g_autofree gchar *peer_id = g_strdup_printf ("peer-%u", i);

    offer (peer_id, 1, 1, 2000000);
  }
  fail_unless_equals_int (replies->len, 110 + 255);
}

GST_END_TEST;

/* given acks, then one whenever 256 KiB are new, and one for the last byte */
GST_START_TEST (test_acks)
{
  g_autofree gchar *text = g_strnfill (32768, 'x');

  offer ("ann", 1, 1, 20 * 32768);
  for (guint i = 0; i < 20; i++)
    chunk ("ann", 1, i * 32768, text);
  fail_unless_equals_int (replies->len, 4);
  fail_unless (strstr (g_ptr_array_index (replies, 1), ":262144}"));
  fail_unless (strstr (g_ptr_array_index (replies, 2), ":524288}"));
  expect (":655360}");
}

GST_END_TEST;

static Suite *
data_file_inbox_suite (void)
{
  Suite *s = suite_create ("data-file-inbox");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_checked_fixture (tc, setup, teardown);
  tcase_add_test (tc, test_resume);
  tcase_add_test (tc, test_other_peer);
  tcase_add_test (tc, test_done_again);
  tcase_add_test (tc, test_places);
  tcase_add_test (tc, test_all_places);
  tcase_add_test (tc, test_bucket);
  tcase_add_test (tc, test_acks);
  return s;
}

GST_CHECK_MAIN (data_file_inbox);
