/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a source that only pushes, when it is sent, then each stream is a file,
 * in bounded memory, for those that are there when it begins.
 */
#include "data-test.h"

#include <fcntl.h>
#include <glib-unix.h>
#include <string.h>
#include <unistd.h>

static void
fail_unless_received (DataReceiver * receiver, const gchar * name,
    const gchar * path)
{
  g_autofree gchar *received = data_test_received (receiver, name);

  fail_unless (data_test_same_file (path, received), "%s", received);
}

/* a queue takes pull mode away */
#define PUSHED "filesrc location=%s ! queue max-size-buffers=2 ! callfilepay name=pay "

/* given several receivers, then all have the whole stream, whose size is known
 * from its source */
GST_START_TEST (test_three)
{
  DataTest *self = data_test_new ();
  g_autofree gchar *path = data_test_make_file (self, "x.bin", 20000001);
  const gchar *const ids[] = { "ann", "bob", "eve" };

  for (guint i = 0; i < 3; i++)
    data_test_open (data_test_add_receiver (self, ids[i], ""));
  data_test_start (self, PUSHED, path);
  data_test_wait_eos (self);
  for (guint i = 0; i < 3; i++)
    fail_unless_received (g_ptr_array_index (self->receivers, i), "x.bin",
        path);
  data_test_free (self);
}

GST_END_TEST;

/* given an encoder that is still at work, when it is asked for its length it gives
 * that of the raw pictures: then the file is offered without a length, and arrives */
GST_START_TEST (test_encoder)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *received = data_test_received (ann, "x.png");

  data_test_open (ann);
  data_test_start (self, "videotestsrc num-buffers=3 is-live=true ! "
      "video/x-raw,width=320,height=240,framerate=10/1 ! "
      "pngenc snapshot=false ! callfilepay name=pay file-name=x.png");
  data_test_wait_eos (self);
  fail_unless (g_file_test (received, G_FILE_TEST_EXISTS));
  data_test_free (self);
}

GST_END_TEST;

static void
write_file (gint fd, const gchar * path)
{
  g_autofree gchar *data = NULL;
  gsize length, written = 0;

  fail_unless (g_file_get_contents (path, &data, &length, NULL));
  while (written < length) {
    gssize n = write (fd, data + written, length - written);

    fail_unless (n > 0);
    written += n;
  }
}

/* given a source that knows neither name nor size, and an empty one, then the
 * file is there under the name that was given */
GST_START_TEST (test_unknown)
{
  const gsize sizes[] = { 0, 1, 100000 };

  for (guint i = 0; i < G_N_ELEMENTS (sizes); i++) {
    DataTest *self = data_test_new ();
    DataReceiver *ann = data_test_add_receiver (self, "ann", "");
    g_autofree gchar *path = data_test_make_file (self, "x", sizes[i]);
    gint fds[2];

    fail_unless (g_unix_open_pipe (fds, FD_CLOEXEC, NULL));
    data_test_open (ann);
    data_test_start (self, "fdsrc fd=%d ! callfilepay name=pay file-name=y",
        fds[0]);
    write_file (fds[1], path);
    close (fds[1]);
    data_test_wait_eos (self);
    fail_unless_received (ann, "y", path);
    data_test_free (self);
    close (fds[0]);
  }
}

GST_END_TEST;

/* given two streams in a row, then they are two files; only the name of the first
 * can be asked for */
GST_START_TEST (test_two_files)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *one = data_test_make_file (self, "one.txt", 5000000);
  g_autofree gchar *other = data_test_make_file (self, "other.txt", 7000000);

  data_test_open (ann);
  data_test_start (self, "concat name=c ! callfilepay name=pay "
      "filesrc location=%s ! c. filesrc location=%s ! c.", one, other);
  data_test_wait_eos (self);
  fail_unless_received (ann, "one.txt", one);
  fail_unless_received (ann, "file", other);
  data_test_free (self);
}

GST_END_TEST;

/* given nobody, then the source waits, and not more than the window is kept;
 * who comes gets all */
