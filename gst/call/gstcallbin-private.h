/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gstcallbin.c (states), gstcalltracks.c (media), gstcallmessages.c (data),
 * gstcallfiles.c, gstcallproperties.c and gstcallsettings.c share.
 */
#pragma once

#include "gstcallconnect.h"
#include "gstcalldatain.h"
#include "gstcalldataout.h"
#include "gstcallroom.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_BIN (gst_call_bin_get_type ())
G_DECLARE_FINAL_TYPE (GstCallBin, gst_call_bin, GST, CALL_BIN, GstBin)

typedef enum
{
  GST_CALL_ICE_TRANSPORT_POLICY_ALL,
  GST_CALL_ICE_TRANSPORT_POLICY_RELAY,
} GstCallIceTransportPolicy;

GType gst_call_ice_transport_policy_get_type (void);
#define GST_TYPE_CALL_ICE_TRANSPORT_POLICY \
    (gst_call_ice_transport_policy_get_type ())

/* Its text is the file protocol's, and not for people */
#define GST_CALL_FILES_LABEL "files"

#define GST_CALL_DEFAULT_LATENCY 60
#define GST_CALL_DEFAULT_MAX_PEERS 16
#define GST_CALL_DEFAULT_CONNECT_TIMEOUT 15000
#define GST_CALL_DEFAULT_MAX_BITRATE 1500000

/* Ids of the properties */
enum
{
  GST_CALL_SETTING_URI = 1,
  GST_CALL_SETTING_LISTEN,
  GST_CALL_SETTING_ROOM,
  GST_CALL_SETTING_DISPLAY_NAME,
  GST_CALL_SETTING_PEER_ID,
  GST_CALL_SETTING_TOKEN,
  GST_CALL_SETTING_TOKEN_FILE,
  GST_CALL_SETTING_TLS_CA_FILE,
  GST_CALL_SETTING_TLS_INSECURE,
  GST_CALL_SETTING_ICE_SERVERS,
  GST_CALL_SETTING_ICE_TRANSPORT_POLICY,
  GST_CALL_SETTING_MIN_PORT,
  GST_CALL_SETTING_MAX_PORT,
  GST_CALL_SETTING_VIDEO_CODECS,
  GST_CALL_SETTING_AUDIO_CODECS,
  GST_CALL_SETTING_MAX_BITRATE,
  GST_CALL_SETTING_MAX_PEERS,
  GST_CALL_SETTING_LATENCY,
  GST_CALL_SETTING_DECODE,
  GST_CALL_SETTING_CONNECT_TIMEOUT,
  GST_CALL_SETTING_DOWNLOAD_DIRECTORY,
  GST_CALL_SETTING_STATS,
  GST_CALL_SETTING_STATS_INTERVAL,
  GST_CALL_N_SETTINGS
};

struct _GstCallBin
{
  GstBin parent;

  /* object lock */
  GstCallConnectSettings connect;
  GValue ice_servers;               /* as set */
  GPtrArray *parsed_servers;        /* (element-type CallIceServer) */
  gboolean relay_only;
  guint min_port;
  guint max_port;
  gchar **codecs[2];                /* by kind */
  guint max_bitrate;
  guint max_peers;
  guint latency;
  gboolean decode;
  guint connect_timeout;
  guint stats_interval;
  gchar *download_directory;
  GstCallTrack *tracks[2];          /* by kind */
  GPtrArray *outs;                  /* (element-type GstCallDataOut) */
  GPtrArray *complaints;            /* (element-type utf8) */

  /* state changes only (under the state lock) */
  GstCallWorker *worker;
  GstCallRoom *room;
  GstCallConnect *connection;
  GstElement *taker;                /* of files, NULL: a pad gives them out */
  GstCallPeerConfig peer_config;
  gboolean joined;

