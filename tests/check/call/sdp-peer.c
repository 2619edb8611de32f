/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sdp-peer.h"

#include "gstcallopenssl.h"
#include "known-warnings.h"

#define WAIT_US (20 * G_USEC_PER_SEC)

typedef struct
{
  SdpPeer *from;                /* NULL: something was counted */
  guint mline;
  gchar *candidate;
} Event;

static void
push_event (GAsyncQueue * events, SdpPeer * from, guint mline,
    const gchar * candidate)
{
  Event *event = g_new0 (Event, 1);

  event->from = from;
  event->mline = mline;
  event->candidate = g_strdup (candidate);
  g_async_queue_push (events, event);
}

static void
event_free (Event * event)
{
  g_free (event->candidate);
  g_free (event);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Event, event_free);

GAsyncQueue *
sdp_events_new (void)
{
  return g_async_queue_new_full ((GDestroyNotify) event_free);
}

static void
on_ice_candidate (GstElement * webrtc, guint mline, gchar * candidate,
    SdpPeer * self)
{
  push_event (self->events, self, mline, candidate);
}

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  SdpPeer *self = data;
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const gchar *media;

  if (caps == NULL)
    return GST_PAD_PROBE_OK;
  media = gst_structure_get_string (gst_caps_get_structure (caps, 0), "media");
  g_atomic_int_inc (&self->packets[g_strcmp0 (media, "video") == 0
          ? GST_CALL_KIND_VIDEO : GST_CALL_KIND_AUDIO]);
  push_event (self->events, NULL, 0, NULL);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * webrtc, GstPad * pad, SdpPeer * self)
{
  GstElement *sink;
  g_autoptr (GstPad) sink_pad = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (self->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (sink_pad, GST_PAD_PROBE_TYPE_BUFFER, on_packet, self,
      NULL);
  gst_pad_link (pad, sink_pad);
}

static void
on_ready_state (GObject * channel, GParamSpec * pspec, SdpPeer * self)
{
  GstWebRTCDataChannelState state;

  g_object_get (channel, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN) {
    g_atomic_int_inc (&self->opened);
    push_event (self->events, NULL, 0, NULL);
  }
}

/* Only now does webrtcbin keep the m-line in offers of its own */
static void
on_data_channel (GstElement * webrtc, GObject * channel, SdpPeer * self)
{
  g_atomic_int_inc (&self->opened);
  push_event (self->events, NULL, 0, NULL);
}

/* Loopback only: no network is needed and none is touched */
static void
stay_on_loopback (SdpPeer * self)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;
  gboolean ok = FALSE;

  g_object_get (self->webrtc, "ice-agent", &ice, NULL);
  g_object_get (ice, "agent", &agent, NULL);
  g_object_set (agent, "upnp", FALSE, "ice-tcp", FALSE, NULL);
  g_signal_emit_by_name (ice, "add-local-ip-address", "127.0.0.1", &ok);
  fail_unless (ok);
}

SdpPeer *
sdp_peer_new (const gchar * name, GAsyncQueue * events)
{
  static const gchar *const audio[] = { "OPUS", NULL };
  static const gchar *const video[] = { "VP8", "H264", NULL };
  SdpPeer *self = g_new0 (SdpPeer, 1);

  known_warnings_allow ();
  gst_call_keep_openssl ();
  self->name = name;
  self->events = g_async_queue_ref (events);
  self->sdp = gst_call_sdp_new (audio, video);
  self->pipeline = gst_pipeline_new (name);
  self->webrtc = gst_element_factory_make ("webrtcbin", NULL);
  fail_unless (self->webrtc != NULL, "webrtcbin is not installed");
  g_object_set (self->webrtc, "bundle-policy",
      GST_WEBRTC_BUNDLE_POLICY_MAX_BUNDLE, "latency", 0, NULL);
  gst_bin_add (GST_BIN (self->pipeline), self->webrtc);
  stay_on_loopback (self);
  g_signal_connect (self->webrtc, "on-ice-candidate",
      G_CALLBACK (on_ice_candidate), self);
  g_signal_connect (self->webrtc, "on-data-channel",
      G_CALLBACK (on_data_channel), self);
  g_signal_connect (self->webrtc, "pad-added", G_CALLBACK (on_pad_added), self);
  return self;
}

void
sdp_peer_set_video_codecs (SdpPeer * self, const gchar * const *codecs)
{
  static const gchar *const audio[] = { "OPUS", NULL };

  gst_call_sdp_free (self->sdp);
  self->sdp = gst_call_sdp_new (audio, codecs);
}

void
sdp_peer_free (SdpPeer * self)
{
  gst_element_set_state (self->pipeline, GST_STATE_NULL);
  gst_object_unref (self->pipeline);
  gst_call_sdp_free (self->sdp);
  g_async_queue_unref (self->events);
  g_free (self->last_inner);
  g_free (self->last_wire);
  g_free (self);
}

