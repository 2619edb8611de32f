/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDeviceBin: what callvideosrc, callaudiosrc and callaudiosink share: a
 * bin that has one device of a kind open, chosen by properties, and tells what
 * becomes of it.
 *
 * The device's element, or what stands in for it, is the bin's *branch*. The
 * subclass knows how a branch is made and joined to the rest.
 */
#pragma once

#include "gstcalldevicelist.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_DEVICE_BIN (gst_call_device_bin_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCallDeviceBin, gst_call_device_bin, GST,
    CALL_DEVICE_BIN, GstBin)

struct _GstCallDeviceBinClass
{
  GstBinClass parent_class;

  GstCallDeviceKind kind;
  const gchar *noun;            /* "camera", for messages */
  const gchar *substitute;      /* what happens without a device: a sentence */

  /* All mandatory. open, close and end are called with STATE held.
   *
   * open: makes and joins the branch of a device of devices, best first; FALSE
   * ends the state change with error. close: takes it away, if there is one.
   * end: joins a substitute for a device that went away; FALSE: the subclass
   * has posted an error instead. */
  gboolean (*open) (GstCallDeviceBin * self, GPtrArray * devices,
      GError ** error);
  void (*close) (GstCallDeviceBin * self);
  gboolean (*end) (GstCallDeviceBin * self, GstCallDevice * device);

  /* An error of a child. TRUE: it has been dealt with. Any thread. */
  gboolean (*child_error) (GstCallDeviceBin * self, GstMessage * message);

  /* (transfer full) (nullable): what the branch's device delivers or takes.
   * Any thread. */
  GstCaps *(*get_caps) (GstCallDeviceBin * self, GstElement * branch);

  /* Property "enabled" has been set. Any thread. */
  void (*set_enabled) (GstCallDeviceBin * self, gboolean enabled);
};

/* What device-id and label ask for; as gst_call_device_choose. *asked, if not
 * NULL: they ask for something. */
GstCallDevice *gst_call_device_bin_choose (GstCallDeviceBin * self,
    GPtrArray * devices, gboolean * asked, GError ** error);

/* Adds branch (floating) to the bin. device: NULL for a substitute. With STATE
 * held. */
void gst_call_device_bin_add_branch (GstCallDeviceBin * self,
    GstElement * branch, GstCallDevice * device);

/* The branch in state NULL and out of the bin, still joined; NULL: there is
 * none. (transfer full) With STATE held. */
GstElement *gst_call_device_bin_stop_branch (GstCallDeviceBin * self);

/* (transfer full) (nullable) Any thread. */
GstElement *gst_call_device_bin_ref_branch (GstCallDeviceBin * self);
GstCallDevice *gst_call_device_bin_ref_device (GstCallDeviceBin * self);

/* TRUE for the first who notices that branch's device is gone. Any thread. */
gboolean gst_call_device_bin_claim_failure (GstCallDeviceBin * self,
    GstElement * branch);
gboolean gst_call_device_bin_has_failed (GstCallDeviceBin * self);

/* Lets the end of branch's device follow, later and elsewhere. Any thread. */
void gst_call_device_bin_end_later (GstCallDeviceBin * self,
    GstElement * branch);

void gst_call_device_bin_set_track_state (GstCallDeviceBin * self,
    GstCallTrackState state);

G_END_DECLS
