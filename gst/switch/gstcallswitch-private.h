/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * callswitch, shared by its parts: gstcallswitch.c (properties, selection) and
 * gstcallstall.c (an input that stalls).
 *
 * Threads
 *
 *   name        runs                                may take       never
 *   ----------  ----------------------------------  -------------  -----------
 *   app         properties, pads, states            swap, OBJECT   hold and wait
 *   streaming   on switched                         swap, OBJECT   block
 *   watch       gstcallstall.c: one from PAUSED on  swap, OBJECT   hold and push
 *
 * Locks, in the order they may be taken
 *
 *   1 swap      see gstcallswap.c; here it protects watching, playing, since
 *   2 OBJECT    GST_OBJECT   protects: wanted, sent, on_stall, timeout
 *
 *   Nothing is posted, notified or pushed with one of them held.
 */
#pragma once

#include "gstcallswap-private.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_SWITCH (gst_call_switch_get_type ())
G_DECLARE_FINAL_TYPE (GstCallSwitch, gst_call_switch, GST, CALL_SWITCH,
    GstCallSwap);

struct _GstCallSwitch
{
  GstCallSwap parent;

  GThread *watch;               /* app, under the state lock */

  /* swap lock */
  gboolean watching;
  gboolean playing;
  gint64 since;                 /* monotonic us: a stall is no older than that */

  /* object lock */
  gchar *wanted;                /* name of the selected pad, or of one to come */
  gchar *sent;                  /* name of the pad that is sent */
  GstCallOnStall on_stall;
  guint timeout;                /* ms, 0: never */

  /* only the watch thread */
  gboolean stalled;
  gint64 stalled_at;            /* monotonic us of the last output */
  GstClockTime stalled_time;    /* running time of it */
};

/* (transfer full): name of the input that is wanted, "" for none */
gchar *gst_call_switch_dup_wanted (GstCallSwitch * self);
void gst_call_switch_select (GstCallSwitch * self, GstPad * pad);

/* --- gstcallstall.c: app --- */

void gst_call_switch_start_watch (GstCallSwitch * self);
/* From now on it is no stall that nothing comes, or it is again. */
void gst_call_switch_set_playing (GstCallSwitch * self, gboolean playing);
/* The watch counts anew with what has been set. */
void gst_call_switch_wake_watch (GstCallSwitch * self);
void gst_call_switch_stop_watch (GstCallSwitch * self);

G_END_DECLS
