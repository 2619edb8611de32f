/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A row of the list of devices: its stable id, and how it is opened.
 */
#define _GNU_SOURCE             /* FNM_CASEFOLD */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevice-private.h"

#include <fnmatch.h>
#include <string.h>

#define V4L2_BY_ID "/dev/v4l/by-id"
#define MAX_DESCRIBED 16
#define MAX_STAMP_ERROR (500 * GST_MSECOND)
#define AUDIO_PERIOD_US 10000   /* what an audio device hands over at once */
#define AUDIO_SOURCE_BUFFER_US 80000    /* lost only if we sleep longer */
#define AUDIO_SINK_BUFFER_US 40000      /* what it plays late */

G_DEFINE_BOXED_TYPE (GstCallDevice, gst_call_device, gst_call_device_ref,
    gst_call_device_unref);

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstCallTrackState, gst_call_track_state,
    G_DEFINE_ENUM_VALUE (GST_CALL_TRACK_LIVE, "live"),
    G_DEFINE_ENUM_VALUE (GST_CALL_TRACK_MUTED, "muted"),
    G_DEFINE_ENUM_VALUE (GST_CALL_TRACK_ENDED, "ended"))
/* *INDENT-ON* */

GstCallDevice *
gst_call_device_ref (GstCallDevice * device)
{
  g_atomic_ref_count_inc (&device->refs);
  return device;
}

void
gst_call_device_unref (GstCallDevice * device)
{
  if (!g_atomic_ref_count_dec (&device->refs))
    return;
  g_free (device->id);
  g_free (device->label);
  g_free (device->group);
  g_free (device->api);
  g_free (device->facing);
  g_free (device->alias);
  gst_clear_caps (&device->caps);
  gst_clear_object (&device->device);
  g_free (device);
}

const gchar *
gst_call_device_kind_name (GstCallDeviceKind kind)
{
  static const gchar *names[] = { "videoinput", "audioinput", "audiooutput" };

  return names[kind];
}

/* --- identity --- */

static gchar *
get_field (const GstStructure * properties, const gchar * name)
{
  const GValue *value;

  if (!properties)
    return NULL;
  value = gst_structure_get_value (properties, name);
  if (!value)
    return NULL;
  if (G_VALUE_HOLDS_STRING (value))
    return g_value_dup_string (value);
  return gst_value_serialize (value);
}

static gchar *
first_field (const GstStructure * properties, const gchar * const *names)
{
  gchar *value = NULL;

  for (; *names && !value; names++) {
    value = get_field (properties, *names);
    if (value && *value == '\0')
      g_clear_pointer (&value, g_free);
  }
  return value;
}

/* The link udev made for this camera: vendor, model and serial. */
static gchar *
v4l2_link_name (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (V4L2_BY_ID, 0, NULL);
  g_autofree gchar *node = g_path_get_basename (path);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *link = g_build_filename (V4L2_BY_ID, name, NULL);
    g_autofree gchar *target = g_file_read_link (link, NULL);
    g_autofree gchar *base = target ? g_path_get_basename (target) : NULL;

    if (g_strcmp0 (base, node) == 0)
      return g_strdup (name);
  }
  return NULL;
}

static gchar *
v4l2_id (const GstStructure * properties, const gchar * path)
{
  g_autofree gchar *bus = get_field (properties, "v4l2.device.bus_info");
  gchar *id = path ? v4l2_link_name (path) : NULL;

  if (id)
    return id;
  if (bus && *bus)
    return g_strdup_printf ("v4l2:%s", bus);
  return path ? g_strdup_printf ("v4l2:%s", path) : NULL;
}

/* The pulse provider's GstDevice has the name in a property of its own. */
static gchar *
internal_name (GstDevice * device)
{
  gchar *name = NULL;

  if (g_object_class_find_property (G_OBJECT_GET_CLASS (device),
          "internal-name"))
    g_object_get (device, "internal-name", &name, NULL);
  return name;
}

static const gchar *
guess_api (GstDevice * device)
{
  const gchar *type = G_OBJECT_TYPE_NAME (device);

  if (strstr (type, "Pulse"))
    return "pulse";
  if (strstr (type, "PipeWire"))
    return "pipewire";
  if (strstr (type, "V4l2"))
    return "v4l2";
  if (strstr (type, "Alsa"))
    return "alsa";
  if (strstr (type, "CallFake"))
    return "call-fake";
  return "other";
}

