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

#include "gstcallice.h"
#include "gstcallservers.h"
#include "gstcallstun.h"
#include "gstcalltunnel.h"
#include "gstcallturn.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define ANSWER_MS 200
#define NAMES_MS 500
#define REFRESH_US (30 * G_USEC_PER_SEC)
/* Of all servers; what comes behind is not looked at */
#define MAX_URLS 64
/* TURN addresses that one webrtcbin is given: it tries each */
#define MAX_TURN 8

#define UNKNOWN -2              /* no answer yet */
#define SILENT -1
/* TURN: no GstCallTurnResult yet */
#define UNTRIED -1

typedef struct
{
  guint id;
  gchar *url;                   /* as given */
  gchar *username;
  gchar *credential;
  GstCallIceUrl parsed;
  gboolean useless;             /* and told */
  gboolean told;
  gboolean resolving;
  GSocketAddress *addresses[2]; /* IPv4, IPv6; NULL: it has none */
  gint64 times[2];              /* STUN: µs of the answer, UNKNOWN, SILENT */
  GstCallTurnCheck *check;      /* TURN: under way */
  guint family;                 /* of the check */
  gint result;                  /* GstCallTurnResult, or UNTRIED */
} Server;

struct _GstCallServers
{
  GObject parent;

  GstCallWorker *worker;
  const GstCallServersOwner *owner;
  gpointer data;
  GCancellable *stopped;
  GPtrArray *servers;           /* (element-type Server) */
  guint last_id;
  GstCallStun *stun;
  gchar *tls_ca_file;
  GTlsDatabase *trust;          /* of that file, once it is needed */
  GstCallTunnel *tunnel;        /* NULL: there is no server over TLS */
  GSource *deadline;
  gboolean waiting_names;       /* the first deadline is over */
  gboolean late;                /* both are */
  gboolean was_ready;
  gint64 tried;
};

G_DEFINE_FINAL_TYPE (GstCallServers, gst_call_servers, G_TYPE_OBJECT);

static void
server_free (gpointer data)
{
  Server *server = data;

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
static Server *
find (GstCallServers * self, guint id)
{
  guint i;

  for (i = 0; i < self->servers->len; i++) {
    Server *server = g_ptr_array_index (self->servers, i);

    if (server->id == id)
      return server;
  }
  return NULL;
}

static void
G_GNUC_PRINTF (3, 4)
tell (GstCallServers * self, Server * server, const gchar * format, ...)
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

static gboolean
is_stun (const Server * server)
{
  return !server->useless && !server->parsed.turn;
}

/* The fastest one; IPv4 first, as that is where the address translators are */
static const Server *
fastest (GstCallServers * self, guint * family)
{
  const Server *best = NULL;
  guint i;

  for (*family = 0; *family < 2; (*family)++) {
    for (i = 0; i < self->servers->len; i++) {
      const Server *server = g_ptr_array_index (self->servers, i);

      if (is_stun (server) && server->times[*family] >= 0
          && (!best || server->times[*family] < best->times[*family]))
        best = server;
    }
    if (best)
      break;
  }
  return best;
}

/* One that has an address and may still answer */
static const Server *
hopeful (GstCallServers * self, guint * family)
{
  guint i;

  for (*family = 0; *family < 2; (*family)++) {
    for (i = 0; i < self->servers->len; i++) {
      const Server *server = g_ptr_array_index (self->servers, i);

      if (is_stun (server) && server->addresses[*family]
          && server->times[*family] == UNKNOWN)
        return server;
    }
  }
  return NULL;
}

gboolean
gst_call_servers_is_ready (GstCallServers * self)
{
  guint family;
  const Server *best = fastest (self, &family);
  gboolean have_stun = best && family == 0;
  gboolean names = FALSE;
  guint i;

  if (self->late)
    return TRUE;
  for (i = 0; i < self->servers->len; i++) {
    const Server *server = g_ptr_array_index (self->servers, i);

    if (server->resolving && (server->parsed.turn || !have_stun))
      names = TRUE;
  }
  if (names)
    return FALSE;
  return have_stun || self->waiting_names || !hopeful (self, &family);
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
  Server *server = find (self, tag / 2);
  guint other = !(tag % 2);

  if (!server)
    return;
  server->times[tag % 2] = time;
  GST_DEBUG ("%s: %" G_GINT64_FORMAT " µs", server->url, time);
  if (time < 0 && (!server->addresses[other] || server->times[other] == SILENT))
    tell (self, server, "it does not answer");
  check_ready (self);
}

/* TURN */

static GstCallWireType
wire_type (const Server * server)
{
  if (server->parsed.tls)
    return GST_CALL_WIRE_TLS;
  return server->parsed.tcp ? GST_CALL_WIRE_TCP : GST_CALL_WIRE_UDP;
}

static void
tell_turn (GstCallServers * self, Server * server, const gchar * text)
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
    default:
      tell (self, server, "it does not answer over %s (%s)",
          wires[wire_type (server)], text);
  }
}

