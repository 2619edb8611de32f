/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallPeer: one connection to one remote peer, the child `peer-<id>` of
 * callbin: a webrtcbin, the SDP layer before it, senders and receivers.
 * It is used once; after a failure the room makes a fresh one.
 *
 * Everything here is called on the worker, except where it says otherwise.
 */
#pragma once

#include "call-message.h"
#include "gstcalldataout.h"
#include "gstcallservers.h"
#include "gstcallslot.h"
#include "gstcalltrack.h"
#include "gstcallworker.h"

G_BEGIN_DECLS

/* Between two looks whether a peer is there */
#define GST_CALL_LOOK_MS 500

#define GST_TYPE_CALL_PEER (gst_call_peer_get_type ())
G_DECLARE_FINAL_TYPE (GstCallPeer, gst_call_peer, GST, CALL_PEER, GstBin)

typedef enum
{
  GST_CALL_PEER_NEW,
  GST_CALL_PEER_CONNECTING,
  GST_CALL_PEER_CONNECTED,          /* and its certificate verified */
  GST_CALL_PEER_RECONNECTING,       /* it was, and nothing is heard any more */
  GST_CALL_PEER_CLOSED,
} GstCallPeerState;

/* What a peer asks of its room. All on the worker. */
typedef struct
{
  void (*send) (gpointer room, GstCallPeer * peer, CallMessage * message);
  /* Tells all that we are here, for one who was not told */
  void (*introduce) (gpointer room);
  void (*state_changed) (gpointer room, GstCallPeer * peer);
  /* The connection is of no use any more. `code` as in PROTOCOL.md */
  void (*failed) (gpointer room, GstCallPeer * peer, const gchar * code,
      const gchar * text);
  /* Where this peer's media of that kind is shown */
  GstCallSlot *(*get_slot) (gpointer room, GstCallPeer * peer,
      GstCallKind kind);
  /* Our own track of that kind, or NULL */
  GstCallTrack *(*get_track) (gpointer room, GstCallKind kind);
  /* Something to tell people that ends nothing */
  void (*warn) (gpointer room, GstCallPeer * peer, const gchar * text);
  /* (transfer full) (element-type GstCallDataOut): what we send under labels */
  GPtrArray *(*list_data) (gpointer room);
  /* There is a channel of that label */
  void (*data_opened) (gpointer room, const gchar * label);
  /* A message; (transfer full) buffer. FALSE: it is not taken fast enough */
  gboolean (*data_received) (gpointer room, GstCallPeer * peer,
      const gchar * label, GstBuffer * buffer, gboolean text);
} GstCallPeerRoom;

typedef struct
{
  GstCallWorker *worker;
  const GstCallPeerRoom *room;
  gpointer room_data;
  gchar **audio_codecs;             /* preference lists, upper case */
  gchar **video_codecs;
  GPtrArray *ice_servers;           /* (element-type CallIceServer): our own */
  GstCallServers *servers;          /* those, and what is handed out */
  const gchar *tls_ca_file;         /* who vouches for turns: servers */
  gboolean relay_only;
  guint min_port;                   /* 0: any */
  guint max_port;
  guint latency;                    /* ms */
  gboolean decode;
  guint connect_timeout;            /* ms from the offer to connected */
} GstCallPeerConfig;

/* `config` must outlive the peer. `session`: NULL when we offer. */
GstCallPeer *gst_call_peer_new (const GstCallPeerConfig * config,
    const CallPeer * info, const gchar * session);

const gchar *gst_call_peer_get_id (GstCallPeer * self);
const gchar *gst_call_peer_get_session (GstCallPeer * self);
GstCallPeerState gst_call_peer_get_state (GstCallPeer * self);
/* As in call-state */
const gchar *gst_call_peer_get_state_name (GstCallPeer * self);

/* When it is in the callbin: makes the first offer */
void gst_call_peer_offer (GstCallPeer * self);
/* Looks for a path anew: by an offer, if it is ours to make them, else by
 * asking for one */
void gst_call_peer_restart (GstCallPeer * self);
/* The server had nobody to give a message of its session to, since it was
 * restarted (PROTOCOL.md, 5): what we asked is asked again when it is there */
void gst_call_peer_unheard (GstCallPeer * peer);
void gst_call_peer_present (GstCallPeer * peer);
/* offer, answer, candidate, end-of-candidates, renegotiate of its session */
void gst_call_peer_handle (GstCallPeer * self, CallMessage * message);
/* What a track's input is, is known now */
void gst_call_peer_update_senders (GstCallPeer * self);
/* FALSE: a track's input turned out to be encoded in another codec than the
 * one that was agreed on; it takes another session */
gboolean gst_call_peer_can_send (GstCallPeer * self);
/* A local track came or went */
void gst_call_peer_tracks_changed (GstCallPeer * self);
/* An error message that a child posted; any thread */
void gst_call_peer_child_failed (GstCallPeer * self, const gchar * text);
/* Each GST_CALL_LOOK_MS. `addresses` of this machine, as of
 * gst_call_path_list_addresses; can_signal: what is sent gets to the server. */
void gst_call_peer_look (GstCallPeer * self, const gchar * addresses,
    gboolean can_signal);
/* gstcallchannels.c */
/* There is another label to send under */
void gst_call_channels_add (GstCallPeer * self);
/* There is more to send */
void gst_call_channels_send (GstCallPeer * self);
/* A text message to this peer alone, when it has that channel */
void gst_call_channels_reply (GstCallPeer * self, const gchar * label,
    const gchar * text);
/* All that was given to its channels was handed to SCTP */
gboolean gst_call_channels_are_idle (GstCallPeer * self);
/* Nothing is sent under a label any more */
void gst_call_channels_remove (GstCallPeer * self, GstCallDataOut * out);

/* Lets go of tracks and slots. Then state NULL and out of the bin. */
void gst_call_peer_stop (GstCallPeer * self);

/* (transfer full) in W3C names; nothing blocks */
GstStructure *gst_call_peer_get_stats (GstCallPeer * self);

G_END_DECLS
