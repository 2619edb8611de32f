/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a callbin may go up and down at any time, again and again; settings
 * that cannot work give one clear error.
 */
#include "call-test.h"

#define HOLD ((GstClockTimeDiff) (3 * GST_SECOND))

/* given a call, when the guest goes READY and PLAYING ten times, then each
 * time they are connected again and see each other, and the host's slot stays
 * the same */
GST_START_TEST (test_cycles)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_VIDEO_LIVE,
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE);
  guint i;

  for (i = 0; i < 10; i++) {
    CALL_WAIT (call_side_count (ann, "call-state", "state",
            "connected") == i + 1);
    call_side_wait_more (ann, CALL_VIDEO, 3);
    call_side_wait_more (bob, CALL_VIDEO, 3);
    call_side_set_state (bob, GST_STATE_READY);
    CALL_WAIT (call_side_count (ann, "call-peer-left", NULL, NULL) == i + 1);
    /* its remote pads go with the call, the request pad stays */
    fail_unless_equals_int (bob->call->numsrcpads, 0);
    fail_unless_equals_int (bob->call->numsinkpads, 1);
    bob->last[CALL_VIDEO] = GST_CLOCK_TIME_NONE;
    call_side_set_state (bob, GST_STATE_PLAYING);
  }
  fail_unless_equals_int (ann->pads[CALL_VIDEO], 1);
  fail_unless_equals_int (ann->backwards, 0);
  fail_unless_equals_int (bob->backwards, 0);
}

GST_END_TEST;

/* given a call, when the host goes to PAUSED and back, then the call goes on
 * and nobody left */
GST_START_TEST (test_paused)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_VIDEO_LIVE,
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE);

  call_side_wait_more (ann, CALL_VIDEO, 3);
  fail_unless_equals_int (gst_element_set_state (ann->pipeline,
          GST_STATE_PAUSED), GST_STATE_CHANGE_NO_PREROLL);
  call_side_set_state (ann, GST_STATE_PLAYING);
  call_side_wait_more (ann, CALL_VIDEO, 3);
  call_side_wait_more (bob, CALL_VIDEO, 3);
  fail_if (call_side_has (ann, "call-peer-left", NULL, NULL));
  fail_if (call_side_has (bob, "call-peer-left", NULL, NULL));
  fail_unless_equals_int (call_side_count (ann, "call-joined", NULL, NULL), 1);
}

GST_END_TEST;

static GstPadProbeReturn
count (GstPad * pad, GstPadProbeInfo * info, gpointer n)
{
  g_atomic_int_inc ((gint *) n);
  call_test_news ();
  return GST_PAD_PROBE_OK;
}

/* given a callbin that is paused while its sources play, when it is left so, then
 * its peer hears from it as ever; and when a track is taken away then, nothing
 * waits for anything */
GST_START_TEST (test_held)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_VIDEO_LIVE,
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE);
  g_autoptr (GstPad) pad = NULL;
  g_autoptr (GstElement) camera = NULL;
  g_autoptr (GstStructure) stats = NULL;
  gint n = 0;                   /* atomic */
  gulong probe;

  call_side_wait_more (bob, CALL_VIDEO, 3);
  pad = call_side_network (ann, "nicesink", "sink");
  probe = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, count, &n, NULL);
  /* once more changes nothing */
  gst_element_set_state (ann->call, GST_STATE_PAUSED);
  gst_element_set_state (ann->call, GST_STATE_PAUSED);
  CALL_WAIT (g_atomic_int_get (&n) >= 100);
  camera = call_side_release (ann, "video_0");
  CALL_WAIT (call_side_has (bob, "call-peer-changed", "video", "none"));
  g_object_get (ann->call, "stats", &stats, NULL);
  fail_unless (stats != NULL);
  gst_pad_remove_probe (pad, probe);
  gst_element_set_state (ann->call, GST_STATE_PLAYING);
  call_side_wait_more (ann, CALL_VIDEO, 10);
  fail_if (call_side_has (bob, "call-state", "state", "reconnecting"));
}

GST_END_TEST;

static guint64
pictures_encoded (CallSide * side)
{
  g_autoptr (GstStructure) stats = NULL;
  g_autoptr (GstStructure) track = NULL;
  g_autoptr (GstStructure) encoder = NULL;
  guint64 n = 0;

  g_object_get (side->call, "stats", &stats, NULL);
  if (gst_structure_get (stats, "video_0", GST_TYPE_STRUCTURE, &track, NULL)
      && gst_structure_get (track, "encoder-VP8", GST_TYPE_STRUCTURE, &encoder,
          NULL))
    gst_structure_get_uint64 (encoder, "frames-encoded", &n);
  return n;
}

