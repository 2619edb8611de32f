/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Devices of any kind, for tests: a provider of the test's own.
 */
#pragma once

#include <gst/gst.h>

/* Makes the provider known; before anything lists devices. */
void odd_devices_init (void);

/* A camera with this id and these caps that is opened as description, a bin's;
 * NULL: it cannot be made. It is there at once, also while a monitor runs. */
void odd_devices_add (const gchar * id, const gchar * caps,
    const gchar * description);
void odd_devices_remove (const gchar * id);
