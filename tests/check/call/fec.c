/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: sound that is lost is made again from what the next packet carries
 * of it (Opus in-band FEC), by the very encoder and receiver of a call.
 */
#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>

#include "gstcallreceiver.h"

#include <math.h>
#include <string.h>

#define RATE 48000
#define SAMPLES (RATE / 50)     /* in a packet */
#define PACKETS 200
#define FIRST_LOST 20           /* when the encoder knows what it encodes */
#define EVERY 10

/* A voice that changes its pitch with each packet: what is lost cannot be
 * guessed from what was before. */
static GstBuffer *
make_sound (guint packet)
{
  static const gdouble pitches[] = { 220, 350, 270, 480, 310, 190, 400 };
  static gdouble phase;
  gdouble step = 2 * G_PI * pitches[packet % G_N_ELEMENTS (pitches)] / RATE;
  gint16 *samples = g_new (gint16, SAMPLES);
  GstBuffer *buffer;
  guint i;

  for (i = 0; i < SAMPLES; i++) {
    phase += step;
    samples[i] =
        6000 * (sin (phase) + sin (2 * phase) / 2 + sin (3 * phase) / 3);
  }
  buffer = gst_buffer_new_wrapped (samples, SAMPLES * sizeof (gint16));
  GST_BUFFER_PTS (buffer) = packet * 20 * GST_MSECOND;
  GST_BUFFER_DURATION (buffer) = 20 * GST_MSECOND;
  return buffer;
}

/* opusenc, opusdec */
static void
set_inside (GstElement * bin, const gchar * property, gboolean value)
{
  g_autoptr (GstIterator) all = gst_bin_iterate_recurse (GST_BIN (bin));
  GValue item = G_VALUE_INIT;
  gboolean found = FALSE;

  while (gst_iterator_next (all, &item) == GST_ITERATOR_OK) {
    GObject *element = g_value_get_object (&item);

    if (g_object_class_find_property (G_OBJECT_GET_CLASS (element), property)) {
      g_object_set (element, property, value, NULL);
      found = TRUE;
    }
    g_value_reset (&item);
  }
  g_value_unset (&item);
  fail_unless (found, "nothing has %s", property);
}

/* RTP packets of that sound. (element-type GstBuffer) */
static GPtrArray *
encode (const GstCallCodec * codec, gboolean fec, GstCaps ** caps)
{
  GstElement *encoder = gst_object_ref_sink (gst_call_codec_make_encoder
      (codec));
  GstHarness *h = gst_harness_new_with_element (encoder, "sink", "src");
  GstHarness *payloader = gst_harness_new ("rtpopuspay");
  GPtrArray *packets = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_buffer_unref);
  guint i;

  if (!fec)
    set_inside (encoder, "inband-fec", FALSE);
  gst_harness_set_src_caps_str (h, "audio/x-raw,format=S16LE,rate=48000,"
      "channels=1,layout=interleaved");
  for (i = 0; i < PACKETS; i++) {
    fail_unless_equals_int (gst_harness_push (h, make_sound (i)), GST_FLOW_OK);
    if (i == 0) {
      g_autoptr (GstCaps) encoded = gst_pad_get_current_caps (h->sinkpad);

      gst_harness_set_src_caps (payloader, gst_caps_copy (encoded));
    }
    gst_harness_push (payloader, gst_harness_pull (h));
    g_ptr_array_add (packets, gst_harness_pull (payloader));
  }
  *caps = gst_pad_get_current_caps (payloader->sinkpad);
  gst_harness_teardown (payloader);
  gst_harness_teardown (h);
  gst_object_unref (encoder);
  return packets;
}

static gboolean
is_lost (guint packet)
{
  return packet >= FIRST_LOST && packet % EVERY == 0;
}

/* What a jitter buffer says of a packet that never came */
static void
push_lost (GstHarness * h, guint packet)
{
  gst_harness_push_event (h, gst_event_new_custom (GST_EVENT_CUSTOM_DOWNSTREAM,
          gst_structure_new ("GstRTPPacketLost", "seqnum", G_TYPE_UINT, packet,
              "timestamp", G_TYPE_UINT64, packet * 20 * GST_MSECOND, "duration",
              G_TYPE_UINT64, 20 * GST_MSECOND, "might-have-been-fec",
              G_TYPE_BOOLEAN, FALSE, NULL)));
}

/* The sound that the receiver makes of them. (element-type gint16) */
static GArray *
decode (const GstCallCodec * codec, GPtrArray * packets, GstCaps * caps,
    gboolean fec, gboolean lossy)
{
  GstElement *receiver = gst_object_ref_sink (gst_call_receiver_new (codec,
          TRUE));
  GstHarness *h = gst_harness_new_with_element (receiver, "sink", "src");
  GArray *sound = g_array_new (FALSE, FALSE, sizeof (gint16));
  GstBuffer *buffer;
  guint i;

  if (!fec)
    set_inside (receiver, "use-inband-fec", FALSE);
  gst_harness_set_live (h, TRUE);
  gst_harness_set_src_caps (h, gst_caps_ref (caps));
  for (i = 0; i < packets->len; i++) {
    if (lossy && is_lost (i))
      push_lost (h, i);
    else
      gst_harness_push (h, gst_buffer_ref (g_ptr_array_index (packets, i)));
  }
  gst_harness_push_event (h, gst_event_new_eos ());
  while ((buffer = gst_harness_try_pull (h))) {
    GstMapInfo map;

    fail_unless (gst_buffer_map (buffer, &map, GST_MAP_READ));
    g_array_append_vals (sound, map.data, map.size / sizeof (gint16));
    gst_buffer_unmap (buffer, &map);
    gst_buffer_unref (buffer);
  }
  gst_harness_teardown (h);
  gst_object_unref (receiver);
  return sound;
}

/* Signal to error in what was lost, in dB */
static gdouble
quality (gboolean fec)
{
  const GstCallCodec *codec = gst_call_codec_find ("OPUS");
  g_autoptr (GstCaps) caps = NULL;
  g_autoptr (GPtrArray) packets = encode (codec, fec, &caps);
  g_autoptr (GArray) whole = decode (codec, packets, caps, fec, FALSE);
  g_autoptr (GArray) holed = decode (codec, packets, caps, fec, TRUE);
  gdouble signal = 0, error = 0;
  guint i;

  GST_INFO ("%u samples, and %u with losses", whole->len, holed->len);
  fail_unless_equals_int (whole->len, holed->len);
  for (i = 0; i < whole->len; i++) {
    gdouble right = g_array_index (whole, gint16, i);
    gdouble wrong = right - g_array_index (holed, gint16, i);

    if (is_lost (i / SAMPLES)) {
      signal += right * right;
      error += wrong * wrong;
    }
  }
  return 10 * log10 (signal / MAX (error, 1));
}

/* given sound of which each tenth packet is lost, and the same without FEC
 * when both are received
 * then FEC gives the lost sound, and without it a guess is all there is */
GST_START_TEST (test_fec)
{
  gdouble with = quality (TRUE);
  gdouble without = quality (FALSE);

  GST_INFO ("%.1f dB with FEC, %.1f dB without", with, without);
  /* it comes in fewer bits than what it stands for; a guess is mostly error */
  fail_unless (with >= 2 && with >= without + 3, "%.1f dB with FEC, %.1f dB "
      "without", with, without);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
fec_suite (void)
{
  Suite *s = suite_create ("fec");
  TCase *tc = tcase_create ("fec");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_fec);
  return s;
}

GST_CHECK_MAIN (fec);
