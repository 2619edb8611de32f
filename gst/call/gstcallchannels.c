/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The data channels of one peer but the permanent one (RFC 8831, 8832): one for
 * each label that we send under, made when the connection is up, and those that
 * the peer opens. Of two with one label we send on the first that is open.
 *
 * Nothing is given out or sent before the certificate is verified.
 *
 * Threads
 *   name       runs                                         may take  never
 *   worker     everything but the callbacks below           OBJECT    waits for pc
 *   pc         signals of webrtcbin and its channels: copy  OBJECT    calls webrtcbin
 *              what they are given, post to the worker
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: channels, next_channel. Only the worker takes channels
 *              out, so it may go through a copy of the list without it.
 *
 * What is posted names a channel by its serial: a reference would outlive
 * webrtcbin, which the channels of 1.22.0 must not. Of a channel that goes, the
 * struct stays as long as the peer: pc may be in a callback of it, and is ended
 * only when webrtcbin goes to NULL.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallchannels-private.h"
#include "gstcallsctp.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Of what webrtcbin has, when it is given more: tests/bench/run data */
#define LOW_WATER (128 * 1024)
/* In one session; each costs two threads */
#define MAX_CHANNELS 16
/* Messages before the certificate is verified */
#define MAX_EARLY 64

typedef struct
{
  guint serial;
  gboolean text;
  GstBuffer *buffer;
} Received;

static void
received_free (gpointer data)
{
  Received *received = data;

  gst_clear_buffer (&received->buffer);
  g_free (received);
}

void
gst_call_channel_cut (GstCallChannel * self)
{
  GstCallDataLink *link = g_steal_pointer (&self->link);

  if (link)
    gst_call_data_out_remove_link (self->out, link);
  gst_clear_object (&self->out);
}

static void
channel_end (GstCallChannel * self)
{
  g_signal_handlers_disconnect_by_data (self->channel, self);
  gst_call_channel_cut (self);
  g_clear_object (&self->channel);
  g_clear_pointer (&self->label, g_free);
  g_ptr_array_add (self->peer->ended_channels, self);
}

GPtrArray *
gst_call_channels_list (GstCallPeer * self)
{
  GPtrArray *copy = g_ptr_array_new ();

  GST_OBJECT_LOCK (self);
  g_ptr_array_extend (copy, self->channels, NULL, NULL);
  GST_OBJECT_UNLOCK (self);
  return copy;
}

static GstCallChannel *
find_channel (GstCallPeer * self, guint serial)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  guint i;

  for (i = 0; i < channels->len; i++) {
    GstCallChannel *channel = g_ptr_array_index (channels, i);

    if (channel->serial == serial)
      return channel;
  }
  return NULL;
}

/* The one that we send on under this label, or else one that we could */
GstCallChannel *
gst_call_channels_find (GstCallPeer * self, const gchar * label)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  GstCallChannel *best = NULL;
  guint i;

  for (i = 0; i < channels->len; i++) {
    GstCallChannel *channel = g_ptr_array_index (channels, i);

    if (!g_str_equal (channel->label, label))
      continue;
    if (channel->link)
      return channel;
    if (!best || (channel->open && !best->open))
      best = channel;
  }
  return best;
}

static void
close_channel (GstCallPeer * self, GstCallChannel * channel)
{
  g_autoptr (GstWebRTCDataChannel) closing = g_object_ref (channel->channel);

  GST_DEBUG_OBJECT (self, "closing %s", channel->label);
  GST_OBJECT_LOCK (self);
  g_ptr_array_remove_fast (self->channels, channel);
  GST_OBJECT_UNLOCK (self);
  channel_end (channel);
  gst_webrtc_data_channel_close (closing);
}

void
gst_call_channel_tell_closed (GstCallPeer * self, GstCallChannel * channel,
    const gchar * why)
{
  g_autofree gchar *text = g_strdup_printf ("The data channel %s with %s is "
      "closed: %s", channel->label, self->info->peer_id, why);

  self->config->room->warn (self->config->room_data, self, text);
  close_channel (self, channel);
}

