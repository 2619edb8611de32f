/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Text to GstCallSdpDesc: the only place that reads an SDP.
 *
 * What comes from the network is read by this small reader and never handed
 * on as text: webrtcbin hears a description that gstcallsdp-write.c writes
 * from what is kept here. So an attribute that nobody knows, a second session
 * level a=ice-ufrag (an assertion in _get_ice_credentials_from_sdp_media,
 * webrtcbin 1.22) or a wild fmtp cannot reach it.
 *
 * Bounds, checked in this order: 48 KiB, UTF-8 without control characters,
 * 2,048 bytes a line, 32 m-lines. All work is linear in the text.
 *
 * Sources: RFC 8866 (SDP), RFC 8829 section 5.8 (JSEP, parsing), RFC 9143
 * (BUNDLE), RFC 8839 (ICE in SDP), RFC 8842 and 8122 (a=setup, fingerprint),
 * RFC 8841 (data channels), RFC 8285 (extmap), RFC 5576 (a=ssrc).
 */
#include "gstcallsdp-priv.h"

#include <string.h>

static gboolean
take_attribute (GstCallSdpDesc * desc, GstCallSdpSection * section,
    gchar * name, GError ** error)
{
  gchar *value = strchr (name, ':');

  if (value != NULL)
    *value++ = '\0';
  else
    value = name + strlen (name);
  if (section == desc->session && strcmp (name, "group") == 0) {
    if (desc->bundle == NULL && g_str_has_prefix (value, "BUNDLE "))
      desc->bundle = g_strsplit (value + strlen ("BUNDLE "), " ", -1);
    return TRUE;
  }
  return gst_call_sdp_section_take (section, name, value, error);
}

static void
section_free (GstCallSdpSection * section)
{
  g_ptr_array_unref (section->fingerprints);
  g_ptr_array_unref (section->candidates);
  g_array_unref (section->formats);
  g_array_unref (section->ssrcs);
  g_array_unref (section->fids);
  g_free (section);
}

static GstCallSdpSection *
section_new (void)
{
  GstCallSdpSection *section = g_new0 (GstCallSdpSection, 1);

  section->fingerprints = g_ptr_array_new_with_free_func (g_free);
  section->candidates = g_ptr_array_new ();
  section->formats = g_array_new (FALSE, TRUE, sizeof (GstCallSdpFormat));
  section->ssrcs = g_array_new (FALSE, TRUE, sizeof (GstCallSdpSsrc));
  section->fids = g_array_new (FALSE, TRUE, sizeof (GstCallSdpFid));
  section->direction = GST_CALL_SENDRECV;
  memset (section->by_pt, -1, sizeof (section->by_pt));
  return section;
}

static gboolean
take_payload_types (GstCallSdpSection * section, gchar * rest, GError ** error)
{
  gchar *word;

  while ((word = gst_call_sdp_next_word (&rest)) != NULL) {
    GstCallSdpFormat format = { 0, };
    guint64 pt;

    if (section->first_format == NULL)
      section->first_format = word;
    if (section->kind == GST_CALL_KIND_DATA)
      continue;
    if (!gst_call_sdp_parse_number (word, 127, &pt))
      return gst_call_sdp_invalid (error,
          "a payload type is not a number up to 127");
    if (section->by_pt[pt] >= 0)
      return gst_call_sdp_invalid (error,
          "a payload type is listed twice in an m-line");
    section->by_pt[pt] = section->formats->len;
    format.pt = pt;
    g_array_append_val (section->formats, format);
  }
  if (section->first_format == NULL)
    return gst_call_sdp_invalid (error, "an m-line without formats");
  section->data_channel = section->kind == GST_CALL_KIND_DATA
      && strcmp (section->first_format, "webrtc-datachannel") == 0;
  return TRUE;
}

/* m=audio 9 UDP/TLS/RTP/SAVPF 111 63 … */
static gboolean
take_m_line (GstCallSdpSection * section, gchar * value, GError ** error)
{
  gchar *rest = value, *kind = gst_call_sdp_next_word (&rest), *port =
      gst_call_sdp_next_word (&rest);
  guint64 number;

  section->proto = gst_call_sdp_next_word (&rest);
  if (kind == NULL || port == NULL || section->proto == NULL)
    return gst_call_sdp_invalid (error, "a malformed m-line");
  if (strcmp (kind, "audio") == 0)
    section->kind = GST_CALL_KIND_AUDIO;
  else if (strcmp (kind, "video") == 0)
    section->kind = GST_CALL_KIND_VIDEO;
  else if (strcmp (kind, "application") == 0)
    section->kind = GST_CALL_KIND_DATA;
  else
    return gst_call_sdp_invalid (error,
        "an m-line is none of audio, video, application");
  if (!gst_call_sdp_parse_number (port, 65535, &number))
    return gst_call_sdp_invalid (error, "an m-line has no valid port");
  section->port = number;
  if (!g_str_is_ascii (section->proto) || strlen (section->proto) > 64)
    return gst_call_sdp_invalid (error, "an m-line has no valid protocol");
  return take_payload_types (section, rest, error);
}

