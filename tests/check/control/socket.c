/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the socket is its owner's alone, is found by name, never takes
 * another one's place, and goes with the pipeline; where there can be none the
 * pipeline runs all the same.
 */
#include "control-test.h"

#include <errno.h>
#include <glib/gstdio.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define LINE "videotestsrc is-live=true ! fakesink name=out   " \
    "callcontrol name=control "
#define NOBODY 65534

static gchar *
in_folder (const gchar * name)
{
  return g_build_filename (control_test_folder (), name, NULL);
}

static mode_t
mode_of (const gchar * path)
{
  struct stat info;

  fail_unless (lstat (path, &info) == 0, "%s: %s", path, g_strerror (errno));
  return info.st_mode & 07777;
}

/* A socket that nobody listens at any more, as a killed process leaves it */
static void
leave_socket (const gchar * path)
{
  struct sockaddr_un address = { AF_UNIX, "" };
  gint fd = socket (AF_UNIX, SOCK_STREAM, 0);

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  fail_unless (bind (fd, (struct sockaddr *) &address, sizeof address) == 0);
  close (fd);
}

static void
fail_unless_answers (const gchar * path, const gchar * part)
{
  gint fd = control_test_connect (path, NULL);
  g_autofree gchar *answer = NULL;

  fail_if (fd < 0);
  answer = control_test_ask (fd, "{\"do\":\"list\"}");
  fail_unless_has (answer, part);
  close (fd);
}

/* Starts a line whose callcontrol cannot listen; the text of its warning */
static gchar *
start_without (const gchar * line)
{
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, NULL);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  g_autoptr (GstMessage) message = NULL;
  g_autoptr (GError) error = NULL;

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, CONTROL_TEST_SECONDS * GST_SECOND,
      GST_MESSAGE_WARNING | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING);
  gst_message_parse_warning (message, &error, NULL);
  control_test_flows (pipeline, "out", 3);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_strdup (error->message);
}

/* given a pipeline, when it runs, then folder and socket are for their owner
 * alone, and when it stops the socket is gone; it can start again */
GST_START_TEST (test_modes)
{
  GstElement *pipeline = control_test_start (LINE "socket=tea");
  g_autofree gchar *path = control_test_path (pipeline);
  g_autofree gchar *folder = in_folder ("gst-call");
  g_autofree gchar *name = g_strdup_printf ("tea.%d.sock", (gint) getpid ());
  g_autofree gchar *again = NULL;
  g_autofree gchar *expected = g_build_filename (folder, name, NULL);

  fail_unless_equals_string (path, expected);
  fail_unless_equals_int (mode_of (folder), 0700);
  fail_unless_equals_int (mode_of (path), 0600);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  again = control_test_path (pipeline);
  fail_unless_equals_string (again, path);
  fail_unless_answers (again, "control");
  control_test_stop (pipeline);
}

GST_END_TEST;

/* given names that are no file names, when they are used, then the socket stays
 * in its folder */
GST_START_TEST (test_odd_names)
{
  g_autofree gchar *folder = in_folder ("gst-call");
  g_autoptr (GstElement) odd = gst_pipeline_new ("../../a b.é");
  g_autofree gchar *path = NULL;
  g_autofree gchar *parent = NULL;

  gst_bin_add (GST_BIN (odd), gst_element_factory_make ("callcontrol",
          "control"));
  gst_element_set_state (odd, GST_STATE_PLAYING);
  path = control_test_path (odd);
  parent = g_path_get_dirname (path);
  fail_unless_equals_string (parent, folder);
  fail_unless_has (path, "______a_b");
  fail_unless_answers (path, "control");
  gst_element_set_state (odd, GST_STATE_NULL);
}

GST_END_TEST;

/* given two pipelines of one name, when both run, then each has its socket */
GST_START_TEST (test_same_name)
{
  GstElement *one = control_test_start (LINE "socket=twin identity name=first");
  GstElement *two =
      control_test_start (LINE "socket=twin identity name=second");
  g_autofree gchar *path_one = control_test_path (one);
  g_autofree gchar *path_two = control_test_path (two);

  fail_if (g_str_equal (path_one, path_two));
  fail_unless_answers (path_one, "first");
  fail_unless_answers (path_two, "second");
  control_test_stop (one);
  fail_unless_answers (path_two, "second");
  control_test_stop (two);
}

GST_END_TEST;

/* given sockets that dead processes have left, when a pipeline starts, then they
 * are removed, also the one in its place; other files and the living stay */
GST_START_TEST (test_dead)
{
  GstElement *living = control_test_start (LINE "socket=living");
  g_autofree gchar *living_path = control_test_path (living);
  g_autofree gchar *folder = in_folder ("gst-call");
  g_autofree gchar *dead = g_build_filename (folder, "old.1.sock", NULL);
  g_autofree gchar *file = g_build_filename (folder, "notes.sock", NULL);
  g_autofree gchar *name = g_strdup_printf ("tea.%d.sock", (gint) getpid ());
  g_autofree gchar *mine = g_build_filename (folder, name, NULL);
  g_autofree gchar *path = NULL;
  GstElement *pipeline;

  leave_socket (dead);
  leave_socket (mine);
  fail_unless (g_file_set_contents (file, "mine", -1, NULL));
  pipeline = control_test_start (LINE "socket=tea");
  path = control_test_path (pipeline);
  fail_unless_equals_string (path, mine);
  fail_unless_answers (path, "control");
  fail_if (g_file_test (dead, G_FILE_TEST_EXISTS));
  fail_unless (g_file_test (file, G_FILE_TEST_EXISTS));
  fail_unless_answers (living_path, "control");
  control_test_stop (pipeline);
  control_test_stop (living);
  g_unlink (file);
}

