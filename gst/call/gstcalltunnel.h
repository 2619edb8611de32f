/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallTunnel: TURN over TLS for a libnice that cannot: it is given a TCP
 * port of 127.0.0.1, and what comes in there goes on over TLS, to a server
 * whose certificate was verified, or nowhere.
 *
 * Any thread; the media goes through a thread of its own.
 *
 * Every process of this machine can connect to the port. It gains nothing: it
 * could reach the TURN server itself, and the credentials are libnice's, not
 * ours. It can use up the connections, which are bounded: a call then fails as
 * if there were no TURN server. Nothing from another machine gets there: the
 * port is bound to 127.0.0.1. What is readable on the loopback interface (to
 * root) is TURN, with the user's name and a hash, around DTLS and SRTP.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* Servers at a time, and connections to all of them */
#define GST_CALL_TUNNEL_MAX_SERVERS 8
#define GST_CALL_TUNNEL_MAX_CONNECTIONS 64

typedef struct _GstCallTunnel GstCallTunnel;

/* `trust`: NULL is the system's */
GstCallTunnel *gst_call_tunnel_new (GTlsDatabase * trust);
/* Cuts what goes through it */
void gst_call_tunnel_free (GstCallTunnel * self);

/* The local end of the way to that server, made when it is not there yet; 0
 * and what is wrong. It stays until the tunnel is freed, or others are wanted and
 * nobody goes through it. */
guint16 gst_call_tunnel_open (GstCallTunnel * self, GSocketAddress * to,
    const gchar * host, GError ** error);

G_END_DECLS
