/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: one, that of the owner. Every source is in the context of `start`.
 *
 * After a callback only locals are touched: the owner may have freed the link.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-websocket-link.h"

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
/* A connection that lasted this long was a good one: back-off starts anew */
#define STABLE_US (5 * G_USEC_PER_SEC)
#define GOODBYE_MS 1000

/* Close codes of PROTOCOL.md after which the client stays away */
#define CLOSE_REPLACED 4000
#define CLOSE_REMOVED 4001

struct _CallWebsocketLink
{
  const CallWebsocketLinkFuncs *funcs;
  gpointer user_data;

  /* of `start` */
  GMainContext *context;
  gchar *uri;
  gchar *ca_file;
  gboolean insecure;
  guint connect_timeout;        /* seconds */
  guint silence_timeout;        /* seconds */

  GCancellable *connecting;     /* of the try that runs, or NULL */
  SoupWebsocketConnection *socket;      /* NULL while there is none */
  gboolean settled;             /* this socket is */
  GSource *timer;               /* deadline until settled, or of the wait */
  GSource *watch;               /* looks for silence when settled */
  GSource *check;               /* the server is to be heard before it runs */
  gint64 check_since;           /* monotonic */
  gint64 heard;                 /* monotonic, last sign of the server */
  gint64 opened;                /* monotonic, when it settled; 0: it did not */
  gint64 retry_after;           /* seconds that an upgrade's refusal asked for */
  guint attempts;               /* since the last good connection */
  GError *socket_error;         /* why the socket is about to close */
};

/* A connection that only says goodbye */
typedef struct
{
  SoupWebsocketConnection *socket;
  GSource *timer;
} Goodbye;

/* cycle: a try that fails is followed by another one */
static void connect_now (CallWebsocketLink * self);

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
set_timer (CallWebsocketLink * self, GSource ** source, guint ms,
    GSourceFunc func)
{
  clear_source (source);
  *source = g_timeout_source_new (ms);
  g_source_set_callback (*source, func, self, NULL);
  g_source_attach (*source, self->context);
}

void
call_websocket_link_drop (CallWebsocketLink * self)
{
  clear_source (&self->timer);
  clear_source (&self->watch);
  clear_source (&self->check);
  if (self->connecting)
    g_cancellable_cancel (self->connecting);
  g_clear_object (&self->connecting);
  if (self->socket)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->socket);
  g_clear_error (&self->socket_error);
  self->settled = FALSE;
}

static void
lose (CallWebsocketLink * self, GError * error, gboolean final)
{
  call_websocket_link_drop (self);
  self->funcs->lost (self->user_data, error, final);
}

static void
goodbye_free (gpointer data)
{
  Goodbye *bye = data;

  g_signal_handlers_disconnect_by_data (bye->socket, bye);
  g_object_unref (bye->socket);
  g_source_unref (bye->timer);
  g_free (bye);
}

static gboolean
on_goodbye_timeout (gpointer user_data)
{
  return G_SOURCE_REMOVE;
}

static void
on_goodbye_closed (SoupWebsocketConnection * socket, Goodbye * bye)
{
  g_source_destroy (bye->timer);
}

/* The socket finishes in the background: the timer owns it */
void
call_websocket_link_say_goodbye (CallWebsocketLink * self)
{
  Goodbye *bye;

  /* libsoup closes only once; what is closing already needs nothing */
  if (soup_websocket_connection_get_state (self->socket) !=
      SOUP_WEBSOCKET_STATE_OPEN) {
    call_websocket_link_drop (self);
    return;
  }
  bye = g_new0 (Goodbye, 1);
  bye->socket = g_object_ref (self->socket);
  bye->timer = g_timeout_source_new (GOODBYE_MS);
  /* A context that ends lets go of its most urgent source last. If the timer
   * came first, GLib would leak the socket's sources, which it destroys. */
  g_source_set_priority (bye->timer, G_PRIORITY_HIGH);
  g_source_set_callback (bye->timer, on_goodbye_timeout, bye, goodbye_free);
  g_source_attach (bye->timer, self->context);
  call_websocket_link_drop (self);
  g_signal_connect (bye->socket, "closed", G_CALLBACK (on_goodbye_closed), bye);
  soup_websocket_connection_close (bye->socket, SOUP_WEBSOCKET_CLOSE_NORMAL,
      NULL);
}

