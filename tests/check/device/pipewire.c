/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: real nodes of PipeWire and PulseAudio are found through
 * GstDeviceMonitor by their node names, opened, changed, missed when they go,
 * and used again when they are back.
 *
 * Runs in tests/lib/pipewire, which says what there is.
 */
#include "device-test.h"

#include <signal.h>
#include <stdio.h>

#define CAMERA 9                /* number in its code */
#define RATE 48000

static void
check_camera (const gchar * line)
{
  GstHarness *h = device_test_harness (line, NULL);
  GstCallBarcode start = { 0, }, code;
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint i;

  gst_harness_play (h);
  for (i = 0; i < 20; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL);
    fail_unless (device_test_read (h, buffer, &code), "no code in picture %u",
        i);
    fail_unless_equals_int (code.camera, CAMERA);
    if (i == 0)
      start = code;
    else
      fail_unless (GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
  }
  fail_unless ((guint16) (code.frame - start.frame) >= 19);
  gst_harness_teardown (h);
}

/* given a camera node, when its node name is the device-id, then its moving
 * picture is captured */
GST_START_TEST (test_camera_by_id)
{
  check_camera ("callvideosrc device-id=call-camera");
}

GST_END_TEST;

/* given a camera node, when a glob fits its description, then it is captured, in
 * the size downstream asks for */
GST_START_TEST (test_camera_by_label)
{
  check_camera ("callvideosrc label=call?cam* ! capsfilter "
      "caps=video/x-raw,width=320,height=240");
}

GST_END_TEST;

static void
check_speech (const gchar * line)
{
  GstHarness *h = device_test_harness (line, NULL);

  gst_harness_play (h);
  /* speech has pauses */
  fail_unless (device_test_loudness (h, 3 * GST_SECOND) > 100 * 100,
      "nobody speaks");
  gst_harness_teardown (h);
}

/* given a microphone node that speaks, when its name is the device-id, or
 * nothing is asked for, then it is heard: it is the default */
GST_START_TEST (test_microphone)
{
  check_speech ("callaudiosrc device-id=call-microphone");
  check_speech ("callaudiosrc");
}

GST_END_TEST;

/* given devices that two providers know, when they are listed, then each is
 * there once, and monitors come last */
GST_START_TEST (test_listed_once)
{
  g_autoptr (GstElement) src =
      gst_object_ref_sink (gst_element_factory_make ("callaudiosrc", NULL));
  g_autofree gchar *id = NULL;
  GValue devices = G_VALUE_INIT;
  guint i, found = 0, n;

  g_value_init (&devices, GST_TYPE_ARRAY);
  g_object_get_property (G_OBJECT (src), "devices", &devices);
  n = gst_value_array_get_size (&devices);
  for (i = 0; i < n; i++) {
    id = g_strdup (gst_structure_get_string (g_value_get_boxed
            (gst_value_array_get_value (&devices, i)), "deviceId"));
    if (g_str_equal (id, "call-microphone"))
      found++;
    if (i == 0)
      fail_unless_equals_string (id, "call-microphone");
    if (i == n - 1)
      fail_unless (g_str_has_suffix (id, ".monitor"));
    g_clear_pointer (&id, g_free);
  }
  fail_unless_equals_int (found, 1);
  g_value_unset (&devices);
}

GST_END_TEST;

/* Listens to what a speaker plays until there is a tone in it, or none. */
static void
check_monitor (const gchar * speaker, gboolean sounds)
{
  g_autofree gchar *line = g_strdup_printf ("callaudiosrc device-id=%s.monitor "
      "! capsfilter caps=audio/x-raw,format=S16LE,rate=48000,channels=1",
      speaker);
  GstHarness *h = device_test_harness (line, NULL);
  gboolean found = FALSE;
  guint i;

  gst_harness_play (h);
  for (i = 0; i < 500 && !found; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);
    GstMapInfo map;
    gdouble tone;

    fail_unless (buffer != NULL);
    gst_buffer_map (buffer, &map, GST_MAP_READ);
    tone = device_test_tone ((const gint16 *) map.data, map.size / 2, 880,
        RATE);
    found = sounds ? tone >= 0.8 : tone < 0.1;
    gst_buffer_unmap (buffer, &map);
  }
  fail_unless (found, "%s: %s tone", speaker, sounds ? "no" : "still the");
  gst_harness_teardown (h);
}

/* given a tone played on callaudiosink, when device-id names one speaker node and
 * then another and the first again, then it is heard on the monitor of that one
 * and not on the other's, and the pipeline plays all the time */
