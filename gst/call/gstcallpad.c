/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the gates run in whatever thread pushes; there is no state.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* The target last: what already flows out of it meets a pad that is ready. */
static GstPad *
add_ghost (GstElement * bin, GstPad * ghost, GstPad * target)
{
  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (bin, ghost);
  gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), target);
  return ghost;
}

GstPad *
gst_call_add_ghost (GstElement * bin, const gchar * name, GstPad * target)
{
  return add_ghost (bin, gst_ghost_pad_new_no_target (name,
          GST_PAD_DIRECTION (target)), target);
}

static GstFlowReturn
gate_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstFlowReturn ret = gst_proxy_pad_chain_default (pad, parent, buffer);

  if (ret != GST_FLOW_OK)
    GST_LOG_OBJECT (pad, "dropped: %s", gst_flow_get_name (ret));
  return GST_FLOW_OK;
}

static GstFlowReturn
gate_chain_list (GstPad * pad, GstObject * parent, GstBufferList * list)
{
  GstFlowReturn ret = gst_proxy_pad_chain_list_default (pad, parent, list);

  if (ret != GST_FLOW_OK)
    GST_LOG_OBJECT (pad, "dropped: %s", gst_flow_get_name (ret));
  return GST_FLOW_OK;
}

/* Caps that are refused are tried again with the next buffer. */
static gboolean
gate_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  gst_pad_event_default (pad, parent, event);
  return TRUE;
}

GstPad *
gst_call_add_gate (GstElement * bin, const gchar * name, GstPad * target)
{
  GstPad *ghost = gst_ghost_pad_new_no_target (name,
      GST_PAD_DIRECTION (target));
  /* the half that is pushed into */
  GstPad *gate = GST_PAD_IS_SINK (ghost) ? gst_object_ref (ghost) :
      GST_PAD (gst_proxy_pad_get_internal (GST_PROXY_PAD (ghost)));

  gst_pad_set_chain_function (gate, gate_chain);
  gst_pad_set_chain_list_function (gate, gate_chain_list);
  gst_pad_set_event_function (gate, gate_event);
  gst_object_unref (gate);
  return add_ghost (bin, ghost, target);
}

static GstPadProbeReturn
refuse_serialized (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  return GST_QUERY_IS_SERIALIZED (GST_PAD_PROBE_INFO_QUERY (info)) ?
      GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void
gst_call_refuse_queries (GstPad * pad)
{
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_QUERY_DOWNSTREAM,
      refuse_serialized, NULL, NULL);
}

typedef struct
{
  const gchar *factory;         /* static */
  GstPadProbeType type;
  GstPadProbeCallback probe;
  gpointer data;
} Inside;

static void
on_deep_element_added (GstBin * bin, GstBin * sub_bin, GstElement * element,
    gpointer data)
{
  const Inside *inside = data;
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autoptr (GstPad) src = NULL;

  if (!factory || !g_str_equal (GST_OBJECT_NAME (factory), inside->factory))
    return;
  src = gst_element_get_static_pad (element, "src");
  gst_pad_add_probe (src, inside->type, inside->probe, inside->data, NULL);
}

static void
inside_free (gpointer data, GClosure * closure)
{
  g_free (data);
}

void
gst_call_probe_inside (GstElement * bin, const gchar * factory,
    GstPadProbeType type, GstPadProbeCallback probe, gpointer data)
{
  Inside *inside = g_new0 (Inside, 1);

  inside->factory = factory;
  inside->type = type;
  inside->probe = probe;
  inside->data = data;
  g_signal_connect_data (bin, "deep-element-added",
      G_CALLBACK (on_deep_element_added), inside, inside_free, 0);
}

/* Where it is, or on its way to */
static GstState
state_of (GstElement * element)
{
  GstState state;

  GST_OBJECT_LOCK (element);
  state = GST_STATE_PENDING (element) == GST_STATE_VOID_PENDING ?
      GST_STATE (element) : GST_STATE_PENDING (element);
  GST_OBJECT_UNLOCK (element);
  return state;
}

gboolean
gst_call_sync_state (GstElement * child)
{
  g_autoptr (GstElement) parent =
      GST_ELEMENT (gst_object_get_parent (GST_OBJECT (child)));
  GstState before;

  if (!parent)
    return FALSE;
  do {
    before = state_of (parent);
    if (!gst_element_sync_state_with_parent (child))
      return FALSE;
  } while (state_of (parent) != before);
  return TRUE;
}

GstBuffer *
gst_call_probe_buffer (GstPadProbeInfo * info)
{
  GstBufferList *list;

  if (info->type & GST_PAD_PROBE_TYPE_BUFFER)
    return GST_PAD_PROBE_INFO_BUFFER (info);
  list = GST_PAD_PROBE_INFO_BUFFER_LIST (info);
  return gst_buffer_list_length (list) ? gst_buffer_list_get (list, 0) : NULL;
}

static gboolean
copy_event (GstPad * from, GstEvent ** event, gpointer to)
{
  gst_pad_store_sticky_event (to, *event);
  return TRUE;
}

static gboolean
copy_events (GstElement * tee, GstPad * branch, gpointer sink)
{
  gst_pad_sticky_events_foreach (sink, copy_event, branch);
  return TRUE;
}

/* Streaming thread: what came before this buffer is known to the pad by now. */
static GstPadProbeReturn
on_tee_buffer (GstPad * sink, GstPadProbeInfo * info, gpointer data)
{
  g_autoptr (GstElement) tee = gst_pad_get_parent_element (sink);
  guint32 *seen = data, cookie;

  GST_OBJECT_LOCK (tee);
  cookie = tee->pads_cookie;
  GST_OBJECT_UNLOCK (tee);
  if (cookie != *seen)
    gst_element_foreach_src_pad (tee, copy_events, sink);
  *seen = cookie;
  return GST_PAD_PROBE_OK;
}

GstElement *
gst_call_tee_new (void)
{
  GstElement *tee = gst_element_factory_make ("tee", NULL);
  g_autoptr (GstPad) sink = gst_element_get_static_pad (tee, "sink");

  g_object_set (tee, "allow-not-linked", TRUE, NULL);
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_tee_buffer, g_new0 (guint32, 1),
      g_free);
  return tee;
}
