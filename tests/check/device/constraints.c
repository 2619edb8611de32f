/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: constraints choose among the real capabilities of devices, at the start
 * and while the source runs, and what cannot be had is named.
 */
#include "device-test.h"

/* Camera 0 is good for 640x480, camera 1 for all sizes */
#define CAMERAS "video=2,video0.max-height=480"

static void
fail_unless_open (GstElement * src, const gchar * id, gint width)
{
  g_autoptr (GstStructure) settings = NULL;
  gint value = 0;

  g_object_get (src, "settings", &settings, NULL);
  fail_unless_equals_string (gst_structure_get_string (settings, "deviceId"),
      id);
  fail_unless (gst_structure_get_int (settings, "width", &value));
  fail_unless_equals_int (value, width);
}

/* given a small and a large camera, when a width is asked for, then the one that
 * has it is opened in that mode */
GST_START_TEST (test_capable)
{
  static const struct
  {
    const gchar *constraints;
    const gchar *id;
    gint width;
  } cases[] = {
    {"{}", "fake-camera-0", 640},
    {"{\"width\":{\"min\":1920}}", "fake-camera-1", 1920},
    {"{\"width\":1280}", "fake-camera-1", 1280},
    {"{\"width\":{\"max\":320},\"deviceId\":\"fake-camera-1\"}",
        "fake-camera-1", 320},
    {"{\"groupId\":{\"exact\":\"fake-1\"},\"aspectRatio\":1.778}",
        "fake-camera-1", 640},
    {"{\"advanced\":[{\"width\":9999},{\"height\":180}]}", "fake-camera-0",
        320},
  };
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", CAMERAS, TRUE);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    GstHarness *h = device_test_harness ("callvideosrc name=src", NULL);
    g_autoptr (GstElement) src =
        gst_bin_get_by_name (GST_BIN (h->element), "src");

    g_object_set (src, "constraints", cases[i].constraints, NULL);
    gst_harness_play (h);
    device_test_wait_state (src, 0);
    fail_unless_open (src, cases[i].id, cases[i].width);
    gst_harness_teardown (h);
  }
}

GST_END_TEST;

/* given constraints that no camera satisfies, or that contradict themselves, when
 * the source starts, then the error names the constraint, in words and as a
 * detail */
GST_START_TEST (test_overconstrained)
{
  static const gchar *const cases[][2] = {
    {"{\"width\":{\"min\":4000}}", "width"},
    {"{\"frameRate\":{\"exact\":500}}", "frameRate"},
    {"{\"height\":{\"min\":480,\"max\":240}}", "height"},
    {"{\"deviceId\":{\"exact\":\"nope\"}}", "deviceId"},
    {"{\"facingMode\":{\"exact\":\"user\"}}", "facingMode"},
  };
  guint i;

  g_setenv ("GST_CALL_FAKE_DEVICES", CAMERAS, TRUE);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstElement) src =
        gst_object_ref_sink (gst_element_factory_make ("callvideosrc", NULL));
    g_autoptr (GstBus) bus = gst_bus_new ();
    g_autoptr (GstMessage) message = NULL;
    g_autoptr (GError) error = NULL;
    const GstStructure *details;

    gst_element_set_bus (src, bus);
    g_object_set (src, "constraints", cases[i][0], NULL);
    fail_unless_equals_int (gst_element_set_state (src, GST_STATE_PAUSED),
        GST_STATE_CHANGE_FAILURE);
    message = gst_bus_pop_filtered (bus, GST_MESSAGE_ERROR);
    fail_unless (message != NULL);
    gst_message_parse_error (message, &error, NULL);
    fail_unless (strstr (error->message, cases[i][1]) != NULL, "%s",
        error->message);
    gst_message_parse_error_details (message, &details);
    fail_unless_equals_string (gst_structure_get_string (details,
            "constraint"), cases[i][1]);
    gst_element_set_state (src, GST_STATE_NULL);
    gst_element_set_bus (src, NULL);
  }
}

GST_END_TEST;

/* given a running camera, when constraints are wrong or cannot be had, then a
 * warning says where or which, the picture goes on, and only text that can be read
 * is kept; when they can be had, then it switches */
