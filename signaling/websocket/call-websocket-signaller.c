/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallWebsocketSignaller: a seat in a room, kept over broken connections.
 *
 * Threads: one. All of it lives in the main context that is the thread's
 * default when `open` is called: calls come from there, signals go there,
 * every source is attached there. There is no lock, and nothing to lock.
 *
 * The way of one connection, again after each loss until `close`:
 *
 *   connect (TCP, TLS, upgrade) → hello → welcome → open → lost → wait
 *
 * A handler of our signals may call anything, `close` and the last unref
 * included: after each emission only locals are touched, or `self` is held.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-send-queue.h"
#include "call-websocket-connect.h"
#include "call-websocket-signaller.h"

#include <string.h>

#define BACKOFF_FIRST_MS 100
#define BACKOFF_MAX_MS 5000
/* A connection that lasted this long was a good one: back-off starts anew */
#define STABLE_US (5 * G_USEC_PER_SEC)
#define GOODBYE_MS 1000

#define DEFAULT_CONNECT_TIMEOUT 10
#define DEFAULT_SILENCE_TIMEOUT 60

/* Close codes of PROTOCOL.md after which the client stays away */
#define CLOSE_REPLACED 4000
#define CLOSE_REMOVED 4001

enum
{
  PROP_0,
  PROP_DISPLAY_NAME,
  PROP_PEER_ID,
  PROP_TOKEN,
  PROP_STATE,
  PROP_URI,
  PROP_TLS_CA_FILE,
  PROP_TLS_INSECURE,
  PROP_AUDIO,
  PROP_VIDEO,
  PROP_POLITE,
  PROP_CONNECT_RETRIES,
  PROP_CONNECT_TIMEOUT,
  PROP_SILENCE_TIMEOUT,
};

struct _CallWebsocketSignaller
{
  GObject parent;

  /* settings */
  gchar *uri;
  gchar *display_name;
  gchar *peer_id;
  gchar *token;
  gchar *tls_ca_file;
  gboolean tls_insecure;
  gboolean polite;
  CallTrackState audio;
  CallTrackState video;
  guint connect_retries;
  guint connect_timeout;        /* seconds */
  guint silence_timeout;        /* seconds */

  /* the connection */
  CallSignallerState state;
  GMainContext *context;
  GCancellable *connecting;     /* of the try that runs, or NULL */
  SoupWebsocketConnection *socket;      /* NULL while there is none */
  gboolean welcomed;            /* on this socket */
  GSource *timer;               /* deadline of the hello, or of the wait */
  GSource *watch;               /* looks for silence while open */
  gint64 heard;                 /* monotonic, last sign of the server */
  gint64 opened;                /* monotonic, of the last welcome */
  gint64 retry_after;           /* seconds asked for by the server */
  guint attempts;               /* since the last good connection */
  GError *socket_error;         /* why the socket is about to close */
  guint ignored;                /* messages since `open` */

  /* the seat */
  gchar *resume;                /* secret; NULL: there is no seat */
  gboolean had_seat;            /* there was a welcome since `open` */
  guint64 seen;                 /* newest seq of the server */
  CallSendQueue *queue;
};

/* A connection that only says goodbye */
typedef struct
{
  SoupWebsocketConnection *socket;
  GSource *timer;
} Goodbye;

/* cycle: a try that fails waits for the next try */
static void start_try (CallWebsocketSignaller * self);

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

static void
set_timer (CallWebsocketSignaller * self, GSource ** source, guint ms,
    GSourceFunc func)
{
  clear_source (source);
  *source = g_timeout_source_new (ms);
  g_source_set_callback (*source, func, self, NULL);
  g_source_attach (*source, self->context);
}

static void
set_state (CallWebsocketSignaller * self, CallSignallerState state)
{
  if (self->state == state)
    return;
  self->state = state;
  g_object_notify (G_OBJECT (self), "state");
}

