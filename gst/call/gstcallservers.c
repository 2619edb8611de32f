/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the worker; there is no lock. GResolver's threads answer there.
 *
 * Who makes a peer waits for the first answer, and no longer than
 *   ANSWER_MS   if all STUN servers are silent: a far one has answered
 *   NAMES_MS    if names are still being resolved
 * after the list was given, once. What comes later is there for later peers.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallservers-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define ANSWER_MS 200
#define NAMES_MS 500
#define REFRESH_US (10 * G_USEC_PER_SEC)
/* Of all servers; what comes behind is not looked at */
#define MAX_URLS 64

G_DEFINE_FINAL_TYPE (GstCallServers, gst_call_servers, G_TYPE_OBJECT);

static void
server_free (gpointer data)
{
  GstCallServer *server = data;

  g_clear_pointer (&server->check, gst_call_turn_check_free);
  g_free (server->url);
  g_free (server->username);
  g_free (server->credential);
  gst_call_ice_url_clear (&server->parsed);
  g_clear_object (&server->addresses[0]);
  g_clear_object (&server->addresses[1]);
  g_free (server);
}

/* One that was replaced meanwhile is not found. */
static GstCallServer *
find (GstCallServers * self, guint id)
{
  guint i;

  for (i = 0; i < self->servers->len; i++) {
    GstCallServer *server = g_ptr_array_index (self->servers, i);

    if (server->id == id)
      return server;
  }
  return NULL;
}

static void
G_GNUC_PRINTF (3, 4)
tell (GstCallServers * self, GstCallServer * server, const gchar * format, ...)
{
  g_autofree gchar *why = NULL;
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  why = g_strdup_vprintf (format, args);
  va_end (args);
  text = g_strdup_printf ("ICE server %s is of no use: %s", server->url, why);
  if (server->told) {
    GST_DEBUG ("%s", text);
    return;
  }
  server->told = TRUE;
  self->owner->warn (self->data, text);
}

gboolean
gst_call_servers_is_ready (GstCallServers * self)
{
  guint family;
  const GstCallServer *best = gst_call_servers_fastest (self, &family);
  gboolean have_stun = best && family == 0;
  gboolean names = FALSE;
  guint i;

  if (self->late)
    return TRUE;
  for (i = 0; i < self->servers->len; i++) {
    const GstCallServer *server = g_ptr_array_index (self->servers, i);

    if (server->resolving && (server->parsed.turn || !have_stun))
      names = TRUE;
  }
  if (names)
    return FALSE;
  return have_stun || self->waiting_names
      || !gst_call_servers_hopeful (self, &family);
}

static void
check_ready (GstCallServers * self)
{
  if (self->was_ready || !gst_call_servers_is_ready (self))
    return;
  self->was_ready = self->late = TRUE;
  gst_call_worker_clear_timer (&self->deadline);
  self->owner->ready (self->data);
}

static gboolean
on_deadline (gpointer data)
{
  GstCallServers *self = data;

  gst_call_worker_clear_timer (&self->deadline);
  self->late = self->waiting_names;
  self->waiting_names = TRUE;
  if (!self->late)
    self->deadline = gst_call_worker_add_timer (self->worker,
        NAMES_MS - ANSWER_MS, on_deadline, self);
  check_ready (self);
  return G_SOURCE_REMOVE;
}

/* STUN */

static void
on_stun_answer (gpointer data, guint tag, gint64 time)
{
  GstCallServers *self = data;
  GstCallServer *server = find (self, tag / 2);
  guint other = !(tag % 2);

  if (!server)
    return;
  server->times[tag % 2] = time;
  GST_DEBUG ("%s: %" G_GINT64_FORMAT " µs", server->url, time);
  if (time < 0 && (!server->addresses[other]
          || server->times[other] == GST_CALL_SERVER_SILENT))
    tell (self, server, "it does not answer");
  check_ready (self);
}

/* TURN */

static GstCallWireType
wire_type (const GstCallServer * server)
{
  if (server->parsed.tls)
    return GST_CALL_WIRE_TLS;
  return server->parsed.tcp ? GST_CALL_WIRE_TCP : GST_CALL_WIRE_UDP;
}

static void
tell_turn (GstCallServers * self, GstCallServer * server, const gchar * text)
{
  static const gchar *const wires[] = { "UDP", "TCP", "TLS" };

  switch (server->result) {
    case GST_CALL_TURN_WORKS:
      GST_DEBUG ("%s works", server->url);
      break;
    case GST_CALL_TURN_REFUSED:
      tell (self, server, "it does not take username and credential (%s): are "
          "they right, and not too old?", text);
      break;
    case GST_CALL_TURN_UNTRUSTED:
      tell (self, server, "its certificate is not trusted (%s): tls-ca-file "
          "can name who vouches for it. Nothing is sent in the clear", text);
      break;
    case GST_CALL_TURN_BUSY:
      tell (self, server, "it gives no address at present (%s). It is asked "
          "again for each peer", text);
      break;
    default:
      tell (self, server, "it does not answer over %s (%s)",
          wires[wire_type (server)], text);
  }
}

