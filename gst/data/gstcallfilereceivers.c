/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilereceivers.h"

#include <string.h>

#define MAX_RECEIVERS 256
#define PROGRESS_EVERY (200 * G_TIME_SPAN_MILLISECOND)
/* Streamed: so long the beginning waits for those that have been offered it */
#define HOLD G_TIME_SPAN_SECOND
#define HASH_LENGTH (256 * 1024)
/* So much of it is acknowledged by each receiver, sooner or later */
#define MAX_SILENT (GST_CALL_FILE_ACK_EVERY + GST_CALL_FILE_MAX_CHUNK)
/* Where there are several, each has less on its way than a pad of callbin takes
 * for a peer without waiting: one that is slow does not hold up the others */
#define SHARED_WINDOW (768 * 1024)

typedef enum
{
  OFFER,                        /* is to be offered it */
  OFFERED,
  SENDING,
  ENDING,                       /* has been told the end */
  AWAY,                         /* its channel closed in the middle */
  CANCEL,                       /* is to be told that it is over */
  DONE,
  FAILED,
} State;

typedef struct
{
  gchar *peer_id;
  State state;
  gboolean open;                /* its channel */
  guint64 position;             /* sent to it */
  guint64 acked;
  gint64 since;                 /* when what it owes was last not overdue */
  guint64 turn;                 /* when it was last sent something */
  guint64 told_position;
  gint64 told_at;
  gboolean told;                /* how it ended */
  const gchar *code;
  gchar *text;
} Receiver;

struct _GstCallFileReceivers
{
  guint32 id;
  gsize chunk_size;
  guint64 window;
  gint64 timeout;
  gboolean streamed;
  guint64 first, front;
  gboolean ended;
  guint64 hashed;
  guint64 turn;
  GPtrArray *all;               /* of Receiver */
};

static void
receiver_free (gpointer data)
{
  Receiver *receiver = data;

  g_free (receiver->peer_id);
  g_free (receiver->text);
  g_free (receiver);
}

GstCallFileReceivers *
gst_call_file_receivers_new (guint32 id, gsize chunk_size, guint64 window,
    gint64 timeout, gboolean streamed)
{
  GstCallFileReceivers *self = g_new0 (GstCallFileReceivers, 1);

  self->id = id;
  self->chunk_size = chunk_size;
  self->window = MIN (window, GST_CALL_FILE_WINDOW);
  self->timeout = timeout;
  self->streamed = streamed;
  self->all = g_ptr_array_new_with_free_func (receiver_free);
  return self;
}

void
gst_call_file_receivers_free (GstCallFileReceivers * self)
{
  g_ptr_array_unref (self->all);
  g_free (self);
}

void
gst_call_file_step_clear (GstCallFileStep * step)
{
  g_clear_pointer (&step->peers, g_ptr_array_unref);
  g_clear_pointer (&step->text, g_free);
}

void
gst_call_file_receivers_set_range (GstCallFileReceivers * self, guint64 first,
    guint64 front)
{
  self->first = first;
  self->front = front;
}

void
gst_call_file_receivers_set_ended (GstCallFileReceivers * self)
{
  self->ended = TRUE;
}

void
gst_call_file_receivers_set_hashed (GstCallFileReceivers * self, guint64 hashed)
{
  self->hashed = hashed;
}

static Receiver *
get (GstCallFileReceivers * self, guint i)
{
  return g_ptr_array_index (self->all, i);
}

static Receiver *
find (GstCallFileReceivers * self, const gchar * peer_id)
{
  for (guint i = 0; i < self->all->len; i++) {
    if (g_str_equal (get (self, i)->peer_id, peer_id))
      return get (self, i);
  }
  return NULL;
}

static void
fail (Receiver * receiver, const gchar * code, const gchar * text)
{
  receiver->state = FAILED;
  receiver->told = FALSE;
  receiver->code = code;
  g_free (receiver->text);
  receiver->text = g_strdup (text);
}

