/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fixture of the websocket tests: a signaller in the main context of the
 * test, and a server in the same context whose lines the test speaks.
 */
#pragma once

#include "call-websocket-signaller.h"

#include <libsoup/soup.h>

#define ROOM_PATH "/room/tea"

typedef struct
{
  GSource *watchdog;

  /* the server */
  GSocketListener *listener;
  GTlsCertificate *certificate;     /* NULL: no TLS */
  gboolean raw;                     /* the test writes the bytes */
  gchar *uri;
  GPtrArray *connections;           /* all so far */
  GPtrArray *sockets;               /* SoupWebsocketConnection, all so far */
  GArray *times;                    /* gint64, when each came */
  GQueue heard;                     /* CallMessage, of all sockets */

  /* the client */
  CallSignaller *signaller;
  GQueue got;                       /* CallMessage */
  GArray *states;                   /* CallSignallerState, each change */
  GError *error;
  guint failures;
  guint ignored;
} Script;

#define SCRIPT_WAIT(script, condition) \
  while (!(condition)) \
    script_iterate (script)

/* One turn of the main context; the watchdog ends what never comes */
void script_iterate (Script * script);

/* Answers upgrades; certificate may be NULL */
Script *script_new (GTlsCertificate * certificate);
/* Accepts connections and leaves the answers to the test */
Script *script_new_raw (void);
void script_free (Script * script);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (Script, script_free)

/* Makes the signaller for the script's URI, or another one, and opens it */
void script_open (Script * script, const gchar * first_property, ...);

/* The newest connection at the server */
SoupWebsocketConnection *script_socket (Script * script);
/* The next message at the server, of the given type */
CallMessage *script_hear (Script * script, CallMessageType type);
/* The next message of the signaller, of the given type */
CallMessage *script_get (Script * script, CallMessageType type);

void script_say (Script * script, const gchar * text);
/* last_seq < 0: leaves it out */
void script_welcome (Script * script, gboolean resumed, gint64 last_seq);
/* Ends the newest connection without a goodbye */
void script_cut (Script * script);
/* Opens with a hello and an answer */
void script_open_welcomed (Script * script);
/* Waits for `failed` and looks at its code */
void script_expect_failure (Script * script, CallSignallerError code,
    const gchar * words);

/* Sends a relayed message to bob */
void script_send (Script * script, CallMessageType type, const gchar * session);

/* Raw: waits for connection n, answers its upgrade and adds bytes behind it */
void script_raw_upgrade (Script * script, guint n, GBytes * behind);
/* The Sec-WebSocket-Accept of connection n */
gchar *script_raw_accept_key (Script * script, guint n);
void script_raw_write (Script * script, guint n, gconstpointer data,
    gsize length);
/* The client has hung up on connection n; what it sent before is dropped */
void script_raw_expect_end (Script * script, guint n);
/* The frame of a text, as a server sends it */
GBytes *script_frame (guint8 first_byte, const gchar * text);

/* A certificate with its key for one host name, made anew */
GTlsCertificate *script_certificate (const gchar * host);

#define SCRIPT_WELCOME "{\"type\":\"welcome\",\"version\":1,\"room\":\"tea\"," \
    "\"peer\":{\"peerId\":\"ann\",\"seat\":7},\"peers\":[]," \
    "\"resume\":\"secret-1\",\"resumed\":false,\"lastSeq\":0," \
    "\"resumeTimeout\":30,\"iceServers\":[]}"
