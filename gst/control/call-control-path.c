/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A socket gets its name only once it listens: whoever finds a name that
 * refuses connections has found a dead process's. What is done about names is
 * done with the folder locked by flock().
 */
#define _GNU_SOURCE             /* struct ucred */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-control-path.h"

#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define MAX_NAME 48
#define BACKLOG 32
#define LOCK_TRIES 100          /* of 10 ms */
#define MAX_SOCKETS 256         /* that are looked at in a folder */

static void
set_errno_error (GError ** error, gint code, const gchar * what,
    const gchar * path)
{
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (code), "%s \"%s\": %s",
      what, path, g_strerror (code));
}

static gboolean
is_mine (const gchar * path, struct stat *info)
{
  return lstat (path, info) == 0 && S_ISDIR (info->st_mode)
      && info->st_uid == geteuid ();
}

gchar *
call_control_directory (void)
{
  const gchar *base = g_get_user_runtime_dir ();
  struct stat info;

  /* after su it may still be the other user's */
  if (!is_mine (base, &info))
    base = g_get_user_cache_dir ();
  return g_build_filename (base, "gst-call", NULL);
}

gboolean
call_control_make_directory (const gchar * path, GError ** error)
{
  struct stat info;

  if (g_mkdir_with_parents (path, 0700) < 0) {
    set_errno_error (error, errno, "Cannot make the folder", path);
    return FALSE;
  }
  if (is_mine (path, &info) && (info.st_mode & 077) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_PERMISSION_DENIED,
      "\"%s\" must be a folder that only its owner may enter, and yours: "
      "remove it, or chmod 700 it", path);
  return FALSE;
}

gchar *
call_control_socket_path (const gchar * directory, const gchar * name,
    guint number)
{
  g_autofree gchar *safe = g_strndup (name, MAX_NAME);
  g_autofree gchar *file = NULL;
  gchar *p;

  for (p = safe; *p; p++) {
    if (!g_ascii_isalnum (*p) && *p != '-' && *p != '_')
      *p = '_';
  }
  if (number > 1)
    file = g_strdup_printf ("%s.%d.%u" CALL_CONTROL_SUFFIX, safe,
        (gint) getpid (), number);
  else
    file = g_strdup_printf ("%s.%d" CALL_CONTROL_SUFFIX, safe,
        (gint) getpid ());
  return g_build_filename (directory, file, NULL);
}

static gboolean
make_address (const gchar * path, struct sockaddr_un *address, GError ** error)
{
  memset (address, 0, sizeof *address);
  address->sun_family = AF_UNIX;
  if (strlen (path) >= sizeof address->sun_path) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FILENAME_TOO_LONG,
        "\"%s\" is too long for a socket: at most %" G_GSIZE_FORMAT " bytes",
        path, sizeof address->sun_path - 1);
    return FALSE;
  }
  strcpy (address->sun_path, path);
  return TRUE;
}

/* flags: 0, or SOCK_NONBLOCK */
static gint
try_connect (const gchar * path, gint flags, GError ** error)
{
  const struct timeval limit = { CALL_CONTROL_CONNECT_MS / 1000, 0 };
  struct sockaddr_un address;
  gint fd, code;

  if (!make_address (path, &address, error))
    return -1;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | flags, 0);
  if (fd < 0) {
    set_errno_error (error, errno, "Cannot make a socket for", path);
    return -1;
  }
  setsockopt (fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
  if (connect (fd, (struct sockaddr *) &address, sizeof address) == 0)
    return fd;
  code = errno;
  close (fd);
  /* EAGAIN: somebody is there, but does not answer */
  set_errno_error (error, code == EAGAIN ? ETIMEDOUT : code,
      "Cannot connect to", path);
  return -1;
}

gint
call_control_connect (const gchar * path, GError ** error)
{
  return try_connect (path, 0, error);
}

