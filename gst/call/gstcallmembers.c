/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Who is in the room as the server tells it, who has one of max-peers places,
 * and which slot that is. Threads: the worker; there is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpath.h"
#include "gstcallroom-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* As many as a server may have in a room (PROTOCOL.md, 6) */
#define MAX_MEMBERS 256

static gboolean
slot_is_free (GstCallRoom * self, guint slot)
{
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (member->placed && member->slot == slot)
      return FALSE;
  }
  return TRUE;
}

static guint
find_free_slot (GstCallRoom * self)
{
  guint slot = 0;

  while (!slot_is_free (self, slot))
    slot++;
  return slot;
}

static void
place_member (GstCallRoom * self, GstCallMember * member)
{
  const CallPeer *info = member->info;

  if (!member->had_slot || !slot_is_free (self, member->slot))
    member->slot = find_free_slot (self);
  member->placed = member->had_slot = TRUE;
  gst_call_room_post (self, "call-peer-joined", "peer-id", G_TYPE_STRING,
      info->peer_id, "display-name", G_TYPE_STRING, info->display_name, "slot",
      G_TYPE_UINT, member->slot, NULL);
  self->owner->peer_added (self->bin, info->peer_id);
  gst_call_member_connect (member);
}

static gboolean
has_place (GstCallRoom * self)
{
  GHashTableIter iter;
  gpointer value;
  guint n = 0;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    n += ((GstCallMember *) value)->placed;
  return n < self->max_peers;
}

static GstCallMember *
find_waiting (GstCallRoom * self)
{
  GstCallMember *first = NULL;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (!member->placed && member->info->connected
        && (!first || member->info->seat < first->info->seat))
      first = member;
  }
  return first;
}

/* After members came or went: who has waited longest takes a free place. */
void
gst_call_members_fill (GstCallRoom * self)
{
  GstCallMember *next;
  GHashTableIter iter;
  gpointer value;

  while (has_place (self) && (next = find_waiting (self)))
    place_member (self, next);

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (member->placed || !member->info->connected)
      continue;
    if (!member->told)
      GST_ELEMENT_WARNING (self->bin, RESOURCE, NO_SPACE_LEFT,
          ("%s has to wait until somebody leaves: max-peers=%u is reached",
              member->info->peer_id, self->max_peers), (NULL));
    member->told = TRUE;
  }
  gst_call_room_count_pending (self);
}

static void
tell_left (GstCallRoom * self, const gchar * peer_id, guint slot,
    const gchar * code)
{
  gst_call_room_post (self, "call-peer-left", "peer-id", G_TYPE_STRING,
      peer_id, "slot", G_TYPE_UINT, slot, "code", G_TYPE_STRING, code, NULL);
}

void
gst_call_members_remove (GstCallRoom * self, GstCallMember * member,
    const gchar * code)
{
  g_autofree gchar *peer_id = g_strdup (member->info->peer_id);
  gboolean placed = member->placed;
  guint slot = member->slot;

  g_hash_table_remove (self->members, peer_id);
  if (placed)
    tell_left (self, peer_id, slot, code ? code : "bye");
}

void
gst_call_members_remove_all (GstCallRoom * self)
{
  g_autoptr (GList) members = g_hash_table_get_values (self->members);
  GList *l;

  for (l = members; l; l = l->next)
    gst_call_members_remove (self, l->data, "timeout");
}

static void
add_member (GstCallRoom * self, const CallPeer * info)
{
  GstCallMember *member;

  if (g_hash_table_size (self->members) >= MAX_MEMBERS) {
    GST_WARNING_OBJECT (self->bin, "%s is one too many", info->peer_id);
    return;
  }
  member = gst_call_member_new (self, info);
  g_hash_table_insert (self->members, member->info->peer_id, member);
}

static void
update_member (GstCallMember * member, const CallPeer * info)
{
  GstCallRoom *self = member->room;

  gst_call_worker_clear_timer (&member->gone);
  member->info->connected = info->connected;
  member->info->audio = info->audio;
  member->info->video = info->video;
  if (member->peer && info->connected)
    gst_call_peer_present (member->peer);
  if (!member->placed)
    return;
  gst_call_room_post (self, "call-peer-changed", "peer-id", G_TYPE_STRING,
      info->peer_id, "display-name", G_TYPE_STRING, info->display_name, "slot",
      G_TYPE_UINT, member->slot, "audio", G_TYPE_STRING,
      call_track_state_to_string (info->audio), "video", G_TYPE_STRING,
      call_track_state_to_string (info->video), "connected", G_TYPE_BOOLEAN,
      info->connected, NULL);
}

/* The server says that this peer is there. A known seat is the same peer:
 * its media goes on; another seat is a new one under the old name. */
void
gst_call_members_see (GstCallRoom * self, const CallPeer * info)
{
  GstCallMember *member = gst_call_room_find (self, info->peer_id);

  if (g_strcmp0 (info->peer_id, self->peer_id) == 0)
    return;
  if (member && member->info->seat == info->seat) {
    update_member (member, info);
    return;
  }
  if (member)
    gst_call_members_remove (self, member, "replaced");
  add_member (self, info);
}

static gboolean
on_gone (gpointer data)
{
  GstCallMember *member = data;
  GstCallRoom *self = member->room;

  gst_call_worker_clear_timer (&member->gone);
  gst_call_members_remove (self, member, "timeout");
  gst_call_members_fill (self);
  return G_SOURCE_REMOVE;
}

/* After a reconnect: whom the server does not list may still come back. */
void
gst_call_members_miss (GstCallRoom * self, GPtrArray * listed)
{
  GHashTableIter iter;
  gpointer value;
  guint i;

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;
    gboolean found = FALSE;

    for (i = 0; listed && !found && i < listed->len; i++) {
      CallPeer *peer = g_ptr_array_index (listed, i);

      found = g_str_equal (peer->peer_id, member->info->peer_id);
    }
    if (!found && !member->gone)
      member->gone = gst_call_worker_add_timer (self->config.worker,
          self->resume_timeout * 1000, on_gone, member);
  }
}

/* Who is neither heard nor known to have a socket is gone: somebody else may
 * have the place. The seat is kept by the server: who comes back to it, comes
 * back into the call. */
gboolean
gst_call_members_look (gpointer data)
{
  GstCallRoom *self = data;
  g_autofree gchar *addresses = gst_call_path_list_addresses ();
  GHashTableIter iter;
  gpointer value;

  if (self->addresses
      && gst_call_path_addresses_went (self->addresses, addresses))
    call_signaller_move (self->signaller, addresses, GST_CALL_CHECK_S);
  g_free (self->addresses);
  self->addresses = g_strdup (addresses);

  g_hash_table_iter_init (&iter, self->members);
  while (g_hash_table_iter_next (&iter, NULL, &value)) {
    GstCallMember *member = value;

    if (gst_call_member_look (member, addresses))
      continue;
    gst_call_member_lose (member);
    tell_left (self, member->info->peer_id, member->slot, "gone");
  }
  gst_call_members_fill (self);
  return G_SOURCE_CONTINUE;
}
