/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads
 *   name    runs                                    never
 *   any     new, open, free; they wait for tunnel   holds a lock
 *   tunnel  everything else                         waits for any
 *
 * There is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalltunnel.h"
#include "gstcallwire.h"
#include "gstcallworker.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define STOP_MS 2000

struct _GstCallTunnel
{
  GstCallWorker *worker;
  GTlsDatabase *trust;
  GCancellable *stopped;
  GPtrArray *doors;             /* (element-type Door): asked for last is last */
  guint connections;
};

typedef struct
{
  GstCallTunnel *tunnel;
  GSocketAddress *to;
  gchar *host;
  GSocketService *service;
  guint16 port;
  guint connections;
} Door;

typedef struct
{
  Door *door;
  GIOStream *inside;
} Connection;

static void
door_close (Door * door)
{
  if (door->service) {
    g_socket_service_stop (door->service);
    g_socket_listener_close (G_SOCKET_LISTENER (door->service));
  }
  g_clear_object (&door->service);
}

static void
door_free (gpointer data)
{
  Door *door = data;

  door_close (door);
  g_object_unref (door->to);
  g_free (door->host);
  g_free (door);
}

static void
connection_free (Connection * connection)
{
  connection->door->connections--;
  connection->door->tunnel->connections--;
  g_io_stream_close (connection->inside, NULL, NULL);
  g_object_unref (connection->inside);
  g_free (connection);
}

static void
on_spliced (GObject * source, GAsyncResult * result, gpointer data)
{
  g_autoptr (GError) error = NULL;

  if (!g_io_stream_splice_finish (result, &error))
    GST_DEBUG ("a connection ended: %s", error->message);
  connection_free (data);
}

static void
on_connected (GObject * source, GAsyncResult * result, gpointer data)
{
  Connection *connection = data;
  g_autoptr (GError) error = NULL;
  g_autoptr (GIOStream) outside = gst_call_wire_connect_finish (result, &error);

  if (!outside) {
    GST_WARNING ("no TLS to the TURN server: %s", error->message);
    connection_free (connection);
    return;
  }
  g_io_stream_splice_async (connection->inside, outside,
      G_IO_STREAM_SPLICE_CLOSE_STREAM1 | G_IO_STREAM_SPLICE_CLOSE_STREAM2,
      G_PRIORITY_DEFAULT, connection->door->tunnel->stopped, on_spliced,
      connection);
}

static gboolean
on_incoming (GSocketService * service, GSocketConnection * inside,
    GObject * source, gpointer data)
{
  Door *door = data;
  GstCallTunnel *self = door->tunnel;
  Connection *connection;

  if (self->connections >= GST_CALL_TUNNEL_MAX_CONNECTIONS) {
    GST_WARNING ("one connection too many for %s", door->host);
    return TRUE;
  }
  connection = g_new0 (Connection, 1);
  connection->door = door;
  connection->inside = g_object_ref (G_IO_STREAM (inside));
  door->connections++;
  self->connections++;
  gst_call_wire_set_options (inside);
  gst_call_wire_connect (GST_CALL_WIRE_TLS, door->to, door->host, self->trust,
      self->stopped, on_connected, connection);
  return TRUE;
}

typedef struct
{
  GstCallTunnel *tunnel;
  GSocketAddress *to;
  const gchar *host;
  GError **error;
  guint16 port;
} Opening;

static Door *
find (GstCallTunnel * self, GSocketAddress * to, const gchar * host)
{
  GInetSocketAddress *inet = G_INET_SOCKET_ADDRESS (to);
  guint i;

  for (i = 0; i < self->doors->len; i++) {
    Door *door = g_ptr_array_index (self->doors, i);
    GInetSocketAddress *other = G_INET_SOCKET_ADDRESS (door->to);

    if (g_str_equal (door->host, host)
        && g_inet_socket_address_get_port (inet) ==
        g_inet_socket_address_get_port (other)
        && g_inet_address_equal (g_inet_socket_address_get_address (inet),
            g_inet_socket_address_get_address (other))) {
      g_ptr_array_add (self->doors, g_ptr_array_steal_index (self->doors, i));
      return door;
    }
  }
  return NULL;
}

