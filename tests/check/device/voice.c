/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: echo, noise and gain of a microphone are processed as constraints ask,
 * with what callaudiosink of the same process plays as the reference, wired by
 * itself.
 */
#include "device-test.h"

#define ALL "{\"echoCancellation\":true,\"noiseSuppression\":true," \
  "\"autoGainControl\":true}"

static gboolean
is_installed (const gchar * name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);

  return factory != NULL;
}

static void
fail_unless_settings (GstElement * src, gboolean echo, gboolean noise,
    gboolean gain)
{
  static const gchar *const names[] = { "echoCancellation", "noiseSuppression",
    "autoGainControl"
  };
  const gboolean wanted[] = { echo, noise, gain };
  g_autoptr (GstStructure) settings = NULL;
  guint i;

  g_object_get (src, "settings", &settings, NULL);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    gboolean is = -1;

    fail_unless (gst_structure_get_boolean (settings, names[i], &is));
    fail_unless_equals_int (is, wanted[i]);
  }
}

/* given a speaker that plays and a microphone, when all is asked for, then it is
 * done and sound goes on; when constraints change, then so does it, and the same
 * microphone stays open; by default a fake microphone is left as it is */
GST_START_TEST (test_wired)
{
  g_autoptr (GstElement) play = gst_parse_launch ("audiotestsrc is-live=true ! "
      "callaudiosink", NULL);
  GstHarness *h = device_test_harness ("callaudiosrc name=src", NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  gst_element_set_state (play, GST_STATE_PLAYING);
  gst_element_get_state (play, NULL, NULL, DEVICE_TEST_TIMEOUT);
  g_object_set (src, "constraints", ALL, NULL);
  gst_harness_play (h);
  device_test_wait_state (src, 0);
  fail_unless_settings (src, TRUE, TRUE, TRUE);
  for (i = 0; i < 120; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    fail_unless (!GST_CLOCK_TIME_IS_VALID (last)
        || GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    if (i == 40)
      g_object_set (src, "constraints", "{\"noiseSuppression\":true}", NULL);
    if (i == 80)
      g_object_set (src, "constraints", "", NULL);
  }
  for (i = 0; i < 500; i++) {
    g_autoptr (GstStructure) settings = NULL;
    gboolean noise = TRUE;

    gst_buffer_unref (gst_harness_pull (h));
    g_object_get (src, "settings", &settings, NULL);
    gst_structure_get_boolean (settings, "noiseSuppression", &noise);
    if (!noise)
      break;
  }
  fail_unless_settings (src, FALSE, FALSE, FALSE);
  gst_harness_teardown (h);
  gst_element_set_state (play, GST_STATE_NULL);
}

GST_END_TEST;

/* given no speaker in the process, or a second microphone that listens to the same
 * one, when echo cancellation is asked for, then sound flows without it and
 * settings say so */
GST_START_TEST (test_without)
{
  g_autoptr (GstElement) play = gst_parse_launch ("audiotestsrc is-live=true ! "
      "callaudiosink", NULL);
  GstHarness *h[3];
  guint i;

  for (i = 0; i < 3; i++) {
    g_autoptr (GstElement) src = NULL;

    if (i == 1) {
      gst_element_set_state (play, GST_STATE_PLAYING);
      gst_element_get_state (play, NULL, NULL, DEVICE_TEST_TIMEOUT);
    }
    h[i] = device_test_harness ("callaudiosrc name=src", NULL);
    src = gst_bin_get_by_name (GST_BIN (h[i]->element), "src");
    g_object_set (src, "constraints", "{\"echoCancellation\":true}", NULL);
    gst_harness_play (h[i]);
    device_test_wait_state (src, 0);
    gst_buffer_unref (gst_harness_pull (h[i]));
    fail_unless_settings (src, i == 1, FALSE, FALSE);
  }
  for (i = 0; i < 3; i++)
    gst_harness_teardown (h[i]);
  gst_element_set_state (play, GST_STATE_NULL);
}

GST_END_TEST;

/* given a rate that cannot be processed, when processing is required, then the
 * error names it; when it is only ideal, then sound flows */
GST_START_TEST (test_rate)
{
  g_autofree gchar *text = device_test_error ("callaudiosrc "
      "constraints={\"noiseSuppression\":{\"exact\":true}} ! "
      "audio/x-raw,rate=44100 ! fakesink", GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_SETTINGS);
  GstHarness *h = device_test_harness ("callaudiosrc "
      "constraints={\"noiseSuppression\":true} ! capsfilter "
      "caps=audio/x-raw,rate=44100", NULL);

  fail_unless (strstr (text, "noiseSuppression") != NULL);
  gst_harness_play (h);
  gst_buffer_unref (gst_harness_pull (h));
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
voice_suite (void)
{
  Suite *s = suite_create ("voice");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "audio=2", TRUE);
  suite_add_tcase (s, tc);
  if (!is_installed ("webrtcdsp")) {
    g_print ("skip: webrtcdsp is not installed\n");
    exit (77);
  }
  tcase_add_test (tc, test_wired);
  tcase_add_test (tc, test_without);
  tcase_add_test (tc, test_rate);
  return s;
}

GST_CHECK_MAIN (voice);
