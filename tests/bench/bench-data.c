/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-data: messages from one side to another in one process, over a data
 * channel. callbin's pads, or two webrtcbins with a channel and the usual
 * watermarks, as an application writes it.
 *
 *   bench-data callbin|bare throughput   MB/s, CPU and memory of one transfer
 *   bench-data callbin|bare latency      ages of 100 bytes, 1,000 a second
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-rtc.h"

#include <malloc.h>
#include <string.h>
#include <sys/resource.h>

#define LABEL "bench"
#define SMALL 100
#define VIDEO "benchpicturesrc name=source ! call.video_0 "

static gint total = 200;
static gint size = 16384;
static gint high = 1024;
static gint low = 256;
static gint seconds = 5;
static gboolean video = FALSE;
static gboolean silent = FALSE;

/* *INDENT-OFF* */
static GOptionEntry options[] = {
  {"total", 0, 0, G_OPTION_ARG_INT, &total, "What to send", "MB"},
  {"size", 0, 0, G_OPTION_ARG_INT, &size, "Of a message", "BYTES"},
  {"high", 0, 0, G_OPTION_ARG_INT, &high, "bare: stop there", "KIB"},
  {"low", 0, 0, G_OPTION_ARG_INT, &low, "bare: go on there", "KIB"},
  {"seconds", 0, 0, G_OPTION_ARG_INT, &seconds, "latency: how long", "S"},
  {"video", 0, 0, G_OPTION_ARG_NONE, &video, "callbin: pictures beside it",
      NULL},
  {"silent", 0, 0, G_OPTION_ARG_NONE, &silent, "latency: send nothing", NULL},
  {NULL}
};
/* *INDENT-ON* */

/* What the receiving side has seen */
static GMutex lock;
static GCond news;
static gboolean is_open;
static guint64 received;
static guint low_again;
static GArray *ages;            /* (element-type gint64), µs */
static gint pictures[2];        /* atomic: sent, decoded */

static void
take (const void *data, gsize n)
{
  gint64 now = g_get_monotonic_time (), then;

  g_mutex_lock (&lock);
  received += n;
  if (ages && n == SMALL) {
    memcpy (&then, data, sizeof then);
    now -= then;
    g_array_append_val (ages, now);
  }
  g_cond_broadcast (&news);
  g_mutex_unlock (&lock);
}

static void
wait_for_bytes (guint64 n)
{
  g_mutex_lock (&lock);
  while (received < n)
    g_cond_wait (&news, &lock);
  g_mutex_unlock (&lock);
}

static void
set_open (void)
{
  g_mutex_lock (&lock);
  is_open = TRUE;
  g_cond_broadcast (&news);
  g_mutex_unlock (&lock);
}

/* callbin */

static GstElement *host, *guest;
static GstPad *talker;

static GstPadProbeReturn
on_message (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstMapInfo map;

  if (gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ)) {
    take (map.data, map.size);
    gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
count_picture (GstPad * pad, GstPadProbeInfo * info, gpointer which)
{
  g_atomic_int_inc (&pictures[GPOINTER_TO_INT (which)]);
  return GST_PAD_PROBE_OK;
}

static void
on_remote_pad (GstElement * callbin, GstPad * pad, gpointer data)
{
  GstElement *sink = gst_element_factory_make ("fakesink", NULL);
  gboolean is_video = g_str_has_prefix (GST_PAD_NAME (pad), "remote_video");
  g_autoptr (GstObject) pipeline = gst_object_get_parent (GST_OBJECT (callbin));
  g_autoptr (GstPad) sink_pad = gst_element_get_static_pad (sink, "sink");

  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  if (is_video)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, count_picture,
        GINT_TO_POINTER (1), NULL);
  else if (g_str_equal (GST_PAD_NAME (pad), "remote_data_" LABEL))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_message, NULL, NULL);
  gst_pad_link (pad, sink_pad);
}

static gchar *
wait_for_url (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  for (;;) {
    g_autoptr (GstMessage) message = gst_bus_timed_pop_filtered (bus,
        10 * GST_SECOND, GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);

    if (!message || GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
      g_error ("no call");
    if (gst_message_has_name (message, "call-listening"))
      return g_strdup (gst_structure_get_string (gst_message_get_structure
              (message), "url"));
  }
}

static gboolean
on_talker_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  const GstStructure *s = gst_event_get_structure (event);

  if (s && gst_structure_has_name (s, "call-data-peer"))
    set_open ();
  gst_event_unref (event);
  return TRUE;
}

