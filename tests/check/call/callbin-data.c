/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: what is pushed into data_<label> comes out of remote_data_<label> of
 * the others, message by message, as text or binary, with the sender's name;
 * and who pushes is slowed down, never lost.
 */
#include "call-test.h"

#include <string.h>

#define TEXT "text/x-raw,format=utf8"
#define BINARY "application/octet-stream"
#define MAX_MESSAGE (256 * 1024)

/* One who talks into a data pad: a src pad without an element */
typedef struct
{
  GstPad *src;
  GstPad *sink;
  gint pushed;                  /* atomic: messages that were taken */
  GstFlowReturn ret;            /* of the last one */
} Talker;

/* One who listens at a remote data pad */
typedef struct
{
  gchar *label;
  GAsyncQueue *buffers;         /* (element-type GstBuffer) */
  gint received;                /* atomic */
  gint hold;                    /* atomic: take nothing */
} Listener;

static gboolean
talker_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  gst_event_unref (event);
  return TRUE;
}

static Talker *
talker_new (CallSide * side, const gchar * label, const gchar * caps)
{
  Talker *self = g_new0 (Talker, 1);
  g_autofree gchar *name = g_strconcat ("data_", label, NULL);
  g_autoptr (GstCaps) wanted = caps ? gst_caps_from_string (caps) : NULL;
  GstSegment segment;

  self->sink = gst_element_request_pad_simple (side->call, name);
  fail_unless (self->sink != NULL);
  self->src = gst_pad_new ("src", GST_PAD_SRC);
  gst_pad_set_event_function (self->src, talker_event);
  gst_pad_set_active (self->src, TRUE);
  fail_unless_equals_int (gst_pad_link (self->src, self->sink),
      GST_PAD_LINK_OK);
  gst_pad_push_event (self->src, gst_event_new_stream_start (label));
  if (wanted)
    gst_pad_push_event (self->src, gst_event_new_caps (wanted));
  gst_segment_init (&segment, GST_FORMAT_BYTES);
  gst_pad_push_event (self->src, gst_event_new_segment (&segment));
  return self;
}

static void
talker_free (Talker * self)
{
  gst_pad_set_active (self->src, FALSE);
  gst_object_unref (self->src);
  gst_object_unref (self->sink);
  g_free (self);
}

static void
say (Talker * self, gconstpointer data, gsize size)
{
  self->ret = gst_pad_push (self->src, size ?
      gst_buffer_new_memdup (data, size) : gst_buffer_new ());
  if (self->ret == GST_FLOW_OK)
    g_atomic_int_inc (&self->pushed);
  call_test_news ();
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Listener *self = data;

  while (g_atomic_int_get (&self->hold))
    g_usleep (1000);
  g_async_queue_push (self->buffers,
      gst_buffer_ref (GST_PAD_PROBE_INFO_BUFFER (info)));
  g_atomic_int_inc (&self->received);
  call_test_news ();
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * call, GstPad * pad, gpointer data)
{
  Listener *self = data;
  g_autofree gchar *name = g_strconcat ("remote_data_", self->label, NULL);
  g_autoptr (GstObject) pipeline = NULL;
  g_autoptr (GstPad) sink_pad = NULL;
  GstElement *sink;

  if (!g_str_equal (GST_OBJECT_NAME (pad), name))
    return;
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  pipeline = gst_object_get_parent (GST_OBJECT (call));
  gst_bin_add (GST_BIN (pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_add_probe (sink_pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, self,
      NULL);
  fail_unless_equals_int (gst_pad_link (pad, sink_pad), GST_PAD_LINK_OK);
}

/* Before the side plays, or at least before the label is used */
static Listener *
listener_new (CallSide * side, const gchar * label)
{
  Listener *self = g_new0 (Listener, 1);

  self->label = g_strdup (label);
  self->buffers =
      g_async_queue_new_full ((GDestroyNotify) gst_mini_object_unref);
  g_signal_connect (side->call, "pad-added", G_CALLBACK (on_pad_added), self);
  return self;
}

static void
listener_free (Listener * self)
{
  g_async_queue_unref (self->buffers);
  g_free (self->label);
  g_free (self);
}

/* (transfer full). The next message; waits for it */
static GstBuffer *
hear (Listener * self)
{
  GstBuffer *buffer = NULL;

  CALL_WAIT ((buffer = g_async_queue_try_pop (self->buffers)) != NULL);
  return buffer;
}

static void
expect (Listener * self, gconstpointer data, gsize size)
{
  g_autoptr (GstBuffer) buffer = hear (self);

  fail_unless_equals_int (gst_buffer_get_size (buffer), size);
  fail_unless (size == 0 || gst_buffer_memcmp (buffer, 0, data, size) == 0);
}

static const gchar *
sender_of (GstBuffer * buffer, const gchar * field)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, "GstCallDataMeta");

  fail_unless (meta != NULL);
  return gst_structure_get_string (gst_custom_meta_get_structure (meta), field);
}