GST_START_TEST (test_running)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autofree gchar *kept = NULL;
  GstClockTime last = GST_CLOCK_TIME_NONE;

  g_setenv ("GST_CALL_FAKE_DEVICES", CAMERAS, TRUE);
  h = device_test_harness ("callvideosrc name=src ! capsfilter "
      "caps=video/x-raw,width=640,height=360", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  device_test_wait_state (src, 0);
  g_object_set (src, "constraints", "{\"width\":640}", NULL);
  g_object_set (src, "constraints", "{\"width\":", NULL);
  device_test_wait_warning (bus, "line 1, character");
  g_object_get (src, "constraints", &kept, NULL);
  fail_unless_equals_string (kept, "{\"width\":640}");
  g_object_set (src, "constraints", "{\"width\":{\"exact\":4000}}", NULL);
  device_test_wait_warning (bus, "width");
  device_test_pull_until (h, 0, &last);
  fail_unless_open (src, "fake-camera-0", 640);
  g_object_set (src, "constraints", "{\"width\":{\"exact\":1920}}", NULL);
  gst_message_unref (device_test_wait (bus, "call-track-switched"));
  fail_unless_open (src, "fake-camera-1", 1920);
  device_test_pull_until (h, 1, &last);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given a bad text in a line, when the pipeline starts, then a warning is heard
 * that says where, and the source works as if there was none */
GST_START_TEST (test_bad_line)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstBus) bus = NULL;

  g_setenv ("GST_CALL_FAKE_DEVICES", CAMERAS, TRUE);
  pipeline = gst_parse_launch ("callvideosrc name=src "
      "constraints={\"width\":true} ! fakesink", NULL);
  src = gst_bin_get_by_name (GST_BIN (pipeline), "src");
  bus = gst_element_get_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  device_test_wait_warning (bus, "width: a number is expected");
  device_test_wait_state (src, 0);
  gst_element_set_state (pipeline, GST_STATE_NULL);
}

GST_END_TEST;

/* given a camera that cannot be open twice, when another mode of it is asked for,
 * then its last picture is held until the new mode delivers: no black, nothing
 * unreadable, one caps event */
GST_START_TEST (test_same_camera)
{
  g_autoptr (GstBus) bus = NULL;
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  GstCallBarcode code = { 0, }, before = { 0, };
  GstClockTime last = GST_CLOCK_TIME_NONE;
  guint n = 0, held = 0;

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=1,video.open-delay=300", TRUE);
  h = device_test_harness ("callvideosrc name=src ! capsfilter "
      "caps=video/x-raw,width=640,height=360", &bus);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  gst_harness_play (h);
  for (n = 0; n < 10; n++)
    device_test_pull_until (h, 0, &last);
  g_object_set (src, "constraints", "{\"width\":{\"exact\":1280}}", NULL);
  for (n = 0; n < 300; n++, before = code) {
    g_autoptr (GstBuffer) buffer = gst_harness_pull (h);

    fail_unless (buffer && GST_BUFFER_PTS (buffer) > last);
    last = GST_BUFFER_PTS (buffer);
    fail_unless (device_test_read (h, buffer, &code), "picture %u", n);
    held += n > 0 && code.frame == before.frame;
    if (n > 0 && code.frame < before.frame)
      break;                    /* its counter has begun anew */
  }
  fail_unless (n < 300);
  fail_unless (held > 0);
  gst_message_unref (device_test_wait (bus, "call-track-switched"));
  fail_unless_open (src, "fake-camera-0", 1280);
  gst_element_set_bus (h->element, NULL);
  gst_harness_teardown (h);
}

GST_END_TEST;

/* given microphones, when rate and channels are asked for, then the device is
 * opened in them, and the output is what downstream has */
GST_START_TEST (test_sound)
{
  GstHarness *h = NULL;
  g_autoptr (GstElement) src = NULL;
  g_autoptr (GstStructure) settings = NULL;
  gint rate = 0, channels = 0;

  g_setenv ("GST_CALL_FAKE_DEVICES", "audio=1", TRUE);
  h = device_test_harness ("callaudiosrc name=src", NULL);
  src = gst_bin_get_by_name (GST_BIN (h->element), "src");
  g_object_set (src, "constraints",
      "{\"sampleRate\":{\"exact\":16000},\"channelCount\":2}", NULL);
  gst_harness_play (h);
  device_test_wait_state (src, 0);
  g_object_get (src, "settings", &settings, NULL);
  fail_unless (gst_structure_get_int (settings, "sampleRate", &rate));
  fail_unless (gst_structure_get_int (settings, "channelCount", &channels));
  fail_unless_equals_int (rate, 16000);
  fail_unless_equals_int (channels, 2);
  gst_harness_teardown (h);
}

GST_END_TEST;

static Suite *
constraints_suite (void)
{
  Suite *s = suite_create ("constraints");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_capable);
  tcase_add_test (tc, test_overconstrained);
  tcase_add_test (tc, test_running);
  tcase_add_test (tc, test_bad_line);
  tcase_add_test (tc, test_same_camera);
  tcase_add_test (tc, test_sound);
  return s;
}

GST_CHECK_MAIN (constraints);