/* Addresses of a name change: what nobody has asked for in the longest time
 * makes room, unless somebody goes through it. */
static gboolean
has_room (GstCallTunnel * self)
{
  guint i;

  for (i = 0; self->doors->len >= GST_CALL_TUNNEL_MAX_SERVERS
      && i < self->doors->len; i++) {
    Door *door = g_ptr_array_index (self->doors, i);

    if (door->connections == 0)
      g_ptr_array_remove_index (self->doors, i);
  }
  return self->doors->len < GST_CALL_TUNNEL_MAX_SERVERS;
}

static void
open_door (gpointer object, gpointer data)
{
  Opening *opening = data;
  GstCallTunnel *self = opening->tunnel;
  Door *door = find (self, opening->to, opening->host);
  g_autoptr (GSocketAddress) any = NULL;
  g_autoptr (GSocketAddress) bound = NULL;

  if (door) {
    opening->port = door->port;
    return;
  }
  if (!has_room (self)) {
    g_set_error (opening->error, G_IO_ERROR, G_IO_ERROR_FAILED,
        "%d servers over TLS at a time are the most",
        GST_CALL_TUNNEL_MAX_SERVERS);
    return;
  }
  any = g_inet_socket_address_new_from_string ("127.0.0.1", 0);
  door = g_new0 (Door, 1);
  door->tunnel = self;
  door->to = g_object_ref (opening->to);
  door->host = g_strdup (opening->host);
  door->service = g_socket_service_new ();
  g_socket_listener_set_backlog (G_SOCKET_LISTENER (door->service),
      GST_CALL_TUNNEL_MAX_CONNECTIONS);
  if (!g_socket_listener_add_address (G_SOCKET_LISTENER (door->service), any,
          G_SOCKET_TYPE_STREAM, G_SOCKET_PROTOCOL_TCP, NULL, &bound,
          opening->error)) {
    door_free (door);
    return;
  }
  door->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  g_signal_connect (door->service, "incoming", G_CALLBACK (on_incoming), door);
  g_ptr_array_add (self->doors, door);
  opening->port = door->port;
}

guint16
gst_call_tunnel_open (GstCallTunnel * self, GSocketAddress * to,
    const gchar * host, GError ** error)
{
  Opening opening = { self, to, host, error, 0 };

  gst_call_worker_run (self->worker, open_door, NULL, &opening);
  return opening.port;
}

static gboolean
on_stop_timeout (gpointer data)
{
  *(gboolean *) data = TRUE;
  return G_SOURCE_CONTINUE;
}

/* All that is under way is cancelled, and ends in here. */
static void
close_doors (gpointer object, gpointer data)
{
  GstCallTunnel *self = data;
  gboolean late = FALSE;
  guint i;
  GSource *timer = gst_call_worker_add_timer (self->worker, STOP_MS,
      on_stop_timeout, &late);

  for (i = 0; i < self->doors->len; i++)
    door_close (g_ptr_array_index (self->doors, i));
  g_cancellable_cancel (self->stopped);
  while (self->connections > 0 && !late)
    g_main_context_iteration (g_main_context_get_thread_default (), TRUE);
  if (late)
    GST_WARNING ("%u connections would not end", self->connections);
  gst_call_worker_clear_timer (&timer);
}

GstCallTunnel *
gst_call_tunnel_new (GTlsDatabase * trust)
{
  GstCallTunnel *self = g_new0 (GstCallTunnel, 1);

  self->worker = gst_call_worker_new ("tunnel");
  self->trust = trust ? g_object_ref (trust) : NULL;
  self->stopped = g_cancellable_new ();
  self->doors = g_ptr_array_new_with_free_func (door_free);
  return self;
}

void
gst_call_tunnel_free (GstCallTunnel * self)
{
  gst_call_worker_run (self->worker, close_doors, NULL, self);
  gst_call_worker_unref (self->worker);
  g_ptr_array_unref (self->doors);
  g_object_unref (self->stopped);
  g_clear_object (&self->trust);
  g_free (self);
}
