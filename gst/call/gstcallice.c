/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: functions without state; each webrtcbin belongs to its caller.
 *
 * What is set on the agent, and why:
 *   upnp=FALSE              asks the router by multicast and waits for it
 *   ice-tcp=FALSE           TURN over TCP does this job
 *   stun-pacing-timer=5     checks start 5 ms apart, the least that RFC 8445
 *                           (14.2) allows: connects in 25 ms instead of 70
 *   stun-max-retransmissions=2, on the side that offers, once it has asked the
 *                           servers: it takes no path before every better one
 *                           has failed, and behind a router those to the
 *                           addresses inside always do. So after 0.75 s, not 2
 *   keepalive-conncheck     without it a vanished peer is never noticed
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallice.h"

#include <gio/gio.h>
#include <net/if.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define STUN_PACING_MS 5
#define CHECK_SENDS 2
#define DEFAULT_PORT 3478
#define TLS_PORT 5349

static gboolean
url_is_known (const gchar * url)
{
  return g_str_has_prefix (url, "stun:") || g_str_has_prefix (url, "stuns:")
      || g_str_has_prefix (url, "turn:") || g_str_has_prefix (url, "turns:");
}

static gboolean
add_server (GPtrArray * servers, GPtrArray * urls, const gchar * username,
    const gchar * credential, GError ** error)
{
  guint i;

  if (urls->len == 0) {
    g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
        "an ICE server has no urls");
    return FALSE;
  }
  for (i = 0; i < urls->len; i++) {
    const gchar *url = g_ptr_array_index (urls, i);

    if (!url_is_known (url)) {
      g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
          "'%s' is no ICE server: give stun:HOST[:PORT] or turn:HOST[:PORT]",
          url);
      return FALSE;
    }
  }
  g_ptr_array_add (urls, NULL);
  g_ptr_array_add (servers, call_ice_server_new ((const gchar * const *)
          urls->pdata, username, credential));
  return TRUE;
}

static void
collect_urls (const GValue * value, GPtrArray * urls)
{
  guint i;

  if (value && G_VALUE_HOLDS_STRING (value) && g_value_get_string (value)) {
    g_ptr_array_add (urls, (gpointer) g_value_get_string (value));
  } else if (value && GST_VALUE_HOLDS_ARRAY (value)) {
    for (i = 0; i < gst_value_array_get_size (value); i++)
      collect_urls (gst_value_array_get_value (value, i), urls);
  } else if (value && GST_VALUE_HOLDS_LIST (value)) {
    for (i = 0; i < gst_value_list_get_size (value); i++)
      collect_urls (gst_value_list_get_value (value, i), urls);
  }
}

GPtrArray *
gst_call_ice_parse (const GValue * array, GError ** error)
{
  g_autoptr (GPtrArray) servers = g_ptr_array_new_with_free_func (
      (GDestroyNotify) call_ice_server_free);
  guint i;

  for (i = 0; i < gst_value_array_get_size (array); i++) {
    const GValue *entry = gst_value_array_get_value (array, i);
    g_autoptr (GPtrArray) urls = g_ptr_array_new ();
    const gchar *username = NULL, *credential = NULL;

    if (GST_VALUE_HOLDS_STRUCTURE (entry)) {
      const GstStructure *s = gst_value_get_structure (entry);

      username = gst_structure_get_string (s, "username");
      credential = gst_structure_get_string (s, "credential");
      entry = gst_structure_get_value (s, "urls");
    }
    collect_urls (entry, urls);
    if (!add_server (servers, urls, username, credential, error))
      return NULL;
  }
  return g_steal_pointer (&servers);
}

/* [HOST], HOST or [HOST]:PORT, HOST:PORT; FALSE: neither */
static gboolean
parse_place (const gchar * text, GstCallIceUrl * out)
{
  g_autoptr (GSocketConnectable) place =
      g_network_address_parse (text, out->port, NULL);
  GNetworkAddress *address = (GNetworkAddress *) place;

  if (!place || !*g_network_address_get_hostname (address)
      || g_network_address_get_port (address) == 0)
    return FALSE;
  out->host = g_strdup (g_network_address_get_hostname (address));
  out->port = g_network_address_get_port (address);
  return TRUE;
}

