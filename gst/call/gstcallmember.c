/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One member of the room and the connection with it: made, retried, let go.
 *
 * Threads: the worker; there is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallroom-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* The first fresh connection follows a failure at once, the next ones after
 * 1, 2, 4 … seconds */
#define RETRY_US G_USEC_PER_SEC
#define MAX_RETRY_US (10 * G_USEC_PER_SEC)
#define MAX_DOUBLINGS 4
/* Looks until a peer that is neither heard nor known to have a socket is gone:
 * with the two seconds until it is missed, well below five */
#define GONE_AFTER 3
/* A connection that was up so long is a good one: the next one follows at once
 * again, also where addresses change every other moment */
#define STABLE_US (5 * G_USEC_PER_SEC)
/* Sessions that a peer may start at once, and the time for one more */
#define MAX_SESSIONS 4
#define SESSION_US (2 * G_USEC_PER_SEC)

static GstCallMember *
member_of (GstCallRoom * self, GstCallPeer * peer)
{
  GstCallMember *member =
      gst_call_room_find (self, gst_call_peer_get_id (peer));

  return member && member->peer == peer ? member : NULL;
}

static GstCallSlot *
get_slot (gpointer data, GstCallPeer * peer, GstCallKind kind)
{
  GstCallRoom *self = data;
  GstCallMember *member = member_of (self, peer);

  return gst_call_slots_get (self->slots, kind, member ? member->slot : 0);
}

static void
drop_peer (GstCallMember * member)
{
  GstElement *peer = GST_ELEMENT (g_steal_pointer (&member->peer));
  g_autoptr (GstObject) parent = NULL;

  if (!peer)
    return;
  g_free (member->last_session);
  member->last_session =
      g_strdup (gst_call_peer_get_session (GST_CALL_PEER (peer)));
  gst_call_peer_stop (GST_CALL_PEER (peer));
  gst_element_set_locked_state (peer, TRUE);
  gst_element_set_state (peer, GST_STATE_NULL);
  parent = gst_object_get_parent (GST_OBJECT (peer));
  if (parent)
    gst_bin_remove (GST_BIN (parent), peer);
  gst_object_unref (peer);
}

GstCallPeer *
gst_call_member_start (GstCallMember * member, const gchar * session)
{
  GstCallRoom *self = member->room;

  drop_peer (member);
  gst_call_servers_refresh (self->config.servers);
  member->retry_at = 0;
  member->peer = gst_object_ref_sink (gst_call_peer_new (&self->config,
          member->info, session));
  gst_bin_add (GST_BIN (self->bin), GST_ELEMENT (member->peer));
  gst_call_sync_state (GST_ELEMENT (member->peer));
  return member->peer;
}

gboolean
gst_call_member_offers (GstCallMember * member)
{
  return member->room->seat > member->info->seat;
}

/* A fresh session of ours: now, or when its time and the server are there */
static void
retry (GstCallMember * member)
{
  guint doublings = MIN (member->retries, MAX_DOUBLINGS);
  gint64 wait = member->retries == 0 ? 0 :
      MIN (RETRY_US << (doublings - 1), MAX_RETRY_US);

  member->retries++;
  member->retry_at = g_get_monotonic_time () + wait;
  if (wait == 0 && gst_call_room_can_signal (member->room))
    gst_call_peer_offer (gst_call_member_start (member, NULL));
}

void
gst_call_member_fail (GstCallMember * member, const gchar * code,
    const gchar * text)
{
  static const gchar *const worth[] = {
    "ice-failed", "timeout", "negotiation-failed", "internal", NULL
  };
  GstCallRoom *self = member->room;
  gboolean again;

  /* one that has worked for a while deserves its retry again */
  if (member->connected_since
      && g_get_monotonic_time () - member->connected_since > STABLE_US)
    member->retries = 0;
  member->connected_since = 0;
  again = gst_call_member_offers (member) && g_strv_contains (worth, code);

  drop_peer (member);
  gst_call_room_post (self, "call-error", "peer-id", G_TYPE_STRING,
      member->info->peer_id, "code", G_TYPE_STRING, code, "text", G_TYPE_STRING,
      text, "retry", G_TYPE_BOOLEAN, again, NULL);
  GST_ELEMENT_WARNING (self->bin, RESOURCE, FAILED,
      ("No connection with %s: %s", member->info->peer_id, text), ("%s%s", code,
          again ? ", trying again" : ""));
  if (again)
    retry (member);
}

