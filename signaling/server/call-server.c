/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads
 *
 *   name     runs                              may take        never
 *   -------  --------------------------------  --------------  -------
 *   any      everything here                   state
 *   worker   see call-worker.c                                 `state`
 *
 * Locks, in the order they may be taken
 *
 *   1 state     self->lock      protects: running, and all that start makes;
 *                               held while starting and stopping
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-listen.h"
#include "call-self-signed.h"
#include "call-server.h"
#include "call-credentials.h"
#include "call-worker.h"

#include <string.h>

enum
{
  PROP_0,
  PROP_LISTEN,
  PROP_PORT,
  PROP_TLS_CERTIFICATE,
  PROP_TLS_KEY,
  PROP_SELF_SIGNED,
  PROP_CA_FILE,
  PROP_FINGERPRINT,
  PROP_STATE_DIR,
  PROP_TOKEN_SECRET_FILE,
  PROP_TURN_SECRET_FILE,
  PROP_ALLOWED_ORIGINS,
  PROP_MAX_PEERS,
  PROP_MAX_CONNECTIONS,
  PROP_MAX_PER_ADDRESS,
  PROP_EXEMPT_LOOPBACK,
  PROP_WORKERS,
  PROP_MESSAGE_RATE,
  PROP_MESSAGE_BURST,
  PROP_MAX_QUEUE,
  PROP_TLS_TIMEOUT,
  PROP_HEAD_TIMEOUT,
  PROP_HELLO_TIMEOUT,
  PROP_PONG_TIMEOUT,
  PROP_RESUME_TIMEOUT,
  PROP_TURN_TTL,
  N_PROPS
};

struct _CallServer
{
  GObject parent;
  GMutex lock;

  /* set while stopped */
  gchar *strings[N_PROPS];
  guint numbers[N_PROPS];       /* booleans, too */
  gchar **allowed_origins;
  GPtrArray *ice_servers;

  /* state lock */
  gboolean running;
  guint port;
  gchar *ca_file;
  CallRooms *rooms;
  CallHost host;
  CallWorkerPool pool;
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (CallServer, call_server, G_TYPE_OBJECT);

CallServer *
call_server_new (void)
{
  return g_object_new (CALL_TYPE_SERVER, NULL);
}

void
call_server_add_ice_server (CallServer * self, const CallIceServer * server)
{
  g_ptr_array_add (self->ice_servers, call_ice_server_copy (server));
}

static CallIceServer *
refuse_ice_server (const gchar * text, GError ** error)
{
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
      "“%s” is no ICE server; give stun:HOST[:PORT], turn:HOST[:PORT] or "
      "turn:USER:PASSWORD@HOST[:PORT], with turns: for TLS", text);
  return NULL;
}

CallIceServer *
call_ice_server_parse (const gchar * text, GError ** error)
{
  static const gchar *schemes[] = { "stun:", "stuns:", "turn:", "turns:" };
  const gchar *at = strrchr (text, '@');
  const gchar *rest = NULL;
  g_autofree gchar *url = NULL;
  g_auto (GStrv) parts = NULL;
  g_autofree gchar *user = NULL;
  g_autofree gchar *password = NULL;
  const gchar *urls[2] = { NULL, NULL };

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    if (g_str_has_prefix (text, schemes[i]))
      rest = text + strlen (schemes[i]);
  }
  if (rest == NULL || *rest == '\0' || *rest == '/' || strpbrk (text, " \t\r\n")
      || strlen (text) > CALL_MAX_ICE_STRING)
    return refuse_ice_server (text, error);
  if (at != NULL) {
    g_autofree gchar *who = g_strndup (rest, at - rest);

    parts = g_strsplit (who, ":", 2);
    if (!g_str_has_prefix (text, "turn") || g_strv_length (parts) != 2
        || !(user = g_uri_unescape_string (parts[0], NULL))
        || !(password = g_uri_unescape_string (parts[1], NULL))
        || *user == '\0' || at[1] == '\0')
      return refuse_ice_server (text, error);
    url = g_strdup_printf ("%.*s%s", (gint) (rest - text), text, at + 1);
  }
  urls[0] = url != NULL ? url : text;
  return call_ice_server_new (urls, user, password);
}

CallRooms *
call_server_get_rooms (CallServer * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->rooms;
}

guint
call_server_get_port (CallServer * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->running ? self->port : 0;
}

