/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The bar code is two rows of 32 blocks of 20x24 pixels, lowest bit first:
 * the time, then number (16), camera (8), check sum (8). It is drawn in a
 * probe behind the source, because a live source makes its buffer first and
 * waits for the buffer's time after.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-picture.h"

#include <gst/base/gstpushsrc.h>
#include <gst/video/video.h>

#include <string.h>

#define BLOCK_WIDTH (BENCH_WIDTH / 32)
#define BLOCK_HEIGHT 24
#define BAR_HEIGHT (2 * BLOCK_HEIGHT)
#define LUMA_SIZE (BENCH_WIDTH * BENCH_HEIGHT)
#define CHROMA_SIZE (LUMA_SIZE / 4)

/* The texture is wider than the picture, which looks at a moving part of it */
#define TEXTURE_WIDTH (2 * BENCH_WIDTH)
#define TEXTURE_STEP 8
#define TEXTURE_SPOTS 4000
#define PLAIN_SPOTS 12
/* A camera's noise, without which 1.5 Mbit/s are more than enough: so many
 * textures that differ by this much, in turns */
#define N_TEXTURES 4
#define NOISE 10

enum
{
  PROP_0,
  PROP_CAMERA,
  PROP_DETAILED,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (BENCH_RAW_CAPS));

#define BENCH_TYPE_PICTURE_SRC (bench_picture_src_get_type ())
G_DECLARE_FINAL_TYPE (BenchPictureSrc, bench_picture_src, BENCH, PICTURE_SRC,
    GstPushSrc);

struct _BenchPictureSrc
{
  GstPushSrc parent;

  gint camera;
  gboolean detailed;

  /* only the streaming thread */
  guint64 n_frames;
  GstClockTime start;
};

G_DEFINE_FINAL_TYPE (BenchPictureSrc, bench_picture_src, GST_TYPE_PUSH_SRC);

static guint8 *luma[N_TEXTURES];
static guint8 *chroma[2];
static guint8 *plain_luma;
static guint8 *plain_chroma;

static void
draw_spot (guint8 * plane, gint width, gint height, gint x0, gint y0,
    gint radius, guint8 value)
{
  for (gint y = MAX (0, y0 - radius); y < MIN (height, y0 + radius); y++) {
    gint dy = y - y0;

    for (gint x = x0 - radius; x < x0 + radius; x++) {
      gint dx = x - x0;

      /* the texture is a ring, so spots go over its edge */
      if (dx * dx + dy * dy < radius * radius)
        plane[y * width + (x + width) % width] = value;
    }
  }
}

static gpointer
make_textures (gpointer unused)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (4711);
  gint size = TEXTURE_WIDTH * BENCH_HEIGHT;

  luma[0] = g_malloc (size);
  memset (luma[0], 60, size);
  for (gint i = 0; i < 2; i++) {
    chroma[i] = g_malloc (size / 4);
    memset (chroma[i], 128, size / 4);
  }

  for (gint i = 0; i < TEXTURE_SPOTS; i++) {
    gint x = g_rand_int_range (rand, 0, TEXTURE_WIDTH);
    gint y = g_rand_int_range (rand, 0, BENCH_HEIGHT);
    gint radius = 2 + g_rand_int_range (rand, 0, 24) * (i % 5 == 0);

    draw_spot (luma[0], TEXTURE_WIDTH, BENCH_HEIGHT, x, y, radius,
        g_rand_int_range (rand, 40, 210));
    draw_spot (chroma[i % 2], TEXTURE_WIDTH / 2, BENCH_HEIGHT / 2, x / 2,
        y / 2, radius / 2, g_rand_int_range (rand, 80, 176));
  }

  for (gint i = N_TEXTURES - 1; i >= 0; i--) {
    if (i > 0)
      luma[i] = g_malloc (size);
    for (gint k = 0; k < size; k++)
      luma[i][k] = luma[0][k] + g_rand_int_range (rand, -NOISE, NOISE + 1);
  }

  /* as little in it as in a browser's fake camera */
  plain_luma = g_malloc (size);
  memset (plain_luma, 90, size);
  plain_chroma = g_malloc (size / 4);
  memset (plain_chroma, 128, size / 4);
  for (gint i = 0; i < PLAIN_SPOTS; i++)
    draw_spot (plain_luma, TEXTURE_WIDTH, BENCH_HEIGHT,
        i * TEXTURE_WIDTH / PLAIN_SPOTS, 100 + i * 53 % 200, 40, 120 + 8 * i);
  return NULL;
}

