/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the plain functions below the sources decide as documented: grammar
 * of fake devices, choice of a device, choice of a mode, code in the picture.
 */
#include <gst/check/gstcheck.h>

#include "gstcallbarcode.h"
#include "gstcallchoice.h"
#include "gstcallfakeconfig.h"
#include "gstcallmode.h"

/* --- GST_CALL_FAKE_DEVICES --- */

/* given a full text, when it is read, then counts and options are as said */
GST_START_TEST (test_config)
{
  GstCallFakeConfig config;
  GError *error = NULL;

  fail_unless (gst_call_fake_config_parse ("video=3, audio=2,"
          "video.open-delay=1000,video1.open-delay=5,video2.unplug-after=5000,"
          "audio0.fail-open=1,audio1.stall-after=20", &config, &error));
  fail_unless (error == NULL);
  fail_unless_equals_int (config.count[GST_CALL_FAKE_VIDEO], 3);
  fail_unless_equals_int (config.count[GST_CALL_FAKE_AUDIO], 2);
  fail_unless_equals_int (config.options[GST_CALL_FAKE_VIDEO][0].open_delay,
      1000);
  fail_unless_equals_int (config.options[GST_CALL_FAKE_VIDEO][1].open_delay, 5);
  fail_unless_equals_int (config.options[GST_CALL_FAKE_VIDEO][2].unplug_after,
      5000);
  fail_unless (config.options[GST_CALL_FAKE_AUDIO][0].fail_open);
  fail_unless_equals_int (config.options[GST_CALL_FAKE_AUDIO][1].stall_after,
      20);
  fail_unless (gst_call_fake_config_parse (NULL, &config, NULL));
  fail_unless_equals_int (config.count[GST_CALL_FAKE_VIDEO], 0);
}

GST_END_TEST;

/* given texts with one mistake each, when they are read, then the error names
 * the item and there are no devices */
GST_START_TEST (test_bad_config)
{
  static const gchar *texts[] = { "video", "video=", "video=-1", "video=17",
    "video=x", "radio=1", "video=1,video16.open-delay=1", "video0=1",
    "video0.colour=1", "video.open-delay=99999999999", "videos=1",
    "video99999999999999999999.fail-open=1"
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;
    GstCallFakeConfig config;

    fail_if (gst_call_fake_config_parse (texts[i], &config, &error), "%s",
        texts[i]);
    fail_unless (strstr (error->message, "GST_CALL_FAKE_DEVICES") != NULL);
    fail_unless_equals_int (config.count[GST_CALL_FAKE_VIDEO], 0);
  }
}

GST_END_TEST;

/* --- choosing a device --- */

static void
add_device (GPtrArray * devices, const gchar * id, const gchar * label,
    const gchar * alias, gboolean is_monitor)
{
  GstCallDevice *device = g_new0 (GstCallDevice, 1);

  g_atomic_ref_count_init (&device->refs);
  device->kind = GST_CALL_DEVICE_AUDIO_INPUT;
  device->id = g_strdup (id);
  device->label = g_strdup (label);
  device->group = g_strdup ("");
  device->api = g_strdup ("test");
  device->alias = g_strdup (alias);
  device->caps = gst_caps_new_any ();
  device->is_monitor = is_monitor;
  g_ptr_array_add (devices, device);
}

static void
fail_unless_chosen (GPtrArray * devices, const gchar * id, const gchar * label,
    const gchar * expected)
{
  g_autoptr (GError) error = NULL;
  GstCallWish wish = { (gchar *) id, (gchar *) label, NULL };
  const gchar *failed;
  g_autoptr (GstCallChoice) choice = gst_call_choose (devices,
      GST_CALL_DEVICE_AUDIO_INPUT, &wish, NULL, NULL, FALSE, &failed, &error);

  fail_unless ((choice != NULL) == (expected != NULL));
  fail_unless ((error != NULL) == (expected == NULL));
  if (expected)
    fail_unless_equals_string (choice->device->id, expected);
}

/* given a monitor, a camera path and two microphones, when ids and globs are
 * asked for, then the right one is chosen, and a monitor only by name */
