/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the parts of a peer share: gstcallpeer.c (life), gstcalltrickle.c
 * (candidates), gstcallnegotiation.c (offers and answers), gstcallrestart.c (ICE
 * restart), gstcallliveness.c (silence), gstcallchannels.c (data),
 * gstcallmedia.c (senders), gstcallreceiving.c (receivers),
 * gstcalldeparture.c (their end), gstcallhold.c (states) and gstcallstats.c.
 */
#pragma once

#include "gstcallmdns.h"
#include "gstcallpath.h"
#include "gstcallpeer.h"
#include "gstcallreceiver.h"
#include "gstcallsender.h"

#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

/* One audio or video m-line on which we may send */
typedef struct
{
  GstCallKind kind;
  guint mline;
  guint32 ssrc;
  guint16 next_seqnum;
  guint32 timestamp_offset;
  GstPad *webrtc_sink;              /* request pad of webrtcbin */
  GstCaps *told;                    /* what it was told last, or NULL */

  /* while linked */
  guint payload;
  GstCallTrack *track;
  GstCallEncoder *encoder;
  GstPad *track_pad;
  GstCallSender *sender;
  GstPad *ghost;                    /* of the peer, into the sender */
} GstCallSending;

/* One stream that arrives: a pad of webrtcbin */
typedef struct
{
  GstPad *webrtc_src;
  guint ssrc;
  gulong block;                     /* until the peer is verified */
  gulong drop;                      /* while there is no receiver */
  gboolean useless;                 /* there never will be one */
  gboolean leaving;                 /* its jitter buffer is being taken down */

  GstCallReceiver *receiver;
  GstPad *ghost;                    /* of the peer, out of the receiver */
  GstCallSlot *slot;
  gboolean shown;                   /* it is what the slot has */

  /* at the last look */
  guint64 frames;                   /* out of the receiver */
  guint64 packets;                  /* out of the jitter buffer */
  guint quiet;                      /* looks since there was the last one */
  gboolean silent;                  /* no frame since the look before */
} GstCallReceiving;

struct _GstCallPeer
{
  GstBin parent;

  /* set once in new */
  const GstCallPeerConfig *config;
  GstCallWorker *worker;
  CallPeer *info;
  GstElement *webrtcbin;
  GstCallPath *path;

  /* only the worker */
  gchar *session;
  gboolean offerer;
  gboolean stopped;
  gboolean verified;
  gboolean description_sent;
  gboolean awaiting_answer;
  gboolean answered;                /* it came, webrtcbin is being told */
  gboolean answering;               /* an offer came, the answer is not set */
  gchar *offer;                     /* ours that is not answered, or NULL */
  guint64 offer_id;                 /* of our newest one in this session */
  guint n_said;                     /* times that it was said again */
  guint strays;                     /* answers to the last one that may come */
  gint64 strays_until;              /* still; monotonic */
  guint64 their_offer_id;           /* of the last that we took; 0: they do not
                                     * tell */
  gchar *answer;                    /* ours to that, or NULL */
  gboolean unheard;                 /* it was not there to be given that */
  CallMessage *waiting_offer;       /* it came before the end of the round */
  gboolean renegotiate;             /* once the present round is over, or the
                                     * server is back */
  gint64 asked;                     /* for an offer that is still to come;
                                     * monotonic, 0: not */
  gboolean ice_restart;             /* with the next offer */
  gchar *kept_ufrag, *kept_pwd;     /* ours since the last restart, or NULL */
  gchar *ufrag;                     /* new ones, while we restart; or NULL */
  gchar *pwd;
  gchar *unset_offer;               /* that webrtcbin is told when answered */
  gboolean gathered;
  gboolean gathered_sent;
  GstCallPeerState state;
  GstCallSdp *sdp;
  GObject *channel;                 /* the permanent data channel */
  GstCallMdns *mdns;                /* NULL: no name yet */
  GPtrArray *promises;              /* (element-type GstPromise): not answered */
  gint asking;                      /* atomic: how many of these */
  GPtrArray *candidates;            /* ours */
  guint n_sent_candidates;          /* with this description */
  GPtrArray *sendings;              /* (element-type GstCallSending) */
  GPtrArray *receivings;            /* (element-type GstCallReceiving) */
  GSource *look;                    /* while some of them are not shown */
  gboolean useless_told;
  gint64 restarted;                 /* monotonic: the agent, in this silence */
  guint connecting_looks;           /* and nothing has come of it */
  GSource *timer;                   /* until connected */
  GSource *ice_timer;               /* until there is a path */
  GSource *grace;                   /* after an error inside webrtcbin */
  gchar *child_error;
  GQueue early;                     /* messages before it was verified */

  GstClockTime base_time;           /* changes of state: the one inside */

  /* gstcallliveness.c */
  gchar *addresses;                 /* of this machine, when it was made */
  gint heard_before;                /* at the last look */
  guint silent;                     /* looks without a sign of life */
  guint wait;                       /* looks until the next ICE restart */
  guint deaf;                       /* looks with a new path and nothing on it */
  gboolean can_signal;              /* at the last look */
  GPtrArray *ended_channels;        /* that pc may still be in */
  GHashTable *expected;             /* GstCallDataOut to GstCallDataLink */
  guint n_down;                     /* looks at it without SCTP */

  /* atomic */
  gint heard;                       /* what came out of ICE */
  gint pinged;                      /* an answer is on its way */
  gint held;                        /* the pipeline is paused */

