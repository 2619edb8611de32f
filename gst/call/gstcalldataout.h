/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDataOut: what we send under one label, the child `data_<label>` of
 * callbin. Buffers come in on its pads and wait in one queue for each peer that
 * has the channel, until the worker takes them to webrtcbin.
 */
#pragma once

#include "gstcalldatamessage.h"

G_BEGIN_DECLS

/* What a label may be: it is part of a pad's name */
#define GST_CALL_MAX_LABEL 64

#define GST_TYPE_CALL_DATA_OUT (gst_call_data_out_get_type ())
G_DECLARE_FINAL_TYPE (GstCallDataOut, gst_call_data_out, GST, CALL_DATA_OUT,
    GstElement)

/* As RTCDataChannelInit has them (W3C webrtc-pc, 6.2) */
typedef struct
{
  gboolean ordered;
  gint max_retransmits;             /* -1: any number */
  gint max_packet_lifetime;         /* ms, -1: any time */
  gchar *protocol;
  gboolean negotiated;
  gint id;                          /* with negotiated */
} GstCallDataSettings;

/* One peer's queue */
typedef struct _GstCallDataLink GstCallDataLink;

/* Something is to be sent, or the input ended. Any thread, no lock held. */
typedef void (*GstCallDataNotify) (GstCallDataOut * out, gpointer data);

GstCallDataOut *gst_call_data_out_new (const gchar * label,
    GstCallDataNotify notify, gpointer data);
const gchar *gst_call_data_out_get_label (GstCallDataOut * self);
/* Another active sink pad. (transfer none) */
GstPad *gst_call_data_out_add_pad (GstCallDataOut * self);
/* Any thread. Text from an application: never waits. FALSE: it is no text, or
 * nobody takes it quickly enough. */
gboolean gst_call_data_out_push_text (GstCallDataOut * self,
    const gchar * text, GError ** error);

/* The worker only, from here on */

void gst_call_data_out_get_settings (GstCallDataOut * self,
    GstCallDataSettings * settings);
void gst_call_data_settings_clear (GstCallDataSettings * settings);
gboolean gst_call_data_out_is_negotiated (GstCallDataOut * self);
/* What is for that peer waits in it. `peer_id` has none yet. */
GstCallDataLink *gst_call_data_out_add_link (GstCallDataOut * self,
    const gchar * peer_id, const gchar * display_name);
/* The channel is open: who feeds the pads is told, and that it is not when the
 * link is removed */
void gst_call_data_out_open_link (GstCallDataOut * self,
    GstCallDataLink * link);
void gst_call_data_out_remove_link (GstCallDataOut * self,
    GstCallDataLink * link);
/* (transfer full). The next message for that peer, or NULL */
GstCallDataMessage *gst_call_data_out_pop (GstCallDataOut * self,
    GstCallDataLink * link);
/* Each GST_CALL_LOOK_MS. TRUE: it has taken nothing for so long that others
 * must not wait for it any more. */
gboolean gst_call_data_out_is_stuck (GstCallDataOut * self,
    GstCallDataLink * link);
/* How many are in the room that will have the channel */
void gst_call_data_out_set_pending (GstCallDataOut * self, guint n);
/* To who feeds the pads; (transfer full) */
void gst_call_data_out_tell (GstCallDataOut * self, GstStructure * s);
/* All that feed it have ended, and all they gave was taken */
gboolean gst_call_data_out_is_over (GstCallDataOut * self);

G_END_DECLS
