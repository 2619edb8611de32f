/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two real webrtcbins negotiate only through GstCallSdp.
 */
#include "sdp-data.h"
#include "sdp-peer.h"

#include <string.h>

typedef struct
{
  GAsyncQueue *events;
  SdpPeer *a, *b;
  gint goal[2][2];              /* packets of a and b, by kind */
} Pair;

static void
pair_init (Pair * pair)
{
  memset (pair, 0, sizeof (*pair));
  pair->events = sdp_events_new ();
  pair->a = sdp_peer_new ("a", pair->events);
  pair->b = sdp_peer_new ("b", pair->events);
  pair->a->other = pair->b;
  pair->b->other = pair->a;
}

static void
pair_clear (Pair * pair)
{
  mark_point ();
  sdp_peer_free (pair->a);
  mark_point ();
  sdp_peer_free (pair->b);
  mark_point ();
  g_async_queue_unref (pair->events);
}

static void
add_own_sources (SdpPeer * peer, const gchar * video_codec)
{
  g_autoptr (GstCaps) audio =
      gst_call_sdp_offer_caps (peer->sdp, GST_CALL_KIND_AUDIO);
  g_autoptr (GstCaps) video =
      gst_call_sdp_offer_caps (peer->sdp, GST_CALL_KIND_VIDEO);

  sdp_peer_add_source (peer, GST_CALL_KIND_AUDIO, 0, "OPUS", audio);
  sdp_peer_add_source (peer, GST_CALL_KIND_VIDEO, 1, video_codec, video);
}

/* What callbin does when an offer came */
static void
add_chosen_sources (SdpPeer * peer)
{
  for (guint i = 0; i < gst_call_sdp_get_n_media (peer->sdp); i++) {
    const GstCallSdpMedia *media = gst_call_sdp_get_media (peer->sdp, i);

    if (media->kind != GST_CALL_KIND_DATA && !media->rejected)
      sdp_peer_add_source (peer, media->kind, i, media->encoding_name,
          media->caps);
  }
}

static void
renegotiate (SdpPeer * from)
{
  g_autofree gchar *offer = sdp_peer_offer (from);
  g_autofree gchar *answer = NULL;

  sdp_peer_take (from->other, GST_CALL_SDP_OFFER, offer);
  answer = sdp_peer_answer (from->other);
  sdp_peer_take (from, GST_CALL_SDP_ANSWER, answer);
  sdp_peer_apply_directions (from);
  sdp_peer_apply_directions (from->other);
}

static gboolean
has_packets (gpointer data)
{
  Pair *pair = data;

  for (guint kind = 0; kind < 2; kind++) {
    if (g_atomic_int_get (&pair->a->packets[kind]) < pair->goal[0][kind]
        || g_atomic_int_get (&pair->b->packets[kind]) < pair->goal[1][kind])
      return FALSE;
  }
  return TRUE;
}

/* Waits until each stream that should flow brought `n` packets more */
static void
expect_media (Pair * pair, guint n, gboolean a_gets_video,
    gboolean b_gets_video)
{
  for (guint kind = 0; kind < 2; kind++) {
    pair->goal[0][kind] = g_atomic_int_get (&pair->a->packets[kind]);
    pair->goal[1][kind] = g_atomic_int_get (&pair->b->packets[kind]);
  }
  pair->goal[0][GST_CALL_KIND_AUDIO] += n;
  pair->goal[1][GST_CALL_KIND_AUDIO] += n;
  if (a_gets_video)
    pair->goal[0][GST_CALL_KIND_VIDEO] += n;
  if (b_gets_video)
    pair->goal[1][GST_CALL_KIND_VIDEO] += n;
  sdp_wait_for (pair->events, has_packets, pair, "media");
}

static gboolean
has_channel (gpointer data)
{
  Pair *pair = data;

  return g_atomic_int_get (&pair->a->opened) > 0
      && g_atomic_int_get (&pair->b->opened) > 0;
}

