/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallPattern: the picture of a fake camera. Detailed as a real one, and
 * cheap: a texture drawn once per size, of which each frame copies a window
 * that moves, with a code for machines (gstcallbarcode.h) and the same numbers
 * for people. No thread of its own; I420 only.
 */
#pragma once

#include <gst/video/video.h>

G_BEGIN_DECLS

typedef struct _GstCallPattern GstCallPattern;

GstCallPattern *gst_call_pattern_new (guint camera, guint width, guint height);
void gst_call_pattern_free (GstCallPattern * pattern);

/* Draws picture number frame into an I420 frame of the pattern's size. */
void gst_call_pattern_draw (GstCallPattern * pattern, guint64 number,
    GstVideoFrame * frame);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallPattern, gst_call_pattern_free)

G_END_DECLS
