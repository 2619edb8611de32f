/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gstcallbin.c (pads, states, messages) and gstcallsettings.c (its
 * properties) share.
 */
#pragma once

#include "gstcallconnect.h"
#include "gstcallroom.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_BIN (gst_call_bin_get_type ())
G_DECLARE_FINAL_TYPE (GstCallBin, gst_call_bin, GST, CALL_BIN, GstBin)

struct _GstCallBin
{
  GstBin parent;

  /* object lock */
  GstCallConnectSettings connect;
  GValue ice_servers;               /* as set */
  GPtrArray *parsed_servers;        /* (element-type CallIceServer) */
  gboolean relay_only;
  gchar **codecs[2];                /* by kind */
  guint max_bitrate;
  guint max_peers;
  guint latency;
  gboolean decode;
  guint connect_timeout;
  guint stats_interval;
  GstCallTrack *tracks[2];          /* by kind */
  GPtrArray *complaints;            /* (element-type utf8) */

  /* state changes only (under the state lock) */
  GstCallWorker *worker;
  GstCallRoom *room;
  GstCallConnect *connection;
  GstCallPeerConfig peer_config;
  gboolean joined;

  /* only the worker */
  GSource *stats_timer;
};

/* The worker's answer, or an empty structure when there is no call */
GstStructure *gst_call_bin_get_stats (GstCallBin * self);

/* gstcallsettings.c */
/* Posts what was wrong with settings made before there was a bus. */
void gst_call_settings_tell (GstCallBin * self);
void gst_call_settings_install (GObjectClass * gobject_class);
void gst_call_settings_init (GstCallBin * self);
void gst_call_settings_clear (GstCallBin * self);

G_END_DECLS
