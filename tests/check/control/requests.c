/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: elements that know nothing of callcontrol are listed, read, set and
 * acted on while they run, and what is wrong is told so that one can put it
 * right.
 */
#include "control-test.h"

#include <unistd.h>

#define PICTURE "videotestsrc name=picture is-live=true ! " \
    "video/x-raw,framerate=30/1 ! compositor name=mix ! " \
    "fakesink name=out sync=true   callcontrol name=control "
#define LINE PICTURE "appsrc name=app ! fakesink async=false"

static GstElement *pipeline;
static gint fd;

/* An element with actions that take arguments, as callbin's are */
typedef GstElement Talker;
typedef GstElementClass TalkerClass;

GType talker_get_type (void);
G_DEFINE_TYPE (Talker, talker, GST_TYPE_ELEMENT);

static gchar *
talker_say (Talker * self, const gchar * text, guint times, gdouble volume)
{
  return g_strdup_printf ("%s/%u/%g", text, times, volume);
}

static void
talker_class_init (TalkerClass * klass)
{
  g_signal_new_class_handler ("say", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (talker_say), NULL, NULL,
      NULL, G_TYPE_STRING, 3, G_TYPE_STRING | G_SIGNAL_TYPE_STATIC_SCOPE,
      G_TYPE_UINT, G_TYPE_DOUBLE);
}

static void
talker_init (Talker * self)
{
}

static GstElement *
start_line (const gchar * line)
{
  g_autofree gchar *path = NULL;

  pipeline = control_test_start (line);
  path = control_test_path (pipeline);
  fd = control_test_connect (path, NULL);
  fail_if (fd < 0);
  return pipeline;
}

static GstElement *
start (void)
{
  return start_line (LINE);
}

static void
stop (void)
{
  close (fd);
  control_test_stop (pipeline);
}

#define ASK(request, ...) \
  do { \
    static const gchar *parts[] = { __VA_ARGS__ }; \
    g_autofree gchar *answer = control_test_ask (fd, request); \
    guint i; \
    for (i = 0; i < G_N_ELEMENTS (parts); i++) \
      fail_unless_has (answer, parts[i]); \
  } while (0)

/* given a line, when it is listed, then its elements come in the order typed,
 * and with deep those inside them */
GST_START_TEST (test_list)
{
  g_autofree gchar *answer = NULL;
  g_autofree gchar *deep = NULL;

  start ();
  answer = control_test_ask (fd, "{\"do\":\"list\"}");
  deep = control_test_ask (fd, "{\"do\":\"list\",\"deep\":true,\"id\":\"x\"}");

  fail_unless_has (answer, "\"name\":\"picture\",\"factory\":\"videotestsrc\","
      "\"state\":\"PLAYING\"");
  fail_unless (strstr (answer, "\"picture\"") < strstr (answer, "\"mix\""));
  fail_unless (strstr (answer, "\"mix\"") < strstr (answer, "\"out\""));
  fail_unless_has (deep, "\"id\":\"x\"");
  stop ();
}

GST_END_TEST;

/* given running elements, when properties are set, then the values are in force
 * and come back, numbers, booleans, enums and texts alike */
GST_START_TEST (test_set_and_get)
{
  g_autoptr (GstElement) picture =
      gst_bin_get_by_name (GST_BIN (start ()), "picture");
  guint color;
  gint pattern;

  ASK ("{\"id\":7,\"do\":\"set\",\"element\":\"picture\",\"properties\":"
      "{\"pattern\":\"snow\",\"foreground-color\":\"0xff00ff00\"}}",
      "\"id\":7", "\"pattern\":\"snow\"", "\"foreground-color\":4278255360",
      "\"notes\":[]");
  g_object_get (picture, "pattern", &pattern, "foreground-color", &color, NULL);
  fail_unless_equals_int (pattern, 1);
  fail_unless (color == 0xff00ff00);
  ASK ("{\"do\":\"set\",\"element\":\"out\",\"properties\":{\"sync\":false,"
      "\"qos\":true,\"max-lateness\":-1,\"ts-offset\":\"40000000\"}}",
      "\"sync\":false", "\"qos\":true", "\"ts-offset\":40000000");
  ASK ("{\"do\":\"get\",\"element\":\"out\",\"property\":\"ts-offset\"}",
      "{\"value\":40000000}");
  /* a child of a child proxy, and an element by its path */
  ASK ("{\"do\":\"set\",\"element\":\"mix\",\"properties\":"
      "{\"sink_0::alpha\":0.5}}", "\"sink_0::alpha\":0.5");
  ASK ("{\"do\":\"get\",\"property\":\"mix::background\"}", "\"value\":\"");
  ASK ("{\"do\":\"set\",\"element\":\"app\",\"properties\":"
      "{\"caps\":\"audio/x-raw, rate=8000\"}}", "rate=(int)8000");
  stop ();
}

