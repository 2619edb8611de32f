/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two real webrtcbins negotiate only through GstCallSdp.
 */
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
  sdp_peer_free (pair->a);
  sdp_peer_free (pair->b);
  g_async_queue_unref (pair->events);
}

static void
add_own_sources (SdpPeer * peer)
{
  g_autoptr (GstCaps) audio =
      gst_call_sdp_offer_caps (peer->sdp, GST_CALL_KIND_AUDIO);
  g_autoptr (GstCaps) video =
      gst_call_sdp_offer_caps (peer->sdp, GST_CALL_KIND_VIDEO);

  sdp_peer_add_source (peer, GST_CALL_KIND_AUDIO, 0, "OPUS", audio);
  sdp_peer_add_source (peer, GST_CALL_KIND_VIDEO, 1, "VP8", video);
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
  return g_atomic_int_get (&((Pair *) data)->a->opened) > 0;
}

static void
connect_pair (Pair * pair)
{
  g_autofree gchar *offer = NULL, *answer = NULL;

  sdp_peer_play (pair->a);
  sdp_peer_play (pair->b);
  add_own_sources (pair->a);
  sdp_peer_add_data_channel (pair->a);
  offer = sdp_peer_offer (pair->a);
  sdp_peer_take_with (pair->b, GST_CALL_SDP_OFFER, offer, add_chosen_sources);
  answer = sdp_peer_answer (pair->b);
  sdp_peer_take (pair->a, GST_CALL_SDP_ANSWER, answer);
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

static Suite *
sdp_webrtcbin_suite (void)
{
  Suite *s = suite_create ("sdp-webrtcbin");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_media_and_data);
  tcase_add_test (tc, test_directions);
  return s;
}

GST_CHECK_MAIN (sdp_webrtcbin);
