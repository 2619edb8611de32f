/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a peer that has nothing to say is not taken for dead, and one that
 * says nothing at all is.
 */
#include "call-test.h"

/* Beyond the 10 s after which a silent peer counts as such, without a channel */
#define LONG_US (12 * G_USEC_PER_SEC)

static void
set_up (CallSide ** ann, CallSide ** bob, const gchar * sources)
{
  g_autofree gchar *url = NULL;

  *ann = call_side_host ("peer-id=ann", sources, &url);
  *bob = call_side_join (url, "peer-id=bob", sources);
  CALL_WAIT (call_side_has (*ann, "call-state", "state", "connected"));
  CALL_WAIT (call_side_has (*bob, "call-state", "state", "connected"));
}

/* They see each other, and from now on nothing of bob's comes out there. */
static GstPad *
set_up_silence (CallSide ** ann, CallSide ** bob, gulong * probe)
{
  GstPad *out;

  set_up (ann, bob, CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  call_side_wait_more (*ann, CALL_VIDEO, 3);
  call_side_wait_more (*bob, CALL_VIDEO, 3);
  out = call_side_network (*bob, "nicesink", "sink");
  fail_unless (out != NULL);
  *probe = call_test_swallow (out);
  return out;
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

/* given two who see each other, when nothing of bob's comes out any more, then
 * ann says that he is reconnecting, and bob hears her and says nothing; when it
 * comes again, then he is connected and seen, in the same session */
GST_START_TEST (test_one_falls_silent)
{
  g_autoptr (GstPad) out = NULL;
  CallSide *ann, *bob;
  gulong probe;

  out = set_up_silence (&ann, &bob, &probe);
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

/* given two who see each other, when nothing of bob's comes out any more but what
 * ICE sends itself, as with a browser whose DTLS has ended, then a restart finds a
 * path and nothing comes over it, and after some seconds, not a minute, they see
 * each other in another session */
GST_START_TEST (test_path_without_peer)
{
  g_autoptr (GstPad) out = NULL;
  CallSide *ann, *bob;
  gulong probe;
  gint64 begin;

  out = set_up_silence (&ann, &bob, &probe);
  begin = g_get_monotonic_time ();
  CALL_WAIT (call_side_count (ann, "call-state", "state", "connected") == 2);
  GST_INFO ("another session after %" G_GINT64_FORMAT " us",
      g_get_monotonic_time () - begin);
  call_side_wait_more (ann, CALL_VIDEO, 10);
  call_side_wait_more (bob, CALL_VIDEO, 10);
  fail_unless (call_side_has (ann, "call-error", "code", "ice-failed"));
  fail_unless_equals_int (ann->pads[CALL_VIDEO], 1);
  call_side_free (bob);
  call_side_free (ann);
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
  tcase_add_test (tc, test_path_without_peer);
  return s;
}

GST_CHECK_MAIN (callbin_silence);
