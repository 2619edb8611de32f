/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: everything runs on the worker; there is no lock. Streaming threads
 * and webrtcbin's own reach the room through GstCallPeer, which posts.
 *
 * Element messages, posted on the callbin
 *   name               fields
 *   call-joined        peer-id (string), resumed (boolean)
 *   call-signalling    state (string): connecting open reconnecting closed
 *   call-peer-joined   peer-id, display-name (string), slot (uint)
 *   call-peer-changed  the same, audio, video (string: none live muted),
 *                      connected (boolean)
 *   call-peer-left     peer-id, slot, code (string: bye timeout gone …)
 *   call-state         peer-id, state (string): connecting connected
 *                      reconnecting closed
 *   call-error         peer-id, code, text (string), retry (boolean)
 *
 * Who offers, sessions and seats: signaling/PROTOCOL.md.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallroom-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Between two questions for ICE servers, whatever the server says */
#define MIN_ASK_MS 1000
/* Messages that wait for the ICE servers */
#define MAX_HELD 1024

G_DEFINE_FINAL_TYPE (GstCallRoom, gst_call_room, G_TYPE_OBJECT);

void
gst_call_room_post (GstCallRoom * self, const gchar * name, const gchar * first,
    ...)
{
  GstStructure *s;
  va_list args;

  va_start (args, first);
  s = gst_structure_new_valist (name, first, args);
  va_end (args);
  gst_element_post_message (self->bin,
      gst_message_new_element (GST_OBJECT (self->bin), s));
}

void
gst_call_room_send_close (GstCallRoom * self, const gchar * to,
    const gchar * session, const gchar * code, const gchar * text)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_CLOSE);

  message->to = g_strdup (to);
  message->session = g_strdup (session);
  message->code = g_strdup (code);
  message->text = g_strdup (text);
  call_signaller_send (self->signaller, message);
}

void
gst_call_room_make_slots (GstCallRoom * self)
{
  gst_call_slots_get (self->slots, GST_CALL_KIND_VIDEO, 0);
  gst_call_slots_get (self->slots, GST_CALL_KIND_AUDIO, 0);
}

void
gst_call_room_remove_slots (GstCallRoom * self)
{
  gst_call_slots_remove (self->slots);
}

void
gst_call_room_check_signalling (GstCallRoom * self)
{
  if (self->signaller)
    call_signaller_check (self->signaller, GST_CALL_CHECK_S);
}

gboolean
gst_call_room_can_signal (GstCallRoom * self)
{
  return self->signaller
      && call_signaller_get_state (self->signaller) == CALL_SIGNALLER_OPEN;
}

GstCallMember *
gst_call_room_find (GstCallRoom * self, const gchar * peer_id)
{
  return peer_id ? g_hash_table_lookup (self->members, peer_id) : NULL;
}

/* Messages */

static gboolean
on_ask_servers (gpointer data)
{
  GstCallRoom *self = data;
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_ICE_SERVERS);

  gst_call_worker_clear_timer (&self->ask_servers);
  call_signaller_send (self->signaller, message);
  return G_SOURCE_REMOVE;
}

/* Our own and those that the server hands out, for so many seconds (0: for
 * ever); fresh ones are asked for when half of them is over */
static void
take_ice_servers (GstCallRoom * self, GPtrArray * handed_out, guint seconds)
{
  g_autoptr (GPtrArray) all = g_ptr_array_new ();

  gst_call_worker_clear_timer (&self->ask_servers);
  if (seconds)
    self->ask_servers = gst_call_worker_add_timer (self->config.worker,
        MAX (seconds * 500, MIN_ASK_MS), on_ask_servers, self);
  if (self->own_servers)
    g_ptr_array_extend (all, self->own_servers, NULL, NULL);
  if (handed_out)
    g_ptr_array_extend (all, handed_out, NULL, NULL);
  gst_call_servers_set (self->config.servers, all);
}

void
gst_call_room_send_state (GstCallRoom * self)
{
  g_autoptr (CallMessage) message = NULL;

  if (!self->signaller || !self->peer_id)
    return;
  message = call_message_new (CALL_MESSAGE_STATE);
  message->peer = call_peer_new (self->peer_id);
  message->peer->audio = self->owner->get_track (self->bin,
      GST_CALL_KIND_AUDIO) ? CALL_TRACK_LIVE : CALL_TRACK_NONE;
  message->peer->video = self->owner->get_track (self->bin,
      GST_CALL_KIND_VIDEO) ? CALL_TRACK_LIVE : CALL_TRACK_NONE;
  call_signaller_send (self->signaller, message);
}

