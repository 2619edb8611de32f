/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the two ends of a file transfer say to each other: see "Files" in
 * signaling/PROTOCOL.md. Pure functions; no I/O, no locks, no threads.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_CALL_FILE_MAX_TEXT 4096             /* bytes of a control message */
#define GST_CALL_FILE_HEADER 12                 /* bytes in front of a chunk's data */
#define GST_CALL_FILE_MAX_CHUNK (48 * 1024)     /* bytes of a chunk's data */
#define GST_CALL_FILE_WINDOW (4 * 1024 * 1024)  /* bytes beyond the last ack */
#define GST_CALL_FILE_ACK_EVERY (256 * 1024)    /* bytes */
#define GST_CALL_FILE_MIN_WINDOW (2 * GST_CALL_FILE_ACK_EVERY)
#define GST_CALL_FILE_KEY_LENGTH 22
#define GST_CALL_FILE_MAX_SIZE ((G_GINT64_CONSTANT (1) << 53) - 1)

typedef enum
{
  GST_CALL_FILE_OFFER,
  GST_CALL_FILE_ACCEPT,
  GST_CALL_FILE_ACK,
  GST_CALL_FILE_END,
  GST_CALL_FILE_DONE,
  GST_CALL_FILE_REFUSE,
  GST_CALL_FILE_CANCEL,
} GstCallFileType;

typedef struct
{
  GstCallFileType type;
  guint32 id;
  gint64 size;                      /* offer (-1: not known), end */
  guint64 offset;                   /* accept, ack */
  gboolean by_sender;               /* cancel */
  gchar *key;                       /* offer */
  gchar *name;                      /* offer: as it came, not safe */
  gchar *media_type;                /* offer */
  gchar *sha256;                    /* end */
  gchar *code;                      /* refuse */
  gchar *text;                      /* refuse, cancel: one line for people */
} GstCallFileMessage;

/* NULL: not one of these messages, or not as it has to be. What is read is
 * within the bounds of the protocol, but no name is safe. */
GstCallFileMessage *gst_call_file_message_parse (const gchar * text,
    gsize length);
void gst_call_file_message_free (GstCallFileMessage * message);
/* (transfer full); at most GST_CALL_FILE_MAX_TEXT bytes */
gchar *gst_call_file_message_to_text (const GstCallFileMessage * message);

/* The header of a chunk. FALSE: no chunk, or one without data or too long */
gboolean gst_call_file_chunk_read (const guint8 * data, gsize size,
    guint32 * id, guint64 * offset);
void gst_call_file_chunk_write (guint8 * data, guint32 id, guint64 offset);

/* A fresh key of GST_CALL_FILE_KEY_LENGTH characters. (transfer full) */
gchar *gst_call_file_new_key (void);
/* One of the codes that the protocol names, static; "failed" for others */
const gchar *gst_call_file_known_code (const gchar * code);
/* One line of at most max bytes without control characters, for people.
 * (transfer full) */
gchar *gst_call_file_plain_text (const gchar * text, gsize max);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallFileMessage, gst_call_file_message_free)

G_END_DECLS
