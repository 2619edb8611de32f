/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How many connections an address has, and how often its tokens were refused.
 * IPv6 is counted by /64: that is what one customer gets. Thread-safe.
 */
#pragma once

#include <glib.h>
#include <sys/socket.h>

G_BEGIN_DECLS

#define CALL_MAX_REFUSALS 10            /* of one address … */
#define CALL_REFUSAL_WINDOW 60          /* … in so many seconds */

typedef struct
{
  guint8 bytes[16];
} CallAddress;

typedef struct _CallAddresses CallAddresses;

void call_address_from_sockaddr (CallAddress * address,
    const struct sockaddr *from);
gboolean call_address_is_loopback (const CallAddress * address);

CallAddresses *call_addresses_new (void);
void call_addresses_free (CallAddresses * self);

/* FALSE if the address has `max` connections already (0: no limit) */
gboolean call_addresses_enter (CallAddresses * self,
    const CallAddress * address, guint max);
void call_addresses_leave (CallAddresses * self, const CallAddress * address);

/* A token of this address was refused at `now` (seconds) */
void call_addresses_add_refusal (CallAddresses * self,
    const CallAddress * address, gint64 now);
/* Seconds to wait before the next try; 0: none */
gint64 call_addresses_get_wait (CallAddresses * self,
    const CallAddress * address, gint64 now);

G_END_DECLS