static void
on_welcome (GstCallRoom * self, CallMessage * message)
{
  guint i;

  g_free (self->peer_id);
  self->peer_id = g_strdup (message->peer->peer_id);
  self->seat = message->peer->seat;
  gst_call_room_post (self, "call-joined", "peer-id", G_TYPE_STRING,
      self->peer_id, "resumed", G_TYPE_BOOLEAN, message->resumed, NULL);
  gst_call_room_send_state (self);
  self->resume_timeout = CLAMP (message->resume_timeout, 1, 600);
  /* a new seat: the others have let go of us, so we start afresh */
  if (!message->resumed)
    gst_call_members_remove_all (self);
  gst_call_members_miss (self, message->peers);
  for (i = 0; message->peers && i < message->peers->len; i++)
    gst_call_members_see (self, g_ptr_array_index (message->peers, i));
  gst_call_members_fill (self);
}

static void
on_offer (GstCallRoom * self, CallMessage * message)
{
  GstCallMember *member = gst_call_room_find (self, message->from);

  if (!member)
    return;
  if (!member->peer || g_strcmp0 (gst_call_peer_get_session (member->peer),
          message->session) != 0) {
    if (gst_call_member_offers (member)) {
      gst_call_room_send_close (self, message->from, message->session,
          "bad-session", "It is for the newcomer to offer");
      return;
    }
    if (!member->placed) {
      gst_call_member_refuse (member, message->session);
      return;
    }
    if (!gst_call_member_may_start (member)) {
      gst_call_room_send_close (self, message->from, message->session,
          "internal", "Too many sessions: wait a moment");
      return;
    }
    gst_call_member_start (member, message->session);
  }
  gst_call_peer_handle (member->peer, message);
}

/* Of an existing session */
static void
on_peer_message (GstCallRoom * self, CallMessage * message)
{
  GstCallMember *member = gst_call_room_find (self, message->from);
  const gchar *code = message->code;

  if (!member)
    return;
  if (!member->peer && message->type == CALL_MESSAGE_RENEGOTIATE) {
    gst_call_member_asked (member, message->session);
    return;
  }
  if (!member->peer || g_strcmp0 (gst_call_peer_get_session (member->peer),
          message->session) != 0)
    return;
  if (message->type != CALL_MESSAGE_CLOSE)
    gst_call_peer_handle (member->peer, message);
  else if (code && !g_str_equal (code, "bye"))
    gst_call_member_fail (member, code, message->text ? message->text :
        "the peer ended the session");
  else
    gst_call_member_close (member);
}

static void
on_error (GstCallRoom * self, CallMessage * message)
{
  GstCallMember *member = gst_call_room_find (self, message->to);

  if (member && member->peer && g_strcmp0 (message->code, "no-such-peer") == 0
      && g_strcmp0 (gst_call_peer_get_session (member->peer),
          message->session) == 0)
    gst_call_peer_unheard (member->peer);
  else
    GST_ELEMENT_WARNING (self->bin, RESOURCE, FAILED,
        ("The signalling server refused a message: %s",
            message->text ? message->text : message->code), ("%s",
            message->code));
}

static void
handle (GstCallRoom * self, CallMessage * message)
{
  GstCallMember *member;

  switch (message->type) {
    case CALL_MESSAGE_WELCOME:
      on_welcome (self, message);
      break;
    case CALL_MESSAGE_PEER_JOINED:
    case CALL_MESSAGE_PEER_CHANGED:
      gst_call_members_see (self, message->peer);
      gst_call_members_fill (self);
      break;
    case CALL_MESSAGE_PEER_LEFT:
      member = gst_call_room_find (self, message->peer->peer_id);
      if (member && member->info->seat == message->peer->seat) {
        gst_call_members_remove (self, member, message->code);
        gst_call_members_fill (self);
      }
      break;
    case CALL_MESSAGE_OFFER:
      on_offer (self, message);
      break;
    case CALL_MESSAGE_ANSWER:
    case CALL_MESSAGE_CANDIDATE:
    case CALL_MESSAGE_END_OF_CANDIDATES:
    case CALL_MESSAGE_RENEGOTIATE:
    case CALL_MESSAGE_CLOSE:
      on_peer_message (self, message);
      break;
    case CALL_MESSAGE_ERROR:
      on_error (self, message);
      break;
    default:
      break;
  }
}