  /* object lock */
  GHashTable *jitterbuffers;        /* ssrc to GstElement */
  GPtrArray *channels;              /* of gstcallchannels.c */
  guint next_channel;               /* its serial */
  guint n_their_channels;           /* that the peer has opened */
  guint sources;                    /* SSRCs that it has used */
  guint max_bitrate;                /* 0: no limit of its own */
  GstClockTimeDiff shift;           /* how long the pipeline was paused */
};

void gst_call_peer_fail (GstCallPeer * self, const gchar * code,
    const gchar * format, ...) G_GNUC_PRINTF (3, 4);

/* To the peer, about this session; sdp may be NULL */
void gst_call_peer_send (GstCallPeer * self, CallMessageType type,
    const gchar * sdp);
void gst_call_peer_set_state (GstCallPeer * self, GstCallPeerState state);
/* From now on it has connect-timeout to be done */
void gst_call_peer_start_timer (GstCallPeer * self);
/* Both descriptions are there: a path has to be found within some seconds */
void gst_call_peer_start_ice_timer (GstCallPeer * self);

/* gstcalltrickle.c */
/* Before webrtcbin has negotiated anything */
void gst_call_trickle_connect (GstCallPeer * self);
/* Our candidates may go, now that the description has */
void gst_call_trickle_flush (GstCallPeer * self);
/* A candidate of the peer */
void gst_call_trickle_receive (GstCallPeer * self, CallMessage * message);

/* gstcallnegotiation.c; gst_call_peer_offer () is there too */
void gst_call_negotiation_receive_offer (GstCallPeer * self,
    CallMessage * message);
void gst_call_negotiation_receive_answer (GstCallPeer * self,
    CallMessage * message);
/* Who answers wants another round: once, and when there is a server */
void gst_call_peer_ask_for_offer (GstCallPeer * self);
/* The offer that had to wait for stray answers, if they came or time is up */
void gst_call_peer_offer_held (GstCallPeer * self);
/* Each GST_CALL_LOOK_MS while connecting */
void gst_call_peer_insist (GstCallPeer * self);

/* Before webrtcbin is stopped: lets it end what it is doing, for some time. What
 * its thread still sets up while its elements go to NULL would stay for ever. */
void gst_call_negotiation_settle (GstCallPeer * self);

/* gstcallrestart.c */
/* New credentials for the description that is made next */
void gst_call_restart_prepare (GstCallPeer * self);
void gst_call_restart_clear (GstCallPeer * self);
/* The new ones are in force */
void gst_call_restart_done (GstCallPeer * self);
/* webrtcbin's description with the new credentials, if there are any.
 * (transfer full) */
gchar *gst_call_restart_rewrite (GstCallPeer * self, const gchar * made);
/* Before webrtcbin is told of a description with new credentials */
void gst_call_restart_agent (GstCallPeer * self);

/* gstcallliveness.c; gst_call_peer_look () is there too */
void gst_call_liveness_connect (GstCallPeer * self);
/* The control channel was made */
void gst_call_liveness_add_channel (GstCallPeer * self);
void gst_call_liveness_stop (GstCallPeer * self);

/* gstcallchannels.c; gst_call_channels_send () and more are in gstcallpeer.h */
void gst_call_channels_connect (GstCallPeer * self);
/* The permanent channel is made, nothing is negotiated yet */
void gst_call_channels_prepare (GstCallPeer * self);
/* The peer is verified: what has come until now may be given out */
void gst_call_channels_accept (GstCallPeer * self);
/* Each GST_CALL_LOOK_MS, and when there is more to send under: makes what is
 * missing, drops who takes nothing */
void gst_call_channels_look (GstCallPeer * self);
void gst_call_channels_stop (GstCallPeer * self);

/* gstcallhold.c */
void gst_call_hold_class_init (GstElementClass * klass);
/* A pad out of a track that is linked to us; one of ours, out of a receiver */
void gst_call_hold_shift_in (GstCallPeer * self, GstPad * track_pad);
void gst_call_hold_shift_out (GstCallPeer * self, GstPad * ghost);

/* gstcallmedia.c */
void gst_call_media_connect (GstCallPeer * self);
gboolean gst_call_media_add_pad (GstCallPeer * self, GstCallKind kind,
    guint mline, const GstCaps * caps);
/* After a description pair: which senders there must be */
void gst_call_media_update_senders (GstCallPeer * self);
void gst_call_media_update_limits (GstCallPeer * self);
/* And what webrtcbin may offer where nothing is sent */
void gst_call_media_prefer_agreed (GstCallPeer * self);
/* Compares the certificate and then lets media flow */
gboolean gst_call_media_verify (GstCallPeer * self);
void gst_call_media_stop (GstCallPeer * self);
/* (transfer full), may be NULL */
GstElement *gst_call_media_get_rtpbin (GstCallPeer * self);
void gst_call_sending_free (gpointer sending);

/* gstcallreceiving.c */
void gst_call_receiving_connect (GstCallPeer * self, GstElement * rtpbin);
/* The peer is verified: what has come until now may flow */
void gst_call_receiving_accept (GstCallPeer * self);
void gst_call_receiving_stop (GstCallPeer * self);
/* (transfer full), may be NULL */
GstElement *gst_call_receiving_get_jitterbuffer (GstCallPeer * self,
    guint ssrc);
/* Its jitter buffer is at rest: what is behind it goes, too */
void gst_call_receiving_remove (GstCallPeer * self, guint ssrc);
void gst_call_receiving_free (gpointer receiving);

/* gstcalldeparture.c */
/* A stream that has fallen silent: gst_call_receiving_remove () comes later */
void gst_call_departure_begin (GstCallPeer * self, guint ssrc);

/* gstcallstats.c */
void gst_call_stats_add (GstCallPeer * self, GstStructure * stats);

G_END_DECLS
