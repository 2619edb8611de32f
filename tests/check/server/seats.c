/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Over real sockets: tokens open a room, secrets give a seat back, and a
 * member in the process is a member as any.
 */
#include "client.h"
#include "call-credentials.h"
#include "call-direct-signaller.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>

static gchar *
make_secret_file (const gchar * text)
{
  gchar *name = NULL;
  gint fd = g_file_open_tmp ("gst-call-secret-XXXXXX", &name, NULL);

  g_assert_cmpint (fd, >=, 0);
  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (name, text, -1, NULL));
  return name;
}

#define SECRET "0123456789abcdef0123456789abcdef"

/* given a server with a token secret, when people come without a token, with
 * a wrong one and with a right one, then only the last gets in; and it comes
 * back by its secret without a token */
static void
test_tokens (void)
{
  g_autofree gchar *file = make_secret_file (SECRET "\n");
  g_autoptr (CallServer) server = start_server ("token-secret-file", file,
      NULL);
  g_autoptr (GBytes) secret = g_bytes_new_static (SECRET, strlen (SECRET));
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;
  g_autofree gchar *good = call_token_make (secret, "tea", now, now + 60);
  g_autofree gchar *old = call_token_make (secret, "tea", now - 60, now - 1);
  g_autofree gchar *other = call_token_make (secret, "milk", now, now + 60);
  const gchar *tokens[] = { NULL, old, other, "eyJhbGciOiJub25lIn0.e30.", "x" };
  g_autoptr (Client) client = NULL;
  g_autoptr (CallMessage) welcome = NULL;
  g_autoptr (Client) again = NULL;
  g_autoptr (CallMessage) resumed = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (tokens); i++) {
    g_autoptr (Client) refused = client_upgrade (server, "tea", NULL);

    client_hello (refused, "a", tokens[i], NULL, 0);
    g_assert_cmpuint (client_wait_refusal (refused, i == 0 ?
            "token-required" : "token-refused"), ==, 1008);
  }
  client = client_upgrade (server, "tea", NULL);
  client_hello (client, "a", good, NULL, 0);
  welcome = client_wait_message (client, CALL_MESSAGE_WELCOME);
  g_clear_pointer (&client, client_free);
  again = client_upgrade (server, "tea", NULL);
  client_hello (again, "a", NULL, welcome->resume, 0);
  resumed = client_wait_message (again, CALL_MESSAGE_WELCOME);
  g_assert_true (resumed->resumed);
  g_unlink (file);
}

/* given an address that guesses tokens, when ten were wrong, then it has to
 * wait, even with a right one */
static void
test_guessing (void)
{
  g_autofree gchar *file = make_secret_file (SECRET);
  g_autoptr (CallServer) server = start_server ("token-secret-file", file,
      NULL);
  guint refused = 0;

  for (;;) {
    g_autoptr (Client) client = client_upgrade (server, "tea", NULL);
    g_autoptr (CallMessage) error = NULL;

    client_hello (client, "a", "x.y.z", NULL, 0);
    error = client_wait_message (client, CALL_MESSAGE_ERROR);
    if (strcmp (error->code, "rate-limited") == 0) {
      g_assert_cmpint (error->retry_after, >, 0);
      g_assert_cmpint (error->retry_after, <=, 60);
      g_assert_cmpuint (client_wait_close (client), ==, 1013);
      break;
    }
    g_assert_cmpstr (error->code, ==, "token-refused");
    refused++;
  }
  g_assert_cmpuint (refused, ==, 10);
  g_unlink (file);
}

/* given a secret that is too short, or not there, when the server starts,
 * then it says so and does not */
static void
test_bad_secret_file (void)
{
  g_autofree gchar *file = make_secret_file ("short");
  g_autoptr (CallServer) server = call_server_new ();
  g_autoptr (GError) error = NULL;

  g_object_set (server, "token-secret-file", file, NULL);
  g_assert_false (call_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, "at least 32"));
  g_clear_error (&error);
  g_unlink (file);
  g_assert_false (call_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, file));
}

