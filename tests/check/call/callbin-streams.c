/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a peer's track that falls silent and comes back, be it with another
 * SSRC, is seen and heard again in the same slot, as often as one likes, and
 * nothing grows; a peer that uses more and more SSRCs is bounded, and what it
 * really sends stays shown.
 */
#include "call-test.h"

#include <gst/rtp/rtp.h>

/* rtpsession does not know whom to ask for a key frame of an SSRC that it sees
 * for the first time */
#define VIDEO_WITH_KEY_FRAMES "videotestsrc is-live=true pattern=ball ! " \
    "video/x-raw,width=160,height=120,framerate=30/1 ! " \
    "vp8enc deadline=1 keyframe-max-dist=4 ! call.video_0 "
#define BYE_CYCLES 3
#define CHANGES 12
#define TURNS 6
#define FLOOD 45
#define COPIES_PER_SSRC 3

typedef struct
{
  guint elements, pads, threads;
} Size;

typedef struct
{
  CallSide *ann, *bob;          /* ann receives what bob sends */
  GstElement *webrtc;           /* bob's */
  GObject *session;             /* bob's, of RTP */
  GstElement *rtpbin;           /* ann's */
  GstPad *sinks[2];             /* of bob's webrtcbin */
  guint ssrcs[2];

  /* atomic */
  gint muted;                   /* bob */
  gint shift;                   /* of all SSRCs of bob */
  gint byes;                    /* to be sent */
  gint timeouts;                /* BYEs that ann is done with */
  gint flood;                   /* SSRCs to be made up */

  /* the streaming thread of bob's pictures */
  guint copies;
  gboolean copying;
} Pair;

static gboolean
is_made_by (GstElement * element, const gchar * factory)
{
  return gst_element_get_factory (element) && g_str_equal (GST_OBJECT_NAME
      (gst_element_get_factory (element)), factory);
}

static GstElement *
find_element (GstElement * bin, const gchar * factory)
{
  GstIterator *all = gst_bin_iterate_recurse (GST_BIN (bin));
  GValue item = G_VALUE_INIT;
  GstElement *found = NULL;

  while (!found && gst_iterator_next (all, &item) == GST_ITERATOR_OK) {
    if (is_made_by (g_value_get_object (&item), factory))
      found = g_value_dup_object (&item);
    g_value_reset (&item);
  }
  g_value_unset (&item);
  gst_iterator_free (all);
  fail_unless (found != NULL, "no %s", factory);
  return found;
}

typedef struct
{
  const gchar *factory;         /* NULL: all */
  guint elements, pads;
} Count;

static void
count_one (const GValue * item, gpointer data)
{
  GstElement *element = g_value_get_object (item);
  Count *count = data;

  if (count->factory && !is_made_by (element, count->factory))
    return;
  count->elements++;
  count->pads += element->numpads;
}

static Count
count_elements (CallSide * side, const gchar * factory)
{
  Count count = { factory, 0, 0 };
  GstIterator *all = gst_bin_iterate_recurse (GST_BIN (side->call));

  while (gst_iterator_foreach (all, count_one, &count) == GST_ITERATOR_RESYNC) {
    count.elements = count.pads = 0;
    gst_iterator_resync (all);
  }
  gst_iterator_free (all);
  return count;
}

