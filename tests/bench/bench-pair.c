/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-pair: two bare webrtcbins in one process, their SDP and candidates
 * handed over by function call. The floor that GStreamer allows.
 *
 *   bench-pair join     picture and sound both ways; marks of the joiner
 *   bench-pair latency  picture one way; ages of decoded and shown pictures
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-rtc.h"

#include <stdlib.h>

typedef struct _End End;

/* One side of the call. `first` waits, `second` joins and offers. */
struct _End
{
  gboolean sends;
  gboolean receives;
  gboolean audio;
  End *other;
  BenchView *view;

  GstElement *pipeline;
  GstElement *webrtcbin;
};

static gint latency = -1;
static gint pacing = 0;
static gboolean plain = FALSE;
static gboolean keyframe_on_connect = FALSE;
static gint count = 10;
static gint seconds = 10;

/* *INDENT-OFF* */
static GOptionEntry options[] = {
  {"plain", 0, 0, G_OPTION_ARG_NONE, &plain, "A picture without detail", NULL},
  {"count", 0, 0, G_OPTION_ARG_INT, &count, "Joins to measure", "N"},
  {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Time to measure", "S"},
  {"latency", 0, 0, G_OPTION_ARG_INT, &latency, "webrtcbin::latency", "MS"},
  {"pacing", 0, 0, G_OPTION_ARG_INT, &pacing, "stun-pacing-timer", "MS"},
  {"keyframe", 0, 0, G_OPTION_ARG_NONE, &keyframe_on_connect,
      "Force a keyframe when connected", NULL},
  {NULL}
};
/* *INDENT-ON* */

static void
on_candidate (GstElement * webrtcbin, guint mline, const gchar * candidate,
    End * end)
{
  g_signal_emit_by_name (end->other->webrtcbin, "add-ice-candidate", mline,
      candidate);
}

static void
on_pad_added (GstElement * webrtcbin, GstPad * pad, End * end)
{
  if (GST_PAD_IS_SRC (pad))
    bench_receive_pad (GST_BIN (end->pipeline), pad, end->view);
}

static void
on_connected (GstElement * webrtcbin, GParamSpec * pspec, End * end)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (webrtcbin, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED
      && keyframe_on_connect)
    bench_force_keyframe (GST_BIN (end->pipeline));
}

static void
end_connect (End * end)
{
  GstBin *bin = GST_BIN (end->pipeline);
  GstWebRTCRTPTransceiverDirection direction = end->receives ?
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDRECV :
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY;

  end->webrtcbin = bench_webrtcbin_new (bin, latency, pacing);
  bench_watch_states (end->webrtcbin, end->view);
  g_signal_connect (end->webrtcbin, "on-ice-candidate",
      G_CALLBACK (on_candidate), end);
  g_signal_connect (end->webrtcbin, "pad-added", G_CALLBACK (on_pad_added),
      end);
  g_signal_connect (end->webrtcbin, "notify::connection-state",
      G_CALLBACK (on_connected), end);

  /* before anything is linked: a queue that pushes into an element that does
   * not run yet stops for good */
  gst_element_sync_state_with_parent (end->webrtcbin);
  if (end->sends) {
    bench_webrtcbin_send (bin, end->webrtcbin, "video", BENCH_VIDEO_RTP_CAPS,
        direction, TRUE);
    if (end->audio)
      bench_webrtcbin_send (bin, end->webrtcbin, "audio",
          BENCH_AUDIO_RTP_CAPS, direction, FALSE);
  } else {
    bench_webrtcbin_receive (end->webrtcbin, BENCH_VIDEO_RTP_CAPS, TRUE);
  }
}

static void
end_open (End * end)
{
  g_autoptr (GError) error = NULL;

  if (!end->sends)
    end->pipeline = gst_pipeline_new (NULL);
  else if (end->audio)
    end->pipeline = gst_parse_launch (BENCH_VIDEO_SENDER " " BENCH_AUDIO_SENDER,
        &error);
  else
    end->pipeline = gst_parse_launch (BENCH_VIDEO_SENDER, &error);
  if (error)
    g_error ("%s", error->message);
  if (end->sends) {
    g_autoptr (GstElement) source =
        gst_bin_get_by_name (GST_BIN (end->pipeline), "source");

    g_object_set (source, "detailed", !plain, NULL);
  }
  bench_watch_bus (end->pipeline);
}

static void
end_close (End * end)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (end->pipeline);

  gst_bus_remove_watch (bus);
  gst_element_set_state (end->pipeline, GST_STATE_NULL);
  gst_clear_object (&end->pipeline);
  end->webrtcbin = NULL;
}

