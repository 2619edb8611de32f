/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sink → queue (leaky) → encoder → tee → src_0, src_1 …
 *
 * Threads
 *   name       runs                                     may take
 *   worker     add_branch, remove_branch                OBJECT
 *   streaming  the probes before and after the encoder  OBJECT
 *   any        request_keyframe, takers, stats          OBJECT
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: keyframe_pending, last_keyframe, stats, bitrate,
 *              limits
 *
 * No lock is held while an event is sent.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallencoder.h"
#include "gstcallpad.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* The least time between two key frames: when lost pictures are asked for
 * again (one that gets lost as well is a freeze of that length; browsers do the
 * same), and when a peer has just come in. */
#define KEYFRAME_INTERVAL (300 * GST_MSECOND)
#define KEYFRAME_INTERVAL_URGENT (100 * GST_MSECOND)

struct _GstCallEncoder
{
  GstBin parent;

  /* set once in new */
  const GstCallCodec *codec;
  GstElement *encoder;          /* NULL: passthrough */
  GstPad *encoder_sink;
  GstElement *tee;

  gint takers;                  /* atomic */
  guint next_branch;            /* only the worker */

  /* object lock */
  gboolean keyframe_pending;
  gboolean keyframe_urgent;
  GstClockTime last_keyframe;   /* when it was asked for, monotonic */
  GstCallEncoderStats stats;
  guint bitrate;
  GHashTable *limits;           /* taker to bits per second */
};

G_DEFINE_FINAL_TYPE (GstCallEncoder, gst_call_encoder, GST_TYPE_BIN);

const GstCallCodec *
gst_call_encoder_get_codec (GstCallEncoder * self)
{
  return self->codec;
}

static GstClockTime
now (void)
{
  return g_get_monotonic_time () * GST_USECOND;
}

/* Is a key frame wanted, and is it time? Then it counts as asked for. */
static gboolean
take_keyframe_request (GstCallEncoder * self)
{
  gboolean due = FALSE;

  GST_OBJECT_LOCK (self);
  if (self->keyframe_pending) {
    GstClockTime least = self->keyframe_urgent ? KEYFRAME_INTERVAL_URGENT :
        KEYFRAME_INTERVAL;

    due = !GST_CLOCK_TIME_IS_VALID (self->last_keyframe) ||
        now () - self->last_keyframe >= least;
    if (due) {
      self->keyframe_pending = self->keyframe_urgent = FALSE;
      self->last_keyframe = now ();
    }
  }
  GST_OBJECT_UNLOCK (self);
  return due;
}

void
gst_call_encoder_request_keyframe (GstCallEncoder * self, gboolean urgent)
{
  if (self->codec->kind != GST_CALL_KIND_VIDEO)
    return;

  GST_OBJECT_LOCK (self);
  self->keyframe_pending = TRUE;
  self->keyframe_urgent |= urgent;
  GST_OBJECT_UNLOCK (self);

  /* Ours to encode: the next frame asks. Not ours: ask who encodes, now or
   * when the next frame passes. */
  if (!self->encoder && take_keyframe_request (self)) {
    g_autoptr (GstPad) sink = gst_element_get_static_pad (self->tee, "sink");

    gst_pad_push_event (sink,
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
            0));
  }
}

/* Streaming thread, before the encoder: nobody listens, nothing is encoded;
 * a wanted key frame is asked for just before the frame that becomes it. */
static GstPadProbeReturn
on_raw_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallEncoder *self = data;

  if (g_atomic_int_get (&self->takers) == 0)
    return GST_PAD_PROBE_DROP;
  if (take_keyframe_request (self)) {
    GST_DEBUG_OBJECT (self, "key frame");
    gst_pad_send_event (self->encoder_sink,
        gst_video_event_new_downstream_force_key_unit (GST_BUFFER_PTS
            (GST_PAD_PROBE_INFO_BUFFER (info)), GST_CLOCK_TIME_NONE,
            GST_CLOCK_TIME_NONE, TRUE, 0));
  }
  return GST_PAD_PROBE_OK;
}

/* Streaming thread, after the encoder */
static GstPadProbeReturn
on_encoded_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallEncoder *self = data;
  GstBuffer *buffer = gst_call_probe_buffer (info);

  if (!buffer)
    return GST_PAD_PROBE_OK;
  GST_OBJECT_LOCK (self);
  self->stats.frames++;
  self->stats.bytes += gst_buffer_get_size (buffer);
  if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT))
    self->stats.keyframes++;
  GST_OBJECT_UNLOCK (self);

  if (!self->encoder && take_keyframe_request (self))
    gst_pad_push_event (pad,
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
            0));
  return GST_PAD_PROBE_OK;
}

void
gst_call_encoder_get_stats (GstCallEncoder * self, GstCallEncoderStats * stats)
{
  GST_OBJECT_LOCK (self);
  *stats = self->stats;
  GST_OBJECT_UNLOCK (self);
}

void
gst_call_encoder_add_taker (GstCallEncoder * self)
{
  g_atomic_int_inc (&self->takers);
}

