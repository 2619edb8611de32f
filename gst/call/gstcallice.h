/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a webrtcbin reaches its peer: ICE servers, policy and what has to be
 * set on the agent below it. Functions; the worker calls them.
 */
#pragma once

#include <gst/gst.h>

#include "call-message.h"

G_BEGIN_DECLS

/* An array property: each entry a URL, or a structure with `urls` (a string,
 * or an array of them), `username` and `credential`, as W3C's RTCIceServer.
 * Gives (element-type CallIceServer), or NULL and what is wrong. */
GPtrArray *gst_call_ice_parse (const GValue * array, GError ** error);

/* Before the first offer or answer. Servers that cannot be used are left out
 * and named in *left_out. */
void gst_call_ice_set_up (GstElement * webrtcbin, GPtrArray * servers,
    gboolean relay_only, gchar ** left_out);

G_END_DECLS
