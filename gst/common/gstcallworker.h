/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallWorker: one thread with a main context. A call has one; signalling
 * and everything that speaks to webrtcbin runs there and nowhere else.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCallWorker GstCallWorker;
typedef void (*GstCallWorkerFunc) (gpointer object, gpointer data);

GstCallWorker *gst_call_worker_new (const gchar * name);
/* Runs what is queued, then joins the thread. Not from the worker itself.
 * What is posted later is not run, only destroyed. */
void gst_call_worker_stop (GstCallWorker * self);
/* Any thread */
GstCallWorker *gst_call_worker_ref (GstCallWorker * self);
/* The last one stops it, if nobody has; not on the worker itself then */
void gst_call_worker_unref (GstCallWorker * self);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallWorker, gst_call_worker_unref)

/* Any thread. Runs func (object, data) on the worker, in the order of the
 * calls; holds a reference on object (a GObject) until then. `destroy` frees
 * data, also when func was never run. */
void gst_call_worker_post (GstCallWorker * self, GstCallWorkerFunc func,
    gpointer object, gpointer data, GDestroyNotify destroy);

/* As post, and waits until it has run. On the worker it runs at once; after
 * stop it does nothing. */
void gst_call_worker_run (GstCallWorker * self, GstCallWorkerFunc func,
    gpointer object, gpointer data);

/* The worker only. Calls func (data) once after `ms`; gives what
 * gst_call_worker_clear_timer stops. */
GSource *gst_call_worker_add_timer (GstCallWorker * self, guint ms,
    GSourceFunc func, gpointer data);
void gst_call_worker_clear_timer (GSource ** timer);

gboolean gst_call_worker_is_current (GstCallWorker * self);

G_END_DECLS
