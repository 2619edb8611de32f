/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpattern.h"

#include "gstcallbarcode.h"

#include <string.h>

#define DISCS 500
#define GLYPH_WIDTH 3
#define GLYPH_HEIGHT 5
#define BLACK 16
#define WHITE 235

struct _GstCallPattern
{
  guint camera;
  guint width, height;
  guint texture_width;          /* even; the texture wraps around */
  guint8 *plane[3];
};

/* 0 to 9 and ':', three bits per line, top line first */
static const guint8 glyphs[][GLYPH_HEIGHT] = {
  {7, 5, 5, 5, 7}, {2, 6, 2, 2, 7}, {7, 1, 7, 4, 7}, {7, 1, 7, 1, 7},
  {5, 5, 7, 1, 1}, {7, 4, 7, 1, 7}, {7, 4, 7, 5, 7}, {7, 1, 1, 1, 1},
  {7, 5, 7, 5, 7}, {7, 5, 7, 1, 7}, {0, 2, 0, 2, 0},
};

/* The same texture on every run: pictures can be compared. */
static guint32
next_random (guint32 * seed)
{
  *seed = *seed * 1664525u + 1013904223u;
  return *seed >> 8;
}

static void
draw_disc (guint8 * plane, guint width, guint height, gint cx, gint cy,
    gint radius, guint8 value)
{
  gint x, y;

  for (y = MAX (cy - radius, 0); y < MIN (cy + radius, (gint) height); y++) {
    for (x = cx - radius; x < cx + radius; x++) {
      guint8 *pixel = plane + y * width + (x + width) % width;

      if ((x - cx) * (x - cx) + (y - cy) * (y - cy) < radius * radius)
        *pixel = (*pixel * 2 + value * 3) / 5;
    }
  }
}

/* Half transparent discs of all sizes over each other, and the noise of a
 * sensor. Each camera has a hue of its own. */
static void
draw_texture (GstCallPattern * self)
{
  guint width = self->texture_width, height = self->height;
  guint chroma_width = width / 2, chroma_height = (height + 1) / 2;
  guint32 seed = self->camera * 77 + 5;
  gint u = 60 + (self->camera * 83 + 40) % 136;
  gint v = 60 + (self->camera * 59 + 90) % 136;
  guint i;

  memset (self->plane[0], 110, width * height);
  memset (self->plane[1], u, chroma_width * chroma_height);
  memset (self->plane[2], v, chroma_width * chroma_height);
  for (i = 0; i < DISCS; i++) {
    gint x = next_random (&seed) % width;
    gint y = next_random (&seed) % height;
    gint radius = 3 + next_random (&seed) % (height / 10 + 1);

    draw_disc (self->plane[0], width, height, x, y, radius,
        30 + next_random (&seed) % 190);
    draw_disc (self->plane[1], chroma_width, chroma_height, x / 2, y / 2,
        radius / 2, u - 24 + next_random (&seed) % 48);
    draw_disc (self->plane[2], chroma_width, chroma_height, x / 2, y / 2,
        radius / 2, v - 24 + next_random (&seed) % 48);
  }
  for (i = 0; i < width * height; i++)
    self->plane[0][i] += next_random (&seed) % 9;
}

GstCallPattern *
gst_call_pattern_new (guint camera, guint width, guint height)
{
  GstCallPattern *self = g_new0 (GstCallPattern, 1);
  gsize chroma;

  self->camera = camera;
  self->width = width;
  self->height = height;
  self->texture_width = 2 * ((width + 1) & ~1u);
  chroma = (gsize) (self->texture_width / 2) * ((height + 1) / 2);
  self->plane[0] = g_malloc ((gsize) self->texture_width * height);
  self->plane[1] = g_malloc (chroma);
  self->plane[2] = g_malloc (chroma);
  draw_texture (self);
  return self;
}

