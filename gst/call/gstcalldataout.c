/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A pad holds its feeder up while the slowest of those to whom a message goes
 * has MAX_QUEUED bytes waiting, and while there is nobody at all. A peer that
 * takes nothing for STUCK_LOOKS is let go of by the worker, so that is the
 * longest that one can hold up the others. What may be lost (max-retransmits,
 * max-packet-lifetime) never holds up anybody: it is lost here.
 *
 * Threads
 *   name       runs                                          may take
 *   streaming  chain: waits for room                         LOCK
 *   app        properties, push_text, pads                   LOCK
 *   worker     links, pop, tell                              LOCK
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: the list of pads
 *   2 LOCK     protects: settings, links, their queues, which pads have ended
 *
 * None is held while notifying or pushing events.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldata.h"
#include "gstcalldataout-private.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Bytes that wait for one peer before its channel, which keeps some as well */
#define MAX_QUEUED (256 * 1024)
/* Where who waits for room goes on: not message by message, which costs a switch
 * of threads each */
#define ROOM_AGAIN (MAX_QUEUED - MAX_QUEUED / 4)
/* Looks of 500 ms without taking anything: 15 s */
#define STUCK_LOOKS 30
/* A pad's private pointer after its end */
#define ENDED GINT_TO_POINTER (TRUE)

struct _GstCallDataLink
{
  gchar *peer_id;
  gchar *display_name;
  GQueue queue;                 /* (element-type GstCallDataMessage) */
  gsize bytes;
  gboolean open;                /* told to who feeds us */
  guint stuck;                  /* looks since it took something */
};

G_DEFINE_FINAL_TYPE (GstCallDataOut, gst_call_data_out, GST_TYPE_ELEMENT);

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS_ANY);

/* Links; the lock is held */

static gboolean
is_for (const GstCallDataMessage * message, const GstCallDataLink * link)
{
  return !message->to || g_str_equal (message->to, link->peer_id);
}

static gboolean
may_be_lost (GstCallDataOut * self)
{
  return self->settings.max_retransmits >= 0
      || self->settings.max_packet_lifetime >= 0;
}

static gboolean
has_room (GstCallDataOut * self, const GstCallDataMessage * message)
{
  gboolean anybody = FALSE;
  guint i;

  for (i = 0; i < self->links->len; i++) {
    GstCallDataLink *link = g_ptr_array_index (self->links, i);

    if (!is_for (message, link))
      continue;
    anybody = TRUE;
    if (link->bytes >= MAX_QUEUED && !may_be_lost (self))
      return FALSE;
  }
  return anybody || message->to || !self->hold;
}

/* TRUE: the worker does not know that somebody has something to get. Who has had
 * something before is asked for more when it has taken that. */
static gboolean
enqueue (GstCallDataOut * self, GstCallDataMessage * message)
{
  gboolean news = FALSE;
  guint i;

  for (i = 0; i < self->links->len; i++) {
    GstCallDataLink *link = g_ptr_array_index (self->links, i);

    if (!is_for (message, link) || link->bytes >= MAX_QUEUED)
      continue;
    news |= g_queue_is_empty (&link->queue);
    g_queue_push_tail (&link->queue, gst_call_data_message_ref (message));
    link->bytes += message->size;
  }
  return news;
}

static void
link_free (gpointer data)
{
  GstCallDataLink *link = data;

  g_queue_clear_full (&link->queue, gst_call_data_message_unref);
  g_free (link->peer_id);
  g_free (link->display_name);
  g_free (link);
}

/* Input */

static GstCallDataMessage *
make_message (GstCallDataOut * self, GstPad * pad, GstBuffer * buffer,
    GError ** error)
{
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (pad);
  const gchar *to = gst_call_data_get_peer (buffer);
  g_autofree gchar *own = NULL;

  g_mutex_lock (&self->lock);
  own = g_strdup (self->to);
  g_mutex_unlock (&self->lock);
  return gst_call_data_message_new (buffer, caps, to ? to : own, error);
}

static GstFlowReturn
gst_call_data_out_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstCallDataOut *self = GST_CALL_DATA_OUT (parent);
  g_autoptr (GError) error = NULL;
  GstCallDataMessage *message = make_message (self, pad, buffer, &error);
  gboolean flushing = FALSE, news = FALSE;

  gst_buffer_unref (buffer);
  if (!message) {
    GST_ELEMENT_WARNING (self, STREAM, ENCODE, ("data_%s drops a message: %s",
            self->label, error->message), (NULL));
    return GST_FLOW_OK;
  }
  g_mutex_lock (&self->lock);
  while (!(flushing = GST_PAD_IS_FLUSHING (pad)) && !has_room (self, message))
    g_cond_wait (&self->room, &self->lock);
  if (!flushing)
    news = enqueue (self, message);
  g_mutex_unlock (&self->lock);
  gst_call_data_message_unref (message);
  if (flushing)
    return GST_FLOW_FLUSHING;
  if (news)
    self->notify (self, self->notify_data);
  return GST_FLOW_OK;
}

