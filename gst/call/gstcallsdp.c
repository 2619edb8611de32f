/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The SDP session of one peer: who may speak, which DTLS role is ours, which
 * certificate the peer named, and the m-lines.
 *
 *   stable ──send (offer)──▶ local offer ──receive (answer)──▶ stable
 *   stable ──receive (offer)──▶ remote offer ──send (answer)──▶ stable
 *
 * Everything is done on a copy of the session that replaces it at the end: a
 * description that is refused leaves no trace, as the half-applied errors of
 * webrtcbin 1.22 would.
 *
 *   rule                                    source
 *   --------------------------------------  ------------------------------
 *   the DTLS role never changes             RFC 8842 section 5.2
 *   nor do the fingerprints                 same: it would be a new
 *                                           association, which we do not do
 *   m-lines are added, never taken away     RFC 8829 section 5.2.2
 *   dead ones are recycled, as any kind     same (gstcallsdp-wire.c)
 *   one bundle of all m-lines in use        RFC 9143, max-bundle
 *   offers give way to nobody               who offers is fixed by the
 *                                           signalling protocol
 *
 * ICE credentials of both sides pass through here on every description
 * (gst_call_sdp_take_transport, gst_call_sdp_write_wire): the place for a restart.
 */
#include "gstcallsdp-priv.h"

#include <string.h>

G_DEFINE_QUARK (gst - call - sdp - error - quark, gst_call_sdp_error);

gboolean
gst_call_sdp_fail (GError ** error, GstCallSdpError code, const gchar * text)
{
  g_set_error_literal (error, GST_CALL_SDP_ERROR, code, text);
  return FALSE;
}

/* --- session ------------------------------------------------------------- */

static GstCallSdpSession *
session_new (void)
{
  GstCallSdpSession *session = g_new0 (GstCallSdpSession, 1);

  session->lines =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_sdp_line_free);
  session->wire =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_sdp_wire_free);
  session->inner_tag = -1;
  session->wire_tag = -1;
  return session;
}

static void
session_free (GstCallSdpSession * session)
{
  g_ptr_array_unref (session->lines);
  g_ptr_array_unref (session->wire);
  gst_call_sdp_transport_clear (&session->remote);
  g_free (session);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallSdpSession, session_free);

static GstCallSdpSession *
session_copy (const GstCallSdpSession * session)
{
  GstCallSdpSession *copy = g_memdup2 (session, sizeof (*session));

  copy->lines =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_sdp_line_free);
  for (guint i = 0; i < session->lines->len; i++)
    g_ptr_array_add (copy->lines,
        gst_call_sdp_line_copy (gst_call_sdp_session_line (session, i)));
  copy->wire =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_sdp_wire_free);
  for (guint i = 0; i < session->wire->len; i++)
    g_ptr_array_add (copy->wire,
        gst_call_sdp_wire_copy (gst_call_sdp_session_wire (session, i)));
  copy->remote.ufrag = g_strdup (session->remote.ufrag);
  copy->remote.pwd = g_strdup (session->remote.pwd);
  copy->remote.fingerprints = g_strdupv (session->remote.fingerprints);
  return copy;
}

GstCallSdpLine *
gst_call_sdp_session_line (const GstCallSdpSession * session, guint index)
{
  return g_ptr_array_index (session->lines, index);
}

static gboolean
is_inner_mid (const GstCallSdpSession * session, const gchar * mid)
{
  for (guint i = 0; i < session->lines->len; i++) {
    if (g_strcmp0 (gst_call_sdp_session_line (session, i)->inner_mid, mid) == 0)
      return TRUE;
  }
  return FALSE;
}

static gboolean
is_wire_mid (const GstCallSdpSession * session, const gchar * mid)
{
  for (guint i = 0; i < session->wire->len; i++) {
    if (g_strcmp0 (gst_call_sdp_session_wire (session, i)->mid, mid) == 0)
      return TRUE;
  }
  return FALSE;
}

/* Inside as on the wire where that is free: the MID header extension carries
 * the inner one. */
