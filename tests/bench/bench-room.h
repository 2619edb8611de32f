/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The hand-written counterpart of callbin's signalling, as small as it gets:
 * BenchRoom is a seat in a room of a call-server, BenchSession one webrtcbin
 * that talks to one other seat. Everything in the default main context.
 */
#pragma once

#include <gst/gst.h>

#include "call-message.h"

G_BEGIN_DECLS

typedef struct _BenchRoom BenchRoom;
typedef struct _BenchSession BenchSession;

typedef void (*BenchRoomFunc) (BenchRoom * room, CallMessage * message,
    gpointer user_data);

/* Joins at once. `func` gets the welcome and whatever comes after it. A
 * failure ends the program. */
BenchRoom *bench_room_new (const gchar * uri, const gchar * name,
    BenchRoomFunc func, gpointer user_data);
void bench_room_send (BenchRoom * room, CallMessage * message);

/* Takes over negotiation of `webrtcbin`, which is running already */
BenchSession *bench_session_new (BenchRoom * room, const gchar * remote,
    const gchar * session, GstElement * webrtcbin);
void bench_session_offer (BenchSession * self);
/* offer, answer, candidate of this session */
void bench_session_take (BenchSession * self, CallMessage * message);

G_END_DECLS
