/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: one, that of the signaller.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-send-queue.h"

#include <string.h>

typedef struct
{
  guint64 seq;
  gboolean written;
  gsize size;
  gchar *text;
} Entry;

struct _CallSendQueue
{
  GQueue entries;               /* oldest first; written before waiting */
  gsize size;                   /* bytes of all texts */
  guint64 last_seq;             /* newest number given */
  guint64 forgotten;            /* newest number no longer kept */
};

static void
entry_free (gpointer data)
{
  Entry *entry = data;

  g_free (entry->text);
  g_free (entry);
}

static void
forget_oldest (CallSendQueue * queue)
{
  Entry *entry = g_queue_pop_head (&queue->entries);

  queue->forgotten = entry->seq;
  queue->size -= entry->size;
  entry_free (entry);
}

CallSendQueue *
call_send_queue_new (void)
{
  CallSendQueue *queue = g_new0 (CallSendQueue, 1);

  g_queue_init (&queue->entries);
  return queue;
}

void
call_send_queue_free (CallSendQueue * queue)
{
  call_send_queue_reset (queue);
  g_free (queue);
}

gboolean
call_send_queue_push (CallSendQueue * queue, const CallMessage * message)
{
  CallMessage numbered = *message;
  Entry *entry = g_new0 (Entry, 1);

  numbered.seq = entry->seq = ++queue->last_seq;
  entry->text = call_message_to_text (&numbered);
  entry->size = strlen (entry->text);
  queue->size += entry->size;
  g_queue_push_tail (&queue->entries, entry);

  while (queue->entries.length > CALL_QUEUE_MESSAGES
      || queue->size > CALL_QUEUE_BYTES) {
    if (!((Entry *) g_queue_peek_head (&queue->entries))->written)
      return FALSE;
    forget_oldest (queue);
  }
  return TRUE;
}

const gchar *
call_send_queue_next (CallSendQueue * queue)
{
  GList *link = queue->entries.tail;
  Entry *entry;

  /* what waits is at the end, and mostly it is one */
  while (link && link->prev && !((Entry *) link->prev->data)->written)
    link = link->prev;
  entry = link ? link->data : NULL;
  if (!entry || entry->written)
    return NULL;
  entry->written = TRUE;
  return entry->text;
}

gboolean
call_send_queue_resume (CallSendQueue * queue, guint64 last_seq)
{
  gboolean lost_count = last_seq == CALL_SEQ_UNKNOWN;
  gboolean complete = lost_count || queue->forgotten <= last_seq;
  Entry *entry;

  while ((entry = g_queue_peek_head (&queue->entries)) != NULL
      && (!complete || (lost_count ? entry->written : entry->seq <= last_seq)))
    forget_oldest (queue);
  for (GList * l = queue->entries.head; l; l = l->next)
    ((Entry *) l->data)->written = FALSE;
  return complete;
}

void
call_send_queue_reset (CallSendQueue * queue)
{
  g_queue_clear_full (&queue->entries, entry_free);
  queue->size = 0;
  queue->last_seq = 0;
  queue->forgotten = 0;
}
