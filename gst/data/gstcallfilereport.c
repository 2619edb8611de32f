/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfileinbox-private.h"

#define PROGRESS_EVERY (200 * G_TIME_SPAN_MILLISECOND)

void
gst_call_file_transfer_free (gpointer data)
{
  GstCallFileTransfer *transfer = data;

  g_clear_pointer (&transfer->partial, gst_call_file_partial_free);
  g_free (transfer->peer_id);
  g_free (transfer->display_name);
  g_free (transfer->key);
  g_free (transfer->name);
  g_free (transfer->media_type);
  g_free (transfer);
}

guint64
gst_call_file_transfer_get_written (GstCallFileTransfer * transfer)
{
  return transfer->partial ?
      gst_call_file_partial_get_size (transfer->partial) : 0;
}

void
gst_call_file_effect_free (GstCallFileEffect * effect)
{
  g_free (effect->peer_id);
  g_free (effect->reply);
  g_clear_pointer (&effect->message, gst_structure_free);
  g_free (effect->warning);
  g_free (effect);
}

GstCallFileEffect *
gst_call_file_inbox_next_effect (GstCallFileInbox * self)
{
  return g_queue_pop_head (&self->effects);
}

/* --- what is said --- */

void
gst_call_file_inbox_reply (GstCallFileInbox * self, const gchar * peer_id,
    const GstCallFileMessage * message)
{
  GstCallFileEffect *effect = g_new0 (GstCallFileEffect, 1);

  effect->peer_id = g_strdup (peer_id);
  effect->reply = gst_call_file_message_to_text (message);
  g_queue_push_tail (&self->effects, effect);
}

void
gst_call_file_inbox_reply_offset (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, GstCallFileType type)
{
  GstCallFileMessage message = { type, transfer->id };

  message.offset = gst_call_file_partial_get_size (transfer->partial);
  transfer->acked = message.offset;
  gst_call_file_inbox_reply (self, transfer->peer_id, &message);
}

void
gst_call_file_inbox_reply_done (GstCallFileInbox * self, const gchar * peer_id,
    guint32 id)
{
  GstCallFileMessage message = { GST_CALL_FILE_DONE, id };

  gst_call_file_inbox_reply (self, peer_id, &message);
}

void
gst_call_file_inbox_reply_end (GstCallFileInbox * self, GstCallFileType type,
    const gchar * peer_id, guint32 id, const gchar * code, const gchar * text)
{
  GstCallFileMessage message = { type, id };

  message.code = (gchar *) code;
  message.text = (gchar *) text;
  gst_call_file_inbox_reply (self, peer_id, &message);
}

/* (transfer full) */
void
gst_call_file_inbox_post (GstCallFileInbox * self, GstStructure * message,
    gchar * warning)
{
  GstCallFileEffect *effect = g_new0 (GstCallFileEffect, 1);

  effect->message = message;
  effect->warning = warning;
  g_queue_push_tail (&self->effects, effect);
}

const gchar *
gst_call_file_code_to_text (const gchar * code)
{
  static const gchar *const texts[][2] = {
    {"refused", "It was refused."},
    {"too-big", "It is larger than the receiver takes."},
    {"no-space", "The receiver has no space for it."},
    {"bad-name", "The receiver cannot have a file of that name."},
    {"bad-hash", "What arrived is not what was sent."},
    {"bad-order", "A part of it is missing."},
    {"too-many", "The receiver does not take so many at once."},
    {"gone", "Nothing more came of it."},
    {"failed", "The receiver could not write it."},
  };

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    if (g_str_equal (code, texts[i][0]))
      return texts[i][1];
  }
  return "";
}

void
gst_call_file_inbox_post_failed (GstCallFileInbox * self, const gchar * peer_id,
    guint32 id, const gchar * name, const gchar * code, const gchar * text)
{
  gst_call_file_inbox_post (self, gst_structure_new ("call-file-failed", "id",
          G_TYPE_UINT, id, "file-name", G_TYPE_STRING, name, "peer-id",
          G_TYPE_STRING, peer_id, "code", G_TYPE_STRING, code, "text",
          G_TYPE_STRING, text, NULL),
      g_strdup_printf ("The file \"%s\" of %s was not received. %s", name,
          peer_id, text));
}

void
gst_call_file_inbox_post_progress (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, gint64 now)
{
  if (transfer->told != 0 && now - transfer->told < PROGRESS_EVERY)
    return;
  transfer->told = now;
  gst_call_file_inbox_post (self, gst_structure_new ("call-file-progress",
          "id", G_TYPE_UINT, transfer->id,
          "file-name", G_TYPE_STRING, transfer->name,
          "peer-id", G_TYPE_STRING, transfer->peer_id,
          "position", G_TYPE_UINT64,
          gst_call_file_partial_get_size (transfer->partial),
          "size", G_TYPE_INT64, transfer->size, NULL), NULL);
}

/* It is over and removed; the sender is told */
void
gst_call_file_inbox_fail (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, const gchar * code)
{
  const gchar *text = gst_call_file_code_to_text (code);

  gst_call_file_inbox_reply_end (self, GST_CALL_FILE_REFUSE, transfer->peer_id,
      transfer->id, gst_call_file_known_code (code), text);
  gst_call_file_inbox_post_failed (self, transfer->peer_id, transfer->id,
      transfer->name, code, text);
  g_ptr_array_remove_fast (self->transfers, transfer);
}

/* The same when the sender knows, or has forgotten it */
void
gst_call_file_inbox_drop (GstCallFileInbox * self,
    GstCallFileTransfer * transfer, const gchar * text)
{
  gst_call_file_inbox_post_failed (self, transfer->peer_id, transfer->id,
      transfer->name, "cancelled", text);
  g_ptr_array_remove_fast (self->transfers, transfer);
}
