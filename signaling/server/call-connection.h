/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One connection of the server: TLS, HTTP, then WebSocket and a member of a
 * room. It reads and writes its socket when its worker says so; every buffer
 * it has is bounded and is only there while there is something in it.
 */
#pragma once

#include "call-addresses.h"
#include "call-frames.h"
#include "call-rooms.h"
#include "call-tls.h"

G_BEGIN_DECLS

typedef struct _CallConnection CallConnection;
typedef struct _CallWorker CallWorker;

/* What the owner of a server may set; times in microseconds */
typedef struct
{
  guint max_connections;
  guint max_per_address;            /* 0: no limit */
  gboolean exempt_loopback;         /* from max_per_address */
  gint64 tls_timeout;
  gint64 head_timeout;
  gint64 hello_timeout;
  gint64 pong_timeout;
  guint message_rate;               /* units a second, see PROTOCOL.md */
  guint message_burst;
  gsize max_queue;                  /* bytes that wait for a slow reader */
  gchar **allowed_origins;          /* besides the own host */
} CallLimits;

/* What all connections of a server share; outlives them */
typedef struct
{
  CallRooms *rooms;
  CallAddresses *addresses;
  CallTlsIdentity *identity;        /* NULL: no TLS */
  CallLimits limits;
  gint connections;                 /* atomic */
} CallHost;

typedef enum
{
  CALL_PHASE_TLS,                   /* handshake */
  CALL_PHASE_HEAD,                  /* waits for a request */
  CALL_PHASE_UPGRADED,              /* on its way to its room's worker */
  CALL_PHASE_HELLO,                 /* waits for the hello */
  CALL_PHASE_OPEN,
  CALL_PHASE_CLOSING,               /* said all, waits for the other's end */
  CALL_PHASE_DEAD,                  /* the worker lets go of it */
} CallPhase;

/* Only the worker's thread touches what is inside, and only a worker and the
 * fuzz target look at it. */
struct _CallConnection
{
  gint ref_count;                   /* atomic */
  gint posted;                      /* atomic: texts in the worker's inbox */
  CallHost *host;
  CallWorker *worker;               /* for good once it is UPGRADED */
  gint fd;                          /* -1: none, output stays in `output` */
  CallTls *tls;                     /* NULL: plain */
  CallAddress address;
  gchar *room;
  CallMember *member;

  CallPhase phase;
  gint64 deadline;                  /* monotonic; of all phases but OPEN */
  gint64 heard;                     /* monotonic; when something last came */
  gint64 pinged;                    /* monotonic; the last ping */
  gboolean told_end;                /* TLS and socket are shut for writing */

  gint64 units;                     /* left of the message rate, in 1/1000 */
  gint64 units_time;

  GByteArray *head;                 /* of the request that is not whole */
  CallFrameReader reader;
  GByteArray *held;                 /* read, but over the message rate */
  GByteArray *output;
  gsize output_start;

  /* the worker's */
  guint32 events;                   /* what epoll waits for */
  gboolean dirty;
  CallConnection *next;
  CallConnection *previous;
};

/* Takes the descriptor over */
CallConnection *call_connection_new (CallHost * host, gint fd,
    const CallAddress * address);
CallConnection *call_connection_ref (CallConnection * self);
void call_connection_unref (CallConnection * self);

/* Bytes that came, as if read from the socket */
void call_connection_feed (CallConnection * self, const guint8 * data,
    gsize length);
/* Reads what the socket has, up to a fair share; `buffer` is the worker's */
void call_connection_read (CallConnection * self, guint8 * buffer,
    gsize length);
/* Writes what waits, as far as the socket takes it */
void call_connection_flush (CallConnection * self);
/* Begins to read frames; the worker is the room's now */
void call_connection_enter (CallConnection * self);
/* Deadlines, pings, and what was held back */
void call_connection_tick (CallConnection * self, gint64 now);

void call_connection_send_text (CallConnection * self, const gchar * text,
    gsize length);
/* Ends it: an error message if there is a code, a close frame, and the end */
void call_connection_close (CallConnection * self, CallCloseCode code);
void call_connection_fail (CallConnection * self, CallCloseCode code,
    const gchar * error, const gchar * text, gint64 retry_after);

/* Between the two files of a connection. Queueing fails by killing: somebody
 * who does not read is cut off, and the seat waits for a resume. */
void call_connection_queue (CallConnection * self, gconstpointer head,
    gsize head_length, gconstpointer data, gsize length);
/* A response in plain HTTP, and the end */
void call_connection_refuse (CallConnection * self, guint status,
    const gchar * text);
/* The worker drops it at the end of its round */
void call_connection_kill (CallConnection * self);

/* Closes the socket and leaves the room's seat waiting; the last call */
void call_connection_drop (CallConnection * self);

G_END_DECLS
