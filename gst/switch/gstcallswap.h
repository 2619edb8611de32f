/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSwap: the swap point. It owns an output stream that outlives its
 * inputs: one stream-start, one segment from 0, caps fixed with the first
 * buffer, running time that never goes back. Inputs come and go on request
 * pads; the selected one is heard from its first buffer on (encoded: from its
 * first key frame, which is asked for; sound: after a fade of 10 ms), until
 * then the one before it goes on. EOS and flushes of an input stay inside.
 *
 * No thread of its own and no copy: buffers are pushed by the input's thread.
 * The sources make one with gst_call_swap_new; callswitch is one.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct _GstCallSwap GstCallSwap;
typedef struct _GstCallSwapClass GstCallSwapClass;

GType gst_call_swap_get_type (void);
#define GST_TYPE_CALL_SWAP (gst_call_swap_get_type ())
#define GST_CALL_SWAP(obj) \
  (G_TYPE_CHECK_INSTANCE_CAST ((obj), GST_TYPE_CALL_SWAP, GstCallSwap))
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallSwap, gst_object_unref)

/* allowed: what the output may be before the first input fixes it. */
GstCallSwap *gst_call_swap_new (const gchar * name, const GstCaps * allowed);

/* Makes pad, a requested sink pad, the input as soon as it can take over; of
 * several calls the last one counts. Signal "switched" (GstPad * pad) says that
 * this has happened and that the one before is not needed any more; it is
 * emitted from that input's streaming thread, after the buffer has been pushed
 * (sound: maybe from the thread of the one before). Any thread. */
void gst_call_swap_select (GstCallSwap * self, GstPad * pad);

/* Of the last switch, for handlers of "switched". gap: running time from the
 * last buffer of the one before to the first of this one, sound: silence put in;
 * latency: from gst_call_swap_select to that buffer. */
void gst_call_swap_get_last_switch (GstCallSwap * self, GstClockTime * gap,
    GstClockTime * latency);

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

/* For how long no input has delivered, us; 0 before the first, and while
 * downstream takes its time with what one has. */
gint64 gst_call_swap_get_idle (GstCallSwap * self);

G_END_DECLS
