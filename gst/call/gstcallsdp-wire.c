/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which m-line of the wire has which m-line inside.
 *
 *   wire    0 audio   1 video   2 data   3 (dead)   4 audio
 *             │         │         │                    │
 *   inside  0 audio   1 video   2 data   3 video     4 audio
 *
 * Neither side ever loses an m-line, but on the wire one may be stopped, and
 * then recycled with another mid and even as another kind (RFC 8829 section
 * 5.2.2; browsers do: a screen with sound, and next time one without). A
 * transceiver of webrtcbin cannot do that. So an m-line that is dead on the
 * wire has none inside, and one that comes to life takes the first one of its
 * kind that is free, or a new one.
 *
 * The first one inside is never data: a stream whose SSRC the SDP does not name
 * is given to it, and webrtcbin (1.22…1.28) asserts that it has a transceiver.
 * Any peer can send such a stream. Where data comes first on the wire, sound of
 * nobody stands before it inside, the ground line.
 */
#include "gstcallsdp-priv.h"

GstCallSdpWire *
gst_call_sdp_wire_new (GstCallKind kind, guint index)
{
  GstCallSdpWire *wire = g_new0 (GstCallSdpWire, 1);

  wire->kind = kind;
  wire->index = index;
  wire->line = -1;
  return wire;
}

GstCallSdpWire *
gst_call_sdp_wire_copy (const GstCallSdpWire * wire)
{
  GstCallSdpWire *copy = g_memdup2 (wire, sizeof (*wire));

  copy->mid = g_strdup (wire->mid);
  copy->proto = g_strdup (wire->proto);
  copy->first_format = g_strdup (wire->first_format);
  return copy;
}

void
gst_call_sdp_wire_free (GstCallSdpWire * wire)
{
  g_free (wire->mid);
  g_free (wire->proto);
  g_free (wire->first_format);
  g_free (wire);
}

GstCallSdpWire *
gst_call_sdp_session_wire (const GstCallSdpSession * session, guint index)
{
  return g_ptr_array_index (session->wire, index);
}

GstCallSdpLine *
gst_call_sdp_wire_line (const GstCallSdpSession * session,
    const GstCallSdpWire * wire)
{
  return wire->line < 0 ? NULL
      : gst_call_sdp_session_line (session, wire->line);
}

void
gst_call_sdp_wire_attach (GstCallSdpWire * wire, GstCallSdpLine * line)
{
  wire->line = line->media.index;
  line->wire = wire->index;
  line->media.rejected = FALSE;
  g_free (line->media.mid);
  line->media.mid = g_strdup (wire->mid);
}

void
gst_call_sdp_wire_drop (const GstCallSdpSession * session,
    GstCallSdpWire * wire)
{
  GstCallSdpLine *line = gst_call_sdp_wire_line (session, wire);

  wire->line = -1;
  if (line == NULL)
    return;
  line->wire = -1;
  line->media.rejected = TRUE;
  g_clear_pointer (&line->media.mid, g_free);
  gst_call_sdp_line_publish (line);
}

/* The first one inside is the one that we send on. */
static GstCallSdpLine *
find_free (const GstCallSdpSession * session, GstCallKind kind)
{
  for (guint i = 0; i < session->lines->len; i++) {
    GstCallSdpLine *line = gst_call_sdp_session_line (session, i);

    /* once it is negotiated nothing can be sent on the ground line */
    if (line->media.kind == kind && line->wire < 0 && !line->inner_dead
        && !(line->ground && line->negotiated))
      return line;
  }
  return NULL;
}

/* webrtcbin has one m-line for data in its life. */
static gboolean
has_dead_data (const GstCallSdpSession * session)
{
  for (guint i = 0; i < session->lines->len; i++) {
    if (gst_call_sdp_session_line (session, i)->inner_dead)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_rtp_profile (const gchar * proto)
{
  static const gchar *const known[] = { "UDP/TLS/RTP/SAVPF",
    "UDP/TLS/RTP/SAVP", "TCP/DTLS/RTP/SAVPF", "TCP/DTLS/RTP/SAVP",
    "TCP/TLS/RTP/SAVPF", "RTP/SAVPF", "RTP/SAVP", NULL
  };

  return g_strv_contains (known, proto);
}

/* Could this section be part of our one transport? */
static gboolean
is_usable (const GstCallSdpSession * session, const GstCallSdpSection * section)
{
  if (!section->in_bundle || !gst_call_sdp_section_is_alive (section))
    return FALSE;
  if (section->kind == GST_CALL_KIND_DATA)
    return section->data_channel && !has_dead_data (session);
  return is_rtp_profile (section->proto);
}

/* JSEP 5.10: the mid of a living m-line stays; a dead one may be recycled
 * with another mid. */
static gboolean
take_mid (GstCallSdpWire * wire, const GstCallSdpSection * section,
    GError ** error)
{
  if (wire->line >= 0 && g_strcmp0 (wire->mid, section->mid) != 0
      && gst_call_sdp_section_is_alive (section)) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
        "The peer's SDP is invalid: the mid of m-line %u changed from \"%s\" "
        "to \"%s\" while it was in use", wire->index, wire->mid, section->mid);
    return FALSE;
  }
  if (section->mid != NULL && g_strcmp0 (wire->mid, section->mid) != 0) {
    g_free (wire->mid);
    wire->mid = g_strdup (section->mid);
  }
  return TRUE;
}

