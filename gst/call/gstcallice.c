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
 *   keepalive-conncheck     without it a vanished peer is never noticed
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallice.h"

#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define STUN_PACING_MS 5
#define DEFAULT_PORT 3478

static gboolean
url_is_known (const gchar * url)
{
  return g_str_has_prefix (url, "stun:") || g_str_has_prefix (url, "turn:") ||
      g_str_has_prefix (url, "turns:");
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

/* "turn:host:3478?transport=udp" to webrtcbin's "turn://user:pw@host:…" */
static gchar *
turn_uri (const gchar * url, const CallIceServer * server)
{
  g_autofree gchar *username = NULL;
  g_autofree gchar *credential = NULL;

  if (!server->username || !server->credential)
    return NULL;
  username = g_uri_escape_string (server->username, NULL, FALSE);
  credential = g_uri_escape_string (server->credential, NULL, FALSE);
  return g_strdup_printf ("turn://%s:%s@%s", username, credential,
      url + strlen ("turn:"));
}

/* "stun:host" to "stun://host:3478" */
static gchar *
stun_uri (const gchar * url)
{
  const gchar *host = url + strlen ("stun:");
  const gchar *end = strrchr (host, ']');

  if (strchr (end ? end : host, ':'))
    return g_strconcat ("stun://", host, NULL);
  return g_strdup_printf ("stun://%s:%d", host, DEFAULT_PORT);
}

static void
leave_out (GString * why, const gchar * url, const gchar * reason)
{
  g_string_append_printf (why, "%s%s (%s)", why->len ? ", " : "", url, reason);
}

static void
add_servers (GstElement * webrtcbin, GPtrArray * servers, GString * why)
{
  gboolean have_stun = FALSE;
  guint i, j;

  for (i = 0; servers && i < servers->len; i++) {
    const CallIceServer *server = g_ptr_array_index (servers, i);

    for (j = 0; server->urls && server->urls[j]; j++) {
      const gchar *url = server->urls[j];
      g_autofree gchar *uri = NULL;
      gboolean added = FALSE;

      if (g_str_has_prefix (url, "stun:")) {
        /* webrtcbin takes one */
        if (!have_stun) {
          uri = stun_uri (url);
          g_object_set (webrtcbin, "stun-server", uri, NULL);
          have_stun = TRUE;
        }
      } else if (g_str_has_prefix (url, "stuns:")) {
        leave_out (why, url, "STUN over TLS is not supported");
      } else if (g_str_has_prefix (url, "turns:")) {
        leave_out (why, url, "libnice would send it in the clear");
      } else if (!(uri = turn_uri (url, server))) {
        leave_out (why, url, "needs username and credential");
      } else {
        g_signal_emit_by_name (webrtcbin, "add-turn-server", uri, &added);
        if (!added)
          leave_out (why, url, "not understood");
      }
    }
  }
}

static gboolean
only_loopback (void)
{
  struct ifaddrs *all, *i;
  gboolean only = TRUE;

  if (getifaddrs (&all) != 0)
    return FALSE;
  for (i = all; i; i = i->ifa_next) {
    /* libnice leaves out what has no carrier, too: a cable that hangs loose,
     * the bridge of containers that do not run */
    if (i->ifa_addr && (i->ifa_flags & IFF_UP) && (i->ifa_flags & IFF_RUNNING)
        && !(i->ifa_flags & IFF_LOOPBACK)
        && (i->ifa_addr->sa_family == AF_INET
            || i->ifa_addr->sa_family == AF_INET6))
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

void
gst_call_ice_set_up (GstElement * webrtcbin, GPtrArray * servers,
    gboolean relay_only, gchar ** left_out)
{
  g_autoptr (GString) why = g_string_new (NULL);
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;
  gboolean added;

  add_servers (webrtcbin, servers, why);
  if (relay_only)
    gst_util_set_object_arg (G_OBJECT (webrtcbin), "ice-transport-policy",
        "relay");

  g_object_get (webrtcbin, "ice-agent", &ice, NULL);
  set_if_present (ice, "ice-tcp", FALSE);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent"))
    g_object_get (ice, "agent", &agent, NULL);
  set_if_present (agent, "upnp", FALSE);
  set_if_present (agent, "stun-pacing-timer", STUN_PACING_MS);
  set_if_present (agent, "keepalive-conncheck", TRUE);
  /* libnice leaves loopback out, and there is nothing else */
  if (only_loopback ()) {
    g_signal_emit_by_name (ice, "add-local-ip-address", "127.0.0.1", &added);
    GST_DEBUG_OBJECT (webrtcbin, "no network: using the loopback address");
  }
  *left_out = why->len ? g_strdup (why->str) : NULL;
}
