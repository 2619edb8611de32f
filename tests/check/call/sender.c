/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: what one peer gets is a continuous RTP stream that starts with a
 * key frame, whatever happens before it, and nothing before it is let in.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gstcallsender.h"

#define FRAME (GST_SECOND / 15)
#define SSRC 0x12345678
#define PAYLOAD 96
#define TIMESTAMP_OFFSET 1000

typedef struct
{
  GstCallEncoder *encoder;
  GstCallSender *sender;
  GstHarness *h;                /* around the sender */
  GstHarness *upstream;         /* into the encoder: sees what it asks for */
  guint pushed;
} Fixture;

/* What senders of one m-line have in common */
static GstCaps *told;

static void
forget_told (void)
{
  gst_clear_caps (&told);
}

static void
set_up (Fixture * f, const gchar * codec, guint16 seqnum)
{
  g_autoptr (GstCaps) caps = gst_caps_from_string ("application/x-rtp, "
      "media=(string)video, payload=(int)96, clock-rate=(int)90000, "
      "encoding-name=(string)VP8, rtcp-fb-nack-pli=(boolean)true, "
      "profile-level-id=(string)42e01f, extmap-3=(string)urn:x, "
      "sprop-parameter-sets=(string)abc");

  f->encoder = gst_object_ref_sink (gst_call_encoder_new
      (gst_call_codec_find (codec), TRUE, 300000));
  f->upstream = gst_harness_new_with_element (GST_ELEMENT (f->encoder), "sink",
      NULL);
  gst_harness_set_src_caps_str (f->upstream, "video/x-vp8");
  f->sender = gst_object_ref_sink (gst_call_sender_new (f->encoder, caps,
          caps, PAYLOAD, SSRC));
  fail_unless (f->sender != NULL);
  gst_call_sender_set_numbers (f->sender, seqnum, TIMESTAMP_OFFSET);
  gst_call_sender_share_told (f->sender, &told);
  f->h = gst_harness_new_with_element (GST_ELEMENT (f->sender), "sink", "src");
  gst_harness_set_src_caps_str (f->h, "video/x-vp8");
  f->pushed = 0;
}

static void
tear_down (Fixture * f)
{
  gst_harness_teardown (f->h);
  gst_object_unref (f->sender);
  gst_harness_teardown (f->upstream);
  gst_object_unref (f->encoder);
}

/* A small frame, of one packet: as much of VP8 as the payloader reads, a first
 * partition of 50 bytes (RFC 6386, 9.1) */
static void
push (Fixture * f, gboolean key)
{
  static const guint8 key_header[] = {
    0x50, 0x06, 0x00, 0x9d, 0x01, 0x2a, 160, 0, 120, 0
  };
  static const guint8 delta_header[] = { 0x51, 0x06, 0x00 };
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, 100, NULL);

  gst_buffer_memset (buffer, 0, 0, 100);
  if (key)
    gst_buffer_fill (buffer, 0, key_header, sizeof (key_header));
  else
    gst_buffer_fill (buffer, 0, delta_header, sizeof (delta_header));
  GST_BUFFER_PTS (buffer) = f->pushed++ * FRAME;
  if (!key)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  fail_unless_equals_int (gst_harness_push (f->h, buffer), GST_FLOW_OK);
}

typedef struct
{
  guint seqnum, timestamp, ssrc, payload, picture_id;
} Packet;

static Packet
pull (Fixture * f)
{
  g_autoptr (GstBuffer) buffer = gst_harness_pull (f->h);
  Packet packet;
  GstMapInfo map;
  const guint8 *d;
  gsize header;

  fail_unless (buffer != NULL);
  fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
  d = map.data;
  fail_unless (map.size > 16);
  fail_unless_equals_int (d[0] >> 6, 2);
  packet.payload = d[1] & 0x7f;
  packet.seqnum = GST_READ_UINT16_BE (d + 2);
  packet.timestamp = GST_READ_UINT32_BE (d + 4);
  packet.ssrc = GST_READ_UINT32_BE (d + 8);
  header = 12;
  if (d[0] & 0x10)
    header += 4 + 4 * GST_READ_UINT16_BE (d + 14);
  /* RFC 7741, 4.2: X, then I, then M for 15 bits */
  fail_unless (d[header] & 0x80);
  fail_unless (d[header + 1] & 0x80);
  fail_unless (d[header + 2] & 0x80);
  packet.picture_id = GST_READ_UINT16_BE (d + header + 2) & 0x7fff;
  gst_buffer_unmap (buffer, &map);
  return packet;
}

