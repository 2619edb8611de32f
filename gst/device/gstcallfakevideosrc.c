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

/*
 * Threads
 *
 *   name        runs                       may take        never
 *   ----------  -------------------------  --------------  ------------------
 *   app         properties, states         OBJECT, pacer   wait for streaming
 *   streaming   fill                       OBJECT, pacer   hold one and wait
 *
 * Locks, in the order they may be taken
 *
 *   1 OBJECT    GST_OBJECT   protects: camera, options
 *   2 pacer     see gstcallpacer.h
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfakedevice.h"
#include "gstcallpacer.h"
#include "gstcallpattern.h"

#include <gst/base/gstpushsrc.h>
#include <gst/video/gstvideopool.h>

GST_DEBUG_CATEGORY_STATIC (gst_call_fake_video_src_debug);
#define GST_CAT_DEFAULT gst_call_fake_video_src_debug

#define DEFAULT_WIDTH 640
#define DEFAULT_HEIGHT 480
#define DEFAULT_RATE 30
#define POOL_MIN 4

enum
{
  PROP_0,
  PROP_CAMERA,
  PROP_OPEN_DELAY,
  PROP_FAIL_OPEN,
  PROP_UNPLUG_AFTER,
  PROP_STALL_AFTER,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

#define GST_TYPE_CALL_FAKE_VIDEO_SRC (gst_call_fake_video_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFakeVideoSrc, gst_call_fake_video_src, GST,
    CALL_FAKE_VIDEO_SRC, GstPushSrc);

struct _GstCallFakeVideoSrc
{
  GstPushSrc parent;

  /* object lock */
  guint camera;
  GstCallFakeOptions options;

  GstCallPacer pacer;

  /* only the streaming thread, and start and stop */
  GstVideoInfo info;
  GstCallPattern *pattern;
  GstClockTime duration;
};

G_DEFINE_FINAL_TYPE (GstCallFakeVideoSrc, gst_call_fake_video_src,
    GST_TYPE_PUSH_SRC);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (callfakevideosrc, "callfakevideosrc",
    GST_RANK_NONE, GST_TYPE_CALL_FAKE_VIDEO_SRC,
    GST_DEBUG_CATEGORY_INIT (gst_call_fake_video_src_debug, "callfakevideosrc",
        0, "fake camera"));

static void
get_settings (GstCallFakeVideoSrc * self, guint * camera,
    GstCallFakeOptions * options)
{
  GST_OBJECT_LOCK (self);
  *camera = self->camera;
  *options = self->options;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_call_fake_video_src_start (GstBaseSrc * src)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (src);
  GstCallFakeOptions options;
  guint camera;

  get_settings (self, &camera, &options);
  return gst_call_pacer_start (&self->pacer, src, &options,
      GST_CALL_FAKE_VIDEO, camera);
}

static gboolean
gst_call_fake_video_src_stop (GstBaseSrc * src)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (src);

  g_clear_pointer (&self->pattern, gst_call_pattern_free);
  return TRUE;
}

static gboolean
gst_call_fake_video_src_unlock (GstBaseSrc * src)
{
  gst_call_pacer_unlock (&GST_CALL_FAKE_VIDEO_SRC (src)->pacer, TRUE);
  return TRUE;
}

static gboolean
gst_call_fake_video_src_unlock_stop (GstBaseSrc * src)
{
  gst_call_pacer_unlock (&GST_CALL_FAKE_VIDEO_SRC (src)->pacer, FALSE);
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
  GstCallFakeOptions options;
  guint camera;

  if (!gst_video_info_from_caps (&self->info, caps))
    return FALSE;
  get_settings (self, &camera, &options);
  g_clear_pointer (&self->pattern, gst_call_pattern_free);
  self->pattern = gst_call_pattern_new (camera, self->info.width,
      self->info.height);
  self->duration = gst_util_uint64_scale_int (GST_SECOND, self->info.fps_d,
      MAX (self->info.fps_n, 1));
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

static GstFlowReturn
gst_call_fake_video_src_fill (GstPushSrc * push, GstBuffer * buffer)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (push);
  GstBaseSrc *src = GST_BASE_SRC (push);
  GstCallFakeOptions options;
  GstVideoFrame frame;
  GstFlowReturn flow;
  GstClockTime at;
  guint64 number;
  guint camera;

  get_settings (self, &camera, &options);
  flow = gst_call_pacer_next (&self->pacer, src, &options, GST_CALL_FAKE_VIDEO,
      camera, self->duration, TRUE, &at);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!gst_video_frame_map (&frame, &self->info, buffer, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("A picture has no memory."),
        (NULL));
    return GST_FLOW_ERROR;
  }
  number = (at - self->pacer.opened) / self->duration;
  gst_call_pattern_draw (self->pattern, number, &frame);
  gst_video_frame_unmap (&frame);
  GST_BUFFER_PTS (buffer) = at;
  GST_BUFFER_DURATION (buffer) = self->duration;
  GST_BUFFER_OFFSET (buffer) = number;
  return GST_FLOW_OK;
}

