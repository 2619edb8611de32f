/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallSlot: the place behind `remote_video_0` or `remote_audio_0` that
 * outlives the peers shown in it. Pads `sink` (a peer's receiver) and `src`.
 *
 * Whatever happens behind it (not linked, flushing, blocked, EOS, error)
 * never reaches the peer's side, and nothing of a peer that goes (EOS, flush)
 * reaches what is behind it.
 */
#pragma once

#include "gstcallcodec.h"
#include "gstcallworker.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_SLOT (gst_call_slot_get_type ())
G_DECLARE_FINAL_TYPE (GstCallSlot, gst_call_slot, GST, CALL_SLOT, GstBin)

/* decoded: raw media goes through a converter, so that any sink fits */
GstCallSlot *gst_call_slot_new (const gchar * name, GstCallKind kind,
    gboolean decoded);

/* Worker. Shows what comes out of `pad`; what was shown before is let go. */
gboolean gst_call_slot_show (GstCallSlot * self, GstPad * pad);
/* Worker. Goes quiet, if it is `pad` that is shown. */
void gst_call_slot_clear (GstCallSlot * self, GstPad * pad);

/* All slots of a callbin and their pads, by index. The worker only. */
typedef struct _GstCallSlots GstCallSlots;

GstCallSlots *gst_call_slots_new (GstElement * bin, gboolean decoded,
    GstCallWorker * worker);
void gst_call_slots_free (GstCallSlots * self);
/* (transfer none). Made when it is not there yet; in order, so that
 * remote_video_1 never comes before remote_video_0. */
GstCallSlot *gst_call_slots_get (GstCallSlots * self, GstCallKind kind,
    guint index);
/* Sinks behind this pad, which is none of a slot, are started like theirs */
void gst_call_slots_start_sinks (GstCallSlots * self, GstPad * pad);
/* No longer sees to the sinks behind the pads; before the worker ends */
void gst_call_slots_stop (GstCallSlots * self);
/* Takes them and their pads out of the bin; the bin is in READY */
void gst_call_slots_remove (GstCallSlots * self);

G_END_DECLS