GST_START_TEST (test_choose)
{
  g_autoptr (GPtrArray) devices =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);

  fail_unless_chosen (devices, "", "", NULL);
  add_device (devices, "out.monitor", "Monitor of Out", NULL, TRUE);
  fail_unless_chosen (devices, "", "", NULL);
  add_device (devices, "mic-a", "Blue Yeti", "/dev/a", FALSE);
  add_device (devices, "mic-b", "Headset (USB)", NULL, FALSE);
  fail_unless_chosen (devices, "", "", "mic-a");
  fail_unless_chosen (devices, NULL, NULL, "mic-a");
  fail_unless_chosen (devices, "mic-b", "", "mic-b");
  fail_unless_chosen (devices, "mic-b", "Blue*", "mic-b");
  fail_unless_chosen (devices, "/dev/a", "", "mic-a");
  fail_unless_chosen (devices, "", "head*", "mic-b");
  fail_unless_chosen (devices, "", "Monitor*", "out.monitor");
  fail_unless_chosen (devices, "mic", "", NULL);
  fail_unless_chosen (devices, "", "Head", NULL);
}

GST_END_TEST;

/* --- choosing a mode --- */

#define CAMERA \
  "video/x-raw,format=YUY2,width=640,height=480,framerate={30/1,15/1};" \
  "video/x-raw,format=YUY2,width=1280,height=720,framerate=10/1;" \
  "image/jpeg,width=1280,height=720,framerate=30/1;" \
  "image/jpeg,width=640,height=480,framerate=30/1"

static void
check_mode (const gchar * downstream_text, const gchar * device_text,
    const gchar * output_text, gboolean crop, gboolean rate)
{
  g_autoptr (GstCaps) camera = gst_caps_from_string (CAMERA);
  g_autoptr (GstCaps) downstream = gst_caps_from_string (downstream_text);
  g_autoptr (GstCaps) device = gst_caps_from_string (device_text);
  g_autoptr (GstCaps) output = gst_caps_from_string (output_text);
  g_auto (GstCallMode) mode = { NULL, };

  fail_unless (gst_call_mode_choose_video (camera, downstream, &mode));
  fail_unless (gst_caps_is_subset (mode.device, device), "%s: %" GST_PTR_FORMAT,
      downstream_text, mode.device);
  fail_unless (gst_caps_is_subset (mode.output, output), "%s: %" GST_PTR_FORMAT,
      downstream_text, mode.output);
  fail_unless_equals_int (mode.crop, crop);
  fail_unless_equals_int (mode.rate, rate);
  fail_unless_equals_int (mode.encoded != NULL, gst_structure_has_name
      (gst_caps_get_structure (mode.device, 0), "image/jpeg"));
}

/* given a camera with raw and JPEG modes, when downstream asks for several
 * things, then the nearest mode is taken, raw before JPEG, and the output is
 * what was asked for */
GST_START_TEST (test_video_mode)
{
  check_mode ("video/x-raw", "video/x-raw,width=640,framerate=30/1",
      "video/x-raw,format=I420,width=640,height=480,framerate=30/1", FALSE,
      FALSE);
  check_mode ("video/x-raw,width=1280,height=720,framerate=30/1",
      "image/jpeg,width=1280", "video/x-raw,width=1280,height=720", FALSE,
      FALSE);
  check_mode ("video/x-raw,width=640,height=360,framerate=30/1",
      "video/x-raw,width=640,height=480",
      "video/x-raw,width=640,height=360,framerate=30/1", TRUE, FALSE);
  check_mode ("video/x-raw,framerate=15/1", "video/x-raw,framerate=15/1",
      "video/x-raw,width=640,height=480,framerate=15/1", FALSE, FALSE);
  check_mode ("video/x-raw,framerate=25/1", "video/x-raw,framerate=30/1",
      "video/x-raw,width=640,height=480,framerate=25/1", FALSE, TRUE);
  check_mode ("video/x-raw,format=RGB", "video/x-raw,width=640",
      "video/x-raw,format=RGB,width=640", FALSE, FALSE);
}

GST_END_TEST;

/* given downstreams that take no raw video or nothing, when a mode is chosen,
 * then there is none; given one that takes what the camera encodes, then that is
 * passed on; given a device that tells nothing, then defaults hold */
