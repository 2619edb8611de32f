/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Lines to text, three times:
 *
 *   wire          written afresh from the lines; of webrtcbin's description
 *                 only ufrag, pwd, fingerprint and SSRCs are taken over
 *   inner remote  written afresh as well: nothing of the peer's text gets
 *                 through that was not read and checked
 *   inner local   webrtcbin's own text with some attributes replaced
 *
 *   what is put right                      because
 *   -------------------------------------  ----------------------------------
 *   a=setup: actpass in wire offers, the   webrtcbin answers active always and
 *   role in force in answers (RFC 8842)    offers its last role (all versions)
 *   port 0, a=inactive and not in BUNDLE   1.22 answers port 9 and keeps the
 *   for rejected lines (RFC 9143 7.3.3)    mid in the group
 *   a=extmap in answers, ids of the offer  1.22 drops them: no TWCC feedback
 *   a=rtcp-rsize where both have it        answers never list it; the inner
 *                                          session then refuses such packets
 *   a=msid                                 webrtcbin has it in a=ssrc only,
 *                                          and nothing before it has an SSRC
 *   o= with an increasing version          answers copy the offer's o=
 *   payload types as agreed, inside too    webrtcbin finds others for RTX, and
 *                                          knows of no other codec than the first
 *   FID groups without SSRC left out       1.22 writes "FID 0 …" for a sink
 *                                          pad that has no caps yet
 *   a=candidate of the tag only            others are of sockets that go away
 *                                          with BUNDLE
 *   .local candidates dropped below 1.24   1.22 resolves them through the
 *                                          default GMainContext, which need
 *                                          not run; ICE finds such peers
 *                                          anyway (peer reflexive)
 *   one fingerprint, on every m-line       1.22 compares the text of all
 *   a=max-message-size of ours             it says none, takes that for 64 KiB,
 *                                          and sends what both sides take
 *
 * Not offered: a=extmap-allow-mixed (transport-wide sequence numbers are read
 * in the one-byte form only).
 */
#include "gstcallsdp-priv.h"

#include <string.h>

static const gchar *
setup_name (GstCallSdpSetup setup)
{
  static const gchar *const names[] = { "actpass", "actpass", "active",
    "passive"
  };

  return names[setup];
}

static const gchar *
direction_name (GstCallDirection direction)
{
  static const gchar *const names[] = { "inactive", "sendonly", "recvonly",
    "sendrecv"
  };

  return names[direction & GST_CALL_SENDRECV];
}

static GstCallSdpSetup
opposite (GstCallSdpSetup role)
{
  return role == GST_CALL_SETUP_ACTIVE
      ? GST_CALL_SETUP_PASSIVE : GST_CALL_SETUP_ACTIVE;
}

static void
add_head (GString * s, guint64 session_id, guint version)
{
  g_string_append_printf (s, "v=0\r\no=- %" G_GUINT64_FORMAT " %u IN IP4 "
      "127.0.0.1\r\ns=-\r\nt=0 0\r\n", session_id, version);
}

/* The mid of an m-line in the bundle, or NULL */
static const gchar *
inner_mid (const GstCallSdpSession * session, guint index)
{
  const GstCallSdpLine *line = gst_call_sdp_session_line (session, index);

  return line->inner_dead ? NULL : line->inner_mid;
}

static const gchar *
wire_mid (const GstCallSdpSession * session, guint index)
{
  const GstCallSdpWire *wire = gst_call_sdp_session_wire (session, index);

  return wire->line < 0 ? NULL : wire->mid;
}

/* tag: which m-line of n comes first, it carries the transport */
static void
add_bundle (GString * s, const GstCallSdpSession * session, gint tag, guint n,
    const gchar * (*get_mid) (const GstCallSdpSession *, guint))
{
  if (tag < 0)
    return;
  g_string_append_printf (s, "a=group:BUNDLE %s", get_mid (session, tag));
  for (guint i = 0; i < n; i++) {
    const gchar *mid = get_mid (session, i);

    if ((gint) i != tag && mid != NULL)
      g_string_append_printf (s, " %s", mid);
  }
  g_string_append (s, "\r\n");
}

static void
add_transport (GString * s, const gchar * ufrag, const gchar * pwd,
    const gchar * fingerprint, GstCallSdpSetup setup)
{
  g_string_append_printf (s, "a=ice-ufrag:%s\r\na=ice-pwd:%s\r\n", ufrag, pwd);
  g_string_append_printf (s, "a=fingerprint:%s\r\na=setup:%s\r\n",
      fingerprint, setup_name (setup));
}

