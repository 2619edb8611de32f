/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A call whose camera or microphone changes, through a real call-server.
 *
 *   bench-switch receive     what comes out of callbin: pictures by their bar
 *                            code, sound in windows of 10 ms, RTP packets
 *   bench-switch send WAY    switches --count times once it is told to:
 *     source       device-id of callvideosrc
 *     callswitch   a camera more, `active-pad`, a camera less
 *     open         `active` of callswitch, all cameras always open
 *     naive        stop, unlink, link, start
 *     selector     input-selector, all cameras always open
 *     microphone   device-id of callaudiosrc
 *
 * Each prints {"ready":true}, then on the end of its input what it has seen.
 * Times are milliseconds of the machine's clock.
 *
 * Threads
 *
 *   name        runs                                 may take
 *   ----------  -----------------------------------  --------
 *   main        options, switches, print             lock
 *   streaming   probes, messages                     lock
 *
 * Locks, in the order they may be taken
 *
 *   1 lock      protects: everything in Seen, `switched`
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-rtc.h"

#include "gstcallbarcode.h"

#include <gst/video/video.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define N_CAMERAS 3
#define CAMERA_CAPS "video/x-raw,format=I420,width=640,height=360," \
    "framerate=30/1"
#define SWITCH_LIMIT 6000       /* ms until a switch counts as failed */
#define CLOCK_RATE 90000
#define MAX_TIME_ERROR 100      /* ms between timestamps and arrival */
#define WINDOW 480              /* samples, 10 ms */

static gchar *uri = NULL;
static gint count = 10;
static gint open_delay = 1000;
static gboolean keyframe = FALSE;

/* *INDENT-OFF* */
static GOptionEntry options[] = {
  {"uri", 0, 0, G_OPTION_ARG_STRING, &uri, "Room", "ws://HOST:PORT/room/ROOM"},
  {"count", 0, 0, G_OPTION_ARG_INT, &count, "Switches", "N"},
  {"open-delay", 0, 0, G_OPTION_ARG_INT, &open_delay,
      "Time that a camera takes to open", "MS"},
  {"keyframe", 0, 0, G_OPTION_ARG_NONE, &keyframe,
      "Force a key frame at each switch (open)", NULL},
  {NULL}
};
/* *INDENT-ON* */

/* What one receiver has seen */
typedef struct
{
  GMutex lock;
  GString *pictures;            /* JSON: [arrival, camera, number, stamped] */
  GString *windows;             /* JSON: [arrival, rms, largest step] */
  guint n_pictures, n_unreadable, n_windows;
  guint n_packets, n_lost, n_jumps, n_keys, n_bytes, n_negotiations;
  guint last_seq;
  guint32 last_stamp;
  gdouble last_arrival;
  gint16 last_sample;
  guint n_samples;              /* in the window that is not full yet */
  gint step;
  gdouble sum;
} Seen;

static Seen seen;
static gboolean switched;

static gdouble
now_ms (void)
{
  return g_get_real_time () / 1000.0;
}

/* --- receiver --- */