static void
connect_pair_with (Pair * pair, const gchar * video_codec)
{
  g_autofree gchar *offer = NULL, *answer = NULL;

  sdp_peer_play (pair->a);
  sdp_peer_play (pair->b);
  add_own_sources (pair->a, video_codec);
  sdp_peer_add_data_channel (pair->a);
  offer = sdp_peer_offer (pair->a);
  sdp_peer_take_with (pair->b, GST_CALL_SDP_OFFER, offer, add_chosen_sources);
  answer = sdp_peer_answer (pair->b);
  sdp_peer_take (pair->a, GST_CALL_SDP_ANSWER, answer);
}

static void
connect_pair (Pair * pair)
{
  connect_pair_with (pair, "VP8");
}

GST_START_TEST (test_media_and_data)
{
  Pair pair;

  /* Given two webrtcbins behind GstCallSdp, when one offers audio, video and
   * data and the other answers, then media and the channel go both ways. */
  pair_init (&pair);
  connect_pair (&pair);
  expect_media (&pair, 10, TRUE, TRUE);
  sdp_wait_for (pair.events, has_channel, &pair, "the data channel");
  pair_clear (&pair);
}

GST_END_TEST;

GST_START_TEST (test_directions)
{
  Pair pair;
  gint before;

  /* Given a call, when either side turns its video off and on again, by
   * re-offers of either side, then the other's video stops and resumes. */
  pair_init (&pair);
  connect_pair (&pair);
  expect_media (&pair, 10, TRUE, TRUE);
  sdp_wait_for (pair.events, has_channel, &pair, "the data channel");
  for (guint round = 0; round < 2; round++) {
    SdpPeer *from = round == 0 ? pair.a : pair.b;

    gst_call_sdp_set_wish (pair.a->sdp, GST_CALL_KIND_VIDEO, GST_CALL_RECV);
    renegotiate (from);
    fail_unless (strstr (from->last_wire, "a=sendrecv") != NULL);
    expect_media (&pair, 5, TRUE, FALSE);
    before = g_atomic_int_get (&pair.b->packets[GST_CALL_KIND_VIDEO]);
    expect_media (&pair, 15, TRUE, FALSE);
    fail_unless_equals_int (before,
        g_atomic_int_get (&pair.b->packets[GST_CALL_KIND_VIDEO]));

    gst_call_sdp_set_wish (pair.a->sdp, GST_CALL_KIND_VIDEO, GST_CALL_SENDRECV);
    renegotiate (from);
    expect_media (&pair, 10, TRUE, TRUE);
  }
  pair_clear (&pair);
}

GST_END_TEST;

GST_START_TEST (test_h264)
{
  static const gchar *const h264[] = { "H264", NULL };
  Pair pair;

  /* Given two peers of which one has H.264 only, when the other offers VP8
   * and H.264, then H.264 flows both ways, though each payloader writes its
   * own profile-level-id and parameter sets into its caps. */
  pair_init (&pair);
  sdp_peer_set_video_codecs (pair.b, h264);
  connect_pair_with (&pair, "H264");
  expect_media (&pair, 10, TRUE, TRUE);
  fail_unless_equals_string (gst_call_sdp_find_media (pair.a->sdp,
          GST_CALL_KIND_VIDEO)->encoding_name, "H264");
  fail_unless_contains (pair.b->last_wire, "m=video 9 UDP/TLS/RTP/SAVPF 102 "
      "103\r\n");
  fail_unless_contains (pair.b->last_wire, "profile-level-id=42e01f");
  fail_if_contains (pair.b->last_wire, "sprop-parameter-sets");
  sdp_wait_for (pair.events, has_channel, &pair, "the data channel");
  renegotiate (pair.b);
  expect_media (&pair, 10, TRUE, TRUE);
  pair_clear (&pair);
}

GST_END_TEST;

/* What `from` says without VP8 */
static gchar *
without_vp8 (gchar * wire)
{
  return sdp_edit (wire, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 ",
      "m=video 9 UDP/TLS/RTP/SAVPF ");
}

