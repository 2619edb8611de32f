/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptions of other shapes than those of browsers, and the rules by which
 * a codec is chosen from them.
 */
#include "sdp-data.h"

#include <string.h>

static gchar *
take (GstCallSdp * sdp, GstCallSdpType type, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  gchar *inner = gst_call_sdp_receive (sdp, type, text, &error);

  fail_unless (inner != NULL, "%s: %s", error ? error->message : "", text);
  return inner;
}

GST_START_TEST (test_janus)
{
  g_autoptr (GstCallSdp) publisher = sdp_session_with_offer ();
  g_autoptr (GstCallSdp) subscriber = sdp_session ();
  g_autofree gchar *answer = sdp_data ("janus-answer");
  g_autofree gchar *offer = sdp_data ("janus-offer");
  g_autofree gchar *published = NULL, *subscribed = NULL;

  /* Given an SFU with ICE lite, without SSRCs, that takes no data channel:
   * webrtcbin hears of ICE lite and of the candidate, once, and the data line
   * is dead inside as well. */
  published = take (publisher, GST_CALL_SDP_ANSWER, answer);
  fail_unless_contains (published, "a=ice-lite");
  fail_unless_equals_int (sdp_count (published, "a=candidate:"), 1);
  fail_unless_contains (published, "m=application 0 ");
  fail_unless_contains (published, "a=group:BUNDLE audio0 video1\r\n");
  fail_unless (gst_call_sdp_get_media (publisher, 2)->rejected);
  fail_unless_equals_int (gst_call_sdp_get_media (publisher, 1)->direction,
      GST_CALL_SEND);
  subscribed = take (subscriber, GST_CALL_SDP_OFFER, offer);
  fail_unless_contains (subscribed, "a=sendrecv");
  fail_unless_equals_int (gst_call_sdp_get_media (subscriber, 1)->direction,
      GST_CALL_RECV);
}

GST_END_TEST;

GST_START_TEST (test_session_level)
{
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autofree gchar *offer = sdp_data ("chromium-audio-only-offer");
  g_autofree gchar *transport = NULL, *inner = NULL;
  g_autoptr (GString) head = g_string_new (NULL);

  /* Given fingerprint, setup, ufrag and pwd at session level, lines that end
   * in LF alone and no BUNDLE group around one m-line: taken, and written at
   * media level. */
  static const gchar *const names[] = { "a=fingerprint:", "a=setup:",
    "a=ice-ufrag:", "a=ice-pwd:"
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    const gchar *at = strstr (offer, names[i]);
    g_autofree gchar *line = g_strndup (at, strcspn (at, "\r") + 2);

    g_string_append (head, line);
    offer = sdp_edit (offer, line, "");
  }
  g_string_append (head, "m=audio");
  offer = sdp_edit (offer, "m=audio", head->str);
  offer = sdp_edit (offer, "a=group:BUNDLE 0\r\n", "");
  offer = sdp_edit (offer, "\r\n", "\n");
  inner = take (sdp, GST_CALL_SDP_OFFER, offer);
  transport = sdp_section (inner, 0);
  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    fail_unless_contains (transport, names[i]);
}

GST_END_TEST;

GST_START_TEST (test_tag)
{
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autofree gchar *offer = sdp_data ("chromium-max-bundle-offer");
  g_autofree gchar *video = sdp_section (offer, 1);
  g_autofree gchar *tagged = NULL, *inner = NULL;
  guint mline = 99;

  /* Given an offer whose group begins with its second m-line, and m-lines with
   * credentials of their own, then the transport is that one's (RFC 9143). */
  tagged = sdp_replace (video, "a=ice-ufrag:zODT", "a=ice-ufrag:zODU");
  offer = sdp_edit (offer, video, tagged);
  offer = sdp_edit (offer, "BUNDLE 0 1 2", "BUNDLE 1 0 2");
  inner = take (sdp, GST_CALL_SDP_OFFER, offer);
  fail_unless_equals_string (gst_call_sdp_get_remote_ufrag (sdp), "zODU");
  fail_unless_contains (inner, "a=ice-ufrag:zODU");
  fail_if_contains (inner, "a=ice-ufrag:zODT");
  fail_unless (gst_call_sdp_check_candidate (sdp,
          "candidate:1 1 udp 1 127.0.0.1 1 typ host", "1", 1, &mline, NULL));
  fail_unless_equals_int (mline, 0);
}

GST_END_TEST;

GST_START_TEST (test_mdns)
{
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autofree gchar *offer = sdp_data ("firefox-session-2-screen");
  g_autofree gchar *inner = NULL;
  guint major, minor, micro, nano;

  /* Given an offer with .local candidates, then webrtcbin below 1.24, which
   * would wait for a main loop to resolve them, is not told. */
  fail_unless_contains (offer, ".local ");
  inner = take (sdp, GST_CALL_SDP_OFFER, offer);
  gst_version (&major, &minor, &micro, &nano);
  if (major == 1 && minor < 24)
    fail_if_contains (inner, ".local");
  else
    fail_unless_contains (inner, ".local");
}