static void
add_feedback (GString * s, guint pt, guint feedback)
{
  static const gchar *const names[] = { "nack", "nack pli", "ccm fir",
    "transport-cc"
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++) {
    if (feedback & (1u << i))
      g_string_append_printf (s, "a=rtcp-fb:%u %s\r\n", pt, names[i]);
  }
}

/* marker: see gstcallsdp-codec.c; -1: this is the wire, with true fmtp */
static void
add_choice (GString * s, const GstCallSdpChoice * choice, gint marker)
{
  g_autofree gchar *fmtp = gst_call_sdp_choice_fmtp (choice);

  g_string_append_printf (s, "a=rtpmap:%u %s\r\n", choice->pt,
      choice->codec->rtpmap);
  if (marker >= 0)
    g_string_append_printf (s, "a=fmtp:%u x-call-line=%d\r\n", choice->pt,
        marker);
  else if (fmtp != NULL)
    g_string_append_printf (s, "a=fmtp:%u %s\r\n", choice->pt, fmtp);
  add_feedback (s, choice->pt, choice->feedback);
  if (choice->rtx_pt >= 0)
    g_string_append_printf (s, "a=rtpmap:%d rtx/%u\r\na=fmtp:%d apt=%u\r\n",
        choice->rtx_pt, choice->codec->clock_rate, choice->rtx_pt, choice->pt);
}

static void
add_choice_pts (GString * s, const GstCallSdpChoice * choice)
{
  g_string_append_printf (s, " %u", choice->pt);
  if (choice->rtx_pt >= 0)
    g_string_append_printf (s, " %d", choice->rtx_pt);
}

static gboolean
is_agreed (const GstCallSdpLine * line)
{
  return line->inner.codec != NULL;
}

/* Inside, the first codec stays in its place, and another comes beside it. */
static const GstCallSdpChoice *
get_first (const GstCallSdpLine * line)
{
  return is_agreed (line) ? &line->inner : &line->choice;
}

static gboolean
has_other (const GstCallSdpLine * line)
{
  return is_agreed (line) && line->beside.codec != NULL
      && (line->beside.codec != line->inner.codec
      || line->beside.pt != line->inner.pt);
}

static void
add_inner_pts (GString * s, const GstCallSdpLine * line)
{
  add_choice_pts (s, get_first (line));
  if (has_other (line))
    add_choice_pts (s, &line->beside);
}

static void
add_inner_choices (GString * s, const GstCallSdpLine * line)
{
  add_choice (s, get_first (line), line->media.index);
  if (has_other (line))
    add_choice (s, &line->beside, line->media.index);
}

static void
add_extmap (GString * s, const GstCallSdpLine * line)
{
  if (line->twcc_id != 0)
    g_string_append_printf (s, "a=extmap:%u " GST_CALL_EXT_TWCC "\r\n",
        line->twcc_id);
  if (line->mid_id != 0)
    g_string_append_printf (s, "a=extmap:%u " GST_CALL_EXT_MID "\r\n",
        line->mid_id);
}

static gboolean
has_ssrc (const GstCallSdpSection * section, guint32 ssrc)
{
  for (guint i = 0; i < section->ssrcs->len; i++) {
    if (g_array_index (section->ssrcs, GstCallSdpSsrc, i).ssrc == ssrc)
      return TRUE;
  }
  return FALSE;
}

/* The RTX stream of a stream that is not there */
static gboolean
is_orphan (const GstCallSdpSection * section, guint32 ssrc)
{
  for (guint i = 0; i < section->fids->len; i++) {
    GstCallSdpFid *fid = &g_array_index (section->fids, GstCallSdpFid, i);

    if (fid->rtx == ssrc && !has_ssrc (section, fid->primary))
      return TRUE;
  }
  return FALSE;
}

static void
add_ssrcs (GString * s, const GstCallSdpSection * section, const gchar * msid)
{
  for (guint i = 0; i < section->fids->len; i++) {
    GstCallSdpFid *fid = &g_array_index (section->fids, GstCallSdpFid, i);

    if (has_ssrc (section, fid->primary) && has_ssrc (section, fid->rtx))
      g_string_append_printf (s, "a=ssrc-group:FID %u %u\r\n", fid->primary,
          fid->rtx);
  }
  for (guint i = 0; i < section->ssrcs->len; i++) {
    GstCallSdpSsrc *ssrc = &g_array_index (section->ssrcs, GstCallSdpSsrc, i);
    const gchar *own = msid != NULL ? msid : ssrc->msid;

    if (ssrc->ssrc == 0 || is_orphan (section, ssrc->ssrc))
      continue;
    if (ssrc->cname != NULL)
      g_string_append_printf (s, "a=ssrc:%u cname:%s\r\n", ssrc->ssrc,
          ssrc->cname);
    if (own != NULL)
      g_string_append_printf (s, "a=ssrc:%u msid:%s\r\n", ssrc->ssrc, own);
  }
}

