/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sink → depayloader → decoder → src
 *
 * Everything runs in the jitter buffer's thread of that stream; the slot
 * behind has a thread of its own and never blocks it.
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: stats
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallreceiver.h"

#include <gst/audio/gstaudiodecoder.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/video/video.h>

struct _GstCallReceiver
{
  GstBin parent;

  const GstCallCodec *codec;    /* set once in new */

  /* only the streaming thread */
  guint32 timestamp;            /* RTP, of the picture that is coming in … */
  gboolean coming;              /* … if one is */
  gboolean unpacked;            /* … and something of it went on */

  /* object lock */
  GstCallReceiverStats stats;
};

enum
{
  BEGUN,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GstCallReceiver, gst_call_receiver, GST_TYPE_BIN);

GstCallKind
gst_call_receiver_get_kind (GstCallReceiver * self)
{
  return self->codec->kind;
}

void
gst_call_receiver_get_stats (GstCallReceiver * self,
    GstCallReceiverStats * stats)
{
  GST_OBJECT_LOCK (self);
  *stats = self->stats;
  GST_OBJECT_UNLOCK (self);
}

static GstPadProbeReturn
on_decoded (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallReceiver *self = data;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    gboolean first;

    GST_OBJECT_LOCK (self);
    first = self->stats.frames++ == 0;
    self->stats.last = g_get_monotonic_time ();
    GST_OBJECT_UNLOCK (self);
    if (first)
      g_signal_emit (self, signals[BEGUN], 0);
  } else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS) {
    GstCaps *caps;
    gint width = 0, height = 0;

    gst_event_parse_caps (GST_PAD_PROBE_INFO_EVENT (info), &caps);
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "width", &width);
    gst_structure_get_int (gst_caps_get_structure (caps, 0), "height", &height);
    GST_OBJECT_LOCK (self);
    self->stats.width = width;
    self->stats.height = height;
    GST_OBJECT_UNLOCK (self);
  }
  return GST_PAD_PROBE_OK;
}

static GstPadProbeReturn
on_unpacked (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GST_CALL_RECEIVER (data)->unpacked = TRUE;
  return GST_PAD_PROBE_OK;
}

/* A picture that gave nothing waits for a key frame. The depayloaders ask for
 * one when packets are lost; rtph264depay does so once, and that may get lost
 * as well. */
static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallReceiver *self = data;
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  GstBuffer *buffer = gst_call_probe_buffer (info);
  guint32 timestamp;

  if (!buffer || !gst_rtp_buffer_map (buffer, GST_MAP_READ, &rtp))
    return GST_PAD_PROBE_OK;
  timestamp = gst_rtp_buffer_get_timestamp (&rtp);
  gst_rtp_buffer_unmap (&rtp);
  if (self->coming && timestamp == self->timestamp)
    return GST_PAD_PROBE_OK;
  if (self->coming && !self->unpacked)
    gst_pad_push_event (pad, gst_video_event_new_upstream_force_key_unit
        (GST_CLOCK_TIME_NONE, TRUE, 0));
  self->coming = TRUE;
  self->unpacked = FALSE;
  self->timestamp = timestamp;
  return GST_PAD_PROBE_OK;
}

/* `pad` is the way in of what the table of codecs makes: a bin, or the
 * depayloader itself. */
static void
watch_key_frames (GstCallReceiver * self, GstPad * pad)
{
  g_autoptr (GstPad) sink = GST_IS_GHOST_PAD (pad) ?
      gst_ghost_pad_get_target (GST_GHOST_PAD (pad)) : gst_object_ref (pad);
  g_autoptr (GstElement) depayloader = gst_pad_get_parent_element (sink);
  g_autoptr (GstPad) src = gst_element_get_static_pad (depayloader, "src");

  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_packet, self, NULL);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_unpacked, self, NULL);
}

/* opusdec with in-band FEC holds one packet back, 20 ms as a rule, but answers
 * for the longest that Opus has, 120 ms. All sinks of the pipeline would wait
 * for that, and so would the pictures. */
#define SOUND_HELD (20 * GST_MSECOND)

static GstPadProbeReturn
on_latency_answered (GstPad * pad, GstPadProbeInfo * info, gpointer decoder)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  GstClockTime min, max, own, excess;
  gboolean live;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_PAD_PROBE_OK;
  gst_audio_decoder_get_latency (decoder, &own, NULL);
  excess = own > SOUND_HELD ? own - SOUND_HELD : 0;
  gst_query_parse_latency (query, &live, &min, &max);
  if (min >= excess)
    gst_query_set_latency (query, live, min - excess,
        GST_CLOCK_TIME_IS_VALID (max) ? max - excess : max);
  return GST_PAD_PROBE_OK;
}

static void
bound_sound_latency (GstElement * bin, GstPad * src)
{
  GList *i;

  for (i = GST_IS_BIN (bin) ? GST_BIN_CHILDREN (bin) : NULL; i; i = i->next)
    if (GST_IS_AUDIO_DECODER (i->data))
      gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_QUERY_UPSTREAM |
          GST_PAD_PROBE_TYPE_PULL, on_latency_answered, i->data, NULL);
}

/* webrtcbin intersects its answers with what this pad takes: a peer that has
 * gone over to another codec could not be answered any more. */
static GstPadProbeReturn
take_all_caps (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);
  g_autoptr (GstCaps) result = NULL;
  GstCaps *filter;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return GST_PAD_PROBE_OK;
  gst_query_parse_caps (query, &filter);
  result = filter ? gst_caps_ref (filter) : gst_caps_new_any ();
  gst_query_set_caps_result (query, result);
  return GST_PAD_PROBE_HANDLED;
}

GstCallReceiver *
gst_call_receiver_new (const GstCallCodec * codec, gboolean decode)
{
  GstElement *decoder = gst_call_codec_make_decoder (codec, decode);
  GstCallReceiver *self;
  GstPad *pad;

  if (!decoder)
    return NULL;

  self = g_object_new (GST_TYPE_CALL_RECEIVER, NULL);
  self->codec = codec;
  gst_bin_add (GST_BIN (self), decoder);
  pad = gst_element_get_static_pad (decoder, "sink");
  if (codec->kind == GST_CALL_KIND_VIDEO)
    watch_key_frames (self, pad);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, take_all_caps,
      NULL, NULL);
  gst_call_add_ghost (GST_ELEMENT (self), "sink", pad);
  gst_object_unref (pad);
  pad = gst_element_get_static_pad (decoder, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_decoded, self, NULL);
  bound_sound_latency (decoder, pad);
  gst_call_add_ghost (GST_ELEMENT (self), "src", pad);
  gst_object_unref (pad);
  return self;
}

static void
gst_call_receiver_class_init (GstCallReceiverClass * klass)
{
  signals[BEGUN] = g_signal_new ("begun", GST_TYPE_CALL_RECEIVER,
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gst_call_receiver_init (GstCallReceiver * self)
{
}