static void
drop_socket (CallWebsocketSignaller * self)
{
  clear_source (&self->timer);
  clear_source (&self->watch);
  if (self->connecting)
    g_cancellable_cancel (self->connecting);
  g_clear_object (&self->connecting);
  if (self->socket)
    g_signal_handlers_disconnect_by_data (self->socket, self);
  g_clear_object (&self->socket);
  g_clear_error (&self->socket_error);
  self->welcomed = FALSE;
}

/* Emits `failed`, the last thing that is emitted. Takes the error. */
static void
fail (CallWebsocketSignaller * self, GError * error)
{
  g_autoptr (CallWebsocketSignaller) alive = g_object_ref (self);
  g_autoptr (GError) owned = error;

  drop_socket (self);
  g_clear_pointer (&self->resume, g_free);
  set_state (self, CALL_SIGNALLER_CLOSED);
  call_signaller_emit_failed (CALL_SIGNALLER (self), error);
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

/* Lets the socket finish in the background: the timer owns it */
static void
say_goodbye (CallWebsocketSignaller * self)
{
  Goodbye *bye;

  /* libsoup closes only once; what is closing already needs nothing */
  if (soup_websocket_connection_get_state (self->socket) !=
      SOUP_WEBSOCKET_STATE_OPEN) {
    drop_socket (self);
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
  drop_socket (self);
  g_signal_connect (bye->socket, "closed", G_CALLBACK (on_goodbye_closed), bye);
  soup_websocket_connection_close (bye->socket, SOUP_WEBSOCKET_CLOSE_NORMAL,
      NULL);
}

static void
flush_queue (CallWebsocketSignaller * self)
{
  const gchar *text;

  while (self->socket && self->welcomed
      && soup_websocket_connection_get_state (self->socket) ==
      SOUP_WEBSOCKET_STATE_OPEN
      && (text = call_send_queue_next (self->queue)) != NULL)
    soup_websocket_connection_send_text (self->socket, text);
}

static void
send_bye (CallWebsocketSignaller * self)
{
  g_autoptr (CallMessage) bye = call_message_new (CALL_MESSAGE_BYE);

  if (call_send_queue_push (self->queue, bye))
    flush_queue (self);
}

static void
send_hello (CallWebsocketSignaller * self)
{
  g_autoptr (CallMessage) hello = call_message_new (CALL_MESSAGE_HELLO);
  g_autofree gchar *text = NULL;

  hello->peer = call_peer_new (self->peer_id);
  hello->peer->display_name = g_strdup (self->display_name);
  hello->peer->polite = self->polite;
  hello->peer->audio = self->audio;
  hello->peer->video = self->video;
  hello->token = g_strdup (self->token);
  hello->resume = g_strdup (self->resume);
  hello->last_seq = self->seen;
  text = call_message_to_text (hello);
  soup_websocket_connection_send_text (self->socket, text);
}

static gboolean
on_retry (gpointer user_data)
{
  start_try (user_data);
  return G_SOURCE_REMOVE;
}

/* Half of it is chance, so that a room does not come back in one moment */
static guint
next_delay (CallWebsocketSignaller * self)
{
  guint delay = BACKOFF_MAX_MS;

  if (self->attempts < 6)
    delay = MIN (BACKOFF_FIRST_MS << self->attempts, BACKOFF_MAX_MS);
  self->attempts++;
  delay = delay / 2 + g_random_int_range (0, delay / 2 + 1);
  delay = MAX (delay, self->retry_after * 1000);
  self->retry_after = 0;
  return delay;
}

static void
wait_and_retry (CallWebsocketSignaller * self)
{
  drop_socket (self);
  set_timer (self, &self->timer, next_delay (self), on_retry);
  set_state (self, self->had_seat ? CALL_SIGNALLER_RECONNECTING :
      CALL_SIGNALLER_CONNECTING);
}

/* A try or a connection came to an end by itself. Takes the error. */
static void
lose (CallWebsocketSignaller * self, GError * error)
{
  gboolean unreachable = g_error_matches (error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_UNREACHABLE);
  gboolean hopeless = g_error_matches (error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_CERTIFICATE)
      || g_error_matches (error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_SETTINGS);

  if (hopeless || (!self->had_seat
          && !(unreachable && self->attempts < self->connect_retries))) {
    fail (self, error);
    return;
  }
  g_debug ("Connection lost: %s", error->message);
  g_error_free (error);
  if (self->opened && g_get_monotonic_time () - self->opened > STABLE_US)
    self->attempts = 0;
  self->opened = 0;
  wait_and_retry (self);
}

static gboolean
on_no_welcome (gpointer user_data)
{
  CallWebsocketSignaller *self = user_data;

  lose (self, g_error_new (CALL_SIGNALLER_ERROR,
          CALL_SIGNALLER_ERROR_UNREACHABLE, "The server of %s does not answer "
          "the hello. Check that it is a call-server", self->uri));
  return G_SOURCE_REMOVE;
}

static gboolean
on_watch (gpointer user_data)
{
  CallWebsocketSignaller *self = user_data;
  gint64 silence = g_get_monotonic_time () - self->heard;

  if (silence <= self->silence_timeout * G_USEC_PER_SEC)
    return G_SOURCE_CONTINUE;
  lose (self, g_error_new (CALL_SIGNALLER_ERROR,
          CALL_SIGNALLER_ERROR_UNREACHABLE, "Nothing heard of the server for "
          "%u s", self->silence_timeout));
  return G_SOURCE_REMOVE;
}

static void
on_pong (SoupWebsocketConnection * socket, GBytes * payload,
    CallWebsocketSignaller * self)
{
  self->heard = g_get_monotonic_time ();
}

/* Codes before the welcome that the same hello would meet again */
static gboolean
refusal_is_final (const gchar * code)
{
  static const gchar *const codes[] = { "bad-message", "too-large", "too-deep",
    "unsupported-version", "token-required", "token-refused", "room-full",
    "bad-room", NULL
  };

  return g_strv_contains (codes, code);
}

static void
on_refused (CallWebsocketSignaller * self, CallMessage * message)
{
  GError *error = g_error_new (CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_REFUSED, "The server refuses to let this peer in: "
      "%s (%s)", message->text, message->code);

  self->retry_after = message->retry_after;
  if (refusal_is_final (message->code))
    fail (self, error);
  else
    lose (self, error);
}

/* The seat is ours again; FALSE: but messages got lost */
static gboolean
resume_seat (CallWebsocketSignaller * self, CallMessage * welcome)
{
  if (call_send_queue_resume (self->queue, welcome->last_seq))
    return TRUE;
  g_debug ("Too many messages unseen by the server, taking a new seat");
  send_bye (self);
  say_goodbye (self);
  g_clear_pointer (&self->resume, g_free);
  wait_and_retry (self);
  return FALSE;
}

static void
take_new_seat (CallWebsocketSignaller * self)
{
  /* what waited was for sessions of the seat that is gone */
  if (self->had_seat)
    call_send_queue_reset (self->queue);
  else
    call_send_queue_resume (self->queue, 0);
  self->seen = 0;
}

static void
on_welcome (CallWebsocketSignaller * self, CallMessage * welcome)
{
  if (welcome->version != CALL_PROTOCOL_VERSION) {
    fail (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_PROTOCOL,
            "The server speaks version %d of the "
            "room protocol, this client speaks %d: update the older one",
            welcome->version, CALL_PROTOCOL_VERSION));
    return;
  }
  self->welcomed = TRUE;
  if (welcome->resumed && self->resume) {
    if (!resume_seat (self, welcome))
      return;
  } else {
    take_new_seat (self);
  }
  self->had_seat = TRUE;
  self->opened = g_get_monotonic_time ();
  g_free (self->resume);
  self->resume = g_strdup (welcome->resume);
  clear_source (&self->timer);
  set_timer (self, &self->watch, self->silence_timeout * 250, on_watch);
  soup_websocket_connection_set_keepalive_interval (self->socket,
      self->silence_timeout / 3);
  flush_queue (self);

  if (g_strcmp0 (self->peer_id, welcome->peer->peer_id) != 0) {
    g_free (self->peer_id);
    self->peer_id = g_strdup (welcome->peer->peer_id);
    g_object_notify (G_OBJECT (self), "peer-id");
  }
  set_state (self, CALL_SIGNALLER_OPEN);
  if (self->state == CALL_SIGNALLER_OPEN)
    call_signaller_emit_message (CALL_SIGNALLER (self), welcome);
}

/* Perhaps it is of a later version: the rest of the room goes on. Said once,
 * so that a server cannot fill somebody's log. */
static void
ignore (CallWebsocketSignaller * self, const gchar * why)
{
  g_log (G_LOG_DOMAIN, self->ignored++ == 0 ? G_LOG_LEVEL_MESSAGE :
      G_LOG_LEVEL_DEBUG, "Ignoring a message of the server: %s", why);
}

static gboolean
comes_from_server (const CallMessage * message)
{
  switch (message->type) {
    case CALL_MESSAGE_HELLO:
    case CALL_MESSAGE_WELCOME:
    case CALL_MESSAGE_STATE:
    case CALL_MESSAGE_BYE:
      return FALSE;
    case CALL_MESSAGE_PEER_JOINED:
    case CALL_MESSAGE_PEER_CHANGED:
    case CALL_MESSAGE_PEER_LEFT:
    case CALL_MESSAGE_ERROR:
      return TRUE;
    default:
      return message->from != NULL;
  }
}

static void
on_message (SoupWebsocketConnection * socket, SoupWebsocketDataType type,
    GBytes * bytes, CallWebsocketSignaller * self)
{
  g_autoptr (CallWebsocketSignaller) alive = g_object_ref (self);
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) message = NULL;
  gsize length;
  const gchar *text = g_bytes_get_data (bytes, &length);

  self->heard = g_get_monotonic_time ();
  if (type == SOUP_WEBSOCKET_DATA_TEXT)
    message = call_message_parse (text ? text : "", length, &error);

  if (!self->welcomed) {
    if (message && message->type == CALL_MESSAGE_WELCOME)
      on_welcome (self, message);
    else if (message && message->type == CALL_MESSAGE_ERROR)
      on_refused (self, message);
    else
      lose (self, g_error_new (CALL_SIGNALLER_ERROR,
              CALL_SIGNALLER_ERROR_PROTOCOL, "The server of %s answers the "
              "hello with something else than a welcome: %s", self->uri,
              error ? error->message : "wrong type"));
  } else if (!message || !comes_from_server (message)) {
    ignore (self, error ? error->message : "not a server's");
  } else if (message->seq == 0 || message->seq > self->seen) {
    self->seen = MAX (self->seen, message->seq);
    call_signaller_emit_message (CALL_SIGNALLER (self), message);
  }
}