/* What makes a peer waits until the ICE servers are known, which is soon. */
static void
handle_held (gpointer data)
{
  GstCallRoom *self = data;
  CallMessage *message;

  while ((self->held.length > MAX_HELD
          || gst_call_servers_is_ready (self->config.servers))
      && (message = g_queue_pop_head (&self->held))) {
    handle (self, message);
    call_message_unref (message);
  }
}

static void
on_message (CallSignaller * signaller, CallMessage * message, gpointer data)
{
  GstCallRoom *self = data;

  if (message->ice_servers)
    take_ice_servers (self, message->ice_servers, message->ice_servers_timeout);
  g_queue_push_tail (&self->held, call_message_ref (message));
  handle_held (self);
}

static void
warn (gpointer data, const gchar * text)
{
  GstCallRoom *self = data;

  GST_ELEMENT_WARNING (self->bin, RESOURCE, NOT_FOUND, ("%s", text), (NULL));
}

static const GstCallServersOwner servers_owner = { warn, handle_held };

static void
on_ignored (CallSignaller * signaller, const gchar * why, gpointer data)
{
  GstCallRoom *self = data;

  GST_ELEMENT_WARNING (self->bin, RESOURCE, FAILED,
      ("The signalling server sends what is no message of the room: update "
          "it, or this program"), ("%s", why));
}

static void
on_failed (CallSignaller * signaller, const GError * error, gpointer data)
{
  GstCallRoom *self = data;

  self->owner->failed (self->bin, error);
}

static void
on_signaller_state (CallSignaller * signaller, GParamSpec * pspec,
    gpointer data)
{
  GstCallRoom *self = data;
  g_autoptr (GEnumClass) klass = g_type_class_ref (CALL_TYPE_SIGNALLER_STATE);
  GEnumValue *value = g_enum_get_value (klass,
      call_signaller_get_state (signaller));

  gst_call_room_post (self, "call-signalling", "state", G_TYPE_STRING,
      value->value_nick, NULL);
}

void
gst_call_room_join (GstCallRoom * self, CallSignaller * signaller)
{
  self->signaller = g_object_ref (signaller);
  take_ice_servers (self, NULL, 0);
  g_signal_connect_object (signaller, "message", G_CALLBACK (on_message),
      self, 0);
  g_signal_connect_object (signaller, "ignored", G_CALLBACK (on_ignored), self,
      0);
  g_signal_connect_object (signaller, "failed", G_CALLBACK (on_failed), self,
      0);
  g_signal_connect_object (signaller, "notify::state",
      G_CALLBACK (on_signaller_state), self, 0);
  self->look = gst_call_worker_add_timer (self->config.worker,
      GST_CALL_LOOK_MS, gst_call_members_look, self);
  call_signaller_open (signaller);
}

void
gst_call_room_leave (GstCallRoom * self)
{
  if (self->signaller) {
    g_signal_handlers_disconnect_by_data (self->signaller, self);
    call_signaller_close (self->signaller);
    g_clear_object (&self->signaller);
  }
  gst_call_worker_clear_timer (&self->ask_servers);
  gst_call_servers_stop (self->config.servers);
  g_queue_clear_full (&self->held, (GDestroyNotify) call_message_unref);
  gst_call_worker_clear_timer (&self->look);
  gst_call_slots_stop (self->slots);
  g_hash_table_remove_all (self->members);
}

void
gst_call_room_tracks_changed (GstCallRoom * self)
{
  GHashTableIter iter;
  gpointer value;

  gst_call_room_send_state (self);
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (member->peer)
      gst_call_peer_tracks_changed (member->peer);
  }
}

void
gst_call_room_update_senders (GstCallRoom * self)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (member->peer && !gst_call_peer_can_send (member->peer))
      gst_call_member_restart (member);
    else if (member->peer)
      gst_call_peer_update_senders (member->peer);
  }
}

/* Calls func (peer, data) for all who have a connection. */
static void
foreach_peer (GstCallRoom * self, GFunc func, gpointer data)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (member->peer)
      func (member->peer, data);
  }
}

