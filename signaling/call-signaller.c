/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What every CallSignaller has: properties, signals, and the seat as its peer
 * knows it.
 *
 * Threads: everything here runs in the implementation's own GMainContext.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-signaller.h"
#include "call-websocket-signaller.h"

typedef struct
{
  CallPeer *me;                 /* what the hello says of this peer */
  gchar *token;
  CallSignallerState state;
  GMainContext *context;

  gchar *resume;                /* secret; NULL: there is no seat */
  gboolean unsaid;              /* the tracks changed since the hello */
  gboolean had_seat;            /* there was a welcome since `open` */
  CallSeen seen;                /* of the server's numbers */
} CallSignallerPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (CallSignaller, call_signaller,
    G_TYPE_OBJECT);

/* *INDENT-OFF* */
G_DEFINE_QUARK (call-signaller-error-quark, call_signaller_error);

G_DEFINE_ENUM_TYPE (CallSignallerState, call_signaller_state,
    G_DEFINE_ENUM_VALUE (CALL_SIGNALLER_CLOSED, "closed"),
    G_DEFINE_ENUM_VALUE (CALL_SIGNALLER_CONNECTING, "connecting"),
    G_DEFINE_ENUM_VALUE (CALL_SIGNALLER_OPEN, "open"),
    G_DEFINE_ENUM_VALUE (CALL_SIGNALLER_RECONNECTING, "reconnecting"))
/* *INDENT-ON* */

enum
{
  PROP_0,
  PROP_DISPLAY_NAME,
  PROP_PEER_ID,
  PROP_TOKEN,
  PROP_AUDIO,
  PROP_VIDEO,
  PROP_POLITE,
  PROP_STATE,
  N_PROPS
};

enum
{
  SIGNAL_MESSAGE,
  SIGNAL_IGNORED,
  SIGNAL_FAILED,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

/* Which implementation speaks which scheme; each has a "uri" property */
static const struct
{
  const gchar *scheme;
    GType (*get_type) (void);
} schemes[] = {
  {"ws", call_websocket_signaller_get_type},
  {"wss", call_websocket_signaller_get_type},
};

CallSignaller *
call_signaller_new_for_uri (const gchar * uri, GError ** error,
    const gchar * first_property, ...)
{
  g_autofree gchar *scheme = uri ? g_uri_parse_scheme (uri) : NULL;
  g_autoptr (GString) known = g_string_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (schemes); i++) {
    if (g_strcmp0 (scheme, schemes[i].scheme) == 0) {
      GObject *object;
      va_list args;

      va_start (args, first_property);
      object = g_object_new_valist (schemes[i].get_type (), first_property,
          args);
      va_end (args);
      g_object_set (object, "uri", uri, NULL);
      return CALL_SIGNALLER (object);
    }
    g_string_append_printf (known, "%s%s://", i > 0 ? ", " : "",
        schemes[i].scheme);
  }
  g_set_error (error, CALL_SIGNALLER_ERROR, CALL_SIGNALLER_ERROR_SETTINGS,
      "No signalling for the URI “%s”: it must begin with one of %s%s",
      uri ? uri : "", known->str, uri && g_ascii_strncasecmp (uri, "http", 4)
      == 0 ? "; a room whose page is https://… is wss://… here" : "");
  return NULL;
}

static CallSignallerPrivate *
get_private (CallSignaller * self)
{
  return call_signaller_get_instance_private (self);
}

void
call_signaller_set_state (CallSignaller * self, CallSignallerState state)
{
  CallSignallerPrivate *priv = get_private (self);

  if (priv->state == state)
    return;
  priv->state = state;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
}

CallSignallerState
call_signaller_get_state (CallSignaller * self)
{
  return get_private (self)->state;
}

GMainContext *
call_signaller_get_context (CallSignaller * self)
{
  return get_private (self)->context;
}

gboolean
call_signaller_has_seat (CallSignaller * self)
{
  return get_private (self)->resume != NULL;
}

gboolean
call_signaller_had_seat (CallSignaller * self)
{
  return get_private (self)->had_seat;
}

void
call_signaller_forget_seat (CallSignaller * self)
{
  g_clear_pointer (&get_private (self)->resume, g_free);
}

