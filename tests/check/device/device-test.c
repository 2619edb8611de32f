/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "device-test.h"

#include <math.h>

GstHarness *
device_test_harness (const gchar * description, GstBus ** bus)
{
  GstHarness *h = gst_harness_new_parse (description);

  gst_harness_use_systemclock (h);
  if (bus) {
    *bus = gst_bus_new ();
    gst_element_set_bus (h->element, *bus);
  }
  return h;
}

static void
map_frame (GstHarness * h, GstBuffer * buffer, GstVideoFrame * frame)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (h->sinkpad);
  GstVideoInfo info;

  fail_unless (caps != NULL);
  fail_unless (gst_video_info_from_caps (&info, caps));
  fail_unless_equals_int (GST_VIDEO_INFO_FORMAT (&info), GST_VIDEO_FORMAT_I420);
  fail_unless (gst_video_frame_map (frame, &info, buffer, GST_MAP_READ));
}

gboolean
device_test_read (GstHarness * h, GstBuffer * buffer, GstCallBarcode * code)
{
  GstVideoFrame frame;
  gboolean ok;

  map_frame (h, buffer, &frame);
  ok = gst_call_barcode_read (GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
      GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), GST_VIDEO_FRAME_WIDTH (&frame),
      GST_VIDEO_FRAME_HEIGHT (&frame), code);
  gst_video_frame_unmap (&frame);
  return ok;
}

gboolean
device_test_is_black (GstHarness * h, GstBuffer * buffer)
{
  static const guint8 black[] = { 16, 128, 128 };
  gboolean is_black = TRUE;
  GstVideoFrame frame;
  gint plane, x, y;

  map_frame (h, buffer, &frame);
  for (plane = 0; plane < 3; plane++) {
    const guint8 *line = GST_VIDEO_FRAME_PLANE_DATA (&frame, plane);

    for (y = 0; y < GST_VIDEO_FRAME_COMP_HEIGHT (&frame, plane); y++) {
      for (x = 0; x < GST_VIDEO_FRAME_COMP_WIDTH (&frame, plane); x++)
        is_black = is_black && ABS (line[x] - black[plane]) <= 1;
      line += GST_VIDEO_FRAME_PLANE_STRIDE (&frame, plane);
    }
  }
  gst_video_frame_unmap (&frame);
  return is_black;
}

gdouble
device_test_tone (const gint16 * samples, gsize n, gdouble frequency, gint rate)
{
  gdouble re = 0, im = 0, energy = 0;
  gsize i;

  for (i = 0; i < n; i++) {
    gdouble phase = 2 * G_PI * frequency * i / rate;

    re += samples[i] * cos (phase);
    im += samples[i] * sin (phase);
    energy += (gdouble) samples[i] * samples[i];
  }
  return energy > 0 ? 2 * (re * re + im * im) / (n * energy) : 0;
}

gchar *
device_test_error (const gchar * line, GQuark domain, gint code)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) pipeline = gst_parse_launch (line, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;

  fail_unless (pipeline != NULL, "%s", error ? error->message : line);
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  message = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
      GST_MESSAGE_ERROR | GST_MESSAGE_EOS);
  fail_unless (message != NULL, "no error: %s", line);
  fail_unless_equals_int (GST_MESSAGE_TYPE (message), GST_MESSAGE_ERROR);
  gst_message_parse_error (message, &error, NULL);
  fail_unless (g_error_matches (error, domain, code), "%s", error->message);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return g_strdup (error->message);
}
