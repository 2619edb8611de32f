/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The elements of others that a call is made of. Functions; any thread.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* FALSE, and an element error that says what to install */
gboolean gst_call_elements_check (GstElement * bin);

/* Loads what a connection needs and makes the process's DTLS certificate, so
 * that the first peer does not wait for it. */
void gst_call_elements_warm_up (void);

G_END_DECLS
