/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the worker runs what it is given in order, in its one thread, and
 * holds what belongs to it until then.
 */
#include <gst/check/gstcheck.h>

#include "gstcallworker.h"

#define N 1000

static void
append (gpointer object, gpointer data)
{
  g_array_append_val ((GArray *) g_object_get_data (object, "array"), data);
}

static GObject *
object_with_array (GArray ** array)
{
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);

  *array = g_array_new (FALSE, FALSE, sizeof (gpointer));
  g_object_set_data_full (object, "array", g_array_ref (*array),
      (GDestroyNotify) g_array_unref);
  return object;
}

static void
check_order (GArray * array, guint n)
{
  guint i;

  fail_unless_equals_int (array->len, n);
  for (i = 0; i < n; i++)
    fail_unless_equals_int (GPOINTER_TO_UINT (g_array_index (array, gpointer,
                i)), i);
}

/* given functions that were posted, when one more is run, then it runs after
 * them, in their order, and run comes back after it */
GST_START_TEST (test_order)
{
  g_autoptr (GstCallWorker) worker = gst_call_worker_new ("test");
  GArray *array;
  GObject *object = object_with_array (&array);
  guint i;

  for (i = 0; i < N; i++)
    gst_call_worker_post (worker, append, object, GUINT_TO_POINTER (i), NULL);
  gst_call_worker_run (worker, append, object, GUINT_TO_POINTER (N));
  check_order (array, N + 1);
  g_object_unref (object);
  g_array_unref (array);
}

GST_END_TEST;

static void
count_destroy (gpointer data)
{
  g_atomic_int_inc ((gint *) data);
}

static void
do_nothing (gpointer object, gpointer data)
{
}

/* given posted functions, when the worker is freed at once, then all of them
 * have run, their data is destroyed and their object let go */
GST_START_TEST (test_free_runs_the_rest)
{
  GstCallWorker *worker = gst_call_worker_new ("test");
  GArray *array;
  GObject *object = object_with_array (&array);
  gpointer weak = object;
  gint destroyed = 0;
  guint i;

  g_object_add_weak_pointer (object, &weak);
  for (i = 0; i < N; i++)
    gst_call_worker_post (worker, append, object, GUINT_TO_POINTER (i), NULL);
  gst_call_worker_post (worker, do_nothing, NULL, &destroyed, count_destroy);
  g_object_unref (object);
  gst_call_worker_unref (worker);
  check_order (array, N);
  fail_unless_equals_int (destroyed, 1);
  fail_unless (weak == NULL);
  g_array_unref (array);
}

GST_END_TEST;

typedef struct
{
  GMutex lock;
  GCond cond;
  gboolean entered, leave;
} Gate;