static void
on_socket_error (SoupWebsocketConnection * socket, GError * error,
    CallWebsocketSignaller * self)
{
  if (!self->socket_error)
    self->socket_error = g_error_copy (error);
}

static void
on_socket_closed (SoupWebsocketConnection * socket,
    CallWebsocketSignaller * self)
{
  gushort code = soup_websocket_connection_get_close_code (socket);
  const gchar *data = soup_websocket_connection_get_close_data (socket);
  const GError *error = self->socket_error;

  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE)
      || g_error_matches (error, SOUP_WEBSOCKET_ERROR,
          SOUP_WEBSOCKET_CLOSE_TOO_BIG)) {
    fail (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_PROTOCOL, "The server sent a message of more "
            "than %d bytes; it is broken or not a call-server",
            CALL_MAX_MESSAGE));
  } else if (code == CLOSE_REPLACED || code == CLOSE_REMOVED) {
    fail (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_REFUSED, code == CLOSE_REPLACED ?
            "Another connection took over the seat of this peer" :
            "This peer was removed from the room"));
  } else {
    lose (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_UNREACHABLE, "The server of %s ended the "
            "connection%s (%u%s%s)", self->uri,
            self->welcomed ? "" : " before its welcome", code,
            data && *data ? " " : "", data ? data : ""));
  }
}

