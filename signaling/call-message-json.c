/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The JSON form of the messages, driven by two tables: the fields there are,
 * and which of them each type has.
 *
 * Reading: call-json.c refuses what is too large, too deep or not JSON, then
 * json-glib builds a tree, then each field of the type is checked and taken.
 * Writing: by hand, so that the bytes are those of JavaScript's
 * JSON.stringify () and a long SDP is copied once.
 *
 * Threads: any; the tables are constant.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-json.h"
#include "call-message.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

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
} Kind;

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
  FIELD_SDP,
  FIELD_CANDIDATE,
  FIELD_SDP_MID,
  FIELD_SDP_MLINE_INDEX,
  FIELD_CODE,
  FIELD_TEXT,
  FIELD_RETRY_AFTER,
  N_FIELDS
};

#define BIT(field) (1u << FIELD_##field)

typedef struct
{
  const gchar *name;
  Kind kind;
  gsize offset;                 /* in CallMessage */
  gint64 min;                   /* of numbers */
  gint64 max;                   /* of numbers, or bytes of strings */
    gboolean (*valid) (const gchar * string);
} Field;

typedef struct
{
  guint32 required;
  guint32 optional;
  guint32 one_of;               /* at least one, besides the required */
} TypeFields;

/* Which fields of a CallPeer a message has */
typedef enum
{
  PEER_ID = 1 << 0,
  PEER_SEAT = 1 << 1,
  PEER_NAME = 1 << 2,
  PEER_FLAGS = 1 << 3,          /* polite, connected */
  PEER_POLITE = 1 << 4,         /* polite alone */
  PEER_TRACKS = 1 << 5,
} PeerFields;