/* Opening */

static void
find_out (GstCallPeer * self, GstCallChannel * channel)
{
  g_autoptr (GPtrArray) outs =
      self->config->room->list_data (self->config->room_data);
  guint i;

  for (i = 0;
      i < outs->len && !gst_call_channels_find (self, channel->label)->link;
      i++) {
    GstCallDataOut *out = g_ptr_array_index (outs, i);

    if (g_str_equal (gst_call_data_out_get_label (out), channel->label))
      gst_call_channel_attach (self, channel, out);
  }
}

static void
use_channel (GstCallPeer * self, GstCallChannel * channel)
{
  if (!channel->open || !self->verified)
    return;
  self->config->room->data_opened (self->config->room_data, channel->label);
  find_out (self, channel);
  if (!channel->link)
    return;
  gst_call_data_out_open_link (channel->out, channel->link);
  gst_call_channel_drain (self, channel);
}

static void
opened (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  GstCallChannel *channel = find_channel (self, GPOINTER_TO_UINT (data));

  if (self->stopped || !channel || channel->open)
    return;
  GST_DEBUG_OBJECT (self, "channel %s is open", channel->label);
  channel->open = TRUE;
  use_channel (self, channel);
}

static void
closed (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  GstCallChannel *channel = find_channel (self, GPOINTER_TO_UINT (data));

  if (!self->stopped && channel)
    close_channel (self, channel);
}

static void
room_again (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  GstCallChannel *channel = find_channel (self, GPOINTER_TO_UINT (data));

  if (!self->stopped && channel)
    gst_call_channel_drain (self, channel);
}

static void
post (GstCallChannel * self, GstCallWorkerFunc func)
{
  gst_call_worker_post (self->peer->worker, func, self->peer,
      GUINT_TO_POINTER (self->serial), NULL);
}

static void
on_open (GstWebRTCDataChannel * channel, gpointer data)
{
  post (data, opened);
}

static void
on_close (GstWebRTCDataChannel * channel, gpointer data)
{
  post (data, closed);
}

static void
on_low (GstWebRTCDataChannel * channel, gpointer data)
{
  post (data, room_again);
}

/* Receiving */

static void
deliver (GstCallPeer * self, Received * received)
{
  GstCallChannel *channel = find_channel (self, received->serial);

  if (!channel)
    return;
  if (!self->config->room->data_received (self->config->room_data, self,
          channel->label, g_steal_pointer (&received->buffer), received->text))
    gst_call_channel_tell_closed (self, channel,
        "what came was not taken as fast as it came");
}

static void
received (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  Received *copy;

  if (self->stopped)
    return;
  if (self->verified) {
    deliver (self, data);
    return;
  }
  if (g_queue_get_length (&self->early) >= MAX_EARLY) {
    gst_call_peer_fail (self, "internal", "%s sent more than %d messages "
        "before its certificate was verified", self->info->peer_id, MAX_EARLY);
    return;
  }
  copy = g_new0 (Received, 1);
  *copy = *(Received *) data;
  ((Received *) data)->buffer = NULL;
  g_queue_push_tail (&self->early, copy);
}

static void
post_received (GstCallChannel * self, GstBuffer * buffer, gboolean text)
{
  Received *message = g_new0 (Received, 1);

  message->serial = self->serial;
  message->text = text;
  message->buffer = buffer;
  gst_call_worker_post (self->peer->worker, received, self->peer, message,
      received_free);
}

/* An empty message is NULL */
static void
on_message_string (GstWebRTCDataChannel * channel, const gchar * text,
    gpointer data)
{
  post_received (data, text && *text ? gst_buffer_new_memdup (text,
          strlen (text)) : gst_buffer_new (), TRUE);
}

