/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The CallSignaller interface: dispatchers, properties and signals.
 * Threads: everything here runs in the implementation's own GMainContext.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-signaller.h"
#include "call-websocket-signaller.h"

G_DEFINE_INTERFACE (CallSignaller, call_signaller, G_TYPE_OBJECT);

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
  SIGNAL_MESSAGE,
  SIGNAL_FAILED,
  N_SIGNALS
};

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
      "No signalling for the URI “%s”: it must begin with one of %s",
      uri ? uri : "", known->str);
  return NULL;
}

void
call_signaller_open (CallSignaller * self)
{
  CALL_SIGNALLER_GET_IFACE (self)->open (self);
}

void
call_signaller_send (CallSignaller * self, CallMessage * message)
{
  CALL_SIGNALLER_GET_IFACE (self)->send (self, message);
}

void
call_signaller_close (CallSignaller * self)
{
  CALL_SIGNALLER_GET_IFACE (self)->close (self);
}

CallSignallerState
call_signaller_get_state (CallSignaller * self)
{
  CallSignallerState state;

  g_object_get (self, "state", &state, NULL);
  return state;
}

void
call_signaller_emit_message (CallSignaller * self, CallMessage * message)
{
  g_signal_emit (self, signals[SIGNAL_MESSAGE], 0, message);
}

void
call_signaller_emit_failed (CallSignaller * self, const GError * error)
{
  g_signal_emit (self, signals[SIGNAL_FAILED], 0, error);
}

static void
call_signaller_default_init (CallSignallerInterface * iface)
{
  GParamFlags construct = G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS;

  g_object_interface_install_property (iface,
      g_param_spec_string ("display-name", "Display name",
          "Name that other people in the room see", NULL, construct));
  g_object_interface_install_property (iface,
      g_param_spec_string ("peer-id", "Peer id",
          "Id asked for; after a welcome, the id given", NULL, construct));
  g_object_interface_install_property (iface,
      g_param_spec_string ("token", "Token",
          "Proof that this peer may enter the room", NULL,
          G_PARAM_WRITABLE | G_PARAM_CONSTRUCT | G_PARAM_STATIC_STRINGS));
  g_object_interface_install_property (iface,
      g_param_spec_enum ("state", "State", "State of the connection",
          CALL_TYPE_SIGNALLER_STATE, CALL_SIGNALLER_CLOSED,
          G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS));

  signals[SIGNAL_MESSAGE] = g_signal_new ("message", CALL_TYPE_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      CALL_TYPE_MESSAGE | G_SIGNAL_TYPE_STATIC_SCOPE);
  signals[SIGNAL_FAILED] = g_signal_new ("failed", CALL_TYPE_SIGNALLER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_ERROR | G_SIGNAL_TYPE_STATIC_SCOPE);
}