static gboolean
gst_call_fake_video_src_query (GstBaseSrc * src, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return
        GST_BASE_SRC_CLASS (gst_call_fake_video_src_parent_class)->query (src,
        query);
  /* stamped at the moment it is handed out */
  gst_query_set_latency (query, TRUE, 0, GST_CLOCK_TIME_NONE);
  return TRUE;
}

static void
gst_call_fake_video_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CAMERA:
      self->camera = g_value_get_uint (value);
      break;
    case PROP_OPEN_DELAY:
      self->options.open_delay = g_value_get_uint (value);
      break;
    case PROP_FAIL_OPEN:
      self->options.fail_open = g_value_get_boolean (value);
      break;
    case PROP_UNPLUG_AFTER:
      self->options.unplug_after = g_value_get_uint (value);
      break;
    case PROP_STALL_AFTER:
      self->options.stall_after = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_fake_video_src_get_property (GObject * object, guint id,
    GValue * value, GParamSpec * pspec)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_CAMERA:
      g_value_set_uint (value, self->camera);
      break;
    case PROP_OPEN_DELAY:
      g_value_set_uint (value, self->options.open_delay);
      break;
    case PROP_FAIL_OPEN:
      g_value_set_boolean (value, self->options.fail_open);
      break;
    case PROP_UNPLUG_AFTER:
      g_value_set_uint (value, self->options.unplug_after);
      break;
    case PROP_STALL_AFTER:
      g_value_set_uint (value, self->options.stall_after);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_fake_video_src_finalize (GObject * object)
{
  GstCallFakeVideoSrc *self = GST_CALL_FAKE_VIDEO_SRC (object);

  g_clear_pointer (&self->pattern, gst_call_pattern_free);
  gst_call_pacer_clear (&self->pacer);
  G_OBJECT_CLASS (gst_call_fake_video_src_parent_class)->finalize (object);
}

static void
gst_call_fake_video_src_install_properties (GObjectClass * gobject_class)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  gobject_class->set_property = gst_call_fake_video_src_set_property;
  gobject_class->get_property = gst_call_fake_video_src_get_property;

  /**
   * GstCallFakeVideoSrc:camera:
   *
   * Which camera this is: its picture and the number in it.
   *
   * Since: 0.1
   */
  props[PROP_CAMERA] = g_param_spec_uint ("camera", "Camera",
      "Number of the camera", 0, GST_CALL_FAKE_MAX - 1, 0, flags);

  /**
   * GstCallFakeVideoSrc:open-delay:
   *
   * Milliseconds from PLAYING to the first picture.
   *
   * Since: 0.1
   */
  props[PROP_OPEN_DELAY] = g_param_spec_uint ("open-delay", "Open delay",
      "Time the camera takes to open (ms)", 0, GST_CALL_FAKE_MAX_MS, 0, flags);

  /**
   * GstCallFakeVideoSrc:fail-open:
   *
   * Opening ends in a RESOURCE BUSY error, after open-delay.
   *
   * Since: 0.1
   */
  props[PROP_FAIL_OPEN] = g_param_spec_boolean ("fail-open", "Fail to open",
      "Opening the camera fails", FALSE, flags);

  /**
   * GstCallFakeVideoSrc:unplug-after:
   *
   * Milliseconds after opening the camera ends in a RESOURCE READ error and is
   * gone from the list of devices; 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_UNPLUG_AFTER] = g_param_spec_uint ("unplug-after",
      "Unplug after", "Time until the camera is pulled out (ms, 0 = never)", 0,
      GST_CALL_FAKE_MAX_MS, 0, flags);

  /**
   * GstCallFakeVideoSrc:stall-after:
   *
   * Milliseconds after opening the camera delivers nothing more and says
   * nothing; 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_STALL_AFTER] = g_param_spec_uint ("stall-after", "Stall after",
      "Time until the camera stops silently (ms, 0 = never)", 0,
      GST_CALL_FAKE_MAX_MS, 0, flags);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_fake_video_src_class_init (GstCallFakeVideoSrcClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_call_fake_caps (GST_CALL_FAKE_VIDEO);

  G_OBJECT_CLASS (klass)->finalize = gst_call_fake_video_src_finalize;
  gst_call_fake_video_src_install_properties (G_OBJECT_CLASS (klass));
  base_class->start = gst_call_fake_video_src_start;
  base_class->stop = gst_call_fake_video_src_stop;
  base_class->unlock = gst_call_fake_video_src_unlock;
  base_class->unlock_stop = gst_call_fake_video_src_unlock_stop;
  base_class->fixate = gst_call_fake_video_src_fixate;
  base_class->set_caps = gst_call_fake_video_src_set_caps;
  base_class->decide_allocation = gst_call_fake_video_src_decide_allocation;
  base_class->query = gst_call_fake_video_src_query;
  GST_PUSH_SRC_CLASS (klass)->fill = gst_call_fake_video_src_fill;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "Fake camera",
      "Source/Video", "A camera for tests: moving picture with a counter",
      "gst-call");
}

static void
gst_call_fake_video_src_init (GstCallFakeVideoSrc * self)
{
  gst_call_pacer_init (&self->pacer);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
}
