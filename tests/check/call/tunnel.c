/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: what goes into the tunnel comes out as TLS with a certificate that
 * is trusted, or not at all. (With coturn behind it: gst-turn.)
 */
#include <gst/check/gstcheck.h>

#include "gstcalltunnel.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define SECRET "what nobody else may read"
#define WATCHDOG 20             /* s */

/* An authority whose key was thrown away. The system's are many, and each
 * connection looks through them. */
static const gchar nobody[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBejCCAR+gAwIBAgIUMULkUdT5b4YBJylDS/BgH40C+/IwCgYIKoZIzj0EAwIw\n"
    "ETEPMA0GA1UEAwwGTm9ib2R5MCAXDTI2MTEyNzA0MjM1MVoYDzIxMjYxMTAzMDQy\n"
    "MzUxWjARMQ8wDQYDVQQDDAZOb2JvZHkwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n"
    "AARIXm2m21vxqPhUV/ctG6951bKJbdv5bYd4jvKsvLKhImYa1Ilx9KrSmtsyHHE0\n"
    "cu4WrjMt0BRpHAqqfdhVSRAro1MwUTAdBgNVHQ4EFgQUy42TVjLIy+9TQZM8RwRh\n"
    "BAZ+HpIwHwYDVR0jBBgwFoAUy42TVjLIy+9TQZM8RwRhBAZ+HpIwDwYDVR0TAQH/\n"
    "BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEA0Bp6oCnj6h8RixA6uLCPGTO4C1zY\n"
    "fboV9mtH7wNwsQACIQDVGGc4zi4Eego3fSK/uh9Za7DmA9QOi02wa85gR9ofkg==\n"
    "-----END CERTIFICATE-----\n";

/* Read at each connection */
static gchar *authority;

static void
make_authority (void)
{
  gint fd = g_file_open_tmp (NULL, &authority, NULL);

  fail_unless (fd >= 0 && close (fd) == 0);
  fail_unless (g_file_set_contents (authority, nobody, -1, NULL));
}

static void
remove_authority (void)
{
  g_unlink (authority);
  g_clear_pointer (&authority, g_free);
}

static GstCallTunnel *
tunnel_new (void)
{
  g_autoptr (GTlsDatabase) trust = g_tls_file_database_new (authority, NULL);

  fail_unless (trust != NULL);
  return gst_call_tunnel_new (trust);
}

static GSocketListener *
server_new (GSocketAddress ** address)
{
  GSocketListener *listener = g_socket_listener_new ();
  g_autoptr (GSocketAddress) any =
      g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  g_socket_listener_set_backlog (listener, GST_CALL_TUNNEL_MAX_CONNECTIONS);
  fail_unless (g_socket_listener_add_address (listener, any,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, address, NULL));
  return listener;
}

static gboolean
on_waited (gpointer cancellable)
{
  g_cancellable_cancel (cancellable);
  return G_SOURCE_REMOVE;
}

typedef struct
{
  GSocketConnection *connection;
  gboolean done;
} Arrival;

static void
on_arrival (GObject * listener, GAsyncResult * result, gpointer data)
{
  Arrival *arrival = data;

  arrival->connection = g_socket_listener_accept_finish (G_SOCKET_LISTENER
      (listener), result, NULL, NULL);
  arrival->done = TRUE;
}

/* Who comes within the watchdog's time */
static GSocketConnection *
await (GSocketListener * server)
{
  g_autoptr (GCancellable) cancellable = g_cancellable_new ();
  guint timer = g_timeout_add_seconds (WATCHDOG, on_waited, cancellable);
  Arrival arrival = { NULL, FALSE };

  g_socket_listener_accept_async (server, cancellable, on_arrival, &arrival);
  while (!arrival.done)
    g_main_context_iteration (NULL, TRUE);
  fail_unless (arrival.connection != NULL, "nobody came");
  g_source_remove (timer);
  g_socket_set_timeout (g_socket_connection_get_socket (arrival.connection),
      WATCHDOG);
  return arrival.connection;
}

static GSocketConnection *
enter (guint16 port)
{
  g_autoptr (GSocketClient) client = g_socket_client_new ();
  GSocketConnection *connection;

  g_socket_client_set_timeout (client, WATCHDOG);
  /* it would be looked up in the threads that the handshakes have */
  g_socket_client_set_enable_proxy (client, FALSE);
  connection = g_socket_client_connect_to_host (client, "127.0.0.1", port,
      NULL, NULL);
  fail_unless (connection != NULL);
  return connection;
}

/* Until it is closed; FALSE: it was not, within the watchdog's time */
static gboolean
ends (GSocketConnection * connection)
{
  GInputStream *input = g_io_stream_get_input_stream (G_IO_STREAM (connection));
  g_autoptr (GError) error = NULL;
  gchar buffer[4096];
  gssize n;

  do
    n = g_input_stream_read (input, buffer, sizeof buffer, NULL, &error);
  while (n > 0);
  return n == 0 || !g_error_matches (error, G_IO_ERROR, G_IO_ERROR_TIMED_OUT);
}

/* given a server that speaks no TLS, when something is written into the tunnel,
 * then what the server reads is the beginning of TLS and nothing of it, and
 * the writer's connection ends */
GST_START_TEST (test_tunnel_not_in_the_clear)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketListener) server = server_new (&address);
  GstCallTunnel *tunnel = tunnel_new ();
  guint16 port = gst_call_tunnel_open (tunnel, address, "127.0.0.1", NULL);
  g_autoptr (GSocketConnection) writer = NULL;
  g_autoptr (GSocketConnection) arrived = NULL;
  guint8 buffer[4096];
  gssize n, i;

  fail_unless (port != 0);
  fail_unless_equals_int (gst_call_tunnel_open (tunnel, address, "127.0.0.1",
          NULL), port);
  writer = enter (port);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (writer)), SECRET, strlen (SECRET), NULL, NULL, NULL));
  arrived = await (server);
  n = g_input_stream_read (g_io_stream_get_input_stream (G_IO_STREAM
          (arrived)), buffer, sizeof buffer, NULL, NULL);
  /* a handshake record of TLS (RFC 8446, 5.1) */
  fail_unless (n > 5 && buffer[0] == 22 && buffer[1] == 3);
  for (i = 0; i + (gssize) strlen (SECRET) <= n; i++)
    fail_if (memcmp (buffer + i, SECRET, strlen (SECRET)) == 0);
  fail_unless (g_output_stream_write_all (g_io_stream_get_output_stream
          (G_IO_STREAM (arrived)), "no TLS here", 11, NULL, NULL, NULL));
  fail_unless (ends (writer));
  gst_call_tunnel_free (tunnel);
}