guint32
bench_picture_now (void)
{
  return (guint32) (g_get_monotonic_time () / 100);
}

gdouble
bench_picture_age (const BenchStamp * stamp)
{
  return (gint32) (bench_picture_now () - stamp->time) / 10.0;
}

static guint8
check_sum (guint32 time, guint32 number, guint32 camera)
{
  guint32 mixed = time ^ (time >> 8) ^ (time >> 16) ^ (time >> 24);

  return (guint8) (mixed ^ number ^ (number >> 8) ^ camera ^ 0xa5);
}

static void
draw_row (guint8 * plane, gint y0, guint32 bits)
{
  for (gint i = 0; i < 32; i++) {
    guint8 value = (bits >> i) & 1 ? 235 : 16;

    for (gint y = y0; y < y0 + BLOCK_HEIGHT; y++)
      memset (plane + y * BENCH_WIDTH + i * BLOCK_WIDTH, value, BLOCK_WIDTH);
  }
}

static void
draw_stamp (guint8 * data, const BenchStamp * stamp)
{
  guint32 number = stamp->number & 0xffff;
  guint32 camera = stamp->camera & 0xff;

  draw_row (data, 0, stamp->time);
  draw_row (data, BLOCK_HEIGHT, number | camera << 16 |
      (guint32) check_sum (stamp->time, number, camera) << 24);
  for (gint i = 0; i < 2; i++)
    memset (data + LUMA_SIZE + i * CHROMA_SIZE, 128,
        BENCH_WIDTH / 2 * BAR_HEIGHT / 2);
}

static GstPadProbeReturn
on_stamp (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  BenchPictureSrc *self = user_data;
  GstBuffer *buffer =
      gst_buffer_make_writable (GST_PAD_PROBE_INFO_BUFFER (info));
  BenchStamp stamp = { bench_picture_now (), self->n_frames, self->camera };
  GstMapInfo map;

  info->data = buffer;
  if (gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    draw_stamp (map.data, &stamp);
    gst_buffer_unmap (buffer, &map);
  }
  return GST_PAD_PROBE_OK;
}

static guint32
read_row (const guint8 * plane, gint stride, gint width, gint height, gint row)
{
  gint y = (row * BLOCK_HEIGHT + BLOCK_HEIGHT / 2) * height / BENCH_HEIGHT;
  guint32 bits = 0;

  for (gint i = 0; i < 32; i++) {
    gint x = (i * BLOCK_WIDTH + BLOCK_WIDTH / 2) * width / BENCH_WIDTH;

    if (plane[y * stride + x] > 128)
      bits |= 1u << i;
  }
  return bits;
}

gboolean
bench_picture_read (GstBuffer * buffer, gint width, gint height,
    BenchStamp * stamp)
{
  GstVideoMeta *meta = gst_buffer_get_video_meta (buffer);
  gint stride = meta ? meta->stride[0] : GST_ROUND_UP_4 (width);
  gsize offset = meta ? meta->offset[0] : 0;
  GstMapInfo map;
  guint32 rest;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return FALSE;
  if (offset + (gsize) stride * height > map.size) {
    gst_buffer_unmap (buffer, &map);
    return FALSE;
  }
  stamp->time = read_row (map.data + offset, stride, width, height, 0);
  rest = read_row (map.data + offset, stride, width, height, 1);
  gst_buffer_unmap (buffer, &map);

  stamp->number = rest & 0xffff;
  stamp->camera = (rest >> 16) & 0xff;
  return check_sum (stamp->time, stamp->number, stamp->camera) == rest >> 24;
}

