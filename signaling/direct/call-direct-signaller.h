/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallDirectSignaller: a member of CallRooms in the same process, without a
 * socket. The host of callbin listen=… uses it, and tests do.
 *
 * It needs no token. Otherwise it is what the network's members are: the same
 * numbers, the same resume, the same errors.
 */
#pragma once

#include "call-rooms.h"
#include "call-signaller.h"

G_BEGIN_DECLS

#define CALL_TYPE_DIRECT_SIGNALLER (call_direct_signaller_get_type ())
G_DECLARE_FINAL_TYPE (CallDirectSignaller, call_direct_signaller, CALL,
    DIRECT_SIGNALLER, CallSignaller)

/* (transfer full). The properties may be given later, with
 * g_object_set (), as long as it is not open. */
CallSignaller *call_direct_signaller_new (CallRooms * rooms,
    const gchar * room);

/* Drops out of the room as if the network had broken, and comes back with a
 * resume: RECONNECTING, then OPEN. For tests. In the signaller's context. */
void call_direct_signaller_break (CallDirectSignaller * self);

G_END_DECLS
