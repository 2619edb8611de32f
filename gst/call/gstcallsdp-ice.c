/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ICE candidates and the DTLS certificate.
 *
 * A candidate may name an address or a .local name (RFC 8839, mDNS draft);
 * other host names are refused, since webrtcbin would look up whatever a peer
 * writes. Component 2 does not exist with rtcp-mux.
 *
 * webrtcbin below 1.28.5 never compares the certificate with a=fingerprint:
 * gst_call_sdp_verify_certificate is the only guard against a man in the
 * middle, and stays on newer versions too. Of several hashes the strongest
 * counts (RFC 8122 section 5).
 */
#include "gstcallsdp-priv.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_PEM (64 * 1024)

static gboolean
is_number (const gchar * text, guint64 min, guint64 max)
{
  return text != NULL
      && g_ascii_string_to_unsigned (text, 10, min, max, NULL, NULL);
}

static gboolean
is_mdns_name (const gchar * name)
{
  if (!g_str_has_suffix (name, ".local") || strlen (name) > 255)
    return FALSE;
  for (; *name != '\0'; name++) {
    if (!g_ascii_isalnum (*name) && *name != '-' && *name != '.')
      return FALSE;
  }
  return TRUE;
}

/* foundation component transport priority address port typ type … */
static gchar **
split_candidate (const gchar * candidate)
{
  if (strnlen (candidate, GST_CALL_SDP_MAX_CANDIDATE + 1)
      > GST_CALL_SDP_MAX_CANDIDATE)
    return NULL;
  for (const gchar * c = candidate; *c != '\0'; c++) {
    if (!g_ascii_isprint (*c))
      return NULL;
  }
  return g_strsplit (candidate, " ", 9);
}

gboolean
gst_call_sdp_candidate_is_valid (const gchar * candidate)
{
  static const gchar *const types[] = { "host", "srflx", "prflx", "relay",
    NULL
  };
  g_auto (GStrv) part = split_candidate (candidate);

  if (part == NULL || g_strv_length (part) < 8)
    return FALSE;
  return *part[0] != '\0' && strlen (part[0]) <= 32 && is_number (part[1], 1, 1)
      && (g_ascii_strcasecmp (part[2], "udp") == 0
      || g_ascii_strcasecmp (part[2], "tcp") == 0)
      && is_number (part[3], 0, G_MAXUINT32)
      && (g_hostname_is_ip_address (part[4]) || is_mdns_name (part[4]))
      && is_number (part[5], 0, 65535)
      && strcmp (part[6], "typ") == 0 && g_strv_contains ((const gchar * const
          *) types, part[7]);
}

gboolean
gst_call_sdp_candidate_is_mdns (const gchar * candidate)
{
  g_auto (GStrv) part = split_candidate (candidate);

  return part != NULL && g_strv_length (part) >= 5 && is_mdns_name (part[4]);
}

static gint
find_mid (GstCallSdp * self, const gchar * mid)
{
  for (guint i = 0; i < self->session->wire->len; i++) {
    if (g_strcmp0 (gst_call_sdp_session_wire (self->session, i)->mid, mid) == 0)
      return i;
  }
  return -1;
}

/* Each one once; a name in a description has not been resolved
 * (gstcallsdp-write.c) */
static gboolean
count_candidate (GstCallSdp * self, const gchar * candidate, GError ** error)
{
  g_autofree gchar *key = g_strconcat ("trickled ", candidate, NULL);

  if (g_hash_table_contains (self->candidates, key)
      || (g_hash_table_contains (self->candidates, candidate)
          && !gst_call_sdp_candidate_is_mdns (candidate))) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
        "The peer sent this candidate before");
    return FALSE;
  }
  if (g_hash_table_size (self->candidates) >= GST_CALL_SDP_MAX_CANDIDATES) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_TOO_LARGE,
        "The peer sent more than %u candidates", GST_CALL_SDP_MAX_CANDIDATES);
    return FALSE;
  }
  g_hash_table_add (self->candidates, g_steal_pointer (&key));
  return TRUE;
}

