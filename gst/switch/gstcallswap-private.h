/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The swap point's inside, shared by its parts: gstcallswap.c (pads, events,
 * states), gstcallswapcaps.c (caps, queries), gstcalloutput.c (who may push, and
 * what goes out) and gstcallswitch.c (the element). Threads: gstcallswap.c.
 *
 * Locks, in the order they may be taken
 *
 *   1 swap      GstCallSwap.lock   protects: fields under "swap lock"
 */
#pragma once

#include "gstcallblank.h"
#include "gstcallsplice.h"
#include "gstcallswap.h"

G_BEGIN_DECLS

/* An input */
#define GST_TYPE_CALL_SWAP_PAD (gst_call_swap_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstCallSwapPad, gst_call_swap_pad, GST, CALL_SWAP_PAD,
    GstPad)

struct _GstCallSwapPad
{
  GstPad parent;

  /* only the input's streaming thread */
  GstSegment segment;
  gint64 key_asked;             /* monotonic us */

  /* swap lock */
  gboolean flushing;            /* released, or between flush-start and -stop */
  gboolean released;
  gboolean eos;
  gboolean live;
  gint64 seen;                  /* monotonic us of its last buffer; 0: never */
  gboolean waiting;             /* it has a buffer whose time has not come */
};

typedef enum
{
  GST_CALL_SWAP_NOBODY,         /* the input's buffers are dropped */
  GST_CALL_SWAP_ACTIVE,
  GST_CALL_SWAP_NEXT            /* it is to take over */
} GstCallSwapRole;

/* When the output ends */
typedef enum
{
  GST_CALL_SWAP_EOS_NEVER,      /* gst_call_swap_end */
  GST_CALL_SWAP_EOS_ALL,        /* all inputs have */
  GST_CALL_SWAP_EOS_ACTIVE      /* the active input has */
} GstCallSwapEos;

struct _GstCallSwap
{
  GstElement parent;

  /* set once in init and new */
  GstPad *srcpad;
  GstCaps *allowed;

  /* swap lock */
  GMutex lock;
  GCond cond;                   /* pushing, progress, selection, flushing */
  GCond watch_cond;             /* an input's EOS, and what callswitch tells */
  gboolean pushing;
  gboolean flushing;
  gboolean ended;
  gboolean blank;
  GstCallSwapEos eos_when;
  GstPad *active;               /* compared, never followed */
  GstPad *next;
  gboolean active_eos;
  GstCaps *caps;
  GstFlowReturn last_flow;
  guint pad_serial;
  guint n_pads, n_eos;
  gboolean spliced;             /* there is a splice */
  GstClockTime progress;        /* running time the output has come to */
  gint64 selected_at;           /* monotonic us */
  gint64 pushed_at;             /* monotonic us of the last output; 0: none */
  GstClockTime gap, latency;    /* of the last switch */
  GstClockTime longest;         /* latency of a live input so far */

  /* only with the ticket */
  gboolean started;
  gboolean sent_caps;
  gboolean raw_video, encoded;
  GstClockTime last_time;
  gboolean catching_up;         /* the input's times are behind the output's */
  GstCallBlank *blanker;
  GstCallSplice *splice;        /* raw sound only */
  GstPad *fading;               /* whose sound the splice holds back */
};

struct _GstCallSwapClass
{
  GstElementClass parent_class;

  void (*switched) (GstCallSwap * self, GstPad * pad);
};

#define GST_CALL_SWAP_CLASS(klass) \
  (G_TYPE_CHECK_CLASS_CAST ((klass), GST_TYPE_CALL_SWAP, GstCallSwapClass))

/* (transfer full): its sink pads */
GList *gst_call_swap_ref_inputs (GstCallSwap * self);

/* --- enums of callswitch's properties --- */

typedef enum
{
  GST_CALL_ON_STALL_HOLD,
  GST_CALL_ON_STALL_BLANK,
  GST_CALL_ON_STALL_NEXT
} GstCallOnStall;

typedef enum
{
  GST_CALL_SWITCH_EOS_ALL,
  GST_CALL_SWITCH_EOS_ACTIVE
} GstCallSwitchEos;

GType gst_call_on_stall_get_type (void);
GType gst_call_switch_eos_get_type (void);

/* --- gstcalloutput.c --- */

/* Waits until pad may push. A role other than NOBODY: the caller has the ticket
 * until gst_call_swap_leave. pad: NULL for the element itself. time: running
 * time of its buffer. */
GstCallSwapRole gst_call_swap_enter (GstCallSwap * self, GstCallSwapPad * pad,
    GstClockTime time, GstFlowReturn * flow);
/* switched: (nullable): it has become the active input. Returns flow. */
GstFlowReturn gst_call_swap_leave (GstCallSwap * self, GstFlowReturn flow,
    GstCallSwapPad * switched);

/* With the ticket. buffer: (transfer full); switched: (transfer full)
 * (nullable): what has taken over with that, pad or another one. */
GstFlowReturn gst_call_swap_output (GstCallSwap * self, GstCallSwapPad * pad,
    GstCallSwapRole role, GstBuffer * buffer, GstClockTime time,
    GstCallSwapPad ** switched);
void gst_call_swap_output_gap (GstCallSwap * self, GstClockTime time,
    GstClockTime duration);
/* Black or silence up to that running time */
GstFlowReturn gst_call_swap_output_blank (GstCallSwap * self,
    GstClockTime until);
void gst_call_swap_output_eos (GstCallSwap * self);
void gst_call_swap_output_forget (GstCallSwap * self);

/* --- gstcallswapcaps.c --- */

/* TRUE: caps may follow the output's without a change downstream. */
gboolean gst_call_swap_caps_fit (const GstCaps * output, const GstCaps * caps);
/* Caps of pad: the output's for good, if it has none and pad is selected. FALSE:
 * they do not fit, and that has been told. */
gboolean gst_call_swap_take_caps (GstCallSwap * self, GstPad * pad,
    GstCaps * caps);
void gst_call_swap_warn_of_caps (GstCallSwap * self, GstPad * pad,
    GstCaps * caps, GstCaps * output);
gboolean gst_call_swap_sink_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
gboolean gst_call_swap_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query);

GST_DEBUG_CATEGORY_EXTERN (gst_call_swap_debug);

G_END_DECLS