GST_START_TEST (test_other_codec)
{
  Pair pair;
  gchar *offer = NULL, *answer = NULL;

  /* Given a call in VP8, when one side offers only H.264, which both can, or
   * answers with it alone, then that is agreed, and webrtcbin, which hears of
   * it beside VP8, goes on; also when both go back. */
  pair_init (&pair);
  connect_pair (&pair);
  expect_media (&pair, 10, TRUE, TRUE);
  for (guint round = 0; round < 2; round++) {
    SdpPeer *from = round == 0 ? pair.a : pair.b;

    offer = without_vp8 (sdp_peer_offer (from));
    sdp_peer_take (from->other, GST_CALL_SDP_OFFER, offer);
    answer = sdp_peer_answer (from->other);
    fail_unless_contains (answer, "m=video 9 UDP/TLS/RTP/SAVPF 102 103\r\n");
    sdp_peer_take (from, GST_CALL_SDP_ANSWER, answer);
    for (guint i = 0; i < 2; i++) {
      SdpPeer *peer = i == 0 ? pair.a : pair.b;

      fail_unless_equals_string (gst_call_sdp_find_media (peer->sdp,
              GST_CALL_KIND_VIDEO)->encoding_name, "H264");
      fail_unless_contains (peer->last_inner, "RTP/SAVPF 96 97 102 103\r\n");
    }
    expect_media (&pair, 10, TRUE, TRUE);
    g_free (offer);
    g_free (answer);
    offer = sdp_edit (sdp_peer_offer (from),
        "m=video 9 UDP/TLS/RTP/SAVPF 102 103 96",
        "m=video 9 UDP/TLS/RTP/SAVPF 96");
    sdp_peer_take (from->other, GST_CALL_SDP_OFFER, offer);
    answer = sdp_peer_answer (from->other);
    fail_unless_contains (answer, "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n");
    sdp_peer_take (from, GST_CALL_SDP_ANSWER, answer);
    expect_media (&pair, 10, TRUE, TRUE);
    /* the other one knows of H.264 again */
    renegotiate (from);
    g_free (offer);
    g_free (answer);
  }
  pair_clear (&pair);
}

GST_END_TEST;

GST_START_TEST (test_video_refused)
{
  static const gchar *const none[] = { NULL };
  Pair pair;

  /* Given a peer without any video codec, when video is offered to it, then
   * its m-line is rejected on the wire, sound and data flow, and re-offers of
   * both sides leave it dead and the rest alive. */
  pair_init (&pair);
  sdp_peer_set_video_codecs (pair.b, none);
  connect_pair (&pair);
  sdp_peer_apply_directions (pair.a);
  expect_media (&pair, 10, FALSE, FALSE);
  sdp_wait_for (pair.events, has_channel, &pair, "the data channel");
  for (guint round = 0; round < 2; round++) {
    SdpPeer *from = round == 0 ? pair.a : pair.b;

    fail_unless (gst_call_sdp_get_media (pair.a->sdp, 1)->rejected);
    fail_unless_equals_int (gst_call_sdp_get_n_media (pair.b->sdp), 2);
    renegotiate (from);
    fail_unless_contains (from->last_wire, "m=video 0 ");
    fail_unless_contains (from->last_wire, "BUNDLE audio0 application2\r\n");
    fail_unless_contains (from->other->last_wire, "m=video 0 ");
    expect_media (&pair, 10, FALSE, FALSE);
  }
  pair_clear (&pair);
}

GST_END_TEST;

GST_START_TEST (test_data_refused)
{
  Pair pair;
  g_autofree gchar *offer = NULL, *answer = NULL, *again = NULL;

  /* Given a peer that rejects the data channel, as SFUs do, then media flows
   * and the next offer still has the dead m-line in its place. */
  pair_init (&pair);
  sdp_peer_play (pair.a);
  sdp_peer_play (pair.b);
  add_own_sources (pair.a, "VP8");
  sdp_peer_add_data_channel (pair.a);
  offer = sdp_peer_offer (pair.a);
  offer = sdp_edit (offer, "webrtc-datachannel", "something-else");
  sdp_peer_take_with (pair.b, GST_CALL_SDP_OFFER, offer, add_chosen_sources);
  answer = sdp_peer_answer (pair.b);
  fail_unless_contains (answer, "m=application 0 UDP/DTLS/SCTP something-else");
  sdp_peer_take (pair.a, GST_CALL_SDP_ANSWER, answer);
  expect_media (&pair, 10, TRUE, TRUE);
  again = sdp_peer_offer (pair.a);
  fail_unless_contains (again, "m=application 0 ");
  sdp_peer_take (pair.b, GST_CALL_SDP_OFFER, again);
  g_free (answer);
  answer = sdp_peer_answer (pair.b);
  sdp_peer_take (pair.a, GST_CALL_SDP_ANSWER, answer);
  expect_media (&pair, 10, TRUE, TRUE);
  pair_clear (&pair);
}

