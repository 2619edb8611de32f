/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call-server as a process: what it prints, how it ends, and that killing or
 * stopping it costs nobody a seat.
 */
#include "client.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#define SILENCE 3               /* seconds, the shortest that a client may ask for */

static gchar *program;

static GSubprocess *
run (const gchar * const *arguments)
{
  g_autoptr (GPtrArray) argv = g_ptr_array_new ();
  g_autoptr (GError) error = NULL;
  GSubprocess *process;

  g_ptr_array_add (argv, program);
  for (guint i = 0; arguments[i] != NULL; i++)
    g_ptr_array_add (argv, (gchar *) arguments[i]);
  g_ptr_array_add (argv, NULL);
  process = g_subprocess_newv ((const gchar * const *) argv->pdata,
      G_SUBPROCESS_FLAGS_STDOUT_PIPE | G_SUBPROCESS_FLAGS_STDERR_PIPE, &error);
  g_assert_no_error (error);
  return process;
}

/* Waits for the first address that it prints, and takes the port out of it */
static guint
read_port (GSubprocess * process)
{
  g_autoptr (GDataInputStream) lines =
      g_data_input_stream_new (g_subprocess_get_stdout_pipe (process));

  g_filter_input_stream_set_close_base_stream (G_FILTER_INPUT_STREAM (lines),
      FALSE);
  for (;;) {
    g_autofree gchar *line = g_data_input_stream_read_line (lines, NULL, NULL,
        NULL);
    const gchar *url = line != NULL ? strstr (line, "http://127.0.0.1:") : NULL;

    g_assert_nonnull (line);
    if (url != NULL)
      return g_ascii_strtoull (url + strlen ("http://127.0.0.1:"), NULL, 10);
  }
}

static GSubprocess *
run_server (guint port, const gchar * state_dir)
{
  g_autofree gchar *address = g_strdup_printf ("127.0.0.1:%u", port);
  const gchar *arguments[] = { "--listen", address, "--state-dir", state_dir,
    "--room", "tea", NULL
  };

  return run (arguments);
}

/* Two people in the room of a server */
typedef struct
{
  gchar *folder;
  GSubprocess *server;
  guint port;
  Person *people[2];
  gint64 seats[2];
} Tea;

static Tea *
tea_new (void)
{
  Tea *tea = g_new0 (Tea, 1);
  g_autofree gchar *uri = NULL;

  tea->folder = g_dir_make_tmp ("gst-call-state-XXXXXX", NULL);
  tea->server = run_server (0, tea->folder);
  tea->port = read_port (tea->server);
  uri = g_strdup_printf ("ws://127.0.0.1:%u/room/tea", tea->port);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (CallMessage) welcome = NULL;

    tea->people[i] = person_new_for_uri (uri, "peer-id", i == 0 ? "a" : "b",
        "silence-timeout", SILENCE, NULL);
    welcome = person_wait (tea->people[i], CALL_MESSAGE_WELCOME);
    tea->seats[i] = welcome->peer->seat;
  }
  return tea;
}

static void
tea_kill (Tea * tea)
{
  g_subprocess_force_exit (tea->server);
  g_assert_true (g_subprocess_wait (tea->server, NULL, NULL));
  g_clear_object (&tea->server);
}

static void
tea_free (Tea * tea)
{
  tea_kill (tea);
  for (guint i = 0; i < 2; i++)
    person_free (tea->people[i]);
  remove_folder (tea->folder);
  g_free (tea->folder);
  g_free (tea);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Tea, tea_free);

/* Both come back to their seats, and what b said meanwhile arrives */
static void
tea_expect_resumed (Tea * tea, gboolean counts)
{
  g_autoptr (CallMessage) heard = NULL;

  for (guint i = 0; i < 2; i++) {
    g_autoptr (CallMessage) welcome = person_wait (tea->people[i],
        CALL_MESSAGE_WELCOME);

    g_assert_true (welcome->resumed);
    g_assert_cmpint (welcome->peer->seat, ==, tea->seats[i]);
    g_assert_true ((welcome->last_seq != CALL_SEQ_UNKNOWN) == counts);
  }
  if (!counts)
    person_say_to (tea->people[1], "a");
  heard = person_wait (tea->people[0], CALL_MESSAGE_RENEGOTIATE);
  g_assert_cmpstr (heard->from, ==, "b");
}

/* given two people in a room, when the server is killed and started again,
 * then both are in their seats again, know of each other, and can talk */
static void
test_killed (void)
{
  g_autoptr (Tea) tea = tea_new ();

  for (guint round = 0; round < 2; round++) {
    tea_kill (tea);
    tea->server = run_server (tea->port, tea->folder);
    g_assert_cmpuint (read_port (tea->server), ==, tea->port);
    tea_expect_resumed (tea, FALSE);
  }
}

/* given two people in a room, when the server stands still until they have
 * given its connections up, and goes on, then both are in their seats again,
 * nobody was seen to leave, and what was said meanwhile arrives */