static void
wake (GstCallDataOut * self)
{
  g_mutex_lock (&self->lock);
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_call_data_out_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstCallDataOut *self = GST_CALL_DATA_OUT (parent);
  GstEventType type = GST_EVENT_TYPE (event);

  gst_event_unref (event);
  g_mutex_lock (&self->lock);
  if (type == GST_EVENT_EOS)
    gst_pad_set_element_private (pad, ENDED);
  else if (type == GST_EVENT_STREAM_START || type == GST_EVENT_FLUSH_STOP)
    gst_pad_set_element_private (pad, NULL);
  else if (type == GST_EVENT_FLUSH_START)
    g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->lock);
  if (type == GST_EVENT_EOS)
    self->notify (self, self->notify_data);
  return TRUE;
}

/* The pad flushes already, but a chain that waits does not know yet. */
static gboolean
gst_call_data_out_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  if (!active)
    wake (GST_CALL_DATA_OUT (parent));
  return mode == GST_PAD_MODE_PUSH;
}

static void
fill_in_peers (GstCallDataOut * self, GstQuery * query)
{
  GValue list = G_VALUE_INIT;
  guint i, n_pending;

  g_value_init (&list, GST_TYPE_LIST);
  g_mutex_lock (&self->lock);
  n_pending = self->n_pending;
  for (i = 0; i < self->links->len; i++) {
    GstCallDataLink *link = g_ptr_array_index (self->links, i);
    GValue id = G_VALUE_INIT;

    if (!link->open) {
      n_pending++;
      continue;
    }
    g_value_init (&id, G_TYPE_STRING);
    g_value_set_string (&id, link->peer_id);
    gst_value_list_append_and_take_value (&list, &id);
  }
  g_mutex_unlock (&self->lock);
  gst_structure_take_value (gst_query_writable_structure (query), "peers",
      &list);
  gst_structure_set (gst_query_writable_structure (query), "pending",
      G_TYPE_UINT, n_pending, NULL);
}

static gboolean
gst_call_data_out_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  const GstStructure *s = gst_query_get_structure (query);

  if (GST_QUERY_TYPE (query) != GST_QUERY_CUSTOM || !s
      || !gst_structure_has_name (s, GST_CALL_DATA_PEERS))
    return gst_pad_query_default (pad, parent, query);
  fill_in_peers (GST_CALL_DATA_OUT (parent), query);
  return TRUE;
}

GstPad *
gst_call_data_out_add_pad (GstCallDataOut * self)
{
  g_autoptr (GstPadTemplate) template =
      gst_static_pad_template_get (&sink_template);
  g_autofree gchar *name = g_strdup_printf ("sink_%u", self->next_pad++);
  GstPad *pad = gst_pad_new_from_template (template, name);

  gst_pad_set_chain_function (pad, gst_call_data_out_chain);
  gst_pad_set_event_function (pad, gst_call_data_out_event);
  gst_pad_set_query_function (pad, gst_call_data_out_query);
  gst_pad_set_activatemode_function (pad, gst_call_data_out_activate_mode);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (GST_ELEMENT (self), pad);
  return pad;
}

gboolean
gst_call_data_out_push_text (GstCallDataOut * self, const gchar * text,
    GError ** error)
{
  GstCallDataMessage *message = gst_call_data_message_new_text (text, error);
  gboolean room;

  if (!message)
    return FALSE;
  g_mutex_lock (&self->lock);
  room = has_room (self, message);
  if (room)
    enqueue (self, message);
  g_mutex_unlock (&self->lock);
  gst_call_data_message_unref (message);
  if (room)
    self->notify (self, self->notify_data);
  else
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_FAILED,
        "nobody is there, or they take more slowly than is sent");
  return room;
}

/* The worker */

void
gst_call_data_out_get_settings (GstCallDataOut * self,
    GstCallDataSettings * settings)
{
  g_mutex_lock (&self->lock);
  *settings = self->settings;
  settings->protocol = g_strdup (self->settings.protocol);
  g_mutex_unlock (&self->lock);
}

gboolean
gst_call_data_out_is_negotiated (GstCallDataOut * self)
{
  gboolean negotiated;

  g_mutex_lock (&self->lock);
  negotiated = self->settings.negotiated;
  g_mutex_unlock (&self->lock);
  return negotiated;
}

void
gst_call_data_settings_clear (GstCallDataSettings * settings)
{
  g_clear_pointer (&settings->protocol, g_free);
}

