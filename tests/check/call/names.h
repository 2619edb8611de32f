/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A GResolver that asks nobody: "NAME.here" and "hereNAME" are 127.0.0.1,
 * "six.here" is ::1, "neverNAME" has no answer, everything else does not exist.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* From now on it is the default of this process */
void test_names_use (void);
/* How many names were asked for */
guint test_names_count (void);

G_END_DECLS
