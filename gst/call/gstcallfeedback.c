/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What has to be changed in the RTP elements of webrtcbin for a NACK to leave
 * at once and its retransmission to come in time, and for lips to be in step.
 *
 * Threads
 *   name       runs                                       may take  never
 *   pc         on_element_added: sets properties, probes  nothing   calls webrtcbin
 *   streaming  the probes                                 nothing   blocks
 *
 * No state of its own but the session, which webrtcbin keeps as data; set once.
 *
 * A NACK may go before the next regular report only if the one before is long
 * enough ago (RFC 4585, 3.5.2), measured in shares of the bandwidth for RTCP.
 * The session reckons that share when it sends a regular report, and the next
 * one is 2.5 to 7.5 s away: so the bandwidth is given before the first report.
 *
 * With it the first sender reports go out just when streams begin. For them
 * rtpsession before 1.22.3 asks for the clock rate of each of our streams while
 * it walks over all of them, with its lock let go: a stream that is added then
 * is a critical warning. It asks since rtpfunnel keeps to itself the caps that
 * tell the rate; here they are passed on, and nothing is left to ask.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfeedback.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* bits per second for RTCP. GStreamer's own, a twentieth of 64 kbit/s, makes a
 * NACK wait for up to a second. Regular reports do not become more: they keep
 * the 5 s between them. */
#define RTCP_BANDWIDTH 1000000.0
#define SESSION_KEY "gst-call-rtp-session"
#define TWCC_INTERVAL (50 * GST_MSECOND)
/* A report is asked for when a stream has begun, and the other end has seen
 * enough of it to believe in it */
#define PACKETS_BEFORE_REPORT 8
#define REPORT_WITHIN (1 * GST_SECOND)
/* Between two requests for the same packet, however short the round trip */
#define MIN_RETRY_MS 10
/* … and while nobody knows how long it is: rtpjitterbuffer's own 40 ms leave no
 * time for a second one */
#define FIRST_RETRY_MS 15

static gboolean
has_ssrc (GstEvent * event)
{
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) != GST_EVENT_CAPS)
    return FALSE;
  gst_event_parse_caps (event, &caps);
  return gst_structure_has_field (gst_caps_get_structure (caps, 0), "ssrc");
}

static void
unref_event (gpointer event)
{
  gst_event_unref (event);
}

/* Behind the funnel, before its next buffer of whatever stream: what has to
 * come before caps has gone by then. */
static GstPadProbeReturn
push_caps (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  gst_pad_push_event (pad, gst_event_ref (data));
  return GST_PAD_PROBE_REMOVE;
}

static GstPadProbeReturn
on_funnel_sink_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstEvent *event = GST_PAD_PROBE_INFO_EVENT (info);
  g_autoptr (GstElement) funnel = NULL;
  g_autoptr (GstPad) src = NULL;

  if (!has_ssrc (event) || !(funnel = gst_pad_get_parent_element (pad)))
    return GST_PAD_PROBE_OK;
  src = gst_element_get_static_pad (funnel, "src");
  GST_DEBUG_OBJECT (pad, "passing on %" GST_PTR_FORMAT, event);
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, push_caps, gst_event_ref (event),
      unref_event);
  return GST_PAD_PROBE_OK;
}

/* Pictures and sound are brought in step by the sender reports of both. The
 * regular ones are seconds away when a stream begins. */
static GstPadProbeReturn
on_first_packets (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  guint *packets = data;
  g_autoptr (GstElement) funnel = NULL;
  g_autoptr (GstObject) webrtcbin = NULL;
  GObject *session = NULL;

  if (++*packets < PACKETS_BEFORE_REPORT)
    return GST_PAD_PROBE_OK;
  if ((funnel = gst_pad_get_parent_element (pad)))
    webrtcbin = gst_object_get_parent (GST_OBJECT (funnel));
  if (webrtcbin)
    session = g_object_get_data (G_OBJECT (webrtcbin), SESSION_KEY);
  if (session)
    g_signal_emit_by_name (session, "send-rtcp", (guint64) REPORT_WITHIN);
  return GST_PAD_PROBE_REMOVE;
}

static void
on_funnel_pad_added (GstElement * funnel, GstPad * pad, gpointer data)
{
  if (!GST_PAD_IS_SINK (pad))
    return;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
      on_funnel_sink_event, NULL, NULL);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_first_packets, g_new0 (guint, 1),
      g_free);
}

/* What is behind the session goes on seeing all streams as one. */
static GstPadProbeReturn
on_session_src_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return has_ssrc (GST_PAD_PROBE_INFO_EVENT (info)) ? GST_PAD_PROBE_DROP :
      GST_PAD_PROBE_OK;
}

static void
on_session_pad_added (GstElement * session, GstPad * pad, gpointer data)
{
  if (g_str_equal (GST_PAD_NAME (pad), "send_rtp_src"))
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM,
        on_session_src_event, NULL, NULL);
}

static void
on_element_added (GstBin * bin, GstBin * sub_bin, GstElement * element,
    gpointer data)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *name = factory ? GST_OBJECT_NAME (factory) : "";

  if (g_str_equal (name, "rtpsession")) {
    g_autoptr (GObject) session = NULL;

    g_object_get (element, "internal-session", &session, NULL);
    g_object_set (session, "rtcp-fraction", RTCP_BANDWIDTH,
        "twcc-feedback-interval", TWCC_INTERVAL, NULL);
    g_signal_connect (element, "pad-added", G_CALLBACK (on_session_pad_added),
        NULL);
    g_object_set_data_full (G_OBJECT (bin), SESSION_KEY,
        g_steal_pointer (&session), g_object_unref);
  } else if (g_str_equal (name, "rtpfunnel")) {
    g_signal_connect (element, "pad-added", G_CALLBACK (on_funnel_pad_added),
        NULL);
  }
}

void
gst_call_feedback_hasten (GstElement * webrtcbin)
{
  g_signal_connect (webrtcbin, "deep-element-added",
      G_CALLBACK (on_element_added), NULL);
}

static void
retry_after_round_trip (GstElement * jitterbuffer, gpointer data)
{
  g_object_set (jitterbuffer, "rtx-retry-timeout", -1, NULL);
}

/* The first retransmissions have come: from now on it is a round trip. Not set in
 * here, where the jitter buffer holds its lock. */
static GstPadProbeReturn
on_request (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  const GstStructure *s =
      gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info));
  g_autoptr (GstElement) jitterbuffer = NULL;
  guint rtt = 0;

  if (!s || !gst_structure_has_name (s, "GstRTPRetransmissionRequest")
      || !gst_structure_get_uint (s, "avg-rtt", &rtt) || rtt == 0
      || !(jitterbuffer = gst_pad_get_parent_element (pad)))
    return GST_PAD_PROBE_OK;
  gst_element_call_async (jitterbuffer, retry_after_round_trip, NULL, NULL);
  return GST_PAD_PROBE_REMOVE;
}

void
gst_call_feedback_set_up_jitterbuffer (GstElement * jitterbuffer)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (jitterbuffer, "sink");

  /* What is asked for again is what is missing, not what might be late:
   * pictures come in bursts. It is missing as soon as a later packet is there,
   * and the second time is a round trip later, not a picture later. */
  g_object_set (jitterbuffer, "do-retransmission", TRUE, "rtx-next-seqnum",
      FALSE, "rtx-delay", 0, "rtx-min-retry-timeout", MIN_RETRY_MS,
      "rtx-retry-timeout", FIRST_RETRY_MS, NULL);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM, on_request, NULL,
      NULL);
}
