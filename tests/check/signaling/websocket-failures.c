/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What cannot heal ends in one `failed`, of the right code, in words that say
 * what to do.
 */
#include "scripted-server.h"

#include <glib/gstdio.h>
#include <string.h>

/* A port of this machine where nobody listens */
static gchar *
dead_uri (void)
{
  g_autoptr (GSocketListener) listener = g_socket_listener_new ();
  guint16 port = g_socket_listener_add_any_inet_port (listener, NULL, NULL);

  g_socket_listener_close (listener);
  return g_strdup_printf ("ws://127.0.0.1:%u" ROOM_PATH, port);
}

static void
open_uri (Script * script, const gchar * uri)
{
  g_free (script->uri);
  script->uri = g_strdup (uri);
  script_open (script, NULL);
}

/* Given URIs that name no room, when the signaller opens, then it fails at
 * once with the form of a right one. */
static void
test_bad_uri (void)
{
  static const gchar *const uris[] = { "ws://", "ws://host", "ws://host/",
    "ws://host/tea", "ws://host/room/", "ws://host/room/a%20b",
    "ws://host/room/..", "ws:///room/tea", "ws://host:99999/room/tea",
    "ws://host/broom/tea/", "ws://host/room/tea/more"
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (Script) script = script_new (NULL);

    open_uri (script, uris[i]);
    g_assert_cmpuint (script->failures, ==, 0);
    script_expect_failure (script, CALL_SIGNALLER_ERROR_SETTINGS,
        "ws[s]://HOST[:PORT]/room/ROOM");
  }
}

/* Given schemes that nobody speaks, when a signaller is made for them, then
 * the error names those that somebody does. */
static void
test_bad_scheme (void)
{
  static const gchar *const uris[] = { NULL, "", "tea", "http://host/room/tea",
    "wsx://host/room/tea", "/room/tea"
  };

  for (guint i = 0; i < G_N_ELEMENTS (uris); i++) {
    g_autoptr (GError) error = NULL;

    g_assert_null (call_signaller_new_for_uri (uris[i], &error, NULL));
    g_assert_error (error, CALL_SIGNALLER_ERROR, CALL_SIGNALLER_ERROR_SETTINGS);
    g_assert_nonnull (strstr (error->message, "ws://, wss://"));
  }
}

/* Given a server that is not there, when the signaller opens, then it fails
 * after one try, and after as many more as were asked for. */
static void
test_unreachable (void)
{
  g_autofree gchar *uri = dead_uri ();
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (Script) patient = script_new (NULL);
  gint64 start = g_get_monotonic_time ();

  open_uri (script, uri);
  script_expect_failure (script, CALL_SIGNALLER_ERROR_UNREACHABLE,
      "Check the address");

  g_free (patient->uri);
  patient->uri = g_strdup (uri);
  script_open (patient, "connect-retries", 2, NULL);
  start = g_get_monotonic_time ();
  script_expect_failure (patient, CALL_SIGNALLER_ERROR_UNREACHABLE,
      "Check the address");
  g_assert_cmpint (g_get_monotonic_time () - start, >=, 150 * 1000);
}

/* Given a server that takes the connection and says nothing, when the time
 * is up, then the signaller fails; the same if it says nothing to the hello. */
static void
test_silent (void)
{
  g_autoptr (Script) tcp = script_new_raw ();
  g_autoptr (Script) websocket = script_new (NULL);

  script_open (tcp, "connect-timeout", 1, NULL);
  script_expect_failure (tcp, CALL_SIGNALLER_ERROR_UNREACHABLE,
      "does not answer in time");
  script_open (websocket, "connect-timeout", 1, NULL);
  script_expect_failure (websocket, CALL_SIGNALLER_ERROR_UNREACHABLE,
      "does not answer the hello");
}

/* Given a welcome, when the server then says nothing and answers no ping,
 * then the signaller takes it for dead, hangs up and connects again. */
