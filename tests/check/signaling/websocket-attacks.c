/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A hostile or broken server costs the client one clear failure at most, and
 * no memory beyond the bounds.
 */
#include "call-bounded-stream.h"
#include "scripted-server.h"

#include <string.h>

#define FIN_TEXT 0x81
#define TEXT 0x01
#define CONTINUATION 0x00

static Script *
open_raw (void)
{
  Script *script = script_new_raw ();
  g_autoptr (GBytes) welcome = script_frame (FIN_TEXT, SCRIPT_WELCOME);

  script_open (script, NULL);
  script_raw_upgrade (script, 0, welcome);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  return script;
}

static void
write_frame (Script * script, guint8 first_byte, const gchar * text)
{
  g_autoptr (GBytes) frame = script_frame (first_byte, text);

  script_raw_write (script, 0, g_bytes_get_data (frame, NULL),
      g_bytes_get_size (frame));
}

/* Given a welcome in the same packet as the upgrade, when the signaller reads
 * on, then nothing of it is lost. */
static void
test_early_frame (void)
{
  script_free (open_raw ());
}

/* Given garbage, deep nesting and unknown types after the welcome, when they
 * come, then they are ignored, which is told once, and the next good message comes
 * out. */
static void
test_garbage (void)
{
  g_autoptr (Script) script = open_raw ();
  g_autofree gchar *deep = g_strnfill (60000, '[');
  g_autoptr (CallMessage) message = NULL;
  const gchar *bad[] = { "", "x", "{}", deep, "{\"type\":\"peer-left\"}",
    "{\"type\":\"offer\",\"seq\":1,\"from\":\"a\",\"session\":\"s\","
        "\"sdp\":\"\\u0000\"}"
  };

  for (guint i = 0; i < G_N_ELEMENTS (bad); i++)
    write_frame (script, FIN_TEXT, bad[i]);
  write_frame (script, 0x82, "\x01\x02");
  write_frame (script, FIN_TEXT, "{\"type\":\"error\",\"seq\":1,"
      "\"code\":\"internal\",\"text\":\"still here\"}");
  message = script_get (script, CALL_MESSAGE_ERROR);
  g_assert_cmpstr (message->text, ==, "still here");
  g_assert_cmpuint (script->ignored, ==, 1);
  g_assert_cmpuint (script->failures, ==, 0);
}

/* Given something else than a welcome as the answer to the hello, when it
 * comes, then the signaller fails. */
static void
test_no_welcome (void)
{
  static const struct
  {
    const gchar *text;
    const gchar *words;
  } rows[] = {
    {"hello", "Not a JSON text"},
    {"{\"type\":\"bye\",\"seq\":1}", "wrong type"},
    {"{\"type\":\"welcome\"}", "“version” is missing"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autoptr (Script) script = script_new_raw ();

    script_open (script, NULL);
    script_raw_upgrade (script, 0, NULL);
    write_frame (script, FIN_TEXT, rows[i].text);
    script_expect_failure (script, CALL_SIGNALLER_ERROR_PROTOCOL,
        rows[i].words);
  }
}

/* Given a frame that says it has 65,537 bytes or 2^63, when its header comes,
 * then the signaller fails without waiting for the rest. */
static void
test_large_frame (void)
{
  static const guint8 headers[][10] = {
    {FIN_TEXT, 127, 0, 0, 0, 0, 0, 1, 0, 1},
    {FIN_TEXT, 127, 0x80, 0, 0, 0, 0, 0, 0, 0},
    {FIN_TEXT, 127, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
  };

  for (guint i = 0; i < G_N_ELEMENTS (headers); i++) {
    g_autoptr (Script) script = open_raw ();

    script_raw_write (script, 0, headers[i], sizeof headers[i]);
    script_expect_failure (script, CALL_SIGNALLER_ERROR_PROTOCOL,
        "more than 65536 bytes");
  }
}

/* Given a message in fragments without end, when they are more than 64 KiB,
 * then the signaller fails; pings between them do not help. */
static void
test_fragments (void)
{
  g_autoptr (Script) script = open_raw ();
  g_autofree gchar *kilobyte = g_strnfill (1024, 'x');

  write_frame (script, TEXT, kilobyte);
  for (guint i = 0; i < 70 && script->failures == 0; i++) {
    write_frame (script, CONTINUATION, kilobyte);
    write_frame (script, 0x89, "ping");
    while (g_main_context_iteration (NULL, FALSE))
      continue;
  }
  script_expect_failure (script, CALL_SIGNALLER_ERROR_PROTOCOL,
      "more than 65536 bytes");
}

/* Given many small messages at once, far more than 64 KiB together, when they
 * come, then all come out: the bound is of one message. */
static void
test_burst (void)
{
  g_autoptr (Script) script = open_raw ();
  g_autoptr (GByteArray) all = g_byte_array_new ();

  for (guint i = 1; i <= 1500; i++) {
    g_autofree gchar *text = g_strdup_printf ("{\"type\":\"error\",\"seq\":%u,"
        "\"code\":\"internal\",\"text\":\"m\"}", i);
    g_autoptr (GBytes) frame = script_frame (i % 2 ? FIN_TEXT : TEXT, text);
    g_autoptr (GBytes) last = script_frame (0x80, "");

    g_byte_array_append (all, g_bytes_get_data (frame, NULL),
        g_bytes_get_size (frame));
    if (i % 2 == 0)
      g_byte_array_append (all, g_bytes_get_data (last, NULL),
          g_bytes_get_size (last));
  }
  script_raw_write (script, 0, all->data, all->len);
  for (guint i = 1; i <= 1500; i++) {
    g_autoptr (CallMessage) message = script_get (script, CALL_MESSAGE_ERROR);

    g_assert_cmpuint (message->seq, ==, i);
  }
}

/* Given an HTTP answer without end, when it is more than 16 KiB, then the
 * signaller fails. */
static void
test_endless_head (void)
{
  g_autoptr (Script) script = script_new_raw ();
  g_autofree gchar *line = g_strnfill (20000, 'x');

  script_open (script, NULL);
  script_raw_write (script, 0, "HTTP/1.1 101 X\r\nA: ", 19);
  script_raw_write (script, 0, line, 20000);
  script_expect_failure (script, CALL_SIGNALLER_ERROR_PROTOCOL,
      "does not speak HTTP");
}

/* Given an SDP that does not fit in a message, when it is sent, then it comes
 * back as an error and the seat goes on. */
static void
test_own_large_message (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) offer = call_message_new (CALL_MESSAGE_OFFER);
  g_autoptr (CallMessage) error = NULL;
  g_autofree gchar *rest = g_strnfill (CALL_MAX_MESSAGE, 'x');

  offer->to = g_strdup ("bob");
  offer->session = g_strdup ("s1");
  offer->sdp = g_strconcat ("v=0\r\n", rest, NULL);
  script_open_welcomed (script);
  call_signaller_send (script->signaller, offer);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "s2");
  error = script_get (script, CALL_MESSAGE_ERROR);
  g_assert_cmpstr (error->code, ==, "too-large");
  g_assert_cmpstr (error->to, ==, "bob");
  g_assert_cmpstr (error->session, ==, "s1");
  call_message_unref (script_hear (script, CALL_MESSAGE_RENEGOTIATE));
}

