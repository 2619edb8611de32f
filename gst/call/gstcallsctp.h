/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What webrtcbin hands to SCTP, put right on its way.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Before webrtcbin has negotiated anything; the worker */
void gst_call_sctp_mend (GstElement * webrtcbin);
/* The longest message the peer takes, in bytes; the worker */
guint64 gst_call_sctp_max_message_size (GstElement * webrtcbin);

G_END_DECLS
