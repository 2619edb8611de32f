/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-callbin: a call as a user writes it, through a real call-server.
 *
 *   bench-callbin first    waits in the room, picture and sound both ways
 *   bench-callbin join     joins, sees, leaves, again and again; marks
 *   bench-callbin send     sends pictures (--sound: and sound), wants none
 *   bench-callbin receive  ages of decoded and shown pictures
 *
 * `first` and `send` print {"ready":true} and live until their input ends.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-rtc.h"

#include <glib-unix.h>

#include <stdio.h>
#include <unistd.h>

#define SEND_VIDEO " benchpicturesrc name=source ! call.video_0"
#define SEND_AUDIO " audiotestsrc is-live=true volume=0.1 " \
    "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! call.audio_0"
#define SHOW_VIDEO " call.remote_video_0 ! queue ! " \
    "fakesink name=shown sync=true"
#define PLAY_AUDIO " call.remote_audio_0 ! queue ! fakesink sync=true"

static gchar *uri = NULL;
static gchar *properties = "";
static gboolean plain = FALSE;
static gboolean sound = FALSE;
static gint count = 10;
static gint seconds = 10;

/* *INDENT-OFF* */
static GOptionEntry options[] = {
  {"uri", 0, 0, G_OPTION_ARG_STRING, &uri, "Room", "ws://HOST:PORT/room/ROOM"},
  {"properties", 0, 0, G_OPTION_ARG_STRING, &properties,
      "More properties of callbin", "\"NAME=VALUE …\""},
  {"plain", 0, 0, G_OPTION_ARG_NONE, &plain, "A picture without detail", NULL},
  {"sound", 0, 0, G_OPTION_ARG_NONE, &sound, "Sound beside the picture", NULL},
  {"count", 0, 0, G_OPTION_ARG_INT, &count, "Joins to measure", "N"},
  {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "Time to measure", "S"},
  {NULL}
};
/* *INDENT-ON* */

static void
on_pad_added (GstElement * callbin, GstPad * pad, BenchView * view)
{
  if (g_str_has_prefix (GST_PAD_NAME (pad), "remote_video_")) {
    bench_view_mark (view, BENCH_MARK_PAD);
    bench_view_watch_decoded (view, pad);
  } else if (g_str_has_prefix (GST_PAD_NAME (pad), "remote_audio_")) {
    bench_view_watch_audio (view, pad);
  }
}

static GstBusSyncReply
on_bus_sync (GstBus * bus, GstMessage * message, gpointer view)
{
  if (gst_message_has_name (message, "call-joined"))
    bench_view_mark (view, BENCH_MARK_JOINED);
  return GST_BUS_PASS;
}

static void
on_signaling_state (GstElement * webrtcbin, GParamSpec * pspec,
    BenchView * view)
{
  GstWebRTCSignalingState state;

  g_object_get (webrtcbin, "signaling-state", &state, NULL);
  if (state == GST_WEBRTC_SIGNALING_STATE_HAVE_LOCAL_OFFER)
    bench_view_mark (view, BENCH_MARK_OFFER);
  else if (state == GST_WEBRTC_SIGNALING_STATE_STABLE)
    bench_view_mark (view, BENCH_MARK_ANSWER);
}

/* The stages before the first pad are only seen inside */
static void
on_deep_element_added (GstBin * pipeline, GstBin * bin, GstElement * element,
    BenchView * view)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (!factory || !g_str_equal (GST_OBJECT_NAME (factory), "webrtcbin"))
    return;
  bench_watch_states (element, view);
  g_signal_connect (element, "notify::signaling-state",
      G_CALLBACK (on_signaling_state), view);
}

