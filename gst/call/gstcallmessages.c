/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The data pads of callbin, data_<label> and remote_data_<label>, and what
 * applications send and get without them.
 *
 * Threads
 *   name       runs                                          may take
 *   app        request and release; the latter waits for     OBJECT
 *              the worker; send-text
 *   worker     list, opened, received, the end               OBJECT
 *   streaming  on_out_notify, on_reply: post                 OBJECT
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: outs
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallbin-private.h"
#include "gstcalldata.h"
#include "gstcallfilemessage.h"
#include "gstcallpad.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Remote pads; each has a thread */
#define MAX_LABELS 16
/* What SCTP has was sent by then, if it can be */
#define LINGER_MS 500

/* Element messages about texts: at once, and the time for one more */
#define MAX_POSTS 200
#define POST_US (G_USEC_PER_SEC / 50)

/* Texts that wait for somebody */
#define MAX_UNSAID 64

#define CHAT_LABEL "chat"

/* Sending */

static GstCallDataOut *
find_out (GstCallBin * self, const gchar * label)
{
  GstCallDataOut *found = NULL;
  guint i;

  GST_OBJECT_LOCK (self);
  for (i = 0; i < self->outs->len && !found; i++) {
    GstCallDataOut *out = g_ptr_array_index (self->outs, i);

    if (g_str_equal (gst_call_data_out_get_label (out), label))
      found = gst_object_ref (out);
  }
  GST_OBJECT_UNLOCK (self);
  return found;
}

GPtrArray *
gst_call_messages_list (GstElement * element)
{
  GstCallBin *self = GST_CALL_BIN (element);
  GPtrArray *copy = g_ptr_array_new_with_free_func (gst_object_unref);
  guint i;

  GST_OBJECT_LOCK (self);
  for (i = 0; i < self->outs->len; i++)
    g_ptr_array_add (copy, gst_object_ref (g_ptr_array_index (self->outs, i)));
  GST_OBJECT_UNLOCK (self);
  return copy;
}

/* Nothing but data goes into this call, and all of it has ended and was sent. */
static gboolean
is_over (GstCallBin * self)
{
  g_autoptr (GPtrArray) outs = gst_call_messages_list (GST_ELEMENT (self));
  gboolean any = FALSE;
  guint i;

  if (gst_call_tracks_get (GST_ELEMENT (self), GST_CALL_KIND_AUDIO)
      || gst_call_tracks_get (GST_ELEMENT (self), GST_CALL_KIND_VIDEO))
    return FALSE;
  for (i = 0; i < outs->len; i++) {
    GstElement *out = g_ptr_array_index (outs, i);

    if (out->numsinkpads == 0)
      continue;
    any = TRUE;
    if (!gst_call_data_out_is_over (GST_CALL_DATA_OUT (out)))
      return FALSE;
  }
  return any;
}

static gboolean
on_linger (gpointer data)
{
  GstCallBin *self = data;

  if (!is_over (self)) {
    gst_call_worker_clear_timer (&self->linger);
    return G_SOURCE_REMOVE;
  }
  if (!gst_call_room_is_data_sent (self->room))
    return G_SOURCE_CONTINUE;
  gst_call_worker_clear_timer (&self->linger);
  GST_DEBUG_OBJECT (self, "all data was sent, and there is nothing else");
  gst_element_send_event (GST_ELEMENT (self), gst_event_new_eos ());
  return G_SOURCE_REMOVE;
}

static void
send_data (gpointer object, gpointer data)
{
  GstCallBin *self = object;

  g_atomic_int_set (&self->data_posted, FALSE);
  gst_call_room_send_data (self->room);
  if (!self->linger && is_over (self))
    self->linger = gst_call_worker_add_timer (self->worker, LINGER_MS,
        on_linger, self);
}

void
gst_call_messages_send (GstCallBin * self)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);

  if (worker
      && g_atomic_int_compare_and_exchange (&self->data_posted, FALSE, TRUE))
    gst_call_worker_post (worker, send_data, self, NULL, NULL);
}

static void
on_out_notify (GstCallDataOut * out, gpointer data)
{
  gst_call_messages_send (data);
}

void
gst_call_messages_pending_changed (GstElement * element, guint n)
{
  GstCallBin *self = GST_CALL_BIN (element);
  g_autoptr (GPtrArray) outs = gst_call_messages_list (element);
  guint i;

  g_atomic_int_set (&self->n_pending, n);
  for (i = 0; i < outs->len; i++)
    gst_call_data_out_set_pending (g_ptr_array_index (outs, i), n);
}

static void
data_added (gpointer object, gpointer data)
{
  gst_call_room_data_added (((GstCallBin *) object)->room);
}

GstCallDataOut *
gst_call_messages_get_out (GstCallBin * self, const gchar * label)
{
  GstCallDataOut *out = find_out (self, label);
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);

  if (out)
    return out;
  out = gst_object_ref_sink (gst_call_data_out_new (label, on_out_notify,
          self));
  gst_call_data_out_set_pending (out, g_atomic_int_get (&self->n_pending));
  gst_bin_add (GST_BIN (self), GST_ELEMENT (out));
  gst_call_sync_state (GST_ELEMENT (out));
  GST_OBJECT_LOCK (self);
  g_ptr_array_add (self->outs, gst_object_ref (out));
  GST_OBJECT_UNLOCK (self);
  if (worker)
    gst_call_worker_post (worker, data_added, self, NULL, NULL);
  return out;
}

