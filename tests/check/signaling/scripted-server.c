/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "scripted-server.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <string.h>

#define WATCHDOG_SECONDS 30
#define WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

typedef struct
{
  Script *script;
  GSocketConnection *tcp;
  GIOStream *stream;            /* tcp, or TLS over it */
  GCancellable *cancellable;
  gchar buffer[1024];
  GString *request;
  gboolean complete;
} Connection;

static gboolean
on_watchdog (gpointer user_data)
{
  g_error ("What the test waits for did not come in %d s", WATCHDOG_SECONDS);
  return G_SOURCE_REMOVE;
}

void
script_iterate (Script * script)
{
  g_main_context_iteration (NULL, TRUE);
}

static void
on_heard (SoupWebsocketConnection * socket, SoupWebsocketDataType type,
    GBytes * bytes, Script * script)
{
  g_autoptr (GError) error = NULL;
  gsize length;
  const gchar *text = g_bytes_get_data (bytes, &length);
  CallMessage *message = call_message_parse (text, length, &error);

  g_assert_no_error (error);
  g_assert_cmpint (type, ==, SOUP_WEBSOCKET_DATA_TEXT);
  g_queue_push_tail (&script->heard, message);
}

static void
connection_free (gpointer data)
{
  Connection *connection = data;

  g_cancellable_cancel (connection->cancellable);
  g_object_unref (connection->cancellable);
  g_object_unref (connection->stream);
  g_object_unref (connection->tcp);
  g_string_free (connection->request, TRUE);
  g_free (connection);
}

/* What RFC 6455 wants as the answer to the key in a request */
static gchar *
accept_key (const gchar * request)
{
  g_autoptr (GChecksum) checksum = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree gchar *key = NULL;
  guint8 digest[20];
  gsize length = sizeof digest;

  key = g_strdup (strstr (request, "Sec-WebSocket-Key: ") + 19);
  *strchr (key, '\r') = '\0';
  g_checksum_update (checksum, (const guchar *) key, -1);
  g_checksum_update (checksum, (const guchar *) WEBSOCKET_GUID, -1);
  g_checksum_get_digest (checksum, digest, &length);
  return g_base64_encode (digest, length);
}

static void
answer_upgrade (Connection * connection, GBytes * behind)
{
  const gchar *request = connection->request->str;
  g_autofree gchar *accept = accept_key (request);
  g_autoptr (GString) answer = g_string_new (NULL);

  g_assert_true (g_str_has_prefix (request, "GET " ROOM_PATH " HTTP/1.1\r\n"));
  g_assert_nonnull (strstr (request, "Sec-WebSocket-Protocol: "
          CALL_SUBPROTOCOL "\r\n"));
  g_assert_null (strstr (request, "Sec-WebSocket-Extensions"));
  g_string_append_printf (answer, "HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: " CALL_SUBPROTOCOL
      "\r\n\r\n", accept);
  if (behind)
    g_string_append_len (answer, g_bytes_get_data (behind, NULL),
        g_bytes_get_size (behind));
  g_output_stream_write_all (g_io_stream_get_output_stream
      (connection->stream), answer->str, answer->len, NULL, NULL, NULL);
}

static void
serve_socket (Connection * connection)
{
  Script *script = connection->script;
  g_autoptr (GUri) uri = g_uri_parse (script->uri, SOUP_HTTP_URI_FLAGS, NULL);
  gint64 now = g_get_monotonic_time ();
  SoupWebsocketConnection *socket;

  answer_upgrade (connection, NULL);
  socket = soup_websocket_connection_new (connection->stream, uri,
      SOUP_WEBSOCKET_CONNECTION_SERVER, NULL, CALL_SUBPROTOCOL, NULL);
  g_signal_connect (socket, "message", G_CALLBACK (on_heard), script);
  g_ptr_array_add (script->sockets, socket);
  g_array_append_val (script->times, now);
}

static void
on_request (GObject * stream, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GError) error = NULL;
  Connection *connection = user_data;
  gssize n = g_input_stream_read_finish (G_INPUT_STREAM (stream), result,
      &error);

  /* cancelled: the connection is freed */
  if (n <= 0)
    return;
  g_string_append_len (connection->request, connection->buffer, n);
  connection->complete = strstr (connection->request->str, "\r\n\r\n") != NULL;
  if (!connection->complete)
    g_input_stream_read_async (G_INPUT_STREAM (stream), connection->buffer,
        sizeof connection->buffer, G_PRIORITY_DEFAULT, connection->cancellable,
        on_request, connection);
  else if (!connection->script->raw)
    serve_socket (connection);
}