/* As fail, and the receiver is told */
static void
cancel (Receiver * receiver, const gchar * code, const gchar * text)
{
  fail (receiver, code, text);
  if (receiver->open)
    receiver->state = CANCEL;
}

void
gst_call_file_receivers_cancel (GstCallFileReceivers * self,
    const gchar * code, const gchar * text)
{
  for (guint i = 0; i < self->all->len; i++) {
    if (get (self, i)->state < CANCEL)
      cancel (get (self, i), code, text);
  }
}

guint64
gst_call_file_receivers_get_position (GstCallFileReceivers * self)
{
  guint64 position = G_MAXUINT64;

  for (guint i = 0; i < self->all->len; i++) {
    Receiver *receiver = get (self, i);

    if (receiver->state == DONE)
      position = MIN (position, self->front);
    else if (receiver->state < CANCEL)
      position = MIN (position, receiver->acked);
  }
  return position == G_MAXUINT64 ? 0 : position;
}

guint64
gst_call_file_receivers_get_needed (GstCallFileReceivers * self, gint64 now)
{
  guint64 needed = G_MAXUINT64;

  for (guint i = 0; i < self->all->len; i++) {
    Receiver *receiver = get (self, i);

    if (receiver->state == SENDING)
      needed = MIN (needed, receiver->position);
    else if (receiver->state <= OFFERED && now - receiver->since < HOLD)
      needed = self->first;
  }
  /* nobody takes any: what there is waits for somebody */
  return needed == G_MAXUINT64 ? self->first : needed;
}

/* --- peers that come and go --- */

static gboolean
may_come_back (const Receiver * receiver)
{
  return receiver->state == AWAY || (receiver->state == FAILED
      && (g_str_equal (receiver->code, "gone")
          || g_str_equal (receiver->code, "timeout")));
}

void
gst_call_file_receivers_open (GstCallFileReceivers * self,
    const gchar * peer_id, gint64 now)
{
  Receiver *receiver = find (self, peer_id);

  if (!receiver) {
    if (self->all->len >= MAX_RECEIVERS)
      return;
    receiver = g_new0 (Receiver, 1);
    receiver->peer_id = g_strdup (peer_id);
    g_ptr_array_add (self->all, receiver);
    receiver->state = OFFER;
    if (self->first > 0)
      fail (receiver, "late", "It came too late for a file that is sent as it "
          "is read.");
  } else if (may_come_back (receiver)) {
    receiver->state = OFFER;
    receiver->told = FALSE;
  }
  receiver->open = TRUE;
  if (receiver->state == OFFER)
    receiver->since = now;
}

void
gst_call_file_receivers_close (GstCallFileReceivers * self,
    const gchar * peer_id, gint64 now)
{
  Receiver *receiver = find (self, peer_id);

  if (!receiver)
    return;
  receiver->open = FALSE;
  if (receiver->state <= OFFERED && receiver->told_at == 0) {
    /* it never was one */
    g_ptr_array_remove (self->all, receiver);
  } else if (receiver->state < AWAY) {
    receiver->state = AWAY;
    receiver->since = now;
  } else if (receiver->state == CANCEL) {
    receiver->state = FAILED;
  }
}

/* --- what they say --- */

static void
on_accept (GstCallFileReceivers * self, Receiver * receiver, guint64 offset,
    gint64 now)
{
  if (receiver->state != OFFERED)
    return;
  if (offset < self->first) {
    cancel (receiver, "late", "What it misses is no longer there.");
    return;
  }
  if (offset > self->front) {
    cancel (receiver, "bad-order", "It asks for what is behind the end.");
    return;
  }
  receiver->state = SENDING;
  receiver->position = receiver->acked = receiver->told_position = offset;
  receiver->since = receiver->told_at = now;
}

static void
on_ack (Receiver * receiver, guint64 offset, gint64 now)
{
  if (receiver->state != SENDING && receiver->state != ENDING)
    return;
  if (offset <= receiver->acked || offset > receiver->position)
    return;
  receiver->acked = offset;
  receiver->since = now;
}

