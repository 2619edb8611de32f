/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The newest GST_CALL_FILE_WINDOW bytes of a stream, by their offset in it. No
 * locks; one user at a time.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef struct
{
  guint8 *data;                     /* NULL until the first byte comes */
  guint64 first, front;             /* there is what is between */
} GstCallFileRing;

void gst_call_file_ring_clear (GstCallFileRing * self);
/* Bytes that can be written when what is before `needed` may go */
gsize gst_call_file_ring_get_room (const GstCallFileRing * self,
    guint64 needed);
/* size: no more than there is room; the oldest goes */
void gst_call_file_ring_write (GstCallFileRing * self, const guint8 * data,
    gsize size);
/* FALSE: it is not, or no longer there */
gboolean gst_call_file_ring_read (const GstCallFileRing * self,
    guint64 offset, guint8 * data, gsize size);

G_END_DECLS