static gboolean
is_any (const gchar * host)
{
  return *host == '\0' || strcmp (host, "0.0.0.0") == 0
      || strcmp (host, "::") == 0;
}

gchar **
call_server_get_urls (CallServer * self, const gchar * room)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  g_autofree gchar *host = NULL;
  g_auto (GStrv) names = NULL;
  GPtrArray *urls = g_ptr_array_new ();
  guint port;

  host = call_listen_parse (self->strings[PROP_LISTEN], &port, NULL);
  if (host != NULL && is_any (host)) {
    names = call_machine_get_names ();
  } else {
    names = g_new0 (gchar *, 2);
    names[0] = g_strdup (host);
  }
  for (guint i = 0; names[i] != NULL; i++) {
    gboolean six = strchr (names[i], ':') != NULL;

    if (six && host != NULL && strcmp (host, "0.0.0.0") == 0)
      continue;
    g_ptr_array_add (urls, g_strdup_printf ("http%s://%s%s%s:%u/room/%s",
            self->host.identity != NULL ? "s" : "", six ? "[" : "", names[i],
            six ? "]" : "", self->port, room));
  }
  g_ptr_array_add (urls, NULL);
  return (gchar **) g_ptr_array_free (urls, FALSE);
}

/* A secret as text in a file; the line end does not count */
static GBytes *
load_secret (const gchar * file, gsize min_size, const gchar * option,
    GError ** error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree gchar *text = NULL;
  gsize length;

  if (!g_file_get_contents (file, &text, NULL, &problem)) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "The %s cannot be read: %s", option, problem->message);
    return NULL;
  }
  g_strchomp (text);
  length = strlen (text);
  if (length < min_size) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "The %s in “%s” has %" G_GSIZE_FORMAT " bytes; at least %"
        G_GSIZE_FORMAT " are needed. Make one: head -c 32 /dev/urandom | "
        "base64 > FILE", option, file, length, min_size);
    return NULL;
  }
  return g_bytes_new (text, length);
}

/* NULL: nothing outlives the process */
static gchar *
get_state_dir (CallServer * self)
{
  if (self->strings[PROP_STATE_DIR] != NULL)
    return g_strdup (self->strings[PROP_STATE_DIR]);
  return self->numbers[PROP_SELF_SIGNED] ? call_state_dir_get_default () : NULL;
}

static gboolean
load_identity_locked (CallServer * self, GError ** error)
{
  g_autofree gchar *certificate =
      g_strdup (self->strings[PROP_TLS_CERTIFICATE]);
  g_autofree gchar *key = g_strdup (self->strings[PROP_TLS_KEY]);

  if (self->numbers[PROP_SELF_SIGNED]) {
    g_autofree gchar *folder = get_state_dir (self);

    g_clear_pointer (&certificate, g_free);
    g_clear_pointer (&key, g_free);
    if (!call_self_signed_ensure (folder, &certificate, &key, &self->ca_file,
            error))
      return FALSE;
  } else if (certificate == NULL && key == NULL) {
    return TRUE;
  } else if (certificate == NULL || key == NULL) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "TLS needs both a certificate and its key");
    return FALSE;
  }
  self->host.identity = call_tls_identity_load (certificate, key, error);
  return self->host.identity != NULL;
}

static gboolean
make_rooms_locked (CallServer * self, GError ** error)
{
  CallRoomsSettings settings;
  g_autofree gchar *state_dir = get_state_dir (self);
  const gchar *token_file = self->strings[PROP_TOKEN_SECRET_FILE];
  const gchar *turn_file = self->strings[PROP_TURN_SECRET_FILE];
  gboolean good;

  call_rooms_settings_init (&settings);
  settings.max_peers = self->numbers[PROP_MAX_PEERS];
  settings.resume_timeout = self->numbers[PROP_RESUME_TIMEOUT] *
      G_GINT64_CONSTANT (1000);
  /* twice, because rooms are not spread evenly, again for those who wait for
   * a resume, and some so that a small server has room for one full room */
  settings.turn_ttl = self->numbers[PROP_TURN_TTL];
  settings.max_seats = self->numbers[PROP_MAX_CONNECTIONS] * 4 + 2000;
  settings.ice_servers = g_ptr_array_ref (self->ice_servers);
  good = (state_dir == NULL || (settings.resume_key =
          call_state_dir_get_key (state_dir, "resume-key", error)))
      && (token_file == NULL || (settings.token_secret =
          load_secret (token_file, CALL_MIN_SECRET, "token secret", error)))
      && (turn_file == NULL || (settings.turn_secret =
          load_secret (turn_file, 1, "TURN secret", error)));
  if (good)
    self->rooms = call_rooms_new (&settings);
  call_rooms_settings_clear (&settings);
  return good;
}