GST_START_TEST (test_odd_modes)
{
  g_autoptr (GstCaps) any = gst_caps_new_any ();
  g_autoptr (GstCaps) empty = gst_caps_new_empty ();
  g_autoptr (GstCaps) encoded = gst_caps_from_string ("video/x-vp8");
  g_autoptr (GstCaps) wanted = gst_caps_from_string
      ("video/x-raw,width=640,height=480,framerate=30/1");
  g_autoptr (GstCaps) camera = gst_caps_from_string (CAMERA);
  g_autoptr (GstCaps) jpeg = gst_caps_from_string ("image/jpeg,width=1280");
  g_auto (GstCallMode) mode = { NULL, };
  g_auto (GstCallMode) passed = { NULL, };

  fail_if (gst_call_mode_choose_video (any, empty, &mode));
  fail_if (gst_call_mode_choose_video (any, encoded, &mode));
  fail_unless (gst_call_mode_choose_video (camera, jpeg, &passed));
  fail_unless (passed.pass);
  fail_unless (gst_caps_is_subset (passed.output, jpeg));
  fail_unless (gst_call_mode_choose_video (any, any, &mode));
  fail_unless (gst_caps_is_any (mode.device));
  fail_unless (gst_caps_is_subset (mode.output, wanted));
  fail_unless (mode.rate);
}

GST_END_TEST;

/* given mono and stereo microphones, when a mode is chosen, then it is 48 kHz
 * S16LE in their number of channels, or what downstream wants */
GST_START_TEST (test_audio_mode)
{
  static const gchar *cases[][3] = {
    {"audio/x-raw,channels=1", "audio/x-raw",
        "audio/x-raw,format=S16LE,rate=48000,channels=1"},
    {"audio/x-raw,channels=2", "audio/x-raw",
        "audio/x-raw,format=S16LE,rate=48000,channels=2"},
    {"audio/x-raw,channels=[1,32]", "audio/x-raw",
        "audio/x-raw,format=S16LE,rate=48000,channels=1"},
    {"audio/x-raw,channels=8", "audio/x-raw,format=F32LE",
        "audio/x-raw,format=F32LE,rate=48000,channels=2"},
    {"audio/x-raw,channels=1", "audio/x-raw,rate=16000,channels=2",
        "audio/x-raw,format=S16LE,rate=16000,channels=2"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    g_autoptr (GstCaps) device = gst_caps_from_string (cases[i][0]);
    g_autoptr (GstCaps) downstream = gst_caps_from_string (cases[i][1]);
    g_autoptr (GstCaps) wanted = gst_caps_from_string (cases[i][2]);
    g_auto (GstCallMode) mode = { NULL, };

    fail_unless (gst_call_mode_choose_audio (device, downstream, &mode));
    fail_unless (gst_caps_is_subset (mode.output, wanted), "%s, %s: %"
        GST_PTR_FORMAT, cases[i][0], cases[i][1], mode.output);
  }
}

GST_END_TEST;

/* --- the code in the picture --- */

/* given codes drawn in pictures of many sizes, when noise is added, then they
 * are read; when a block is turned over, then they are refused */
GST_START_TEST (test_barcode)
{
  static const guint sizes[][2] = { {160, 90}, {320, 180}, {640, 360},
  {640, 480}, {1280, 720}, {1000, 333}
  };
  guint i, k;

  for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
    guint width = sizes[i][0], height = sizes[i][1];
    g_autofree guint8 *luma = g_malloc0 (width * height);
    GstCallBarcode code = { 0x89abcdef + i, 65535 - i, 200 + i }, read;

    gst_call_barcode_draw (&code, luma, width, width, height);
    for (k = 0; k < width * height; k++)
      luma[k] = CLAMP (luma[k] + (gint) (k * 7919 % 61) - 30, 0, 255);
    fail_unless (gst_call_barcode_read (luma, width, width, height, &read));
    fail_unless_equals_int (read.time, code.time);
    fail_unless_equals_int (read.frame, code.frame);
    fail_unless_equals_int (read.camera, code.camera);
    for (k = 0; k < height / 15; k++)
      memset (luma + k * width, code.time & 1 ? 16 : 235, width / 32);
    fail_if (gst_call_barcode_read (luma, width, width, height, &read));
  }
  fail_if (gst_call_barcode_read (NULL, 0, 8, 8, &(GstCallBarcode) {
          0}
      ));
}

GST_END_TEST;

static Suite *
units_suite (void)
{
  Suite *s = suite_create ("units");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_config);
  tcase_add_test (tc, test_bad_config);
  tcase_add_test (tc, test_choose);
  tcase_add_test (tc, test_video_mode);
  tcase_add_test (tc, test_odd_modes);
  tcase_add_test (tc, test_audio_mode);
  tcase_add_test (tc, test_barcode);
  return s;
}

GST_CHECK_MAIN (units);