typedef struct
{
  gchar *url;
  CallSide *ann, *bob;
  Talker *from_ann, *from_bob;
  Listener *at_ann, *at_bob;
} Two;

static void
two_init (Two * two, const gchar * caps, const gchar * properties)
{
  memset (two, 0, sizeof (*two));
  two->ann = call_side_host (properties, "", &two->url);
  two->at_ann = listener_new (two->ann, "chat");
  two->from_ann = talker_new (two->ann, "chat", caps);
  two->bob = call_side_join (two->url, "peer-id=bob display-name=Bob", "");
  two->at_bob = listener_new (two->bob, "chat");
  two->from_bob = talker_new (two->bob, "chat", caps);
}

static void
two_clear (Two * two)
{
  call_side_no_error (two->ann);
  call_side_no_error (two->bob);
  call_side_free (two->bob);
  call_side_free (two->ann);
  talker_free (two->from_ann);
  talker_free (two->from_bob);
  listener_free (two->at_ann);
  listener_free (two->at_bob);
  g_free (two->url);
}

/* given two with a data pad of one label, when both say things, of every plane of
 * Unicode, of no length and of 256 KiB, then each is heard as it was said, in
 * order, as text, with who said it */
GST_START_TEST (test_text)
{
  const gchar *lines[] = { "hello", "", "\xc3\xa9 \xe2\x82\xac",
    "\xf0\x9f\x98\x80 \xf0\xa0\x80\x80 \xf3\xa0\x80\x81 \xf4\x8f\xbf\xbd", "end"
  };
  g_autofree gchar *longest = g_strnfill (MAX_MESSAGE, 'x');
  Two two;
  guint i;

  /* across the boundaries of parts, whatever these are */
  for (i = 0; i + 4 < MAX_MESSAGE; i += 5)
    memcpy (longest + i, "\xf0\x9f\x98\x80", 4);
  two_init (&two, TEXT, "peer-id=ann display-name=Ann");
  for (i = 0; i < G_N_ELEMENTS (lines); i++)
    say (two.from_ann, lines[i], strlen (lines[i]));
  say (two.from_ann, longest, MAX_MESSAGE);
  say (two.from_bob, "hi", 2);
  for (i = 0; i < G_N_ELEMENTS (lines); i++)
    expect (two.at_bob, lines[i], strlen (lines[i]));
  expect (two.at_bob, longest, MAX_MESSAGE);
  {
    g_autoptr (GstBuffer) buffer = hear (two.at_ann);

    fail_unless_equals_string (sender_of (buffer, "peer-id"), "bob");
    fail_unless_equals_string (sender_of (buffer, "display-name"), "Bob");
  }
  two_clear (&two);
}

GST_END_TEST;

/* given the same, when what they push is no text, then it is heard as it was
 * said, byte by byte */
GST_START_TEST (test_binary)
{
  guint8 all[256];
  Two two;
  guint i;

  for (i = 0; i < 256; i++)
    all[i] = i;
  two_init (&two, NULL, "peer-id=ann");
  for (i = 0; i < 300; i++)
    say (two.from_ann, all, i % 257);
  for (i = 0; i < 300; i++)
    expect (two.at_bob, all, i % 257);
  two_clear (&two);
}

GST_END_TEST;

/* given the same, when what they push is long and short by turns, both ways at
 * once, then each message is heard whole */
GST_START_TEST (test_long)
{
  const gsize sizes[] = { 65535, 65536, 65537, 1, 100000, MAX_MESSAGE, 0,
    131072, MAX_MESSAGE, 16384, MAX_MESSAGE - 1
  };
  g_autofree guint8 *bytes = g_malloc (MAX_MESSAGE);
  Two two;
  guint i, round;

  for (i = 0; i < MAX_MESSAGE; i++)
    bytes[i] = (i * 7 + i / 251) & 0xff;
  two_init (&two, NULL, "peer-id=ann");
  for (round = 0; round < 3; round++) {
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      say (two.from_ann, bytes, sizes[i]);
      say (two.from_bob, bytes + i, MAX_MESSAGE - 4 * i - 11);
    }
    for (i = 0; i < G_N_ELEMENTS (sizes); i++) {
      expect (two.at_bob, bytes, sizes[i]);
      expect (two.at_ann, bytes + i, MAX_MESSAGE - 4 * i - 11);
    }
  }
  two_clear (&two);
}

