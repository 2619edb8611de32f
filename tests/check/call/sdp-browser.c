/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What browsers really say (tests/data/sdp), answered by a real webrtcbin.
 */
#include "sdp-data.h"
#include "sdp-peer.h"

#include <string.h>

typedef struct
{
  const gchar *browser;
  guint audio_pt, video_pt;
  gint rtx_pt;
  const gchar *twcc;            /* the extmap line, or NULL */
} Browser;

static const Browser browsers[] = {
  {"chromium", 111, 96, 97, "a=extmap:3 http://www.ietf.org/id/draft-holmer-"
        "rmcat-transport-wide-cc-extensions-01"},
  {"firefox", 109, 120, 124, NULL},
};

static gchar *
browser_data (const Browser * browser, const gchar * name)
{
  g_autofree gchar *full = g_strdup_printf ("%s-%s", browser->browser, name);

  return sdp_data (full);
}

static void
add_sources (SdpPeer * peer)
{
  for (guint i = 0; i < gst_call_sdp_get_n_media (peer->sdp); i++) {
    const GstCallSdpMedia *media = gst_call_sdp_get_media (peer->sdp, i);

    if (media->kind != GST_CALL_KIND_DATA && !media->rejected)
      sdp_peer_add_source (peer, media->kind, i, media->encoding_name,
          media->caps);
  }
}

/* RFC 9143 and 8829: what every answer owes to its offer */
static void
check_answer (const gchar * offer, const gchar * answer)
{
  guint n = sdp_count (offer, "\nm=");
  const gchar *at = strstr (answer, "a=group:BUNDLE");
  g_autofree gchar *group = g_strndup (at, strcspn (at, "\r\n"));

  fail_unless_equals_int (n, sdp_count (answer, "\nm="));
  fail_if_contains (answer, "x-call-line");
  fail_if_contains (answer, "actpass");
  fail_if_contains (answer, "a=ssrc:0 ");
  fail_if_contains (answer, "FID 0 ");
  for (guint i = 0; i < n; i++) {
    g_autofree gchar *theirs = sdp_section (offer, i);
    g_autofree gchar *ours = sdp_section (answer, i);
    const gchar *mid = strstr (theirs, "a=mid:");
    g_autofree gchar *line = g_strndup (mid, strcspn (mid, "\r\n"));
    g_autofree gchar *member = g_strconcat (" ", line + 6, NULL);

    fail_unless (strncmp (theirs, ours, 5) == 0);
    fail_unless_contains (ours, line);
    if (strstr (ours, " 0 UDP") != NULL) {
      fail_if_contains (group, member);
      fail_if_contains (ours, "a=fingerprint");
    } else {
      fail_unless_contains (group, member);
      fail_unless_contains (ours, "a=fingerprint:sha-256 ");
      fail_unless_contains (ours, "a=setup:active");
    }
  }
}

static gchar *
take_and_answer (SdpPeer * peer, const gchar * offer,
    void (*prepare) (SdpPeer * peer))
{
  gchar *answer;

  sdp_peer_take_with (peer, GST_CALL_SDP_OFFER, offer, prepare);
  answer = sdp_peer_answer (peer);
  check_answer (offer, answer);
  return answer;
}

static void
check_media_answer (const Browser * browser, const gchar * answer,
    const gchar * direction)
{
  g_autofree gchar *audio = sdp_section (answer, 0);
  g_autofree gchar *video = sdp_section (answer, 1);
  g_autofree gchar *audio_line = g_strdup_printf
      ("m=audio 9 UDP/TLS/RTP/SAVPF %u\r\n", browser->audio_pt);
  g_autofree gchar *video_line = g_strdup_printf
      ("m=video 9 UDP/TLS/RTP/SAVPF %u %d\r\n", browser->video_pt,
      browser->rtx_pt);
  g_autofree gchar *nack = g_strdup_printf ("a=rtcp-fb:%u nack\r\n",
      browser->video_pt);

  fail_unless_contains (audio, audio_line);
  fail_unless_contains (audio, "useinbandfec=1");
  fail_unless_contains (audio, "a=sendrecv");
  fail_unless_contains (video, video_line);
  fail_unless_contains (video, nack);
  fail_unless_contains (video, direction);
  fail_unless_contains (video, "a=rtcp-rsize");
  if (browser->twcc != NULL) {
    fail_unless_contains (audio, browser->twcc);
    fail_unless_contains (video, browser->twcc);
  }
}

