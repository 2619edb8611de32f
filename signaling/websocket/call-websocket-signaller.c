/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallWebsocketSignaller: a seat in a room, kept over broken connections. Those
 * are made and lost in call-websocket-link.c; here is what is said on them.
 *
 * Threads: one. All of it lives in the main context that is the thread's
 * default when `open` is called: calls come from there, signals go there,
 * every source is attached there. There is no lock, and nothing to lock.
 *
 * A handler of our signals may call anything, `close` and the last unref
 * included: after each emission only locals are touched, or `self` is held.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-send-queue.h"
#include "call-websocket-link.h"
#include "call-websocket-signaller.h"

#include <string.h>

#define DEFAULT_CONNECT_TIMEOUT 10
#define DEFAULT_SILENCE_TIMEOUT 10
/* Our own bye of a moment ago may come later than our hello: 3 s of tries */
#define TAKEN_RETRIES 5

enum
{
  PROP_0,
  PROP_URI,
  PROP_TLS_CA_FILE,
  PROP_TLS_INSECURE,
  PROP_CONNECT_RETRIES,
  PROP_CONNECT_TIMEOUT,
  PROP_SILENCE_TIMEOUT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

struct _CallWebsocketSignaller
{
  CallSignaller parent;

  /* settings */
  gchar *uri;
  gchar *tls_ca_file;
  gboolean tls_insecure;
  guint connect_retries;
  guint connect_timeout;        /* seconds */
  guint silence_timeout;        /* seconds */

  CallWebsocketLink *link;
  CallSendQueue *queue;
  guint ignored;                /* messages since `open` */
};

G_DEFINE_FINAL_TYPE (CallWebsocketSignaller, call_websocket_signaller,
    CALL_TYPE_SIGNALLER);

/* Emits `failed`, the last thing that is emitted. Takes the error. */
static void
fail (CallWebsocketSignaller * self, GError * error)
{
  call_websocket_link_drop (self->link);
  call_signaller_fail (CALL_SIGNALLER (self), error);
}

static void
flush_queue (CallWebsocketSignaller * self)
{
  const gchar *text;

  while (call_websocket_link_is_settled (self->link)
      && call_websocket_link_is_open (self->link)
      && (text = call_send_queue_next (self->queue)) != NULL)
    call_websocket_link_send (self->link, text);
}

static void
send_bye (CallWebsocketSignaller * self)
{
  g_autoptr (CallMessage) bye = call_message_new (CALL_MESSAGE_BYE);

  if (call_send_queue_push (self->queue, bye))
    flush_queue (self);
}

/* With a number behind all that the server may have seen of this seat */
static void
send_last_bye (CallWebsocketSignaller * self)
{
  g_autoptr (CallMessage) bye = call_message_new (CALL_MESSAGE_BYE);
  g_autofree gchar *text = NULL;

  bye->seq = CALL_MAX_NUMBER;
  text = call_message_to_text (bye);
  call_websocket_link_send (self->link, text);
}

static void
wait_and_retry (CallWebsocketSignaller * self, gint64 retry_after)
{
  CallSignaller *signaller = CALL_SIGNALLER (self);

  call_websocket_link_retry (self->link, retry_after);
  call_signaller_set_state (signaller, call_signaller_had_seat (signaller) ?
      CALL_SIGNALLER_RECONNECTING : CALL_SIGNALLER_CONNECTING);
}

/* Takes the error */
static void
lose (CallWebsocketSignaller * self, GError * error, gint64 retry_after)
{
  gboolean unreachable = g_error_matches (error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_UNREACHABLE);

  if (!call_signaller_had_seat (CALL_SIGNALLER (self)) && !(unreachable
          && call_websocket_link_get_attempts (self->link) <
          self->connect_retries)) {
    fail (self, error);
    return;
  }
  g_debug ("Connection lost: %s", error->message);
  g_error_free (error);
  wait_and_retry (self, retry_after);
}

static void
on_lost (gpointer user_data, GError * error, gboolean final)
{
  if (final)
    fail (user_data, error);
  else
    lose (user_data, error, 0);
}

static void
on_opened (gpointer user_data)
{
  CallWebsocketSignaller *self = user_data;
  g_autoptr (CallMessage) hello =
      call_signaller_make_hello (CALL_SIGNALLER (self));
  g_autofree gchar *text = call_message_to_text (hello);

  call_websocket_link_send (self->link, text);
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

  if (refusal_is_final (message->code)) {
    fail (self, error);
  } else if (g_strcmp0 (message->code, "peer-id-taken") == 0
      && call_websocket_link_get_attempts (self->link) < TAKEN_RETRIES) {
    g_error_free (error);
    wait_and_retry (self, message->retry_after);
  } else {
    lose (self, error, message->retry_after);
  }
}

/* The seat is ours again; FALSE: but messages got lost */
static gboolean
resume_seat (CallWebsocketSignaller * self, const CallMessage * welcome)
{
  if (call_send_queue_resume (self->queue, welcome->last_seq))
    return TRUE;
  g_debug ("Too many messages unseen by the server, taking a new seat");
  send_bye (self);
  call_websocket_link_say_goodbye (self->link);
  call_signaller_forget_seat (CALL_SIGNALLER (self));
  wait_and_retry (self, 0);
  return FALSE;
}

static void
on_welcome (CallWebsocketSignaller * self, CallMessage * welcome)
{
  CallSignaller *signaller = CALL_SIGNALLER (self);

  if (welcome->version != CALL_PROTOCOL_VERSION) {
    fail (self, g_error_new (CALL_SIGNALLER_ERROR,
            CALL_SIGNALLER_ERROR_PROTOCOL,
            "The server speaks version %d of the "
            "room protocol, this client speaks %d: update the older one",
            welcome->version, CALL_PROTOCOL_VERSION));
    return;
  }
  call_websocket_link_settle (self->link);
  if (welcome->resumed && call_signaller_has_seat (signaller)) {
    if (!resume_seat (self, welcome))
      return;
  } else if (call_signaller_had_seat (signaller)) {
    /* what waited was for sessions of the seat that is gone */
    call_send_queue_reset (self->queue);
  } else {
    call_send_queue_resume (self->queue, 0);
  }
  flush_queue (self);
  call_signaller_take_welcome (signaller, welcome);
  if (call_signaller_get_state (signaller) == CALL_SIGNALLER_OPEN)
    call_signaller_emit_message (signaller, welcome);
}

/* Perhaps it is of a later version: the rest of the room goes on. Said once,
 * so that a server cannot fill somebody's log. */
static void
ignore (CallWebsocketSignaller * self, const gchar * why)
{
  g_debug ("Ignoring a message of the server: %s", why);
  if (self->ignored++ == 0)
    call_signaller_emit_ignored (CALL_SIGNALLER (self), why);
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
    case CALL_MESSAGE_ICE_SERVERS:
      return message->ice_servers != NULL;
    default:
      return message->from != NULL;
  }
}

