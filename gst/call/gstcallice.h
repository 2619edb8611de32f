/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a webrtcbin reaches its peer: what ICE servers look like, policy and
 * what has to be set on the agent below it. Functions; the worker calls them.
 */
#pragma once

#include <gst/gst.h>

#include "call-message.h"

#include <ifaddrs.h>

G_BEGIN_DECLS

/* An array property: each entry a URL, or a structure with `urls` (a string,
 * or an array of them), `username` and `credential`, as W3C's RTCIceServer.
 * Gives (element-type CallIceServer), or NULL and what is wrong. */
GPtrArray *gst_call_ice_parse (const GValue * array, GError ** error);

/* "stun:HOST[:PORT]", "turn[s]:HOST[:PORT][?transport=udp|tcp]" (RFC 7064,
 * RFC 7065) */
typedef struct
{
  gboolean turn;
  gboolean tcp;
  gboolean tls;
  gchar *host;
  guint16 port;
} GstCallIceUrl;

/* NULL, or why this one cannot be used */
const gchar *gst_call_ice_url_parse (const gchar * url, GstCallIceUrl * out);
void gst_call_ice_url_clear (GstCallIceUrl * url);

/* Before the first offer or answer; servers: gstcallservers.h */
void gst_call_ice_set_up (GstElement * webrtcbin, gboolean relay_only,
    guint min_port, guint max_port);
/* Has it an address for candidates? libnice leaves out what has no carrier, too: a
 * cable that hangs loose, the bridge of containers that do not run */
gboolean gst_call_ice_may_use (const struct ifaddrs * i);
/* libnice's, where webrtcbin shows it, and its owner (transfer full) */
GObject *gst_call_ice_get_agent (GstElement * webrtcbin, GObject ** ice);
/* Where we offered, before the answer is set */
void gst_call_ice_before_checks (GstElement * webrtcbin);

G_END_DECLS
