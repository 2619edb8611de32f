/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * SHA-256 as the processor does it: GLib's own takes a tenth of a core at the
 * rate of a data channel. No locks; one user at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct _GstCallFileHash GstCallFileHash;

GstCallFileHash *gst_call_file_hash_new (void);
void gst_call_file_hash_free (GstCallFileHash * self);
void gst_call_file_hash_add (GstCallFileHash * self, const guint8 * data,
    gsize size);
/* 64 hexadecimal digits of all that was added; once. (transfer full) */
gchar *gst_call_file_hash_finish (GstCallFileHash * self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallFileHash, gst_call_file_hash_free)

G_END_DECLS