static void
fill_limits_locked (CallServer * self)
{
  CallLimits *limits = &self->host.limits;
  const guint *numbers = self->numbers;
  const gint64 ms = 1000;

  limits->max_connections = numbers[PROP_MAX_CONNECTIONS];
  limits->max_per_address = numbers[PROP_MAX_PER_ADDRESS];
  limits->exempt_loopback = numbers[PROP_EXEMPT_LOOPBACK];
  limits->tls_timeout = numbers[PROP_TLS_TIMEOUT] * ms;
  limits->head_timeout = numbers[PROP_HEAD_TIMEOUT] * ms;
  limits->hello_timeout = numbers[PROP_HELLO_TIMEOUT] * ms;
  limits->pong_timeout = numbers[PROP_PONG_TIMEOUT] * ms;
  limits->message_rate = numbers[PROP_MESSAGE_RATE];
  limits->message_burst = numbers[PROP_MESSAGE_BURST];
  limits->max_queue = numbers[PROP_MAX_QUEUE];
  limits->allowed_origins = self->allowed_origins;
}

static void
clear_locked (CallServer * self)
{
  g_clear_pointer (&self->pool.listeners, g_array_unref);
  g_clear_pointer (&self->host.identity, call_tls_identity_free);
  g_clear_pointer (&self->host.addresses, call_addresses_free);
}

gboolean
call_server_start (CallServer * self, GError ** error)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (self->running) {
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_EXISTS,
        "The server is running already");
    return FALSE;
  }
  g_clear_object (&self->rooms);
  g_clear_pointer (&self->ca_file, g_free);
  if (load_identity_locked (self, error) && make_rooms_locked (self, error)) {
    fill_limits_locked (self);
    self->host.rooms = self->rooms;
    self->host.addresses = call_addresses_new ();
    self->host.connections = 0;
    self->pool.host = &self->host;
    self->pool.size = self->numbers[PROP_WORKERS];
    self->pool.listeners = call_listen (self->strings[PROP_LISTEN],
        &self->port, error);
    self->running = self->pool.listeners != NULL
        && call_worker_pool_start (&self->pool, error);
  }
  if (!self->running)
    clear_locked (self);
  return self->running;
}

void
call_server_stop (CallServer * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->running)
    return;
  call_worker_pool_stop (&self->pool);
  clear_locked (self);
  self->running = FALSE;
}

static void
call_server_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  CallServer *self = CALL_SERVER (object);

  if (id == PROP_ALLOWED_ORIGINS) {
    g_strfreev (self->allowed_origins);
    self->allowed_origins = g_value_dup_boxed (value);
  } else if (G_IS_PARAM_SPEC_STRING (pspec)) {
    g_free (self->strings[id]);
    self->strings[id] = g_value_dup_string (value);
  } else if (G_IS_PARAM_SPEC_BOOLEAN (pspec)) {
    self->numbers[id] = g_value_get_boolean (value);
  } else {
    self->numbers[id] = g_value_get_uint (value);
  }
}

static void
call_server_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  CallServer *self = CALL_SERVER (object);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (id == PROP_ALLOWED_ORIGINS)
    g_value_set_boxed (value, self->allowed_origins);
  else if (id == PROP_PORT)
    g_value_set_uint (value, self->running ? self->port : 0);
  else if (id == PROP_CA_FILE)
    g_value_set_string (value, self->ca_file);
  else if (id == PROP_FINGERPRINT)
    g_value_set_string (value, self->host.identity != NULL ?
        call_tls_identity_get_fingerprint (self->host.identity) : NULL);
  else if (G_IS_PARAM_SPEC_STRING (pspec))
    g_value_set_string (value, self->strings[id]);
  else if (G_IS_PARAM_SPEC_BOOLEAN (pspec))
    g_value_set_boolean (value, self->numbers[id]);
  else
    g_value_set_uint (value, self->numbers[id]);
}

static void
call_server_finalize (GObject * object)
{
  CallServer *self = CALL_SERVER (object);

  call_server_stop (self);
  g_clear_object (&self->rooms);
  for (guint i = 0; i < N_PROPS; i++)
    g_free (self->strings[i]);
  g_free (self->ca_file);
  g_strfreev (self->allowed_origins);
  g_ptr_array_unref (self->ice_servers);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (call_server_parent_class)->finalize (object);
}