static void
test_dead (void)
{
  g_autoptr (Script) script = script_new_raw ();
  g_autoptr (GBytes) welcome = script_frame (0x81, SCRIPT_WELCOME);

  script_open (script, "silence-timeout", 3, NULL);
  script_raw_upgrade (script, 0, welcome);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  SCRIPT_WAIT (script, script->connections->len == 2);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_RECONNECTING);
  g_assert_cmpuint (script->failures, ==, 0);
  script_raw_expect_end (script, 0);
}

static gboolean
on_enough (gpointer user_data)
{
  *(gboolean *) user_data = TRUE;
  return G_SOURCE_REMOVE;
}

/* Given a server that only answers pings, when the silence would be over
 * long ago, then the signaller is still open. */
static void
test_alive (void)
{
  g_autoptr (Script) script = script_new (NULL);
  gboolean enough = FALSE;

  script_open (script, "silence-timeout", 3, NULL);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, FALSE, 0);
  g_timeout_add (4500, on_enough, &enough);
  SCRIPT_WAIT (script, enough);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_OPEN);
  g_assert_cmpuint (script->sockets->len, ==, 1);
}

/* Given addresses where something else is, when the signaller opens, then it
 * fails with what it met. */
static void
test_not_a_room (void)
{
  static const struct
  {
    const gchar *answer;
    CallSignallerError code;
    const gchar *words;
  } rows[] = {
    {"SSH-2.0-OpenSSH_9.2\r\n\r\n", CALL_SIGNALLER_ERROR_PROTOCOL,
        "does not speak HTTP"},
    {"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n",
        CALL_SIGNALLER_ERROR_PROTOCOL, "HTTP 200"},
    {"HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n",
        CALL_SIGNALLER_ERROR_PROTOCOL, "HTTP 302"},
    {"HTTP/1.1 404 Not Found\r\n\r\n", CALL_SIGNALLER_ERROR_PROTOCOL,
        "404 Not Found"},
    {"HTTP/1.1 403 Forbidden\r\n\r\n", CALL_SIGNALLER_ERROR_REFUSED,
        "403 Forbidden"},
    {"HTTP/1.1 503 X\r\nRetry-After: 9\r\n\r\n",
        CALL_SIGNALLER_ERROR_REFUSED, "503 Service Unavailable"},
    {"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
          "Connection: Upgrade\r\nSec-WebSocket-Accept: AAAA\r\n\r\n",
        CALL_SIGNALLER_ERROR_PROTOCOL, "handshake is wrong"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Script) script = script_new_raw ();

    script_open (script, NULL);
    script_raw_write (script, 0, rows[i].answer, strlen (rows[i].answer));
    script_expect_failure (script, rows[i].code, rows[i].words);
  }
}

/* Given a WebSocket server of something else, or one that compresses, when
 * the signaller opens, then it fails. */
static void
test_other_websocket (void)
{
  static const struct
  {
    const gchar *header;
    const gchar *words;
  } rows[] = {
    {"", "subprotocol"},
    {"Sec-WebSocket-Protocol: chat\r\n", "subprotocol"},
    {"Sec-WebSocket-Protocol: gst-call.1\r\n"
          "Sec-WebSocket-Extensions: permessage-deflate\r\n", "extension"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Script) script = script_new_raw ();
    g_autofree gchar *accept = NULL;
    g_autofree gchar *answer = NULL;

    script_open (script, NULL);
    accept = script_raw_accept_key (script, 0);
    answer = g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\n"
        "Sec-WebSocket-Accept: %s\r\n%s\r\n", accept, rows[i].header);
    script_raw_write (script, 0, answer, strlen (answer));
    script_expect_failure (script, CALL_SIGNALLER_ERROR_PROTOCOL,
        rows[i].words);
  }
}

/* Given refusals before the first welcome, when they come, then the server's
 * code and words are in the failure. */
static void
test_refused (void)
{
  static const gchar *const codes[] = { "token-required", "token-refused",
    "room-full", "unsupported-version", "server-full",
    "of-tomorrow"
  };

  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    g_autoptr (Script) script = script_new (NULL);
    g_autofree gchar *text = g_strdup_printf ("{\"type\":\"error\",\"code\":"
        "\"%s\",\"text\":\"That is why.\"}", codes[i]);
    g_autofree gchar *words = g_strdup_printf ("That is why. (%s)", codes[i]);

    script_open (script, NULL);
    call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
    script_say (script, text);
    script_expect_failure (script, CALL_SIGNALLER_ERROR_REFUSED, words);
  }
}

