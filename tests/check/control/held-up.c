/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: an element that does not answer holds up the one who asked it, and
 * neither other clients nor the pipeline.
 */
#include "control-test.h"

#include <unistd.h>

/* An element whose properties wait until it is let go */
typedef struct
{
  GstElement parent;
} Stuck;
typedef GstElementClass StuckClass;

static GMutex lock;
static GCond changed;
static gboolean locked;
static guint n_inside;

GType stuck_get_type (void);
G_DEFINE_TYPE (Stuck, stuck, GST_TYPE_ELEMENT);

static void
stuck_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  g_mutex_lock (&lock);
  n_inside++;
  g_cond_broadcast (&changed);
  while (locked)
    g_cond_wait (&changed, &lock);
  n_inside--;
  g_cond_broadcast (&changed);
  g_mutex_unlock (&lock);
  g_value_set_string (value, "free");
}

static void
stuck_class_init (StuckClass * klass)
{
  G_OBJECT_CLASS (klass)->get_property = stuck_get_property;
  g_object_class_install_property (G_OBJECT_CLASS (klass), 1,
      g_param_spec_string ("thing", "Thing", "What it waits for", NULL,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS));
}

static void
stuck_init (Stuck * self)
{
}

/* locked: until nobody is inside; else until n are */
static void
set_locked (gboolean now)
{
  g_mutex_lock (&lock);
  locked = now;
  g_cond_broadcast (&changed);
  while (!now && n_inside > 0)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

static void
wait_inside (guint n)
{
  g_mutex_lock (&lock);
  while (n_inside < n)
    g_cond_wait (&changed, &lock);
  g_mutex_unlock (&lock);
}

static GstElement *
start (gchar ** path)
{
  GstElement *pipeline = gst_parse_launch ("videotestsrc is-live=true ! "
      "fakesink name=out   callcontrol name=control", NULL);

  gst_bin_add (GST_BIN (pipeline), g_object_new (stuck_get_type (), "name",
          "stuck", NULL));
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  *path = control_test_path (pipeline);
  return pipeline;
}

#define READ "{\"do\":\"get\",\"element\":\"stuck\",\"property\":\"thing\"}\n"

/* given clients held up by an element, when another asks other elements, then
 * it is answered; when the element is free, they are, in order */
GST_START_TEST (test_others)
{
  g_autofree gchar *path = NULL;
  GstElement *pipeline = start (&path);
  gint fds[3], other = control_test_connect (path, NULL);
  g_autofree gchar *answer = NULL;
  guint i;

  set_locked (TRUE);
  for (i = 0; i < G_N_ELEMENTS (fds); i++) {
    fds[i] = control_test_connect (path, NULL);
    fail_unless (control_test_send (fds[i], READ "{\"do\":\"list\"}\n", -1));
  }
  wait_inside (G_N_ELEMENTS (fds));
  answer = control_test_ask (other, "{\"do\":\"list\"}");
  fail_unless_has (answer, "stuck");
  control_test_flows (pipeline, "out", 5);
  set_locked (FALSE);
  for (i = 0; i < G_N_ELEMENTS (fds); i++) {
    g_autofree gchar *one = control_test_read (fds[i]);
    g_autofree gchar *two = control_test_read (fds[i]);

    fail_unless_equals_string (one, "{\"value\":\"free\"}");
    fail_unless_has (two, "elements");
    close (fds[i]);
  }
  close (other);
  control_test_stop (pipeline);
}

GST_END_TEST;

static void
on_gone (gpointer n, GObject * object)
{
  g_atomic_int_add ((gint *) n, -1);
}

/* Who was held up still holds some of it for a moment */
static void
unref_and_wait (GstElement * pipeline)
{
  static const gchar *const names[] = { "stuck", "control" };
  gint64 end = g_get_monotonic_time () + 10 * G_USEC_PER_SEC;
  gint n = 1;
  guint i;

  g_object_weak_ref (G_OBJECT (pipeline), on_gone, &n);
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    g_autoptr (GstElement) element =
        gst_bin_get_by_name (GST_BIN (pipeline), names[i]);

    n++;
    g_object_weak_ref (G_OBJECT (element), on_gone, &n);
  }
  gst_object_unref (pipeline);
  while (g_atomic_int_get (&n) > 0) {
    fail_if (g_get_monotonic_time () > end, "%d of them are still there", n);
    g_usleep (1000);
  }
}

/* given a client held up by an element, when the pipeline stops, then it stops,
 * and when the element is free long after, nothing happens */
GST_START_TEST (test_stop)
{
  g_autofree gchar *path = NULL;
  GstElement *pipeline = start (&path);
  gint fd = control_test_connect (path, NULL);
  g_autofree gchar *answer = NULL;

  set_locked (TRUE);
  fail_unless (control_test_send (fd, READ, -1));
  wait_inside (1);
  fail_unless_equals_int (gst_element_set_state (pipeline, GST_STATE_NULL),
      GST_STATE_CHANGE_SUCCESS);
  answer = control_test_read (fd);
  fail_unless (answer == NULL);
  set_locked (FALSE);
  unref_and_wait (pipeline);
  close (fd);
}

GST_END_TEST;

/* given a client, when it goes while it is held up, then its place is free once
 * the element is */
GST_START_TEST (test_gone)
{
  g_autofree gchar *path = NULL;
  GstElement *pipeline = start (&path);
  guint i;

  for (i = 0; i < 20; i++) {
    gint fd = control_test_connect (path, NULL);

    fail_if (fd < 0);
    set_locked (TRUE);
    fail_unless (control_test_send (fd, READ, -1));
    wait_inside (1);
    close (fd);
    set_locked (FALSE);
  }
  control_test_stop (pipeline);
}

GST_END_TEST;

static Suite *
held_up_suite (void)
{
  Suite *s = suite_create ("held-up");
  TCase *tc = tcase_create ("general");

  control_test_init ();
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_others);
  tcase_add_test (tc, test_stop);
  tcase_add_test (tc, test_gone);
  return s;
}

GST_CHECK_MAIN (held_up);