static void
on_accepted (GObject * listener, GAsyncResult * result, gpointer user_data)
{
  GSocketConnection *tcp =
      g_socket_listener_accept_finish (G_SOCKET_LISTENER (listener), result,
      NULL, NULL);
  Script *script = user_data;
  Connection *connection;

  /* NULL: the script is gone */
  if (!tcp)
    return;
  connection = g_new0 (Connection, 1);
  connection->script = script;
  connection->tcp = tcp;
  connection->stream = script->certificate ?
      g_tls_server_connection_new (G_IO_STREAM (tcp), script->certificate,
      NULL) : G_IO_STREAM (g_object_ref (tcp));
  connection->request = g_string_new (NULL);
  connection->cancellable = g_cancellable_new ();
  g_ptr_array_add (script->connections, connection);
  g_input_stream_read_async (g_io_stream_get_input_stream (connection->stream),
      connection->buffer, sizeof connection->buffer, G_PRIORITY_DEFAULT,
      connection->cancellable, on_request, connection);
  g_socket_listener_accept_async (script->listener, NULL, on_accepted, script);
}

Script *
script_new (GTlsCertificate * certificate)
{
  Script *script = g_new0 (Script, 1);
  g_autoptr (GSocketAddress) any =
      g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GError) error = NULL;

  script->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (script->watchdog, on_watchdog, NULL, NULL);
  g_source_attach (script->watchdog, NULL);
  script->connections = g_ptr_array_new_with_free_func (connection_free);
  script->sockets = g_ptr_array_new_with_free_func (g_object_unref);
  script->times = g_array_new (FALSE, FALSE, sizeof (gint64));
  script->states = g_array_new (FALSE, FALSE, sizeof (CallSignallerState));
  g_set_object (&script->certificate, certificate);

  script->listener = g_socket_listener_new ();
  g_socket_listener_add_address (script->listener, any, G_SOCKET_TYPE_STREAM,
      G_SOCKET_PROTOCOL_TCP, NULL, &address, &error);
  g_assert_no_error (error);
  script->uri = g_strdup_printf ("%s://127.0.0.1:%d" ROOM_PATH,
      certificate ? "wss" : "ws",
      g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (address)));
  g_socket_listener_accept_async (script->listener, NULL, on_accepted, script);
  return script;
}

Script *
script_new_raw (void)
{
  Script *script = script_new (NULL);

  script->raw = TRUE;
  return script;
}

static void
close_socket (SoupWebsocketConnection * socket)
{
  if (soup_websocket_connection_get_state (socket) == SOUP_WEBSOCKET_STATE_OPEN)
    soup_websocket_connection_close (socket, 1001, NULL);
}

void
script_free (Script * script)
{
  if (script->signaller) {
    call_signaller_close (script->signaller);
    g_signal_handlers_disconnect_by_data (script->signaller, script);
  }
  g_clear_object (&script->signaller);
  for (guint i = 0; i < script->sockets->len; i++)
    g_signal_handlers_disconnect_by_data (script->sockets->pdata[i], script);
  for (guint i = 0; i < script->sockets->len; i++)
    close_socket (script->sockets->pdata[i]);
  g_socket_listener_close (script->listener);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_ptr_array_unref (script->sockets);
  g_ptr_array_unref (script->connections);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_clear_object (&script->listener);
  g_clear_object (&script->certificate);
  g_free (script->uri);
  g_array_unref (script->times);
  g_array_unref (script->states);
  g_queue_clear_full (&script->heard, (GDestroyNotify) call_message_unref);
  g_queue_clear_full (&script->got, (GDestroyNotify) call_message_unref);
  g_clear_error (&script->error);
  g_source_destroy (script->watchdog);
  g_source_unref (script->watchdog);
  g_free (script);
}

static void
on_got (CallSignaller * signaller, CallMessage * message, Script * script)
{
  g_assert_cmpuint (script->failures, ==, 0);
  g_queue_push_tail (&script->got, call_message_ref (message));
}

