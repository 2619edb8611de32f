/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Candidates are well-formed and few, and go to webrtcbin's one transport.
 * The certificate is the one that was signalled.
 */
#include "sdp-data.h"

#include <string.h>

static GstCallSdp *
answered_session (const gchar * answer)
{
  GstCallSdp *sdp = sdp_session_with_offer ();
  g_autoptr (GError) error = NULL;
  g_autofree gchar *inner = NULL;

  inner = gst_call_sdp_receive (sdp, GST_CALL_SDP_ANSWER, answer, &error);
  fail_unless (inner != NULL && error == NULL);
  return sdp;
}

static gboolean
check (GstCallSdp * sdp, const gchar * candidate, const gchar * mid, gint index,
    guint * mline)
{
  g_autoptr (GError) error = NULL;
  gboolean ok =
      gst_call_sdp_check_candidate (sdp, candidate, mid, index, mline, &error);

  fail_unless (ok == (error == NULL));
  return ok;
}

GST_START_TEST (test_candidates)
{
  static const gchar *const good[] = {
    "candidate:1 1 udp 2122194687 127.0.0.1 52183 typ host generation 0",
    "a=candidate:1 1 UDP 2122194687 ::1 52183 typ host",
    "candidate:1 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active",
    "candidate:842163049 1 udp 1677729535 192.0.2.2 4711 typ srflx raddr "
        "0.0.0.0 rport 0",
    "candidate:1 1 UDP 1 e0ccbfff-1860-4002-b3e2-ef5fe19df439.local 1 typ host",
    "", NULL
  };
  static const gchar *const bad[] = {
    "hello", "candidate:", "candidate:1 1 udp", "candidate:1 2 udp 1 127.0.0.1 "
        "1 typ host", "candidate:1 1 ssltcp 1 127.0.0.1 1 typ host",
    "candidate:1 1 udp 1 example.org 1 typ host",
    "candidate:1 1 udp 1 127.0.0.1 65536 typ host",
    "candidate:1 1 udp 1 127.0.0.1 1 typ x",
    "candidate:1 1 udp 1 127.0.0.1 1 typ host\r\na=x",
    "candidate:1 1 udp 1 a/b.local 1 typ host",
    "candidate:1 1 udp 1 127.0.0.1 1 xyz host", NULL
  };
  g_autofree gchar *answer = sdp_data ("chromium-our-answer");
  g_autoptr (GstCallSdp) sdp = answered_session (answer);
  g_autoptr (GstCallSdp) other = answered_session (answer);
  g_autofree gchar *huge = g_strnfill (600, 'x');
  g_autofree gchar *long_one =
      g_strconcat ("candidate:1 1 udp 1 127.0.0.1 1 typ host ", huge, NULL);
  guint mline = 99;

  /* Given candidates of browsers and broken ones, then the former pass, by mid
   * or by index, if they are of the bundle's first m-line, and the others do not. */
  for (guint i = 0; good[i] != NULL; i++) {
    fail_if (check (sdp, good[i], "video1", -1, &mline));
    fail_if (check (other, good[i], NULL, 2, &mline));
    fail_unless (check (sdp, good[i], "audio0", -1, &mline), "%s", good[i]);
    fail_unless_equals_int (mline, 0);
    fail_unless (check (other, good[i], NULL, 0, &mline));
  }
  fail_unless (check (sdp, NULL, "audio0", 0, &mline));
  for (guint i = 0; bad[i] != NULL; i++)
    fail_if (check (sdp, bad[i], "audio0", 0, &mline), "%s", bad[i]);
  fail_if (check (sdp, long_one, "audio0", 0, &mline));
  fail_if (check (sdp, good[0], "nobody", 0, &mline));
  fail_if (check (sdp, good[0], NULL, 3, &mline));
  fail_if (check (sdp, good[0], NULL, -1, &mline));
}

GST_END_TEST;

GST_START_TEST (test_too_many)
{
  g_autofree gchar *answer = sdp_data ("chromium-our-answer");
  g_autoptr (GstCallSdp) sdp = answered_session (answer);
  guint mline, passed = 0;

  /* Given 10,000 trickled candidates after an answer with 8 inside, then 256
   * pass in all; a repeated one is left out and does not count. */
  for (guint i = 0; i < 10000; i++) {
    g_autofree gchar *candidate = g_strdup_printf
        ("candidate:1 1 udp %u 127.0.0.1 4711 typ host", i);

    passed += check (sdp, candidate, "audio0", 0, &mline);
    fail_if (check (sdp, candidate, "audio0", 0, &mline));
  }
  fail_unless_equals_int (passed, GST_CALL_SDP_MAX_CANDIDATES - 8);
}

