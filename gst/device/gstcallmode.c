/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallmode.h"

#include <gst/video/video.h>
#include <math.h>
#include <string.h>

#define MAX_MODES 256           /* of one device that are looked at */
#define JPEG_COST 0.01          /* decoding it costs CPU and time */
#define H264_COST 0.02
#define FORMAT_COST 0.001       /* converting costs a little */

void
gst_call_mode_clear (GstCallMode * mode)
{
  gst_clear_caps (&mode->device);
  gst_clear_caps (&mode->output);
}

gdouble
gst_call_mode_distance (gdouble actual, gdouble ideal)
{
  gdouble larger = MAX (fabs (actual), fabs (ideal));

  return larger > 0 ? fabs (actual - ideal) / larger : 0;
}

/* Unknown fields keep what size has. */
static void
fixate_near (GstStructure * structure, GstCallModeSize * size)
{
  gst_structure_fixate_field_nearest_int (structure, "width", size->width);
  gst_structure_fixate_field_nearest_int (structure, "height", size->height);
  gst_structure_fixate_field_nearest_fraction (structure, "framerate",
      size->rate_n, size->rate_d);
  gst_structure_get_int (structure, "width", &size->width);
  gst_structure_get_int (structure, "height", &size->height);
  gst_structure_get_fraction (structure, "framerate", &size->rate_n,
      &size->rate_d);
}

static gboolean
is_fixed (const GstStructure * structure, const gchar * field)
{
  const GValue *value = gst_structure_get_value (structure, field);

  return value && gst_value_is_fixed (value);
}

/* The first structure that can be had with this filter, or NULL */
static GstStructure *
first_structure (GstCaps * caps, const gchar * filter)
{
  g_autoptr (GstCaps) wanted = gst_caps_from_string (filter);
  g_autoptr (GstCaps) common =
      gst_caps_intersect_full (caps, wanted, GST_CAPS_INTERSECT_FIRST);

  if (gst_caps_is_empty (common))
    return NULL;
  return gst_structure_copy (gst_caps_get_structure (common, 0));
}

static GstCaps *
caps_of (GstStructure * structure)
{
  GstCaps *caps = gst_caps_new_empty ();

  gst_caps_append_structure (caps, structure);
  return caps;
}

/* --- video --- */

/* What downstream would like best, where it leaves a choice: the default. One
 * fixed side pulls the other along. */
static GstCallModeSize
wanted_size (const GstStructure * downstream)
{
  GstCallModeSize size = { GST_CALL_DEFAULT_WIDTH, GST_CALL_DEFAULT_HEIGHT,
    GST_CALL_DEFAULT_FRAME_RATE, 1, 0, 0
  };
  g_autoptr (GstStructure) copy = NULL;

  if (is_fixed (downstream, "width"))
    gst_structure_get_int (downstream, "width", &size.width);
  if (is_fixed (downstream, "height"))
    gst_structure_get_int (downstream, "height", &size.height);
  if (is_fixed (downstream, "width") && !is_fixed (downstream, "height"))
    size.height = size.width * 9 / 16;
  if (is_fixed (downstream, "height") && !is_fixed (downstream, "width"))
    size.width = size.height * 16 / 9;
  copy = gst_structure_copy (downstream);
  fixate_near (copy, &size);
  return size;
}

static void
prefer_format (GstStructure * structure)
{
  static const gchar *formats[] = { "I420", "YV12", "NV12", "YUY2", "UYVY" };
  g_autoptr (GstCaps) caps = caps_of (gst_structure_copy (structure));
  guint i;

  for (i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autoptr (GstCaps) one = gst_caps_new_simple ("video/x-raw", "format",
        G_TYPE_STRING, formats[i], NULL);

    if (gst_caps_can_intersect (caps, one)) {
      gst_structure_set (structure, "format", G_TYPE_STRING, formats[i], NULL);
      return;
    }
  }
}

gdouble
gst_call_mode_get_format_cost (const GstStructure * structure)
{
  g_autoptr (GstStructure) planar = NULL;

  if (gst_structure_has_name (structure, "image/jpeg"))
    return JPEG_COST;
  if (gst_structure_has_name (structure, "video/x-h264"))
    return H264_COST;
  planar = gst_structure_copy (structure);
  gst_structure_set (planar, "format", G_TYPE_STRING, "I420", NULL);
  return gst_structure_can_intersect (structure, planar) ? 0 : FORMAT_COST;
}

gdouble
gst_call_mode_get_cost (gint width, gint height, gdouble rate,
    const GstCallModeSize * wanted)
{
  return gst_call_mode_distance (width, wanted->width) +
      gst_call_mode_distance (height, wanted->height) +
      gst_call_mode_distance (rate,
      (gdouble) wanted->rate_n / MAX (wanted->rate_d, 1));
}