static void
test_stopped (void)
{
  g_autoptr (Tea) tea = tea_new ();
  GPtrArray *messages = tea->people[0]->messages;

  g_subprocess_send_signal (tea->server, SIGSTOP);
  for (guint i = 0; i < 2; i++)
    person_wait_state (tea->people[i], CALL_SIGNALLER_RECONNECTING);
  person_say_to (tea->people[1], "a");
  g_subprocess_send_signal (tea->server, SIGCONT);
  tea_expect_resumed (tea, TRUE);
  for (guint i = 0; i < messages->len; i++)
    g_assert_cmpint (((CallMessage *) messages->pdata[i])->type, !=,
        CALL_MESSAGE_PEER_LEFT);
}

/* given a server, when it gets SIGTERM or SIGINT, then it ends with status 0 */
static void
test_signals (void)
{
  const gint numbers[] = { SIGTERM, SIGINT };
  g_autofree gchar *folder = g_dir_make_tmp ("gst-call-state-XXXXXX", NULL);

  for (guint i = 0; i < G_N_ELEMENTS (numbers); i++) {
    g_autoptr (GSubprocess) server = run_server (0, folder);

    read_port (server);
    g_subprocess_send_signal (server, numbers[i]);
    g_assert_true (g_subprocess_wait_check (server, NULL, NULL));
  }
  remove_folder (folder);
}

static void
expect_failure (const gchar * const *arguments, const gchar * advice)
{
  g_autoptr (GSubprocess) process = run (arguments);
  g_autofree gchar *text = NULL;

  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, NULL,
          &text, NULL));
  g_assert_true (g_subprocess_get_if_exited (process));
  g_assert_cmpint (g_subprocess_get_exit_status (process), ==, 1);
  if (strstr (text, advice) == NULL)
    g_error ("“%s” is not in: %s", advice, text);
}

/* given options that cannot be followed, when it starts, then it ends with
 * status 1 and a line that says what to do */
static void
test_bad_options (void)
{
  g_autofree gchar *folder = g_dir_make_tmp ("gst-call-state-XXXXXX", NULL);
  g_autoptr (GSubprocess) server = run_server (0, folder);
  g_autofree gchar *taken = g_strdup_printf ("127.0.0.1:%u",
      read_port (server));
  const gchar *in_use[] = { "--listen", taken, "--state-dir", folder, NULL };
  const gchar *no_address[] = { "--listen", "8443", "--state-dir", folder,
    NULL
  };
  const gchar *not_ours[] = { "--listen", "192.0.2.77:0", "--state-dir",
    folder, NULL
  };
  const gchar *no_key[] = { "--tls-cert", "/nonexistent", "--tls-key",
    "/nonexistent", "--state-dir", folder, NULL
  };
  const gchar *no_folder[] = { "--state-dir", "/proc/nothing", NULL };
  const gchar *no_ice[] = { "--ice-server", "http://x", NULL };
  const gchar *no_option[] = { "--nonsense", NULL };
  const gchar *no_secret[] = { "--make-token", "tea", NULL };
  const gchar *low[] = { "--listen", "127.0.0.1:1", "--state-dir", folder,
    NULL
  };

  expect_failure (in_use, "listen on another one");
  expect_failure (no_address, "HOST:PORT");
  expect_failure (not_ours, "does not have that address");
  expect_failure (no_key, "/nonexistent");
  expect_failure (no_folder, "--state-dir");
  expect_failure (no_ice, "stun:HOST");
  expect_failure (no_option, "nonsense");
  expect_failure (no_secret, "--token-secret");
  if (geteuid () != 0)
    expect_failure (low, "1024");
  g_subprocess_force_exit (server);
  g_assert_true (g_subprocess_wait (server, NULL, NULL));
  remove_folder (folder);
}

/* given a secret, when a token is asked for, then one is printed */
static void
test_make_token (void)
{
  g_autofree gchar *name = NULL;
  gint fd = g_file_open_tmp ("gst-call-secret-XXXXXX", &name, NULL);
  const gchar *arguments[] = { "--token-secret", name, "--make-token", "tea",
    "--ttl", "60", NULL
  };
  g_autoptr (GSubprocess) process = NULL;
  g_autofree gchar *token = NULL;
  g_auto (GStrv) parts = NULL;

  g_assert_true (g_close (fd, NULL));
  g_assert_true (g_file_set_contents (name, "0123456789abcdef0123456789abcdef",
          -1, NULL));
  process = run (arguments);
  g_assert_true (g_subprocess_communicate_utf8 (process, NULL, NULL, &token,
          NULL, NULL));
  g_assert_true (g_subprocess_get_successful (process));
  parts = g_strsplit (token, ".", -1);
  g_assert_cmpuint (g_strv_length (parts), ==, 3);
  g_unlink (name);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  program = g_build_filename (g_getenv ("GST_CALL_BUILD_ROOT"), "signaling",
      "call-server", NULL);
  g_test_add_func ("/program/killed", test_killed);
  g_test_add_func ("/program/stopped", test_stopped);
  g_test_add_func ("/program/signals", test_signals);
  g_test_add_func ("/program/bad-options", test_bad_options);
  g_test_add_func ("/program/make-token", test_make_token);
  return g_test_run ();
}