static gchar *
new_mid (const GstCallSdpSession * session, const gchar * wanted,
    gboolean (*is_taken) (const GstCallSdpSession *, const gchar *))
{
  if (wanted != NULL && !is_taken (session, wanted))
    return g_strdup (wanted);
  for (guint i = session->lines->len;; i++) {
    g_autofree gchar *mid = g_strdup_printf ("m%u", i);

    if (!is_taken (session, mid))
      return g_steal_pointer (&mid);
  }
}

gchar *
gst_call_sdp_new_inner_mid (const GstCallSdpSession * session,
    const gchar * wanted)
{
  return new_mid (session, wanted, is_inner_mid);
}

/* The wire's stays where the peer has it as long as that m-line is in use */
static void
update_tags (GstCallSdpSession * session)
{
  if (session->wire_tag >= 0
      && gst_call_sdp_session_wire (session, session->wire_tag)->line < 0)
    session->wire_tag = -1;
  for (guint i = 0; session->wire_tag < 0 && i < session->wire->len; i++) {
    if (gst_call_sdp_session_wire (session, i)->line >= 0)
      session->wire_tag = i;
  }
  /* webrtcbin keeps its transport under this number: it never moves */
  for (guint i = 0; session->inner_tag < 0 && i < session->lines->len; i++) {
    if (!gst_call_sdp_session_line (session, i)->inner_dead)
      session->inner_tag = i;
  }
}

/* --- the peer's description ---------------------------------------------- */

static gboolean
take_role (GstCallSdpSession * session, GstCallSdpType type,
    GstCallSdpSetup theirs, GError ** error)
{
  if (type == GST_CALL_SDP_ANSWER && theirs == GST_CALL_SETUP_ACTPASS)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's answer does not choose a DTLS role (a=setup:actpass)");
  if (session->role == GST_CALL_SETUP_NONE) {
    session->role = theirs == GST_CALL_SETUP_ACTIVE
        ? GST_CALL_SETUP_PASSIVE : GST_CALL_SETUP_ACTIVE;
    return TRUE;
  }
  /* A later answer with the wrong role comes from a bare webrtcbin, which
   * answers "active" always; the association in force is not touched. */
  if (type == GST_CALL_SDP_OFFER && theirs == session->role)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's offer changes the DTLS roles, which cannot be done");
  return TRUE;
}

static void
take_numbers (GstCallSdpSession * session, const GstCallSdpDesc * desc)
{
  for (guint i = 0; i < desc->sections->len; i++) {
    const GstCallSdpSection *section = gst_call_sdp_desc_get (desc, i);

    if (!gst_call_sdp_section_is_alive (section))
      continue;
    session->used_ids |= section->used_ids;
    if (session->twcc_id == 0)
      session->twcc_id = section->twcc_id;
    if (session->mid_id == 0)
      session->mid_id = section->mid_id;
    for (guint j = 0; j < section->formats->len; j++) {
      guint pt = g_array_index (section->formats, GstCallSdpFormat, j).pt;

      session->used_pts[pt / 64] |= G_GUINT64_CONSTANT (1) << (pt % 64);
    }
  }
}

static gboolean
check_n_lines (const GstCallSdpSession * session, const GstCallSdpDesc * desc,
    GstCallSdpType type, GError ** error)
{
  guint had = session->wire->len, has = desc->sections->len;

  if (type == GST_CALL_SDP_ANSWER && has != had)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's answer does not have as many m-lines as our offer");
  if (has < had)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's offer takes m-lines away, which cannot be done");
  return TRUE;
}

/* What an offer ends may begin anew in another m-line of the same offer. */
static void
drop_ended (GstCallSdpSession * session, const GstCallSdpDesc * desc)
{
  for (guint i = 0; i < session->wire->len; i++) {
    const GstCallSdpSection *section = gst_call_sdp_desc_get (desc, i);
    GstCallSdpWire *wire = gst_call_sdp_session_wire (session, i);

    if (wire->kind != section->kind || !gst_call_sdp_section_is_alive (section))
      gst_call_sdp_wire_drop (session, wire);
  }
}