void
call_signaller_open (CallSignaller * self)
{
  CallSignallerPrivate *priv = get_private (self);

  g_return_if_fail (priv->state == CALL_SIGNALLER_CLOSED);
  g_clear_pointer (&priv->context, g_main_context_unref);
  priv->context = g_main_context_ref_thread_default ();
  call_signaller_forget_seat (self);
  priv->had_seat = FALSE;
  priv->seen = (CallSeen) {
  0,};
  call_signaller_set_state (self, CALL_SIGNALLER_CONNECTING);
  if (priv->state == CALL_SIGNALLER_CONNECTING)
    CALL_SIGNALLER_GET_CLASS (self)->open (self);
}

void
call_signaller_send (CallSignaller * self, CallMessage * message)
{
  CallSignallerPrivate *priv = get_private (self);

  if (message->type == CALL_MESSAGE_STATE && message->peer != NULL) {
    priv->me->audio = message->peer->audio;
    priv->me->video = message->peer->video;
    /* the next hello says it, or we do after the welcome */
    if (priv->state != CALL_SIGNALLER_OPEN) {
      priv->unsaid = TRUE;
      return;
    }
  }
  if (priv->state != CALL_SIGNALLER_CLOSED)
    CALL_SIGNALLER_GET_CLASS (self)->send (self, message);
}

void
call_signaller_check (CallSignaller * self, guint seconds)
{
  CallSignallerClass *klass = CALL_SIGNALLER_GET_CLASS (self);
  g_autoptr (CallSignaller) alive = g_object_ref (self);

  if (klass->check && get_private (self)->state != CALL_SIGNALLER_CLOSED)
    klass->check (self, seconds);
}

void
call_signaller_move (CallSignaller * self, const gchar * addresses,
    guint seconds)
{
  CallSignallerClass *klass = CALL_SIGNALLER_GET_CLASS (self);
  g_autoptr (CallSignaller) alive = g_object_ref (self);

  if (klass->move && get_private (self)->state != CALL_SIGNALLER_CLOSED)
    klass->move (self, addresses, seconds);
}

void
call_signaller_close (CallSignaller * self)
{
  g_autoptr (CallSignaller) alive = g_object_ref (self);

  if (get_private (self)->state == CALL_SIGNALLER_CLOSED)
    return;
  CALL_SIGNALLER_GET_CLASS (self)->close (self);
  call_signaller_forget_seat (self);
  call_signaller_set_state (self, CALL_SIGNALLER_CLOSED);
}

void
call_signaller_fail (CallSignaller * self, GError * error)
{
  g_autoptr (CallSignaller) alive = g_object_ref (self);
  g_autoptr (GError) owned = error;

  call_signaller_forget_seat (self);
  call_signaller_set_state (self, CALL_SIGNALLER_CLOSED);
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

CallMessage *
call_signaller_make_hello (CallSignaller * self)
{
  CallSignallerPrivate *priv = get_private (self);
  CallMessage *hello = call_message_new (CALL_MESSAGE_HELLO);

  hello->peer = call_peer_copy (priv->me);
  hello->token = g_strdup (priv->token);
  hello->resume = g_strdup (priv->resume);
  hello->last_seq = priv->seen.newest;
  /* in a seat that goes on an older `state` may be sent again, after this */
  priv->unsaid = priv->unsaid && priv->resume != NULL;
  return hello;
}

static void
send_tracks (CallSignaller * self)
{
  CallSignallerPrivate *priv = get_private (self);
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_STATE);

  priv->unsaid = FALSE;
  message->peer = call_peer_copy (priv->me);
  CALL_SIGNALLER_GET_CLASS (self)->send (self, message);
}

void
call_signaller_take_welcome (CallSignaller * self, const CallMessage * welcome)
{
  CallSignallerPrivate *priv = get_private (self);

  if (!welcome->resumed || priv->resume == NULL)
    priv->seen = (CallSeen) {
    0,};
  priv->had_seat = TRUE;
  g_free (priv->resume);
  priv->resume = g_strdup (welcome->resume);
  if (g_strcmp0 (priv->me->peer_id, welcome->peer->peer_id) != 0) {
    g_free (priv->me->peer_id);
    priv->me->peer_id = g_strdup (welcome->peer->peer_id);
    g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PEER_ID]);
  }
  /* unless a handler has closed it */
  if (priv->state == CALL_SIGNALLER_CLOSED)
    return;
  call_signaller_set_state (self, CALL_SIGNALLER_OPEN);
  if (priv->unsaid && priv->state == CALL_SIGNALLER_OPEN)
    send_tracks (self);
}