static void
on_message_data (GstWebRTCDataChannel * channel, GBytes * bytes, gpointer data)
{
  post_received (data, bytes ? gst_buffer_new_wrapped_bytes (bytes) :
      gst_buffer_new (), FALSE);
}

static GstCallChannel *
add_channel (GstCallPeer * self, GstWebRTCDataChannel * object,
    const gchar * label)
{
  GstCallChannel *channel = g_new0 (GstCallChannel, 1);

  channel->peer = self;
  channel->channel = g_object_ref (object);
  channel->label = g_strdup (label);
  GST_OBJECT_LOCK (self);
  channel->serial = ++self->next_channel;
  g_ptr_array_add (self->channels, channel);
  GST_OBJECT_UNLOCK (self);
  g_object_set (object, "buffered-amount-low-threshold", (guint64) LOW_WATER,
      NULL);
  g_signal_connect (object, "on-message-string",
      G_CALLBACK (on_message_string), channel);
  g_signal_connect (object, "on-message-data", G_CALLBACK (on_message_data),
      channel);
  g_signal_connect (object, "on-buffered-amount-low", G_CALLBACK (on_low),
      channel);
  g_signal_connect (object, "on-close", G_CALLBACK (on_close), channel);
  return channel;
}

static void
too_many_channels (gpointer object, gpointer data)
{
  gst_call_peer_fail (object, "internal", "The peer opened more than %d data "
      "channels", MAX_CHANNELS);
}

/* Called by webrtcbin with its lock held. The channel is open. */
static void
on_data_channel (GstElement * webrtcbin, GObject * object, gpointer data)
{
  GstCallPeer *self = data;
  g_autofree gchar *label = NULL;
  guint n;

  GST_OBJECT_LOCK (self);
  n = ++self->n_their_channels;
  GST_OBJECT_UNLOCK (self);
  if (n > MAX_CHANNELS) {
    gst_call_worker_post (self->worker, too_many_channels, self, NULL, NULL);
    return;
  }
  g_object_get (object, "label", &label, NULL);
  if (!label || !*label || strlen (label) > GST_CALL_MAX_LABEL
      || !g_utf8_validate (label, -1, NULL))
    return;
  post (add_channel (self, GST_WEBRTC_DATA_CHANNEL (object), label), opened);
}

static void
make_channel (GstCallPeer * self, GstCallDataOut * out)
{
  const gchar *label = gst_call_data_out_get_label (out);
  g_autoptr (GstStructure) options = gst_structure_new_empty ("options");
  g_autoptr (GstWebRTCDataChannel) object = NULL;
  GstWebRTCDataChannelState state;
  GstCallDataSettings settings;
  GstCallChannel *channel;

  gst_call_data_out_get_settings (out, &settings);
  gst_structure_set (options, "ordered", G_TYPE_BOOLEAN, settings.ordered,
      "protocol", G_TYPE_STRING, settings.protocol, NULL);
  if (settings.max_retransmits >= 0)
    gst_structure_set (options, "max-retransmits", G_TYPE_INT,
        settings.max_retransmits, NULL);
  else if (settings.max_packet_lifetime >= 0)
    gst_structure_set (options, "max-packet-lifetime", G_TYPE_INT,
        settings.max_packet_lifetime, NULL);
  if (settings.negotiated)
    gst_structure_set (options, "negotiated", G_TYPE_BOOLEAN, TRUE, "id",
        G_TYPE_INT, settings.id, NULL);
  gst_call_data_settings_clear (&settings);
  g_signal_emit_by_name (self->webrtcbin, "create-data-channel", label, options,
      &object);
  if (!object) {
    GST_WARNING_OBJECT (self, "webrtcbin makes no channel %s", label);
    return;
  }
  channel = add_channel (self, object, label);
  gst_call_channel_attach (self, channel, out);
  g_signal_connect (object, "on-open", G_CALLBACK (on_open), channel);
  /* or is it open already? pc makes it so */
  g_object_get (object, "ready-state", &state, NULL);
  if (state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN)
    post (channel, opened);
}

