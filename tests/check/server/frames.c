/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * No frame, however wrong, costs the server more than its connection.
 */
#include "client.h"

#include <string.h>

static CallServer *server;

static gchar *
filled (gsize length, gchar letter)
{
  gchar *text = g_malloc (length + 1);

  memset (text, letter, length);
  text[length] = '\0';
  return text;
}

/* given a member, when it sends a message of 64 KiB and a byte, whole or in
 * fragments that never end, then it hears too-large and is closed with 1009,
 * before the server has read all that was announced */
static void
test_too_large (void)
{
  g_autofree gchar *big = filled (CALL_MAX_MESSAGE + 1, ' ');
  g_autofree gchar *part = filled (16000, ' ');

  for (guint way = 0; way < 3; way++) {
    g_autoptr (Client) client = client_enter (server, "large", "a");

    if (way == 0) {
      client_write_frame (client, 0x81, big, CALL_MAX_MESSAGE + 1);
    } else if (way == 1) {
      client_write_frame (client, 0x01, part, 16000);
      for (guint i = 0; i < 4; i++)
        client_write_frame (client, 0x00, part, 16000);
    } else {
      /* 2^62 bytes are announced, none come */
      client_write (client, "\x81\xff\x40\0\0\0\0\0\0\0\1\2\3\4", 14);
    }
    g_assert_cmpuint (client_wait_refusal (client, "too-large"), ==, 1009);
    g_clear_pointer (&client, client_free);
    {
      g_autoptr (Client) other = client_upgrade (server, "large", NULL);
      g_autoptr (CallMessage) welcome = NULL;

      /* the seat waits for a resume, it is not lost */
      client_hello (other, "b", NULL, NULL, 0);
      welcome = client_wait_message (other, CALL_MESSAGE_WELCOME);
      g_assert_cmpuint (welcome->peers->len, ==, 1);
      client_say (other, "{\"type\":\"bye\",\"seq\":1}");
      g_assert_cmpuint (client_wait_close (other), ==, 1000);
    }
    wait_seats (server, 0);
  }
}

/* given a member, when it sends fragments without anything in them, then it
 * is closed with 1009 after 256 */
static void
test_empty_fragments (void)
{
  g_autoptr (Client) client = client_enter (server, "fragments", "a");

  client_write_frame (client, 0x01, "", 0);
  for (guint i = 0; i < 256; i++)
    client_write_frame (client, 0x00, "", 0);
  g_assert_cmpuint (client_wait_close (client), ==, 1009);
}

/* given a member, when it sends a message of exactly 64 KiB in fragments with
 * a ping between them, then it is answered as any message */
static void
test_whole_in_fragments (void)
{
  g_autoptr (Client) client = client_enter (server, "whole", "a");
  g_autoptr (Client) other = client_enter (server, "whole", "b");
  g_autoptr (CallMessage) message = NULL;
  const gchar *json = "{\"type\":\"renegotiate\",\"seq\":1,\"to\":\"b\","
      "\"session\":\"s\",\"more\":\"";
  g_autoptr (GString) text = g_string_new (json);
  g_autofree gchar *more = filled (CALL_MAX_MESSAGE - strlen (json) - 2, 'x');

  g_string_append_printf (text, "%s\"}", more);
  g_assert_cmpuint (text->len, ==, CALL_MAX_MESSAGE);
  client_write_frame (client, 0x01, text->str, 30000);
  client_write_frame (client, 0x89, "ping", 4);
  client_write_frame (client, 0x00, text->str + 30000, 30000);
  client_write_frame (client, 0x80, text->str + 60000, text->len - 60000);
  message = client_wait_message (other, CALL_MESSAGE_RENEGOTIATE);
  g_assert_cmpstr (message->from, ==, "a");
}

/* given a member, when it sends JSON of any depth up to 64 KiB, then it hears
 * too-deep, or nothing is wrong, and it stays */
static void
test_depth (void)
{
  g_autoptr (Client) client = client_enter (server, "deep", "a");
  g_autoptr (CallMessage) alive = NULL;
  static const guint depths[] = { 17, 1000, 65536 };

  for (guint i = 0; i < G_N_ELEMENTS (depths); i++) {
    g_autofree gchar *deep = filled (depths[i], i & 1 ? '{' : '[');
    g_autoptr (CallMessage) error = NULL;

    client_say (client, deep);
    error = client_wait_message (client, CALL_MESSAGE_ERROR);
    g_assert_cmpstr (error->code, ==, i & 1 ? "bad-message" : "too-deep");
  }
  client_say_to (client, "nobody");
  alive = client_wait_message (client, CALL_MESSAGE_ERROR);
  g_assert_cmpstr (alive->code, ==, "no-such-peer");
}

/* given a connection, when the very first message is 64 KiB of brackets, then
 * it is refused */
