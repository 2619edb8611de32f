/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process with DTLS in it needs before it begins. Any thread.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* At exit OpenSSL frees what its clean-up in threads that are just ending still
 * locks: heap corruption at the end of a process, seen with OpenSSL 3.0 and
 * GLib's thread pool. It is asked not to, which counts if it comes before DTLS
 * has started it. As often as one likes. */
void gst_call_keep_openssl (void);

G_END_DECLS