static gboolean
is_printable_ascii (const gchar * string)
{
  for (; *string; string++) {
    if (!g_ascii_isgraph (*string))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_one_line (const gchar * string)
{
  for (; *string; string = g_utf8_next_char (string)) {
    if (g_unichar_iscntrl (g_utf8_get_char (string)))
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_candidate (const gchar * string)
{
  return g_str_has_prefix (string, "candidate:") && is_one_line (string);
}

static gboolean
is_code (const gchar * string)
{
  for (; *string; string++) {
    if (!g_ascii_islower (*string) && !g_ascii_isdigit (*string)
        && *string != '-')
      return FALSE;
  }
  return TRUE;
}

static gboolean
is_sdp (const gchar * string)
{
  return g_str_has_prefix (string, "v=");
}

/* *INDENT-OFF* */
#define AT(member) G_STRUCT_OFFSET (CallMessage, member)

static const Field fields[N_FIELDS] = {
  [FIELD_SEQ] = {"seq", KIND_UINT64, AT (seq), 1, CALL_MAX_NUMBER, NULL},
  [FIELD_VERSION] = {"version", KIND_INT, AT (version), 1, G_MAXINT32, NULL},
  [FIELD_ROOM] = {"room", KIND_STRING, AT (room), 0, CALL_MAX_ID,
      call_id_is_valid},
  [FIELD_FROM] = {"from", KIND_STRING, AT (from), 0, CALL_MAX_ID,
      call_id_is_valid},
  [FIELD_TO] = {"to", KIND_STRING, AT (to), 0, CALL_MAX_ID, call_id_is_valid},
  [FIELD_SESSION] = {"session", KIND_STRING, AT (session), 0, CALL_MAX_ID,
      call_id_is_valid},
  [FIELD_PEER] = {"peer", KIND_PEER, AT (peer), 0, 0, NULL},
  [FIELD_PEERS] = {"peers", KIND_PEERS, AT (peers), 0, CALL_MAX_PEERS, NULL},
  [FIELD_TOKEN] = {"token", KIND_STRING, AT (token), 0, CALL_MAX_TOKEN,
      is_printable_ascii},
  [FIELD_RESUME] = {"resume", KIND_STRING, AT (resume), 0, CALL_MAX_TOKEN,
      is_printable_ascii},
  [FIELD_RESUMED] = {"resumed", KIND_BOOLEAN, AT (resumed), 0, 0, NULL},
  [FIELD_LAST_SEQ] = {"lastSeq", KIND_UINT64, AT (last_seq), 0,
      CALL_MAX_NUMBER, NULL},
  [FIELD_RESUME_TIMEOUT] = {"resumeTimeout", KIND_INT64, AT (resume_timeout),
      0, CALL_MAX_SECONDS, NULL},
  [FIELD_ICE_SERVERS] = {"iceServers", KIND_ICE_SERVERS, AT (ice_servers), 0,
      CALL_MAX_ICE_SERVERS, NULL},
  [FIELD_SDP] = {"sdp", KIND_STRING, AT (sdp), 0, CALL_MAX_MESSAGE, is_sdp},
  [FIELD_CANDIDATE] = {"candidate", KIND_STRING, AT (candidate), 0,
      CALL_MAX_CANDIDATE, is_candidate},
  [FIELD_SDP_MID] = {"sdpMid", KIND_STRING, AT (sdp_mid), 0, CALL_MAX_ID,
      is_printable_ascii},
  [FIELD_SDP_MLINE_INDEX] = {"sdpMLineIndex", KIND_INT, AT (sdp_mline_index),
      0, CALL_MAX_MLINE, NULL},
  [FIELD_CODE] = {"code", KIND_STRING, AT (code), 0, CALL_MAX_CODE, is_code},
  [FIELD_TEXT] = {"text", KIND_STRING, AT (text), 0, CALL_MAX_TEXT,
      is_one_line},
  [FIELD_RETRY_AFTER] = {"retryAfter", KIND_INT64, AT (retry_after), 1,
      CALL_MAX_SECONDS, NULL},
};

#define RELAYED (BIT (SEQ) | BIT (SESSION))
#define ENDS (BIT (FROM) | BIT (TO))

static const TypeFields types[] = {
  [CALL_MESSAGE_HELLO] = {BIT (VERSION) | BIT (PEER),
      BIT (TOKEN) | BIT (RESUME) | BIT (LAST_SEQ), 0},
  [CALL_MESSAGE_WELCOME] = {BIT (VERSION) | BIT (ROOM) | BIT (PEER) |
      BIT (PEERS) | BIT (RESUME) | BIT (RESUMED) | BIT (RESUME_TIMEOUT) |
      BIT (ICE_SERVERS), BIT (LAST_SEQ), 0},
  [CALL_MESSAGE_PEER_JOINED] = {BIT (SEQ) | BIT (PEER), 0, 0},
  [CALL_MESSAGE_PEER_CHANGED] = {BIT (SEQ) | BIT (PEER), 0, 0},
  [CALL_MESSAGE_PEER_LEFT] = {BIT (SEQ) | BIT (PEER) | BIT (CODE), 0, 0},
  [CALL_MESSAGE_OFFER] = {RELAYED | BIT (SDP), ENDS, ENDS},
  [CALL_MESSAGE_ANSWER] = {RELAYED | BIT (SDP), ENDS, ENDS},
  [CALL_MESSAGE_CANDIDATE] = {RELAYED | BIT (CANDIDATE), ENDS | BIT (SDP_MID) |
      BIT (SDP_MLINE_INDEX), ENDS},
  [CALL_MESSAGE_END_OF_CANDIDATES] = {RELAYED, ENDS, ENDS},
  [CALL_MESSAGE_RENEGOTIATE] = {RELAYED, ENDS, ENDS},
  [CALL_MESSAGE_CLOSE] = {RELAYED | BIT (CODE), ENDS | BIT (TEXT), ENDS},
  [CALL_MESSAGE_STATE] = {BIT (SEQ) | BIT (PEER), 0, 0},
  [CALL_MESSAGE_BYE] = {BIT (SEQ), 0, 0},
  [CALL_MESSAGE_ERROR] = {BIT (CODE) | BIT (TEXT), BIT (SEQ) | BIT (TO) |
      BIT (SESSION) | BIT (RETRY_AFTER), 0},
};
/* *INDENT-ON* */

G_STATIC_ASSERT (G_N_ELEMENTS (types) == CALL_MESSAGE_ERROR + 1);
G_STATIC_ASSERT (N_FIELDS <= 32);

static gboolean
refuse (GError ** error, const gchar * name, const gchar * what)
{
  g_set_error (error, CALL_PROTOCOL_ERROR, CALL_PROTOCOL_ERROR_BAD_MESSAGE,
      "Bad message: “%s” %s", name, what);
  return FALSE;
}

/* NULL if it is not there; null counts as not there */
static JsonNode *
get_member (JsonObject * object, const gchar * name)
{
  JsonNode *node = json_object_get_member (object, name);

  return node && !JSON_NODE_HOLDS_NULL (node) ? node : NULL;
}

static gboolean
read_string (JsonNode * node, const gchar * name, gsize max,
    gboolean (*valid) (const gchar * string), gchar ** value, GError ** error)
{
  const gchar *string;

  if (json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (error, name, "is not a string");
  string = json_node_get_string (node);
  if (*string == '\0')
    return refuse (error, name, "is empty");
  if (strlen (string) > max)
    return refuse (error, name, "is too long");
  if (!valid (string))
    return refuse (error, name, "has characters that it must not have");
  g_free (*value);
  *value = g_strdup (string);
  return TRUE;
}

static gboolean
read_number (JsonNode * node, const gchar * name, gint64 min, gint64 max,
    gint64 * value, GError ** error)
{
  GType type = json_node_get_value_type (node);
  gdouble number;

  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return refuse (error, name, "is not a number");
  number = json_node_get_double (node);
  if (!(number >= (gdouble) min && number <= (gdouble) max)
      || number != floor (number))
    return refuse (error, name, "is out of range");
  *value = type == G_TYPE_INT64 ? json_node_get_int (node) : (gint64) number;
  return TRUE;
}

static gboolean
read_boolean (JsonNode * node, const gchar * name, gboolean * value,
    GError ** error)
{
  if (json_node_get_value_type (node) != G_TYPE_BOOLEAN)
    return refuse (error, name, "is not true or false");
  *value = json_node_get_boolean (node);
  return TRUE;
}

static gboolean
read_track (JsonObject * object, const gchar * name, CallTrackState * state,
    GError ** error)
{
  JsonNode *node = get_member (object, name);

  if (node && json_node_get_value_type (node) == G_TYPE_STRING) {
    for (guint i = CALL_TRACK_NONE; i <= CALL_TRACK_MUTED; i++) {
      if (g_str_equal (json_node_get_string (node),
              call_track_state_to_string (i))) {
        *state = i;
        return TRUE;
      }
    }
  }
  return refuse (error, name, "is not none, live or muted");
}

static gboolean
read_flags (JsonObject * object, CallPeer * peer, PeerFields required,
    PeerFields optional, GError ** error)
{
  JsonNode *polite = get_member (object, "polite");
  JsonNode *connected = get_member (object, "connected");

  if ((required & PEER_FLAGS) && !(polite && connected))
    return refuse (error, polite ? "connected" : "polite", "is missing");
  if (polite && !read_boolean (polite, "polite", &peer->polite, error))
    return FALSE;
  return !connected || ((required | optional) & PEER_FLAGS) == 0
      || read_boolean (connected, "connected", &peer->connected, error);
}

/* *INDENT-OFF* */
static const struct
{
  PeerFields required;
  PeerFields optional;
} peer_fields[] = {
  [CALL_MESSAGE_HELLO] = {PEER_TRACKS, PEER_ID | PEER_NAME | PEER_POLITE},
  [CALL_MESSAGE_WELCOME] = {PEER_ID | PEER_SEAT,
      PEER_NAME | PEER_FLAGS | PEER_TRACKS},
  [CALL_MESSAGE_PEER_JOINED] = {PEER_ID | PEER_SEAT | PEER_FLAGS | PEER_TRACKS,
      PEER_NAME},
  [CALL_MESSAGE_PEER_CHANGED] = {PEER_ID | PEER_SEAT | PEER_FLAGS | PEER_TRACKS,
      PEER_NAME},
  [CALL_MESSAGE_PEER_LEFT] = {PEER_ID | PEER_SEAT, 0},
  [CALL_MESSAGE_STATE] = {PEER_TRACKS, 0},
  [CALL_MESSAGE_ERROR] = {0, 0},
};
/* *INDENT-ON* */

static CallPeer *
read_peer (JsonNode * node, PeerFields required, PeerFields optional,
    GError ** error)
{
  g_autoptr (CallPeer) peer = call_peer_new (NULL);
  PeerFields either = required | optional;
  JsonObject *object;
  JsonNode *id, *name, *seat;

  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    refuse (error, "peer", "is not an object");
    return NULL;
  }
  object = json_node_get_object (node);
  id = either & PEER_ID ? get_member (object, "peerId") : NULL;
  name = either & PEER_NAME ? get_member (object, "displayName") : NULL;
  seat = either & PEER_SEAT ? get_member (object, "seat") : NULL;
  if (((required & PEER_ID) && !id) || ((required & PEER_SEAT) && !seat)) {
    refuse (error, id ? "seat" : "peerId", "is missing");
    return NULL;
  }

  if (id && !read_string (id, "peerId", CALL_MAX_ID, call_id_is_valid,
          &peer->peer_id, error))
    return NULL;
  if (name && !read_string (name, "displayName", CALL_MAX_NAME,
          call_name_is_valid, &peer->display_name, error))
    return NULL;
  if (seat && !read_number (seat, "seat", 1, CALL_MAX_NUMBER, &peer->seat,
          error))
    return NULL;
  if ((either & (PEER_FLAGS | PEER_POLITE))
      && !read_flags (object, peer, required, optional, error))
    return NULL;
  for (guint i = 0; (either & PEER_TRACKS) && i < 2; i++) {
    const gchar *kind = i == 0 ? "audio" : "video";

    if (((required & PEER_TRACKS) || get_member (object, kind))
        && !read_track (object, kind, i == 0 ? &peer->audio : &peer->video,
            error))
      return NULL;
  }
  return g_steal_pointer (&peer);
}

static gboolean
is_ice_url (const gchar * url)
{
  return (g_str_has_prefix (url, "stun:") || g_str_has_prefix (url, "stuns:")
      || g_str_has_prefix (url, "turn:") || g_str_has_prefix (url, "turns:"))
      && is_printable_ascii (url);
}

static CallIceServer *
read_ice_server (JsonNode * node, GError ** error)
{
  g_autoptr (CallIceServer) server = g_new0 (CallIceServer, 1);
  JsonNode *urls, *username, *credential;
  JsonArray *array;
  guint n;

  if (!JSON_NODE_HOLDS_OBJECT (node)
      || !(urls = get_member (json_node_get_object (node), "urls"))
      || !JSON_NODE_HOLDS_ARRAY (urls)) {
    refuse (error, "iceServers", "has an entry without a list of urls");
    return NULL;
  }
  array = json_node_get_array (urls);
  n = json_array_get_length (array);
  if (n == 0 || n > CALL_MAX_ICE_URLS) {
    refuse (error, "urls", "has too few or too many entries");
    return NULL;
  }
  server->urls = g_new0 (gchar *, n + 1);
  for (guint i = 0; i < n; i++) {
    if (!read_string (json_array_get_element (array, i), "urls",
            CALL_MAX_ICE_STRING, is_ice_url, &server->urls[i], error))
      return NULL;
  }
  username = get_member (json_node_get_object (node), "username");
  credential = get_member (json_node_get_object (node), "credential");
  if (username && !read_string (username, "username", CALL_MAX_ICE_STRING,
          is_one_line, &server->username, error))
    return NULL;
  if (credential && !read_string (credential, "credential",
          CALL_MAX_ICE_STRING, is_one_line, &server->credential, error))
    return NULL;
  return g_steal_pointer (&server);
}

static gpointer
read_entry (Kind kind, JsonNode * node, GError ** error)
{
  if (kind == KIND_ICE_SERVERS)
    return read_ice_server (node, error);
  return read_peer (node, peer_fields[CALL_MESSAGE_PEER_JOINED].required,
      peer_fields[CALL_MESSAGE_PEER_JOINED].optional, error);
}

static gboolean
read_array (const Field * field, JsonNode * node, GPtrArray ** value,
    GError ** error)
{
  GDestroyNotify destroy = field->kind == KIND_PEERS ?
      (GDestroyNotify) call_peer_free : (GDestroyNotify) call_ice_server_free;
  JsonArray *array;
  guint n;

  if (!JSON_NODE_HOLDS_ARRAY (node))
    return refuse (error, field->name, "is not a list");
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  if (n > field->max)
    return refuse (error, field->name, "has too many entries");

  *value = g_ptr_array_new_full (n, destroy);
  for (guint i = 0; i < n; i++) {
    gpointer entry =
        read_entry (field->kind, json_array_get_element (array, i), error);

    if (!entry)
      return FALSE;
    g_ptr_array_add (*value, entry);
  }
  return TRUE;
}

static gboolean
read_field (const Field * field, JsonNode * node, CallMessage * message,
    GError ** error)
{
  gpointer value = G_STRUCT_MEMBER_P (message, field->offset);
  gint64 number = 0;

  switch (field->kind) {
    case KIND_STRING:
      return read_string (node, field->name, field->max, field->valid, value,
          error);
    case KIND_INT:
      if (!read_number (node, field->name, field->min, field->max, &number,
              error))
        return FALSE;
      *(gint *) value = number;
      return TRUE;
    case KIND_INT64:
    case KIND_UINT64:
      return read_number (node, field->name, field->min, field->max, value,
          error);
    case KIND_BOOLEAN:
      return read_boolean (node, field->name, value, error);
    case KIND_PEER:
      message->peer = read_peer (node, peer_fields[message->type].required,
          peer_fields[message->type].optional, error);
      return message->peer != NULL;
    case KIND_PEERS:
    case KIND_ICE_SERVERS:
    default:
      return read_array (field, node, value, error);
  }
}

static gboolean
read_type (JsonObject * object, CallMessageType * type, GError ** error)
{
  JsonNode *node = get_member (object, "type");

  if (!node || json_node_get_value_type (node) != G_TYPE_STRING)
    return refuse (error, "type", "is missing or not a string");
  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_equal (json_node_get_string (node),
            call_message_type_to_string (i))) {
      *type = i;
      return TRUE;
    }
  }
  return refuse (error, "type", "is unknown");
}

static CallMessage *
read_message (JsonObject * object, GError ** error)
{
  g_autoptr (CallMessage) message = NULL;
  const TypeFields *has;
  CallMessageType type;
  guint32 seen = 0;

  if (!read_type (object, &type, error))
    return NULL;
  has = &types[type];
  message = call_message_new (type);
  for (guint i = 0; i < N_FIELDS; i++) {
    JsonNode *node;

    if (!((has->required | has->optional) >> i & 1))
      continue;
    node = get_member (object, fields[i].name);
    if (node && !read_field (&fields[i], node, message, error))
      return NULL;
    if (!node && (has->required >> i & 1)) {
      refuse (error, fields[i].name, "is missing");
      return NULL;
    }
    seen |= (node != NULL) << i;
  }

  if (has->one_of && !(seen & has->one_of)) {
    refuse (error, "to", "is missing");
    return NULL;
  }
  if (type == CALL_MESSAGE_CANDIDATE
      && !(seen & (BIT (SDP_MID) | BIT (SDP_MLINE_INDEX)))) {
    refuse (error, "sdpMid", "is missing, and so is sdpMLineIndex");
    return NULL;
  }
  if (type == CALL_MESSAGE_WELCOME && message->resumed
      && !(seen & BIT (LAST_SEQ)))
    message->last_seq = CALL_SEQ_UNKNOWN;
  return g_steal_pointer (&message);
}

static gboolean
check_text (const gchar * text, gsize length, GError ** error)
{
  switch (call_json_check (text, length, CALL_MAX_MESSAGE, CALL_MAX_DEPTH)) {
    case CALL_JSON_OK:
      return TRUE;
    case CALL_JSON_TOO_LARGE:
      g_set_error (error, CALL_PROTOCOL_ERROR, CALL_PROTOCOL_ERROR_TOO_LARGE,
          "Message of %" G_GSIZE_FORMAT " bytes, at most %d are allowed",
          length, CALL_MAX_MESSAGE);
      return FALSE;
    case CALL_JSON_TOO_DEEP:
      g_set_error (error, CALL_PROTOCOL_ERROR, CALL_PROTOCOL_ERROR_TOO_DEEP,
          "Message nested deeper than %d levels", CALL_MAX_DEPTH);
      return FALSE;
    case CALL_JSON_INVALID:
    default:
      g_set_error_literal (error, CALL_PROTOCOL_ERROR,
          CALL_PROTOCOL_ERROR_BAD_JSON, "Not a JSON text in UTF-8");
      return FALSE;
  }
}

CallMessage *
call_message_parse (const gchar * text, gsize length, GError ** error)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GError) json_error = NULL;
  JsonNode *root;

  if (!check_text (text, length, error))
    return NULL;
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, length, &json_error)) {
    g_set_error (error, CALL_PROTOCOL_ERROR, CALL_PROTOCOL_ERROR_BAD_JSON,
        "Not a JSON text: %s", json_error->message);
    return NULL;
  }
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root)) {
    g_set_error_literal (error, CALL_PROTOCOL_ERROR,
        CALL_PROTOCOL_ERROR_BAD_MESSAGE, "Bad message: not a JSON object");
    return NULL;
  }
  return read_message (json_node_get_object (root), error);
}