/* Every section of theirs */
static gboolean
take_sections (GstCallSdp * self, GstCallSdpSession * session,
    const GstCallSdpDesc * desc, GstCallSdpType type, GError ** error)
{
  gboolean no_codec = FALSE, media = FALSE, any = FALSE;

  if (type == GST_CALL_SDP_OFFER)
    drop_ended (session, desc);
  for (guint i = 0; i < desc->sections->len; i++) {
    const GstCallSdpSection *section = gst_call_sdp_desc_get (desc, i);
    GstCallSdpWire *wire;
    gboolean ok;

    if (i == session->wire->len)
      g_ptr_array_add (session->wire, gst_call_sdp_wire_new (section->kind, i));
    wire = gst_call_sdp_session_wire (session, i);
    if (type == GST_CALL_SDP_OFFER)
      ok = gst_call_sdp_wire_take_offer (self, session, wire, section,
          &no_codec, error);
    else
      ok = gst_call_sdp_wire_take_answer (session, wire, section, &no_codec,
          error);
    if (!ok)
      return FALSE;
    any |= wire->line >= 0;
    media |= wire->line >= 0 && wire->kind != GST_CALL_KIND_DATA;
  }
  if (no_codec && !media)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_NO_CODEC,
        "The peer and we have no codec in common");
  return any || gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
      "The peer's SDP has no m-line that could be used");
}

static gboolean
check_data_lines (const GstCallSdpSession * session, GError ** error)
{
  guint n = 0;

  for (guint i = 0; i < session->lines->len; i++) {
    const GstCallSdpLine *line = gst_call_sdp_session_line (session, i);

    n += line->media.kind == GST_CALL_KIND_DATA && line->wire >= 0;
  }
  return n <= 1 || gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
      "The peer's SDP has more than one m-line for data channels");
}

static gboolean
check_state (GstCallSdp * self, GstCallSdpType type, GError ** error)
{
  if (type == GST_CALL_SDP_ANSWER
      && self->session->state != GST_CALL_SDP_LOCAL_OFFER)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_STATE,
        "The peer sent an answer, but there is no offer of ours");
  if (type == GST_CALL_SDP_OFFER && self->session->state != GST_CALL_SDP_STABLE)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_STATE,
        "The peer sent an offer while another one is not answered yet");
  return TRUE;
}

/* New credentials are a new generation of candidates */
static gboolean
count_candidates (GstCallSdp * self, const GstCallSdpSession * session,
    const GstCallSdpDesc * desc, GError ** error)
{
  const GstCallSdpSection *tag = gst_call_sdp_desc_get (desc, desc->tag);
  gboolean restarted = g_strcmp0 (self->session->remote.ufrag,
      session->remote.ufrag) != 0 && self->session->remote.ufrag != NULL;
  guint fresh = 0, known = restarted ? 0 : g_hash_table_size (self->candidates);

  for (guint i = 0; i < tag->candidates->len; i++)
    fresh += restarted || !g_hash_table_contains (self->candidates,
        g_ptr_array_index (tag->candidates, i));
  if (known + fresh > GST_CALL_SDP_MAX_CANDIDATES)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_TOO_LARGE,
        "The peer sent more than 256 candidates");
  if (restarted)
    g_hash_table_remove_all (self->candidates);
  for (guint i = 0; i < tag->candidates->len; i++)
    g_hash_table_add (self->candidates,
        g_strdup (g_ptr_array_index (tag->candidates, i)));
  return TRUE;
}

static void
replace_session (GstCallSdp * self, GstCallSdpSession * session)
{
  session_free (self->session);
  self->session = session;
}

gchar *
gst_call_sdp_receive (GstCallSdp * self, GstCallSdpType type,
    const gchar * wire, GError ** error)
{
  g_autoptr (GstCallSdpDesc) desc = NULL;
  g_autoptr (GstCallSdpSession) session = NULL;
  g_autofree gchar *inner = NULL;
  GstCallSdpSection *tag;

  if (!check_state (self, type, error))
    return NULL;
  desc = gst_call_sdp_desc_parse (wire, error);
  if (desc == NULL || !gst_call_sdp_find_tag (desc, type, error))
    return NULL;
  tag = gst_call_sdp_desc_get (desc, desc->tag);
  session = session_copy (self->session);
  if (!check_n_lines (session, desc, type, error)
      || !gst_call_sdp_take_transport (session, desc, error)
      || !take_role (session, type, tag->setup, error))
    return NULL;
  take_numbers (session, desc);
  if (!take_sections (self, session, desc, type, error)
      || !check_data_lines (session, error)
      || !count_candidates (self, session, desc, error))
    return NULL;
  session->wire_tag = desc->tag;
  update_tags (session);
  session->state = type == GST_CALL_SDP_OFFER
      ? GST_CALL_SDP_REMOTE_OFFER : GST_CALL_SDP_STABLE;
  inner = gst_call_sdp_write_inner_remote (session, desc, type,
      ++self->version);
  replace_session (self, g_steal_pointer (&session));
  return g_steal_pointer (&inner);
}