gboolean
gst_call_sdp_check_candidate (GstCallSdp * self, const gchar * candidate,
    const gchar * mid, gint mline_index, guint * mline, GError ** error)
{
  GstCallSdpSession *session = self->session;
  gint index = mline_index;

  if (mid != NULL && *mid != '\0')
    index = find_mid (self, mid);
  if (index < 0 || index >= (gint) session->wire->len) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
        "The peer sent a candidate for an unknown m-line");
    return FALSE;
  }
  /* The bundle's is that of its first m-line (RFC 9143, 7.2). Firefox has one for
   * each m-line as well when it offers anew or restarts, and closes those as it
   * takes our answer: a path over one of them works until then. */
  if (index != session->wire_tag) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
        "The peer sent a candidate for an m-line that has no transport");
    return FALSE;
  }
  if (candidate == NULL)
    candidate = "";
  if (g_str_has_prefix (candidate, "a="))
    candidate += strlen ("a=");
  if (*candidate != '\0') {
    if (!g_str_has_prefix (candidate, "candidate:")
        || !gst_call_sdp_candidate_is_valid (candidate + strlen ("candidate:"))) {
      g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
          "The peer sent a malformed or unusable candidate");
      return FALSE;
    }
    if (!count_candidate (self, candidate + strlen ("candidate:"), error))
      return FALSE;
  }
  *mline = MAX (session->inner_tag, 0);
  return TRUE;
}

/* --- certificate --------------------------------------------------------- */

static guchar *
der_from_pem (const gchar * pem, gsize * len)
{
  static const gchar begin[] = "-----BEGIN CERTIFICATE-----";
  const gchar *start, *end;
  g_autofree gchar *body = NULL;

  if (pem == NULL || strnlen (pem, MAX_PEM + 1) > MAX_PEM)
    return NULL;
  start = strstr (pem, begin);
  if (start == NULL)
    return NULL;
  start += strlen (begin);
  end = strstr (start, "-----END CERTIFICATE-----");
  if (end == NULL)
    return NULL;
  body = g_strndup (start, end - start);
  return g_base64_decode (body, len);
}

/* "sha-256 AA:BB:…" of these bytes */
static gchar *
fingerprint_of (const gchar * hash, const guchar * der, gsize len)
{
  GChecksumType type = strcmp (hash, "sha-512") == 0 ? G_CHECKSUM_SHA512
      : strcmp (hash, "sha-384") == 0 ? G_CHECKSUM_SHA384 : G_CHECKSUM_SHA256;
  g_autofree gchar *hex = g_compute_checksum_for_data (type, der, len);
  GString *s = g_string_new (hash);

  for (gsize i = 0; hex[i] != '\0'; i += 2)
    g_string_append_printf (s, "%c%c%c", i == 0 ? ' ' : ':',
        g_ascii_toupper (hex[i]), g_ascii_toupper (hex[i + 1]));
  return g_string_free (s, FALSE);
}

static gboolean
matches (gchar ** fingerprints, const guchar * der, gsize len)
{
  static const gchar *const hashes[] = { "sha-512", "sha-384", "sha-256" };

  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++) {
    g_autofree gchar *ours = fingerprint_of (hashes[i], der, len);
    gboolean signalled = FALSE;

    for (guint j = 0; fingerprints[j] != NULL; j++) {
      if (strcmp (fingerprints[j], ours) == 0)
        return TRUE;
      signalled |= g_str_has_prefix (fingerprints[j], hashes[i]);
    }
    if (signalled)
      return FALSE;
  }
  return FALSE;
}

gboolean
gst_call_sdp_verify_certificate (GstCallSdp * self, const gchar * pem,
    GError ** error)
{
  gchar **fingerprints = self->session->remote.fingerprints;
  gsize len = 0;
  g_autofree guchar *der = der_from_pem (pem, &len);

  if (fingerprints == NULL || fingerprints[0] == NULL) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_FINGERPRINT,
        "The peer signalled no certificate fingerprint of SHA-256 or better");
    return FALSE;
  }
  if (der == NULL || len == 0 || !matches (fingerprints, der, len)) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_FINGERPRINT,
        "The peer's certificate does not match the fingerprint that was "
        "signalled: somebody may be in the middle of this call");
    return FALSE;
  }
  return TRUE;
}