void
gst_call_pattern_free (GstCallPattern * self)
{
  guint i;

  for (i = 0; i < 3; i++)
    g_free (self->plane[i]);
  g_free (self);
}

static void
copy_window (const guint8 * texture, guint texture_width, guint offset,
    guint8 * out, gsize stride, guint width, guint from, guint to)
{
  guint head = MIN (width, texture_width - offset);
  guint y;

  for (y = from; y < to; y++) {
    const guint8 *line = texture + (gsize) y * texture_width;

    memcpy (out + y * stride, line + offset, head);
    memcpy (out + y * stride + head, line, width - head);
  }
}

static void
draw_glyph (const guint8 * glyph, guint8 * out, gsize stride, guint scale)
{
  guint line, column, y;

  for (line = 0; line < GLYPH_HEIGHT; line++) {
    for (column = 0; column < GLYPH_WIDTH; column++) {
      gboolean on = (glyph[line] >> (GLYPH_WIDTH - 1 - column)) & 1;

      for (y = 0; y < scale; y++)
        memset (out + (line * scale + y) * stride + column * scale,
            on ? WHITE : BLACK, scale);
    }
  }
}

/* "camera:frame" in a box under the code */
static void
draw_numbers (GstCallPattern * self, guint64 number, guint8 * luma,
    gsize stride)
{
  guint scale = MAX (1, self->height / 60);
  guint top = gst_call_barcode_height (self->height) + scale;
  guint x = scale, y;
  gchar text[32];
  const gchar *c;

  g_snprintf (text, sizeof (text), "%u:%06u", self->camera,
      (guint) (number % 1000000));
  if (top + (GLYPH_HEIGHT + 2) * scale > self->height ||
      (strlen (text) * (GLYPH_WIDTH + 1) + 2) * scale > self->width)
    return;
  for (y = 0; y < (GLYPH_HEIGHT + 2) * scale; y++)
    memset (luma + (top + y) * stride + x, BLACK,
        (strlen (text) * (GLYPH_WIDTH + 1) + 1) * scale);
  for (c = text, x += scale; *c; c++, x += (GLYPH_WIDTH + 1) * scale)
    draw_glyph (glyphs[*c - '0'], luma + (top + scale) * stride + x, stride,
        scale);
}

void
gst_call_pattern_draw (GstCallPattern * self, guint64 number,
    GstVideoFrame * frame)
{
  guint speed = 2 + 2 * (self->camera % 3);
  guint offset = (number * speed) % self->texture_width;
  guint width = self->width, height = self->height;
  gboolean coded = width >= GST_CALL_BARCODE_MIN_WIDTH
      && height >= GST_CALL_BARCODE_MIN_HEIGHT;
  guint top = coded ? gst_call_barcode_height (height) : 0;
  guint8 *luma = GST_VIDEO_FRAME_PLANE_DATA (frame, 0);
  gsize stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, 0);
  GstCallBarcode code = { gst_call_barcode_clock (), number & 0xffff,
    self->camera
  };
  guint i;

  if (self->camera % 2)         /* some move left, some right */
    offset = (self->texture_width - offset) % self->texture_width;
  copy_window (self->plane[0], self->texture_width, offset, luma, stride,
      width, top, height);
  for (i = 1; i < 3; i++) {
    guint8 *chroma = GST_VIDEO_FRAME_PLANE_DATA (frame, i);
    gsize chroma_stride = GST_VIDEO_FRAME_PLANE_STRIDE (frame, i);
    guint line;

    copy_window (self->plane[i], self->texture_width / 2, offset / 2, chroma,
        chroma_stride, (width + 1) / 2, 0, (height + 1) / 2);
    for (line = 0; line < top / 2; line++)      /* the code is grey */
      memset (chroma + line * chroma_stride, 128, (width + 1) / 2);
  }
  if (!coded)
    return;
  gst_call_barcode_draw (&code, luma, stride, width, height);
  draw_numbers (self, number, luma, stride);
}
