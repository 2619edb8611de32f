/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: above max-peers nobody is connected, each is told why, and who has
 * waited longest is connected when a place gets free.
 */
#include "call-test.h"

static gboolean
is_waiting (CallSide * side, const gchar * peer_id)
{
  g_autofree gchar *words = g_strdup_printf ("%s has to wait", peer_id);

  return call_side_told (side, GST_MESSAGE_WARNING, words, GST_RESOURCE_ERROR,
      GST_RESOURCE_ERROR_NO_SPACE_LEFT);
}

static gboolean
is_connected (CallSide * side, const gchar * peer_id)
{
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *field = g_strconcat ("peer-", peer_id, NULL);
  const GValue *peer;

  g_object_get (side->call, "stats", &stats, NULL);
  peer = gst_structure_get_value (stats, field);
  return peer && g_strcmp0 (gst_structure_get_string
      (gst_value_get_structure (peer), "state"), "connected") == 0;
}

/* given a host with max-peers=1 and somebody in the call, when two others
 * join, then each gets a call-error "busy", is not among the host's peers, and
 * the first is served on; when the first leaves, then the one who came next is
 * connected in its slot, both ways, and the last one after that */
GST_START_TEST (test_host_is_full)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann max-peers=1",
      CALL_VIDEO_LIVE, &url);
  CallSide *bob = call_side_join (url, "peer-id=bob", CALL_VIDEO_LIVE);
  CallSide *carol;
  g_autoptr (CallSide) dave = NULL;
  g_autoptr (GstStructure) error = NULL;
  guint slot;
  gboolean retry;

  call_side_wait_more (bob, CALL_VIDEO, 3);
  carol = call_side_join (url, "peer-id=carol max-peers=1", CALL_VIDEO_LIVE);
  CALL_WAIT (call_side_has (carol, "call-error", "code", "busy"));
  error = call_side_find (carol, "call-error", "code", "busy", 0);
  fail_unless_equals_string (gst_structure_get_string (error, "peer-id"),
      "ann");
  fail_unless (gst_structure_get_boolean (error, "retry", &retry) && !retry);
  fail_unless (is_waiting (ann, "carol"));
  dave = call_side_join (url, "peer-id=dave max-peers=1", CALL_VIDEO_LIVE);
  CALL_WAIT (is_waiting (ann, "dave"));
  call_side_wait_more (bob, CALL_VIDEO, 5);
  fail_unless_equals_int (call_side_count (ann, "call-peer-joined", NULL,
          NULL), 1);
  fail_if (call_side_has (ann, "call-error", NULL, NULL));

  call_side_free (bob);
  CALL_WAIT (call_side_has (ann, "call-peer-joined", "peer-id", "carol"));
  CALL_WAIT (is_connected (ann, "carol"));
  call_side_wait_more (ann, CALL_VIDEO, 3);
  call_side_wait_more (carol, CALL_VIDEO, 3);
  g_clear_pointer (&error, gst_structure_free);
  error = call_side_find (ann, "call-peer-joined", "peer-id", "carol", 0);
  fail_unless (gst_structure_get_uint (error, "slot", &slot) && slot == 0);
  fail_if (call_side_has (ann, "call-peer-joined", "peer-id", "dave"));

  call_side_free (carol);
  CALL_WAIT (is_connected (ann, "dave"));
  call_side_wait_more (ann, CALL_VIDEO, 3);
  call_side_wait_more (dave, CALL_VIDEO, 3);
  fail_unless_equals_int (ann->pads[CALL_VIDEO], 1);
}

GST_END_TEST;

/* given two in a room, when one with max-peers=1 joins, then it calls the one
 * that was there first; when that one leaves, then it calls the other */
GST_START_TEST (test_guest_is_full)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", CALL_VIDEO_LIVE,
      &url);
  CallSide *bob = call_side_join (url, "peer-id=bob", CALL_VIDEO_LIVE);
  g_autoptr (CallSide) carol = NULL;

  CALL_WAIT (is_connected (ann, "bob"));
  carol = call_side_join (url, "peer-id=carol max-peers=1", "");
  CALL_WAIT (is_connected (carol, "ann"));
  call_side_wait_more (carol, CALL_VIDEO, 3);
  fail_unless (is_waiting (carol, "bob"));
  fail_unless_equals_int (call_side_count (carol, "call-peer-joined", NULL,
          NULL), 1);

  g_signal_emit_by_name (ann->call, "hang-up");
  CALL_WAIT (is_connected (carol, "bob"));
  call_side_wait_more (carol, CALL_VIDEO, 3);
  fail_if (call_side_has (carol, "call-error", NULL, NULL));
  call_side_free (bob);
}

GST_END_TEST;

static Suite *
callbin_max_peers_suite (void)
{
  Suite *s = suite_create ("callbin-max-peers");
  TCase *tc = tcase_create ("max-peers");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 150);
  tcase_add_test (tc, test_host_is_full);
  tcase_add_test (tc, test_guest_is_full);
  return s;
}

GST_CHECK_MAIN (callbin_max_peers);
