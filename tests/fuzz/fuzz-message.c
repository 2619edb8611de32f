/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The codec: whatever the bytes, it reads them or refuses them with a code,
 * and what it has read it writes so that it reads the same again.
 */
#include "call-message.h"
#include "fuzz.h"

#include <string.h>

static CallMessage *
parse (const gchar * text, gsize length, gboolean must)
{
  GError *error = NULL;
  CallMessage *message = call_message_parse (text, length, &error);

  if (!message && (must || error->domain != CALL_PROTOCOL_ERROR
          || !call_protocol_error_to_code (error)))
    g_error ("%s: %.*s", error->message, (gint) length, text);
  g_clear_error (&error);
  return message;
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  g_autoptr (CallMessage) message = parse ((const gchar *) data, size, FALSE);
  g_autoptr (CallMessage) copy = NULL;
  g_autoptr (CallMessage) again = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *text_again = NULL;

  if (!message)
    return 0;
  text = call_message_to_text (message);
  /* e.g. numbers are longer written out than with an exponent */
  if (strlen (text) > CALL_MAX_MESSAGE)
    return 0;
  copy = call_message_copy (message);
  again = parse (text, strlen (text), TRUE);
  text_again = call_message_to_text (again);
  if (!g_str_equal (text, text_again))
    g_error ("%s became %s", text, text_again);
  return 0;
}
