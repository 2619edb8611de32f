/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A client that can misbehave: blocking sockets and frames by hand. Every
 * wait ends after WAIT seconds with a failed test.
 */
#pragma once

#include "call-message.h"
#include "call-server.h"
#include "person.h"

G_BEGIN_DECLS

typedef struct
{
  gint fd;
  GByteArray *input;                /* read and not used yet */
  guint64 seq;
} Client;

/* A started server on 127.0.0.1; `first_property` … NULL as g_object_new () */
CallServer *start_server (const gchar * first_property, ...);

/* Only connects */
Client *client_connect (CallServer * server);
/* … and upgrades; `headers` are more lines, or NULL */
Client *client_upgrade (CallServer * server, const gchar * room,
    const gchar * headers);
/* … and says hello and takes the welcome */
Client *client_enter (CallServer * server, const gchar * room,
    const gchar * peer_id);
void client_free (Client * client);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Client, client_free)

void client_write (Client * client, gconstpointer data, gsize length);
void client_write_text (Client * client, const gchar * text);
/* A masked frame; `first` is its first byte: FIN, RSV and opcode */
void client_write_frame (Client * client, guint first, gconstpointer data,
    gsize length);
void client_say (Client * client, const gchar * json);
/* A numbered `renegotiate` */
void client_say_to (Client * client, const gchar * peer_id);
void client_hello (Client * client, const gchar * peer_id,
    const gchar * token, const gchar * resume, guint64 last_seq);

/* Everything until the server ends the connection */
gchar *client_read_all (Client * client);
/* A response with its body */
gchar *client_read_response (Client * client);
/* The next frame; its payload with a NUL. -1: the connection has ended */
gint client_read_frame (Client * client, gchar ** payload, gsize * length);
/* The next message, pings answered. NULL: closed, with its code, 0: cut */
CallMessage *client_read_message (Client * client, guint * close_code);
/* Skips to the next message of this type, which must come */
CallMessage *client_wait_message (Client * client, CallMessageType type);
/* Skips messages until the end; returns the close code, 0: cut */
guint client_wait_close (Client * client);
/* An `error` must come with this code, then the end */
guint client_wait_refusal (Client * client, const gchar * code);

/* With the files in it */
void remove_folder (const gchar * folder);

/* Waits until the server has so many people in its rooms */
void wait_seats (CallServer * server, guint n);

G_END_DECLS
