/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callfilepay tells people: messages, by its task, and answers to queries,
 * in any thread. Threads and locks: gstcallfilepay-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilepay-private.h"

static gint64
get_size (GstCallFilePay * self, guint64 * position)
{
  gint64 size;

  g_mutex_lock (&self->lock);
  size = self->size;
  if (self->receivers)
    *position = gst_call_file_receivers_get_position (self->receivers);
  g_mutex_unlock (&self->lock);
  return size;
}

/* Not before PLAYING: gst-launch-1.0 would wait for the end of the transfer
 * before it goes there */
static void
post_progress_message (GstCallFilePay * self)
{
  guint64 position = 0;
  gint64 size = get_size (self, &position);
  gint percent = size > 0 ? position * 100 / size : 0;
  g_autofree gchar *text = NULL;
  GstMessage *message;

  if (!self->task.told_start && GST_STATE (self) != GST_STATE_PLAYING)
    return;
  if (size > 0)
    text = g_strdup_printf ("%s: %d %%", self->task.name, percent);
  else
    text = g_strdup_printf ("%s: %" G_GUINT64_FORMAT " bytes",
        self->task.name, position);
  message = gst_message_new_progress (GST_OBJECT (self),
      self->task.told_start ? GST_PROGRESS_TYPE_CONTINUE :
      GST_PROGRESS_TYPE_START, "send-file", text);
  if (size > 0)
    gst_structure_set (gst_message_writable_structure (message), "percent",
        G_TYPE_INT, percent, NULL);
  gst_element_post_message (GST_ELEMENT (self), message);
  self->task.told_start = TRUE;
}

void
gst_call_file_pay_post_progress (GstCallFilePay * self,
    const GstCallFileStep * step)
{
  guint64 position;
  gint64 size = get_size (self, &position);

  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-file-progress", "id", G_TYPE_UINT, self->id,
              "file-name", G_TYPE_STRING, self->task.name,
              "peer-id", G_TYPE_STRING, g_ptr_array_index (step->peers, 0),
              "position", G_TYPE_UINT64, step->offset,
              "size", G_TYPE_INT64, size, NULL)));
  post_progress_message (self);
}

void
gst_call_file_pay_post_sent (GstCallFilePay * self,
    const GstCallFileStep * step)
{
  guint64 size;

  g_mutex_lock (&self->lock);
  size = self->hashed;
  g_mutex_unlock (&self->lock);
  self->task.n_sent++;
  post_progress_message (self);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-file-sent", "id", G_TYPE_UINT, self->id,
              "file-name", G_TYPE_STRING, self->task.name,
              "peer-id", G_TYPE_STRING, g_ptr_array_index (step->peers, 0),
              "size", G_TYPE_UINT64, size, NULL)));
}

void
gst_call_file_pay_post_failed (GstCallFilePay * self,
    const GstCallFileStep * step)
{
  const gchar *peer_id = g_ptr_array_index (step->peers, 0);
  gboolean wanted;

  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-file-failed", "id", G_TYPE_UINT, self->id,
              "file-name", G_TYPE_STRING, self->task.name,
              "peer-id", G_TYPE_STRING, peer_id,
              "code", G_TYPE_STRING, step->code,
              "text", G_TYPE_STRING, step->text, NULL)));
  g_mutex_lock (&self->lock);
  wanted = self->cancelled;
  g_mutex_unlock (&self->lock);
  if (!wanted)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE,
        ("The file \"%s\" was not sent to %s. %s", self->task.name, peer_id,
            step->text), ("%s", step->code));
}

void
gst_call_file_pay_post_finished (GstCallFilePay * self)
{
  if (self->task.told_start)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_progress (GST_OBJECT (self), self->task.n_sent > 0 ?
            GST_PROGRESS_TYPE_COMPLETE : GST_PROGRESS_TYPE_ERROR, "send-file",
            self->task.name));
  self->task.told_start = FALSE;
}

static gboolean
answer_position (GstCallFilePay * self, GstQuery * query)
{
  guint64 position = 0;
  GstFormat format;
  gint64 size;

  gst_query_parse_position (query, &format, NULL);
  g_mutex_lock (&self->lock);
  size = self->size;
  if (self->receivers)
    position = gst_call_file_receivers_get_position (self->receivers);
  g_mutex_unlock (&self->lock);
  if (format == GST_FORMAT_BYTES)
    gst_query_set_position (query, format, position);
  else if (format == GST_FORMAT_PERCENT && size > 0)
    gst_query_set_position (query, format,
        gst_util_uint64_scale (position, GST_FORMAT_PERCENT_MAX, size));
  else
    return FALSE;
  return TRUE;
}

static gboolean
answer_duration (GstCallFilePay * self, GstQuery * query)
{
  GstFormat format;
  gint64 size;

  gst_query_parse_duration (query, &format, NULL);
  g_mutex_lock (&self->lock);
  size = self->size;
  g_mutex_unlock (&self->lock);
  if (size < 0 || (format != GST_FORMAT_BYTES && format != GST_FORMAT_PERCENT))
    return FALSE;
  gst_query_set_duration (query, format, format == GST_FORMAT_BYTES ? size :
      GST_FORMAT_PERCENT_MAX);
  return TRUE;
}

gboolean
gst_call_file_pay_src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_POSITION:
      return answer_position (self, query);
    case GST_QUERY_DURATION:
      return answer_duration (self, query);
    case GST_QUERY_SEEKING:
      return FALSE;
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}