GST_START_TEST (test_waits)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 20000000);
  g_autoptr (GstElement) src = NULL;
  gint64 before = 0, position = -1;

  data_test_start (self,
      "filesrc name=src location=%s ! queue max-size-buffers=2 ! "
      "callfilepay name=pay", path);
  src = gst_bin_get_by_name (GST_BIN (self->pipeline), "src");
  while (before != position) {
    before = position;
    g_usleep (200 * 1000);
    gst_element_query_position (src, GST_FORMAT_BYTES, &position);
  }
  fail_unless (position > 3000000 && position < 6000000,
      "%" G_GINT64_FORMAT, position);
  fail_if (self->eos);
  data_test_open (ann);
  data_test_wait_eos (self);
  fail_unless_received (ann, "x", path);
  data_test_free (self);
}

GST_END_TEST;

static gboolean
let_bob_in (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer bob)
{
  if (receiver->test->n_chunks == 400)
    data_test_open (bob);
  return TRUE;
}

/* given a receiver that comes in the middle, when the beginning has gone, then
 * it gets nothing and people are told; the other is not disturbed */
GST_START_TEST (test_late)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  DataReceiver *bob = data_test_add_receiver (self, "bob", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 40000000);

  self->filter = let_bob_in;
  self->data = bob;
  data_test_open (ann);
  data_test_start (self, PUSHED, path);
  data_test_wait_eos (self);
  fail_unless_received (ann, "x", path);
  fail_unless_equals_int (data_test_count_files (bob->directory), 0);
  data_test_expect (self, TRUE, "call-file-failed", "code", "late");
  data_test_free (self);
}

GST_END_TEST;

static gboolean
cut_once (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  if (!text && receiver->test->n_chunks == 300 && *(gboolean *) data) {
    *(gboolean *) data = FALSE;
    data_test_close (receiver);
    data_test_open (receiver);
    return FALSE;
  }
  return TRUE;
}

/* given a connection that is lost for a moment, when what was lost is still
 * kept, then it goes on */
GST_START_TEST (test_resume)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  g_autofree gchar *path = data_test_make_file (self, "x", 20000000);
  gboolean once = TRUE;

  self->filter = cut_once;
  self->data = &once;
  data_test_open (ann);
  data_test_start (self, PUSHED, path);
  data_test_wait_eos (self);
  fail_if (once);
  fail_unless_received (ann, "x", path);
  data_test_free (self);
}

GST_END_TEST;

static gboolean
refuse (DataReceiver * receiver, gboolean text, GstBuffer ** buffer,
    gpointer data)
{
  gboolean ok;

  if (!text && receiver->test->n_chunks == 10)
    g_signal_emit_by_name (receiver->depay, "refuse", DATA_TEST_SENDER,
        *(guint *) data, &ok);
  return TRUE;
}

static gboolean
find_id (DataReceiver * receiver, const gchar * text, gpointer data)
{
  *(guint *) data = g_ascii_strtoull (strstr (text, "\"id\":") + 5, NULL, 10);
  return TRUE;
}

/* given receivers that all refuse, then the source ends, not only the file */
GST_START_TEST (test_all_refuse)
{
  DataTest *self = data_test_new ();
  DataReceiver *ann = data_test_add_receiver (self, "ann", "");
  guint id = 0;

  self->filter = refuse;
  self->reply_filter = find_id;
  self->data = &id;
  data_test_open (ann);
  data_test_start (self, "fakesrc sizetype=fixed sizemax=5000 ! "
      "callfilepay name=pay");
  data_test_wait_eos (self);
  fail_unless_equals_int (data_test_count_files (ann->directory), 0);
  data_test_free (self);
}

GST_END_TEST;

static Suite *
data_stream_suite (void)
{
  Suite *s = suite_create ("data-stream");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_three);
  tcase_add_test (tc, test_encoder);
  tcase_add_test (tc, test_unknown);
  tcase_add_test (tc, test_two_files);
  tcase_add_test (tc, test_waits);
  tcase_add_test (tc, test_late);
  tcase_add_test (tc, test_resume);
  tcase_add_test (tc, test_all_refuse);
  return s;
}

GST_CHECK_MAIN (data_stream);
