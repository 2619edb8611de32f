/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDeviceSrc: what callvideosrc and callaudiosrc share. A bin
 *
 *   [branch: device ! filter ! converters ! filter] -> swap point -> src
 *
 * The subclass knows the modes and converters of its medium.
 */
#pragma once

#include "gstcalldevicebin.h"
#include "gstcallmode.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_DEVICE_SRC (gst_call_device_src_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCallDeviceSrc, gst_call_device_src, GST,
    CALL_DEVICE_SRC, GstCallDeviceBin)

/* Elements in a branch of a source */
#define GST_CALL_DEVICE_SRC_MAX_CHAIN 10

struct _GstCallDeviceSrcClass
{
  GstCallDeviceBinClass parent_class;

  /* All mandatory. */
  const gchar *medium;          /* "video", for messages */
  const gchar *allowed;         /* caps of the output before it is fixed */
  gboolean (*choose_mode) (const GstCaps * device, GstCaps * downstream,
      GstCallMode * mode);
  /* Adds floating elements, or NULL for those that are missing, to chain; at
   * most four. How many? */
  guint (*add_converters) (const GstCallMode * mode, GstElement ** chain);
  /* A floating live source of black or silence, or NULL; needs no filter. */
  GstElement *(*make_blank) (void);
};

G_END_DECLS
