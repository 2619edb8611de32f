/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallBlank: black pictures and silence in the shape of a stream's own
 * buffers. Plain data without a thread: whoever pushes owns it.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCallBlank GstCallBlank;

/* caps: fixed video/x-raw or audio/x-raw; NULL is returned for other caps. */
GstCallBlank *gst_call_blank_new (const GstCaps * caps);
void gst_call_blank_free (GstCallBlank * blank);

/* A buffer with the times and flags of like and nothing to see or hear.
 * Memory is shared between the buffers returned. */
GstBuffer *gst_call_blank_buffer (GstCallBlank * blank, GstBuffer * like);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallBlank, gst_call_blank_free)

G_END_DECLS
