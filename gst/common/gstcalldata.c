/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: any; there is no state but the registered type.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldata.h"

void
gst_call_data_init (void)
{
  static const gchar *tags[] = { NULL };
  static gsize done;

  if (g_once_init_enter (&done)) {
    gst_meta_register_custom (GST_CALL_DATA_META, tags, NULL, NULL, NULL);
    g_once_init_leave (&done, 1);
  }
}

GstBuffer *
gst_call_data_set_peer (GstBuffer * buffer, const gchar * peer_id,
    const gchar * display_name)
{
  GstCustomMeta *meta;

  buffer = gst_buffer_make_writable (buffer);
  meta = gst_buffer_get_custom_meta (buffer, GST_CALL_DATA_META);
  if (!meta)
    meta = gst_buffer_add_custom_meta (buffer, GST_CALL_DATA_META);
  gst_structure_set (gst_custom_meta_get_structure (meta), "peer-id",
      G_TYPE_STRING, peer_id, NULL);
  if (display_name)
    gst_structure_set (gst_custom_meta_get_structure (meta), "display-name",
        G_TYPE_STRING, display_name, NULL);
  return buffer;
}

static const gchar *
get_field (GstBuffer * buffer, const gchar * field)
{
  GstCustomMeta *meta = gst_buffer_get_custom_meta (buffer, GST_CALL_DATA_META);

  return meta ? gst_structure_get_string (gst_custom_meta_get_structure (meta),
      field) : NULL;
}

const gchar *
gst_call_data_get_peer (GstBuffer * buffer)
{
  return get_field (buffer, "peer-id");
}

const gchar *
gst_call_data_get_display_name (GstBuffer * buffer)
{
  return get_field (buffer, "display-name");
}
