/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDataIn: what comes under one label from everybody, and the pad
 * `remote_data_<label>` of callbin that it comes out of. The worker only.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCallDataIn GstCallDataIn;

/* Who takes the messages answers one peer. Any thread, no lock held. */
typedef void (*GstCallDataReply) (GstElement * bin, const gchar * label,
    const gchar * peer_id, const gchar * text);

/* Makes the pad on `bin`, which outlives it */
GstCallDataIn *gst_call_data_in_new (GstElement * bin, const gchar * label,
    GstCallDataReply reply);
/* Takes it and its pad out of the bin, which is in READY */
void gst_call_data_in_free (GstCallDataIn * self);
const gchar *gst_call_data_in_get_label (GstCallDataIn * self);
/* (transfer none) */
GstPad *gst_call_data_in_get_pad (GstCallDataIn * self);
/* (transfer full) buffer. FALSE: those who take the messages are too slow */
gboolean gst_call_data_in_push (GstCallDataIn * self, GstBuffer * buffer,
    gboolean text);

G_END_DECLS