gboolean
gst_call_file_receivers_apply (GstCallFileReceivers * self,
    const gchar * peer_id, const GstCallFileMessage * message, gint64 now)
{
  Receiver *receiver = find (self, peer_id);

  if (!receiver || message->id != self->id)
    return FALSE;
  switch (message->type) {
    case GST_CALL_FILE_ACCEPT:
      on_accept (self, receiver, message->offset, now);
      return TRUE;
    case GST_CALL_FILE_ACK:
      on_ack (receiver, message->offset, now);
      return TRUE;
    case GST_CALL_FILE_DONE:
      if (receiver->state == ENDING)
        receiver->state = DONE;
      return TRUE;
    case GST_CALL_FILE_REFUSE:
      if (receiver->state > OFFER && receiver->state < AWAY)
        fail (receiver, gst_call_file_known_code (message->code),
            message->text);
      return TRUE;
    case GST_CALL_FILE_CANCEL:
      if (!message->by_sender && receiver->state < CANCEL)
        fail (receiver, "cancelled", message->text);
      return !message->by_sender;
    default:
      /* for receivers */
      return FALSE;
  }
}

/* --- what to do next --- */

static void
wake_at (GstCallFileStep * step, gint64 time)
{
  if (step->wake < 0 || time < step->wake)
    step->wake = time;
}

static void
take (GstCallFileStep * step, GstCallFileStepType type, Receiver * receiver)
{
  step->type = type;
  g_ptr_array_add (step->peers, g_strdup (receiver->peer_id));
}

/* Something is owed by the receiver */
static gboolean
is_waited_for (const Receiver * receiver)
{
  return receiver->state == OFFERED || receiver->state == ENDING
      || receiver->state == AWAY || (receiver->state == SENDING
      && receiver->position - receiver->acked >= MAX_SILENT);
}

static void
check_time (GstCallFileReceivers * self, Receiver * receiver, gint64 now,
    GstCallFileStep * step)
{
  if (self->timeout == 0 || !is_waited_for (receiver))
    return;
  if (now - receiver->since < self->timeout)
    wake_at (step, receiver->since + self->timeout);
  else if (receiver->state == AWAY)
    fail (receiver, "gone", "It did not come back.");
  else
    cancel (receiver, "timeout", receiver->state == OFFERED ?
        "It did not answer." : "It takes no more.");
}

/* What is said to or of one receiver; FALSE: nothing */
static gboolean
say_next (GstCallFileReceivers * self, Receiver * receiver, gint64 now,
    GstCallFileStep * step)
{
  switch (receiver->state) {
    case OFFER:
      receiver->state = OFFERED;
      receiver->since = now;
      take (step, GST_CALL_FILE_STEP_OFFER, receiver);
      return TRUE;
    case CANCEL:
      receiver->state = FAILED;
      step->text = g_strdup (receiver->text);
      take (step, GST_CALL_FILE_STEP_CANCEL, receiver);
      return TRUE;
    case DONE:
    case FAILED:
      if (receiver->told)
        return FALSE;
      receiver->told = TRUE;
      step->code = receiver->code;
      step->text = g_strdup (receiver->text);
      take (step, receiver->state == DONE ? GST_CALL_FILE_STEP_SENT :
          GST_CALL_FILE_STEP_FAILED, receiver);
      return TRUE;
    case SENDING:
      if (!self->ended || receiver->position < self->front
          || self->hashed < self->front)
        return FALSE;
      receiver->state = ENDING;
      receiver->since = now;
      take (step, GST_CALL_FILE_STEP_END, receiver);
      return TRUE;
    default:
      return FALSE;
  }
}

