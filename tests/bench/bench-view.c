/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads
 *
 *   name        runs                                 may take
 *   ----------  -----------------------------------  --------
 *   main        restart, start, stop, print          lock
 *   streaming   probes, handoffs                     lock
 *   rtc         marks of webrtcbin's states          lock
 *
 * Locks, in the order they may be taken
 *
 *   1 lock      view->lock     protects: everything in BenchView
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-view.h"

#include <gst/video/video.h>

#include <stdio.h>

static const gchar *mark_names[BENCH_N_MARKS] = {
  "joined", "offer", "answer", "ice", "dtls", "pad", "decoded", "shown",
  "audio"
};

struct _BenchView
{
  GMutex lock;

  /* lock */
  gint64 start;                 /* monotonic us */
  gint64 marks[BENCH_N_MARKS];  /* monotonic us; 0: not yet */
  gboolean sampling;
  GArray *decoded;              /* gdouble, ms */
  GArray *shown;                /* gdouble, ms */
  guint n_unreadable;
};

BenchView *
bench_view_new (void)
{
  BenchView *view = g_new0 (BenchView, 1);

  g_mutex_init (&view->lock);
  view->decoded = g_array_new (FALSE, FALSE, sizeof (gdouble));
  view->shown = g_array_new (FALSE, FALSE, sizeof (gdouble));
  view->start = g_get_monotonic_time ();
  return view;
}

void
bench_view_free (BenchView * view)
{
  g_array_unref (view->decoded);
  g_array_unref (view->shown);
  g_mutex_clear (&view->lock);
  g_free (view);
}

void
bench_view_restart (BenchView * view)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&view->lock);

  memset (view->marks, 0, sizeof (view->marks));
  view->start = g_get_monotonic_time ();
}

void
bench_view_mark (BenchView * view, BenchMark mark)
{
  gint64 now = g_get_monotonic_time ();
  gboolean first;

  g_mutex_lock (&view->lock);
  first = view->marks[mark] == 0;
  if (first)
    view->marks[mark] = now;
  g_mutex_unlock (&view->lock);
  if (first)
    g_main_context_wakeup (NULL);
}

gboolean
bench_view_has (BenchView * view, BenchMark mark)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&view->lock);

  return view->marks[mark] != 0;
}

static void
take_sample (BenchView * view, GArray * samples, GstPad * pad,
    GstBuffer * buffer)
{
  g_autoptr (GstCaps) caps = NULL;
  GstVideoInfo info;
  BenchStamp stamp;
  gdouble age;

  g_mutex_lock (&view->lock);
  if (!view->sampling) {
    g_mutex_unlock (&view->lock);
    return;
  }
  g_mutex_unlock (&view->lock);

  caps = gst_pad_get_current_caps (pad);
  if (caps && gst_video_info_from_caps (&info, caps) &&
      bench_picture_read (buffer, info.width, info.height, &stamp)) {
    age = bench_picture_age (&stamp);
    g_mutex_lock (&view->lock);
    g_array_append_val (samples, age);
  } else {
    g_mutex_lock (&view->lock);
    view->n_unreadable++;
  }
  g_mutex_unlock (&view->lock);
}

static GstPadProbeReturn
on_decoded (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  BenchView *view = user_data;

  bench_view_mark (view, BENCH_MARK_DECODED);
  take_sample (view, view->decoded, pad, GST_PAD_PROBE_INFO_BUFFER (info));
  return GST_PAD_PROBE_OK;
}

static void
on_shown (GstElement * sink, GstBuffer * buffer, GstPad * pad,
    gpointer user_data)
{
  BenchView *view = user_data;

  bench_view_mark (view, BENCH_MARK_SHOWN);
  take_sample (view, view->shown, pad, buffer);
}

static GstPadProbeReturn
on_sound (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  bench_view_mark (user_data, BENCH_MARK_AUDIO);
  return GST_PAD_PROBE_REMOVE;
}

void
bench_view_watch_decoded (BenchView * view, GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_decoded, view, NULL);
}

void
bench_view_watch_shown (BenchView * view, GstElement * fakesink)
{
  g_object_set (fakesink, "sync", TRUE, "signal-handoffs", TRUE, NULL);
  g_signal_connect (fakesink, "handoff", G_CALLBACK (on_shown), view);
}

void
bench_view_watch_audio (BenchView * view, GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sound, view, NULL);
}

void
bench_view_start_samples (BenchView * view)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&view->lock);

  g_array_set_size (view->decoded, 0);
  g_array_set_size (view->shown, 0);
  view->n_unreadable = 0;
  view->sampling = TRUE;
}

void
bench_view_stop_samples (BenchView * view)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&view->lock);

  view->sampling = FALSE;
}

void
bench_view_print_marks (BenchView * view, const gchar * who)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_printf (line, "{\"who\":\"%s\"", who);
  g_mutex_lock (&view->lock);
  for (guint i = 0; i < BENCH_N_MARKS; i++) {
    if (view->marks[i])
      g_string_append_printf (line, ",\"%s\":%.1f", mark_names[i],
          (view->marks[i] - view->start) / 1000.0);
  }
  g_mutex_unlock (&view->lock);
  printf ("%s}\n", line->str);
  fflush (stdout);
}

static void
append_samples (GString * line, const gchar * name, GArray * samples)
{
  g_string_append_printf (line, ",\"%s\":[", name);
  for (guint i = 0; i < samples->len; i++)
    g_string_append_printf (line, "%s%.1f", i ? "," : "",
        g_array_index (samples, gdouble, i));
  g_string_append_c (line, ']');
}

void
bench_view_print_samples (BenchView * view, const gchar * who)
{
  g_autoptr (GString) line = g_string_new (NULL);

  g_string_printf (line, "{\"who\":\"%s\"", who);
  g_mutex_lock (&view->lock);
  append_samples (line, "decoded", view->decoded);
  append_samples (line, "shown", view->shown);
  g_string_append_printf (line, ",\"unreadable\":%u", view->n_unreadable);
  g_mutex_unlock (&view->lock);
  printf ("%s}\n", line->str);
  fflush (stdout);
}
