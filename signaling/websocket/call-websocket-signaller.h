/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallSignaller over the room protocol of PROTOCOL.md.
 *
 * Properties besides those of CallSignaller, to be set before `open`:
 *   "uri"             string   ws[s]://HOST[:PORT]/room/ROOM
 *   "tls-ca-file"     string   PEM file of the CAs to trust, instead of those
 *                              of the system; NULL (default): the system's
 *   "tls-insecure"    boolean  take any certificate; default FALSE
 *   "connect-retries" uint     tries after a first one that could not reach
 *                              the server; default 0
 *   "connect-timeout" uint     seconds for one try, until the welcome;
 *                              1 to 600, default 10
 *   "silence-timeout" uint     seconds after which a server that sends nothing
 *                              (not even a pong) is taken for dead;
 *                              3 to 3600, default 60. It is asked with
 *                              a ping at each third of this time
 *
 * A message that is larger than CALL_MAX_MESSAGE is not sent; it comes back
 * out of `message` as an `error` of code "too-large" with its `to` and
 * `session`. Since 0.1.
 */
#pragma once

#include "call-signaller.h"

G_BEGIN_DECLS

#define CALL_TYPE_WEBSOCKET_SIGNALLER (call_websocket_signaller_get_type ())
G_DECLARE_FINAL_TYPE (CallWebsocketSignaller, call_websocket_signaller, CALL,
    WEBSOCKET_SIGNALLER, CallSignaller)

G_END_DECLS
