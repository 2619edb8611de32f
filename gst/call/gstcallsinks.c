/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the worker.
 *
 * Locks, in the order they may be taken
 *   1 STATE of the parent, tried, never waited for: who holds it may be waiting
 *     for the worker
 *   2 STATE of a sink
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallsinks.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

typedef struct
{
  GstObject *parent;
  GPtrArray *found;             /* (element-type GstElement) */
} Search;

static gboolean
follow_pad (GstElement * element, GstPad * src, gpointer data)
{
  Search *search = data;
  g_autoptr (GstPad) peer = gst_pad_get_peer (src);
  g_autoptr (GstElement) next = peer ? gst_pad_get_parent_element (peer) : NULL;

  if (!next || GST_OBJECT_PARENT (next) != search->parent
      || g_ptr_array_find (search->found, next, NULL))
    return TRUE;
  g_ptr_array_add (search->found, gst_object_ref (next));
  return gst_element_foreach_src_pad (next, follow_pad, search);
}

/* A sink that is still waiting for its first buffer was passed over when the
 * pipeline went to PLAYING: it has no base time yet. */
static void
start_sink (GstElement * sink, GstElement * parent)
{
  if (!GST_OBJECT_FLAG_IS_SET (sink, GST_ELEMENT_FLAG_SINK)
      || gst_element_is_locked_state (sink)
      || GST_STATE (sink) == GST_STATE_PLAYING
      || GST_STATE_PENDING (sink) == GST_STATE_PLAYING)
    return;
  GST_DEBUG_OBJECT (sink, "started");
  gst_element_set_base_time (sink, gst_element_get_base_time (parent));
  gst_element_set_state (sink, GST_STATE_PLAYING);
}

gboolean
gst_call_sinks_start (GstElement * bin, GstPad * src)
{
  g_autoptr (GstObject) parent = gst_object_get_parent (GST_OBJECT (bin));
  g_autoptr (GPtrArray) found =
      g_ptr_array_new_with_free_func (gst_object_unref);
  Search search = { parent, found };
  guint i;

  if (!parent || !GST_IS_ELEMENT (parent))
    return TRUE;
  if (!GST_STATE_TRYLOCK (parent))
    return FALSE;
  if (GST_STATE_TARGET (parent) == GST_STATE_PLAYING) {
    follow_pad (bin, src, &search);
    for (i = 0; i < found->len; i++)
      start_sink (g_ptr_array_index (found, i), GST_ELEMENT (parent));
  }
  GST_STATE_UNLOCK (parent);
  return TRUE;
}
