/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-mesh-receive --uri ROOM: bare webrtcbins that join a room one after
 * another, offer to whoever was there first, and throw away what they get.
 *
 * Commands on the input: "add N" prints {"peers":M} when all of them get
 * packets; "measure MS" prints what each got in the next MS milliseconds.
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
#include <unistd.h>

typedef struct
{
  GstElement *pipeline;
  GstElement *webrtcbin;
  BenchSession *session;

  /* atomic */
  gint frames;
  gint packets;
  gint bytes;
} Receiver;

static gchar *uri = NULL;
static GPtrArray *receivers;
static gboolean ended = FALSE;

/* *INDENT-OFF* */
static GOptionEntry options[] = {
  {"uri", 0, 0, G_OPTION_ARG_STRING, &uri, "Room", "ws://HOST:PORT/room/ROOM"},
  {NULL}
};
/* *INDENT-ON* */

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer user_data)
{
  Receiver *self = user_data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  guint8 marker = 0;

  g_atomic_int_inc (&self->packets);
  g_atomic_int_add (&self->bytes, gst_buffer_get_size (buffer));
  /* the last packet of a picture */
  if (gst_buffer_extract (buffer, 1, &marker, 1) == 1 && marker & 0x80)
    g_atomic_int_inc (&self->frames);
  if (g_atomic_int_get (&self->packets) == 1)
    g_main_context_wakeup (NULL);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * webrtcbin, GstPad * pad, Receiver * self)
{
  GstElement *fakesink = gst_element_factory_make ("fakesink", NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (fakesink, "sink");

  g_object_set (fakesink, "sync", FALSE, "async", FALSE, NULL);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self, NULL);
  gst_bin_add (GST_BIN (self->pipeline), fakesink);
  gst_element_sync_state_with_parent (fakesink);
  gst_pad_link (pad, sink);
}

/* Whoever has the smallest seat was there first: the sender */
static void
offer_to_sender (Receiver * self, BenchRoom * room, CallMessage * welcome)
{
  CallPeer *sender = NULL;
  g_autofree gchar *id = call_id_new ();

  for (guint i = 0; welcome->peers && i < welcome->peers->len; i++) {
    CallPeer *peer = g_ptr_array_index (welcome->peers, i);

    if (!sender || peer->seat < sender->seat)
      sender = peer;
  }
  if (!sender)
    g_error ("nobody in the room who sends");
  self->session = bench_session_new (room, sender->peer_id, id,
      self->webrtcbin);
  bench_session_offer (self->session);
}

static void
on_message (BenchRoom * room, CallMessage * message, gpointer user_data)
{
  Receiver *self = user_data;

  if (message->type == CALL_MESSAGE_WELCOME)
    offer_to_sender (self, room, message);
  else if (self->session)
    bench_session_take (self->session, message);
}

static Receiver *
receiver_new (void)
{
  Receiver *self = g_new0 (Receiver, 1);
  g_autofree gchar *name = g_strdup_printf ("receiver %u", receivers->len);

  self->pipeline = gst_pipeline_new (NULL);
  bench_watch_bus (self->pipeline);
  self->webrtcbin = bench_webrtcbin_new (GST_BIN (self->pipeline), -1, 0);
  bench_webrtcbin_receive (self->webrtcbin, BENCH_VIDEO_RTP_CAPS, TRUE);
  g_signal_connect (self->webrtcbin, "pad-added", G_CALLBACK (on_pad_added),
      self);
  gst_element_set_state (self->pipeline, GST_STATE_PLAYING);
  bench_room_new (uri, name, on_message, self);
  return self;
}

static gboolean
all_receive (gpointer unused)
{
  for (guint i = 0; i < receivers->len; i++) {
    Receiver *self = g_ptr_array_index (receivers, i);

    if (g_atomic_int_get (&self->packets) == 0)
      return FALSE;
  }
  return TRUE;
}

static void
add (guint n)
{
  for (guint i = 0; i < n; i++) {
    g_ptr_array_add (receivers, receiver_new ());
    /* one after another, as people come */
    if (!bench_wait (all_receive, NULL, 8000)) {
      g_printerr ("receiver %u gets no packets\n", receivers->len - 1);
      exit (1);
    }
  }
  printf ("{\"peers\":%u}\n", receivers->len);
  fflush (stdout);
}

static void
measure (guint milliseconds)
{
  gint64 start = g_get_monotonic_time ();
  gdouble elapsed;

  for (guint i = 0; i < receivers->len; i++) {
    Receiver *self = g_ptr_array_index (receivers, i);

    g_atomic_int_set (&self->frames, 0);
    g_atomic_int_set (&self->bytes, 0);
  }
  bench_run (milliseconds);
  elapsed = (g_get_monotonic_time () - start) / 1e6;
  printf ("{\"got\":[");
  for (guint i = 0; i < receivers->len; i++) {
    Receiver *self = g_ptr_array_index (receivers, i);

    printf ("%s{\"fps\":%.1f,\"kbps\":%.0f}", i ? "," : "",
        g_atomic_int_get (&self->frames) / elapsed,
        g_atomic_int_get (&self->bytes) * 8 / 1000.0 / elapsed);
  }
  printf ("]}\n");
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
  if (g_str_has_prefix (buffer, "add "))
    add (atoi (buffer + strlen ("add ")));
  else if (g_str_has_prefix (buffer, "measure "))
    measure (atoi (buffer + strlen ("measure ")));
  return G_SOURCE_CONTINUE;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || !uri) {
    g_printerr ("%s\n", error ? error->message : "--uri?");
    return 2;
  }
  bench_init (&argc, &argv, 600);
  receivers = g_ptr_array_new ();
  g_unix_fd_add (STDIN_FILENO, G_IO_IN | G_IO_HUP, on_input, NULL);
  printf ("{\"ready\":true}\n");
  fflush (stdout);
  while (!ended)
    g_main_context_iteration (NULL, TRUE);
  /* the kernel cleans up faster than eight pipelines do */
  return 0;
}