#define TAKEN "{\"type\":\"error\",\"code\":\"peer-id-taken\"," \
    "\"text\":\"It is taken.\"}"

/* Given a peer id that somebody has, when that is the signaller's own seat of a
 * moment ago, then it gets in as soon as that is gone; else it fails. */
static void
test_taken (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (Script) other = script_new (NULL);

  script_open (script, NULL);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_say (script, TAKEN);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, FALSE, 0);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  g_assert_cmpuint (script->failures, ==, 0);

  script_open (other, NULL);
  for (guint i = 0; i < 6; i++) {
    call_message_unref (script_hear (other, CALL_MESSAGE_HELLO));
    script_say (other, TAKEN);
  }
  script_expect_failure (other, CALL_SIGNALLER_ERROR_REFUSED,
      "It is taken. (peer-id-taken)");
}

/* Given a hello that is not answered yet, when the signaller closes, then it
 * says bye all the same: the seat would stay for a while. */
static void
test_bye_at_once (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) bye = NULL;

  script_open (script, NULL);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  call_signaller_close (script->signaller);
  bye = script_hear (script, CALL_MESSAGE_BYE);
  g_assert_cmpint (bye->seq, ==, CALL_MAX_NUMBER);
}

/* Given a seat whose token has expired, when the server refuses it after a
 * cut, then the signaller gives up and does not try for ever. */
static void
test_refused_later (void)
{
  g_autoptr (Script) script = script_new (NULL);

  script_open_welcomed (script);
  script_cut (script);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_say (script, "{\"type\":\"error\",\"code\":\"token-refused\","
      "\"text\":\"The token has expired.\"}");
  script_expect_failure (script, CALL_SIGNALLER_ERROR_REFUSED, "expired");
}

/* Given close codes that say to stay away, when they come, then the signaller
 * stays away; after another code it comes back. */
static void
test_close_codes (void)
{
  static const struct
  {
    gushort code;
    const gchar *words;
  } rows[] = {
    {4000, "took over the seat"}, {4001, "removed from the room"},
  };
  g_autoptr (Script) script = script_new (NULL);

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Script) away = script_new (NULL);

    script_open_welcomed (away);
    soup_websocket_connection_close (script_socket (away), rows[i].code, NULL);
    script_expect_failure (away, CALL_SIGNALLER_ERROR_REFUSED, rows[i].words);
  }
  script_open_welcomed (script);
  soup_websocket_connection_close (script_socket (script), 4002, "too slow");
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, TRUE, 0);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
}

/* Given a server that is away, when more waits for it than is kept, then the
 * signaller fails and drops nothing in silence. */
static void
test_overflow (void)
{
  g_autoptr (Script) script = script_new (NULL);

  script_open_welcomed (script);
  g_socket_listener_close (script->listener);
  script_cut (script);
  SCRIPT_WAIT (script, call_signaller_get_state (script->signaller) ==
      CALL_SIGNALLER_RECONNECTING);
  for (guint i = 0; i < 256; i++)
    script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  g_assert_cmpuint (script->failures, ==, 0);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  script_expect_failure (script, CALL_SIGNALLER_ERROR_UNREACHABLE,
      "more than 256 messages");
}

/* A file with the certificate of the script's server */
static gchar *
write_ca_file (GTlsCertificate * certificate)
{
  g_autofree gchar *pem = NULL;
  g_autoptr (GError) error = NULL;
  gchar *path;
  gint fd = g_file_open_tmp ("gst-call-XXXXXX.pem", &path, &error);

  g_assert_no_error (error);
  g_close (fd, NULL);
  g_object_get (certificate, "certificate-pem", &pem, NULL);
  g_file_set_contents (path, pem, -1, &error);
  g_assert_no_error (error);
  return path;
}

/* Given a server with a certificate of its own, when the signaller opens, then
 * it fails and names tls-ca-file; with that file it opens, and with the
 * explicit switch, too. */
