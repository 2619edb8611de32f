/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallFileInbox: the files that are being received from all peers, and what
 * is answered. Nothing that comes in is trusted. It knows no pads: what is to
 * be said and posted is taken from it as effects. No locks, no threads; its
 * owner lets one thread in at a time. It reads and writes files.
 *
 * Times are those of g_get_monotonic_time ().
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CALL_FILE_MAX_TRANSFERS 64
#define GST_CALL_FILE_MAX_PEER_TRANSFERS 16

typedef struct
{
  guint64 max_file_size;
  guint64 max_total;            /* bytes of all that is being received */
  gint64 resume_timeout;        /* us without data until it is given up */
  gboolean auto_accept;
} GstCallFileLimits;

/* Either a reply to a peer, or a message of the element and perhaps a warning */
typedef struct
{
  gchar *peer_id;
  gchar *reply;
  GstStructure *message;
  gchar *warning;
} GstCallFileEffect;

typedef struct _GstCallFileInbox GstCallFileInbox;

/* NULL: error says why it cannot be that directory, which is made if need be */
GstCallFileInbox *gst_call_file_inbox_new (const gchar * directory,
    const GstCallFileLimits * limits, GError ** error);
/* Removes what is not complete */
void gst_call_file_inbox_free (GstCallFileInbox * self);

void gst_call_file_inbox_set_limits (GstCallFileInbox * self,
    const GstCallFileLimits * limits);
/* A text message; whatever is not for a receiver of files is ignored */
void gst_call_file_inbox_text (GstCallFileInbox * self, const gchar * peer_id,
    const gchar * display_name, const gchar * text, gsize length, gint64 now);
/* A binary message */
void gst_call_file_inbox_chunk (GstCallFileInbox * self,
    const gchar * peer_id, const guint8 * data, gsize size, gint64 now);
/* What a person has decided; FALSE: there is no such transfer, or it has been
 * accepted before. A refusal also ends one that runs. */
gboolean gst_call_file_inbox_decide (GstCallFileInbox * self,
    const gchar * peer_id, guint32 id, gboolean accept, gint64 now);
/* Gives up those whose sender has gone. When to call it again; -1: no need */
gint64 gst_call_file_inbox_expire (GstCallFileInbox * self, gint64 now);
/* All that runs ends: senders are told `text`, people that the stream is over */
void gst_call_file_inbox_end (GstCallFileInbox * self, const gchar * text);
guint gst_call_file_inbox_get_n_transfers (GstCallFileInbox * self);

/* What is to be done next, in order; NULL: nothing. (transfer full) */
GstCallFileEffect *gst_call_file_inbox_next_effect (GstCallFileInbox * self);
void gst_call_file_effect_free (GstCallFileEffect * effect);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallFileInbox, gst_call_file_inbox_free)
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallFileEffect, gst_call_file_effect_free)

G_END_DECLS
