/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSender: the branch of one peer from a shared encoder to its
 * webrtcbin: a gate, a leaky queue and a payloader of its own, so that
 * sequence numbers, timestamps and picture ids of this peer are continuous
 * whatever is dropped or swapped before it. Pads `sink` and `src`.
 */
#pragma once

#include "gstcallencoder.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_SENDER (gst_call_sender_get_type ())
G_DECLARE_FINAL_TYPE (GstCallSender, gst_call_sender, GST, CALL_SENDER, GstBin)

/* caps: of the transceiver, from the SDP layer. NULL: no payloader. */
GstCallSender *gst_call_sender_new (GstCallEncoder * encoder,
    const GstCaps * caps, guint payload, guint32 ssrc);

/* Any thread. Closed at first: nothing passes. Opened, the first thing that
 * passes is a key frame, which is asked for. */
void gst_call_sender_set_open (GstCallSender * self, gboolean open);

/* Any thread. What this peer may be sent at most, bits per second; 0: no
 * limit of its own. */
void gst_call_sender_set_limit (GstCallSender * self, guint bitrate);

G_END_DECLS
