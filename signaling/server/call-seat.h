/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of CallRooms: seats, what they keep for a resume, and the outbox of
 * a member. Everything here is protected by the lock of the room's shard,
 * except the functions that say otherwise.
 */
#pragma once

#include "call-rooms.h"

G_BEGIN_DECLS

typedef struct _CallRoom CallRoom;
typedef struct _CallSeat CallSeat;

typedef struct
{
  GMutex lock;                      /* of everything below */
  GHashTable *rooms;                /* name to CallRoom */
  gint64 last_seat;                 /* greatest number given */
  guint n_seats;                    /* of all its rooms */
} CallShard;

struct _CallSeat
{
  CallRoom *room;
  CallPeer *peer;
  CallMember *member;               /* owned; NULL while it is not connected */
  guint64 sent;                     /* newest number given to a message */
  CallSeen seen;                    /* of the numbers of the peer's messages */
  GQueue replay;                    /* of Text, oldest first */
  gsize replay_size;
  gint64 expires;                   /* monotonic; while not connected */
};

struct _CallMember
{
  gint ref_count;                   /* atomic */
  CallRooms *rooms;                 /* set once */
  CallShard *shard;                 /* set once */
  CallMemberFuncs funcs;            /* set once */
  gpointer user_data;               /* set once */
  GDestroyNotify destroy;           /* set once */

  CallSeat *seat;                   /* NULL: it is over */
  GQueue outbox;                    /* of Text */
  gboolean flushing;                /* a thread is delivering */
};

CallMember *call_member_new (CallRooms * rooms, CallShard * shard,
    const CallMemberFuncs * funcs, gpointer user_data, GDestroyNotify destroy);

CallSeat *call_seat_new (CallRoom * room, const CallPeer * peer);
void call_seat_free (CallSeat * seat);
/* Takes over what the peer says about itself in a hello or a state */
void call_seat_update (CallSeat * seat, const CallMessage * message);

/* Numbers a message, keeps it, and puts it into the member's outbox. The
 * member is added to `touched`, which call_members_flush () takes. */
void call_seat_push (CallSeat * seat, const CallMessage * message,
    GPtrArray * touched);
/* The same without number and without keeping it: a welcome */
void call_seat_push_unnumbered (CallSeat * seat, const CallMessage * message,
    GPtrArray * touched);
/* An error about a message of the peer, or about its connection: NULL */
void call_seat_push_error (CallSeat * seat, const CallMessage * about,
    const gchar * code, const gchar * text, GPtrArray * touched);
/* Puts what is newer than `last` into the outbox again */
void call_seat_replay (CallSeat * seat, guint64 last, GPtrArray * touched);
gboolean call_seat_can_replay (const CallSeat * seat, guint64 last);
/* Forgets what was sent before `time`: no socket is dead for so long
 * without being noticed */
void call_seat_trim (CallSeat * seat, gint64 time);

void call_seat_attach (CallSeat * seat, CallMember * member);
/* Takes the member from the seat; with a code it is told, else not */
void call_seat_detach (CallSeat * seat, guint code, GPtrArray * touched);

GPtrArray *call_members_new (void);
/* Without the lock: delivers and lets go */
void call_members_flush (GPtrArray * touched);

G_END_DECLS
