/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of GstCallFileInbox: gstcallfileinbox.c decides, gstcallfilereport.c
 * says what was decided.
 */
#pragma once

#include "gstcallfileinbox.h"
#include "gstcallfilemessage.h"
#include "gstcallfilepartial.h"

G_BEGIN_DECLS

typedef struct
{
  gchar *peer_id;
  gchar *display_name;
  guint32 id;
  gchar *key;
  gchar *name;                  /* safe */
  gchar *media_type;
  gint64 size;                  /* -1: not known */
  GstCallFilePartial *partial;  /* NULL: nobody has accepted it yet */
  guint64 acked;
  gint64 seen;                  /* when something new last came of it */
  gint64 told;                  /* when its progress was last told */
} GstCallFileTransfer;

struct _GstCallFileInbox
{
  GstCallFileLimits limits;
  gchar *directory;
  gint dir;
  GPtrArray *transfers;         /* of GstCallFileTransfer */
  GQueue done;                  /* of those complete, newest first */
  GHashTable *buckets;          /* peer id → Bucket */
  GQueue effects;               /* of GstCallFileEffect */
};

void gst_call_file_transfer_free (gpointer transfer);
/* 0 while nobody has accepted it */
guint64 gst_call_file_transfer_get_written (GstCallFileTransfer * transfer);

/* What is said to people of a code */
const gchar *gst_call_file_code_to_text (const gchar * code);

/* To a peer */
void gst_call_file_inbox_reply (GstCallFileInbox * self, const gchar * peer_id,
    const GstCallFileMessage * message);
void gst_call_file_inbox_reply_offset (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, GstCallFileType type);
void gst_call_file_inbox_reply_done (GstCallFileInbox * self,
    const gchar * peer_id, guint32 id);
void gst_call_file_inbox_reply_end (GstCallFileInbox * self,
    GstCallFileType type, const gchar * peer_id, guint32 id,
    const gchar * code, const gchar * text);

/* To the application. message (transfer full), warning (transfer full) or NULL */
void gst_call_file_inbox_post (GstCallFileInbox * self, GstStructure * message,
    gchar * warning);
void gst_call_file_inbox_post_failed (GstCallFileInbox * self,
    const gchar * peer_id, guint32 id, const gchar * name, const gchar * code,
    const gchar * text);
void gst_call_file_inbox_post_progress (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, gint64 now);

/* It is over and removed; the sender is told */
void gst_call_file_inbox_fail (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, const gchar * code);
/* The same when the sender knows, or has forgotten it */
void gst_call_file_inbox_drop (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, const gchar * text);

G_END_DECLS