GST_END_TEST;

/* given a request with one wrong value, when it is sent, then the error names
 * what would be right and nothing of it is set */
GST_START_TEST (test_wrong_values)
{
  g_autoptr (GstElement) picture =
      gst_bin_get_by_name (GST_BIN (start ()), "picture");
  gint pattern;

  ASK ("{\"do\":\"set\",\"element\":\"picture\",\"properties\":"
      "{\"pattern\":\"ball\",\"horizontal-speed\":\"fast\"}}",
      "\"bad-value\"", "horizontal-speed of picture", "fast",
      "int, -2147483648 to 2147483647");
  g_object_get (picture, "pattern", &pattern, NULL);
  fail_unless_equals_int (pattern, 0);
  ASK ("{\"do\":\"set\",\"element\":\"picture\",\"properties\":"
      "{\"pattern\":\"snoww\"}}", "\"bad-value\"", "one of smpte, snow, black");
  ASK ("{\"do\":\"set\",\"element\":\"mix\",\"properties\":"
      "{\"sink_0::alpha\":2}}", "\"bad-value\"", "double, 0 to 1");
  ASK ("{\"do\":\"set\",\"element\":\"out\",\"properties\":{\"sync\":[]}}",
      "\"bad-value\"", "true or false");
  ASK ("{\"do\":\"set\",\"element\":\"out\",\"properties\":{\"sync\":\"\"}}",
      "\"bad-value\"");
  /* null is for strings: others are not ready for it */
  ASK ("{\"do\":\"set\",\"element\":\"app\",\"properties\":{\"caps\":null}}",
      "\"bad-value\"");
  stop ();
}

GST_END_TEST;

/* given names that are not there, when they are used, then those that are near
 * are told; read-only stays what it is */
GST_START_TEST (test_wrong_names)
{
  start ();
  ASK ("{\"do\":\"get\",\"element\":\"pictur\",\"property\":\"pattern\"}",
      "\"no-such-element\"", "Did you mean picture?");
  ASK ("{\"do\":\"get\",\"element\":\"xyz\",\"property\":\"pattern\"}",
      "\"no-such-element\"", "There are: ", "picture");
  ASK ("{\"do\":\"set\",\"element\":\"picture\",\"properties\":"
      "{\"patern\":\"snow\"}}", "\"no-such-property\"", "mean pattern?");
  ASK ("{\"do\":\"set\",\"element\":\"mix\",\"properties\":"
      "{\"sink_9::alpha\":1}}", "\"no-such-property\"");
  ASK ("{\"do\":\"set\",\"element\":\"out\",\"properties\":"
      "{\"stats\":\"x\"}}", "\"read-only\"");
  ASK ("{\"do\":\"emit\",\"element\":\"app\",\"signal\":\"end-of-streem\"}",
      "\"no-such-action\"", "mean end-of-stream?");
  ASK ("{\"do\":\"emit\",\"element\":\"app\",\"signal\":\"enough-data\"}",
      "\"no-such-action\"");
  ASK ("{\"do\":\"fly\"}", "\"unknown-command\"", "describe");
  ASK ("{\"do\":5}", "\"bad-request\"");
  stop ();
}

GST_END_TEST;

/* given action signals, when they are emitted, then they are done and what they
 * return comes back; wrong arguments are told with the right ones */
GST_START_TEST (test_emit)
{
  start ();
  ASK ("{\"do\":\"emit\",\"element\":\"app\",\"signal\":\"end-of-stream\"}",
      "{\"value\":\"ok\"}");
  ASK ("{\"do\":\"emit\",\"element\":\"app\",\"signal\":\"end-of-stream\","
      "\"arguments\":[1]}", "\"bad-arguments\"", "1 arguments given, 0 wanted");
  ASK ("{\"do\":\"emit\",\"element\":\"app\",\"signal\":\"push-buffer\","
      "\"arguments\":[\"x\"]}", "\"bad-arguments\"", "GstBuffer");
  stop ();
}

