/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The attributes of an SDP that are read, one function each, and the words
 * they are made of. Whatever is not in the table at the end is left out.
 *
 * Sources: RFC 8839 (a=ice-*, a=candidate), RFC 8842 (a=setup), RFC 8122
 * (a=fingerprint), RFC 8841 (a=sctp-port), RFC 8285 (a=extmap), RFC 5576
 * (a=ssrc), RFC 8830 (a=msid), RFC 9143 (a=bundle-only).
 */
#include "gstcallsdp-priv.h"

#include <string.h>

typedef gboolean (*TakeFunc) (GstCallSdpSection * section, gchar * value,
    GError ** error);

gboolean
gst_call_sdp_invalid (GError ** error, const gchar * what)
{
  g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
      "The peer's SDP is invalid: %s", what);
  return FALSE;
}

gboolean
gst_call_sdp_too_large (GError ** error, const gchar * what)
{
  g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_TOO_LARGE,
      "The peer's SDP is too large: %s", what);
  return FALSE;
}

gchar *
gst_call_sdp_next_word (gchar ** rest)
{
  gchar *word = *rest;

  if (word == NULL)
    return NULL;
  while (*word == ' ')
    word++;
  if (*word == '\0')
    return NULL;
  *rest = strchr (word, ' ');
  if (*rest != NULL)
    *(*rest)++ = '\0';
  return word;
}

gboolean
gst_call_sdp_parse_number (const gchar * text, guint64 max, guint64 * number)
{
  return text != NULL
      && g_ascii_string_to_unsigned (text, 10, 0, max, number, NULL);
}

/* RFC 8866 token */
static gboolean
is_token (const gchar * text, gsize max)
{
  gsize i;

  for (i = 0; text[i] != '\0'; i++) {
    if (i == max || !g_ascii_isgraph (text[i])
        || strchr ("\"(),/:;<=>?@[\\]", text[i]) != NULL)
      return FALSE;
  }
  return i > 0;
}

/* RFC 8839 ice-char, and what libwebrtc takes besides */
static gboolean
is_ice_string (const gchar * text, gsize min, gsize max)
{
  gsize len = strlen (text);

  if (len < min || len > max)
    return FALSE;
  for (; *text != '\0'; text++) {
    if (!g_ascii_isalnum (*text) && strchr ("+/-_#=", *text) == NULL)
      return FALSE;
  }
  return TRUE;
}

static gboolean
take_once (const gchar ** field, const gchar * value, const gchar * what,
    GError ** error)
{
  if (*field != NULL)
    return gst_call_sdp_invalid (error, what);
  *field = value;
  return TRUE;
}

static gboolean
take_mid (GstCallSdpSection * section, gchar * value, GError ** error)
{
  if (!is_token (value, GST_CALL_SDP_MAX_MID))
    return gst_call_sdp_invalid (error,
        "an a=mid is not a token of at most 64 bytes");
  return take_once (&section->mid, value, "a second a=mid in an m-line", error);
}

static gboolean
take_ufrag (GstCallSdpSection * section, gchar * value, GError ** error)
{
  if (!is_ice_string (value, 4, 256))
    return gst_call_sdp_invalid (error,
        "a=ice-ufrag must have 4 to 256 ICE characters");
  return take_once (&section->ufrag, value, "a second a=ice-ufrag", error);
}

static gboolean
take_pwd (GstCallSdpSection * section, gchar * value, GError ** error)
{
  if (!is_ice_string (value, 22, 256))
    return gst_call_sdp_invalid (error,
        "a=ice-pwd must have 22 to 256 ICE characters");
  return take_once (&section->pwd, value, "a second a=ice-pwd", error);
}

static gboolean
take_setup (GstCallSdpSection * section, gchar * value, GError ** error)
{
  if (section->setup != GST_CALL_SETUP_NONE)
    return gst_call_sdp_invalid (error, "a second a=setup");
  if (strcmp (value, "actpass") == 0)
    section->setup = GST_CALL_SETUP_ACTPASS;
  else if (strcmp (value, "active") == 0)
    section->setup = GST_CALL_SETUP_ACTIVE;
  else if (strcmp (value, "passive") == 0)
    section->setup = GST_CALL_SETUP_PASSIVE;
  else
    return gst_call_sdp_invalid (error,
        "a=setup is none of actpass, active, passive");
  return TRUE;
}

