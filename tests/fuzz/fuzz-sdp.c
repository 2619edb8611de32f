/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The SDP layer. The first byte says what the rest is: "o" offers of one peer,
 * one after the other, "a" answers to ours, "c" candidates, one a line, "p" a
 * certificate. Descriptions are parted by a line "----".
 *
 * Whatever the bytes: they are refused with a typed error, or webrtcbin would
 * be told something that our own reader takes, with our m-lines, one
 * fingerprint and unique mids; and our answer to it is one that a peer takes.
 */
#include "gstcallsdp-priv.h"
#include "fuzz.h"

#include <string.h>

#define TRANSPORT "c=IN IP4 0.0.0.0\r\na=ice-ufrag:abcd\r\n" \
  "a=ice-pwd:abcdefghijklmnopqrstuvwx\r\na=fingerprint:sha-256 " \
  "3E:71:D7:BF:44:39:75:9B:0A:AC:BD:30:B4:CB:7C:52:" \
  "5D:CE:71:F8:04:EE:82:20:E4:88:1D:26:AA:B3:47:4F\r\n" \
  "a=setup:actpass\r\na=rtcp-mux\r\na=sendrecv\r\n"

static const gchar own_offer[] = "v=0\r\no=- 1 0 IN IP4 0.0.0.0\r\ns=-\r\n"
    "t=0 0\r\na=group:BUNDLE audio0 video1 application2\r\n"
    "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n" TRANSPORT
    "a=rtpmap:111 OPUS/48000/2\r\na=mid:audio0\r\n"
    "m=video 9 UDP/TLS/RTP/SAVPF 96 97\r\n" TRANSPORT
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\n"
    "a=fmtp:97 apt=96\r\na=mid:video1\r\n"
    "m=application 0 UDP/DTLS/SCTP webrtc-datachannel\r\n" TRANSPORT
    "a=bundle-only\r\na=sctp-port:5000\r\na=mid:application2\r\n";

static GstCallSdp *
new_session (void)
{
  static const gchar *const audio[] = { "OPUS", NULL };
  static const gchar *const video[] = { "H264", "VP8", NULL };

  return gst_call_sdp_new (audio, video);
}

static void
check_inner (GstCallSdp * sdp, const gchar * inner)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCallSdpDesc) desc = gst_call_sdp_desc_parse (inner, &error);
  g_autofree gchar *fingerprint = NULL;

  if (desc == NULL)
    g_error ("%s: %s", error->message, inner);
  if (desc->sections->len != gst_call_sdp_get_n_media (sdp))
    g_error ("Other m-lines: %s", inner);
  for (guint i = 0; i < desc->sections->len; i++) {
    GstCallSdpSection *section = gst_call_sdp_desc_get (desc, i);

    if (section->mid == NULL || section->ufrag == NULL || section->pwd == NULL
        || section->setup == GST_CALL_SETUP_NONE)
      g_error ("m-line %u is not complete: %s", i, inner);
    if (section->fingerprints->len != 1)
      g_error ("m-line %u has not one fingerprint: %s", i, inner);
  }
}

/* In place of webrtcbin: what it is told looks like what it would answer */
static void
answer (GstCallSdp * sdp, const gchar * inner)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCallSdpDesc) desc = NULL;
  g_autofree gchar *local = NULL, *wire = NULL;

  if (!gst_call_sdp_send (sdp, GST_CALL_SDP_ANSWER, inner, &local, &wire,
          &error))
    g_error ("%s: %s", error->message, inner);
  desc = gst_call_sdp_desc_parse (wire, &error);
  /* names that fit the peer's lines need not fit ours with more around them */
  if (desc == NULL && error->code != GST_CALL_SDP_ERROR_TOO_LARGE)
    g_error ("%s: %s", error->message, wire);
  if (strstr (wire, "x-call-line") != NULL)
    g_error ("The marker is on the wire: %s", wire);
}

static gchar *
receive (GstCallSdp * sdp, GstCallSdpType type, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  guint n = gst_call_sdp_get_n_media (sdp);
  gchar *inner = gst_call_sdp_receive (sdp, type, text, &error);

  if (inner == NULL && (error == NULL || error->domain != GST_CALL_SDP_ERROR))
    g_error ("Refused without a reason");
  if (inner == NULL && gst_call_sdp_get_n_media (sdp) != n)
    g_error ("A refused description left a trace");
  if (inner != NULL)
    check_inner (sdp, inner);
  return inner;
}

static void
make_offer (GstCallSdp * sdp)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *inner = NULL, *wire = NULL;

  if (!gst_call_sdp_send (sdp, GST_CALL_SDP_OFFER, own_offer, &inner, &wire,
          &error))
    g_error ("%s", error->message);
}

static void
read_descriptions (const gchar * text, GstCallSdpType type)
{
  g_autoptr (GstCallSdp) sdp = new_session ();
  g_auto (GStrv) parts = g_strsplit (text, "----\n", 8);

  for (guint i = 0; parts[i] != NULL; i++) {
    g_autofree gchar *inner = NULL;

    if (type == GST_CALL_SDP_ANSWER)
      make_offer (sdp);
    inner = receive (sdp, type, parts[i]);
    if (inner != NULL && type == GST_CALL_SDP_OFFER)
      answer (sdp, inner);
  }
}

static void
read_candidates (const gchar * text)
{
  g_autoptr (GstCallSdp) sdp = new_session ();
  g_auto (GStrv) lines = g_strsplit (text, "\n", 300);
  guint mline = 0;

  make_offer (sdp);
  for (guint i = 0; lines[i] != NULL; i++) {
    g_autoptr (GError) error = NULL;
    gboolean ok = gst_call_sdp_check_candidate (sdp, lines[i],
        i % 2 ? "video1" : NULL, i % 4, &mline, &error);

    if (ok == (error != NULL) || mline >= 3)
      g_error ("No verdict on %s", lines[i]);
  }
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GstCallSdp) sdp = NULL;

  if (!gst_is_initialized ())
    gst_init (NULL, NULL);
  if (size < 1)
    return 0;
  text = g_strndup ((const gchar *) data + 1, size - 1);
  switch (data[0]) {
    case 'o':
      read_descriptions (text, GST_CALL_SDP_OFFER);
      break;
    case 'a':
      read_descriptions (text, GST_CALL_SDP_ANSWER);
      break;
    case 'c':
      read_candidates (text);
      break;
    case 'p':
      sdp = new_session ();
      gst_call_sdp_verify_certificate (sdp, text, NULL);
      break;
    default:
      break;
  }
  return 0;
}
