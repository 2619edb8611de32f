/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Senders and receivers of one peer, and the check of its certificate.
 *
 *   track pad → ghost → GstCallSender → webrtcbin sink
 *   webrtcbin src → GstCallReceiver → ghost → GstCallSlot
 *
 * Threads
 *   name       runs                                          may take  never
 *   worker     everything but the two callbacks below        OBJECT    waits
 *   streaming  on_pad_added, on_new_jitterbuffer: block the  OBJECT    links,
 *              pad or keep a reference, and post                       calls webrtcbin
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: jitterbuffers, channels
 *
 * Until the certificate is verified every sender is closed and every pad of
 * webrtcbin is blocked: nothing crosses in either direction.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfeedback.h"
#include "gstcallpad.h"
#include "gstcallpeer-private.h"

#include <string.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Streams that one peer may have us decode at once */
#define MAX_RECEIVING 8
/* Synchronisation sources that one peer may have us buffer */
#define MAX_STREAMS 32
#define MAX_CHANNELS 16

GstElement *
gst_call_media_get_rtpbin (GstCallPeer * self)
{
  return gst_bin_get_by_name (GST_BIN (self->webrtcbin), "rtpbin");
}

/* Sending */

/* Nothing flows from the track into the sender any more. */
static void
cut_sending (GstCallPeer * self, GstCallSending * sending)
{
  if (!sending->track_pad)
    return;
  gst_call_sender_set_open (sending->sender, FALSE);
  gst_call_sender_set_limit (sending->sender, 0);
  gst_pad_unlink (sending->track_pad, sending->ghost);
  gst_call_track_remove_branch (sending->track, sending->encoder,
      sending->track_pad);
  gst_clear_object (&sending->track);
  sending->track_pad = NULL;
}

static void
unlink_sending (GstCallPeer * self, GstCallSending * sending)
{
  GstElement *sender = GST_ELEMENT (sending->sender);

  if (!sender)
    return;
  cut_sending (self, sending);
  gst_element_remove_pad (GST_ELEMENT (self), sending->ghost);
  gst_element_set_locked_state (sender, TRUE);
  gst_element_set_state (sender, GST_STATE_NULL);
  sending->next_seqnum = gst_call_sender_get_next_seqnum (sending->sender);
  gst_bin_remove (GST_BIN (self), sender);
  sending->sender = NULL;
  sending->encoder = NULL;
  sending->ghost = NULL;
}

static void
set_limit (GstCallPeer * self, GstCallSending * sending)
{
  guint bitrate;

  if (!sending->track_pad || sending->kind != GST_CALL_KIND_VIDEO)
    return;
  GST_OBJECT_LOCK (self);
  bitrate = self->max_bitrate;
  GST_OBJECT_UNLOCK (self);
  gst_call_sender_set_limit (sending->sender, bitrate);
}

void
gst_call_media_update_limits (GstCallPeer * self)
{
  guint i;

  for (i = 0; i < self->sendings->len; i++)
    set_limit (self, g_ptr_array_index (self->sendings, i));
}

