/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * ICE restart of one peer's session, whoever wants it.
 *
 *   we offer     an offer with new credentials goes out, and nothing else
 *                happens before it is answered: a path that comes back
 *                meanwhile is as good as ever. Then the agent is restarted, is
 *                told both descriptions, and our candidates go out again.
 *   they offer   their new ufrag says so. The agent is restarted before it is
 *                told, the answer has new credentials of ours (RFC 8839, 4.4.1),
 *                and our candidates follow it.
 *
 * The credentials are ours, not webrtcbin's, which repeats its first ones; it
 * tells its agent whatever a description says that is set. So they stand in each
 * later description, too: Firefox refuses an answer with others than before.
 *
 * Threads: the worker; there is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpeer-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* RFC 8839, 5.4: at least 24 bits in 4 characters, and 128 bits in 22 */
#define UFRAG_LENGTH 8

void
gst_call_restart_prepare (GstCallPeer * self)
{
  g_autofree gchar *id = call_id_new ();

  gst_call_restart_clear (self);
  self->ufrag = g_strndup (id, UFRAG_LENGTH);
  self->pwd = call_id_new ();
}

void
gst_call_restart_clear (GstCallPeer * self)
{
  g_clear_pointer (&self->ufrag, g_free);
  g_clear_pointer (&self->pwd, g_free);
  g_clear_pointer (&self->unset_offer, g_free);
}

void
gst_call_restart_done (GstCallPeer * self)
{
  if (self->ufrag) {
    g_free (self->kept_ufrag);
    g_free (self->kept_pwd);
    self->kept_ufrag = g_steal_pointer (&self->ufrag);
    self->kept_pwd = g_steal_pointer (&self->pwd);
  }
  gst_call_restart_clear (self);
}

gchar *
gst_call_restart_rewrite (GstCallPeer * self, const gchar * made)
{
  const gchar *ufrag = self->ufrag ? self->ufrag : self->kept_ufrag;
  const gchar *pwd = self->ufrag ? self->pwd : self->kept_pwd;
  g_auto (GStrv) lines = NULL;
  guint i;

  if (!ufrag)
    return g_strdup (made);
  lines = g_strsplit (made, "\r\n", -1);
  for (i = 0; lines[i]; i++) {
    const gchar *name = NULL, *value = NULL;

    if (g_str_has_prefix (lines[i], "a=ice-ufrag:")) {
      name = "a=ice-ufrag:";
      value = ufrag;
    } else if (g_str_has_prefix (lines[i], "a=ice-pwd:")) {
      name = "a=ice-pwd:";
      value = pwd;
    }
    if (name) {
      g_free (lines[i]);
      lines[i] = g_strconcat (name, value, NULL);
    }
  }
  return g_strjoinv ("\r\n", lines);
}

void
gst_call_restart_agent (GstCallPeer * self)
{
  GST_INFO_OBJECT (self, "ICE restart");
  if (!gst_call_path_restart (self->path))
    GST_WARNING_OBJECT (self, "webrtcbin has no NiceAgent to restart");
  self->restarted = g_get_monotonic_time ();
  /* ours go again, behind the description that they belong to */
  self->n_sent_candidates = 0;
  self->gathered_sent = FALSE;
  self->description_sent = FALSE;
}
