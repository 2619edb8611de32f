/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Trickle ICE (RFC 8838) of one peer: our candidates, which wait for the
 * description that they belong to, and the peer's.
 *
 * Threads
 *   name    runs                                          never
 *   worker  everything but the callbacks below            waits for pc
 *   pc      on_ice_candidate, on_gathering_state: copy    calls webrtcbin
 *           and post
 *
 * There is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpeer-private.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

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

void
gst_call_trickle_flush (GstCallPeer * self)
{
  guint i;

  if (!self->description_sent)
    return;
  for (i = self->n_sent_candidates; i < self->candidates->len; i++)
    send_candidate (self, g_ptr_array_index (self->candidates, i));
  self->n_sent_candidates = self->candidates->len;
  if (self->gathered && !self->gathered_sent)
    gst_call_peer_send (self, CALL_MESSAGE_END_OF_CANDIDATES, NULL);
  self->gathered_sent = self->gathered;
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
  gst_call_trickle_flush (self);
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
    gst_call_trickle_flush (self);
  }
}

static void
on_gathering_state (GstElement * webrtcbin, GParamSpec * pspec, gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_post (self->worker, check_gathering, self, NULL, NULL);
}

static void
take_candidate (gpointer data, guint mline, const gchar * candidate)
{
  GstCallPeer *self = data;

  g_signal_emit_by_name (self->webrtcbin, "add-ice-candidate", mline,
      candidate);
}

void
gst_call_trickle_receive (GstCallPeer * self, CallMessage * message)
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
  if (strstr (message->candidate, ".local ")) {
    if (!self->mdns)
      self->mdns = gst_call_mdns_new (take_candidate, self);
    gst_call_mdns_resolve (self->mdns, mline, message->candidate);
  } else if (*message->candidate) {
    take_candidate (self, mline, message->candidate);
  }
}

void
gst_call_trickle_connect (GstCallPeer * self)
{
  self->candidates = g_ptr_array_new_with_free_func (candidate_free);
  g_signal_connect (self->webrtcbin, "on-ice-candidate",
      G_CALLBACK (on_ice_candidate), self);
  g_signal_connect (self->webrtcbin, "notify::ice-gathering-state",
      G_CALLBACK (on_gathering_state), self);
}
