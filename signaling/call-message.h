/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The messages of PROTOCOL.md as one C struct, and their JSON form.
 * Pure functions: no I/O, no threads, no global state.
 */
#pragma once

#include <glib-object.h>

G_BEGIN_DECLS

#define CALL_PROTOCOL_VERSION 1
#define CALL_SUBPROTOCOL "gst-call.1"

/* Bounds on what the network may send, see PROTOCOL.md "Limits" */
#define CALL_MAX_MESSAGE (64 * 1024)    /* bytes of one JSON text */
#define CALL_MAX_DEPTH 16
#define CALL_MAX_ID 64                  /* bytes of a peer id, session id, room, mid */
#define CALL_MAX_NAME 128               /* bytes of a display name */
#define CALL_MAX_CANDIDATE 1024
#define CALL_MAX_TOKEN 4096             /* bytes of a token or resume secret */
#define CALL_MAX_CODE 64
#define CALL_MAX_TEXT 1024              /* bytes of an explanation */
#define CALL_MAX_PEERS 256              /* in one welcome */
#define CALL_MAX_ICE_SERVERS 32
#define CALL_MAX_ICE_URLS 8             /* of one ICE server */
#define CALL_MAX_ICE_STRING 512         /* bytes of a URL, username, credential */
#define CALL_MAX_SECONDS 86400          /* retryAfter, …Timeout */
#define CALL_MAX_MLINE 1023             /* greatest sdpMLineIndex */
#define CALL_MAX_NUMBER G_GINT64_CONSTANT (9007199254740991)  /* 2^53 - 1 */

/* Which numbers of the other side have been seen: all up to the newest one, but
 * those of the 64 before it that are missing (bit n: newest - 1 - n) */
typedef struct
{
  guint64 newest;
  guint64 missing;
} CallSeen;

/* A welcome without lastSeq: the server was restarted and lost count */
#define CALL_SEQ_UNKNOWN G_MAXUINT64

typedef enum
{
  CALL_MESSAGE_HELLO,               /* client to server, first */
  CALL_MESSAGE_WELCOME,             /* server to client, answer to hello */
  CALL_MESSAGE_PEER_JOINED,
  CALL_MESSAGE_PEER_CHANGED,
  CALL_MESSAGE_PEER_LEFT,
  CALL_MESSAGE_OFFER,               /* the next six go from peer to peer */
  CALL_MESSAGE_ANSWER,
  CALL_MESSAGE_CANDIDATE,
  CALL_MESSAGE_END_OF_CANDIDATES,
  CALL_MESSAGE_RENEGOTIATE,
  CALL_MESSAGE_CLOSE,
  CALL_MESSAGE_STATE,               /* client to server: my mute state */
  CALL_MESSAGE_ICE_SERVERS,         /* client to server, and its answer */
  CALL_MESSAGE_BYE,                 /* client to server: I leave */
  CALL_MESSAGE_ERROR,               /* server to client */
} CallMessageType;

/* What a track of a peer is doing, as people are shown it */
typedef enum
{
  CALL_TRACK_NONE,                  /* "none": has no such track */
  CALL_TRACK_LIVE,                  /* "live" */
  CALL_TRACK_MUTED,                 /* "muted": microphone muted, camera off */
} CallTrackState;

#define CALL_TYPE_TRACK_STATE (call_track_state_get_type ())
GType call_track_state_get_type (void);

typedef struct
{
  gchar *peer_id;
  gchar *display_name;              /* may be NULL */
  gint64 seat;                      /* grows with each join; the later offers */
  gboolean polite;                  /* may offer itself and rolls back (browsers) */
  gboolean connected;               /* FALSE: its socket is gone, its seat is kept */
  CallTrackState audio;
  CallTrackState video;
} CallPeer;

typedef struct
{
  gchar **urls;                     /* stun:, turn:, turns: */
  gchar *username;                  /* may be NULL */
  gchar *credential;                /* may be NULL */
} CallIceServer;

#define CALL_TYPE_MESSAGE (call_message_get_type ())
typedef struct _CallMessage CallMessage;

/* One struct for all types; a field that a type does not have is NULL or 0 */
struct _CallMessage
{
  CallMessageType type;
  guint64 seq;                      /* 0: not numbered yet */

  gchar *from;                      /* stamped by the server */
  gchar *to;
  gchar *session;                   /* of one pair of peers, made by the offerer */