static void
on_connected (GObject * source, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (CallWebsocketSignaller) self = user_data;
  g_autoptr (SoupWebsocketConnection) socket = NULL;
  GError *error = NULL;
  gint64 retry_after;

  socket = call_websocket_connect_finish (result, &retry_after, &error);
  if (g_error_matches (error, G_IO_ERROR, G_IO_ERROR_CANCELLED)) {
    g_error_free (error);
    return;
  }
  g_clear_object (&self->connecting);
  if (!socket) {
    self->retry_after = retry_after;
    lose (self, error);
    return;
  }
  self->socket = g_steal_pointer (&socket);
  self->heard = g_get_monotonic_time ();
  g_signal_connect (self->socket, "message", G_CALLBACK (on_message), self);
  g_signal_connect (self->socket, "pong", G_CALLBACK (on_pong), self);
  g_signal_connect (self->socket, "error", G_CALLBACK (on_socket_error), self);
  g_signal_connect (self->socket, "closed", G_CALLBACK (on_socket_closed),
      self);
  set_timer (self, &self->timer, self->connect_timeout * 1000, on_no_welcome);
  send_hello (self);
}

static void
start_try (CallWebsocketSignaller * self)
{
  CallWebsocketTarget target = { self->uri, self->tls_ca_file,
    self->tls_insecure, self->connect_timeout
  };

  clear_source (&self->timer);
  self->connecting = g_cancellable_new ();
  call_websocket_connect_async (&target, self->connecting, on_connected,
      g_object_ref (self));
}