gboolean
gst_call_member_look (GstCallMember * member, const gchar * addresses)
{
  gboolean can_signal = gst_call_room_can_signal (member->room);
  gboolean missed;

  if (!member->placed)
    return TRUE;
  if (member->peer)
    gst_call_peer_look (member->peer, addresses, can_signal);
  else if (member->retry_at && member->retry_at <= g_get_monotonic_time ()
      && can_signal)
    gst_call_peer_offer (gst_call_member_start (member, NULL));
  missed = member->peer && gst_call_peer_get_state (member->peer) ==
      GST_CALL_PEER_RECONNECTING;
  if (missed)
    gst_call_room_check_signalling (member->room);
  if (!member->info->connected && (missed || !member->peer))
    member->absent++;
  else
    member->absent = 0;
  return member->absent < GONE_AFTER;
}

void
gst_call_member_lose (GstCallMember * member)
{
  if (member->peer)
    gst_call_room_send_close (member->room, member->info->peer_id,
        gst_call_peer_get_session (member->peer), "timeout",
        "Nothing was heard of you");
  drop_peer (member);
  member->placed = FALSE;
  member->retry_at = 0;
  member->retries = member->absent = 0;
}

void
gst_call_member_close (GstCallMember * member)
{
  drop_peer (member);
  gst_call_room_post (member->room, "call-state", "peer-id", G_TYPE_STRING,
      member->info->peer_id, "state", G_TYPE_STRING, "closed", NULL);
}

typedef struct
{
  GstCallPeer *peer;
  gchar *code;
  gchar *text;
} Failure;

static void
failure_free (gpointer data)
{
  Failure *failure = data;

  gst_object_unref (failure->peer);
  g_free (failure->code);
  g_free (failure->text);
  g_free (failure);
}

static void
on_failure (gpointer object, gpointer data)
{
  GstCallRoom *self = object;
  Failure *failure = data;
  GstCallMember *member = member_of (self, failure->peer);

  if (!member || !self->signaller)
    return;
  gst_call_room_send_close (self, member->info->peer_id,
      gst_call_peer_get_session (member->peer), failure->code, failure->text);
  gst_call_member_fail (member, failure->code, failure->text);
}

/* Called from within the peer, which therefore is not dropped before it has
 * returned. */
static void
peer_failed (gpointer data, GstCallPeer * peer, const gchar * code,
    const gchar * text)
{
  GstCallRoom *self = data;
  Failure *failure = g_new0 (Failure, 1);

  failure->peer = gst_object_ref (peer);
  failure->code = g_strdup (code);
  failure->text = g_strdup (text);
  gst_call_worker_post (self->config.worker, on_failure, self, failure,
      failure_free);
}

static void
count_pending (gpointer room, gpointer data)
{
  gst_call_room_count_pending (room);
}

static void
peer_state_changed (gpointer data, GstCallPeer * peer)
{
  GstCallRoom *self = data;
  GstCallMember *member = member_of (self, peer);

  if (!member)
    return;
  /* when it has its data channels, which is next */
  gst_call_worker_post (self->config.worker, count_pending, self, NULL, NULL);
  if (gst_call_peer_get_state (peer) == GST_CALL_PEER_CONNECTED)
    member->connected_since = g_get_monotonic_time ();
  gst_call_room_post (self, "call-state", "peer-id", G_TYPE_STRING,
      member->info->peer_id, "state", G_TYPE_STRING,
      gst_call_peer_get_state_name (peer), NULL);
}