void
call_signaller_emit_message (CallSignaller * self, CallMessage * message)
{
  CallSignallerPrivate *priv = get_private (self);

  if (priv->state == CALL_SIGNALLER_CLOSED
      || (message->seq != 0 && !call_seen_take (&priv->seen, message->seq)))
    return;
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, message);
}

void
call_signaller_emit_ignored (CallSignaller * self, const gchar * why)
{
  g_signal_emit (self, signals[SIGNAL_IGNORED], 0, why);
}

static void
set_string (gchar ** string, const GValue * value)
{
  const gchar *text = g_value_get_string (value);

  g_free (*string);
  *string = text && *text ? g_strdup (text) : NULL;
}

static void
call_signaller_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  CallSignallerPrivate *priv = get_private (CALL_SIGNALLER (object));

  switch (id) {
    case PROP_DISPLAY_NAME:
      set_string (&priv->me->display_name, value);
      break;
    case PROP_PEER_ID:
      set_string (&priv->me->peer_id, value);
      break;
    case PROP_TOKEN:
      set_string (&priv->token, value);
      break;
    case PROP_AUDIO:
      priv->me->audio = g_value_get_enum (value);
      break;
    case PROP_VIDEO:
      priv->me->video = g_value_get_enum (value);
      break;
    case PROP_POLITE:
      priv->me->polite = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
call_signaller_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  CallSignallerPrivate *priv = get_private (CALL_SIGNALLER (object));

  switch (id) {
    case PROP_DISPLAY_NAME:
      g_value_set_string (value, priv->me->display_name);
      break;
    case PROP_PEER_ID:
      g_value_set_string (value, priv->me->peer_id);
      break;
    case PROP_AUDIO:
      g_value_set_enum (value, priv->me->audio);
      break;
    case PROP_VIDEO:
      g_value_set_enum (value, priv->me->video);
      break;
    case PROP_POLITE:
      g_value_set_boolean (value, priv->me->polite);
      break;
    case PROP_STATE:
      g_value_set_enum (value, priv->state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
call_signaller_finalize (GObject * object)
{
  CallSignallerPrivate *priv = get_private (CALL_SIGNALLER (object));

  call_peer_free (priv->me);
  g_free (priv->token);
  g_free (priv->resume);
  g_clear_pointer (&priv->context, g_main_context_unref);
  G_OBJECT_CLASS (call_signaller_parent_class)->finalize (object);
}

static void
call_signaller_install_properties (GObjectClass * object_class)
{
  GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS;

  object_class->set_property = call_signaller_set_property;
  object_class->get_property = call_signaller_get_property;
  props[PROP_DISPLAY_NAME] = g_param_spec_string ("display-name",
      "Display name", "Name that other people in the room see", NULL, flags);
  props[PROP_PEER_ID] = g_param_spec_string ("peer-id", "Peer id",
      "Id asked for; after a welcome, the id given", NULL, flags);
  props[PROP_TOKEN] = g_param_spec_string ("token", "Token",
      "Proof that this peer may enter the room", NULL,
      G_PARAM_WRITABLE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS);
  props[PROP_AUDIO] = g_param_spec_enum ("audio", "Audio",
      "State of one's sound at the hello", CALL_TYPE_TRACK_STATE,
      CALL_TRACK_NONE, flags);
  props[PROP_VIDEO] = g_param_spec_enum ("video", "Video",
      "State of one's picture at the hello", CALL_TYPE_TRACK_STATE,
      CALL_TRACK_NONE, flags);
  props[PROP_POLITE] = g_param_spec_boolean ("polite", "Polite",
      "May offer by itself, and rolls back when offers cross", FALSE, flags);
  props[PROP_STATE] = g_param_spec_enum ("state", "State",
      "State of the connection", CALL_TYPE_SIGNALLER_STATE,
      CALL_SIGNALLER_CLOSED, G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY |
      G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (object_class, N_PROPS, props);
}

static void
call_signaller_class_init (CallSignallerClass * klass)
{
  /* before there are threads: G_DEFINE_QUARK has no lock */
  (void) CALL_SIGNALLER_ERROR;
  G_OBJECT_CLASS (klass)->finalize = call_signaller_finalize;
  call_signaller_install_properties (G_OBJECT_CLASS (klass));

  signals[SIGNAL_MESSAGE] = g_signal_new ("message", CALL_TYPE_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      CALL_TYPE_MESSAGE | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_IGNORED] = g_signal_new ("ignored", CALL_TYPE_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", CALL_TYPE_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}

static void
call_signaller_init (CallSignaller * self)
{
  get_private (self)->me = call_peer_new (NULL);
}
