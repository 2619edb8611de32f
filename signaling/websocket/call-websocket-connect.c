/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The upgrade is made here and not by SoupSession, which gives no way to put
 * a bound between the socket and the WebSocket connection.
 *
 * Threads: one, that of the caller; the object is owned by its GTask.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-bounded-stream.h"
#include "call-websocket-connect.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

/* RFC 6455 section 1.3 */
#define ACCEPT_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
#define MAX_RESPONSE (16 * 1024)
#define KEY_BYTES 16
#define ADDRESS_KEY "call-local-address"
#define TLS_ADVICE "Does the server speak TLS there? If not, is it ws://?"
#define PLAIN_ADVICE "If the server speaks TLS there, is it wss://?"

typedef struct
{
  GUri *uri;
  gboolean tls;
  gboolean insecure;
  GTlsDatabase *database;       /* NULL: the system's */
  gchar *name;                  /* host:port for people */

  GCancellable *cancellable;    /* ours: the caller's, or out of time */
  GCancellable *outer;
  gulong outer_handler;
  GSource *timer;
  gboolean timed_out;

  GIOStream *stream;
  GSocketConnection *socket;    /* below the stream, which owns it */
  GTlsCertificateFlags tls_errors;
  gchar *key;
  gchar *request;
  gchar response[MAX_RESPONSE + 1];
  gsize response_length;
  gint64 retry_after;
} Connect;

static void
connect_free (Connect * self)
{
  if (self->outer)
    g_cancellable_disconnect (self->outer, self->outer_handler);
  if (self->timer)
    g_source_destroy (self->timer);
  g_clear_pointer (&self->timer, g_source_unref);
  if (self->stream)
    g_signal_handlers_disconnect_by_data (self->stream, self);
  g_clear_object (&self->outer);
  g_clear_object (&self->cancellable);
  g_clear_object (&self->stream);
  g_clear_object (&self->database);
  g_uri_unref (self->uri);
  g_free (self->name);
  g_free (self->key);
  g_free (self->request);
  g_free (self);
}

static gboolean
on_timeout (gpointer user_data)
{
  Connect *self = user_data;

  self->timed_out = TRUE;
  g_cancellable_cancel (self->cancellable);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable * outer, GCancellable * cancellable)
{
  g_cancellable_cancel (cancellable);
}

static const gchar *
tls_reason (GTlsCertificateFlags flags)
{
  if (flags & G_TLS_CERTIFICATE_BAD_IDENTITY)
    return "it is for another host name";
  if (flags & G_TLS_CERTIFICATE_EXPIRED)
    return "it has expired";
  if (flags & G_TLS_CERTIFICATE_NOT_ACTIVATED)
    return "it is not valid yet, or the clock of this machine is wrong";
  if (flags & G_TLS_CERTIFICATE_REVOKED)
    return "it was revoked";
  if (flags & G_TLS_CERTIFICATE_UNKNOWN_CA)
    return "its issuer is not known here";
  return "it is broken or too weak";
}

static void
fail_certificate (Connect * self, GTask * task)
{
  g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_CERTIFICATE, "The certificate of %s is not "
      "trusted: %s. If the server made it itself, give the file of its "
      "CA with tls-ca-file=…", self->name, tls_reason (self->tls_errors));
}

/* There is a connection, and no TLS on it */
static gboolean
is_plain_talk (const Connect * self)
{
  return !self->tls && self->stream;
}

static const gchar *
get_advice (const Connect * self)
{
  if (is_plain_talk (self))
    return "Check the address. " PLAIN_ADVICE;
  if (self->stream && !self->key)
    return TLS_ADVICE;
  return "Check the address, and that the server is running";
}

