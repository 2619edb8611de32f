/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one transport of a session: which m-lines share it, the peer's ICE
 * credentials and its certificate's fingerprints.
 *
 * BUNDLE's tagged m-line describes it (RFC 9143 section 7), the others repeat
 * that or say nothing. Fingerprints are fixed by the first description:
 * another one would mean another DTLS association (RFC 8842), which webrtcbin
 * cannot make, and whoever can change a description could put himself in the
 * middle of a verified call.
 */
#include "gstcallsdp-priv.h"

#include <string.h>

void
gst_call_sdp_transport_clear (GstCallSdpTransport * transport)
{
  g_clear_pointer (&transport->ufrag, g_free);
  g_clear_pointer (&transport->pwd, g_free);
  g_clear_pointer (&transport->fingerprints, g_strfreev);
}

/* bundle-only lines need not describe the transport (RFC 9143) */
static GstCallSdpSection *
better_tag (GstCallSdpDesc * desc, GstCallSdpSection * tag, guint index)
{
  GstCallSdpSection *section = gst_call_sdp_desc_get (desc, index);

  if (!gst_call_sdp_section_is_alive (section) || !section->in_bundle
      || (tag != NULL && tag->ufrag != NULL))
    return tag;
  desc->tag = index;
  return section;
}

/* The first mid of the group names it, wherever its m-line stands */
static GstCallSdpSection *
pick_tag (GstCallSdpDesc * desc)
{
  GstCallSdpSection *tag = NULL;

  for (guint i = 0; desc->bundle != NULL && desc->bundle[i] != NULL; i++) {
    for (guint j = 0; j < desc->sections->len; j++) {
      if (g_strcmp0 (gst_call_sdp_desc_get (desc, j)->mid,
              desc->bundle[i]) == 0)
        tag = better_tag (desc, tag, j);
    }
  }
  for (guint i = 0; desc->bundle == NULL && i < desc->sections->len; i++)
    tag = better_tag (desc, tag, i);
  return tag;
}

/* Which m-lines share the transport, and which of them describes it */
gboolean
gst_call_sdp_find_tag (GstCallSdpDesc * desc, GstCallSdpType type,
    GError ** error)
{
  GstCallSdpSection *section;
  guint alive = 0;

  for (guint i = 0; i < desc->sections->len; i++) {
    section = gst_call_sdp_desc_get (desc, i);
    if (!gst_call_sdp_section_is_alive (section))
      continue;
    alive++;
    if (desc->bundle == NULL)
      section->in_bundle = section->rtcp_mux
          || section->kind == GST_CALL_KIND_DATA;
    if (type == GST_CALL_SDP_ANSWER && !section->in_bundle)
      return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
          "The peer's answer "
          "leaves an m-line out of the BUNDLE group; BUNDLE is needed");
  }
  if (desc->bundle == NULL && alive > 1)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's SDP has "
        "several m-lines but no a=group:BUNDLE; BUNDLE is needed");
  if (alive == 0 && type == GST_CALL_SDP_ANSWER)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_NO_CODEC,
        "The peer rejects everything that we offered");
  if (pick_tag (desc) == NULL)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's SDP has no m-line that could be used with BUNDLE");
  return TRUE;
}

static gint
compare_strings (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

/* Strongest last in the alphabet, first in the list */
static gint
compare_fingerprints (gconstpointer a, gconstpointer b)
{
  return compare_strings (b, a);
}

static gchar **
sorted_fingerprints (const GstCallSdpSection * section)
{
  GPtrArray *list = g_ptr_array_new ();

  for (guint i = 0; i < section->fingerprints->len; i++)
    g_ptr_array_add (list,
        g_strdup (g_ptr_array_index (section->fingerprints, i)));
  g_ptr_array_sort (list, compare_fingerprints);
  g_ptr_array_add (list, NULL);
  return (gchar **) g_ptr_array_free (list, FALSE);
}

gboolean
gst_call_sdp_check_tag (const GstCallSdpSection * tag, GError ** error)
{
  if (tag->ufrag == NULL || tag->pwd == NULL)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's SDP has no a=ice-ufrag and a=ice-pwd");
  if (tag->setup == GST_CALL_SETUP_NONE)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
        "The peer's SDP has no a=setup");
  if (tag->fingerprints->len > 0)
    return TRUE;
  if (tag->weak_fingerprint)
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_FINGERPRINT,
        "The peer's SDP has "
        "only fingerprints weaker than SHA-256, which prove nothing");
  return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
      "The peer's SDP has no a=fingerprint");
}

/* Other m-lines of the bundle say the same or nothing. Their ufrag may differ
 * in a first offer: it is of a transport that BUNDLE gives up. */
static gboolean
check_others (const GstCallSdpDesc * desc, gchar ** fingerprints,
    GError ** error)
{
  const GstCallSdpSection *tag = gst_call_sdp_desc_get (desc, desc->tag);

  for (guint i = 0; i < desc->sections->len; i++) {
    const GstCallSdpSection *section = gst_call_sdp_desc_get (desc, i);
    g_auto (GStrv) others = NULL;

    if (!gst_call_sdp_section_is_alive (section) || !section->in_bundle)
      continue;
    if (section->setup != GST_CALL_SETUP_NONE && section->setup != tag->setup)
      return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_INVALID,
          "The peer's SDP has different a=setup in one bundle");
    if (section->fingerprints->len == 0 && !section->weak_fingerprint)
      continue;
    others = sorted_fingerprints (section);
    if (!g_strv_equal ((const gchar * const *) others,
            (const gchar * const *) fingerprints))
      return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_FINGERPRINT,
          "The peer's SDP has different fingerprints in one bundle");
  }
  return TRUE;
}

gboolean
gst_call_sdp_take_transport (GstCallSdpSession * session,
    const GstCallSdpDesc * desc, GError ** error)
{
  const GstCallSdpSection *tag = gst_call_sdp_desc_get (desc, desc->tag);
  GstCallSdpTransport *remote = &session->remote;
  g_auto (GStrv) fingerprints = NULL;

  if (!gst_call_sdp_check_tag (tag, error))
    return FALSE;
  fingerprints = sorted_fingerprints (tag);
  if (!check_others (desc, fingerprints, error))
    return FALSE;
  if (remote->fingerprints != NULL
      && !g_strv_equal ((const gchar * const *) remote->fingerprints,
          (const gchar * const *) fingerprints))
    return gst_call_sdp_fail (error, GST_CALL_SDP_ERROR_FINGERPRINT,
        "The peer's SDP names another certificate than before in this call");
  gst_call_sdp_transport_clear (remote);
  remote->ufrag = g_strdup (tag->ufrag);
  remote->pwd = g_strdup (tag->pwd);
  remote->fingerprints = g_steal_pointer (&fingerprints);
  remote->ice_lite = desc->session->ice_lite;
  return TRUE;
}

const gchar *
gst_call_sdp_get_remote_ufrag (GstCallSdp * self)
{
  return self->session->remote.ufrag;
}