static guint
key_unit_events (Fixture * f)
{
  GstEvent *event;
  guint n = 0;

  while ((event = gst_harness_try_pull_upstream_event (f->upstream))) {
    n += gst_video_event_is_force_key_unit (event);
    gst_event_unref (event);
  }
  return n;
}

/* given a sender, when it is closed, then nothing passes; when it is opened,
 * then a key frame is asked for and is the first that passes */
GST_START_TEST (test_gate)
{
  Fixture f;
  Packet packet;

  set_up (&f, "VP8", 7);
  push (&f, TRUE);
  push (&f, FALSE);
  key_unit_events (&f);
  gst_call_sender_set_open (f.sender, TRUE);
  fail_unless_equals_int (key_unit_events (&f), 1);
  push (&f, FALSE);
  push (&f, TRUE);
  push (&f, FALSE);
  packet = pull (&f);
  fail_unless_equals_int (packet.timestamp,
      TIMESTAMP_OFFSET + gst_util_uint64_scale (3 * FRAME, 90000, GST_SECOND));
  pull (&f);
  gst_call_sender_set_open (f.sender, FALSE);
  push (&f, TRUE);
  fail_unless_equals_int (gst_harness_buffers_received (f.h), 2);
  tear_down (&f);
}

GST_END_TEST;

/* given a sender, when it is closed for a while, then payload type, SSRC,
 * sequence numbers and picture ids go on without a gap, and timestamps are
 * those of the pictures */
GST_START_TEST (test_numbers)
{
  Fixture f;
  Packet before, packet;
  guint i;

  /* it wraps on the way */
  set_up (&f, "VP8", 65533);
  gst_call_sender_set_open (f.sender, TRUE);
  for (i = 0; i < 12; i++) {
    if (i == 4) {
      gst_call_sender_set_open (f.sender, FALSE);
      push (&f, FALSE);
      push (&f, FALSE);
      gst_call_sender_set_open (f.sender, TRUE);
    }
    push (&f, i == 0 || i == 4);
    packet = pull (&f);
    fail_unless_equals_int (packet.payload, PAYLOAD);
    fail_unless_equals_int (packet.ssrc, SSRC);
    fail_unless_equals_int (packet.seqnum, (65533 + i) & 0xffff);
    fail_unless_equals_int (packet.timestamp, TIMESTAMP_OFFSET +
        gst_util_uint64_scale ((f.pushed - 1) * FRAME, 90000, GST_SECOND));
    if (i > 0)
      fail_unless_equals_int (packet.picture_id,
          (before.picture_id + 1) & 0x7fff);
    before = packet;
  }
  gst_element_set_state (GST_ELEMENT (f.sender), GST_STATE_NULL);
  fail_unless_equals_int (gst_call_sender_get_next_seqnum (f.sender),
      (packet.seqnum + 1) & 0xffff);
  tear_down (&f);
}

GST_END_TEST;

/* given a sender that sent nothing, when it is asked where the next one should
 * begin, then it says where it would have begun */
GST_START_TEST (test_unused_numbers)
{
  Fixture f;

  set_up (&f, "VP8", 4711);
  gst_element_set_state (GST_ELEMENT (f.sender), GST_STATE_NULL);
  fail_unless_equals_int (gst_call_sender_get_next_seqnum (f.sender), 4711);
  tear_down (&f);
}

GST_END_TEST;

/* given caps of the transceiver with feedback and parameters, when the stream
 * starts, then webrtcbin is given what identifies it, and no parameters */
