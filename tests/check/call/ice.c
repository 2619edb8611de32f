/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: ICE servers are read as W3C's RTCIceServer, and one that is none is
 * named.
 */
#include <gst/check/gstcheck.h>

#include "gstcallice.h"

static GPtrArray *
parse_ice (const gchar * text, GError ** error)
{
  g_auto (GValue) value = G_VALUE_INIT;
  /* GStreamer writes into what it reads */
  g_autofree gchar *copy = g_strdup (text);

  g_value_init (&value, GST_TYPE_ARRAY);
  fail_unless (gst_value_deserialize (&value, copy), "%s", text);
  return gst_call_ice_parse (&value, error);
}

/* given ICE servers as URLs, structures, and structures with several URLs,
 * when they are read, then urls, username and credential are as written */
GST_START_TEST (test_ice_good)
{
  g_autoptr (GPtrArray) servers = parse_ice ("<\"stun:192.0.2.1\","
      "(GstStructure)\"server, urls=(string)\\\"turn:192.0.2.2:3478?transport"
      "=udp\\\", username=(string)me, credential=(string)secret;\","
      "(GstStructure)\"server, urls=(string)< \\\"stun:192.0.2.3\\\", "
      "\\\"turns:192.0.2.4\\\" >;\">", NULL);
  CallIceServer *server;

  fail_unless (servers != NULL);
  fail_unless_equals_int (servers->len, 3);
  server = g_ptr_array_index (servers, 0);
  fail_unless_equals_string (server->urls[0], "stun:192.0.2.1");
  fail_unless (server->urls[1] == NULL && server->username == NULL);
  server = g_ptr_array_index (servers, 1);
  fail_unless_equals_string (server->urls[0],
      "turn:192.0.2.2:3478?transport=udp");
  fail_unless_equals_string (server->username, "me");
  fail_unless_equals_string (server->credential, "secret");
  server = g_ptr_array_index (servers, 2);
  fail_unless_equals_string (server->urls[0], "stun:192.0.2.3");
  fail_unless_equals_string (server->urls[1], "turns:192.0.2.4");
  fail_unless (server->urls[2] == NULL);
}

GST_END_TEST;

static const gchar *bad_ice[][2] = {
  {"<\"http://192.0.2.1\">", "http://192.0.2.1"},
  {"<\"stun:192.0.2.1\", \"nonsense\">", "nonsense"},
  {"< (string)\"\" >", "''"},
  {"<42>", "urls"},
  {"<(GstStructure)\"server, username=(string)me;\">", "urls"},
};

/* given ICE servers of which one is none, when they are read, then there are
 * none, and the error names it */
GST_START_TEST (test_ice_bad)
{
  g_autoptr (GError) error = NULL;

  fail_unless (parse_ice (bad_ice[__i__][0], &error) == NULL);
  fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
          GST_RESOURCE_ERROR_SETTINGS));
  fail_unless (strstr (error->message, bad_ice[__i__][1]) != NULL, "%s",
      error->message);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
ice_suite (void)
{
  Suite *s = suite_create ("ice");
  TCase *tc = tcase_create ("ice");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_ice_good);
  tcase_add_loop_test (tc, test_ice_bad, 0, G_N_ELEMENTS (bad_ice));
  return s;
}

GST_CHECK_MAIN (ice);
