/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Life of one peer: its webrtcbin, connection state and end. How
 * it negotiates is in gstcallnegotiation.c, its media in gstcallmedia.c.
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
 *   1 OBJECT   protects: jitterbuffers, sources, channels and their numbers,
 *              max_bitrate
 *
 * No lock is held while emitting, posting, linking, or calling webrtcbin.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallice.h"
#include "gstcallpeer-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define LEAVE_GRACE_MS 1000
/* From both descriptions to a path. libnice itself takes 40 s to give up. */
#define ICE_TIMEOUT_MS 8000

enum
{
  PROP_0,
  PROP_MAX_BITRATE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (GstCallPeer, gst_call_peer, GST_TYPE_BIN);

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

const gchar *
gst_call_peer_get_state_name (GstCallPeer * self)
{
  static const gchar *const names[] = {
    "new", "connecting", "connected", "reconnecting", "closed"
  };

  return names[self->state];
}

void
gst_call_peer_set_state (GstCallPeer * self, GstCallPeerState state)
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

void
gst_call_peer_send (GstCallPeer * self, CallMessageType type, const gchar * sdp)
{
  g_autoptr (CallMessage) message = call_message_new (type);

  message->to = g_strdup (self->info->peer_id);
  message->session = g_strdup (self->session);
  message->sdp = g_strdup (sdp);
  if (type == CALL_MESSAGE_OFFER)
    message->offer_id = self->offer_id;
  else if (type == CALL_MESSAGE_ANSWER)
    message->offer_id = self->their_offer_id;
  self->config->room->send (self->config->room_data, self, message);
}

/* Connection state */

static void
fail_ice (GstCallPeer * self)
{
  g_autofree gchar *why = gst_call_servers_explain (self->config->servers,
      self->config->relay_only);

  gst_call_peer_fail (self, "ice-failed", "No network path to %s: %s",
      self->info->peer_id, why);
}

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
      if (self->state == GST_CALL_PEER_CONNECTING
          && gst_call_media_verify (self)) {
        gst_call_path_keep_open (self->path);
        if (!self->awaiting_answer)
          gst_call_worker_clear_timer (&self->timer);
        gst_call_peer_set_state (self, GST_CALL_PEER_CONNECTED);
        gst_call_channels_look (self);
      }
      break;
    case GST_WEBRTC_PEER_CONNECTION_STATE_FAILED:
      fail_ice (self);
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
has_path (GstCallPeer * self)
{
  GstWebRTCICEConnectionState state;

  g_object_get (self->webrtcbin, "ice-connection-state", &state, NULL);
  return state == GST_WEBRTC_ICE_CONNECTION_STATE_CONNECTED
      || state == GST_WEBRTC_ICE_CONNECTION_STATE_COMPLETED;
}

static gboolean
on_ice_timeout (gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_clear_timer (&self->ice_timer);
  if (self->state == GST_CALL_PEER_CONNECTING && !has_path (self))
    fail_ice (self);
  return G_SOURCE_REMOVE;
}

void
gst_call_peer_start_ice_timer (GstCallPeer * self)
{
  gst_call_worker_clear_timer (&self->ice_timer);
  if (self->state == GST_CALL_PEER_CONNECTING)
    self->ice_timer = gst_call_worker_add_timer (self->worker,
        MIN (ICE_TIMEOUT_MS, self->config->connect_timeout), on_ice_timeout,
        self);
}

static gboolean
on_timeout (gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_clear_timer (&self->timer);
  /* what we asked goes out when there is a server again */
  if (self->verified && (!self->can_signal || self->unheard)) {
    gst_call_peer_start_timer (self);
    return G_SOURCE_REMOVE;
  }
  gst_call_peer_fail (self, "timeout", "%s did not %s within %u s",
      self->info->peer_id, self->verified ? "answer" : "connect",
      self->config->connect_timeout / 1000);
  return G_SOURCE_REMOVE;
}

void
gst_call_peer_start_timer (GstCallPeer * self)
{
  gst_call_worker_clear_timer (&self->timer);
  self->timer = gst_call_worker_add_timer (self->worker,
      self->config->connect_timeout, on_timeout, self);
}

void
gst_call_peer_handle (GstCallPeer * self, CallMessage * message)
{
  if (self->stopped || self->state == GST_CALL_PEER_CLOSED)
    return;
  switch (message->type) {
    case CALL_MESSAGE_OFFER:
      gst_call_negotiation_receive_offer (self, message);
      break;
    case CALL_MESSAGE_ANSWER:
      gst_call_negotiation_receive_answer (self, message);
      break;
    case CALL_MESSAGE_CANDIDATE:
      gst_call_trickle_receive (self, message);
      break;
    case CALL_MESSAGE_RENEGOTIATE:
      if (!self->offerer)
        break;
      if (message->ice_restart)
        gst_call_peer_restart (self);
      else
        gst_call_peer_offer (self);
      break;
    default:
      break;
  }
}

void
gst_call_peer_update_senders (GstCallPeer * self)
{
  if (!self->stopped && self->state != GST_CALL_PEER_NEW)
    gst_call_media_update_senders (self);
}

gboolean
gst_call_peer_can_send (GstCallPeer * self)
{
  GstCallKind kind;

  for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
    GstCallTrack *track =
        self->config->room->get_track (self->config->room_data, kind);
    const GstCallCodec *input =
        track ? gst_call_track_get_input_codec (track) : NULL;
    const GstCallSdpMedia *media = gst_call_sdp_find_media (self->sdp, kind);

    if (input && media && media->encoding_name
        && gst_call_codec_find (media->encoding_name) != input)
      return FALSE;
  }
  return TRUE;
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
    gst_call_peer_ask_for_offer (self);
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
gst_call_peer_child_failed (GstCallPeer * self, const gchar * text)
{
  gst_call_worker_post (self->worker, child_failed, self, g_strdup (text),
      g_free);
}

GstStructure *
gst_call_peer_get_stats (GstCallPeer * self)
{
  GstStructure *stats = gst_structure_new ("peer-connection", "peer-id",
      G_TYPE_STRING, self->info->peer_id, "display-name", G_TYPE_STRING,
      self->info->display_name, "state", G_TYPE_STRING,
      gst_call_peer_get_state_name (self),
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
  gst_call_worker_clear_timer (&self->ice_timer);
  gst_call_worker_clear_timer (&self->grace);
  g_clear_pointer (&self->mdns, gst_call_mdns_free);
  gst_call_path_close (self->path);
  g_signal_handlers_disconnect_by_data (self->webrtcbin, self);
  gst_call_negotiation_settle (self);
  g_ptr_array_set_size (self->promises, 0);
  gst_call_media_stop (self);
  gst_call_channels_stop (self);
  gst_call_liveness_stop (self);
  /* it must not outlive its webrtcbin */
  g_clear_object (&self->channel);
}

static void
make_webrtcbin (GstCallPeer * self)
{
  self->webrtcbin = gst_element_factory_make ("webrtcbin", "webrtc");
  g_object_set (self->webrtcbin, "latency", self->config->latency, NULL);
  gst_util_set_object_arg (G_OBJECT (self->webrtcbin), "bundle-policy",
      "max-bundle");
  gst_call_ice_set_up (self->webrtcbin, self->config->relay_only,
      self->config->min_port, self->config->max_port);
  gst_call_servers_apply (self->config->servers, self->webrtcbin);
  gst_call_trickle_connect (self);
  g_signal_connect (self->webrtcbin, "notify::connection-state",
      G_CALLBACK (on_connection_state), self);
  self->path = gst_call_path_new (self->webrtcbin);
  gst_call_media_connect (self);
  gst_call_channels_connect (self);
  gst_call_liveness_connect (self);
  gst_bin_add (GST_BIN (self), self->webrtcbin);
}

/* Media that is encoded already can be sent in its own codec only. */
static GstCallSdp *
make_sdp (GstCallPeer * self)
{
  const gchar *const *lists[2] = {
    (const gchar * const *) self->config->audio_codecs,
    (const gchar * const *) self->config->video_codecs
  };
  const gchar *only[2][2] = { {NULL}, {NULL} };
  GstCallKind kind;

  for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
    GstCallTrack *track =
        self->config->room->get_track (self->config->room_data, kind);
    const GstCallCodec *codec =
        track ? gst_call_track_get_input_codec (track) : NULL;

    if (codec) {
      only[kind][0] = codec->name;
      lists[kind] = only[kind];
    }
  }
  return gst_call_sdp_new (lists[GST_CALL_KIND_AUDIO],
      lists[GST_CALL_KIND_VIDEO]);
}

GstCallPeer *
gst_call_peer_new (const GstCallPeerConfig * config, const CallPeer * info,
    const gchar * session)
{
  g_autofree gchar *name = g_strconcat ("peer-", info->peer_id, NULL);
  GstCallPeer *self = g_object_new (GST_TYPE_CALL_PEER, "name", name, NULL);

  self->config = config;
  self->worker = gst_call_worker_ref (config->worker);
  self->info = call_peer_copy (info);
  self->session = session ? g_strdup (session) : call_id_new ();
  self->sdp = make_sdp (self);
  make_webrtcbin (self);
  gst_call_peer_start_timer (self);
  return self;
}

static void
update_limits (gpointer object, gpointer data)
{
  GstCallPeer *self = object;

  if (!self->stopped)
    gst_call_media_update_limits (self);
}

static void
gst_call_peer_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstCallPeer *self = GST_CALL_PEER (object);

