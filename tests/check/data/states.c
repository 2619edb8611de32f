/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given transfers in the middle, when an element changes its state from another
 * thread, or its stream ends, then it is done at once, the other side goes on,
 * and no part of a file is left.
 */
#include "data-test.h"

#include <string.h>

#define SIZE 30000000

static void
start (DataTest * self, const gchar * path, gboolean pushed)
{
  data_test_start (self, "filesrc location=%s %s ! callfilepay name=pay",
      path, pushed ? "! queue" : "");
}

static void
to_null (GstElement * element)
{
  gint64 begun = g_get_monotonic_time ();

  fail_unless_equals_int (gst_element_set_state (element, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  fail_if (g_get_monotonic_time () - begun > 5 * G_TIME_SPAN_SECOND);
}

/* given any moment, when the sender goes to NULL, then it does, and so does the
 * receiver, which leaves nothing */
GST_START_TEST (test_sender)
{
  for (guint i = 0; i < 30; i++) {
    DataTest *self = data_test_new ();
    DataReceiver *ann = data_test_add_receiver (self, "ann", "");
    g_autofree gchar *path = data_test_make_file (self, "x", SIZE);
    g_autofree gchar *received = data_test_received (ann, "x");

    data_test_open (ann);
    start (self, path, i % 2);
    g_usleep (i * 700);
    to_null (self->pipeline);
    to_null (ann->depay);
    fail_unless_equals_int (data_test_count_files (ann->directory),
        g_file_test (received, G_FILE_TEST_EXISTS) ? 1 : 0);
    data_test_free (self);
  }
}

GST_END_TEST;

/* given any moment, when the receiver goes to NULL in another thread than the
 * one that pushes into it, then it does, and the sender ends */
GST_START_TEST (test_receiver)
{
  for (guint i = 0; i < 30; i++) {
    DataTest *self = data_test_new ();
    DataReceiver *ann = data_test_add_receiver (self, "ann", "");
    g_autofree gchar *path = data_test_make_file (self, "x", SIZE);

    data_test_open (ann);
    start (self, path, i % 2);
    g_usleep (i * 700);
    to_null (ann->depay);
    data_test_close (ann);
    data_test_free (self);
  }
}

GST_END_TEST;

/* given a receiver that stops, then its sender is told, and does not wait */
GST_START_TEST (test_told)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann",
      "auto-accept=false");
  g_autofree gchar *path = data_test_make_file (self, "x", SIZE);

  data_test_open (ann);
  start (self, path, FALSE);
  gst_message_unref (data_test_wait_message (self, FALSE, "call-file-offered"));
  to_null (ann->depay);
  data_test_wait_eos (self);
  data_test_expect (self, TRUE, "call-file-failed", "code", "cancelled");
  data_test_free (self);
}

GST_END_TEST;

/* given a source that waits for room, as there is nobody, when it goes to NULL,
 * then it does */
GST_START_TEST (test_waiting)
{
  for (guint i = 0; i < 4; i++) {
    DataTest *self = data_test_new ();
    g_autofree gchar *path = data_test_make_file (self, "x", SIZE);

    start (self, path, i % 2);
    if (i < 2)
      g_usleep (50 * 1000);
    to_null (self->pipeline);
    data_test_free (self);
  }
}

GST_END_TEST;

/* given a sender that has ended, when it plays again, then it sends again */
GST_START_TEST (test_again)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 100000);

  data_test_open (ann);
  start (self, path, FALSE);
  for (guint i = 1; i <= 3; i++) {
    data_test_wait_eos (self);
    fail_unless_equals_int (data_test_count_files (ann->directory), i);
    gst_element_set_state (self->pipeline, i == 1 ? GST_STATE_READY :
        GST_STATE_NULL);
    self->eos = FALSE;
    gst_pad_set_active (self->wire, FALSE);
    gst_pad_set_active (self->wire, TRUE);
    gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  }
  data_test_free (self);
}

GST_END_TEST;

static gboolean
stop_acks (DataReceiver * receiver, const gchar * text, gpointer data)
{
  return !strstr (text, "file-ack");
}

/* given a transfer in the middle, when the receiver's stream ends, then it has
 * failed, both are told, nothing is left, and EOS is posted */
GST_START_TEST (test_eos)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", SIZE);
  guint64 n = 0;

  self->reply_filter = stop_acks;
  data_test_open (ann);
  start (self, path, FALSE);
  while (n < 24) {
    g_usleep (1000);
    g_mutex_lock (&self->lock);
    n = self->n_chunks;
    g_mutex_unlock (&self->lock);
  }
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  gst_pad_push_event (ann->out, gst_event_new_eos ());
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_expect (self, FALSE, "call-file-failed", "code", "cancelled");
  gst_message_unref (gst_bus_pop_filtered (self->bus, GST_MESSAGE_EOS));
  data_test_wait_eos (self);
  data_test_free (self);
}

GST_END_TEST;

static gpointer
play_and_pause (gpointer element)
{
  for (guint i = 0; i < 200; i++) {
    gst_element_set_state (element, i % 2 ? GST_STATE_PAUSED :
        GST_STATE_PLAYING);
    g_thread_yield ();
  }
  gst_element_set_state (element, GST_STATE_PLAYING);
  return NULL;
}

static gpointer
ask (gpointer element)
{
  gint64 value;
  gboolean ok;

  for (guint i = 0; i < 2000; i++) {
    if (g_str_has_prefix (GST_OBJECT_NAME (element), "pay")) {
      gst_element_query_position (element, GST_FORMAT_PERCENT, &value);
      gst_element_query_duration (element, GST_FORMAT_BYTES, &value);
    } else {
      g_signal_emit_by_name (element, "accept", DATA_TEST_SENDER, i, &ok);
      g_object_set (element, "max-file-size", G_GUINT64_CONSTANT (1) << 32,
          NULL);
    }
  }
  return NULL;
}

static gpointer
come_and_go (gpointer receiver)
{
  for (guint i = 0; i < 50; i++) {
    data_test_close (receiver);
    data_test_open (receiver);
    g_usleep (500);
  }
  return NULL;
}

/* given threads that pause, ask, decide, come and go, then the file arrives */
GST_START_TEST (test_threads)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  DataReceiver *bob = data_test_add_receiver (self, "bob", "");
  g_autofree gchar *path = data_test_make_file (self, "x", SIZE);
  g_autofree gchar *received = data_test_received (ann, "x");
  GThread *threads[5];

  data_test_open (ann);
  data_test_open (bob);
  start (self, path, FALSE);
  threads[0] = g_thread_new ("states", play_and_pause, self->pipeline);
  threads[1] = g_thread_new ("states", play_and_pause, ann->depay);
  threads[2] = g_thread_new ("ask", ask, self->pay);
  threads[3] = g_thread_new ("ask", ask, ann->depay);
  threads[4] = g_thread_new ("peer", come_and_go, bob);
  for (guint i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  data_test_wait_eos (self);
  fail_unless (data_test_same_file (path, received));
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_states_suite (void)
{
  Suite *s = suite_create ("data-states");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_sender);
  tcase_add_test (tc, test_receiver);
  tcase_add_test (tc, test_told);
  tcase_add_test (tc, test_waiting);
  tcase_add_test (tc, test_again);
  tcase_add_test (tc, test_eos);
  tcase_add_test (tc, test_threads);
  return s;
}

GST_CHECK_MAIN (data_states);
