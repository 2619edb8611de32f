/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDeviceBin: what callvideosrc, callaudiosrc and callaudiosink share: a
 * bin that has one device of a kind open, chosen by properties, changes it
 * while it runs, and tells what becomes of it.
 *
 * The device's element, or what stands in for it, is the bin's *branch*. The
 * subclass knows how a branch is made and joined to the rest.
 */
#pragma once

#include "gstcallchoice.h"

G_BEGIN_DECLS

/* What branches have as a child, to be told from the subclass's own: their errors
 * are not the pipeline's. */
#define GST_CALL_BRANCH_QUARK g_quark_from_static_string ("gst-call-branch")

#define GST_TYPE_CALL_DEVICE_BIN (gst_call_device_bin_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCallDeviceBin, gst_call_device_bin, GST,
    CALL_DEVICE_BIN, GstBin)

struct _GstCallDeviceBinClass
{
  GstBinClass parent_class;

  GstCallDeviceKind kind;
  const gchar *noun;            /* "camera", for messages */
  const gchar *substitute;      /* what happens without a device: a sentence */
  gboolean optional;            /* starts without a device if none is named */

  /* All mandatory, called by one thread at a time and without a lock.
   *
   * make_branch: a floating element in which choice is opened; NULL with error,
   * or, for a substitute only, without: nothing stands in.
   * join: lets the stream go through branch, which is in the bin and in state
   * READY, and brings it to state; gst_call_device_bin_delivered follows when
   * that has happened. first: the bin itself is going to state.
   * part: what join did, undone; branch is in state NULL. */
  GstElement *(*make_branch) (GstCallDeviceBin * self,
      const GstCallChoice * choice, GError ** error);
  gboolean (*join) (GstCallDeviceBin * self, GstElement * branch,
      GstState state, gboolean first);
  void (*part) (GstCallDeviceBin * self, GstElement * branch);

  /* (transfer full) (nullable): what the output may be; NULL: anything. */
  GstCaps *(*get_downstream) (GstCallDeviceBin * self);

  /* Cleans sound as bits (GST_CALL_BIT) say; gst_call_device_bin_set_processing
   * follows. Optional; called as make_branch is. */
  void (*process) (GstCallDeviceBin * self, guint bits);

  /* The rest is called from any thread.
   *
   * has_failed_downstream: an error of the branch is not the device's.
   * can_process: what it hears can be cleaned of echo and noise.
   * get_caps: (transfer full) (nullable) what its device delivers or takes.
   * set_enabled: property "enabled" has been set.
   * has_stalled: the device has delivered nothing for too long; not before
   * since (monotonic time, us). Optional. */
  gboolean (*has_failed_downstream) (GstCallDeviceBin * self);
  gboolean (*can_process) (GstCallDeviceBin * self);
  GstCaps *(*get_caps) (GstCallDeviceBin * self, GstElement * branch);
  void (*set_enabled) (GstCallDeviceBin * self, gboolean enabled);
  gboolean (*has_stalled) (GstCallDeviceBin * self, gint64 since);
};

/* The stream goes through branch now. gap: running time without anything
 * between the one before and it. Any thread, without a lock. */
void gst_call_device_bin_delivered (GstCallDeviceBin * self,
    GstElement * branch, GstClockTime gap);

/* What is done to sound. Any thread, without a lock. */
void gst_call_device_bin_set_processing (GstCallDeviceBin * self, guint bits);

/* TRUE: the device in use has failed and has not been replaced yet. */
gboolean gst_call_device_bin_has_failed (GstCallDeviceBin * self);

G_END_DECLS