/* Over IPv4 or, where there is none of it, IPv6 */
static void
try_turn (GstCallServers * self, GstCallServer * server, guint family,
    GstCallTurnFunc func)
{
  g_clear_pointer (&server->check, gst_call_turn_check_free);
  server->family = family;
  server->check = gst_call_turn_check_new (self->worker, wire_type (server),
      server->addresses[family], server->parsed.host, self->trust,
      server->username, server->credential, func, self, server->id);
}

static void
on_turn_result (gpointer data, guint tag, GstCallTurnResult result,
    const gchar * text)
{
  GstCallServers *self = data;
  GstCallServer *server = find (self, tag);

  if (!server)
    return;
  if (result == GST_CALL_TURN_SILENT && server->family == 0
      && server->addresses[1]) {
    try_turn (self, server, 1, on_turn_result);
    return;
  }
  server->result = result;
  tell_turn (self, server, text);
  /* one that works has an address to give back */
  if (result != GST_CALL_TURN_WORKS)
    g_clear_pointer (&server->check, gst_call_turn_check_free);
}

/* FALSE, and told: it cannot be used */
static gboolean
prepare_tls (GstCallServers * self, GstCallServer * server)
{
  g_autoptr (GError) error = NULL;

  if (self->tls_ca_file && !self->trust)
    self->trust = g_tls_file_database_new (self->tls_ca_file, &error);
  if (error) {
    tell (self, server, "tls-ca-file cannot be read (%s)", error->message);
    return FALSE;
  }
  if (!self->tunnel)
    self->tunnel = gst_call_tunnel_new (self->trust);
  return TRUE;
}

/* Resolved */

static void
try_server (GstCallServers * self, GstCallServer * server)
{
  guint i;

  if (server->parsed.turn && (server->addresses[0] || server->addresses[1]))
    try_turn (self, server, server->addresses[0] ? 0 : 1, on_turn_result);
  for (i = 0; i < 2; i++) {
    if (server->addresses[i] && !server->parsed.turn)
      gst_call_stun_ask (self->stun, server->id * 2 + i, server->addresses[i]);
  }
}

static void
take_address (GstCallServer * server, GInetAddress * address)
{
  guint i = g_inet_address_get_family (address) == G_SOCKET_FAMILY_IPV6;

  g_clear_object (&server->addresses[i]);
  server->addresses[i] =
      g_inet_socket_address_new (address, server->parsed.port);
}

typedef struct
{
  GstCallServers *servers;
  guint id;
} Lookup;

static void
on_resolved (GObject * source, GAsyncResult * result, gpointer data)
{
  g_autofree Lookup *lookup = data;
  g_autoptr (GstCallServers) self = lookup->servers;
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source),
      result, &error);
  GstCallServer *server = g_cancellable_is_cancelled (self->stopped) ? NULL :
      find (self, lookup->id);
  GList *l;

  if (server) {
    server->resolving = FALSE;
    /* the last one that is taken is the first of its family */
    for (l = g_list_last (addresses); l; l = l->prev)
      take_address (server, l->data);
    if (!server->addresses[0] && !server->addresses[1])
      tell (self, server, "its name has no address (%s)",
          error ? error->message : "none of a known family");
    try_server (self, server);
    check_ready (self);
  }
  g_resolver_free_addresses (addresses);
}

static void
begin (GstCallServers * self, GstCallServer * server)
{
  g_autoptr (GInetAddress) number =
      g_inet_address_new_from_string (server->parsed.host);
  g_autoptr (GResolver) resolver = NULL;
  Lookup *lookup;

  if (number) {
    take_address (server, number);
    try_server (self, server);
    return;
  }
  resolver = g_resolver_get_default ();
  lookup = g_new0 (Lookup, 1);
  lookup->servers = g_object_ref (self);
  lookup->id = server->id;
  server->resolving = TRUE;
  g_resolver_lookup_by_name_async (resolver, server->parsed.host,
      self->stopped, on_resolved, lookup);
}

/* The list */

static GstCallServer *
take_known (GPtrArray * known, const gchar * url, const CallIceServer * from)
{
  guint i;

  for (i = 0; known && i < known->len; i++) {
    GstCallServer *server = g_ptr_array_index (known, i);

    if (g_str_equal (server->url, url)
        && g_strcmp0 (server->username, from->username) == 0
        && g_strcmp0 (server->credential, from->credential) == 0)
      return g_ptr_array_steal_index (known, i);
  }
  return NULL;
}