/* Given the bytes of valid frames, when the bounded stream reads them in
 * pieces of any size, then they come out unchanged. */
static void
test_bounded_stream (void)
{
  g_autoptr (GBytes) small = script_frame (FIN_TEXT, "hello");
  g_autofree gchar *long_text = g_strnfill (40000, 'y');
  g_autoptr (GBytes) large = script_frame (TEXT, long_text);
  g_autoptr (GByteArray) all = g_byte_array_new ();

  g_byte_array_append (all, g_bytes_get_data (small, NULL),
      g_bytes_get_size (small));
  g_byte_array_append (all, g_bytes_get_data (large, NULL),
      g_bytes_get_size (large));
  for (gsize piece = 1; piece < 60000; piece = piece * 3 + 1) {
    g_autoptr (GInputStream) input =
        g_memory_input_stream_new_from_data (all->data + 3, all->len - 3, NULL);
    g_autoptr (GOutputStream) output = g_memory_output_stream_new_resizable ();
    g_autoptr (GIOStream) base = g_simple_io_stream_new (input, output);
    g_autoptr (GBytes) first = g_bytes_new (all->data, 3);
    g_autoptr (GIOStream) bounded = call_bounded_stream_new (base, first,
        CALL_MAX_MESSAGE);
    g_autofree guint8 *buffer = g_malloc (piece);
    gsize got = 0;
    gssize n;

    while ((n = g_input_stream_read (g_io_stream_get_input_stream (bounded),
                buffer, piece, NULL, NULL)) > 0) {
      g_assert_cmpmem (buffer, n, all->data + got, n);
      got += n;
    }
    g_assert_cmpint (n, ==, 0);
    g_assert_cmpuint (got, ==, all->len);
    g_assert_true (g_io_stream_close (bounded, NULL, NULL));
  }
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/early-frame", test_early_frame);
  g_test_add_func ("/websocket/garbage", test_garbage);
  g_test_add_func ("/websocket/no-welcome", test_no_welcome);
  g_test_add_func ("/websocket/large-frame", test_large_frame);
  g_test_add_func ("/websocket/fragments", test_fragments);
  g_test_add_func ("/websocket/burst", test_burst);
  g_test_add_func ("/websocket/endless-head", test_endless_head);
  g_test_add_func ("/websocket/own-large-message", test_own_large_message);
  g_test_add_func ("/websocket/bounded-stream", test_bounded_stream);
  return g_test_run ();
}