/* Ends the task with what the error means to the caller */
static void
fail (GTask * task, GError * error)
{
  Connect *self = g_task_get_task_data (task);

  if (self->timed_out) {
    g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
        CALL_SIGNALLER_ERROR_UNREACHABLE, "%s does not answer in time. %s",
        self->name, get_advice (self));
  } else if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_task_return_error (task, g_error_copy (error));
  } else if (self->tls_errors != 0) {
    fail_certificate (self, task);
  } else if (error->domain == G_TLS_ERROR) {
    g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
        CALL_SIGNALLER_ERROR_CERTIFICATE, "No TLS connection to %s: %s. %s",
        self->name, error->message, TLS_ADVICE);
  } else {
    g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
        CALL_SIGNALLER_ERROR_UNREACHABLE, "Cannot reach %s: %s. %s",
        self->name, error->message, get_advice (self));
  }
  g_error_free (error);
}

static void
fail_protocol (GTask * task, const gchar * what)
{
  Connect *self = g_task_get_task_data (task);

  g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_PROTOCOL, "%s is not a " CALL_SUBPROTOCOL
      " server: %s. Check host, port and path of the URI%s", self->name, what,
      is_plain_talk (self) && !g_str_has_prefix (self->response, "HTTP/") ?
      ". " PLAIN_ADVICE : "");
}

/* The HTTP answer was not 101 */
static void
fail_status (GTask * task, guint status, SoupMessageHeaders * headers)
{
  Connect *self = g_task_get_task_data (task);
  const gchar *wait = soup_message_headers_get_one (headers, "Retry-After");
  guint64 seconds = 0;

  if (wait && g_ascii_string_to_unsigned (wait, 10, 1, CALL_MAX_SECONDS,
          &seconds, NULL))
    self->retry_after = seconds;
  if (status == 401 || status == 403 || status == 429 || status == 503)
    g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
        CALL_SIGNALLER_ERROR_REFUSED, "%s refuses the connection: HTTP %u %s",
        self->name, status, soup_status_get_phrase (status));
  else
    g_task_return_new_error (task, CALL_SIGNALLER_ERROR,
        CALL_SIGNALLER_ERROR_PROTOCOL, "%s is not a " CALL_SUBPROTOCOL
        " server: HTTP %u %s. Check host, port and path of the URI%s",
        self->name, status, soup_status_get_phrase (status),
        /* what a TLS server says to plain HTTP, if it says something */
        is_plain_talk (self) && status == SOUP_STATUS_BAD_REQUEST ?
        ". " PLAIN_ADVICE : "");
}

/* Kept with the connection, for call_websocket_connection_uses () */
static void
keep_address (Connect * self, SoupWebsocketConnection * connection)
{
  g_autoptr (GSocketAddress) local =
      g_socket_connection_get_local_address (self->socket, NULL);
  GInetAddress *address = G_IS_INET_SOCKET_ADDRESS (local) ?
      g_inet_socket_address_get_address (G_INET_SOCKET_ADDRESS (local)) : NULL;
  gchar *text;

  if (!address)
    return;
  text = g_inet_address_to_string (address);
  text[strcspn (text, "%")] = '\0';
  g_object_set_data_full (G_OBJECT (connection), ADDRESS_KEY, text, g_free);
}

gboolean
call_websocket_connection_uses (SoupWebsocketConnection * connection,
    const gchar * addresses)
{
  const gchar *own = g_object_get_data (G_OBJECT (connection), ADDRESS_KEY);
  g_auto (GStrv) list = g_strsplit (addresses, " ", -1);

  return !own || g_strv_contains ((const gchar * const *) list, own);
}

static gboolean
check_accept (Connect * self, SoupMessageHeaders * headers)
{
  const gchar *accept = soup_message_headers_get_one (headers,
      "Sec-WebSocket-Accept");
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree gchar *wanted = NULL;
  guint8 digest[20];
  gsize length = sizeof digest;

  g_checksum_update (checksum, (const guchar *) self->key, -1);
  g_checksum_update (checksum, (const guchar *) ACCEPT_GUID, -1);
  g_checksum_get_digest (checksum, digest, &length);
  wanted = g_base64_encode (digest, length);
  return g_strcmp0 (accept, wanted) == 0;
}