static GstPadProbeReturn
on_picture (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  gdouble now = now_ms ();
  GstCallBarcode code;
  GstVideoInfo video;
  GstVideoFrame frame;
  gboolean readable = FALSE;

  if (caps && gst_video_info_from_caps (&video, caps) &&
      gst_video_frame_map (&frame, &video, GST_PAD_PROBE_INFO_BUFFER (info),
          GST_MAP_READ)) {
    readable = gst_call_barcode_read (GST_VIDEO_FRAME_PLANE_DATA (&frame, 0),
        GST_VIDEO_FRAME_PLANE_STRIDE (&frame, 0), video.width, video.height,
        &code);
    gst_video_frame_unmap (&frame);
  }
  g_mutex_lock (&seen.lock);
  if (readable)
    g_string_append_printf (seen.pictures, "%s[%.1f,%u,%u,%u]",
        seen.n_pictures++ ? "," : "", now, code.camera, code.frame, code.time);
  else
    seen.n_unreadable++;
  g_mutex_unlock (&seen.lock);
  g_main_context_wakeup (NULL);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_sound (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  const gint16 *samples;
  GstMapInfo map;
  gsize n;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  samples = (const gint16 *) map.data;
  n = map.size / sizeof (gint16);
  g_mutex_lock (&seen.lock);
  for (gsize i = 0; i < n; i++) {
    seen.step = MAX (seen.step, ABS (samples[i] - seen.last_sample));
    seen.sum += (gdouble) samples[i] * samples[i];
    seen.last_sample = samples[i];
    if (++seen.n_samples < WINDOW)
      continue;
    g_string_append_printf (seen.windows, "%s[%.1f,%.0f,%d]",
        seen.n_windows++ ? "," : "", now_ms (), sqrt (seen.sum / WINDOW),
        seen.step);
    seen.n_samples = seen.step = seen.sum = 0;
  }
  g_mutex_unlock (&seen.lock);
  gst_buffer_unmap (buffer, &map);
  g_main_context_wakeup (NULL);
  return GST_PAD_PROBE_OK;
}

/* RTP as it comes out of the jitter buffer: what is lost is missing here. */
static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  guint8 head[8];
  gdouble now = now_ms ();
  guint seq;
  guint32 stamp;

  if (gst_buffer_extract (GST_PAD_PROBE_INFO_BUFFER (info), 0, head, 8) != 8)
    return GST_PAD_PROBE_OK;
  seq = GST_READ_UINT16_BE (head + 2);
  stamp = GST_READ_UINT32_BE (head + 4);
  g_mutex_lock (&seen.lock);
  if (seen.n_packets++ > 0) {
    gdouble passed = (gint32) (stamp - seen.last_stamp) * 1000.0 / CLOCK_RATE;

    seen.n_lost += (guint16) (seq - seen.last_seq - 1);
    if (ABS (passed - (now - seen.last_arrival)) > MAX_TIME_ERROR || passed < 0)
      seen.n_jumps++;
  }
  seen.last_seq = seq;
  if (stamp != seen.last_stamp)
    seen.last_arrival = now;
  seen.last_stamp = stamp;
  seen.n_bytes += gst_buffer_get_size (GST_PAD_PROBE_INFO_BUFFER (info));
  g_mutex_unlock (&seen.lock);
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_encoded (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  g_mutex_lock (&seen.lock);
  seen.n_keys += !GST_BUFFER_FLAG_IS_SET (GST_PAD_PROBE_INFO_BUFFER (info),
      GST_BUFFER_FLAG_DELTA_UNIT);
  g_mutex_unlock (&seen.lock);
  return GST_PAD_PROBE_OK;
}

static void
on_signaling_state (GstElement * webrtcbin, GParamSpec * pspec, gpointer unused)
{
  GstWebRTCSignalingState state;

  g_object_get (webrtcbin, "signaling-state", &state, NULL);
  g_mutex_lock (&seen.lock);
  seen.n_negotiations += state != GST_WEBRTC_SIGNALING_STATE_STABLE;
  g_mutex_unlock (&seen.lock);
}

static void
probe (GstElement * element, const gchar * name, GstPadProbeCallback callback)
{
  g_autoptr (GstPad) pad = gst_element_get_static_pad (element, name);

  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, callback, NULL, NULL);
}

static void
on_deep_element_added (GstBin * pipeline, GstBin * bin, GstElement * element,
    gpointer unused)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *name = factory ? GST_OBJECT_NAME (factory) : "";

  if (g_str_equal (name, "webrtcbin")) {
    g_signal_connect (element, "notify::signaling-state",
        G_CALLBACK (on_signaling_state), NULL);
  } else if (g_str_equal (name, "rtpvp8depay")) {
    probe (element, "sink", on_packet);
    probe (element, "src", on_encoded);
  }
}

static void
start_counting (void)
{
  g_mutex_lock (&seen.lock);
  g_string_truncate (seen.pictures, 0);
  g_string_truncate (seen.windows, 0);
  seen.n_pictures = seen.n_unreadable = seen.n_windows = 0;
  seen.n_packets = seen.n_lost = seen.n_jumps = seen.n_keys = 0;
  seen.n_bytes = seen.n_negotiations = 0;
  g_mutex_unlock (&seen.lock);
}

