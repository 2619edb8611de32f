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
 * `call-track-ended`: the device is gone, black is sent in its place.
 *
 * | field    | type   | meaning             |
 * |----------|--------|---------------------|
 * | kind     | string | "videoinput"        |
 * | deviceId | string | the device's id     |
 * | label    | string | its name for people |
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcalldevicesrc.c; this part has none. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicesrc.h"
#include "gstcallmode.h"

#include <gst/video/video.h>

#define MAX_CHAIN 8

#define ALLOWED GST_VIDEO_CAPS_MAKE ("{ I420, YV12, NV12, NV21, YUY2, UYVY, " \
    "YVYU, Y42B, Y444, RGBA, BGRA, ARGB, ABGR, RGBx, BGRx, xRGB, xBGR, RGB, " \
    "BGR, GRAY8 }")

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

static GstElement *
make_filter (const GstCaps * caps)
{
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);

  if (filter)
    g_object_set (filter, "caps", caps, NULL);
  return filter;
}

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

static GstElement *
gst_call_video_src_make_input (GstCallDeviceSrc * self, GstCallDevice * device,
    GstCaps * downstream, GError ** error)
{
  g_auto (GstCallMode) mode = { NULL, };
  GstElement *chain[MAX_CHAIN] = { NULL, };
  GstElement *input;
  guint n = 0;

  if (!gst_call_mode_choose_video (device->caps, downstream, &mode)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "What follows takes no raw video. Put videoconvert or an encoder "
        "behind callvideosrc.");
    return NULL;
  }
  GST_DEBUG_OBJECT (self, "%s: %" GST_PTR_FORMAT " for %" GST_PTR_FORMAT,
      device->id, mode.device, mode.output);
  chain[n] = gst_call_device_create_element (device);
  if (chain[n])
    gst_object_set_name (GST_OBJECT (chain[n++]), "source");
  chain[n++] = make_filter (mode.device);
  if (mode.jpeg)
    chain[n++] = gst_element_factory_make ("jpegdec", NULL);
  if (mode.crop)
    chain[n++] = make_crop (mode.output);
  chain[n++] = make_converter ();
  if (mode.rate)
    chain[n++] = gst_element_factory_make ("videorate", NULL);
  chain[n++] = make_filter (mode.output);
  input = gst_call_device_src_chain (chain);
  if (!input)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "\"%s\" cannot be used: an element is missing. Install "
        "gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.",
        device->label);
  return input;
}

static GstElement *
gst_call_video_src_make_blank (GstCallDeviceSrc * self, const GstCaps * caps)
{
  GstElement *chain[MAX_CHAIN] = { NULL, };

  chain[0] = gst_element_factory_make ("videotestsrc", NULL);
  if (!chain[0])
    return NULL;
  gst_util_set_object_arg (G_OBJECT (chain[0]), "pattern", "black");
  g_object_set (chain[0], "is-live", TRUE, NULL);
  chain[1] = make_converter ();
  chain[2] = make_filter (caps);
  return gst_call_device_src_chain (chain);
}

static void
gst_call_video_src_class_init (GstCallVideoSrcClass * klass)
{
  GstCallDeviceSrcClass *src_class = GST_CALL_DEVICE_SRC_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  src_class->kind = GST_CALL_DEVICE_VIDEO_INPUT;
  src_class->noun = "camera";
  src_class->allowed = ALLOWED;
  src_class->make_input = gst_call_video_src_make_input;
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