/* Escapes what JSON.stringify () escapes, and nothing else */
static void
write_string (GString * out, const gchar * string)
{
  const gchar *plain = string;

  g_string_append_c (out, '"');
  for (const gchar * p = string; *p; p++) {
    const gchar *pair;

    if ((guchar) * p >= 0x20 && *p != '"' && *p != '\\')
      continue;
    g_string_append_len (out, plain, p - plain);
    plain = p + 1;
    pair = strchr ("\"\"\\\\\bb\ff\nn\rr\tt", *p);
    if (pair)
      g_string_append_printf (out, "\\%c", pair[1]);
    else
      g_string_append_printf (out, "\\u%04x", *p);
  }
  g_string_append (out, plain);
  g_string_append_c (out, '"');
}

/* The separator and the name of the next member */
static void
write_name (GString * out, const gchar * name)
{
  if (out->str[out->len - 1] != '{')
    g_string_append_c (out, ',');
  g_string_append_printf (out, "\"%s\":", name);
}

static void
write_member (GString * out, const gchar * name, const gchar * string)
{
  if (!string)
    return;
  write_name (out, name);
  write_string (out, string);
}

static void
write_number (GString * out, const gchar * name, gint64 number)
{
  write_name (out, name);
  g_string_append_printf (out, "%" G_GINT64_FORMAT, number);
}

