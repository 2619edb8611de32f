/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What one description does to one m-line inside.
 *
 * There it lives for ever and never changes its kind, mid or direction; the
 * wire may stop it, recycle it with another mid and turn its direction as RFC
 * 8829 allows.
 *
 *   rule                               needed by
 *   ---------------------------------  ---------------------------------------
 *   inner direction is pinned          1.22: "transceiver direction changes
 *                                      are not implemented", half-applied
 *   inner mid is pinned                1.26…1.28: g_assert in create-answer
 *   the first codec is pinned, too:    create-answer and create-offer intersect
 *   another one only comes beside it   with codec-preferences and with the caps
 *                                      that its pads have had
 *   rejected lines stay alive inside   all: create-offer leaves out m-lines
 *                                      without transceiver and asserts on the
 *                                      place of the data channel
 *   data rejected from the start is    all: SCTP would try to reach nobody and
 *   port 0 inside as well              end in an element error
 *   wire = wish ∩ offer ∩ inner        RFC 3264 section 6.1; webrtcbin looks
 *                                      at its transceiver only
 */
#include "gstcallsdp-priv.h"

#include <string.h>

const gchar *
gst_call_kind_name (GstCallKind kind)
{
  static const gchar *const names[] = { "audio", "video", "application" };

  return names[kind];
}

GstCallDirection
gst_call_direction_reverse (GstCallDirection direction)
{
  return ((direction & GST_CALL_SEND) ? GST_CALL_RECV : 0)
      | ((direction & GST_CALL_RECV) ? GST_CALL_SEND : 0);
}

GstCallSdpLine *
gst_call_sdp_line_new (GstCallKind kind, guint index)
{
  GstCallSdpLine *line = g_new0 (GstCallSdpLine, 1);

  line->media.kind = kind;
  line->wire = -1;
  line->media.index = index;
  line->media.rtx_payload = -1;
  line->choice.rtx_pt = -1;
  line->inner.rtx_pt = -1;
  line->inner_direction = GST_CALL_SENDRECV;
  line->remote = GST_CALL_SENDRECV;
  return line;
}

GstCallSdpLine *
gst_call_sdp_line_copy (const GstCallSdpLine * line)
{
  GstCallSdpLine *copy = g_memdup2 (line, sizeof (*line));

  copy->media.mid = g_strdup (line->media.mid);
  if (copy->media.caps != NULL)
    gst_caps_ref (copy->media.caps);
  if (copy->media.inner_caps != NULL)
    gst_caps_ref (copy->media.inner_caps);
  copy->inner_mid = g_strdup (line->inner_mid);
  if (copy->offers != NULL)
    g_array_ref (copy->offers);
  copy->msid_stream = g_strdup (line->msid_stream);
  copy->msid_track = g_strdup (line->msid_track);
  return copy;
}

void
gst_call_sdp_line_free (GstCallSdpLine * line)
{
  g_free (line->media.mid);
  gst_clear_caps (&line->media.caps);
  gst_clear_caps (&line->media.inner_caps);
  g_free (line->inner_mid);
  g_clear_pointer (&line->offers, g_array_unref);
  g_free (line->msid_stream);
  g_free (line->msid_track);
  g_free (line);
}

/* The MID extension carries the inner mid, so it may stand only where that is
 * the wire's too, and where it fits the one-byte form (RFC 8285). */
static void
choose_extensions (const GstCallSdpSession * session, GstCallSdpLine * line,
    const GstCallSdpSection * section)
{
  gboolean rtp = line->media.kind != GST_CALL_KIND_DATA;

  line->twcc_id = line->mid_id = 0;
  if (!rtp)
    return;
  if (section->twcc_id == session->twcc_id
      && (line->choice.feedback & GST_CALL_FB_TRANSPORT_CC))
    line->twcc_id = section->twcc_id;
  if (section->mid_id == session->mid_id && line->media.mid != NULL
      && g_strcmp0 (line->inner_mid, line->media.mid) == 0
      && strlen (line->media.mid) <= 16)
    line->mid_id = section->mid_id;
}

static GstCaps *
line_caps (const GstCallSdpLine * line, const GstCallSdpChoice * choice)
{
  return gst_call_sdp_choice_caps (choice, line->media.index,
      line->mid_id != 0 ? line->inner_mid : NULL, line->twcc_id, line->mid_id);
}