static void
on_text (gpointer user_data, const gchar * text, gsize length)
{
  g_autoptr (CallWebsocketSignaller) self = g_object_ref (user_data);
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) message = NULL;

  if (text != NULL)
    message = call_message_parse (text, length, &error);

  if (!call_websocket_link_is_settled (self->link)) {
    if (message && message->type == CALL_MESSAGE_WELCOME)
      on_welcome (self, message);
    else if (message && message->type == CALL_MESSAGE_ERROR)
      on_refused (self, message);
    else
      lose (self, g_error_new (CALL_SIGNALLER_ERROR,
              CALL_SIGNALLER_ERROR_PROTOCOL, "The server of %s answers the "
              "hello with something else than a welcome: %s", self->uri,
              error ? error->message : "wrong type"), 0);
  } else if (!message || !comes_from_server (message)) {
    ignore (self, error ? error->message : text ? "It is not a server's" :
        "It is not text");
  } else {
    call_signaller_emit_message (CALL_SIGNALLER (self), message);
  }
}

static void
call_websocket_signaller_open (CallSignaller * signaller)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (signaller);
  CallWebsocketTarget target = { self->uri, self->tls_ca_file,
    self->tls_insecure, self->connect_timeout
  };

  call_send_queue_reset (self->queue);
  self->ignored = 0;
  call_websocket_link_start (self->link, call_signaller_get_context (signaller),
      &target, self->silence_timeout);
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
  g_source_attach (source, call_signaller_get_context (CALL_SIGNALLER (self)));
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

  if (is_too_large (message))
    return_too_large (self, message);
  else if (call_send_queue_push (self->queue, message))
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

  if (call_websocket_link_is_settled (self->link)) {
    send_bye (self);
    call_websocket_link_say_goodbye (self->link);
  } else if (call_websocket_link_is_open (self->link)) {
    /* the hello is under way: the seat that it takes would stay for a while */
    send_last_bye (self);
    call_websocket_link_say_goodbye (self->link);
  } else {
    call_websocket_link_drop (self->link);
  }
}

