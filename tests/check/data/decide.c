/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a person who decides about each file, on either side, when it is
 * accepted, refused or cancelled, then that is what happens, and both sides know.
 */
#include "data-test.h"

#include <string.h>

static DataTest *
new_test (DataReceiver ** ann, gsize size, const gchar * sender)
{
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x", size);

  *ann = data_test_add_receiver (self, "ann", "auto-accept=false");
  data_test_open (*ann);
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay %s", path,
      sender);
  return self;
}

static guint
wait_for_offer (DataTest * self)
{
  g_autoptr (GstMessage) message = data_test_wait_message (self, FALSE,
      "call-file-offered");
  const GstStructure *fields = gst_message_get_structure (message);
  gboolean accepted = TRUE;
  guint id = 0;

  fail_unless (gst_structure_get (fields, "id", G_TYPE_UINT, &id, "accepted",
          G_TYPE_BOOLEAN, &accepted, NULL));
  fail_if (accepted);
  return id;
}

static gboolean
act (DataReceiver * receiver, const gchar * action, const gchar * peer_id,
    guint id)
{
  gboolean ok = FALSE;

  g_signal_emit_by_name (receiver->depay, action, peer_id, id, &ok);
  return ok;
}

/* given an offer, when it is accepted, then the file comes; accepting it again,
 * or one that is not there, does nothing */
GST_START_TEST (test_accept)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 1000000, "");
  guint id = wait_for_offer (self);

  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  fail_if (act (ann, "accept", DATA_TEST_SENDER, id + 1));
  fail_if (act (ann, "accept", "eve", id));
  fail_unless (act (ann, "accept", DATA_TEST_SENDER, id));
  data_test_wait_eos (self);
  fail_if (act (ann, "accept", DATA_TEST_SENDER, id));
  fail_if (act (ann, "refuse", DATA_TEST_SENDER, id));
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  data_test_free (self);
}

GST_END_TEST;

/* given an offer, when it is refused, then the sender knows why and ends */
GST_START_TEST (test_refuse)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 1000000, "");

  fail_unless (act (ann, "refuse", DATA_TEST_SENDER, wait_for_offer (self)));
  data_test_wait_eos (self);
  data_test_expect (self, TRUE, "call-file-failed", "code", "refused");
  data_test_expect (self, FALSE, "call-file-failed", "code", "refused");
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_free (self);
}

GST_END_TEST;

/* given an offer that nobody decides about, when the sender's time is over, then
 * the receiver knows */
GST_START_TEST (test_no_answer)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 1000000, "receivers-timeout=1");

  wait_for_offer (self);
  data_test_wait_eos (self);
  data_test_expect (self, TRUE, "call-file-failed", "code", "timeout");
  data_test_expect (self, FALSE, "call-file-failed", "code", "cancelled");
  data_test_free (self);
}

GST_END_TEST;

/* given an offer that waits, when the connection was lost meanwhile, then it can
 * still be accepted */
GST_START_TEST (test_accept_after_cut)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 1000000, "");
  guint id = wait_for_offer (self);

  data_test_close (ann);
  data_test_open (ann);
  while (!act (ann, "accept", DATA_TEST_SENDER, id))
    g_usleep (1000);
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  data_test_free (self);
}

GST_END_TEST;

/* After some chunks nothing is acknowledged any more, so that it does not end */
static gboolean
stop_acks (DataReceiver * receiver, const gchar * text, gpointer data)
{
  return !strstr (text, "file-ack");
}

static void
wait_for_chunks (DataTest * self, guint64 wanted)
{
  guint64 n = 0;

  while (n < wanted) {
    g_usleep (1000);
    g_mutex_lock (&self->lock);
    n = self->n_chunks;
    g_mutex_unlock (&self->lock);
  }
}

/* given a transfer that runs, when the receiver refuses it, then nothing is
 * left, and the sender ends */
GST_START_TEST (test_receiver_cancels)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 10000000, "");
  guint id = wait_for_offer (self);

  self->reply_filter = stop_acks;
  fail_unless (act (ann, "accept", DATA_TEST_SENDER, id));
  wait_for_chunks (self, 24);
  fail_unless (act (ann, "refuse", DATA_TEST_SENDER, id));
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_wait_eos (self);
  data_test_expect (self, TRUE, "call-file-failed", "code", "cancelled");
  data_test_free (self);
}

GST_END_TEST;

/* given a transfer that runs, when the sender cancels it, then the receiver
 * knows, and nothing is left */
GST_START_TEST (test_sender_cancels)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 10000000, "");
  guint id = wait_for_offer (self);

  self->reply_filter = stop_acks;
  fail_unless (act (ann, "accept", DATA_TEST_SENDER, id));
  wait_for_chunks (self, 24);
  g_signal_emit_by_name (self->pay, "cancel");
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_expect (self, FALSE, "call-file-failed", "code", "cancelled");
  data_test_expect (self, TRUE, "call-file-failed", "code", "cancelled");
  data_test_free (self);
}

GST_END_TEST;

/* given nobody who could have it, when the sender cancels, then it ends */
GST_START_TEST (test_cancel_alone)
{
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x", 10);

  data_test_start (self, "filesrc location=%s ! callfilepay name=pay", path);
  g_signal_emit_by_name (self->pay, "cancel");
  data_test_wait_eos (self);
  data_test_free (self);
}

GST_END_TEST;

/* given two receivers, when one refuses, then the other has the file */
GST_START_TEST (test_one_refuses)
{
  DataReceiver *ann;
  DataTest *self = new_test (&ann, 1000000, "");
  DataReceiver *bob = data_test_add_receiver (self, "bob", "");
  guint id = wait_for_offer (self);

  data_test_open (bob);
  data_test_expect (self, FALSE, "call-file-offered", "file-name", "x");
  fail_unless (act (ann, "refuse", DATA_TEST_SENDER, id));
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  fail_unless_equals_int (data_test_count_files (bob->directory), 1);
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_decide_suite (void)
{
  Suite *s = suite_create ("data-decide");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_accept);
  tcase_add_test (tc, test_refuse);
  tcase_add_test (tc, test_no_answer);
  tcase_add_test (tc, test_accept_after_cut);
  tcase_add_test (tc, test_receiver_cancels);
  tcase_add_test (tc, test_sender_cancels);
  tcase_add_test (tc, test_cancel_alone);
  tcase_add_test (tc, test_one_refuses);
  return s;
}

GST_CHECK_MAIN (data_decide);