/* Over IPv4 or, where there is none of it, IPv6 */
static void
try_turn (GstCallServers * self, Server * server, guint family,
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
  Server *server = find (self, tag);

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
prepare_tls (GstCallServers * self, Server * server)
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
try_server (GstCallServers * self, Server * server)
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
take_address (Server * server, GInetAddress * address)
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
  Server *server = g_cancellable_is_cancelled (self->stopped) ? NULL :
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
begin (GstCallServers * self, Server * server)
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

static Server *
take_known (GPtrArray * known, const gchar * url, const CallIceServer * from)
{
  guint i;

  for (i = 0; known && i < known->len; i++) {
    Server *server = g_ptr_array_index (known, i);

    if (g_str_equal (server->url, url)
        && g_strcmp0 (server->username, from->username) == 0
        && g_strcmp0 (server->credential, from->credential) == 0)
      return g_ptr_array_steal_index (known, i);
  }
  return NULL;
}

static Server *
add_server (GstCallServers * self, const gchar * url,
    const CallIceServer * from)
{
  Server *server = g_new0 (Server, 1);
  const gchar *wrong;

  server->id = ++self->last_id;
  server->url = g_strdup (url);
  server->username = g_strdup (from->username);
  server->credential = g_strdup (from->credential);
  server->times[0] = server->times[1] = UNKNOWN;
  wrong = gst_call_ice_url_parse (url, &server->parsed);
  if (!wrong && server->parsed.turn && (!from->username || !from->credential))
    wrong = "it needs username and credential";
  server->result = UNTRIED;
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
      Server *server = take_known (known, from->urls[j], from);

      if (server) {
        g_ptr_array_add (self->servers, server);
      } else if (self->servers->len < MAX_URLS) {
        add_server (self, from->urls[j], from);
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
    Server *server = g_ptr_array_index (self->servers, i);

    if (!server->useless && !server->resolving)
      begin (self, server);
  }
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
apply_turn (GstCallServers * self, const Server * server,
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
  const Server *stun = fastest (self, &family);

  if (!stun)
    stun = hopeful (self, &family);
  if (stun) {
    g_autofree gchar *where = place (stun->addresses[family]);
    g_autofree gchar *uri = g_strconcat ("stun://", where, NULL);

    GST_DEBUG_OBJECT (webrtcbin, "STUN: %s at %s", stun->url, uri);
    g_object_set (webrtcbin, "stun-server", uri, NULL);
  }
  for (i = 0; i < self->servers->len; i++) {
    const Server *server = g_ptr_array_index (self->servers, i);

    if (!server->parsed.turn || server->useless
        || server->result == GST_CALL_TURN_REFUSED
        || server->result == GST_CALL_TURN_UNTRUSTED)
      continue;
    for (j = 0; j < 2; j++) {
      if (server->addresses[j] && n < MAX_TURN)
        n += apply_turn (self, server, server->addresses[j], webrtcbin);
    }
  }
}

static void
explain_turn (const Server * server, GString * text)
{
  static const gchar *const words[] = {
    "works, but the peer is not reached through it",
    "does not take username and credential", "does not answer",
    "has a certificate that is not trusted"
  };
  const gchar *word = "has not answered yet";

  if (server->useless || (!server->addresses[0] && !server->addresses[1]))
    word = "cannot be used";
  else if (server->result != UNTRIED)
    word = words[server->result];
  g_string_append_printf (text, "; %s %s", server->url, word);
}

gchar *
gst_call_servers_explain (GstCallServers * self, gboolean relay_only)
{
  guint family, i, n_stun = 0, n_turn = 0;
  gboolean answered = fastest (self, &family) != NULL;
  GString *text = g_string_new (NULL);

  for (i = 0; i < self->servers->len; i++)
    n_stun += !((Server *) g_ptr_array_index (self->servers, i))->parsed.turn;
  if (relay_only)
    g_string_append (text, "ice-transport-policy=relay allows TURN only");
  else if (n_stun == 0)
    g_string_append (text, "no STUN server is set");
  else
    g_string_append (text, answered ? "a STUN server answers, which is not "
        "enough" : "no STUN server answers");
  for (i = 0; i < self->servers->len; i++) {
    const Server *server = g_ptr_array_index (self->servers, i);

    if (server->parsed.turn && n_turn++ < MAX_TURN)
      explain_turn (server, text);
  }
  if (n_turn == 0)
    g_string_append (text, "; no TURN server is set: one is needed where a "
        "network lets nothing in");
  return g_string_free (text, FALSE);
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
