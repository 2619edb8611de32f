/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Offers and answers of one peer (JSEP, RFC 8829): what webrtcbin makes goes
 * through GstCallSdp to the wire, what comes from the wire through GstCallSdp
 * to webrtcbin.
 *
 * Threads
 *   name    runs                                             never
 *   worker  everything but on_promise                        waits for pc, but
 *                                                            in _settle
 *   pc      on_promise: copies the reply, posts to worker    calls webrtcbin
 *
 * There is no lock here.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallice.h"
#include "gstcallpeer-private.h"

#include <gst/sdp/sdp.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* The permanent data channel of PROTOCOL.md */
#define CHANNEL_LABEL "gst-call"
#define CHANNEL_ID 0
/* A description is set in some milliseconds, if at all */
#define SETTLE_MS 200
/* In looks, two a second */
#define FIRST_INSISTENCE 4
/* How long another answer may take to an offer that was said again */
#define STRAY_US (10 * G_USEC_PER_SEC)

/* A task for the worker that needs more than the peer */
typedef struct
{
  void (*then) (GstCallPeer * self, const GstStructure * reply);
  GstStructure *reply;
  gpointer promise;             /* only to be compared */
} Reply;

typedef struct
{
  GstCallPeer *peer;
  void (*then) (GstCallPeer * self, const GstStructure * reply);
} Asked;

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
  g_ptr_array_remove_fast (self->promises, reply->promise);
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
  GstCallPeer *self = asked->peer;

  if (gst_promise_wait (promise) == GST_PROMISE_RESULT_REPLIED) {
    const GstStructure *s = gst_promise_get_reply (promise);
    Reply *reply = g_new0 (Reply, 1);

    reply->then = asked->then;
    reply->promise = promise;
    reply->reply = s ? gst_structure_copy (s) : NULL;
    gst_call_worker_post (self->worker, on_reply, self, reply, reply_free);
  }
  g_atomic_int_add (&self->asking, -1);
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
  /* ours until it is answered: webrtcbin may be stopped before */
  g_ptr_array_add (self->promises, promise);
  g_atomic_int_inc (&self->asking);
  g_signal_emit_by_name (self->webrtcbin, signal, argument, promise);
}

void
gst_call_negotiation_settle (GstCallPeer * self)
{
  guint i;

  for (i = 0; i < SETTLE_MS && g_atomic_int_get (&self->asking) > 0; i++)
    g_usleep (G_USEC_PER_SEC / 1000);
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
  gst_call_liveness_add_channel (self);
  gst_call_channels_prepare (self);
}

/* A round of offer and answer is over. */
static void
round_over (GstCallPeer * self)
{
  g_autoptr (CallMessage) waiting = g_steal_pointer (&self->waiting_offer);

  self->awaiting_answer = self->answered = self->answering = FALSE;
  gst_call_peer_start_ice_timer (self);
  if (self->verified)
    gst_call_worker_clear_timer (&self->timer);
  gst_call_media_update_senders (self);
  gst_call_media_prefer_agreed (self);
  if (waiting)
    gst_call_negotiation_receive_offer (self, waiting);
  else if ((self->renegotiate || self->ice_restart) && self->offerer)
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
  g_autofree gchar *ours = NULL;
  g_autoptr (GError) error = NULL;
  gboolean offer = type == GST_CALL_SDP_OFFER;

  if (!made) {
    gst_call_peer_fail (self, "negotiation-failed",
        "webrtcbin made no description");
    return;
  }
  ours = gst_call_restart_rewrite (self, made);
  if (!gst_call_sdp_send (self->sdp, type, ours, &inner, &wire, &error)) {
    gst_call_peer_fail (self, code_of (error), "%s", error->message);
    return;
  }
  GST_TRACE_OBJECT (self, "made:\n%s\ninner:\n%s\nwire:\n%s", ours, inner,
      wire);
  if (offer && self->ufrag)
    self->unset_offer = g_steal_pointer (&inner);
  else
    set_description (self, "set-local-description", offer ?
        GST_WEBRTC_SDP_TYPE_OFFER : GST_WEBRTC_SDP_TYPE_ANSWER, inner, then);
  gst_call_peer_send (self, offer ? CALL_MESSAGE_OFFER : CALL_MESSAGE_ANSWER,
      wire);
  self->description_sent = TRUE;
  gst_call_trickle_flush (self);
  g_free (offer ? self->offer : self->answer);
  *(offer ? &self->offer : &self->answer) = g_steal_pointer (&wire);
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
  gst_call_restart_done (self);
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

/* One round at a time: webrtcbin 1.28 aborts on an offer in between. And who does
 * not number answers (another client than ours) may give two to one offer: the
 * second is not to be taken for that to the next. */
static gboolean
is_busy (GstCallPeer * self)
{
  return self->awaiting_answer || self->answering || (self->strays > 0
      && g_get_monotonic_time () < self->strays_until);
}

void
gst_call_peer_offer (GstCallPeer * self)
{
  self->offerer = TRUE;
  if (is_busy (self)) {
    self->renegotiate = TRUE;
    return;
  }
  if (self->ice_restart)
    gst_call_restart_prepare (self);
  self->renegotiate = self->ice_restart = FALSE;
  self->awaiting_answer = TRUE;
  self->offer_id++;
  self->n_said = self->strays = 0;
  gst_call_peer_start_timer (self);
  set_wishes (self);
  if (self->sendings->len == 0) {
    GstCallKind kind;

    gst_call_peer_set_state (self, GST_CALL_PEER_CONNECTING);
    for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
      g_autoptr (GstCaps) caps = gst_call_sdp_offer_caps (self->sdp, kind);

      gst_call_media_add_pad (self, kind, kind, caps);
    }
    add_channel (self);
  }
  ask (self, "create-offer", NULL, on_offer_made);
}