static void
call_websocket_signaller_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (object);

  switch (id) {
    case PROP_URI:
      g_free (self->uri);
      self->uri = g_value_dup_string (value);
      break;
    case PROP_TLS_CA_FILE:
      g_free (self->tls_ca_file);
      self->tls_ca_file = g_value_dup_string (value);
      break;
    case PROP_TLS_INSECURE:
      self->tls_insecure = g_value_get_boolean (value);
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
    case PROP_URI:
      g_value_set_string (value, self->uri);
      break;
    case PROP_TLS_CA_FILE:
      g_value_set_string (value, self->tls_ca_file);
      break;
    case PROP_TLS_INSECURE:
      g_value_set_boolean (value, self->tls_insecure);
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
call_websocket_signaller_finalize (GObject * object)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (object);

  call_websocket_link_free (self->link);
  call_send_queue_free (self->queue);
  g_free (self->uri);
  g_free (self->tls_ca_file);
  G_OBJECT_CLASS (call_websocket_signaller_parent_class)->finalize (object);
}

static void
call_websocket_signaller_check (CallSignaller * signaller, guint seconds)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (signaller);

  call_websocket_link_check (self->link, seconds);
}

static void
call_websocket_signaller_move (CallSignaller * signaller,
    const gchar * addresses, guint seconds)
{
  CallWebsocketSignaller *self = CALL_WEBSOCKET_SIGNALLER (signaller);

  /* the first try knows by itself when it is over, and would be the last */
  if (call_signaller_had_seat (signaller))
    call_websocket_link_move (self->link, addresses, seconds);
}

static void
call_websocket_signaller_install_properties (GObjectClass * klass)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS;

  klass->set_property = call_websocket_signaller_set_property;
  klass->get_property = call_websocket_signaller_get_property;

  props[PROP_URI] = g_param_spec_string ("uri", "URI",
      "ws[s]://HOST[:PORT]/room/ROOM", NULL, flags);
  props[PROP_TLS_CA_FILE] = g_param_spec_string ("tls-ca-file", "TLS CA file",
      "PEM file of the CAs to trust instead of the system's", NULL, flags);
  props[PROP_TLS_INSECURE] = g_param_spec_boolean ("tls-insecure",
      "TLS insecure", "Take any certificate: anybody can listen and change "
      "what is said", FALSE, flags);
  props[PROP_CONNECT_RETRIES] = g_param_spec_uint ("connect-retries",
      "Connect retries", "Tries after a first one that could not reach the "
      "server", 0, G_MAXUINT, 0, flags);
  props[PROP_CONNECT_TIMEOUT] = g_param_spec_uint ("connect-timeout",
      "Connect timeout", "Seconds for one try", 1, 600,
      DEFAULT_CONNECT_TIMEOUT, flags);
  props[PROP_SILENCE_TIMEOUT] = g_param_spec_uint ("silence-timeout",
      "Silence timeout", "Seconds without a sign of the server until it is "
      "taken for dead", 3, 3600, DEFAULT_SILENCE_TIMEOUT, flags);
  g_object_class_install_properties (klass, N_PROPS, props);
}

static void
call_websocket_signaller_class_init (CallWebsocketSignallerClass * klass)
{
  CallSignallerClass *signaller_class = CALL_SIGNALLER_CLASS (klass);

  signaller_class->open = call_websocket_signaller_open;
  signaller_class->send = call_websocket_signaller_send;
  signaller_class->close = call_websocket_signaller_close;
  signaller_class->check = call_websocket_signaller_check;
  signaller_class->move = call_websocket_signaller_move;
  G_OBJECT_CLASS (klass)->finalize = call_websocket_signaller_finalize;
  call_websocket_signaller_install_properties (G_OBJECT_CLASS (klass));
}

static void
call_websocket_signaller_init (CallWebsocketSignaller * self)
{
  static const CallWebsocketLinkFuncs funcs = { on_opened, on_text, on_lost };

  self->link = call_websocket_link_new (&funcs, self);
  self->queue = call_send_queue_new ();
}
