/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: no client, whatever it sends or does not read, costs the pipeline a
 * picture or more memory than its share; others are served meanwhile.
 */
#include "../test-memory.h"
#include "control-test.h"

#include <sys/socket.h>
#include <unistd.h>

#define LINE "videotestsrc name=picture is-live=true ! " \
    "video/x-raw,width=64,height=48 ! fakesink name=out sync=true   callcontrol name=control"
#define MANY (100 << 20)
#define SHARE (16 << 20)        /* what a bad client may cost, with all slack */

static GstElement *pipeline;
static gchar *path;

static void
start (void)
{
  pipeline = control_test_start (LINE);
  path = control_test_path (pipeline);
}

/* Ends it, after a look whether it still runs and answers */
static void
stop (void)
{
  gint fd = control_test_connect (path, NULL);
  g_autofree gchar *answer = NULL;

  fail_if (fd < 0);
  answer = control_test_ask (fd, "{\"do\":\"get\",\"element\":\"picture\","
      "\"property\":\"pattern\"}");
  fail_unless_has (answer, "\"value\"");
  control_test_flows (pipeline, "out", 5);
  close (fd);
  control_test_stop (pipeline);
  g_clear_pointer (&path, g_free);
}

static gint
connect_once (void)
{
  gint fd = control_test_connect (path, NULL);

  fail_if (fd < 0);
  return fd;
}

/* Reads to the end; the last line. (transfer full) */
static gchar *
last_line (gint fd)
{
  gchar *last = NULL, *line;

  while ((line = control_test_read (fd))) {
    g_free (last);
    last = line;
  }
  return last;
}

/* given a client, when it sends what is no request, then each line is answered
 * with an error and the next good one is done */
GST_START_TEST (test_garbage)
{
  static const gchar *const bad[] = { "hello", "{", "[]", "null", "{\"do\"}",
    "\xff\xfe\xfd", "GET / HTTP/1.1", "{\"do\":\"set\",\"element\":[1]}",
    "{\"do\":\"set\",\"properties\":7}", "{\"do\":\"emit\"}",
    "{\"do\":\"get\"}", "{\"do\":\"list\"} {\"do\":\"list\"}",
    "{\"do\":\"dot\",\"element\":\"%s%n%s\"}",
    "{\"do\":\"get\",\"property\":\"::::\"}",
    "{\"do\":\"get\",\"element\":\"../../etc\",\"property\":\"/\"}",
  };
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);
  guint i, j;
  gint fd;

  start ();
  fd = connect_once ();
  for (i = 0; i < G_N_ELEMENTS (bad); i++) {
    g_autofree gchar *answer = control_test_ask (fd, bad[i]);

    fail_unless_has (answer, "\"error\"");
  }
  for (i = 0; i < 500; i++) {
    gchar noise[65];
    g_autofree gchar *answer = NULL;

    for (j = 0; j < 64; j++) {
      noise[j] = g_rand_int_range (rand, 1, 256);
      if (noise[j] == '\n')
        noise[j] = ' ';
    }
    noise[64] = '\0';
    answer = control_test_ask (fd, noise);
    fail_unless_has (answer, "\"bad-request\"");
  }
  close (fd);
  stop ();
}

GST_END_TEST;

/* given a client, when it sends JSON of 100,000 levels, then it is refused
 * unparsed */
GST_START_TEST (test_too_deep)
{
  g_autofree gchar *deep = g_strnfill (60000, '[');
  g_autofree gchar *seventeen = g_strnfill (17, '[');
  g_autofree gchar *answer = NULL;
  g_autofree gchar *answer_17 = NULL;
  gint fd;

  start ();
  fd = connect_once ();
  answer = control_test_ask (fd, deep);
  fail_unless_has (answer, "\"too-deep\"");
  answer_17 = control_test_ask (fd, seventeen);
  fail_unless_has (answer_17, "\"too-deep\"");
  close (fd);
  stop ();
}

GST_END_TEST;

/* given a client, when it sends 100 MB without a newline, then it is told why
 * and cut off after 64 KiB, and memory does not grow by it */
