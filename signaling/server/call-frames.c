/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-frames.h"

#include <string.h>

#define FIN 0x80
#define RESERVED 0x70
#define MASKED 0x80
#define MAX_CONTROL 125

static gboolean
is_control (guint type)
{
  return (type & 0x8) != 0;
}

/* Size of the header, as far as the first two bytes tell */
static guint
header_size (const CallFrameReader * reader)
{
  guint length;

  if (reader->header_length < 2)
    return 2;
  length = reader->header[1] & 0x7f;
  return 6 + (length == 126 ? 2 : length == 127 ? 8 : 0);
}

static guint64
payload_length (const guint8 * header)
{
  guint length = header[1] & 0x7f;
  guint64 value = 0;

  if (length < 126)
    return length;
  for (guint i = 0; i < (length == 126 ? 2u : 8u); i++)
    value = value << 8 | header[2 + i];
  return value;
}

/* What the first two bytes must be, section 5.2 */
static gboolean
start_is_right (const CallFrameReader * reader)
{
  guint type = reader->header[0] & 0xf;
  gboolean final = reader->header[0] & FIN;

  if ((reader->header[0] & RESERVED) || !(reader->header[1] & MASKED))
    return FALSE;
  if (is_control (type))
    return type <= CALL_FRAME_PONG && final &&
        (reader->header[1] & 0x7f) <= MAX_CONTROL;
  if (type == CALL_FRAME_CONTINUATION)
    return reader->message_type != 0;
  return type <= CALL_FRAME_BINARY && reader->message_type == 0;
}

static CallCloseCode
begin_data_frame (CallFrameReader * reader, guint64 length)
{
  gsize before = reader->message != NULL ? reader->message->len : 0;

  if (reader->type == CALL_FRAME_BINARY)
    return CALL_CLOSE_UNSUPPORTED;
  if (length > CALL_MAX_MESSAGE || before + length > CALL_MAX_MESSAGE)
    return CALL_CLOSE_TOO_LARGE;
  if (++reader->fragments > CALL_MAX_FRAGMENTS)
    return CALL_CLOSE_TOO_LARGE;
  if (reader->type != CALL_FRAME_CONTINUATION)
    reader->message_type = reader->type;
  if (reader->message == NULL)
    reader->message = g_byte_array_new ();
  return CALL_CLOSE_NONE;
}

static CallCloseCode
begin_frame (CallFrameReader * reader)
{
  guint64 length = payload_length (reader->header);
  guint form = reader->header[1] & 0x7f;
  CallCloseCode code = CALL_CLOSE_NONE;

  /* the shortest form is a must, and the top bit is never set */
  if ((form == 126 && length < 126) || (form == 127 && length <= G_MAXUINT16)
      || length > G_MAXINT64)
    return CALL_CLOSE_PROTOCOL;
  reader->type = reader->header[0] & 0xf;
  reader->final = (reader->header[0] & FIN) != 0;
  if (is_control (reader->type))
    reader->control = g_byte_array_new ();
  else
    code = begin_data_frame (reader, length);
  if (code == CALL_CLOSE_NONE) {
    memcpy (reader->mask, reader->header + header_size (reader) - 4, 4);
    reader->remaining = length;
    reader->position = 0;
  }
  return code;
}

/* Copies up to the end of this frame, without the mask */
static gsize
take_payload (CallFrameReader * reader, const guint8 * data, gsize length)
{
  GByteArray *to = is_control (reader->type) ? reader->control :
      reader->message;
  gsize size = MIN (length, reader->remaining);
  gsize start = to->len;

  g_byte_array_append (to, data, size);
  for (gsize i = 0; i < size; i++)
    to->data[start + i] ^= reader->mask[(reader->position + i) & 3];
  reader->position += size;
  reader->remaining -= size;
  return size;
}

static gboolean
end_frame (CallFrameReader * reader, CallFrameFunc func, gpointer user_data)
{
  g_autoptr (GByteArray) whole = NULL;
  guint type = reader->type;

  reader->header_length = 0;
  if (is_control (type)) {
    whole = g_steal_pointer (&reader->control);
  } else if (reader->final) {
    type = reader->message_type;
    whole = g_steal_pointer (&reader->message);
    reader->message_type = 0;
    reader->fragments = 0;
  } else {
    return TRUE;
  }
  g_byte_array_append (whole, (const guint8 *) "", 1);
  return func (type, whole->data, whole->len - 1, user_data);
}

/* Collects the header; `used` grows by what was taken */
static CallCloseCode
take_header (CallFrameReader * reader, const guint8 * data, gsize length,
    gsize * used)
{
  while (*used < length) {
    reader->header[reader->header_length++] = data[(*used)++];
    if (reader->header_length == 2 && !start_is_right (reader))
      return CALL_CLOSE_PROTOCOL;
    if (reader->header_length >= 2
        && reader->header_length == header_size (reader))
      return begin_frame (reader);
  }
  return CALL_CLOSE_NONE;
}

static gboolean
header_is_whole (const CallFrameReader * reader)
{
  return reader->header_length >= 2
      && reader->header_length == header_size (reader);
}

CallCloseCode
call_frame_reader_feed (CallFrameReader * reader, const guint8 * data,
    gsize length, CallFrameFunc func, gpointer user_data, gsize * used)
{
  CallCloseCode code;

  *used = 0;
  while (*used < length) {
    if (!header_is_whole (reader)) {
      code = take_header (reader, data, length, used);
      if (code != CALL_CLOSE_NONE)
        return code;
      if (!header_is_whole (reader))
        return CALL_CLOSE_NONE;
    }
    *used += take_payload (reader, data + *used, length - *used);
    if (reader->remaining == 0 && !end_frame (reader, func, user_data))
      return CALL_CLOSE_NONE;
  }
  return CALL_CLOSE_NONE;
}

gboolean
call_frame_reader_is_idle (const CallFrameReader * reader)
{
  return reader->header_length == 0 && reader->message_type == 0;
}

void
call_frame_reader_clear (CallFrameReader * reader)
{
  g_clear_pointer (&reader->message, g_byte_array_unref);
  g_clear_pointer (&reader->control, g_byte_array_unref);
  memset (reader, 0, sizeof *reader);
}

guint
call_frame_header (CallFrameType type, gsize length, guint8 header[10])
{
  header[0] = FIN | type;
  if (length < 126) {
    header[1] = length;
    return 2;
  }
  if (length <= G_MAXUINT16) {
    header[1] = 126;
    header[2] = length >> 8;
    header[3] = length;
    return 4;
  }
  header[1] = 127;
  for (guint i = 0; i < 8; i++)
    header[2 + i] = (guint64) length >> (56 - 8 * i);
  return 10;
}
