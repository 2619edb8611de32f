/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Listening sockets.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Sockets for "HOST:PORT", all on one port; NULL and an error that says what
 * to do. They are closed with the array. */
GArray *call_listen (const gchar * address, guint * port, GError ** error);

/* The host of "HOST:PORT" without brackets; "" for all. NULL if it is none. */
gchar *call_listen_parse (const gchar * address, guint * port,
    GError ** error);

G_END_DECLS
