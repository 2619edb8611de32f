/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "gstcallbarcode.h"

#include <string.h>

#define BLOCKS 32
#define ROWS 2
#define ROW_SHARE 15            /* a row is 1/15 of the height */
#define BLACK 16
#define WHITE 235
#define THRESHOLD 126

static guint8
checksum (guint32 time, guint16 frame, guint8 camera)
{
  return 0xa5 ^ (time ^ (time >> 8) ^ (time >> 16) ^ (time >> 24) ^ frame ^
      (frame >> 8) ^ camera);
}

guint32
gst_call_barcode_clock (void)
{
  return (guint32) (g_get_real_time () / 100);
}

guint
gst_call_barcode_height (guint height)
{
  return ROWS * height / ROW_SHARE;
}

static void
draw_row (guint32 bits, guint8 * luma, gsize stride, guint width, guint rows)
{
  guint i, y;

  for (i = 0; i < BLOCKS; i++) {
    guint from = i * width / BLOCKS, to = (i + 1) * width / BLOCKS;

    memset (luma + from, (bits >> i) & 1 ? WHITE : BLACK, to - from);
  }
  for (y = 1; y < rows; y++)
    memcpy (luma + y * stride, luma, width);
}

void
gst_call_barcode_draw (const GstCallBarcode * code, guint8 * luma,
    gsize stride, guint width, guint height)
{
  guint middle = height / ROW_SHARE, end = gst_call_barcode_height (height);
  guint32 row = code->frame | (guint32) code->camera << 16 |
      (guint32) checksum (code->time, code->frame, code->camera) << 24;

  draw_row (code->time, luma, stride, width, middle);
  draw_row (row, luma + middle * stride, stride, width, end - middle);
}

/* The mean of the middle of each block: coding smears the edges. */
static guint32
read_row (const guint8 * luma, gsize stride, guint width, guint rows)
{
  guint y0 = rows / 4, y1 = MAX (rows - rows / 4, y0 + 1);
  guint32 bits = 0;
  guint i, x, y;

  for (i = 0; i < BLOCKS; i++) {
    guint from = i * width / BLOCKS, to = (i + 1) * width / BLOCKS;
    guint quarter = (to - from) / 4;
    guint sum = 0, n = 0;

    for (y = y0; y < y1; y++) {
      for (x = from + quarter; x < to - quarter; x++, n++)
        sum += luma[y * stride + x];
    }
    if (sum > n * THRESHOLD)
      bits |= 1u << i;
  }
  return bits;
}

gboolean
gst_call_barcode_read (const guint8 * luma, gsize stride, guint width,
    guint height, GstCallBarcode * code)
{
  guint middle = height / ROW_SHARE, end = gst_call_barcode_height (height);
  guint32 row;

  if (width < GST_CALL_BARCODE_MIN_WIDTH
      || height < GST_CALL_BARCODE_MIN_HEIGHT)
    return FALSE;
  code->time = read_row (luma, stride, width, middle);
  row = read_row (luma + middle * stride, stride, width, end - middle);
  code->frame = row & 0xffff;
  code->camera = (row >> 16) & 0xff;
  return row >> 24 == checksum (code->time, code->frame, code->camera);
}