static void
on_ignored (CallSignaller * signaller, const gchar * why, Script * script)
{
  script->ignored++;
}

static void
on_failed (CallSignaller * signaller, GError * error, Script * script)
{
  g_assert_cmpint (call_signaller_get_state (signaller), ==,
      CALL_SIGNALLER_CLOSED);
  g_clear_error (&script->error);
  script->error = g_error_copy (error);
  script->failures++;
}

static void
on_state (CallSignaller * signaller, GParamSpec * pspec, Script * script)
{
  CallSignallerState state = call_signaller_get_state (signaller);

  g_array_append_val (script->states, state);
}

void
script_open (Script * script, const gchar * first_property, ...)
{
  g_autoptr (GError) error = NULL;
  va_list args;

  script->signaller = call_signaller_new_for_uri (script->uri, &error, NULL);
  g_assert_no_error (error);
  va_start (args, first_property);
  if (first_property)
    g_object_set_valist (G_OBJECT (script->signaller), first_property, args);
  va_end (args);
  g_signal_connect (script->signaller, "message", G_CALLBACK (on_got), script);
  g_signal_connect (script->signaller, "ignored", G_CALLBACK (on_ignored),
      script);
  g_signal_connect (script->signaller, "failed", G_CALLBACK (on_failed),
      script);
  g_signal_connect (script->signaller, "notify::state", G_CALLBACK (on_state),
      script);
  call_signaller_open (script->signaller);
}

SoupWebsocketConnection *
script_socket (Script * script)
{
  SCRIPT_WAIT (script, script->sockets->len > 0);
  return script->sockets->pdata[script->sockets->len - 1];
}

static CallMessage *
take (Script * script, GQueue * queue, CallMessageType type)
{
  CallMessage *message;

  SCRIPT_WAIT (script, queue->length > 0);
  message = g_queue_pop_head (queue);
  g_assert_cmpstr (call_message_type_to_string (message->type), ==,
      call_message_type_to_string (type));
  return message;
}

CallMessage *
script_hear (Script * script, CallMessageType type)
{
  return take (script, &script->heard, type);
}

CallMessage *
script_get (Script * script, CallMessageType type)
{
  return take (script, &script->got, type);
}

void
script_say (Script * script, const gchar * text)
{
  soup_websocket_connection_send_text (script_socket (script), text);
}

void
script_welcome (Script * script, gboolean resumed, gint64 last_seq)
{
  g_autoptr (CallMessage) welcome = call_message_new (CALL_MESSAGE_WELCOME);
  g_autofree gchar *text = NULL;

  welcome->room = g_strdup ("tea");
  welcome->peer = call_peer_new ("ann");
  welcome->peer->seat = 7;
  welcome->resume = g_strdup_printf ("secret-%u", script->sockets->len);
  welcome->resumed = resumed;
  welcome->resume_timeout = 30;
  welcome->last_seq = last_seq < 0 ? CALL_SEQ_UNKNOWN : (guint64) last_seq;
  text = call_message_to_text (welcome);
  script_say (script, text);
}

void
script_cut (Script * script)
{
  Connection *connection;

  script_socket (script);
  connection = script->connections->pdata[script->connections->len - 1];
  g_socket_shutdown (g_socket_connection_get_socket (connection->tcp), TRUE,
      TRUE, NULL);
}

void
script_open_welcomed (Script * script)
{
  script_open (script, NULL);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, FALSE, 0);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
}

void
script_expect_failure (Script * script, CallSignallerError code,
    const gchar * words)
{
  SCRIPT_WAIT (script, script->failures > 0);
  g_assert_error (script->error, CALL_SIGNALLER_ERROR, (gint) code);
  g_test_message ("%s", script->error->message);
  if (!strstr (script->error->message, words))
    g_error ("“%s” is not in “%s”", words, script->error->message);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  g_assert_cmpuint (script->failures, ==, 1);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_CLOSED);
}

void
script_send (Script * script, CallMessageType type, const gchar * session)
{
  g_autoptr (CallMessage) message = call_message_new (type);

  message->to = g_strdup ("bob");
  message->session = g_strdup (session);
  if (type == CALL_MESSAGE_OFFER || type == CALL_MESSAGE_ANSWER)
    message->sdp = g_strdup ("v=0\r\n");
  call_signaller_send (script->signaller, message);
}

