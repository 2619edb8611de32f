/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallServer: the signalling server of PROTOCOL.md, and the page that speaks
 * it, as an object. `call-server` and callbin listen=… are its users.
 *
 * Properties are read by call_server_start () and may be set while the server
 * is stopped. All functions may be called in any thread; start and stop wait
 * for what they do (stop at most half a second for its clients).
 *
 *   listen             string  "HOST:PORT", "[IPV6]:PORT" or ":PORT" for all
 *                              addresses; port 0: any. Default "localhost:0"
 *   port               uint    the port it has, while it runs (read only)
 *   tls-certificate    string  PEM file, or NULL for no TLS
 *   tls-key            string  PEM file
 *   self-signed        boolean make certificate and key, in `state-dir`
 *   ca-file            string  of a self-signed certificate (read only)
 *   fingerprint        string  SHA-256 of the certificate (read only)
 *   state-dir          string  where keys outlive the process, so that seats
 *                              survive a restart; NULL: only in memory, or
 *                              the default folder if self-signed
 *   token-secret-file  string  tokens signed with it are needed to join
 *   turn-secret-file   string  makes credentials for turn: servers
 *   allowed-origins    strv    origins of pages besides the own host's
 *   max-peers          uint    in one room: 1 to 100, default 16
 *   max-connections    uint    default 20000
 *   max-per-address    uint    connections of one address, default 64; 0: any
 *   exempt-loopback    boolean from max-per-address, default FALSE
 *   workers            uint    threads, 1 to 64, default 4
 *   message-rate       uint    units a second of one connection, default 100
 *   message-burst      uint    units at once, default 500. A message is one
 *                              unit, and one for each 4096 bytes. Who is over
 *                              it is read more slowly; nothing is lost
 *   max-queue          uint    bytes that may wait for a slow reader, 1 MiB
 *   tls-timeout        uint    ms for the handshake, 5000
 *   head-timeout       uint    ms for a request, 10000
 *   hello-timeout      uint    ms for the hello, 5000
 *   pong-timeout       uint    ms without a word until it is dead, 60000
 *   resume-timeout     uint    ms that a seat is kept, 30000
 */
#pragma once

#include "call-rooms.h"

G_BEGIN_DECLS

#define CALL_TYPE_SERVER (call_server_get_type ())
G_DECLARE_FINAL_TYPE (CallServer, call_server, CALL, SERVER, GObject)

CallServer *call_server_new (void);

/* Errors say what to do, G_IO_ERROR mostly */
gboolean call_server_start (CallServer * self, GError ** error);
void call_server_stop (CallServer * self);

/* To be handed out to everybody. With a turn-secret, turn: servers without a
 * user name get a time-limited one. Before start. */
void call_server_add_ice_server (CallServer * self,
    const CallIceServer * server);
/* "stun:host[:port]", "turn[s]:host[:port][?transport=udp|tcp]", or with
 * credentials "turn:user:password@host…", percent-encoded where needed */
CallIceServer *call_ice_server_parse (const gchar * text, GError ** error);

/* The rooms of a server that was started: for a member in this process.
 * (transfer none), the same object until the next start. */
CallRooms *call_server_get_rooms (CallServer * self);
guint call_server_get_port (CallServer * self);

/* Where people find `room`: https://… for all addresses it listens on, the
 * one to show first is first */
gchar **call_server_get_urls (CallServer * self, const gchar * room);

G_END_DECLS
