/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callfakevideosrc
 * @title: callfakevideosrc
 *
 * A camera for tests: a detailed moving picture, different for each camera,
 * with a running counter burnt in for people and for machines.
 *
 * callvideosrc finds it as "Fake camera 0" and so on when the environment
 * variable GST_CALL_FAKE_DEVICES says so, for example `video=3`; the element
 * can be used by itself as well.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 callfakevideosrc camera=1 ! video/x-raw,width=640,height=360 ! videoconvert ! autovideosink
 * ]|
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcallfakesrc.c; this part has none. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfakesrc.h"
#include "gstcallpattern.h"

#include <gst/video/gstvideopool.h>

#define DEFAULT_WIDTH 640
#define DEFAULT_HEIGHT 480
#define DEFAULT_RATE 30
#define POOL_MIN 4

#define GST_TYPE_CALL_FAKE_VIDEO_SRC (gst_call_fake_video_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFakeVideoSrc, gst_call_fake_video_src, GST,
    CALL_FAKE_VIDEO_SRC, GstCallFakeSrc);

struct _GstCallFakeVideoSrc
{
  GstCallFakeSrc parent;

  /* only the streaming thread, and stop */
  GstVideoInfo info;
  GstCallPattern *pattern;
};

G_DEFINE_FINAL_TYPE (GstCallFakeVideoSrc, gst_call_fake_video_src,
    GST_TYPE_CALL_FAKE_SRC);
GST_ELEMENT_REGISTER_DEFINE (callfakevideosrc, "callfakevideosrc",
    GST_RANK_NONE, GST_TYPE_CALL_FAKE_VIDEO_SRC);

static gboolean
gst_call_fake_video_src_stop (GstBaseSrc * src)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (src);

  g_clear_pointer (&self->pattern, gst_call_pattern_free);
  return TRUE;
}

static GstCaps *
gst_call_fake_video_src_fixate (GstBaseSrc * src, GstCaps * caps)
{
  GstStructure *structure;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_nearest_int (structure, "width", DEFAULT_WIDTH);
  gst_structure_fixate_field_nearest_int (structure, "height", DEFAULT_HEIGHT);
  gst_structure_fixate_field_nearest_fraction (structure, "framerate",
      DEFAULT_RATE, 1);
  return GST_BASE_SRC_CLASS (gst_call_fake_video_src_parent_class)->fixate (src,
      caps);
}

static gboolean
gst_call_fake_video_src_set_caps (GstBaseSrc * src, GstCaps * caps)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (src);
  GstCallFakeSrc *fake = GST_CALL_FAKE_SRC (src);

  if (!gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  g_clear_pointer (&self->pattern, gst_call_pattern_free);
  self->pattern = gst_call_pattern_new (gst_call_fake_src_get_index (fake),
      self->info.width, self->info.height);
  gst_call_fake_src_set_duration (fake, gst_util_uint64_scale_int (GST_SECOND,
          self->info.fps_d, MAX (self->info.fps_n, 1)));
  return TRUE;
}

/* A pool of our own where downstream has none: without one each picture would
 * be fresh pages from the kernel. */
static gboolean
gst_call_fake_video_src_decide_allocation (GstBaseSrc * src, GstQuery * query)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (src);
  g_autoptr (GstBufferPool) pool = NULL;
  GstStructure *config;
  GstCaps *caps;

  gst_query_parse_allocation (query, &caps, NULL);
  if (gst_query_get_n_allocation_pools (query) == 0 && caps) {
    pool = gst_video_buffer_pool_new ();
    config = gst_buffer_pool_get_config (pool);
    gst_buffer_pool_config_set_params (config, caps, self->info.size, POOL_MIN,
        0);
    if (gst_buffer_pool_set_config (pool, config))
      gst_query_add_allocation_pool (query, pool, self->info.size, POOL_MIN, 0);
  }
  return
      GST_BASE_SRC_CLASS
      (gst_call_fake_video_src_parent_class)->decide_allocation (src, query);
}

static gboolean
gst_call_fake_video_src_draw (GstCallFakeSrc * fake, GstBuffer * buffer,
    guint index, guint64 number)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (fake);
  GstVideoFrame frame;

  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_WRITE))
    return FALSE;
  gst_call_pattern_draw (self->pattern, number, &frame);
  gst_video_frame_unmap (&frame);
  return TRUE;
}

static void
gst_call_fake_video_src_finalize (GObject * object)
{
  g_clear_pointer (&GST_CALL_FAKE_VIDEO_SRC (object)->pattern,
      gst_call_pattern_free);
  G_OBJECT_CLASS (gst_call_fake_video_src_parent_class)->finalize (object);
}

static void
gst_call_fake_video_src_class_init (GstCallFakeVideoSrcClass * klass)
{
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_fake_video_src_finalize;
  base_class->stop = gst_call_fake_video_src_stop;
  base_class->fixate = gst_call_fake_video_src_fixate;
  base_class->set_caps = gst_call_fake_video_src_set_caps;
  base_class->decide_allocation = gst_call_fake_video_src_decide_allocation;
  GST_CALL_FAKE_SRC_CLASS (klass)->draw = gst_call_fake_video_src_draw;
  /**
   * GstCallFakeVideoSrc:camera:
   *
   * Which camera this is: its picture and the number in it.
   *
   * Since: 0.1
   */
  gst_call_fake_src_class_set_up (GST_CALL_FAKE_SRC_CLASS (klass),
      GST_CALL_FAKE_VIDEO, "Number of the camera");
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Fake camera", "Source/Video",
      "A camera for tests: moving picture with a counter", "gst-call");
}

static void
gst_call_fake_video_src_init (GstCallFakeVideoSrc * self)
{
}
