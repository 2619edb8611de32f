/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a device that is not there or does not open ends in an error that
 * names the devices that are there.
 */
#include "device-test.h"

static void
set_devices (const gchar * devices)
{
  g_setenv ("GST_CALL_FAKE_DEVICES", devices, TRUE);
}

static void
fail_unless_says (const gchar * text, const gchar * part)
{
  fail_unless (strstr (text, part) != NULL, "\"%s\" is not in: %s", part, text);
}

/* given two cameras, when an id that none has is set, then NOT_FOUND names it
 * and both ids */
GST_START_TEST (test_unknown_id)
{
  g_autofree gchar *text = NULL;

  set_devices ("video=2");
  text = device_test_error ("callvideosrc device-id=nope ! fakesink",
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  fail_unless_says (text, "nope");
  fail_unless_says (text, "fake-camera-0");
  fail_unless_says (text, "fake-camera-1");
}

GST_END_TEST;

/* given a microphone, when no name fits the glob, then NOT_FOUND says so */
GST_START_TEST (test_unknown_label)
{
  g_autofree gchar *text = NULL;

  set_devices ("audio=1");
  text = device_test_error ("callaudiosrc label=Nobody* ! fakesink",
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);
  fail_unless_says (text, "Nobody*");
  fail_unless_says (text, "fake-microphone-0");
}

GST_END_TEST;

/* given a machine without a camera, when a source starts, then NOT_FOUND says
 * what can be done */
GST_START_TEST (test_no_device)
{
  g_autoptr (GstElement) src = NULL;
  GValue devices = G_VALUE_INIT;
  guint n;

  set_devices ("video=0");
  src = gst_object_ref_sink (gst_element_factory_make ("callvideosrc", NULL));
  g_value_init (&devices, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (src), "devices", &devices);
  n = gst_value_array_get_size (&devices);
  g_value_unset (&devices);
  if (n == 0) {                 /* true of most machines that run tests */
    g_autofree gchar *text = device_test_error ("callvideosrc ! fakesink",
        GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);

    fail_unless_says (text, "There is no camera");
    fail_unless_says (text, "GST_CALL_FAKE_DEVICES");
  }
}

GST_END_TEST;

/* given a camera that is busy, when it is opened, then BUSY names the other one,
 * whether it says so at once or later */
GST_START_TEST (test_busy)
{
  g_autofree gchar *at_once = NULL;
  g_autofree gchar *later = NULL;

  set_devices ("video=2,video0.fail-open=1");
  at_once = device_test_error ("callvideosrc ! fakesink", GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_BUSY);
  fail_unless_says (at_once, "Fake camera 0");
  fail_unless_says (at_once, "fake-camera-1");
  set_devices ("video=2,video0.fail-open=1,video0.open-delay=100");
  later = device_test_error ("callvideosrc ! fakesink", GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_BUSY);
  fail_unless_says (later, "fake-camera-1");
}

GST_END_TEST;

/* given a speaker id that is not there, when the sink starts, then NOT_FOUND
 * names it */
GST_START_TEST (test_unknown_speaker)
{
  g_autofree gchar *text =
      device_test_error ("audiotestsrc ! callaudiosink device-id=nope",
      GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_FOUND);

  fail_unless_says (text, "nope");
}

GST_END_TEST;

static Suite *
errors_suite (void)
{
  Suite *s = suite_create ("errors");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_unknown_id);
  tcase_add_test (tc, test_unknown_label);
  tcase_add_test (tc, test_no_device);
  tcase_add_test (tc, test_busy);
  tcase_add_test (tc, test_unknown_speaker);
  return s;
}

GST_CHECK_MAIN (errors);