static gchar *
find_id (GstCallDevice * self, const GstStructure * properties)
{
  static const gchar *const names[] = { "node.name", "device.name",
    "alsa.long_card_name", "device.path", NULL
  };
  gchar *id = NULL;

  if (g_str_equal (self->api, "pulse"))
    id = internal_name (self->device);
  else if (g_str_equal (self->api, "v4l2"))
    id = v4l2_id (properties, self->alias);
  else if (g_str_equal (self->api, "pipewire"))
    id = get_field (properties, "node.name");
  else if (g_str_equal (self->api, "call-fake"))
    id = get_field (properties, "device.id");
  if (!id || *id == '\0') {
    g_free (id);
    id = first_field (properties, names);
  }
  /* better than no id: stable as long as the label is */
  return id ? id : g_strdup_printf ("%s:%s", self->api, self->label);
}

/* libcamera knows where a camera is. */
static gchar *
find_facing (const GstStructure * properties)
{
  static const gchar *const names[] = { "api.libcamera.location",
    "device.location", NULL
  };
  g_autofree gchar *location = first_field (properties, names);

  if (g_strcmp0 (location, "front") == 0)
    return g_strdup ("user");
  if (g_strcmp0 (location, "back") == 0)
    return g_strdup ("environment");
  return NULL;
}

GstCallDevice *
gst_call_device_new (GstCallDeviceKind kind, GstDevice * device)
{
  static const gchar *const paths[] = { "device.path", "api.v4l2.path", NULL };
  static const gchar *const groups[] = { "device.group", "device.bus_path",
    "device.bus-path", "device.serial", "alsa.card", NULL
  };
  g_autoptr (GstStructure) properties = gst_device_get_properties (device);
  g_autofree gchar *class = get_field (properties, "device.class");
  GstCallDevice *self = g_new0 (GstCallDevice, 1);

  g_atomic_ref_count_init (&self->refs);
  self->kind = kind;
  self->device = gst_object_ref (device);
  self->label = gst_device_get_display_name (device);
  self->caps = gst_device_get_caps (device);
  if (!self->caps)
    self->caps = gst_caps_new_any ();
  self->api = g_strdup (guess_api (device));
  if (kind == GST_CALL_DEVICE_VIDEO_INPUT)
    self->alias = first_field (properties, paths);
  self->id = find_id (self, properties);
  self->facing = find_facing (properties);
  self->group = first_field (properties, groups);
  if (!self->group)
    self->group = g_strdup ("");
  if (properties)
    gst_structure_get_boolean (properties, "is-default", &self->is_default);
  self->is_monitor = g_strcmp0 (class, "monitor") == 0
      || (kind == GST_CALL_DEVICE_AUDIO_INPUT
      && g_str_has_suffix (self->id, ".monitor"));
  return self;
}

GstStructure *
gst_call_device_to_structure (GstCallDevice * device)
{
  return gst_structure_new ("call-device",
      "deviceId", G_TYPE_STRING, device->id,
      "kind", G_TYPE_STRING, gst_call_device_kind_name (device->kind),
      "label", G_TYPE_STRING, device->label,
      "groupId", G_TYPE_STRING, device->group,
      "caps", GST_TYPE_CAPS, device->caps, NULL);
}

GstStructure *
gst_call_device_settings (GstCallDevice * device, const GstCaps * caps)
{
  GstStructure *settings = gst_structure_new_empty ("call-settings");
  const GstStructure *mode;
  gint n, d;

  if (!device)
    return settings;
  gst_structure_set (settings, "deviceId", G_TYPE_STRING, device->id,
      "groupId", G_TYPE_STRING, device->group,
      "label", G_TYPE_STRING, device->label, NULL);
  if (!caps)
    return settings;
  mode = gst_caps_get_structure (caps, 0);
  if (gst_structure_get_int (mode, "width", &n))
    gst_structure_set (settings, "width", G_TYPE_INT, n, NULL);
  if (gst_structure_get_int (mode, "height", &n))
    gst_structure_set (settings, "height", G_TYPE_INT, n, NULL);
  if (gst_structure_get_fraction (mode, "framerate", &n, &d) && d > 0)
    gst_structure_set (settings, "frameRate", G_TYPE_DOUBLE, (gdouble) n / d,
        NULL);
  if (gst_structure_get_int (mode, "rate", &n))
    gst_structure_set (settings, "sampleRate", G_TYPE_INT, n, NULL);
  if (gst_structure_get_int (mode, "channels", &n))
    gst_structure_set (settings, "channelCount", G_TYPE_INT, n, NULL);
  gst_structure_set (settings, "caps", GST_TYPE_CAPS, caps, NULL);
  return settings;
}

/* --- opening --- */

static void
set_if_there (GstElement * element, const gchar * name, const gchar * value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), name))
    gst_util_set_object_arg (G_OBJECT (element), name, value);
}

static void
set_microseconds (GstElement * element, const gchar * name, gint64 value)
{
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), name))
    g_object_set (element, name, value, NULL);
}