/* given a member whose connection is reset, when it comes back while others
 * wrote to it, then it gets that, once, and the others saw it away */
static void
test_resume (void)
{
  g_autoptr (CallServer) server = start_server (NULL);
  g_autoptr (Client) a = client_enter (server, "tea", "a");
  g_autoptr (Client) b = client_upgrade (server, "tea", NULL);
  g_autoptr (Client) again = NULL;
  g_autoptr (CallMessage) welcome = NULL;
  g_autoptr (CallMessage) back = NULL;
  g_autoptr (CallMessage) away = NULL;
  g_autoptr (CallMessage) missed = NULL;
  g_autoptr (CallMessage) here = NULL;
  struct linger reset = { 1, 0 };

  client_hello (b, "b", NULL, NULL, 0);
  welcome = client_wait_message (b, CALL_MESSAGE_WELCOME);
  client_say_to (b, "a");
  setsockopt (b->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
  g_clear_pointer (&b, client_free);
  away = client_wait_message (a, CALL_MESSAGE_PEER_CHANGED);
  g_assert_false (away->peer->connected);
  client_say_to (a, "b");

  again = client_upgrade (server, "tea", NULL);
  client_hello (again, "b", NULL, welcome->resume, 0);
  back = client_wait_message (again, CALL_MESSAGE_WELCOME);
  g_assert_true (back->resumed);
  g_assert_cmpint (back->peer->seat, ==, welcome->peer->seat);
  missed = client_wait_message (again, CALL_MESSAGE_RENEGOTIATE);
  g_assert_cmpuint (missed->seq, ==, 1);
  here = client_wait_message (a, CALL_MESSAGE_PEER_CHANGED);
  g_assert_true (here->peer->connected);
}

typedef struct
{
  GMainContext *context;
  CallServer *server;
  guint heard;
  gint ready;
  gint done;
} Host;

static void
on_message (CallSignaller * signaller, CallMessage * message, Host * host)
{
  g_autoptr (CallMessage) answer = NULL;

  if (message->type == CALL_MESSAGE_WELCOME)
    g_atomic_int_set (&host->ready, 1);
  if (message->type != CALL_MESSAGE_RENEGOTIATE)
    return;
  answer = call_message_new (CALL_MESSAGE_RENEGOTIATE);
  answer->to = g_strdup (message->from);
  answer->session = g_strdup (message->session);
  call_signaller_send (signaller, answer);
  host->heard++;
}

static gpointer
run_host (gpointer data)
{
  Host *host = data;
  g_autoptr (CallSignaller) signaller = NULL;

  g_main_context_push_thread_default (host->context);
  signaller = call_direct_signaller_new (call_server_get_rooms (host->server),
      "tea");
  g_object_set (signaller, "peer-id", "host", NULL);
  g_signal_connect (signaller, "message", G_CALLBACK (on_message), host);
  call_signaller_open (signaller);
  while (!g_atomic_int_get (&host->done))
    g_main_context_iteration (host->context, TRUE);
  call_signaller_close (signaller);
  g_main_context_pop_thread_default (host->context);
  return NULL;
}

/* given a member in the process, in its own thread, and four over sockets,
 * when they ask it, then it answers each as often as it was asked; and when
 * the server stops under it, then nothing breaks */
static void
test_direct (void)
{
  g_autoptr (CallServer) server = start_server ("max-per-address", 0, NULL);
  Host host = { g_main_context_new (), server, 0, 0, 0 };
  GThread *thread = g_thread_new ("host", run_host, &host);
  Client *clients[4];

  while (!g_atomic_int_get (&host.ready))
    g_thread_yield ();
  for (guint i = 0; i < 4; i++)
    clients[i] = client_enter (server, "tea", NULL);
  for (guint n = 0; n < 100; n++) {
    for (guint i = 0; i < 4; i++)
      client_say_to (clients[i], "host");
  }
  for (guint i = 0; i < 4; i++) {
    for (guint n = 0; n < 100; n++) {
      g_autoptr (CallMessage) answer = client_wait_message (clients[i],
          CALL_MESSAGE_RENEGOTIATE);

      g_assert_cmpstr (answer->from, ==, "host");
    }
  }
  for (guint i = 0; i < 4; i++)
    client_say_to (clients[i], "host");
  call_server_stop (server);
  for (guint i = 0; i < 4; i++)
    client_free (clients[i]);
  g_atomic_int_set (&host.done, 1);
  g_main_context_wakeup (host.context);
  g_thread_join (thread);
  g_assert_cmpuint (host.heard, >=, 400);
  g_main_context_unref (host.context);
}

/* given ICE servers and a TURN secret, when somebody is welcomed, then it has
 * them, the turn: one without credentials of its own with time-limited ones,
 * and how long those last; when it asks, then it gets them anew */
static void
test_ice_servers (void)
{
  static const gchar *texts[] = { "stun:stun.example:3478", "turn:turn.example",
    "turn:ann:p%40ss@own.example?transport=tcp"
  };
  g_autofree gchar *file = make_secret_file ("north");
  g_autoptr (CallServer) server = call_server_new ();
  g_autoptr (Client) client = NULL;
  g_autoptr (CallMessage) welcome = NULL;
  g_autoptr (CallMessage) again = NULL;
  const CallIceServer *made, *own;
  g_autoptr (GError) error = NULL;

  for (guint i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (CallIceServer) parsed = call_ice_server_parse (texts[i], &error);

    g_assert_no_error (error);
    call_server_add_ice_server (server, parsed);
  }
  g_object_set (server, "listen", "127.0.0.1:0", "turn-secret-file", file,
      NULL);
  g_assert_true (call_server_start (server, NULL));
  client = client_upgrade (server, "tea", NULL);
  client_hello (client, "ann", NULL, NULL, 0);
  welcome = client_wait_message (client, CALL_MESSAGE_WELCOME);
  g_assert_cmpuint (welcome->ice_servers->len, ==, 3);
  made = welcome->ice_servers->pdata[1];
  own = welcome->ice_servers->pdata[2];
  g_assert_true (g_str_has_suffix (made->username, ":ann"));
  g_assert_cmpint (g_ascii_strtoll (made->username, NULL, 10), >,
      g_get_real_time () / G_USEC_PER_SEC + 3000);
  g_assert_cmpuint (strlen (made->credential), ==, 28);
  g_assert_cmpstr (own->urls[0], ==, "turn:own.example?transport=tcp");
  g_assert_cmpstr (own->username, ==, "ann");
  g_assert_cmpstr (own->credential, ==, "p@ss");
  g_assert_cmpint (welcome->ice_servers_timeout, ==, 3600);

  client_say (client, "{\"type\":\"ice-servers\",\"seq\":1}");
  again = client_wait_message (client, CALL_MESSAGE_ICE_SERVERS);
  g_assert_cmpuint (again->seq, ==, 1);
  g_assert_cmpint (again->ice_servers_timeout, ==, 3600);
  g_assert_cmpuint (again->ice_servers->len, ==, 3);
  made = again->ice_servers->pdata[1];
  g_assert_true (g_str_has_suffix (made->username, ":ann"));
  g_unlink (file);
}

static void
test_wrong_ice_servers (void)
{
  static const gchar *wrong[] = { "http://x", "stun:", "turn:a@b", "x", "",
    "stun:u:p@host", "turn:a b", "turn://host"
  };

  for (guint i = 0; i < G_N_ELEMENTS (wrong); i++)
    g_assert_null (call_ice_server_parse (wrong[i], NULL));
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/seats/tokens", test_tokens);
  g_test_add_func ("/seats/guessing", test_guessing);
  g_test_add_func ("/seats/bad-secret-file", test_bad_secret_file);
  g_test_add_func ("/seats/resume", test_resume);
  g_test_add_func ("/seats/direct", test_direct);
  g_test_add_func ("/seats/ice-servers", test_ice_servers);
  g_test_add_func ("/seats/wrong-ice-servers", test_wrong_ice_servers);
  return g_test_run ();
}
