/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The page is served with headers that keep it safe, and nothing else is.
 */
#include "client.h"

#include <string.h>

static CallServer *server;

static gchar *
ask (const gchar * request)
{
  g_autoptr (Client) client = client_connect (server);

  client_write_text (client, request);
  return client_read_response (client);
}

static guint
status_of (const gchar * response)
{
  g_assert_true (g_str_has_prefix (response, "HTTP/1.1 "));
  return g_ascii_strtoull (response + strlen ("HTTP/1.1 "), NULL, 10);
}

/* given the server, when the page of a room is asked for, then it comes with
 * a policy that allows nothing inline and nothing from elsewhere */
static void
test_page (void)
{
  g_autofree gchar *response = ask ("GET /room/tea?x=1 HTTP/1.1\r\n"
      "Host: localhost\r\n\r\n");
  static const gchar *wanted[] = {
    "Content-Type: text/html; charset=utf-8\r\n",
    "X-Content-Type-Options: nosniff\r\n", "Referrer-Policy: no-referrer\r\n",
    "default-src 'none'", "script-src 'self'", "frame-ancestors 'none'",
    "base-uri 'none'", "Permissions-Policy: camera=(self), microphone=(self)",
  };

  g_assert_cmpuint (status_of (response), ==, 200);
  for (guint i = 0; i < G_N_ELEMENTS (wanted); i++)
    g_assert_nonnull (strstr (response, wanted[i]));
  g_assert_null (strstr (response, "unsafe-"));
  g_assert_nonnull (strstr (response, "<html"));
}

/* given the server, when one thing or another is asked for, then the status
 * says what it is */
