/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "switch-test.h"

#include <gst/video/video.h>

static GstFlowReturn
on_buffer (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  TestSwitch *self = gst_pad_get_element_private (pad);
  GstMapInfo map;

  gst_buffer_map (buffer, &map, GST_MAP_READ);
  g_mutex_lock (&self->lock);
  g_array_append_val (self->times, GST_BUFFER_PTS (buffer));
  g_byte_array_append (self->data, map.data, map.size);
  self->disconts += GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  self->n++;
  g_mutex_unlock (&self->lock);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  TestSwitch *self = gst_pad_get_element_private (pad);

  g_mutex_lock (&self->lock);
  self->starts += GST_EVENT_TYPE (event) == GST_EVENT_STREAM_START;
  self->caps += GST_EVENT_TYPE (event) == GST_EVENT_CAPS;
  self->segments += GST_EVENT_TYPE (event) == GST_EVENT_SEGMENT;
  self->eos += GST_EVENT_TYPE (event) == GST_EVENT_EOS;
  self->flushes += GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START
      || GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_STOP;
  g_mutex_unlock (&self->lock);
  gst_event_unref (event);
  return TRUE;
}

TestSwitch *
test_switch_new (void)
{
  TestSwitch *self = g_new0 (TestSwitch, 1);
  g_autoptr (GstPad) src = NULL;

  g_mutex_init (&self->lock);
  self->times = g_array_new (FALSE, FALSE, sizeof (GstClockTime));
  self->data = g_byte_array_new ();
  self->bus = gst_bus_new ();
  self->element = gst_check_setup_element ("callswitch");
  gst_element_set_bus (self->element, self->bus);
  self->sink = gst_pad_new ("sink", GST_PAD_SINK);
  gst_pad_set_element_private (self->sink, self);
  gst_pad_set_chain_function (self->sink, on_buffer);
  gst_pad_set_event_function (self->sink, on_event);
  gst_pad_set_active (self->sink, TRUE);
  src = gst_element_get_static_pad (self->element, "src");
  fail_unless_equals_int (gst_pad_link (src, self->sink), GST_PAD_LINK_OK);
  fail_unless_equals_int (gst_element_set_state (self->element,
          GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  return self;
}

void
test_switch_free (TestSwitch * self)
{
  gst_element_set_state (self->element, GST_STATE_NULL);
  gst_element_set_bus (self->element, NULL);
  gst_bus_set_flushing (self->bus, TRUE);
  gst_object_unref (self->bus);
  gst_pad_set_active (self->sink, FALSE);
  gst_check_teardown_element (self->element);
  gst_object_unref (self->sink);
  g_array_unref (self->times);
  g_byte_array_unref (self->data);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static gboolean
on_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  TestInput *input = gst_pad_get_element_private (pad);

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return gst_pad_query_default (pad, parent, query);
  gst_query_set_latency (query, input->live, input->latency,
      GST_CLOCK_TIME_NONE);
  return TRUE;
}

static gboolean
on_upstream_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  TestInput *input = gst_pad_get_element_private (pad);

  if (gst_video_event_is_force_key_unit (event))
    g_atomic_int_inc (&input->key_requests);
  if (GST_EVENT_TYPE (event) == GST_EVENT_RECONFIGURE)
    g_atomic_int_inc (&input->reconfigures);
  if (GST_EVENT_TYPE (event) == GST_EVENT_QOS)
    g_atomic_int_inc (&input->qos);
  gst_event_unref (event);
  return TRUE;
}

TestInput *
test_input_new (TestSwitch * self, const gchar * caps_text, GstClockTime base,
    gboolean live)
{
  TestInput *input = g_new0 (TestInput, 1);
  g_autoptr (GstCaps) caps = gst_caps_from_string (caps_text);
  GstSegment segment;

  input->base = base;
  input->live = live;
  input->src = gst_pad_new (NULL, GST_PAD_SRC);
  gst_pad_set_element_private (input->src, input);
  gst_pad_set_query_function (input->src, on_query);
  gst_pad_set_event_function (input->src, on_upstream_event);
  input->pad = gst_element_request_pad_simple (self->element, "sink_%u");
  fail_unless_equals_int (gst_pad_link (input->src, input->pad),
      GST_PAD_LINK_OK);
  gst_pad_set_active (input->src, TRUE);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  segment.start = segment.time = base;
  gst_pad_push_event (input->src, gst_event_new_stream_start ("test"));
  gst_pad_push_event (input->src, gst_event_new_caps (caps));
  gst_pad_push_event (input->src, gst_event_new_segment (&segment));
  return input;
}

void
test_input_free (TestSwitch * self, TestInput * input)
{
  gst_element_release_request_pad (self->element, input->pad);
  gst_pad_set_active (input->src, FALSE);
  gst_object_unref (input->pad);
  gst_object_unref (input->src);
  g_free (input);
}

static GstBuffer *
make_buffer (TestInput * input, GstClockTime time, guint8 data, gsize size)
{
  GstBuffer *buffer = gst_buffer_new_allocate (NULL, size, NULL);

  gst_buffer_memset (buffer, 0, data, size);
  GST_BUFFER_PTS (buffer) = input->base + time;
  return buffer;
}

GstFlowReturn
test_push (TestInput * input, GstClockTime time, guint8 data)
{
  GstBuffer *buffer = make_buffer (input, time, data, 16);

  GST_BUFFER_DURATION (buffer) = TEST_FRAME;
  return gst_pad_push (input->src, buffer);
}

GstFlowReturn
test_push_delta (TestInput * input, GstClockTime time, guint8 data)
{
  GstBuffer *buffer = make_buffer (input, time, data, 16);

  GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  return gst_pad_push (input->src, buffer);
}

GstFlowReturn
test_push_samples (TestInput * input, GstClockTime time,
    const gint16 * samples, gsize n)
{
  GstBuffer *buffer = make_buffer (input, time, 0, n * sizeof (gint16));

  gst_buffer_fill (buffer, 0, samples, n * sizeof (gint16));
  return gst_pad_push (input->src, buffer);
}

guint
test_switch_count (TestSwitch * self)
{
  guint n;

  g_mutex_lock (&self->lock);
  n = self->n;
  g_mutex_unlock (&self->lock);
  return n;
}

GstClockTime
test_switch_time (TestSwitch * self, guint i)
{
  GstClockTime time;

  g_mutex_lock (&self->lock);
  fail_unless (i < self->times->len);
  time = g_array_index (self->times, GstClockTime, i);
  g_mutex_unlock (&self->lock);
  return time;
}

void
test_switch_unbroken (TestSwitch * self)
{
  for (guint i = 1; i < self->times->len; i++)
    fail_unless (g_array_index (self->times, GstClockTime, i) >
        g_array_index (self->times, GstClockTime, i - 1));
  fail_unless_equals_int (self->starts, 1);
  fail_unless_equals_int (self->caps, 1);
  fail_unless_equals_int (self->segments, 1);
  fail_unless_equals_int (self->flushes, 0);
}

GstMessage *
test_switch_message (TestSwitch * self, const gchar * name)
{
  GstMessage *message;

  while ((message = gst_bus_timed_pop_filtered (self->bus, TEST_TIMEOUT,
              GST_MESSAGE_ELEMENT))) {
    if (gst_message_has_name (message, name))
      return message;
    gst_message_unref (message);
  }
  fail ("no message %s", name);
  return NULL;
}
