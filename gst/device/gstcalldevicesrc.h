/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallDeviceSrc: what callvideosrc and callaudiosrc share. A bin
 *
 *   [input: device ! filter ! converters] -> swap point -> src
 *
 * The subclass knows how an input of its medium is built.
 */
#pragma once

#include "gstcalldevicelist.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_DEVICE_SRC (gst_call_device_src_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCallDeviceSrc, gst_call_device_src, GST,
    CALL_DEVICE_SRC, GstBin)

struct _GstCallDeviceSrcClass
{
  GstBinClass parent_class;

  GstCallDeviceKind kind;
  const gchar *noun;            /* "camera", for messages */
  const gchar *allowed;         /* caps of the output before it is fixed */

  /* Both return a floating bin with a pad "src", or NULL. All mandatory.
   * make_input: its device element is named "source". downstream: what is
   * taken there; fixed caps once the output has them. */
  GstElement *(*make_input) (GstCallDeviceSrc * self, GstCallDevice * device,
      GstCaps * downstream, GError ** error);
  GstElement *(*make_blank) (GstCallDeviceSrc * self, const GstCaps * caps);
};

/* A floating bin of elements (floating, NULL-terminated array) linked in a
 * row, with the last one's src pad as its own. NULL: they cannot be linked,
 * or one is NULL. */
GstElement *gst_call_device_src_chain (GstElement ** elements);

G_END_DECLS
