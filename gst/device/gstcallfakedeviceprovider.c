/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:provider-callfakedeviceprovider
 * @title: callfakedeviceprovider
 *
 * Fake cameras and microphones, as browsers have them: listed beside the real
 * devices when the environment variable GST_CALL_FAKE_DEVICES asks for them.
 * Its grammar stands in gstcallfakeconfig.h and in the pages of callvideosrc
 * and callaudiosrc.
 *
 * ## Example launch lines
 * |[
 * GST_CALL_FAKE_DEVICES=video=3,audio=2 gst-device-monitor-1.0
 * ]|
 *
 * Since: 0.1
 */

/*
 * Threads
 *
 *   name        runs                          may take          never
 *   ----------  ----------------------------  ----------------  -------------
 *   app         start, stop, probe            OBJECT (inside    -
 *   streaming   gst_call_fake_device_unplug   GStreamer)        -
 *
 * No lock of its own: the list of devices is GstDeviceProvider's.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfakedevice.h"

GST_DEBUG_CATEGORY_STATIC (gst_call_fake_device_debug);
#define GST_CAT_DEFAULT gst_call_fake_device_debug

#define GST_TYPE_CALL_FAKE_DEVICE (gst_call_fake_device_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFakeDevice, gst_call_fake_device, GST,
    CALL_FAKE_DEVICE, GstDevice);

struct _GstCallFakeDevice
{
  GstDevice parent;

  /* set once in new_device */
  GstCallFakeKind kind;
  guint index;
  GstCallFakeOptions options;
};

G_DEFINE_FINAL_TYPE (GstCallFakeDevice, gst_call_fake_device, GST_TYPE_DEVICE);

#define GST_TYPE_CALL_FAKE_DEVICE_PROVIDER \
  (gst_call_fake_device_provider_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFakeDeviceProvider, gst_call_fake_device_provider,
    GST, CALL_FAKE_DEVICE_PROVIDER, GstDeviceProvider);

struct _GstCallFakeDeviceProvider
{
  GstDeviceProvider parent;
};

G_DEFINE_FINAL_TYPE (GstCallFakeDeviceProvider, gst_call_fake_device_provider,
    GST_TYPE_DEVICE_PROVIDER);
GST_DEVICE_PROVIDER_REGISTER_DEFINE (callfakedeviceprovider,
    "callfakedeviceprovider", GST_RANK_PRIMARY,
    GST_TYPE_CALL_FAKE_DEVICE_PROVIDER);

static const struct
{
  const gchar *name;
  const gchar *label;
  const gchar *class;
  const gchar *factory;
} kinds[GST_CALL_FAKE_N_KINDS] = {
  {"camera", "Fake camera", "Video/Source", "callfakevideosrc"},
  {"microphone", "Fake microphone", "Audio/Source", "callfakeaudiosrc"},
};

const gchar *
gst_call_fake_kind_name (GstCallFakeKind kind)
{
  return kinds[kind].name;
}

/* max_height: 0 = all */
static GstCaps *
make_caps (GstCallFakeKind kind, guint max_height)
{
  static const guint sizes[][2] = {
    {640, 480}, {640, 360}, {1280, 720}, {320, 240}, {320, 180}, {1920, 1080},
  };
  GstCaps *caps;
  guint i;

  if (kind == GST_CALL_FAKE_AUDIO)
    return gst_caps_from_string ("audio/x-raw, format=(string){ S16LE, F32LE },"
        " layout=(string)interleaved, rate=(int){ 48000, 44100, 16000, 8000 },"
        " channels=(int)[ 1, 2 ]");
  caps = gst_caps_new_empty ();
  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    if (max_height && sizes[i][1] > max_height)
      continue;
    gst_caps_append (caps, gst_caps_new_simple ("video/x-raw",
            "format", G_TYPE_STRING, "I420",
            "width", G_TYPE_INT, sizes[i][0], "height", G_TYPE_INT, sizes[i][1],
            "framerate", GST_TYPE_FRACTION_RANGE, 1, 1, 60, 1,
            "pixel-aspect-ratio", GST_TYPE_FRACTION, 1, 1, NULL));
  }
  return caps;
}

GstCaps *
gst_call_fake_caps (GstCallFakeKind kind)
{
  return make_caps (kind, 0);
}

/* --- a device --- */

static GstElement *
gst_call_fake_device_create_element (GstDevice * device, const gchar * name)
{
  GstCallFakeDevice *self = GST_CALL_FAKE_DEVICE (device);
  GstElement *element = gst_element_factory_make (kinds[self->kind].factory,
      name);

  if (element)
    g_object_set (element, kinds[self->kind].name, self->index,
        "open-delay", self->options.open_delay,
        "fail-open", self->options.fail_open,
        "unplug-after", self->options.unplug_after,
        "replug-after", self->options.replug_after,
        "stall-after", self->options.stall_after,
        "never-delivers", self->options.never_delivers, NULL);
  return element;
}

static void
gst_call_fake_device_class_init (GstCallFakeDeviceClass * klass)
{
  GST_DEVICE_CLASS (klass)->create_element =
      gst_call_fake_device_create_element;
}

