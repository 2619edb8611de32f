/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDataIn: what comes under one label from everybody, and the pad
 * `remote_data_<label>` of callbin that it comes out of, or the child of callbin
 * that takes it. The worker only.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCallDataIn GstCallDataIn;

/* Who takes the messages answers one peer. Any thread, no lock held. */
typedef void (*GstCallDataReply) (GstElement * bin, const gchar * label,
    const gchar * peer_id, const gchar * text);

/* In `bin`, which outlives it: makes the pad, or with a taker (a child of the
 * bin with a pad `sink`) none */
GstCallDataIn *gst_call_data_in_new (GstElement * bin, const gchar * label,
    GstCallDataReply reply, GstElement * taker);
/* Takes it and its pad out of the bin, which is in READY */
void gst_call_data_in_free (GstCallDataIn * self);
const gchar *gst_call_data_in_get_label (GstCallDataIn * self);
/* (transfer none). NULL: there is a taker */
GstPad *gst_call_data_in_get_pad (GstCallDataIn * self);
/* Somebody takes the messages. */
gboolean gst_call_data_in_is_taken (GstCallDataIn * self);
/* (transfer full) buffer. FALSE: those who take the messages are too slow */
gboolean gst_call_data_in_push (GstCallDataIn * self, GstBuffer * buffer,
    gboolean text);

G_END_DECLS
