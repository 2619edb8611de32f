/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The swap point's caps, which are the first input's for good: what the others
 * may be, and what is answered to those who ask. Threads and locks:
 * gstcallswap.c.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallswap-private.h"

#define GST_CAT_DEFAULT gst_call_swap_debug

static gboolean
drop_what_may_differ (GQuark field, GValue * value, gpointer unused)
{
  const gchar *name = g_quark_to_string (field);

  return !g_str_equal (name, "framerate") && !g_str_equal (name, "streamheader")
      && !g_str_equal (name, "max-framerate");
}

static GstCaps *
what_matters (const GstCaps * caps)
{
  GstCaps *copy = gst_caps_copy (caps);
  GstStructure *structure = gst_caps_get_structure (copy, 0);

  if (!gst_structure_has_name (structure, "video/x-raw")
      && !gst_structure_has_name (structure, "audio/x-raw"))
    gst_structure_filter_and_map_in_place (structure, drop_what_may_differ,
        NULL);
  return copy;
}

gboolean
gst_call_swap_caps_fit (const GstCaps * output, const GstCaps * caps)
{
  g_autoptr (GstCaps) a = NULL;
  g_autoptr (GstCaps) b = NULL;

  if (gst_caps_can_intersect (output, caps))
    return TRUE;
  if (gst_caps_get_size (output) != 1 || gst_caps_get_size (caps) != 1)
    return FALSE;
  a = what_matters (output);
  b = what_matters (caps);
  return gst_caps_can_intersect (a, b);
}

GstCaps *
gst_call_swap_get_caps (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->caps ? gst_caps_ref (self->caps) : NULL;
}

/* --- caps of an input --- */

/* The other inputs negotiated when anything went: now they have to fit. */
static void
renegotiate_others (GstCallSwap * self, GstPad * pad)
{
  g_autolist (GstPad) pads = gst_call_swap_ref_inputs (self);

  for (GList * l = pads; l; l = l->next) {
    if (l->data != pad)
      gst_pad_push_event (l->data, gst_event_new_reconfigure ());
  }
}

void
gst_call_swap_warn_of_caps (GstCallSwap * self, GstPad * pad, GstCaps * caps,
    GstCaps * output)
{
  GST_ELEMENT_WARNING (self, CORE, NEGOTIATION, ("The output's caps do not "
          "change, and %s has others. Put converters (videoconvertscale ! "
          "videorate, audioconvert ! audioresample) in front of it.",
          GST_PAD_NAME (pad)), ("%" GST_PTR_FORMAT " is not %" GST_PTR_FORMAT,
          caps, output));
}

/* The first caps of a selected input are the output's for good. */
gboolean
gst_call_swap_take_caps (GstCallSwap * self, GstPad * pad, GstCaps * caps)
{
  g_autoptr (GstCaps) output = NULL;
  gboolean fixed = FALSE;

  g_mutex_lock (&self->lock);
  if (!self->caps && (pad == self->active || pad == self->next)) {
    self->caps = gst_caps_ref (caps);
    fixed = TRUE;
  }
  output = self->caps ? gst_caps_ref (self->caps) : NULL;
  g_mutex_unlock (&self->lock);
  if (fixed)
    renegotiate_others (self, pad);
  if (!output || gst_call_swap_caps_fit (output, caps))
    return TRUE;
  gst_call_swap_warn_of_caps (self, pad, caps, output);
  return FALSE;
}

/* --- queries --- */

static GstCaps *
possible_caps (GstCallSwap * self, gboolean ask_downstream)
{
  GstCaps *caps = gst_call_swap_get_caps (self);
  g_autoptr (GstCaps) peer = NULL;

  if (caps || !ask_downstream)
    return caps ? caps : gst_caps_ref (self->allowed);
  peer = gst_pad_peer_query_caps (self->srcpad, self->allowed);
  return gst_caps_intersect_full (peer, self->allowed,
      GST_CAPS_INTERSECT_FIRST);
}

static void
answer_caps (GstQuery * query, GstCaps * caps)
{
  g_autoptr (GstCaps) result = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  result = filter ? gst_caps_intersect_full (filter, caps,
      GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (caps);
  gst_query_set_caps_result (query, result);
}

/* What downstream needs to know of buffers. Its pools are made for one input. */
static gboolean
answer_allocation (GstCallSwap * self, GstQuery * query)
{
  if (!gst_pad_peer_query (self->srcpad, query))
    return FALSE;
  while (gst_query_get_n_allocation_pools (query) > 0)
    gst_query_remove_nth_allocation_pool (query, 0);
  return TRUE;
}

gboolean
gst_call_swap_sink_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstCallSwap *self = GST_CALL_SWAP (parent);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *offered;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      caps = possible_caps (self, TRUE);
      answer_caps (query, caps);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      caps = possible_caps (self, TRUE);
      gst_query_parse_accept_caps (query, &offered);
      gst_query_set_accept_caps_result (query, gst_call_swap_caps_fit (caps,
              offered));
      return TRUE;
    case GST_QUERY_ALLOCATION:
      return answer_allocation (self, query);
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

/* Latency goes by the default: the longest of all inputs, so that a switch does
 * not change it. */
gboolean
gst_call_swap_src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  g_autoptr (GstCaps) caps = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return gst_pad_query_default (pad, parent, query);
  caps = possible_caps (GST_CALL_SWAP (parent), FALSE);
  answer_caps (query, caps);
  return TRUE;
}
