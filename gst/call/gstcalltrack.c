/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sink → clocksync → tee → GstCallEncoder (VP8) → src_0 … one a peer
 *                          → GstCallEncoder (H264) → …
 *
 * The clocksync paces what is not live, such as a file; a live source comes
 * through at once.
 *
 * Threads
 *   name       runs                                     may take
 *   worker     get_encoder, add_branch, remove_branch   OBJECT
 *   streaming  the caps probe on the sink               OBJECT
 *   app        properties                               OBJECT
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: max_bitrate, known, input_codec, encoders (written by
 *              the worker only)
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcalltrack.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define DEFAULT_VIDEO_BITRATE 1500000
#define DEFAULT_AUDIO_BITRATE 48000

enum
{
  PROP_0,
  PROP_MAX_BITRATE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

struct _GstCallTrack
{
  GstBin parent;

  /* set once in new */
  GstCallKind kind;
  GstCallTrackNotify notify;
  gpointer notify_data;
  GstElement *clocksync;
  GstElement *tee;

  guint next_branch;            /* only the worker */

  /* object lock */
  guint max_bitrate;
  gboolean known;               /* there were caps */
  const GstCallCodec *input_codec;
  GList *encoders;              /* (element-type GstCallEncoder) */
};

G_DEFINE_FINAL_TYPE (GstCallTrack, gst_call_track, GST_TYPE_BIN);

GstCallKind
gst_call_track_get_kind (GstCallTrack * self)
{
  return self->kind;
}

const GstCallCodec *
gst_call_track_get_input_codec (GstCallTrack * self)
{
  const GstCallCodec *codec;

  GST_OBJECT_LOCK (self);
  codec = self->input_codec;
  GST_OBJECT_UNLOCK (self);
  return codec;
}

static void
pace_unless_live (GstCallTrack * self, GstPad * pad)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live = FALSE;

  if (gst_pad_peer_query (pad, query))
    gst_query_parse_latency (query, &live, NULL, NULL);
  g_object_set (self->clocksync, "sync", !live, NULL);
}

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallTrack *self = data;
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  const GstCallCodec *codec;
  gboolean changed;
  GstCaps *caps;

  /* the call goes on when a source has ended */
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS)
    return GST_PAD_PROBE_DROP;
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    codec = gst_call_codec_from_caps (caps);
    GST_OBJECT_LOCK (self);
    changed = !self->known || self->input_codec != codec;
    self->known = TRUE;
    self->input_codec = codec;
    GST_OBJECT_UNLOCK (self);
    GST_DEBUG_OBJECT (self, "input %" GST_PTR_FORMAT, caps);
    pace_unless_live (self, pad);
    if (changed)
      self->notify (self, self->notify_data);
  }
  return GST_PAD_PROBE_OK;
}

static GstCallEncoder *
find_encoder (GstCallTrack * self, const GstCallCodec * codec)
{
  GList *l;

  for (l = self->encoders; l; l = l->next) {
    if (gst_call_encoder_get_codec (l->data) == codec)
      return l->data;
  }
  return NULL;
}

static void
link_encoder (GstCallTrack * self, GstCallEncoder * encoder)
{
  g_autoptr (GstPad) from = NULL;
  g_autoptr (GstPad) to = NULL;

  gst_bin_add (GST_BIN (self), GST_ELEMENT (encoder));
  gst_call_sync_state (GST_ELEMENT (encoder));
  from = gst_element_request_pad_simple (self->tee, "src_%u");
  to = gst_element_get_static_pad (GST_ELEMENT (encoder), "sink");
  gst_pad_link (from, to);
}

GstCallEncoder *
gst_call_track_get_encoder (GstCallTrack * self, const GstCallCodec * codec,
    GError ** error)
{
  const GstCallCodec *input = gst_call_track_get_input_codec (self);
  GstCallEncoder *encoder = find_encoder (self, codec);
  gboolean known;
  guint bitrate;

  if (encoder)
    return encoder;
  GST_OBJECT_LOCK (self);
  known = self->known;
  GST_OBJECT_UNLOCK (self);
  if (!known)
    return NULL;
  if (input && input != codec) {
    g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_WRONG_TYPE,
        "%s is %s already and the peer wants %s: give raw media or that codec",
        GST_OBJECT_NAME (self), input->name, codec->name);
    return NULL;
  }

  GST_OBJECT_LOCK (self);
  bitrate = self->max_bitrate;
  GST_OBJECT_UNLOCK (self);
  encoder = gst_call_encoder_new (codec, input != NULL, bitrate);
  if (!encoder) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "No %s encoder is installed", codec->name);
    return NULL;
  }
  GST_DEBUG_OBJECT (self, "new encoder for %s", codec->name);
  link_encoder (self, encoder);
  GST_OBJECT_LOCK (self);
  self->encoders = g_list_append (self->encoders, encoder);
  GST_OBJECT_UNLOCK (self);
  return encoder;
}

GstPad *
gst_call_track_add_branch (GstCallTrack * self, GstCallEncoder * encoder)
{
  GstPad *pad = gst_call_encoder_add_branch (encoder);
  g_autofree gchar *name = g_strdup_printf ("src_%u", self->next_branch++);

  return gst_call_add_ghost (GST_ELEMENT (self), name, pad);
}

