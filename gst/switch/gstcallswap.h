/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSwap: the swap point. It owns an output stream that outlives its
 * inputs: one stream-start, one segment from 0, caps fixed with the first
 * buffer, running time that never goes back. Inputs come and go on request
 * pads; the selected one is heard from its first buffer on, until then the
 * one before it goes on. EOS and flushes of an input stay inside.
 *
 * No thread of its own and no copy: buffers are pushed by the input's thread.
 * An internal element: made with gst_call_swap_new, not registered.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_TYPE_CALL_SWAP (gst_call_swap_get_type ())
G_DECLARE_FINAL_TYPE (GstCallSwap, gst_call_swap, GST, CALL_SWAP, GstElement)

/* allowed: what the output may be before the first input fixes it. */
GstCallSwap *gst_call_swap_new (const gchar * name, const GstCaps * allowed);

/* Makes pad, a requested sink pad, the input from its next buffer on. Signal
 * "switched" (GstPad * pad) says that this has happened; it is emitted from
 * that input's streaming thread, after the buffer has been pushed. */
void gst_call_swap_select (GstCallSwap * self, GstPad * pad);

/* TRUE: black or silence in place of every buffer, at the same times. Raw
 * streams only. */
void gst_call_swap_set_blank (GstCallSwap * self, gboolean blank);

/* Ends the output stream: the application's EOS. Any thread. */
void gst_call_swap_end (GstCallSwap * self);

/* (transfer full) (nullable): the output's caps, NULL before the first. */
GstCaps *gst_call_swap_get_caps (GstCallSwap * self);

/* What the last push downstream returned: tells a device that failed from a
 * downstream that did. */
GstFlowReturn gst_call_swap_get_last_flow (GstCallSwap * self);

G_END_DECLS