GST_START_TEST (test_no_newline)
{
  g_autofree gchar *chunk = g_strnfill (1 << 20, 'x');
  g_autofree gchar *line = NULL;
  gsize before, sent = 0;
  gint fd;

  start ();
  fd = connect_once ();
  before = test_memory_allocated ();
  while (sent < MANY && control_test_send (fd, chunk, 1 << 20))
    sent += 1 << 20;
  fail_unless (sent < MANY, "all of it was read");
  fail_unless (test_memory_allocated () < before + SHARE);
  close (fd);
  /* a little too long: nothing is lost on the way, so the reason arrives */
  fd = connect_once ();
  fail_unless (control_test_send (fd, chunk, (64 << 10) + 1));
  line = last_line (fd);
  fail_unless_has (line, "\"too-long\"");
  close (fd);
  stop ();
}

GST_END_TEST;

/* given a client that asks and never reads, when it has asked for 100 MB, then
 * it waits, or is dropped, and memory does not grow by it */
GST_START_TEST (test_never_reads)
{
  static const gchar request[] =
      "{\"do\":\"describe\",\"element\":\"picture\",\"values\":true}\n";
  gsize before, asked = 0;
  gint fd, other;

  start ();
  fd = connect_once ();
  other = connect_once ();
  before = test_memory_allocated ();
  while (asked < 20000 && send (fd, request, sizeof request - 1,
          MSG_NOSIGNAL | MSG_DONTWAIT) > 0)
    asked++;
  while (asked-- % 1000 > 0) {
    g_autofree gchar *answer = control_test_ask (other, "{\"do\":\"list\"}");

    fail_unless_has (answer, "picture");
  }
  fail_unless (test_memory_allocated () < before + SHARE);
  close (fd);
  close (other);
  stop ();
}

GST_END_TEST;

/* given a client that watches and never reads, when more happens than it may
 * have waiting, then it is cut off and the pipeline goes on */
