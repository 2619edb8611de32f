/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GIOStream in front of a SoupWebsocketConnection that bounds what it may
 * collect. libsoup 3.2 limits one frame, but adds up fragments without end,
 * and reads as long as there is something to read before it looks at it.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define CALL_TYPE_BOUNDED_STREAM (call_bounded_stream_get_type ())
G_DECLARE_FINAL_TYPE (CallBoundedStream, call_bounded_stream, CALL,
    BOUNDED_STREAM, GIOStream)

/* Reads `first` (what came behind the HTTP response; may be empty), then
 * `base`. A message whose frames add up to more than `max_message` bytes ends
 * reading with G_IO_ERROR_MESSAGE_TOO_LARGE. Pollable like its base; to be
 * used in one thread. */
GIOStream *call_bounded_stream_new (GIOStream * base, GBytes * first,
    gsize max_message);

G_END_DECLS