  if (id != PROP_MAX_BITRATE) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  self->max_bitrate = g_value_get_uint (value);
  GST_OBJECT_UNLOCK (self);
  if (self->worker)
    gst_call_worker_post (self->worker, update_limits, self, NULL, NULL);
}

static void
gst_call_peer_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallPeer *self = GST_CALL_PEER (object);

  if (id != PROP_MAX_BITRATE) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_set_uint (value, self->max_bitrate);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_peer_dispose (GObject * object)
{
  GstCallPeer *self = GST_CALL_PEER (object);

  /* pc may have added one as we stopped */
  if (self->channels)
    gst_call_channels_stop (self);
  g_clear_object (&self->channel);
  g_clear_pointer (&self->waiting_offer, call_message_unref);
  g_clear_pointer (&self->sendings, g_ptr_array_unref);
  g_clear_pointer (&self->receivings, g_ptr_array_unref);
  g_clear_pointer (&self->candidates, g_ptr_array_unref);
  g_clear_pointer (&self->channels, g_ptr_array_unref);
  g_clear_pointer (&self->promises, g_ptr_array_unref);
  G_OBJECT_CLASS (gst_call_peer_parent_class)->dispose (object);
}

static void
gst_call_peer_finalize (GObject * object)
{
  GstCallPeer *self = GST_CALL_PEER (object);

  g_clear_pointer (&self->sdp, gst_call_sdp_free);
  g_clear_pointer (&self->info, call_peer_free);
  g_clear_pointer (&self->jitterbuffers, g_hash_table_unref);
  g_hash_table_unref (self->expected);
  g_ptr_array_unref (self->ended_channels);
  g_free (self->session);
  g_free (self->child_error);
  g_free (self->offer);
  g_free (self->answer);
  gst_call_restart_clear (self);
  g_clear_pointer (&self->kept_ufrag, g_free);
  g_clear_pointer (&self->kept_pwd, g_free);
  g_free (self->addresses);
  g_clear_pointer (&self->path, gst_call_path_free);
  g_clear_pointer (&self->worker, gst_call_worker_unref);
  G_OBJECT_CLASS (gst_call_peer_parent_class)->finalize (object);
}

