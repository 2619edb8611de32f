/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: two callbins in one process see and hear each other; messages and
 * statistics are as documented; whoever leaves and comes back is shown in the
 * same slot.
 */
#include "call-test.h"

static const GstStructure *
inside (const GstStructure * s, const gchar * name)
{
  const GValue *value = gst_structure_get_value (s, name);

  fail_unless (value != NULL, "no %s in %s", name, gst_structure_get_name (s));
  fail_unless (GST_VALUE_HOLDS_STRUCTURE (value), "%s", name);
  return gst_value_get_structure (value);
}

static guint64
counter (const GstStructure * s, const gchar * name)
{
  guint64 value = 0;

  fail_unless (gst_structure_get_uint64 (s, name, &value), "no %s in %s",
      name, gst_structure_get_name (s));
  return value;
}

static void
check_fraction (const GstStructure * s, const gchar * name, gdouble most)
{
  gdouble value = -1;

  fail_unless (gst_structure_get_double (s, name, &value), "no %s", name);
  fail_unless (value >= 0 && value <= most, "%s is %f", name, value);
}

static void
check_outbound (const GstStructure * peer, const gchar * name,
    const gchar * kind, const gchar * codec)
{
  const GstStructure *s = inside (peer, name);
  guint value;

  fail_unless_equals_string (gst_structure_get_string (s, "kind"), kind);
  fail_unless_equals_string (gst_structure_get_string (s, "codec"), codec);
  fail_unless (gst_structure_get_uint (s, "ssrc", &value) && value != 0);
  fail_unless (counter (s, "packets-sent") > 0);
  fail_unless (counter (s, "bytes-sent") >= counter (s, "packets-sent"));
  fail_unless (gst_structure_has_field_typed (s, "nack-count", G_TYPE_UINT));
  fail_unless (gst_structure_has_field_typed (s, "pli-count", G_TYPE_UINT));
  fail_unless (gst_structure_has_field_typed (s, "fir-count", G_TYPE_UINT));
  check_fraction (s, "round-trip-time", 30);
  check_fraction (s, "fraction-lost", 1);
}

static const GstStructure *
find_inbound (const GstStructure * peer, const gchar * kind)
{
  guint i;

  for (i = 0; i < 2; i++) {
    g_autofree gchar *name = g_strdup_printf ("inbound-%s-%u", kind, i);

    if (gst_structure_has_field (peer, name))
      return inside (peer, name);
  }
  fail ("no inbound-%s", kind);
  return NULL;
}

static void
check_inbound (const GstStructure * peer, const gchar * kind,
    const gchar * slot)
{
  const GstStructure *s = find_inbound (peer, kind);
  guint value;

  fail_unless_equals_string (gst_structure_get_string (s, "slot"), slot);
  fail_unless (gst_structure_get_uint (s, "ssrc", &value) && value != 0);
  fail_unless (counter (s, "packets-received") > 0);
  fail_unless (counter (s, "bytes-received") > 0);
  fail_unless (gst_structure_has_field_typed (s, "packets-lost", G_TYPE_INT));
  counter (s, "packets-discarded");
  counter (s, "packets-duplicated");
  counter (s, "retransmissions-requested");
  counter (s, "retransmissions-received");
  check_fraction (s, "jitter", 30);
}

static gboolean
has_candidate_pair (CallSide * side, const gchar * peer)
{
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (side->call, "stats", &stats, NULL);
  return gst_structure_has_field (inside (stats, peer), "candidate-pair");
}