static GstWebRTCSessionDescription *
take_description (GstPromise * promise, const gchar * name)
{
  GstWebRTCSessionDescription *description = NULL;

  gst_promise_wait (promise);
  gst_structure_get (gst_promise_get_reply (promise), name,
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  gst_promise_unref (promise);
  if (!description)
    g_error ("webrtcbin made no %s", name);
  return description;
}

static gboolean
on_answer_idle (gpointer user_data)
{
  End *first = ((gpointer *) user_data)[0];
  GstWebRTCSessionDescription *answer = ((gpointer *) user_data)[1];

  bench_view_mark (first->other->view, BENCH_MARK_ANSWER);
  g_signal_emit_by_name (first->webrtcbin, "set-local-description", answer,
      NULL);
  g_signal_emit_by_name (first->other->webrtcbin, "set-remote-description",
      answer, NULL);
  gst_webrtc_session_description_free (answer);
  g_free (user_data);
  return G_SOURCE_REMOVE;
}

static void
invoke_with (GSourceFunc func, End * end, gpointer description)
{
  gpointer *pair = g_new (gpointer, 2);

  pair[0] = end;
  pair[1] = description;
  g_main_context_invoke_full (NULL, G_PRIORITY_HIGH, func, pair, NULL);
}

static void
on_answer (GstPromise * promise, gpointer first)
{
  invoke_with (on_answer_idle, first, take_description (promise, "answer"));
}

/* The waiting side gets its webrtcbin now, before the first candidate */
static gboolean
on_offer_idle (gpointer user_data)
{
  End *second = ((gpointer *) user_data)[0];
  GstWebRTCSessionDescription *offer = ((gpointer *) user_data)[1];
  End *first = second->other;

  bench_view_mark (second->view, BENCH_MARK_OFFER);
  end_connect (first);
  g_signal_emit_by_name (second->webrtcbin, "set-local-description", offer,
      NULL);
  g_signal_emit_by_name (first->webrtcbin, "set-remote-description", offer,
      NULL);
  g_signal_emit_by_name (first->webrtcbin, "create-answer", NULL,
      gst_promise_new_with_change_func (on_answer, first, NULL));
  gst_webrtc_session_description_free (offer);
  g_free (user_data);
  return G_SOURCE_REMOVE;
}

static void
on_offer (GstPromise * promise, gpointer second)
{
  invoke_with (on_offer_idle, second, take_description (promise, "offer"));
}

static void
end_join (End * second)
{
  end_connect (second);
  bench_view_restart (second->view);
  gst_element_set_state (second->pipeline, GST_STATE_PLAYING);
  g_signal_emit_by_name (second->webrtcbin, "create-offer", NULL,
      gst_promise_new_with_change_func (on_offer, second, NULL));
}

static gboolean
both_are_seen (gpointer user_data)
{
  End *end = user_data;

  return bench_view_has (end->view, BENCH_MARK_SHOWN)
      && bench_view_has (end->other->view, BENCH_MARK_DECODED)
      && bench_view_has (end->view, BENCH_MARK_AUDIO);
}

static int
run_join (void)
{
  g_autoptr (BenchView) first_view = bench_view_new ();
  g_autoptr (BenchView) second_view = bench_view_new ();
  End first = { TRUE, TRUE, TRUE, NULL, first_view };
  End second = { TRUE, TRUE, TRUE, &first, second_view };

  first.other = &second;
  /* call 0 warms up: plugins, certificate */
  for (gint i = 0; i <= count; i++) {
    end_open (&first);
    gst_element_set_state (first.pipeline, GST_STATE_PLAYING);
    bench_run (300 + g_random_int_range (0, 67));
    end_open (&second);
    bench_view_restart (first_view);
    end_join (&second);
    if (!bench_wait (both_are_seen, &second, 8000))
      bench_view_print_marks (second_view, "failed");
    else if (i > 0)
      bench_view_print_marks (second_view, "second");
    end_close (&second);
    end_close (&first);
  }
  return 0;
}

static gboolean
is_shown (gpointer view)
{
  return bench_view_has (view, BENCH_MARK_SHOWN);
}

static int
run_latency (void)
{
  g_autoptr (BenchView) first_view = bench_view_new ();
  g_autoptr (BenchView) second_view = bench_view_new ();
  End first = { FALSE, TRUE, FALSE, NULL, first_view };
  End second = { TRUE, FALSE, FALSE, &first, second_view };

  first.other = &second;
  end_open (&first);
  gst_element_set_state (first.pipeline, GST_STATE_PLAYING);
  end_open (&second);
  end_join (&second);
  if (!bench_wait (is_shown, first_view, 8000)) {
    g_printerr ("nothing seen after 8 s\n");
    return 1;
  }
  bench_run (1000);
  bench_view_start_samples (first_view);
  bench_run (seconds * 1000);
  bench_view_stop_samples (first_view);
  bench_view_print_samples (first_view, "first");
  end_close (&second);
  end_close (&first);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("join|latency");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2) {
    g_printerr ("%s\n", error ? error->message : "join or latency?");
    return 2;
  }
  bench_init (&argc, &argv, 30 + seconds + 3 * count);
  if (g_str_equal (argv[1], "join"))
    return run_join ();
  return run_latency ();
}
