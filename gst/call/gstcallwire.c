/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the caller's; there is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallwire.h"

#include <netinet/in.h>
#include <netinet/tcp.h>

typedef struct
{
  GstCallWireType type;
  gchar *host;
  guint16 port;
  GTlsDatabase *trust;
  GSource *timeout;             /* of the handshake */
  GCancellable *cancellable;    /* the handshake's */
  gulong cancelled;
} Connecting;

static void
connecting_free (gpointer data)
{
  Connecting *self = data;

  g_free (self->host);
  g_clear_object (&self->trust);
  g_clear_object (&self->cancellable);
  g_free (self);
}

void
gst_call_wire_set_options (GSocketConnection * connection)
{
  GSocket *socket = g_socket_connection_get_socket (connection);

  g_socket_set_timeout (socket, 0);
  g_socket_set_keepalive (socket, TRUE);
  g_socket_set_option (socket, IPPROTO_TCP, TCP_NODELAY, 1, NULL);
}

static gboolean
on_handshake_timeout (gpointer data)
{
  g_cancellable_cancel (data);
  return G_SOURCE_REMOVE;
}

static void
on_outer_cancelled (GCancellable * outer, gpointer inner)
{
  g_cancellable_cancel (inner);
}

static void
on_handshake (GObject * source, GAsyncResult * result, gpointer data)
{
  g_autoptr (GTask) task = data;
  Connecting *self = g_task_get_task_data (task);
  GError *error = NULL;
  gboolean ended = g_cancellable_is_cancelled (self->cancellable);

  g_source_destroy (self->timeout);
  g_clear_pointer (&self->timeout, g_source_unref);
  g_cancellable_disconnect (g_task_get_cancellable (task), self->cancelled);
  if (g_tls_connection_handshake_finish (G_TLS_CONNECTION (source), result,
          &error))
    g_task_return_pointer (task, g_object_ref (source), g_object_unref);
  else if (ended && !g_cancellable_is_cancelled (g_task_get_cancellable (task)))
    g_task_return_new_error (task, G_IO_ERROR, G_IO_ERROR_TIMED_OUT,
        "no TLS handshake within %d s", GST_CALL_WIRE_TIMEOUT);
  else
    g_task_return_error (task, g_steal_pointer (&error));
  g_clear_error (&error);
}

static void
shake_hands (GTask * task, GSocketConnection * connection)
{
  Connecting *self = g_task_get_task_data (task);
  g_autoptr (GSocketConnectable) identity =
      g_network_address_new (self->host, self->port);
  GError *error = NULL;
  /* at once: otherwise it reads the system's authorities first, 13 ms of work */
  g_autoptr (GIOStream) tls =
      g_initable_new (g_tls_backend_get_client_connection_type
      (g_tls_backend_get_default ()), NULL, &error, "base-io-stream",
      connection, "server-identity", identity, self->trust ? "database" : NULL,
      self->trust, NULL);

  if (!tls) {
    g_task_return_error (task, error);
    g_object_unref (task);
    return;
  }
  self->cancellable = g_cancellable_new ();
  self->cancelled = g_cancellable_connect (g_task_get_cancellable (task),
      G_CALLBACK (on_outer_cancelled), g_object_ref (self->cancellable),
      g_object_unref);
  self->timeout = g_timeout_source_new_seconds (GST_CALL_WIRE_TIMEOUT);
  g_source_set_callback (self->timeout, on_handshake_timeout,
      g_object_ref (self->cancellable), g_object_unref);
  g_source_attach (self->timeout, g_task_get_context (task));
  g_tls_connection_handshake_async (G_TLS_CONNECTION (tls), G_PRIORITY_DEFAULT,
      self->cancellable, on_handshake, task);
}

static void
on_connected (GObject * source, GAsyncResult * result, gpointer data)
{
  GTask *task = data;
  Connecting *self = g_task_get_task_data (task);
  GError *error = NULL;
  g_autoptr (GSocketConnection) connection =
      g_socket_client_connect_finish (G_SOCKET_CLIENT (source), result, &error);

  if (connection && self->type != GST_CALL_WIRE_UDP)
    gst_call_wire_set_options (connection);
  if (connection && self->type == GST_CALL_WIRE_TLS) {
    shake_hands (task, connection);
    return;
  }
  if (connection)
    g_task_return_pointer (task, g_steal_pointer (&connection), g_object_unref);
  else
    g_task_return_error (task, error);
  g_object_unref (task);
}

void
gst_call_wire_connect (GstCallWireType type, GSocketAddress * to,
    const gchar * host, GTlsDatabase * trust, GCancellable * cancellable,
    GAsyncReadyCallback func, gpointer data)
{
  GTask *task = g_task_new (NULL, cancellable, func, data);
  Connecting *self = g_new0 (Connecting, 1);
  g_autoptr (GSocketClient) client = g_socket_client_new ();

  self->type = type;
  self->host = g_strdup (host);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (to));
  self->trust = trust ? g_object_ref (trust) : NULL;
  g_task_set_task_data (task, self, connecting_free);
  g_socket_client_set_enable_proxy (client, FALSE);
  g_socket_client_set_timeout (client, GST_CALL_WIRE_TIMEOUT);
  if (type == GST_CALL_WIRE_UDP) {
    g_socket_client_set_socket_type (client, G_SOCKET_TYPE_DATAGRAM);
    g_socket_client_set_protocol (client, G_SOCKET_PROTOCOL_UDP);
  }
  g_socket_client_connect_async (client, G_SOCKET_CONNECTABLE (to),
      cancellable, on_connected, task);
}

GIOStream *
gst_call_wire_connect_finish (GAsyncResult * result, GError ** error)
{
  return g_task_propagate_pointer (G_TASK (result), error);
}
