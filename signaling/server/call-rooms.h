/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * CallRooms: rooms, seats and relaying, as PROTOCOL.md has them. No I/O: it
 * is given texts and delivers texts. A seat is a peer's place in a room, a
 * CallMember is one connection to it; the seat outlives the connection.
 *
 * All functions may be called in any thread. What a member is given is
 * delivered in order, one at a time, never with a lock held, in whatever
 * thread caused it; so a callback must return at once and may call back.
 */
#pragma once

#include "call-message.h"

G_BEGIN_DECLS

typedef enum
{
  CALL_ROOMS_ERROR_BAD_ROOM,        /* "bad-room" */
  CALL_ROOMS_ERROR_BAD_MESSAGE,     /* "bad-message" */
  CALL_ROOMS_ERROR_VERSION,         /* "unsupported-version" */
  CALL_ROOMS_ERROR_TOKEN_REQUIRED,  /* "token-required" */
  CALL_ROOMS_ERROR_TOKEN_REFUSED,   /* "token-refused" */
  CALL_ROOMS_ERROR_ROOM_FULL,       /* "room-full" */
  CALL_ROOMS_ERROR_PEER_ID_TAKEN,   /* "peer-id-taken" */
  CALL_ROOMS_ERROR_SERVER_FULL,     /* "server-full" */
} CallRoomsError;

#define CALL_ROOMS_ERROR (call_rooms_error_quark ())
GQuark call_rooms_error_quark (void);
/* The code of PROTOCOL.md for a CALL_ROOMS_ERROR or CALL_PROTOCOL_ERROR */
const gchar *call_rooms_error_to_code (const GError * error);

#define CALL_REPLAY_MESSAGES 256        /* kept for a seat that resumes */
#define CALL_REPLAY_BYTES (256 * 1024)
#define CALL_ROOM_MAX_PEERS 100         /* the welcome must fit in a message */
/* For so long after its start a server takes back seats of the one before it */
#define CALL_RESTART_WINDOW (120 * G_USEC_PER_SEC)

#define CALL_TYPE_ROOMS (call_rooms_get_type ())
G_DECLARE_FINAL_TYPE (CallRooms, call_rooms, CALL, ROOMS, GObject)

/* Set before the first join; secrets may be NULL */
typedef struct
{
  guint max_peers;                  /* in one room, 1 to CALL_ROOM_MAX_PEERS */
  guint max_seats;                  /* in all rooms; 0: no limit. Rooms are
                                     * spread, so some may meet it earlier */
  gint64 resume_timeout;            /* microseconds a seat outlives its socket */
  GBytes *resume_key;               /* signs resume secrets; NULL: random */
  GBytes *token_secret;             /* NULL: no token is needed */
  GPtrArray *ice_servers;           /* (element-type CallIceServer), or NULL */
  GBytes *turn_secret;              /* makes credentials for turn: servers
                                     * that have none of their own */
  gint64 turn_ttl;                  /* seconds those are good for */
} CallRoomsSettings;

/* 16 peers, 30 s, one hour, nothing else */
void call_rooms_settings_init (CallRoomsSettings * settings);
void call_rooms_settings_clear (CallRoomsSettings * settings);

CallRooms *call_rooms_new (const CallRoomsSettings * settings);
/* Gives up the seats whose time is over; call it once a second or so */
void call_rooms_expire (CallRooms * self);
/* Those of the settings, with credentials for that peer, into a welcome or an
 * ice-servers */
void call_rooms_add_ice_servers (CallRooms * self, CallMessage * message,
    const gchar * peer_id);
void call_rooms_count (CallRooms * self, guint * rooms, guint * seats);

typedef struct _CallMember CallMember;

typedef struct
{
  /* One JSON text, followed by a NUL */
  void (*deliver) (gpointer user_data, const gchar * text, gsize length);
  /* The last thing that is delivered: a WebSocket close code says why */
  void (*closed) (gpointer user_data, guint code);
} CallMemberFuncs;

typedef enum
{
  CALL_JOIN_DEFAULT = 0,
  CALL_JOIN_TRUSTED = 1 << 0,       /* needs no token: is in this process */
} CallJoinFlags;

/* Takes a seat, or one's own again. The welcome is delivered before this
 * returns. NULL and an error when refused; `destroy` is called then, too. */
CallMember *call_rooms_join (CallRooms * self, const gchar * room,
    const CallMessage * hello, CallJoinFlags flags,
    const CallMemberFuncs * funcs, gpointer user_data, GDestroyNotify destroy,
    GError ** error);

/* A text from this member. What is wrong with it is answered by a numbered
 * `error`; FALSE and an error then, TRUE otherwise. */
gboolean call_member_receive (CallMember * member, const gchar * text,
    gsize length, GError ** error);
/* The same for a message that is parsed already */
void call_member_receive_message (CallMember * member,
    const CallMessage * message);
/* Tells the member of a problem that its connection found */
void call_member_report (CallMember * member, const gchar * code,
    const gchar * text);
/* The connection broke: the seat waits for a resume. Nothing that is not
 * under way already is delivered any more. */
void call_member_detach (CallMember * member);
/* Gives the seat up; `code` is what the others are told */
void call_member_leave (CallMember * member, const gchar * code);

CallMember *call_member_ref (CallMember * member);
void call_member_unref (CallMember * member);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallMember, call_member_unref)

G_END_DECLS