static void
install_string (guint id, const gchar * name, const gchar * blurb,
    const gchar * initial, gboolean read_only)
{
  props[id] = g_param_spec_string (name, name, blurb, initial, read_only ?
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS :
      G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
}

static void
install_number (guint id, const gchar * name, const gchar * blurb, guint min,
    guint max, guint initial)
{
  props[id] = g_param_spec_uint (name, name, blurb, min, max, initial,
      G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
}

static void
install_boolean (guint id, const gchar * name, const gchar * blurb)
{
  props[id] = g_param_spec_boolean (name, name, blurb, FALSE,
      G_PARAM_READWRITE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
}

static void
call_server_install_properties (GObjectClass * klass)
{
  install_string (PROP_LISTEN, "listen", "HOST:PORT", "localhost:0", FALSE);
  props[PROP_PORT] = g_param_spec_uint ("port", "port", "Port it has", 0,
      65535, 0, G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  install_string (PROP_TLS_CERTIFICATE, "tls-certificate", "PEM file", NULL,
      FALSE);
  install_string (PROP_TLS_KEY, "tls-key", "PEM file", NULL, FALSE);
  install_boolean (PROP_SELF_SIGNED, "self-signed", "Make a certificate");
  install_string (PROP_CA_FILE, "ca-file", "Authority of the certificate",
      NULL, TRUE);
  install_string (PROP_FINGERPRINT, "fingerprint", "SHA-256 of the certificate",
      NULL, TRUE);
  install_string (PROP_STATE_DIR, "state-dir", "Folder for keys", NULL, FALSE);
  install_string (PROP_TOKEN_SECRET_FILE, "token-secret-file",
      "Signs tokens", NULL, FALSE);
  install_string (PROP_TURN_SECRET_FILE, "turn-secret-file",
      "Makes TURN credentials", NULL, FALSE);
  props[PROP_ALLOWED_ORIGINS] = g_param_spec_boxed ("allowed-origins",
      "allowed-origins", "Origins of pages of other hosts", G_TYPE_STRV,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS);
  install_number (PROP_MAX_PEERS, "max-peers", "People in a room", 1,
      CALL_ROOM_MAX_PEERS, 16);
  install_number (PROP_MAX_CONNECTIONS, "max-connections", "In all", 1,
      1000000, 20000);
  install_number (PROP_MAX_PER_ADDRESS, "max-per-address",
      "Connections of one address", 0, 1000000, 64);
  install_boolean (PROP_EXEMPT_LOOPBACK, "exempt-loopback",
      "This machine may have more");
  install_number (PROP_WORKERS, "workers", "Threads", 1, 64, 4);
  install_number (PROP_MESSAGE_RATE, "message-rate", "Units a second", 1,
      1000000, 100);
  install_number (PROP_MESSAGE_BURST, "message-burst", "Units at once", 1,
      1000000, 500);
  install_number (PROP_MAX_QUEUE, "max-queue", "Bytes for a slow reader",
      CALL_MAX_MESSAGE * 2, 1 << 30, 1 << 20);
  install_number (PROP_TLS_TIMEOUT, "tls-timeout", "ms for the handshake", 10,
      600000, 5000);
  install_number (PROP_HEAD_TIMEOUT, "head-timeout", "ms for a request", 10,
      600000, 10000);
  install_number (PROP_HELLO_TIMEOUT, "hello-timeout", "ms for the hello", 10,
      600000, 5000);
  install_number (PROP_TURN_TTL, "turn-ttl", "s that TURN credentials last", 1,
      CALL_MAX_SECONDS, 3600);
  install_number (PROP_PONG_TIMEOUT, "pong-timeout", "ms of silence", 10,
      600000, 60000);
  install_number (PROP_RESUME_TIMEOUT, "resume-timeout", "ms a seat is kept",
      0, 86400000, 30000);
  g_object_class_install_properties (klass, N_PROPS, props);
}

static void
call_server_class_init (CallServerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->set_property = call_server_set_property;
  object_class->get_property = call_server_get_property;
  object_class->finalize = call_server_finalize;
  call_server_install_properties (object_class);
}

static void
call_server_init (CallServer * self)
{
  g_mutex_init (&self->lock);
  self->ice_servers = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_ice_server_free);
}
