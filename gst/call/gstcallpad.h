/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Pads and children of the bins of this folder. Functions; any thread.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* An active ghost pad of `target`. (transfer none) */
GstPad *gst_call_add_ghost (GstElement * bin, const gchar * name,
    GstPad * target);

/* The same, and whatever goes wrong behind it (not linked, flushing, an
 * error, caps refused) never reaches what pushes into it. */
GstPad *gst_call_add_gate (GstElement * bin, const gchar * name,
    GstPad * target);

/* A leaky queue hands serialised queries to its own thread and waits for the
 * answer: behind this pad nothing answers them, and nobody waits. */
void gst_call_refuse_queries (GstPad * pad);

/* `probe` on the src pad of each element that a factory of that name makes inside
 * `bin` from now on; `data` outlives the bin. */
void gst_call_probe_inside (GstElement * bin, const gchar * factory,
    GstPadProbeType type, GstPadProbeCallback probe, gpointer data);

/* gst_element_sync_state_with_parent(), and where the parent changes its state in
 * another thread just then, the child does not stay behind. */
gboolean gst_call_sync_state (GstElement * child);

/* In a probe of BUFFER | BUFFER_LIST: the (first) buffer, or NULL */
GstBuffer *gst_call_probe_buffer (GstPadProbeInfo * info);

/* A tee that need not be linked. An event that a tee is handing on just when
 * another branch is requested is on none of its pads yet, and would never come to
 * that one: with the next buffer it is given all that the tee has. (transfer
 * floating) */
GstElement *gst_call_tee_new (void);

G_END_DECLS
