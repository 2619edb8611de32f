/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages from JSON: call-json.c refuses what is too large, too deep or not
 * JSON, then json-glib builds a tree, then each field of the type is checked
 * and taken.
 *
 * Threads: any.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-json.h"
#include "call-message-fields.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <string.h>

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
read_flags (JsonObject * object, CallPeer * peer, CallPeerBits required,
    CallPeerBits optional, GError ** error)
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

static CallPeer *
read_peer (JsonNode * node, CallPeerBits required, CallPeerBits optional,
    GError ** error)
{
  g_autoptr (CallPeer) peer = call_peer_new (NULL);
  CallPeerBits either = required | optional;
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
      && call_text_is_printable (url);
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
          call_text_is_one_line, &server->username, error))
    return NULL;
  if (credential && !read_string (credential, "credential",
          CALL_MAX_ICE_STRING, call_text_is_one_line, &server->credential,
          error))
    return NULL;
  return g_steal_pointer (&server);
}

static gpointer
read_entry (CallFieldKind kind, JsonNode * node, GError ** error)
{
  if (kind == KIND_ICE_SERVERS)
    return read_ice_server (node, error);
  return read_peer (node, call_peer_fields[CALL_MESSAGE_PEER_JOINED].required,
      call_peer_fields[CALL_MESSAGE_PEER_JOINED].optional, error);
}

static gboolean
read_array (const CallField * field, JsonNode * node, GPtrArray ** value,
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
read_field (const CallField * field, JsonNode * node, CallMessage * message,
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
      message->peer = read_peer (node, call_peer_fields[message->type].required,
          call_peer_fields[message->type].optional, error);
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
  for (guint i = 0; i < N_TYPES; i++) {
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
  const CallTypeFields *has;
  CallMessageType type;
  guint32 seen = 0;

  if (!read_type (object, &type, error))
    return NULL;
  has = &call_type_fields[type];
  message = call_message_new (type);
  for (guint i = 0; i < N_FIELDS; i++) {
    JsonNode *node;

    if (!((has->required | has->optional) >> i & 1))
      continue;
    node = get_member (object, call_fields[i].name);
    if (node && !read_field (&call_fields[i], node, message, error))
      return NULL;
    if (!node && (has->required >> i & 1)) {
      refuse (error, call_fields[i].name, "is missing");
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
