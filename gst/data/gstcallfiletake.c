/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a source pushes into callfilepay, where it cannot be read anywhere.
 * Threads and locks: gstcallfilepay-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilepay-private.h"

#define GST_CAT_DEFAULT gst_call_file_pay_debug

/* Upstream that waits for room looks whether a newcomer's time is over */
#define LOOK_EVERY (100 * G_TIME_SPAN_MILLISECOND)

static gsize
get_room_locked (GstCallFilePay * self)
{
  guint64 needed = self->receivers ?
      gst_call_file_receivers_get_needed (self->receivers,
      g_get_monotonic_time ()) : self->ring.first;

  return gst_call_file_ring_get_room (&self->ring, MIN (needed, self->reading));
}

static void
write_locked (GstCallFilePay * self, const guint8 * data, gsize size)
{
  gst_call_file_ring_write (&self->ring, data, size);
  gst_call_file_hash_add (self->hash, data, size);
  self->hashed = self->ring.front;
  self->has_file = TRUE;
  if (self->receivers) {
    gst_call_file_receivers_set_range (self->receivers, self->ring.first,
        self->ring.front);
    gst_call_file_receivers_set_hashed (self->receivers, self->hashed);
    if (self->size >= 0 && self->ring.front > (guint64) self->size)
      gst_call_file_receivers_cancel (self->receivers, "failed",
          "The file is longer than its source has said.");
  }
  g_cond_broadcast (&self->cond);
}

static GstFlowReturn
take_data (GstCallFilePay * self, const guint8 * data, gsize size)
{
  GstFlowReturn flow;

  g_mutex_lock (&self->lock);
  while (size > 0 && !self->sink_flushing && !self->over && !self->eos
      && self->flow == GST_FLOW_OK) {
    gsize length = MIN (get_room_locked (self), size);

    if (length == 0) {
      GST_TRACE_OBJECT (self, "waiting for room");
      g_cond_wait_until (&self->cond, &self->lock,
          g_get_monotonic_time () + LOOK_EVERY);
      continue;
    }
    write_locked (self, data, length);
    data += length;
    size -= length;
  }
  if (self->sink_flushing)
    flow = GST_FLOW_FLUSHING;
  else if (self->flow != GST_FLOW_OK)
    flow = self->flow;
  else
    flow = self->over || self->eos ? GST_FLOW_EOS : GST_FLOW_OK;
  g_mutex_unlock (&self->lock);
  return flow;
}

GstFlowReturn
gst_call_file_pay_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);
  GstFlowReturn flow;
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    GST_ELEMENT_ERROR (self, RESOURCE, READ, ("A buffer cannot be read."),
        (NULL));
    return GST_FLOW_ERROR;
  }
  flow = take_data (self, map.data, map.size);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  return flow;
}

/* lock held. There is no more of the file that is being pushed. */
static void
end_file_locked (GstCallFilePay * self)
{
  self->ended = TRUE;
  if (!self->receivers)
    return;
  gst_call_file_receivers_set_ended (self->receivers);
  if (self->size >= 0 && self->ring.front < (guint64) self->size)
    gst_call_file_receivers_cancel (self->receivers, "failed",
        "The file is shorter than its source has said.");
}

/* Another file: after the one before has been sent */
static void
on_stream_start (GstCallFilePay * self)
{
  g_mutex_lock (&self->lock);
  if (self->has_file)
    end_file_locked (self);
  g_cond_broadcast (&self->cond);
  while (self->has_file && !self->sink_flushing && self->flow == GST_FLOW_OK) {
    GST_TRACE_OBJECT (self, "waiting for the end of the file before");
    g_cond_wait (&self->cond, &self->lock);
  }
  if (!self->has_file) {
    self->over = FALSE;
    self->segment_size = -1;
  }
  g_mutex_unlock (&self->lock);
}

/* A source of bytes says here how many there will be */
static void
on_segment (GstCallFilePay * self, GstEvent * event)
{
  const GstSegment *segment;

  gst_event_parse_segment (event, &segment);
  g_mutex_lock (&self->lock);
  if (!self->has_file && segment->format == GST_FORMAT_BYTES
      && segment->start == 0 && segment->duration <= GST_CALL_FILE_MAX_SIZE)
    self->segment_size = segment->duration;
  g_mutex_unlock (&self->lock);
}

static void
on_eos (GstCallFilePay * self)
{
  g_mutex_lock (&self->lock);
  if (!self->over) {
    /* an empty file, if nothing has come */
    self->has_file = TRUE;
    end_file_locked (self);
  }
  self->eos = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* What comes after a flush is not what came before */
static void
on_flush (GstCallFilePay * self, gboolean flushing)
{
  g_mutex_lock (&self->lock);
  self->sink_flushing = flushing;
  if (flushing && self->receivers)
    gst_call_file_receivers_cancel (self->receivers, "failed",
        "The source has jumped.");
  if (flushing && self->has_file)
    self->over = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

gboolean
gst_call_file_pay_sink_event (GstPad * pad, GstObject * parent,
    GstEvent * event)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_STREAM_START:
      on_stream_start (self);
      break;
    case GST_EVENT_SEGMENT:
      on_segment (self, event);
      break;
    case GST_EVENT_EOS:
      on_eos (self);
      break;
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      on_flush (self, GST_EVENT_TYPE (event) == GST_EVENT_FLUSH_START);
      break;
    default:
      /* caps and tags are those of the file */
      break;
  }
  gst_event_unref (event);
  return TRUE;
}