GST_START_TEST (test_watches_and_never_reads)
{
  g_autofree gchar *answer = NULL;
  g_autofree gchar *text = g_strnfill (8000, 'x');
  g_autoptr (GstElement) picture = NULL;
  gint64 end;
  gint fd, bytes = 4096;
  gchar c;
  gssize n = 1;
  gsize before;

  start ();
  picture = gst_bin_get_by_name (GST_BIN (pipeline), "picture");
  fd = connect_once ();
  setsockopt (fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
  answer = control_test_ask (fd, "{\"do\":\"watch\"}");
  fail_unless_has (answer, "\"watch\":1");
  before = test_memory_allocated ();
  end = g_get_monotonic_time () + CONTROL_TEST_SECONDS * G_TIME_SPAN_SECOND;
  /* MSG_PEEK sees the end only behind what waits: ask for what is sent instead */
  while (n > 0 && g_get_monotonic_time () < end) {
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    guint i;

    for (i = 0; i < 100; i++)
      gst_element_post_message (picture,
          gst_message_new_application (GST_OBJECT (picture),
              gst_structure_new ("much", "text", G_TYPE_STRING, text, NULL)));
    gst_bus_set_flushing (bus, TRUE);
    gst_bus_set_flushing (bus, FALSE);
    n = send (fd, "\n", 1, MSG_NOSIGNAL);
    g_usleep (1000);
  }
  fail_unless (n <= 0, "still connected");
  fail_unless (test_memory_allocated () < before + 2 * SHARE);
  while (recv (fd, &c, 1, 0) > 0);
  close (fd);
  stop ();
}

GST_END_TEST;

/* given 16 clients, when one more comes, then it is told so and the others are
 * served; when one leaves, there is room */
GST_START_TEST (test_too_many_clients)
{
  gint fds[16];
  g_autofree gchar *refusal = NULL;
  g_autofree gchar *answer = NULL;
  gint64 end = g_get_monotonic_time () +
      CONTROL_TEST_SECONDS * G_TIME_SPAN_SECOND;
  gint fd = -1;
  guint i;

  start ();
  for (i = 0; i < 16; i++)
    fds[i] = connect_once ();
  fail_unless_equals_int (control_test_connect (path, &refusal), -1);
  fail_unless_has (refusal, "\"too-many-clients\"");
  answer = control_test_ask (fds[15], "{\"do\":\"list\"}");
  fail_unless_has (answer, "picture");
  for (i = 0; i < 16; i++)
    close (fds[i]);
  while (fd < 0 && g_get_monotonic_time () < end)
    fd = control_test_connect (path, NULL);
  fail_if (fd < 0, "no room again");
  close (fd);
  stop ();
}

GST_END_TEST;

/* given a client, when it sets properties 10,000 times without a pause, then
 * each is answered in order, the last one counts, and pictures go on */
GST_START_TEST (test_10000_sets)
{
  g_autoptr (GstElement) picture = NULL;
  g_autoptr (GString) requests = g_string_new (NULL);
  gint64 begin;
  guint sent, i;
  gsize before;
  gint fd, x;

  start ();
  picture = gst_bin_get_by_name (GST_BIN (pipeline), "picture");
  fd = connect_once ();
  before = test_memory_allocated ();
  begin = g_get_monotonic_time ();
  for (sent = 0; sent < 10000; sent += 100) {
    g_string_set_size (requests, 0);
    for (i = sent; i < sent + 100; i++)
      g_string_append_printf (requests, "{\"id\":%u,\"do\":\"set\",\"element\":"
          "\"picture\",\"properties\":{\"xoffset\":%u}}\n", i, i);
    fail_unless (control_test_send (fd, requests->str, requests->len));
    for (i = sent; i < sent + 100; i++) {
      g_autofree gchar *answer = control_test_read (fd);
      g_autofree gchar *expected =
          g_strdup_printf ("{\"id\":%u,\"values\":{\"xoffset\":%u},"
          "\"notes\":[]}", i, i);

      fail_unless_equals_string (answer, expected);
    }
  }
  GST_INFO ("10000 in %" G_GINT64_FORMAT " us",
      g_get_monotonic_time () - begin);
  g_object_get (picture, "xoffset", &x, NULL);
  fail_unless_equals_int (x, 9999);
  fail_unless (test_memory_allocated () < before + SHARE);
  close (fd);
  stop ();
}

GST_END_TEST;

/* given a client that watches enough, when it watches one more, then that is
 * refused */
GST_START_TEST (test_too_many_watches)
{
  gint fd;
  guint i;

  start ();
  fd = connect_once ();
  for (i = 1; i <= 17; i++) {
    g_autofree gchar *answer = control_test_ask (fd,
        "{\"do\":\"watch\",\"element\":\"picture\",\"property\":\"pattern\"}");

    fail_unless_has (answer, i <= 16 ? "\"watch\"" : "\"too-many-watches\"");
  }
  close (fd);
  stop ();
}

GST_END_TEST;

/* given clients that come, watch and go in every way, when the pipeline stops
 * and starts among them, then nothing is left behind */
GST_START_TEST (test_coming_and_going)
{
  guint i;

  for (i = 0; i < 20; i++) {
    gint fd, half;

    start ();
    fd = connect_once ();
    half = connect_once ();
    control_test_send (half, "{\"do\":\"watch\"}\n{\"do\":\"li", -1);
    control_test_send (fd, "{\"do\":\"watch\"}\n{\"do\":\"dot\"}\n", -1);
    if (i % 2)
      close (half);
    control_test_stop (pipeline);
    fail_if (g_file_test (path, G_FILE_TEST_EXISTS));
    g_clear_pointer (&path, g_free);
    close (fd);
    if (i % 2 == 0)
      close (half);
  }
}

GST_END_TEST;

static Suite *
limits_suite (void)
{
  Suite *s = suite_create ("limits");
  TCase *tc = tcase_create ("general");

  control_test_init ();
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_garbage);
  tcase_add_test (tc, test_too_deep);
  tcase_add_test (tc, test_no_newline);
  tcase_add_test (tc, test_never_reads);
  tcase_add_test (tc, test_watches_and_never_reads);
  tcase_add_test (tc, test_too_many_clients);
  tcase_add_test (tc, test_10000_sets);
  tcase_add_test (tc, test_too_many_watches);
  tcase_add_test (tc, test_coming_and_going);
  return s;
}

GST_CHECK_MAIN (limits);
