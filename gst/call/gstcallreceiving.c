/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What one peer sends, as it comes, falls silent, changes and goes.
 *
 *   webrtcbin src → GstCallReceiver → ghost → GstCallSlot
 *
 * A stream that falls silent stays and goes on as it was, be it muted for hours
 * or ended with BYE: webrtcbin keeps pad and jitter buffer for each SSRC. A
 * peer may as well go on with another SSRC, and another, as often as it likes.
 * The new stream gets the slot with the first picture or sound that it gives.
 * The one before is taken down once nothing has come of it for a while
 * (gstcalldeparture.c), or gets the slot back if it goes on and the new one does
 * not.
 *
 * Threads
 *   name       runs                                          may take  never
 *   worker     everything but the callbacks below            OBJECT    waits for pc
 *   streaming  on_pad_added, on_new_jitterbuffer,            OBJECT    links,
 *              on_new_ssrc, on_sender_report, on_begun,                calls webrtcbin
 *              on_idle: block the pad, count or keep a
 *              reference, and post
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: jitterbuffers, sources
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfeedback.h"
#include "gstcallpad.h"
#include "gstcallpeer-private.h"

#include <gst/rtp/gstrtcpbuffer.h>
#include <stdio.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Streams that one peer may have us decode at once */
#define MAX_RECEIVING 8
/* Synchronisation sources that one peer may have us buffer at once … */
#define MAX_STREAMS 32
/* … and use in one session: the RTP session and libsrtp remember them all */
#define MAX_SOURCES 2048
#define LOOK_MS 500
/* Looks in vain until a stream that is not shown is taken down */
#define QUIET_LOOKS 4

/* A ghost pad may be blocked before its caps event came through. */
static GstCaps *
pad_caps (GstPad * pad)
{
  GstCaps *caps = gst_pad_get_current_caps (pad);

  return caps ? caps : gst_pad_query_caps (pad, NULL);
}

static guint
pad_ssrc (GstPad * pad)
{
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));
  guint session, ssrc = 0;

  if (target && sscanf (GST_PAD_NAME (target), "recv_rtp_src_%u_%u", &session,
          &ssrc) != 2)
    ssrc = 0;
  return ssrc;
}

GstElement *
gst_call_receiving_get_jitterbuffer (GstCallPeer * self, guint ssrc)
{
  GstElement *jitterbuffer;

  GST_OBJECT_LOCK (self);
  jitterbuffer = g_hash_table_lookup (self->jitterbuffers,
      GUINT_TO_POINTER (ssrc));
  if (jitterbuffer)
    gst_object_ref (jitterbuffer);
  GST_OBJECT_UNLOCK (self);
  return jitterbuffer;
}

static GstPadProbeReturn
drop_everything (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_DROP;
}

/* Not unlinked: a not-linked flow would end all streams of the peer. */
static void
discard (GstCallReceiving * receiving)
{
  if (!receiving->drop)
    receiving->drop = gst_pad_add_probe (receiving->webrtc_src,
        GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, drop_everything, NULL, NULL);
}

/* The slot */

static GstCallReceiving *
find_shown (GstCallPeer * self, GstCallSlot * slot)
{
  guint i;

  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i);

    if (receiving->slot == slot && receiving->shown)
      return receiving;
  }
  return NULL;
}

static void
show (GstCallPeer * self, GstCallReceiving * receiving)
{
  GstCallReceiving *before = find_shown (self, receiving->slot);

  GST_DEBUG_OBJECT (self, "SSRC %u shown instead of %u", receiving->ssrc,
      before ? before->ssrc : 0);
  if (before)
    before->shown = FALSE;
  receiving->shown = TRUE;
  gst_call_slot_show (receiving->slot, receiving->ghost);
}

static void
show_begun (gpointer object, gpointer receiver)
{
  GstCallPeer *self = object;
  guint i;

  for (i = 0; !self->stopped && i < self->receivings->len; i++) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i);

    if (receiving->receiver == receiver && !receiving->shown
        && !receiving->leaving)
      show (self, receiving);
  }
}

/* The peer is its parent: a closure that watches the peer may be invalidated there
 * while the receiver goes here, which GObject does not survive. */
static void
on_begun (GstCallReceiver * receiver, gpointer data)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (receiver));

  if (parent)
    gst_call_worker_post (GST_CALL_PEER (parent)->worker, show_begun, parent,
        gst_object_ref (receiver), gst_object_unref);
}

/* Receivers */

/* webrtcbin sets do-retransmission of every stream to what the last m-line
 * has, so it is set here, by kind. */
static void
set_retransmission (GstCallPeer * self, guint ssrc, gboolean on)
{
  g_autoptr (GstElement) jitterbuffer =
      gst_call_receiving_get_jitterbuffer (self, ssrc);

  if (jitterbuffer)
    g_object_set (jitterbuffer, "do-retransmission", on, NULL);
}

