/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of CallRooms: one room. Everything here is protected by the lock of
 * the room's shard; `touched` is as in call-seat.h.
 */
#pragma once

#include "call-seat.h"

G_BEGIN_DECLS

struct _CallRoom
{
  CallShard *shard;
  gchar *name;
  GPtrArray *seats;                 /* owned, in the order of joining */
};

CallRoom *call_room_new (CallShard * shard, const gchar * name);
void call_room_free (CallRoom * room);
CallSeat *call_room_find (CallRoom * room, const gchar * peer_id);

/* Tells everybody else about the seat's peer; `code` says why it left */
void call_room_tell_about (CallSeat * seat, CallMessageType type,
    const gchar * code, GPtrArray * touched);
/* Frees the seat, not the room; its member hears `close_code`, if not 0 */
void call_room_remove (CallSeat * seat, const gchar * code, guint close_code,
    GPtrArray * touched);
/* Does what a message of the seat's peer asks for. FALSE: the seat is gone */
gboolean call_room_receive (CallSeat * seat, const CallMessage * message,
    GPtrArray * touched);
/* Removes the seats whose time is over. TRUE: the room is empty */
gboolean call_room_expire (CallRoom * room, gint64 now, GPtrArray * touched);

G_END_DECLS