void
gst_call_sdp_line_publish (GstCallSdpLine * line)
{
  GstCallSdpMedia *media = &line->media;

  gst_clear_caps (&media->caps);
  gst_clear_caps (&media->inner_caps);
  media->encoding_name = NULL;
  media->payload = 0;
  media->rtx_payload = -1;
  media->clock_rate = 0;
  if (media->rejected)
    media->direction = GST_CALL_INACTIVE;
  if (media->rejected || line->choice.codec == NULL)
    return;
  media->encoding_name = line->choice.codec->name;
  media->payload = line->choice.pt;
  media->rtx_payload = line->choice.rtx_pt;
  media->clock_rate = line->choice.codec->clock_rate;
  media->caps = line_caps (line, &line->choice);
  media->inner_caps = line_caps (line,
      line->inner.codec != NULL ? &line->inner : &line->choice);
}

static gboolean
has_codec (const GArray * choices, const GstCallSdpCodec * codec)
{
  for (guint i = 0; i < choices->len; i++) {
    if (g_array_index (choices, GstCallSdpChoice, i).codec == codec)
      return TRUE;
  }
  return FALSE;
}

static gboolean
has_number (const GArray * choices, gint pt)
{
  for (guint i = 0; i < choices->len; i++) {
    GstCallSdpChoice *choice = &g_array_index (choices, GstCallSdpChoice, i);

    if (pt >= 0 && (pt == (gint) choice->pt || pt == choice->rtx_pt))
      return TRUE;
  }
  return FALSE;
}

/* Those whose codec is not there yet, and whose numbers nothing else has by now.
 * others: may be NULL */
static void
add_missing (GArray * choices, const GArray * others)
{
  for (guint i = 0; others != NULL && i < others->len; i++) {
    GstCallSdpChoice *other = &g_array_index (others, GstCallSdpChoice, i);

    if (!has_codec (choices, other->codec) && !has_number (choices, other->pt)
        && !has_number (choices, other->rtx_pt))
      g_array_append_val (choices, *other);
  }
}

/* Not, if there are no numbers left */
static void
add_offer_choice (const GstCallSdpSession * session, GArray * choices,
    const GstCallSdpCodec * codec)
{
  GstCallSdpChoice choice = { codec, codec->pt, codec->rtx_pt,
    codec->feedback, 0
  };
  guint64 taken[2] = { session->used_pts[0], session->used_pts[1] };
  guint pts[2] = { codec->pt, MAX (codec->rtx_pt, 0) };

  for (guint i = 0; i < choices->len; i++) {
    GstCallSdpChoice *other = &g_array_index (choices, GstCallSdpChoice, i);

    taken[other->pt / 64] |= G_GUINT64_CONSTANT (1) << (other->pt % 64);
    if (other->rtx_pt >= 0)
      taken[other->rtx_pt / 64] |=
          G_GUINT64_CONSTANT (1) << (other->rtx_pt % 64);
  }
  for (guint i = 0; i < (codec->rtx_pt >= 0 ? 2 : 1); i++) {
    guint pt = pts[i], tries = 0;

    while (taken[pt / 64] & (G_GUINT64_CONSTANT (1) << (pt % 64))) {
      if (++tries == 32)
        return;
      pt = pt == 127 ? 96 : pt + 1;
    }
    taken[pt / 64] |= G_GUINT64_CONSTANT (1) << (pt % 64);
    pts[i] = pt;
  }
  choice.pt = pts[0];
  if (codec->rtx_pt >= 0)
    choice.rtx_pt = pts[1];
  g_array_append_val (choices, choice);
}

/* All that we have: what the peer did not offer last, or never, it may prefer by
 * the time that we offer (RFC 8829 section 5.2.2). */
static void
add_rest (GstCallSdp * self, const GstCallSdpSession * session,
    GstCallKind kind, GArray * choices)
{
  for (guint i = 0; self->codecs[kind][i] != NULL; i++) {
    const GstCallSdpCodec *codec =
        gst_call_sdp_codec_find (self->codecs[kind][i]);

    if (codec != NULL && codec->kind == kind && !has_codec (choices, codec))
      add_offer_choice (session, choices, codec);
  }
}

/* In one bundle a payload type means one codec (RFC 9143 section 9.1): what
 * is agreed on another line of the kind is offered as it is there, and fresh
 * codecs keep off the numbers that the peer uses. */
GArray *
gst_call_sdp_offer_choices (GstCallSdp * self,
    const GstCallSdpSession * session, GstCallKind kind)
{
  GArray *choices = g_array_new (FALSE, TRUE, sizeof (GstCallSdpChoice));

  for (guint i = 0; i < session->lines->len; i++) {
    const GstCallSdpLine *line = gst_call_sdp_session_line (session, i);

    if (line->media.kind == kind && !line->media.rejected
        && line->choice.codec != NULL) {
      g_array_append_val (choices, line->choice);
      return choices;
    }
  }
  add_rest (self, session, kind, choices);
  return choices;
}