  gchar *sdp;                       /* offer, answer */
  guint64 offer_id;                 /* the same: which offer of the session; 0: absent */
  gchar *candidate;                 /* candidate: "candidate:…" */
  gchar *sdp_mid;                   /* candidate; may be NULL */
  gint sdp_mline_index;             /* candidate; -1: absent */
  gboolean ice_restart;             /* renegotiate: with an ICE restart */

  gint version;                     /* hello, welcome */
  gchar *room;                      /* welcome */
  gchar *token;                     /* hello */
  gchar *resume;                    /* hello, welcome: the seat's secret */
  guint64 last_seq;                 /* hello, welcome: newest seq seen of the other;
                                     * or CALL_SEQ_UNKNOWN (welcome) */
  gboolean resumed;                 /* welcome */
  gint64 resume_timeout;            /* welcome: seconds a seat is kept */

  CallPeer *peer;                   /* hello, welcome: oneself; peer-*; state */
  GPtrArray *peers;                 /* welcome: (element-type CallPeer) */
  GPtrArray *ice_servers;           /* welcome, ice-servers of the server:
                                     * (element-type CallIceServer) */
  gint64 ice_servers_timeout;       /* the same: seconds; 0: for ever */

  gchar *code;                      /* error, close, peer-left: stable, for programs */
  gchar *text;                      /* error, close: for people */
  gint64 retry_after;               /* error: seconds; 0: absent */

  /*< private >*/
  gint ref_count;
};

typedef enum
{
  CALL_PROTOCOL_ERROR_TOO_LARGE,    /* "too-large" */
  CALL_PROTOCOL_ERROR_TOO_DEEP,     /* "too-deep" */
  CALL_PROTOCOL_ERROR_BAD_JSON,     /* "bad-message" */
  CALL_PROTOCOL_ERROR_BAD_MESSAGE,  /* "bad-message" */
} CallProtocolError;

#define CALL_PROTOCOL_ERROR (call_protocol_error_quark ())
GQuark call_protocol_error_quark (void);

GType call_message_get_type (void);
CallMessage *call_message_new (CallMessageType type);
CallMessage *call_message_ref (CallMessage * message);
void call_message_unref (CallMessage * message);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallMessage, call_message_unref)

/* TRUE: that number is new, and is seen from now on */
gboolean call_seen_take (CallSeen * self, guint64 seq);

/* A deep copy, with one reference */
CallMessage *call_message_copy (const CallMessage * message);

/* Returns NULL and a CALL_PROTOCOL_ERROR for anything that PROTOCOL.md does
 * not allow. Unknown fields are ignored, unknown types are BAD_MESSAGE.
 * `length` bytes, need not be terminated, need not be UTF-8. */
CallMessage *call_message_parse (const gchar * text, gsize length,
    GError ** error);

/* One line of JSON, in the canonical form of PROTOCOL.md. The message must
 * have the fields of its type; what it has besides is left out. The text can
 * be longer than CALL_MAX_MESSAGE (a huge SDP, a huge room): whoever sends it
 * must look. A shallow copy of the struct is enough to write another `seq`. */
gchar *call_message_to_text (const CallMessage * message);

const gchar *call_message_type_to_string (CallMessageType type);
const gchar *call_track_state_to_string (CallTrackState state);
const gchar *call_protocol_error_to_code (const GError * error);

/* A peer id, session id or room name that may go into a message or a path:
 * 1 to CALL_MAX_ID of A-Z a-z 0-9 . _ ~ -, not "." and not ".." */
gboolean call_id_is_valid (const gchar * id);
/* Display names: 1 to CALL_MAX_NAME bytes of UTF-8 without control
 * characters, line separators and overrides of the writing direction */
gboolean call_name_is_valid (const gchar * name);
/* 128 bits from the kernel as 32 hexadecimal digits */
gchar *call_id_new (void);

CallPeer *call_peer_new (const gchar * peer_id);
CallPeer *call_peer_copy (const CallPeer * peer);
void call_peer_free (CallPeer * peer);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallPeer, call_peer_free)

CallIceServer *call_ice_server_new (const gchar * const *urls,
    const gchar * username, const gchar * credential);
CallIceServer *call_ice_server_copy (const CallIceServer * server);
void call_ice_server_free (CallIceServer * server);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallIceServer, call_ice_server_free)

G_END_DECLS
