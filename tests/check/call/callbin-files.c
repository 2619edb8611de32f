/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given two in a room, of whom one has a download-directory, when the other emits
 * send-file, then the file is there, both hear of its way, and the call goes on,
 * whatever is wrong with the file or the directory.
 */
#include "call-test.h"

#include <glib/gstdio.h>
#include <string.h>

#define SIZE (3 * 1024 * 1024)

/* What the signals said */
typedef struct
{
  GMutex lock;
  gchar *peer_id, *path, *media_type;
  gchar *file_name;
  gboolean sending;
  guint64 position;
  gint64 size;
} Told;

typedef struct
{
  gchar *folder, *file, *downloads;
  gchar *url;
  CallSide *ann, *bob;
  Told at_ann, at_bob;
} Fixture;

static void
on_progress (GstElement * call, const gchar * peer_id, const gchar * file_name,
    gboolean sending, guint64 position, gint64 size, gpointer data)
{
  Told *told = data;

  g_mutex_lock (&told->lock);
  g_free (told->file_name);
  told->file_name = g_strdup (file_name);
  told->sending = sending;
  told->position = position;
  told->size = size;
  g_mutex_unlock (&told->lock);
  call_test_news ();
}

static void
on_received (GstElement * call, const gchar * peer_id, const gchar * path,
    const gchar * media_type, gpointer data)
{
  Told *told = data;

  g_mutex_lock (&told->lock);
  g_free (told->peer_id);
  g_free (told->path);
  g_free (told->media_type);
  told->peer_id = g_strdup (peer_id);
  told->path = g_strdup (path);
  told->media_type = g_strdup (media_type);
  g_mutex_unlock (&told->lock);
  call_test_news ();
}

static gboolean
is_received (Told * told)
{
  gboolean yes;

  g_mutex_lock (&told->lock);
  yes = told->path != NULL;
  g_mutex_unlock (&told->lock);
  return yes;
}

/* The last progress is that of the whole file. */
static gboolean
is_whole (Told * told)
{
  gboolean yes;

  g_mutex_lock (&told->lock);
  yes = told->size == SIZE && told->position == SIZE;
  g_mutex_unlock (&told->lock);
  return yes;
}

static gboolean
has_begun (Told * told)
{
  gboolean yes;

  g_mutex_lock (&told->lock);
  yes = told->file_name != NULL;
  g_mutex_unlock (&told->lock);
  return yes;
}

static void
told_clear (Told * told)
{
  g_free (told->peer_id);
  g_free (told->path);
  g_free (told->media_type);
  g_free (told->file_name);
}

static void
listen_to (CallSide * side, Told * told)
{
  g_signal_connect (side->call, "file-progress", G_CALLBACK (on_progress),
      told);
  g_signal_connect (side->call, "file-received", G_CALLBACK (on_received),
      told);
}

static void
write_file (const gchar * path, gsize size)
{
  g_autofree guint8 *bytes = g_malloc (size);
  gsize i;

  for (i = 0; i < size; i++)
    bytes[i] = i * 7 + i / 251;
  fail_unless (g_file_set_contents (path, (gchar *) bytes, size, NULL));
}

/* Ann hosts, Bob has `properties`; they are connected. */
static void
fixture_init (Fixture * self, const gchar * properties)
{
  memset (self, 0, sizeof (*self));
  self->folder = g_dir_make_tmp ("gst-call-files-XXXXXX", NULL);
  fail_unless (self->folder != NULL);
  self->file = g_build_filename (self->folder, "photo.jpg", NULL);
  self->downloads = g_build_filename (self->folder, "downloads", NULL);
  write_file (self->file, SIZE);
  self->ann = call_side_host ("peer-id=ann", "", &self->url);
  listen_to (self->ann, &self->at_ann);
  if (properties) {
    self->bob = call_side_join (self->url, properties, "");
  } else {
    g_autofree gchar *own = g_strdup_printf ("peer-id=bob "
        "download-directory=%s", self->downloads);

    self->bob = call_side_join (self->url, own, "");
  }
  listen_to (self->bob, &self->at_bob);
  CALL_WAIT (call_side_has (self->ann, "call-state", "state", "connected"));
}

static void
remove_all (const gchar * folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    g_remove (path);
  }
  g_rmdir (folder);
}

static guint
count_files (const gchar * folder)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

static void
fixture_clear (Fixture * self)
{
  call_side_free (self->bob);
  call_side_free (self->ann);
  remove_all (self->downloads);
  remove_all (self->folder);
  told_clear (&self->at_ann);
  told_clear (&self->at_bob);
  g_free (self->folder);
  g_free (self->file);
  g_free (self->downloads);
  g_free (self->url);
}

static void
send_file (CallSide * side, const gchar * path)
{
  g_signal_emit_by_name (side->call, "send-file", path);
}

static void
count_element (const GValue * value, gpointer n)
{
  ++*(guint *) n;
}

/* Files that are being sent */
static guint
n_sending (CallSide * side)
{
  GstIterator *all = gst_bin_iterate_all_by_element_factory_name
      (GST_BIN (side->call), "callfilepay");
  guint n = 0;

  while (gst_iterator_foreach (all, count_element, &n) == GST_ITERATOR_RESYNC) {
    n = 0;
    gst_iterator_resync (all);
  }
  gst_iterator_free (all);
  return n;
}

