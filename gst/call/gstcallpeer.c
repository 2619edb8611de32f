/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Life and negotiation of one peer (JSEP, RFC 8829).
 *
 * Threads
 *   name       runs                                          may take  never
 *   worker     everything but the callbacks below            OBJECT    waits for pc
 *   pc         webrtcbin's callbacks and promises: they copy  OBJECT    calls webrtcbin,
 *              what they are given and post to the worker              changes a state
 *   streaming  webrtcbin's pad-added, new-jitterbuffer        OBJECT    the same
 *   any        gst_call_peer_child_failed: posts to worker    nothing
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: jitterbuffers
 *
 * No lock is held while emitting, posting, linking, or calling webrtcbin.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallice.h"
#include "gstcallpeer-private.h"

#include <gst/sdp/sdp.h>
#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* The permanent data channel of PROTOCOL.md */
#define CHANNEL_LABEL "gst-call"
#define CHANNEL_ID 0
#define LEAVE_GRACE_MS 1000

G_DEFINE_FINAL_TYPE (GstCallPeer, gst_call_peer, GST_TYPE_BIN);

/* A task for the worker that needs more than the peer */
typedef struct
{
  void (*then) (GstCallPeer * self, const GstStructure * reply);
  GstStructure *reply;
} Reply;

typedef struct
{
  GstCallPeer *peer;
  void (*then) (GstCallPeer * self, const GstStructure * reply);
} Asked;

typedef struct
{
  guint mline;
  gchar *candidate;
} Candidate;

static void
candidate_free (gpointer data)
{
  Candidate *candidate = data;

  g_free (candidate->candidate);
  g_free (candidate);
}

const gchar *
gst_call_peer_get_id (GstCallPeer * self)
{
  return self->info->peer_id;
}

const gchar *
gst_call_peer_get_session (GstCallPeer * self)
{
  return self->session;
}

GstCallPeerState
gst_call_peer_get_state (GstCallPeer * self)
{
  return self->state;
}

static void
set_state (GstCallPeer * self, GstCallPeerState state)
{
  if (self->state == state)
    return;
  GST_DEBUG_OBJECT (self, "state %d to %d", self->state, state);
  self->state = state;
  self->config->room->state_changed (self->config->room_data, self);
}

void
gst_call_peer_fail (GstCallPeer * self, const gchar * code,
    const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  if (self->stopped || self->state == GST_CALL_PEER_CLOSED)
    return;
  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  GST_WARNING_OBJECT (self, "%s: %s", code, text);
  self->state = GST_CALL_PEER_CLOSED;
  self->config->room->failed (self->config->room_data, self, code, text);
}

static const gchar *
code_of (const GError * error)
{
  switch (error->code) {
    case GST_CALL_SDP_ERROR_NO_CODEC:
      return "no-common-codec";
    case GST_CALL_SDP_ERROR_FINGERPRINT:
      return "fingerprint-mismatch";
    default:
      return "bad-sdp";
  }
}

static void
send_message (GstCallPeer * self, CallMessageType type, const gchar * sdp)
{
  g_autoptr (CallMessage) message = call_message_new (type);

  message->to = g_strdup (self->info->peer_id);
  message->session = g_strdup (self->session);
  message->sdp = g_strdup (sdp);
  self->config->room->send (self->config->room_data, self, message);
}

/* Asking webrtcbin: the answer of a promise comes back to the worker. */

static void
reply_free (gpointer data)
{
  Reply *reply = data;

  g_clear_pointer (&reply->reply, gst_structure_free);
  g_free (reply);
}

static void
on_reply (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  Reply *reply = data;
  g_autoptr (GError) error = NULL;

  if (self->stopped)
    return;
  if (reply->reply && gst_structure_has_field (reply->reply, "error")) {
    gst_structure_get (reply->reply, "error", G_TYPE_ERROR, &error, NULL);
    gst_call_peer_fail (self, "negotiation-failed", "webrtcbin: %s",
        error ? error->message : "unknown error");
    return;
  }
  if (reply->then)
    reply->then (self, reply->reply);
}

static void
on_promise (GstPromise * promise, gpointer data)
{
  Asked *asked = data;

  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED) {
    const GstStructure *s = gst_promise_get_reply (promise);
    Reply *reply = g_new0 (Reply, 1);

    reply->then = asked->then;
    reply->reply = s ? gst_structure_copy (s) : NULL;
    gst_call_worker_post (asked->peer->worker, on_reply, asked->peer, reply,
        reply_free);
  }
}

