/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallTurnCheck: does a TURN server (RFC 8656) take these credentials? One
 * Allocate, which is given back at once. libnice does not tell.
 *
 * The worker only.
 */
#pragma once

#include "gstcallwire.h"
#include "gstcallworker.h"

G_BEGIN_DECLS

typedef enum
{
  GST_CALL_TURN_WORKS,
  GST_CALL_TURN_REFUSED,            /* the credentials */
  GST_CALL_TURN_SILENT,             /* no answer, or none that is TURN */
  GST_CALL_TURN_UNTRUSTED,          /* its certificate */
  GST_CALL_TURN_BUSY,               /* it has no address for us at present */
} GstCallTurnResult;

/* Within this there is a result */
#define GST_CALL_TURN_TIMEOUT_MS 3500

typedef struct _GstCallTurnCheck GstCallTurnCheck;

/* `text`: what the server or the system said. The check may be freed in here. */
typedef void (*GstCallTurnFunc) (gpointer data, guint tag,
    GstCallTurnResult result, const gchar * text);

/* func (data, tag, …) is called once, not from in here, unless it is freed
 * before */
GstCallTurnCheck *gst_call_turn_check_new (GstCallWorker * worker,
    GstCallWireType type, GSocketAddress * to, const gchar * host,
    GTlsDatabase * trust, const gchar * username, const gchar * credential,
    GstCallTurnFunc func, gpointer data, guint tag);
void gst_call_turn_check_free (GstCallTurnCheck * check);

G_END_DECLS