/* The folder of path, locked until it is closed; or -1 */
static gint
lock_folder (const gchar * path, GError ** error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  gint fd = open (folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC), i;

  if (fd < 0) {
    set_errno_error (error, errno, "Cannot open the folder", folder);
    return -1;
  }
  for (i = 0; i < LOCK_TRIES; i++) {
    if (flock (fd, LOCK_EX | LOCK_NB) == 0)
      return fd;
    if (errno != EWOULDBLOCK && errno != EINTR)
      break;
    g_usleep (10000);
  }
  set_errno_error (error, errno, "Cannot lock the folder", folder);
  close (fd);
  return -1;
}

/* TRUE: nothing is at path, or a dead process's socket was. Folder locked. */
static gboolean
make_room (const gchar * path, GError ** error)
{
  g_autoptr (GError) refused = NULL;
  struct stat info;
  gint fd;

  if (lstat (path, &info) < 0)
    return TRUE;
  if (S_ISSOCK (info.st_mode)) {
    fd = try_connect (path, SOCK_NONBLOCK, &refused);
    if (fd >= 0)
      close (fd);
    else if (g_error_matches (refused, G_IO_ERROR,
            G_IO_ERROR_CONNECTION_REFUSED))
      return unlink (path) == 0;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_EXISTS, "\"%s\" is %s", path,
      S_ISSOCK (info.st_mode) ? "another process's: choose another name" :
      "there already and no socket: remove it or choose another name");
  return FALSE;
}

/* Listens at a name nobody looks at; then it gets the one it is known by. */
static gint
listen_at (const gchar * path, GError ** error)
{
  g_autofree gchar *folder = g_path_get_dirname (path);
  g_autofree gchar *hidden = g_strdup_printf ("%s/.%d-%x", folder,
      (gint) getpid (), g_random_int ());
  struct sockaddr_un address;
  gint fd;

  if (!make_address (strlen (path) > strlen (hidden) ? path : hidden, &address,
          error) || !make_address (hidden, &address, error))
    return -1;
  fd = socket (AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  /* its mode before bind () is the mode of what bind () makes */
  if (fd >= 0 && fchmod (fd, 0600) == 0
      && bind (fd, (struct sockaddr *) &address, sizeof address) == 0) {
    if (listen (fd, BACKLOG) == 0 && rename (hidden, path) == 0)
      return fd;
    set_errno_error (error, errno, "Cannot listen at", path);
    unlink (hidden);
  } else {
    set_errno_error (error, errno, "Cannot make the socket", path);
  }
  if (fd >= 0)
    close (fd);
  return -1;
}

gint
call_control_listen (const gchar * path, GError ** error)
{
  gint folder = lock_folder (path, error);
  gint fd = -1;

  if (folder < 0)
    return -1;
  if (make_room (path, error))
    fd = listen_at (path, error);
  close (folder);
  return fd;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  return strcmp (*(gchar * const *) a, *(gchar * const *) b);
}

static gboolean
is_living (const gchar * path)
{
  g_autoptr (GError) error = NULL;
  struct stat info;
  gint fd;

  /* a file refuses connections, too */
  if (lstat (path, &info) < 0 || !S_ISSOCK (info.st_mode))
    return FALSE;
  fd = try_connect (path, SOCK_NONBLOCK, &error);
  if (fd >= 0)
    close (fd);
  else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CONNECTION_REFUSED))
    unlink (path);
  return fd >= 0 || g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

GPtrArray *
call_control_list (const gchar * directory)
{
  GPtrArray *found = g_ptr_array_new_with_free_func (g_free);
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  g_autofree gchar *any = g_build_filename (directory, "any", NULL);
  gint lock = dir ? lock_folder (any, NULL) : -1;
  const gchar *name;

  while (lock >= 0 && found->len < MAX_SOCKETS
      && (name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (directory, name, NULL);

    if (*name != '.' && g_str_has_suffix (name, CALL_CONTROL_SUFFIX)
        && is_living (path))
      g_ptr_array_add (found, g_steal_pointer (&path));
  }
  if (lock >= 0)
    close (lock);
  g_ptr_array_sort (found, compare);
  return found;
}
