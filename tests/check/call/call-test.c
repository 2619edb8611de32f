/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "call-test.h"

#include "known-warnings.h"

#include <string.h>

#define TIMEOUT_S 60

static GMutex lock;
static GCond cond;

gint64
call_test_deadline (void)
{
  return g_get_monotonic_time () + TIMEOUT_S * G_USEC_PER_SEC;
}

void
call_test_news (void)
{
  g_mutex_lock (&lock);
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

void
call_test_iterate (gint64 deadline, const gchar * condition,
    const gchar * file, gint line)
{
  if (g_get_monotonic_time () > deadline)
    g_error ("%s:%d: never came: %s", file, line, condition);
  if (g_main_context_iteration (NULL, FALSE))
    return;
  g_mutex_lock (&lock);
  g_cond_wait_until (&cond, &lock, g_get_monotonic_time () + 20000);
  g_mutex_unlock (&lock);
}

static CallKind
kind_of (GstPad * pad)
{
  return g_str_has_prefix (GST_OBJECT_NAME (pad), "remote_video") ?
      CALL_VIDEO : CALL_AUDIO;
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  CallSide *side = data;

  if (GST_MESSAGE_TYPE (message) & (GST_MESSAGE_ELEMENT | GST_MESSAGE_WARNING |
          GST_MESSAGE_ERROR)) {
    g_mutex_lock (&lock);
    g_ptr_array_add (side->messages, gst_message_ref (message));
    g_cond_broadcast (&cond);
    g_mutex_unlock (&lock);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static GstClockTime
running_time_of (GstPad * pad, GstBuffer * buffer)
{
  g_autoptr (GstEvent) event =
      gst_pad_get_sticky_event (pad, GST_EVENT_SEGMENT, 0);
  const GstSegment *segment;

  if (!event)
    return GST_CLOCK_TIME_NONE;
  gst_event_parse_segment (event, &segment);
  return gst_segment_to_running_time (segment, GST_FORMAT_TIME,
      GST_BUFFER_PTS (buffer));
}

static GstPadProbeReturn
on_remote (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  CallSide *side = data;
  CallKind kind = kind_of (pad);

  g_mutex_lock (&lock);
  if (info->type & GST_PAD_PROBE_TYPE_BUFFER) {
    GstClockTime time = running_time_of (pad, GST_PAD_PROBE_INFO_BUFFER (info));

    side->buffers[kind]++;
    if (GST_CLOCK_TIME_IS_VALID (side->last[kind]) && time < side->last[kind])
      side->backwards++;
    side->last[kind] = time;
  } else if (GST_EVENT_TYPE (info->data) == GST_EVENT_CAPS) {
    GstCaps *caps;

    gst_event_parse_caps (info->data, &caps);
    gst_caps_replace (&side->caps[kind], caps);
  }
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * call, GstPad * pad, gpointer data)
{
  CallSide *side = data;
  GstElement *sink;
  g_autoptr (GstPad) sink_pad = NULL;

  if (GST_PAD_DIRECTION (pad) != GST_PAD_SRC
      || g_str_has_prefix (GST_OBJECT_NAME (pad), "remote_data_"))
    return;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_remote, side, NULL);
  sink = gst_element_factory_make ("fakesink", NULL);
  g_object_set (sink, "sync", FALSE, "async", FALSE, NULL);
  gst_bin_add (GST_BIN (side->pipeline), sink);
  gst_element_sync_state_with_parent (sink);
  sink_pad = gst_element_get_static_pad (sink, "sink");
  gst_pad_link (pad, sink_pad);
  g_mutex_lock (&lock);
  side->pads[kind_of (pad)]++;
  g_cond_broadcast (&cond);
  g_mutex_unlock (&lock);
}

CallSide *
call_side_new (const gchar * properties, const gchar * sources)
{
  CallSide *side = g_new0 (CallSide, 1);
  g_autofree gchar *line = g_strdup_printf ("callbin name=call %s  %s",
      properties, sources);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstBus) bus = gst_bus_new ();
  GstElement *parsed = gst_parse_launch_full (line, NULL,
      GST_PARSE_FLAG_FATAL_ERRORS | GST_PARSE_FLAG_NO_SINGLE_ELEMENT_BINS,
      &error);

  known_warnings_allow ();
  fail_unless (parsed != NULL, "%s: %s", line, error ? error->message : "");
  side->messages =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_message_unref);
  side->last[CALL_AUDIO] = side->last[CALL_VIDEO] = GST_CLOCK_TIME_NONE;
  if (GST_IS_PIPELINE (parsed)) {
    side->pipeline = gst_object_ref_sink (parsed);
  } else {
    side->pipeline = gst_object_ref_sink (gst_pipeline_new (NULL));
    gst_bin_add (GST_BIN (side->pipeline), parsed);
  }
  side->call = gst_bin_get_by_name (GST_BIN (side->pipeline), "call");
  gst_bus_set_sync_handler (bus, on_message, side, NULL);
  gst_element_set_bus (side->pipeline, bus);
  g_signal_connect (side->call, "pad-added", G_CALLBACK (on_pad_added), side);
  return side;
}