void
gst_call_peer_restart (GstCallPeer * self)
{
  g_autoptr (CallMessage) message = NULL;

  if (self->stopped || self->state == GST_CALL_PEER_NEW)
    return;
  if (self->offerer) {
    /* one is on its way */
    if (self->ufrag)
      return;
    self->ice_restart = TRUE;
    gst_call_peer_offer (self);
    return;
  }
  message = call_message_new (CALL_MESSAGE_RENEGOTIATE);
  message->to = g_strdup (self->info->peer_id);
  message->session = g_strdup (self->session);
  message->ice_restart = TRUE;
  self->config->room->send (self->config->room_data, self, message);
}

void
gst_call_peer_ask_for_offer (GstCallPeer * self)
{
  gint64 now = g_get_monotonic_time ();

  self->renegotiate = !self->can_signal;
  /* what it offers then is answered with all that there is by then; one that
   * has got lost is asked for again */
  if (self->renegotiate || (self->asked
          && now < self->asked + self->config->connect_timeout * 1000))
    return;
  self->asked = now;
  gst_call_peer_send (self, CALL_MESSAGE_RENEGOTIATE, NULL);
}

/* What is new in it is taken, the rest does no harm. An offer of somebody whom it
 * does not know would be nothing to the peer. */
static void
say_again (GstCallPeer * self)
{
  GST_INFO_OBJECT (self, "%s", self->offer ? "offered again" :
      "candidates sent again");
  if (self->offer) {
    self->config->room->introduce (self->config->room_data);
    gst_call_peer_send (self, CALL_MESSAGE_OFFER, self->offer);
    self->n_said++;
  }
  self->n_sent_candidates = 0;
  self->gathered_sent = FALSE;
  gst_call_trickle_flush (self);
}

/* After 2, 4 and 8 s: a message that got lost is not waited for until the
 * connection is given up. */
void
gst_call_peer_insist (GstCallPeer * self)
{
  guint looks = ++self->connecting_looks;

  if (looks == FIRST_INSISTENCE || looks == 2 * FIRST_INSISTENCE
      || looks == 4 * FIRST_INSISTENCE)
    say_again (self);
}

void
gst_call_peer_offer_held (GstCallPeer * self)
{
  if (self->renegotiate && self->offerer && !is_busy (self))
    gst_call_peer_offer (self);
}

void
gst_call_peer_unheard (GstCallPeer * self)
{
  self->unheard = TRUE;
}

void
gst_call_peer_present (GstCallPeer * self)
{
  if (self->stopped || !self->unheard)
    return;
  self->unheard = FALSE;
  if (!self->offerer) {
    self->asked = 0;
    gst_call_peer_ask_for_offer (self);
  } else if (self->offer) {
    gst_call_peer_start_timer (self);
    say_again (self);
  }
}

static gboolean
is_sending (GstCallPeer * self, GstCallKind kind)
{
  guint i;

  for (i = 0; i < self->sendings->len; i++) {
    if (((GstCallSending *) g_ptr_array_index (self->sendings,
                i))->kind == kind)
      return TRUE;
  }
  return FALSE;
}

/* An offer that is said again, as its answer may be lost, is given the same
 * answer again: another one would be taken for that to a later offer. */
