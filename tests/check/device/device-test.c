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

gdouble
device_test_loudness (GstHarness * h, GstClockTime time)
{
  GstClockTime first = GST_CLOCK_TIME_NONE, last = GST_CLOCK_TIME_NONE;
  gdouble sum = 0;
  gsize n = 0;

  do {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    GstMapInfo map;
    gsize i;

    fail_unless (buffer != NULL);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    if (!GST_CLOCK_TIME_IS_VALID (first))
      first = last;
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    for (i = 0; i < map.size / 2; i++) {
      gint16 sample = GST_READ_UINT16_LE (map.data + 2 * i);

      sum += (gdouble) sample *sample;
    }
    n += map.size / 2;
    gst_buffer_unmap (buffer, &map);
  } while (last < first + time);
  return sum / MAX (n, 1);
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

static GstMessage *
wait_for (GstBus * bus, GstMessageType type, const gchar * text)
{
  for (;;) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, DEVICE_TEST_TIMEOUT,
        type | GST_MESSAGE_ERROR);

    fail_unless (message != NULL, "no message: %s", text);
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      g_autoptr (GError) error = NULL;

      gst_message_parse_error (message, &error, NULL);
      fail ("waiting for %s: %s", text, error->message);
    }
    if (type != GST_MESSAGE_ELEMENT || gst_message_has_name (message, text))
      return message;
    gst_message_unref (message);
  }
}

GstMessage *
device_test_wait (GstBus * bus, const gchar * name)
{
  return wait_for (bus, GST_MESSAGE_ELEMENT, name);
}

void
device_test_wait_warning (GstBus * bus, const gchar * part)
{
  g_autoptr (GstMessage) message = wait_for (bus, GST_MESSAGE_WARNING, part);
  g_autoptr (GError) error = NULL;

  gst_message_parse_warning (message, &error, NULL);
  fail_unless (strstr (error->message, part) != NULL, "\"%s\" is not in: %s",
      part, error->message);
}

guint
device_test_pull_until (GstHarness * h, guint camera, GstClockTime * last)
{
  GstCallBarcode code = { 0, };
  guint n;

  for (n = 0;; n++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL, "no picture of camera %u", camera);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (*last)
        || GST_BUFFER_PTS (buffer) > *last);
    *last = GST_BUFFER_PTS (buffer);
    if (device_test_read (h, buffer, &code) && code.camera == camera)
      return n;
    fail_unless (n < 3000, "camera %u does not come", camera);
  }
}

static GMutex state_lock;
static GCond state_cond;

/* any thread, maybe once more after it has been disconnected */
static void
on_state (GObject * src, GParamSpec * pspec, gpointer unused)
{
  g_mutex_lock (&state_lock);
  g_cond_broadcast (&state_cond);
  g_mutex_unlock (&state_lock);
}

void
device_test_wait_state (GstElement * src, gint state)
{
  gint64 end = g_get_monotonic_time () + DEVICE_TEST_TIMEOUT / GST_USECOND;
  gint now = -1;
  gulong id;

  id = g_signal_connect (src, "notify::state", G_CALLBACK (on_state), NULL);
  g_mutex_lock (&state_lock);
  for (;;) {
    g_object_get (src, "state", &now, NULL);
    if (now == state)
      break;
    fail_unless (g_cond_wait_until (&state_cond, &state_lock, end),
        "state is %d, not %d", now, state);
  }
  g_mutex_unlock (&state_lock);
  g_signal_handler_disconnect (src, id);
}

guint
device_test_count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}