/* Was it told that this URL is of no use, whatever the credentials were? */
static gboolean
was_told (GPtrArray * known, const gchar * url)
{
  guint i;

  for (i = 0; known && i < known->len; i++) {
    const GstCallServer *server = g_ptr_array_index (known, i);

    if (server->told && g_str_equal (server->url, url))
      return TRUE;
  }
  return FALSE;
}

static GstCallServer *
add_server (GstCallServers * self, const gchar * url,
    const CallIceServer * from, gboolean told)
{
  GstCallServer *server = g_new0 (GstCallServer, 1);
  const gchar *wrong;

  server->id = ++self->last_id;
  server->url = g_strdup (url);
  server->told = told;
  server->username = g_strdup (from->username);
  server->credential = g_strdup (from->credential);
  server->times[0] = server->times[1] = GST_CALL_SERVER_UNKNOWN;
  wrong = gst_call_ice_url_parse (url, &server->parsed);
  if (!wrong && server->parsed.turn && (!from->username || !from->credential))
    wrong = "it needs username and credential";
  server->result = GST_CALL_SERVER_UNTRIED;
  g_ptr_array_add (self->servers, server);
  if (wrong)
    tell (self, server, "%s", wrong);
  server->useless = wrong || (server->parsed.tls
      && !prepare_tls (self, server));
  if (!server->useless)
    begin (self, server);
  return server;
}

void
gst_call_servers_set (GstCallServers * self, GPtrArray * servers)
{
  g_autoptr (GPtrArray) known = g_steal_pointer (&self->servers);
  gboolean more = FALSE;
  guint i, j;

  self->servers = g_ptr_array_new_with_free_func (server_free);
  for (i = 0; servers && i < servers->len; i++) {
    const CallIceServer *from = g_ptr_array_index (servers, i);

    for (j = 0; from->urls && from->urls[j]; j++) {
      GstCallServer *server = take_known (known, from->urls[j], from);

      if (server) {
        g_ptr_array_add (self->servers, server);
      } else if (self->servers->len < MAX_URLS) {
        add_server (self, from->urls[j], from, was_told (known, from->urls[j]));
        more = TRUE;
      } else {
        GST_WARNING ("%s is one too many", from->urls[j]);
      }
    }
  }
  if (!more)
    return;
  self->tried = g_get_monotonic_time ();
  self->late = self->waiting_names = FALSE;
  self->was_ready = gst_call_servers_is_ready (self);
  /* nobody waits again when a name is looked up anew */
  self->late = self->was_ready;
  gst_call_worker_clear_timer (&self->deadline);
  if (!self->was_ready)
    self->deadline = gst_call_worker_add_timer (self->worker, ANSWER_MS,
        on_deadline, self);
}

void
gst_call_servers_refresh (GstCallServers * self)
{
  gint64 now = g_get_monotonic_time ();
  guint i;

  if (now - self->tried < REFRESH_US)
    return;
  self->tried = now;
  for (i = 0; i < self->servers->len; i++) {
    GstCallServer *server = g_ptr_array_index (self->servers, i);

    if (!server->useless && !server->resolving)
      begin (self, server);
  }
}

/* Life */

GstCallServers *
gst_call_servers_new (GstCallWorker * worker,
    const gchar * tls_ca_file, const GstCallServersOwner * owner, gpointer data)
{
  GstCallServers *self = g_object_new (GST_TYPE_CALL_SERVERS, NULL);

  self->worker = worker;
  self->tls_ca_file = g_strdup (tls_ca_file);
  self->owner = owner;
  self->data = data;
  self->stun = gst_call_stun_new (worker, on_stun_answer, self);
  return self;
}

void
gst_call_servers_stop (GstCallServers * self)
{
  g_cancellable_cancel (self->stopped);
  gst_call_worker_clear_timer (&self->deadline);
  g_clear_pointer (&self->stun, gst_call_stun_free);
  g_ptr_array_set_size (self->servers, 0);
  g_clear_pointer (&self->tunnel, gst_call_tunnel_free);
}

static void
gst_call_servers_finalize (GObject * object)
{
  GstCallServers *self = GST_CALL_SERVERS (object);

  if (self->stun)
    gst_call_servers_stop (self);
  g_object_unref (self->stopped);
  g_clear_object (&self->trust);
  g_free (self->tls_ca_file);
  g_ptr_array_unref (self->servers);
  G_OBJECT_CLASS (gst_call_servers_parent_class)->finalize (object);
}

static void
gst_call_servers_class_init (GstCallServersClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_call_servers_finalize;
}

static void
gst_call_servers_init (GstCallServers * self)
{
  self->stopped = g_cancellable_new ();
  self->servers = g_ptr_array_new_with_free_func (server_free);
  self->late = self->was_ready = TRUE;
}