void
sdp_peer_play (SdpPeer * self)
{
  fail_if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING)
      == GST_STATE_CHANGE_FAILURE);
}

static const gchar *
source_for (const gchar * codec)
{
  if (g_strcmp0 (codec, "OPUS") == 0)
    return "audiotestsrc is-live=true ! opusenc ! rtpopuspay name=pay "
        "! capsfilter name=filter ! valve name=valve";
  if (g_strcmp0 (codec, "H264") == 0)
    return "videotestsrc is-live=true ! video/x-raw,width=160,height=120,"
        "framerate=15/1 ! x264enc tune=zerolatency speed-preset=ultrafast "
        "! video/x-h264,profile=constrained-baseline "
        "! rtph264pay name=pay config-interval=-1 aggregate-mode=zero-latency "
        "! capsfilter name=filter ! valve name=valve";
  return "videotestsrc is-live=true ! video/x-raw,width=160,height=120,"
      "framerate=15/1 ! vp8enc deadline=1 cpu-used=8 ! rtpvp8pay name=pay "
      "picture-id-mode=15-bit ! capsfilter name=filter ! valve name=valve";
}

void
sdp_peer_add_source (SdpPeer * self, GstCallKind kind, guint mline,
    const gchar * codec, GstCaps * preferences)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *name = g_strdup_printf ("sink_%u", mline);
  GstElement *bin =
      gst_parse_bin_from_description (source_for (codec), TRUE, &error);
  g_autoptr (GstElement) pay = NULL;
  g_autoptr (GstElement) filter = NULL;
  g_autoptr (GstPad) src = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstWebRTCRTPTransceiver) transceiver = NULL;
  g_autoptr (GstCaps) caps = NULL;
  gint pt = 0;

  g_assert_no_error (error);
  for (guint i = 0; i < gst_caps_get_size (preferences) && caps == NULL; i++) {
    GstStructure *s = gst_caps_get_structure (preferences, i);

    if (g_strcmp0 (gst_structure_get_string (s, "encoding-name"), codec) == 0)
      caps = gst_caps_new_full (gst_structure_copy (s), NULL);
  }
  fail_unless (caps != NULL);
  gst_structure_get_int (gst_caps_get_structure (caps, 0), "payload", &pt);
  pay = gst_bin_get_by_name (GST_BIN (bin), "pay");
  g_object_set (pay, "pt", pt, NULL);
  filter = gst_bin_get_by_name (GST_BIN (bin), "filter");
  g_object_set (filter, "caps", caps, NULL);
  self->valve[kind] = gst_bin_get_by_name (GST_BIN (bin), "valve");
  gst_object_unref (self->valve[kind]);
  gst_bin_add (GST_BIN (self->pipeline), bin);

  sink = gst_element_request_pad_simple (self->webrtc, name);
  fail_unless (sink != NULL);
  g_object_get (sink, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "codec-preferences", preferences, "do-nack",
      kind == GST_CALL_KIND_VIDEO, NULL);
  src = gst_element_get_static_pad (bin, "src");
  fail_unless (gst_pad_link (src, sink) == GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent (bin);
}

void
sdp_peer_add_data_channel (SdpPeer * self)
{
  GObject *channel = NULL;

  g_signal_emit_by_name (self->webrtc, "create-data-channel", "control", NULL,
      &channel);
  fail_unless (channel != NULL);
  g_signal_connect (channel, "notify::ready-state",
      G_CALLBACK (on_ready_state), self);
  g_object_unref (channel);
}

static void
on_answer (GstPromise * promise, gpointer answers)
{
  g_async_queue_push (answers, promise);
}

/* webrtcbin is to answer within the time of sdp_wait_for () */
static GstPromise *
promise_new (GAsyncQueue * answers)
{
  return gst_promise_new_with_change_func (on_answer, g_async_queue_ref
      (answers), (GDestroyNotify) g_async_queue_unref);
}

/* NULL: the reply is empty, which is success for set-…-description */
static GstPromise *
wait_for_promise (GstPromise * promise, GAsyncQueue * answers,
    const gchar * what)
{
  const GstStructure *reply;

  if (g_async_queue_timeout_pop (answers, WAIT_US) == NULL)
    ck_abort_msg ("webrtcbin does not answer: %s", what);
  fail_unless (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED);
  reply = gst_promise_get_reply (promise);
  if (reply != NULL && gst_structure_has_field (reply, "error")) {
    g_autoptr (GError) error = NULL;

    gst_structure_get (reply, "error", G_TYPE_ERROR, &error, NULL);
    ck_abort_msg ("%s: %s", what, error->message);
  }
  return promise;
}