/* --- our own description -------------------------------------------------- */

static gboolean
check_made (const GstCallSdp * self, GstCallSdpDesc * made,
    GstCallSdpType type, GError ** error)
{
  const GstCallSdpSession *session = self->session;
  const GstCallSdpSection *tag;
  guint has = made->sections->len;

  if (type == GST_CALL_SDP_ANSWER
      ? session->state != GST_CALL_SDP_REMOTE_OFFER
      : session->state == GST_CALL_SDP_REMOTE_OFFER)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_STATE,
        type == GST_CALL_SDP_ANSWER ? "There is no offer to answer"
        : "The peer's offer must be answered first");
  if (has < session->lines->len
      || (type == GST_CALL_SDP_ANSWER && has != session->lines->len))
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_STATE,
        "webrtcbin lost an m-line in its description");
  if (!gst_call_sdp_find_tag (made, GST_CALL_SDP_OFFER, error))
    return FALSE;
  tag = gst_call_sdp_desc_get (made, made->tag);
  return gst_call_sdp_check_tag (tag, error);
}

static void
fix_ext_ids (GstCallSdpSession * session)
{
  if (session->twcc_id == 0)
    session->twcc_id = gst_call_sdp_ext_id (session, 3);
  session->used_ids |= 1u << session->twcc_id;
  if (session->mid_id == 0)
    session->mid_id = gst_call_sdp_ext_id (session, 4);
  session->used_ids |= 1u << session->mid_id;
}

/* webrtcbin did not want an m-line of the peer's offer after all */
static void
drop_if_refused (GstCallSdpSession * session, guint index,
    const GstCallSdpSection * section, GstCallSdpType type)
{
  const GstCallSdpLine *line = gst_call_sdp_session_line (session, index);

  if (type == GST_CALL_SDP_ANSWER && section->port == 0 && line->wire >= 0)
    gst_call_sdp_wire_drop (session,
        gst_call_sdp_session_wire (session, line->wire));
}

static gboolean
take_made (GstCallSdp * self, GstCallSdpSession * session,
    const GstCallSdpDesc * made, GstCallSdpType type, GError ** error)
{
  if (type == GST_CALL_SDP_OFFER)
    fix_ext_ids (session);
  for (guint i = 0; i < made->sections->len; i++) {
    const GstCallSdpSection *section = gst_call_sdp_desc_get (made, i);

    if (i == session->lines->len) {
      GstCallSdpLine *line = gst_call_sdp_line_new (section->kind, i);
      GstCallSdpWire *wire = gst_call_sdp_wire_new (section->kind,
          session->wire->len);

      line->inner_mid = g_strdup (section->mid);
      wire->mid = new_mid (session, section->mid, is_wire_mid);
      g_ptr_array_add (session->lines, line);
      g_ptr_array_add (session->wire, wire);
      gst_call_sdp_wire_attach (wire, line);
    }
    if (!gst_call_sdp_line_take_made (self, session,
            gst_call_sdp_session_line (session, i), section, type, error))
      return FALSE;
    drop_if_refused (session, i, section, type);
  }
  return TRUE;
}

