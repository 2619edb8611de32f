/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a disk with no place for a file, when it is offered or in the middle of
 * it, then it is refused, nothing of it is left, and the receiver goes on.
 */
#define _GNU_SOURCE             /* unshare */
#include "data-test.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/resource.h>

#define MIB (1024 * 1024)

/* A small file system for the receiver, which nobody else sees. FALSE: this
 * user may not. */
static gboolean
mount_small_disk (DataTest * self, const gchar * id, const gchar * options)
{
  g_autofree gchar *directory = g_build_filename (self->folder, id, NULL);

  g_mkdir (directory, 0700);
  if (unshare (CLONE_NEWNS) < 0 && unshare (CLONE_NEWUSER | CLONE_NEWNS) < 0)
    return FALSE;
  if (mount ("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) < 0)
    return FALSE;
  return mount ("none", directory, "tmpfs", 0, options) == 0;
}

static void
unmount (DataReceiver * receiver)
{
  g_autofree gchar *directory = g_strdup (receiver->directory);

  umount2 (directory, MNT_DETACH);
}

static gboolean
fill_up (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  if (!text && receiver->test->n_chunks == 32) {
    g_autofree gchar *path = data_test_received (receiver, "filler");
    g_autofree gchar *bytes = g_malloc0 (20 * MIB);

    fail_unless (g_file_set_contents (path, bytes, 20 * MIB, NULL));
  }
  return TRUE;
}

/* given a disk that somebody else fills up in the middle, then the file fails
 * before the last byte is used, and a smaller one fits */
GST_START_TEST (test_full)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann;
  g_autofree gchar *path = data_test_make_file (self, "x", 20 * MIB);

  if (!mount_small_disk (self, "ann", "size=40m")) {
    /* the limit below is tested in any case */
    GST_INFO ("no file system of one's own: %s", g_strerror (errno));
    data_test_free (self);
    return;
  }
  ann = data_test_add_receiver (self, "ann", "");
  self->filter = fill_up;
  data_test_open (ann);
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay", path);
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  data_test_expect (self, TRUE, "call-file-failed", "code", "no-space");
  data_test_expect (self, FALSE, "call-file-failed", "code", "no-space");
  data_test_say (ann, "{\"type\":\"file-offer\",\"id\":1,\"key\":"
      "\"AbCdEfGhIjKlMnOpQrStU_\",\"name\":\"y\",\"size\":1000}");
  fail_unless_equals_int (data_test_count_files (ann->directory), 2);
  gst_element_set_state (ann->depay, GST_STATE_NULL);
  unmount (ann);
  data_test_free (self);
}

GST_END_TEST;

/* given files that do not fit together, then the second is refused at once */
GST_START_TEST (test_offered)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann;

  if (!mount_small_disk (self, "ann", "size=40m")) {
    data_test_free (self);
    return;
  }
  ann = data_test_add_receiver (self, "ann", "");
  data_test_say (ann, "{\"type\":\"file-offer\",\"id\":1,\"key\":"
      "\"AbCdEfGhIjKlMnOpQrStU0\",\"name\":\"x\",\"size\":20000000}");
  data_test_expect_none (self, FALSE, "call-file-failed");
  data_test_say (ann, "{\"type\":\"file-offer\",\"id\":2,\"key\":"
      "\"AbCdEfGhIjKlMnOpQrStU1\",\"name\":\"y\",\"size\":20000000}");
  data_test_expect (self, FALSE, "call-file-failed", "code", "no-space");
  fail_unless_equals_int (data_test_count_files (ann->directory), 1);
  gst_element_set_state (ann->depay, GST_STATE_NULL);
  unmount (ann);
  data_test_free (self);
}

GST_END_TEST;

/* given a write that the system refuses, then the file fails and the other
 * receiver has it */
GST_START_TEST (test_limit)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 3 * MIB);
  struct rlimit limit = { 2 * MIB, 2 * MIB };

  signal (SIGXFSZ, SIG_IGN);
  fail_unless (setrlimit (RLIMIT_FSIZE, &limit) == 0);
  data_test_open (ann);
  data_test_start (self, "filesrc location=%s ! callfilepay name=pay", path);
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_expect (self, TRUE, "call-file-failed", "code", "no-space");
  data_test_free (self);
}

GST_END_TEST;

/* given a directory that is none, then there is an error that says which */
GST_START_TEST (test_no_directory)
{
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x", 1);
  g_autofree gchar *line = g_strdup_printf ("callfiledepay directory=%s/y",
      path);
  GstElement *depay = gst_parse_launch (line, NULL);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_object_ref_sink (depay);
  gst_element_set_bus (depay, self->bus);
  fail_unless_equals_int (gst_element_set_state (depay, GST_STATE_PAUSED),
      GST_STATE_CHANGE_FAILURE);
  message = gst_bus_pop_filtered (self->bus, GST_MESSAGE_ERROR);
  fail_unless (message != NULL);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (strstr (error->message, path), "%s", error->message);
  gst_clear_message (&message);
  gst_element_set_bus (depay, NULL);
  gst_element_set_state (depay, GST_STATE_NULL);
  gst_object_unref (depay);
  data_test_free (self);
}

GST_END_TEST;

/* given a directory that goes away, then files fail, and the pipeline runs */
GST_START_TEST (test_directory_goes)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");

  fail_unless (g_rmdir (ann->directory) == 0);
  data_test_say (ann, "{\"type\":\"file-offer\",\"id\":1,\"key\":"
      "\"AbCdEfGhIjKlMnOpQrStU0\",\"name\":\"x\",\"size\":20}");
  data_test_expect (self, FALSE, "call-file-failed", "code", "failed");
  data_test_free (self);
}

GST_END_TEST;

/* given a directory that is not there, then it is made */
GST_START_TEST (test_made)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "a/b/c", "");

  fail_unless (g_file_test (ann->directory, G_FILE_TEST_IS_DIR));
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_disk_suite (void)
{
  Suite *s = suite_create ("data-disk");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_full);
  tcase_add_test (tc, test_offered);
  tcase_add_test (tc, test_limit);
  tcase_add_test (tc, test_no_directory);
  tcase_add_test (tc, test_directory_goes);
  tcase_add_test (tc, test_made);
  return s;
}

GST_CHECK_MAIN (data_disk);