static gchar *
create (SdpPeer * self, const gchar * action, const gchar * field)
{
  g_autoptr (GAsyncQueue) answers = g_async_queue_new ();
  GstPromise *promise = promise_new (answers);
  GstWebRTCSessionDescription *description = NULL;
  gchar *text;

  g_signal_emit_by_name (self->webrtc, action, NULL, promise);
  wait_for_promise (promise, answers, action);
  gst_structure_get (gst_promise_get_reply (promise), field,
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  fail_unless (description != NULL);
  text = gst_sdp_message_as_text (description->sdp);
  gst_webrtc_session_description_free (description);
  gst_promise_unref (promise);
  mark_point ();
  return text;
}

static void
set (SdpPeer * self, const gchar * action, GstWebRTCSDPType type,
    const gchar * text)
{
  g_autoptr (GAsyncQueue) answers = g_async_queue_new ();
  GstPromise *promise = promise_new (answers);
  GstWebRTCSessionDescription *description;
  GstSDPMessage *message;

  fail_unless (gst_sdp_message_new_from_text (text, &message) == GST_SDP_OK);
  description = gst_webrtc_session_description_new (type, message);
  g_signal_emit_by_name (self->webrtc, action, description, promise);
  wait_for_promise (promise, answers, text);
  gst_promise_unref (promise);
  gst_webrtc_session_description_free (description);
  g_free (self->last_inner);
  self->last_inner = g_strdup (text);
}

static gchar *
send (SdpPeer * self, GstCallSdpType type)
{
  gboolean offer = type == GST_CALL_SDP_OFFER;
  g_autoptr (GError) error = NULL;
  g_autofree gchar *made = create (self,
      offer ? "create-offer" : "create-answer", offer ? "offer" : "answer");
  g_autofree gchar *inner = NULL;
  gchar *wire = NULL;

  gst_call_sdp_send (self->sdp, type, made, &inner, &wire, &error);
  g_assert_no_error (error);
  mark_point ();
  GST_LOG ("%s made\n%s\ninner\n%s\nwire\n%s", self->name, made, inner, wire);
  set (self, "set-local-description",
      offer ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, inner);
  g_free (self->last_wire);
  self->last_wire = g_strdup (wire);
  return wire;
}

gchar *
sdp_peer_offer (SdpPeer * self)
{
  return send (self, GST_CALL_SDP_OFFER);
}

gchar *
sdp_peer_answer (SdpPeer * self)
{
  return send (self, GST_CALL_SDP_ANSWER);
}

void
sdp_peer_take (SdpPeer * self, GstCallSdpType type, const gchar * wire)
{
  sdp_peer_take_with (self, type, wire, NULL);
}

void
sdp_peer_take_with (SdpPeer * self, GstCallSdpType type, const gchar * wire,
    void (*prepare) (SdpPeer * self))
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *inner =
      gst_call_sdp_receive (self->sdp, type, wire, &error);

  g_assert_no_error (error);
  GST_LOG ("%s got\n%s\ninner\n%s", self->name, wire, inner);
  if (prepare != NULL)
    prepare (self);
  set (self, "set-remote-description", type == GST_CALL_SDP_OFFER
      ? GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, inner);
}

void
sdp_peer_apply_directions (SdpPeer * self)
{
  for (guint kind = 0; kind < 2; kind++) {
    const GstCallSdpMedia *media = gst_call_sdp_find_media (self->sdp, kind);

    if (self->valve[kind] != NULL)
      g_object_set (self->valve[kind], "drop",
          media == NULL || !(media->direction & GST_CALL_SEND), NULL);
  }
}

static void
deliver (Event * event)
{
  SdpPeer *from = event->from, *to;
  g_autoptr (GError) error = NULL;
  guint mline = 0;

  if (from == NULL || from->other == NULL)
    return;
  to = from->other;
  gst_call_sdp_check_candidate (to->sdp, event->candidate,
      gst_call_sdp_get_mid (from->sdp, event->mline), event->mline, &mline,
      &error);
  g_assert_no_error (error);
  g_signal_emit_by_name (to->webrtc, "add-ice-candidate", mline,
      event->candidate);
}

void
sdp_wait_for (GAsyncQueue * events, SdpCondition condition, gpointer data,
    const gchar * what)
{
  gint64 deadline = g_get_monotonic_time () + WAIT_US;

  while (!condition (data)) {
    gint64 left = deadline - g_get_monotonic_time ();
    g_autoptr (Event) event = left <= 0 ? NULL
        : g_async_queue_timeout_pop (events, left);

    if (event == NULL)
      ck_abort_msg ("waited in vain for %s", what);
    deliver (event);
    mark_point ();
  }
}
