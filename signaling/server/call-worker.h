/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A thread that serves connections. All of a room are served by one worker,
 * which is chosen by the room's name.
 */
#pragma once

#include "call-connection.h"

G_BEGIN_DECLS

/* The workers of one server */
typedef struct
{
  CallHost *host;
  guint size;
  CallWorker **workers;
  GArray *listeners;                /* of gint: sockets; the first worker's */
} CallWorkerPool;

/* The pool and the host must outlive the workers */
gboolean call_worker_pool_start (CallWorkerPool * pool, GError ** error);
/* Says 1001 to everybody, gives them a moment, and ends the threads */
void call_worker_pool_stop (CallWorkerPool * pool);

/* From any thread */
CallWorker *call_worker_ref (CallWorker * self);
void call_worker_unref (CallWorker * self);
gboolean call_worker_is_current (CallWorker * self);
void call_worker_post_text (CallWorker * self, CallConnection * connection,
    const gchar * text, gsize length);
void call_worker_post_close (CallWorker * self, CallConnection * connection,
    guint code);

/* From the worker's thread: look at this connection before the next wait */
void call_worker_mark (CallWorker * self, CallConnection * connection);

G_END_DECLS
