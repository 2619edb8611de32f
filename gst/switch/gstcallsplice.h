/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSplice: one unbroken stream of samples out of several inputs. What
 * comes out has no gap, no overlap and no step: an input takes over by a fade
 * of 10 ms, samples that come twice are cut off, missing ones are silence.
 * Plain data without a thread or a lock: whoever pushes owns it.
 */
#pragma once

#include <gst/audio/audio.h>

G_BEGIN_DECLS

typedef struct _GstCallSplice GstCallSplice;

/* info: interleaved sound of any format */
GstCallSplice *gst_call_splice_new (const GstAudioInfo * info);
void gst_call_splice_free (GstCallSplice * self);

/* Samples of the input that is heard; with one that takes over, they are faded
 * out. buffer: (transfer full); time: its running time; out: gets GstBuffers
 * with times of the output (transfer full).
 * Returns TRUE if the other one has taken over. */
gboolean gst_call_splice_push (GstCallSplice * self, GstBuffer * buffer,
    GstClockTime time, GQueue * out);

/* Samples of the input that is to take over. alone: the one that is heard will
 * not deliver any more. Returns TRUE once it has taken over: from then on its
 * samples go to gst_call_splice_push. */
gboolean gst_call_splice_push_next (GstCallSplice * self, GstBuffer * buffer,
    GstClockTime time, gboolean alone, GQueue * out);

/* Forgets what the input that was to take over has delivered. */
void gst_call_splice_drop_next (GstCallSplice * self);

/* Silence up to that running time, after a fade */
void gst_call_splice_fill (GstCallSplice * self, GstClockTime until,
    GQueue * out);

/* FALSE: silence from now on, whatever is pushed; changes are faded, too. */
void gst_call_splice_set_audible (GstCallSplice * self, gboolean audible);

/* Running time of the next sample, GST_CLOCK_TIME_NONE before the first */
GstClockTime gst_call_splice_get_position (GstCallSplice * self);

/* How much silence has been put in where no input had anything */
GstClockTime gst_call_splice_get_silence (GstCallSplice * self);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallSplice, gst_call_splice_free)

G_END_DECLS