GST_END_TEST;

/* given a server that says nothing, when more connect than may, then the last
 * one's connection ends at once; and the end of the tunnel waits for nobody */
GST_START_TEST (test_tunnel_bounded)
{
  g_autoptr (GSocketAddress) address = NULL;
  g_autoptr (GSocketListener) server = server_new (&address);
  GstCallTunnel *tunnel = tunnel_new ();
  guint16 port = gst_call_tunnel_open (tunnel, address, "127.0.0.1", NULL);
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSocketConnection) last = NULL;
  gint64 begun;
  guint i;

  for (i = 0; i < GST_CALL_TUNNEL_MAX_CONNECTIONS; i++)
    g_ptr_array_add (all, enter (port));
  last = enter (port);
  fail_unless (ends (last));
  begun = g_get_monotonic_time ();
  gst_call_tunnel_free (tunnel);
  fail_unless (g_get_monotonic_time () - begun < 2 * G_USEC_PER_SEC);
}

GST_END_TEST;

/* given a tunnel to as many servers as may be, when another one is wanted, then
 * the one that was asked for longest ago makes room */
GST_START_TEST (test_tunnel_rotation)
{
  GstCallTunnel *tunnel = tunnel_new ();
  g_autoptr (GSocketAddress) oldest =
      g_inet_socket_address_new_from_string ("127.0.0.1", 1);
  guint16 ports[GST_CALL_TUNNEL_MAX_SERVERS + 1];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ports); i++) {
    g_autoptr (GSocketAddress) address =
        g_inet_socket_address_new_from_string ("127.0.0.1", 1 + i);

    ports[i] = gst_call_tunnel_open (tunnel, address, "a", NULL);
    fail_unless (ports[i] != 0);
    fail_unless_equals_int (gst_call_tunnel_open (tunnel, oldest, "a", NULL),
        ports[0]);
  }
  for (i = 0; i < G_N_ELEMENTS (ports); i++) {
    g_autoptr (GSocketClient) client = g_socket_client_new ();
    g_autoptr (GSocketConnection) connection = NULL;

    g_socket_client_set_enable_proxy (client, FALSE);
    connection = g_socket_client_connect_to_host (client, "127.0.0.1",
        ports[i], NULL, NULL);
    fail_unless ((connection == NULL) == (i == 1), "%u", i);
  }
  gst_call_tunnel_free (tunnel);
}

GST_END_TEST;

/* given a tunnel to as many servers as may be, with somebody on the way to each,
 * when one more is wanted, then there is none, and it says so */
GST_START_TEST (test_tunnel_servers)
{
  GstCallTunnel *tunnel = tunnel_new ();
  g_autoptr (GPtrArray) all = g_ptr_array_new_with_free_func (g_object_unref);
  g_autoptr (GSocketAddress) more =
      g_inet_socket_address_new_from_string ("127.0.0.1", 1);
  g_autoptr (GError) error = NULL;
  guint i;

  for (i = 0; i < GST_CALL_TUNNEL_MAX_SERVERS; i++) {
    g_autoptr (GSocketAddress) address = NULL;
    GSocketListener *server = server_new (&address);
    guint16 port = gst_call_tunnel_open (tunnel, address, "127.0.0.1", NULL);

    fail_unless (port != 0);
    g_ptr_array_add (all, server);
    g_ptr_array_add (all, enter (port));
    g_ptr_array_add (all, await (server));
  }
  fail_unless_equals_int (gst_call_tunnel_open (tunnel, more, "a", &error), 0);
  fail_unless (error != NULL);
  gst_call_tunnel_free (tunnel);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
tunnel_suite (void)
{
  Suite *s = suite_create ("tunnel");
  TCase *tc = tcase_create ("tunnel");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_checked_fixture (tc, make_authority, remove_authority);
  tcase_add_test (tc, test_tunnel_not_in_the_clear);
  tcase_add_test (tc, test_tunnel_bounded);
  tcase_add_test (tc, test_tunnel_rotation);
  tcase_add_test (tc, test_tunnel_servers);
  return s;
}

GST_CHECK_MAIN (tunnel);