static void
link_sending (GstCallPeer * self, GstCallSending * sending,
    GstCallTrack * track, const GstCallSdpMedia * media)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPad) src = NULL;
  g_autoptr (GstPad) sink = NULL;
  g_autofree gchar *name = g_strdup_printf ("send_%u", sending->mline);
  const GstCallCodec *codec = gst_call_codec_find (media->encoding_name);
  GstCallEncoder *encoder;

  encoder = gst_call_track_get_encoder (track, codec, &error);
  if (encoder)
    sending->sender = gst_call_sender_new (encoder, media->caps,
        media->payload, sending->ssrc);
  if (!sending->sender) {
    if (encoder || error)
      self->config->room->warn (self->config->room_data, self,
          error ? error->message : "A payloader is missing");
    return;
  }
  gst_call_sender_set_numbers (sending->sender, sending->next_seqnum,
      sending->timestamp_offset);
  sending->track = gst_object_ref (track);
  sending->encoder = encoder;
  gst_bin_add (GST_BIN (self), GST_ELEMENT (sending->sender));
  src = gst_element_get_static_pad (GST_ELEMENT (sending->sender), "src");
  sink = gst_element_get_static_pad (GST_ELEMENT (sending->sender), "sink");
  gst_pad_link (src, sending->webrtc_sink);
  gst_element_sync_state_with_parent (GST_ELEMENT (sending->sender));
  sending->ghost = gst_call_add_ghost (GST_ELEMENT (self), name, sink);
  sending->track_pad = gst_call_track_add_branch (track, encoder);
  gst_pad_link (sending->track_pad, sending->ghost);
  gst_call_sender_set_open (sending->sender, self->verified);
  set_limit (self, sending);
}

void
gst_call_media_update_senders (GstCallPeer * self)
{
  guint i;

  for (i = 0; i < self->sendings->len; i++) {
    GstCallSending *sending = g_ptr_array_index (self->sendings, i);
    const GstCallSdpMedia *media = gst_call_sdp_get_media (self->sdp,
        sending->mline);
    GstCallTrack *track =
        self->config->room->get_track (self->config->room_data, sending->kind);
    gboolean wanted = track && media && !media->rejected && media->encoding_name
        && (media->direction & GST_CALL_SEND);

    if (sending->sender && (!wanted || track != sending->track
            || gst_call_encoder_get_codec (sending->encoder) !=
            gst_call_codec_find (media->encoding_name)))
      unlink_sending (self, sending);
    if (wanted && !sending->sender)
      link_sending (self, sending, track, media);
  }
}

gboolean
gst_call_media_add_pad (GstCallPeer * self, GstCallKind kind, guint mline,
    const GstCaps * caps)
{
  g_autoptr (GstCaps) preferences = gst_caps_copy (caps);
  g_autoptr (GstPadTemplate) template = NULL;
  g_autoptr (GObject) transceiver = NULL;
  g_autofree gchar *name = g_strdup_printf ("sink_%u", mline);
  GstCallSending *sending = g_new0 (GstCallSending, 1);

  sending->kind = kind;
  sending->mline = mline;
  sending->ssrc = g_random_int_range (1, G_MAXINT32);
  /* in the lower half, so that a loss at the start does not hide a wrap */
  sending->next_seqnum = g_random_int_range (0, G_MAXINT16);
  sending->timestamp_offset = g_random_int_range (0, G_MAXINT32);
  /* the SDP is to name our SSRC, or RTX and Chromium do not find it */
  gst_structure_set (gst_caps_get_structure (preferences, 0), "ssrc",
      G_TYPE_UINT, sending->ssrc, NULL);

  template = gst_element_get_pad_template (self->webrtcbin, "sink_%u");
  if (template)
    gst_object_ref (template);
  sending->webrtc_sink = gst_element_request_pad (self->webrtcbin, template,
      name, preferences);
  if (!sending->webrtc_sink) {
    gst_call_sending_free (sending);
    gst_call_peer_fail (self, "negotiation-failed",
        "webrtcbin gives no pad: is the nice plugin installed?");
    return FALSE;
  }
  g_ptr_array_add (self->sendings, sending);
  g_object_get (sending->webrtc_sink, "transceiver", &transceiver, NULL);
  g_object_set (transceiver, "codec-preferences", preferences, "do-nack",
      kind == GST_CALL_KIND_VIDEO, NULL);
  return TRUE;
}

/* Receiving */

static GstPadProbeReturn
drop_everything (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_DROP;
}

/* Not unlinked: a not-linked flow would end all streams of the peer. */
static void
discard (GstCallReceiving * receiving)
{
  gst_pad_add_probe (receiving->webrtc_src, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM,
      drop_everything, NULL, NULL);
}