static void
on_response (GTask * task, gsize head_length)
{
  Connect *self = g_task_get_task_data (task);
  SoupMessageHeaders *headers =
      soup_message_headers_new (SOUP_MESSAGE_HEADERS_RESPONSE);
  const gchar *protocol;
  SoupHTTPVersion version;
  guint status = 0;

  if (!soup_headers_parse_response (self->response, head_length, headers,
          &version, &status, NULL)) {
    fail_protocol (task, "it does not speak HTTP");
  } else if (status != SOUP_STATUS_SWITCHING_PROTOCOLS) {
    fail_status (task, status, headers);
  } else if (!soup_message_headers_header_equals (headers, "Upgrade",
          "websocket") || !check_accept (self, headers)) {
    fail_protocol (task, "its WebSocket handshake is wrong");
  } else if (soup_message_headers_get_one (headers, "Sec-WebSocket-Extensions")) {
    fail_protocol (task, "it wants an extension that was not offered");
  } else if (!(protocol = soup_message_headers_get_one (headers,
              "Sec-WebSocket-Protocol"))
      || !g_str_equal (protocol, CALL_SUBPROTOCOL)) {
    fail_protocol (task, "it does not know this subprotocol");
  } else {
    g_autoptr (GBytes) rest = g_bytes_new (self->response + head_length,
        self->response_length - head_length);
    g_autoptr (GIOStream) bounded = call_bounded_stream_new (self->stream, rest,
        CALL_MAX_MESSAGE);
    SoupWebsocketConnection *connection =
        soup_websocket_connection_new (bounded, self->uri,
        SOUP_WEBSOCKET_CONNECTION_CLIENT, NULL, protocol, NULL);

    soup_websocket_connection_set_max_incoming_payload_size (connection,
        CALL_MAX_MESSAGE);
    keep_address (self, connection);
    g_task_return_pointer (task, connection, g_object_unref);
  }
  soup_message_headers_unref (headers);
}

static void
on_read (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Connect *self = g_task_get_task_data (task);
  GError *error = NULL;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result,
      &error);
  const gchar *end;

  if (n < 0) {
    fail (task, error);
    return;
  }
  self->response_length += n;
  self->response[self->response_length] = '\0';
  end = strstr (self->response, "\r\n\r\n");
  if (end) {
    on_response (task, end + 4 - self->response);
  } else if (n == 0) {
    fail_protocol (task, "it ended the connection");
  } else if (self->response_length == MAX_RESPONSE
      || strncmp (self->response, "HTTP/", MIN (self->response_length, 5))) {
    fail_protocol (task, "it does not speak HTTP");
  } else {
    g_input_stream_read_async (G_INPUT_STREAM (stream),
        self->response + self->response_length,
        MAX_RESPONSE - self->response_length, G_PRIORITY_DEFAULT,
        self->cancellable, on_read, g_steal_pointer (&task));
  }
}

static void
on_written (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Connect *self = g_task_get_task_data (task);
  GError *error = NULL;

  if (!g_output_stream_write_all_finish (G_OUTPUT_STREAM (stream), result,
          NULL, &error)) {
    fail (task, error);
    return;
  }
  g_input_stream_read_async (g_io_stream_get_input_stream (self->stream),
      self->response, MAX_RESPONSE, G_PRIORITY_DEFAULT, self->cancellable,
      on_read, g_steal_pointer (&task));
}

static void
send_request (GTask * task)
{
  Connect *self = g_task_get_task_data (task);
  const gchar *query = g_uri_get_query (self->uri);
  guint8 key[KEY_BYTES];

  for (guint i = 0; i < G_N_ELEMENTS (key); i++)
    key[i] = g_random_int_range (0, 256);
  self->key = g_base64_encode (key, sizeof key);
  self->request = g_strdup_printf ("GET %s%s%s HTTP/1.1\r\nHost: %s\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: %s\r\nSec-WebSocket-Version: 13\r\n"
      "Sec-WebSocket-Protocol: " CALL_SUBPROTOCOL "\r\n"
      "User-Agent: " PACKAGE "/" VERSION "\r\n\r\n",
      g_uri_get_path (self->uri), query ? "?" : "", query ? query : "",
      self->name, self->key);
  g_output_stream_write_all_async (g_io_stream_get_output_stream (self->stream),
      self->request, strlen (self->request), G_PRIORITY_DEFAULT,
      self->cancellable, on_written, task);
}

