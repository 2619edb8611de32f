/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallFileReceivers: who gets a file, how far each of them is, and what to do
 * next. It does nothing itself: its owner asks for a step, does it, and asks
 * again; what peers say is applied as it comes. No I/O, no locks, no threads.
 *
 * A receiver is offered the file, accepts it from some offset on, is sent chunks
 * within the window, told the end, and says that it is done; or it fails on the
 * way. One whose channel closes is away for a while and is offered it again.
 *
 * Times are those of g_get_monotonic_time ().
 */
#pragma once

#include "gstcallfilemessage.h"

G_BEGIN_DECLS

typedef enum
{
  GST_CALL_FILE_STEP_WAIT,          /* until `wake` (-1: for ever) or a change */
  GST_CALL_FILE_STEP_OFFER,         /* say it to peers[0] */
  GST_CALL_FILE_STEP_CHUNK,         /* send length bytes of offset to peers */
  GST_CALL_FILE_STEP_HASH,          /* read them for the hash alone */
  GST_CALL_FILE_STEP_END,           /* say it to peers[0] */
  GST_CALL_FILE_STEP_CANCEL,        /* say `text` to peers[0] */
  GST_CALL_FILE_STEP_PROGRESS,      /* tell people: peers[0] has `offset` bytes */
  GST_CALL_FILE_STEP_SENT,          /* tell people: peers[0] has it */
  GST_CALL_FILE_STEP_FAILED,        /* tell people: not peers[0]; code, text */
  GST_CALL_FILE_STEP_FINISHED,      /* nothing will follow but a newcomer */
} GstCallFileStepType;

typedef struct
{
  GstCallFileStepType type;
  GPtrArray *peers;                 /* of gchar *, peer ids */
  guint64 offset;
  gsize length;
  gint64 wake;
  const gchar *code;                /* static */
  gchar *text;
} GstCallFileStep;

typedef struct _GstCallFileReceivers GstCallFileReceivers;

/* chunk_size: bytes of one step; window: bytes beyond the last ack, at least
 * GST_CALL_FILE_MIN_WINDOW; timeout: us, 0: none. streamed: data is not kept, so
 * that there is only one pass; see set_range. */
GstCallFileReceivers *gst_call_file_receivers_new (guint32 id,
    gsize chunk_size, guint64 window, gint64 timeout, gboolean streamed);
void gst_call_file_receivers_free (GstCallFileReceivers * self);

/* What can be read: from first to before front */
void gst_call_file_receivers_set_range (GstCallFileReceivers * self,
    guint64 first, guint64 front);
/* There is nothing behind front */
void gst_call_file_receivers_set_ended (GstCallFileReceivers * self);
/* Everything before is in the hash */
void gst_call_file_receivers_set_hashed (GstCallFileReceivers * self,
    guint64 hashed);
/* Streamed: what is before is not needed any more */
guint64 gst_call_file_receivers_get_needed (GstCallFileReceivers * self,
    gint64 now);

void gst_call_file_receivers_open (GstCallFileReceivers * self,
    const gchar * peer_id, gint64 now);
void gst_call_file_receivers_close (GstCallFileReceivers * self,
    const gchar * peer_id, gint64 now);
/* FALSE: it is not about this file, or not from one of them */
gboolean gst_call_file_receivers_apply (GstCallFileReceivers * self,
    const gchar * peer_id, const GstCallFileMessage * message, gint64 now);
/* All that are not done fail. code: static */
void gst_call_file_receivers_cancel (GstCallFileReceivers * self,
    const gchar * code, const gchar * text);

/* There were some, and none of them wants anything any more */
gboolean gst_call_file_receivers_is_finished (GstCallFileReceivers * self);
/* What to do next; it counts as done */
void gst_call_file_receivers_next (GstCallFileReceivers * self, gint64 now,
    GstCallFileStep * step);
void gst_call_file_step_clear (GstCallFileStep * step);
/* Bytes that the slowest has, of those that have not failed; 0: nobody */
guint64 gst_call_file_receivers_get_position (GstCallFileReceivers * self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallFileReceivers,
    gst_call_file_receivers_free)
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstCallFileStep, gst_call_file_step_clear)

G_END_DECLS