gboolean
gst_call_mode_is_usable (const GstCaps * device, guint index)
{
  static const gchar *const names[] = { "video/x-raw", "image/jpeg",
    "video/x-h264", "audio/x-raw", NULL
  };
  GstCapsFeatures *features = gst_caps_get_features (device, index);

  if (!g_strv_contains (names, gst_structure_get_name (gst_caps_get_structure
              (device, index))))
    return FALSE;
  return !features || gst_caps_features_is_equal (features,
      GST_CAPS_FEATURES_MEMORY_SYSTEM_MEMORY);
}

/* The device's mode nearest to wanted, or NULL. name: of its media type, or NULL.
 * *size: what it gives. */
static GstStructure *
nearest_mode (const GstCaps * device, const gchar * name,
    const GstCallModeSize * wanted, GstCallModeSize * size)
{
  GstStructure *best = NULL;
  gdouble best_cost = G_MAXDOUBLE;
  guint i, n = gst_caps_is_any (device) ? 0 : gst_caps_get_size (device);

  for (i = 0; i < MIN (n, MAX_MODES); i++) {
    g_autoptr (GstStructure) mode =
        gst_structure_copy (gst_caps_get_structure (device, i));
    GstCallModeSize actual = *wanted;
    gdouble cost;

    if (!gst_call_mode_is_usable (device, i) || (name
            && !gst_structure_has_name (mode, name)))
      continue;
    fixate_near (mode, &actual);
    if (gst_structure_has_name (mode, "video/x-raw"))
      prefer_format (mode);
    cost = gst_call_mode_get_format_cost (mode) +
        gst_call_mode_get_cost (actual.width, actual.height,
        (gdouble) actual.rate_n / MAX (actual.rate_d, 1), wanted);
    if (cost < best_cost) {
      g_clear_pointer (&best, gst_structure_free);
      best = g_steal_pointer (&mode);
      best_cost = cost;
      *size = actual;
    }
  }
  return best;
}

/* Fields downstream leaves open follow the device. */
static void
fixate_output (GstStructure * output, const GstCallModeSize * mode)
{
  GstCallModeSize size = *mode;

  if (is_fixed (output, "width") && !is_fixed (output, "height")) {
    gst_structure_get_int (output, "width", &size.width);
    size.height = (gint64) size.width * mode->height / mode->width;
    size.height += size.height & 1;
  } else if (is_fixed (output, "height") && !is_fixed (output, "width")) {
    gst_structure_get_int (output, "height", &size.height);
    size.width = (gint64) size.height * mode->width / mode->height;
    size.width += size.width & 1;
  }
  if (size.rate_n == 0) {       /* a camera of variable rate */
    size.rate_n = GST_CALL_DEFAULT_FRAME_RATE;
    size.rate_d = 1;
  }
  fixate_near (output, &size);
  gst_structure_fixate_field (output, "format");
  gst_structure_set (output, "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1,
      NULL);
}

/* What is taken of raw video, or NULL */
static GstStructure *
raw_output (GstCaps * downstream)
{
  GstStructure *output = first_structure (downstream,
      "video/x-raw, format=I420, width=[1,16384], height=[1,16384], "
      "framerate=(fraction)[1/1,240/1]");

  return output ? output : first_structure (downstream, GST_VIDEO_CAPS_MAKE
      (GST_VIDEO_FORMATS_ALL));
}

void
gst_call_mode_get_wanted (GstCallModeSize * wanted, const GstCaps * downstream)
{
  g_autoptr (GstCaps) caps = downstream ? gst_caps_copy (downstream) :
      gst_caps_new_any ();
  g_autoptr (GstStructure) video = raw_output (caps);
  g_autoptr (GstStructure) audio = first_structure (caps, "audio/x-raw, "
      "rate=[1,384000], channels=[1,64]");

  if (video && !gst_caps_is_any (caps)) {
    *wanted = wanted_size (video);
  } else {
    wanted->width = GST_CALL_DEFAULT_WIDTH;
    wanted->height = GST_CALL_DEFAULT_HEIGHT;
    wanted->rate_n = GST_CALL_DEFAULT_FRAME_RATE;
    wanted->rate_d = 1;
  }
  wanted->rate = GST_CALL_DEFAULT_SAMPLE_RATE;
  wanted->channels = 1;
  if (audio && !gst_caps_is_any (caps)) {
    gst_structure_fixate_field_nearest_int (audio, "rate", wanted->rate);
    gst_structure_fixate_field_nearest_int (audio, "channels", 1);
    gst_structure_get_int (audio, "rate", &wanted->rate);
    gst_structure_get_int (audio, "channels", &wanted->channels);
  }
}