static void
asked_free (gpointer data)
{
  gst_object_unref (((Asked *) data)->peer);
  g_free (data);
}

static void
ask (GstCallPeer * self, const gchar * signal, gpointer argument,
    void (*then) (GstCallPeer * self, const GstStructure * reply))
{
  Asked *asked = g_new0 (Asked, 1);
  GstPromise *promise;

  asked->peer = gst_object_ref (self);
  asked->then = then;
  promise = gst_promise_new_with_change_func (on_promise, asked, asked_free);
  g_signal_emit_by_name (self->webrtcbin, signal, argument, promise);
  gst_promise_unref (promise);
}

static void
set_description (GstCallPeer * self, const gchar * signal,
    GstWebRTCSDPType type, const gchar * text, void (*then) (GstCallPeer *,
        const GstStructure *))
{
  GstSDPMessage *message;
  GstWebRTCSessionDescription *description;

  if (gst_sdp_message_new_from_text (text, &message) != GST_SDP_OK) {
    gst_call_peer_fail (self, "bad-sdp", "The description cannot be parsed");
    return;
  }
  description = gst_webrtc_session_description_new (type, message);
  ask (self, signal, description, then);
  gst_webrtc_session_description_free (description);
}

/* Candidates */

static void
send_candidate (GstCallPeer * self, const Candidate * candidate)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_CANDIDATE);
  const gchar *mid = gst_call_sdp_get_mid (self->sdp, candidate->mline);

  message->to = g_strdup (self->info->peer_id);
  message->session = g_strdup (self->session);
  message->candidate = g_strdup (candidate->candidate);
  message->sdp_mid = g_strdup (mid);
  message->sdp_mline_index = candidate->mline;
  self->config->room->send (self->config->room_data, self, message);
}

static void
flush_candidates (GstCallPeer * self)
{
  guint i;

  if (!self->description_sent)
    return;
  for (i = 0; i < self->candidates->len; i++)
    send_candidate (self, g_ptr_array_index (self->candidates, i));
  g_ptr_array_set_size (self->candidates, 0);
  if (self->gathered) {
    self->gathered = FALSE;
    send_message (self, CALL_MESSAGE_END_OF_CANDIDATES, NULL);
  }
}

static void
add_candidate (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  Candidate *candidate = data;
  Candidate *copy;

  if (self->stopped || !*candidate->candidate)
    return;
  copy = g_new0 (Candidate, 1);
  copy->mline = candidate->mline;
  copy->candidate = g_strdup (candidate->candidate);
  g_ptr_array_add (self->candidates, copy);
  flush_candidates (self);
}

static void
on_ice_candidate (GstElement * webrtcbin, guint mline, gchar * text,
    gpointer data)
{
  GstCallPeer *self = data;
  Candidate *candidate = g_new0 (Candidate, 1);

  candidate->mline = mline;
  candidate->candidate = g_strdup (text ? text : "");
  gst_call_worker_post (self->worker, add_candidate, self, candidate,
      candidate_free);
}

static void
check_gathering (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  GstWebRTCICEGatheringState state;

  if (self->stopped)
    return;
  g_object_get (self->webrtcbin, "ice-gathering-state", &state, NULL);
  if (state == GST_WEBRTC_ICE_GATHERING_STATE_COMPLETE) {
    self->gathered = TRUE;
    flush_candidates (self);
  }
}

static void
on_gathering_state (GstElement * webrtcbin, GParamSpec * pspec, gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_post (self->worker, check_gathering, self, NULL, NULL);
}

static void
handle_candidate (GstCallPeer * self, CallMessage * message)
{
  g_autoptr (GError) error = NULL;
  guint mline = 0;

  if (!gst_call_sdp_check_candidate (self->sdp, message->candidate,
          message->sdp_mid, message->sdp_mline_index, &mline, &error)) {
    /* One that is of no use is left out (Firefox sends some for RTCP); a
     * flood of them ends the connection. */
    if (g_error_matches (error, GST_CALL_SDP_ERROR,
            GST_CALL_SDP_ERROR_TOO_LARGE))
      gst_call_peer_fail (self, "bad-sdp", "%s", error->message);
    else
      GST_DEBUG_OBJECT (self, "left out %s: %s", message->candidate,
          error->message);
    return;
  }
  /* webrtcbin 1.22 resolves these in the default main context, which need not
   * run; the peer is found by the checks it sends us. */
  if (strstr (message->candidate, ".local ")) {
    GST_DEBUG_OBJECT (self, "left out %s", message->candidate);
    return;
  }
  if (*message->candidate)
    g_signal_emit_by_name (self->webrtcbin, "add-ice-candidate", mline,
        message->candidate);
}

