/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallFakeSrc: what the fake camera and the fake microphone share: the
 * options of GST_CALL_FAKE_DEVICES as properties, and a device that opens,
 * works, stalls or goes away as they say. The subclass makes the content.
 */
#pragma once

#include <gst/base/gstpushsrc.h>

#include "gstcallfakeconfig.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_FAKE_SRC (gst_call_fake_src_get_type ())
G_DECLARE_DERIVABLE_TYPE (GstCallFakeSrc, gst_call_fake_src, GST, CALL_FAKE_SRC,
    GstPushSrc)

struct _GstCallFakeSrcClass
{
  GstPushSrcClass parent_class;

  /* set by gst_call_fake_src_class_set_up */
  GstCallFakeKind kind;

  /* Mandatory. Fills buffer number since the device opened; streaming thread. */
  gboolean (*draw) (GstCallFakeSrc * self, GstBuffer * buffer, guint index,
      guint64 number);
};

/* For class_init: the kind, its pad template and caps, and the property with
 * its number, "camera" or "microphone". */
void gst_call_fake_src_class_set_up (GstCallFakeSrcClass * klass,
    GstCallFakeKind kind, const gchar * blurb);

/* Of each buffer. For set_caps. */
void gst_call_fake_src_set_duration (GstCallFakeSrc * self,
    GstClockTime duration);

/* Which camera or microphone this is. Any thread. */
guint gst_call_fake_src_get_index (GstCallFakeSrc * self);

G_END_DECLS
