/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a peer's connection is doing, in the names of W3C webrtc-stats.
 *
 * Read from the RTP session, the jitter buffers and our own counters:
 * webrtcbin 1.22's get-stats mixes up streams when they are bundled. Called
 * on the worker; nothing here blocks or asks webrtcbin's thread.
 *
 * Locks, in the order they may be taken
 *   1 OBJECT of the peer   protects: jitterbuffers
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpeer-private.h"

#include <nice/agent.h>

static const gchar *
kind_name (GstCallKind kind)
{
  return kind == GST_CALL_KIND_VIDEO ? "video" : "audio";
}

/* The entry of that SSRC among the session's sources, or NULL */
static GstStructure *
find_source (GstElement * rtpbin, guint ssrc)
{
  g_autoptr (GObject) session = NULL;
  g_autoptr (GstStructure) stats = NULL;
  GValueArray *sources = NULL;
  GstStructure *found = NULL;
  guint i;

  g_signal_emit_by_name (rtpbin, "get-internal-session", 0, &session);
  if (!session)
    return NULL;
  g_object_get (session, "stats", &stats, NULL);
  /* *INDENT-OFF* */
  G_GNUC_BEGIN_IGNORE_DEPRECATIONS
  if (stats)
    gst_structure_get (stats, "source-stats", g_value_array_get_type (),
        &sources, NULL);
  for (i = 0; sources && !found && i < sources->n_values; i++) {
    const GstStructure *s = gst_value_get_structure (&sources->values[i]);
    guint its;

    if (s && gst_structure_get_uint (s, "ssrc", &its) && its == ssrc)
      found = gst_structure_copy (s);
  }
  g_clear_pointer (&sources, g_value_array_free);
  G_GNUC_END_IGNORE_DEPRECATIONS
  /* *INDENT-ON* */
  return found;
}

static guint64
get_uint64 (const GstStructure * s, const gchar * name)
{
  guint64 value = 0;

  if (s)
    gst_structure_get_uint64 (s, name, &value);
  return value;
}

static guint
get_uint (const GstStructure * s, const gchar * name)
{
  guint value = 0;

  if (s)
    gst_structure_get_uint (s, name, &value);
  return value;
}

static gint
get_int (const GstStructure * s, const gchar * name)
{
  gint value = 0;

  if (s)
    gst_structure_get_int (s, name, &value);
  return value;
}

/* outbound-rtp, with what the peer reported of it (remote-inbound-rtp) */
static void
add_outbound (GstElement * rtpbin, GstCallSending * sending,
    GstStructure * stats)
{
  g_autoptr (GstStructure) source = find_source (rtpbin, sending->ssrc);
  g_autoptr (GstStructure) entry = NULL;
  g_autofree gchar *name = g_strdup_printf ("outbound-%s-%u",
      kind_name (sending->kind), sending->mline);
  guint round_trip = get_uint (source, "rb-round-trip");

  entry = gst_structure_new ("outbound-rtp",
      "kind", G_TYPE_STRING, kind_name (sending->kind),
      "codec", G_TYPE_STRING,
      gst_call_encoder_get_codec (sending->encoder)->name,
      "ssrc", G_TYPE_UINT, sending->ssrc,
      "packets-sent", G_TYPE_UINT64, get_uint64 (source, "packets-sent"),
      "bytes-sent", G_TYPE_UINT64, get_uint64 (source, "octets-sent"),
      "nack-count", G_TYPE_UINT, get_uint (source, "recv-nack-count"),
      "pli-count", G_TYPE_UINT, get_uint (source, "recv-pli-count"),
      "fir-count", G_TYPE_UINT, get_uint (source, "recv-fir-count"),
      /* 16.16 fixed point seconds, 1/256 */
      "round-trip-time", G_TYPE_DOUBLE, round_trip / 65536.0,
      "fraction-lost", G_TYPE_DOUBLE,
      get_uint (source, "rb-fractionlost") / 256.0,
      "remote-packets-lost", G_TYPE_INT, get_int (source, "rb-packetslost"),
      NULL);
  gst_structure_set (stats, name, GST_TYPE_STRUCTURE, entry, NULL);
}

static GstStructure *
jitterbuffer_stats (GstCallPeer * self, guint ssrc)
{
  g_autoptr (GstElement) jitterbuffer = NULL;
  GstStructure *stats = NULL;

  GST_OBJECT_LOCK (self);
  jitterbuffer = g_hash_table_lookup (self->jitterbuffers,
      GUINT_TO_POINTER (ssrc));
  if (jitterbuffer)
    gst_object_ref (jitterbuffer);
  GST_OBJECT_UNLOCK (self);
  if (jitterbuffer)
    g_object_get (jitterbuffer, "stats", &stats, NULL);
  return stats;
}