static gboolean
on_accept_certificate (GTlsConnection * tls, GTlsCertificate * certificate,
    GTlsCertificateFlags errors, Connect * self)
{
  if (!self->insecure)
    self->tls_errors = errors;
  return self->insecure;
}

static void
on_handshake (GObject * tls, GAsyncResult * result, gpointer user_data)
{
  GError *error = NULL;

  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (tls), result,
          &error))
    send_request (user_data);
  else {
    fail (user_data, error);
    g_object_unref (user_data);
  }
}

/* Given when it is made, our database saves reading the system's, some 10 ms */
static GIOStream *
new_tls_with_database (Connect * self, GSocketConnectable * identity,
    GError ** error)
{
  GTlsBackend *backend = g_tls_backend_get_default ();

  return g_initable_new (g_tls_backend_get_client_connection_type (backend),
      NULL, error, "base-io-stream", self->stream, "server-identity", identity,
      "database", self->database, NULL);
}

/* Takes the reference of the task */
static void
start_tls (GTask * task)
{
  static const gchar *const alpn[] = { "http/1.1", NULL };
  Connect *self = g_task_get_task_data (task);
  g_autoptr (GSocketConnectable) identity = g_network_address_new
      (g_uri_get_host (self->uri), g_uri_get_port (self->uri));
  GError *error = NULL;
  GIOStream *tls = self->database ? new_tls_with_database (self, identity,
      &error) : g_tls_client_connection_new (self->stream, identity, &error);

  if (!tls) {
    fail (task, error);
    g_object_unref (task);
    return;
  }
  g_tls_connection_set_advertised_protocols (G_TLS_CONNECTION (tls), alpn);
  g_signal_connect (tls, "accept-certificate",
      G_CALLBACK (on_accept_certificate), self);
  g_object_unref (self->stream);
  self->stream = tls;
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT,
      self->cancellable, on_handshake, task);
}

static void
on_connected (GObject * client, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  Connect *self = g_task_get_task_data (task);
  GError *error = NULL;
  GSocketConnection *connection =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (client), result, &error);

  if (!connection) {
    fail (task, error);
    return;
  }
  self->socket = connection;
  self->stream = G_IO_STREAM (connection);
  if (G_IS_TCP_CONNECTION (connection))
    g_socket_set_option (g_socket_connection_get_socket (connection),
        IPPROTO_TCP, TCP_NODELAY, 1, NULL);
  if (self->tls)
    start_tls (g_steal_pointer (&task));
  else
    send_request (g_steal_pointer (&task));
}

/* The URI with a port and a path that names a room */
static GUri *
parse_uri (const gchar * text, GError ** error)
{
  g_autoptr (GUri) uri = text ? g_uri_parse (text, SOUP_HTTP_URI_FLAGS, NULL) :
      NULL;
  const gchar *scheme = uri ? g_uri_get_scheme (uri) : "";
  gboolean tls = g_str_equal (scheme, "wss");
  const gchar *room = uri ? strrchr (g_uri_get_path (uri), '/') : NULL;
  gsize before = room ? room - g_uri_get_path (uri) : 0;

  if ((!tls && !g_str_equal (scheme, "ws")) || !g_uri_get_host (uri)
      || *g_uri_get_host (uri) == '\0' || before < strlen ("/room")
      || strncmp (room - 5, "/room", 5) != 0 || !call_id_is_valid (room + 1)) {
    g_set_error (error, CALL_SIGNALLER_ERROR, CALL_SIGNALLER_ERROR_SETTINGS,
        "The URI “%s” does not name a room. Write ws[s]://HOST[:PORT]/room/ROOM,"
        " ROOM of at most %d letters, digits and . _ ~ -", text ? text : "",
        CALL_MAX_ID);
    return NULL;
  }
  return g_uri_build (SOUP_HTTP_URI_FLAGS, scheme, NULL, g_uri_get_host (uri),
      g_uri_get_port (uri) > 0 ? g_uri_get_port (uri) : tls ? 443 : 80,
      g_uri_get_path (uri), g_uri_get_query (uri), NULL);
}

