/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: callbin's properties read as they were set, secrets do not, values
 * that make no sense change nothing and say so; its children are reached
 * through GstChildProxy.
 */
#include "call-test.h"

typedef struct
{
  const gchar *name, *initial, *value;
} Setting;

/* as gst-launch writes them; NULL: an unset string */
static const Setting settings[] = {
  {"uri", NULL, "ws://127.0.0.1:9/room/tea"},
  {"listen", NULL, "127.0.0.1:0"},
  {"room", NULL, "tea"},
  {"display-name", NULL, "Ann"},
  {"peer-id", NULL, "ann"},
  {"token-file", NULL, "token.txt"},
  {"tls-ca-file", NULL, "ca.pem"},
  {"tls-insecure", "false", "true"},
  {"ice-transport-policy", "all", "relay"},
  {"video-codecs", "< (string)VP8, (string)H264 >", "< (string)H264 >"},
  {"audio-codecs", "< (string)OPUS >", "< (string)OPUS >"},
  {"max-bitrate", "1500000", "300000"},
  {"max-peers", "16", "3"},
  {"latency", "60", "200"},
  {"decode", "true", "false"},
  {"connect-timeout", "15000", "5000"},
  {"stats-interval", "0", "1000"},
};

static gchar *
read_setting (GObject * object, const gchar * name)
{
  g_auto (GValue) value = G_VALUE_INIT;
  GParamSpec *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS
      (object), name);

  fail_unless (pspec != NULL, "%s", name);
  g_value_init (&value, pspec->value_type);
  g_object_get_property (object, name, &value);
  if (G_VALUE_HOLDS_STRING (&value))
    return g_value_dup_string (&value);
  return gst_value_serialize (&value);
}

/* GStreamer writes into the text that it parses */
static void
set_setting (CallSide * side, const gchar * name, const gchar * text)
{
  g_autofree gchar *copy = g_strdup (text);

  gst_util_set_object_arg (G_OBJECT (side->call), name, copy);
}

/* given a callbin, when each property is set, then it reads so, and before
 * that as documented */
GST_START_TEST (test_round_trip)
{
  g_autoptr (CallSide) side = call_side_new ("", "");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (settings); i++) {
    const Setting *setting = &settings[i];
    g_autofree gchar *before = read_setting (G_OBJECT (side->call),
        setting->name);
    g_autofree gchar *after = NULL;

    fail_unless_equals_string (before, setting->initial);
    set_setting (side, setting->name, setting->value);
    after = read_setting (G_OBJECT (side->call), setting->name);
    fail_unless_equals_string (after, setting->value);
  }
}

GST_END_TEST;

/* given a token, when it is read back, then there is none */
GST_START_TEST (test_token)
{
  g_autoptr (CallSide) side = call_side_new ("", "");
  g_autofree gchar *token = NULL;

  g_object_set (side->call, "token", "secret", NULL);
  token = read_setting (G_OBJECT (side->call), "token");
  fail_unless (token == NULL);
}

GST_END_TEST;

/* given a callbin that does not run, when its statistics are read, then they
 * are an empty structure */
GST_START_TEST (test_no_stats)
{
  g_autoptr (CallSide) side = call_side_new ("", "");
  g_autoptr (GstStructure) stats = NULL;

  g_object_get (side->call, "stats", &stats, NULL);
  fail_unless_equals_string (gst_structure_get_name (stats), "call-stats");
  fail_unless_equals_int (gst_structure_n_fields (stats), 0);
}

GST_END_TEST;

/* given codecs of which some are unknown or of the other kind, when they are
 * set, then a warning names each, and the others are taken; if none is left,
 * the list stays as it was */
