/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a camera of the kernel is opened by its device file, and by the id that
 * call-devices lists. Skipped on a machine that has none.
 */
#include "device-test.h"

#define PICTURES 30

static gchar *device;           /* "/dev/video0" */

/* Pulls pictures of the line's camera and returns its id. */
static gchar *
watch (const gchar * id)
{
  g_autofree gchar *line =
      g_strdup_printf ("callvideosrc name=src device-id=%s", id);
  GstHarness *h = device_test_harness (line, NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  g_autoptr (GstStructure) settings = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  gchar *open;
  guint i;

  gst_harness_play (h);
  for (i = 0; i < PICTURES; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL, "%s: no picture %u", id, i);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
  }
  g_object_get (src, "settings", &settings, NULL);
  open = g_strdup (gst_structure_get_string (settings, "deviceId"));
  gst_harness_teardown (h);
  return open;
}

/* given a camera of the kernel, when its device file is the device-id, then its
 * pictures come with rising times, and so they do by the id in settings */
GST_START_TEST (test_camera)
{
  g_autofree gchar *id = watch (device);
  g_autofree gchar *again = NULL;

  fail_unless (id != NULL);
  again = watch (id);
  fail_unless_equals_string (again, id);
}

GST_END_TEST;

/* The file of a camera that the kernel lists, or NULL */
static gchar *
find_camera (void)
{
  g_autoptr (GstDeviceProvider) provider =
      gst_device_provider_factory_get_by_name ("v4l2deviceprovider");
  GList *devices = provider ? gst_device_provider_get_devices (provider) : NULL;
  gchar *path = NULL;
  GList *l;

  for (l = devices; l && !path; l = l->next) {
    g_autoptr (GstStructure) properties = gst_device_get_properties (l->data);

    if (gst_device_has_classes (l->data, "Video/Source") && properties)
      path = g_strdup (gst_structure_get_string (properties, "device.path"));
  }
  g_list_free_full (devices, gst_object_unref);
  return path;
}

static Suite *
v4l2_suite (void)
{
  Suite *s = suite_create ("v4l2");
  TCase *tc = tcase_create ("general");

  device = find_camera ();
  if (!device) {
    g_print ("skip: the kernel of this machine has no camera (V4L2)\n");
    exit (77);
  }
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_camera);
  return s;
}

GST_CHECK_MAIN (v4l2);
