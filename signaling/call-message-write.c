/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Messages to JSON: by hand, so that the bytes are those of JavaScript's
 * JSON.stringify () and a long SDP is copied once.
 *
 * Threads: any.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-message-fields.h"

#include <string.h>

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
  CallPeerBits has =
      call_peer_fields[type].required | call_peer_fields[type].optional;

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
write_array (GString * out, const CallField * field, const GPtrArray * array)
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
    case FIELD_OFFER_ID:
      return message->offer_id == 0;
    case FIELD_SDP_MLINE_INDEX:
      return message->sdp_mline_index < 0;
    case FIELD_ICE_SERVERS:
      return message->type == CALL_MESSAGE_ICE_SERVERS && !message->ice_servers;
    case FIELD_ICE_SERVERS_TIMEOUT:
      return message->ice_servers_timeout <= 0;
    case FIELD_ICE_RESTART:
      return !message->ice_restart;
    case FIELD_RETRY_AFTER:
      return message->retry_after <= 0;
    default:
      return FALSE;
  }
}

static void
write_field (GString * out, const CallField * field,
    const CallMessage * message)
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
  const CallTypeFields *has = &call_type_fields[message->type];
  GString *out = g_string_sized_new (256);

  g_string_append (out, "{\"type\":");
  write_string (out, call_message_type_to_string (message->type));
  for (guint i = 0; i < N_FIELDS; i++) {
    if (((has->required | has->optional) >> i & 1) && !is_absent (message, i))
      write_field (out, &call_fields[i], message);
  }
  g_string_append_c (out, '}');
  return g_string_free (out, FALSE);
}
