/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a file and peers that want it, when the book of receivers is asked what
 * to do next, then each gets what it lacks, in order, within its window, and
 * nobody waits for somebody who does not answer.
 */
#include "gstcallfilereceivers.h"

#include <gst/check/gstcheck.h>

#define ID 7
#define CHUNK (32 * 1024)
#define SIZE (G_GUINT64_CONSTANT (100) * 1024 * 1024)
#define TIMEOUT (10 * G_TIME_SPAN_SECOND)

static gint64 now = G_TIME_SPAN_HOUR;

static GstCallFileReceivers *
new_file (guint64 size)
{
  GstCallFileReceivers *self = gst_call_file_receivers_new (ID, CHUNK,
      GST_CALL_FILE_WINDOW, TIMEOUT,
      FALSE);

  gst_call_file_receivers_set_range (self, 0, size);
  gst_call_file_receivers_set_ended (self);
  return self;
}

/* The next step is of that type, for that peer (NULL: any, or none) */
static guint64
expect (GstCallFileReceivers * self, GstCallFileStepType type,
    const gchar * peer_id)
{
  g_auto (GstCallFileStep) step = { 0 };

  gst_call_file_receivers_next (self, now, &step);
  fail_unless (step.type == type, "%d, not %d", step.type, type);
  if (peer_id)
    fail_unless_equals_string (g_ptr_array_index (step.peers, 0), peer_id);
  return step.offset;
}

static void
expect_failed (GstCallFileReceivers * self, const gchar * peer_id,
    const gchar * code)
{
  g_auto (GstCallFileStep) step = { 0 };

  gst_call_file_receivers_next (self, now, &step);
  fail_unless (step.type == GST_CALL_FILE_STEP_FAILED, "%d", step.type);
  fail_unless_equals_string (g_ptr_array_index (step.peers, 0), peer_id);
  fail_unless_equals_string (step.code, code);
  fail_unless (step.text != NULL);
}

static gboolean
say (GstCallFileReceivers * self, const gchar * peer_id, GstCallFileType type,
    guint64 offset)
{
  GstCallFileMessage message = { type, ID, 0, offset };

  message.code = (gchar *) "refused";
  message.text = (gchar *) "No.";
  return gst_call_file_receivers_apply (self, peer_id, &message, now);
}

static void
begin (GstCallFileReceivers * self, const gchar * peer_id, guint64 offset)
{
  gst_call_file_receivers_open (self, peer_id, now);
  expect (self, GST_CALL_FILE_STEP_OFFER, peer_id);
  fail_unless (say (self, peer_id, GST_CALL_FILE_ACCEPT, offset));
}

/* Chunks until nothing more may be sent; how many bytes. What is told to people
 * meanwhile is skipped. */
static guint64
drain (GstCallFileReceivers * self)
{
  guint64 sent = 0;

  for (;;) {
    g_auto (GstCallFileStep) step = { 0 };

    gst_call_file_receivers_next (self, now, &step);
    if (step.type == GST_CALL_FILE_STEP_PROGRESS)
      continue;
    if (step.type != GST_CALL_FILE_STEP_CHUNK)
      return sent;
    sent += step.length;
  }
}

/* given one receiver, when it acknowledges nothing, then it is sent the window
 * and no more; each ack opens it again */
GST_START_TEST (test_window)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);

  expect (self, GST_CALL_FILE_STEP_WAIT, NULL);
  begin (self, "ann", 0);
  fail_unless_equals_uint64 (drain (self), GST_CALL_FILE_WINDOW);
  say (self, "ann", GST_CALL_FILE_ACK, 300 * 1024);
  fail_unless_equals_uint64 (drain (self), 288 * 1024);
  fail_unless_equals_uint64 (gst_call_file_receivers_get_position (self),
      300 * 1024);
}

GST_END_TEST;

/* given acks that lie, when they are beyond what was sent or go back, then they
 * change nothing */
GST_START_TEST (test_lies)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);

  begin (self, "ann", 0);
  drain (self);
  say (self, "ann", GST_CALL_FILE_ACK, SIZE);
  fail_unless_equals_uint64 (drain (self), 0);
  say (self, "ann", GST_CALL_FILE_ACK, 1024 * 1024);
  say (self, "ann", GST_CALL_FILE_ACK, 1);
  fail_unless_equals_uint64 (gst_call_file_receivers_get_position (self),
      1024 * 1024);
  /* not before it has been told the end */
  say (self, "ann", GST_CALL_FILE_DONE, 0);
  fail_unless_equals_uint64 (drain (self), 1024 * 1024);
  /* nobody has asked him */
  fail_if (say (self, "eve", GST_CALL_FILE_ACCEPT, 0));
  say (self, "ann", GST_CALL_FILE_ACCEPT, 0);
  fail_unless_equals_uint64 (drain (self), 0);
}

GST_END_TEST;

