/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Hostile and broken descriptions are refused before webrtcbin is told, with
 * the right error, and leave no trace in the session.
 */
#include "sdp-data.h"

#include <string.h>

static void
refuse_text (GstCallSdp * sdp, GstCallSdpType type, const gchar * text,
    GstCallSdpError code)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *inner = gst_call_sdp_receive (sdp, type, text, &error);

  fail_unless (inner == NULL, "taken:\n%s", text);
  fail_unless (error != NULL && error->domain == GST_CALL_SDP_ERROR);
  fail_unless (error->code == (gint) code, "code %d: %s", error->code,
      error->message);
  fail_unless_equals_int (gst_call_sdp_get_n_media (sdp), 0);
}

static void
refuse (const gchar * text, GstCallSdpError code)
{
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autofree gchar *good = sdp_data ("chromium-session-1-offer");
  g_autofree gchar *inner = NULL;
  g_autoptr (GError) error = NULL;

  refuse_text (sdp, GST_CALL_SDP_OFFER, text, code);
  inner = gst_call_sdp_receive (sdp, GST_CALL_SDP_OFFER, good, &error);
  g_assert_no_error (error);
}

static void
refuse_edited (const gchar * from, const gchar * to, GstCallSdpError code)
{
  g_autofree gchar *text =
      sdp_edit (sdp_data ("chromium-session-1-offer"), from, to);

  refuse (text, code);
}

GST_START_TEST (test_sizes)
{
  g_autofree gchar *good = sdp_data ("chromium-session-1-offer");
  g_autoptr (GString) s = g_string_new (good);

  /* Given descriptions of 1 MiB, with 10,000 m-lines, with 10,000 candidates,
   * with one line of 3,000 bytes: too large. */
  while (s->len < 1024 * 1024)
    g_string_append (s, "a=x:y\r\n");
  refuse (s->str, GST_CALL_SDP_ERROR_TOO_LARGE);

  g_string_assign (s, good);
  for (guint i = 0; i < 10000; i++)
    g_string_append (s, "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n");
  refuse (s->str, GST_CALL_SDP_ERROR_TOO_LARGE);
  g_string_assign (s, good);
  for (guint i = 0; i < 40; i++)
    g_string_append_printf (s, "m=audio 0 UDP/TLS/RTP/SAVPF 111\r\n");
  refuse (s->str, GST_CALL_SDP_ERROR_TOO_LARGE);

  g_string_assign (s, good);
  for (guint i = 0; i < 10000; i++)
    g_string_append_printf (s,
        "a=candidate:1 1 udp 1 127.0.0.1 %u typ host\r\n", i);
  refuse (s->str, GST_CALL_SDP_ERROR_TOO_LARGE);
  g_string_assign (s, good);
  for (guint i = 0; i < 300; i++)
    g_string_append_printf (s,
        "a=candidate:1 1 udp 1 127.0.0.1 %u typ host\r\n", i);
  refuse (s->str, GST_CALL_SDP_ERROR_TOO_LARGE);

  g_string_assign (s, good);
  g_string_append (s, "a=x:");
  for (guint i = 0; i < 3000; i++)
    g_string_append_c (s, 'y');
  refuse (s->str, GST_CALL_SDP_ERROR_TOO_LARGE);
}

GST_END_TEST;

static const gchar *const no_sdp[] = { "", "v=0", "v=0\r\n", "v=1\r\n",
  "hello", "\xff\xfe", "v=0\r\nm=\r\n", "v=0\r\nm=audio\r\n",
  "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF\r\n",
  "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 111 111\r\n",
  "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF 4711\r\n",
  "v=0\r\nm=audio 9 UDP/TLS/RTP/SAVPF -1\r\n",
  "v=0\r\nm=audio 70000 UDP/TLS/RTP/SAVPF 111\r\n",
  "v=0\r\nm=audio 9/2 UDP/TLS/RTP/SAVPF 111\r\n",
  "v=0\r\nm=text 9 UDP/TLS/RTP/SAVPF 98\r\n", "v=0\nnonsense\n",
  "v=0\n=\n", "v=0\nk=clear:secret\n"
};

