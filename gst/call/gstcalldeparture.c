/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Taking down a stream that has fallen silent: its jitter buffer, and with it
 * what webrtcbin keeps for the SSRC.
 *
 * webrtcbin takes nothing down by itself. rtpbin can ("autoremove", and
 * rtpssrcdemux's clear-ssrc), but waits for the jitter buffer's threads with a
 * lock that they take: a sender report at that moment would lock up both. So
 * nothing new is let in first, then the jitter buffer is stopped here, with no
 * lock held, and only what is at rest is given to clear-ssrc.
 *
 * Threads
 *   name       runs                                          may take  never
 *   worker     everything but on_idle                        OBJECT    waits for pc
 *   streaming  on_idle: posts                                OBJECT    links,
 *                                                                      calls webrtcbin
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   of the peer, protects: jitterbuffers
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpeer-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

typedef struct
{
  GstCallPeer *peer;
  guint ssrc;
  GstElement *jitterbuffer;
  GstElement *demux;            /* before it */
  gint busy;                    /* pads between them; atomic */
} Departure;

static void
departure_clear (gpointer data)
{
  Departure *departure = data;

  gst_object_unref (departure->peer);
  gst_object_unref (departure->jitterbuffer);
  gst_clear_object (&departure->demux);
}

static void
departure_unref (gpointer departure)
{
  g_atomic_rc_box_release_full (departure, departure_clear);
}

static void
depart (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  Departure *departure = data;

  if (self->stopped)
    return;
  GST_DEBUG_OBJECT (self, "SSRC %u is taken down", departure->ssrc);
  gst_element_set_locked_state (departure->jitterbuffer, TRUE);
  gst_element_set_state (departure->jitterbuffer, GST_STATE_NULL);
  /* after clear-ssrc there may be another one */
  GST_OBJECT_LOCK (self);
  g_hash_table_remove (self->jitterbuffers, GUINT_TO_POINTER (departure->ssrc));
  GST_OBJECT_UNLOCK (self);
  g_signal_emit_by_name (departure->demux, "clear-ssrc", departure->ssrc);
  gst_call_receiving_remove (self, departure->ssrc);
}

static GstPadProbeReturn
drop_everything (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_DROP;
}

/* What was on its way through this pad has gone through. */
static GstPadProbeReturn
on_idle (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Departure *departure = data;

  if (g_atomic_int_dec_and_test (&departure->busy))
    gst_call_worker_post (departure->peer->worker, depart, departure->peer,
        g_atomic_rc_box_acquire (departure), departure_unref);
  return GST_PAD_PROBE_REMOVE;
}

void
gst_call_departure_begin (GstCallPeer * self, guint ssrc)
{
  static const gchar *const names[] = { "sink", "sink_rtcp" };
  GstElement *jitterbuffer = gst_call_receiving_get_jitterbuffer (self, ssrc);
  GstPad *before[G_N_ELEMENTS (names)] = { NULL, };
  Departure *departure;
  guint i;

  if (!jitterbuffer)
    return;
  departure = g_atomic_rc_box_new0 (Departure);
  departure->peer = gst_object_ref (self);
  departure->ssrc = ssrc;
  departure->jitterbuffer = jitterbuffer;
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (jitterbuffer,
        names[i]);

    before[i] = sink ? gst_pad_get_peer (sink) : NULL;
    departure->busy += before[i] != NULL;
  }
  if (before[0])
    departure->demux = gst_pad_get_parent_element (before[0]);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    if (before[i] && departure->demux) {
      gst_pad_add_probe (before[i], GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM,
          drop_everything, NULL, NULL);
      gst_pad_add_probe (before[i], GST_PAD_PROBE_TYPE_IDLE, on_idle,
          g_atomic_rc_box_acquire (departure), departure_unref);
    }
    gst_clear_object (&before[i]);
  }
  departure_unref (departure);
}
