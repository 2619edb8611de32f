/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A file while it is received: hidden, written from front to end, and either
 * there as a whole under a name that nobody had, or gone. No locks; one user
 * at a time.
 *
 * Functions that can fail return NULL when all is well, else the code to
 * refuse the file with, a static string.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What stays free for others, bytes */
#define GST_CALL_FILE_SPARE_SPACE (16 * 1024 * 1024)

typedef struct _GstCallFilePartial GstCallFilePartial;

/* name and key: safe ones. dir: a descriptor of the directory, to stay open */
const gchar *gst_call_file_partial_new (gint dir, const gchar * name,
    const gchar * key, GstCallFilePartial ** self);
/* Removes it, unless it was finished */
void gst_call_file_partial_free (GstCallFilePartial * self);
guint64 gst_call_file_partial_get_size (GstCallFilePartial * self);
const gchar *gst_call_file_partial_write (GstCallFilePartial * self,
    const guint8 * data, gsize size);
/* Compares what was written with sha256 and gives the file its name, or that
 * with a number; *name (transfer full) is the one it got. Nothing but free can
 * come after it. */
const gchar *gst_call_file_partial_finish (GstCallFilePartial * self,
    const gchar * sha256, gchar ** name);

/* TRUE: there are so many bytes and what stays free */
gboolean gst_call_file_has_space (gint dir, guint64 bytes);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallFilePartial, gst_call_file_partial_free)

G_END_DECLS