static gboolean
is_fingerprint (const gchar * hex, gsize bytes)
{
  gsize i;

  if (strlen (hex) != bytes * 3 - 1)
    return FALSE;
  for (i = 0; hex[i] != '\0'; i++) {
    if (i % 3 == 2 ? hex[i] != ':' : !g_ascii_isxdigit (hex[i]))
      return FALSE;
  }
  return TRUE;
}

/* RFC 8122. Weaker hashes are remembered only to give the right error. */
static gboolean
take_fingerprint (GstCallSdpSection * section, gchar * value, GError ** error)
{
  static const struct
  {
    const gchar *name;
    gsize bytes;
  } hashes[] = { {"sha-256", 32}, {"sha-384", 48}, {"sha-512", 64} };
  gchar *rest = value, *hash = gst_call_sdp_next_word (&rest), *hex =
      gst_call_sdp_next_word (&rest);

  if (hash == NULL || hex == NULL)
    return gst_call_sdp_invalid (error,
        "a=fingerprint needs a hash name and a value");
  for (guint i = 0; i < G_N_ELEMENTS (hashes); i++) {
    if (g_ascii_strcasecmp (hash, hashes[i].name) != 0)
      continue;
    if (!is_fingerprint (hex, hashes[i].bytes))
      return gst_call_sdp_invalid (error,
          "a=fingerprint has a malformed value");
    if (section->fingerprints->len == 8)
      return gst_call_sdp_too_large (error,
          "more than 8 fingerprints in one place");
    g_autofree gchar *upper = g_ascii_strup (hex, -1);
    g_ptr_array_add (section->fingerprints,
        g_strdup_printf ("%s %s", hashes[i].name, upper));
    return TRUE;
  }
  section->weak_fingerprint = TRUE;
  return TRUE;
}

static gboolean
take_direction (GstCallSdpSection * section, GstCallDirection direction,
    GError ** error)
{
  if (section->has_direction)
    return gst_call_sdp_invalid (error, "two directions in one m-line");
  section->has_direction = TRUE;
  section->direction = direction;
  return TRUE;
}

static gboolean
take_sendrecv (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return take_direction (section, GST_CALL_SENDRECV, error);
}

static gboolean
take_sendonly (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return take_direction (section, GST_CALL_SEND, error);
}

static gboolean
take_recvonly (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return take_direction (section, GST_CALL_RECV, error);
}

static gboolean
take_inactive (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return take_direction (section, GST_CALL_INACTIVE, error);
}

static gboolean
take_bundle_only (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return section->bundle_only = TRUE;
}

static gboolean
take_rtcp_mux (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return section->rtcp_mux = TRUE;
}

static gboolean
take_rtcp_rsize (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return section->rtcp_rsize = TRUE;
}

static gboolean
take_ice_lite (GstCallSdpSection * section, gchar * value, GError ** error)
{
  return section->ice_lite = TRUE;
}

/* "96 …": the format, or NULL when the m= line does not list it */
static GstCallSdpFormat *
take_format (GstCallSdpSection * section, gchar ** rest)
{
  guint64 pt;

  if (!gst_call_sdp_parse_number (gst_call_sdp_next_word (rest), 127, &pt))
    return NULL;
  return gst_call_sdp_section_find_format (section, pt);
}

static gboolean
take_rtpmap (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value, *map, **parts;
  GstCallSdpFormat *format = take_format (section, &rest);
  guint64 rate = 0, channels = 0;
  gboolean ok;

  if (format == NULL)
    return TRUE;
  if (format->name != NULL)
    return gst_call_sdp_invalid (error, "two a=rtpmap for one payload type");
  map = gst_call_sdp_next_word (&rest);
  if (map == NULL)
    return gst_call_sdp_invalid (error, "an a=rtpmap without encoding");
  parts = g_strsplit (map, "/", 3);
  ok = parts[0] != NULL && is_token (parts[0], 64)
      && gst_call_sdp_parse_number (parts[1], G_MAXINT, &rate) && rate > 0
      && (parts[2] == NULL
      || gst_call_sdp_parse_number (parts[2], 255, &channels));
  g_strfreev (parts);
  if (!ok)
    return gst_call_sdp_invalid (error,
        "an a=rtpmap is not name/rate[/channels]");
  *strchr (map, '/') = '\0';
  format->name = map;
  format->clock_rate = rate;
  format->channels = channels;
  return TRUE;
}