static guint
count_threads (void)
{
  g_autoptr (GDir) dir = g_dir_open ("/proc/self/task", 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

static Size
size_of (Pair * pair)
{
  Count count = count_elements (pair->ann, NULL);
  Size size = { count.elements, count.pads, count_threads () };

  GST_INFO ("%u elements, %u pads, %u threads", size.elements, size.pads,
      size.threads);
  return size;
}

static gboolean
is_at_most (Pair * pair, const Size * size)
{
  Size now = size_of (pair);

  return now.elements <= size->elements && now.pads <= size->pads
      && now.threads <= size->threads;
}

/* Of what ann receives: their number, and that of those with that SSRC */
static guint
count_inbound (Pair * pair, guint ssrc, guint * with_ssrc)
{
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *peer;
  gint i;
  guint n = 0;

  *with_ssrc = 0;
  g_object_get (pair->ann->call, "stats", &stats, NULL);
  if (!gst_structure_has_field (stats, "peer-bob"))
    return 0;
  peer = gst_value_get_structure (gst_structure_get_value (stats, "peer-bob"));
  for (i = 0; i < gst_structure_n_fields (peer); i++) {
    const gchar *name = gst_structure_nth_field_name (peer, i);
    guint its = 0;

    if (!g_str_has_prefix (name, "inbound-video"))
      continue;
    n++;
    gst_structure_get_uint (gst_value_get_structure (gst_structure_get_value
            (peer, name)), "ssrc", &its);
    *with_ssrc += its == ssrc;
  }
  return n;
}

static GstPadProbeReturn
on_track (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return g_atomic_int_get (&((Pair *) data)->muted) ? GST_PAD_PROBE_DROP :
      GST_PAD_PROBE_OK;
}

static GstBuffer *
with_shifted_ssrc (GstBuffer * buffer, guint shift)
{
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

  buffer = gst_buffer_make_writable (buffer);
  fail_unless (gst_rtp_buffer_map (buffer, GST_MAP_READWRITE, &rtp));
  gst_rtp_buffer_set_ssrc (&rtp, gst_rtp_buffer_get_ssrc (&rtp) + shift);
  gst_rtp_buffer_unmap (&rtp);
  return buffer;
}

static gboolean
shift_item (GstBuffer ** buffer, guint index, gpointer data)
{
  *buffer = with_shifted_ssrc (*buffer, GPOINTER_TO_UINT (data));
  return TRUE;
}

/* Into bob's webrtcbin */
static GstPadProbeReturn
on_payload (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Pair *pair = data;
  guint shift = g_atomic_int_get (&pair->shift);

  if (shift == 0)
    return GST_PAD_PROBE_OK;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    info->data = with_shifted_ssrc (info->data, shift);
  } else {
    GstBufferList *list = gst_buffer_list_make_writable (info->data);

    gst_buffer_list_foreach (list, shift_item, GUINT_TO_POINTER (shift));
    info->data = list;
  }
  return GST_PAD_PROBE_OK;
}

/* Each packet of the pictures once more, from an SSRC that is used for a few
 * packets only */
static gboolean
send_copy (GstBuffer ** buffer, guint index, gpointer data)
{
  Pair *pair = data;
  guint shift = 1000 + pair->copies / COPIES_PER_SSRC;

  if (shift - 1000 < (guint) g_atomic_int_get (&pair->flood)) {
    pair->copies++;
    gst_pad_chain (pair->sinks[CALL_VIDEO],
        with_shifted_ssrc (gst_buffer_copy_deep (*buffer), shift));
  }
  return TRUE;
}

static GstPadProbeReturn
on_picture (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Pair *pair = data;

  if (pair->copying)
    return GST_PAD_PROBE_OK;
  pair->copying = TRUE;
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    send_copy ((GstBuffer **) & info->data, 0, pair);
  else
    gst_buffer_list_foreach (info->data, send_copy, pair);
  pair->copying = FALSE;
  return GST_PAD_PROBE_OK;
}

/* Bob's session is about to send a report. */
static gboolean
on_sending_rtcp (GObject * session, GstBuffer * buffer, gboolean early,
    gpointer data)
{
  Pair *pair = data;
  GstRTCPBuffer rtcp = GST_RTCP_BUFFER_INIT;
  GstRTCPPacket packet;
  gint kind = g_atomic_int_get (&pair->byes) - 1;

  if (kind < 0 || !gst_rtcp_buffer_map (buffer, GST_MAP_READWRITE, &rtcp))
    return FALSE;
  if (gst_rtcp_buffer_add_packet (&rtcp, GST_RTCP_TYPE_BYE, &packet)) {
    gst_rtcp_packet_bye_add_ssrc (&packet, pair->ssrcs[kind]);
    g_atomic_int_add (&pair->byes, -1);
  }
  gst_rtcp_buffer_unmap (&rtcp);
  return TRUE;
}

static void
on_bye_timeout (GstElement * rtpbin, guint session, guint ssrc, gpointer data)
{
  g_atomic_int_inc (&((Pair *) data)->timeouts);
  call_test_news ();
}

static void
watch_sending (Pair * pair, CallKind kind)
{
  static const gchar *const tracks[] = { "audio_0", "video_0" };
  static const gchar *const sinks[] = { "sink_0", "sink_1" };
  g_autoptr (GstPad) track = gst_element_get_static_pad (pair->bob->call,
      tracks[kind]);
  g_autoptr (GstCaps) caps = NULL;

  gst_pad_add_probe (track, GST_PAD_PROBE_TYPE_BUFFER, on_track, pair, NULL);
  pair->sinks[kind] = gst_element_get_static_pad (pair->webrtc, sinks[kind]);
  caps = gst_pad_get_current_caps (pair->sinks[kind]);
  fail_unless (gst_structure_get_uint (gst_caps_get_structure (caps, 0),
          "ssrc", &pair->ssrcs[kind]));
  gst_pad_add_probe (pair->sinks[kind], GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_payload, pair, NULL);
}

/* Bob is in ann's call, and she sees and hears him. */
static void
set_up (Pair * pair)
{
  g_autofree gchar *url = NULL;
  g_autoptr (GstElement) rtpbin = NULL;
  g_autoptr (GObject) session = NULL;

  pair->ann = call_side_host ("peer-id=ann", "", &url);
  pair->bob = call_side_join (url, "peer-id=bob",
      VIDEO_WITH_KEY_FRAMES CALL_AUDIO_LIVE);
  call_side_wait_more (pair->ann, CALL_VIDEO, 5);
  call_side_wait_more (pair->ann, CALL_AUDIO, 10);
  pair->webrtc = find_element (pair->bob->call, "webrtcbin");
  watch_sending (pair, CALL_AUDIO);
  watch_sending (pair, CALL_VIDEO);
  rtpbin = find_element (pair->bob->call, "rtpbin");
  g_signal_emit_by_name (rtpbin, "get-internal-session", 0, &pair->session);
  g_signal_connect (pair->session, "on-sending-rtcp",
      G_CALLBACK (on_sending_rtcp), pair);
  pair->rtpbin = find_element (pair->ann->call, "rtpbin");
  g_signal_emit_by_name (pair->rtpbin, "get-internal-session", 0, &session);
  /* it looks for what has timed out when it reports */
  g_object_set (session, "rtcp-min-interval", 200 * GST_MSECOND, NULL);
  g_signal_connect (pair->rtpbin, "on-bye-timeout",
      G_CALLBACK (on_bye_timeout), pair);
}

static void
tear_down (Pair * pair)
{
  fail_unless_equals_int (pair->ann->pads[CALL_VIDEO], 1);
  fail_unless_equals_int (pair->ann->pads[CALL_AUDIO], 1);
  fail_unless_equals_int (pair->ann->backwards, 0);
  call_side_no_error (pair->ann);
  call_side_no_error (pair->bob);
  g_signal_handlers_disconnect_by_data (pair->session, pair);
  g_signal_handlers_disconnect_by_data (pair->rtpbin, pair);
  g_clear_object (&pair->session);
  g_clear_object (&pair->rtpbin);
  gst_clear_object (&pair->sinks[CALL_AUDIO]);
  gst_clear_object (&pair->sinks[CALL_VIDEO]);
  gst_clear_object (&pair->webrtc);
  call_side_free (pair->bob);
  call_side_free (pair->ann);
}

static void
check_seen_and_heard (Pair * pair)
{
  call_side_wait_more (pair->ann, CALL_VIDEO, 5);
  call_side_wait_more (pair->ann, CALL_AUDIO, 10);
}

/* given a call, when bob's tracks give nothing and both streams are ended with
 * BYE, as rtpsession does after a while, until ann's session has forgotten
 * them, and the tracks go on, again and again, then ann sees and hears him each
 * time, out of the same receivers, and nothing grows after the first time, when
 * the silence has had them ask each other on the control channel */
GST_START_TEST (test_bye)
{
  Pair pair = { NULL, };
  Size size;
  gint i;

  set_up (&pair);
  for (i = 0; i < BYE_CYCLES; i++) {
    g_atomic_int_set (&pair.muted, TRUE);
    g_atomic_int_set (&pair.byes, 2);
    g_signal_emit_by_name (pair.session, "send-rtcp", (guint64) GST_SECOND);
    CALL_WAIT (g_atomic_int_get (&pair.timeouts) >= 2 * (i + 1));
    g_atomic_int_set (&pair.muted, FALSE);
    check_seen_and_heard (&pair);
    if (i == 0)
      size = size_of (&pair);
  }
  CALL_WAIT (is_at_most (&pair, &size));
  tear_down (&pair);
}

GST_END_TEST;

/* given a call, when bob's streams go on with other SSRCs, more often than a
 * peer may have streams, then ann sees and hears him each time, and what the
 * old ones took is given back */
GST_START_TEST (test_other_ssrc)
{
  Pair pair = { NULL, };
  Size size;
  gint i;

  set_up (&pair);
  size = size_of (&pair);
  for (i = 1; i <= CHANGES; i++) {
    /* and back to the first */
    g_atomic_int_set (&pair.shift, i % CHANGES);
    check_seen_and_heard (&pair);
  }
  CALL_WAIT (is_at_most (&pair, &size));
  check_seen_and_heard (&pair);
  tear_down (&pair);
}

GST_END_TEST;

/* given a call, when bob's streams go on with other SSRCs, and back with the first,
 * and with the others again, before either is taken down, then ann sees and hears
 * him each time: which of the two is shown is looked after for as long as there are
 * two (the look had ended with the second way there) */
GST_START_TEST (test_back_and_forth)
{
  Pair pair = { NULL, };
  gint i;

  set_up (&pair);
  for (i = 1; i <= TURNS; i++) {
    g_atomic_int_set (&pair.shift, i % 2);
    check_seen_and_heard (&pair);
  }
  tear_down (&pair);
}

GST_END_TEST;

/* given a call, when bob sends his pictures from ever more SSRCs as well, then
 * ann's streams and decoders are bounded, and what he goes on sending comes,
 * and is all that is left in the end */
GST_START_TEST (test_flood)
{
  Pair pair = { NULL, };
  Size size;
  guint honest = 0;
  gint flood;

  set_up (&pair);
  size = size_of (&pair);
  gst_pad_add_probe (pair.sinks[CALL_VIDEO], GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_picture, &pair, NULL);
  for (flood = FLOOD / 3; flood <= FLOOD; flood += FLOOD / 3) {
    g_atomic_int_set (&pair.flood, flood);
    check_seen_and_heard (&pair);
    fail_unless (count_elements (pair.ann, "rtpjitterbuffer").elements <= 32);
    fail_unless (count_elements (pair.ann, "vp8dec").elements <= 8);
  }
  CALL_WAIT (count_inbound (&pair, pair.ssrcs[CALL_VIDEO], &honest) == 1
      && honest == 1);
  CALL_WAIT (is_at_most (&pair, &size));
  check_seen_and_heard (&pair);
  tear_down (&pair);
}

GST_END_TEST;

static Suite *
callbin_streams_suite (void)
{
  Suite *s = suite_create ("callbin-streams");
  TCase *tc = tcase_create ("streams");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 180);
  tcase_add_test (tc, test_bye);
  tcase_add_test (tc, test_other_ssrc);
  tcase_add_test (tc, test_back_and_forth);
  tcase_add_test (tc, test_flood);
  return s;
}

GST_CHECK_MAIN (callbin_streams);