GST_START_TEST (test_session)
{
  const Browser *browser = &browsers[__i__];
  g_autoptr (GAsyncQueue) events = sdp_events_new ();
  SdpPeer *peer = sdp_peer_new ("gst", events);
  const GstCallSdpMedia *media;

  /* Given a browser that offers audio, video and data, then adds a screen,
   * stops it, adds tracks (which recycles the m-line, in Chromium for another
   * kind) and turns its camera off, when webrtcbin answers each offer, then each answer has the payload
   * types, RTX, feedback and extmaps of the offer, mirrors what was stopped,
   * keeps the DTLS role, and takes the direction from the wire. */
  static const gchar *const offers[] = { "session-1-offer",
    "session-2-screen", "session-3-stopped", "session-4-recycled",
    "session-5-recvonly"
  };

  sdp_peer_play (peer);
  for (guint i = 0; i < G_N_ELEMENTS (offers); i++) {
    g_autofree gchar *offer = browser_data (browser, offers[i]);
    g_autofree gchar *answer =
        take_and_answer (peer, offer, i == 0 ? add_sources : NULL);

    check_media_answer (browser, answer, i == 4 ? "a=sendonly" : "a=sendrecv");
    if (i >= 1) {
      g_autofree gchar *screen = sdp_section (answer, 3);

      fail_unless_contains (screen, i == 2 ? "m=video 0 " : "a=recvonly");
    }
    if (i >= 3) {
      g_autofree gchar *other = sdp_section (answer, 4);

      fail_unless_contains (other, "a=recvonly");
    }
  }
  media = gst_call_sdp_find_media (peer->sdp, GST_CALL_KIND_VIDEO);
  fail_unless_equals_int (media->direction, GST_CALL_SEND);
  fail_unless_equals_int (media->payload, browser->video_pt);
  fail_unless_equals_int (media->rtx_payload, browser->rtx_pt);
  sdp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_role_switch)
{
  const Browser *browser = &browsers[__i__];
  g_autoptr (GAsyncQueue) events = sdp_events_new ();
  SdpPeer *peer = sdp_peer_new ("gst", events);
  g_autofree gchar *first = browser_data (browser, "session-1-offer");
  g_autofree gchar *second = browser_data (browser, "session-2-screen");
  g_autofree gchar *third = browser_data (browser, "session-3-stopped");
  g_autofree gchar *a1 = NULL, *a2 = NULL, *a3 = NULL, *offer = NULL;
  g_autofree gchar *session = NULL, *screen = NULL, *video = NULL;
  g_autofree gchar *video_line = NULL;

  /* Given a browser that stopped one of its m-lines, when we offer next, then
   * the dead line stays dead, the numbers stay the browser's, what it could do
   * instead comes second, and the role is open again as RFC 8842 wants. */
  sdp_peer_play (peer);
  a1 = take_and_answer (peer, first, add_sources);
  a2 = take_and_answer (peer, second, NULL);
  a3 = take_and_answer (peer, third, NULL);
  sdp_peer_add_data_channel (peer);
  offer = sdp_peer_offer (peer);
  session = sdp_section (offer, -1);
  fail_unless_contains (session, "a=group:BUNDLE 0 1 2\r\n");
  video = sdp_section (offer, 1);
  video_line = g_strdup_printf ("m=video 9 UDP/TLS/RTP/SAVPF %u %d",
      browser->video_pt, browser->rtx_pt);
  fail_unless_contains (video, video_line);
  if (strstr (third, "H264/90000") != NULL)
    fail_unless_contains (video, "H264/90000");
  fail_unless_contains (video, "a=setup:actpass");
  screen = sdp_section (offer, 3);
  fail_unless_contains (screen, "m=video 0 ");
  fail_unless_contains (screen, "a=mid:3");
  sdp_peer_free (peer);
}

GST_END_TEST;

GST_START_TEST (test_single_offers)
{
  static const struct
  {
    const gchar *name;
    guint n_lines;
    const gchar *direction;
  } offers[] = {
    {"video-only-offer", 1, "a=sendrecv"},
    {"audio-only-offer", 1, "a=sendrecv"},
    {"data-only-offer", 1, "webrtc-datachannel"},
    {"recvonly-offer", 2, "a=sendonly"},
    {"simulcast-offer", 1, "a=recvonly"},
    {"max-bundle-offer", 3, "a=sendrecv"},
  };

  /* Given offers of one kind only, in another order, with simulcast or with
   * bundle-only lines, when webrtcbin answers, then all lines are taken. */
  for (guint i = 0; i < G_N_ELEMENTS (offers); i++) {
    g_autoptr (GAsyncQueue) events = sdp_events_new ();
    SdpPeer *peer = sdp_peer_new ("gst", events);
    g_autofree gchar *offer = browser_data (&browsers[__i__], offers[i].name);
    g_autofree gchar *answer = NULL;

    sdp_peer_play (peer);
    answer = take_and_answer (peer, offer, add_sources);
    fail_unless_equals_int (sdp_count (answer, "\nm="), offers[i].n_lines);
    fail_unless_equals_int (sdp_count (answer, " 0 UDP/"), 0);
    fail_unless_contains (answer, offers[i].direction);
    fail_if_contains (answer, "a=rid");
    fail_if_contains (answer, "a=simulcast");
    fail_if_contains (peer->last_inner, "simulcast");
    sdp_peer_free (peer);
  }
}