/* The statistics of `side`, which sees `other` */
static void
check_stats (CallSide * side, const gchar * id, const gchar * other)
{
  g_autofree gchar *peer_name = g_strconcat ("peer-", other, NULL);
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *peer, *track, *video;
  guint width, height;

  CALL_WAIT (has_candidate_pair (side, peer_name));
  g_object_get (side->call, "stats", &stats, NULL);
  fail_unless_equals_string (gst_structure_get_name (stats), "call-stats");
  fail_unless_equals_string (gst_structure_get_string (stats, "peer-id"), id);
  track = inside (stats, "video_0");
  fail_unless_equals_string (gst_structure_get_string (track, "kind"), "video");
  fail_unless (counter (inside (track, "encoder-VP8"), "frames-encoded") > 0);
  fail_unless (counter (inside (track, "encoder-VP8"),
          "key-frames-encoded") > 0);
  fail_unless (counter (inside (inside (stats, "audio_0"), "encoder-OPUS"),
          "bytes-encoded") > 0);

  peer = inside (stats, peer_name);
  fail_unless_equals_string (gst_structure_get_string (peer, "peer-id"), other);
  fail_unless_equals_string (gst_structure_get_string (peer, "state"),
      "connected");
  check_outbound (peer, "outbound-audio-0", "audio", "OPUS");
  check_outbound (peer, "outbound-video-1", "video", "VP8");
  check_inbound (peer, "audio", "slot-audio-0");
  check_inbound (peer, "video", "slot-video-0");
  video = find_inbound (peer, "video");
  fail_unless (counter (video, "frames-decoded") > 0);
  fail_unless (gst_structure_get_uint (video, "frame-width", &width));
  fail_unless (gst_structure_get_uint (video, "frame-height", &height));
  fail_unless_equals_int (width, 160);
  fail_unless_equals_int (height, 120);
  fail_unless (gst_structure_get_string (inside (peer, "candidate-pair"),
          "local-candidate-type") != NULL);
}

static void
check_uint (const GstStructure * s, const gchar * name, guint wanted)
{
  guint value = G_MAXUINT;

  fail_unless (gst_structure_get_uint (s, name, &value), "no %s", name);
  fail_unless_equals_int (value, wanted);
}

static void
check_messages (CallSide * side, const gchar * id, const gchar * other,
    const gchar * other_name)
{
  g_autoptr (GstStructure) joined = NULL;
  g_autoptr (GstStructure) peer = NULL;
  gboolean resumed = TRUE;

  CALL_WAIT (call_side_has (side, "call-state", "state", "connected"));
  joined = call_side_find (side, "call-joined", "peer-id", id, 0);
  fail_unless (joined != NULL);
  fail_unless (gst_structure_get_boolean (joined, "resumed", &resumed));
  fail_if (resumed);
  fail_unless (call_side_has (side, "call-signalling", "state", "open"));
  peer = call_side_find (side, "call-peer-joined", "peer-id", other, 0);
  fail_unless (peer != NULL);
  fail_unless_equals_string (gst_structure_get_string (peer, "display-name"),
      other_name);
  check_uint (peer, "slot", 0);
  fail_unless_equals_int (call_side_count (side, "call-peer-joined", NULL,
          NULL), 1);
  fail_unless (call_side_has (side, "call-state", "state", "connecting"));
  call_side_no_error (side);
}

/* given a host and somebody who joins it, both with a camera and a microphone,
 * when they are connected, then pictures and sound come out on both sides, and
 * messages and statistics are as documented */
GST_START_TEST (test_both_see_and_hear)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann display-name=Ann "
      "stats-interval=100", CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob "
      "display-name=Bob", CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  GstStructure *s;

  call_side_wait_more (ann, CALL_VIDEO, 10);
  call_side_wait_more (ann, CALL_AUDIO, 10);
  call_side_wait_more (bob, CALL_VIDEO, 10);
  call_side_wait_more (bob, CALL_AUDIO, 10);
  check_messages (ann, "ann", "bob", "Bob");
  check_messages (bob, "bob", "ann", "Ann");
  check_stats (ann, "ann", "bob");
  check_stats (bob, "bob", "ann");
  fail_unless_equals_int (ann->backwards, 0);
  fail_unless_equals_int (bob->backwards, 0);

  /* the same as a message, to whom it was asked for */
  CALL_WAIT (call_side_count (ann, "call-stats", "peer-id", "ann") >= 2);
  fail_if (call_side_has (bob, "call-stats", NULL, NULL));
  /* no certificate where only this machine can listen */
  s = call_side_find (ann, "call-listening", NULL, NULL, 0);
  fail_unless (gst_structure_has_field (s, "fingerprint"));
  fail_unless (gst_structure_get_string (s, "fingerprint") == NULL);
  gst_structure_free (s);
}