/* Connection state */

static void
check_connection (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  GstWebRTCPeerConnectionState state;

  if (self->stopped || self->state == GST_CALL_PEER_CLOSED)
    return;
  g_object_get (self->webrtcbin, "connection-state", &state, NULL);
  GST_DEBUG_OBJECT (self, "connection state %d", state);
  switch (state) {
    case GST_WEBRTC_PEER_CONNECTION_STATE_CONNECTED:
      if (gst_call_media_verify (self)) {
        gst_call_worker_clear_timer (&self->timer);
        set_state (self, GST_CALL_PEER_CONNECTED);
      }
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
      gst_call_peer_fail (self, "ice-failed",
          "No network path to %s: is a TURN server needed?",
          self->info->peer_id);
      break;
    default:
      break;
  }
}

static void
on_connection_state (GstElement * webrtcbin, GParamSpec * pspec, gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_post (self->worker, check_connection, self, NULL, NULL);
}

static gboolean
on_timeout (gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_clear_timer (&self->timer);
  gst_call_peer_fail (self, "timeout", "%s was not connected within %u s",
      self->info->peer_id, self->config->connect_timeout / 1000);
  return G_SOURCE_REMOVE;
}

/* Negotiation */

static void
set_wishes (GstCallPeer * self)
{
  GstCallKind kind;

  for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
    gboolean send = self->config->room->get_track (self->config->room_data,
        kind) != NULL;

    gst_call_sdp_set_wish (self->sdp, kind,
        send ? GST_CALL_SENDRECV : GST_CALL_RECV);
  }
}

static void
add_channel (GstCallPeer * self)
{
  g_autoptr (GstStructure) options = gst_structure_new ("options",
      "negotiated", G_TYPE_BOOLEAN, TRUE, "id", G_TYPE_INT, CHANNEL_ID, NULL);

  g_signal_emit_by_name (self->webrtcbin, "create-data-channel", CHANNEL_LABEL,
      options, &self->channel);
}

/* A round of offer and answer is over. */
static void
round_over (GstCallPeer * self)
{
  self->awaiting_answer = FALSE;
  gst_call_media_update_senders (self);
  if (self->renegotiate && self->offerer)
    gst_call_peer_offer (self);
}

static gchar *
description_text (const GstStructure * reply, const gchar * field)
{
  GstWebRTCSessionDescription *description = NULL;
  gchar *text = NULL;

  if (reply)
    gst_structure_get (reply, field, GST_TYPE_WEBRTC_SESSION_DESCRIPTION,
        &description, NULL);
  if (description) {
    text = gst_sdp_message_as_text (description->sdp);
    gst_webrtc_session_description_free (description);
  }
  return text;
}

static void
send_description (GstCallPeer * self, GstCallSdpType type, const gchar * made,
    void (*then) (GstCallPeer *, const GstStructure *))
{
  g_autofree gchar *inner = NULL;
  g_autofree gchar *wire = NULL;
  g_autoptr (GError) error = NULL;
  gboolean offer = type == GST_CALL_SDP_OFFER;

  if (!made) {
    gst_call_peer_fail (self, "negotiation-failed",
        "webrtcbin made no description");
    return;
  }
  if (!gst_call_sdp_send (self->sdp, type, made, &inner, &wire, &error)) {
    gst_call_peer_fail (self, code_of (error), "%s", error->message);
    return;
  }
  GST_TRACE_OBJECT (self, "made:\n%s\ninner:\n%s\nwire:\n%s", made, inner,
      wire);
  set_description (self, "set-local-description", offer ?
      GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, inner, then);
  send_message (self, offer ? CALL_MESSAGE_OFFER : CALL_MESSAGE_ANSWER, wire);
  self->description_sent = TRUE;
  flush_candidates (self);
}

static void
on_offer_made (GstCallPeer * self, const GstStructure * reply)
{
  g_autofree gchar *made = description_text (reply, "offer");

  send_description (self, GST_CALL_SDP_OFFER, made, NULL);
}

static void
on_answer_set (GstCallPeer * self, const GstStructure * reply)
{
  round_over (self);
}

static void
on_answer_made (GstCallPeer * self, const GstStructure * reply)
{
  g_autofree gchar *made = description_text (reply, "answer");

  send_description (self, GST_CALL_SDP_ANSWER, made, on_answer_set);
}

static void
on_offer_set (GstCallPeer * self, const GstStructure * reply)
{
  if (!self->channel && gst_call_sdp_find_media (self->sdp, GST_CALL_KIND_DATA))
    add_channel (self);
  ask (self, "create-answer", NULL, on_answer_made);
}