/* webrtcbin sets do-retransmission of every stream to what the last m-line
 * has, so it is set here, by kind. */
static void
set_retransmission (GstCallPeer * self, guint ssrc, gboolean on)
{
  g_autoptr (GstElement) jitterbuffer = NULL;

  GST_OBJECT_LOCK (self);
  jitterbuffer = g_hash_table_lookup (self->jitterbuffers,
      GUINT_TO_POINTER (ssrc));
  if (jitterbuffer)
    gst_object_ref (jitterbuffer);
  GST_OBJECT_UNLOCK (self);
  if (jitterbuffer)
    g_object_set (jitterbuffer, "do-retransmission", on, NULL);
}

/* A ghost pad may be blocked before its caps event came through. */
static GstCaps *
pad_caps (GstPad * pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  return caps ? caps : gst_pad_query_caps (pad, NULL);
}

static GstCallReceiver *
make_receiver (GstCallPeer * self, GstCallReceiving * receiving)
{
  g_autoptr (GstCaps) caps = pad_caps (receiving->webrtc_src);
  GstStructure *s = gst_caps_is_empty (caps) || gst_caps_is_any (caps) ? NULL :
      gst_caps_get_structure (caps, 0);
  const gchar *name = s ? gst_structure_get_string (s, "encoding-name") : NULL;
  const GstCallCodec *codec = gst_call_codec_find (name);
  GstCallReceiver *receiver;
  guint ssrc = 0;

  receiver = codec ? gst_call_receiver_new (codec, self->config->decode) : NULL;
  if (!receiver) {
    g_autofree gchar *text = g_strdup_printf ("%s sends %s, which cannot be "
        "decoded here", self->info->peer_id, name ? name : "an unknown codec");

    self->config->room->warn (self->config->room_data, self, text);
    return NULL;
  }
  gst_structure_get_uint (s, "ssrc", &ssrc);
  set_retransmission (self, ssrc, codec->kind == GST_CALL_KIND_VIDEO);
  return receiver;
}

static void
link_receiving (GstCallPeer * self, GstCallReceiving * receiving)
{
  GstCallReceiver *receiver = make_receiver (self, receiving);
  g_autoptr (GstPad) sink = NULL;
  g_autoptr (GstPad) src = NULL;
  g_autofree gchar *name = NULL;

  if (!receiver) {
    discard (receiving);
    return;
  }
  receiving->receiver = receiver;
  receiving->slot =
      gst_object_ref (self->config->room->get_slot (self->config->room_data,
          self, gst_call_receiver_get_kind (receiver)));
  gst_bin_add (GST_BIN (self), GST_ELEMENT (receiver));
  sink = gst_element_get_static_pad (GST_ELEMENT (receiver), "sink");
  src = gst_element_get_static_pad (GST_ELEMENT (receiver), "src");
  name = g_strdup_printf ("receive_%s", GST_OBJECT_NAME (receiver));
  receiving->ghost = gst_call_add_gate (GST_ELEMENT (self), name, src);
  gst_call_slot_show (receiving->slot, receiving->ghost);
  gst_element_sync_state_with_parent (GST_ELEMENT (receiver));
  gst_pad_link (receiving->webrtc_src, sink);
}

static void
accept_receiving (GstCallPeer * self, GstCallReceiving * receiving)
{
  gulong block = receiving->block;

  if (!block)
    return;
  receiving->block = 0;
  link_receiving (self, receiving);
  gst_pad_remove_probe (receiving->webrtc_src, block);
}

typedef struct
{
  GstPad *pad;
  gulong block;
} NewPad;

static void
new_pad_free (gpointer data)
{
  gst_object_unref (((NewPad *) data)->pad);
  g_free (data);
}