gboolean
call_websocket_link_is_open (CallWebsocketLink * self)
{
  return self->socket != NULL
      && soup_websocket_connection_get_state (self->socket) ==
      SOUP_WEBSOCKET_STATE_OPEN;
}

gboolean
call_websocket_link_is_settled (CallWebsocketLink * self)
{
  return self->settled;
}

void
call_websocket_link_send (CallWebsocketLink * self, const gchar * text)
{
  soup_websocket_connection_send_text (self->socket, text);
}

guint
call_websocket_link_get_attempts (CallWebsocketLink * self)
{
  return self->attempts;
}

static gboolean
on_retry (gpointer user_data)
{
  connect_now (user_data);
  return G_SOURCE_REMOVE;
}

/* Half of it is chance, so that a room does not come back in one moment */
static guint
next_delay (CallWebsocketLink * self, gint64 retry_after)
{
  guint delay = BACKOFF_MAX_MS;

  if (self->attempts < 6)
    delay = MIN (BACKOFF_FIRST_MS << self->attempts, BACKOFF_MAX_MS);
  self->attempts++;
  delay = delay / 2 + g_random_int_range (0, delay / 2 + 1);
  delay = MAX (delay, MAX (retry_after, self->retry_after) * 1000);
  self->retry_after = 0;
  return delay;
}

void
call_websocket_link_retry (CallWebsocketLink * self, gint64 retry_after)
{
  call_websocket_link_drop (self);
  if (self->opened && g_get_monotonic_time () - self->opened > STABLE_US)
    self->attempts = 0;
  self->opened = 0;
  set_timer (self, &self->timer, next_delay (self, retry_after), on_retry);
}

static gboolean
on_not_settled (gpointer user_data)
{
  CallWebsocketLink *self = user_data;

  lose (self, g_error_new (CALL_SIGNALLER_ERROR,
          CALL_SIGNALLER_ERROR_UNREACHABLE, "The server of %s does not answer "
          "the hello. Check that it is a call-server", self->uri), FALSE);
  return G_SOURCE_REMOVE;
}

static gboolean
on_watch (gpointer user_data)
{
  CallWebsocketLink *self = user_data;
  gint64 silence = g_get_monotonic_time () - self->heard;

  if (silence <= self->silence_timeout * G_USEC_PER_SEC)
    return G_SOURCE_CONTINUE;
  lose (self, g_error_new (CALL_SIGNALLER_ERROR,
          CALL_SIGNALLER_ERROR_UNREACHABLE, "Nothing heard of the server for "
          "%u s", self->silence_timeout), FALSE);
  return G_SOURCE_REMOVE;
}

static void
keep_alive (CallWebsocketLink * self, guint seconds)
{
  soup_websocket_connection_set_keepalive_interval (self->socket, seconds);
}

static gboolean
on_check (gpointer user_data)
{
  CallWebsocketLink *self = user_data;

  clear_source (&self->check);
  if (self->heard > self->check_since)
    keep_alive (self, self->silence_timeout / 3);
  else
    lose (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_UNREACHABLE, "Nothing heard of the server "
            "since the network is in doubt"), FALSE);
  return G_SOURCE_REMOVE;
}

void
call_websocket_link_check (CallWebsocketLink * self, guint seconds)
{
  if (self->settled && !self->check && call_websocket_link_is_open (self)) {
    self->check_since = g_get_monotonic_time ();
    keep_alive (self, 1);
    set_timer (self, &self->check, seconds * 1000, on_check);
  }
}

void
call_websocket_link_move (CallWebsocketLink * self, const gchar * addresses,
    guint seconds)
{
  if (self->connecting || (self->socket
          && !call_websocket_connection_uses (self->socket, addresses))) {
    self->attempts = 0;
    lose (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_UNREACHABLE, "The network has changed"),
        FALSE);
  } else {
    call_websocket_link_check (self, seconds);
  }
}

void
call_websocket_link_settle (CallWebsocketLink * self)
{
  self->settled = TRUE;
  self->opened = g_get_monotonic_time ();
  clear_source (&self->timer);
  set_timer (self, &self->watch, self->silence_timeout * 250, on_watch);
  keep_alive (self, self->silence_timeout / 3);
}

static void
on_pong (SoupWebsocketConnection * socket, GBytes * payload,
    CallWebsocketLink * self)
{
  self->heard = g_get_monotonic_time ();
}

