/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callbin and the elements beside its data pads agree on: whose a message
 * is, and what they tell each other. Functions; any thread.
 *
 * GstCallDataMeta is a GstCustomMeta, so that applications read it without a
 * header of ours: gst_buffer_get_custom_meta (buffer, "GstCallDataMeta").
 *   peer-id       string  who sent the message; on the way out: to whom it goes
 *   display-name  string  the sender's name; received messages only
 * It goes with its buffer through every element that copies metas.
 *
 * Upstream events (GST_EVENT_CUSTOM_UPSTREAM), by the names of their structures
 *   call-data-peer     out of data_LABEL, to who feeds it: a peer has the channel
 *                      now, or no longer
 *                      peer-id, display-name: string, open: boolean
 *   call-data-message  the same way: a text message under that label
 *                      peer-id, text: string
 *   call-data-reply    into remote_data_LABEL, from who takes its messages: a text
 *                      message to one peer
 *                      peer-id, text: string
 * Events out of callbin come on its worker: whoever gets them copies and returns.
 *
 * Query (GST_QUERY_CUSTOM, into data_LABEL)
 *   call-data-peers    is filled in: peers (GST_TYPE_LIST of string), the ids of
 *                      those that have the channel; pending (uint): how many more
 *                      are in the room and being connected with
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CALL_DATA_META "GstCallDataMeta"
#define GST_CALL_DATA_PEER "call-data-peer"
#define GST_CALL_DATA_MESSAGE "call-data-message"
#define GST_CALL_DATA_REPLY "call-data-reply"
#define GST_CALL_DATA_PEERS "call-data-peers"

/* What a message is by the caps it travels with */
#define GST_CALL_DATA_TEXT_CAPS "text/x-raw, format = (string) utf8"
#define GST_CALL_DATA_BINARY_CAPS "application/octet-stream"

/* Registers the meta; before any other function here, as often as one likes */
void gst_call_data_init (void);
/* (transfer full) in and out. display_name may be NULL. */
GstBuffer *gst_call_data_set_peer (GstBuffer * buffer, const gchar * peer_id,
    const gchar * display_name);
/* (transfer none), NULL: nobody's */
const gchar *gst_call_data_get_peer (GstBuffer * buffer);
const gchar *gst_call_data_get_display_name (GstBuffer * buffer);

G_END_DECLS
