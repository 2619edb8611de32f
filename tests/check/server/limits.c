/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Deadlines, caps and rates hold, and who breaks one harms nobody else.
 */
#include "client.h"

#include <string.h>
#include <sys/socket.h>

/* Seconds since `start`, monotonic */
static gdouble
since (gint64 start)
{
  return (g_get_monotonic_time () - start) / (gdouble) G_USEC_PER_SEC;
}

/* given connections that never finish their request, one silent, one that
 * sends a byte now and then, when the deadline is over, then both are cut */
static void
test_slow_heads (void)
{
  g_autoptr (CallServer) server = start_server ("head-timeout", 200, NULL);
  gint64 start = g_get_monotonic_time ();
  g_autoptr (Client) silent = client_connect (server);
  g_autoptr (Client) slow = client_connect (server);
  g_autofree gchar *nothing = NULL;
  g_autofree gchar *refusal = NULL;

  for (const gchar * p = "GET /room/tea HTTP/1.1\r\nHost: x\r\nA: bbbbbbbb";
      *p != '\0'; p++) {
    client_write (slow, p, 1);
    g_usleep (10000);           /* this client's pace, not a wait */
  }
  nothing = client_read_all (silent);
  g_assert_cmpstr (nothing, ==, "");
  refusal = client_read_all (slow);
  g_assert_true (*refusal == '\0' || strstr (refusal, " 408 "));
  g_assert_cmpfloat (since (start), >, 0.19);
}

/* given a connection that upgrades and says nothing, or only pings, when the
 * deadline is over, then it hears hello-timeout */
static void
test_no_hello (void)
{
  g_autoptr (CallServer) server = start_server ("hello-timeout", 200, NULL);
  g_autoptr (Client) client = client_upgrade (server, "tea", NULL);
  g_autoptr (Client) other = client_upgrade (server, "tea", NULL);

  for (guint i = 0; i < 20; i++) {
    client_write_frame (other, 0x89, "", 0);
    g_usleep (10000);           /* this client's pace, not a wait */
  }
  g_assert_cmpuint (client_wait_refusal (client, "hello-timeout"), ==, 1008);
  g_assert_cmpuint (client_wait_refusal (other, "hello-timeout"), ==, 1008);
}

/* given two members, one answers pings and one does not, when the pong's time
 * is over, then the dead one is closed with 4003 and the other is told */