static void
call_websocket_signaller_open (CallSignaller * signaller)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (signaller);

  g_return_if_fail (self->state == CALL_SIGNALLER_CLOSED);

  g_clear_pointer (&self->context, g_main_context_unref);
  self->context = g_main_context_ref_thread_default ();
  g_clear_pointer (&self->resume, g_free);
  call_send_queue_reset (self->queue);
  self->had_seat = FALSE;
  self->seen = 0;
  self->attempts = 0;
  self->opened = 0;
  self->retry_after = 0;
  self->ignored = 0;
  set_state (self, CALL_SIGNALLER_CONNECTING);
  start_try (self);
}

typedef struct
{
  CallWebsocketSignaller *self;
  CallMessage *message;
} Local;

static void
local_free (gpointer data)
{
  Local *local = data;

  g_object_unref (local->self);
  call_message_unref (local->message);
  g_free (local);
}

static gboolean
on_local_error (gpointer user_data)
{
  Local *local = user_data;

  if (local->self->state != CALL_SIGNALLER_CLOSED)
    call_signaller_emit_message (CALL_SIGNALLER (local->self), local->message);
  return G_SOURCE_REMOVE;
}

/* A message that must not be sent comes back as the server's error would */
static void
return_too_large (CallWebsocketSignaller * self, const CallMessage * message)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  Local *local = g_new0 (Local, 1);

  local->self = g_object_ref (self);
  local->message = call_message_new (CALL_MESSAGE_ERROR);
  local->message->code = g_strdup ("too-large");
  local->message->text = g_strdup_printf ("The %s is larger than %d bytes",
      call_message_type_to_string (message->type), CALL_MAX_MESSAGE);
  local->message->to = g_strdup (message->to);
  local->message->session = g_strdup (message->session);
  g_source_set_callback (source, on_local_error, local, local_free);
  g_source_attach (source, self->context);
}

/* Room for the number and for `from`, which the server writes over `to` */
static gboolean
is_too_large (const CallMessage * message)
{
  g_autofree gchar *text = NULL;

  if (!message->sdp || strlen (message->sdp) < CALL_MAX_MESSAGE / 8)
    return FALSE;
  text = call_message_to_text (message);
  return strlen (text) + CALL_MAX_ID + 32 > CALL_MAX_MESSAGE;
}

