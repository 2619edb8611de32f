/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two files of a peer's data channels share: gstcallchannels.c (how they
 * come and go, what they bring) and gstcallchannelsend.c. The worker only.
 */
#pragma once

#include "gstcallpeer-private.h"

G_BEGIN_DECLS

typedef struct
{
  /* set once; what pc looks at */
  GstCallPeer *peer;
  guint serial;

  GstWebRTCDataChannel *channel;
  gchar *label;

  /* only the worker */
  gboolean open;
  gboolean told_size;
  GstCallDataOut *out;          /* while we send on it */
  GstCallDataLink *link;
} GstCallChannel;

/* (transfer container). A copy, as pc adds some */
GPtrArray *gst_call_channels_list (GstCallPeer * self);
/* The one that we send on under this label, or else one that we could */
GstCallChannel *gst_call_channels_find (GstCallPeer * self,
    const gchar * label);
/* Nothing is sent on it any more */
void gst_call_channel_cut (GstCallChannel * self);
/* With a warning; ends it */
void gst_call_channel_tell_closed (GstCallPeer * self,
    GstCallChannel * channel, const gchar * why);
/* gstcallchannelsend.c.
 * What goes out under its label goes out here, from what waits on. */
void gst_call_channel_attach (GstCallPeer * self, GstCallChannel * channel,
    GstCallDataOut * out);
/* Who is connected misses nothing: what is sent from then on waits for the channels. */
void gst_call_channels_expect (GstCallPeer * self);
void gst_call_channels_stop_expecting (GstCallPeer * self);
/* what waits for it goes to webrtcbin, as far as it may */
void gst_call_channel_drain (GstCallPeer * self, GstCallChannel * channel);

G_END_DECLS
