/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a connection that is lost in the middle of a file, when it is there
 * again, then the file goes on where it was, and is whole.
 */
#include "data-test.h"

#include <string.h>

#define SIZE 2000000

/* After so many chunks the channel is gone; what is on its way is lost */
typedef struct
{
  guint64 at;
  gboolean cut;
  guint64 lost;
  guint64 resumed;              /* offset of the second accept */
  guint accepts;
  const gchar *drop;            /* a reply that gets lost, once */
} Cut;

static gboolean
cut_at (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  Cut *cut = data;

  if (!text && !cut->cut && receiver->test->n_chunks >= cut->at) {
    cut->cut = TRUE;
    data_test_close (receiver);
    cut->lost++;
    return FALSE;
  }
  return TRUE;
}

static gboolean
see_replies (DataReceiver * receiver, const gchar * text, gpointer data)
{
  Cut *cut = data;
  const gchar *offset = strstr (text, "\"offset\":");

  if (strstr (text, "file-accept") && cut->accepts++ > 0)
    cut->resumed = g_ascii_strtoull (offset + 9, NULL, 10);
  if (cut->drop && strstr (text, cut->drop)) {
    cut->drop = NULL;
    data_test_close (receiver);
    return FALSE;
  }
  return TRUE;
}

static DataTest *
new_test (Cut * cut, const gchar * receiver, const gchar * sender)
{
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x.bin", SIZE);

  self->filter = cut_at;
  self->reply_filter = see_replies;
  self->data = cut;
  data_test_open (data_test_add_receiver (self, "ann", receiver));
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay %s", path,
      sender);
  return self;
}

static void
wait_for_cut (DataTest * self)
{
  DataReceiver *ann = g_ptr_array_index (self->receivers, 0);
  gboolean open = TRUE;

  for (guint i = 0; open && i < DATA_TEST_SECONDS * 1000; i++) {
    g_usleep (1000);
    g_mutex_lock (&self->lock);
    open = ann->open;
    g_mutex_unlock (&self->lock);
  }
  fail_if (open);
}

static void
fail_unless_whole (DataTest * self)
{
  DataReceiver *ann = g_ptr_array_index (self->receivers, 0);
  g_autofree gchar *path = g_build_filename (self->folder, "x.bin", NULL);
  g_autofree gchar *received = data_test_received (ann, "x.bin");

  fail_unless (data_test_same_file (path, received));
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
}

/* given a cut, when the channel opens again, then nothing that was there is sent
 * again */
GST_START_TEST (test_cut)
{
  Cut cut = { 20 };
  DataTest *self = new_test (&cut, "", "");

  wait_for_cut (self);
  fail_unless_equals_int (data_test_count_files (((DataReceiver *)
              g_ptr_array_index (self->receivers, 0))->directory), 1);
  data_test_open (g_ptr_array_index (self->receivers, 0));
  data_test_wait_eos (self);
  fail_unless_whole (self);
  fail_unless_equals_uint64 (cut.resumed, 20 * 32768);
  fail_unless_equals_uint64 (self->n_chunks, (SIZE + 32767) / 32768);
  data_test_free (self);
}

GST_END_TEST;

/* given that the offer, the accept or the last word is what gets lost, then it
 * ends well all the same */
GST_START_TEST (test_lost_replies)
{
  static const gchar *const replies[] = { "file-accept", "file-ack",
    "file-done"
  };

  for (guint i = 0; i < G_N_ELEMENTS (replies); i++) {
    Cut cut = { G_MAXUINT64 };
    DataTest *self;

    cut.drop = replies[i];
    self = new_test (&cut, "", "");
    wait_for_cut (self);
    data_test_open (g_ptr_array_index (self->receivers, 0));
    data_test_wait_eos (self);
    fail_unless_whole (self);
    data_test_expect (self, TRUE, "call-file-sent", "peer-id", "ann");
    data_test_free (self);
  }
}

GST_END_TEST;

/* given a receiver that does not come back, when the time is over, then it has
 * failed, and the other one has the file */
GST_START_TEST (test_gone)
{
  Cut cut = { 40 };
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x.bin", SIZE);
  DataReceiver *bob = data_test_add_receiver (self, "bob", "");
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *received = data_test_received (bob, "x.bin");

  self->filter = cut_at;
  self->data = &cut;
  data_test_open (bob);
  data_test_open (ann);
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay "
      "receivers-timeout=1", path);
  data_test_wait_eos (self);
  fail_unless (bob->open != ann->open);
  data_test_expect (self, TRUE, "call-file-sent", "peer-id",
      bob->open ? "bob" : "ann");
  data_test_expect (self, TRUE, "call-file-failed", "code", "gone");
  if (bob->open)
    fail_unless (data_test_same_file (path, received));
  data_test_free (self);
}

GST_END_TEST;

/* given a sender that does not come back, when the time is over, then nothing
 * of its file is left, and people are told */
GST_START_TEST (test_sender_gone)
{
  Cut cut = { 5 };
  DataTest *self = new_test (&cut, "resume-timeout=1", "");
  DataReceiver *ann = g_ptr_array_index (self->receivers, 0);

  wait_for_cut (self);
  data_test_expect (self, FALSE, "call-file-failed", "code", "gone");
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_free (self);
}

GST_END_TEST;

/* given a receiver that lost what it had (it was started anew), then it gets the
 * whole file from the beginning */
GST_START_TEST (test_receiver_anew)
{
  Cut cut = { 20 };
  DataTest *self = new_test (&cut, "", "");
  DataReceiver *ann = g_ptr_array_index (self->receivers, 0);

  wait_for_cut (self);
  gst_element_set_state (ann->depay, GST_STATE_READY);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  /* its pad has forgotten all events */
  gst_pad_set_active (ann->out, FALSE);
  gst_element_set_state (ann->depay, GST_STATE_PLAYING);
  gst_pad_set_active (ann->out, TRUE);
  gst_pad_push_event (ann->out, gst_event_new_stream_start ("ann"));
  ann->text = -1;
  data_test_open (ann);
  data_test_wait_eos (self);
  fail_unless_whole (self);
  fail_unless_equals_uint64 (cut.resumed, 0);
  data_test_free (self);
}

GST_END_TEST;

static gboolean
cut_often (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  Cut *cut = data;

  if (++cut->lost % 7 != 0)
    return TRUE;
  data_test_close (receiver);
  data_test_open (receiver);
  return FALSE;
}

/* given many cuts at all places, then the file is whole */
GST_START_TEST (test_often)
{
  Cut cut = { 0 };
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x.bin", SIZE);

  self->filter = cut_often;
  self->data = &cut;
  data_test_open (data_test_add_receiver (self, "ann", ""));
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay", path);
  data_test_wait_eos (self);
  fail_unless_whole (self);
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_resume_suite (void)
{
  Suite *s = suite_create ("data-resume");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_cut);
  tcase_add_test (tc, test_lost_replies);
  tcase_add_test (tc, test_gone);
  tcase_add_test (tc, test_sender_gone);
  tcase_add_test (tc, test_receiver_anew);
  tcase_add_test (tc, test_often);
  return s;
}

GST_CHECK_MAIN (data_resume);