static void
tell_useless (GstCallPeer * self, const gchar * name)
{
  g_autofree gchar *text = g_strdup_printf ("%s sends %s, which cannot be "
      "decoded here", self->info->peer_id, name ? name : "an unknown codec");

  if (!self->useless_told)
    self->config->room->warn (self->config->room_data, self, text);
  self->useless_told = TRUE;
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

  receiver = codec ? gst_call_receiver_new (codec, self->config->decode) : NULL;
  if (receiver)
    set_retransmission (self, receiving->ssrc,
        codec->kind == GST_CALL_KIND_VIDEO);
  else
    tell_useless (self, name);
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
    receiving->useless = TRUE;
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
  gst_call_hold_shift_out (self, receiving->ghost);
  if (!find_shown (self, receiving->slot))
    show (self, receiving);
  else
    g_signal_connect (receiver, "begun", G_CALLBACK (on_begun), NULL);
  gst_call_sync_state (GST_ELEMENT (receiver));
  gst_pad_link (receiving->webrtc_src, sink);
  if (receiving->drop)
    gst_pad_remove_probe (receiving->webrtc_src, receiving->drop);
  receiving->drop = 0;
}

static void
unlink_receiving (GstCallPeer * self, GstCallReceiving * receiving)
{
  GstElement *receiver = GST_ELEMENT (receiving->receiver);

  if (receiver) {
    gst_call_slot_clear (receiving->slot, receiving->ghost);
    gst_element_set_locked_state (receiver, TRUE);
    gst_element_set_state (receiver, GST_STATE_NULL);
    gst_pad_set_active (receiving->ghost, FALSE);
    gst_element_remove_pad (GST_ELEMENT (self), receiving->ghost);
    gst_bin_remove (GST_BIN (self), receiver);
  }
  gst_pad_set_active (receiving->webrtc_src, FALSE);
  gst_element_remove_pad (self->webrtcbin, receiving->webrtc_src);
}

static gboolean
has_room (GstCallPeer * self)
{
  guint i, n = 0;

  for (i = 0; i < self->receivings->len; i++)
    n += ((GstCallReceiving *) g_ptr_array_index (self->receivings,
            i))->receiver != NULL;
  return n < MAX_RECEIVING;
}

void
gst_call_receiving_remove (GstCallPeer * self, guint ssrc)
{
  guint i;

  for (i = self->receivings->len; i > 0; i--) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i - 1);

    if (receiving->ssrc == ssrc) {
      unlink_receiving (self, receiving);
      g_ptr_array_remove_index (self->receivings, i - 1);
    }
  }
}

/* What is silent */

static void
measure (GstCallPeer * self, GstCallReceiving * receiving)
{
  g_autoptr (GstElement) jitterbuffer =
      gst_call_receiving_get_jitterbuffer (self, receiving->ssrc);
  g_autoptr (GstStructure) s = NULL;
  GstCallReceiverStats stats = { 0, };
  guint64 packets = 0;

  if (jitterbuffer)
    g_object_get (jitterbuffer, "stats", &s, NULL);
  if (s)
    gst_structure_get_uint64 (s, "num-pushed", &packets);
  if (receiving->receiver)
    gst_call_receiver_get_stats (receiving->receiver, &stats);
  receiving->quiet = packets == receiving->packets ? receiving->quiet + 1 : 0;
  receiving->packets = packets;
  receiving->silent = stats.frames == receiving->frames;
  receiving->frames = stats.frames;
}

/* One SSRC with several payload types has several pads. */
static gboolean
may_leave (GstCallPeer * self, guint ssrc)
{
  guint i;

  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *other = g_ptr_array_index (self->receivings, i);

    if (other->ssrc == ssrc && (other->shown || other->block
            || other->leaving || other->quiet < QUIET_LOOKS))
      return FALSE;
  }
  return ssrc != 0;
}

static void
leave (GstCallPeer * self, guint ssrc)
{
  guint i;

  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *other = g_ptr_array_index (self->receivings, i);

    if (other->ssrc == ssrc)
      other->leaving = TRUE;
  }
  gst_call_departure_begin (self, ssrc);
}

/* A stream that is not shown */
static void
judge (GstCallPeer * self, GstCallReceiving * receiving)
{
  GstCallReceiving *shown = find_shown (self, receiving->slot);

  if (receiving->receiver && !receiving->silent && !receiving->leaving
      && (!shown || shown->silent))
    show (self, receiving);
  else if (!receiving->receiver && !receiving->useless && !receiving->block
      && receiving->quiet == 0 && has_room (self))
    link_receiving (self, receiving);
  else if (may_leave (self, receiving->ssrc))
    leave (self, receiving->ssrc);
}

static gboolean
on_look (gpointer data)
{
  GstCallPeer *self = data;
  gboolean all_shown = TRUE;
  guint i;

  for (i = 0; i < self->receivings->len; i++)
    measure (self, g_ptr_array_index (self->receivings, i));
  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i);

    if (!receiving->shown)
      judge (self, receiving);
  }
  /* one that was shown may not be any more */
  for (i = 0; i < self->receivings->len; i++)
    all_shown &= ((GstCallReceiving *) g_ptr_array_index (self->receivings,
            i))->shown;
  if (!all_shown)
    return G_SOURCE_CONTINUE;
  gst_call_worker_clear_timer (&self->look);
  return G_SOURCE_REMOVE;
}