/* After the connection is up webrtcbin 1.22.0 makes no negotiated ones. */
static void
make_missing (GstCallPeer * self)
{
  g_autoptr (GPtrArray) outs =
      self->config->room->list_data (self->config->room_data);
  guint i;

  for (i = 0; i < outs->len; i++) {
    GstCallDataOut *out = g_ptr_array_index (outs, i);
    GstCallChannel *channel =
        gst_call_channels_find (self, gst_call_data_out_get_label (out));

    if (channel && !channel->link)
      use_channel (self, channel);
    else if (!channel && !gst_call_data_out_is_negotiated (out))
      make_channel (self, out);
  }
}

static void
drop_stuck (GstCallPeer * self)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  guint i;

  for (i = 0; i < channels->len; i++) {
    GstCallChannel *channel = g_ptr_array_index (channels, i);

    if (channel->link
        && gst_call_data_out_is_stuck (channel->out, channel->link))
      gst_call_channel_tell_closed (self, channel,
          "it takes nothing, and others wait");
  }
}

/* One that is made while SCTP comes up may stay unopened for ever: webrtcbin 1.22
 * opens what it has when it is up, and what is made after that. It is when the
 * permanent channel is open. */
static gboolean
is_up (GstCallPeer * self)
{
  GstWebRTCDataChannelState state = GST_WEBRTC_DATA_CHANNEL_STATE_CLOSED;

  if (self->channel)
    g_object_get (self->channel, "ready-state", &state, NULL);
  return state == GST_WEBRTC_DATA_CHANNEL_STATE_OPEN;
}

void
gst_call_channels_add (GstCallPeer * self)
{
  if (self->stopped || !self->verified
      || self->state != GST_CALL_PEER_CONNECTED)
    return;
  if (is_up (self))
    make_missing (self);
  else
    gst_call_channels_expect (self);
}

static void
up (gpointer object, gpointer data)
{
  gst_call_channels_add (object);
}

static void
on_up (GstWebRTCDataChannel * channel, gpointer data)
{
  GstCallPeer *self = data;

  gst_call_worker_post (self->worker, up, self, NULL, NULL);
}

void
gst_call_channels_prepare (GstCallPeer * self)
{
  g_autoptr (GPtrArray) outs =
      self->config->room->list_data (self->config->room_data);
  guint i;

  if (self->channel)
    g_signal_connect (self->channel, "on-open", G_CALLBACK (on_up), self);
  for (i = 0; i < outs->len; i++) {
    if (gst_call_data_out_is_negotiated (g_ptr_array_index (outs, i)))
      make_channel (self, g_ptr_array_index (outs, i));
  }
}

void
gst_call_channels_look (GstCallPeer * self)
{
  if (self->stopped || !self->verified)
    return;
  drop_stuck (self);
  self->n_down = is_up (self) ? 0 : self->n_down + 1;
  gst_call_channels_add (self);
}

void
gst_call_channels_accept (GstCallPeer * self)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  Received *message;
  guint i;

  for (i = 0; i < channels->len; i++)
    use_channel (self, g_ptr_array_index (channels, i));
  gst_call_channels_expect (self);
  while ((message = g_queue_pop_head (&self->early))) {
    deliver (self, message);
    received_free (message);
  }
}

void
gst_call_channels_connect (GstCallPeer * self)
{
  g_signal_connect (self->webrtcbin, "on-data-channel",
      G_CALLBACK (on_data_channel), self);
  gst_call_sctp_mend (self->webrtcbin);
}

void
gst_call_channels_stop (GstCallPeer * self)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  guint i;

  GST_OBJECT_LOCK (self);
  g_ptr_array_set_size (self->channels, 0);
  GST_OBJECT_UNLOCK (self);
  for (i = 0; i < channels->len; i++)
    channel_end (g_ptr_array_index (channels, i));
  gst_call_channels_stop_expecting (self);
  g_queue_clear_full (&self->early, received_free);
}