GST_START_TEST (test_codecs)
{
  g_autoptr (CallSide) side = call_side_new ("listen=127.0.0.1:0", "");
  g_autofree gchar *some = NULL;
  g_autofree gchar *none = NULL;

  /* before it runs nobody listens: it is told at the start */
  set_setting (side, "video-codecs", "<h264, AV2, OPUS>");
  call_side_set_state (side, GST_STATE_READY);
  fail_unless (call_side_told (side, GST_MESSAGE_WARNING, "AV2",
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  fail_unless (call_side_told (side, GST_MESSAGE_WARNING, "OPUS",
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  some = read_setting (G_OBJECT (side->call), "video-codecs");
  fail_unless_equals_string (some, "< (string)H264 >");
  set_setting (side, "video-codecs", "<nothing>");
  none = read_setting (G_OBJECT (side->call), "video-codecs");
  fail_unless_equals_string (none, "< (string)H264 >");
}

GST_END_TEST;

/* given ICE servers as strings and structures, when they are set, then they
 * read so; with one that is none, a warning says what is wrong and the old
 * ones stay */
GST_START_TEST (test_ice_servers)
{
  g_autoptr (CallSide) side = call_side_new ("listen=127.0.0.1:0", "");
  g_autofree gchar *good = NULL;
  g_autofree gchar *kept = NULL;

  set_setting (side, "ice-servers",
      "<\"stun:192.0.2.1:3478\", (GstStructure)\"server, "
      "urls=(string)turn:192.0.2.1:3478, username=(string)me, "
      "credential=(string)secret;\">");
  good = read_setting (G_OBJECT (side->call), "ice-servers");
  fail_unless (strstr (good, "stun:192.0.2.1:3478") != NULL, "%s", good);
  fail_unless (strstr (good, "turn:192.0.2.1:3478") != NULL, "%s", good);
  call_side_set_state (side, GST_STATE_READY);
  set_setting (side, "ice-servers", "<\"http://192.0.2.1\">");
  fail_unless (call_side_told (side, GST_MESSAGE_WARNING, "http://192.0.2.1",
          GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS));
  kept = read_setting (G_OBJECT (side->call), "ice-servers");
  fail_unless_equals_string (kept, good);
}

GST_END_TEST;

/* given a property outside its range, when it is set, then it is clamped to
 * it (GObject validates); all ranges are those of the documentation */
GST_START_TEST (test_ranges)
{
  g_autoptr (CallSide) side = call_side_new ("", "");
  static const struct
  {
    const gchar *name;
    guint least, most;
  } ranges[] = {
    {"max-bitrate", 6000, 100000000}, {"max-peers", 1, 255},
    {"latency", 0, 5000}, {"connect-timeout", 1000, 120000},
    {"stats-interval", 0, 3600000},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (ranges); i++) {
    GParamSpecUInt *pspec = G_PARAM_SPEC_UINT (g_object_class_find_property
        (G_OBJECT_GET_CLASS (side->call), ranges[i].name));

    fail_unless_equals_int (pspec->minimum, ranges[i].least);
    fail_unless_equals_int (pspec->maximum, ranges[i].most);
  }
}

GST_END_TEST;

static gint
encoder_bitrate (CallSide * side)
{
  GstBin *track = GST_BIN (gst_bin_get_by_name (GST_BIN (side->call),
          "video_0"));
  g_autoptr (GstElement) enc = gst_bin_get_by_name (track, "enc");
  gint bitrate = 0;

  gst_object_unref (track);
  if (enc)
    g_object_get (enc, "target-bitrate", &bitrate, NULL);
  return bitrate;
}

static void
check_child (CallSide * side, const gchar * name, const gchar * type)
{
  g_autoptr (GObject) child =
      gst_child_proxy_get_child_by_name (GST_CHILD_PROXY (side->call), name);

  fail_unless (child != NULL, "no child %s", name);
  fail_unless_equals_string (G_OBJECT_TYPE_NAME (child), type);
}

/* given a call, when its children are asked for by name, then the signaller,
 * the tracks and the peer are there, and are reached as name::property */
GST_START_TEST (test_children)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann max-bitrate=800000",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob "
      "display-name=Bob", "");
  g_autofree gchar *name = NULL;
  guint bitrate;

  call_side_wait_more (bob, CALL_VIDEO, 3);
  check_child (ann, "signaller", "CallDirectSignaller");
  check_child (bob, "signaller", "CallWebsocketSignaller");
  check_child (ann, "video_0", "GstCallTrack");
  check_child (ann, "audio_0", "GstCallTrack");
  check_child (ann, "peer-bob", "GstCallPeer");
  gst_child_proxy_get (GST_CHILD_PROXY (bob->call), "signaller::display-name",
      &name, NULL);
  fail_unless_equals_string (name, "Bob");
  gst_child_proxy_get (GST_CHILD_PROXY (ann->call), "video_0::max-bitrate",
      &bitrate, NULL);
  fail_unless_equals_int (bitrate, 800000);
}

GST_END_TEST;

/* given a call with two guests, when one of them may be sent less, then the
 * encoder's bit rate is what it may be sent; when the limit is lifted or the
 * guest leaves, then it is as before; max-bitrate moves it, too */
GST_START_TEST (test_peer_bitrate)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann max-bitrate=800000",
      CALL_VIDEO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob", "");
  CallSide *carol = call_side_join (url, "peer-id=carol", "");
  GstChildProxy *proxy = GST_CHILD_PROXY (ann->call);
  guint limit = 1;

  call_side_wait_more (bob, CALL_VIDEO, 1);
  call_side_wait_more (carol, CALL_VIDEO, 1);
  fail_unless_equals_int (encoder_bitrate (ann), 800000);
  gst_child_proxy_get (proxy, "peer-bob::max-bitrate", &limit, NULL);
  fail_unless_equals_int (limit, 0);
  gst_child_proxy_set (proxy, "peer-bob::max-bitrate", 200000, NULL);
  CALL_WAIT (encoder_bitrate (ann) == 200000);
  gst_child_proxy_set (proxy, "peer-carol::max-bitrate", 100000, NULL);
  CALL_WAIT (encoder_bitrate (ann) == 100000);
  call_side_free (carol);
  CALL_WAIT (encoder_bitrate (ann) == 200000);
  gst_child_proxy_set (proxy, "peer-bob::max-bitrate", 0, NULL);
  CALL_WAIT (encoder_bitrate (ann) == 800000);
  g_object_set (ann->call, "max-bitrate", 600000, NULL);
  fail_unless_equals_int (encoder_bitrate (ann), 600000);
  call_side_wait_more (bob, CALL_VIDEO, 3);
}

GST_END_TEST;

static Suite *
callbin_settings_suite (void)
{
  Suite *s = suite_create ("callbin-settings");
  TCase *tc = tcase_create ("settings");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_round_trip);
  tcase_add_test (tc, test_token);
  tcase_add_test (tc, test_no_stats);
  tcase_add_test (tc, test_codecs);
  tcase_add_test (tc, test_ice_servers);
  tcase_add_test (tc, test_ranges);
  tcase_add_test (tc, test_children);
  tcase_add_test (tc, test_peer_bitrate);
  return s;
}

GST_CHECK_MAIN (callbin_settings);
