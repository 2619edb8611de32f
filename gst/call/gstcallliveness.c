/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Is the peer still there? And if nothing comes of it: the lower steps of the
 * ladder (docs/decisions/0011-the-ladder.md). The upper ones, a fresh session
 * and being gone, are in gstcallmember.c.
 *
 * A sign of life is whatever comes out of ICE: RTP, RTCP, DTLS, SCTP. Who has
 * heard nothing for a second, or for half of one through a TURN server, asks on
 * the control channel; SCTP acknowledges that by itself, so that it need not be
 * answered by a peer that knows nothing of it, and is answered by a hidden page whose timers hardly run. A peer
 * without that channel has the time of two receiver reports.
 *
 * Looks are counted, not time: a process that was stopped itself, or a worker
 * that had no turn, is no silence.
 *
 * Threads
 *   name       runs                                         may take  never
 *   worker     everything but the callbacks below           nothing   waits for pc
 *   pc         on_message: compares, posts once             nothing   calls webrtcbin
 *   streaming  on_arrival: counts                           nothing
 *
 * There is no lock: `heard` and `pinged` are atomic.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallpeer-private.h"

#include <gio/gio.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* In looks, two a second */
#define PING_AFTER 2
#define SUSPECT_AFTER 4
#define SUSPECT_WITHOUT_CHANNEL_AFTER 20
/* The same where the path leads through a TURN server, which may have been
 * restarted: finding that out takes a look more than elsewhere */
#define PING_RELAYED_AFTER 1
#define SUSPECT_RELAYED_AFTER 3
#define RESTART_EVERY 10
#define REBUILD_AFTER 120
/* webrtcbin does not look for addresses twice, on other interfaces or at a TURN
 * server that has forgotten what it gave */
#define REBUILD_ELSEWHERE_AFTER 14
/* Looks with a path that a restart has found, and nothing comes: what would come
 * is at its end, as Firefox's DTLS after one restart too many */
#define REBUILD_DEAF_AFTER 4
/* … and such a server has: both ends have looked for a new path for so long */
#define IN_VAIN_US (400 * G_TIME_SPAN_MILLISECOND)

/* PROTOCOL.md, 4, byte by byte */
#define PING "{\"type\":\"ping\"}"
#define PONG "{\"type\":\"pong\"}"

static gboolean
channel_is_open (GstCallPeer * self)
{
  GstWebRTCDataChannelState state = GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;

  if (self->channel)
    g_object_get (self->channel, "ready-state", &state, NULL);
  return state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
}

static void
say (GstCallPeer * self, const gchar * text)
{
  if (self->verified && channel_is_open (self))
    g_signal_emit_by_name (self->channel, "send-string", text);
}

static void
answer (gpointer object, gpointer data)
{
  GstCallPeer *self = object;

  g_atomic_int_set (&self->pinged, FALSE);
  if (!self->stopped)
    say (self, PONG);
}

static void
on_message (GObject * channel, const gchar * text, gpointer data)
{
  GstCallPeer *self = data;

  if (g_strcmp0 (text, PING) == 0
      && g_atomic_int_compare_and_exchange (&self->pinged, FALSE, TRUE))
    gst_call_worker_post (self->worker, answer, self, NULL, NULL);
}

void
gst_call_liveness_add_channel (GstCallPeer * self)
{
  if (self->channel)
    g_signal_connect (self->channel, "on-message-string",
        G_CALLBACK (on_message), self);
}

void
gst_call_liveness_stop (GstCallPeer * self)
{
  if (self->channel)
    g_signal_handlers_disconnect_by_data (self->channel, self);
}

static GstPadProbeReturn
on_arrival (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  g_atomic_int_inc (&((GstCallPeer *) data)->heard);
  return GST_PAD_PROBE_OK;
}

void
gst_call_liveness_connect (GstCallPeer * self)
{
  gst_call_probe_inside (self->webrtcbin, "nicesrc", GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_arrival, self);
  self->addresses = gst_call_path_list_addresses ();
}

/* Has this machine an address that leads anywhere else? */
static gboolean
is_online (const gchar * addresses)
{
  g_auto (GStrv) list = g_strsplit (addresses, " ", -1);
  guint i;

  for (i = 0; list[i]; i++) {
    g_autoptr (GInetAddress) address = g_inet_address_new_from_string (list[i]);

    if (address && !g_inet_address_get_is_loopback (address)
        && !g_inet_address_get_is_link_local (address))
      return TRUE;
  }
  return FALSE;
}

