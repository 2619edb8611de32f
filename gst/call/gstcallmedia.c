/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Senders of one peer, and the check of its certificate. What is received is in
 * gstcallreceiving.c.
 *
 *   track pad → ghost → GstCallSender → webrtcbin sink
 *
 * Threads
 *   name       runs                                          may take  never
 *   worker     everything but webrtcbin's callbacks          OBJECT    waits
 *   pc         on_…: set properties, count, and post         OBJECT    calls webrtcbin
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: channels, max_bitrate
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
        media->inner_caps, media->payload, sending->ssrc);
  if (!sending->sender) {
    if (encoder || error)
      self->config->room->warn (self->config->room_data, self,
          error ? error->message : "A payloader is missing");
    return;
  }
  gst_call_sender_set_numbers (sending->sender, sending->next_seqnum,
      sending->timestamp_offset);
  gst_call_sender_share_told (sending->sender, &sending->told);
  sending->payload = media->payload;
  sending->track = gst_object_ref (track);
  sending->encoder = encoder;
  gst_bin_add (GST_BIN (self), GST_ELEMENT (sending->sender));
  src = gst_element_get_static_pad (GST_ELEMENT (sending->sender), "src");
  sink = gst_element_get_static_pad (GST_ELEMENT (sending->sender), "sink");
  /* webrtcbin's pad takes what it had first only, and hears of nothing else */
  gst_pad_link_full (src, sending->webrtc_sink, GST_PAD_LINK_CHECK_NOTHING);
  gst_call_sync_state (GST_ELEMENT (sending->sender));
  sending->ghost = gst_call_add_ghost (GST_ELEMENT (self), name, sink);
  sending->track_pad = gst_call_track_add_branch (track, encoder);
  gst_pad_link (sending->track_pad, sending->ghost);
  gst_call_hold_shift_in (self, sending->track_pad);
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
            || media->payload != sending->payload
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

static gboolean
is_sent_on (GstCallPeer * self, guint mline)
{
  guint i;

  for (i = 0; i < self->sendings->len; i++) {
    if (((GstCallSending *) g_ptr_array_index (self->sendings,
                i))->mline == mline)
      return TRUE;
  }
  return FALSE;
}

/* Without, webrtcbin would offer such a line again with all that the last
 * description had, and once more with RTX of its own. */
void
gst_call_media_prefer_agreed (GstCallPeer * self)
{
  g_autoptr (GArray) transceivers = NULL;
  guint i;

  g_signal_emit_by_name (self->webrtcbin, "get-transceivers", &transceivers);
  for (i = 0; transceivers && i < transceivers->len; i++) {
    GObject *transceiver = g_array_index (transceivers, GObject *, i);
    const GstCallSdpMedia *media;
    guint mline;

    g_object_get (transceiver, "mlineindex", &mline, NULL);
    media = gst_call_sdp_get_media (self->sdp, mline);
    if (media && media->inner_caps && !is_sent_on (self, mline))
      g_object_set (transceiver, "codec-preferences", media->inner_caps, NULL);
  }
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

void
gst_call_media_connect (GstCallPeer * self)
{
  g_autoptr (GstElement) rtpbin = gst_call_media_get_rtpbin (self);

  g_signal_connect (self->webrtcbin, "on-new-transceiver",
      G_CALLBACK (on_new_transceiver), self);
  g_signal_connect (self->webrtcbin, "deep-element-added",
      G_CALLBACK (on_deep_element_added), self);
  gst_call_feedback_hasten (self->webrtcbin);
  if (rtpbin) {
    /* sender reports carry the capture time, or lips are not in step */
    g_object_set (rtpbin, "rtcp-sync-send-time", FALSE, NULL);
  }
  gst_call_receiving_connect (self, rtpbin);
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
  gst_call_receiving_accept (self);
  gst_call_channels_accept (self);
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
  gst_call_receiving_stop (self);
}

void
gst_call_sending_free (gpointer data)
{
  GstCallSending *sending = data;

  gst_clear_object (&sending->webrtc_sink);
  gst_clear_object (&sending->track);
  gst_clear_caps (&sending->told);
  g_free (sending);
}