static gboolean
take_line (GstCallSdpDesc * desc, GstCallSdpSection ** section, gchar * line,
    GError ** error)
{
  if (!g_ascii_islower (line[0]) || line[1] != '=')
    return gst_call_sdp_invalid (error, "a line is not <type>=<value>");
  switch (line[0]) {
    case 'm':
      if (desc->sections->len == GST_CALL_SDP_MAX_MEDIA)
        return gst_call_sdp_too_large (error, "more than 32 m-lines");
      *section = section_new ();
      g_ptr_array_add (desc->sections, *section);
      return take_m_line (*section, line + 2, error);
    case 'a':
      return take_attribute (desc, *section, line + 2, error);
    case 'k':
      return gst_call_sdp_invalid (error, "a k= line (obsolete, RFC 8866)");
    default:
      return TRUE;
  }
}

static gboolean
check_text (const gchar * text, GError ** error)
{
  gsize len = strnlen (text, GST_CALL_SDP_MAX_SIZE + 1);

  if (len > GST_CALL_SDP_MAX_SIZE)
    return gst_call_sdp_too_large (error, "more than 48 KiB");
  if (!g_utf8_validate (text, len, NULL))
    return gst_call_sdp_invalid (error, "it is not UTF-8");
  if (!g_str_has_prefix (text, "v=0\r\n") && !g_str_has_prefix (text, "v=0\n"))
    return gst_call_sdp_invalid (error, "it does not begin with v=0");
  for (const gchar * c = text; *c != '\0'; c++) {
    if (g_ascii_iscntrl (*c) && *c != '\n' && *c != '\t'
        && !(*c == '\r' && c[1] == '\n'))
      return gst_call_sdp_invalid (error, "it has control characters");
  }
  return TRUE;
}

static gboolean
take_lines (GstCallSdpDesc * desc, GError ** error)
{
  GstCallSdpSection *section = desc->session;
  gchar *line = desc->text;

  while (line != NULL && *line != '\0') {
    gchar *end = strchr (line, '\n'), *next = NULL;

    if (end != NULL) {
      next = end + 1;
      *end = '\0';
      if (end > line && end[-1] == '\r')
        *--end = '\0';
    }
    if (strlen (line) > GST_CALL_SDP_MAX_LINE)
      return gst_call_sdp_too_large (error, "a line of more than 2,048 bytes");
    if (*line != '\0' && !take_line (desc, &section, line, error))
      return FALSE;
    line = next;
  }
  if (desc->sections->len == 0)
    return gst_call_sdp_invalid (error, "it has no m-lines");
  return TRUE;
}

/* Session level attributes hold where an m-line has none of its own */
static void
inherit (GstCallSdpDesc * desc, GstCallSdpSection * section)
{
  const GstCallSdpSection *session = desc->session;

  if (section->ufrag == NULL && section->pwd == NULL) {
    section->ufrag = session->ufrag;
    section->pwd = session->pwd;
  }
  if (section->setup == GST_CALL_SETUP_NONE)
    section->setup = session->setup;
  if (!section->has_direction && session->has_direction)
    section->direction = session->direction;
  if (section->fingerprints->len == 0 && !section->weak_fingerprint) {
    section->weak_fingerprint = session->weak_fingerprint;
    for (guint i = 0; i < session->fingerprints->len; i++)
      g_ptr_array_add (section->fingerprints,
          g_strdup (g_ptr_array_index (session->fingerprints, i)));
  }
  section->in_bundle = desc->bundle != NULL && section->mid != NULL
      && g_strv_contains ((const gchar * const *) desc->bundle, section->mid);
}

static gboolean
check_mids (GstCallSdpDesc * desc, GError ** error)
{
  g_autoptr (GHashTable) mids = g_hash_table_new (g_str_hash, g_str_equal);

  for (guint i = 0; i < desc->sections->len; i++) {
    GstCallSdpSection *section = gst_call_sdp_desc_get (desc, i);

    if (section->mid != NULL
        && !g_hash_table_add (mids, (gpointer) section->mid))
      return gst_call_sdp_invalid (error, "two m-lines with the same a=mid");
    if (section->mid == NULL && gst_call_sdp_section_is_alive (section))
      return gst_call_sdp_invalid (error, "an m-line without a=mid");
    inherit (desc, section);
  }
  for (guint i = 0; desc->bundle != NULL && desc->bundle[i] != NULL; i++) {
    if (desc->bundle[i][0] != '\0'
        && !g_hash_table_contains (mids, desc->bundle[i]))
      return gst_call_sdp_invalid (error,
          "a=group:BUNDLE names a mid that is not there");
  }
  return TRUE;
}

GstCallSdpSection *
gst_call_sdp_desc_get (const GstCallSdpDesc * desc, guint index)
{
  return g_ptr_array_index (desc->sections, index);
}

gboolean
gst_call_sdp_section_is_alive (const GstCallSdpSection * section)
{
  return section->port != 0 || section->bundle_only;
}

void
gst_call_sdp_desc_free (GstCallSdpDesc * desc)
{
  g_ptr_array_unref (desc->sections);
  section_free (desc->session);
  g_strfreev (desc->bundle);
  g_free (desc->text);
  g_free (desc);
}

GstCallSdpDesc *
gst_call_sdp_desc_parse (const gchar * text, GError ** error)
{
  g_autoptr (GstCallSdpDesc) desc = NULL;

  if (!check_text (text, error))
    return NULL;
  desc = g_new0 (GstCallSdpDesc, 1);
  desc->text = g_strdup (text);
  desc->session = section_new ();
  desc->sections =
      g_ptr_array_new_with_free_func ((GDestroyNotify) section_free);
  if (!take_lines (desc, error) || !check_mids (desc, error))
    return NULL;
  return g_steal_pointer (&desc);
}