/* Raw video is not taken: what the device encodes, as it is */
static gboolean
pass_encoded (const GstCaps * device, GstCaps * downstream, GstCallMode * mode)
{
  static const gchar *const names[] = { "video/x-h264", "image/jpeg" };
  g_autoptr (GstCaps) common = gst_caps_intersect ((GstCaps *) device,
      downstream);
  GstCallModeSize wanted, actual;
  GstStructure *best;
  guint i;

  gst_call_mode_get_wanted (&wanted, downstream);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    best = nearest_mode (common, names[i], &wanted, &actual);
    if (!best)
      continue;
    mode->encoded = names[i];
    mode->pass = TRUE;
    mode->device = caps_of (best);
    mode->output = gst_caps_ref (mode->device);
    return TRUE;
  }
  return FALSE;
}

gboolean
gst_call_mode_choose_video (const GstCaps * device, GstCaps * downstream,
    GstCallMode * mode)
{
  g_autoptr (GstStructure) output = raw_output (downstream);
  GstStructure *best;
  GstCallModeSize wanted, actual, out = { 0, 0, 0, 1, 0, 0 };

  memset (mode, 0, sizeof (*mode));
  if (!output)
    return pass_encoded (device, downstream, mode);
  wanted = actual = wanted_size (output);
  best = nearest_mode (device, NULL, &wanted, &actual);
  if (best && !gst_structure_has_name (best, "video/x-raw"))
    mode->encoded = gst_structure_has_name (best, "image/jpeg") ?
        "image/jpeg" : "video/x-h264";
  mode->device = best ? caps_of (best) : gst_caps_new_any ();
  fixate_output (output, &actual);
  fixate_near (output, &out);
  mode->rate = !best || actual.rate_n == 0 ||
      gst_util_fraction_compare (out.rate_n, out.rate_d, actual.rate_n,
      actual.rate_d) != 0;
  mode->crop = gst_call_mode_distance ((gdouble) out.width / out.height,
      (gdouble) actual.width / actual.height) > 0.01;
  mode->output = caps_of (g_steal_pointer (&output));
  return TRUE;
}

/* --- audio --- */

/* 1 or 2, as the device has */
static gint
device_channels (const GstCaps * device)
{
  g_autoptr (GstStructure) structure = NULL;
  gint channels = 1;

  if (gst_caps_is_any (device) || gst_caps_is_empty (device))
    return 1;
  structure = gst_structure_copy (gst_caps_get_structure (device, 0));
  gst_structure_fixate_field_nearest_int (structure, "channels", 1);
  gst_structure_get_int (structure, "channels", &channels);
  return CLAMP (channels, 1, 2);
}

/* Rate and channels, where the device's mode has only one */
static GstCaps *
get_audio_filter (const GstCaps * device)
{
  GstStructure *filter = gst_structure_new_empty ("audio/x-raw");
  const GstStructure *structure;
  gint n;

  if (!gst_caps_is_any (device) && gst_caps_get_size (device) == 1) {
    structure = gst_caps_get_structure (device, 0);
    if (gst_structure_get_int (structure, "rate", &n))
      gst_structure_set (filter, "rate", G_TYPE_INT, n, NULL);
    if (gst_structure_get_int (structure, "channels", &n))
      gst_structure_set (filter, "channels", G_TYPE_INT, n, NULL);
  }
  return caps_of (filter);
}

gboolean
gst_call_mode_choose_audio (const GstCaps * device, GstCaps * downstream,
    GstCallMode * mode)
{
  GstStructure *output;
  gint channels = 1;

  memset (mode, 0, sizeof (*mode));
  output = first_structure (downstream, "audio/x-raw, "
      "format=S16LE, layout=interleaved, rate=[1,384000], channels=[1,2]");
  if (!output)
    output = first_structure (downstream, "audio/x-raw, "
        "format=F32LE, layout=interleaved, rate=[1,384000], channels=[1,2]");
  if (!output)
    output = first_structure (downstream, "audio/x-raw, layout=interleaved, "
        "rate=[1,384000], channels=[1,64]");
  if (!output)
    return FALSE;
  gst_structure_fixate_field_nearest_int (output, "rate",
      GST_CALL_DEFAULT_SAMPLE_RATE);
  gst_structure_fixate_field_nearest_int (output, "channels",
      device_channels (device));
  gst_structure_fixate_field (output, "format");
  gst_structure_get_int (output, "channels", &channels);
  if (channels <= 2)            /* these have only one layout */
    gst_structure_remove_field (output, "channel-mask");
  mode->output = caps_of (output);
  mode->device = get_audio_filter (device);
  return TRUE;
}