GST_END_TEST;

GST_START_TEST (test_first_line_refused)
{
  Pair pair;
  g_autofree gchar *offer = NULL, *answer = NULL;

  /* Given an offer whose first m-line, where webrtcbin has its transport, the
   * other side cannot use, then the call comes up on the second one. */
  pair_init (&pair);
  sdp_peer_play (pair.a);
  sdp_peer_play (pair.b);
  add_own_sources (pair.a, "VP8");
  offer = sdp_peer_offer (pair.a);
  offer = sdp_edit (offer, "opus/48000/2", "nothing/48000/2");
  sdp_peer_take_with (pair.b, GST_CALL_SDP_OFFER, offer, add_chosen_sources);
  answer = sdp_peer_answer (pair.b);
  fail_unless_contains (answer, "a=group:BUNDLE video1\r\n");
  fail_unless_contains (answer, "m=audio 0 ");
  sdp_peer_take (pair.a, GST_CALL_SDP_ANSWER, answer);
  sdp_peer_apply_directions (pair.a);
  pair.goal[0][GST_CALL_KIND_VIDEO] = pair.goal[1][GST_CALL_KIND_VIDEO] = 10;
  sdp_wait_for (pair.events, has_packets, &pair, "video");
  pair_clear (&pair);
}

GST_END_TEST;

GST_START_TEST (test_moved)
{
  Pair pair;
  g_autofree gchar *offer = NULL, *video = NULL, *moved = NULL;
  g_autofree gchar *answer = NULL, *dead = NULL, *alive = NULL;

  /* Given a peer that ends its video and in the same offer begins it anew in
   * another m-line, then it gets the line inside on which we send. */
  pair_init (&pair);
  connect_pair (&pair);
  expect_media (&pair, 10, TRUE, TRUE);
  offer = sdp_edit (sdp_peer_offer (pair.a), "a=mid:video1", "a=mid:again");
  video = sdp_section (offer, 1);
  offer = sdp_edit (offer, "m=video 9 ", "m=video 0 ");
  offer = sdp_edit (offer, "a=mid:again", "a=mid:video1");
  offer = sdp_edit (offer, " video1 ", " again ");
  moved = g_strconcat (offer, video, NULL);
  sdp_peer_take (pair.b, GST_CALL_SDP_OFFER, moved);
  answer = sdp_peer_answer (pair.b);
  dead = sdp_section (answer, 1);
  alive = sdp_section (answer, 3);
  fail_unless_contains (dead, "m=video 0 ");
  fail_unless_contains (alive, "a=sendrecv");
  fail_unless_equals_int (gst_call_sdp_get_n_media (pair.b->sdp), 3);
  pair_clear (&pair);
}

GST_END_TEST;

static gchar *
line_without (const gchar * text, const gchar * begin)
{
  g_auto (GStrv) lines = g_strsplit (text, "\r\n", -1);
  GString *s = g_string_new (NULL);

  for (guint i = 0; lines[i] != NULL && *lines[i] != '\0'; i++) {
    if (!g_str_has_prefix (lines[i], begin))
      g_string_append_printf (s, "%s\r\n", lines[i]);
  }
  return g_string_free (s, FALSE);
}