static gboolean
restarted_in_vain (GstCallPeer * self)
{
  return self->silent >= SUSPECT_RELAYED_AFTER && self->wait > 0
      && !self->awaiting_answer && !self->answering && self->restarted
      && g_get_monotonic_time () - self->restarted >= IN_VAIN_US;
}

static gboolean
is_deaf (GstCallPeer * self)
{
  gboolean found = self->restarted && gst_call_path_was_found (self->path)
      && !self->awaiting_answer && !self->answering && channel_is_open (self);

  self->deaf = found && self->silent >= SUSPECT_AFTER ? self->deaf + 1 : 0;
  return self->deaf > REBUILD_DEAF_AFTER;
}

/* The path is gone, for now or for good. */
static void
climb (GstCallPeer * self, gboolean moved, const gchar * addresses)
{
  gboolean other = !g_str_equal (addresses, self->addresses)
      && is_online (addresses);

  if (other && (moved || self->silent >= REBUILD_ELSEWHERE_AFTER)) {
    gst_call_peer_fail (self, "ice-failed", "This machine has other addresses "
        "than when the call with %s began", self->info->peer_id);
  } else if ((self->silent >= REBUILD_ELSEWHERE_AFTER
          || restarted_in_vain (self))
      && gst_call_path_is_relayed (self->path)) {
    gst_call_peer_fail (self, "ice-failed", "Nothing was heard of %s, and the "
        "TURN server may have forgotten the address that it gave",
        self->info->peer_id);
  } else if (is_deaf (self)) {
    gst_call_peer_fail (self, "ice-failed", "There is a path to %s, and "
        "nothing comes over it", self->info->peer_id);
  } else if (self->silent >= REBUILD_AFTER) {
    gst_call_peer_fail (self, "ice-failed", "Nothing was heard of %s for %d s",
        self->info->peer_id, REBUILD_AFTER * GST_CALL_LOOK_MS / 1000);
  } else if (self->awaiting_answer || self->answering) {
    self->wait = RESTART_EVERY;
  } else if (self->wait > 0) {
    self->wait--;
  } else {
    GST_INFO_OBJECT (self, "nothing heard: ICE restart");
    gst_call_peer_restart (self);
    self->wait = RESTART_EVERY;
  }
}

static void
listen_to (GstCallPeer * self)
{
  gint heard = g_atomic_int_get (&self->heard);

  self->silent = heard == self->heard_before ? self->silent + 1 : 0;
  self->heard_before = heard;
  if (self->silent >= (gst_call_path_is_relayed (self->path) ?
          PING_RELAYED_AFTER : PING_AFTER))
    say (self, PING);
}

static guint
suspect_after (GstCallPeer * self)
{
  if (!channel_is_open (self))
    return SUSPECT_WITHOUT_CHANNEL_AFTER;
  return gst_call_path_is_relayed (self->path) ? SUSPECT_RELAYED_AFTER :
      SUSPECT_AFTER;
}

static void
set_can_signal (GstCallPeer * self, gboolean can_signal)
{
  /* the answer that we wait for has its time from now on */
  if (can_signal && !self->can_signal && self->verified && self->timer)
    gst_call_peer_start_timer (self);
  self->can_signal = can_signal;
  if (!can_signal)
    return;
  gst_call_peer_offer_held (self);
  if (self->renegotiate && !self->offerer)
    gst_call_peer_ask_for_offer (self);
}

void
gst_call_peer_look (GstCallPeer * self, const gchar * addresses,
    gboolean can_signal)
{
  gboolean moved, broken;

  if (self->stopped)
    return;
  set_can_signal (self, can_signal);
  if (self->state == GST_CALL_PEER_CONNECTING && can_signal && !self->unheard)
    gst_call_peer_insist (self);
  if (self->state != GST_CALL_PEER_CONNECTED
      && self->state != GST_CALL_PEER_RECONNECTING)
    return;
  listen_to (self);
  moved = !g_str_equal (addresses, self->addresses)
      && gst_call_path_lost_address (self->path, addresses);
  broken = gst_call_path_is_broken (self->path);
  if (moved || self->silent >= suspect_after (self)) {
    gst_call_peer_set_state (self, GST_CALL_PEER_RECONNECTING);
  } else if (self->silent == 0) {
    gst_call_peer_set_state (self, GST_CALL_PEER_CONNECTED);
    if (!broken)
      self->wait = self->restarted = 0;
  }
  if (can_signal && (broken || self->state == GST_CALL_PEER_RECONNECTING))
    climb (self, moved, addresses);
  gst_call_channels_look (self);
}