GST_START_TEST (test_caps)
{
  Fixture f;
  g_autoptr (GstCaps) caps = NULL;
  const GstStructure *s;
  gint payload;
  guint ssrc;

  set_up (&f, "VP8", 0);
  gst_call_sender_set_open (f.sender, TRUE);
  push (&f, TRUE);
  pull (&f);
  caps = gst_pad_get_current_caps (f.h->sinkpad);
  s = gst_caps_get_structure (caps, 0);
  fail_unless (gst_structure_has_name (s, "application/x-rtp"));
  fail_unless (gst_structure_get_int (s, "payload", &payload));
  fail_unless_equals_int (payload, PAYLOAD);
  fail_unless (gst_structure_get_uint (s, "ssrc", &ssrc));
  fail_unless_equals_int (ssrc, SSRC);
  fail_unless_equals_string (gst_structure_get_string (s, "encoding-name"),
      "VP8");
  fail_unless (gst_structure_has_field (s, "extmap-3"));
  fail_if (gst_structure_has_field (s, "profile-level-id"));
  fail_if (gst_structure_has_field (s, "sprop-parameter-sets"));
  fail_if (gst_structure_has_field (s, "profile"));
  tear_down (&f);
}

GST_END_TEST;

/* given a peer that asks for key frames, when many requests come at once, then
 * the encoder is asked once; other events stay with this peer */
GST_START_TEST (test_upstream_events)
{
  Fixture f;
  GstEvent *event;
  guint i;

  set_up (&f, "VP8", 0);
  key_unit_events (&f);
  /* what linking sends */
  while ((event = gst_harness_try_pull_upstream_event (f.h)))
    gst_event_unref (event);
  for (i = 0; i < 10; i++)
    gst_harness_push_upstream_event (f.h,
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
            0));
  gst_harness_push_upstream_event (f.h, gst_event_new_reconfigure ());
  fail_unless_equals_int (key_unit_events (&f), 1);
  while ((event = gst_harness_try_pull_upstream_event (f.h))) {
    fail_unless_equals_int (GST_EVENT_TYPE (event), GST_EVENT_LATENCY);
    gst_event_unref (event);
  }
  tear_down (&f);
}

GST_END_TEST;

/* given a sender that follows another one on the same m-line, when both have
 * sent, then webrtcbin was told the very same caps */
GST_START_TEST (test_same_caps)
{
  g_autoptr (GstCaps) first = NULL;
  g_autoptr (GstCaps) second = NULL;
  GstCaps **seen[] = { &first, &second };
  Fixture f;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (seen); i++) {
    set_up (&f, "VP8", 0);
    gst_call_sender_set_open (f.sender, TRUE);
    push (&f, TRUE);
    pull (&f);
    *seen[i] = gst_pad_get_current_caps (f.h->sinkpad);
    tear_down (&f);
  }
  fail_unless (first != NULL);
  fail_unless (first == second);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static gint refused;            /* atomic */

static GstFlowReturn
refuse (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  gst_buffer_unref (buffer);
  g_atomic_int_inc (&refused);
  return GST_FLOW_FLUSHING;
}

/* given a sender, when a packet is refused behind it, then that one is lost and
 * the next ones pass */
GST_START_TEST (test_refused)
{
  GstPadChainFunction take;
  Fixture f;

  set_up (&f, "VP8", 7);
  take = GST_PAD_CHAINFUNC (f.h->sinkpad);
  gst_call_sender_set_open (f.sender, TRUE);
  push (&f, TRUE);
  pull (&f);
  gst_pad_set_chain_function (f.h->sinkpad, refuse);
  push (&f, FALSE);
  while (g_atomic_int_get (&refused) == 0)
    g_thread_yield ();
  gst_pad_set_chain_function (f.h->sinkpad, take);
  push (&f, FALSE);
  fail_unless_equals_int (pull (&f).seqnum, 9);
  tear_down (&f);
}

GST_END_TEST;

static Suite *
sender_suite (void)
{
  Suite *s = suite_create ("sender");
  TCase *tc = tcase_create ("sender");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_checked_fixture (tc, NULL, forget_told);
  tcase_add_test (tc, test_gate);
  tcase_add_test (tc, test_refused);
  tcase_add_test (tc, test_numbers);
  tcase_add_test (tc, test_unused_numbers);
  tcase_add_test (tc, test_caps);
  tcase_add_test (tc, test_upstream_events);
  tcase_add_test (tc, test_same_caps);
  return s;
}

GST_CHECK_MAIN (sender);
