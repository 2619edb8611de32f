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

/* caps: of the transceiver, from the SDP layer; told: what webrtcbin is to take
 * it for. NULL: no payloader. */
GstCallSender *gst_call_sender_new (GstCallEncoder * encoder,
    const GstCaps * caps, const GstCaps * told, guint payload, guint32 ssrc);

/* Before it starts: the first sequence number and what is added to all
 * timestamps. A sender that follows another one with the same SSRC has to go on
 * where that ended, or SRTP takes its packets for replayed ones (RFC 3711,
 * 3.3.2) and the peer's jitter buffer starts again. */
void gst_call_sender_set_numbers (GstCallSender * self, guint16 seqnum,
    guint32 timestamp_offset);
/* Once it has stopped */
guint16 gst_call_sender_get_next_seqnum (GstCallSender * self);

/* Before it is linked: *told (NULL at first) is what the sender before it told
 * webrtcbin. If it would say the same it does so with the same object: 1.22 puts
 * another one in its place without its lock, while an offer may be reading it. */
void gst_call_sender_share_told (GstCallSender * self, GstCaps ** told);

/* Any thread. Closed at first: nothing passes. Opened, the first thing that
 * passes is a key frame, which is asked for. */
void gst_call_sender_set_open (GstCallSender * self, gboolean open);

/* Any thread. What this peer may be sent at most, bits per second; 0: no
 * limit of its own. */
void gst_call_sender_set_limit (GstCallSender * self, guint bitrate);

G_END_DECLS