static gboolean
has_pictures (gpointer wanted)
{
  gboolean enough;

  g_mutex_lock (&seen.lock);
  enough = seen.n_pictures + seen.n_windows >= GPOINTER_TO_UINT (wanted);
  g_mutex_unlock (&seen.lock);
  return enough;
}

static void
say_ready (void)
{
  printf ("{\"ready\":true}\n");
  fflush (stdout);
}

static int
run_receive (void)
{
  g_autofree gchar *text = g_strdup_printf ("callbin name=call uri=%s "
      "call.remote_video_0 ! identity name=bench-video ! fakesink sync=false "
      "call.remote_audio_0 ! audioconvert ! audioresample ! "
      "audio/x-raw,format=S16LE,rate=48000,channels=1 ! "
      "identity name=bench-audio ! fakesink sync=false", uri);
  g_autoptr (GError) error = NULL;
  GstElement *pipeline = gst_parse_launch (text, &error);
  g_autoptr (GstElement) video = NULL;
  g_autoptr (GstElement) audio = NULL;
  gdouble start;

  if (error)
    g_error ("%s", error->message);
  seen.pictures = g_string_new (NULL);
  seen.windows = g_string_new (NULL);
  video = gst_bin_get_by_name (GST_BIN (pipeline), "bench-video");
  audio = gst_bin_get_by_name (GST_BIN (pipeline), "bench-audio");
  probe (video, "src", on_picture);
  probe (audio, "src", on_sound);
  g_signal_connect (pipeline, "deep-element-added",
      G_CALLBACK (on_deep_element_added), NULL);
  bench_watch_bus (pipeline);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  if (!bench_wait (has_pictures, GUINT_TO_POINTER (30), 20000))
    g_error ("no pictures after 20 s");
  bench_run (1000);             /* what the beginning of a call brings */
  start_counting ();
  start = now_ms ();
  say_ready ();
  while (getchar () != EOF)
    continue;
  g_mutex_lock (&seen.lock);
  printf ("{\"pictures\":[%s],\"windows\":[%s],\"unreadable\":%u,"
      "\"packets\":%u,\"lost\":%u,\"jumps\":%u,\"keys\":%u,"
      "\"negotiations\":%u,\"kbits\":%.0f}\n", seen.pictures->str,
      seen.windows->str, seen.n_unreadable, seen.n_packets, seen.n_lost,
      seen.n_jumps, seen.n_keys, seen.n_negotiations,
      seen.n_bytes * 8 / (now_ms () - start));
  fflush (stdout);
  g_mutex_unlock (&seen.lock);
  gst_element_set_state (pipeline, GST_STATE_NULL);
  gst_object_unref (pipeline);
  return 0;
}

/* --- sender --- */

typedef struct
{
  GstElement *pipeline;
  GstElement *target;           /* what is switched, or linked to */
  GstElement *camera;           /* the one that is open */
  GstPad *pad;                  /* where it is linked, of target */
} Sender;

typedef struct
{
  const gchar *name;
  const gchar *line;            /* "target" is in it */
  void (*change) (Sender * self, guint camera);
  gboolean immediate;           /* nothing has to open */
} Way;

static void
set_switched (void)
{
  g_mutex_lock (&seen.lock);
  switched = TRUE;
  g_mutex_unlock (&seen.lock);
  g_main_context_wakeup (NULL);
}

static GstBusSyncReply
on_bus_sync (GstBus * bus, GstMessage * message, gpointer unused)
{
  if (gst_message_has_name (message, "call-track-switched"))
    set_switched ();
  return GST_BUS_PASS;
}

static gboolean
is_switched (gpointer unused)
{
  gboolean result;

  g_mutex_lock (&seen.lock);
  result = switched;
  g_mutex_unlock (&seen.lock);
  return result;
}

/* What a switch with a key frame would be: asked for right before the first
 * picture of another camera */
