/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * BenchView: what one receiver saw, and when. Marks are set by any thread
 * (the first one counts); samples are taken between start and stop.
 */
#pragma once

#include <gst/gst.h>

#include "bench-picture.h"

G_BEGIN_DECLS

typedef enum
{
  BENCH_MARK_JOINED,                /* in the room, knows who is there */
  BENCH_MARK_OFFER,
  BENCH_MARK_ANSWER,
  BENCH_MARK_ICE,
  BENCH_MARK_DTLS,
  BENCH_MARK_PAD,                   /* first pad with the remote picture */
  BENCH_MARK_DECODED,               /* first decoded remote picture */
  BENCH_MARK_SHOWN,                 /* the sink's clock let it through */
  BENCH_MARK_AUDIO,                 /* first decoded remote sound */
  BENCH_N_MARKS
} BenchMark;

typedef struct _BenchView BenchView;

BenchView *bench_view_new (void);
void bench_view_free (BenchView * view);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (BenchView, bench_view_free)

/* Forgets all marks; their time counts from now */
void bench_view_restart (BenchView * view);
void bench_view_mark (BenchView * view, BenchMark mark);
gboolean bench_view_has (BenchView * view, BenchMark mark);

/* Looks at a pad of raw pictures: decoded */
void bench_view_watch_decoded (BenchView * view, GstPad * pad);
/* Looks at a sink with signal-handoffs and sync: shown */
void bench_view_watch_shown (BenchView * view, GstElement * fakesink);
/* First raw sound of a pad */
void bench_view_watch_audio (BenchView * view, GstPad * pad);

/* Samples of picture ages at "decoded" and "shown" */
void bench_view_start_samples (BenchView * view);
void bench_view_stop_samples (BenchView * view);

/* One line of JSON on the standard output each */
void bench_view_print_marks (BenchView * view, const gchar * who);
void bench_view_print_samples (BenchView * view, const gchar * who);

G_END_DECLS