/* wanted, or the next id that the peer does not use for something else */
guint
gst_call_sdp_ext_id (const GstCallSdpSession * session, guint wanted)
{
  for (guint id = wanted; id <= 14; id++) {
    if (!(session->used_ids & (1u << id)))
      return id;
  }
  return 0;
}

static void
take_common (GstCallSdpLine * line, const GstCallSdpSection * section)
{
  line->remote = section->direction;
  line->rtcp_rsize = section->rtcp_rsize;
  if (section->kind == GST_CALL_KIND_DATA) {
    line->sctp_port = section->sctp_port != 0 ? section->sctp_port : 5000;
    line->max_message_size = section->max_message_size;
    line->remote = GST_CALL_SENDRECV;
  }
}

void
gst_call_sdp_line_take_offer (GstCallSdp * self, GstCallSdpSession * session,
    GstCallSdpLine * line, const GstCallSdpSection * section,
    const GstCallSdpChoice * choice)
{
  g_autoptr (GArray) before = g_steal_pointer (&line->offers);

  if (section->kind != GST_CALL_KIND_DATA) {
    line->offers = gst_call_sdp_choices_of_offer (section,
        (const gchar * const *) self->codecs[section->kind]);
    add_missing (line->offers, before);
  }
  line->choice = line->beside = *choice;
  take_common (line, section);
  choose_extensions (session, line, section);
  line->media.direction = self->wish[line->media.kind] & line->inner_direction
      & gst_call_direction_reverse (line->remote);
  gst_call_sdp_line_publish (line);
}

gboolean
gst_call_sdp_line_take_answer (GstCallSdpSession * session,
    GstCallSdpLine * line, const GstCallSdpSection * section, gboolean usable,
    gboolean * no_codec)
{
  GstCallSdpChoice choice = { NULL, 0, -1, 0, 0 };

  take_common (line, section);
  if (usable && section->kind != GST_CALL_KIND_DATA) {
    usable = gst_call_sdp_choose_from_answer (section, NULL, line->offers,
        &choice);
    *no_codec |= !usable;
    if (usable)
      line->choice = line->beside = choice;
  }
  /* inside it gets its first answer, be it rejected on the wire */
  if (line->choice.codec == NULL && line->offers != NULL
      && line->offers->len > 0)
    line->choice = g_array_index (line->offers, GstCallSdpChoice, 0);
  if (line->media.kind == GST_CALL_KIND_DATA && !usable)
    line->inner_dead |= !line->negotiated;
  if (!line->negotiated)
    line->inner = line->choice;
  if (usable && section->kind != GST_CALL_KIND_DATA
      && line->choice.codec == line->inner.codec
      && gst_call_sdp_choose_from_answer (section, line->inner.codec,
          line->offers, &choice))
    line->beside = choice;
  choose_extensions (session, line, section);
  line->media.direction =
      line->offered & gst_call_direction_reverse (line->remote);
  line->negotiated = TRUE;
  gst_call_sdp_line_publish (line);
  return usable;
}

/* A stream id once said stays (RFC 8829 section 5.2.2). webrtcbin's own
 * default is the cname, known only once a pad has caps: then all lines share
 * one id of ours, which is what makes browsers play them in step. An id that
 * the application set on the sink pad is kept. */
static void
take_msid (GstCallSdp * self, GstCallSdpLine * line,
    const GstCallSdpSection * section)
{
  if (line->msid_stream != NULL || line->media.kind == GST_CALL_KIND_DATA)
    return;
  for (guint i = 0; i < section->ssrcs->len && line->msid_stream == NULL; i++) {
    GstCallSdpSsrc *ssrc = &g_array_index (section->ssrcs, GstCallSdpSsrc, i);
    gsize len = ssrc->msid != NULL ? strcspn (ssrc->msid, " ") : 0;

    if (len > 0 && (ssrc->cname == NULL || strlen (ssrc->cname) != len
            || strncmp (ssrc->msid, ssrc->cname, len) != 0))
      line->msid_stream = g_strndup (ssrc->msid, len);
  }
  if (line->msid_stream == NULL)
    line->msid_stream = g_strdup (self->stream_id);
  line->msid_track = g_strdup_printf ("%s-%u-%08x",
      gst_call_kind_name (line->media.kind), line->media.index,
      (guint32) self->session_id);
}