static void
add_receiving (gpointer object, gpointer data)
{
  GstCallPeer *self = object;
  NewPad *new_pad = data;
  GstCallReceiving *receiving;

  if (self->stopped)
    return;
  receiving = g_new0 (GstCallReceiving, 1);
  receiving->webrtc_src = gst_object_ref (new_pad->pad);
  receiving->block = new_pad->block;
  if (self->receivings->len >= MAX_RECEIVING) {
    GST_WARNING_OBJECT (self, "too many streams, %" GST_PTR_FORMAT " is "
        "discarded", new_pad->pad);
    discard (receiving);
    gst_pad_remove_probe (receiving->webrtc_src, receiving->block);
    gst_call_receiving_free (receiving);
    return;
  }
  g_ptr_array_add (self->receivings, receiving);
  /* media may come before the state change that tells of it */
  if (self->verified || gst_call_media_verify (self))
    accept_receiving (self, receiving);
}

static GstPadProbeReturn
block_pad (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * webrtcbin, GstPad * pad, gpointer data)
{
  GstCallPeer *self = data;
  NewPad *new_pad;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC)
    return;
  new_pad = g_new0 (NewPad, 1);
  new_pad->pad = gst_object_ref (pad);
  new_pad->block = gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BLOCK |
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST, block_pad,
      NULL, NULL);
  gst_call_worker_post (self->worker, add_receiving, self, new_pad,
      new_pad_free);
}

static void
on_new_jitterbuffer (GstElement * rtpbin, GstElement * jitterbuffer,
    guint session, guint ssrc, gpointer data)
{
  GstCallPeer *self = data;

  /* The first packet need not wait for the whole latency. */
  g_object_set (jitterbuffer, "faststart-min-packets", 1, NULL);
  gst_call_feedback_set_up_jitterbuffer (jitterbuffer);
  GST_OBJECT_LOCK (self);
  g_hash_table_insert (self->jitterbuffers, GUINT_TO_POINTER (ssrc),
      gst_object_ref (jitterbuffer));
  GST_OBJECT_UNLOCK (self);
}

/* Called by webrtcbin with its lock held: only properties may be set */
static void
on_new_transceiver (GstElement * webrtcbin, GObject * transceiver,
    gpointer data)
{
  g_object_set (transceiver, "do-nack", TRUE, NULL);
}

/* webrtcbin puts a clocksync before each payload: it would hold a picture back
 * by the latency of the camera. Input that is not live is paced by the track. */
static void
on_deep_element_added (GstBin * bin, GstBin * sub_bin, GstElement * element,
    gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (element);

  if (factory && g_str_equal (GST_OBJECT_NAME (factory), "clocksync"))
    g_object_set (element, "sync", FALSE, NULL);
}

static void
too_many_channels (gpointer object, gpointer data)
{
  gst_call_peer_fail (object, "internal", "The peer opened more than %d data "
      "channels", MAX_CHANNELS);
}

/* Called by webrtcbin with its lock held. Each channel costs two threads. */
static void
on_data_channel (GstElement * webrtcbin, GObject * channel, gpointer data)
{
  GstCallPeer *self = data;
  guint channels;

  GST_OBJECT_LOCK (self);
  channels = ++self->channels;
  GST_OBJECT_UNLOCK (self);
  if (channels > MAX_CHANNELS)
    gst_call_worker_post (self->worker, too_many_channels, self, NULL, NULL);
}

void
gst_call_media_connect (GstCallPeer * self)
{
  g_autoptr (GstElement) rtpbin = gst_call_media_get_rtpbin (self);

  self->jitterbuffers = g_hash_table_new_full (NULL, NULL, NULL,
      gst_object_unref);
  g_signal_connect (self->webrtcbin, "pad-added", G_CALLBACK (on_pad_added),
      self);
  g_signal_connect (self->webrtcbin, "on-data-channel",
      G_CALLBACK (on_data_channel), self);
  g_signal_connect (self->webrtcbin, "on-new-transceiver",
      G_CALLBACK (on_new_transceiver), self);
  g_signal_connect (self->webrtcbin, "deep-element-added",
      G_CALLBACK (on_deep_element_added), self);
  gst_call_feedback_hasten (self->webrtcbin);
  if (rtpbin) {
    /* sender reports carry the capture time, or lips are not in step */
    g_object_set (rtpbin, "rtcp-sync-send-time", FALSE, "max-streams",
        MAX_STREAMS, NULL);
    g_signal_connect (rtpbin, "new-jitterbuffer",
        G_CALLBACK (on_new_jitterbuffer), self);
  }
}

