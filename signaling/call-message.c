/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "call-message.h"

G_DEFINE_BOXED_TYPE (CallMessage, call_message, call_message_ref,
    call_message_unref);

CallMessage *
call_message_ref (CallMessage * message)
{
  g_atomic_int_inc (&message->ref_count);
  return message;
}

void
call_message_unref (CallMessage * message)
{
  if (g_atomic_int_dec_and_test (&message->ref_count))
    g_free (message);
}