static GstElement *
make_call (const gchar * rest, BenchView * view)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text =
      g_strdup_printf ("callbin name=call uri=%s max-bitrate=%d %s%s", uri,
      BENCH_BITRATE,
      properties, rest);
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstElement) callbin = NULL;
  g_autoptr (GstElement) shown = NULL;
  g_autoptr (GstElement) source = NULL;

  if (error)
    g_error ("%s", error->message);
  callbin = gst_bin_get_by_name (GST_BIN (pipeline), "call");
  source = gst_bin_get_by_name (GST_BIN (pipeline), "source");
  if (source)
    g_object_set (source, "detailed", !plain, NULL);
  shown = gst_bin_get_by_name (GST_BIN (pipeline), "shown");
  g_signal_connect (callbin, "pad-added", G_CALLBACK (on_pad_added), view);
  g_signal_connect (pipeline, "deep-element-added",
      G_CALLBACK (on_deep_element_added), view);
  bus = gst_element_get_bus (pipeline);
  gst_bus_set_sync_handler (bus, on_bus_sync, view, NULL);
  if (shown)
    bench_view_watch_shown (view, shown);
  bench_watch_bus (pipeline);
  return pipeline;
}

static void
end_call (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_bus_remove_watch (bus);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
}

static gboolean
on_input_end (gint fd, GIOCondition condition, gpointer ended)
{
  gchar buffer[64];

  if (read (fd, buffer, sizeof (buffer)) > 0)
    return G_SOURCE_CONTINUE;
  *(gboolean *) ended = TRUE;
  return G_SOURCE_REMOVE;
}

/* In the room until nobody needs us any more */
static int
run_waiting (const gchar * rest)
{
  g_autoptr (BenchView) view = bench_view_new ();
  GstElement *pipeline = make_call (rest, view);
  gboolean ended = FALSE;

  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input_end, &ended);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  printf ("{\"ready\":true}\n");
  fflush (stdout);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  end_call (pipeline);
  return 0;
}

static gboolean
is_seen_and_heard (gpointer view)
{
  return bench_view_has (view, BENCH_MARK_SHOWN)
      && bench_view_has (view, BENCH_MARK_AUDIO);
}

static int
run_join (void)
{
  g_autoptr (BenchView) view = bench_view_new ();

  /* call 0 warms up: plugins, certificate */
  for (gint i = 0; i <= count; i++) {
    GstElement *pipeline =
        make_call (SEND_VIDEO SEND_AUDIO SHOW_VIDEO PLAY_AUDIO, view);

    bench_run (300 + g_random_int_range (0, 67));
    bench_view_restart (view);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    if (!bench_wait (is_seen_and_heard, view, 8000))
      bench_view_print_marks (view, "failed");
    else if (i > 0)
      bench_view_print_marks (view, "second");
    end_call (pipeline);
  }
  return 0;
}

static gboolean
is_shown (gpointer view)
{
  return bench_view_has (view, BENCH_MARK_SHOWN);
}

static int
run_receive (void)
{
  g_autoptr (BenchView) view = bench_view_new ();
  GstElement *pipeline = make_call (sound ? SHOW_VIDEO PLAY_AUDIO : SHOW_VIDEO,
      view);

  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  if (!bench_wait (is_shown, view, 10000)) {
    g_printerr ("nothing seen after 10 s\n");
    return 1;
  }
  bench_run (1000);
  bench_view_start_samples (view);
  bench_run (seconds * 1000);
  bench_view_stop_samples (view);
  bench_view_print_samples (view, "first");
  end_call (pipeline);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new ("first|join|send|receive");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2
      || !uri) {
    g_printerr ("%s\n", error ? error->message : "what to do, and --uri?");
    return 2;
  }
  bench_init (&argc, &argv, 120 + seconds + 9 * count);
  if (g_str_equal (argv[1], "first"))
    return run_waiting (SEND_VIDEO SEND_AUDIO SHOW_VIDEO PLAY_AUDIO);
  if (g_str_equal (argv[1], "send"))
    return run_waiting (sound ? SEND_VIDEO SEND_AUDIO : SEND_VIDEO);
  if (g_str_equal (argv[1], "join"))
    return run_join ();
  return run_receive ();
}