GstPad *
gst_call_messages_request_pad (GstElement * element, GstPadTemplate * template,
    const gchar * name)
{
  const gchar *label = name && g_str_has_prefix (name, "data_") ?
      name + strlen ("data_") : NULL;
  g_autoptr (GstPad) taken =
      name ? gst_element_get_static_pad (element, name) : NULL;
  g_autoptr (GstCallDataOut) out = NULL;
  GstPad *ghost;

  if (taken || !label || !call_id_is_valid (label)) {
    GST_ELEMENT_WARNING (element, STREAM, FAILED, ("%s is refused: a data pad "
            "is asked for once, by its label: data_LABEL, of letters, digits "
            "and . _ ~ -, at most %d", name ? name : "A pad without a name",
            CALL_MAX_ID), (NULL));
    return NULL;
  }
  out = gst_call_messages_get_out (GST_CALL_BIN (element), label);
  ghost = gst_ghost_pad_new_from_template (name,
      gst_call_data_out_add_pad (out), template);
  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (element, ghost);
  return ghost;
}

static void
data_removed (gpointer object, gpointer out)
{
  GstCallBin *self = object;

  if (g_str_equal (gst_call_data_out_get_label (out), GST_CALL_FILES_LABEL))
    gst_call_files_end_all (self);
  gst_call_room_data_removed (self->room, out);
}

void
gst_call_messages_release_pad (GstElement * element, GstPad * pad)
{
  GstCallBin *self = GST_CALL_BIN (element);
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);
  g_autoptr (GstCallDataOut) out =
      find_out (self, GST_OBJECT_NAME (pad) + strlen ("data_"));

  if (out) {
    GST_OBJECT_LOCK (self);
    g_ptr_array_remove (self->outs, out);
    GST_OBJECT_UNLOCK (self);
    /* the peers let go of it first; what waits in it is woken by READY */
    gst_element_set_locked_state (GST_ELEMENT (out), TRUE);
    gst_element_set_state (GST_ELEMENT (out), GST_STATE_NULL);
    if (worker)
      gst_call_worker_run (worker, data_removed, self, out);
  }
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (out && GST_OBJECT_PARENT (out))
    gst_bin_remove (GST_BIN (self), GST_ELEMENT (out));
}

static void
send_text (gpointer object, gpointer text)
{
  GstCallBin *self = object;
  g_autoptr (GstCallDataOut) out = gst_call_messages_get_out (self, CHAT_LABEL);
  g_autoptr (GError) error = NULL;

  /* with a queue for everybody, if this is the first that is said */
  gst_call_room_data_added (self->room);
  if (gst_call_data_out_push_text (out, text, &error))
    return;
  if (g_queue_get_length (&self->unsaid) < MAX_UNSAID
      && error->code == GST_STREAM_ERROR_FAILED)
    g_queue_push_tail (&self->unsaid, g_strdup (text));
  else
    GST_ELEMENT_WARNING (self, STREAM, FAILED, ("Not said: %s",
            error->message), (NULL));
}

/* Somebody is there: what was said before that is said now. */
static void
say_unsaid (GstCallBin * self)
{
  guint n = g_queue_get_length (&self->unsaid);

  while (n-- > 0) {
    g_autofree gchar *text = g_queue_pop_head (&self->unsaid);

    send_text (self, text);
  }
}

void
gst_call_messages_send_text (GstCallBin * self, const gchar * text)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);

  if (worker && text)
    gst_call_worker_post (worker, send_text, self, g_strdup (text), g_free);
}

/* Receiving */

typedef struct
{
  gchar *label;
  gchar *peer_id;
  gchar *text;
} Reply;

static void
reply_free (gpointer data)
{
  Reply *reply = data;

  g_free (reply->label);
  g_free (reply->peer_id);
  g_free (reply->text);
  g_free (reply);
}

static void
send_reply (gpointer object, gpointer data)
{
  Reply *reply = data;

  gst_call_room_reply (((GstCallBin *) object)->room, reply->peer_id,
      reply->label, reply->text);
}

static void
on_reply (GstElement * element, const gchar * label, const gchar * peer_id,
    const gchar * text)
{
  g_autoptr (GstCallWorker) worker =
      gst_call_bin_get_worker (GST_CALL_BIN (element));
  Reply *reply;

  if (!worker)
    return;
  reply = g_new0 (Reply, 1);
  reply->label = g_strdup (label);
  reply->peer_id = g_strdup (peer_id);
  reply->text = g_strdup (text);
  gst_call_worker_post (worker, send_reply, element, reply, reply_free);
}

static GstCallDataIn *
find_in (GstCallBin * self, const gchar * label)
{
  guint i;

  for (i = 0; i < self->ins->len; i++) {
    GstCallDataIn *in = g_ptr_array_index (self->ins, i);

    if (g_str_equal (gst_call_data_in_get_label (in), label))
      return in;
  }
  return NULL;
}