static GstElement *
parse (const gchar * text)
{
  g_autoptr (GError) error = NULL;
  GstElement *parsed = gst_parse_launch (text, &error), *pipeline;

  if (error)
    g_error ("%s", error->message);
  if (GST_IS_PIPELINE (parsed))
    return parsed;
  pipeline = gst_pipeline_new (NULL);
  gst_bin_add (GST_BIN (pipeline), parsed);
  return pipeline;
}

static void
open_callbin (void)
{
  g_autofree gchar *url = NULL, *line = NULL;
  g_autoptr (GstElement) first = NULL, second = NULL;
  g_autoptr (GstPad) sink = NULL;
  GstSegment segment;

  host = parse ("callbin name=call listen=127.0.0.1:0 room=bench");
  first = gst_bin_get_by_name (GST_BIN (host), "call");
  g_signal_connect (first, "pad-added", G_CALLBACK (on_remote_pad), NULL);
  gst_element_set_state (host, GST_STATE_PLAYING);
  url = wait_for_url (host);
  line = g_strdup_printf ("callbin name=call uri=ws%s %s",
      url + strlen ("http"), video ? VIDEO : "");
  guest = parse (line);
  second = gst_bin_get_by_name (GST_BIN (guest), "call");
  if (video) {
    g_autoptr (GstElement) source =
        gst_bin_get_by_name (GST_BIN (guest), "source");
    g_autoptr (GstPad) src = gst_element_get_static_pad (source, "src");

    gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, count_picture,
        GINT_TO_POINTER (0), NULL);
  }
  sink = gst_element_request_pad_simple (second, "data_" LABEL);
  talker = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_event_function (talker, on_talker_event);
  gst_pad_set_active (talker, TRUE);
  gst_pad_link (talker, sink);
  gst_pad_push_event (talker, gst_event_new_stream_start ("bench"));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (talker, gst_event_new_segment (&segment));
  gst_element_set_state (guest, GST_STATE_PLAYING);
}

static void
send_callbin (gconstpointer data, gsize n)
{
  if (gst_pad_push (talker, gst_buffer_new_memdup (data, n)) != GST_FLOW_OK)
    g_error ("not sent");
}

/* bare */

static GstWebRTCDataChannel *channel;

static void
on_candidate (GstElement * webrtcbin, guint mline, const gchar * candidate,
    gpointer other)
{
  g_signal_emit_by_name (other, "add-ice-candidate", mline, candidate);
}

static void
on_data (GstWebRTCDataChannel * from, GBytes * bytes, gpointer data)
{
  take (g_bytes_get_data (bytes, NULL), g_bytes_get_size (bytes));
}

static void
on_low (GstWebRTCDataChannel * from, gpointer data)
{
  g_mutex_lock (&lock);
  low_again++;
  g_cond_broadcast (&news);
  g_mutex_unlock (&lock);
}

static void
on_channel (GstElement * webrtcbin, GstWebRTCDataChannel * from, gpointer data)
{
  g_signal_connect (from, "on-message-data", G_CALLBACK (on_data), NULL);
}

