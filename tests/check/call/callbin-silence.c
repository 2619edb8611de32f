/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a peer that has nothing to say is not taken for dead, and one that
 * says nothing at all is.
 */
#include "call-test.h"

/* Well beyond the time after which a silent peer counts as such */
#define LONG_US (8 * G_USEC_PER_SEC)

static void
set_up (CallSide ** ann, CallSide ** bob, const gchar * sources)
{
  g_autofree gchar *url = NULL;

  *ann = call_side_host ("peer-id=ann", sources, &url);
  *bob = call_side_join (url, "peer-id=bob", sources);
  CALL_WAIT (call_side_has (*ann, "call-state", "state", "connected"));
  CALL_WAIT (call_side_has (*bob, "call-state", "state", "connected"));
}

static void
tear_down (CallSide * ann, CallSide * bob)
{
  call_side_no_error (ann);
  call_side_no_error (bob);
  call_side_free (bob);
  call_side_free (ann);
}

/* given two who neither send pictures nor sound, when time passes, then neither
 * is said to be reconnecting */
GST_START_TEST (test_nothing_to_say)
{
  gint64 end = g_get_monotonic_time () + LONG_US;
  CallSide *ann, *bob;

  set_up (&ann, &bob, "");
  while (g_get_monotonic_time () < end) {
    call_test_iterate (call_test_deadline (), "time passes", __FILE__,
        __LINE__);
    fail_if (call_side_has (ann, "call-state", "state", "reconnecting"));
    fail_if (call_side_has (bob, "call-state", "state", "reconnecting"));
  }
  tear_down (ann, bob);
}

GST_END_TEST;

static GstPadProbeReturn
swallow (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_DROP;
}

/* The pad of that side's connection that everything goes out of, or comes in
 * by. (transfer full) */
static GstPad *
find_edge (CallSide * side, const gchar * factory, const gchar * pad)
{
  g_autoptr (GstIterator) all = gst_bin_iterate_recurse (GST_BIN (side->call));
  GValue item = G_VALUE_INIT;
  GstPad *edge = NULL;

  while (!edge && gst_iterator_next (all, &item) == GST_ITERATOR_OK) {
    GstElement *element = g_value_get_object (&item);
    GstElementFactory *made_by = gst_element_get_factory (element);

    if (made_by && g_str_equal (GST_OBJECT_NAME (made_by), factory))
      edge = gst_element_get_static_pad (element, pad);
    g_value_reset (&item);
  }
  g_value_unset (&item);
  fail_unless (edge != NULL, "no %s", factory);
  return edge;
}

/* given two who see each other, when nothing of bob's comes out any more, then
 * ann says that he is reconnecting, and bob hears her and says nothing; when it
 * comes again, then he is connected and seen, in the same session */
GST_START_TEST (test_one_falls_silent)
{
  g_autoptr (GstPad) out = NULL;
  CallSide *ann, *bob;
  gulong probe;

  set_up (&ann, &bob, CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  call_side_wait_more (ann, CALL_VIDEO, 3);
  call_side_wait_more (bob, CALL_VIDEO, 3);
  out = find_edge (bob, "nicesink", "sink");
  probe = gst_pad_add_probe (out, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, swallow, NULL, NULL);
  CALL_WAIT (call_side_has (ann, "call-state", "state", "reconnecting"));
  fail_if (call_side_has (bob, "call-state", "state", "reconnecting"));
  gst_pad_remove_probe (out, probe);
  CALL_WAIT (call_side_count (ann, "call-state", "state", "connected") == 2);
  call_side_wait_more (ann, CALL_VIDEO, 10);
  call_side_wait_more (bob, CALL_VIDEO, 10);
  fail_unless_equals_int (call_side_count (ann, "call-state", "state",
          "connecting"), 1);
  tear_down (ann, bob);
}

GST_END_TEST;

static Suite *
callbin_silence_suite (void)
{
  Suite *s = suite_create ("callbin-silence");
  TCase *tc = tcase_create ("silence");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_nothing_to_say);
  tcase_add_test (tc, test_one_falls_silent);
  return s;
}

GST_CHECK_MAIN (callbin_silence);