GST_END_TEST;

GST_START_TEST (test_repeated)
{
  g_autofree gchar *answer = sdp_data ("chromium-our-answer");
  g_autoptr (GstCallSdp) sdp = answered_session (answer);
  g_autofree gchar *made = sdp_data ("webrtcbin-1.22-offer");
  g_autofree gchar *inner = NULL, *wire = NULL, *taken = NULL;
  const gchar *one = "candidate:1 1 udp 1 127.0.0.1 1 typ host";
  const gchar *in_answer = "candidate:1528185546 1 udp 2122063615 192.0.2.2 "
      "44446 typ host generation 0 network-id 1";
  guint mline;

  /* Given a candidate that came before, trickled or in the answer, then it is
   * left out; after an ICE restart of the peer's it counts anew. */
  fail_unless (check (sdp, one, "audio0", 0, &mline));
  fail_if (check (sdp, one, "video1", 1, &mline));
  fail_if (check (sdp, in_answer, "audio0", 0, &mline));
  fail_unless (gst_call_sdp_send (sdp, GST_CALL_SDP_OFFER, made, &inner, &wire,
          NULL));
  answer = sdp_edit (answer, "a=ice-ufrag:KO2p", "a=ice-ufrag:KO2q");
  taken = gst_call_sdp_receive (sdp, GST_CALL_SDP_ANSWER, answer, NULL);
  fail_unless (taken != NULL);
  fail_unless (check (sdp, one, "audio0", 0, &mline));
  fail_if (check (sdp, in_answer, "audio0", 0, &mline));
}

GST_END_TEST;

GST_START_TEST (test_rejected_first_line)
{
  g_autofree gchar *answer = sdp_data ("chromium-our-answer");
  g_autoptr (GstCallSdp) sdp = NULL;
  guint mline = 99;

  /* Given an answer that rejects m-line 0, where webrtcbin has its transport,
   * then the peer's candidates come to it from m-line 1, and ours are said to
   * be of m-line 1. */
  answer = sdp_edit (answer, "BUNDLE audio0 video1", "BUNDLE video1");
  answer = sdp_edit (answer, "m=audio 52183", "m=audio 0");
  sdp = answered_session (answer);
  fail_unless (gst_call_sdp_get_media (sdp, 0)->rejected);
  fail_unless (check (sdp, "candidate:1 1 udp 1 127.0.0.1 1 typ host",
          "video1", 1, &mline));
  fail_unless_equals_int (mline, 0);
  fail_unless_equals_string (gst_call_sdp_get_mid (sdp, 0), "video1");
  fail_unless (gst_call_sdp_get_mid (sdp, 7) == NULL);
}

GST_END_TEST;

static gchar *
fingerprint (const gchar * pem, GChecksumType type)
{
  g_autofree gchar *body = g_strdup (strchr (pem, '\n'));
  g_autofree guchar *der = NULL;
  g_autofree gchar *hex = NULL;
  GString *s = g_string_new (NULL);
  gsize len;

  *strstr (body, "-----END") = '\0';
  der = g_base64_decode (body, &len);
  hex = g_compute_checksum_for_data (type, der, len);
  for (guint i = 0; hex[i] != '\0'; i += 2)
    g_string_append_printf (s, "%s%.2s", i == 0 ? "" : ":", hex + i);
  return g_string_free (s, FALSE);
}

static gchar *
answer_with (const gchar * fingerprints)
{
  g_autofree gchar *answer = sdp_data ("chromium-our-answer");
  const gchar *at = strstr (answer, "a=fingerprint:");
  g_autofree gchar *old = g_strndup (at, strcspn (at, "\r"));

  return sdp_replace (answer, old, fingerprints);
}

static void
expect_verdict (gboolean verdict, const gchar * pem, const gchar * format, ...)
{
  g_autofree gchar *fingerprints = NULL, *answer = NULL;
  g_autoptr (GstCallSdp) sdp = NULL;
  g_autoptr (GError) error = NULL;
  va_list args;

  va_start (args, format);
  fingerprints = g_strdup_vprintf (format, args);
  va_end (args);
  answer = answer_with (fingerprints);
  sdp = answered_session (answer);
  fail_unless (gst_call_sdp_verify_certificate (sdp, pem, &error) == verdict,
      "%s", fingerprints);
  fail_unless (verdict || g_error_matches (error, GST_CALL_SDP_ERROR,
          GST_CALL_SDP_ERROR_FINGERPRINT));
}

