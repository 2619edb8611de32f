/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One try to open a WebSocket to a room: TCP, TLS, HTTP upgrade. Everything
 * happens in the thread-default main context of the caller.
 */
#pragma once

#include "call-signaller.h"

#include <libsoup/soup.h>

G_BEGIN_DECLS

typedef struct
{
  const gchar *uri;                 /* ws[s]://host[:port]/…/room/ROOM */
  const gchar *ca_file;             /* PEM; NULL: what this system trusts */
  gboolean insecure;                /* take any certificate */
  guint timeout;                    /* seconds for all of it */
} CallWebsocketTarget;

/* The settings can't be used: CALL_SIGNALLER_ERROR_SETTINGS */
gboolean call_websocket_target_check (const CallWebsocketTarget * target,
    GError ** error);

/* No permessage-deflate, TCP_NODELAY, at most CALL_MAX_MESSAGE bytes a
 * message. Errors are of CALL_SIGNALLER_ERROR and say what to do, or
 * G_IO_ERROR_CANCELLED. */
void call_websocket_connect_async (const CallWebsocketTarget * target,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data);

/* retry_after: seconds that the server asked to wait, or 0 */
SoupWebsocketConnection *call_websocket_connect_finish (GAsyncResult * result,
    gint64 * retry_after, GError ** error);

/* Is its own address among these, separated by spaces? */
gboolean call_websocket_connection_uses (SoupWebsocketConnection * connection,
    const gchar * addresses);

G_END_DECLS
