/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-rtc.h"

#include <gst/video/video.h>

#include <stdlib.h>
#include <unistd.h>

void
bench_init (int *argc, char ***argv, guint seconds)
{
  gst_init (argc, argv);
  bench_picture_register ();
  alarm (seconds);
}

GstElement *
bench_webrtcbin_new (GstBin * bin, gint latency, guint pacing)
{
  GstElement *webrtcbin = gst_element_factory_make ("webrtcbin", NULL);
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;

  if (!webrtcbin)
    g_error ("no webrtcbin: install gstreamer1.0-plugins-bad");
  g_object_set (webrtcbin, "bundle-policy",
      GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, NULL);
  if (latency >= 0)
    g_object_set (webrtcbin, "latency", latency, NULL);
  gst_bin_add (bin, webrtcbin);

  g_object_get (webrtcbin, "ice-agent", &ice, NULL);
  if (g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent"))
    g_object_get (ice, "agent", &agent, NULL);
  if (agent) {
    g_object_set (agent, "upnp", FALSE, NULL);
    if (pacing)
      g_object_set (agent, "stun-pacing-timer", pacing, NULL);
  }
  return webrtcbin;
}

void
bench_webrtcbin_send (GstBin * bin, GstElement * webrtcbin, const gchar * tee,
    const gchar * rtp_caps, GstWebRTCRTPTransceiverDirection direction,
    gboolean nack)
{
  g_autoptr (GstElement) source = gst_bin_get_by_name (bin, tee);
  g_autoptr (GstCaps) caps = gst_caps_from_string (rtp_caps);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) queue_src = NULL;
  GstElement *queue = gst_element_factory_make ("queue", NULL);

  g_object_set (queue, "leaky", 2, "max-size-buffers", 200, "max-size-bytes",
      0, "max-size-time", (guint64) 0, NULL);
  gst_bin_add (bin, queue);

  sink = gst_element_request_pad_simple (webrtcbin, "sink_%u");
  g_object_get (sink, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "codec-preferences", caps, "direction", direction,
      "do-nack", nack, NULL);
  queue_src = gst_element_get_static_pad (queue, "src");
  gst_pad_link (queue_src, sink);
  gst_element_sync_state_with_parent (queue);
  gst_element_link (source, queue);
}

void
bench_webrtcbin_receive (GstElement * webrtcbin, const gchar * rtp_caps,
    gboolean nack)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string (rtp_caps);
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;

  g_signal_emit_by_name (webrtcbin, "add-transceiver",
      GST_WEBRTC_RTP_TRANSCEIVER_DIRECTION_RECVONLY, caps, &transceiver);
  g_object_set (transceiver, "do-nack", nack, NULL);
}

static gboolean
pad_is_video (GstPad * pad)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);

  if (!caps)
    caps = gst_pad_query_caps (pad, NULL);
  return g_strcmp0 (gst_structure_get_string (gst_caps_get_structure (caps, 0),
          "media"), "video") == 0;
}

void
bench_receive_pad (GstBin * bin, GstPad * pad, BenchView * view)
{
  gboolean video = pad_is_video (pad);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstElement) decoder = NULL;
  g_autoptr (GstPad) raw = NULL;
  g_autoptr (GstPad) sink = NULL;
  GstElement *receiver = gst_parse_bin_from_description (video ?
      "rtpvp8depay request-keyframe=true wait-for-keyframe=true ! "
      "vp8dec name=decoder ! queue ! fakesink name=sink sync=true" :
      "rtpopusdepay ! opusdec name=decoder ! queue ! fakesink sync=true",
      TRUE, &error);

  if (!receiver)
    g_error ("cannot receive: %s", error->message);
  decoder = gst_bin_get_by_name (GST_BIN (receiver), "decoder");
  raw = gst_element_get_static_pad (decoder, "src");
  if (video) {
    g_autoptr (GstElement) fakesink =
        gst_bin_get_by_name (GST_BIN (receiver), "sink");

    bench_view_mark (view, BENCH_MARK_PAD);
    bench_view_watch_decoded (view, raw);
    bench_view_watch_shown (view, fakesink);
  } else {
    bench_view_watch_audio (view, raw);
  }
  gst_bin_add (bin, receiver);
  gst_element_sync_state_with_parent (receiver);
  sink = gst_element_get_static_pad (receiver, "sink");
  gst_pad_link (pad, sink);
}

void
bench_force_keyframe (GstBin * bin)
{
  g_autoptr (GstElement) encoder = gst_bin_get_by_name (bin, "encoder");
  g_autoptr (GstPad) src = NULL;

  if (!encoder)
    return;
  src = gst_element_get_static_pad (encoder, "src");
  gst_pad_send_event (src,
      gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
          1));
}

static void
on_ice_state (GstElement * webrtcbin, GParamSpec * pspec, gpointer user_data)
{
  GstWebRTCICEConnectionState state;

  g_object_get (webrtcbin, "ice-connection-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED
      || state == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED)
    bench_view_mark (user_data, BENCH_MARK_ICE);
}

static void
on_connection_state (GstElement * webrtcbin, GParamSpec * pspec,
    gpointer user_data)
{
  GstWebRTCPeerConnectionState state;

  g_object_get (webrtcbin, "connection-state", &state, NULL);
  if (state == GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED)
    bench_view_mark (user_data, BENCH_MARK_DTLS);
}

void
bench_watch_states (GstElement * webrtcbin, BenchView * view)
{
  g_signal_connect (webrtcbin, "notify::ice-connection-state",
      G_CALLBACK (on_ice_state), view);
  g_signal_connect (webrtcbin, "notify::connection-state",
      G_CALLBACK (on_connection_state), view);
}

static gboolean
on_bus_message (GstBus * bus, GstMessage * message, gpointer pipeline)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  switch (GST_MESSAGE_TYPE (message)) {
    case GST_MESSAGE_LATENCY:
      gst_bin_recalculate_latency (pipeline);
      break;
    case GST_MESSAGE_ERROR:
      gst_message_parse_error (message, &error, &debug);
      g_printerr ("%s: %s (%s)\n", GST_MESSAGE_SRC_NAME (message),
          error->message, debug);
      exit (1);
    default:
      break;
  }
  return G_SOURCE_CONTINUE;
}

void
bench_watch_bus (GstElement * pipeline)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);

  gst_bus_add_watch (bus, on_bus_message, pipeline);
}

static gboolean
on_timeout (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

gboolean
bench_wait (BenchCondition condition, gpointer user_data, guint milliseconds)
{
  gboolean late = FALSE;
  guint timer = g_timeout_add (milliseconds, on_timeout, &late);

  while (!late && !condition (user_data))
    g_main_context_iteration (NULL, TRUE);
  if (!late)
    g_source_remove (timer);
  return !late;
}

static gboolean
never (gpointer unused)
{
  return FALSE;
}

void
bench_run (guint milliseconds)
{
  bench_wait (never, NULL, milliseconds);
}