static void
test_statuses (void)
{
  static const struct
  {
    const gchar *request;
    guint status;
  } rows[] = {
    {"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n", 200},
    {"GET /healthz HTTP/1.0\r\n\r\n", 200},
    {"GET / HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /room/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /room/a/b HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /room/.. HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /room/%2e%2e HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /web/../index.html HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /web//etc/passwd HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"GET /web/ HTTP/1.1\r\nHost: x\r\n\r\n", 404},
    {"POST /room/tea HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n", 405},
    {"HEAD /room/tea HTTP/1.1\r\nHost: x\r\n\r\n", 405},
    {"PRI * HTTP/2.0\r\n\r\n", 505},
    {"GET /room/tea HTTP/1.1\r\n\r\n", 400},
    {"GET /room/tea HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400},
    {"GET /room/tea HTTP/1.1\r\nHost : x\r\n\r\n", 400},
    {"GET /room/tea HTTP/1.1\r\nHost: x\r\n folded: y\r\n\r\n", 400},
    {"GET room/tea HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"GET  /room/tea HTTP/1.1\r\nHost: x\r\n\r\n", 400},
    {"nonsense\r\n\r\n", 400},
    {"\r\n\r\n", 400},
    {"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n", 413},
    {"GET / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", 413},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *response = ask (rows[i].request);

    if (status_of (response) != rows[i].status)
      g_error ("%s gives %s", rows[i].request, response);
    g_assert_nonnull (strstr (response, "nosniff"));
  }
}

/* given a browser, when it asks for two things in one connection, then it
 * gets both */
static void
test_keep_alive (void)
{
  g_autoptr (Client) client = client_connect (server);
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *nothing = NULL;

  client_write_text (client, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
      "GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
  first = client_read_response (client);
  second = client_read_response (client);
  g_assert_cmpuint (status_of (first), ==, 200);
  g_assert_cmpuint (status_of (second), ==, 404);
  nothing = client_read_all (client);
  g_assert_cmpstr (nothing, ==, "");
}

/* given heads that are too long, have too many lines, or have a NUL, when
 * they are sent, then they are refused */
static void
test_big_heads (void)
{
  g_autoptr (GString) long_line = g_string_new ("GET /");
  g_autoptr (GString) many_lines = g_string_new ("GET / HTTP/1.1\r\n");
  g_autofree gchar *response = NULL;
  g_autofree gchar *other = NULL;

  while (long_line->len < 9000)
    g_string_append (long_line, "xxxxxxxxxx");
  response = ask (long_line->str);
  g_assert_cmpuint (status_of (response), ==, 431);
  for (guint i = 0; i < 100; i++)
    g_string_append (many_lines, "A: b\r\n");
  g_string_append (many_lines, "\r\n");
  other = ask (many_lines->str);
  g_assert_cmpuint (status_of (other), ==, 431);
}

static guint
upgrade_with (const gchar * lines)
{
  g_autofree gchar *request = g_strdup_printf ("GET /room/tea HTTP/1.1\r\n"
      "Host: call.example:8443\r\nUpgrade: websocket\r\n"
      "Connection: keep-alive, Upgrade\r\n%s\r\n", lines);
  g_autofree gchar *response = ask (request);

  return status_of (response);
}

#define KEY "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
#define VERSION_13 "Sec-WebSocket-Version: 13\r\n"
#define PROTOCOL "Sec-WebSocket-Protocol: other, gst-call.1\r\n"

/* given pages of this host, of an allowed one, and of others, when their
 * scripts open a socket, then only the first two get one */
static void
test_origin (void)
{
  static const struct
  {
    const gchar *origin;
    guint status;
  } rows[] = {
    {"", 101},
    {"Origin: https://call.example:8443\r\n", 101},
    {"Origin: https://CALL.example:8443\r\n", 101},
    {"Origin: https://friend.example\r\n", 101},
    {"Origin: https://evil.example\r\n", 403},
    {"Origin: https://call.example\r\n", 403},
    {"Origin: https://call.example:8443.evil.example\r\n", 403},
    {"Origin: https://evil.example/://call.example:8443\r\n", 403},
    {"Origin: null\r\n", 403},
    {"Origin: \r\n", 403},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *lines = g_strconcat (KEY VERSION_13 PROTOCOL,
        rows[i].origin, NULL);

    if (upgrade_with (lines) != rows[i].status)
      g_error ("%s", rows[i].origin);
  }
}

/* given handshakes that are not ours, when they come, then they are refused
 * with what is missing */
static void
test_handshake (void)
{
  g_assert_cmpuint (upgrade_with (KEY VERSION_13 PROTOCOL), ==, 101);
  g_assert_cmpuint (upgrade_with (VERSION_13 PROTOCOL), ==, 400);
  g_assert_cmpuint (upgrade_with ("Sec-WebSocket-Key: c2hvcnQ=\r\n" VERSION_13
          PROTOCOL), ==, 400);
  g_assert_cmpuint (upgrade_with (KEY PROTOCOL), ==, 426);
  g_assert_cmpuint (upgrade_with (KEY "Sec-WebSocket-Version: 8\r\n" PROTOCOL),
      ==, 426);
  g_assert_cmpuint (upgrade_with (KEY VERSION_13), ==, 400);
  g_assert_cmpuint (upgrade_with (KEY VERSION_13
          "Sec-WebSocket-Protocol: gst-call.2\r\n"), ==, 400);
}

/* given a room whose name is none, when somebody joins it, then the script of
 * a page can read why not */
static void
test_bad_room (void)
{
  g_autoptr (Client) client = client_upgrade (server, "a,b", NULL);

  client_hello (client, NULL, NULL, NULL, 0);
  g_assert_cmpuint (client_wait_refusal (client, "bad-room"), ==, 1008);
}

gint
main (gint argc, gchar ** argv)
{
  gint result;
  const gchar *allowed[] = { "https://friend.example", NULL };

  g_test_init (&argc, &argv, NULL);
  server = start_server ("max-per-address", 0, "allowed-origins", allowed,
      NULL);
  g_test_add_func ("/http/page", test_page);
  g_test_add_func ("/http/statuses", test_statuses);
  g_test_add_func ("/http/keep-alive", test_keep_alive);
  g_test_add_func ("/http/big-heads", test_big_heads);
  g_test_add_func ("/http/origin", test_origin);
  g_test_add_func ("/http/handshake", test_handshake);
  g_test_add_func ("/http/bad-room", test_bad_room);
  result = g_test_run ();
  g_object_unref (server);
  return result;
}