static void
add_inbound (GstCallPeer * self, GstElement * rtpbin,
    GstCallReceiving * receiving, guint index, GstStructure * stats)
{
  GstCallKind kind = gst_call_receiver_get_kind (receiving->receiver);
  g_autoptr (GstCaps) caps = gst_pad_get_current_caps (receiving->webrtc_src);
  guint ssrc = caps ? get_uint (gst_caps_get_structure (caps, 0), "ssrc") : 0;
  g_autoptr (GstStructure) source = find_source (rtpbin, ssrc);
  g_autoptr (GstStructure) buffer = jitterbuffer_stats (self, ssrc);
  g_autoptr (GstStructure) entry = NULL;
  g_autofree gchar *name = g_strdup_printf ("inbound-%s-%u", kind_name (kind),
      index);
  GstCallReceiverStats decoded;

  gst_call_receiver_get_stats (receiving->receiver, &decoded);
  entry = gst_structure_new ("inbound-rtp",
      "kind", G_TYPE_STRING, kind_name (kind),
      "ssrc", G_TYPE_UINT, ssrc,
      "slot", G_TYPE_STRING, GST_OBJECT_NAME (receiving->slot),
      "packets-received", G_TYPE_UINT64,
      get_uint64 (source, "packets-received"),
      "bytes-received", G_TYPE_UINT64, get_uint64 (source, "octets-received"),
      "packets-lost", G_TYPE_INT, get_int (source, "packets-lost"),
      "packets-discarded", G_TYPE_UINT64, get_uint64 (buffer, "num-late"),
      "packets-duplicated", G_TYPE_UINT64,
      get_uint64 (buffer, "num-duplicates"),
      "retransmissions-requested", G_TYPE_UINT64,
      get_uint64 (buffer, "rtx-count"),
      "retransmissions-received", G_TYPE_UINT64,
      get_uint64 (buffer, "rtx-success-count"),
      "packets-unrecovered", G_TYPE_UINT64, get_uint64 (buffer, "num-lost"),
      "jitter", G_TYPE_DOUBLE,
      get_uint64 (buffer, "avg-jitter") / (gdouble) GST_SECOND,
      "pli-count", G_TYPE_UINT, get_uint (source, "sent-pli-count"),
      "nack-count", G_TYPE_UINT, get_uint (source, "sent-nack-count"), NULL);
  if (kind == GST_CALL_KIND_VIDEO)
    gst_structure_set (entry, "frames-decoded", G_TYPE_UINT64, decoded.frames,
        "frame-width", G_TYPE_UINT, decoded.width, "frame-height", G_TYPE_UINT,
        decoded.height, NULL);
  else
    gst_structure_set (entry, "buffers-decoded", G_TYPE_UINT64,
        decoded.frames, NULL);
  gst_structure_set (stats, name, GST_TYPE_STRUCTURE, entry, NULL);
}

static const gchar *
candidate_type (const NiceCandidate * candidate)
{
  switch (candidate->type) {
    case NICE_CANDIDATE_TYPE_HOST:
      return "host";
    case NICE_CANDIDATE_TYPE_SERVER_REFLEXIVE:
      return "srflx";
    case NICE_CANDIDATE_TYPE_PEER_REFLEXIVE:
      return "prflx";
    default:
      return "relay";
  }
}

static void
add_address (GstStructure * entry, const gchar * side,
    const NiceCandidate * candidate)
{
  g_autofree gchar *address = g_strconcat (side, "-address", NULL);
  g_autofree gchar *port = g_strconcat (side, "-port", NULL);
  gchar text[NICE_ADDRESS_STRING_LEN];

  nice_address_to_string (&candidate->addr, text);
  gst_structure_set (entry, address, G_TYPE_STRING, text, port, G_TYPE_UINT,
      nice_address_get_port (&candidate->addr), NULL);
}

static void
add_candidate_pair (GstCallPeer * self, GstStructure * stats)
{
  g_autoptr (GObject) ice = NULL;
  g_autoptr (GObject) agent = NULL;
  g_autoptr (GstStructure) entry = NULL;
  NiceCandidate *local, *remote;

  g_object_get (self->webrtcbin, "ice-agent", &ice, NULL);
  if (!ice || !g_object_class_find_property (G_OBJECT_GET_CLASS (ice), "agent"))
    return;
  g_object_get (ice, "agent", &agent, NULL);
  /* one bundle: stream 1, component 1 */
  if (!agent || !nice_agent_get_selected_pair (NICE_AGENT (agent), 1, 1,
          &local, &remote))
    return;
  entry = gst_structure_new ("candidate-pair", "local-candidate-type",
      G_TYPE_STRING, candidate_type (local), "remote-candidate-type",
      G_TYPE_STRING, candidate_type (remote), NULL);
  add_address (entry, "local", local);
  add_address (entry, "remote", remote);
  gst_structure_set (stats, "candidate-pair", GST_TYPE_STRUCTURE, entry, NULL);
}

void
gst_call_stats_add (GstCallPeer * self, GstStructure * stats)
{
  g_autoptr (GstElement) rtpbin = gst_call_media_get_rtpbin (self);
  guint i;

  if (!rtpbin)
    return;
  for (i = 0; i < self->sendings->len; i++) {
    GstCallSending *sending = g_ptr_array_index (self->sendings, i);

    if (sending->sender)
      add_outbound (rtpbin, sending, stats);
  }
  for (i = 0; i < self->receivings->len; i++) {
    GstCallReceiving *receiving = g_ptr_array_index (self->receivings, i);

    if (receiving->receiver)
      add_inbound (self, rtpbin, receiving, i, stats);
  }
  add_candidate_pair (self, stats);
}
