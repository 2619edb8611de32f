/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "odd-devices.h"

typedef struct
{
  GstDevice parent;
  gchar *description;
} OddDevice;

typedef struct
{
  GstDeviceClass parent_class;
} OddDeviceClass;

typedef struct
{
  GstDeviceProvider parent;
} OddProvider;

typedef struct
{
  GstDeviceProviderClass parent_class;
} OddProviderClass;

GType odd_device_get_type (void);
GType odd_provider_get_type (void);

/* *INDENT-OFF* */
G_DEFINE_TYPE (OddDevice, odd_device, GST_TYPE_DEVICE)
G_DEFINE_TYPE (OddProvider, odd_provider, GST_TYPE_DEVICE_PROVIDER)
/* *INDENT-ON* */

static GMutex lock;
static GList *devices;          /* lock */

static GstElement *
odd_device_create_element (GstDevice * device, const gchar * name)
{
  OddDevice *self = (OddDevice *) device;

  return self->description ? gst_parse_bin_from_description (self->description,
      TRUE, NULL) : NULL;
}

static void
odd_device_finalize (GObject * object)
{
  g_free (((OddDevice *) object)->description);
  G_OBJECT_CLASS (odd_device_parent_class)->finalize (object);
}

static void
odd_device_class_init (OddDeviceClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = odd_device_finalize;
  GST_DEVICE_CLASS (klass)->create_element = odd_device_create_element;
}

static void
odd_device_init (OddDevice * self)
{
}

static gpointer
ref_object (gconstpointer object, gpointer unused)
{
  return gst_object_ref ((gpointer) object);
}

static GList *
odd_provider_probe (GstDeviceProvider * provider)
{
  GList *copy;

  g_mutex_lock (&lock);
  copy = g_list_copy_deep (devices, ref_object, NULL);
  g_mutex_unlock (&lock);
  return copy;
}

static gboolean
odd_provider_start (GstDeviceProvider * provider)
{
  GList *all = odd_provider_probe (provider), *l;

  for (l = all; l; l = l->next)
    gst_device_provider_device_add (provider, l->data);
  g_list_free_full (all, gst_object_unref);
  return TRUE;
}

static void
odd_provider_stop (GstDeviceProvider * provider)
{
}

static void
odd_provider_class_init (OddProviderClass * klass)
{
  GstDeviceProviderClass *provider_class = GST_DEVICE_PROVIDER_CLASS (klass);

  provider_class->probe = odd_provider_probe;
  provider_class->start = odd_provider_start;
  provider_class->stop = odd_provider_stop;
  gst_device_provider_class_set_static_metadata (provider_class,
      "Odd devices", "Source/Video", "Devices of a test", "gst-call");
}

static void
odd_provider_init (OddProvider * self)
{
}

void
odd_devices_init (void)
{
  gst_device_provider_register (NULL, "odddeviceprovider", GST_RANK_PRIMARY,
      odd_provider_get_type ());
}

/* NULL: nobody is looking. */
static GstDeviceProvider *
get_started (void)
{
  GstDeviceProvider *provider =
      gst_device_provider_factory_get_by_name ("odddeviceprovider");

  if (provider && !gst_device_provider_is_started (provider))
    gst_clear_object (&provider);
  return provider;
}

void
odd_devices_add (const gchar * id, const gchar * caps_text,
    const gchar * description)
{
  g_autoptr (GstDeviceProvider) provider = get_started ();
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  g_autoptr (GstStructure) properties = gst_structure_new ("odd",
      "node.name", G_TYPE_STRING, id, NULL);
  OddDevice *device = g_object_new (odd_device_get_type (), "display-name", id,
      "device-class", "Video/Source", "caps", caps, "properties", properties,
      NULL);

  gst_object_ref_sink (device);
  device->description = g_strdup (description);
  g_mutex_lock (&lock);
  devices = g_list_append (devices, device);
  g_mutex_unlock (&lock);
  if (provider)
    gst_device_provider_device_add (provider, GST_DEVICE (device));
}

void
odd_devices_remove (const gchar * id)
{
  g_autoptr (GstDeviceProvider) provider = get_started ();
  GstDevice *found = NULL;
  GList *l;

  g_mutex_lock (&lock);
  for (l = devices; l && !found; l = l->next) {
    g_autofree gchar *name = gst_device_get_display_name (l->data);

    if (g_str_equal (name, id))
      found = l->data;
  }
  devices = g_list_remove (devices, found);
  g_mutex_unlock (&lock);
  if (found && provider)
    gst_device_provider_device_remove (provider, found);
  gst_clear_object (&found);
}