GST_END_TEST;

/* given a path of one's own, when it is free or a dead process's, then it is
 * used; a living one's, a file, a path too long are refused and nothing is
 * removed */
GST_START_TEST (test_own_path)
{
  g_autofree gchar *path = in_folder ("own.socket");
  g_autofree gchar *file = in_folder ("file");
  g_autofree gchar *line = g_strdup_printf (LINE "socket=%s", path);
  g_autofree gchar *file_line = g_strdup_printf (LINE "socket=%s", file);
  g_autofree gchar *many = g_strnfill (120, 'x');
  g_autofree gchar *long_line =
      g_strdup_printf (LINE "socket=%s/%s", control_test_folder (), many);
  g_autofree gchar *taken = NULL;
  g_autofree gchar *no_socket = NULL;
  g_autofree gchar *too_long = NULL;
  GstElement *pipeline;

  leave_socket (path);
  pipeline = control_test_start (line);
  fail_unless_answers (path, "control");
  fail_unless_equals_int (mode_of (path), 0600);
  taken = start_without (line);
  fail_unless_has (taken, "another process's");
  fail_unless_answers (path, "control");
  fail_unless (g_file_set_contents (file, "mine", -1, NULL));
  no_socket = start_without (file_line);
  fail_unless_has (no_socket, "no socket");
  fail_unless (g_file_test (file, G_FILE_TEST_IS_REGULAR));
  too_long = start_without (long_line);
  fail_unless_has (too_long, "too long");
  control_test_stop (pipeline);
  g_unlink (file);
}

GST_END_TEST;

/* given a folder that others may enter, or that is a link, when a pipeline
 * starts, then it says so and runs without */
GST_START_TEST (test_unsafe_folder)
{
  g_autofree gchar *folder = in_folder ("gst-call");
  g_autofree gchar *real = in_folder ("real");
  g_autofree gchar *open = NULL;
  g_autofree gchar *link_text = NULL;

  g_mkdir (folder, 0700);
  fail_unless (g_chmod (folder, 0755) == 0);
  open = start_without (LINE);
  fail_unless_has (open, "chmod 700");
  fail_unless (g_chmod (folder, 0700) == 0);
  fail_unless (g_rename (folder, real) == 0);
  fail_unless (symlink (real, folder) == 0);
  link_text = start_without (LINE);
  fail_unless_has (link_text, "folder");
  fail_unless (g_unlink (folder) == 0);
  fail_unless (g_rename (real, folder) == 0);
}

GST_END_TEST;

/* given a runtime folder that is not there, when a pipeline starts, then its
 * socket is below the user's cache folder */
GST_START_TEST (test_no_runtime_folder)
{
  g_autofree gchar *cache = in_folder ("cache");
  g_autofree gchar *nowhere = in_folder ("nowhere");
  g_autofree gchar *sockets = g_build_filename (cache, "gst-call", NULL);
  g_autofree gchar *path = NULL;
  GstElement *pipeline;

  g_setenv ("XDG_CACHE_HOME", cache, TRUE);
  g_setenv ("XDG_RUNTIME_DIR", nowhere, TRUE);
  g_reload_user_special_dirs_cache ();
  pipeline = control_test_start (LINE);
  path = control_test_path (pipeline);
  fail_unless_has (path, "gst-call");
  fail_unless (g_str_has_prefix (path, cache) ||
      g_str_has_prefix (path, control_test_folder ()));
  fail_unless_answers (path, "control");
  control_test_stop (pipeline);
  g_rmdir (sockets);
  g_rmdir (cache);
}

GST_END_TEST;

/* given a socket that its owner opened to all, when another user connects, then
 * that one is refused */
GST_START_TEST (test_other_user)
{
  g_autofree gchar *path = in_folder ("open.socket");
  g_autofree gchar *line = g_strdup_printf (LINE "socket=%s", path);
  GstElement *pipeline;
  gint status;
  pid_t child;

  if (geteuid () != 0) {
    g_print ("only root can be another user: not tested\n");
    return;
  }
  pipeline = control_test_start (line);
  fail_unless (g_chmod (path, 0666) == 0);
  fail_unless (g_chmod (control_test_folder (), 0711) == 0);
  child = fork ();
  if (child == 0) {
    struct sockaddr_un address = { AF_UNIX, "" };
    gint fd = socket (AF_UNIX, SOCK_STREAM, 0);
    gchar text[200] = "";

    g_strlcpy (address.sun_path, path, sizeof address.sun_path);
    alarm (CONTROL_TEST_SECONDS);
    if (setuid (NOBODY) != 0
        || connect (fd, (struct sockaddr *) &address, sizeof address) != 0
        || recv (fd, text, sizeof text - 1, 0) <= 0)
      _exit (1);
    _exit (strstr (text, "\"not-allowed\"") ? 0 : 2);
  }
  fail_unless (waitpid (child, &status, 0) == child);
  fail_unless_equals_int (WEXITSTATUS (status), 0);
  fail_unless (g_chmod (control_test_folder (), 0700) == 0);
  fail_unless_answers (path, "control");
  control_test_stop (pipeline);
}

GST_END_TEST;

static Suite *
socket_suite (void)
{
  Suite *s = suite_create ("socket");
  TCase *tc = tcase_create ("general");

  control_test_init ();
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_modes);
  tcase_add_test (tc, test_odd_names);
  tcase_add_test (tc, test_same_name);
  tcase_add_test (tc, test_dead);
  tcase_add_test (tc, test_own_path);
  tcase_add_test (tc, test_unsafe_folder);
  tcase_add_test (tc, test_no_runtime_folder);
  tcase_add_test (tc, test_other_user);
  return s;
}

GST_CHECK_MAIN (socket);
