/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What goes out on the data channels of one peer. Threads: the worker; there is
 * no lock here.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallchannels-private.h"
#include "gstcallsctp.h"
#include "gstcallsctpmessages.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* webrtcbin is given no more than this at a time, tests/bench/run data: what is
 * under way costs each copy of it a cache miss, and SCTP has a buffer of its own */
#define HIGH_WATER (256 * 1024)
/* Looks of 500 ms at a peer whose SCTP is not up, and for whom others wait */
#define MAX_DOWN 30
/* Replies to a peer that takes none */
#define MAX_REPLIES (4 * 1024 * 1024)

/* Links */

static GstCallDataLink *
add_link (GstCallPeer * self, GstCallDataOut * out)
{
  return gst_call_data_out_add_link (out, self->info->peer_id,
      self->info->display_name);
}

void
gst_call_channel_attach (GstCallPeer * self, GstCallChannel * channel,
    GstCallDataOut * out)
{
  gpointer key = NULL, link = NULL;

  g_hash_table_steal_extended (self->expected, out, &key, &link);
  channel->out = key ? key : gst_object_ref (out);
  channel->link = link ? link : add_link (self, out);
}

void
gst_call_channels_stop_expecting (GstCallPeer * self)
{
  GHashTableIter iter;
  gpointer out, link;

  g_hash_table_iter_init (&iter, self->expected);
  while (g_hash_table_iter_next (&iter, &out, &link)) {
    g_hash_table_iter_steal (&iter);
    gst_call_data_out_remove_link (out, link);
    gst_object_unref (out);
  }
}

void
gst_call_channels_expect (GstCallPeer * self)
{
  g_autoptr (GPtrArray) outs =
      self->config->room->list_data (self->config->room_data);
  guint i;

  if (self->n_down >= MAX_DOWN) {
    gst_call_channels_stop_expecting (self);
    return;
  }
  for (i = 0; i < outs->len; i++) {
    GstCallDataOut *out = g_ptr_array_index (outs, i);
    GstCallChannel *channel =
        gst_call_channels_find (self, gst_call_data_out_get_label (out));

    if ((!channel || !channel->link) && !gst_call_data_out_is_negotiated (out)
        && !g_hash_table_contains (self->expected, out))
      g_hash_table_insert (self->expected, gst_object_ref (out),
          add_link (self, out));
  }
}

/* Sending */

static guint64
get_waiting (GstCallChannel * self)
{
  guint64 waiting = 0;

  g_object_get (self->channel, "buffered-amount", &waiting, NULL);
  return waiting;
}

static guint64
longest_message (GstCallPeer * self, GstCallChannel * channel)
{
  guint64 most = gst_call_sctp_max_message_size (self->webrtcbin);
  gboolean ordered;

  g_object_get (channel->channel, "ordered", &ordered, NULL);
  /* unordered ones in parts cannot be told apart, see gstcallsctpmessages.c */
  return ordered ? most : MIN (most, GST_CALL_SCTP_PART);
}

static void
tell_size (GstCallPeer * self, GstCallChannel * channel, gsize size,
    guint64 most)
{
  g_autofree gchar *text = NULL;

  if (channel->told_size)
    return;
  text = g_strdup_printf ("data_%s: a message of %" G_GSIZE_FORMAT
      " bytes is dropped, %s takes at most %" G_GUINT64_FORMAT
      ": send a file with callfilepay", channel->label, size,
      self->info->peer_id, most);
  channel->told_size = TRUE;
  self->config->room->warn (self->config->room_data, self, text);
}

static gboolean
send_message (GstCallPeer * self, GstCallChannel * channel,
    const GstCallDataMessage * message)
{
  GBytes *bytes = message->size ? message->bytes : NULL;
  g_autoptr (GError) error = NULL;
  gboolean sent;

  if (message->text)
    sent = gst_webrtc_data_channel_send_string_full (channel->channel,
        bytes ? g_bytes_get_data (bytes, NULL) : NULL, &error);
  else
    sent = gst_webrtc_data_channel_send_data_full (channel->channel, bytes,
        &error);
  if (!sent)
    GST_INFO_OBJECT (self, "%s: not sent: %s", channel->label,
        error ? error->message : "the channel is not open");
  return sent;
}

void
gst_call_channel_drain (GstCallPeer * self, GstCallChannel * channel)
{
  guint64 most = longest_message (self, channel);
  GstCallDataMessage *message;

  while (channel->open && channel->link && get_waiting (channel) < HIGH_WATER
      && (message = gst_call_data_out_pop (channel->out, channel->link))) {
    if (message->size > most)
      tell_size (self, channel, message->size, most);
    else if (!send_message (self, channel, message))
      gst_call_channel_cut (channel);
    gst_call_data_message_unref (message);
  }
}

void
gst_call_channels_send (GstCallPeer * self)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  guint i;

  for (i = 0; !self->stopped && i < channels->len; i++)
    gst_call_channel_drain (self, g_ptr_array_index (channels, i));
}

gboolean
gst_call_channels_are_idle (GstCallPeer * self)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  guint i;

  for (i = 0; i < channels->len; i++) {
    if (get_waiting (g_ptr_array_index (channels, i)) > 0)
      return FALSE;
  }
  return TRUE;
}

void
gst_call_channels_reply (GstCallPeer * self, const gchar * label,
    const gchar * text)
{
  GstCallChannel *channel = gst_call_channels_find (self, label);
  g_autoptr (GError) error = NULL;

  if (self->stopped || !self->verified || !channel || !channel->open)
    return;
  if (get_waiting (channel) > MAX_REPLIES)
    gst_call_channel_tell_closed (self, channel,
        "it does not take what it is answered");
  else if (!gst_webrtc_data_channel_send_string_full (channel->channel, text,
          &error))
    GST_INFO_OBJECT (self, "%s: no reply: %s", label,
        error ? error->message : "the channel is not open");
}

/* The channel stays for who asks for the label again: webrtcbin 1.22 gives its
 * stream to the next one while SCTP still resets it. */
void
gst_call_channels_remove (GstCallPeer * self, GstCallDataOut * out)
{
  g_autoptr (GPtrArray) channels = gst_call_channels_list (self);
  gpointer link = NULL;
  guint i;

  if (g_hash_table_steal_extended (self->expected, out, NULL, &link)) {
    gst_call_data_out_remove_link (out, link);
    gst_object_unref (out);
  }
  for (i = 0; !self->stopped && i < channels->len; i++) {
    GstCallChannel *channel = g_ptr_array_index (channels, i);

    if (channel->out == out)
      gst_call_channel_cut (channel);
  }
}
