/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the server answers to a plain GET: the page of a room, its files, and
 * /healthz. The files are in the binary (GResource).
 */
#pragma once

#include "call-http.h"

G_BEGIN_DECLS

/* The room of a path /room/ROOM, or NULL if it is no such path */
const gchar *call_pages_get_room (const gchar * path);

/* The response to a request that does not upgrade */
GBytes *call_pages_respond (const CallRequest * request);

/* A response of one line of text */
GBytes *call_pages_refuse (guint status, const gchar * text,
    gboolean keep_alive);

G_END_DECLS
