/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: fake devices are listed for every program that uses
 * GstDeviceMonitor, as the environment variable says.
 */
#include "device-test.h"

static guint
count_devices (const gchar * environment, const gchar * device_class,
    const gchar * prefix)
{
  g_autoptr (GstDeviceMonitor) monitor = gst_device_monitor_new ();
  GList *devices, *l;
  guint n = 0;

  g_setenv ("GST_CALL_FAKE_DEVICES", environment, TRUE);
  gst_device_monitor_add_filter (monitor, device_class, NULL);
  fail_unless (gst_device_monitor_start (monitor));
  devices = gst_device_monitor_get_devices (monitor);
  for (l = devices; l; l = l->next) {
    g_autofree gchar *name = gst_device_get_display_name (l->data);

    if (g_str_has_prefix (name, prefix)) {
      g_autoptr (GstElement) element =
          gst_object_ref_sink (gst_device_create_element (l->data, NULL));

      fail_unless (element != NULL);
      n++;
    }
  }
  g_list_free_full (devices, gst_object_unref);
  gst_device_monitor_stop (monitor);
  return n;
}

/* given three cameras and two microphones asked for, when devices are listed,
 * then they are there, each with an element */
GST_START_TEST (test_listed)
{
  fail_unless_equals_int (count_devices ("video=3,audio=2", "Video/Source",
          "Fake camera "), 3);
  fail_unless_equals_int (count_devices ("video=3,audio=2", "Audio/Source",
          "Fake microphone "), 2);
}

GST_END_TEST;

/* given nothing or nonsense asked for, when devices are listed, then there are
 * no fake ones */
GST_START_TEST (test_none)
{
  fail_unless_equals_int (count_devices ("", "Video/Source", "Fake "), 0);
  fail_unless_equals_int (count_devices ("video=many", "Video/Source",
          "Fake "), 0);
}

GST_END_TEST;

/* given a camera by itself, when it runs at 30 Hz in three sizes, then its
 * pictures are detailed, move, and carry the time they were made */
GST_START_TEST (test_picture)
{
  static const gchar *sizes[] = { "width=640,height=360",
    "width=640,height=480", "width=1280,height=720"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    g_autofree gchar *line =
        g_strdup_printf ("callfakevideosrc camera=5 ! capsfilter "
        "caps=video/x-raw,%s,framerate=30/1", sizes[i]);
    GstHarness *h = device_test_harness (line, NULL);
    GstCallBarcode code;
    GstMapInfo one, two;
    gsize k, different = 0;
    GstBuffer *a, *b;

    gst_harness_play (h);
    a = gst_harness_pull (h);
    b = gst_harness_pull (h);
    fail_unless (device_test_read (h, b, &code));
    fail_unless_equals_int (code.camera, 5);
    fail_unless ((guint32) (gst_call_barcode_clock () - code.time) < 50000);
    gst_buffer_map (a, &one, GST_MAP_READ);
    gst_buffer_map (b, &two, GST_MAP_READ);
    for (k = 0; k < one.size; k++)
      different += one.data[k] != two.data[k];
    fail_unless (different > one.size / 4, "%" G_GSIZE_FORMAT " bytes changed",
        different);
    gst_buffer_unmap (a, &one);
    gst_buffer_unmap (b, &two);
    gst_buffer_unref (a);
    gst_buffer_unref (b);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

static Suite *
fakes_suite (void)
{
  Suite *s = suite_create ("fakes");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_listed);
  tcase_add_test (tc, test_none);
  tcase_add_test (tc, test_picture);
  return s;
}

GST_CHECK_MAIN (fakes);
