/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * For ThreadSanitizer, to be loaded before everything else (LD_PRELOAD): GLib
 * and GStreamer are not built with it, so that it does not see what they
 * synchronise (GLib's mutexes are futexes). Each function here says so and then
 * calls the real one.
 *
 *   locks, conditions        what was done under a lock is seen by the next
 *   sources, queues, pools   what was done before a push is seen by who pops
 *   reference counts         what was done before an unref is seen by the last
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <gst/gst.h>
#include <sanitizer/tsan_interface.h>

/* The library's function behind the one of that name here */
#define REAL(name) static __typeof__ (&name) known; \
    __typeof__ (&name) real = __atomic_load_n (&known, __ATOMIC_ACQUIRE); \
    if (!real) { \
      real = dlsym (RTLD_NEXT, #name); \
      __atomic_store_n (&known, real, __ATOMIC_RELEASE); \
    }

/* Made here and looked at there: one clock for all of a kind */
static gchar pools;

/* *INDENT-OFF* */
#define LOCK(name, Type) \
void name (Type * lock) \
{ \
  REAL (name); \
  real (lock); \
  __tsan_acquire (lock); \
}
#define TRYLOCK(name, Type) \
gboolean name (Type * lock) \
{ \
  gboolean locked; \
  REAL (name); \
  locked = real (lock); \
  if (locked) \
    __tsan_acquire (lock); \
  return locked; \
}
#define UNLOCK(name, Type) \
void name (Type * lock) \
{ \
  REAL (name); \
  __tsan_release (lock); \
  real (lock); \
}

LOCK (g_mutex_lock, GMutex)
TRYLOCK (g_mutex_trylock, GMutex)
UNLOCK (g_mutex_unlock, GMutex)
LOCK (g_rec_mutex_lock, GRecMutex)
TRYLOCK (g_rec_mutex_trylock, GRecMutex)
UNLOCK (g_rec_mutex_unlock, GRecMutex)
LOCK (g_rw_lock_writer_lock, GRWLock)
TRYLOCK (g_rw_lock_writer_trylock, GRWLock)
UNLOCK (g_rw_lock_writer_unlock, GRWLock)
LOCK (g_rw_lock_reader_lock, GRWLock)
TRYLOCK (g_rw_lock_reader_trylock, GRWLock)
UNLOCK (g_rw_lock_reader_unlock, GRWLock)
/* *INDENT-ON* */

void
g_cond_wait (GCond * cond, GMutex * mutex)
{
  REAL (g_cond_wait);
  __tsan_release (mutex);
  real (cond, mutex);
  __tsan_acquire (mutex);
}

gboolean
g_cond_wait_until (GCond * cond, GMutex * mutex, gint64 end)
{
  gboolean ret;

  REAL (g_cond_wait_until);
  __tsan_release (mutex);
  ret = real (cond, mutex, end);
  __tsan_acquire (mutex);
  return ret;
}

gboolean (g_once_init_enter) (volatile void *location) {
  gboolean ret;

  REAL (g_once_init_enter);
  ret = real (location);
  __tsan_acquire ((void *) location);
  return ret;
}

void (g_once_init_leave) (volatile void *location, gsize result)
{
  REAL (g_once_init_leave);
  __tsan_release ((void *) location);
  real (location, result);
}

/* Sources. Those of sockets and children have callbacks of other types; GLib
 * calls them from the thread that made them here. */

typedef struct
{
  GSourceFunc func;
  gpointer data;
  GDestroyNotify destroy;
} Callback;

static gboolean
on_dispatch (gpointer data)
{
  Callback *callback = data;

  __tsan_acquire (callback);
  return callback->func (callback->data);
}

static void
on_destroy (gpointer data)
{
  Callback *callback = data;

  __tsan_acquire (callback);
  if (callback->destroy)
    callback->destroy (callback->data);
  g_free (callback);
}

void
g_source_set_callback (GSource * source, GSourceFunc func, gpointer data,
    GDestroyNotify destroy)
{
  Callback *callback;

  REAL (g_source_set_callback);
  if (source->source_funcs != &g_idle_funcs
      && source->source_funcs != &g_timeout_funcs) {
    real (source, func, data, destroy);
    return;
  }
  callback = g_new0 (Callback, 1);
  callback->func = func;
  callback->data = data;
  callback->destroy = destroy;
  __tsan_release (callback);
  real (source, on_dispatch, callback, on_destroy);
}

/* Thread pools */

typedef struct
{
  GFunc func;
  gpointer data;
} Work;

static void
on_work (gpointer item, gpointer data)
{
  Work *work = data;

  __tsan_acquire (&pools);
  work->func (item, work->data);
}

GThreadPool *
g_thread_pool_new (GFunc func, gpointer data, gint max, gboolean exclusive,
    GError ** error)
{
  Work *work = g_new0 (Work, 1);        /* as long as the process */

  REAL (g_thread_pool_new);
  work->func = func;
  work->data = data;
  __tsan_release (&pools);
  return real (on_work, work, max, exclusive, error);
}

gboolean
g_thread_pool_push (GThreadPool * pool, gpointer item, GError ** error)
{
  REAL (g_thread_pool_push);
  __tsan_release (&pools);
  return real (pool, item, error);
}

/* Queues */

void
g_async_queue_push (GAsyncQueue * queue, gpointer item)
{
  REAL (g_async_queue_push);
  __tsan_release (queue);
  real (queue, item);
}

gpointer
g_async_queue_pop (GAsyncQueue * queue)
{
  gpointer item;

  REAL (g_async_queue_pop);
  item = real (queue);
  __tsan_acquire (queue);
  return item;
}

gpointer
g_async_queue_try_pop (GAsyncQueue * queue)
{
  gpointer item;

  REAL (g_async_queue_try_pop);
  item = real (queue);
  __tsan_acquire (queue);
  return item;
}

gpointer
g_async_queue_timeout_pop (GAsyncQueue * queue, guint64 timeout)
{
  gpointer item;

  REAL (g_async_queue_timeout_pop);
  item = real (queue, timeout);
  __tsan_acquire (queue);
  return item;
}

/* References */

void
g_object_unref (gpointer object)
{
  REAL (g_object_unref);
  __tsan_release (object);
  __tsan_acquire (object);
  real (object);
}

void
gst_mini_object_unref (GstMiniObject * object)
{
  REAL (gst_mini_object_unref);
  __tsan_release (object);
  __tsan_acquire (object);
  real (object);
}