static void
write_boolean (GString * out, const gchar * name, gboolean value)
{
  write_name (out, name);
  g_string_append (out, value ? "true" : "false");
}

static void
write_peer (GString * out, const CallPeer * peer, CallMessageType type)
{
  PeerFields has = peer_fields[type].required | peer_fields[type].optional;

  g_string_append_c (out, '{');
  if (has & PEER_ID)
    write_member (out, "peerId", peer->peer_id);
  if (has & PEER_NAME)
    write_member (out, "displayName", peer->display_name);
  if (has & PEER_SEAT)
    write_number (out, "seat", peer->seat);
  if ((has & PEER_FLAGS) || ((has & PEER_POLITE) && peer->polite))
    write_boolean (out, "polite", peer->polite);
  if (has & PEER_FLAGS)
    write_boolean (out, "connected", peer->connected);
  if (has & PEER_TRACKS) {
    write_member (out, "audio", call_track_state_to_string (peer->audio));
    write_member (out, "video", call_track_state_to_string (peer->video));
  }
  g_string_append_c (out, '}');
}

static void
write_ice_server (GString * out, const CallIceServer * server)
{
  g_string_append (out, "{\"urls\":[");
  for (guint i = 0; server->urls && server->urls[i]; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    write_string (out, server->urls[i]);
  }
  g_string_append_c (out, ']');
  write_member (out, "username", server->username);
  write_member (out, "credential", server->credential);
  g_string_append_c (out, '}');
}