GST_END_TEST;

/* given a call that is connected, when each gets a data pad only then, then it
 * works at once, and it works again after the pad was released and requested */
GST_START_TEST (test_late)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", "", &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob", "");
  Listener *at_bob = listener_new (bob, "late");
  guint i;

  CALL_WAIT (call_side_has (ann, "call-state", "state", "connected")
      && call_side_has (bob, "call-state", "state", "connected"));
  for (i = 0; i < 3; i++) {
    Talker *talker = talker_new (ann, "late", TEXT);

    say (talker, "at last", 7);
    expect (at_bob, "at last", 7);
    gst_pad_unlink (talker->src, talker->sink);
    gst_element_release_request_pad (ann->call, talker->sink);
    talker_free (talker);
  }
  call_side_no_error (ann);
  call_side_no_error (bob);
  listener_free (at_bob);
}

GST_END_TEST;

/* given two who talk, when somebody else is connected and one says something at
 * once, then both hear it: it waits for the channel of who is new */
GST_START_TEST (test_newcomer)
{
  Two two;
  Listener *at_carol;
  CallSide *carol;

  two_init (&two, TEXT, "peer-id=ann");
  say (two.from_ann, "first", 5);
  expect (two.at_bob, "first", 5);
  carol = call_side_join (two.url, "peer-id=carol", "");
  at_carol = listener_new (carol, "chat");
  /* connecting, connected */
  CALL_WAIT (call_side_count (two.ann, "call-state", "peer-id", "carol") >= 2);
  say (two.from_ann, "welcome", 7);
  expect (two.at_bob, "welcome", 7);
  expect (at_carol, "welcome", 7);
  call_side_free (carol);
  listener_free (at_carol);
  two_clear (&two);
}

GST_END_TEST;

/* given two, when one says what is longer than the other takes, or what is no
 * UTF-8 as text, then there is a warning that says what to do, and what comes
 * after it arrives */
GST_START_TEST (test_too_long)
{
  g_autofree gchar *longer = g_strnfill (MAX_MESSAGE + 1, 'x');
  Two two;

  two_init (&two, TEXT, "peer-id=ann");
  say (two.from_ann, longer, MAX_MESSAGE + 1);
  say (two.from_ann, "\xff\xfe", 2);
  say (two.from_ann, "short", 5);
  expect (two.at_bob, "short", 5);
  fail_unless (call_side_told (two.ann, GST_MESSAGE_WARNING, "callfilepay",
          GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE));
  fail_unless (call_side_told (two.ann, GST_MESSAGE_WARNING, "not UTF-8",
          GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE));
  two_clear (&two);
}

GST_END_TEST;

static gpointer
talk_much (gpointer data)
{
  g_autofree guint8 *block = g_malloc0 (16384);
  guint i;

  for (i = 0; i < 1024; i++)
    say (data, block, 16384);
  return NULL;
}

/* given a talker that is faster than the network, when it pushes 16 MiB, then it
 * is held up so that some MiB wait at most, and all of it arrives */
GST_START_TEST (test_held_up)
{
  GThread *thread;
  gint ahead = 0;
  Two two;

  two_init (&two, NULL, "peer-id=ann");
  thread = g_thread_new ("talker", talk_much, two.from_ann);
  while (g_atomic_int_get (&two.at_bob->received) < 1024) {
    gint n = g_atomic_int_get (&two.at_bob->received);

    CALL_WAIT (g_atomic_int_get (&two.at_bob->received) > n);
    ahead = MAX (ahead, g_atomic_int_get (&two.from_ann->pushed)
        - g_atomic_int_get (&two.at_bob->received));
  }
  g_thread_join (thread);
  fail_unless_equals_int (two.from_ann->ret, GST_FLOW_OK);
  fail_unless (ahead < 8 * 64, "%d messages were under way", ahead);
  two_clear (&two);
}

GST_END_TEST;

static gpointer
talk_once (gpointer data)
{
  say (data, "nobody", 6);
  return NULL;
}

/* given a talker that waits because nobody is there, when its pad is released,
 * or the pipeline stops, then it is let go at once */
GST_START_TEST (test_let_go)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", "", &url);
  Talker *one = talker_new (ann, "one", TEXT);
  Talker *two = talker_new (ann, "two", TEXT);
  GThread *threads[2];

  threads[0] = g_thread_new ("one", talk_once, one);
  threads[1] = g_thread_new ("two", talk_once, two);
  g_usleep (50 * 1000);         /* they wait by then, or they will find it so */
  gst_element_release_request_pad (ann->call, one->sink);
  g_thread_join (threads[0]);
  fail_unless_equals_int (one->ret, GST_FLOW_FLUSHING);
  call_side_set_state (ann, GST_STATE_READY);
  g_thread_join (threads[1]);
  fail_unless_equals_int (two->ret, GST_FLOW_FLUSHING);
  talker_free (one);
  talker_free (two);
}

