/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The input side follows the frame headers (RFC 6455 section 5.2) and adds up
 * the payloads of one message; it changes no byte. The output side is that of
 * the base.
 *
 * Threads: one, that of the connection.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-bounded-stream.h"

#include <string.h>

#define FRAME_FIN 0x80
#define FRAME_OPCODE 0x0f
#define FRAME_MASKED 0x80
#define FRAME_LENGTH 0x7f
#define FIRST_CONTROL_OPCODE 0x8

/* After this much in one go libsoup gets a chance to look at it */
#define BURST (64 * 1024)

#define CALL_TYPE_BOUNDED_INPUT (call_bounded_input_get_type ())
G_DECLARE_FINAL_TYPE (CallBoundedInput, call_bounded_input, CALL,
    BOUNDED_INPUT, GFilterInputStream);

struct _CallBoundedInput
{
  GFilterInputStream parent;

  GBytes *first;
  gsize first_used;
  gsize burst;                  /* bytes since the last wait */

  gsize max_message;
  guint64 message;              /* payload of the unfinished message */
  guint8 header[10];
  guint header_length;
  guint64 payload;              /* of this frame, still to come */
};

/* Bytes that the header needs, as far as it is known */
static guint
header_size (const CallBoundedInput * self)
{
  guint size = 2;

  if (self->header_length < 2)
    return size;
  if ((self->header[1] & FRAME_LENGTH) == 126)
    size += 2;
  else if ((self->header[1] & FRAME_LENGTH) == 127)
    size += 8;
  return size;
}

/* A whole header is there: FALSE if its message becomes too large */
static gboolean
on_header (CallBoundedInput * self)
{
  guint64 length = self->header[1] & FRAME_LENGTH;
  guint8 opcode = self->header[0] & FRAME_OPCODE;
  guint size = header_size (self);

  if (size > 2) {
    length = 0;
    for (guint i = 2; i < size; i++)
      length = length << 8 | self->header[i];
  }
  if (length > self->max_message)
    return FALSE;
  self->payload = length + (self->header[1] & FRAME_MASKED ? 4 : 0);
  self->header_length = 0;
  if (opcode >= FIRST_CONTROL_OPCODE)
    return TRUE;
  if (opcode != 0)
    self->message = 0;
  self->message += length;
  if (self->message > self->max_message)
    return FALSE;
  if (self->header[0] & FRAME_FIN)
    self->message = 0;
  return TRUE;
}

static gboolean
follow (CallBoundedInput * self, const guint8 * data, gsize length)
{
  while (length > 0) {
    gsize skip = MIN (self->payload, length);

    self->payload -= skip;
    data += skip;
    length -= skip;
    if (length == 0)
      break;
    self->header[self->header_length++] = *data++;
    length--;
    if (self->header_length >= 2 && self->header_length == header_size (self)
        && !on_header (self))
      return FALSE;
  }
  return TRUE;
}

static gssize
account (CallBoundedInput * self, gconstpointer buffer, gssize n,
    GError ** error)
{
  if (n <= 0 || follow (self, buffer, n)) {
    self->burst += MAX (n, 0);
    return n;
  }
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_MESSAGE_TOO_LARGE,
      "Message of more than %" G_GSIZE_FORMAT " bytes", self->max_message);
  return -1;
}

static gsize
first_left (const CallBoundedInput * self)
{
  return g_bytes_get_size (self->first) - self->first_used;
}

static gsize
take_first (CallBoundedInput * self, gpointer buffer, gsize count)
{
  gsize n = MIN (count, first_left (self));
  const guint8 *data = g_bytes_get_data (self->first, NULL);

  if (n > 0)
    memcpy (buffer, data + self->first_used, n);
  self->first_used += n;
  return n;
}

static GPollableInputStream *
pollable_base (GPollableInputStream * stream)
{
  return G_POLLABLE_INPUT_STREAM (G_FILTER_INPUT_STREAM (stream)->base_stream);
}

static gboolean
call_bounded_input_can_poll (GPollableInputStream * stream)
{
  return g_pollable_input_stream_can_poll (pollable_base (stream));
}

static gboolean
call_bounded_input_is_readable (GPollableInputStream * stream)
{
  return first_left (CALL_BOUNDED_INPUT (stream)) > 0
      || g_pollable_input_stream_is_readable (pollable_base (stream));
}

static GSource *
call_bounded_input_create_source (GPollableInputStream * stream,
    GCancellable * cancellable)
{
  g_autoptr (GSource) base = NULL;

  if (first_left (CALL_BOUNDED_INPUT (stream)) > 0)
    base = g_timeout_source_new (0);
  else
    base = g_pollable_input_stream_create_source (pollable_base (stream), NULL);
  CALL_BOUNDED_INPUT (stream)->burst = 0;
  return g_pollable_source_new_full (stream, base, cancellable);
}

static gssize
call_bounded_input_read_nonblocking (GPollableInputStream * stream,
    void *buffer, gsize count, GError ** error)
{
  CallBoundedInput *self = CALL_BOUNDED_INPUT (stream);
  gssize n;

  if (self->burst >= BURST) {
    self->burst = 0;
    g_set_error_literal (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK,
        "Look at what is there first");
    return -1;
  }
  if (first_left (self) > 0)
    n = take_first (self, buffer, count);
  else
    n = g_pollable_input_stream_read_nonblocking (pollable_base (stream),
        buffer, count, NULL, error);
  if (n < 0)
    self->burst = 0;
  return account (self, buffer, n, error);
}

