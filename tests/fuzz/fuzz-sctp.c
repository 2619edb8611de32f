/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is read of a peer's SCTP packets. The input is a row of packets, two bytes
 * for the length before each; after each the parts of a message are asked for.
 *
 * Whatever they are: what is held stays within bounds.
 */
#include "gstcallsctpmessages.h"
#include "gstcallsdp.h"
#include "fuzz.h"

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  GstCallSctpMessages *messages = gst_call_sctp_messages_new ();

  while (size >= 2) {
    gsize length = MIN (size - 2, (gsize) (data[0] << 8 | data[1]));
    gsize held = 0;

    gst_call_sctp_messages_packet (messages, data + 2, length);
    while (gst_call_sctp_messages_judge (messages, 1, held,
            GST_CALL_SCTP_PART) == GST_CALL_SCTP_GOES_ON)
      held += GST_CALL_SCTP_PART;
    if (held > GST_CALL_SDP_MAX_MESSAGE_SIZE)
      g_error ("%" G_GSIZE_FORMAT " bytes are held", held);
    gst_call_sctp_messages_judge (messages, 1, held, length);
    gst_call_sctp_messages_gave_up (messages, 1);
    data += 2 + length;
    size -= 2 + length;
  }
  gst_call_sctp_messages_unref (messages);
  return 0;
}
