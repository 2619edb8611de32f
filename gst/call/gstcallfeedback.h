/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Retransmission in time: what webrtcbin's own RTP elements need for it.
 * Functions without state.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Before webrtcbin has any pad: its NACKs go at once. */
void gst_call_feedback_hasten (GstElement * webrtcbin);

/* In rtpbin's new-jitterbuffer: when it asks again for what is missing */
void gst_call_feedback_set_up_jitterbuffer (GstElement * jitterbuffer);

G_END_DECLS
