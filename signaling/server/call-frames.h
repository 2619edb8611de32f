/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * WebSocket frames (RFC 6455 section 5), the server's side of them.
 * Pure functions over bytes: no I/O, no threads. Everything is bounded: an
 * unfinished message costs at most what has arrived of it, 64 KiB in all.
 */
#pragma once

#include "call-message.h"

G_BEGIN_DECLS

#define CALL_MAX_FRAGMENTS 256          /* frames of one message */

typedef enum
{
  CALL_FRAME_CONTINUATION = 0x0,
  CALL_FRAME_TEXT = 0x1,
  CALL_FRAME_BINARY = 0x2,
  CALL_FRAME_CLOSE = 0x8,
  CALL_FRAME_PING = 0x9,
  CALL_FRAME_PONG = 0xa,
} CallFrameType;

/* Close codes, RFC 6455 section 7.4.1 */
typedef enum
{
  CALL_CLOSE_NONE = 0,
  CALL_CLOSE_NORMAL = 1000,
  CALL_CLOSE_GOING_AWAY = 1001,
  CALL_CLOSE_PROTOCOL = 1002,
  CALL_CLOSE_UNSUPPORTED = 1003,
  CALL_CLOSE_NO_STATUS = 1005,
  CALL_CLOSE_NOT_UTF8 = 1007,
  CALL_CLOSE_POLICY = 1008,
  CALL_CLOSE_TOO_LARGE = 1009,
  CALL_CLOSE_INTERNAL = 1011,
  CALL_CLOSE_TRY_AGAIN = 1013,
  CALL_CLOSE_REPLACED = 4000,       /* the seat went on elsewhere */
  CALL_CLOSE_REMOVED = 4001,
  CALL_CLOSE_NO_PONG = 4003,
} CallCloseCode;

typedef struct
{
  guint8 header[14];
  guint8 header_length;             /* bytes of it that are here */
  guint8 type;                      /* of this frame */
  guint8 message_type;              /* of the unfinished message, or 0 */
  gboolean final;
  guint8 mask[4];
  guint32 remaining;                /* bytes of this frame still to come */
  guint32 position;                 /* bytes of this frame that are here */
  guint fragments;
  GByteArray *message;              /* of the unfinished message, or NULL */
  GByteArray *control;              /* of the unfinished control frame */
} CallFrameReader;

/* One whole message or control frame. `data` is followed by a NUL that does
 * not count. Returning FALSE makes the reader stop behind it. */
typedef gboolean (*CallFrameFunc) (CallFrameType type, const guint8 * data,
    gsize length, gpointer user_data);

/* Reads frames until `length` bytes are used or `func` says stop; `used` is
 * how many were. Returns CALL_CLOSE_NONE, or the code to close with: then
 * the reader is of no more use. */
CallCloseCode call_frame_reader_feed (CallFrameReader * reader,
    const guint8 * data, gsize length, CallFrameFunc func, gpointer user_data,
    gsize * used);
/* TRUE between two messages */
gboolean call_frame_reader_is_idle (const CallFrameReader * reader);
void call_frame_reader_clear (CallFrameReader * reader);

/* Writes the header of an unmasked, final frame; returns its size, 2 to 10 */
guint call_frame_header (CallFrameType type, gsize length, guint8 header[10]);

G_END_DECLS
