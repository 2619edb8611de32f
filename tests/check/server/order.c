/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: what somebody is told comes in the order of its numbers, whoever said
 * it. A client takes a number below the newest for one that it has had, and an
 * answer that comes late would be lost.
 */
#include "call-direct-signaller.h"
#include "client.h"

/* Below the rate at which the server reads no more from one of them */
#define ROUNDS 12
#define BURST 60

static gpointer
say_much (gpointer client)
{
  for (guint i = 0; i < BURST; i++)
    client_say_to (client, "b");
  return NULL;
}

static void
read_in_order (Client * b, guint64 * seq, guint n)
{
  for (guint i = 0; i < n; i++) {
    g_autoptr (CallMessage) message = client_read_message (b, NULL);

    g_assert_nonnull (message);
    g_assert_cmpuint (message->seq, ==, ++*seq);
    if (message->type != CALL_MESSAGE_RENEGOTIATE)
      i--;
  }
}

/* given a host in the server's process and two who came over the network, when
 * the host and one of them write to the other at the same time, then the other
 * gets all of it in the order of its numbers */
static void
test_host_and_guest (void)
{
  g_autoptr (CallServer) server = start_server (NULL);
  CallSignaller *signaller =
      call_direct_signaller_new (call_server_get_rooms (server), "tea");
  g_autoptr (Person) host = NULL;
  g_autoptr (CallMessage) welcome = NULL;
  g_autoptr (Client) b = NULL;
  guint64 seq = 0;

  g_object_set (signaller, "peer-id", "host", "display-name", "host", NULL);
  host = person_new (signaller);
  welcome = person_wait (host, CALL_MESSAGE_WELCOME);
  b = client_enter (server, "tea", "b");
  for (guint round = 0; round < ROUNDS; round++) {
    g_autofree gchar *id = g_strdup_printf ("a%u", round);
    g_autoptr (Client) a = client_enter (server, "tea", id);
    GThread *thread = g_thread_new ("a", say_much, a);

    for (guint i = 0; i < BURST; i++) {
      person_say_to (host, "b");
      g_thread_yield ();
    }
    g_thread_join (thread);
    read_in_order (b, &seq, 2 * BURST);
  }
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/order/host-and-guest", test_host_and_guest);
  return g_test_run ();
}