/* do-nack is off on this transceiver: then it can neither ask for lost packets
 * nor tell RTX packets, which browsers also send as padding, from strangers. */
static void
drop_rtx_if_off (const GstCallSdpSection * made, GstCallSdpChoice * choice)
{
  for (guint i = 0; i < made->formats->len; i++) {
    const GstCallSdpFormat *format =
        &g_array_index (made->formats, GstCallSdpFormat, i);

    if (format->name != NULL && g_ascii_strcasecmp (format->name, "rtx") == 0)
      return;
  }
  choice->rtx_pt = -1;
  choice->feedback &= ~GST_CALL_FB_NACK;
}

/* What is in use is offered again before what could be. */
static void
put_first (GstCallSdp * self, const GstCallSdpSession * session,
    GstCallSdpLine * line)
{
  g_autoptr (GArray) others = g_steal_pointer (&line->offers);

  line->offers = g_array_new (FALSE, TRUE, sizeof (GstCallSdpChoice));
  g_array_append_val (line->offers, line->choice);
  add_missing (line->offers, others);
  add_rest (self, session, line->media.kind, line->offers);
}

static void
take_made_offer (GstCallSdp * self, GstCallSdpSession * session,
    GstCallSdpLine * line, const GstCallSdpSection * section)
{
  line->offered = line->media.kind == GST_CALL_KIND_DATA ? GST_CALL_SENDRECV
      : (GstCallDirection) (self->wish[line->media.kind]
      & line->inner_direction);
  if (!line->negotiated)
    line->media.direction = line->offered;
  if (line->media.kind == GST_CALL_KIND_DATA || line->media.rejected)
    return;
  if (line->choice.codec != NULL)
    put_first (self, session, line);
  else if (line->offers == NULL)
    line->offers = gst_call_sdp_offer_choices (self, session, line->media.kind);
  if (line->negotiated)
    return;
  line->twcc_id = session->twcc_id;
  if (g_strcmp0 (line->inner_mid, line->media.mid) == 0
      && strlen (line->inner_mid) <= 16)
    line->mid_id = session->mid_id;
}

static void
take_made_answer (GstCallSdp * self, GstCallSdpLine * line,
    const GstCallSdpSection * section)
{
  drop_rtx_if_off (section, &line->choice);
  line->beside = line->choice;
  if (!line->negotiated)
    line->inner = line->choice;
  line->negotiated = TRUE;
  if (line->media.kind == GST_CALL_KIND_DATA)
    line->media.direction = GST_CALL_SENDRECV;
  else
    line->media.direction = self->wish[line->media.kind]
        & line->inner_direction & gst_call_direction_reverse (line->remote);
  gst_call_sdp_line_publish (line);
}

/* webrtcbin makes up another SSRC for RTX with each description, but goes on
 * sending with the first one */
static void
keep_fid (GstCallSdpLine * line, const GstCallSdpSection * section)
{
  for (guint i = 0; i < section->fids->len; i++) {
    GstCallSdpFid *fid = &g_array_index (section->fids, GstCallSdpFid, i);
    guint32 made = fid->rtx;

    if (fid->primary == 0 || fid->rtx == 0)
      continue;
    if (line->fid.primary != fid->primary)
      line->fid = *fid;
    fid->rtx = line->fid.rtx;
    for (guint j = 0; j < section->ssrcs->len; j++) {
      GstCallSdpSsrc *ssrc = &g_array_index (section->ssrcs, GstCallSdpSsrc, j);

      if (ssrc->ssrc == made)
        ssrc->ssrc = fid->rtx;
    }
  }
}

gboolean
gst_call_sdp_line_take_made (GstCallSdp * self, GstCallSdpSession * session,
    GstCallSdpLine * line, const GstCallSdpSection * section,
    GstCallSdpType type, GError ** error)
{
  if (section->kind != line->media.kind
      || g_strcmp0 (section->mid, line->inner_mid) != 0) {
    g_set_error (error, GST_CALL_SDP_ERROR, GST_CALL_SDP_ERROR_STATE,
        "webrtcbin changed m-line %u from %s \"%s\" to %s \"%s\"",
        line->media.index, gst_call_kind_name (line->media.kind),
        line->inner_mid, gst_call_kind_name (section->kind), section->mid);
    return FALSE;
  }
  if (!line->negotiated && section->kind != GST_CALL_KIND_DATA)
    line->inner_direction = section->direction;
  take_msid (self, line, section);
  keep_fid (line, section);
  if (type == GST_CALL_SDP_OFFER)
    take_made_offer (self, session, line, section);
  else
    take_made_answer (self, line, section);
  return TRUE;
}