static GstWebRTCSessionDescription *
make (GstElement * webrtcbin, const gchar * signal, const gchar * name)
{
  GstPromise *promise = gst_promise_new ();
  GstWebRTCSessionDescription *description = NULL;

  g_signal_emit_by_name (webrtcbin, signal, NULL, promise);
  gst_promise_wait (promise);
  gst_structure_get (gst_promise_get_reply (promise), name,
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  gst_promise_unref (promise);
  if (!description)
    g_error ("no %s", name);
  return description;
}

static void
set_both (GstElement * local, GstElement * remote,
    GstWebRTCSessionDescription * description)
{
  g_signal_emit_by_name (local, "set-local-description", description, NULL);
  g_signal_emit_by_name (remote, "set-remote-description", description, NULL);
  gst_webrtc_session_description_free (description);
}

static void
open_bare (void)
{
  GstElement *a, *b;

  guest = gst_pipeline_new (NULL);
  host = gst_pipeline_new (NULL);
  a = bench_webrtcbin_new (GST_BIN (guest), -1, 0);
  b = bench_webrtcbin_new (GST_BIN (host), -1, 0);
  g_signal_connect (a, "on-ice-candidate", G_CALLBACK (on_candidate), b);
  g_signal_connect (b, "on-ice-candidate", G_CALLBACK (on_candidate), a);
  g_signal_connect (b, "on-data-channel", G_CALLBACK (on_channel), NULL);
  gst_element_set_state (guest, GST_STATE_PLAYING);
  gst_element_set_state (host, GST_STATE_PLAYING);
  g_signal_emit_by_name (a, "create-data-channel", LABEL, NULL, &channel);
  g_object_set (channel, "buffered-amount-low-threshold", (guint64) low * 1024,
      NULL);
  g_signal_connect (channel, "on-open", G_CALLBACK (set_open), NULL);
  g_signal_connect (channel, "on-buffered-amount-low", G_CALLBACK (on_low),
      NULL);
  set_both (a, b, make (a, "create-offer", "offer"));
  set_both (b, a, make (b, "create-answer", "answer"));
}

static void
send_bare (gconstpointer data, gsize n)
{
  g_autoptr (GBytes) bytes = g_bytes_new (data, n);
  guint64 waiting;
  guint seen;

  g_mutex_lock (&lock);
  seen = low_again;
  g_mutex_unlock (&lock);
  g_object_get (channel, "buffered-amount", &waiting, NULL);
  if (waiting > (guint64) high * 1024) {
    g_mutex_lock (&lock);
    while (low_again == seen)
      g_cond_wait (&news, &lock);
    g_mutex_unlock (&lock);
  }
  if (!gst_webrtc_data_channel_send_data_full (channel, bytes, NULL))
    g_error ("not sent");
}

/* What is measured */

static void (*send) (gconstpointer data, gsize n);

static gdouble
cpu_seconds (void)
{
  struct rusage usage;

  getrusage (RUSAGE_SELF, &usage);
  return usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
      + (usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6;
}

static void
run_throughput (void)
{
  g_autofree guint8 *block = g_malloc0 (size);
  guint64 all = (guint64) total * 1000 * 1000, sent = 0;
  gsize before = mallinfo2 ().uordblks, most = before;
  gdouble cpu = cpu_seconds ();
  gint64 begin = g_get_monotonic_time ();
  gint before_pictures = g_atomic_int_get (&pictures[1]);
  guint n;

  for (n = 0; sent < all; n++) {
    send (block, size);
    sent += size;
    if (n % 64 == 0)
      most = MAX (most, mallinfo2 ().uordblks);
  }
  wait_for_bytes (sent);
  g_print ("{\"MBps\":%.2f,\"cpu\":%.2f,\"memory\":%" G_GSIZE_FORMAT
      ",\"pictures\":%d,\"seconds\":%.2f}\n",
      sent / (gdouble) (g_get_monotonic_time () - begin),
      cpu_seconds () - cpu, (most - before) / 1024,
      g_atomic_int_get (&pictures[1]) - before_pictures,
      (g_get_monotonic_time () - begin) / 1e6);
}

static void
run_latency (void)
{
  guint8 message[SMALL] = { 0, };
  gint64 begin = g_get_monotonic_time ();
  gint sent_before = g_atomic_int_get (&pictures[0]);
  gint seen_before = g_atomic_int_get (&pictures[1]);
  guint i;

  ages = g_array_new (FALSE, FALSE, sizeof (gint64));
  for (i = 0; i < (guint) seconds * 1000; i++) {
    gint64 due = begin + i * 1000, now = g_get_monotonic_time ();

    if (due > now)
      g_usleep (due - now);
    now = g_get_monotonic_time ();
    memcpy (message, &now, sizeof now);
    if (!silent)
      send (message, SMALL);
  }
  if (!silent)
    wait_for_bytes ((guint64) seconds * 1000 * SMALL);
  g_print ("{\"sent\":%d,\"decoded\":%d,\"ages\":[",
      g_atomic_int_get (&pictures[0]) - sent_before,
      g_atomic_int_get (&pictures[1]) - seen_before);
  g_mutex_lock (&lock);
  for (i = 0; i < ages->len; i++)
    g_print ("%s%" G_GINT64_FORMAT, i ? "," : "",
        g_array_index (ages, gint64, i));
  g_mutex_unlock (&lock);
  g_print ("]}\n");
}

static void
wait_until_open (void)
{
  g_mutex_lock (&lock);
  while (!is_open)
    g_cond_wait (&news, &lock);
  g_mutex_unlock (&lock);
  /* the first picture, and what a connection does when it is new */
  bench_run (1500);
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new ("callbin|bare throughput|latency");
  g_autoptr (GError) error = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc != 3) {
    g_printerr ("%s\n", error ? error->message : "what, and of what?");
    return 2;
  }
  bench_init (&argc, &argv, 120 + seconds);
  if (g_str_equal (argv[1], "callbin"))
    open_callbin ();
  else
    open_bare ();
  send = g_str_equal (argv[1], "callbin") ? send_callbin : send_bare;
  wait_until_open ();
  if (g_str_equal (argv[2], "throughput"))
    run_throughput ();
  else
    run_latency ();
  /* webrtcbin 1.22.0 wants no reference to a channel left */
  g_clear_object (&channel);
  gst_element_set_state (guest, GST_STATE_NULL);
  gst_element_set_state (host, GST_STATE_NULL);
  return 0;
}
