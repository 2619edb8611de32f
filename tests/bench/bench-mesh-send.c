/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-mesh-send callbin|bare --uri ROOM: sends one picture to everybody who
 * comes, and says what that costs this process.
 *
 * Prints {"ready":true}. Commands on the input: "measure MS" prints the CPU
 * time of the next MS milliseconds and the memory after it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-room.h"
#include "bench-rtc.h"

#include <gio/gio.h>
#include <glib-unix.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

static gchar *uri = NULL;
static gchar *properties = "";
static gboolean nack = TRUE;
static gboolean ended = FALSE;

/* *INDENT-OFF* */
static GOptionEntry options[] = {
  {"uri", 0, 0, G_OPTION_ARG_STRING, &uri, "Room", "ws://HOST:PORT/room/ROOM"},
  {"properties", 0, 0, G_OPTION_ARG_STRING, &properties,
      "More properties of callbin", "\"NAME=VALUE …\""},
  {"no-nack", 0, G_OPTION_FLAG_REVERSE, G_OPTION_ARG_NONE, &nack,
      "bare: no retransmission", NULL},
  {NULL}
};
/* *INDENT-ON* */

static gdouble
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec +
      (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

/* A line such as "Pss:   1234 kB" of a file in /proc */
static gint64
kilobytes (const gchar * file, const gchar * key)
{
  g_autofree gchar *text = NULL;
  const gchar *line;

  if (!g_file_get_contents (file, &text, NULL, NULL))
    return -1;
  line = strstr (text, key);
  return line ? g_ascii_strtoll (line + strlen (key), NULL, 10) : -1;
}

static void
measure (guint milliseconds)
{
  gdouble cpu = cpu_seconds ();
  gint64 start = g_get_monotonic_time ();
  gint64 end;

  bench_run (milliseconds);
  end = g_get_monotonic_time ();
  cpu = cpu_seconds () - cpu;
  printf ("{\"cpu\":%.4f,\"wall\":%.4f,\"rss\":%" G_GINT64_FORMAT
      ",\"pss\":%" G_GINT64_FORMAT ",\"threads\":%" G_GINT64_FORMAT "}\n",
      cpu, (end - start) / 1e6,
      kilobytes ("/proc/self/smaps_rollup", "\nRss:"),
      kilobytes ("/proc/self/smaps_rollup", "\nPss:"),
      kilobytes ("/proc/self/status", "\nThreads:"));
  fflush (stdout);
}

static gboolean
on_input (gint fd, GIOCondition condition, gpointer unused)
{
  gchar buffer[64] = "";
  gssize n = read (fd, buffer, sizeof (buffer) - 1);

  if (n <= 0) {
    ended = TRUE;
    return G_SOURCE_REMOVE;
  }
  if (g_str_has_prefix (buffer, "measure "))
    measure (atoi (buffer + strlen ("measure ")));
  return G_SOURCE_CONTINUE;
}

static GstElement *
launch (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);

  if (error)
    g_error ("%s", error->message);
  bench_watch_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  return pipeline;
}

static void
on_connected (GstElement * webrtcbin, GParamSpec * pspec, gpointer pipeline)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (webrtcbin, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    bench_force_keyframe (pipeline);
}

/* Somebody came and offers: one more branch of the tee, one more webrtcbin */
static BenchSession *
add_peer (GstElement * pipeline, BenchRoom * room, CallMessage * offer)
{
  GstElement *webrtcbin = bench_webrtcbin_new (GST_BIN (pipeline), -1, 0);

  g_signal_connect (webrtcbin, "notify::connection-state",
      G_CALLBACK (on_connected), pipeline);
  gst_element_sync_state_with_parent (webrtcbin);
  bench_webrtcbin_send (GST_BIN (pipeline), webrtcbin, "video",
      BENCH_VIDEO_RTP_CAPS, GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_SENDONLY,
      nack);
  return bench_session_new (room, offer->from, offer->session, webrtcbin);
}

typedef struct
{
  GstElement *pipeline;
  GHashTable *sessions;         /* gchar *peer → BenchSession */
} Bare;

static void
on_message (BenchRoom * room, CallMessage * message, gpointer user_data)
{
  Bare *bare = user_data;
  BenchSession *session;

  if (!message->from)
    return;
  if (message->type == CALL_MESSAGE_OFFER) {
    session = add_peer (bare->pipeline, room, message);
    g_hash_table_insert (bare->sessions, g_strdup (message->from), session);
  }
  session = g_hash_table_lookup (bare->sessions, message->from);
  if (session)
    bench_session_take (session, message);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new ("callbin|bare");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  Bare bare = { NULL, NULL };

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 2
      || !uri) {
    g_printerr ("%s\n", error ? error->message : "callbin or bare, and --uri?");
    return 2;
  }
  bench_init (&argc, &argv, 600);
  if (g_str_equal (argv[1], "bare")) {
    bare.sessions = g_hash_table_new (g_str_hash, g_str_equal);
    bare.pipeline = launch (BENCH_VIDEO_SENDER);
    bench_room_new (uri, "sender", on_message, &bare);
  } else {
    text = g_strdup_printf ("callbin name=call uri=%s max-bitrate=%d %s "
        "benchpicturesrc ! call.video_0", uri, BENCH_BITRATE, properties);
    bare.pipeline = launch (text);
  }
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, NULL);
  printf ("{\"ready\":true}\n");
  fflush (stdout);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  /* how fast it ends is not measured: no teardown of what may hang */
  gst_element_set_state (bare.pipeline, GST_STATE_NULL);
  return 0;
}
