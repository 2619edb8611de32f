/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a test must not fail for: warnings of GStreamer that nobody can help.
 */
#pragma once

/* Before the first webrtcbin.
 *  - rtpsession walks its sources while another thread adds one, when peers come
 *    or negotiate anew under load: a critical; fixed in 1.22.3, and not allowed
 *    from there on
 *  - gst_dtls_connection_process () warns of a datagram that OpenSSL did not read
 *    to its end, as it may when a peer goes in the middle of a handshake
 * All other criticals stay fatal, by GstCheck or by their domain. */
void known_warnings_allow (void);