static void
gst_call_fake_device_init (GstCallFakeDevice * self)
{
}

static GstDevice *
new_device (GstCallFakeKind kind, guint index,
    const GstCallFakeOptions * options)
{
  g_autofree gchar *id =
      g_strdup_printf ("fake-%s-%u", kinds[kind].name, index);
  g_autofree gchar *label = g_strdup_printf ("%s %u", kinds[kind].label, index);
  g_autofree gchar *group = g_strdup_printf ("fake-%u", index);
  g_autoptr (GstCaps) caps = make_caps (kind, options->max_height);
  g_autoptr (GstStructure) properties =
      gst_structure_new ("call-fake-device", "device.api", G_TYPE_STRING,
      "call-fake", "device.id", G_TYPE_STRING, id, "device.group",
      G_TYPE_STRING, group, NULL);
  GstCallFakeDevice *self = g_object_new (GST_TYPE_CALL_FAKE_DEVICE,
      "display-name", label, "device-class", kinds[kind].class, "caps", caps,
      "properties", properties, NULL);

  self->kind = kind;
  self->index = index;
  self->options = *options;
  return GST_DEVICE (self);
}

/* --- the provider --- */

static GList *
gst_call_fake_device_provider_probe (GstDeviceProvider * provider)
{
  g_autoptr (GError) error = NULL;
  GstCallFakeConfig config;
  GList *devices = NULL;
  guint kind, i;

  if (!gst_call_fake_config_parse (g_getenv (GST_CALL_FAKE_DEVICES_ENV),
          &config, &error)) {
    GST_ERROR_OBJECT (provider, "%s", error->message);
    g_printerr ("%s\n", error->message);
  }
  for (kind = 0; kind < GST_CALL_FAKE_N_KINDS; kind++) {
    for (i = 0; i < config.count[kind]; i++)
      devices = g_list_append (devices,
          gst_object_ref_sink (new_device (kind, i, &config.options[kind][i])));
  }
  return devices;
}

static gboolean
gst_call_fake_device_provider_start (GstDeviceProvider * provider)
{
  GList *devices = gst_call_fake_device_provider_probe (provider);
  GList *l;

  for (l = devices; l; l = l->next)
    gst_device_provider_device_add (provider, l->data);
  g_list_free_full (devices, gst_object_unref);
  return TRUE;
}

/* GstDeviceProvider drops the devices itself after stop. */
static void
gst_call_fake_device_provider_stop (GstDeviceProvider * provider)
{
}

static void
ref_object (gpointer object, gpointer unused)
{
  gst_object_ref (object);
}

/* thread of the system clock */
static gboolean
replug (GstClock * clock, GstClockTime time, GstClockID id, gpointer device)
{
  g_autoptr (GstDeviceProvider) provider =
      gst_device_provider_factory_get_by_name ("callfakedeviceprovider");

  if (provider && gst_device_provider_is_started (provider))
    gst_device_provider_device_add (provider, device);
  return TRUE;
}

static void
replug_later (GstDevice * device, guint ms)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockID id = gst_clock_new_single_shot_id (clock,
      gst_clock_get_time (clock) + ms * GST_MSECOND);

  gst_clock_id_wait_async (id, replug, gst_object_ref_sink (device),
      gst_object_unref);
  gst_clock_id_unref (id);
}

void
gst_call_fake_device_unplug (GstCallFakeKind kind, guint index,
    guint replug_after)
{
  g_autoptr (GstDeviceProvider) provider =
      gst_device_provider_factory_get_by_name ("callfakedeviceprovider");
  GList *devices, *l;

  if (!provider)
    return;
  GST_OBJECT_LOCK (provider);
  devices = g_list_copy (provider->devices);
  g_list_foreach (devices, ref_object, NULL);
  GST_OBJECT_UNLOCK (provider);
  for (l = devices; l; l = l->next) {
    GstCallFakeDevice *device = GST_CALL_FAKE_DEVICE (l->data);

    if (device->kind != kind || device->index != index)
      continue;
    gst_device_provider_device_remove (provider, GST_DEVICE (device));
    if (replug_after)           /* another one of the same name, as in life */
      replug_later (new_device (kind, index, &device->options), replug_after);
  }
  g_list_free_full (devices, gst_object_unref);
}

static void
gst_call_fake_device_provider_class_init (GstCallFakeDeviceProviderClass *
    klass)
{
  GstDeviceProviderClass *provider_class = GST_DEVICE_PROVIDER_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_call_fake_device_debug, "callfakedevice", 0,
      "fake devices");
  provider_class->probe = gst_call_fake_device_provider_probe;
  provider_class->start = gst_call_fake_device_provider_start;
  provider_class->stop = gst_call_fake_device_provider_stop;
  gst_device_provider_class_set_static_metadata (provider_class,
      "Fake cameras and microphones", "Source/Audio/Video",
      "Devices for tests, asked for with " GST_CALL_FAKE_DEVICES_ENV,
      "gst-call");
}

static void
gst_call_fake_device_provider_init (GstCallFakeDeviceProvider * self)
{
}