static gboolean
tell_progress (Receiver * receiver, gint64 now, GstCallFileStep * step)
{
  if ((receiver->state != SENDING && receiver->state != ENDING)
      || receiver->acked == receiver->told_position)
    return FALSE;
  if (now - receiver->told_at < PROGRESS_EVERY) {
    wake_at (step, receiver->told_at + PROGRESS_EVERY);
    return FALSE;
  }
  receiver->told_at = now;
  receiver->told_position = receiver->acked;
  step->offset = receiver->acked;
  take (step, GST_CALL_FILE_STEP_PROGRESS, receiver);
  return TRUE;
}

static guint64
get_window (GstCallFileReceivers * self)
{
  guint n = 0;

  for (guint i = 0; i < self->all->len; i++)
    n += get (self, i)->state == SENDING;
  return n > 1 ? MIN (self->window, SHARED_WINDOW) : self->window;
}

/* Bytes that can be sent from its position on: a whole chunk or the last one */
static gsize
get_length (GstCallFileReceivers * self, const Receiver * receiver,
    guint64 window)
{
  guint64 there, sent;

  if (receiver->state != SENDING || receiver->position < self->first)
    return 0;
  there = MIN (self->front - receiver->position, self->chunk_size);
  sent = receiver->position - receiver->acked;
  if (sent + there > window || (there < self->chunk_size && !self->ended))
    return 0;
  return there;
}

/* The one that has waited longest, and all that are at the same place */
static gboolean
send_next (GstCallFileReceivers * self, gint64 now, GstCallFileStep * step)
{
  guint64 window = get_window (self);
  Receiver *next = NULL;

  for (guint i = 0; i < self->all->len; i++) {
    Receiver *receiver = get (self, i);

    if (get_length (self, receiver, window) > 0 && (!next
            || receiver->turn < next->turn))
      next = receiver;
  }
  if (!next)
    return FALSE;
  step->offset = next->position;
  step->length = get_length (self, next, window);
  self->turn++;
  for (guint i = 0; i < self->all->len; i++) {
    Receiver *receiver = get (self, i);

    if (receiver->state != SENDING || receiver->position != step->offset
        || get_length (self, receiver, window) != step->length)
      continue;
    if (receiver->position - receiver->acked < MAX_SILENT)
      receiver->since = now;
    receiver->position += step->length;
    receiver->turn = self->turn;
    take (step, GST_CALL_FILE_STEP_CHUNK, receiver);
  }
  return TRUE;
}

/* Somebody has all and waits for the hash, as those that came first did not
 * read it from the beginning */
static gboolean
hash_next (GstCallFileReceivers * self, GstCallFileStep * step)
{
  if (!self->ended || self->hashed >= self->front)
    return FALSE;
  for (guint i = 0; i < self->all->len; i++) {
    Receiver *receiver = get (self, i);

    if (receiver->state != SENDING || receiver->position < self->front)
      continue;
    step->type = GST_CALL_FILE_STEP_HASH;
    step->offset = self->hashed;
    step->length = MIN (HASH_LENGTH, self->front - self->hashed);
    return TRUE;
  }
  return FALSE;
}

gboolean
gst_call_file_receivers_is_finished (GstCallFileReceivers * self)
{
  for (guint i = 0; i < self->all->len; i++) {
    if (get (self, i)->state < DONE)
      return FALSE;
  }
  return self->all->len > 0;
}

void
gst_call_file_receivers_next (GstCallFileReceivers * self, gint64 now,
    GstCallFileStep * step)
{
  memset (step, 0, sizeof *step);
  step->peers = g_ptr_array_new_with_free_func (g_free);
  step->wake = -1;
  for (guint i = 0; i < self->all->len; i++) {
    Receiver *receiver = get (self, i);

    check_time (self, receiver, now, step);
    if (say_next (self, receiver, now, step)
        || tell_progress (receiver, now, step))
      return;
  }
  if (send_next (self, now, step) || hash_next (self, step))
    return;
  if (gst_call_file_receivers_is_finished (self))
    step->type = GST_CALL_FILE_STEP_FINISHED;
}
