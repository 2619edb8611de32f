/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "gstcalldevicelist.h"

G_BEGIN_DECLS

GstCallDevice *gst_call_device_new (GstCallDeviceKind kind,
    GstDevice * device);

G_END_DECLS
