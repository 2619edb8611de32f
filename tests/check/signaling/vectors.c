/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "vectors.h"

#include <string.h>

JsonArray *
load_vectors (const gchar * name, JsonParser ** parser)
{
  g_autofree gchar *path = g_build_filename (g_getenv ("GST_CALL_SOURCE_ROOT"),
      "tests", "data", "protocol", name, NULL);
  g_autoptr (GError) error = NULL;

  *parser = json_parser_new ();
  json_parser_load_from_file (*parser, path, &error);
  g_assert_no_error (error);
  return json_node_get_array (json_parser_get_root (*parser));
}

GBytes *
vector_input (JsonObject * vector)
{
  if (json_object_has_member (vector, "text")) {
    const gchar *text = json_object_get_string_member (vector, "text");

    return g_bytes_new (text, strlen (text));
  }
  if (json_object_has_member (vector, "object")) {
    gchar *text = json_to_string (json_object_get_member (vector, "object"),
        FALSE);

    return g_bytes_new_take (text, strlen (text));
  }
  if (json_object_has_member (vector, "base64")) {
    gsize length;
    guchar *data =
        g_base64_decode (json_object_get_string_member (vector, "base64"),
        &length);

    return g_bytes_new_take (data, length);
  }

  g_autoptr (GString) text = g_string_new (NULL);
  JsonArray *parts = json_object_get_array_member (vector, "repeat");

  for (guint i = 0; i < json_array_get_length (parts); i++) {
    JsonArray *part = json_array_get_array_element (parts, i);

    for (gint64 n = json_array_get_int_element (part, 1); n > 0; n--)
      g_string_append (text, json_array_get_string_element (part, 0));
  }
  return g_string_free_to_bytes (g_steal_pointer (&text));
}
