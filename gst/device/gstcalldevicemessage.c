/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a device bin tells: errors, warnings and element messages. Threads and
 * locks: see gstcalldevicebin-private.h; nothing here takes one.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

#define KLASS(self) GST_CALL_DEVICE_BIN_GET_CLASS (self)

static void
post (GstCallDeviceBin * self, GstStructure * structure)
{
  gst_structure_set (structure, "kind", G_TYPE_STRING,
      gst_call_device_kind_name (KLASS (self)->kind), NULL);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self), structure));
}

static void
post_full (GstCallDeviceBin * self, GstMessageType type, GQuark domain,
    gint code, gchar * text, const gchar * debug, const gchar * failed)
{
  GstStructure *details = failed ? gst_structure_new ("details",
      "constraint", G_TYPE_STRING, failed, NULL) : NULL;

  gst_element_message_full_with_details (GST_ELEMENT (self), type, domain, code,
      text, g_strdup (debug), __FILE__, GST_FUNCTION, __LINE__, details);
}

void
gst_call_device_bin_post_error (GstCallDeviceBin * self, const GError * error,
    const gchar * debug, const gchar * failed)
{
  post_full (self, GST_MESSAGE_ERROR, error->domain, error->code,
      g_strdup (error->message), debug, failed);
}

void
gst_call_device_bin_post_open_error (GstCallDeviceBin * self,
    GstCallBranch * branch)
{
  GstCallDevice *device = branch->choice->device;
  GstCallDeviceList *list = gst_call_device_list_get (KLASS (self)->kind);
  g_autoptr (GPtrArray) devices = gst_call_device_list_get_devices (list);
  g_autofree gchar *known = gst_call_device_describe (devices);
  const GError *error = branch->error;

  gst_call_device_list_release (list);
  post_full (self, GST_MESSAGE_ERROR, GST_RESOURCE_ERROR,
      error && error->domain == GST_RESOURCE_ERROR ? error->code :
      GST_RESOURCE_ERROR_OPEN_READ,
      g_strdup_printf ("The %s \"%s\" (%s) cannot be opened: %s Close the "
          "program that uses it, or set device-id to one of: %s.",
          KLASS (self)->noun, device->label, device->id,
          error ? error->message : "it gives no reason.", known),
      branch->debug, NULL);
}

void
gst_call_device_bin_warn_kept (GstCallDeviceBin * self, const gchar * reason,
    const gchar * failed)
{
  post_full (self, GST_MESSAGE_WARNING, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS,
      g_strdup_printf ("%s What was sent or played before goes on.", reason),
      NULL, failed);
}

void
gst_call_device_bin_warn_held (GstCallDeviceBin * self, GstCallDevice * device,
    const gchar * why)
{
  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The %s \"%s\" (%s) stopped: %s What it gave last is held until it "
          "comes back or device-id is set to another %s.", KLASS (self)->noun,
          device->label, device->id, why, KLASS (self)->noun), (NULL));
}

void
gst_call_device_bin_post_switched (GstCallDeviceBin * self,
    GstCallDevice * from, GstCallBranch * to, const gchar * reason,
    gint64 since)
{
  GstClockTime latency = to->delivered_at > since ?
      (to->delivered_at - since) * GST_USECOND : 0;

  post (self, gst_structure_new ("call-track-switched",
          "from", G_TYPE_STRING, from ? from->id : "",
          "to", G_TYPE_STRING, to->choice->device->id,
          "label", G_TYPE_STRING, to->choice->device->label,
          "gap", G_TYPE_UINT64, to->gap,
          "latency", G_TYPE_UINT64, latency,
          "reason", G_TYPE_STRING, reason, NULL));
}

void
gst_call_device_bin_post_ended (GstCallDeviceBin * self, GstCallDevice * device,
    const gchar * why)
{
  GstCallDeviceBinClass *klass = KLASS (self);

  GST_ELEMENT_WARNING (self, RESOURCE, READ,
      ("The %s \"%s\" (%s) stopped: %s %s until it comes back or device-id is "
          "set to another %s.", klass->noun, device->label, device->id, why,
          klass->substitute, klass->noun), (NULL));
  post (self, gst_structure_new ("call-track-ended",
          "deviceId", G_TYPE_STRING, device->id,
          "label", G_TYPE_STRING, device->label, NULL));
}

/* --- call-device-change --- */

/* Ids of those in devices that are not in others. How many? */
static guint
take_difference (GstStructure * structure, const gchar * field,
    GPtrArray * devices, GPtrArray * others)
{
  GValue ids = G_VALUE_INIT;
  guint i, n;

  g_value_init (&ids, GST_TYPE_ARRAY);
  for (i = 0; i < devices->len; i++) {
    const GstCallDevice *device = g_ptr_array_index (devices, i);
    GValue id = G_VALUE_INIT;

    if (gst_call_device_find (others, device->id))
      continue;
    g_value_init (&id, G_TYPE_STRING);
    g_value_set_string (&id, device->id);
    gst_value_array_append_and_take_value (&ids, &id);
  }
  n = gst_value_array_get_size (&ids);
  gst_structure_take_value (structure, field, &ids);
  return n;
}

void
gst_call_device_bin_post_change (GstCallDeviceBin * self, GPtrArray * before,
    GPtrArray * now)
{
  GstStructure *structure = gst_structure_new_empty ("call-device-change");
  guint n = take_difference (structure, "added", now, before);
  GValue devices = G_VALUE_INIT;

  n += take_difference (structure, "removed", before, now);
  if (n == 0) {                 /* one that another provider knows, too */
    gst_structure_free (structure);
    return;
  }
  g_value_init (&devices, GST_TYPE_ARRAY);
  gst_call_device_describe_all (now, &devices);
  gst_structure_take_value (structure, "devices", &devices);
  post (self, structure);
  gst_call_device_bin_notify_devices (self);
}