static gboolean
take_fmtp (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value;
  GstCallSdpFormat *format = take_format (section, &rest);

  if (format != NULL && format->fmtp == NULL && rest != NULL)
    format->fmtp = rest;
  return TRUE;
}

static guint
feedback_from_text (const gchar * text)
{
  static const struct
  {
    const gchar *text;
    GstCallSdpFeedback feedback;
  } known[] = { {"nack", GST_CALL_FB_NACK},
  {"nack pli", GST_CALL_FB_NACK_PLI},
  {"ccm fir", GST_CALL_FB_CCM_FIR},
  {"transport-cc", GST_CALL_FB_TRANSPORT_CC}
  };

  for (guint i = 0; i < G_N_ELEMENTS (known); i++) {
    if (strcmp (text, known[i].text) == 0)
      return known[i].feedback;
  }
  return 0;
}

static gboolean
take_rtcp_fb (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value;

  if (g_str_has_prefix (value, "* ")) {
    guint feedback = feedback_from_text (value + 2);

    for (guint i = 0; i < section->formats->len; i++)
      g_array_index (section->formats, GstCallSdpFormat, i).feedback |=
          feedback;
  } else {
    GstCallSdpFormat *format = take_format (section, &rest);

    if (format != NULL && rest != NULL)
      format->feedback |= feedback_from_text (rest);
  }
  return TRUE;
}

/* RFC 8285. Ids above 14 need the two-byte form, which webrtcbin 1.22 does
 * not read for transport-wide sequence numbers: not taken. */
static gboolean
take_extmap (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value, *id_text = gst_call_sdp_next_word (&rest), *uri =
      gst_call_sdp_next_word (&rest);
  gchar *slash;
  guint64 id;

  if (id_text == NULL || uri == NULL)
    return gst_call_sdp_invalid (error, "a malformed a=extmap");
  slash = strchr (id_text, '/');
  if (slash != NULL)
    *slash++ = '\0';
  if (!gst_call_sdp_parse_number (id_text, 65535, &id))
    return gst_call_sdp_invalid (error, "a malformed a=extmap");
  if (id < 1 || id > 14 || (section->used_ids & (1u << id)))
    return TRUE;
  section->used_ids |= 1u << id;
  if (slash != NULL && strcmp (slash, "sendrecv") != 0)
    return TRUE;
  if (strcmp (uri, GST_CALL_EXT_TWCC) == 0 && section->twcc_id == 0)
    section->twcc_id = id;
  else if (strcmp (uri, GST_CALL_EXT_MID) == 0 && section->mid_id == 0)
    section->mid_id = id;
  return TRUE;
}

static GstCallSdpSsrc *
find_or_add_ssrc (GstCallSdpSection * section, guint32 ssrc)
{
  GstCallSdpSsrc fresh = { ssrc, NULL, NULL };

  for (guint i = 0; i < section->ssrcs->len; i++) {
    GstCallSdpSsrc *known = &g_array_index (section->ssrcs, GstCallSdpSsrc, i);

    if (known->ssrc == ssrc)
      return known;
  }
  if (section->ssrcs->len == GST_CALL_SDP_MAX_SSRCS)
    return NULL;
  g_array_append_val (section->ssrcs, fresh);
  return &g_array_index (section->ssrcs, GstCallSdpSsrc,
      section->ssrcs->len - 1);
}

static gboolean
take_ssrc (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value, *word = gst_call_sdp_next_word (&rest);
  GstCallSdpSsrc *entry;
  guint64 ssrc;

  if (!gst_call_sdp_parse_number (word, G_MAXUINT32, &ssrc))
    return gst_call_sdp_invalid (error, "an a=ssrc without a number");
  entry = find_or_add_ssrc (section, ssrc);
  if (entry == NULL || rest == NULL)
    return TRUE;
  if (g_str_has_prefix (rest, "cname:")) {
    rest += strlen ("cname:");
    entry->cname = gst_call_sdp_next_word (&rest);
  } else if (g_str_has_prefix (rest, "msid:")) {
    entry->msid = rest + strlen ("msid:");
  }
  return TRUE;
}