/* By how much the newest picture is early; less than 0: late */
static GstClockTimeDiff
early (CallSide * side)
{
  g_autoptr (GstClock) clock = gst_pipeline_get_clock (GST_PIPELINE
      (side->pipeline));
  GstClockTime last = call_side_last (side, CALL_VIDEO);

  return GST_CLOCK_DIFF (gst_clock_get_time (clock) -
      gst_element_get_base_time (side->pipeline), last);
}

/* given a pipeline that is paused for a while, when it plays again, then what the
 * peers have sent meanwhile is left out, and their pictures are on time, neither
 * early nor late by the pause; again and again, for who is new as well */
GST_START_TEST (test_time_after_hold)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_VIDEO_LIVE,
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE);
  guint i;

  for (i = 0; i < 3; i++) {
    gint64 begin = g_get_monotonic_time (), end = call_test_deadline ();
    guint before;

    call_side_wait_more (ann, CALL_VIDEO, 3);
    call_side_set_state (ann, GST_STATE_PAUSED);
    /* the next one has a new connection, made meanwhile */
    if (i == 1) {
      call_side_set_state (bob, GST_STATE_READY);
      call_side_set_state (bob, GST_STATE_PLAYING);
    }
    CALL_WAIT (g_get_monotonic_time () > begin + HOLD / 1000);
    before = call_side_buffers (ann, CALL_VIDEO);
    call_side_set_state (ann, GST_STATE_PLAYING);
    while (call_side_buffers (ann, CALL_VIDEO) < before + 10) {
      if (call_side_buffers (ann, CALL_VIDEO) > before + 1)
        fail_unless (early (ann) < HOLD / 2);
      call_test_iterate (end, "pictures", __FILE__, __LINE__);
    }
    CALL_WAIT (early (ann) > -HOLD / 2);
    call_side_wait_more (bob, CALL_VIDEO, 3);
    fail_if (call_side_has (bob, "call-state", "state", "reconnecting"));
  }
  fail_unless_equals_int (ann->backwards, 0);
}

GST_END_TEST;

static GstPadProbeReturn
count_key_frames (GstPad * pad, GstPadProbeInfo * info, gpointer n)
{
  if (!GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
          GST_BUFFER_FLAG_DELTA_UNIT))
    count (pad, info, n);
  return GST_PAD_PROBE_OK;
}

/* given pictures that are not decoded here, when the pipeline was paused and plays
 * again, then a key frame comes: those between have been left out */
GST_START_TEST (test_key_frame_after_hold)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann decode=false", "",
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE);
  g_autoptr (GstPad) pad = NULL;
  guint64 before;
  gint n = 0;                   /* atomic */

  call_side_wait_more (ann, CALL_VIDEO, 5);
  pad = gst_element_get_static_pad (ann->call, "remote_video_0");
  call_side_set_state (ann, GST_STATE_PAUSED);
  before = pictures_encoded (bob);
  CALL_WAIT (pictures_encoded (bob) > before + 10);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_key_frames, &n,
      NULL);
  call_side_set_state (ann, GST_STATE_PLAYING);
  CALL_WAIT (g_atomic_int_get (&n) > 0);
  call_side_set_state (ann, GST_STATE_NULL);
}

GST_END_TEST;

/* given a call, when something in a peer's connection refuses to play, then the
 * pipeline does not notice, and the peer is connected anew */
GST_START_TEST (test_part_refuses)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_VIDEO_LIVE,
      &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE);
  g_autoptr (GstElement) webrtcbin = NULL;

  call_side_wait_more (bob, CALL_VIDEO, 3);
  webrtcbin = gst_bin_get_by_name (GST_BIN (bob->call), "webrtc");
  /* it has no file to read */
  gst_bin_add (GST_BIN (webrtcbin), gst_element_factory_make ("filesrc", NULL));
  call_side_set_state (bob, GST_STATE_PLAYING);
  CALL_WAIT (call_side_count (bob, "call-state", "state", "connected") == 2);
  call_side_wait_more (bob, CALL_VIDEO, 3);
  call_side_wait_more (ann, CALL_VIDEO, 3);
}

GST_END_TEST;

/* given a guest at some point of connecting, when it goes to NULL there, then
 * it does at once, the host sees it leave, and the next guest is served */