static gssize
call_bounded_input_read (GInputStream * stream, void *buffer, gsize count,
    GCancellable * cancellable, GError ** error)
{
  CallBoundedInput *self = CALL_BOUNDED_INPUT (stream);
  gssize n;

  if (first_left (self) > 0)
    n = take_first (self, buffer, count);
  else
    n = g_input_stream_read (G_FILTER_INPUT_STREAM (stream)->base_stream,
        buffer, count, cancellable, error);
  return account (self, buffer, n, error);
}

static void
call_bounded_input_pollable_init (GPollableInputStreamInterface * iface)
{
  iface->can_poll = call_bounded_input_can_poll;
  iface->is_readable = call_bounded_input_is_readable;
  iface->create_source = call_bounded_input_create_source;
  iface->read_nonblocking = call_bounded_input_read_nonblocking;
}

/* *INDENT-OFF* */
G_DEFINE_FINAL_TYPE_WITH_CODE (CallBoundedInput, call_bounded_input,
    G_TYPE_FILTER_INPUT_STREAM,
    G_IMPLEMENT_INTERFACE (G_TYPE_POLLABLE_INPUT_STREAM,
        call_bounded_input_pollable_init));
/* *INDENT-ON* */

static void
call_bounded_input_finalize (GObject * object)
{
  g_bytes_unref (CALL_BOUNDED_INPUT (object)->first);
  G_OBJECT_CLASS (call_bounded_input_parent_class)->finalize (object);
}

static void
call_bounded_input_class_init (CallBoundedInputClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = call_bounded_input_finalize;
  G_INPUT_STREAM_CLASS (klass)->read_fn = call_bounded_input_read;
}

static void
call_bounded_input_init (CallBoundedInput * self)
{
}

struct _CallBoundedStream
{
  GIOStream parent;

  GIOStream *base;
  GInputStream *input;
};

G_DEFINE_FINAL_TYPE (CallBoundedStream, call_bounded_stream, G_TYPE_IO_STREAM);

static GInputStream *
call_bounded_stream_get_input_stream (GIOStream * stream)
{
  return CALL_BOUNDED_STREAM (stream)->input;
}

static GOutputStream *
call_bounded_stream_get_output_stream (GIOStream * stream)
{
  return g_io_stream_get_output_stream (CALL_BOUNDED_STREAM (stream)->base);
}

static gboolean
call_bounded_stream_close (GIOStream * stream, GCancellable * cancellable,
    GError ** error)
{
  return g_io_stream_close (CALL_BOUNDED_STREAM (stream)->base, cancellable,
      error);
}

static void
on_base_closed (GObject * base, GAsyncResult * result, gpointer user_data)
{
  g_autoptr (GTask) task = user_data;
  GError *error = NULL;

  if (g_io_stream_close_finish (G_IO_STREAM (base), result, &error))
    g_task_return_boolean (task, TRUE);
  else
    g_task_return_error (task, error);
}

static void
call_bounded_stream_close_async (GIOStream * stream, int priority,
    GCancellable * cancellable, GAsyncReadyCallback callback,
    gpointer user_data)
{
  GTask *task = g_task_new (stream, cancellable, callback, user_data);

  g_io_stream_close_async (CALL_BOUNDED_STREAM (stream)->base, priority,
      cancellable, on_base_closed, task);
}

static gboolean
call_bounded_stream_close_finish (GIOStream * stream, GAsyncResult * result,
    GError ** error)
{
  return g_task_propagate_boolean (G_TASK (result), error);
}

static void
call_bounded_stream_finalize (GObject * object)
{
  CallBoundedStream *self = CALL_BOUNDED_STREAM (object);

  g_clear_object (&self->input);
  g_clear_object (&self->base);
  G_OBJECT_CLASS (call_bounded_stream_parent_class)->finalize (object);
}

static void
call_bounded_stream_class_init (CallBoundedStreamClass * klass)
{
  GIOStreamClass *stream_class = G_IO_STREAM_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = call_bounded_stream_finalize;
  stream_class->get_input_stream = call_bounded_stream_get_input_stream;
  stream_class->get_output_stream = call_bounded_stream_get_output_stream;
  stream_class->close_fn = call_bounded_stream_close;
  stream_class->close_async = call_bounded_stream_close_async;
  stream_class->close_finish = call_bounded_stream_close_finish;
}

static void
call_bounded_stream_init (CallBoundedStream * self)
{
}

GIOStream *
call_bounded_stream_new (GIOStream * base, GBytes * first, gsize max_message)
{
  CallBoundedStream *self = g_object_new (CALL_TYPE_BOUNDED_STREAM, NULL);
  CallBoundedInput *input = g_object_new (CALL_TYPE_BOUNDED_INPUT,
      "base-stream", g_io_stream_get_input_stream (base),
      "close-base-stream", FALSE, NULL);

  input->first = g_bytes_ref (first);
  input->max_message = max_message;
  self->input = G_INPUT_STREAM (input);
  self->base = g_object_ref (base);
  return G_IO_STREAM (self);
}