/* The certificate (webrtcbin before 1.28.5 does not compare it) */

static gchar *
certificate_of (GObject * owner, const gchar * property)
{
  g_autoptr (GObject) transport = NULL;
  gchar *pem = NULL;

  if (!owner)
    return NULL;
  g_object_get (owner, property, &transport, NULL);
  if (transport)
    g_object_get (transport, "remote-certificate", &pem, NULL);
  return pem;
}

static gchar *
remote_certificate (GstCallPeer * self)
{
  g_autoptr (GObject) sctp = NULL;
  g_autoptr (GArray) transceivers = NULL;
  gchar *pem = NULL;
  guint i;

  g_signal_emit_by_name (self->webrtcbin, "get-transceivers", &transceivers);
  for (i = 0; transceivers && !pem && i < transceivers->len; i++) {
    g_autoptr (GObject) sender = NULL;

    g_object_get (g_array_index (transceivers, GObject *, i), "sender",
        &sender, NULL);
    pem = certificate_of (sender, "transport");
  }
  if (!pem) {
    g_object_get (self->webrtcbin, "sctp-transport", &sctp, NULL);
    pem = certificate_of (sctp, "transport");
  }
  return pem;
}

gboolean
gst_call_media_verify (GstCallPeer * self)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *pem = NULL;
  guint i;

  if (self->verified)
    return TRUE;
  if (self->state == GST_CALL_PEER_CLOSED)
    return FALSE;
  if (!(pem = remote_certificate (self)))
    return FALSE;
  if (!gst_call_sdp_verify_certificate (self->sdp, pem, &error)) {
    gst_call_peer_fail (self, "fingerprint-mismatch",
        "The certificate of %s is not the one it announced: somebody may be "
        "listening in (%s)", self->info->peer_id, error->message);
    return FALSE;
  }
  GST_DEBUG_OBJECT (self, "certificate verified");
  self->verified = TRUE;
  for (i = 0; i < self->sendings->len; i++) {
    GstCallSending *sending = g_ptr_array_index (self->sendings, i);

    if (sending->sender)
      gst_call_sender_set_open (sending->sender, TRUE);
  }
  for (i = 0; i < self->receivings->len; i++)
    accept_receiving (self, g_ptr_array_index (self->receivings, i));
  return TRUE;
}

void
gst_call_media_stop (GstCallPeer * self)
{
  g_autoptr (GstElement) rtpbin = gst_call_media_get_rtpbin (self);
  guint i;

  if (rtpbin)
    g_signal_handlers_disconnect_by_data (rtpbin, self);
  /* the senders stay: webrtcbin behind them has to stop first */
  for (i = 0; i < self->sendings->len; i++)
    cut_sending (self, g_ptr_array_index (self->sendings, i));
  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i);

    if (receiving->slot)
      gst_call_slot_clear (receiving->slot, receiving->ghost);
  }
}

void
gst_call_sending_free (gpointer data)
{
  GstCallSending *sending = data;

  gst_clear_object (&sending->webrtc_sink);
  gst_clear_object (&sending->track);
  g_free (sending);
}

void
gst_call_receiving_free (gpointer data)
{
  GstCallReceiving *receiving = data;

  gst_clear_object (&receiving->webrtc_src);
  gst_clear_object (&receiving->slot);
  g_free (receiving);
}
