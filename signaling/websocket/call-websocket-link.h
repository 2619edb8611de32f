/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallWebsocketLink: a WebSocket that is made again when it is lost, if its
 * owner wants. It knows time and bytes; what is said is the owner's.
 *
 * The way of one connection:
 *
 *   connect (TCP, TLS, upgrade) → opened → settle → lost → retry, or not
 *
 * Everything happens in the context that `start` is given. A callback may
 * call anything here, the free included.
 */
#pragma once

#include "call-websocket-connect.h"

G_BEGIN_DECLS

typedef struct _CallWebsocketLink CallWebsocketLink;

typedef struct
{
  /* It is time to say hello */
  void (*opened) (gpointer user_data);
  /* What came; a text of NULL was binary */
  void (*text) (gpointer user_data, const gchar * text, gsize length);
  /* A try or a connection came to an end by itself (transfer full: error).
   * Final: another try would end the same way. */
  void (*lost) (gpointer user_data, GError * error, gboolean final);
} CallWebsocketLinkFuncs;

CallWebsocketLink *call_websocket_link_new (const CallWebsocketLinkFuncs *
    funcs, gpointer user_data);
/* Drops it; no callback comes any more */
void call_websocket_link_free (CallWebsocketLink * link);

/* The first connection, to what is copied from `target`. A server that sends
 * nothing for `silence_timeout` seconds, no pong either, is lost. */
void call_websocket_link_start (CallWebsocketLink * link,
    GMainContext * context, const CallWebsocketTarget * target,
    guint silence_timeout);
/* Another one, after a while that grows from try to try; not before
 * `retry_after` seconds. What there is is dropped. */
void call_websocket_link_retry (CallWebsocketLink * link, gint64 retry_after);
/* Tries since the last good connection */
guint call_websocket_link_get_attempts (CallWebsocketLink * link);

/* Is lost unless the server is heard within so many seconds */
void call_websocket_link_check (CallWebsocketLink * link, guint seconds);
/* An address of this machine went, and these are left, separated by spaces. What
 * used it is lost at once, and so is a try that runs; else it is checked. */
void call_websocket_link_move (CallWebsocketLink * link,
    const gchar * addresses, guint seconds);

/* The server has answered well: from now on its silence is watched, instead
 * of the time until this is called */
void call_websocket_link_settle (CallWebsocketLink * link);
gboolean call_websocket_link_is_settled (CallWebsocketLink * link);
/* FALSE: there is no connection, or it is closing */
gboolean call_websocket_link_is_open (CallWebsocketLink * link);
void call_websocket_link_send (CallWebsocketLink * link, const gchar * text);
/* Ends the connection without a word, and any try */
void call_websocket_link_drop (CallWebsocketLink * link);
/* The same, but what was sent goes out first, in the background */
void call_websocket_link_say_goodbye (CallWebsocketLink * link);

G_END_DECLS
