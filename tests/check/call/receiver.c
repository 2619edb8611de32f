/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a receiver turns one stream of RTP into pictures or sound, and asks
 * for a key frame that is missing until it arrives.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/rtp/gstrtpbuffer.h>
#include <gst/video/video.h>

#include "gstcallreceiver.h"

#define FRAMES 24
/* The key frames are 0, 8 and 16 */
#define KEY_DISTANCE 8
/* Key frames that a depayloader asks for when a stream begins */
#define BEGINS 1

typedef struct
{
  const gchar *codec, *sender;
} Stream;

static const Stream videos[] = {
  {"VP8", "vp8enc deadline=1 keyframe-max-dist=8 ! "
        "rtpvp8pay picture-id-mode=15-bit"},
  {"H264", "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=8 "
        "aud=false threads=1 ! video/x-h264,profile=constrained-baseline ! "
        "rtph264pay config-interval=-1 aggregate-mode=zero-latency"},
};

/* What a sender of that codec sends: an array of frames, each an array of
 * packets */
static GPtrArray *
make_frames (const Stream * stream, GstCaps ** caps)
{
  g_autofree gchar *line = g_strdup_printf ("videotestsrc num-buffers=%d ! "
      "video/x-raw,format=I420,width=160,height=120,framerate=15/1 ! %s",
      FRAMES, stream->sender);
  GstHarness *h = gst_harness_new_parse (line);
  GPtrArray *frames = g_ptr_array_new_with_free_func ((GDestroyNotify)
      g_ptr_array_unref);
  GPtrArray *frame = NULL;

  gst_harness_play (h);
  while (frames->len < FRAMES || frame) {
    GstBuffer *packet = gst_harness_pull (h);
    GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;

    fail_unless (packet != NULL);
    if (!frame) {
      frame = g_ptr_array_new_with_free_func ((GDestroyNotify)
          gst_buffer_unref);
      g_ptr_array_add (frames, frame);
    }
    g_ptr_array_add (frame, packet);
    fail_unless (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
    if (gst_rtp_buffer_get_marker (&rtp))
      frame = NULL;
    gst_rtp_buffer_unmap (&rtp);
  }
  *caps = gst_pad_get_current_caps (h->sinkpad);
  gst_harness_teardown (h);
  return frames;
}

typedef struct
{
  GstCallReceiver *receiver;
  GstHarness *h;
  GPtrArray *frames;
  guint pictures;
  guint asked;                  /* key frame requests */
} Fixture;

/* FALSE: there is no such codec on this machine */
static gboolean
set_up (Fixture * f, const Stream * stream, gboolean decode)
{
  const GstCallCodec *codec = gst_call_codec_find (stream->codec);
  GstCaps *caps;

  if (!gst_call_codec_can_encode (codec) || !gst_call_codec_can_decode (codec)) {
    GST_INFO ("no %s here", stream->codec);
    return FALSE;
  }
  f->frames = make_frames (stream, &caps);
  f->receiver = gst_object_ref_sink (gst_call_receiver_new (codec, decode));
  fail_unless_equals_int (gst_call_receiver_get_kind (f->receiver),
      codec->kind);
  f->h = gst_harness_new_with_element (GST_ELEMENT (f->receiver), "sink",
      "src");
  gst_harness_set_live (f->h, TRUE);
  gst_harness_set_src_caps (f->h, caps);
  f->pictures = f->asked = 0;
  return TRUE;
}

static void
tear_down (Fixture * f)
{
  gst_harness_teardown (f->h);
  gst_object_unref (f->receiver);
  g_ptr_array_unref (f->frames);
}

static void
count (Fixture * f)
{
  GstBuffer *picture;
  GstEvent *event;

  while ((picture = gst_harness_try_pull (f->h))) {
    f->pictures++;
    gst_buffer_unref (picture);
  }
  while ((event = gst_harness_try_pull_upstream_event (f->h))) {
    if (gst_video_event_is_force_key_unit (event))
      f->asked++;
    gst_event_unref (event);
  }
}

static GstBuffer *
first_packet (Fixture * f, guint n)
{
  GPtrArray *frame = g_ptr_array_index (f->frames, n);

  return g_ptr_array_index (frame, 0);
}

static void
push_frame (Fixture * f, guint n)
{
  GPtrArray *frame = g_ptr_array_index (f->frames, n);
  guint i;

  for (i = 0; i < frame->len; i++)
    fail_unless_equals_int (gst_harness_push (f->h,
            gst_buffer_ref (g_ptr_array_index (frame, i))), GST_FLOW_OK);
  count (f);
}

/* What a jitter buffer says of a packet that did not come */
static void
tell_lost (Fixture * f, guint n)
{
  GstBuffer *packet = first_packet (f, n);
  GstRTPBuffer rtp = GST_RTP_BUFFER_INIT;
  guint seqnum;

  fail_unless (gst_rtp_buffer_map (packet, GST_MAP_READ, &rtp));
  seqnum = gst_rtp_buffer_get_seq (&rtp);
  gst_rtp_buffer_unmap (&rtp);
  gst_harness_push_event (f->h, gst_event_new_custom
      (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new ("GstRTPPacketLost",
              "seqnum", G_TYPE_UINT, seqnum, "timestamp", G_TYPE_UINT64,
              GST_BUFFER_PTS (packet), "duration", G_TYPE_UINT64,
              (guint64) 0, "might-have-been-fec", G_TYPE_BOOLEAN, FALSE,
              NULL)));
  count (f);
}

/* given a receiver, when a whole stream comes, then every frame of it is a
 * picture of that size, the counters say so, and no key frame is asked for */
GST_START_TEST (test_decodes)
{
  GstCallReceiverStats stats;
  g_autoptr (GstCaps) caps = NULL;
  Fixture f;
  guint i;

  if (!set_up (&f, &videos[__i__], TRUE))
    return;
  for (i = 0; i < FRAMES; i++)
    push_frame (&f, i);
  gst_harness_push_event (f.h, gst_event_new_eos ());
  count (&f);
  fail_unless_equals_int (f.pictures, FRAMES);
  fail_unless (f.asked <= BEGINS);
  caps = gst_pad_get_current_caps (f.h->sinkpad);
  fail_unless (gst_structure_has_name (gst_caps_get_structure (caps, 0),
          "video/x-raw"));
  gst_call_receiver_get_stats (f.receiver, &stats);
  fail_unless_equals_int (stats.frames, FRAMES);
  fail_unless_equals_int (stats.width, 160);
  fail_unless_equals_int (stats.height, 120);
  fail_unless (stats.last > 0);
  tear_down (&f);
}

GST_END_TEST;

/* given decode=false, when a whole stream comes, then every frame of it comes
 * out encoded */
GST_START_TEST (test_unpacks)
{
  const GstCallCodec *codec = gst_call_codec_find (videos[__i__].codec);
  g_autoptr (GstCaps) caps = NULL;
  Fixture f;
  guint i;

  if (!set_up (&f, &videos[__i__], FALSE))
    return;
  for (i = 0; i < FRAMES; i++)
    push_frame (&f, i);
  fail_unless_equals_int (f.pictures, FRAMES);
  caps = gst_pad_get_current_caps (f.h->sinkpad);
  fail_unless (gst_call_codec_from_caps (caps) == codec);
  tear_down (&f);
}

GST_END_TEST;

/* given a stream that is joined in the middle, when frames come, then a key
 * frame is asked for again with each of them and nothing is shown, until it
 * comes */
GST_START_TEST (test_joins_late)
{
  Fixture f;
  guint i;

  if (!set_up (&f, &videos[__i__], TRUE))
    return;
  for (i = 1; i < KEY_DISTANCE; i++) {
    f.asked = 0;
    push_frame (&f, i);
    fail_unless (i == 1 || f.asked > 0, "not asked with frame %u", i);
  }
  fail_unless_equals_int (f.pictures, 0);
  push_frame (&f, KEY_DISTANCE);
  f.asked = 0;
  for (i = KEY_DISTANCE + 1; i < FRAMES; i++)
    push_frame (&f, i);
  gst_harness_push_event (f.h, gst_event_new_eos ());
  count (&f);
  fail_unless_equals_int (f.asked, 0);
  fail_unless_equals_int (f.pictures, FRAMES - KEY_DISTANCE);
  tear_down (&f);
}

GST_END_TEST;

/* given a stream that is shown, when a picture is lost for good, then a key
 * frame is asked for with each that follows until it comes; what needs the lost
 * one is not shown, and what comes after the key frame is */
GST_START_TEST (test_loss)
{
  Fixture f;
  guint i, before;

  if (!set_up (&f, &videos[__i__], TRUE))
    return;
  for (i = 0; i < 3; i++)
    push_frame (&f, i);
  fail_unless (f.asked <= BEGINS);
  before = f.pictures;
  tell_lost (&f, 3);
  GST_BUFFER_FLAG_SET (first_packet (&f, 4), GST_BUFFER_FLAG_DISCONT);
  for (i = 4; i < KEY_DISTANCE; i++) {
    f.asked = 0;
    push_frame (&f, i);
    fail_unless (f.asked > 0, "not asked with frame %u", i);
  }
  fail_unless_equals_int (f.pictures, before);
  push_frame (&f, KEY_DISTANCE);
  f.asked = 0;
  for (i = KEY_DISTANCE + 1; i < FRAMES; i++)
    push_frame (&f, i);
  gst_harness_push_event (f.h, gst_event_new_eos ());
  count (&f);
  fail_unless_equals_int (f.asked, 0);
  fail_unless_equals_int (f.pictures, before + FRAMES - KEY_DISTANCE);
  tear_down (&f);
}

GST_END_TEST;

#define PACKETS 20
#define PACKET (20 * GST_MSECOND)

/* given a stream of sound, when one packet of it is lost, then what comes out
 * is as long as what was spoken, and no more latency is told than is had */
GST_START_TEST (test_sound)
{
  GstHarness *source = gst_harness_new_parse ("audiotestsrc num-buffers=20 "
      "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! opusenc "
      "inband-fec=true packet-loss-percentage=20 ! rtpopuspay");
  GstCallReceiver *receiver = gst_object_ref_sink (gst_call_receiver_new
      (gst_call_codec_find ("OPUS"), TRUE));
  GstHarness *h = gst_harness_new_with_element (GST_ELEMENT (receiver), "sink",
      "src");
  GstClockTime end = 0;
  GstBuffer *buffer;
  guint i;

  gst_harness_set_live (h, TRUE);
  gst_harness_play (source);
  for (i = 0; i < PACKETS; i++) {
    g_autoptr (GstBuffer) packet = gst_harness_pull (source);

    if (i == 0)
      gst_harness_set_src_caps (h, gst_pad_get_current_caps (source->sinkpad));
    if (i == 10)
      gst_harness_push_event (h, gst_event_new_custom
          (GST_EVENT_CUSTOM_DOWNSTREAM, gst_structure_new ("GstRTPPacketLost",
                  "seqnum", G_TYPE_UINT, 0, "timestamp", G_TYPE_UINT64,
                  GST_BUFFER_PTS (packet), "duration", G_TYPE_UINT64,
                  PACKET, "might-have-been-fec", G_TYPE_BOOLEAN, FALSE, NULL)));
    else
      fail_unless_equals_int (gst_harness_push (h,
              g_steal_pointer (&packet)), GST_FLOW_OK);
  }
  fail_unless (gst_harness_query_latency (h) <= 20 * GST_MSECOND);
  gst_harness_push_event (h, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (h))) {
    end += GST_BUFFER_DURATION (buffer);
    gst_buffer_unref (buffer);
  }
  fail_unless (end >= (PACKETS - 1) * PACKET && end <= (PACKETS + 1) * PACKET,
      "%" GST_TIME_FORMAT, GST_TIME_ARGS (end));
  gst_harness_teardown (h);
  gst_harness_teardown (source);
  gst_object_unref (receiver);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
receiver_suite (void)
{
  Suite *s = suite_create ("receiver");
  TCase *tc = tcase_create ("receiver");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_loop_test (tc, test_decodes, 0, G_N_ELEMENTS (videos));
  tcase_add_loop_test (tc, test_unpacks, 0, G_N_ELEMENTS (videos));
  tcase_add_loop_test (tc, test_joins_late, 0, G_N_ELEMENTS (videos));
  tcase_add_loop_test (tc, test_loss, 0, G_N_ELEMENTS (videos));
  tcase_add_test (tc, test_sound);
  return s;
}

GST_CHECK_MAIN (receiver);