/* --- inner remote ------------------------------------------------------- */

static gboolean
can_resolve_mdns (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return major > 1 || minor >= 24;
}

static void
add_candidates (GString * s, const GstCallSdpSection * section)
{
  for (guint i = 0; i < section->candidates->len; i++) {
    const gchar *candidate = g_ptr_array_index (section->candidates, i);

    if (gst_call_sdp_candidate_is_valid (candidate)
        && (can_resolve_mdns () || !gst_call_sdp_candidate_is_mdns (candidate)))
      g_string_append_printf (s, "a=candidate:%s\r\n", candidate);
  }
}

static void
add_inner_data (GString * s, const GstCallSdpLine * line)
{
  if (line->inner_dead)
    return;
  g_string_append_printf (s, "a=sctp-port:%u\r\na=max-message-size:%u\r\n",
      line->sctp_port != 0 ? line->sctp_port : 5000,
      (guint) MIN (line->max_message_size, GST_CALL_SDP_MAX_MESSAGE_SIZE));
}

static void
add_inner_rtp (GString * s, const GstCallSdpLine * line,
    const GstCallSdpSection * section, GstCallSdpType type)
{
  GstCallDirection direction = GST_CALL_SENDRECV;

  if (type == GST_CALL_SDP_ANSWER)
    direction = gst_call_direction_reverse (line->inner_direction);
  g_string_append_printf (s, "a=%s\r\na=rtcp-mux\r\n",
      direction_name (direction));
  if (line->rtcp_rsize)
    g_string_append (s, "a=rtcp-rsize\r\n");
  add_extmap (s, line);
  add_inner_choices (s, line);
  if (section != NULL)
    add_ssrcs (s, section, section->msid);
}

/* section: of the peer, NULL: the line is not on the wire now */
static void
add_inner_line (GString * s, const GstCallSdpSession * session,
    const GstCallSdpLine * line, const GstCallSdpSection * section,
    GstCallSdpType type)
{
  GstCallSdpSetup setup = GST_CALL_SETUP_ACTPASS;

  if (type == GST_CALL_SDP_ANSWER)
    setup = opposite (session->role);
  if (line->media.kind == GST_CALL_KIND_DATA) {
    g_string_append_printf (s, "m=application %u UDP/DTLS/SCTP "
        "webrtc-datachannel", line->inner_dead ? 0 : 9);
  } else {
    g_string_append_printf (s, "m=%s 9 UDP/TLS/RTP/SAVPF",
        gst_call_kind_name (line->media.kind));
    add_inner_pts (s, line);
  }
  g_string_append_printf (s, "\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\n",
      line->inner_mid);
  add_transport (s, session->remote.ufrag, session->remote.pwd,
      session->remote.fingerprints[0], setup);
  if (line->media.kind == GST_CALL_KIND_DATA)
    add_inner_data (s, line);
  else
    add_inner_rtp (s, line, section, type);
}

gchar *
gst_call_sdp_write_inner_remote (const GstCallSdpSession * session,
    const GstCallSdpDesc * desc, GstCallSdpType type, guint version)
{
  GString *s = g_string_new (NULL);

  add_head (s, 1, version);
  add_bundle (s, session, session->inner_tag, session->lines->len, inner_mid);
  g_string_append (s, "a=ice-options:trickle\r\n");
  if (session->remote.ice_lite)
    g_string_append (s, "a=ice-lite\r\n");
  for (guint i = 0; i < session->lines->len; i++) {
    const GstCallSdpLine *line = gst_call_sdp_session_line (session, i);

    add_inner_line (s, session, line,
        line->wire < 0 ? NULL : gst_call_sdp_desc_get (desc, line->wire), type);
    if ((gint) i == session->inner_tag)
      add_candidates (s, gst_call_sdp_desc_get (desc, desc->tag));
  }
  return g_string_free (s, FALSE);
}

/* --- inner local -------------------------------------------------------- */

static gboolean
is_direction (const gchar * line)
{
  return strcmp (line, "a=sendrecv") == 0 || strcmp (line, "a=sendonly") == 0
      || strcmp (line, "a=recvonly") == 0 || strcmp (line, "a=inactive") == 0;
}