static GstPadProbeReturn
on_sent (GstPad * pad, GstPadProbeInfo * info, gpointer last)
{
  GstMapInfo map;
  GstCallBarcode code;

  if (!gst_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), &map, GST_MAP_READ))
    return GST_PAD_PROBE_OK;
  if (gst_call_barcode_read (map.data, BENCH_WIDTH, BENCH_WIDTH, BENCH_HEIGHT,
          &code) && code.camera != *(guint *) last) {
    *(guint *) last = code.camera;
    gst_pad_push_event (pad, gst_video_event_new_downstream_force_key_unit
        (GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, GST_CLOCK_TIME_NONE, TRUE,
            0));
  }
  gst_buffer_unmap (GST_PAD_PROBE_INFO_BUFFER (info), &map);
  return GST_PAD_PROBE_OK;
}

static GstElement *
make_camera (guint number)
{
  g_autofree gchar *text = g_strdup_printf ("callfakevideosrc camera=%u "
      "open-delay=%d ! " CAMERA_CAPS, number, open_delay);

  return gst_parse_bin_from_description (text, TRUE, NULL);
}

static void
close_camera (Sender * self)
{
  if (!self->camera)
    return;
  gst_element_set_state (self->camera, GST_STATE_NULL);
  if (self->pad) {
    gst_element_release_request_pad (self->target, self->pad);
    gst_clear_object (&self->pad);
  }
  gst_bin_remove (GST_BIN (self->pipeline), self->camera);
}

static void
change_source (Sender * self, guint camera)
{
  g_autofree gchar *id = g_strdup_printf ("fake-camera-%u", camera);

  g_object_set (self->target, "device-id", id, NULL);
}

static void
change_microphone (Sender * self, guint number)
{
  g_autofree gchar *id = g_strdup_printf ("fake-microphone-%u", number);

  g_object_set (self->target, "device-id", id, NULL);
}

static void
change_callswitch (Sender * self, guint number)
{
  GstElement *camera = make_camera (number);
  g_autoptr (GstPad) src = gst_element_get_static_pad (camera, "src");
  GstPad *pad = gst_element_request_pad_simple (self->target, "sink_%u");

  gst_bin_add (GST_BIN (self->pipeline), camera);
  gst_pad_link (src, pad);
  g_object_set (self->target, "active-pad", pad, NULL);
  gst_element_sync_state_with_parent (camera);
  bench_wait (is_switched, NULL, SWITCH_LIMIT);
  close_camera (self);
  self->camera = camera;
  self->pad = pad;
}

static GstPadProbeReturn
on_first_picture (GstPad * pad, GstPadProbeInfo * info, gpointer unused)
{
  set_switched ();
  return GST_PAD_PROBE_REMOVE;
}

static void
change_naive (Sender * self, guint number)
{
  GstElement *camera = make_camera (number);
  g_autoptr (GstPad) src = gst_element_get_static_pad (camera, "src");

  close_camera (self);
  self->camera = camera;
  gst_bin_add (GST_BIN (self->pipeline), camera);
  gst_element_link (camera, self->target);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER, on_first_picture, NULL,
      NULL);
  gst_element_sync_state_with_parent (camera);
}

static void
change_pad (Sender * self, guint number)
{
  g_autofree gchar *name = g_strdup_printf ("sink_%u", number);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->target, name);

  g_object_set (self->target, "active-pad", pad, NULL);
}

#define OPEN_CAMERA(n) " callfakevideosrc camera=" #n " ! " CAMERA_CAPS \
    " ! target.sink_" #n

