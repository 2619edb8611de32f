/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSctpMessages: how long the messages of one association are, by its
 * packets. Any thread; it has a lock of its own.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

/* What is shorter never comes in parts, and no part but the last is shorter */
#define GST_CALL_SCTP_PART 65536

typedef enum
{
  GST_CALL_SCTP_UNKNOWN,
  GST_CALL_SCTP_GOES_ON,
  GST_CALL_SCTP_LAST,
  GST_CALL_SCTP_OTHER,
} GstCallSctpKind;

typedef struct _GstCallSctpMessages GstCallSctpMessages;

GstCallSctpMessages *gst_call_sctp_messages_new (void);
GstCallSctpMessages *gst_call_sctp_messages_ref (GstCallSctpMessages * self);
void gst_call_sctp_messages_unref (gpointer self);

/* A packet of the peer's, before SCTP has it */
void gst_call_sctp_messages_packet (GstCallSctpMessages * self,
    const guint8 * data, gsize size);
/* What comes out of a stream, if it is as long as a part, or if parts are held (of
 * that many bytes): it goes on, that was the last, it is another message, or
 * nothing is known. After the last there is nothing to ask about that message. */
GstCallSctpKind gst_call_sctp_messages_judge (GstCallSctpMessages * self,
    guint16 stream, gsize held, gsize size);
/* Has the peer given up (RFC 3758) the message whose parts are held? Once. */
gboolean gst_call_sctp_messages_gave_up (GstCallSctpMessages * self,
    guint16 stream);

G_END_DECLS
