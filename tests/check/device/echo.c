/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a microphone that hears the speaker of its own process, through real
 * nodes, sends next to nothing of it.
 *
 * Runs in tests/lib/pipewire, which says what there is.
 */
#include "device-test.h"

#include <math.h>

#define LEARN (6 * GST_SECOND)
#define LISTEN (6 * GST_SECOND)
#define CANCELLED 10            /* dB; 20 and more where the machine is idle */

static GstHarness *
listen_to_speaker (const gchar * echo_cancellation)
{
  g_autofree gchar *line = g_strdup_printf ("callaudiosrc "
      "device-id=call-speaker.monitor constraints={\"echoCancellation\":%s} ! "
      "capsfilter caps=audio/x-raw,format=S16LE,channels=1,rate=48000",
      echo_cancellation);
  GstHarness *h = device_test_harness (line, NULL);

  gst_harness_play (h);
  return h;
}

/* Of as much of what is heard as follows what may be learned from, dB */
static gdouble
loudness (GstHarness * h)
{
  device_test_loudness (h, LEARN);
  return 10 * log10 (device_test_loudness (h, LISTEN) + 1);
}

/* given speech on callaudiosink, and two microphones that hear that speaker and
 * nothing else, when echo is cancelled in one, then much less of it is left there */
GST_START_TEST (test_speech)
{
  g_autoptr (GstElement) play = gst_parse_launch ("callaudiosrc "
      "device-id=call-microphone constraints={\"echoCancellation\":false} ! "
      "callaudiosink device-id=call-speaker", NULL);
  GstHarness *plain, *cancelled;
  gdouble echo, rest;

  gst_element_set_state (play, GST_STATE_PLAYING);
  fail_unless (gst_element_get_state (play, NULL, NULL, DEVICE_TEST_TIMEOUT) !=
      GST_STATE_CHANGE_FAILURE);
  plain = listen_to_speaker ("false");
  cancelled = listen_to_speaker ("true");
  echo = loudness (plain);
  rest = loudness (cancelled);
  g_print ("# echo %.1f dB, left %.1f dB\n", echo, rest);
  fail_unless (echo > 40, "the speaker is not heard: %.1f dB", echo);
  fail_unless (echo - rest > CANCELLED, "%.1f dB of %.1f dB are left", rest,
      echo);
  gst_harness_teardown (plain);
  gst_harness_teardown (cancelled);
  gst_element_set_state (play, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
echo_suite (void)
{
  Suite *s = suite_create ("echo");
  TCase *tc = tcase_create ("general");
  g_autoptr (GstElementFactory) dsp = gst_element_factory_find ("webrtcdsp");

  if (!dsp) {
    g_print ("skip: webrtcdsp is not installed\n");
    exit (77);
  }
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_speech);
  return s;
}

GST_CHECK_MAIN (echo);
