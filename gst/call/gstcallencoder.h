/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallEncoder: one codec of one local track, encoded once for everybody
 * who takes it. A bin with pad `sink` and one `src_%u` for each taker.
 */
#pragma once

#include "gstcallcodec.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_ENCODER (gst_call_encoder_get_type ())
G_DECLARE_FINAL_TYPE (GstCallEncoder, gst_call_encoder, GST, CALL_ENCODER,
    GstBin)

/* passthrough: what comes in is encoded already. NULL: cannot be made here. */
GstCallEncoder *gst_call_encoder_new (const GstCallCodec * codec,
    gboolean passthrough, guint bitrate);

const GstCallCodec *gst_call_encoder_get_codec (GstCallEncoder * self);

/* A new ghost pad that carries the encoded stream, and its end. Worker. */
GstPad *gst_call_encoder_add_branch (GstCallEncoder * self);
void gst_call_encoder_remove_branch (GstCallEncoder * self, GstPad * pad);

/* Any thread. How many takers are open; with none, nothing is encoded. */
void gst_call_encoder_add_taker (GstCallEncoder * self);
void gst_call_encoder_remove_taker (GstCallEncoder * self);

/* Any thread. `urgent`: somebody new waits for the first picture. Requests
 * that come close together end in one key frame. */
void gst_call_encoder_request_keyframe (GstCallEncoder * self,
    gboolean urgent);

/* Any thread. bits per second; a taker may have a limit of its own (0: none),
 * and all takers get what the least of them allows. */
void gst_call_encoder_set_bitrate (GstCallEncoder * self, guint bitrate);
void gst_call_encoder_set_limit (GstCallEncoder * self, gconstpointer taker,
    guint bitrate);

typedef struct
{
  guint64 frames;
  guint64 keyframes;
  guint64 bytes;
} GstCallEncoderStats;

void gst_call_encoder_get_stats (GstCallEncoder * self,
    GstCallEncoderStats * stats);

G_END_DECLS