void
gst_call_data_out_tell (GstCallDataOut * self, GstStructure * s)
{
  g_autoptr (GstEvent) event =
      gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, s);
  g_autoptr (GPtrArray) pads =
      g_ptr_array_new_with_free_func (gst_object_unref);
  GList *l;
  guint i;

  GST_OBJECT_LOCK (self);
  for (l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    g_ptr_array_add (pads, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (self);
  for (i = 0; i < pads->len; i++)
    gst_pad_push_event (g_ptr_array_index (pads, i), gst_event_ref (event));
}

void
gst_call_data_out_set_pending (GstCallDataOut * self, guint n)
{
  g_mutex_lock (&self->lock);
  self->n_pending = n;
  g_mutex_unlock (&self->lock);
}

static void
set_open (GstCallDataOut * self, GstCallDataLink * link, gboolean open)
{
  g_mutex_lock (&self->lock);
  link->open = open;
  g_mutex_unlock (&self->lock);
}

static void
tell_peer (GstCallDataOut * self, GstCallDataLink * link, gboolean open)
{
  /* who asks counts it as pending until it is told */
  if (!open)
    set_open (self, link, FALSE);
  gst_call_data_out_tell (self, gst_structure_new (GST_CALL_DATA_PEER,
          "peer-id", G_TYPE_STRING, link->peer_id, "display-name",
          G_TYPE_STRING, link->display_name, "open", G_TYPE_BOOLEAN, open,
          NULL));
  if (open)
    set_open (self, link, TRUE);
}

GstCallDataLink *
gst_call_data_out_add_link (GstCallDataOut * self, const gchar * peer_id,
    const gchar * display_name)
{
  GstCallDataLink *link = g_new0 (GstCallDataLink, 1);

  link->peer_id = g_strdup (peer_id);
  link->display_name = g_strdup (display_name);
  g_queue_init (&link->queue);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->links, link);
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->lock);
  return link;
}

void
gst_call_data_out_open_link (GstCallDataOut * self, GstCallDataLink * link)
{
  tell_peer (self, link, TRUE);
}

void
gst_call_data_out_remove_link (GstCallDataOut * self, GstCallDataLink * link)
{
  g_mutex_lock (&self->lock);
  g_ptr_array_remove_fast (self->links, link);
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->lock);
  if (link->open)
    tell_peer (self, link, FALSE);
  link_free (link);
}

GstCallDataMessage *
gst_call_data_out_pop (GstCallDataOut * self, GstCallDataLink * link)
{
  GstCallDataMessage *message;
  gboolean was_full;

  g_mutex_lock (&self->lock);
  message = g_queue_pop_head (&link->queue);
  if (message) {
    was_full = link->bytes > ROOM_AGAIN;
    link->bytes -= message->size;
    link->stuck = 0;
    if (was_full && link->bytes <= ROOM_AGAIN)
      g_cond_broadcast (&self->room);
  }
  g_mutex_unlock (&self->lock);
  return message;
}

gboolean
gst_call_data_out_is_stuck (GstCallDataOut * self, GstCallDataLink * link)
{
  gboolean stuck;

  g_mutex_lock (&self->lock);
  link->stuck = g_queue_is_empty (&link->queue) ? 0 : link->stuck + 1;
  stuck = link->stuck >= STUCK_LOOKS;
  g_mutex_unlock (&self->lock);
  return stuck;
}

gboolean
gst_call_data_out_is_over (GstCallDataOut * self)
{
  gboolean over;
  GList *l;
  guint i;

  GST_OBJECT_LOCK (self);
  g_mutex_lock (&self->lock);
  over = GST_ELEMENT (self)->sinkpads != NULL;
  for (l = GST_ELEMENT (self)->sinkpads; l; l = l->next)
    over &= gst_pad_get_element_private (l->data) == ENDED;
  for (i = 0; i < self->links->len; i++)
    over &= g_queue_is_empty (&((GstCallDataLink *)
            g_ptr_array_index (self->links, i))->queue);
  g_mutex_unlock (&self->lock);
  GST_OBJECT_UNLOCK (self);
  return over;
}

const gchar *
gst_call_data_out_get_label (GstCallDataOut * self)
{
  return self->label;
}

GstCallDataOut *
gst_call_data_out_new (const gchar * label, GstCallDataNotify notify,
    gpointer data)
{
  g_autofree gchar *name = g_strconcat ("data_", label, NULL);
  GstCallDataOut *self = g_object_new (GST_TYPE_CALL_DATA_OUT, "name", name,
      NULL);

  self->label = g_strdup (label);
  self->notify = notify;
  self->notify_data = data;
  return self;
}

/* The object */

static void
gst_call_data_out_finalize (GObject * object)
{
  GstCallDataOut *self = GST_CALL_DATA_OUT (object);

  g_ptr_array_unref (self->links);
  gst_call_data_settings_clear (&self->settings);
  g_free (self->to);
  g_free (self->label);
  g_cond_clear (&self->room);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_call_data_out_parent_class)->finalize (object);
}

static void
gst_call_data_out_class_init (GstCallDataOutClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_call_data_out_finalize;
  gst_call_data_out_install_properties (G_OBJECT_CLASS (klass));

  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Data channel input", "Sink/Network/WebRTC",
      "Messages that go out under one label", "gst-call developers");
  gst_element_class_add_static_pad_template (GST_ELEMENT_CLASS (klass),
      &sink_template);
}

static void
gst_call_data_out_init (GstCallDataOut * self)
{
  gst_call_data_init ();
  g_mutex_init (&self->lock);
  g_cond_init (&self->room);
  self->settings.ordered = TRUE;
  self->settings.max_retransmits = -1;
  self->settings.max_packet_lifetime = -1;
  self->settings.protocol = g_strdup ("");
  self->settings.id = 1;
  self->hold = TRUE;
  self->links = g_ptr_array_new ();
}
