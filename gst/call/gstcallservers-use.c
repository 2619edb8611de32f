/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the worker; there is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallservers-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* TURN addresses that one webrtcbin is given: it tries each */
#define MAX_TURN 8

static gboolean
is_stun (const GstCallServer * server)
{
  return !server->useless && !server->parsed.turn;
}

const GstCallServer *
gst_call_servers_fastest (GstCallServers * self, guint * family)
{
  const GstCallServer *best = NULL;
  guint i;

  for (*family = 0; *family < 2; (*family)++) {
    for (i = 0; i < self->servers->len; i++) {
      const GstCallServer *server = g_ptr_array_index (self->servers, i);

      if (is_stun (server) && server->times[*family] >= 0
          && (!best || server->times[*family] < best->times[*family]))
        best = server;
    }
    if (best)
      break;
  }
  return best;
}

const GstCallServer *
gst_call_servers_hopeful (GstCallServers * self, guint * family)
{
  guint i;

  for (*family = 0; *family < 2; (*family)++) {
    for (i = 0; i < self->servers->len; i++) {
      const GstCallServer *server = g_ptr_array_index (self->servers, i);

      if (is_stun (server) && server->addresses[*family]
          && server->times[*family] == GST_CALL_SERVER_UNKNOWN)
        return server;
    }
  }
  return NULL;
}

/* What a webrtcbin gets */

/* HOST:PORT of numbers */
static gchar *
place (GSocketAddress * address)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (address);
  g_autofree gchar *host =
      g_inet_address_to_string (g_inet_socket_address_get_address (inet));

  return g_strdup_printf (strchr (host, ':') ? "[%s]:%u" : "%s:%u", host,
      g_inet_socket_address_get_port (inet));
}

static gboolean
apply_turn (GstCallServers * self, const GstCallServer * server,
    GSocketAddress * address, GstElement * webrtcbin)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *username =
      g_uri_escape_string (server->username, NULL, FALSE);
  g_autofree gchar *credential =
      g_uri_escape_string (server->credential, NULL, FALSE);
  g_autofree gchar *where = NULL;
  g_autofree gchar *uri = NULL;
  gboolean added = FALSE;

  if (server->parsed.tls) {
    guint16 port = gst_call_tunnel_open (self->tunnel, address,
        server->parsed.host, &error);

    if (port == 0) {
      GST_WARNING_OBJECT (webrtcbin, "%s: %s", server->url, error->message);
      return FALSE;
    }
    where = g_strdup_printf ("127.0.0.1:%u", port);
  } else {
    where = place (address);
  }
  uri = g_strdup_printf ("turn://%s:%s@%s?transport=%s", username, credential,
      where, server->parsed.tcp ? "tcp" : "udp");
  g_signal_emit_by_name (webrtcbin, "add-turn-server", uri, &added);
  if (!added)
    GST_WARNING_OBJECT (webrtcbin, "%s was not taken", server->url);
  return added;
}

void
gst_call_servers_apply (GstCallServers * self, GstElement * webrtcbin)
{
  guint family, i, j, n = 0;
  const GstCallServer *stun = gst_call_servers_fastest (self, &family);

  if (!stun)
    stun = gst_call_servers_hopeful (self, &family);
  if (stun) {
    g_autofree gchar *where = place (stun->addresses[family]);
    g_autofree gchar *uri = g_strconcat ("stun://", where, NULL);

    GST_DEBUG_OBJECT (webrtcbin, "STUN: %s at %s", stun->url, uri);
    g_object_set (webrtcbin, "stun-server", uri, NULL);
  }
  /* one that is silent may be back, but a TLS handshake that hangs holds one of
   * the few threads that GIO has for them */
  for (i = 0; i < self->servers->len; i++) {
    const GstCallServer *server = g_ptr_array_index (self->servers, i);

    if (!server->parsed.turn || server->useless
        || server->result == GST_CALL_TURN_REFUSED
        || server->result == GST_CALL_TURN_UNTRUSTED
        || (server->parsed.tls && server->result == GST_CALL_TURN_SILENT))
      continue;
    for (j = 0; j < 2; j++) {
      if (server->addresses[j] && n < MAX_TURN)
        n += apply_turn (self, server, server->addresses[j], webrtcbin);
    }
  }
}

static void
explain_turn (const GstCallServer * server, GString * text)
{
  static const gchar *const words[] = {
    "works, but the peer is not reached through it",
    "does not take username and credential", "does not answer",
    "has a certificate that is not trusted", "gives no address"
  };
  const gchar *word = "has not answered yet";

  if (server->useless || (!server->addresses[0] && !server->addresses[1]))
    word = "cannot be used";
  else if (server->result != GST_CALL_SERVER_UNTRIED)
    word = words[server->result];
  g_string_append_printf (text, "; %s %s", server->url, word);
}

gchar *
gst_call_servers_explain (GstCallServers * self, gboolean relay_only)
{
  guint family, i, n_stun = 0, n_turn = 0;
  gboolean answered = gst_call_servers_fastest (self, &family) != NULL;
  GString *text = g_string_new (NULL);

  for (i = 0; i < self->servers->len; i++)
    n_stun += is_stun (g_ptr_array_index (self->servers, i));
  if (relay_only)
    g_string_append (text, "ice-transport-policy=relay allows TURN only");
  else if (n_stun == 0)
    g_string_append (text, "no STUN server is set");
  else
    g_string_append (text, answered ? "a STUN server answers, which is not "
        "enough" : "no STUN server answers");
  for (i = 0; i < self->servers->len; i++) {
    const GstCallServer *server = g_ptr_array_index (self->servers, i);

    if (server->parsed.turn && n_turn++ < MAX_TURN)
      explain_turn (server, text);
  }
  if (n_turn == 0)
    g_string_append (text, "; no TURN server is set: one is needed where a "
        "network lets nothing in");
  return g_string_free (text, FALSE);
}