GST_START_TEST (test_null_while_connecting)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  static const gchar *points[][2] = {
    {NULL, NULL}, {"call-signalling", "connecting"},
    {"call-signalling", "open"}, {"call-state", "connecting"},
    {"call-state", "connected"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (points); i++) {
    CallSide *bob = call_side_join (url, "peer-id=bob",
        CALL_VIDEO_LIVE CALL_AUDIO_LIVE);

    if (points[i][0])
      CALL_WAIT (call_side_has (bob, points[i][0], "state", points[i][1]));
    call_side_free (bob);
    CALL_WAIT (call_side_count (ann, "call-peer-left", NULL, NULL) ==
        call_side_count (ann, "call-peer-joined", NULL, NULL));
  }
  {
    g_autoptr (CallSide) carol = call_side_join (url, "peer-id=carol",
        CALL_VIDEO_LIVE CALL_AUDIO_LIVE);

    call_side_wait_more (carol, CALL_VIDEO, 3);
    call_side_wait_more (ann, CALL_AUDIO, 3);
  }
}

GST_END_TEST;

/* given nobody who listens at the address, when the callbin plays, then there
 * is one error and going to NULL works */
GST_START_TEST (test_unreachable)
{
  g_autoptr (CallSide) bob = call_side_join ("ws://127.0.0.1:1/room/tea", "",
      CALL_VIDEO_LIVE);

  CALL_WAIT (call_side_told (bob, GST_MESSAGE_ERROR, "", GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_OPEN_READ_WRITE));
  fail_if (call_side_has (bob, "call-joined", NULL, NULL));
}

GST_END_TEST;

typedef struct
{
  const gchar *properties;
  const gchar *words;
} Bad;

static const Bad bad[] = {
  {"", "uri=ws://"},
  {"uri=http://127.0.0.1/room/tea", "is wss://"},
  {"uri=ws://127.0.0.1:9/room/tea listen=127.0.0.1:0", "either joins"},
  {"uri=ws://127.0.0.1:9", "/room/"},
  {"uri=nonsense", "nonsense"},
  {"listen=127.0.0.1:0 room=\"no spaces\"", "room=no spaces"},
  {"listen=127.0.0.1:99999", "listen=127.0.0.1:99999"},
  {"uri=ws://127.0.0.1:9/room/tea token-file=/nonexistent", "token-file"},
};

/* given a setting that cannot work, when the callbin goes to READY, then that
 * fails with a RESOURCE SETTINGS error that names the setting */
GST_START_TEST (test_bad_settings)
{
  CallSide *side = call_side_new (bad[__i__].properties, "");
  GstStateChangeReturn ret = gst_element_set_state (side->pipeline,
      GST_STATE_PLAYING);

  if (ret != GST_STATE_CHANGE_FAILURE)
    CALL_WAIT (call_side_told (side, GST_MESSAGE_ERROR, bad[__i__].words,
            GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  fail_unless (call_side_told (side, GST_MESSAGE_ERROR, bad[__i__].words,
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS), "%s",
      bad[__i__].properties);
  call_side_free (side);
}

GST_END_TEST;

/* given a host on a port, when a second one wants the same port, then it
 * fails and says so, and the first goes on */
GST_START_TEST (test_port_taken)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("", "", &url);
  g_auto (GStrv) parts = g_strsplit (url, "/", 4);
  g_autofree gchar *properties = g_strdup_printf ("listen=%s room=tea",
      parts[2]);
  g_autoptr (CallSide) other = call_side_new (properties, "");

  fail_unless_equals_int (gst_element_set_state (other->pipeline,
          GST_STATE_PLAYING), GST_STATE_CHANGE_FAILURE);
  fail_unless (call_side_told (other, GST_MESSAGE_ERROR, parts[2],
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
}

GST_END_TEST;

/* given a peer id that is taken, when a second one asks for it, then it gets a
 * NOT_AUTHORIZED error and the first stays */
GST_START_TEST (test_peer_id_taken)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", "", &url);
  g_autoptr (CallSide) other = call_side_join (url, "peer-id=ann", "");

  CALL_WAIT (call_side_told (other, GST_MESSAGE_ERROR, "",
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_NOT_AUTHORIZED));
  fail_if (call_side_has (ann, "call-peer-joined", NULL, NULL));
}

GST_END_TEST;

static Suite *
callbin_states_suite (void)
{
  Suite *s = suite_create ("callbin-states");
  TCase *tc = tcase_create ("states");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 180);
  tcase_add_test (tc, test_cycles);
  tcase_add_test (tc, test_paused);
  tcase_add_test (tc, test_held);
  tcase_add_test (tc, test_time_after_hold);
  tcase_add_test (tc, test_key_frame_after_hold);
  tcase_add_test (tc, test_part_refuses);
  tcase_add_test (tc, test_null_while_connecting);
  tcase_add_test (tc, test_unreachable);
  tcase_add_loop_test (tc, test_bad_settings, 0, G_N_ELEMENTS (bad));
  tcase_add_test (tc, test_port_taken);
  tcase_add_test (tc, test_peer_id_taken);
  return s;
}

GST_CHECK_MAIN (callbin_states);