/* A node stamps its buffers with a clock of its own, or not at all. Times that
 * cannot be true are replaced by that of arrival. streaming thread */
static GstPadProbeReturn
on_pipewire_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  g_autoptr (GstElement) element = gst_pad_get_parent_element (pad);
  g_autoptr (GstClock) clock = element ? gst_element_get_clock (element) : NULL;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstClockTime now, base;

  if (!clock)
    return GST_PAD_PROBE_OK;
  now = gst_clock_get_time (clock);
  base = gst_element_get_base_time (element);
  now = now > base ? now - base : 0;
  if (GST_BUFFER_PTS_IS_VALID (buffer) &&
      ABS (GST_CLOCK_DIFF (GST_BUFFER_PTS (buffer), now)) < MAX_STAMP_ERROR)
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_BUFFER_PTS (buffer) = now;
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  return GST_PAD_PROBE_OK;
}

static void
set_up_pipewire (GstElement * element, const gchar * node)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, "src");

  /* The provider's serial is another one after a re-plug. */
  set_if_there (element, "target-object", node);
  if (pad)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_pipewire_buffer, NULL,
        NULL);
}

GstElement *
gst_call_device_create_element (GstCallDevice * device)
{
  GstElement *element = gst_device_create_element (device->device, NULL);

  if (!element)
    return NULL;
  if (g_str_equal (device->api, "pipewire"))
    set_up_pipewire (element, device->id);
  if (device->kind == GST_CALL_DEVICE_VIDEO_INPUT)
    return element;
  /* Devices come and go, the pipeline's clock must not. */
  set_if_there (element, "provide-clock", "false");
  set_microseconds (element, "latency-time", AUDIO_PERIOD_US);
  set_microseconds (element, "buffer-time",
      device->kind == GST_CALL_DEVICE_AUDIO_INPUT ? AUDIO_SOURCE_BUFFER_US :
      AUDIO_SINK_BUFFER_US);
  return element;
}

/* --- choosing --- */

gchar *
gst_call_device_describe (GPtrArray * devices)
{
  GString *text = g_string_new (NULL);
  guint i;

  for (i = 0; i < devices->len && i < MAX_DESCRIBED; i++) {
    GstCallDevice *device = g_ptr_array_index (devices, i);

    g_string_append_printf (text, "%s%s (%s)", i ? ", " : "", device->id,
        device->label);
  }
  if (devices->len > MAX_DESCRIBED)
    g_string_append_printf (text, " and %u more", devices->len - MAX_DESCRIBED);
  if (devices->len == 0)
    g_string_append (text, "none");
  return g_string_free (text, FALSE);
}

GstCallDevice *
gst_call_device_find (GPtrArray * devices, const gchar * id)
{
  guint i;

  for (i = 0; i < devices->len; i++) {
    GstCallDevice *device = g_ptr_array_index (devices, i);

    if (g_str_equal (device->id, id))
      return device;
  }
  return NULL;
}

gboolean
gst_call_device_fits (const GstCallDevice * device, const gchar * id,
    const gchar * label)
{
  if (id && *id)
    return g_str_equal (device->id, id) || g_strcmp0 (device->alias, id) == 0;
  if (label && *label)
    return fnmatch (label, device->label, FNM_CASEFOLD) == 0;
  return !device->is_monitor;
}

static const gchar *const nouns[] = { "camera", "microphone", "speaker" };

void
gst_call_device_explain (GPtrArray * devices, GstCallDeviceKind kind,
    const gchar * id, const gchar * label, GError ** error)
{
  g_autofree gchar *known = gst_call_device_describe (devices);

  if (id && *id)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "There is no %s with device-id \"%.200s\". Set device-id to one of: "
        "%s.", nouns[kind], id, known);
  else if (label && *label)
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "No %s has a name that fits label \"%.200s\". Set label to fit one of, "
        "or device-id to: %s.", nouns[kind], label, known);
  else
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND,
        "There is no %s. Plug one in%s. Devices that are only used when asked "
        "for by device-id: %s.", nouns[kind],
        kind == GST_CALL_DEVICE_AUDIO_OUTPUT ?
        " or start PipeWire or PulseAudio" : ", start PipeWire or PulseAudio, "
        "or set GST_CALL_FAKE_DEVICES=video=1,audio=1 to use fake devices",
        known);
}

void
gst_call_device_explain_constraint (GPtrArray * devices, GstCallDeviceKind kind,
    const gchar * constraint, GError ** error)
{
  g_autofree gchar *known = gst_call_device_describe (devices);

  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "No %s can do what constraints ask for: %s (OverconstrainedError). Ask "
      "for less of it, or write \"ideal\" in the place of exact, min or max. "
      "Looked at: %s.", nouns[kind], constraint, known);
}
