/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The plugin's contents: plugin.c registers what stands here. */
GST_ELEMENT_REGISTER_DECLARE (callbin);
GST_ELEMENT_REGISTER_DECLARE (callcontrol);
GST_ELEMENT_REGISTER_DECLARE (callfilepay);
GST_ELEMENT_REGISTER_DECLARE (callfiledepay);
GST_ELEMENT_REGISTER_DECLARE (callswitch);
GST_ELEMENT_REGISTER_DECLARE (callvideosrc);
GST_ELEMENT_REGISTER_DECLARE (callaudiosrc);
GST_ELEMENT_REGISTER_DECLARE (callaudiosink);
GST_ELEMENT_REGISTER_DECLARE (callfakevideosrc);
GST_ELEMENT_REGISTER_DECLARE (callfakeaudiosrc);
GST_DEVICE_PROVIDER_REGISTER_DECLARE (callfakedeviceprovider);

G_END_DECLS
