/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallReceiver: one stream of one peer from RTP to pictures or sound.
 * Pads `sink` (RTP) and `src`. Signal `begun`: the first picture or sound is
 * coming out; in the streaming thread.
 */
#pragma once

#include "gstcallcodec.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_RECEIVER (gst_call_receiver_get_type ())
G_DECLARE_FINAL_TYPE (GstCallReceiver, gst_call_receiver, GST, CALL_RECEIVER,
    GstBin)

/* NULL: no depayloader or no decoder for it is installed */
GstCallReceiver *gst_call_receiver_new (const GstCallCodec * codec,
    gboolean decode);

typedef struct
{
  guint64 frames;                   /* decoded, or whole when decode=false */
  guint64 last;                     /* monotonic µs of the newest; 0: none */
  guint width, height;
} GstCallReceiverStats;

/* Any thread */
void gst_call_receiver_get_stats (GstCallReceiver * self,
    GstCallReceiverStats * stats);

GstCallKind gst_call_receiver_get_kind (GstCallReceiver * self);

G_END_DECLS
