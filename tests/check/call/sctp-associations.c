/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: each connection of a process has an SCTP association of its own:
 * their numbers, for which webrtcbin throws dice before 1.28, are counted.
 */
#include <gst/check/gstcheck.h>
#include <gst/webrtc/webrtc.h>

#include "gstcallice.h"
#include "gstcallsctp.h"

/* It adds the elements with the description */
static void
offer (GstElement * webrtcbin)
{
  g_autoptr (GstPromise) made = gst_promise_new ();
  g_autoptr (GstPromise) set = gst_promise_new ();
  g_autoptr (GstWebRTCSessionDescription) description = NULL;

  g_signal_emit_by_name (webrtcbin, "create-offer", NULL, made);
  fail_unless_equals_int (gst_promise_wait (made), GST_PROMISE_RESULT_REPLIED);
  gst_structure_get (gst_promise_get_reply (made), "offer",
      GST_TYPE_WEBRTC_SESSION_DESCRIPTION, &description, NULL);
  g_signal_emit_by_name (webrtcbin, "set-local-description", description, set);
  fail_unless_equals_int (gst_promise_wait (set), GST_PROMISE_RESULT_REPLIED);
}

static GstElement *
webrtcbin_with_channel (void)
{
  GstElement *webrtcbin =
      gst_object_ref_sink (gst_element_factory_make ("webrtcbin", NULL));
  g_autoptr (GObject) channel = NULL;

  /* it asks no router either */
  gst_call_ice_set_up (webrtcbin, FALSE, 0, 0);
  gst_call_sctp_mend (webrtcbin);
  fail_unless (gst_element_set_state (webrtcbin,
          GST_STATE_READY) == GST_STATE_CHANGE_SUCCESS);
  g_signal_emit_by_name (webrtcbin, "create-data-channel", "x", NULL, &channel);
  fail_unless (channel != NULL);
  offer (webrtcbin);
  return webrtcbin;
}

static guint
association_of (GstElement * webrtcbin, const gchar * factory)
{
  g_autoptr (GstIterator) all =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (webrtcbin),
      factory);
  g_auto (GValue) item = G_VALUE_INIT;
  guint id;

  fail_unless_equals_int (gst_iterator_next (all, &item), GST_ITERATOR_OK);
  g_object_get (g_value_get_object (&item), "sctp-association-id", &id, NULL);
  return id;
}

static gboolean
throws_dice (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return major == 1 && minor < 28;
}

/* given two connections, when each has a data channel, then their associations
 * have numbers that follow each other (or that webrtcbin has seen to), each the
 * same at both of its ends */
GST_START_TEST (test_numbers)
{
  g_autoptr (GstElement) one = webrtcbin_with_channel ();
  g_autoptr (GstElement) other = webrtcbin_with_channel ();
  guint ours = association_of (one, "sctpdec");
  guint theirs = association_of (other, "sctpdec");

  if (throws_dice ())
    fail_unless_equals_int (theirs, ours + 1);
  fail_unless (theirs != ours);
  fail_unless_equals_int (association_of (one, "sctpenc"), ours);
  fail_unless_equals_int (association_of (other, "sctpenc"), theirs);
  gst_element_set_state (one, GST_STATE_NULL);
  gst_element_set_state (other, GST_STATE_NULL);
}

GST_END_TEST;

static Suite *
sctp_associations_suite (void)
{
  Suite *s = suite_create ("sctp-associations");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_numbers);
  return s;
}

GST_CHECK_MAIN (sctp_associations);
