/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The code burnt into the pictures of fake cameras, for tests and benchmarks.
 * Plain C on a luma plane; needs no GStreamer.
 *
 * Two rows of 32 blocks fill the top 2/15 of the picture; a block is 1/32 of
 * its width and 1/15 of its height, white for 1 and black for 0, least
 * significant bit on the left:
 *
 *   row 0   wall clock when the picture was made, in 100 us, 32 bits
 *   row 1   frame (16 bits), camera (8 bits), checksum (8 bits)
 *
 * It survives scaling and lossy coding down to about 160x90.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_CALL_BARCODE_MIN_WIDTH 64
#define GST_CALL_BARCODE_MIN_HEIGHT 30

typedef struct
{
  guint32 time;                 /* gst_call_barcode_clock () of that moment */
  guint16 frame;                /* one more with each picture, wraps */
  guint8 camera;
} GstCallBarcode;

/* Now, in units of 100 us modulo 2^32: the same clock for all processes of a
 * machine. (guint32) (gst_call_barcode_clock () - code.time) is the age. */
guint32 gst_call_barcode_clock (void);

/* Height of both rows, pixels */
guint gst_call_barcode_height (guint height);

void gst_call_barcode_draw (const GstCallBarcode * code, guint8 * luma,
    gsize stride, guint width, guint height);

/* FALSE: there is no valid code in this picture. */
gboolean gst_call_barcode_read (const guint8 * luma, gsize stride, guint width,
    guint height, GstCallBarcode * code);

G_END_DECLS