GST_END_TEST;

static void
set_to (CallSide * side, const gchar * peer_id)
{
  gst_child_proxy_set (GST_CHILD_PROXY (side->call), "data_chat::to", peer_id,
      NULL);
}

/* Skips what is `skipped`, and takes one that is `wanted` */
static void
expect_after (Listener * self, const gchar * skipped, const gchar * wanted)
{
  for (;;) {
    g_autoptr (GstBuffer) buffer = hear (self);

    if (gst_buffer_get_size (buffer) == strlen (wanted)
        && gst_buffer_memcmp (buffer, 0, wanted, strlen (wanted)) == 0)
      return;
    fail_unless (gst_buffer_memcmp (buffer, 0, skipped, strlen (skipped)) == 0);
  }
}

/* given three, when one says something to one of them only, then only that one
 * hears it */
GST_START_TEST (test_to_one)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", "", &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob", "");
  g_autoptr (CallSide) eve = call_side_join (url, "peer-id=eve", "");
  Listener *at_bob = listener_new (bob, "chat");
  Listener *at_eve = listener_new (eve, "chat");
  Talker *talker = talker_new (ann, "chat", TEXT);

  while (!g_atomic_int_get (&at_bob->received)
      || !g_atomic_int_get (&at_eve->received)) {
    say (talker, "both", 4);
    g_usleep (10 * 1000);
  }
  set_to (ann, "eve");
  say (talker, "secret", 6);
  set_to (ann, "");
  say (talker, "end", 3);
  expect_after (at_eve, "both", "secret");
  expect (at_eve, "end", 3);
  expect_after (at_bob, "both", "end");
  listener_free (at_bob);
  listener_free (at_eve);
  talker_free (talker);
}

GST_END_TEST;

typedef struct
{
  GMutex lock;
  gchar *peer_id, *label, *text;
} Told;

static void
on_message (GstElement * call, const gchar * peer_id, const gchar * label,
    const gchar * text, gpointer data)
{
  Told *told = data;

  g_mutex_lock (&told->lock);
  told->peer_id = g_strdup (peer_id);
  told->label = g_strdup (label);
  told->text = g_strdup (text);
  g_mutex_unlock (&told->lock);
  call_test_news ();
}

static gboolean
was_told (Told * told)
{
  gboolean yes;

  g_mutex_lock (&told->lock);
  yes = told->text != NULL;
  g_mutex_unlock (&told->lock);
  return yes;
}

/* given two without any data pad, when one emits send-text, then the other gets
 * signal and element message, and a pad remote_data_chat */
GST_START_TEST (test_send_text)
{
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) ann = call_side_host ("peer-id=ann", "", &url);
  g_autoptr (CallSide) bob = call_side_join (url, "peer-id=bob", "");
  Listener *at_bob = listener_new (bob, "chat");
  Told told = { 0, };

  g_signal_connect (bob->call, "message", G_CALLBACK (on_message), &told);
  CALL_WAIT (call_side_has (ann, "call-state", "state", "connected"));
  g_signal_emit_by_name (ann->call, "send-text", "hello");
  expect (at_bob, "hello", 5);
  CALL_WAIT (was_told (&told));
  fail_unless_equals_string (told.peer_id, "ann");
  fail_unless_equals_string (told.label, "chat");
  fail_unless_equals_string (told.text, "hello");
  fail_unless (call_side_has (bob, "call-message", "text", "hello"));
  call_side_no_error (bob);
  g_free (told.peer_id);
  g_free (told.label);
  g_free (told.text);
  listener_free (at_bob);
}

GST_END_TEST;

static Suite *
callbin_data_suite (void)
{
  Suite *s = suite_create ("callbin-data");
  TCase *tc = tcase_create ("general");

  tcase_set_timeout (tc, 60);
  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_text);
  tcase_add_test (tc, test_binary);
  tcase_add_test (tc, test_long);
  tcase_add_test (tc, test_late);
  tcase_add_test (tc, test_newcomer);
  tcase_add_test (tc, test_too_long);
  tcase_add_test (tc, test_held_up);
  tcase_add_test (tc, test_let_go);
  tcase_add_test (tc, test_to_one);
  tcase_add_test (tc, test_send_text);
  return s;
}

GST_CHECK_MAIN (callbin_data);