static void
call_websocket_signaller_send (CallSignaller * signaller, CallMessage * message)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (signaller);

  if (message->type == CALL_MESSAGE_STATE && message->peer) {
    self->audio = message->peer->audio;
    self->video = message->peer->video;
    /* the hello will say it */
    if (!self->had_seat)
      return;
  }
  if (self->state == CALL_SIGNALLER_CLOSED)
    return;
  if (is_too_large (message)) {
    return_too_large (self, message);
    return;
  }
  if (call_send_queue_push (self->queue, message))
    flush_queue (self);
  else
    fail (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_UNREACHABLE, "The server was away for too "
            "long: more than %d messages or %d bytes wait for it",
            CALL_QUEUE_MESSAGES, CALL_QUEUE_BYTES));
}

static void
call_websocket_signaller_close (CallSignaller * signaller)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (signaller);

  if (self->state == CALL_SIGNALLER_CLOSED)
    return;
  if (self->socket && self->welcomed) {
    send_bye (self);
    say_goodbye (self);
  } else {
    drop_socket (self);
  }
  g_clear_pointer (&self->resume, g_free);
  set_state (self, CALL_SIGNALLER_CLOSED);
}

static void
call_websocket_signaller_iface_init (CallSignallerInterface * iface)
{
  iface->open = call_websocket_signaller_open;
  iface->send = call_websocket_signaller_send;
  iface->close = call_websocket_signaller_close;
}

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE_WITH_CODE (CallWebsocketSignaller,
    call_websocket_signaller, G_TYPE_OBJECT,
    G_IMPLEMENT_INTERFACE (CALL_TYPE_SIGNALLER,
        call_websocket_signaller_iface_init));
/* *INDENT-ON* */

static void
set_string (gchar ** string, const GValue * value)
{
  const gchar *text = g_value_get_string (value);

  g_free (*string);
  *string = text && *text ? g_strdup (text) : NULL;
}

