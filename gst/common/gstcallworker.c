/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads
 *   name    runs                                       never
 *   worker  every posted function and timer            waits for another thread
 *                                                      that waits for it
 *   any     post, run                                  run from under a lock
 *
 * Locks, in the order they may be taken
 *   1 self->lock   protects stopped; taken only around attaching a source
 *   2 task->lock   protects task->done, held by nobody while a function runs
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallworker.h"

struct _GstCallWorker
{
  gint ref_count;               /* atomic */
  GMutex lock;
  gboolean stopped;             /* lock */
  GMainContext *context;
  GMainLoop *loop;
  GThread *thread;
};

typedef struct
{
  GstCallWorkerFunc func;
  gpointer object;
  gpointer data;
  GDestroyNotify destroy;

  /* run only */
  GMutex *lock;
  GCond *cond;
  gboolean *done;
} Task;

static gpointer
worker_thread (gpointer data)
{
  GstCallWorker *self = data;

  g_main_context_push_thread_default (self->context);
  g_main_loop_run (self->loop);
  /* what was posted before the end still runs */
  while (g_main_context_iteration (self->context, FALSE));
  g_main_context_pop_thread_default (self->context);
  return NULL;
}

GstCallWorker *
gst_call_worker_new (const gchar * name)
{
  GstCallWorker *self = g_new0 (GstCallWorker, 1);

  self->ref_count = 1;
  g_mutex_init (&self->lock);
  self->context = g_main_context_new ();
  self->loop = g_main_loop_new (self->context, FALSE);
  self->thread = g_thread_new (name, worker_thread, self);
  return self;
}

static gboolean
on_quit (gpointer data)
{
  g_main_loop_quit (((GstCallWorker *) data)->loop);
  return G_SOURCE_REMOVE;
}

void
gst_call_worker_stop (GstCallWorker * self)
{
  g_autoptr (GSource) source = g_idle_source_new ();

  /* through the context: the loop may not have started yet */
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_quit, self, NULL);
  g_mutex_lock (&self->lock);
  self->stopped = TRUE;
  g_source_attach (source, self->context);
  g_mutex_unlock (&self->lock);
  g_thread_join (g_steal_pointer (&self->thread));
}

GstCallWorker *
gst_call_worker_ref (GstCallWorker * self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
gst_call_worker_unref (GstCallWorker * self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  if (self->thread)
    gst_call_worker_stop (self);
  g_main_loop_unref (self->loop);
  g_main_context_unref (self->context);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
gst_call_worker_is_current (GstCallWorker * self)
{
  return g_main_context_is_owner (self->context);
}

static gboolean
on_task (gpointer data)
{
  Task *task = data;

  task->func (task->object, task->data);
  return G_SOURCE_REMOVE;
}

static void
task_free (gpointer data)
{
  Task *task = data;

  if (task->destroy)
    task->destroy (task->data);
  g_clear_object (&task->object);
  if (task->done) {
    g_mutex_lock (task->lock);
    *task->done = TRUE;
    g_cond_signal (task->cond);
    g_mutex_unlock (task->lock);
  }
  g_free (task);
}

static void
attach (GstCallWorker * self, Task * task)
{
  g_autoptr (GSource) source = g_idle_source_new ();
  gboolean stopped;

  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_task, task, task_free);
  g_mutex_lock (&self->lock);
  stopped = self->stopped;
  if (!stopped)
    g_source_attach (source, self->context);
  g_mutex_unlock (&self->lock);
  if (stopped)
    g_source_destroy (source);
}

void
gst_call_worker_post (GstCallWorker * self, GstCallWorkerFunc func,
    gpointer object, gpointer data, GDestroyNotify destroy)
{
  Task *task = g_new0 (Task, 1);

  task->func = func;
  task->object = object ? g_object_ref (object) : NULL;
  task->data = data;
  task->destroy = destroy;
  attach (self, task);
}

void
gst_call_worker_run (GstCallWorker * self, GstCallWorkerFunc func,
    gpointer object, gpointer data)
{
  GMutex lock;
  GCond cond;
  gboolean done = FALSE;
  Task *task;

  if (gst_call_worker_is_current (self)) {
    func (object, data);
    return;
  }

  g_mutex_init (&lock);
  g_cond_init (&cond);
  task = g_new0 (Task, 1);
  task->func = func;
  task->object = object ? g_object_ref (object) : NULL;
  task->data = data;
  task->lock = &lock;
  task->cond = &cond;
  task->done = &done;
  attach (self, task);

  g_mutex_lock (&lock);
  while (!done)
    g_cond_wait (&cond, &lock);
  g_mutex_unlock (&lock);
  g_mutex_clear (&lock);
  g_cond_clear (&cond);
}

GSource *
gst_call_worker_add_timer (GstCallWorker * self, guint ms, GSourceFunc func,
    gpointer data)
{
  GSource *source = g_timeout_source_new (ms);

  g_source_set_callback (source, func, data, NULL);
  g_source_attach (source, self->context);
  return source;
}

void
gst_call_worker_clear_timer (GSource ** timer)
{
  if (*timer) {
    g_source_destroy (*timer);
    g_clear_pointer (timer, g_source_unref);
  }
}
