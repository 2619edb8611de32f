/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallTrack: one local track of a call, the child `video_0` or `audio_0`
 * of callbin. It takes raw or encoded media and holds one encoder for each
 * codec that some peer speaks.
 */
#pragma once

#include "gstcallencoder.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_TRACK (gst_call_track_get_type ())
G_DECLARE_FINAL_TYPE (GstCallTrack, gst_call_track, GST, CALL_TRACK, GstBin)

/* Called on the streaming thread when it is known what the input is, and when
 * that changes; not under a lock */
typedef void (*GstCallTrackNotify) (GstCallTrack * self, gpointer data);

/* `data` must outlive the track */
GstCallTrack *gst_call_track_new (const gchar * name, GstCallKind kind,
    GstCallTrackNotify notify, gpointer data);

GstCallKind gst_call_track_get_kind (GstCallTrack * self);

/* Worker. The encoder for this codec, made when there is none yet. NULL when
 * the input is not known yet (notify will tell); NULL and an error when it is
 * encoded in another codec, or no encoder is installed. (transfer none) */
GstCallEncoder *gst_call_track_get_encoder (GstCallTrack * self,
    const GstCallCodec * codec, GError ** error);

/* Worker. A pad of the track with that codec, and its end. */
GstPad *gst_call_track_add_branch (GstCallTrack * self,
    GstCallEncoder * encoder);
void gst_call_track_remove_branch (GstCallTrack * self,
    GstCallEncoder * encoder, GstPad * pad);

/* Any thread. Encoded input: its codec. Raw, or not known yet: NULL. */
const GstCallCodec *gst_call_track_get_input_codec (GstCallTrack * self);

/* (transfer full): media-source and encoder counters, W3C names */
GstStructure *gst_call_track_get_stats (GstCallTrack * self);

G_END_DECLS