void
gst_call_peer_offer (GstCallPeer * self)
{
  self->offerer = TRUE;
  if (self->awaiting_answer) {
    self->renegotiate = TRUE;
    return;
  }
  self->renegotiate = FALSE;
  self->awaiting_answer = TRUE;
  set_wishes (self);
  if (self->sendings->len == 0) {
    GstCallKind kind;

    set_state (self, GST_CALL_PEER_CONNECTING);
    for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
      g_autoptr (GstCaps) caps = gst_call_sdp_offer_caps (self->sdp, kind);

      gst_call_media_add_pad (self, kind, kind, caps);
    }
    add_channel (self);
  }
  ask (self, "create-offer", NULL, on_offer_made);
}

static void
receive_offer (GstCallPeer * self, CallMessage * message)
{
  g_autofree gchar *inner = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  if (self->awaiting_answer) {
    /* we are the impolite one: theirs is dropped, they roll back */
    GST_DEBUG_OBJECT (self, "offers crossed, ours stands");
    return;
  }
  set_wishes (self);
  inner = gst_call_sdp_receive (self->sdp, GST_CALL_SDP_OFFER, message->sdp,
      &error);
  if (!inner) {
    gst_call_peer_fail (self, code_of (error), "%s", error->message);
    return;
  }
  GST_TRACE_OBJECT (self, "wire:\n%s\ninner:\n%s", message->sdp, inner);
  set_state (self, GST_CALL_PEER_CONNECTING);
  if (self->sendings->len == 0) {
    for (i = 0; i < gst_call_sdp_get_n_media (self->sdp); i++) {
      const GstCallSdpMedia *media = gst_call_sdp_get_media (self->sdp, i);

      if (media->kind != GST_CALL_KIND_DATA && !media->rejected && media->caps
          && media == gst_call_sdp_find_media (self->sdp, media->kind))
        gst_call_media_add_pad (self, media->kind, i, media->caps);
    }
  }
  set_description (self, "set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER,
      inner, on_offer_set);
}

static void
on_remote_answer_set (GstCallPeer * self, const GstStructure * reply)
{
  round_over (self);
}

static void
receive_answer (GstCallPeer * self, CallMessage * message)
{
  g_autofree gchar *inner = NULL;
  g_autoptr (GError) error = NULL;

  if (!self->awaiting_answer) {
    GST_DEBUG_OBJECT (self, "an answer that nobody asked for");
    return;
  }
  inner = gst_call_sdp_receive (self->sdp, GST_CALL_SDP_ANSWER, message->sdp,
      &error);
  if (!inner) {
    gst_call_peer_fail (self, code_of (error), "%s", error->message);
    return;
  }
  GST_TRACE_OBJECT (self, "wire:\n%s\ninner:\n%s", message->sdp, inner);
  set_description (self, "set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER,
      inner, on_remote_answer_set);
}

void
gst_call_peer_handle (GstCallPeer * self, CallMessage * message)
{
  if (self->stopped || self->state == GST_CALL_PEER_CLOSED)
    return;
  switch (message->type) {
    case CALL_MESSAGE_OFFER:
      receive_offer (self, message);
      break;
    case CALL_MESSAGE_ANSWER:
      receive_answer (self, message);
      break;
    case CALL_MESSAGE_CANDIDATE:
      handle_candidate (self, message);
      break;
    case CALL_MESSAGE_RENEGOTIATE:
      if (self->offerer)
        gst_call_peer_offer (self);
      break;
    default:
      break;
  }
}

void
gst_call_peer_tracks_changed (GstCallPeer * self)
{
  if (self->stopped || self->state == GST_CALL_PEER_NEW)
    return;
  gst_call_media_update_senders (self);
  if (self->offerer)
    gst_call_peer_offer (self);
  else
    send_message (self, CALL_MESSAGE_RENEGOTIATE, NULL);
}

static gboolean
on_child_failed (gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_clear_timer (&self->grace);
  gst_call_peer_fail (self, "internal", "%s", self->child_error);
  return G_SOURCE_REMOVE;
}

/* A peer that leaves breaks its end before the server says that it left. */
static void
child_failed (gpointer object, gpointer data)
{
  GstCallPeer *self = object;

  if (self->stopped || self->grace)
    return;
  self->child_error = g_strdup (data);
  self->grace = gst_call_worker_add_timer (self->worker, LEAVE_GRACE_MS,
      on_child_failed, self);
}