  /* only the worker */
  GSource *stats_timer;
  GPtrArray *ins;                   /* (element-type GstCallDataIn) */
  GQueue unsaid;                    /* (element-type utf8) */
  GPtrArray *sending;               /* gstcallfiles.c: files */
  gint64 posts;                     /* texts that may be posted now … */
  gint64 posts_time;                /* … counted at this time */
  GSource *linger;                  /* before a call of data only ends */

  gint n_pending;                   /* atomic: peers that are on their way */

  gint data_posted;                 /* atomic: send_data is on its way */
};

/* The worker's answer, or an empty structure when there is no call */
GstStructure *gst_call_bin_get_stats (GstCallBin * self);

/* (transfer full). The worker, or NULL when there is no call */
GstCallWorker *gst_call_bin_get_worker (GstCallBin * self);

/* (transfer full). The child that `object` is or is in, or NULL; any thread */
GstElement *gst_call_bin_find_child (GstCallBin * self, GstObject * object);

/* gstcalltracks.c */
/* (transfer none). Our track of that kind, or NULL; any thread */
GstCallTrack *gst_call_tracks_get (GstElement * element, GstCallKind kind);
GstPad *gst_call_tracks_request_pad (GstElement * element,
    GstPadTemplate * template, const gchar * name, const GstCaps * caps);
void gst_call_tracks_release_pad (GstElement * element, GstPad * pad);

/* Leaves the room; any thread, returns at once */
void gst_call_bin_hang_up (GstCallBin * self);

/* gstcallsignals.c */
void gst_call_signals_install (GObjectClass * gobject_class);
/* Emit; the worker */
void gst_call_signals_peer_added (GstElement * element, const gchar * peer_id);
void gst_call_signals_message (GstElement * element, const gchar * peer_id,
    const gchar * label, const gchar * text);
/* call-file-progress, call-file-sent or call-file-received, with `sending` */
void gst_call_signals_file (GstElement * element, const GstStructure * s);

/* gstcallfiles.c */
/* Any thread */
void gst_call_files_send (GstCallBin * self, const gchar * location);
/* The worker, or when it has ended */
void gst_call_files_end_all (GstCallBin * self);
/* Around READY to PAUSED and back */
void gst_call_files_prepare (GstCallBin * self);
void gst_call_files_clean_up (GstCallBin * self);
/* Of a child. TRUE: it is not for anybody else. Any thread */
gboolean gst_call_files_handle_message (GstCallBin * self,
    GstMessage * message);

/* gstcallmessages.c */
/* (transfer full). Makes it, if need be; any thread */
GstCallDataOut *gst_call_messages_get_out (GstCallBin * self,
    const gchar * label);
GstPad *gst_call_messages_request_pad (GstElement * element,
    GstPadTemplate * template, const gchar * name);
void gst_call_messages_release_pad (GstElement * element, GstPad * pad);
/* Any thread */
void gst_call_messages_send_text (GstCallBin * self, const gchar * text);
/* Something is to be sent, or all has been; any thread */
void gst_call_messages_send (GstCallBin * self);
/* As GstCallRoomOwner has them */
GPtrArray *gst_call_messages_list (GstElement * element);
void gst_call_messages_opened (GstElement * element, const gchar * label);
void gst_call_messages_pending_changed (GstElement * element, guint n);
gboolean gst_call_messages_received (GstElement * element,
    const CallPeer * from, const gchar * label, GstBuffer * buffer,
    gboolean text);
/* The worker: the remote pads of labels that we send under */
void gst_call_messages_make_pads (GstCallBin * self);
/* When the bin is in READY and nobody is connected; any thread */
void gst_call_messages_remove_pads (GstCallBin * self);

/* gstcallproperties.c */
void gst_call_properties_install (GObjectClass * gobject_class);

/* gstcallsettings.c */
/* Posts what was wrong with settings made before there was a bus. */
void gst_call_settings_tell (GstCallBin * self);
void gst_call_settings_install (GObjectClass * gobject_class);
void gst_call_settings_init (GstCallBin * self);
void gst_call_settings_clear (GstCallBin * self);

G_END_DECLS