void
script_raw_write (Script * script, guint n, gconstpointer data, gsize length)
{
  Connection *connection;

  SCRIPT_WAIT (script, script->connections->len > n);
  connection = script->connections->pdata[n];
  /* may fail: the client is free to hang up */
  g_output_stream_write_all (g_io_stream_get_output_stream
      (connection->stream), data, length, NULL, NULL, NULL);
}

static Connection *
wait_for_request (Script * script, guint n)
{
  Connection *connection;

  SCRIPT_WAIT (script, script->connections->len > n);
  connection = script->connections->pdata[n];
  SCRIPT_WAIT (script, connection->complete);
  return connection;
}

gchar *
script_raw_accept_key (Script * script, guint n)
{
  return accept_key (wait_for_request (script, n)->request->str);
}

void
script_raw_upgrade (Script * script, guint n, GBytes * behind)
{
  answer_upgrade (wait_for_request (script, n), behind);
}

void
script_raw_expect_end (Script * script, guint n)
{
  GSocket *socket =
      g_socket_connection_get_socket (wait_for_request (script, n)->tcp);
  g_autoptr (GError) error = NULL;
  gchar buffer[1024];
  gssize got;

  g_socket_set_timeout (socket, 5);
  while ((got = g_socket_receive_with_blocking (socket, buffer, sizeof buffer,
              TRUE, NULL, &error)) > 0)
    continue;
  g_assert_no_error (error);
  g_assert_cmpint (got, ==, 0);
}

GBytes *
script_frame (guint8 first_byte, const gchar * text)
{
  gsize length = strlen (text);
  GByteArray *frame = g_byte_array_new ();
  guint8 header[4] = { first_byte, length, 0, 0 };

  g_assert_cmpuint (length, <, 65536);
  if (length > 125) {
    header[1] = 126;
    header[2] = length >> 8;
    header[3] = length;
  }
  g_byte_array_append (frame, header, length > 125 ? 4 : 2);
  g_byte_array_append (frame, (const guint8 *) text, length);
  return g_byte_array_free_to_bytes (frame);
}

GTlsCertificate *
script_certificate (const gchar * host)
{
  static const guint8 loopback[] = { 127, 0, 0, 1 };
  gboolean local = g_str_equal (host, "127.0.0.1");
  gnutls_x509_privkey_t key;
  gnutls_x509_crt_t crt;
  gnutls_datum_t key_pem, crt_pem;
  g_autofree gchar *pem = NULL;
  g_autoptr (GError) error = NULL;
  GTlsCertificate *certificate;

  gnutls_x509_privkey_init (&key);
  gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
      GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0);
  gnutls_x509_crt_init (&crt);
  gnutls_x509_crt_set_version (crt, 3);
  gnutls_x509_crt_set_serial (crt, "\1", 1);
  gnutls_x509_crt_set_activation_time (crt, time (NULL) - 3600);
  gnutls_x509_crt_set_expiration_time (crt, time (NULL) + 3600);
  gnutls_x509_crt_set_dn (crt, "CN=gst-call test", NULL);
  gnutls_x509_crt_set_subject_alt_name (crt, local ? GNUTLS_SAN_IPADDRESS :
      GNUTLS_SAN_DNSNAME, local ? (const void *) loopback : host,
      local ? sizeof loopback : strlen (host), GNUTLS_FSAN_SET);
  gnutls_x509_crt_set_key (crt, key);
  g_assert_cmpint (gnutls_x509_crt_sign2 (crt, crt, key, GNUTLS_DIG_SHA256, 0),
      ==, 0);
  gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM, &key_pem);
  gnutls_x509_crt_export2 (crt, GNUTLS_X509_FMT_PEM, &crt_pem);
  pem = g_strconcat ((gchar *) crt_pem.data, (gchar *) key_pem.data, NULL);
  gnutls_free (key_pem.data);
  gnutls_free (crt_pem.data);
  gnutls_x509_crt_deinit (crt);
  gnutls_x509_privkey_deinit (key);
  certificate = g_tls_certificate_new_from_pem (pem, -1, &error);
  g_assert_no_error (error);
  return certificate;
}