/* given an accept behind the end, then that receiver has failed */
GST_START_TEST (test_behind_the_end)
{
  g_autoptr (GstCallFileReceivers) self = new_file (1000);

  begin (self, "ann", 1001);
  expect (self, GST_CALL_FILE_STEP_CANCEL, "ann");
  expect_failed (self, "ann", "bad-order");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given two at the same place, when one falls behind, then what both want is
 * read once, and the one behind gets its own when it goes on */
GST_START_TEST (test_together)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);
  guint shared = 0, alone = 0;

  gst_call_file_receivers_open (self, "ann", now);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "ann");
  expect (self, GST_CALL_FILE_STEP_OFFER, "bob");
  say (self, "ann", GST_CALL_FILE_ACCEPT, 0);
  say (self, "bob", GST_CALL_FILE_ACCEPT, 0);
  for (guint i = 0; i < 256; i++) {
    g_auto (GstCallFileStep) step = { 0 };

    gst_call_file_receivers_next (self, now, &step);
    if (step.type != GST_CALL_FILE_STEP_CHUNK)
      continue;
    *(step.peers->len == 2 ? &shared : &alone) += 1;
    say (self, "ann", GST_CALL_FILE_ACK, step.offset + step.length);
  }
  fail_unless_equals_int (shared, 768 * 1024 / CHUNK);
  fail_unless_equals_int (alone, 256 - shared);
}

GST_END_TEST;

/* given a long way between two, when both can be sent to, then they take turns */
GST_START_TEST (test_turns)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);
  guint64 last = G_MAXUINT64;

  begin (self, "ann", 0);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "bob");
  say (self, "bob", GST_CALL_FILE_ACCEPT, SIZE / 2);
  for (guint i = 0; i < 20; i++) {
    guint64 offset = expect (self, GST_CALL_FILE_STEP_CHUNK, NULL);

    fail_if ((last < SIZE / 2) == (offset < SIZE / 2), "%u", i);
    last = offset;
  }
}

GST_END_TEST;

/* given one that resumes behind what is hashed, when it has all, then the rest
 * is read for the hash, and only then comes the end */
GST_START_TEST (test_hash)
{
  g_autoptr (GstCallFileReceivers) self = new_file (600 * 1024);

  begin (self, "ann", 600 * 1024);
  for (guint64 hashed = 0; hashed < 600 * 1024;) {
    g_auto (GstCallFileStep) step = { 0 };

    gst_call_file_receivers_next (self, now, &step);
    fail_unless_equals_int (step.type, GST_CALL_FILE_STEP_HASH);
    fail_unless_equals_uint64 (step.offset, hashed);
    hashed += step.length;
    gst_call_file_receivers_set_hashed (self, hashed);
  }
  expect (self, GST_CALL_FILE_STEP_END, "ann");
  expect (self, GST_CALL_FILE_STEP_WAIT, NULL);
  say (self, "ann", GST_CALL_FILE_DONE, 0);
  expect (self, GST_CALL_FILE_STEP_SENT, "ann");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given an empty file, then there is an offer and an end */
GST_START_TEST (test_empty)
{
  g_autoptr (GstCallFileReceivers) self = new_file (0);

  begin (self, "ann", 0);
  expect (self, GST_CALL_FILE_STEP_END, "ann");
  say (self, "ann", GST_CALL_FILE_DONE, 0);
  expect (self, GST_CALL_FILE_STEP_SENT, "ann");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given silence at each stage, when the time is over, then that receiver is told
 * and has failed, and one that takes its time but goes on has not */
GST_START_TEST (test_timeout)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);

  begin (self, "ann", 0);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "bob");
  drain (self);
  now += TIMEOUT - 1;
  say (self, "ann", GST_CALL_FILE_ACK, 64 * 1024);
  fail_unless_equals_uint64 (drain (self), 64 * 1024);
  now += 1;
  expect (self, GST_CALL_FILE_STEP_CANCEL, "bob");
  now += TIMEOUT - 2;
  expect_failed (self, "bob", "timeout");
  drain (self);
  now += 1;
  expect (self, GST_CALL_FILE_STEP_CANCEL, "ann");
  expect_failed (self, "ann", "timeout");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given a channel that closes in the middle, when it opens again in time, then
 * the file is offered again and goes on where the receiver says */
GST_START_TEST (test_away)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);

  begin (self, "ann", 0);
  drain (self);
  gst_call_file_receivers_close (self, "ann", now);
  expect (self, GST_CALL_FILE_STEP_WAIT, NULL);
  now += TIMEOUT / 2;
  gst_call_file_receivers_open (self, "ann", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "ann");
  /* that is of before */
  say (self, "ann", GST_CALL_FILE_ACK, 3 * 1024 * 1024);
  say (self, "ann", GST_CALL_FILE_ACCEPT, 1024 * 1024);
  fail_unless_equals_uint64 (expect (self, GST_CALL_FILE_STEP_CHUNK, "ann"),
      1024 * 1024);
  gst_call_file_receivers_close (self, "ann", now);
  now += TIMEOUT;
  expect_failed (self, "ann", "gone");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
  /* after all */
  gst_call_file_receivers_set_hashed (self, SIZE);
  begin (self, "ann", SIZE);
  expect (self, GST_CALL_FILE_STEP_END, "ann");
  say (self, "ann", GST_CALL_FILE_DONE, 0);
  expect (self, GST_CALL_FILE_STEP_SENT, "ann");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given a peer that goes before it has answered, then it never was a receiver;
 * one that has refused is not asked again */
