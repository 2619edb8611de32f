/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The stream in front of the client's WebSocket: whatever the frames, bytes
 * come out unchanged until one message is too large. The first byte says how
 * the input is cut into pieces.
 */
#include "call-bounded-stream.h"
#include "fuzz.h"

#include <string.h>

#define MAX_MESSAGE 1000

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (GInputStream) input = NULL;
  g_autoptr (GOutputStream) output = NULL;
  g_autoptr (GIOStream) base = NULL;
  g_autoptr (GIOStream) bounded = NULL;
  g_autoptr (GBytes) first = NULL;
  gsize piece, behind, got = 0;
  gssize n;
  guint8 buffer[256];

  if (size < 1)
    return 0;
  piece = 1 + data[0];
  data++;
  size--;
  behind = MIN (piece / 2, size);
  first = g_bytes_new (data, behind);
  input = g_memory_input_stream_new_from_data (data + behind, size - behind,
      NULL);
  output = g_memory_output_stream_new_resizable ();
  base = g_simple_io_stream_new (input, output);
  bounded = call_bounded_stream_new (base, first, MAX_MESSAGE);
  while ((n = g_input_stream_read (g_io_stream_get_input_stream (bounded),
              buffer, MIN (piece, sizeof buffer), NULL, NULL)) > 0) {
    if (got + n > size || memcmp (buffer, data + got, n) != 0)
      g_error ("Other bytes at %" G_GSIZE_FORMAT, got);
    got += n;
  }
  if (n == 0 && got != size)
    g_error ("%" G_GSIZE_FORMAT " bytes of %" G_GSIZE_FORMAT, got, size);
  return 0;
}