static void
copy_plane (guint8 * to, const guint8 * from, gint width, gint height,
    gint offset)
{
  gint ring = 2 * width;
  gint first = MIN (width, ring - offset);

  for (gint y = 0; y < height; y++) {
    memcpy (to, from + offset, first);
    memcpy (to + first, from, width - first);
    to += width;
    from += ring;
  }
}

static GstClockTime
running_time (GstElement * element)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (element);

  if (!clock)
    return 0;
  return gst_clock_get_time (clock) - gst_element_get_base_time (element);
}

static GstFlowReturn
bench_picture_src_create (GstPushSrc * push, GstBuffer ** out)
{
  BenchPictureSrc *self = BENCH_PICTURE_SRC (push);
  gint offset = self->n_frames * TEXTURE_STEP % TEXTURE_WIDTH;
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, LUMA_SIZE + 2 * CHROMA_SIZE, NULL);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_WRITE);
  copy_plane (map.data, self->detailed ? luma[self->n_frames % N_TEXTURES] :
      plain_luma, BENCH_WIDTH, BENCH_HEIGHT, offset);
  for (gint i = 0; i < 2; i++)
    copy_plane (map.data + LUMA_SIZE + i * CHROMA_SIZE,
        self->detailed ? chroma[i] : plain_chroma, BENCH_WIDTH / 2,
        BENCH_HEIGHT / 2, offset / 2);
  gst_buffer_unmap (buffer, &map);

  /* a source that starts late does not make up for the time before */
  if (self->n_frames == 0)
    self->start = running_time (GST_ELEMENT (self));
  GST_BUFFER_PTS (buffer) = self->start +
      gst_util_uint64_scale (self->n_frames, GST_SECOND, BENCH_FPS);
  GST_BUFFER_DURATION (buffer) = GST_SECOND / BENCH_FPS;
  self->n_frames++;
  *out = buffer;
  return GST_FLOW_OK;
}

static void
bench_picture_src_get_times (GstBaseSrc * base, GstBuffer * buffer,
    GstClockTime * start, GstClockTime * end)
{
  *start = GST_BUFFER_PTS (buffer);
  *end = *start + GST_BUFFER_DURATION (buffer);
}

static gboolean
bench_picture_src_start (GstBaseSrc * base)
{
  BENCH_PICTURE_SRC (base)->n_frames = 0;
  return TRUE;
}

static void
bench_picture_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  BenchPictureSrc *self = BENCH_PICTURE_SRC (object);

  switch (id) {
    case PROP_CAMERA:
      self->camera = g_value_get_int (value);
      break;
    case PROP_DETAILED:
      self->detailed = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
bench_picture_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  BenchPictureSrc *self = BENCH_PICTURE_SRC (object);

  switch (id) {
    case PROP_CAMERA:
      g_value_set_int (value, self->camera);
      break;
    case PROP_DETAILED:
      g_value_set_boolean (value, self->detailed);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
bench_picture_src_class_init (BenchPictureSrcClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  gobject_class->set_property = bench_picture_src_set_property;
  gobject_class->get_property = bench_picture_src_get_property;
  props[PROP_CAMERA] = g_param_spec_int ("camera", "Camera",
      "Number in the bar code", 0, 255, 0,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  props[PROP_DETAILED] = g_param_spec_boolean ("detailed", "Detailed",
      "FALSE: almost nothing in the picture", TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (gobject_class, N_PROPS, props);

  base_class->start = bench_picture_src_start;
  base_class->get_times = bench_picture_src_get_times;
  GST_PUSH_SRC_CLASS (klass)->create = bench_picture_src_create;

  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Benchmark picture",
      "Source/Video", "Detailed moving picture with a bar code", "gst-call");
}

static void
bench_picture_src_init (BenchPictureSrc * self)
{
  static GOnce once = G_ONCE_INIT;

  g_once (&once, make_textures, NULL);
  self->detailed = TRUE;
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_pad_add_probe (GST_BASE_SRC_PAD (self), GST_PAD_PROBE_TYPE_BUFFER,
      on_stamp, self, NULL);
}

void
bench_picture_register (void)
{
  gst_element_register (NULL, "benchpicturesrc", GST_RANK_NONE,
      BENCH_TYPE_PICTURE_SRC);
}
