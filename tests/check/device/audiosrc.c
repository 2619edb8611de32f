/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: callaudiosrc sends the chosen microphone's sound, live and without a
 * gap, and silence in its place when disabled.
 */
#include "device-test.h"

#define RATE 48000
#define BUFFERS 20

/* Pulls buffers into samples; checks that each begins where the last ended. */
static gsize
pull_samples (GstHarness * h, gint16 * samples, gsize max, GstClockTime * next)
{
  gsize n = 0;

  while (n < max) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    gsize size = gst_buffer_get_size (buffer);

    fail_unless (n + size / 2 <= max);
    gst_buffer_extract (buffer, 0, samples + n, size);
    n += size / 2;
    if (GST_CLOCK_TIME_IS_VALID (*next))
      fail_unless (ABS (GST_CLOCK_DIFF (*next, GST_BUFFER_PTS (buffer))) <
          GST_MSECOND, "gap at %" GST_TIME_FORMAT, GST_TIME_ARGS (*next));
    *next = GST_BUFFER_PTS (buffer) + GST_BUFFER_DURATION (buffer);
  }
  return n;
}

/* Pulls what was pushed before a property was set, and a little more. */
static void
skip_under_way (GstHarness * h, GstClockTime * next)
{
  gint16 samples[RATE / 100];
  guint n = gst_harness_buffers_in_queue (h) + 2;

  for (; n > 0; n--)
    pull_samples (h, samples, G_N_ELEMENTS (samples), next);
}

/* given two fake microphones, when the second one's id is set, then 48 kHz mono
 * S16LE of its tone arrives, unbroken */
GST_START_TEST (test_tone)
{
  GstHarness *h =
      device_test_harness ("callaudiosrc device-id=fake-microphone-1", NULL);
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GstCaps) wanted =
      gst_caps_from_string ("audio/x-raw,format=S16LE,rate=48000,channels=1");
  gint16 samples[BUFFERS * RATE / 100];
  GstClockTime next = GST_CLOCK_TIME_NONE;
  gsize n;

  gst_harness_play (h);
  n = pull_samples (h, samples, G_N_ELEMENTS (samples), &next);
  caps = gst_pad_get_current_caps (h->sinkpad);
  fail_unless (gst_caps_is_subset (caps, wanted), "%" GST_PTR_FORMAT, caps);
  fail_unless (device_test_tone (samples, n, 660, RATE) > 0.9);
  fail_unless (device_test_tone (samples, n, 440, RATE) < 0.1);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a microphone that is heard, when it is disabled and enabled again, then
 * it is silent in between, with unbroken timestamps and the same caps */
GST_START_TEST (test_enabled)
{
  GstHarness *h = device_test_harness ("callaudiosrc name=src", NULL);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  gint16 samples[RATE / 10];
  GstClockTime next = GST_CLOCK_TIME_NONE;
  gsize n, i;

  gst_harness_play (h);
  n = pull_samples (h, samples, G_N_ELEMENTS (samples), &next);
  fail_unless (device_test_tone (samples, n, 440, RATE) > 0.9);

  g_object_set (src, "enabled", FALSE, NULL);
  skip_under_way (h, &next);
  n = pull_samples (h, samples, G_N_ELEMENTS (samples), &next);
  for (i = 0; i < n; i++)
    fail_unless_equals_int (samples[i], 0);

  g_object_set (src, "enabled", TRUE, NULL);
  skip_under_way (h, &next);
  n = pull_samples (h, samples, G_N_ELEMENTS (samples), &next);
  fail_unless (device_test_tone (samples, n, 440, RATE) > 0.9);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a wish for F32LE stereo at 44.1 kHz, when a caps filter says it, then
 * that comes out */
GST_START_TEST (test_caps)
{
  GstHarness *h = device_test_harness ("callaudiosrc ! capsfilter "
      "caps=audio/x-raw,format=F32LE,rate=44100,channels=2", NULL);
  g_autoptr (GstBuffer) buffer = NULL;
  g_autoptr (GstCaps) caps = NULL;
  gint rate;

  gst_harness_play (h);
  buffer = gst_harness_pull (h);
  fail_unless (buffer != NULL);
  caps = gst_pad_get_current_caps (h->sinkpad);
  fail_unless (gst_structure_get_int (gst_caps_get_structure (caps, 0), "rate",
          &rate));
  fail_unless_equals_int (rate, 44100);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
audiosrc_suite (void)
{
  Suite *s = suite_create ("audiosrc");
  TCase *tc = tcase_create ("general");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2,audio=2", TRUE);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_tone);
  tcase_add_test (tc, test_enabled);
  tcase_add_test (tc, test_caps);
  return s;
}

GST_CHECK_MAIN (audiosrc);
