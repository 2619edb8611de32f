/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callvideosrc
 * @title: callvideosrc
 *
 * A live camera, chosen as a web page does it: getUserMedia() for gst-launch.
 *
 * A *device* is a camera with an id that stays the same across restarts and
 * re-plugs; device-id or label choose one, without them the best one is taken.
 * The *track* is what comes out: one unbroken stream of raw pictures with fixed
 * caps, whatever happens to the device. By default it is I420 in the device's
 * mode nearest to 640x480 at 30 Hz; a caps filter downstream asks for another.
 *
 * ## Example launch lines
 * |[
 * GST_CALL_FAKE_DEVICES=video=1 gst-launch-1.0 callvideosrc ! video/x-raw,width=640,height=360,framerate=30/1 ! videoconvert ! autovideosink
 * ]|
 *
 * ## Element messages
 *
 * `call-track-switched`, `call-device-change` and `call-track-ended`; their
 * fields are in docs/elements/callvideosrc.md.
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcalldevicebin-private.h; this part has none. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicesrc.h"

#include <gst/video/video.h>

#define ALLOWED GST_VIDEO_CAPS_MAKE ("{ I420, YV12, NV12, NV21, YUY2, UYVY, " \
    "YVYU, Y42B, Y444, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR, RGB, " \
    "BGR, GRAY8 }") "; video/x-h264; image/jpeg"

static GstStaticPadTemplate src_template =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (ALLOWED));

#define GST_TYPE_CALL_VIDEO_SRC (gst_call_video_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallVideoSrc, gst_call_video_src, GST, CALL_VIDEO_SRC,
    GstCallDeviceSrc);

struct _GstCallVideoSrc
{
  GstCallDeviceSrc parent;
};

G_DEFINE_FINAL_TYPE (GstCallVideoSrc, gst_call_video_src,
    GST_TYPE_CALL_DEVICE_SRC);
GST_ELEMENT_REGISTER_DEFINE (callvideosrc, "callvideosrc", GST_RANK_NONE,
    GST_TYPE_CALL_VIDEO_SRC);

/* Late pictures are still pictures: no dropping on quality-of-service. */
static GstElement *
make_converter (void)
{
  GstElement *converter = gst_element_factory_make ("videoconvertscale", NULL);

  if (converter)
    g_object_set (converter, "qos", FALSE, NULL);
  return converter;
}

/* Cut to the output's aspect ratio (W3C resizeMode "crop-and-scale") */
static GstElement *
make_crop (const GstCaps * output)
{
  GstElement *crop = gst_element_factory_make ("aspectratiocrop", NULL);
  const GstStructure *structure = gst_caps_get_structure (output, 0);
  gint width = 4, height = 3;

  gst_structure_get_int (structure, "width", &width);
  gst_structure_get_int (structure, "height", &height);
  if (crop) {
    g_autofree gchar *ratio = g_strdup_printf ("%d/%d", width, height);

    gst_util_set_object_arg (G_OBJECT (crop), "aspect-ratio", ratio);
  }
  return crop;
}

/* The best one of this machine, or NULL */
static GstElement *
make_decoder (const GstCaps * caps)
{
  GList *all = gst_element_factory_list_get_elements
      (GST_ELEMENT_FACTORY_TYPE_DECODER, GST_RANK_MARGINAL);
  GList *fitting = gst_element_factory_list_filter (all, caps, GST_PAD_SINK,
      FALSE);
  GstElement *decoder = NULL;

  fitting = g_list_sort (fitting, gst_plugin_feature_rank_compare_func);
  if (fitting)
    decoder = gst_element_factory_create (fitting->data, NULL);
  gst_plugin_feature_list_free (fitting);
  gst_plugin_feature_list_free (all);
  return decoder;
}

static guint
gst_call_video_src_add_converters (const GstCallMode * mode,
    GstElement ** chain)
{
  guint n = 0;

  if (mode->pass)
    return 0;
  if (g_strcmp0 (mode->encoded, "video/x-h264") == 0)
    chain[n++] = gst_element_factory_make ("h264parse", NULL);
  if (mode->encoded)
    chain[n++] = make_decoder (mode->device);
  if (mode->crop)
    chain[n++] = make_crop (mode->output);
  chain[n++] = make_converter ();
  if (mode->rate)
    chain[n++] = gst_element_factory_make ("videorate", NULL);
  return n;
}

static GstElement *
gst_call_video_src_make_blank (void)
{
  GstElement *blank = gst_element_factory_make ("videotestsrc", NULL);

  if (blank) {
    gst_util_set_object_arg (G_OBJECT (blank), "pattern", "black");
    g_object_set (blank, "is-live", TRUE, NULL);
  }
  return blank;
}

static gboolean
gst_call_video_src_can_process (GstCallDeviceBin * bin)
{
  return FALSE;
}

static void
gst_call_video_src_class_init (GstCallVideoSrcClass * klass)
{
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);
  GstCallDeviceSrcClass *src_class = GST_CALL_DEVICE_SRC_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  bin_class->kind = GST_CALL_DEVICE_VIDEO_INPUT;
  bin_class->noun = "camera";
  bin_class->substitute = "A black picture is sent in its place";
  bin_class->can_process = gst_call_video_src_can_process;
  src_class->medium = "video";
  src_class->allowed = ALLOWED;
  src_class->choose_mode = gst_call_mode_choose_video;
  src_class->add_converters = gst_call_video_src_add_converters;
  src_class->make_blank = gst_call_video_src_make_blank;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Camera",
      "Source/Video", "A camera, chosen and kept as a web page does it",
      "gst-call");
}

static void
gst_call_video_src_init (GstCallVideoSrc * self)
{
}