GST_END_TEST;

/* The browser prefers VP8 alone. */
static gchar *
only_vp8 (const Browser * browser, const gchar * offer)
{
  g_autofree gchar *line = g_strdup_printf
      ("m=video 9 UDP/TLS/RTP/SAVPF %u %d", browser->video_pt, browser->rtx_pt);
  const gchar *at = strstr (offer, "m=video ");
  g_autofree gchar *before = g_strndup (offer, at - offer);

  return g_strconcat (before, line, at + strcspn (at, "\r\n"), NULL);
}

GST_START_TEST (test_codecs_again)
{
  g_autoptr (GAsyncQueue) events = sdp_events_new ();
  const Browser *browser = &browsers[__i__];
  SdpPeer *peer = sdp_peer_new ("gst", events);
  g_autofree gchar *full = browser_data (browser, "video-only-offer");
  g_autofree gchar *offer = only_vp8 (browser, full);
  g_autofree gchar *line = NULL, *answer = NULL, *again = NULL, *video = NULL;

  /* Given a browser that offered VP8 alone, when we offer next, then there are
   * our other codecs as well, as its preference may be another one by then: with
   * none in common it would stop the line (RFC 8829 section 5.2.2). */
  sdp_peer_play (peer);
  answer = take_and_answer (peer, offer, add_sources);
  fail_if_contains (answer, "H264");
  again = sdp_peer_offer (peer);
  video = sdp_section (again, 0);
  line = g_strdup_printf ("m=video 9 UDP/TLS/RTP/SAVPF %u %d ",
      browser->video_pt, browser->rtx_pt);
  fail_unless_contains (video, line);
  fail_unless_equals_int (sdp_count (video, " VP8/90000"), 1);
  fail_unless_equals_int (sdp_count (video, " H264/90000"), 1);
  fail_unless_equals_int (sdp_count (video, " rtx/90000"), 2);
  sdp_peer_free (peer);
}

GST_END_TEST;

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

GST_START_TEST (test_answers)
{
  static const struct
  {
    const gchar *name;
    GstCallDirection direction;
  } answers[] = {
    {"our-answer", GST_CALL_SENDRECV},
    {"our-answer-recvonly", GST_CALL_SEND},
    {"our-answer-inactive", GST_CALL_INACTIVE},
  };

  /* Given an offer of ours, when a browser answers with tracks, without, or
   * with its video transceiver stopped, then webrtcbin takes it, and the
   * directions are what the browser said. */
  for (guint i = 0; i < G_N_ELEMENTS (answers); i++) {
    g_autoptr (GAsyncQueue) events = sdp_events_new ();
    SdpPeer *peer = sdp_peer_new ("gst", events);
    g_autofree gchar *answer = browser_data (&browsers[__i__], answers[i].name);
    g_autofree gchar *offer = NULL;
    const GstCallSdpMedia *media;

    sdp_peer_play (peer);
    add_own_sources (peer);
    sdp_peer_add_data_channel (peer);
    offer = sdp_peer_offer (peer);
    sdp_peer_take (peer, GST_CALL_SDP_ANSWER, answer);
    fail_unless_contains (peer->last_inner, "x-call-line=1");
    fail_unless_equals_int (sdp_count (peer->last_inner, "a=sendrecv"), 2);
    media = gst_call_sdp_get_media (peer->sdp, 1);
    fail_unless_equals_int (media->direction, answers[i].direction);
    fail_unless_equals_string (media->encoding_name, "VP8");
    fail_unless_equals_int (media->payload, 96);
    fail_unless_equals_int (media->rtx_payload, 97);
    sdp_peer_free (peer);
  }
}

GST_END_TEST;

static Suite *
sdp_browser_suite (void)
{
  Suite *s = suite_create ("sdp-browser");
  TCase *tc = tcase_create ("general");
  guint n = G_N_ELEMENTS (browsers);

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 180);
  tcase_add_loop_test (tc, test_session, 0, n);
  tcase_add_loop_test (tc, test_role_switch, 0, n);
  tcase_add_loop_test (tc, test_single_offers, 0, n);
  tcase_add_loop_test (tc, test_codecs_again, 0, n);
  tcase_add_loop_test (tc, test_answers, 0, n);
  return s;
}

GST_CHECK_MAIN (sdp_browser);