static void
add_inner_missing (GString * s, const GstCallSdpLine * line,
    GstCallSdpType type)
{
  if (line->media.kind == GST_CALL_KIND_DATA) {
    g_string_append_printf (s, "a=max-message-size:%u\r\n",
        GST_CALL_SDP_MAX_MESSAGE_SIZE);
    return;
  }
  if (is_agreed (line))
    add_inner_choices (s, line);
  if (type == GST_CALL_SDP_OFFER)
    return;
  add_extmap (s, line);
  if (line->rtcp_rsize)
    g_string_append (s, "a=rtcp-rsize\r\n");
}

/* The text that takes the place of one line of webrtcbin's, or NULL */
static gchar *
replacement (const GstCallSdpSession * session, const GstCallSdpLine * line,
    const GstCallSdpSection * tag, const gchar * text, GstCallSdpType type)
{
  gboolean answer = type == GST_CALL_SDP_ANSWER;

  if (g_str_has_prefix (text, "a=setup:"))
    return g_strdup_printf ("a=setup:%s\r\n",
        setup_name (answer ? session->role : GST_CALL_SETUP_ACTPASS));
  if (is_direction (text))
    return g_strdup_printf ("a=%s\r\n", direction_name (line->inner_direction));
  if (g_str_has_prefix (text, "a=max-message-size:"))
    return g_strdup ("");
  if (is_agreed (line) && (g_str_has_prefix (text, "a=rtpmap:")
          || g_str_has_prefix (text, "a=fmtp:")
          || g_str_has_prefix (text, "a=rtcp-fb:")))
    return g_strdup ("");
  if (answer && (g_str_has_prefix (text, "a=extmap:")
          || strcmp (text, "a=rtcp-rsize") == 0))
    return g_strdup ("");
  /* webrtcbin copies a dead line with all that is the peer's, and then finds
   * that its fingerprints differ */
  if (!answer || !line->inner_dead)
    return NULL;
  if (g_str_has_prefix (text, "a=fingerprint:"))
    return g_strdup_printf ("a=fingerprint:%s\r\n",
        (gchar *) g_ptr_array_index (tag->fingerprints, 0));
  if (g_str_has_prefix (text, "a=ice-ufrag:"))
    return g_strdup_printf ("a=ice-ufrag:%s\r\n", tag->ufrag);
  if (g_str_has_prefix (text, "a=ice-pwd:"))
    return g_strdup_printf ("a=ice-pwd:%s\r\n", tag->pwd);
  return NULL;
}

/* What is agreed in place of what webrtcbin found, or NULL */
static gchar *
inner_m_line (const GstCallSdpLine * line, const gchar * text)
{
  g_auto (GStrv) part = g_strsplit (text, " ", 4);
  GString *s;

  if (!is_agreed (line) || g_strv_length (part) < 4)
    return NULL;
  s = g_string_new (NULL);
  g_string_append_printf (s, "%s %s %s", part[0], part[1], part[2]);
  add_inner_pts (s, line);
  g_string_append (s, "\r\n");
  return g_string_free (s, FALSE);
}

gchar *
gst_call_sdp_write_inner_local (const GstCallSdpSession * session,
    const gchar * made, const GstCallSdpDesc * desc, GstCallSdpType type)
{
  g_auto (GStrv) text = g_strsplit (made, "\n", -1);
  GString *s = g_string_new (NULL);
  const GstCallSdpLine *line = NULL;
  const GstCallSdpSection *tag = gst_call_sdp_desc_get (desc, desc->tag);
  guint index = 0;

  for (guint i = 0; text[i] != NULL; i++) {
    g_autofree gchar *other = NULL;

    g_strchomp (text[i]);
    if (g_str_has_prefix (text[i], "m=")) {
      if (line != NULL)
        add_inner_missing (s, line, type);
      line = gst_call_sdp_session_line (session, index++);
      other = inner_m_line (line, text[i]);
    } else if (line != NULL) {
      other = replacement (session, line, tag, text[i], type);
    }
    if (other != NULL)
      g_string_append (s, other);
    else if (*text[i] != '\0')
      g_string_append_printf (s, "%s\r\n", text[i]);
  }
  if (line != NULL)
    add_inner_missing (s, line, type);
  return g_string_free (s, FALSE);
}

/* --- wire ---------------------------------------------------------------- */