static const gchar *const breaks[][2] = {
  {"a=mid:1\r\n", "a=mid:0\r\n"},
  {"a=mid:1\r\n", ""},
  {"a=mid:1\r\n", "a=mid:\r\n"},
  {"a=mid:1\r\n", "a=mid:1\r\na=mid:1\r\n"},
  {"a=mid:1\r\n", "a=mid:1 2\r\n"},
  {"a=mid:1\r\n", "a=mid:1\x01\r\n"},
  {"a=mid:1\r\n", "a=mid:1\r1\r\n"},
  {"a=group:BUNDLE 0 1 2\r\n", ""},
  {"a=group:BUNDLE 0 1 2\r\n", "a=group:BUNDLE 7\r\n"},
  {"a=group:BUNDLE 0 1 2\r\n", "a=group:BUNDLE \r\n"},
  {"a=setup:actpass\r\n", ""},
  {"a=setup:actpass\r\n", "a=setup:holdconn\r\n"},
  {"a=setup:actpass\r\n", "a=setup:actpass\r\na=setup:active\r\n"},
  {"a=ice-ufrag:", "a=x:"},
  {"a=ice-pwd:", "a=x:"},
  {"a=ice-ufrag:", "a=ice-ufrag:\xc3\xa4"},
  {"a=fingerprint:", "a=x:"},
  {"a=fingerprint:sha-256 ", "a=fingerprint:sha-256 GG:"},
  {"a=fingerprint:sha-256 ", "a=fingerprint:"},
  {"a=sendrecv\r\n", "a=sendrecv\r\na=recvonly\r\n"},
  {"a=sctp-port:5000", "a=sctp-port:0"},
  {"a=sctp-port:5000", "a=sctp-port:65536"},
  {"a=max-message-size:", "a=max-message-size:x"},
  {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8"},
  {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/0"},
  {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/90000/x"},
  {"a=rtpmap:96 VP8/90000", "a=rtpmap:96 VP8/90000\r\na=rtpmap:96 x/1"},
  {"a=ssrc:", "a=ssrc:x"},
  {"a=ssrc-group:FID ", "a=ssrc-group:FID x"},
  {"a=extmap:3 ", "a=extmap:x "},
};

GST_START_TEST (test_syntax)
{
  /* Given texts that are no SDP, and a browser's offer with one thing broken:
   * invalid. */
  for (guint i = 0; i < G_N_ELEMENTS (no_sdp); i++)
    refuse (no_sdp[i], GST_CALL_SDP_ERROR_INVALID);
  for (guint i = 0; i < G_N_ELEMENTS (breaks); i++)
    refuse_edited (breaks[i][0], breaks[i][1], GST_CALL_SDP_ERROR_INVALID);
}

GST_END_TEST;

GST_START_TEST (test_weak_fingerprint)
{
  g_autofree gchar *other =
      sdp_edit (sdp_data ("chromium-session-1-offer"), "\r\nm=application",
      "\r\nm=APPLICATION");
  gchar *last;

  /* Given an offer with SHA-1 only, or with m-lines that name different
   * certificates: refused for the fingerprint. */
  refuse_edited ("a=fingerprint:sha-256 ", "a=fingerprint:sha-1 ",
      GST_CALL_SDP_ERROR_FINGERPRINT);
  last = strstr (strstr (other, "m=APPLICATION"), "a=fingerprint:sha-256 ");
  memcpy (strstr (other, "m=APPLICATION"), "m=application", 13);
  last[strlen ("a=fingerprint:sha-256 ")] ^= 1;
  refuse (other, GST_CALL_SDP_ERROR_FINGERPRINT);
}

GST_END_TEST;

GST_START_TEST (test_no_codec)
{
  g_autofree gchar *offer = sdp_data ("chromium-session-1-offer");
  g_autofree gchar *half = NULL, *none = NULL, *inner = NULL;
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autoptr (GError) error = NULL;

  /* Given an offer without a video codec of ours, then only that m-line is
   * rejected; without an audio codec too, there is no common codec. */
  half = sdp_replace (offer, " VP8/90000", " VP7/90000");
  half = sdp_edit (half, " H264/90000", " H263/90000");
  none = sdp_replace (half, " opus/48000/2", " speex/48000/2");
  refuse (none, GST_CALL_SDP_ERROR_NO_CODEC);
  inner = gst_call_sdp_receive (sdp, GST_CALL_SDP_OFFER, half, &error);
  g_assert_no_error (error);
  fail_if (gst_call_sdp_get_media (sdp, 0)->rejected);
  fail_unless_equals_int (gst_call_sdp_get_n_media (sdp), 2);
  fail_unless (gst_call_sdp_find_media (sdp, GST_CALL_KIND_VIDEO) == NULL);
  fail_unless (gst_call_sdp_find_media (sdp, GST_CALL_KIND_DATA) != NULL);
  /* inside there never was one */
  fail_if_contains (inner, "m=video");
}

GST_END_TEST;

GST_START_TEST (test_states)
{
  g_autoptr (GstCallSdp) fresh = sdp_session ();
  g_autoptr (GstCallSdp) offered = sdp_session_with_offer ();
  g_autofree gchar *offer = sdp_data ("chromium-session-1-offer");
  g_autofree gchar *answer = sdp_data ("chromium-our-answer");
  g_autofree gchar *made = sdp_data ("webrtcbin-1.22-answer");
  g_autofree gchar *inner = NULL, *wire = NULL, *again = NULL;
  g_autoptr (GError) error = NULL;

  /* Given descriptions at the wrong time: an error, and nothing is changed. */
  refuse_text (fresh, GST_CALL_SDP_ANSWER, answer, GST_CALL_SDP_ERROR_STATE);
  fail_if (gst_call_sdp_send (fresh, GST_CALL_SDP_ANSWER, made, &inner, &wire,
          &error));
  fail_unless (g_error_matches (error, GST_CALL_SDP_ERROR,
          GST_CALL_SDP_ERROR_STATE));
  g_clear_error (&error);
  fail_unless (gst_call_sdp_receive (offered, GST_CALL_SDP_OFFER, offer,
          &error) == NULL);
  fail_unless (g_error_matches (error, GST_CALL_SDP_ERROR,
          GST_CALL_SDP_ERROR_STATE));
  g_clear_error (&error);
  again = gst_call_sdp_receive (offered, GST_CALL_SDP_ANSWER, answer, &error);
  g_assert_no_error (error);
}

GST_END_TEST;

GST_START_TEST (test_answers_that_do_not_fit)
{
  static const gchar *const edits[][2] = {
    {"a=mid:video1\r\n", "a=mid:video2\r\n"},
    {"BUNDLE audio0 video1 application2", "BUNDLE audio0 video1"},
    {"a=setup:active", "a=setup:actpass"},
    {"m=video 9", "m=audio 9"},
    {"m=application 9", "m=application 9 x y\r\na=mid:more\r\n"
          "m=application 9"},
  };

  /* Given an answer with another mid, out of the bundle, without a DTLS role,
   * of another kind or with an m-line too many: invalid. */
  for (guint i = 0; i < G_N_ELEMENTS (edits); i++) {
    g_autoptr (GstCallSdp) sdp = sdp_session_with_offer ();
    g_autofree gchar *answer = sdp_edit (sdp_data ("chromium-our-answer"),
        edits[i][0], edits[i][1]);
    g_autoptr (GError) error = NULL;

    fail_unless (gst_call_sdp_receive (sdp, GST_CALL_SDP_ANSWER, answer,
            &error) == NULL, "taken with %s", edits[i][1]);
    fail_unless (g_error_matches (error, GST_CALL_SDP_ERROR,
            GST_CALL_SDP_ERROR_INVALID));
    fail_unless_equals_int (gst_call_sdp_get_n_media (sdp), 3);
  }
}

GST_END_TEST;

static Suite *
sdp_refuse_suite (void)
{
  Suite *s = suite_create ("sdp-refuse");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_sizes);
  tcase_add_test (tc, test_syntax);
  tcase_add_test (tc, test_weak_fingerprint);
  tcase_add_test (tc, test_no_codec);
  tcase_add_test (tc, test_states);
  tcase_add_test (tc, test_answers_that_do_not_fit);
  return s;
}

GST_CHECK_MAIN (sdp_refuse);
