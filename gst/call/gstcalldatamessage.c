/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: any; there is no state.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldatamessage.h"
#include "gstcallsdp.h"

#include <string.h>

GstCallDataMessage *
gst_call_data_message_ref (GstCallDataMessage * message)
{
  g_atomic_int_inc (&message->refs);
  return message;
}

void
gst_call_data_message_unref (gpointer data)
{
  GstCallDataMessage *message = data;

  if (!g_atomic_int_dec_and_test (&message->refs))
    return;
  g_free (message->to);
  g_clear_pointer (&message->bytes, g_bytes_unref);
  g_free (message);
}

static GstCallDataMessage *
message_take (const gchar * to, gboolean text, GBytes * bytes, gsize size)
{
  GstCallDataMessage *message = g_new0 (GstCallDataMessage, 1);

  message->refs = 1;
  message->to = to && *to ? g_strdup (to) : NULL;
  message->text = text;
  message->bytes = bytes;
  message->size = size;
  return message;
}

static gboolean
check_text (const gchar * text, gsize size, GError ** error)
{
  if (g_utf8_validate (text, size, NULL) && !memchr (text, '\0', size))
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
      "what came as text/x-raw is not UTF-8, or has a zero in it; send it as "
      "application/octet-stream");
  return FALSE;
}

static gboolean
check_size (gsize size, GError ** error)
{
  if (size <= GST_CALL_SDP_MAX_MESSAGE_SIZE)
    return TRUE;
  g_set_error (error, GST_STREAM_ERROR, GST_STREAM_ERROR_ENCODE,
      "a message of %" G_GSIZE_FORMAT " bytes is too long: at most %d; put "
      "callfilepay before the pad to send a file", size,
      GST_CALL_SDP_MAX_MESSAGE_SIZE);
  return FALSE;
}

static void
bytes_unmap (gpointer data)
{
  GstMapInfo *info = data;
  GstMemory *memory = info->memory;

  gst_memory_unmap (memory, info);
  gst_memory_unref (memory);
  g_free (info);
}

/* What is one piece of memory, as most is, is not copied. */
static GBytes *
buffer_to_bytes (GstBuffer * buffer)
{
  GstMemory *memory = gst_buffer_get_all_memory (buffer);
  GstMapInfo *info = g_new0 (GstMapInfo, 1);

  if (!memory || !gst_memory_map (memory, info, GST_MAP_READ)) {
    if (memory)
      gst_memory_unref (memory);
    g_free (info);
    return g_bytes_new (NULL, 0);
  }
  return g_bytes_new_with_free_func (info->data, info->size, bytes_unmap, info);
}

static GBytes *
buffer_to_text (GstBuffer * buffer, GError ** error)
{
  gsize size = gst_buffer_get_size (buffer);
  g_autofree gchar *text = g_malloc (size + 1);

  gst_buffer_extract (buffer, 0, text, size);
  text[size] = '\0';
  if (!check_text (text, size, error))
    return NULL;
  return g_bytes_new_take (g_steal_pointer (&text), size + 1);
}

GstCallDataMessage *
gst_call_data_message_new (GstBuffer * buffer, const GstCaps * caps,
    const gchar * to, GError ** error)
{
  gsize size = gst_buffer_get_size (buffer);
  gboolean text = caps && gst_caps_get_size (caps) > 0
      && gst_structure_has_name (gst_caps_get_structure (caps, 0),
      "text/x-raw");
  GBytes *bytes;

  if (!check_size (size, error))
    return NULL;
  bytes = text ? buffer_to_text (buffer, error) : buffer_to_bytes (buffer);
  return bytes ? message_take (to, text, bytes, size) : NULL;
}

GstCallDataMessage *
gst_call_data_message_new_text (const gchar * text, GError ** error)
{
  gsize size = strlen (text);

  if (!check_text (text, size, error) || !check_size (size, error))
    return NULL;
  return message_take (NULL, TRUE, g_bytes_new (text, size + 1), size);
}
