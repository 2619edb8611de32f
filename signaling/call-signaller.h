/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallSignaller: how a call reaches its room.
 *
 * The contract of every implementation:
 *
 *  - It lives in one GMainContext, the thread-default one when `open` is
 *    called. All signals are emitted there and only there; `open`, `send` and
 *    `close` are called there and return at once.
 *  - `open` connects and says hello. Each welcome (the first, and one after
 *    every reconnect) comes out of `message` like everything else, with
 *    `resumed` telling whether the seat was kept.
 *  - When the connection breaks it goes to RECONNECTING by itself, tries
 *    again with jittered back-off, resumes its seat, and sends what `send`
 *    was given meanwhile (bounded). It numbers and de-duplicates messages.
 *  - What cannot heal (token refused, room full, wrong certificate, no such
 *    host on the first try) is emitted once as `failed`; the state is then
 *    CLOSED and nothing more is emitted.
 *  - `close` says bye if it can, then goes to CLOSED without `failed`. An
 *    implementation may finish the bye in the background for a second.
 *
 * Signals
 *   message (CallMessage *message)     something arrived; never a hello
 *   ignored (const gchar *why)         a message that cannot be understood came and
 *                                      was dropped; once in an `open`
 *   failed (GError *error)             CALL_SIGNALLER_ERROR or G_TLS_ERROR …
 *   notify::state
 */
#pragma once

#include "call-message.h"

G_BEGIN_DECLS

typedef enum
{
  CALL_SIGNALLER_CLOSED,
  CALL_SIGNALLER_CONNECTING,
  CALL_SIGNALLER_OPEN,
  CALL_SIGNALLER_RECONNECTING,
} CallSignallerState;

#define CALL_TYPE_SIGNALLER_STATE (call_signaller_state_get_type ())
GType call_signaller_state_get_type (void);

typedef enum
{
  CALL_SIGNALLER_ERROR_UNREACHABLE, /* no such host, refused, timed out */
  CALL_SIGNALLER_ERROR_CERTIFICATE, /* TLS: not trusted */
  CALL_SIGNALLER_ERROR_REFUSED,     /* token, room full, name taken … */
  CALL_SIGNALLER_ERROR_PROTOCOL,    /* the other end does not speak gst-call.1 */
  CALL_SIGNALLER_ERROR_SETTINGS,    /* bad URI, unreadable CA file */
} CallSignallerError;

#define CALL_SIGNALLER_ERROR (call_signaller_error_quark ())
GQuark call_signaller_error_quark (void);

#define CALL_TYPE_SIGNALLER (call_signaller_get_type ())
G_DECLARE_DERIVABLE_TYPE (CallSignaller, call_signaller, CALL, SIGNALLER,
    GObject)

struct _CallSignallerClass
{
  GObjectClass parent_class;

  /* Called while CLOSED; the state is CONNECTING already */
  void (*open) (CallSignaller * self);
  /* Called while not CLOSED */
  void (*send) (CallSignaller * self, CallMessage * message);
  /* Called while not CLOSED; says bye if it can. CLOSED comes after. */
  void (*close) (CallSignaller * self);
  /* Called while not CLOSED; NULL: there is no connection that could break */
  void (*check) (CallSignaller * self, guint seconds);
  void (*move) (CallSignaller * self, const gchar * addresses, guint seconds);
};

/* Properties of every signaller, to be set before `open`:
 *   "display-name"    string   what others in the room see
 *   "peer-id"         string   the id asked for, or NULL or empty: the server
 *                              picks. After a welcome: the id given
 *   "token"           string   proof of being invited; write only
 *   "audio", "video"  CallTrackState  what the hello says of one's tracks;
 *                              default "none". A `state` message changes them
 *   "polite"          boolean  may offer by itself and rolls back; FALSE
 *   "state"           CallSignallerState  read only */

/* An implementation for the scheme of the URI (ws, wss), with these
 * properties set: names and values, then NULL. Returns NULL and
 * CALL_SIGNALLER_ERROR_SETTINGS for a scheme that none knows. */
CallSignaller *call_signaller_new_for_uri (const gchar * uri, GError ** error,
    const gchar * first_property, ...);

void call_signaller_open (CallSignaller * self);
/* (transfer none); `seq` and `from` are filled in by the implementation */
void call_signaller_send (CallSignaller * self, CallMessage * message);
void call_signaller_close (CallSignaller * self);
/* The network is in doubt: a connection whose server is not heard within so
 * many seconds is given up, and made anew. */
void call_signaller_check (CallSignaller * self, guint seconds);
/* An address of this machine went, and these are left, separated by spaces: a
 * connection that used it is made anew at once, another one is checked so. */
void call_signaller_move (CallSignaller * self, const gchar * addresses,
    guint seconds);
CallSignallerState call_signaller_get_state (CallSignaller * self);

/* For implementations. The base class has what every seat has: what its peer
 * says of itself, the secret to resume it, and the newest number it heard. */

/* The context of the last `open` */
GMainContext *call_signaller_get_context (CallSignaller * self);
void call_signaller_set_state (CallSignaller * self, CallSignallerState state);
/* (transfer full). For the seat there is, or for a new one */
CallMessage *call_signaller_make_hello (CallSignaller * self);
/* There is a seat that can be resumed */
gboolean call_signaller_has_seat (CallSignaller * self);
/* There was a welcome since `open` */
gboolean call_signaller_had_seat (CallSignaller * self);
/* The next hello asks for a new seat */
void call_signaller_forget_seat (CallSignaller * self);
/* The seat is that of the welcome, and the state is OPEN */
void call_signaller_take_welcome (CallSignaller * self,
    const CallMessage * welcome);
/* Emits `message`, if it is not CLOSED and the number was not heard before */
void call_signaller_emit_message (CallSignaller * self, CallMessage * message);
void call_signaller_emit_ignored (CallSignaller * self, const gchar * why);
/* CLOSED, then emits `failed`. Takes the error. */
void call_signaller_fail (CallSignaller * self, GError * error);

G_END_DECLS