static void
stand_at_gate (gpointer object, gpointer data)
{
  Gate *gate = data;

  g_mutex_lock (&gate->lock);
  gate->entered = TRUE;
  g_cond_broadcast (&gate->cond);
  while (!gate->leave)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

/* given a worker that is busy, when something is posted for an object that
 * everybody else lets go of, then the object lives until that has run */
GST_START_TEST (test_objects_are_held)
{
  g_autoptr (GstCallWorker) worker = gst_call_worker_new ("test");
  GObject *object = g_object_new (G_TYPE_OBJECT, NULL);
  gpointer weak = object;
  Gate gate = { 0, };

  g_object_add_weak_pointer (object, &weak);
  gst_call_worker_post (worker, stand_at_gate, NULL, &gate, NULL);
  gst_call_worker_post (worker, do_nothing, object, NULL, NULL);
  g_object_unref (object);
  g_mutex_lock (&gate.lock);
  while (!gate.entered)
    g_cond_wait (&gate.cond, &gate.lock);
  fail_unless (weak != NULL);
  gate.leave = TRUE;
  g_cond_broadcast (&gate.cond);
  g_mutex_unlock (&gate.lock);
  gst_call_worker_run (worker, do_nothing, NULL, NULL);
  fail_unless (weak == NULL);
}

GST_END_TEST;

static void
set_true (gpointer object, gpointer data)
{
  *(gboolean *) data = TRUE;
}

typedef struct
{
  GstCallWorker *worker;
  gboolean was_current, inner_ran, inner_ran_at_once;
} Nested;

static void
run_inside (gpointer object, gpointer data)
{
  Nested *nested = data;

  nested->was_current = gst_call_worker_is_current (nested->worker);
  gst_call_worker_run (nested->worker, set_true, NULL, &nested->inner_ran);
  nested->inner_ran_at_once = nested->inner_ran;
}

/* given a function on the worker, when it calls run, then that runs at once
 * and nothing waits for itself; the app is not the worker */
GST_START_TEST (test_run_inside)
{
  g_autoptr (GstCallWorker) worker = gst_call_worker_new ("test");
  Nested nested = { worker, };

  gst_call_worker_run (worker, run_inside, NULL, &nested);
  fail_unless (nested.was_current);
  fail_unless (nested.inner_ran_at_once);
  fail_if (gst_call_worker_is_current (worker));
}

GST_END_TEST;

typedef struct
{
  GstCallWorker *worker;
  GSource *timers[2];
  gint64 started, fired[2];
  Gate gate;
} Timers;

static gboolean
on_second (gpointer data)
{
  Timers *timers = data;

  timers->fired[1] = g_get_monotonic_time ();
  gst_call_worker_clear_timer (&timers->timers[1]);
  g_mutex_lock (&timers->gate.lock);
  timers->gate.leave = TRUE;
  g_cond_broadcast (&timers->gate.cond);
  g_mutex_unlock (&timers->gate.lock);
  return G_SOURCE_REMOVE;
}

static gboolean
on_first (gpointer data)
{
  ((Timers *) data)->fired[0] = g_get_monotonic_time ();
  return G_SOURCE_REMOVE;
}

static void
start_timers (gpointer object, gpointer data)
{
  Timers *timers = data;

  timers->started = g_get_monotonic_time ();
  timers->timers[0] = gst_call_worker_add_timer (timers->worker, 10, on_first,
      timers);
  timers->timers[1] = gst_call_worker_add_timer (timers->worker, 60,
      on_second, timers);
}

static void
stop_first (gpointer object, gpointer data)
{
  gst_call_worker_clear_timer (&((Timers *) data)->timers[0]);
}

static void
wait_at_gate (Gate * gate)
{
  g_mutex_lock (&gate->lock);
  while (!gate->leave)
    g_cond_wait (&gate->cond, &gate->lock);
  g_mutex_unlock (&gate->lock);
}

/* given two timers, when both run, then the sooner fires first and none before
 * its time */
GST_START_TEST (test_timers)
{
  g_autoptr (GstCallWorker) worker = gst_call_worker_new ("test");
  Timers timers = { worker, };

  gst_call_worker_run (worker, start_timers, NULL, &timers);
  wait_at_gate (&timers.gate);
  gst_call_worker_run (worker, stop_first, NULL, &timers);
  fail_unless (timers.fired[0] >= timers.started + 10000);
  fail_unless (timers.fired[1] >= timers.started + 60000);
  fail_unless (timers.fired[1] >= timers.fired[0]);
}

GST_END_TEST;

static void
start_and_stop_first (gpointer object, gpointer data)
{
  start_timers (object, data);
  stop_first (object, data);
}

/* given two timers, when the sooner is cleared, then it never fires */
GST_START_TEST (test_cleared_timer)
{
  g_autoptr (GstCallWorker) worker = gst_call_worker_new ("test");
  Timers timers = { worker, };

  gst_call_worker_run (worker, start_and_stop_first, NULL, &timers);
  wait_at_gate (&timers.gate);
  fail_unless (timers.fired[0] == 0);
  fail_unless (timers.timers[0] == NULL);
}

GST_END_TEST;

typedef struct
{
  GstCallWorker *worker;
  GObject *object;
  guint base;
} Poster;

static gpointer
post_many (gpointer data)
{
  Poster *poster = data;
  guint i;

  for (i = 0; i < N; i++) {
    if (i % 100 == 99)
      gst_call_worker_run (poster->worker, append, poster->object,
          GUINT_TO_POINTER (poster->base + i));
    else
      gst_call_worker_post (poster->worker, append, poster->object,
          GUINT_TO_POINTER (poster->base + i), NULL);
  }
  return NULL;
}

/* given several threads that post and run, when all are done, then nothing is
 * lost and each thread's own order is kept */
GST_START_TEST (test_many_threads)
{
  GstCallWorker *worker = gst_call_worker_new ("test");
  GArray *array;
  GObject *object = object_with_array (&array);
  Poster posters[4];
  GThread *threads[4];
  guint next[4] = { 0, };
  guint i;

  for (i = 0; i < 4; i++) {
    posters[i] = (Poster) {
    worker, object, i * N};
    threads[i] = g_thread_new ("poster", post_many, &posters[i]);
  }
  for (i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  gst_call_worker_unref (worker);
  fail_unless_equals_int (array->len, 4 * N);
  for (i = 0; i < array->len; i++) {
    guint value = GPOINTER_TO_UINT (g_array_index (array, gpointer, i));

    fail_unless_equals_int (value % N, next[value / N]);
    next[value / N]++;
  }
  g_object_unref (object);
  g_array_unref (array);
}

GST_END_TEST;

static Suite *
worker_suite (void)
{
  Suite *s = suite_create ("worker");
  TCase *tc = tcase_create ("worker");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_order);
  tcase_add_test (tc, test_free_runs_the_rest);
  tcase_add_test (tc, test_objects_are_held);
  tcase_add_test (tc, test_run_inside);
  tcase_add_test (tc, test_timers);
  tcase_add_test (tc, test_cleared_timer);
  tcase_add_test (tc, test_many_threads);
  return s;
}

GST_CHECK_MAIN (worker);