/* *INDENT-OFF* */
static const Way ways[] = {
  {"source", "callvideosrc name=target device-id=fake-camera-0 ! " CAMERA_CAPS
      " ! call.video_0", change_source, FALSE},
  {"callswitch", "callswitch name=target ! call.video_0", change_callswitch,
      FALSE},
  {"naive", "identity name=target ! call.video_0", change_naive, FALSE},
  {"selector", "input-selector name=target sync-streams=false ! call.video_0" OPEN_CAMERA (0)
      OPEN_CAMERA (1) OPEN_CAMERA (2), change_pad, TRUE},
  {"open", "callswitch name=target ! call.video_0" OPEN_CAMERA (0)
      OPEN_CAMERA (1) OPEN_CAMERA (2), change_pad, TRUE},
  {"microphone", "callaudiosrc name=target device-id=fake-microphone-0 ! "
      "audio/x-raw,rate=48000,channels=1 ! call.audio_0", change_microphone,
      FALSE},
};
/* *INDENT-ON* */

static const Way *
find_way (const gchar * name)
{
  for (guint i = 0; i < G_N_ELEMENTS (ways); i++) {
    if (g_str_equal (ways[i].name, name))
      return &ways[i];
  }
  return NULL;
}

static void
run_switches (Sender * self, const Way * way)
{
  g_autoptr (GString) done = g_string_new (NULL);
  guint camera = 0, failed = 0;

  bench_run (300);              /* the receiver has seen the one before */
  for (gint i = 0; i < count; i++) {
    camera = (camera + 1 + g_random_int_range (0, N_CAMERAS - 1)) % N_CAMERAS;
    switched = FALSE;
    g_string_append_printf (done, "%s[%.1f,%u]", i ? "," : "", now_ms (),
        camera);
    way->change (self, camera);
    if (way->immediate)
      bench_run (100);
    else if (!bench_wait (is_switched, NULL, SWITCH_LIMIT))
      failed++;
    bench_run (150 + g_random_int_range (0, 200));
  }
  bench_run (500);
  printf ("{\"switches\":[%s],\"failed\":%u}\n", done->str, failed);
  fflush (stdout);
}

static int
run_send (const Way * way)
{
  g_autofree gchar *text = g_strdup_printf ("callbin name=call uri=%s "
      "max-bitrate=%d %s", uri, BENCH_BITRATE, way->line);
  g_autoptr (GError) error = NULL;
  Sender self = { gst_parse_launch (text, &error), NULL };
  g_autoptr (GstBus) bus = NULL;
  guint last = 0;

  if (error)
    g_error ("%s", error->message);
  self.target = gst_bin_get_by_name (GST_BIN (self.pipeline), "target");
  if (keyframe) {
    g_autoptr (GstPad) pad = gst_element_get_static_pad (self.target, "src");

    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_sent, &last, NULL);
  }
  bus = gst_element_get_bus (self.pipeline);
  gst_bus_set_sync_handler (bus, on_bus_sync, NULL, NULL);
  bench_watch_bus (self.pipeline);
  gst_element_set_state (self.pipeline, GST_STATE_PLAYING);
  if (way->change == change_naive || way->change == change_callswitch)
    way->change (&self, 0);
  say_ready ();
  while (getchar () != '\n')    /* told to begin */
    continue;
  run_switches (&self, way);
  while (getchar () != EOF)
    continue;
  gst_element_set_state (self.pipeline, GST_STATE_NULL);
  g_clear_object (&self.pad);
  gst_object_unref (self.target);
  gst_object_unref (self.pipeline);
  return 0;
}

int
main (int argc, char **argv)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new ("receive | send WAY");
  g_autoptr (GError) error = NULL;
  g_autofree gchar *devices = NULL;

  g_option_context_add_main_entries (context, options, NULL);
  if (!g_option_context_parse (context, &argc, &argv, &error) || argc < 2
      || !uri || (argc == 3) != g_str_equal (argv[1], "send")
      || (argc == 3 && !find_way (argv[2]))) {
    g_printerr ("%s\n", error ? error->message : "what to do, and --uri?");
    return 2;
  }
  devices = g_strdup_printf ("video=%d,video.open-delay=%d,audio=%d,"
      "audio.open-delay=%d", N_CAMERAS, open_delay, N_CAMERAS, open_delay);
  g_setenv ("GST_CALL_FAKE_DEVICES", devices, TRUE);
  bench_init (&argc, &argv, 1200);
  return argc == 3 ? run_send (find_way (argv[2])) : run_receive ();
}
