/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fake devices and their provider, as far as the rest of this folder
 * knows them.
 */
#pragma once

#include <gst/gst.h>

#include "gstcallfakeconfig.h"

G_BEGIN_DECLS

/* "camera" or "microphone" */
const gchar *gst_call_fake_kind_name (GstCallFakeKind kind);

/* The device disappears from the provider until that starts again, or for so
 * long (ms), if not 0. Any thread. */
void gst_call_fake_device_unplug (GstCallFakeKind kind, guint index,
    guint replug_after);

/* Caps of the sources and their devices */
GstCaps *gst_call_fake_caps (GstCallFakeKind kind);

G_END_DECLS
