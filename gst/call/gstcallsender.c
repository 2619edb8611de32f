/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sink → gate (a probe) → queue (leaky) → payloader → src (a gate)
 *
 * Threads
 *   name       runs                                     may take
 *   worker     new, set_open                            nothing
 *   streaming  probes: the encoder's before the queue,  nothing
 *              the queue's after it
 *
 * `open` and `wait_keyframe` are atomics; everything else is set once.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallsender.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Encoded pictures, or 20 ms of sound each, that wait for a slow peer */
#define MAX_QUEUED 60
#define MTU 1200

struct _GstCallSender
{
  GstBin parent;

  /* set once in new */
  GstCallEncoder *encoder;
  GstElement *payloader;        /* a child */
  guint16 first_seqnum;
  gboolean video;
  GstCaps *caps;                /* what the payloader is to give */
  GstCaps *told;                /* what webrtcbin hears of it */

  /* atomic */
  gint open;
  gint wait_keyframe;
  gint sent;                    /* something came out of the payloader */
};

G_DEFINE_FINAL_TYPE (GstCallSender, gst_call_sender, GST_TYPE_BIN);

void
gst_call_sender_set_open (GstCallSender * self, gboolean open)
{
  if (open == g_atomic_int_get (&self->open))
    return;
  if (open) {
    g_atomic_int_set (&self->wait_keyframe, self->video);
    gst_call_encoder_add_taker (self->encoder);
    g_atomic_int_set (&self->open, TRUE);
    gst_call_encoder_request_keyframe (self->encoder, TRUE);
  } else {
    g_atomic_int_set (&self->open, FALSE);
    gst_call_encoder_remove_taker (self->encoder);
  }
}

void
gst_call_sender_set_numbers (GstCallSender * self, guint16 seqnum,
    guint32 timestamp_offset)
{
  self->first_seqnum = seqnum;
  g_object_set (self->payloader, "seqnum-offset", (gint) seqnum,
      "timestamp-offset", timestamp_offset, NULL);
}

guint16
gst_call_sender_get_next_seqnum (GstCallSender * self)
{
  guint last = 0;

  /* it has none before its first packet */
  if (!g_atomic_int_get (&self->sent))
    return self->first_seqnum;
  g_object_get (self->payloader, "seqnum", &last, NULL);
  return (guint16) (last + 1);
}

void
gst_call_sender_share_told (GstCallSender * self, GstCaps ** told)
{
  if (*told && gst_caps_is_equal (*told, self->told))
    gst_caps_replace (&self->told, *told);
  else
    gst_caps_replace (told, self->told);
}

void
gst_call_sender_set_limit (GstCallSender * self, guint bitrate)
{
  gst_call_encoder_set_limit (self->encoder, self, bitrate);
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallSender *self = data;

  if (!g_atomic_int_get (&self->open))
    return GST_PAD_PROBE_DROP;
  if (g_atomic_int_get (&self->wait_keyframe)) {
    GstBuffer *buffer = gst_call_probe_buffer (info);

    if (!buffer || GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
      return GST_PAD_PROBE_DROP;
    g_atomic_int_set (&self->wait_keyframe, FALSE);
  }
  return GST_PAD_PROBE_OK;
}

/* What one peer wants must not reconfigure the encoder of all. */
static GstPadProbeReturn
on_upstream_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallSender *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);

  if (GST_EVENT_TYPE (event) == GST_EVENT_LATENCY)
    return GST_PAD_PROBE_OK;
  if (gst_video_event_is_force_key_unit (event)) {
    GST_LOG_OBJECT (self, "the peer asks for a key frame");
    gst_call_encoder_request_keyframe (self->encoder, FALSE);
  }
  return GST_PAD_PROBE_DROP;
}

/* The queue is about to drop a picture: what follows it cannot be decoded. */
static void
on_overrun (GstElement * queue, gpointer data)
{
  GstCallSender *self = data;

  if (self->video
      && g_atomic_int_compare_and_exchange (&self->wait_keyframe, FALSE,
          TRUE)) {
    GST_DEBUG_OBJECT (self, "peer too slow, waiting for a key frame");
    gst_call_encoder_request_keyframe (self->encoder, FALSE);
  }
}

/* The payloader is told, and tells, only what was negotiated: webrtcbin would
 * refuse sprop-* and profile-level-id that the SDP did not have, and any other
 * codec than the first. */
