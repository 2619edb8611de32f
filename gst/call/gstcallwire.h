/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A connection with a server over UDP, TCP or TLS, each a GIOStream.
 *
 * One thread: whose default main context answers.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

typedef enum
{
  GST_CALL_WIRE_UDP,
  GST_CALL_WIRE_TCP,
  GST_CALL_WIRE_TLS,
} GstCallWireType;

#define GST_CALL_WIRE_TIMEOUT 5     /* s until it is connected */

/* TLS: the certificate must be that of `host`, vouched for by `trust` (NULL:
 * the system). It is never taken unverified. */
void gst_call_wire_connect (GstCallWireType type, GSocketAddress * to,
    const gchar * host, GTlsDatabase * trust, GCancellable * cancellable,
    GAsyncReadyCallback func, gpointer data);
/* (transfer full). G_TLS_ERROR_BAD_CERTIFICATE: it is not trusted */
GIOStream *gst_call_wire_connect_finish (GAsyncResult * result,
    GError ** error);

/* Of a TCP connection for media: nothing waits for more, nothing times out,
 * and a dead server is noticed */
void gst_call_wire_set_options (GSocketConnection * connection);

G_END_DECLS
