/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a process that has had a call ends without a crash, also while
 * threads that have used GnuTLS, as those of libnice do, are just ending.
 */
#include <gst/check/gstcheck.h>

#include <gnutls/crypto.h>
#include <stdlib.h>

#define CHILD "GST_CALL_EXIT_CHILD"
#define CHILDREN 40             /* of which two crashed with GnuTLS 3.8.9 */
#define THREADS 20
#define SPREAD_US 300           /* in which they end, and the process */

static gint running;            /* atomic */

static gpointer
use_gnutls (gpointer data)
{
  guint8 number[16];

  gnutls_rnd (GNUTLS_RND_NONCE, number, sizeof number);
  g_atomic_int_inc (&running);
  while (g_atomic_int_get (&running) < THREADS)
    g_thread_yield ();
  g_usleep (number[0] * SPREAD_US / G_MAXUINT8);
  return NULL;
}

static int
child (void)
{
  guint i;

  if (!gst_plugin_load_by_name ("call"))
    return 2;
  for (i = 0; i < THREADS; i++)
    g_thread_unref (g_thread_new ("uses-gnutls", use_gnutls, NULL));
  while (g_atomic_int_get (&running) < THREADS)
    g_thread_yield ();
  g_usleep (g_random_int_range (0, SPREAD_US));
  exit (0);
}

/* given a process whose threads are ending, when it ends, then it has no error */
GST_START_TEST (test_threads_end_late)
{
  gchar *argv[] = { g_file_read_link ("/proc/self/exe", NULL), NULL };
  g_auto (GStrv) env = g_environ_setenv (g_get_environ (), CHILD, "1", TRUE);
  guint i;

  for (i = 0; i < CHILDREN; i++) {
    g_autoptr (GError) error = NULL;
    gint status;

    fail_unless (g_spawn_sync (NULL, argv, env, G_SPAWN_DEFAULT, NULL, NULL,
            NULL, NULL, &status, &error), "%s", error ? error->message : "");
    fail_unless (g_spawn_check_wait_status (status, &error), "the %u-th: %s",
        i + 1, error ? error->message : "");
  }
  g_free (argv[0]);
}

GST_END_TEST;

static Suite *
exit_suite (void)
{
  Suite *s = suite_create ("exit");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 240);  /* sanitizers start slowly */
  tcase_add_test (tc, test_threads_end_late);
  return s;
}

int
main (int argc, char **argv)
{
  if (g_getenv (CHILD)) {
    gst_init (&argc, &argv);
    return child ();
  }
  gst_check_init (&argc, &argv);
  return gst_check_run_suite (exit_suite (), "exit", __FILE__);
}