GST_START_TEST (test_never_there)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);

  gst_call_file_receivers_open (self, "ann", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "ann");
  gst_call_file_receivers_close (self, "ann", now);
  expect (self, GST_CALL_FILE_STEP_WAIT, NULL);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "bob");
  say (self, "bob", GST_CALL_FILE_REFUSE, 0);
  expect_failed (self, "bob", "refused");
  gst_call_file_receivers_close (self, "bob", now);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given a stream that is not kept, then what the slowest lacks is needed, those
 * that have just been asked hold the beginning for a moment, and who comes when
 * it has gone is late */
GST_START_TEST (test_streamed)
{
  g_autoptr (GstCallFileReceivers) self = gst_call_file_receivers_new (ID,
      CHUNK, GST_CALL_FILE_WINDOW, TIMEOUT, TRUE);

  gst_call_file_receivers_set_range (self, 0, 10 * CHUNK + 1);
  fail_unless_equals_uint64 (gst_call_file_receivers_get_needed (self, now), 0);
  begin (self, "ann", 0);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "bob");
  /* no short chunk before the end */
  fail_unless_equals_uint64 (drain (self), 10 * CHUNK);
  fail_unless_equals_uint64 (gst_call_file_receivers_get_needed (self, now), 0);
  now += 2 * G_TIME_SPAN_SECOND;
  fail_unless_equals_uint64 (gst_call_file_receivers_get_needed (self, now),
      10 * CHUNK);
  gst_call_file_receivers_set_range (self, CHUNK, 10 * CHUNK + 1);
  say (self, "bob", GST_CALL_FILE_ACCEPT, 0);
  expect (self, GST_CALL_FILE_STEP_CANCEL, "bob");
  expect_failed (self, "bob", "late");
  gst_call_file_receivers_open (self, "eve", now);
  expect_failed (self, "eve", "late");
  gst_call_file_receivers_set_ended (self);
  fail_unless_equals_uint64 (drain (self), 1);
}

GST_END_TEST;

/* given a file that is given up, then who has not got it is told, if it is
 * there */
GST_START_TEST (test_cancel)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);

  begin (self, "ann", 0);
  gst_call_file_receivers_open (self, "bob", now);
  expect (self, GST_CALL_FILE_STEP_OFFER, "bob");
  say (self, "bob", GST_CALL_FILE_ACCEPT, 0);
  gst_call_file_receivers_close (self, "bob", now);
  gst_call_file_receivers_cancel (self, "failed", "It has changed.");
  expect (self, GST_CALL_FILE_STEP_CANCEL, "ann");
  expect_failed (self, "ann", "failed");
  expect_failed (self, "bob", "failed");
  expect (self, GST_CALL_FILE_STEP_FINISHED, NULL);
}

GST_END_TEST;

/* given progress, then it is told at most five times a second */
GST_START_TEST (test_progress)
{
  g_autoptr (GstCallFileReceivers) self = new_file (SIZE);
  guint told = 0;

  begin (self, "ann", 0);
  for (guint i = 0; i < 1000; i++) {
    g_auto (GstCallFileStep) step = { 0 };

    now += G_TIME_SPAN_MILLISECOND;
    gst_call_file_receivers_next (self, now, &step);
    if (step.type == GST_CALL_FILE_STEP_PROGRESS)
      told++;
    if (step.type == GST_CALL_FILE_STEP_CHUNK)
      say (self, "ann", GST_CALL_FILE_ACK, step.offset + step.length);
  }
  fail_unless (told >= 4 && told <= 5, "%u", told);
}

GST_END_TEST;

static Suite *
data_file_receivers_suite (void)
{
  Suite *s = suite_create ("data-file-receivers");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_window);
  tcase_add_test (tc, test_lies);
  tcase_add_test (tc, test_behind_the_end);
  tcase_add_test (tc, test_together);
  tcase_add_test (tc, test_turns);
  tcase_add_test (tc, test_hash);
  tcase_add_test (tc, test_empty);
  tcase_add_test (tc, test_timeout);
  tcase_add_test (tc, test_away);
  tcase_add_test (tc, test_never_there);
  tcase_add_test (tc, test_streamed);
  tcase_add_test (tc, test_cancel);
  tcase_add_test (tc, test_progress);
  return s;
}

GST_CHECK_MAIN (data_file_receivers);