void
gst_call_messages_opened (GstElement * element, const gchar * label)
{
  GstCallBin *self = GST_CALL_BIN (element);
  GstElement *taker =
      g_str_equal (label, GST_CALL_FILES_LABEL) ? self->taker : NULL;
  GstCallDataIn *in;

  if (g_str_equal (label, CHAT_LABEL))
    say_unsaid (self);
  if (find_in (self, label))
    return;
  if (self->ins->len >= MAX_LABELS) {
    GST_WARNING_OBJECT (self, "no pad for the channel %s: there are %d already",
        label, MAX_LABELS);
    return;
  }
  in = gst_call_data_in_new (element, label, on_reply, taker);
  g_ptr_array_add (self->ins, in);
  if (!taker)
    gst_call_room_start_sinks (self->room, gst_call_data_in_get_pad (in));
}

/* A bus has no bound, and who sends must not fill it: beyond some hundreds and
 * fifty a second, texts come as signals and out of the pad alone. */
static gboolean
may_post (GstCallBin * self)
{
  gint64 now = g_get_monotonic_time ();
  gint64 more = (now - self->posts_time) / POST_US;

  if (more > 0) {
    self->posts = MIN (self->posts + more, MAX_POSTS);
    self->posts_time = now;
  }
  if (self->posts == 0)
    return FALSE;
  self->posts--;
  return TRUE;
}

/* For applications, and people who read messages */
static void
tell_text (GstCallBin * self, const CallPeer * from, const gchar * label,
    const gchar * text)
{
  gst_call_signals_message (GST_ELEMENT (self), from->peer_id, label, text);
  if (!may_post (self)) {
    GST_INFO_OBJECT (self, "a text of %s is not posted", from->peer_id);
    return;
  }
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element
      (GST_OBJECT (self), gst_structure_new ("call-message", "peer-id",
              G_TYPE_STRING, from->peer_id, "display-name", G_TYPE_STRING,
              from->display_name, "label", G_TYPE_STRING, label, "text",
              G_TYPE_STRING, text, NULL)));
}

/* Nobody takes files out of this pad: the sender need not wait. */
static void
refuse_file (GstCallBin * self, const CallPeer * from, const gchar * text,
    gsize length)
{
  g_autoptr (GstCallFileMessage) offer =
      gst_call_file_message_parse (text, length);
  GstCallFileMessage refusal = { GST_CALL_FILE_REFUSE, };
  g_autofree gchar *answer = NULL;

  if (!offer || offer->type != GST_CALL_FILE_OFFER)
    return;
  refusal.id = offer->id;
  refusal.code = (gchar *) "refused";
  refusal.text = (gchar *) "Nobody takes files there";
  answer = gst_call_file_message_to_text (&refusal);
  gst_call_room_reply (self->room, from->peer_id, GST_CALL_FILES_LABEL, answer);
}

static void
hand_out_text (GstCallBin * self, const CallPeer * from, const gchar * label,
    GstBuffer * buffer)
{
  GstCallDataIn *in = find_in (self, label);
  gsize size = gst_buffer_get_size (buffer);
  g_autofree gchar *text = g_malloc (size + 1);
  g_autoptr (GstCallDataOut) out = find_out (self, label);

  gst_buffer_extract (buffer, 0, text, size);
  text[size] = '\0';
  /* structures of GStreamer hold nothing else */
  if (!g_utf8_validate (text, size, NULL))
    return;
  if (out)
    gst_call_data_out_tell (out, gst_structure_new (GST_CALL_DATA_MESSAGE,
            "peer-id", G_TYPE_STRING, from->peer_id, "text", G_TYPE_STRING,
            text, NULL));
  if (!g_str_equal (label, GST_CALL_FILES_LABEL))
    tell_text (self, from, label, text);
  else if (!in || !gst_call_data_in_is_taken (in))
    refuse_file (self, from, text, size);
}

gboolean
gst_call_messages_received (GstElement * element, const CallPeer * from,
    const gchar * label, GstBuffer * buffer, gboolean text)
{
  GstCallBin *self = GST_CALL_BIN (element);
  GstCallDataIn *in = find_in (self, label);

  if (text)
    hand_out_text (self, from, label, buffer);
  if (!in) {
    gst_buffer_unref (buffer);
    return TRUE;
  }
  return gst_call_data_in_push (in, gst_call_data_set_peer (buffer,
          from->peer_id, from->display_name), text);
}

void
gst_call_messages_make_pads (GstCallBin * self)
{
  g_autoptr (GPtrArray) outs = gst_call_messages_list (GST_ELEMENT (self));
  guint i;

  for (i = 0; i < outs->len; i++)
    gst_call_messages_opened (GST_ELEMENT (self),
        gst_call_data_out_get_label (g_ptr_array_index (outs, i)));
}

void
gst_call_messages_remove_pads (GstCallBin * self)
{
  guint i;

  for (i = 0; i < self->ins->len; i++)
    gst_call_data_in_free (g_ptr_array_index (self->ins, i));
  g_ptr_array_set_size (self->ins, 0);
}
