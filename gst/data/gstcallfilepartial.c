/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#define _GNU_SOURCE             /* renameat2 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilepartial.h"

#include "gstcallfilehash.h"
#include "gstcallfilename.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#define MAX_NUMBER 9999         /* "photo (9999).jpg" */
#define MAX_PARTIALS 16         /* of the same name and key */
#define LOOK_EVERY (4 * 1024 * 1024)    /* bytes after which space is checked */

struct _GstCallFilePartial
{
  gint dir;                     /* not ours */
  gint fd;                      /* -1: closed */
  gchar *name;
  gchar *partial;               /* NULL: it has its name */
  guint64 size;
  guint64 looked;               /* size when space was last checked */
  GstCallFileHash *hash;
};

static const gchar *
code_of (gint error)
{
  switch (error) {
    case ENOSPC:
    case EDQUOT:
    case EFBIG:
      return "no-space";
    case ENAMETOOLONG:
    case EILSEQ:
      return "bad-name";
    default:
      return "failed";
  }
}

gboolean
gst_call_file_has_space (gint dir, guint64 bytes)
{
  struct statvfs fs;
  guint64 there;

  if (fstatvfs (dir, &fs) < 0)
    return TRUE;                /* the write will tell */
  there = (guint64) fs.f_bavail * fs.f_frsize;
  return there >= GST_CALL_FILE_SPARE_SPACE
      && there - GST_CALL_FILE_SPARE_SPACE >= bytes;
}

const gchar *
gst_call_file_partial_new (gint dir, const gchar * name, const gchar * key,
    GstCallFilePartial ** partial)
{
  GstCallFilePartial *self;
  gchar *path = NULL;
  gint fd = -1;

  for (guint n = 0; fd < 0 && n < MAX_PARTIALS; n++) {
    g_free (path);
    path = n == 0 ? g_strdup_printf (".%s.%s.part", name, key)
        : g_strdup_printf (".%s.%s-%u.part", name, key, n);
    fd = openat (dir, path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
        O_CLOEXEC, 0600);
    /* another sender's, or one of a process that was killed */
    if (fd < 0 && errno != EEXIST)
      break;
  }
  if (fd < 0) {
    gint error = errno;

    g_free (path);
    return code_of (error);
  }
  self = g_new0 (GstCallFilePartial, 1);
  self->dir = dir;
  self->fd = fd;
  self->name = g_strdup (name);
  self->partial = path;
  self->hash = gst_call_file_hash_new ();
  *partial = self;
  return NULL;
}

void
gst_call_file_partial_free (GstCallFilePartial * self)
{
  if (self->fd >= 0)
    close (self->fd);
  if (self->partial)
    unlinkat (self->dir, self->partial, 0);
  gst_call_file_hash_free (self->hash);
  g_free (self->partial);
  g_free (self->name);
  g_free (self);
}

guint64
gst_call_file_partial_get_size (GstCallFilePartial * self)
{
  return self->size;
}

const gchar *
gst_call_file_partial_write (GstCallFilePartial * self, const guint8 * data,
    gsize size)
{
  gsize written = 0;

  if (self->size - self->looked >= LOOK_EVERY) {
    if (!gst_call_file_has_space (self->dir, size))
      return "no-space";
    self->looked = self->size;
  }
  while (written < size) {
    gssize n = write (self->fd, data + written, size - written);

    if (n < 0 && errno == EINTR)
      continue;
    if (n <= 0)
      return code_of (n < 0 ? errno : ENOSPC);
    written += n;
  }
  gst_call_file_hash_add (self->hash, data, size);
  self->size += size;
  return NULL;
}

/* Where the file system cannot rename without replacing: over an empty file of
 * our own */
static gint
rename_over (GstCallFilePartial * self, const gchar * name)
{
  gint fd = openat (self->dir, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW |
      O_CLOEXEC, 0600);
  gint error;

  if (fd < 0)
    return -1;
  close (fd);
  if (renameat (self->dir, self->partial, self->dir, name) == 0)
    return 0;
  error = errno;
  unlinkat (self->dir, name, 0);
  errno = error;
  return -1;
}

static gint
rename_to (GstCallFilePartial * self, const gchar * name)
{
  gint result = renameat2 (self->dir, self->partial, self->dir, name,
      RENAME_NOREPLACE);

  if (result < 0 && (errno == EINVAL || errno == ENOSYS))
    return rename_over (self, name);
  return result;
}

const gchar *
gst_call_file_partial_finish (GstCallFilePartial * self, const gchar * sha256,
    gchar ** name)
{
  g_autofree gchar *found = gst_call_file_hash_finish (self->hash);
  gint closed;

  if (!g_str_equal (found, sha256))
    return "bad-hash";
  /* network file systems say only now that there was no space */
  closed = close (self->fd);
  self->fd = -1;
  if (closed < 0)
    return code_of (errno);
  for (guint n = 0; n <= MAX_NUMBER; n++) {
    g_autofree gchar *candidate = gst_call_file_name_number (self->name, n);

    if (rename_to (self, candidate) == 0) {
      g_clear_pointer (&self->partial, g_free);
      *name = g_steal_pointer (&candidate);
      return NULL;
    }
    if (errno != EEXIST)
      return code_of (errno);
  }
  return "bad-name";
}