GST_START_TEST (test_transports_that_end)
{
  g_autoptr (GstCallSdp) sdp = sdp_session ();
  g_autofree gchar *offer = sdp_data ("firefox-session-1-offer");
  g_autofree gchar *made = sdp_data ("webrtcbin-1.22-answer");
  g_autofree gchar *taken = NULL, *inner = NULL, *wire = NULL;
  const gchar *one = "candidate:0 1 UDP 2122187007 192.0.2.2 38679 typ host";
  const gchar *two = "candidate:0 1 UDP 2122187007 192.0.2.2 40517 typ host";
  guint mline = 99;

  /* Given an offer of Firefox's, which has a transport for each m-line until it
   * takes our answer, then candidates of the first only are taken, before we
   * answer and after that. */
  offer = sdp_edit (offer, "BUNDLE 0 1 2", "BUNDLE audio0 video1 application2");
  offer = sdp_edit (offer, "a=mid:0", "a=mid:audio0");
  offer = sdp_edit (offer, "a=mid:1", "a=mid:video1");
  offer = sdp_edit (offer, "a=mid:2", "a=mid:application2");
  taken = gst_call_sdp_receive (sdp, GST_CALL_SDP_OFFER, offer, NULL);
  fail_unless (taken != NULL);
  fail_if (check (sdp, two, "video1", 1, &mline));
  fail_unless (gst_call_sdp_send (sdp, GST_CALL_SDP_ANSWER, made, &inner, &wire,
          NULL));
  fail_if (check (sdp, two, "video1", 1, &mline));
  fail_if (check (sdp, two, "application2", 2, &mline));
  fail_unless (check (sdp, one, "audio0", 0, &mline));
  fail_unless_equals_int (mline, 0);
}

GST_END_TEST;

GST_START_TEST (test_certificate)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("GST_CALL_SOURCE_ROOT"),
      "tests", "data", "sdp", "certificate.pem", NULL);
  g_autofree gchar *pem = NULL, *sha256 = NULL, *sha512 = NULL, *wrong = NULL;
  g_autoptr (GstCallSdp) fresh = sdp_session ();

  /* Given a certificate and an answer with its SHA-256 or SHA-512, then it
   * matches; with another it does not; of two hashes the stronger decides; a
   * session without a peer's description matches nothing. */
  fail_unless (g_file_get_contents (path, &pem, NULL, NULL));
  sha256 = fingerprint (pem, G_CHECKSUM_SHA256);
  sha512 = fingerprint (pem, G_CHECKSUM_SHA512);
  wrong = g_strdup (sha512);
  wrong[0] = wrong[0] == 'a' ? 'b' : 'a';
  expect_verdict (TRUE, pem, "a=fingerprint:sha-256 %s", sha256);
  expect_verdict (TRUE, pem, "a=fingerprint:SHA-512 %s", sha512);
  expect_verdict (TRUE, pem, "a=fingerprint:sha-1 AA\r\na=fingerprint:sha-256 "
      "%s", sha256);
  expect_verdict (FALSE, pem, "a=fingerprint:sha-512 %s", wrong);
  expect_verdict (FALSE, pem, "a=fingerprint:sha-512 %s\r\n"
      "a=fingerprint:sha-256 %s", wrong, sha256);
  expect_verdict (FALSE, "nonsense", "a=fingerprint:sha-256 %s", sha256);
  expect_verdict (FALSE, NULL, "a=fingerprint:sha-256 %s", sha256);
  fail_if (gst_call_sdp_verify_certificate (fresh, pem, NULL));
}

GST_END_TEST;

static Suite *
sdp_ice_suite (void)
{
  Suite *s = suite_create ("sdp-ice");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_candidates);
  tcase_add_test (tc, test_too_many);
  tcase_add_test (tc, test_repeated);
  tcase_add_test (tc, test_rejected_first_line);
  tcase_add_test (tc, test_transports_that_end);
  tcase_add_test (tc, test_certificate);
  return s;
}

GST_CHECK_MAIN (sdp_ice);