static void
peer_send (gpointer data, GstCallPeer * peer, CallMessage * message)
{
  GstCallRoom *self = data;

  if (self->signaller)
    call_signaller_send (self->signaller, message);
}

static void
peer_introduce (gpointer data)
{
  gst_call_room_send_state (data);
}

static GstCallTrack *
peer_get_track (gpointer data, GstCallKind kind)
{
  GstCallRoom *self = data;

  return self->owner->get_track (self->bin, kind);
}

static void
peer_warn (gpointer data, GstCallPeer * peer, const gchar * text)
{
  GstCallRoom *self = data;

  GST_ELEMENT_WARNING (self->bin, STREAM, FAILED, ("%s", text), (NULL));
}

static GPtrArray *
peer_list_data (gpointer data)
{
  GstCallRoom *self = data;

  return self->owner->list_data (self->bin);
}

static void
peer_data_opened (gpointer data, const gchar * label)
{
  GstCallRoom *self = data;

  self->owner->data_opened (self->bin, label);
}

static gboolean
peer_data_received (gpointer data, GstCallPeer * peer, const gchar * label,
    GstBuffer * buffer, gboolean text)
{
  GstCallRoom *self = data;
  GstCallMember *member = member_of (self, peer);

  if (!member) {
    gst_buffer_unref (buffer);
    return TRUE;
  }
  return self->owner->data_received (self->bin, member->info, label, buffer,
      text);
}

const GstCallPeerRoom gst_call_member_peer_room = {
  peer_send, peer_introduce, peer_state_changed, peer_failed, get_slot,
  peer_get_track, peer_warn, peer_list_data, peer_data_opened,
  peer_data_received
};

void
gst_call_member_free (gpointer data)
{
  GstCallMember *member = data;

  gst_call_worker_clear_timer (&member->gone);
  drop_peer (member);
  call_peer_free (member->info);
  g_free (member->last_session);
  g_free (member);
}

gboolean
gst_call_member_may_start (GstCallMember * member)
{
  gint64 now = g_get_monotonic_time ();
  gint64 more = (now - member->sessions_time) / SESSION_US;

  if (more > 0) {
    member->sessions = MIN (member->sessions + more, MAX_SESSIONS);
    member->sessions_time = now;
  }
  if (member->sessions == 0)
    return FALSE;
  member->sessions--;
  return TRUE;
}

void
gst_call_member_connect (GstCallMember * member)
{
  GstCallRoom *self = member->room;

  if (gst_call_member_offers (member)) {
    gst_call_peer_offer (gst_call_member_start (member, NULL));
  } else if (member->last_session) {
    g_autoptr (CallMessage) message =
        call_message_new (CALL_MESSAGE_RENEGOTIATE);

    message->to = g_strdup (member->info->peer_id);
    message->session = g_strdup (member->last_session);
    call_signaller_send (self->signaller, message);
  }
}

void
gst_call_member_restart (GstCallMember * member)
{
  if (!gst_call_member_offers (member))
    gst_call_room_send_close (member->room, member->info->peer_id,
        gst_call_peer_get_session (member->peer), "bye",
        "Another codec is needed");
  drop_peer (member);
  gst_call_member_connect (member);
}

void
gst_call_member_refuse (GstCallMember * member, const gchar * session)
{
  g_free (member->last_session);
  member->last_session = g_strdup (session);
  gst_call_room_send_close (member->room, member->info->peer_id, session,
      "busy", "All places for peers are taken: wait until one is free");
}

void
gst_call_member_asked (GstCallMember * member, const gchar * session)
{
  if (member->placed && gst_call_member_offers (member)
      && g_strcmp0 (session, member->last_session) == 0
      && gst_call_member_may_start (member))
    gst_call_peer_offer (gst_call_member_start (member, NULL));
}

GstCallMember *
gst_call_member_new (GstCallRoom * room, const CallPeer * info)
{
  GstCallMember *self = g_new0 (GstCallMember, 1);

  self->room = room;
  self->info = call_peer_copy (info);
  return self;
}