static gboolean
load_database (const gchar * file, GTlsDatabase ** database, GError ** error)
{
  g_autoptr (GError) cause = NULL;
  g_autofree gchar *path = NULL;

  *database = NULL;
  if (!file || *file == '\0')
    return TRUE;
  path = g_canonicalize_filename (file, NULL);
  *database = g_tls_file_database_new (path, &cause);
  if (!*database)
    g_set_error (error, CALL_SIGNALLER_ERROR, CALL_SIGNALLER_ERROR_SETTINGS,
        "Cannot read certificates from tls-ca-file “%s”: %s", file,
        cause->message);
  return *database != NULL;
}

gboolean
call_websocket_target_check (const CallWebsocketTarget * target,
    GError ** error)
{
  g_autoptr (GUri) uri = parse_uri (target->uri, error);
  g_autoptr (GTlsDatabase) database = NULL;

  return uri && load_database (target->ca_file, &database, error);
}

/* A proxy has no way to this machine or into this network, and asking for one
 * costs the first connection of a process some 10 ms. */
static gboolean
is_near (const gchar * host)
{
  g_autoptr (GInetAddress) address = g_inet_address_new_from_string (host);

  if (!address)
    return g_ascii_strcasecmp (host, "localhost") == 0;
  return g_inet_address_get_is_loopback (address)
      || g_inet_address_get_is_site_local (address)
      || g_inet_address_get_is_link_local (address);
}

static GTask *
connect_new (const CallWebsocketTarget * target, GUri * uri,
    GTlsDatabase * database, GTask * task)
{
  Connect *self = g_new0 (Connect, 1);
  const gchar *host = g_uri_get_host (uri);

  self->uri = uri;
  self->tls = g_str_equal (g_uri_get_scheme (uri), "wss");
  self->insecure = target->insecure;
  self->database = database;
  self->name = g_strdup_printf (strchr (host, ':') ? "[%s]:%d" : "%s:%d", host,
      g_uri_get_port (uri));
  self->cancellable = g_cancellable_new ();
  g_task_set_task_data (task, self, (GDestroyNotify) connect_free);
  self->timer = g_timeout_source_new_seconds (target->timeout);
  g_source_set_callback (self->timer, on_timeout, self, NULL);
  g_source_attach (self->timer, g_main_context_get_thread_default ());
  self->outer = g_task_get_cancellable (task);
  if (self->outer) {
    g_object_ref (self->outer);
    self->outer_handler = g_cancellable_connect (self->outer,
        G_CALLBACK (on_outer_cancelled), g_object_ref (self->cancellable),
        g_object_unref);
  }
  return task;
}

void
call_websocket_connect_async (const CallWebsocketTarget * target,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  g_autoptr (GTask) task = g_task_new (NULL, cancellable, callback, user_data);
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  g_autoptr (GSocketConnectable) address = NULL;
  GTlsDatabase *database = NULL;
  GError *error = NULL;
  GUri *uri = parse_uri (target->uri, &error);

  if (!uri || !load_database (target->ca_file, &database, &error)) {
    g_clear_pointer (&uri, g_uri_unref);
    g_task_return_error (task, error);
    return;
  }
  connect_new (target, uri, database, task);
  address = g_network_address_new (g_uri_get_host (uri), g_uri_get_port (uri));
  if (is_near (g_uri_get_host (uri)))
    g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_connect_async (client, address,
      ((Connect *) g_task_get_task_data (task))->cancellable, on_connected,
      g_object_ref (task));
}

SoupWebsocketConnection *
call_websocket_connect_finish (GAsyncResult * result, gint64 * retry_after,
    GError ** error)
{
  Connect *self = g_task_get_task_data (G_TASK (result));

  *retry_after = self ? self->retry_after : 0;
  return g_task_propagate_pointer (G_TASK (result), error);
}