static void
test_deep_hello (void)
{
  g_autoptr (Client) client = client_upgrade (server, "deep", NULL);
  g_autofree gchar *deep = filled (CALL_MAX_MESSAGE, '[');

  client_say (client, deep);
  g_assert_cmpuint (client_wait_refusal (client, "too-deep"), ==, 1008);
}

/* given a member, when it breaks RFC 6455, then it is closed with the code
 * of its section 7.4.1 */
static void
test_broken_frames (void)
{
  static const struct
  {
    const gchar *bytes;
    gsize length;
    guint code;
  } rows[] = {
    /* not masked */
    {"\x81\x02hi", 4, 1002},
    /* compressed, and the other reserved bits */
    {"\xc1\x80\0\0\0\0", 6, 1002},
    {"\xa1\x80\0\0\0\0", 6, 1002},
    {"\x91\x80\0\0\0\0", 6, 1002},
    /* unknown types */
    {"\x83\x80\0\0\0\0", 6, 1002},
    {"\x8b\x80\0\0\0\0", 6, 1002},
    /* a fragment of nothing, a message in a message */
    {"\x80\x80\0\0\0\0", 6, 1002},
    {"\x01\x80\0\0\0\0\x81\x80\0\0\0\0", 12, 1002},
    /* control frames in fragments, and too long */
    {"\x09\x80\0\0\0\0", 6, 1002},
    {"\x89\xfe\0\x7e\0\0\0\0", 8, 1002},
    /* longer forms of a length than needed */
    {"\x81\xfe\0\x01\0\0\0\0x", 9, 1002},
    {"\x81\xff\0\0\0\0\0\0\x01\0\0\0\0\0", 14, 1002},
    {"\x81\xff\x80\0\0\0\0\0\0\0\0\0\0\0", 14, 1002},
    /* binary, not UTF-8 */
    {"\x82\x80\0\0\0\0", 6, 1003},
    {"\x81\x82\0\0\0\0\xc3\x28", 8, 1007},
    /* close: with a code, without, with half of one, with one not allowed */
    {"\x88\x82\0\0\0\0\x03\xe8", 8, 1000},
    {"\x88\x80\0\0\0\0", 6, 0},
    {"\x88\x81\0\0\0\0x", 7, 1002},
    {"\x88\x82\0\0\0\0\0\0", 8, 1002},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *room = g_strdup_printf ("broken-%u", i);
    g_autoptr (Client) client = client_enter (server, room, "a");

    client_write (client, rows[i].bytes, rows[i].length);
    g_assert_cmpuint (client_wait_close (client), ==, rows[i].code);
  }
}

/* given a browser that offers permessage-deflate, when it upgrades, then the
 * server does not take the offer (client_upgrade () looks), and a compressed
 * frame ends the connection instead of being inflated */
static void
test_no_deflate (void)
{
  g_autoptr (Client) client = client_upgrade (server, "deflate",
      "Sec-WebSocket-Extensions: permessage-deflate; "
      "client_max_window_bits\r\n");

  client_write_frame (client, 0xc1, "\xaa\x56\x2a\xa9\x2c\x48\x55", 7);
  g_assert_cmpuint (client_wait_close (client), ==, 1002);
}

/* given random bytes behind the upgrade, when they are sent, then the server
 * serves the next one */
static void
test_noise (void)
{
  g_autoptr (CallServer) hasty = start_server ("max-per-address", 0,
      "hello-timeout", 100, NULL);
  g_autoptr (Client) next = NULL;

  for (guint i = 0; i < 50; i++) {
    g_autoptr (Client) client = client_upgrade (hasty, "noise", NULL);
    guint8 noise[2000];

    for (gsize n = 0; n < sizeof noise; n++)
      noise[n] = g_test_rand_int_range (0, 256);
    /* half of them look like frames for longer */
    if (i & 1) {
      noise[0] = 0x81;
      noise[1] = 0xfe;
      noise[2] = 0x02;
    }
    client_write (client, noise, sizeof noise);
    /* bytes may be missing for a whole frame, so the hello's deadline ends it */
    client_wait_close (client);
  }
  next = client_upgrade (hasty, "noise", NULL);
}

gint
main (gint argc, gchar ** argv)
{
  gint result;

  g_test_init (&argc, &argv, NULL);
  server = start_server ("max-per-address", 0, "resume-timeout", 1000, NULL);
  g_test_add_func ("/frames/too-large", test_too_large);
  g_test_add_func ("/frames/empty-fragments", test_empty_fragments);
  g_test_add_func ("/frames/whole-in-fragments", test_whole_in_fragments);
  g_test_add_func ("/frames/depth", test_depth);
  g_test_add_func ("/frames/deep-hello", test_deep_hello);
  g_test_add_func ("/frames/broken", test_broken_frames);
  g_test_add_func ("/frames/no-deflate", test_no_deflate);
  g_test_add_func ("/frames/noise", test_noise);
  result = g_test_run ();
  g_object_unref (server);
  return result;
}