void
gst_call_encoder_remove_taker (GstCallEncoder * self)
{
  g_atomic_int_add (&self->takers, -1);
}

/* Called with the object lock held */
static guint
least_bitrate_locked (GstCallEncoder * self)
{
  guint least = self->bitrate;
  GHashTableIter iter;
  gpointer value;

  g_hash_table_iter_init (&iter, self->limits);
  while (g_hash_table_iter_next (&iter, NULL, &value))
    least = MIN (least, GPOINTER_TO_UINT (value));
  return least;
}

void
gst_call_encoder_set_bitrate (GstCallEncoder * self, guint bitrate)
{
  GST_OBJECT_LOCK (self);
  self->bitrate = bitrate;
  bitrate = least_bitrate_locked (self);
  GST_OBJECT_UNLOCK (self);
  if (self->encoder)
    gst_call_codec_set_bitrate (self->encoder, bitrate);
}

void
gst_call_encoder_set_limit (GstCallEncoder * self, gconstpointer taker,
    guint bitrate)
{
  guint before, after;

  GST_OBJECT_LOCK (self);
  before = least_bitrate_locked (self);
  if (bitrate)
    g_hash_table_insert (self->limits, (gpointer) taker,
        GUINT_TO_POINTER (bitrate));
  else
    g_hash_table_remove (self->limits, taker);
  after = least_bitrate_locked (self);
  GST_OBJECT_UNLOCK (self);
  if (self->encoder && after != before)
    gst_call_codec_set_bitrate (self->encoder, after);
}

GstPad *
gst_call_encoder_add_branch (GstCallEncoder * self)
{
  g_autoptr (GstPad) pad = gst_element_request_pad_simple (self->tee, "src_%u");
  g_autofree gchar *name = g_strdup_printf ("src_%u", self->next_branch++);

  /* a peer that breaks or goes must not end the encoder of all others */
  return gst_call_add_gate (GST_ELEMENT (self), name, pad);
}

void
gst_call_encoder_remove_branch (GstCallEncoder * self, GstPad * pad)
{
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

  /* first of all, so that the tee heeds no return of it */
  if (target)
    gst_element_release_request_pad (self->tee, target);
  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (GST_ELEMENT (self), pad);
}

static void
add_encoder (GstCallEncoder * self)
{
  /* the camera's thread never waits for the encoder */
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  GstPad *pad;

  g_object_set (queue, "leaky", 2, "max-size-bytes", 0, "max-size-time",
      (guint64) 0, "max-size-buffers",
      self->codec->kind == GST_CALL_KIND_VIDEO ? 2 : 20, "silent", TRUE, NULL);
  gst_bin_add_many (GST_BIN (self), queue, self->encoder, NULL);
  gst_element_link_many (queue, self->encoder, self->tee, NULL);

  self->encoder_sink = gst_element_get_static_pad (self->encoder, "sink");
  gst_pad_add_probe (self->encoder_sink, GST_PAD_PROBE_TYPE_BUFFER,
      on_raw_buffer, self, NULL);
  pad = gst_element_get_static_pad (queue, "sink");
  gst_call_add_ghost (GST_ELEMENT (self), "sink", pad);
  gst_object_unref (pad);
}

GstCallEncoder *
gst_call_encoder_new (const GstCallCodec * codec, gboolean passthrough,
    guint bitrate)
{
  GstCallEncoder *self;
  GstElement *encoder = NULL;
  GstPad *pad;

  if (!passthrough && !(encoder = gst_call_codec_make_encoder (codec)))
    return NULL;

  self = g_object_new (GST_TYPE_CALL_ENCODER, NULL);
  self->codec = codec;
  self->tee = gst_call_tee_new ();
  gst_bin_add (GST_BIN (self), self->tee);
  pad = gst_element_get_static_pad (self->tee, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_encoded_buffer, self, NULL);
  if (encoder) {
    self->encoder = encoder;
    gst_call_encoder_set_bitrate (self, bitrate);
    add_encoder (self);
  } else {
    gst_call_add_ghost (GST_ELEMENT (self), "sink", pad);
  }
  gst_object_unref (pad);
  return self;
}

static void
gst_call_encoder_dispose (GObject * object)
{
  GstCallEncoder *self = GST_CALL_ENCODER (object);

  gst_clear_object (&self->encoder_sink);
  G_OBJECT_CLASS (gst_call_encoder_parent_class)->dispose (object);
}

static void
gst_call_encoder_finalize (GObject * object)
{
  g_hash_table_unref (GST_CALL_ENCODER (object)->limits);
  G_OBJECT_CLASS (gst_call_encoder_parent_class)->finalize (object);
}

static void
gst_call_encoder_class_init (GstCallEncoderClass * klass)
{
  G_OBJECT_CLASS (klass)->dispose = gst_call_encoder_dispose;
  G_OBJECT_CLASS (klass)->finalize = gst_call_encoder_finalize;
}

static void
gst_call_encoder_init (GstCallEncoder * self)
{
  self->last_keyframe = GST_CLOCK_TIME_NONE;
  self->limits = g_hash_table_new (NULL, NULL);
}