GST_START_TEST (test_speakers)
{
  static const gchar *const ids[] = { "call-speaker", "call-headset" };
  g_autoptr (GstElement) play = gst_parse_launch ("audiotestsrc is-live=true "
      "freq=880 ! callaudiosink name=sink device-id=call-speaker", NULL);
  g_autoptr (GstElement) sink = gst_bin_get_by_name (GST_BIN (play), "sink");
  g_autoptr (GstBus) bus = gst_element_get_bus (play);
  guint i;

  gst_element_set_state (play, GST_STATE_PLAYING);
  check_monitor ("call-speaker", TRUE);
  for (i = 1; i < 3; i++) {
    const gchar *to = ids[i % 2], *from = ids[(i + 1) % 2];
    g_autoptr (GstMessage) message = NULL;
    const GstStructure *structure;
    GstState state;

    g_object_set (sink, "device-id", to, NULL);
    message = device_test_wait (bus, "call-track-switched");
    structure = gst_message_get_structure (message);
    fail_unless_equals_string (gst_structure_get_string (structure, "from"),
        from);
    fail_unless_equals_string (gst_structure_get_string (structure, "to"), to);
    check_monitor (to, TRUE);
    check_monitor (from, FALSE);
    fail_unless_equals_int (gst_element_get_state (play, &state, NULL, 0),
        GST_STATE_CHANGE_SUCCESS);
    fail_unless_equals_int (state, GST_STATE_PLAYING);
  }
  fail_if (gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR | GST_MESSAGE_EOS));
  gst_element_set_state (play, GST_STATE_NULL);
}

GST_END_TEST;

static gint
first_camera (void)
{
  gint pid = 0;

  fail_unless_equals_int (sscanf (g_getenv ("CALL_PIPEWIRE_PIDS"),
          "camera=%d", &pid), 1);
  return pid;
}

static GPid
plug_in_camera (void)
{
  g_auto (GStrv) argv = NULL;
  g_autoptr (GError) error = NULL;
  GPid pid = 0;

  fail_unless (g_shell_parse_argv (g_getenv ("CALL_PIPEWIRE_CAMERA"), NULL,
          &argv, NULL));
  fail_unless (g_spawn_async (NULL, argv, NULL, G_SPAWN_SEARCH_PATH |
          G_SPAWN_DO_NOT_REAP_CHILD, NULL, NULL, &pid, &error), "%s",
      error ? error->message : "");
  return pid;
}

static void
wait_for_black (GstHarness * h, GstClockTime * last)
{
  gboolean black = FALSE;
  guint i;

  for (i = 0; !black; i++) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer != NULL && i < 3000, "no black picture");
    fail_unless (GST_BUFFER_PTS (buffer) > *last);
    *last = GST_BUFFER_PTS (buffer);
    black = device_test_is_black (h, buffer);
  }
}

/* given a captured camera, when its program hangs and goes on again, then the end
 * of the track is told and black goes on, and then its picture is back */
GST_START_TEST (test_hangs)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = device_test_harness ("callvideosrc name=src "
      "device-id=call-camera stall-timeout=1000", &bus);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  gint camera = first_camera ();

  gst_harness_play (h);
  device_test_pull_until (h, CAMERA, &last);
  fail_unless_equals_int (kill (camera, SIGSTOP), 0);
  device_test_wait_warning (bus, "delivers nothing any more");
  wait_for_black (h, &last);
  fail_unless_equals_int (kill (camera, SIGCONT), 0);
  device_test_pull_until (h, CAMERA, &last);
  device_test_wait_state (src, 0);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a captured camera beside a microphone, when the camera's program ends
 * and is started again, twice, then call-track-ended comes and black goes on,
 * and then the camera's picture is back. The last test: the camera is gone. */
GST_START_TEST (test_replug)
{
  g_autoptr (GstElement) talk =
      gst_parse_launch ("callaudiosrc ! fakesink", NULL);
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = device_test_harness ("callvideosrc name=src "
      "device-id=call-camera", &bus);
  g_autoptr (GstElement) src =
      gst_bin_get_by_name (GST_BIN (h->element), "src");
  GstClockTime last = GST_CLOCK_TIME_NONE;
  gint camera = first_camera ();
  guint round;

  gst_element_set_state (talk, GST_STATE_PLAYING);
  gst_harness_play (h);
  device_test_pull_until (h, CAMERA, &last);
  for (round = 0; round < 2; round++) {
    fail_unless_equals_int (kill (camera, SIGTERM), 0);
    gst_message_unref (device_test_wait (bus, "call-track-ended"));
    wait_for_black (h, &last);
    camera = plug_in_camera ();
    device_test_pull_until (h, CAMERA, &last);
    device_test_wait_state (src, 0);
  }
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
  gst_element_set_state (talk, GST_STATE_NULL);
  kill (camera, SIGTERM);
}

GST_END_TEST;

static Suite *
pipewire_suite (void)
{
  Suite *s = suite_create ("pipewire");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_camera_by_id);
  tcase_add_test (tc, test_camera_by_label);
  tcase_add_test (tc, test_microphone);
  tcase_add_test (tc, test_listed_once);
  tcase_add_test (tc, test_speakers);
  tcase_add_test (tc, test_hangs);
  tcase_add_test (tc, test_replug);
  return s;
}

GST_CHECK_MAIN (pipewire);