/* What a mirror needs */
static void
take_form (GstCallSdpWire * wire, const GstCallSdpSection * section)
{
  wire->kind = section->kind;
  g_free (wire->proto);
  wire->proto = g_strdup (section->proto);
  g_free (wire->first_format);
  wire->first_format = g_strdup (section->first_format);
}

static GstCallSdpLine *
add_line (GstCallSdpSession * session, const GstCallSdpSection * section)
{
  GstCallSdpLine *line = gst_call_sdp_line_new (section->kind,
      session->lines->len);

  line->inner_mid = gst_call_sdp_new_inner_mid (session, section->mid);
  g_ptr_array_add (session->lines, line);
  return line;
}

/* One number for two codecs in a session (RFC 8829 forbids it) */
static gboolean
clashes (const GstCallSdpLine * line, const GstCallSdpChoice * choice)
{
  const GstCallSdpChoice *inner = &line->inner;
  gint pt = choice->pt, inner_pt = inner->pt;

  if (inner->codec == NULL)
    return FALSE;
  return (pt == inner_pt && choice->codec != inner->codec)
      || pt == inner->rtx_pt || choice->rtx_pt == inner_pt
      || (choice->rtx_pt >= 0 && choice->rtx_pt == inner->rtx_pt
      && pt != inner_pt);
}

/* A number that no browser gives to anything (RFC 3551: unassigned) */
#define GROUND_PT 20

static void
add_ground (GstCallSdpSession * session)
{
  GstCallSdpLine *line = gst_call_sdp_line_new (GST_CALL_KIND_AUDIO, 0);

  line->ground = TRUE;
  line->media.rejected = TRUE;
  line->inner_mid = gst_call_sdp_new_inner_mid (session, "ground");
  line->choice.codec = gst_call_sdp_codec_find ("OPUS");
  line->choice.pt = GROUND_PT;
  g_ptr_array_add (session->lines, line);
}

gboolean
gst_call_sdp_wire_take_offer (GstCallSdp * self, GstCallSdpSession * session,
    GstCallSdpWire * wire, const GstCallSdpSection * section,
    gboolean * no_codec, GError ** error)
{
  GstCallSdpChoice choice = { NULL, 0, -1, 0, 0 };
  gboolean usable = is_usable (session, section);
  GstCallSdpLine *line;

  if (!take_mid (wire, section, error))
    return FALSE;
  take_form (wire, section);
  line = wire->line >= 0 ? gst_call_sdp_wire_line (session, wire)
      : find_free (session, section->kind);
  if (usable && section->kind != GST_CALL_KIND_DATA) {
    usable = gst_call_sdp_choose_from_offer (section,
        (const gchar * const *) self->codecs[section->kind],
        line != NULL ? &line->choice : NULL, &choice);
    usable = usable && (line == NULL || !clashes (line, &choice));
    *no_codec |= !usable;
  }
  if (!usable || (line == NULL
          && session->lines->len == GST_CALL_SDP_MAX_MEDIA)) {
    gst_call_sdp_wire_drop (session, wire);
    return TRUE;
  }
  if (session->lines->len == 0 && section->kind == GST_CALL_KIND_DATA)
    add_ground (session);
  if (line == NULL)
    line = add_line (session, section);
  gst_call_sdp_wire_attach (wire, line);
  gst_call_sdp_line_take_offer (self, session, line, section, &choice);
  return TRUE;
}

gboolean
gst_call_sdp_wire_take_answer (GstCallSdpSession * session,
    GstCallSdpWire * wire, const GstCallSdpSection * section,
    gboolean * no_codec, GError ** error)
{
  GstCallSdpLine *line = gst_call_sdp_wire_line (session, wire);

  if (wire->kind != section->kind || (section->port != 0 && (line == NULL
              || g_strcmp0 (section->mid, wire->mid) != 0))) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_INVALID,
        "The peer's answer does not fit our offer in m-line %u", wire->index);
    return FALSE;
  }
  if (line != NULL && !gst_call_sdp_line_take_answer (session, line, section,
          section->port != 0 && is_usable (session, section), no_codec))
    gst_call_sdp_wire_drop (session, wire);
  return TRUE;
}
