/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: what is behind one remote pad, a sink that hangs or one that refuses
 * the format, reaches neither the other pads nor the peers.
 */
#include "call-test.h"

typedef enum
{
  GOOD, HANGS, REFUSES
} Behaviour;

typedef struct
{
  const gchar *name;
  Behaviour behaviour;
  gint buffers;                 /* atomic */
} Behind;

static Behind behinds[] = {
  {"remote_video_0", GOOD, 0}, {"remote_audio_0", GOOD, 0},
  {"remote_video_1", GOOD, 0}, {"remote_audio_1", GOOD, 0},
};

static GMutex hang_lock;
static GCond hang_cond;
static gboolean hanging;

/* In the thread of the slot, as a sink that waits for its device */
static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Behind *behind = data;

  if (behind->behaviour == HANGS) {
    g_mutex_lock (&hang_lock);
    while (hanging)
      g_cond_wait (&hang_cond, &hang_lock);
    g_mutex_unlock (&hang_lock);
  }
  g_atomic_int_inc (&behind->buffers);
  call_test_news ();
  return GST_PAD_PROBE_OK;
}

static gboolean
refuse_caps (GstPad * pad, GstObject * parent, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_unref (event);
    return FALSE;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* After the fixture has linked a sink to it */
static void
on_pad_added (GstElement * call, GstPad * pad, gpointer data)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  guint i;

  for (i = 0; peer && i < G_N_ELEMENTS (behinds); i++) {
    if (!g_str_equal (GST_OBJECT_NAME (pad), behinds[i].name))
      continue;
    if (behinds[i].behaviour == REFUSES)
      gst_pad_set_event_function (peer, refuse_caps);
    gst_pad_add_probe (peer, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, &behinds[i],
        NULL);
  }
}

static void
wait_behind (guint index, gint n)
{
  gint before = g_atomic_int_get (&behinds[index].buffers);

  CALL_WAIT (g_atomic_int_get (&behinds[index].buffers) >= before + n);
}

static void
set_hanging (gboolean hangs)
{
  g_mutex_lock (&hang_lock);
  hanging = hangs;
  g_cond_broadcast (&hang_cond);
  g_mutex_unlock (&hang_lock);
}

/* given a host whose sink for the first peer's pictures hangs, or refuses the
 * format, when two peers send, then the sound of that peer and all of the other
 * come, both peers are served, there is no error, and it can leave */
GST_START_TEST (test_bad_sink)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  g_autoptr (CallSide) bob = NULL;
  g_autoptr (CallSide) carol = NULL;
  guint i;

  for (i = 0; i < G_N_ELEMENTS (behinds); i++)
    g_atomic_int_set (&behinds[i].buffers, 0);
  behinds[0].behaviour = __i__;
  set_hanging (TRUE);
  g_signal_connect_after (ann->call, "pad-added", G_CALLBACK (on_pad_added),
      NULL);
  bob = call_side_join (url, "peer-id=bob max-peers=1",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  CALL_WAIT (call_side_has (ann, "call-state", "state", "connected"));
  wait_behind (1, 5);
  carol = call_side_join (url, "peer-id=carol max-peers=1",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
  wait_behind (2, 20);
  wait_behind (1, 40);
  wait_behind (3, 20);
  call_side_wait_more (bob, CALL_VIDEO, 5);
  call_side_wait_more (carol, CALL_VIDEO, 5);
  call_side_no_error (ann);
  call_side_no_error (bob);
  fail_if (call_side_told (ann, GST_MESSAGE_ERROR, "", GST_STREAM_ERROR,
          GST_STREAM_ERROR_FAILED));
  fail_unless_equals_int (g_atomic_int_get (&behinds[0].buffers), 0);

  set_hanging (FALSE);
  if (__i__ == HANGS)
    wait_behind (0, 5);
  g_signal_emit_by_name (ann->call, "hang-up");
  CALL_WAIT (call_side_has (bob, "call-peer-left", "code", "bye"));
}

GST_END_TEST;

static Suite *
callbin_sinks_suite (void)
{
  Suite *s = suite_create ("callbin-sinks");
  TCase *tc = tcase_create ("sinks");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 150);
  tcase_add_loop_test (tc, test_bad_sink, HANGS, REFUSES + 1);
  return s;
}

GST_CHECK_MAIN (callbin_sinks);
