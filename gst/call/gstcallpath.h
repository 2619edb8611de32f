/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The network path of one webrtcbin, which its NiceAgent knows.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCallPath GstCallPath;

/* Before webrtcbin has negotiated anything; it outlives the path. */
GstCallPath *gst_call_path_new (GstElement * webrtcbin);
void gst_call_path_free (GstCallPath * self);

/* It has been connected: whatever becomes of its checks, webrtcbin lets
 * through what comes and what goes. */
void gst_call_path_keep_open (GstCallPath * self);
/* webrtcbin is going to be stopped. */
void gst_call_path_close (GstCallPath * self);
/* Have all checks failed since it was kept open? */
gboolean gst_call_path_is_broken (GstCallPath * self);
/* New credentials and new checks (RFC 8445, 9). Until they have found a path
 * everything goes over the old one, in both directions. FALSE: no agent. */
gboolean gst_call_path_restart (GstCallPath * self);
/* … and have they, since the last one? */
gboolean gst_call_path_was_found (GstCallPath * self);
/* Does the path in use begin at an address that is not in such a list? */
gboolean gst_call_path_lost_address (GstCallPath * self,
    const gchar * addresses);

/* Does the path in use lead through a TURN server, ours or the peer's? */
gboolean gst_call_path_is_relayed (GstCallPath * self);

/* All addresses of this machine that a path can begin at, in an order that
 * tells two sets apart. (transfer full) */
gchar *gst_call_path_list_addresses (void);
/* Is there one in the first list that is not in the second? */
gboolean gst_call_path_addresses_went (const gchar * before,
    const gchar * after);

G_END_DECLS