/* New streams */

static void
accept_receiving (GstCallPeer * self, GstCallReceiving * receiving)
{
  gulong block = receiving->block;

  if (!block)
    return;
  receiving->block = 0;
  if (has_room (self)) {
    link_receiving (self, receiving);
  } else {
    GST_WARNING_OBJECT (self, "too many streams, SSRC %u has to wait",
        receiving->ssrc);
    discard (receiving);
  }
  gst_pad_remove_probe (receiving->webrtc_src, block);
  if (!receiving->shown && !self->look)
    self->look = gst_call_worker_add_timer (self->worker, LOOK_MS, on_look,
        self);
}

void
gst_call_receiving_accept (GstCallPeer * self)
{
  guint i;

  for (i = 0; i < self->receivings->len; i++)
    accept_receiving (self, g_ptr_array_index (self->receivings, i));
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
  receiving->ssrc = pad_ssrc (new_pad->pad);
  receiving->block = new_pad->block;
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

/* Its reports alone do not make a stream: rtpbin would have a jitter buffer, and
 * a thread, for each SSRC that somebody reports on. */
static GstPadProbeReturn
on_sender_report (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallPeer *self = data;
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  gboolean known = FALSE;
  guint32 ssrc = 0;

  if (!gst_rtcp_buffer_map (GST_PAD_PROBE_INFO_BUFFER (info), GST_MAP_READ,
          &rtcp))
    return GST_PAD_PROBE_DROP;
  if (gst_rtcp_buffer_get_first_packet (&rtcp, &packet)
      && gst_rtcp_packet_get_type (&packet) == GST_RTCP_TYPE_SR) {
    gst_rtcp_packet_sr_get_sender_info (&packet, &ssrc, NULL, NULL, NULL, NULL);
    GST_OBJECT_LOCK (self);
    known = g_hash_table_contains (self->jitterbuffers,
        GUINT_TO_POINTER (ssrc));
    GST_OBJECT_UNLOCK (self);
  }
  gst_rtcp_buffer_unmap (&rtcp);
  return known ? GST_PAD_PROBE_OK : GST_PAD_PROBE_DROP;
}

static void
on_element_added (GstBin * rtpbin, GstElement * element, gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) sink = NULL;

  if (!factory || !g_str_equal (GST_OBJECT_NAME (factory), "rtpssrcdemux"))
    return;
  sink = gst_element_get_static_pad (element, "rtcp_sink");
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_sender_report, data,
      NULL);
}

static void
too_many_sources (gpointer object, gpointer data)
{
  gst_call_peer_fail (object, "internal", "The peer used more than %d SSRCs",
      MAX_SOURCES);
}

static void
on_new_ssrc (GstElement * rtpbin, guint session, guint ssrc, gpointer data)
{
  GstCallPeer *self = data;
  guint sources;

  GST_OBJECT_LOCK (self);
  sources = ++self->sources;
  GST_OBJECT_UNLOCK (self);
  if (sources == MAX_SOURCES + 1)
    gst_call_worker_post (self->worker, too_many_sources, self, NULL, NULL);
}

/* webrtcbin gives each new stream a decoder for ULPFEC, which is never
 * negotiated here, and rtpbin keeps it when the stream has gone. */
static void
refuse_fec_decoders (GstElement * webrtcbin, GstElement * rtpbin)
{
  guint id = g_signal_lookup ("request-fec-decoder-full", G_OBJECT_TYPE
      (rtpbin));

  if (id)
    g_signal_handlers_disconnect_matched (rtpbin, G_SIGNAL_MATCH_ID |
        G_SIGNAL_MATCH_DATA, id, 0, NULL, NULL, webrtcbin);
}

void
gst_call_receiving_connect (GstCallPeer * self, GstElement * rtpbin)
{
  self->jitterbuffers = g_hash_table_new_full (NULL, NULL, NULL,
      gst_object_unref);
  g_signal_connect (self->webrtcbin, "pad-added", G_CALLBACK (on_pad_added),
      self);
  if (rtpbin) {
    g_object_set (rtpbin, "max-streams", MAX_STREAMS, NULL);
    refuse_fec_decoders (self->webrtcbin, rtpbin);
    g_signal_connect (rtpbin, "new-jitterbuffer",
        G_CALLBACK (on_new_jitterbuffer), self);
    g_signal_connect (rtpbin, "on-new-ssrc", G_CALLBACK (on_new_ssrc), self);
    g_signal_connect (rtpbin, "element-added", G_CALLBACK (on_element_added),
        self);
  }
}

void
gst_call_receiving_stop (GstCallPeer * self)
{
  guint i;

  gst_call_worker_clear_timer (&self->look);
  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i);

    if (receiving->slot)
      gst_call_slot_clear (receiving->slot, receiving->ghost);
  }
}

void
gst_call_receiving_free (gpointer data)
{
  GstCallReceiving *receiving = data;

  gst_clear_object (&receiving->webrtc_src);
  gst_clear_object (&receiving->slot);
  g_free (receiving);
}
