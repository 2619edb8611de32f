/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of the JSON form of the messages: which fields there are, and which
 * of them each type has. Reading and writing are driven by these tables.
 */
#pragma once

#include "call-message.h"

G_BEGIN_DECLS

typedef enum
{
  KIND_STRING,
  KIND_INT,
  KIND_INT64,
  KIND_UINT64,
  KIND_BOOLEAN,
  KIND_PEER,
  KIND_PEERS,
  KIND_ICE_SERVERS,
} CallFieldKind;

/* In the canonical order of writing */
enum
{
  FIELD_SEQ,
  FIELD_VERSION,
  FIELD_ROOM,
  FIELD_FROM,
  FIELD_TO,
  FIELD_SESSION,
  FIELD_PEER,
  FIELD_PEERS,
  FIELD_TOKEN,
  FIELD_RESUME,
  FIELD_RESUMED,
  FIELD_LAST_SEQ,
  FIELD_RESUME_TIMEOUT,
  FIELD_ICE_SERVERS,
  FIELD_ICE_SERVERS_TIMEOUT,
  FIELD_SDP,
  FIELD_OFFER_ID,
  FIELD_CANDIDATE,
  FIELD_SDP_MID,
  FIELD_SDP_MLINE_INDEX,
  FIELD_ICE_RESTART,
  FIELD_CODE,
  FIELD_TEXT,
  FIELD_RETRY_AFTER,
  N_FIELDS
};

#define BIT(field) (1u << FIELD_##field)

typedef struct
{
  const gchar *name;
  CallFieldKind kind;
  gsize offset;                 /* in CallMessage */
  gint64 min;                   /* of numbers */
  gint64 max;                   /* of numbers, or bytes of strings */
  gboolean (*valid) (const gchar * string);
} CallField;

typedef struct
{
  guint32 required;
  guint32 optional;
  guint32 one_of;               /* at least one, besides the required */
} CallTypeFields;

/* Of a CallPeer */
typedef enum
{
  PEER_ID = 1 << 0,
  PEER_SEAT = 1 << 1,
  PEER_NAME = 1 << 2,
  PEER_FLAGS = 1 << 3,          /* polite, connected */
  PEER_POLITE = 1 << 4,         /* polite alone */
  PEER_TRACKS = 1 << 5,
} CallPeerBits;

typedef struct
{
  CallPeerBits required;
  CallPeerBits optional;
} CallPeerFields;

#define N_TYPES (CALL_MESSAGE_ERROR + 1)

extern const CallField call_fields[N_FIELDS];
extern const CallTypeFields call_type_fields[N_TYPES];
extern const CallPeerFields call_peer_fields[N_TYPES];

/* ASCII without spaces and controls */
gboolean call_text_is_printable (const gchar * string);
/* No control characters; the string is UTF-8 */
gboolean call_text_is_one_line (const gchar * string);

G_END_DECLS