static void
call_websocket_signaller_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (object);

  switch (id) {
    case PROP_DISPLAY_NAME:
      set_string (&self->display_name, value);
      break;
    case PROP_PEER_ID:
      set_string (&self->peer_id, value);
      break;
    case PROP_TOKEN:
      set_string (&self->token, value);
      break;
    case PROP_URI:
      set_string (&self->uri, value);
      break;
    case PROP_TLS_CA_FILE:
      set_string (&self->tls_ca_file, value);
      break;
    case PROP_TLS_INSECURE:
      self->tls_insecure = g_value_get_boolean (value);
      break;
    case PROP_AUDIO:
      self->audio = g_value_get_enum (value);
      break;
    case PROP_VIDEO:
      self->video = g_value_get_enum (value);
      break;
    case PROP_POLITE:
      self->polite = g_value_get_boolean (value);
      break;
    case PROP_CONNECT_RETRIES:
      self->connect_retries = g_value_get_uint (value);
      break;
    case PROP_CONNECT_TIMEOUT:
      self->connect_timeout = g_value_get_uint (value);
      break;
    case PROP_SILENCE_TIMEOUT:
      self->silence_timeout = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
call_websocket_signaller_get_property (GObject * object, guint id,
    GValue * value, GParamSpec * pspec)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (object);

  switch (id) {
    case PROP_DISPLAY_NAME:
      g_value_set_string (value, self->display_name);
      break;
    case PROP_PEER_ID:
      g_value_set_string (value, self->peer_id);
      break;
    case PROP_STATE:
      g_value_set_enum (value, self->state);
      break;
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_TLS_CA_FILE:
      g_value_set_string (value, self->tls_ca_file);
      break;
    case PROP_TLS_INSECURE:
      g_value_set_boolean (value, self->tls_insecure);
      break;
    case PROP_AUDIO:
      g_value_set_enum (value, self->audio);
      break;
    case PROP_VIDEO:
      g_value_set_enum (value, self->video);
      break;
    case PROP_POLITE:
      g_value_set_boolean (value, self->polite);
      break;
    case PROP_CONNECT_RETRIES:
      g_value_set_uint (value, self->connect_retries);
      break;
    case PROP_CONNECT_TIMEOUT:
      g_value_set_uint (value, self->connect_timeout);
      break;
    case PROP_SILENCE_TIMEOUT:
      g_value_set_uint (value, self->silence_timeout);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
call_websocket_signaller_dispose (GObject * object)
{
  drop_socket (CALL_WEBSOCKET_SIGNALLER (object));
  G_OBJECT_CLASS (call_websocket_signaller_parent_class)->dispose (object);
}

static void
call_websocket_signaller_finalize (GObject * object)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (object);

  g_free (self->uri);
  g_free (self->display_name);
  g_free (self->peer_id);
  g_free (self->token);
  g_free (self->tls_ca_file);
  g_free (self->resume);
  call_send_queue_free (self->queue);
  g_clear_pointer (&self->context, g_main_context_unref);
  G_OBJECT_CLASS (call_websocket_signaller_parent_class)->finalize (object);
}

static void
call_websocket_signaller_install_properties (GObjectClass * klass)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS;

  klass->set_property = call_websocket_signaller_set_property;
  klass->get_property = call_websocket_signaller_get_property;

  g_object_class_override_property (klass, PROP_DISPLAY_NAME, "display-name");
  g_object_class_override_property (klass, PROP_PEER_ID, "peer-id");
  g_object_class_override_property (klass, PROP_TOKEN, "token");
  g_object_class_override_property (klass, PROP_STATE, "state");
  g_object_class_install_property (klass, PROP_URI,
      g_param_spec_string ("uri", "URI", "ws[s]://HOST[:PORT]/room/ROOM", NULL,
          flags));
  g_object_class_install_property (klass, PROP_TLS_CA_FILE,
      g_param_spec_string ("tls-ca-file", "TLS CA file",
          "PEM file of the CAs to trust instead of the system's", NULL, flags));
  g_object_class_install_property (klass, PROP_TLS_INSECURE,
      g_param_spec_boolean ("tls-insecure", "TLS insecure",
          "Take any certificate: anybody can listen and change what is said",
          FALSE, flags));
  g_object_class_install_property (klass, PROP_AUDIO,
      g_param_spec_enum ("audio", "Audio", "State of one's sound at the hello",
          CALL_TYPE_TRACK_STATE, CALL_TRACK_NONE, flags));
  g_object_class_install_property (klass, PROP_VIDEO,
      g_param_spec_enum ("video", "Video", "State of one's picture at the "
          "hello", CALL_TYPE_TRACK_STATE, CALL_TRACK_NONE, flags));
  g_object_class_install_property (klass, PROP_POLITE,
      g_param_spec_boolean ("polite", "Polite",
          "May offer by itself, and rolls back when offers cross", FALSE,
          flags));
  g_object_class_install_property (klass, PROP_CONNECT_RETRIES,
      g_param_spec_uint ("connect-retries", "Connect retries",
          "Tries after a first one that could not reach the server", 0,
          G_MAXUINT, 0, flags));
  g_object_class_install_property (klass, PROP_CONNECT_TIMEOUT,
      g_param_spec_uint ("connect-timeout", "Connect timeout",
          "Seconds for one try", 1, 600, DEFAULT_CONNECT_TIMEOUT, flags));
  g_object_class_install_property (klass, PROP_SILENCE_TIMEOUT,
      g_param_spec_uint ("silence-timeout", "Silence timeout",
          "Seconds without a sign of the server until it is taken for dead", 3,
          3600, DEFAULT_SILENCE_TIMEOUT, flags));
}

static void
call_websocket_signaller_class_init (CallWebsocketSignallerClass * klass)
{
  GObjectClass *object_class = G_OBJECT_CLASS (klass);

  object_class->dispose = call_websocket_signaller_dispose;
  object_class->finalize = call_websocket_signaller_finalize;
  call_websocket_signaller_install_properties (object_class);
}

static void
call_websocket_signaller_init (CallWebsocketSignaller * self)
{
  self->queue = call_send_queue_new ();
}