void
gst_call_peer_child_failed (GstCallPeer * self, const GError * error)
{
  gst_call_worker_post (self->worker, child_failed, self,
      g_strdup (error->message), g_free);
}

GstStructure *
gst_call_peer_get_stats (GstCallPeer * self)
{
  static const gchar *const names[] = {
    "new", "connecting", "connected", "closed"
  };
  GstStructure *stats = gst_structure_new ("peer-connection", "peer-id",
      G_TYPE_STRING, self->info->peer_id, "display-name", G_TYPE_STRING,
      self->info->display_name, "state", G_TYPE_STRING, names[self->state],
      NULL);

  gst_call_stats_add (self, stats);
  return stats;
}

void
gst_call_peer_stop (GstCallPeer * self)
{
  if (self->stopped)
    return;
  self->stopped = TRUE;
  gst_call_worker_clear_timer (&self->timer);
  gst_call_worker_clear_timer (&self->grace);
  g_signal_handlers_disconnect_by_data (self->webrtcbin, self);
  gst_call_media_stop (self);
  /* it must not outlive its webrtcbin */
  g_clear_object (&self->channel);
}

static void
make_webrtcbin (GstCallPeer * self)
{
  g_autofree gchar *left_out = NULL;

  self->webrtcbin = gst_element_factory_make ("webrtcbin", "webrtc");
  g_object_set (self->webrtcbin, "latency", self->config->latency, NULL);
  gst_util_set_object_arg (G_OBJECT (self->webrtcbin), "bundle-policy",
      "max-bundle");
  gst_call_ice_set_up (self->webrtcbin, self->config->ice_servers,
      self->config->relay_only, &left_out);
  if (left_out) {
    g_autofree gchar *text = g_strdup_printf ("ICE servers left out: %s",
        left_out);

    self->config->room->warn (self->config->room_data, self, text);
  }
  g_signal_connect (self->webrtcbin, "on-ice-candidate",
      G_CALLBACK (on_ice_candidate), self);
  g_signal_connect (self->webrtcbin, "notify::ice-gathering-state",
      G_CALLBACK (on_gathering_state), self);
  g_signal_connect (self->webrtcbin, "notify::connection-state",
      G_CALLBACK (on_connection_state), self);
  gst_call_media_connect (self);
  gst_bin_add (GST_BIN (self), self->webrtcbin);
}

GstCallPeer *
gst_call_peer_new (const GstCallPeerConfig * config, const CallPeer * info,
    const gchar * session)
{
  g_autofree gchar *name = g_strconcat ("peer-", info->peer_id, NULL);
  GstCallPeer *self = g_object_new (GST_TYPE_CALL_PEER, "name", name, NULL);

  self->config = config;
  self->worker = config->worker;
  self->info = call_peer_copy (info);
  self->session = session ? g_strdup (session) : call_id_new ();
  self->sdp = gst_call_sdp_new ((const gchar * const *) config->audio_codecs,
      (const gchar * const *) config->video_codecs);
  make_webrtcbin (self);
  self->timer = gst_call_worker_add_timer (self->worker,
      config->connect_timeout, on_timeout, self);
  return self;
}

static void
gst_call_peer_dispose (GObject * object)
{
  GstCallPeer *self = GST_CALL_PEER (object);

  g_clear_object (&self->channel);
  g_clear_pointer (&self->sendings, g_ptr_array_unref);
  g_clear_pointer (&self->receivings, g_ptr_array_unref);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
  G_OBJECT_CLASS (gst_call_peer_parent_class)->dispose (object);
}

static void
gst_call_peer_finalize (GObject * object)
{
  GstCallPeer *self = GST_CALL_PEER (object);

  g_clear_pointer (&self->sdp, gst_call_sdp_free);
  g_clear_pointer (&self->info, call_peer_free);
  g_clear_pointer (&self->jitterbuffers, g_hash_table_unref);
  g_free (self->session);
  g_free (self->child_error);
  G_OBJECT_CLASS (gst_call_peer_parent_class)->finalize (object);
}

static void
gst_call_peer_class_init (GstCallPeerClass * klass)
{
  G_OBJECT_CLASS (klass)->dispose = gst_call_peer_dispose;
  G_OBJECT_CLASS (klass)->finalize = gst_call_peer_finalize;
}

static void
gst_call_peer_init (GstCallPeer * self)
{
  self->candidates = g_ptr_array_new_with_free_func (candidate_free);
  self->sendings = g_ptr_array_new_with_free_func (gst_call_sending_free);
  self->receivings = g_ptr_array_new_with_free_func (gst_call_receiving_free);
}