GST_START_TEST (test_data_first)
{
  Pair pair;
  g_autofree gchar *data = NULL, *answer = NULL, *offer = NULL;
  g_autofree gchar *nameless = NULL, *again = NULL;
  g_autoptr (GstCaps) caps = NULL;

  /* Given a peer that begins with data alone and then sends a stream whose SSRC
   * its SDP does not name, then that arrives: it does not end the process, as
   * webrtcbin would when its first m-line has no transceiver. */
  pair_init (&pair);
  sdp_peer_play (pair.a);
  sdp_peer_play (pair.b);
  sdp_peer_add_data_channel (pair.a);
  data = sdp_peer_offer (pair.a);
  sdp_peer_take (pair.b, GST_CALL_SDP_OFFER, data);
  answer = sdp_peer_answer (pair.b);
  fail_unless_equals_int (sdp_count (answer, "\nm="), 1);
  sdp_peer_take (pair.a, GST_CALL_SDP_ANSWER, answer);
  sdp_wait_for (pair.events, has_channel, &pair, "the data channel");

  caps = gst_call_sdp_offer_caps (pair.a->sdp, GST_CALL_KIND_AUDIO);
  sdp_peer_add_source (pair.a, GST_CALL_KIND_AUDIO, 1, "OPUS", caps);
  offer = sdp_peer_offer (pair.a);
  nameless = line_without (offer, "a=ssrc");
  sdp_peer_take (pair.b, GST_CALL_SDP_OFFER, nameless);
  again = sdp_peer_answer (pair.b);
  sdp_peer_take (pair.a, GST_CALL_SDP_ANSWER, again);
  pair.goal[1][GST_CALL_KIND_AUDIO] = 10;
  sdp_wait_for (pair.events, has_packets, &pair, "sound");
  pair_clear (&pair);
}

GST_END_TEST;

static gchar *
remote_certificate (SdpPeer * peer)
{
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr (GstWebRTCRTPSender) sender = NULL;
  g_autoptr (GstWebRTCDTLSTransport) transport = NULL;
  g_autoptr (GstPad) pad = gst_element_get_static_pad (peer->webrtc, "sink_0");
  gchar *pem = NULL;

  g_object_get (pad, "transceiver", &transceiver, NULL);
  g_object_get (transceiver, "sender", &sender, NULL);
  g_object_get (sender, "transport", &transport, NULL);
  g_object_get (transport, "remote-certificate", &pem, NULL);
  return pem;
}

GST_START_TEST (test_certificate)
{
  Pair pair;
  g_autofree gchar *pem = NULL, *offer = NULL, *other = NULL;
  g_autoptr (GError) error = NULL;
  gchar *hex;

  /* Given a call, then the certificate that DTLS saw is the one signalled;
   * when a re-offer names another, then it is refused and the call goes on. */
  pair_init (&pair);
  connect_pair (&pair);
  expect_media (&pair, 10, TRUE, TRUE);
  pem = remote_certificate (pair.b);
  fail_unless (gst_call_sdp_verify_certificate (pair.b->sdp, pem, &error));
  offer = sdp_peer_offer (pair.a);
  hex = strstr (offer, "a=fingerprint:sha-256 ") + 22;
  hex = g_strndup (hex, 5);
  other = sdp_replace (offer, hex, "00:11");
  g_free (hex);
  fail_unless (gst_call_sdp_receive (pair.b->sdp, GST_CALL_SDP_OFFER, other,
          &error) == NULL);
  fail_unless (g_error_matches (error, GST_CALL_SDP_ERROR,
          GST_CALL_SDP_ERROR_FINGERPRINT));
  expect_media (&pair, 10, TRUE, TRUE);
  pair_clear (&pair);
}

GST_END_TEST;

static Suite *
sdp_webrtcbin_suite (void)
{
  Suite *s = suite_create ("sdp-webrtcbin");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 180);
  tcase_add_test (tc, test_media_and_data);
  tcase_add_test (tc, test_directions);
  tcase_add_test (tc, test_h264);
  tcase_add_test (tc, test_other_codec);
  tcase_add_test (tc, test_video_refused);
  tcase_add_test (tc, test_data_refused);
  tcase_add_test (tc, test_first_line_refused);
  tcase_add_test (tc, test_moved);
  tcase_add_test (tc, test_data_first);
  tcase_add_test (tc, test_certificate);
  return s;
}

GST_CHECK_MAIN (sdp_webrtcbin);