static void
on_message (SoupWebsocketConnection * socket, SoupWebsocketDataType type,
    GBytes * bytes, CallWebsocketLink * self)
{
  gsize length;
  const gchar *text = g_bytes_get_data (bytes, &length);

  self->heard = g_get_monotonic_time ();
  if (type != SOUP_WEBSOCKET_DATA_TEXT)
    text = NULL;
  else if (text == NULL)
    text = "";
  self->funcs->text (self->user_data, text, length);
}

static void
on_socket_error (SoupWebsocketConnection * socket, GError * error,
    CallWebsocketLink * self)
{
  if (!self->socket_error)
    self->socket_error = g_error_copy (error);
}

static void
on_socket_closed (SoupWebsocketConnection * socket, CallWebsocketLink * self)
{
  gushort code = soup_websocket_connection_get_close_code (socket);
  const gchar *data = soup_websocket_connection_get_close_data (socket);
  const GError *error = self->socket_error;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE)
      || g_error_matches (error, SOUP_WEBSOCKET_ERROR,
          SOUP_WEBSOCKET_CLOSE_TOO_BIG)) {
    lose (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_PROTOCOL, "The server sent a message of more "
            "than %d bytes; it is broken or not a call-server",
            CALL_MAX_MESSAGE), TRUE);
  } else if (code == CLOSE_REPLACED || code == CLOSE_REMOVED) {
    lose (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_REFUSED, code == CLOSE_REPLACED ?
            "Another connection took over the seat of this peer" :
            "This peer was removed from the room"), TRUE);
  } else {
    lose (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_UNREACHABLE, "The server of %s ended the "
            "connection%s (%u%s%s)", self->uri,
            self->settled ? "" : " before its welcome", code,
            data && *data ? " " : "", data ? data : ""), FALSE);
  }
}

static void
on_connected (GObject * source, GAsyncResult * result, gpointer user_data)
{
  CallWebsocketLink *self = user_data;
  g_autoptr (SoupWebsocketConnection) socket = NULL;
  GError *error = NULL;
  gint64 retry_after;

  socket = call_websocket_connect_finish (result, &retry_after, &error);
  /* dropped, perhaps freed */
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_error_free (error);
    return;
  }
  g_clear_object (&self->connecting);
  if (!socket) {
    self->retry_after = retry_after;
    lose (self, error, g_error_matches (error, CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_CERTIFICATE)
        || g_error_matches (error, CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_SETTINGS));
    return;
  }
  self->socket = g_steal_pointer (&socket);
  self->heard = g_get_monotonic_time ();
  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "pong", G_CALLBACK (on_pong), self);
  g_signal_connect (self->socket, "error", G_CALLBACK (on_socket_error), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_socket_closed),
      self);
  set_timer (self, &self->timer, self->connect_timeout * 1000, on_not_settled);
  self->funcs->opened (self->user_data);
}

static void
connect_now (CallWebsocketLink * self)
{
  CallWebsocketTarget target = { self->uri, self->ca_file, self->insecure,
    self->connect_timeout
  };

  clear_source (&self->timer);
  self->connecting = g_cancellable_new ();
  call_websocket_connect_async (&target, self->connecting, on_connected, self);
}

void
call_websocket_link_start (CallWebsocketLink * self, GMainContext * context,
    const CallWebsocketTarget * target, guint silence_timeout)
{
  call_websocket_link_drop (self);
  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = g_main_context_ref (context);
  g_free (self->uri);
  self->uri = g_strdup (target->uri);
  g_free (self->ca_file);
  self->ca_file = g_strdup (target->ca_file);
  self->insecure = target->insecure;
  self->connect_timeout = target->timeout;
  self->silence_timeout = silence_timeout;
  self->attempts = 0;
  self->opened = 0;
  self->retry_after = 0;
  connect_now (self);
}

CallWebsocketLink *
call_websocket_link_new (const CallWebsocketLinkFuncs * funcs,
    gpointer user_data)
{
  CallWebsocketLink *self = g_new0 (CallWebsocketLink, 1);

  self->funcs = funcs;
  self->user_data = user_data;
  return self;
}

void
call_websocket_link_free (CallWebsocketLink * self)
{
  call_websocket_link_drop (self);
  g_clear_pointer (&self->context, g_main_context_unref);
  g_free (self->uri);
  g_free (self->ca_file);
  g_free (self);
}