static GstPadProbeReturn
on_payloader_src (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallSender *self = data;

  if (info->type & (GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST)) {
    g_atomic_int_set (&self->sent, TRUE);
  } else if (info->type & GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM) {
    GstQuery *query = GST_PAD_PROBE_INFO_QUERY (info);

    if (GST_QUERY_TYPE (query) == GST_QUERY_CAPS) {
      GstCaps *filter, *result;

      gst_query_parse_caps (query, &filter);
      result = filter ? gst_caps_intersect_full (filter, self->caps,
          GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (self->caps);
      gst_query_set_caps_result (query, result);
      gst_caps_unref (result);
      return GST_PAD_PROBE_HANDLED;
    }
    if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS) {
      gst_query_set_accept_caps_result (query, TRUE);
      return GST_PAD_PROBE_HANDLED;
    }
  } else if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) == GST_EVENT_CAPS) {
    GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
    GstEvent *changed = gst_event_new_caps (self->told);

    gst_event_set_seqnum (changed, gst_event_get_seqnum (event));
    gst_event_unref (event);
    GST_PAD_PROBE_INFO_DATA (info) = changed;
  }
  return GST_PAD_PROBE_OK;
}

static gboolean
keep_field (GQuark id, const GValue * value, gpointer to)
{
  const gchar *name = g_quark_to_string (id);

  if (g_str_has_prefix (name, "extmap-") || g_str_equal (name, "media") ||
      g_str_equal (name, "clock-rate") || g_str_equal (name, "encoding-name"))
    gst_structure_id_set_value (to, id, value);
  return TRUE;
}

static GstCaps *
wanted_caps (const GstCaps * caps, guint payload, guint32 ssrc)
{
  GstStructure *wanted = gst_structure_new ("application/x-rtp", "payload",
      G_TYPE_INT, payload, "ssrc", G_TYPE_UINT, ssrc, NULL);
  guint i;

  for (i = 0; i < gst_caps_get_size (caps); i++) {
    GstStructure *s = gst_caps_get_structure (caps, i);
    gint pt;

    if (gst_structure_get_int (s, "payload", &pt) && (guint) pt == payload) {
      gst_structure_foreach (s, keep_field, wanted);
      break;
    }
  }
  return gst_caps_new_full (wanted, NULL);
}

static guint
first_payload (const GstCaps * caps)
{
  gint payload = 0;

  gst_structure_get_int (gst_caps_get_structure (caps, 0), "payload", &payload);
  return payload;
}

static GstElement *
make_payloader (const GstCallCodec * codec, guint payload, guint32 ssrc)
{
  GstElement *payloader = gst_parse_launch (codec->payloader, NULL);

  if (payloader)
    g_object_set (payloader, "pt", payload, "ssrc", ssrc, "mtu", MTU, NULL);
  return payloader;
}

GstCallSender *
gst_call_sender_new (GstCallEncoder * encoder, const GstCaps * caps,
    const GstCaps * told, guint payload, guint32 ssrc)
{
  const GstCallCodec *codec = gst_call_encoder_get_codec (encoder);
  GstElement *payloader = make_payloader (codec, payload, ssrc);
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  GstCallSender *self;
  GstPad *pad;

  if (!payloader || !queue) {
    gst_clear_object (&payloader);
    gst_clear_object (&queue);
    return NULL;
  }

  self = g_object_new (GST_TYPE_CALL_SENDER, NULL);
  self->encoder = gst_object_ref (encoder);
  self->payloader = payloader;
  self->video = codec->kind == GST_CALL_KIND_VIDEO;
  self->caps = wanted_caps (caps, payload, ssrc);
  self->told = wanted_caps (told, first_payload (told), ssrc);
  g_object_set (queue, "leaky", 2, "max-size-bytes", 0, "max-size-time",
      (guint64) 0, "max-size-buffers", MAX_QUEUED, NULL);
  g_signal_connect (queue, "overrun", G_CALLBACK (on_overrun), self);
  gst_bin_add_many (GST_BIN (self), queue, payloader, NULL);

  pad = gst_element_get_static_pad (payloader, "src");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
      GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_BUFFER_LIST |
      GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM, on_payloader_src, self, NULL);
  /* the queue would end for good with one packet that is refused */
  gst_call_add_gate (GST_ELEMENT (self), "src", pad);
  gst_object_unref (pad);
  gst_element_link (queue, payloader);

  pad = gst_element_get_static_pad (queue, "sink");
  gst_call_refuse_queries (pad);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_buffer, self, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      on_upstream_event, self, NULL);
  gst_call_add_ghost (GST_ELEMENT (self), "sink", pad);
  gst_object_unref (pad);
  return self;
}

static void
gst_call_sender_dispose (GObject * object)
{
  GstCallSender *self = GST_CALL_SENDER (object);

  if (self->encoder) {
    gst_call_sender_set_open (self, FALSE);
    gst_call_sender_set_limit (self, 0);
    gst_clear_object (&self->encoder);
  }
  gst_clear_caps (&self->caps);
  gst_clear_caps (&self->told);
  G_OBJECT_CLASS (gst_call_sender_parent_class)->dispose (object);
}

static void
gst_call_sender_class_init (GstCallSenderClass * klass)
{
  G_OBJECT_CLASS (klass)->dispose = gst_call_sender_dispose;
}

static void
gst_call_sender_init (GstCallSender * self)
{
}
