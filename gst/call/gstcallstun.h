/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallStun: asks any number of STUN servers at once (RFC 8489, Binding) and
 * tells how long each took. One UDP socket for each family.
 *
 * One thread: that of the worker it was made with, which calls back, too.
 */
#pragma once

#include "gstcallworker.h"

#include <gio/gio.h>

G_BEGIN_DECLS

/* A server that has not answered within this is silent */
#define GST_CALL_STUN_SILENT_MS 1500

typedef struct _GstCallStun GstCallStun;

/* `time`: µs until the answer; -1: silent. The GstCallStun must not be freed
 * in here. */
typedef void (*GstCallStunFunc) (gpointer data, guint tag, gint64 time);

GstCallStun *gst_call_stun_new (GstCallWorker * worker, GstCallStunFunc func,
    gpointer data);
void gst_call_stun_free (GstCallStun * self);

/* func (data, tag, …) is called once for this, and never from in here. Asking
 * again with a tag that has no answer yet begins anew. */
void gst_call_stun_ask (GstCallStun * self, guint tag, GSocketAddress * to);

G_END_DECLS
