/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One end of a call for the SDP tests: a real webrtcbin with test sources,
 * which speaks only through a GstCallSdp. Everything but the counters runs on
 * the test's thread; webrtcbin's threads hand over through one queue.
 */
#pragma once

#include "gstcallsdp.h"

#include <gst/check/gstcheck.h>
#include <gst/sdp/sdp.h>
#include <gst/webrtc/webrtc.h>

G_BEGIN_DECLS

typedef struct _SdpPeer SdpPeer;

struct _SdpPeer
{
  const gchar *name;
  GstElement *pipeline, *webrtc;
  GstElement *valve[2];             /* by GstCallKind, NULL: sends none */
  GstCallSdp *sdp;
  GAsyncQueue *events;              /* shared with the other end */
  SdpPeer *other;
  guint seq;                        /* elements made */
  gint packets[2];                  /* received, by GstCallKind, atomic */
  gint opened;                      /* data channels, atomic */
  gchar *last_inner, *last_wire;    /* for messages and checks */
};

/* The queue between webrtcbin's threads and the test */
GAsyncQueue *sdp_events_new (void);

SdpPeer *sdp_peer_new (const gchar * name, GAsyncQueue * events);
/* Other codecs than OPUS and VP8, H264; before anything is negotiated */
void sdp_peer_set_video_codecs (SdpPeer * self, const gchar * const *codecs);
void sdp_peer_free (SdpPeer * self);
void sdp_peer_play (SdpPeer * self);

/* A source for m-line `mline`, with these codec preferences */
void sdp_peer_add_source (SdpPeer * self, GstCallKind kind, guint mline,
    const gchar * codec, GstCaps * preferences);
void sdp_peer_add_data_channel (SdpPeer * self);

/* Ask webrtcbin, through GstCallSdp; the wire's text */
gchar *sdp_peer_offer (SdpPeer * self);
gchar *sdp_peer_answer (SdpPeer * self);
void sdp_peer_take (SdpPeer * self, GstCallSdpType type, const gchar * wire);
/* prepare runs after GstCallSdp has read it and before webrtcbin is told:
 * the moment for requesting sink pads */
void sdp_peer_take_with (SdpPeer * self, GstCallSdpType type,
    const gchar * wire, void (*prepare) (SdpPeer * self));

/* Open or close the valves by what is in force */
void sdp_peer_apply_directions (SdpPeer * self);

/* Hands candidates over until the condition holds, or fails after 20 s */
typedef gboolean (*SdpCondition) (gpointer data);
void sdp_wait_for (GAsyncQueue * events, SdpCondition condition, gpointer data,
    const gchar * what);

G_END_DECLS