static void
write_array (GString * out, const Field * field, const GPtrArray * array)
{
  write_name (out, field->name);
  g_string_append_c (out, '[');
  for (guint i = 0; array && i < array->len; i++) {
    if (i > 0)
      g_string_append_c (out, ',');
    if (field->kind == KIND_PEERS)
      write_peer (out, array->pdata[i], CALL_MESSAGE_PEER_JOINED);
    else
      write_ice_server (out, array->pdata[i]);
  }
  g_string_append_c (out, ']');
}

/* Fields that are there only with certain values */
static gboolean
is_absent (const CallMessage * message, guint field)
{
  switch (field) {
    case FIELD_SEQ:
      return message->seq == 0;
    case FIELD_LAST_SEQ:
      return message->last_seq == CALL_SEQ_UNKNOWN
          || (message->type == CALL_MESSAGE_HELLO && !message->resume);
    case FIELD_SDP_MLINE_INDEX:
      return message->sdp_mline_index < 0;
    case FIELD_RETRY_AFTER:
      return message->retry_after <= 0;
    default:
      return FALSE;
  }
}

static void
write_field (GString * out, const Field * field, const CallMessage * message)
{
  gconstpointer value = G_STRUCT_MEMBER_P (message, field->offset);

  switch (field->kind) {
    case KIND_STRING:
      write_member (out, field->name, *(gchar * const *) value);
      break;
    case KIND_INT:
      write_number (out, field->name, *(const gint *) value);
      break;
    case KIND_INT64:
    case KIND_UINT64:
      write_number (out, field->name, *(const gint64 *) value);
      break;
    case KIND_BOOLEAN:
      write_boolean (out, field->name, *(const gboolean *) value);
      break;
    case KIND_PEER:
      if (message->peer) {
        write_name (out, field->name);
        write_peer (out, message->peer, message->type);
      }
      break;
    case KIND_PEERS:
    case KIND_ICE_SERVERS:
    default:
      write_array (out, field, *(GPtrArray * const *) value);
      break;
  }
}

gchar *
call_message_to_text (const CallMessage * message)
{
  const TypeFields *has = &types[message->type];
  GString *out = g_string_sized_new (256);

  g_string_append (out, "{\"type\":");
  write_string (out, call_message_type_to_string (message->type));
  for (guint i = 0; i < N_FIELDS; i++) {
    if (((has->required | has->optional) >> i & 1) && !is_absent (message, i))
      write_field (out, &fields[i], message);
  }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}