static gboolean
is_pending (GstCallMember * member)
{
  if (!member->placed || !member->info->connected)
    return FALSE;
  if (member->peer)
    return gst_call_peer_get_state (member->peer) < GST_CALL_PEER_CONNECTED;
  return member->retry_at || !gst_call_member_offers (member);
}

void
gst_call_room_count_pending (GstCallRoom * self)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += is_pending (value);
  self->owner->pending_changed (self->bin, n);
}

static void
send_data (gpointer peer, gpointer data)
{
  gst_call_channels_send (peer);
}

void
gst_call_room_send_data (GstCallRoom * self)
{
  foreach_peer (self, send_data, NULL);
}

static void
open_data (gpointer peer, gpointer data)
{
  gst_call_channels_add (peer);
}

void
gst_call_room_data_added (GstCallRoom * self)
{
  foreach_peer (self, open_data, NULL);
}

static void
remove_data (gpointer peer, gpointer out)
{
  gst_call_channels_remove (peer, out);
}

void
gst_call_room_data_removed (GstCallRoom * self, GstCallDataOut * out)
{
  foreach_peer (self, remove_data, out);
}

static void
ask_idle (gpointer peer, gpointer idle)
{
  *(gboolean *) idle &= gst_call_channels_are_idle (peer);
}

gboolean
gst_call_room_is_data_sent (GstCallRoom * self)
{
  gboolean idle = TRUE;

  foreach_peer (self, ask_idle, &idle);
  return idle;
}

void
gst_call_room_reply (GstCallRoom * self, const gchar * peer_id,
    const gchar * label, const gchar * text)
{
  GstCallMember *member = gst_call_room_find (self, peer_id);

  if (member && member->peer)
    gst_call_channels_reply (member->peer, label, text);
}

void
gst_call_room_start_sinks (GstCallRoom * self, GstPad * pad)
{
  gst_call_slots_start_sinks (self->slots, pad);
}

GstStructure *
gst_call_room_get_stats (GstCallRoom * self)
{
  GstStructure *stats = gst_structure_new ("call-stats", "peer-id",
      G_TYPE_STRING, self->peer_id, NULL);
  GHashTableIter iter;
  gpointer value;
  GstCallKind kind;

  for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
    GstCallTrack *track = self->owner->get_track (self->bin, kind);

    if (track) {
      g_autoptr (GstStructure) s = gst_call_track_get_stats (track);

      gst_structure_set (stats, GST_OBJECT_NAME (track), GST_TYPE_STRUCTURE,
          s, NULL);
    }
  }
  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;
    g_autoptr (GstStructure) s = NULL;
    g_autofree gchar *name = g_strconcat ("peer-", member->info->peer_id,
        NULL);

    if (!member->peer)
      continue;
    s = gst_call_peer_get_stats (member->peer);
    gst_structure_set (stats, name, GST_TYPE_STRUCTURE, s, NULL);
  }
  return stats;
}

GstCallRoom *
gst_call_room_new (GstElement * bin, const GstCallRoomOwner * owner,
    const GstCallPeerConfig * config, guint max_peers)
{
  GstCallRoom *self = g_object_new (GST_TYPE_CALL_ROOM, NULL);

  self->bin = bin;
  self->owner = owner;
  self->config = *config;
  self->config.room = &gst_call_member_peer_room;
  self->config.room_data = self;
  self->config.servers =
      gst_call_servers_new (config->worker, config->tls_ca_file,
      &servers_owner, self);
  self->own_servers = config->ice_servers;
  self->max_peers = max_peers;
  self->slots = gst_call_slots_new (bin, config->decode, config->worker);
  return self;
}

static void
gst_call_room_finalize (GObject * object)
{
  GstCallRoom *self = GST_CALL_ROOM (object);

  g_clear_object (&self->signaller);
  g_clear_pointer (&self->members, g_hash_table_unref);
  g_clear_object (&self->config.servers);
  g_clear_pointer (&self->slots, gst_call_slots_free);
  g_free (self->peer_id);
  g_free (self->addresses);
  G_OBJECT_CLASS (gst_call_room_parent_class)->finalize (object);
}

static void
gst_call_room_class_init (GstCallRoomClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_call_room_finalize;
}

static void
gst_call_room_init (GstCallRoom * self)
{
  self->members = g_hash_table_new_full (g_str_hash, g_str_equal, NULL,
      gst_call_member_free);
}