GST_END_TEST;

GST_START_TEST (test_h264_profiles)
{
  static const struct
  {
    const gchar *fmtp;
    gboolean taken;
  } rows[] = {
    {"level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        TRUE},
    {"profile-level-id=42E034;packetization-mode=1", TRUE},
    {"packetization-mode=1; profile-level-id=42c00d", TRUE},
    {"packetization-mode=1;profile-level-id=4d801f", TRUE},
    {"packetization-mode=1;profile-level-id=42001f", FALSE},
    {"packetization-mode=1;profile-level-id=4d001f", FALSE},
    {"packetization-mode=1;profile-level-id=640c1f", FALSE},
    {"packetization-mode=1;profile-level-id=42e0", FALSE},
    {"packetization-mode=1", FALSE},
    {"packetization-mode=0;profile-level-id=42e01f", FALSE},
    {"profile-level-id=42e01f", FALSE},
  };
  static const gchar *const h264[] = { "H264", NULL };

  /* Given H.264 in the ways of RFC 6184: only Constrained Baseline with
   * packetization-mode 1 is taken. */
  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (GstCallSdp) sdp = gst_call_sdp_new (NULL, h264);
    g_autofree gchar *offer = sdp_data ("janus-offer");
    g_autofree gchar *map = NULL, *inner = NULL;
    g_autoptr (GError) error = NULL;

    map = g_strdup_printf ("H264/90000\r\na=fmtp:96 %s", rows[i].fmtp);
    offer = sdp_edit (offer, "VP8/90000", map);
    inner = gst_call_sdp_receive (sdp, GST_CALL_SDP_OFFER, offer, &error);
    fail_unless (rows[i].taken == (inner != NULL), "%s", rows[i].fmtp);
    if (inner == NULL) {
      fail_unless_equals_int (error->code, GST_CALL_SDP_ERROR_NO_CODEC);
    } else {
      fail_if_contains (inner, "profile-level-id");
    }
  }
}

GST_END_TEST;

GST_START_TEST (test_offer)
{
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autofree gchar *made = sdp_data ("webrtcbin-1.22-offer");
  g_autofree gchar *inner = NULL, *wire = NULL, *video = NULL, *data = NULL;
  g_autoptr (GstCaps) caps = NULL;
  GstStructure *s;
  gint pt;

  /* Given what webrtcbin 1.22 makes, then the wire has all codecs, RTX and
   * feedback with fixed payload types, real ports, the role open, msid, and
   * 256 KiB of message size, inside as well. */
  gst_call_sdp_set_wish (sdp, GST_CALL_KIND_VIDEO, GST_CALL_RECV);
  fail_unless (gst_call_sdp_send (sdp, GST_CALL_SDP_OFFER, made, &inner, &wire,
          NULL));
  video = sdp_section (wire, 1);
  data = sdp_section (wire, 2);
  fail_unless_contains (wire, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n");
  fail_unless_contains (wire, "useinbandfec=1");
  fail_unless_contains (video, "m=video 9 UDP/TLS/RTP/SAVPF 96 97 102 103\r\n");
  fail_unless_contains (video, "a=recvonly");
  fail_if_contains (video, "a=ssrc");
  fail_unless_contains (data, "a=max-message-size:262144");
  fail_unless_contains (inner, "a=max-message-size:262144");
  fail_if_contains (wire, "bundle-only");
  fail_unless_equals_int (sdp_count (wire, "a=setup:actpass"), 3);
  fail_unless_equals_int (sdp_count (inner, "a=sendrecv"), 2);
  caps = gst_call_sdp_offer_caps (sdp, GST_CALL_KIND_VIDEO);
  fail_unless_equals_int (gst_caps_get_size (caps), 2);
  s = gst_caps_get_structure (caps, 1);
  fail_unless (gst_structure_get_int (s, "payload", &pt) && pt == 102);
  fail_unless (gst_structure_has_field (s, "extmap-3"));
  fail_unless (gst_structure_has_field (s, "rtcp-fb-nack-pli"));
}

GST_END_TEST;

static Suite *
sdp_forms_suite (void)
{
  Suite *s = suite_create ("sdp-forms");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_janus);
  tcase_add_test (tc, test_session_level);
  tcase_add_test (tc, test_tag);
  tcase_add_test (tc, test_mdns);
  tcase_add_test (tc, test_h264_profiles);
  tcase_add_test (tc, test_offer);
  return s;
}

GST_CHECK_MAIN (sdp_forms);
