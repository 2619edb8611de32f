/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: tracks may come and go during a call, any combination of them makes
 * a call, and what is too much is refused with a warning.
 */
#include "call-test.h"

static void
release_camera (CallSide * side)
{
  g_autoptr (GstElement) camera = call_side_release (side, "video_0");

  fail_unless_equals_int (side->call->numsinkpads, 1);
  gst_element_set_locked_state (camera, TRUE);
  gst_element_set_state (camera, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (side->pipeline), camera);
}

static gboolean
video_state_is (CallSide * side, const gchar * state, guint index)
{
  g_autoptr (GstStructure) s = call_side_find (side, "call-peer-changed",
      "video", state, index);

  return s != NULL;
}

static void
check_camera_comes_and_goes (CallSide * mine, CallSide * other)
{
  guint i, before;

  call_side_wait_more (other, CALL_VIDEO, 5);
  for (i = 0; i < 2; i++) {
    release_camera (mine);
    CALL_WAIT (video_state_is (other, "none", i));
    /* sound goes on, pictures do not but for those under way */
    call_side_wait_more (other, CALL_AUDIO, 10);
    before = call_side_buffers (other, CALL_VIDEO);
    call_side_wait_more (other, CALL_AUDIO, 40);
    fail_unless (call_side_buffers (other, CALL_VIDEO) <= before + 5,
        "%u pictures more", call_side_buffers (other, CALL_VIDEO) - before);
    call_side_add_camera (mine);
    call_side_wait_more (other, CALL_VIDEO, 5);
    call_side_wait_more (mine, CALL_VIDEO, 1);
  }
  fail_unless_equals_int (other->pads[CALL_VIDEO], 1);
  fail_unless_equals_int (other->backwards, 0);
  call_side_no_error (other);
  call_side_no_error (mine);
}

/* given a call, when the one who answers (the host) releases video_0 and
 * requests it again, twice, then the other's pictures stop and come back in
 * the same slot, and the sound goes on */
GST_START_TEST (test_release_answerer)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);

  call_side_wait_more (ann, CALL_VIDEO, 1);
  check_camera_comes_and_goes (ann, bob);
}

GST_END_TEST;

/* given a call, when the one who offers (the guest) does so, then the same */
GST_START_TEST (test_release_offerer)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);

  call_side_wait_more (bob, CALL_VIDEO, 1);
  check_camera_comes_and_goes (bob, ann);
}

GST_END_TEST;

/* given a call with sound alone, when both get a camera, then pictures come on
 * both sides and the sound was never interrupted */
GST_START_TEST (test_late_track)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_AUDIO_LIVE,
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_AUDIO_LIVE);

  call_side_wait_more (ann, CALL_AUDIO, 10);
  call_side_wait_more (bob, CALL_AUDIO, 10);
  fail_unless_equals_int (call_side_buffers (ann, CALL_VIDEO), 0);
  fail_unless_equals_int (call_side_buffers (bob, CALL_VIDEO), 0);
  call_side_add_camera (ann);
  call_side_wait_more (bob, CALL_VIDEO, 5);
  fail_unless_equals_int (call_side_buffers (ann, CALL_VIDEO), 0);
  call_side_add_camera (bob);
  call_side_wait_more (ann, CALL_VIDEO, 5);
  call_side_wait_more (ann, CALL_AUDIO, 5);
  call_side_wait_more (bob, CALL_AUDIO, 5);
  fail_unless_equals_int (ann->backwards + bob->backwards, 0);
  fail_if (call_side_has (ann, "call-peer-left", NULL, NULL));
  call_side_no_error (bob);
}

GST_END_TEST;

typedef struct
{
  const gchar *host, *guest;
} Combination;

static const Combination combinations[] = {
  {CALL_AUDIO_LIVE, CALL_AUDIO_LIVE},
  {CALL_VIDEO_LIVE, CALL_VIDEO_LIVE},
  {CALL_VIDEO_LIVE CALL_AUDIO_LIVE, ""},
  {"", CALL_VIDEO_LIVE CALL_AUDIO_LIVE},
  {CALL_VIDEO_LIVE, CALL_AUDIO_LIVE},
  {"", ""},
};

static void
check_receives (CallSide * side, const gchar * sources)
{
  if (g_strrstr (sources, "call.video_0"))
    call_side_wait_more (side, CALL_VIDEO, 5);
  else
    fail_unless_equals_int (call_side_buffers (side, CALL_VIDEO), 0);
  if (g_strrstr (sources, "call.audio_0"))
    call_side_wait_more (side, CALL_AUDIO, 5);
  else
    fail_unless_equals_int (call_side_buffers (side, CALL_AUDIO), 0);
}

/* given one side or both with only some of the tracks, when they are in a
 * call, then each gets what the other has, and nothing else */
GST_START_TEST (test_combinations)
{
  const Combination *c = &combinations[__i__];
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", c->host, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob", c->guest);

  CALL_WAIT (call_side_has (ann, "call-state", "state", "connected"));
  CALL_WAIT (call_side_has (bob, "call-state", "state", "connected"));
  check_receives (ann, c->guest);
  check_receives (bob, c->host);
  call_side_no_error (ann);
  call_side_no_error (bob);
}

GST_END_TEST;

/* given a callbin with video_0, when a second video pad is asked for, then
 * there is none, and a warning names the one that there is */
GST_START_TEST (test_second_pad)
{
  g_autoptr (CallSide) ann = call_side_new ("listen=127.0.0.1:0",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  GstElement *call = ann->call;

  fail_unless (gst_element_request_pad_simple (call, "video_%u") == NULL);
  fail_unless (call_side_told (ann, GST_MESSAGE_WARNING, "video_0",
          GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED));
  fail_unless (gst_element_request_pad_simple (call, "video_1") == NULL);
  fail_unless (call_side_told (ann, GST_MESSAGE_WARNING, "video_1",
          GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED));
  fail_unless (gst_element_request_pad_simple (call, "audio_%u") == NULL);
  fail_unless (call_side_told (ann, GST_MESSAGE_WARNING, "audio_0",
          GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED));
  fail_unless_equals_int (call->numsinkpads, 2);
}

GST_END_TEST;

/* given decode=false, when the peer sends, then remote pads give encoded
 * media */
GST_START_TEST (test_encoded_output)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("decode=false", "", &url);
  g_autoptr (CallSide) bob = call_side_join (url, "",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);

  call_side_wait_more (ann, CALL_VIDEO, 5);
  call_side_wait_more (ann, CALL_AUDIO, 5);
  fail_unless (gst_structure_has_name (gst_caps_get_structure (ann->caps
              [CALL_VIDEO], 0), "video/x-vp8"));
  fail_unless (gst_structure_has_name (gst_caps_get_structure (ann->caps
              [CALL_AUDIO], 0), "audio/x-opus"));
  fail_unless (call_side_buffers (bob, CALL_VIDEO) == 0);
}

GST_END_TEST;

static Suite *
callbin_tracks_suite (void)
{
  Suite *s = suite_create ("callbin-tracks");
  TCase *tc = tcase_create ("tracks");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 180);
  tcase_add_test (tc, test_release_answerer);
  tcase_add_test (tc, test_release_offerer);
  tcase_add_test (tc, test_late_track);
  tcase_add_loop_test (tc, test_combinations, 0, G_N_ELEMENTS (combinations));
  tcase_add_test (tc, test_second_pad);
  tcase_add_test (tc, test_encoded_output);
  return s;
}

GST_CHECK_MAIN (callbin_tracks);