static void
test_no_pong (void)
{
  g_autoptr (CallServer) server = start_server ("pong-timeout", 1500,
      "resume-timeout", 100, NULL);
  g_autoptr (Client) alive = client_enter (server, "tea", "alive");
  g_autoptr (Client) dead = client_enter (server, "tea", "dead");
  g_autoptr (CallMessage) changed = NULL;
  g_autoptr (CallMessage) left = NULL;
  gchar *payload;
  gsize length;
  guint pings = 0;
  gint type;

  /* this answers pings meanwhile */
  changed = client_wait_message (alive, CALL_MESSAGE_PEER_CHANGED);
  g_assert_cmpstr (changed->peer->peer_id, ==, "dead");
  g_assert_false (changed->peer->connected);
  left = client_wait_message (alive, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (left->code, ==, "timeout");
  while ((type = client_read_frame (dead, &payload, &length)) == 9) {
    g_free (payload);
    pings++;
  }
  g_assert_cmpuint (pings, >, 0);
  g_assert_cmpint (type, ==, 8);
  g_assert_cmpuint ((guint8) payload[0] << 8 | (guint8) payload[1], ==, 4003);
  g_free (payload);
}

static gboolean
gets_in (CallServer * server, const gchar * refusal)
{
  g_autoptr (Client) client = client_connect (server);
  g_autofree gchar *answer = NULL;

  client_write_text (client, "GET /healthz HTTP/1.0\r\n\r\n");
  answer = client_read_all (client);
  if (g_str_has_prefix (answer, "HTTP/1.1 200 "))
    return TRUE;
  g_assert_true (*answer == '\0' || g_str_has_prefix (answer, refusal));
  return FALSE;
}

/* given an address with as many connections as it may have, when it opens
 * one more, then that is refused until another one ends */
static void
test_address_cap (void)
{
  g_autoptr (CallServer) server = start_server ("max-per-address", 2, NULL);
  g_autoptr (Client) a = client_enter (server, "tea", "a");
  g_autoptr (Client) b = client_enter (server, "tea", "b");
  gint64 end = g_get_monotonic_time () + WAIT * G_USEC_PER_SEC;

  g_assert_false (gets_in (server, "HTTP/1.1 429 "));
  client_say (b, "{\"type\":\"bye\",\"seq\":1}");
  client_wait_close (b);
  g_clear_pointer (&b, client_free);
  while (!gets_in (server, "HTTP/1.1 429 "))
    g_assert_cmpint (g_get_monotonic_time (), <, end);
}

/* given the same, when this machine is exempt, then it may have more; and
 * when the server is full, then nobody may */
static void
test_server_cap (void)
{
  g_autoptr (CallServer) server = start_server ("max-per-address", 1,
      "exempt-loopback", TRUE, "max-connections", 3, NULL);
  g_autoptr (Client) a = client_enter (server, "tea", "a");
  g_autoptr (Client) b = client_enter (server, "tea", "b");
  g_autoptr (Client) c = client_enter (server, "tea", "c");

  g_assert_false (gets_in (server, "HTTP/1.1 503 "));
}

/* given a member that sends 200 messages at once where 50 and then 100 a
 * second are allowed, when the others listen, then they get all, in that
 * time, and another member is not slowed down */
static void
test_rate (void)
{
  g_autoptr (CallServer) server = start_server ("message-rate", 100,
      "message-burst", 50, NULL);
  g_autoptr (Client) fast = client_enter (server, "tea", "fast");
  g_autoptr (Client) calm = client_enter (server, "tea", "calm");
  g_autoptr (Client) ear = client_enter (server, "tea", "ear");
  gint64 start = g_get_monotonic_time ();
  guint from_fast = 0, from_calm = 0;

  for (guint i = 0; i < 200; i++)
    client_say_to (fast, "ear");
  client_say_to (calm, "ear");
  while (from_fast < 200 || from_calm < 1) {
    g_autoptr (CallMessage) message = client_wait_message (ear,
        CALL_MESSAGE_RENEGOTIATE);

    if (strcmp (message->from, "calm") == 0) {
      from_calm++;
      g_assert_cmpuint (from_fast, <, 150);
    } else {
      from_fast++;
    }
  }
  g_assert_cmpfloat (since (start), >, 1.2);
}

/* given a member that does not read while others write to it, when 1 MiB
 * waits, then it is cut, its seat is given up in time, and the others go on */
static void
test_slow_reader (void)
{
  g_autoptr (CallServer) server = start_server ("message-rate", 1000000,
      "message-burst", 1000000, "resume-timeout", 100, "max-queue", 1 << 20,
      NULL);
  g_autoptr (Client) writer = client_enter (server, "tea", "writer");
  g_autoptr (Client) slow = client_enter (server, "tea", "slow");
  g_autoptr (CallMessage) left = NULL;
  g_autofree gchar *sdp = g_strnfill (60000, 'x');
  gint64 end = g_get_monotonic_time () + WAIT * G_USEC_PER_SEC;
  gint small = 4096;
  guint seats = 2, rooms;

  setsockopt (slow->fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
  while (seats == 2) {
    g_autofree gchar *json = g_strdup_printf ("{\"type\":\"offer\",\"seq\":%"
        G_GUINT64_FORMAT ",\"to\":\"slow\",\"session\":\"s\",\"sdp\":\"v=%s\"}",
        ++writer->seq, sdp);

    client_say (writer, json);
    g_assert_cmpint (g_get_monotonic_time (), <, end);
    call_rooms_count (call_server_get_rooms (server), &rooms, &seats);
  }
  left = client_wait_message (writer, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (left->peer->peer_id, ==, "slow");
  g_assert_cmpstr (left->code, ==, "timeout");
  wait_seats (server, 1);
}

/* given members and a half-open request, when the server stops, then members
 * are told to come back, and it does not wait for the other */
static void
test_stop (void)
{
  g_autoptr (CallServer) server = start_server (NULL);
  g_autoptr (Client) member = client_enter (server, "tea", "a");
  g_autoptr (Client) half = client_connect (server);
  gint64 start;
  guint port = call_server_get_port (server);
  g_autofree gchar *again = g_strdup_printf ("127.0.0.1:%u", port);
  g_autoptr (GError) error = NULL;

  client_write_text (half, "GET /");
  start = g_get_monotonic_time ();
  call_server_stop (server);
  g_assert_cmpfloat (since (start), <, 2);
  g_assert_cmpuint (client_wait_close (member), ==, 1001);

  /* the port is free at once */
  g_object_set (server, "listen", again, NULL);
  g_assert_true (call_server_start (server, &error));
  g_assert_no_error (error);
  g_assert_cmpuint (call_server_get_port (server), ==, port);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/limits/slow-heads", test_slow_heads);
  g_test_add_func ("/limits/no-hello", test_no_hello);
  g_test_add_func ("/limits/no-pong", test_no_pong);
  g_test_add_func ("/limits/address-cap", test_address_cap);
  g_test_add_func ("/limits/server-cap", test_server_cap);
  g_test_add_func ("/limits/rate", test_rate);
  g_test_add_func ("/limits/slow-reader", test_slow_reader);
  g_test_add_func ("/limits/stop", test_stop);
  return g_test_run ();
}