void
call_side_free (CallSide * side)
{
  call_side_set_state (side, GST_STATE_NULL);
  gst_object_unref (side->call);
  gst_object_unref (side->pipeline);
  g_ptr_array_unref (side->messages);
  gst_clear_caps (&side->caps[0]);
  gst_clear_caps (&side->caps[1]);
  g_free (side);
}

void
call_side_set_state (CallSide * side, GstState state)
{
  fail_unless (gst_element_set_state (side->pipeline, state) !=
      GST_STATE_CHANGE_FAILURE);
}

CallSide *
call_side_host (const gchar * properties, const gchar * sources, gchar ** url)
{
  g_autofree gchar *all = g_strconcat ("listen=127.0.0.1:0 room=tea ",
      properties, NULL);
  CallSide *side = call_side_new (all, sources);
  g_autoptr (GstStructure) listening = NULL;

  call_side_set_state (side, GST_STATE_PLAYING);
  CALL_WAIT (call_side_has (side, "call-joined", NULL, NULL));
  listening = call_side_find (side, "call-listening", NULL, NULL, 0);
  fail_unless (listening != NULL);
  if (url)
    *url = call_test_ws_url (gst_structure_get_string (listening, "url"));
  return side;
}

CallSide *
call_side_join (const gchar * url, const gchar * properties,
    const gchar * sources)
{
  g_autofree gchar *all = g_strdup_printf ("uri=%s %s", url, properties);
  CallSide *side = call_side_new (all, sources);

  call_side_set_state (side, GST_STATE_PLAYING);
  return side;
}

static gboolean
matches (GstMessage * message, const gchar * name, const gchar * field,
    const gchar * value)
{
  const GstStructure *s = gst_message_get_structure (message);

  return GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT &&
      gst_structure_has_name (s, name) && (!field
      || g_strcmp0 (gst_structure_get_string (s, field), value) == 0);
}

GstStructure *
call_side_find (CallSide * side, const gchar * name, const gchar * field,
    const gchar * value, guint index)
{
  GstStructure *found = NULL;
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; !found && i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);

    if (matches (message, name, field, value) && index-- == 0)
      found = gst_structure_copy (gst_message_get_structure (message));
  }
  g_mutex_unlock (&lock);
  return found;
}

gboolean
call_side_has (CallSide * side, const gchar * name, const gchar * field,
    const gchar * value)
{
  return call_side_count (side, name, field, value) > 0;
}

guint
call_side_count (CallSide * side, const gchar * name, const gchar * field,
    const gchar * value)
{
  guint i, n = 0;

  g_mutex_lock (&lock);
  for (i = 0; i < side->messages->len; i++)
    n += matches (g_ptr_array_index (side->messages, i), name, field, value);
  g_mutex_unlock (&lock);
  return n;
}

gboolean
call_side_told (CallSide * side, GstMessageType type, const gchar * words,
    GQuark domain, gint code)
{
  gboolean found = FALSE;
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; !found && i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);
    g_autoptr (GError) error = NULL;

    if (GST_MESSAGE_TYPE (message) != type)
      continue;
    if (type == GST_MESSAGE_ERROR)
      gst_message_parse_error (message, &error, NULL);
    else
      gst_message_parse_warning (message, &error, NULL);
    found = strstr (error->message, words) != NULL
        && g_error_matches (error, domain, code);
    if (!found)
      GST_INFO ("not it: %s %d: %s", g_quark_to_string (error->domain),
          error->code, error->message);
  }
  g_mutex_unlock (&lock);
  return found;
}

gchar *
call_side_error (CallSide * side)
{
  gchar *text = NULL;
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; !text && i < side->messages->len; i++) {
    g_autoptr (GError) error = NULL;
    GstMessage *message = g_ptr_array_index (side->messages, i);

    if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
      continue;
    gst_message_parse_error (message, &error, NULL);
    text = g_strdup_printf ("%s: %s", GST_MESSAGE_SRC_NAME (message),
        error->message);
  }
  g_mutex_unlock (&lock);
  return text;
}

static gchar *
describe (GstMessage * message)
{
  const GstStructure *structure = gst_message_get_structure (message);
  g_autoptr (GError) error = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, NULL);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, NULL);
  if (error)
    return g_strdup (error->message);
  return structure ? gst_structure_to_string (structure) : g_strdup ("");
}

