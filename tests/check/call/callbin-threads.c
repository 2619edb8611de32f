/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: properties, statistics and children of a callbin may be used from
 * several threads at once while the call runs, and nobody in it notices.
 * (Run it under ThreadSanitizer, see HACKING.md.)
 */
#include "call-test.h"

#define TURNS 150

typedef struct
{
  CallSide *side;
  const gchar *peer;            /* the child for the other side */
} Job;

static gpointer
read_statistics (gpointer data)
{
  CallSide *side = ((Job *) data)->side;
  guint i;

  for (i = 0; i < TURNS; i++) {
    g_autoptr (GstStructure) stats = NULL;

    g_object_get (side->call, "stats", &stats, NULL);
    fail_unless (gst_structure_has_field (stats, "video_0"));
  }
  return NULL;
}

static gpointer
set_properties (gpointer data)
{
  CallSide *side = ((Job *) data)->side;
  guint i, bitrate;

  for (i = 0; i < TURNS; i++) {
    g_autofree gchar *name = NULL;
    g_auto (GValue) codecs = G_VALUE_INIT;

    g_object_set (side->call, "max-bitrate", 300000 + i, "display-name",
        i % 2 ? "Ann" : "Anna", NULL);
    g_object_get (side->call, "max-bitrate", &bitrate, "display-name", &name,
        NULL);
    g_value_init (&codecs, GST_TYPE_ARRAY);
    g_object_get_property (G_OBJECT (side->call), "video-codecs", &codecs);
    g_object_set_property (G_OBJECT (side->call), "video-codecs", &codecs);
  }
  return NULL;
}

static gpointer
set_children (gpointer data)
{
  Job *job = data;
  GstChildProxy *call = GST_CHILD_PROXY (job->side->call);
  guint i;

  for (i = 0; i < TURNS; i++) {
    GObject *peer = gst_child_proxy_get_child_by_name (call, job->peer);

    gst_child_proxy_set (call, "video_0::max-bitrate", 300000 + i, NULL);
    if (peer)
      g_object_set (peer, "max-bitrate", i % 2 ? 200000 : 0, NULL);
    g_clear_object (&peer);
  }
  return NULL;
}

static gpointer
ask_for_latency (gpointer data)
{
  CallSide *side = ((Job *) data)->side;
  guint i;

  for (i = 0; i < TURNS; i++) {
    g_autoptr (GstPad) pad =
        gst_element_get_static_pad (side->call, "remote_video_0");
    g_autoptr (GstQuery) latency = gst_query_new_latency ();

    if (pad)
      gst_pad_query (pad, latency);
    gst_element_query (side->pipeline, latency);
  }
  return NULL;
}

/* given a call, when threads read statistics, set properties of it and of its
 * children and ask for its latency, while a third peer comes and goes, then
 * media goes on for all, and there is no error */
GST_START_TEST (test_threads)
{
  static const GThreadFunc funcs[] = {
    read_statistics, set_properties, set_children, ask_for_latency
  };
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann stats-interval=20",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  Job jobs[2] = { {ann, "peer-bob"}, {bob, "peer-ann"} };
  GThread *threads[2 * G_N_ELEMENTS (funcs)];
  CallSide *carol;
  guint i;

  call_side_wait_more (ann, CALL_VIDEO, 1);
  call_side_wait_more (bob, CALL_VIDEO, 1);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    threads[i] = g_thread_new ("user", funcs[i / 2], &jobs[i % 2]);
  carol = call_side_join (url, "peer-id=carol", CALL_VIDEO_LIVE);
  call_side_wait_more (carol, CALL_VIDEO, 1);
  call_side_free (carol);
  for (i = 0; i < G_N_ELEMENTS (threads); i++)
    g_thread_join (threads[i]);
  call_side_wait_more (ann, CALL_VIDEO, 5);
  call_side_wait_more (bob, CALL_VIDEO, 5);
  call_side_wait_more (ann, CALL_AUDIO, 5);
  call_side_no_error (bob);
}

GST_END_TEST;

static Suite *
callbin_threads_suite (void)
{
  Suite *s = suite_create ("callbin-threads");
  TCase *tc = tcase_create ("threads");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 150);
  tcase_add_test (tc, test_threads);
  return s;
}

GST_CHECK_MAIN (callbin_threads);