GST_END_TEST;

/* given an element, when it is described, then each property has its type, its
 * range or names, its value and whether it can be set */
GST_START_TEST (test_describe)
{
  start ();
  ASK ("{\"do\":\"describe\",\"element\":\"picture\",\"values\":true}",
      "{\"name\":\"pattern\",\"type\":\"enum\",\"values\":[\"smpte\",\"snow\"",
      "\"default\":\"smpte\"", "\"value\":\"smpte\"",
      "{\"name\":\"horizontal-speed\",\"type\":\"int\",\"minimum\":-2147483648");
  ASK ("{\"do\":\"describe\",\"element\":\"mix\"}",
      "\"children\":[\"sink_0\"]");
  ASK ("{\"do\":\"describe\",\"element\":\"app\"}",
      "\"actions\":[",
      "{\"name\":\"push-buffer\",\"arguments\":[\"GstBuffer\"]}");
  stop ();
}

GST_END_TEST;

/* given a pipeline, when its graph is asked for, then it is a digraph with the
 * elements; when its end is asked for, then the application is told */
GST_START_TEST (test_dot_and_eos)
{
  /* an appsrc of 1.26 that was given nothing does not end */
  g_autoptr (GstBus) bus = gst_element_get_bus (start_line (PICTURE));
  g_autoptr (GstMessage) message = NULL;

  ASK ("{\"do\":\"dot\"}", "digraph pipeline", "GstVideoTestSrc");
  ASK ("{\"do\":\"dot\",\"element\":\"out\"}", "\"bad-request\"");
  ASK ("{\"do\":\"eos\"}", "{}");
  message = gst_bus_timed_pop_filtered (bus, CONTROL_TEST_SECONDS * GST_SECOND,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS);
  stop ();
}

GST_END_TEST;

/* given a stream that does not end by itself, when its end is asked for now,
 * then the application is told all the same */
GST_START_TEST (test_eos_now)
{
  g_autoptr (GstBus) bus = gst_element_get_bus (start ());
  g_autoptr (GstMessage) message = NULL;

  ASK ("{\"do\":\"eos\",\"now\":true}", "{}");
  message = gst_bus_timed_pop_filtered (bus, CONTROL_TEST_SECONDS * GST_SECOND,
      GST_MESSAGE_EOS);
  fail_unless (message != NULL);
  stop ();
}

GST_END_TEST;

/* given an action with arguments, when they are given as JSON or as text, then
 * the element gets them, texts as they are */
GST_START_TEST (test_arguments)
{
  gst_bin_add (GST_BIN (start ()), g_object_new (talker_get_type (), "name",
          "talker", NULL));
  ASK ("{\"do\":\"emit\",\"element\":\"talker\",\"signal\":\"say\","
      "\"arguments\":[\"hello \\\"all\\\"\",2,0.5]}",
      "{\"value\":\"hello \\\"all\\\"/2/0.5\"}");
  ASK ("{\"do\":\"emit\",\"element\":\"talker\",\"signal\":\"say\","
      "\"arguments\":[\"\\\"x\\\"\",\"3\",\"1\"]}",
      "{\"value\":\"\\\"x\\\"/3/1\"}");
  ASK ("{\"do\":\"emit\",\"element\":\"talker\",\"signal\":\"say\","
      "\"arguments\":[\"x\",\"many\",1]}", "\"bad-arguments\"",
      "argument 2 of say <string> <uint> <double>", "many", "wanted: uint");
  ASK ("{\"do\":\"describe\",\"element\":\"talker\"}",
      "{\"name\":\"say\",\"arguments\":[\"string\",\"uint\",\"double\"]}");
  stop ();
}

GST_END_TEST;

static Suite *
requests_suite (void)
{
  Suite *s = suite_create ("requests");
  TCase *tc = tcase_create ("general");

  control_test_init ();
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_list);
  tcase_add_test (tc, test_set_and_get);
  tcase_add_test (tc, test_wrong_values);
  tcase_add_test (tc, test_wrong_names);
  tcase_add_test (tc, test_emit);
  tcase_add_test (tc, test_arguments);
  tcase_add_test (tc, test_describe);
  tcase_add_test (tc, test_dot_and_eos);
  tcase_add_test (tc, test_eos_now);
  return s;
}

GST_CHECK_MAIN (requests);
