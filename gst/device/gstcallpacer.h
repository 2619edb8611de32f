/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallPacer: how the fake devices keep time. Waits on the pipeline's clock
 * in the streaming thread and can be woken from any other.
 *
 * Locks, in the order they may be taken
 *
 *   1 pacer   protects clock_id and unlocked; never held while waiting
 */
#pragma once

#include <gst/base/gstbasesrc.h>

#include "gstcallfakeconfig.h"

G_BEGIN_DECLS

typedef struct
{
  GMutex lock;
  GstClockID clock_id;
  gboolean unlocked;

  /* only the streaming thread */
  GstClockTime opened;          /* running time, NONE = not open yet */
  GstClockTime next;            /* running time of the next buffer */
} GstCallPacer;

void gst_call_pacer_init (GstCallPacer * pacer);
void gst_call_pacer_clear (GstCallPacer * pacer);

/* For GstBaseSrc's start: FALSE, with an error posted, for a device that cannot
 * be opened and says so at once. */
gboolean gst_call_pacer_start (GstCallPacer * pacer, GstBaseSrc * src,
    const GstCallFakeOptions * options, GstCallFakeKind kind, guint index);

/* For GstBaseSrc's unlock and unlock_stop */
void gst_call_pacer_unlock (GstCallPacer * pacer, gboolean unlocked);

/* Waits for the end of the next buffer of a device that opens, works, stalls
 * or goes away as options say. at: what the buffer is stamped with, running
 * time. lead: TRUE if the buffer is ready at its timestamp (a picture), FALSE
 * if it is ready duration later (sound). Posts the device's errors. */
GstFlowReturn gst_call_pacer_next (GstCallPacer * pacer, GstBaseSrc * src,
    const GstCallFakeOptions * options, GstCallFakeKind kind, guint index,
    GstClockTime duration, gboolean lead, GstClockTime * at);

G_END_DECLS