static gboolean
take_ssrc_group (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value, *semantics = gst_call_sdp_next_word (&rest);
  guint64 primary, rtx;
  GstCallSdpFid fid;

  if (g_strcmp0 (semantics, "FID") != 0
      || section->fids->len == GST_CALL_SDP_MAX_SSRCS)
    return TRUE;
  if (!gst_call_sdp_parse_number (gst_call_sdp_next_word (&rest), G_MAXUINT32,
          &primary)
      || !gst_call_sdp_parse_number (gst_call_sdp_next_word (&rest),
          G_MAXUINT32, &rtx))
    return gst_call_sdp_invalid (error, "a malformed a=ssrc-group:FID");
  fid.primary = primary;
  fid.rtx = rtx;
  g_array_append_val (section->fids, fid);
  return TRUE;
}

static gboolean
take_msid (GstCallSdpSection * section, gchar * value, GError ** error)
{
  if (section->msid == NULL)
    section->msid = value;
  return TRUE;
}

static gboolean
take_candidate (GstCallSdpSection * section, gchar * value, GError ** error)
{
  if (section->candidates->len == GST_CALL_SDP_MAX_CANDIDATES)
    return gst_call_sdp_too_large (error, "more than 256 candidates");
  g_ptr_array_add (section->candidates, value);
  return TRUE;
}

static gboolean
take_sctp_port (GstCallSdpSection * section, gchar * value, GError ** error)
{
  guint64 port;

  if (!gst_call_sdp_parse_number (value, 65535, &port) || port == 0)
    return gst_call_sdp_invalid (error, "a=sctp-port is not a port");
  section->sctp_port = port;
  return TRUE;
}

/* RFC 8841: 0 is "any size" */
static gboolean
take_max_message_size (GstCallSdpSection * section, gchar * value,
    GError ** error)
{
  guint64 size;

  if (!gst_call_sdp_parse_number (value, G_MAXUINT64, &size))
    return gst_call_sdp_invalid (error, "a=max-message-size is not a number");
  section->max_message_size = size == 0 ? G_MAXUINT64 : size;
  return TRUE;
}

static const struct
{
  const gchar *name;
  TakeFunc take;
} attributes[] = {
  {"mid", take_mid},
  {"ice-ufrag", take_ufrag},
  {"ice-pwd", take_pwd},
  {"ice-lite", take_ice_lite},
  {"setup", take_setup},
  {"fingerprint", take_fingerprint},
  {"sendrecv", take_sendrecv},
  {"sendonly", take_sendonly},
  {"recvonly", take_recvonly},
  {"inactive", take_inactive},
  {"bundle-only", take_bundle_only},
  {"rtcp-mux", take_rtcp_mux},
  {"rtcp-rsize", take_rtcp_rsize},
  {"rtpmap", take_rtpmap},
  {"fmtp", take_fmtp},
  {"rtcp-fb", take_rtcp_fb},
  {"extmap", take_extmap},
  {"ssrc", take_ssrc},
  {"ssrc-group", take_ssrc_group},
  {"msid", take_msid},
  {"candidate", take_candidate},
  {"sctp-port", take_sctp_port},
  {"max-message-size", take_max_message_size},
};

gboolean
gst_call_sdp_section_take (GstCallSdpSection * section, const gchar * name,
    gchar * value, GError ** error)
{
  for (guint i = 0; i < G_N_ELEMENTS (attributes); i++) {
    if (strcmp (name, attributes[i].name) == 0)
      return attributes[i].take (section, value, error);
  }
  return TRUE;
}

GstCallSdpFormat *
gst_call_sdp_section_find_format (const GstCallSdpSection * section, guint pt)
{
  if (pt > 127 || section->by_pt[pt] < 0)
    return NULL;
  return &g_array_index (section->formats, GstCallSdpFormat,
      section->by_pt[pt]);
}

gboolean
gst_call_sdp_fmtp_get (const gchar * fmtp, const gchar * key, gchar * value,
    gsize size)
{
  gsize key_len = strlen (key);

  while (fmtp != NULL && *fmtp != '\0') {
    gsize len = strcspn (fmtp, ";");

    while (*fmtp == ' ') {
      fmtp++;
      len--;
    }
    if (len > key_len && g_ascii_strncasecmp (fmtp, key, key_len) == 0
        && fmtp[key_len] == '=' && len - key_len - 1 < size) {
      g_strlcpy (value, fmtp + key_len + 1, len - key_len);
      g_strchomp (value);
      return TRUE;
    }
    fmtp += len;
    if (*fmtp == ';')
      fmtp++;
  }
  return FALSE;
}