void
call_side_add_camera (CallSide * side)
{
  g_autoptr (GError) error = NULL;
  GstElement *camera = gst_parse_bin_from_description
      ("videotestsrc is-live=true pattern=ball ! "
      "capsfilter caps=video/x-raw,width=160,height=120,framerate=15/1", TRUE,
      &error);
  g_autoptr (GstPad) sink =
      gst_element_request_pad_simple (side->call, "video_0");
  g_autoptr (GstPad) src = NULL;

  fail_unless (camera != NULL && sink != NULL);
  gst_bin_add (GST_BIN (side->pipeline), camera);
  src = gst_element_get_static_pad (camera, "src");
  fail_unless_equals_int (gst_pad_link (src, sink), GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent (camera);
}

/* An element that is not where the pipeline is to be */
static void
print_state (const GValue * value, gpointer data)
{
  GstElement *element = g_value_get_object (value);
  GstState state, pending;
  GstStateChangeReturn ret = gst_element_get_state (element, &state, &pending,
      0);

  if (state != GST_STATE_PLAYING || pending != GST_STATE_VOID_PENDING)
    g_printerr ("%s is %s, pending %s, %s\n", GST_OBJECT_NAME (element),
        gst_element_state_get_name (state),
        gst_element_state_get_name (pending),
        gst_element_state_change_return_get_name (ret));
}

void
call_side_print (CallSide * side)
{
  g_autoptr (GstStructure) stats = NULL;
  GstIterator *all = gst_bin_iterate_recurse (GST_BIN (side->pipeline));
  guint i;

  g_mutex_lock (&lock);
  for (i = 0; i < side->messages->len; i++) {
    GstMessage *message = g_ptr_array_index (side->messages, i);
    g_autofree gchar *text = describe (message);

    g_printerr ("%s: %s\n", GST_OBJECT_NAME (message->src), text);
  }
  g_mutex_unlock (&lock);
  g_object_get (side->call, "stats", &stats, NULL);
  if (stats) {
    g_autofree gchar *text = gst_structure_to_string (stats);

    g_printerr ("%s\n", text);
  }
  gst_iterator_foreach (all, print_state, NULL);
  gst_iterator_free (all);
}

void
call_side_forget (CallSide * side)
{
  g_mutex_lock (&lock);
  g_ptr_array_set_size (side->messages, 0);
  g_mutex_unlock (&lock);
}

void
call_side_no_error (CallSide * side)
{
  g_autoptr (GstStructure) error = call_side_find (side, "call-error", NULL,
      NULL, 0);
  g_autofree gchar *text = error ? gst_structure_to_string (error) : NULL;

  fail_unless (error == NULL, "%s: %s", GST_OBJECT_NAME (side->pipeline), text);
}

static GstPadProbeReturn
swallow (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_PAD_PROBE_DROP;
}

/* Streaming thread, or the test's: between two buffers */
static GstPadProbeReturn
on_idle (GstPad * pad, GstPadProbeInfo * info, gpointer is_idle)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_DATA_DOWNSTREAM, swallow, NULL,
      NULL);
  g_atomic_int_set ((gint *) is_idle, TRUE);
  call_test_news ();
  return GST_PAD_PROBE_REMOVE;
}

GstElement *
call_side_release (CallSide * side, const gchar * pad)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (side->call, pad);
  g_autoptr (GstPad) src = gst_pad_get_peer (sink);
  gint is_idle = FALSE;         /* atomic */

  /* the source must not see that it is linked to nothing */
  gst_pad_add_probe (src, GST_PAD_PROBE_TYPE_IDLE, on_idle, &is_idle, NULL);
  CALL_WAIT (g_atomic_int_get (&is_idle));
  gst_pad_unlink (src, sink);
  gst_element_release_request_pad (side->call, sink);
  return gst_pad_get_parent_element (src);
}

GstPad *
call_side_network (CallSide * side, const gchar * factory, const gchar * pad)
{
  g_autoptr (GstIterator) all =
      gst_bin_iterate_all_by_element_factory_name (GST_BIN (side->call),
      factory);
  g_auto (GValue) item = G_VALUE_INIT;

  if (gst_iterator_next (all, &item) != GST_ITERATOR_OK)
    return NULL;
  return gst_element_get_static_pad (g_value_get_object (&item), pad);
}

gulong
call_test_swallow (GstPad * pad)
{
  return gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, swallow, NULL, NULL);
}

guint
call_side_buffers (CallSide * side, CallKind kind)
{
  guint n;

  g_mutex_lock (&lock);
  n = side->buffers[kind];
  g_mutex_unlock (&lock);
  return n;
}

GstClockTime
call_side_last (CallSide * side, CallKind kind)
{
  GstClockTime last;

  g_mutex_lock (&lock);
  last = side->last[kind];
  g_mutex_unlock (&lock);
  return last;
}

void
call_side_wait_more (CallSide * side, CallKind kind, guint n)
{
  guint before = call_side_buffers (side, kind);

  CALL_WAIT (call_side_buffers (side, kind) >= before + n);
}

gchar *
call_test_ws_url (const gchar * url)
{
  fail_unless (g_str_has_prefix (url, "http://"), "%s", url);
  return g_strconcat ("ws", url + strlen ("http"), NULL);
}
