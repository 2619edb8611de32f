/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client that behaves: a signaller, and what it said. Every wait ends after
 * WAIT seconds with a failed test.
 */
#pragma once

#include "call-signaller.h"

G_BEGIN_DECLS

#define WAIT 20                     /* seconds */

typedef struct
{
  CallSignaller *signaller;
  GPtrArray *messages;              /* CallMessage, not waited for yet */
  GArray *states;                   /* CallSignallerState, each change */
  GError *error;                    /* of `failed` */
} Person;

/* Opens the signaller, which it takes */
Person *person_new (CallSignaller * signaller);
/* In a room over WebSocket, `first_property` … NULL as g_object_new () */
Person *person_new_for_uri (const gchar * uri, const gchar * first_property,
    ...);
/* Leaves the room, if it is in one */
void person_free (Person * person);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Person, person_free)

/* The next message of this type; others stay. It must not fail meanwhile. */
CallMessage *person_wait (Person * person, CallMessageType type);
void person_wait_state (Person * person, CallSignallerState state);
/* A `renegotiate` */
void person_say_to (Person * person, const gchar * peer_id);

G_END_DECLS
