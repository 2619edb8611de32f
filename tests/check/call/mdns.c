/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a candidate with a name gets its address without anybody waiting;
 * one without an answer is left out.
 */
#include <gst/check/gstcheck.h>

#include "gstcallmdns.h"
#include "names.h"

#define HERE "candidate:1 1 udp 2113937151 here-1.local 50000 typ host"
#define NOBODY "candidate:1 1 udp 2113937151 nobody.local 50000 typ host"
#define NEVER "candidate:1 1 udp 2113937151 never.local 50000 typ host"

static void
on_candidate (gpointer data, guint mline, const gchar * candidate)
{
  g_ptr_array_add (data, g_strdup_printf ("%u %s", mline, candidate));
}

static void
settle (void)
{
  while (g_main_context_iteration (NULL, FALSE));
}

/* given candidates with a name that has an address, one that has none, and one
 * whose resolver is silent, when they are resolved, then the first is given on
 * with its address, and nothing waits for the others, the end neither */
GST_START_TEST (test_mdns_resolve)
{
  g_autoptr (GPtrArray) got = g_ptr_array_new_with_free_func (g_free);
  GstCallMdns *mdns = gst_call_mdns_new (on_candidate, got);

  gst_call_mdns_resolve (mdns, 1, NEVER);
  gst_call_mdns_resolve (mdns, 1, NOBODY);
  gst_call_mdns_resolve (mdns, 2, HERE);
  fail_unless_equals_int (got->len, 0);
  settle ();
  fail_unless_equals_int (got->len, 1);
  fail_unless_equals_string (g_ptr_array_index (got, 0),
      "2 candidate:1 1 udp 2113937151 127.0.0.1 50000 typ host");
  gst_call_mdns_free (mdns);
  settle ();
  fail_unless_equals_int (got->len, 1);
}

GST_END_TEST;

/* given a peer that sends names without end, when none is answered, then only
 * the first few are asked for */
GST_START_TEST (test_mdns_flood)
{
  g_autoptr (GPtrArray) got = g_ptr_array_new_with_free_func (g_free);
  GstCallMdns *mdns = gst_call_mdns_new (on_candidate, got);
  guint before = test_names_count ();
  guint i;

  for (i = 0; i < 10 * GST_CALL_MDNS_MAX; i++)
    gst_call_mdns_resolve (mdns, 0, NEVER);
  settle ();
  fail_unless_equals_int (test_names_count () - before, GST_CALL_MDNS_MAX);
  gst_call_mdns_free (mdns);
  settle ();
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
mdns_suite (void)
{
  Suite *s = suite_create ("mdns");
  TCase *tc = tcase_create ("mdns");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_checked_fixture (tc, test_names_use, NULL);
  tcase_add_test (tc, test_mdns_resolve);
  tcase_add_test (tc, test_mdns_flood);
  return s;
}

GST_CHECK_MAIN (mdns);