gboolean
gst_call_sdp_send (GstCallSdp * self, GstCallSdpType type, const gchar * made,
    gchar ** inner, gchar ** wire, GError ** error)
{
  g_autoptr (GstCallSdpDesc) desc = gst_call_sdp_desc_parse (made, error);
  g_autoptr (GstCallSdpSession) session = NULL;

  if (desc == NULL || !check_made (self, desc, type, error))
    return FALSE;
  session = session_copy (self->session);
  if (!take_made (self, session, desc, type, error))
    return FALSE;
  update_tags (session);
  session->state = type == GST_CALL_SDP_OFFER
      ? GST_CALL_SDP_LOCAL_OFFER : GST_CALL_SDP_STABLE;
  self->version++;
  *inner = gst_call_sdp_write_inner_local (session, made, desc, type);
  *wire = gst_call_sdp_write_wire (self, session, desc, type);
  replace_session (self, g_steal_pointer (&session));
  return TRUE;
}

/* --- the rest of the public functions ------------------------------------ */

GstCallSdp *
gst_call_sdp_new (const gchar * const *audio_codecs,
    const gchar * const *video_codecs)
{
  static const gchar *const none[] = { NULL };
  GstCallSdp *self = g_new0 (GstCallSdp, 1);

  self->codecs[GST_CALL_KIND_AUDIO] =
      g_strdupv ((gchar **) (audio_codecs != NULL ? audio_codecs : none));
  self->codecs[GST_CALL_KIND_VIDEO] =
      g_strdupv ((gchar **) (video_codecs != NULL ? video_codecs : none));
  for (guint i = 0; i < G_N_ELEMENTS (self->wish); i++)
    self->wish[i] = GST_CALL_SENDRECV;
  self->session = session_new ();
  self->stream_id = g_uuid_string_random ();
  /* RFC 8829 section 5.2.1: positive and below 2^62 */
  self->session_id = ((guint64) (g_random_int () >> 2) << 32) + g_random_int ();
  self->candidates =
      g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  return self;
}

void
gst_call_sdp_free (GstCallSdp * self)
{
  g_strfreev (self->codecs[GST_CALL_KIND_AUDIO]);
  g_strfreev (self->codecs[GST_CALL_KIND_VIDEO]);
  session_free (self->session);
  g_free (self->stream_id);
  g_hash_table_unref (self->candidates);
  g_free (self);
}

void
gst_call_sdp_set_wish (GstCallSdp * self, GstCallKind kind,
    GstCallDirection direction)
{
  self->wish[kind] = direction & GST_CALL_SENDRECV;
}

GstCaps *
gst_call_sdp_offer_caps (GstCallSdp * self, GstCallKind kind)
{
  g_autoptr (GstCallSdpSession) session = session_copy (self->session);
  g_autoptr (GArray) choices = NULL;
  GstCaps *caps = gst_caps_new_empty ();

  if (kind == GST_CALL_KIND_DATA)
    return caps;
  fix_ext_ids (session);
  choices = gst_call_sdp_offer_choices (self, session, kind);
  for (guint i = 0; i < choices->len; i++)
    gst_caps_append (caps,
        gst_call_sdp_choice_caps (&g_array_index (choices, GstCallSdpChoice,
                i), -1, NULL, session->twcc_id, session->mid_id));
  return caps;
}

guint
gst_call_sdp_get_n_media (GstCallSdp * self)
{
  return self->session->lines->len;
}

const GstCallSdpMedia *
gst_call_sdp_get_media (GstCallSdp * self, guint index)
{
  if (index >= self->session->lines->len)
    return NULL;
  return &gst_call_sdp_session_line (self->session, index)->media;
}

const GstCallSdpMedia *
gst_call_sdp_find_media (GstCallSdp * self, GstCallKind kind)
{
  for (guint i = 0; i < self->session->lines->len; i++) {
    const GstCallSdpMedia *media = gst_call_sdp_get_media (self, i);

    if (media->kind == kind && !media->rejected)
      return media;
  }
  return NULL;
}

const gchar *
gst_call_sdp_get_mid (GstCallSdp * self, guint mline)
{
  const GstCallSdpMedia *media = gst_call_sdp_get_media (self, mline);

  if (media == NULL)
    return NULL;
  /* webrtcbin's transport may be on a line that is rejected on the wire */
  if (media->rejected && self->session->wire_tag >= 0)
    return gst_call_sdp_session_wire (self->session,
        self->session->wire_tag)->mid;
  return media->mid;
}