void
gst_call_track_remove_branch (GstCallTrack * self, GstCallEncoder * encoder,
    GstPad * pad)
{
  g_autoptr (GstPad) inner = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

  gst_pad_set_active (pad, FALSE);
  gst_ghost_pad_set_target (GST_GHOST_PAD (pad), NULL);
  gst_element_remove_pad (GST_ELEMENT (self), pad);
  if (inner)
    gst_call_encoder_remove_branch (encoder, inner);
}

static gpointer
copy_ref (gconstpointer object, gpointer data)
{
  return gst_object_ref ((gpointer) object);
}

GstStructure *
gst_call_track_get_stats (GstCallTrack * self)
{
  GstStructure *stats = gst_structure_new ("media-source", "kind",
      G_TYPE_STRING, self->kind == GST_CALL_KIND_VIDEO ? "video" : "audio",
      "track-identifier", G_TYPE_STRING, GST_OBJECT_NAME (self), NULL);
  g_autolist (GstCallEncoder) encoders = NULL;
  GList *l;

  GST_OBJECT_LOCK (self);
  encoders = g_list_copy_deep (self->encoders, copy_ref, NULL);
  GST_OBJECT_UNLOCK (self);

  for (l = encoders; l; l = l->next) {
    const GstCallCodec *codec = gst_call_encoder_get_codec (l->data);
    GstCallEncoderStats counters;
    g_autoptr (GstStructure) entry = NULL;
    g_autofree gchar *field = g_strconcat ("encoder-", codec->name, NULL);

    gst_call_encoder_get_stats (l->data, &counters);
    entry = gst_structure_new ("encoder", "codec", G_TYPE_STRING, codec->name,
        "frames-encoded", G_TYPE_UINT64, counters.frames,
        "key-frames-encoded", G_TYPE_UINT64, counters.keyframes,
        "bytes-encoded", G_TYPE_UINT64, counters.bytes, NULL);
    gst_structure_set (stats, field, GST_TYPE_STRUCTURE, entry, NULL);
  }
  return stats;
}

static void
set_max_bitrate (GstCallTrack * self, guint bitrate)
{
  g_autolist (GstCallEncoder) encoders = NULL;
  GList *l;

  GST_OBJECT_LOCK (self);
  self->max_bitrate = bitrate;
  encoders = g_list_copy_deep (self->encoders, copy_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  for (l = encoders; l; l = l->next)
    gst_call_encoder_set_bitrate (l->data, bitrate);
}

static void
gst_call_track_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  switch (id) {
    case PROP_MAX_BITRATE:
      set_max_bitrate (GST_CALL_TRACK (object), g_value_get_uint (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

static void
gst_call_track_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallTrack *self = GST_CALL_TRACK (object);

  switch (id) {
    case PROP_MAX_BITRATE:
      GST_OBJECT_LOCK (self);
      g_value_set_uint (value, self->max_bitrate);
      GST_OBJECT_UNLOCK (self);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
}

GstCallTrack *
gst_call_track_new (const gchar * name, GstCallKind kind,
    GstCallTrackNotify notify, gpointer data)
{
  GstCallTrack *self = g_object_new (GST_TYPE_CALL_TRACK, "name", name, NULL);
  g_autoptr (GstPad) pad = NULL;

  self->kind = kind;
  self->notify = notify;
  self->notify_data = data;
  self->max_bitrate = kind == GST_CALL_KIND_VIDEO ? DEFAULT_VIDEO_BITRATE :
      DEFAULT_AUDIO_BITRATE;
  self->tee = gst_call_tee_new ();
  self->clocksync = gst_element_factory_make ("clocksync", NULL);
  g_object_set (self->clocksync, "sync", FALSE, NULL);
  gst_bin_add_many (GST_BIN (self), self->clocksync, self->tee, NULL);
  gst_element_link (self->clocksync, self->tee);
  pad = gst_element_get_static_pad (self->clocksync, "sink");
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, self,
      NULL);
  gst_call_add_ghost (GST_ELEMENT (self), "sink", pad);
  return self;
}

static void
gst_call_track_finalize (GObject * object)
{
  g_list_free (GST_CALL_TRACK (object)->encoders);
  G_OBJECT_CLASS (gst_call_track_parent_class)->finalize (object);
}

static void
gst_call_track_class_init (GstCallTrackClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);

  gobject_class->set_property = gst_call_track_set_property;
  gobject_class->get_property = gst_call_track_get_property;
  gobject_class->finalize = gst_call_track_finalize;

  /**
   * GstCallTrack:max-bitrate:
   *
   * What this track's encoders may use, bits per second without headers.
   * Shared by all peers. Default: 1,500,000 (video), 48,000 (audio).
   *
   * Since: 0.1
   */
  props[PROP_MAX_BITRATE] = g_param_spec_uint ("max-bitrate", "Max bitrate",
      "Bit rate of this track's encoders, bits per second", 6000, 100000000,
      DEFAULT_VIDEO_BITRATE, G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_PLAYING);
  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_track_init (GstCallTrack * self)
{
}