GST_END_TEST;

/* given a call, when one leaves and another joins, twice, then the host's slot
 * is quiet meanwhile, no pad is added or removed, and the next one's media
 * comes out of it with time that goes on */
GST_START_TEST (test_slot_outlives_peers)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  guint i, quiet[2];

  for (i = 0; i < 3; i++) {
    g_autofree gchar *id = g_strdup_printf ("peer-id=bob%u", i);
    g_autoptr (CallSide) bob = call_side_join (url, id,
        CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
    g_autoptr (GstStructure) left = NULL;

    call_side_wait_more (ann, CALL_VIDEO, 5);
    call_side_wait_more (ann, CALL_AUDIO, 5);
    call_side_wait_more (bob, CALL_VIDEO, 5);
    call_side_set_state (bob, GST_STATE_NULL);
    CALL_WAIT (call_side_count (ann, "call-peer-left", NULL, NULL) == i + 1);
    left = call_side_find (ann, "call-peer-left", NULL, NULL, i);
    fail_unless_equals_string (gst_structure_get_string (left, "code"), "bye");
    check_uint (left, "slot", 0);
    quiet[CALL_VIDEO] = call_side_buffers (ann, CALL_VIDEO);
    quiet[CALL_AUDIO] = call_side_buffers (ann, CALL_AUDIO);
  }
  fail_unless_equals_int (ann->pads[CALL_VIDEO], 1);
  fail_unless_equals_int (ann->pads[CALL_AUDIO], 1);
  fail_unless_equals_int (ann->backwards, 0);
  /* the queue of the slot may hold a few: not more than it did */
  fail_unless (call_side_buffers (ann, CALL_VIDEO) <= quiet[CALL_VIDEO] + 3);
  fail_if (call_side_told (ann, GST_MESSAGE_ERROR, "", GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_FAILED));
}

GST_END_TEST;

/* given a call, when the guest emits hang-up, then the host is told "bye", the
 * guest's pipeline goes on, its slots are quiet and its statistics empty of
 * peers */
GST_START_TEST (test_hang_up)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  g_autoptr (GstStructure) stats = NULL;
  GstState state;

  call_side_wait_more (ann, CALL_VIDEO, 5);
  call_side_wait_more (bob, CALL_VIDEO, 5);
  g_signal_emit_by_name (bob->call, "hang-up");
  CALL_WAIT (call_side_has (ann, "call-peer-left", "code", "bye"));
  g_object_get (bob->call, "stats", &stats, NULL);
  fail_if (gst_structure_has_field (stats, "peer-ann"));
  fail_unless (gst_structure_has_field (stats, "video_0"));
  gst_element_get_state (bob->pipeline, &state, NULL, GST_CLOCK_TIME_NONE);
  fail_unless_equals_int (state, GST_STATE_PLAYING);
  fail_if (call_side_told (bob, GST_MESSAGE_ERROR, "", GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_FAILED));
}

GST_END_TEST;

static Suite *
callbin_media_suite (void)
{
  Suite *s = suite_create ("callbin-media");
  TCase *tc = tcase_create ("media");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 150);
  tcase_add_test (tc, test_both_see_and_hear);
  tcase_add_test (tc, test_slot_outlives_peers);
  tcase_add_test (tc, test_hang_up);
  return s;
}

GST_CHECK_MAIN (callbin_media);