static void
add_wire_rejected (GString * s, const GstCallSdpWire * wire)
{
  gboolean data = wire->kind == GST_CALL_KIND_DATA;
  const gchar *proto = data ? "UDP/DTLS/SCTP" : "UDP/TLS/RTP/SAVPF";
  const gchar *format = data ? "webrtc-datachannel" : "0";

  g_string_append_printf (s, "m=%s 0 %s %s\r\nc=IN IP4 0.0.0.0\r\n",
      gst_call_kind_name (wire->kind),
      wire->proto != NULL ? wire->proto : proto,
      wire->first_format != NULL ? wire->first_format : format);
  if (wire->mid != NULL)
    g_string_append_printf (s, "a=mid:%s\r\n", wire->mid);
  if (!data)
    g_string_append (s, "a=inactive\r\n");
}

static void
add_wire_rtp (GString * s, const GstCallSdpLine * line,
    const GstCallSdpSection * made, GstCallSdpType type)
{
  GstCallDirection direction =
      type == GST_CALL_SDP_OFFER ? line->offered : line->media.direction;

  g_string_append_printf (s, "a=%s\r\na=rtcp-mux\r\n",
      direction_name (direction));
  if (type == GST_CALL_SDP_OFFER || line->rtcp_rsize)
    g_string_append (s, "a=rtcp-rsize\r\n");
  add_extmap (s, line);
  if (type == GST_CALL_SDP_ANSWER) {
    add_choice (s, &line->choice, -1);
  } else {
    for (guint i = 0; i < line->offers->len; i++)
      add_choice (s, &g_array_index (line->offers, GstCallSdpChoice, i), -1);
  }
  if (direction & GST_CALL_SEND) {
    g_autofree gchar *msid =
        g_strdup_printf ("%s %s", line->msid_stream, line->msid_track);

    g_string_append_printf (s, "a=msid:%s\r\n", msid);
    add_ssrcs (s, made, msid);
  }
}

static void
add_wire_m_line (GString * s, const GstCallSdpWire * wire,
    const GstCallSdpLine * line, GstCallSdpType type)
{
  if (line->media.kind == GST_CALL_KIND_DATA) {
    g_string_append (s, "m=application 9 UDP/DTLS/SCTP webrtc-datachannel");
    return;
  }
  g_string_append_printf (s, "m=%s 9 %s",
      gst_call_kind_name (line->media.kind),
      type == GST_CALL_SDP_ANSWER && wire->proto != NULL
      ? wire->proto : "UDP/TLS/RTP/SAVPF");
  if (type == GST_CALL_SDP_ANSWER) {
    add_choice_pts (s, &line->choice);
  } else {
    for (guint i = 0; i < line->offers->len; i++)
      add_choice_pts (s, &g_array_index (line->offers, GstCallSdpChoice, i));
  }
}

static void
add_wire_line (GString * s, const GstCallSdpSession * session,
    const GstCallSdpWire * wire, const GstCallSdpDesc * made,
    GstCallSdpType type)
{
  const GstCallSdpLine *line = gst_call_sdp_wire_line (session, wire);
  const GstCallSdpSection *tag = gst_call_sdp_desc_get (made, made->tag);

  if (line == NULL) {
    add_wire_rejected (s, wire);
    return;
  }
  add_wire_m_line (s, wire, line, type);
  g_string_append_printf (s, "\r\nc=IN IP4 0.0.0.0\r\na=mid:%s\r\n", wire->mid);
  add_transport (s, tag->ufrag, tag->pwd,
      g_ptr_array_index (tag->fingerprints, 0),
      type == GST_CALL_SDP_OFFER ? GST_CALL_SETUP_ACTPASS : session->role);
  if (line->media.kind == GST_CALL_KIND_DATA)
    g_string_append_printf (s, "a=sctp-port:5000\r\na=max-message-size:%u\r\n",
        GST_CALL_SDP_MAX_MESSAGE_SIZE);
  else
    add_wire_rtp (s, line, gst_call_sdp_desc_get (made, wire->line), type);
}

gchar *
gst_call_sdp_write_wire (const GstCallSdp * self,
    const GstCallSdpSession * session, const GstCallSdpDesc * made,
    GstCallSdpType type)
{
  GString *s = g_string_new (NULL);

  add_head (s, self->session_id, self->version);
  add_bundle (s, session, session->wire_tag, session->wire->len, wire_mid);
  g_string_append (s, "a=ice-options:trickle\r\na=msid-semantic: WMS *\r\n");
  for (guint i = 0; i < session->wire->len; i++)
    add_wire_line (s, session, gst_call_sdp_session_wire (session, i), made,
        type);
  return g_string_free (s, FALSE);
}