static void
test_certificate (void)
{
  g_autoptr (GTlsCertificate) certificate = script_certificate ("127.0.0.1");
  g_autofree gchar *path = write_ca_file (certificate);
  g_autoptr (Script) strict = script_new (certificate);
  g_autoptr (Script) with_file = script_new (certificate);
  g_autoptr (Script) insecure = script_new (certificate);

  script_open (strict, NULL);
  script_expect_failure (strict, CALL_SIGNALLER_ERROR_CERTIFICATE,
      "tls-ca-file");
  g_assert_nonnull (strstr (strict->error->message, "issuer is not known"));
  g_assert_cmpuint (strict->sockets->len, ==, 0);

  script_open (with_file, "tls-ca-file", path, NULL);
  call_message_unref (script_hear (with_file, CALL_MESSAGE_HELLO));
  script_welcome (with_file, FALSE, 0);
  call_message_unref (script_get (with_file, CALL_MESSAGE_WELCOME));

  script_open (insecure, "tls-insecure", TRUE, NULL);
  call_message_unref (script_hear (insecure, CALL_MESSAGE_HELLO));
  g_unlink (path);
}

/* Given a trusted certificate for another host, when the signaller opens,
 * then it fails and says so. */
static void
test_wrong_host (void)
{
  g_autoptr (GTlsCertificate) certificate = script_certificate ("example.org");
  g_autofree gchar *path = write_ca_file (certificate);
  g_autoptr (Script) script = script_new (certificate);

  script_open (script, "tls-ca-file", path, NULL);
  script_expect_failure (script, CALL_SIGNALLER_ERROR_CERTIFICATE,
      "another host name");
  g_unlink (path);
}

/* Given a server without TLS, when it is asked for TLS, then the failure says
 * that; given one with TLS that answers plain talk with an alert, then it asks
 * for wss; given a CA file that is none, then it names the file. */
static void
test_tls_settings (void)
{
  g_autoptr (Script) plain = script_new (NULL);
  g_autoptr (Script) no_file = script_new (NULL);
  g_autoptr (Script) tls = script_new_raw ();
  gchar *uri = g_strconcat ("wss", plain->uri + 2, NULL);

  g_free (plain->uri);
  plain->uri = uri;
  script_open (plain, "connect-timeout", 1, NULL);
  script_expect_failure (plain, CALL_SIGNALLER_ERROR_UNREACHABLE,
      "Does the server speak TLS there?");

  script_open (tls, NULL);
  SCRIPT_WAIT (tls, tls->connections->len == 1);
  script_raw_write (tls, 0, "\x15\x03\x03\0\x02\x02\x46", 7);
  script_expect_failure (tls, CALL_SIGNALLER_ERROR_PROTOCOL, "is it wss://?");

  script_open (no_file, "tls-ca-file", "/nowhere/ca.pem", NULL);
  script_expect_failure (no_file, CALL_SIGNALLER_ERROR_SETTINGS,
      "/nowhere/ca.pem");
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/bad-uri", test_bad_uri);
  g_test_add_func ("/websocket/bad-scheme", test_bad_scheme);
  g_test_add_func ("/websocket/unreachable", test_unreachable);
  g_test_add_func ("/websocket/silent", test_silent);
  g_test_add_func ("/websocket/dead", test_dead);
  g_test_add_func ("/websocket/alive", test_alive);
  g_test_add_func ("/websocket/not-a-room", test_not_a_room);
  g_test_add_func ("/websocket/other-websocket", test_other_websocket);
  g_test_add_func ("/websocket/refused", test_refused);
  g_test_add_func ("/websocket/taken", test_taken);
  g_test_add_func ("/websocket/bye-at-once", test_bye_at_once);
  g_test_add_func ("/websocket/refused-later", test_refused_later);
  g_test_add_func ("/websocket/close-codes", test_close_codes);
  g_test_add_func ("/websocket/overflow", test_overflow);
  g_test_add_func ("/websocket/certificate", test_certificate);
  g_test_add_func ("/websocket/wrong-host", test_wrong_host);
  g_test_add_func ("/websocket/tls-settings", test_tls_settings);
  return g_test_run ();
}
