/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "control-test.h"

#include <errno.h>
#include <gio/gio.h>
#include <glib/gstdio.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

static gchar *folder;
static pid_t owner;             /* each test runs in a process of its own */

static void
remove_folder (void)
{
  g_autofree gchar *sockets = g_build_filename (folder, "gst-call", NULL);
  g_autoptr (GDir) dir = g_dir_open (sockets, 0, NULL);
  const gchar *name;

  if (getpid () != owner)
    return;
  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (sockets, name, NULL);

    g_unlink (path);
  }
  g_rmdir (sockets);
  g_rmdir (folder);
}

void
control_test_init (void)
{
  folder = g_dir_make_tmp ("gst-call-control-XXXXXX", NULL);
  owner = getpid ();
  g_setenv ("XDG_RUNTIME_DIR", folder, TRUE);
  atexit (remove_folder);
}

const gchar *
control_test_folder (void)
{
  return folder;
}

gchar *
control_test_path (GstElement * pipeline)
{
  g_autoptr (GstElement) control =
      gst_bin_get_by_name (GST_BIN (pipeline), "control");
  gint64 end = g_get_monotonic_time () +
      CONTROL_TEST_SECONDS * G_TIME_SPAN_SECOND;
  gchar *path = NULL;

  /* made by a thread of its own, within moments */
  while (!path && g_get_monotonic_time () < end) {
    g_object_get (control, "path", &path, NULL);
    if (!path)
      g_usleep (1000);
  }
  fail_unless (path != NULL, "no socket");
  return path;
}

GstElement *
control_test_start (const gchar * line)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (line, &error);
  g_autofree gchar *path = NULL;

  fail_unless (pipeline && !error, "%s", error ? error->message : line);
  fail_if (gst_element_set_state (pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE);
  path = control_test_path (pipeline);
  return pipeline;
}

void
control_test_stop (GstElement * pipeline)
{
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

gint
control_test_connect (const gchar * path, gchar ** refusal)
{
  const struct timeval limit = { CONTROL_TEST_SECONDS, 0 };
  struct sockaddr_un address = { AF_UNIX, "" };
  gint fd = socket (AF_UNIX, SOCK_STREAM, 0);
  g_autofree gchar *hello = NULL;

  g_strlcpy (address.sun_path, path, sizeof address.sun_path);
  setsockopt (fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  fail_unless (connect (fd, (struct sockaddr *) &address, sizeof address) == 0,
      "%s: %s", path, g_strerror (errno));
  hello = control_test_read (fd);
  if (hello && strstr (hello, "\"hello\""))
    return fd;
  close (fd);
  if (refusal)
    *refusal = g_steal_pointer (&hello);
  return -1;
}

gboolean
control_test_send (gint fd, const gchar * text, gssize length)
{
  gsize left = length < 0 ? strlen (text) : (gsize) length;

  while (left > 0) {
    gssize n = send (fd, text, left, MSG_NOSIGNAL);

    if (n <= 0) {
      fail_if (n < 0 && errno == EAGAIN, "nobody reads");
      return FALSE;
    }
    text += n;
    left -= n;
  }
  return TRUE;
}

gchar *
control_test_read (gint fd)
{
  g_autoptr (GString) line = g_string_new (NULL);
  gchar c;

  for (;;) {
    gssize n = recv (fd, &c, 1, 0);

    fail_if (n < 0 && errno == EAGAIN, "nothing came after \"%s\"", line->str);
    if (n <= 0)
      return NULL;
    if (c == '\n')
      return g_strdup (line->str);
    g_string_append_c (line, c);
  }
}

gchar *
control_test_ask (gint fd, const gchar * request)
{
  g_autofree gchar *line = g_strconcat (request, "\n", NULL);

  fail_unless (control_test_send (fd, line, -1), "the connection is over");
  for (;;) {
    gchar *answer = control_test_read (fd);

    if (!answer || !strstr (answer, "{\"event\""))
      return answer;
    g_free (answer);
  }
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer left)
{
  g_atomic_int_add ((gint *) left, -1);
  return GST_PAD_PROBE_OK;
}

void
control_test_flows (GstElement * pipeline, const gchar * name, guint n)
{
  g_autoptr (GstElement) element =
      gst_bin_get_by_name (GST_BIN (pipeline), name);
  g_autoptr (GstPad) pad = NULL;
  gint64 end = g_get_monotonic_time () +
      CONTROL_TEST_SECONDS * G_TIME_SPAN_SECOND;
  gint left = n;
  gulong probe;

  pad = gst_element_get_static_pad (element, "sink");
  if (!pad)
    pad = gst_element_get_static_pad (element, "src");
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &left,
      NULL);
  while (g_atomic_int_get (&left) > 0 && g_get_monotonic_time () < end)
    g_usleep (1000);
  gst_pad_remove_probe (pad, probe);
  fail_unless (g_atomic_int_get (&left) <= 0, "no buffers at %s", name);
}