static void
expect_same (const gchar * path, const gchar * other)
{
  g_autofree gchar *bytes = NULL, *others = NULL;
  gsize size, other_size;

  fail_unless (g_file_get_contents (path, &bytes, &size, NULL));
  fail_unless (g_file_get_contents (other, &others, &other_size, NULL));
  fail_unless_equals_int (size, other_size);
  fail_unless (memcmp (bytes, others, size) == 0);
}

/* given no pads at all, when a file is sent, then it is there with its bytes, both
 * sides are told, and what sent it is gone again */
GST_START_TEST (test_sent)
{
  Fixture f;

  fixture_init (&f, NULL);
  send_file (f.ann, f.file);
  CALL_WAIT (is_received (&f.at_bob));
  fail_unless_equals_string (f.at_bob.peer_id, "ann");
  fail_unless_equals_string (f.at_bob.media_type, "image/jpeg");
  fail_unless (g_str_has_prefix (f.at_bob.path, f.downloads));
  expect_same (f.at_bob.path, f.file);
  CALL_WAIT (call_side_has (f.ann, "call-file-sent", "peer-id", "bob"));
  CALL_WAIT (has_begun (&f.at_ann) && has_begun (&f.at_bob));
  fail_unless_equals_string (f.at_ann.file_name, "photo.jpg");
  fail_unless (f.at_ann.sending);
  fail_unless (!f.at_bob.sending);
  CALL_WAIT (is_whole (&f.at_ann));
  CALL_WAIT (n_sending (f.ann) == 0);
  fail_unless (!gst_element_get_static_pad (f.bob->call, "remote_data_files"));
  call_side_no_error (f.ann);
  call_side_no_error (f.bob);
  fixture_clear (&f);
}

GST_END_TEST;

/* given three files sent at once, then all of them come */
GST_START_TEST (test_several)
{
  Fixture f;
  guint i;

  fixture_init (&f, NULL);
  for (i = 0; i < 3; i++)
    send_file (f.ann, f.file);
  CALL_WAIT (call_side_count (f.bob, "call-file-received", NULL, NULL) == 3);
  fail_unless_equals_int (count_files (f.downloads), 3);
  fixture_clear (&f);
}

GST_END_TEST;

/* given what is no file, or no call, when it is to be sent, then a warning says so,
 * no error is posted, and the next file goes */
GST_START_TEST (test_no_file)
{
  Fixture f;
  g_autofree gchar *missing = NULL;

  fixture_init (&f, NULL);
  missing = g_build_filename (f.folder, "missing", NULL);
  send_file (f.ann, missing);
  CALL_WAIT (call_side_told (f.ann, GST_MESSAGE_WARNING, "missing is not sent",
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ));
  send_file (f.ann, f.folder);
  send_file (f.ann, f.file);
  CALL_WAIT (is_received (&f.at_bob));
  call_side_set_state (f.ann, GST_STATE_READY);
  send_file (f.ann, f.file);
  CALL_WAIT (call_side_told (f.ann, GST_MESSAGE_WARNING, "is not running",
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_OPEN_READ));
  fail_unless (call_side_error (f.ann) == NULL);
  fixture_clear (&f);
}

GST_END_TEST;

/* given a download-directory that cannot be, then a warning says so, the call
 * goes on, and who sends a file is told that nobody takes it */
GST_START_TEST (test_no_directory)
{
  Fixture f;

  fixture_init (&f, "peer-id=bob download-directory=/dev/null/downloads");
  fail_unless (call_side_told (f.bob, GST_MESSAGE_WARNING,
          "/dev/null/downloads", GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_OPEN_WRITE));
  send_file (f.ann, f.file);
  CALL_WAIT (call_side_has (f.ann, "call-file-failed", "code", "refused"));
  fail_unless (call_side_error (f.bob) == NULL);
  fixture_clear (&f);
}

GST_END_TEST;

/* given a file on its way, when its sender hangs up, or goes to READY, then what
 * sent it is gone at once, and nothing of it stays at the receiver in the end */
GST_START_TEST (test_cut)
{
  Fixture f;

  fixture_init (&f, NULL);
  write_file (f.file, 60 * 1024 * 1024);
  send_file (f.ann, f.file);
  CALL_WAIT (has_begun (&f.at_bob));
  g_signal_emit_by_name (f.ann->call, "hang-up");
  CALL_WAIT (n_sending (f.ann) == 0);
  CALL_WAIT (call_side_has (f.bob, "call-peer-left", "peer-id", "ann"));
  send_file (f.ann, f.file);
  CALL_WAIT (n_sending (f.ann) == 1);
  call_side_set_state (f.ann, GST_STATE_READY);
  fail_unless_equals_int (n_sending (f.ann), 0);
  call_side_set_state (f.bob, GST_STATE_READY);
  fail_unless_equals_int (count_files (f.downloads), 0);
  fixture_clear (&f);
}

GST_END_TEST;

static Suite *
callbin_files_suite (void)
{
  Suite *s = suite_create ("callbin-files");
  TCase *tc = tcase_create ("general");

  tcase_set_timeout (tc, 60);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_sent);
  tcase_add_test (tc, test_several);
  tcase_add_test (tc, test_no_file);
  tcase_add_test (tc, test_no_directory);
  tcase_add_test (tc, test_cut);
  return s;
}

GST_CHECK_MAIN (callbin_files);