static gboolean
was_taken (GstCallPeer * self, const CallMessage * offer)
{
  if (offer->offer_id == 0 || offer->offer_id > self->their_offer_id)
    return FALSE;
  if (offer->offer_id == self->their_offer_id && self->answer)
    gst_call_peer_send (self, CALL_MESSAGE_ANSWER, self->answer);
  return TRUE;
}

/* It was taken, or is not to be taken now */
static gboolean
is_put_off (GstCallPeer * self, CallMessage * message)
{
  if (was_taken (self, message))
    return TRUE;
  if (self->answered || self->answering) {
    /* the peer is through with the round before, webrtcbin is not yet */
    g_clear_pointer (&self->waiting_offer, call_message_unref);
    self->waiting_offer = call_message_ref (message);
    return TRUE;
  }
  if (self->awaiting_answer) {
    /* we are the impolite one: theirs is dropped, they roll back */
    GST_DEBUG_OBJECT (self, "offers crossed, ours stands");
    return TRUE;
  }
  return FALSE;
}

void
gst_call_negotiation_receive_offer (GstCallPeer * self, CallMessage * message)
{
  g_autofree gchar *before =
      g_strdup (gst_call_sdp_get_remote_ufrag (self->sdp));
  g_autofree gchar *inner = NULL;
  g_autoptr (GError) error = NULL;
  guint i;

  if (is_put_off (self, message))
    return;
  set_wishes (self);
  inner = gst_call_sdp_receive (self->sdp, GST_CALL_SDP_OFFER, message->sdp,
      &error);
  if (!inner) {
    gst_call_peer_fail (self, code_of (error), "%s", error->message);
    return;
  }
  GST_TRACE_OBJECT (self, "wire:\n%s\ninner:\n%s", message->sdp, inner);
  self->answering = TRUE;
  self->their_offer_id = message->offer_id;
  g_clear_pointer (&self->answer, g_free);
  self->asked = 0;
  if (before
      && !g_str_equal (before, gst_call_sdp_get_remote_ufrag (self->sdp))) {
    gst_call_restart_prepare (self);
    gst_call_restart_agent (self);
  }
  if (self->state == GST_CALL_PEER_NEW)
    gst_call_peer_set_state (self, GST_CALL_PEER_CONNECTING);
  for (i = 0; i < gst_call_sdp_get_n_media (self->sdp); i++) {
    const GstCallSdpMedia *media = gst_call_sdp_get_media (self->sdp, i);

    if (media->kind != GST_CALL_KIND_DATA && !media->rejected && media->caps
        && media == gst_call_sdp_find_media (self->sdp, media->kind)
        && !is_sending (self, media->kind))
      gst_call_media_add_pad (self, media->kind, i, media->caps);
  }
  set_description (self, "set-remote-description", GST_WEBRTC_SDP_TYPE_OFFER,
      inner, on_offer_set);
}

static void
on_remote_answer_set (GstCallPeer * self, const GstStructure * reply)
{
  self->description_sent = TRUE;
  gst_call_trickle_flush (self);
  round_over (self);
}

void
gst_call_negotiation_receive_answer (GstCallPeer * self, CallMessage * message)
{
  g_autofree gchar *inner = NULL;
  g_autoptr (GError) error = NULL;

  if (!self->awaiting_answer || self->answered
      || (message->offer_id && message->offer_id != self->offer_id)) {
    GST_DEBUG_OBJECT (self, "an answer that nobody asked for");
    self->strays -= self->strays > 0 && !message->offer_id;
    gst_call_peer_offer_held (self);
    return;
  }
  inner = gst_call_sdp_receive (self->sdp, GST_CALL_SDP_ANSWER, message->sdp,
      &error);
  if (!inner) {
    gst_call_peer_fail (self, code_of (error), "%s", error->message);
    return;
  }
  GST_TRACE_OBJECT (self, "wire:\n%s\ninner:\n%s", message->sdp, inner);
  self->answered = TRUE;
  self->strays = message->offer_id ? 0 : self->n_said;
  self->strays_until = g_get_monotonic_time () + STRAY_US;
  g_clear_pointer (&self->offer, g_free);
  if (self->unset_offer) {
    gst_call_restart_agent (self);
    set_description (self, "set-local-description", GST_WEBRTC_SDP_TYPE_OFFER,
        self->unset_offer, NULL);
    gst_call_restart_done (self);
  }
  gst_call_ice_before_checks (self->webrtcbin);
  set_description (self, "set-remote-description", GST_WEBRTC_SDP_TYPE_ANSWER,
      inner, on_remote_answer_set);
}
