/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The task of callfilepay: it finds out what to send to whom, sends it, and
 * tells people. Threads and locks: gstcallfilepay-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilepay-private.h"

#include "gstcalldata.h"
#include "gstcallfilename.h"

#include <string.h>

#define GST_CAT_DEFAULT gst_call_file_pay_debug

/* For others of the room, when those who are there have the file */
#define PATIENCE (10 * G_USEC_PER_SEC)
#define LOOK_EVERY (50 * 1000)

typedef enum
{
  DO_NOTHING,                   /* ask again */
  DO_STEP,
  DO_ASK_PEERS,
  DO_BEGIN,
  DO_EOS,
  DO_PAUSE,
} Todo;

/* --- what goes out --- */

static void
push_begin (GstCallFilePay * self)
{
  g_autofree gchar *id = g_strdup_printf ("callfilepay-%08x%08x",
      g_random_int (), g_random_int ());

  gst_pad_push_event (self->src, gst_event_new_stream_start (id));
}

/* The events in front of a buffer of that kind */
static void
push_events (GstCallFilePay * self, gboolean binary)
{
  g_autoptr (GstCaps) caps = NULL;
  GstSegment segment;

  if (self->task.begun && self->task.binary == binary)
    return;
  if (!self->task.begun)
    push_begin (self);
  caps = gst_caps_from_string (binary ? GST_CALL_DATA_BINARY_CAPS :
      GST_CALL_DATA_TEXT_CAPS);
  gst_pad_push_event (self->src, gst_event_new_caps (caps));
  if (!self->task.begun) {
    gst_segment_init (&segment, GST_FORMAT_TIME);
    gst_pad_push_event (self->src, gst_event_new_segment (&segment));
  }
  self->task.begun = TRUE;
  self->task.binary = binary;
}

static GstFlowReturn
push_message (GstCallFilePay * self, const gchar * peer_id,
    const GstCallFileMessage * message)
{
  gchar *text = gst_call_file_message_to_text (message);
  GstBuffer *buffer = gst_buffer_new_wrapped (text, strlen (text));

  GST_LOG_OBJECT (self, "to %s: %s", peer_id, text);
  push_events (self, FALSE);
  return gst_pad_push (self->src, gst_call_data_set_peer (buffer, peer_id,
          NULL));
}

static GstFlowReturn
push_offer (GstCallFilePay * self, const gchar * peer_id)
{
  GstCallFileMessage message = { GST_CALL_FILE_OFFER };

  g_mutex_lock (&self->lock);
  message.id = self->id;
  message.size = self->size;
  g_mutex_unlock (&self->lock);
  message.key = self->task.key;
  message.name = self->task.name;
  message.media_type = self->task.media_type;
  return push_message (self, peer_id, &message);
}

static GstFlowReturn
push_end (GstCallFilePay * self, const gchar * peer_id)
{
  GstCallFileMessage message = { GST_CALL_FILE_END };
  g_autofree gchar *sha256 = NULL;

  g_mutex_lock (&self->lock);
  /* all is hashed, else there would be no end */
  if (!self->sha256)
    self->sha256 = gst_call_file_hash_finish (self->hash);
  message.id = self->id;
  message.size = self->hashed;
  message.sha256 = sha256 = g_strdup (self->sha256);
  g_mutex_unlock (&self->lock);
  return push_message (self, peer_id, &message);
}

static GstFlowReturn
push_cancel (GstCallFilePay * self, const gchar * peer_id, const gchar * text)
{
  GstCallFileMessage message = { GST_CALL_FILE_CANCEL };

  g_mutex_lock (&self->lock);
  message.id = self->id;
  g_mutex_unlock (&self->lock);
  message.by_sender = TRUE;
  message.text = (gchar *) text;
  return push_message (self, peer_id, &message);
}

/* --- what is read --- */

static void
give_up (GstCallFilePay * self, const gchar * text)
{
  g_mutex_lock (&self->lock);
  if (self->receivers)
    gst_call_file_receivers_cancel (self->receivers, "failed", text);
  g_mutex_unlock (&self->lock);
}

