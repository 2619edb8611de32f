/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gstcalldataout.c and its properties share.
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: the list of pads
 *   2 LOCK     protects: what stands below it
 */
#pragma once

#include "gstcalldataout.h"

G_BEGIN_DECLS

struct _GstCallDataOut
{
  GstElement parent;

  /* set once in new */
  gchar *label;
  GstCallDataNotify notify;
  gpointer notify_data;

  guint next_pad;               /* app, one at a time */

  GMutex lock;
  GCond room;                   /* something was taken, or is over */
  GstCallDataSettings settings;
  gchar *to;
  gboolean hold;
  guint n_pending;              /* peers that are being connected with */
  GPtrArray *links;             /* (element-type GstCallDataLink) */
};

/* gstcalldataproperties.c */
void gst_call_data_out_install_properties (GObjectClass * klass);

G_END_DECLS
