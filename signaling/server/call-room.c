/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is said within one room: relaying, and telling of each other.
 *
 * Threads: any, with the lock of the room's shard held (see call-seat.h).
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-frames.h"
#include "call-room.h"

#include <string.h>

#define KEEP_SENT (120 * G_USEC_PER_SEC)

CallRoom *
call_room_new (CallShard * shard, const gchar * name)
{
  CallRoom *room = g_new0 (CallRoom, 1);

  room->shard = shard;
  room->name = g_strdup (name);
  room->seats = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_seat_free);
  return room;
}

void
call_room_free (CallRoom * room)
{
  g_ptr_array_unref (room->seats);
  g_free (room->name);
  g_free (room);
}

CallSeat *
call_room_find (CallRoom * room, const gchar * peer_id)
{
  for (guint i = 0; i < room->seats->len; i++) {
    CallSeat *seat = g_ptr_array_index (room->seats, i);

    if (strcmp (seat->peer->peer_id, peer_id) == 0)
      return seat;
  }
  return NULL;
}

/* To all seats of the room but one */
static void
broadcast (CallRoom * room, const CallSeat * but,
    const CallMessage * message, GPtrArray * touched)
{
  for (guint i = 0; i < room->seats->len; i++) {
    CallSeat *seat = g_ptr_array_index (room->seats, i);

    if (seat != but)
      call_seat_push (seat, message, touched);
  }
}

void
call_room_tell_about (CallSeat * seat, CallMessageType type,
    const gchar * code, GPtrArray * touched)
{
  g_autoptr (CallMessage) message = call_message_new (type);

  message->peer = call_peer_copy (seat->peer);
  message->code = g_strdup (code);
  broadcast (seat->room, seat, message, touched);
}

void
call_room_remove (CallSeat * seat, const gchar * code, guint close_code,
    GPtrArray * touched)
{
  CallRoom *room = seat->room;

  call_room_tell_about (seat, CALL_MESSAGE_PEER_LEFT, code, touched);
  call_seat_detach (seat, close_code, touched);
  g_ptr_array_remove (room->seats, seat);
  room->shard->n_seats--;
}

static void
relay (CallSeat * seat, const CallMessage * message, GPtrArray * touched)
{
  CallSeat *other =
      message->to != NULL ? call_room_find (seat->room, message->to)
      : NULL;
  CallMessage stamped = *message;
  g_autofree gchar *text = NULL;

  if (other == NULL || other == seat) {
    call_seat_push_error (seat, message, "no-such-peer",
        "Nobody in the room has this peer id", touched);
    return;
  }
  stamped.to = NULL;
  stamped.from = seat->peer->peer_id;
  if (message->sdp != NULL) {
    /* `from` may be longer than `to`; the greatest number for the rest */
    stamped.seq = CALL_MAX_NUMBER;
    text = call_message_to_text (&stamped);
  }
  if (text != NULL && strlen (text) > CALL_MAX_MESSAGE)
    call_seat_push_error (seat, message, "too-large",
        "The message is too large with the sender's id in it", touched);
  else
    call_seat_push (other, &stamped, touched);
}

static void
give_ice_servers (CallSeat * seat, GPtrArray * touched)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_ICE_SERVERS);

  call_rooms_add_ice_servers (seat->member->rooms, message,
      seat->peer->peer_id);
  call_seat_push (seat, message, touched);
}

gboolean
call_room_receive (CallSeat * seat, const CallMessage * message,
    GPtrArray * touched)
{
  if (message->seq != 0 && !call_seen_take (&seat->seen, message->seq))
    return TRUE;                /* sent again after a resume, known already */

  switch (message->type) {
    case CALL_MESSAGE_OFFER:
    case CALL_MESSAGE_ANSWER:
    case CALL_MESSAGE_CANDIDATE:
    case CALL_MESSAGE_END_OF_CANDIDATES:
    case CALL_MESSAGE_RENEGOTIATE:
    case CALL_MESSAGE_CLOSE:
      relay (seat, message, touched);
      return TRUE;
    case CALL_MESSAGE_STATE:
      call_seat_update (seat, message);
      call_room_tell_about (seat, CALL_MESSAGE_PEER_CHANGED, NULL, touched);
      return TRUE;
    case CALL_MESSAGE_ICE_SERVERS:
      give_ice_servers (seat, touched);
      return TRUE;
    case CALL_MESSAGE_BYE:
      call_room_remove (seat, "bye", CALL_CLOSE_NORMAL, touched);
      return FALSE;
    case CALL_MESSAGE_HELLO:
    case CALL_MESSAGE_WELCOME:
    case CALL_MESSAGE_PEER_JOINED:
    case CALL_MESSAGE_PEER_CHANGED:
    case CALL_MESSAGE_PEER_LEFT:
    case CALL_MESSAGE_ERROR:
    default:
      call_seat_push_error (seat, message, "bad-message",
          "A client does not send this after its hello", touched);
      return TRUE;
  }
}

gboolean
call_room_expire (CallRoom * room, gint64 now, GPtrArray * touched)
{
  for (guint i = room->seats->len; i-- > 0;) {
    CallSeat *seat = g_ptr_array_index (room->seats, i);

    if (seat->member == NULL && seat->expires <= now)
      call_room_remove (seat, "timeout", 0, touched);
    else
      call_seat_trim (seat, now - KEEP_SENT);
  }
  return room->seats->len == 0;
}