static GstFlowReturn
pull (GstCallFilePay * self, guint64 offset, guint8 * data, gsize size)
{
  GstBuffer *buffer = NULL;
  GstFlowReturn flow = gst_pad_pull_range (self->sink, offset, size, &buffer);
  gsize got = 0;

  if (flow == GST_FLOW_OK) {
    got = gst_buffer_extract (buffer, 0, data, size);
    gst_buffer_unref (buffer);
  }
  return flow == GST_FLOW_OK && got < size ? GST_FLOW_EOS : flow;
}

/* Bytes of the file, which are hashed if it is their turn. FALSE: there are
 * none, and the file has been given up. */
static gboolean
read_file (GstCallFilePay * self, guint64 offset, guint8 * data, gsize size)
{
  gboolean pulled, ok;

  g_mutex_lock (&self->lock);
  pulled = self->mode == GST_PAD_MODE_PULL;
  ok = pulled || gst_call_file_ring_read (&self->ring, offset, data, size);
  self->reading = G_MAXUINT64;
  g_mutex_unlock (&self->lock);
  if (pulled) {
    GstFlowReturn flow = pull (self, offset, data, size);

    GST_LOG_OBJECT (self, "%" G_GUINT64_FORMAT "+%" G_GSIZE_FORMAT ": %s",
        offset, size, gst_flow_get_name (flow));
    ok = flow == GST_FLOW_OK;
  }
  if (!ok) {
    give_up (self, "The file could not be read, or has changed.");
    return FALSE;
  }
  g_mutex_lock (&self->lock);
  if (pulled && self->receivers && offset <= self->hashed
      && offset + size > self->hashed) {
    gsize known = self->hashed - offset;

    gst_call_file_hash_add (self->hash, data + known, size - known);
    self->hashed = offset + size;
    gst_call_file_receivers_set_hashed (self->receivers, self->hashed);
  }
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* One chunk, the same memory for all: what is read once is sent to everybody
 * at that place. Each buffer has its addressee: what has none would also go to
 * those who have refused, and wait where nobody is. */
static GstFlowReturn
push_chunk (GstCallFilePay * self, const GstCallFileStep * step)
{
  g_autoptr (GstMemory) memory = gst_allocator_alloc (NULL,
      GST_CALL_FILE_HEADER + step->length, NULL);
  GstFlowReturn flow = GST_FLOW_OK;
  GstMapInfo map;
  gboolean ok;

  if (!gst_memory_map (memory, &map, GST_MAP_WRITE))
    return GST_FLOW_ERROR;
  gst_call_file_chunk_write (map.data, self->id, step->offset);
  ok = read_file (self, step->offset, map.data + GST_CALL_FILE_HEADER,
      step->length);
  gst_memory_unmap (memory, &map);
  if (!ok)
    return GST_FLOW_OK;
  push_events (self, TRUE);
  for (guint i = 0; i < step->peers->len && flow == GST_FLOW_OK; i++) {
    GstBuffer *buffer = gst_buffer_new ();

    gst_buffer_append_memory (buffer, gst_memory_ref (memory));
    flow = gst_pad_push (self->src, gst_call_data_set_peer (buffer,
            g_ptr_array_index (step->peers, i), NULL));
  }
  return flow;
}

static void
read_for_hash (GstCallFilePay * self, const GstCallFileStep * step)
{
  g_autofree guint8 *data = g_malloc (step->length);

  read_file (self, step->offset, data, step->length);
}

/* --- one file --- */

/* What the user has said, or what upstream reads. Elements that put streams one
 * behind the other answer for the first. */
static gchar *
find_name (GstCallFilePay * self)
{
  g_autoptr (GstQuery) query = gst_query_new_uri ();
  g_autofree gchar *name = NULL;
  g_autofree gchar *uri = NULL;

  GST_OBJECT_LOCK (self);
  if (*self->file_name)
    name = g_strdup (self->file_name);
  GST_OBJECT_UNLOCK (self);
  if (!name && self->task.n_files == 0
      && gst_pad_peer_query (self->sink, query)) {
    gst_query_parse_uri (query, &uri);
    name = uri ? gst_call_file_name_of_uri (uri) : NULL;
  }
  return gst_call_file_name_make_safe (name);
}

static void
describe (GstCallFilePay * self)
{
  g_free (self->task.key);
  g_free (self->task.name);
  g_clear_pointer (&self->task.media_type, g_free);
  self->task.key = gst_call_file_new_key ();
  self->task.name = find_name (self);
  self->task.n_sent = 0;
  self->task.patient_until = 0;
  GST_OBJECT_LOCK (self);
  if (*self->media_type)
    self->task.media_type = g_strdup (self->media_type);
  GST_OBJECT_UNLOCK (self);
  if (!self->task.media_type)
    self->task.media_type =
        gst_call_file_name_guess_media_type (self->task.name);
}

/* Never the same twice in a process, as several may feed one channel */
static guint32
new_id (void)
{
  static gsize begun = 0;
  static guint last = 0;
  guint32 id;

  if (g_once_init_enter (&begun)) {
    last = g_random_int ();
    g_once_init_leave (&begun, 1);
  }
  do {
    id = (guint32) g_atomic_int_add (&last, 1);
  } while (id == 0);
  return id;
}

static void
open_peers_locked (GstCallFilePay * self)
{
  gint64 now = g_get_monotonic_time ();
  GHashTableIter iter;
  gpointer peer_id;

  g_hash_table_iter_init (&iter, self->peers);
  while (g_hash_table_iter_next (&iter, &peer_id, NULL))
    gst_call_file_receivers_open (self->receivers, peer_id, now);
}

/* An encoder that is asked would answer with what goes into it. */
static gint64
find_size (GstCallFilePay * self)
{
  gboolean pulled;
  gint64 size;

  g_mutex_lock (&self->lock);
  size = self->segment_size;
  pulled = self->mode == GST_PAD_MODE_PULL;
  g_mutex_unlock (&self->lock);
  if (size >= 0 || !pulled)
    return size;
  if (!gst_pad_peer_query_duration (self->sink, GST_FORMAT_BYTES, &size)
      || size > GST_CALL_FILE_MAX_SIZE)
    return -1;
  return size;
}

static void
begin (GstCallFilePay * self)
{
  guint chunk_size, window, timeout;
  gint64 size;
  gboolean pulled;

  describe (self);
  size = find_size (self);
  self->task.n_files++;
  GST_OBJECT_LOCK (self);
  chunk_size = self->chunk_size;
  window = self->window;
  timeout = self->timeout;
  GST_OBJECT_UNLOCK (self);

  g_mutex_lock (&self->lock);
  pulled = self->mode == GST_PAD_MODE_PULL;
  if (!pulled && size >= 0 && (self->ring.front > (guint64) size
          || (self->ended && self->ring.front < (guint64) size)))
    size = -1;
  self->id = new_id ();
  self->size = size;
  self->receivers = gst_call_file_receivers_new (self->id, chunk_size,
      window, timeout * G_TIME_SPAN_SECOND, !pulled);
  gst_call_file_receivers_set_range (self->receivers, self->ring.first,
      pulled ? MAX (size, 0) : self->ring.front);
  gst_call_file_receivers_set_hashed (self->receivers, self->hashed);
  if (pulled || self->ended)
    gst_call_file_receivers_set_ended (self->receivers);
  open_peers_locked (self);
  g_mutex_unlock (&self->lock);
  GST_DEBUG_OBJECT (self, "\"%s\", %" G_GINT64_FORMAT " bytes, %s",
      self->task.name, size, pulled ? "pulled" : "pushed");
}

void
gst_call_file_pay_reset_locked (GstCallFilePay * self)
{
  g_clear_pointer (&self->receivers, gst_call_file_receivers_free);
  g_clear_pointer (&self->hash, gst_call_file_hash_free);
  g_clear_pointer (&self->sha256, g_free);
  gst_call_file_ring_clear (&self->ring);
  self->hash = gst_call_file_hash_new ();
  self->hashed = 0;
  self->size = -1;
  self->reading = G_MAXUINT64;
  self->has_file = FALSE;
  self->ended = FALSE;
  self->cancelled = FALSE;
}

static void
finish (GstCallFilePay * self)
{
  GST_DEBUG_OBJECT (self, "\"%s\" is over, %u have it", self->task.name,
      self->task.n_sent);
  gst_call_file_pay_post_finished (self);
  g_mutex_lock (&self->lock);
  gst_call_file_pay_reset_locked (self);
  self->over = TRUE;
  self->eos |= self->mode == GST_PAD_MODE_PULL;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* --- the task --- */

/* An answer without fields if nobody downstream knows */
static GstQuery *
query_peers (GstCallFilePay * self)
{
  GstQuery *query = gst_query_new_custom (GST_QUERY_CUSTOM,
      gst_structure_new_empty (GST_CALL_DATA_PEERS));

  gst_pad_peer_query (self->src, query);
  return query;
}

/* Those that have the channel already */
static void
ask_peers (GstCallFilePay * self)
{
  g_autoptr (GstQuery) query = query_peers (self);
  const GValue *list =
      gst_structure_get_value (gst_query_get_structure (query), "peers");

  g_mutex_lock (&self->lock);
  for (guint i = 0; list && GST_VALUE_HOLDS_LIST (list)
      && i < gst_value_list_get_size (list); i++) {
    const GValue *value = gst_value_list_get_value (list, i);
    const gchar *peer_id = G_VALUE_HOLDS_STRING (value) ?
        g_value_get_string (value) : NULL;

    if (peer_id && !g_hash_table_contains (self->closed, peer_id))
      gst_call_file_pay_add_peer_locked (self, peer_id);
  }
  g_hash_table_remove_all (self->closed);
  g_mutex_unlock (&self->lock);
}

/* How many are on their way? They say so themselves when they are there. */
static guint
count_pending (GstCallFilePay * self)
{
  g_autoptr (GstQuery) query = query_peers (self);
  guint n = 0;

  gst_structure_get_uint (gst_query_get_structure (query), "pending", &n);
  return n;
}

static void
wait_locked (GstCallFilePay * self, gint64 wake)
{
  GST_TRACE_OBJECT (self, "waiting");
  if (wake < 0)
    g_cond_wait (&self->cond, &self->lock);
  else
    g_cond_wait_until (&self->cond, &self->lock, wake);
}

static Todo
next_step_locked (GstCallFilePay * self, GstCallFileStep * step)
{
  if (self->cancelled)
    gst_call_file_receivers_cancel (self->receivers, "cancelled",
        "The sender has cancelled it.");
  gst_call_file_receivers_next (self->receivers, g_get_monotonic_time (), step);
  if (step->type == GST_CALL_FILE_STEP_WAIT && self->cancelled)
    step->type = GST_CALL_FILE_STEP_FINISHED;
  if (step->type == GST_CALL_FILE_STEP_CHUNK)
    self->reading = step->offset;
  if (step->type != GST_CALL_FILE_STEP_WAIT) {
    /* upstream may wait for what has been sent */
    g_cond_broadcast (&self->cond);
    return DO_STEP;
  }
  wait_locked (self, step->wake);
  return DO_NOTHING;
}

static Todo
find_todo_locked (GstCallFilePay * self, GstCallFileStep * step)
{
  if (self->flushing || self->flow != GST_FLOW_OK)
    return DO_PAUSE;
  if (self->ask) {
    self->ask = FALSE;
    return DO_ASK_PEERS;
  }
  if (self->receivers)
    return next_step_locked (self, step);
  if (self->eos && !self->has_file)
    return DO_EOS;
  if (self->mode == GST_PAD_MODE_PULL || (self->has_file && !self->over))
    return DO_BEGIN;
  if (self->has_file) {
    gst_call_file_pay_reset_locked (self);
    g_cond_broadcast (&self->cond);
    return DO_NOTHING;
  }
  wait_locked (self, -1);
  return DO_NOTHING;
}

/* A room is there before everybody in it is connected. TRUE: somebody is on the
 * way, and there is patience left; some time has passed. */
static gboolean
wait_for_others (GstCallFilePay * self)
{
  gint64 now = g_get_monotonic_time ();
  guint n_pending = count_pending (self);
  gboolean cancelled, finished;

  g_mutex_lock (&self->lock);
  cancelled = self->cancelled;
  finished = gst_call_file_receivers_is_finished (self->receivers);
  g_mutex_unlock (&self->lock);
  if (!cancelled && !finished)  /* somebody has come */
    return TRUE;
  if (cancelled || n_pending == 0)
    return FALSE;
  if (self->task.patient_until == 0)
    self->task.patient_until = now + PATIENCE;
  if (now >= self->task.patient_until)
    return FALSE;
  g_mutex_lock (&self->lock);
  if (!self->flushing && !self->cancelled)
    wait_locked (self, now + LOOK_EVERY);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static GstFlowReturn
do_step (GstCallFilePay * self, const GstCallFileStep * step)
{
  const gchar *peer_id = step->peers->len > 0 ?
      g_ptr_array_index (step->peers, 0) : NULL;

  switch (step->type) {
    case GST_CALL_FILE_STEP_OFFER:
      return push_offer (self, peer_id);
    case GST_CALL_FILE_STEP_CHUNK:
      return push_chunk (self, step);
    case GST_CALL_FILE_STEP_END:
      return push_end (self, peer_id);
    case GST_CALL_FILE_STEP_CANCEL:
      return push_cancel (self, peer_id, step->text);
    case GST_CALL_FILE_STEP_HASH:
      read_for_hash (self, step);
      return GST_FLOW_OK;
    case GST_CALL_FILE_STEP_PROGRESS:
      gst_call_file_pay_post_progress (self, step);
      return GST_FLOW_OK;
    case GST_CALL_FILE_STEP_SENT:
      gst_call_file_pay_post_sent (self, step);
      return GST_FLOW_OK;
    case GST_CALL_FILE_STEP_FAILED:
      gst_call_file_pay_post_failed (self, step);
      return GST_FLOW_OK;
    case GST_CALL_FILE_STEP_FINISHED:
    default:
      if (!wait_for_others (self))
        finish (self);
      return GST_FLOW_OK;
  }
}

/* Nothing can be sent any more */
static void
stop (GstCallFilePay * self, GstFlowReturn flow)
{
  GST_DEBUG_OBJECT (self, "%s", gst_flow_get_name (flow));
  g_mutex_lock (&self->lock);
  self->flow = flow;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (flow < GST_FLOW_EOS) {
    GST_ELEMENT_FLOW_ERROR (self, flow);
    gst_pad_push_event (self->src, gst_event_new_eos ());
  }
  gst_pad_pause_task (self->src);
}

void
gst_call_file_pay_loop (gpointer data)
{
  GstCallFilePay *self = data;
  g_auto (GstCallFileStep) step = { 0 };
  GstFlowReturn flow;
  Todo todo;

  g_mutex_lock (&self->lock);
  todo = find_todo_locked (self, &step);
  g_mutex_unlock (&self->lock);
  switch (todo) {
    case DO_STEP:
      flow = do_step (self, &step);
      if (flow != GST_FLOW_OK)
        stop (self, flow);
      break;
    case DO_ASK_PEERS:
      ask_peers (self);
      break;
    case DO_BEGIN:
      begin (self);
      break;
    case DO_EOS:
      if (!self->task.begun)
        push_begin (self);
      gst_pad_push_event (self->src, gst_event_new_eos ());
      gst_pad_pause_task (self->src);
      break;
    case DO_PAUSE:
      gst_pad_pause_task (self->src);
      break;
    case DO_NOTHING:
    default:
      break;
  }
}
