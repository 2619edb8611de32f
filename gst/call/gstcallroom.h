/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallRoom: who is in the room, who offers to whom, which slot shows whom.
 * It stands between a CallSignaller and the peers, and lives on the worker.
 */
#pragma once

#include "call-signaller.h"
#include "gstcallpeer.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_ROOM (gst_call_room_get_type ())
G_DECLARE_FINAL_TYPE (GstCallRoom, gst_call_room, GST, CALL_ROOM, GObject)

/* What a room asks of its callbin. All on the worker, no lock held. */
typedef struct
{
  GstCallTrack *(*get_track) (GstElement * bin, GstCallKind kind);
  void (*peer_added) (GstElement * bin, const gchar * peer_id);
  /* the call cannot go on */
  void (*failed) (GstElement * bin, const GError * error);
  /* as in GstCallPeerRoom */
  GPtrArray *(*list_data) (GstElement * bin);
  void (*data_opened) (GstElement * bin, const gchar * label);
  /* So many are in the room and being connected with */
  void (*pending_changed) (GstElement * bin, guint n);
  gboolean (*data_received) (GstElement * bin, const CallPeer * from,
      const gchar * label, GstBuffer * buffer, gboolean text);
} GstCallRoomOwner;

/* Any thread. `config` is copied; its worker, lists and servers are the
 * caller's and must outlive the room; room and room_data are filled in. */
GstCallRoom *gst_call_room_new (GstElement * bin,
    const GstCallRoomOwner * owner, const GstCallPeerConfig * config,
    guint max_peers);

/* The worker only */
void gst_call_room_join (GstCallRoom * self, CallSignaller * signaller);
/* Says bye, ends every connection, keeps the slots */
void gst_call_room_leave (GstCallRoom * self);
/* When the bin is in READY and nobody is connected; any thread */
void gst_call_room_remove_slots (GstCallRoom * self);
/* The worker: the slots of a first peer, if there are none */
void gst_call_room_make_slots (GstCallRoom * self);
void gst_call_room_tracks_changed (GstCallRoom * self);
void gst_call_room_update_senders (GstCallRoom * self);
/* There is more to send under some label */
void gst_call_room_send_data (GstCallRoom * self);
/* Another label to send under */
void gst_call_room_data_added (GstCallRoom * self);
void gst_call_room_data_removed (GstCallRoom * self, GstCallDataOut * out);
/* All data was handed to SCTP */
gboolean gst_call_room_is_data_sent (GstCallRoom * self);
void gst_call_room_reply (GstCallRoom * self, const gchar * peer_id,
    const gchar * label, const gchar * text);
/* Sinks behind this pad are started as those of a slot are */
void gst_call_room_start_sinks (GstCallRoom * self, GstPad * pad);
/* (transfer full) */
GstStructure *gst_call_room_get_stats (GstCallRoom * self);

G_END_DECLS