const gchar *
gst_call_ice_url_parse (const gchar * url, GstCallIceUrl * out)
{
  g_auto (GStrv) parts = NULL;
  gboolean udp;

  memset (out, 0, sizeof *out);
  out->turn = g_str_has_prefix (url, "turn");
  out->tls = g_str_has_prefix (url, "turns:");
  out->port = out->tls ? TLS_PORT : DEFAULT_PORT;
  if (g_str_has_prefix (url, "stuns:"))
    return "STUN over TLS is not supported: give stun:";
  parts = g_strsplit (strchr (url, ':') + 1, "?", 2);
  if (!parts[0] || !parse_place (parts[0], out))
    return "it has no host, or no port that can be";
  udp = g_strcmp0 (parts[1], "transport=udp") == 0;
  out->tcp = out->tls || g_strcmp0 (parts[1], "transport=tcp") == 0;
  if (out->turn ? parts[1] && !udp && g_strcmp0 (parts[1], "transport=tcp")
      : parts[1] != NULL)
    return "what stands behind its ? is not known: transport=udp, "
        "transport=tcp";
  if (out->tls && udp)
    return "TURN over DTLS is not supported: leave ?transport=udp out";
  return NULL;
}

void
gst_call_ice_url_clear (GstCallIceUrl * url)
{
  g_clear_pointer (&url->host, g_free);
}

gboolean
gst_call_ice_may_use (const struct ifaddrs *i)
{
  return i->ifa_addr && (i->ifa_flags & IFF_UP) && (i->ifa_flags & IFF_RUNNING)
      && (i->ifa_addr->sa_family == AF_INET
      || i->ifa_addr->sa_family == AF_INET6);
}

static gboolean
only_loopback (void)
{
  struct ifaddrs *all, *i;
  gboolean only = TRUE;

  if (getifaddrs (&all) != 0)
    return FALSE;
  for (i = all; i; i = i->ifa_next) {
    if (gst_call_ice_may_use (i) && !(i->ifa_flags & IFF_LOOPBACK))
      only = FALSE;
  }
  freeifaddrs (all);
  return only;
}

static void
set_if_present (GObject * object, const gchar * name, gint value)
{
  if (object && g_object_class_find_property (G_OBJECT_GET_CLASS (object),
          name))
    g_object_set (object, name, value, NULL);
}

GObject *
gst_call_ice_get_agent (GstElement * webrtcbin, GObject ** ice)
{
  GObject *agent = NULL;

  g_object_get (webrtcbin, "ice-agent", ice, NULL);
  if (*ice && g_object_class_find_property (G_OBJECT_GET_CLASS (*ice), "agent"))
    g_object_get (*ice, "agent", &agent, NULL);
  return agent;
}

void
gst_call_ice_before_checks (GstElement * webrtcbin)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = gst_call_ice_get_agent (webrtcbin, &ice);

  set_if_present (agent, "stun-max-retransmissions", CHECK_SENDS);
}

void
gst_call_ice_set_up (GstElement * webrtcbin, gboolean relay_only,
    guint min_port, guint max_port)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = gst_call_ice_get_agent (webrtcbin, &ice);
  gboolean added;

  if (relay_only)
    gst_util_set_object_arg (G_OBJECT (webrtcbin), "ice-transport-policy",
        "relay");

  set_if_present (ice, "ice-tcp", FALSE);
  if (min_port)
    g_object_set (ice, "min-rtp-port", min_port, NULL);
  if (max_port)
    g_object_set (ice, "max-rtp-port", max_port, NULL);
  set_if_present (agent, "upnp", FALSE);
  set_if_present (agent, "stun-pacing-timer", STUN_PACING_MS);
  set_if_present (agent, "keepalive-conncheck", TRUE);
  /* libnice leaves loopback out, and there is nothing else */
  if (only_loopback ()) {
    g_signal_emit_by_name (ice, "add-local-ip-address", "127.0.0.1", &added);
    GST_DEBUG_OBJECT (webrtcbin, "no network: using the loopback address");
  }
}