/* A promise must not be freed while it is pending. */
static void
promise_drop (gpointer promise)
{
  gst_promise_interrupt (promise);
  gst_promise_unref (promise);
}

static void
gst_call_peer_class_init (GstCallPeerClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);

  gst_call_hold_class_init (GST_ELEMENT_CLASS (klass));
  gobject_class->set_property = gst_call_peer_set_property;
  gobject_class->get_property = gst_call_peer_get_property;
  gobject_class->dispose = gst_call_peer_dispose;
  gobject_class->finalize = gst_call_peer_finalize;

  /* GLib's quarks are set by whoever asks first: not by two workers at once */
  (void) GST_CALL_SDP_ERROR;

  /**
   * GstCallPeer:max-bitrate:
   *
   * What this peer may be sent of our video, bits per second; 0: no limit of
   * its own. The encoder is shared: all peers get what the least allows.
   *
   * Since: 0.1
   */
  props[PROP_MAX_BITRATE] = g_param_spec_uint ("max-bitrate", "Max bitrate",
      "Most that this peer is sent of our video, bits per second; 0: any", 0,
      100000000, 0, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_PLAYING);
  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_peer_init (GstCallPeer * self)
{
  /* it is made of what the server says */
  self->can_signal = TRUE;
  self->promises = g_ptr_array_new_with_free_func (promise_drop);
  self->channels = g_ptr_array_new ();
  self->expected = g_hash_table_new (NULL, NULL);
  self->ended_channels = g_ptr_array_new_with_free_func (g_free);
  g_queue_init (&self->early);
  self->sendings = g_ptr_array_new_with_free_func (gst_call_sending_free);
  self->receivings = g_ptr_array_new_with_free_func (gst_call_receiving_free);
}
