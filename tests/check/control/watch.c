/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: whoever watches is told changes of properties and messages, and the
 * application loses none of its own.
 */
#include "control-test.h"

#include <unistd.h>

#define LINE "videotestsrc name=picture is-live=true ! fakesink name=out " \
    "silent=false   audiotestsrc is-live=true ! level name=meter ! " \
    "fakesink sync=true   callcontrol name=control"

/* Reads until an event has both. (transfer full) */
static gchar *
wait_for (gint fd, const gchar * one, const gchar * other)
{
  for (;;) {
    gchar *event = control_test_read (fd);

    fail_unless (event != NULL, "the connection ended before %s", other);
    if (strstr (event, one) && strstr (event, other))
      return event;
    g_free (event);
  }
}

static gint
connect_to (GstElement * pipeline)
{
  g_autofree gchar *path = control_test_path (pipeline);
  gint fd = control_test_connect (path, NULL);

  fail_if (fd < 0);
  return fd;
}

/* given two clients, one watching a property, when the other sets it, then the
 * first is told the value, and of no other property */
GST_START_TEST (test_one_property)
{
  GstElement *pipeline = control_test_start (LINE);
  gint watcher = connect_to (pipeline), setter = connect_to (pipeline);
  g_autofree gchar *answer = control_test_ask (watcher,
      "{\"do\":\"watch\",\"element\":\"picture\",\"property\":\"pattern\"}");
  g_autofree gchar *set = control_test_ask (setter,
      "{\"do\":\"set\",\"element\":\"picture\",\"properties\":"
      "{\"xoffset\":3,\"pattern\":\"ball\"}}");
  g_autofree gchar *event = control_test_read (watcher);

  fail_unless_equals_string (answer, "{\"watch\":1}");
  fail_unless_has (set, "\"pattern\":\"ball\"");
  fail_unless_equals_string (event, "{\"event\":\"property\",\"watch\":1,"
      "\"element\":\"picture\",\"property\":\"pattern\",\"value\":\"ball\"}");
  close (watcher);
  close (setter);
  control_test_stop (pipeline);
}

GST_END_TEST;

/* given a client that watches the pipeline, when elements post and change, then
 * it is told with fields and names; a property that changes with each buffer
 * does not hold up the stream */
GST_START_TEST (test_all)
{
  GstElement *pipeline = control_test_start (LINE);
  g_autoptr (GstElement) picture =
      gst_bin_get_by_name (GST_BIN (pipeline), "picture");
  gint fd = connect_to (pipeline);
  g_autofree gchar *answer = control_test_ask (fd, "{\"do\":\"watch\"}");
  g_autofree gchar *level =
      wait_for (fd, "\"element\":\"meter\",\"name\":\"level\"", "\"rms\":[-");
  g_autofree gchar *last = wait_for (fd, "\"element\":\"out\"",
      "\"property\":\"last-message\"");
  g_autofree gchar *warning = NULL;

  fail_unless_has (answer, "\"watch\":1");
  control_test_flows (pipeline, "out", 30);
  GST_ELEMENT_WARNING (picture, RESOURCE, READ, ("It is dusk."), ("lux=3"));
  warning = wait_for (fd, "\"type\":\"warning\"", "picture");
  fail_unless_has (warning, "\"text\":\"It is dusk.\"");
  fail_unless_has (warning, "lux=3");
  close (fd);
  control_test_stop (pipeline);
}

GST_END_TEST;

/* given an application with a sync handler and a queue of its own, when clients
 * watch and go, then it gets each message */
GST_START_TEST (test_application)
{
  GstElement *pipeline = control_test_start (LINE);
  g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
  guint i;

  for (i = 0; i < 5; i++) {
    gint fd = connect_to (pipeline);
    g_autofree gchar *answer = control_test_ask (fd, "{\"do\":\"watch\"}");
    g_autofree gchar *name = g_strdup_printf ("question-%u", i);
    g_autofree gchar *event = NULL;
    g_autoptr (GstMessage) message = NULL;

    fail_unless_has (answer, "\"watch\":1");
    gst_element_post_message (pipeline,
        gst_message_new_application (GST_OBJECT (pipeline),
            gst_structure_new (name, "number", G_TYPE_UINT, i, NULL)));
    event = wait_for (fd, "\"type\":\"application\"", name);
    close (fd);
    while (!message || !gst_message_has_name (message, name)) {
      gst_clear_message (&message);
      message = gst_bus_timed_pop_filtered (bus,
          CONTROL_TEST_SECONDS * GST_SECOND, GST_MESSAGE_APPLICATION);
      fail_unless (message != NULL, "the application lost %s", name);
    }
  }
  control_test_stop (pipeline);
}

GST_END_TEST;

/* given a watched element, when the pipeline stops, then the connection ends,
 * and when an element is removed while it is watched, nothing else happens */
GST_START_TEST (test_end)
{
  GstElement *pipeline = control_test_start ("videotestsrc is-live=true ! "
      "fakesink name=out   identity name=lone   callcontrol name=control");
  g_autoptr (GstElement) lone =
      gst_bin_get_by_name (GST_BIN (pipeline), "lone");
  gint fd = connect_to (pipeline);
  g_autofree gchar *answer = control_test_ask (fd,
      "{\"do\":\"watch\",\"element\":\"lone\"}");
  g_autofree gchar *gone = NULL;
  gchar *event;

  fail_unless_has (answer, "\"watch\":1");
  /* else the pipeline, on its way to PLAYING, may take it along once more */
  gst_element_get_state (pipeline, NULL, NULL,
      CONTROL_TEST_SECONDS * GST_SECOND);
  gst_bin_remove (GST_BIN (pipeline), lone);
  gst_element_set_state (lone, GST_STATE_NULL);
  g_object_set (lone, "silent", FALSE, NULL);
  gone = control_test_ask (fd, "{\"do\":\"get\",\"element\":\"lone\","
      "\"property\":\"silent\"}");
  fail_unless_has (gone, "\"no-such-element\"");
  control_test_flows (pipeline, "out", 5);
  control_test_stop (pipeline);
  while ((event = control_test_read (fd)))
    g_free (event);
  close (fd);
}

GST_END_TEST;

static Suite *
watch_suite (void)
{
  Suite *s = suite_create ("watch");
  TCase *tc = tcase_create ("general");

  control_test_init ();
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_one_property);
  tcase_add_test (tc, test_all);
  tcase_add_test (tc, test_application);
  tcase_add_test (tc, test_end);
  return s;
}

GST_CHECK_MAIN (watch);
