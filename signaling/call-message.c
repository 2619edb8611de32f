/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Life and names of the messages; call-message-read.c and
 * call-message-write.c have their JSON form.
 * Threads: any. A message may be shared for reading; its owner alone writes.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-message.h"

#include <string.h>
#include <sys/random.h>

#define ID_BYTES 16

G_DEFINE_BOXED_TYPE (CallMessage, call_message, call_message_ref,
    call_message_unref);
G_DEFINE_QUARK (call_protocol_error, call_protocol_error);

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (CallTrackState, call_track_state,
    G_DEFINE_ENUM_VALUE (CALL_TRACK_NONE, "none"),
    G_DEFINE_ENUM_VALUE (CALL_TRACK_LIVE, "live"),
    G_DEFINE_ENUM_VALUE (CALL_TRACK_MUTED, "muted"))
/* *INDENT-ON* */

/* In the order of CallMessageType */
static const gchar *const type_names[] = {
  "hello", "welcome", "peer-joined", "peer-changed", "peer-left", "offer",
  "answer", "candidate", "end-of-candidates", "renegotiate", "close", "state",
  "ice-servers", "bye", "error"
};

G_STATIC_ASSERT (G_N_ELEMENTS (type_names) == CALL_MESSAGE_ERROR + 1);

/* In the order of CallTrackState */
static const gchar *const track_names[] = { "none", "live", "muted" };

G_STATIC_ASSERT (G_N_ELEMENTS (track_names) == CALL_TRACK_MUTED + 1);

const gchar *
call_message_type_to_string (CallMessageType type)
{
  g_return_val_if_fail ((guint) type < G_N_ELEMENTS (type_names), NULL);

  return type_names[type];
}

const gchar *
call_track_state_to_string (CallTrackState state)
{
  g_return_val_if_fail ((guint) state < G_N_ELEMENTS (track_names), NULL);

  return track_names[state];
}

const gchar *
call_protocol_error_to_code (const GError * error)
{
  if (g_error_matches (error, CALL_PROTOCOL_ERROR,
          CALL_PROTOCOL_ERROR_TOO_LARGE))
    return "too-large";
  if (g_error_matches (error, CALL_PROTOCOL_ERROR,
          CALL_PROTOCOL_ERROR_TOO_DEEP))
    return "too-deep";
  return "bad-message";
}

gboolean
call_id_is_valid (const gchar * id)
{
  gsize length = id ? strlen (id) : 0;

  if (length == 0 || length > CALL_MAX_ID)
    return FALSE;
  for (const gchar * p = id; *p; p++) {
    if (!g_ascii_isalnum (*p) && !strchr ("._~-", *p))
      return FALSE;
  }
  return !g_str_equal (id, ".") && !g_str_equal (id, "..");
}

gboolean
call_name_is_valid (const gchar * name)
{
  gsize length = name ? strlen (name) : 0;

  if (length == 0 || length > CALL_MAX_NAME
      || !g_utf8_validate (name, -1, NULL))
    return FALSE;
  for (const gchar * p = name; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);

    if (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029
        || (c >= 0x202a && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069))
      return FALSE;
  }
  return TRUE;
}

gchar *
call_id_new (void)
{
  guint8 bytes[ID_BYTES];
  GString *id = g_string_sized_new (2 * ID_BYTES);

  if (getrandom (bytes, sizeof bytes, 0) != (gssize) sizeof bytes)
    g_error ("The kernel gives no random bytes");
  for (guint i = 0; i < sizeof bytes; i++)
    g_string_append_printf (id, "%02x", bytes[i]);
  return g_string_free (id, FALSE);
}

CallPeer *
call_peer_new (const gchar * peer_id)
{
  CallPeer *peer = g_new0 (CallPeer, 1);

  peer->peer_id = g_strdup (peer_id);
  peer->connected = TRUE;
  return peer;
}

CallPeer *
call_peer_copy (const CallPeer * peer)
{
  CallPeer *copy = g_memdup2 (peer, sizeof *peer);

  copy->peer_id = g_strdup (peer->peer_id);
  copy->display_name = g_strdup (peer->display_name);
  return copy;
}

void
call_peer_free (CallPeer * peer)
{
  g_free (peer->peer_id);
  g_free (peer->display_name);
  g_free (peer);
}

CallIceServer *
call_ice_server_new (const gchar * const *urls, const gchar * username,
    const gchar * credential)
{
  CallIceServer *server = g_new0 (CallIceServer, 1);

  server->urls = g_strdupv ((gchar **) urls);
  server->username = g_strdup (username);
  server->credential = g_strdup (credential);
  return server;
}

CallIceServer *
call_ice_server_copy (const CallIceServer * server)
{
  return call_ice_server_new ((const gchar * const *) server->urls,
      server->username, server->credential);
}

void
call_ice_server_free (CallIceServer * server)
{
  g_strfreev (server->urls);
  g_free (server->username);
  g_free (server->credential);
  g_free (server);
}

CallMessage *
call_message_new (CallMessageType type)
{
  CallMessage *message = g_new0 (CallMessage, 1);

  message->type = type;
  message->sdp_mline_index = -1;
  message->ref_count = 1;
  if (type == CALL_MESSAGE_HELLO || type == CALL_MESSAGE_WELCOME)
    message->version = CALL_PROTOCOL_VERSION;
  return message;
}

gboolean
call_seen_take (CallSeen * self, guint64 seq)
{
  if (seq > self->newest) {
    guint64 ahead = seq - self->newest;

    self->missing = ahead < 64 ? self->missing << ahead : 0;
    self->missing |= ahead <= 64 ? (G_GUINT64_CONSTANT (1) << (ahead - 1)) - 1 :
        G_MAXUINT64;
    self->newest = seq;
    return TRUE;
  } else {
    guint64 behind = self->newest - seq;
    guint64 bit = behind >= 1 && behind <= 64 ?
        G_GUINT64_CONSTANT (1) << (behind - 1) : 0;
    gboolean is_new = (self->missing & bit) != 0;

    self->missing &= ~bit;
    return is_new;
  }
}

CallMessage *
call_message_ref (CallMessage * message)
{
  g_atomic_int_inc (&message->ref_count);
  return message;
}

void
call_message_unref (CallMessage * message)
{
  if (!g_atomic_int_dec_and_test (&message->ref_count))
    return;
  g_free (message->from);
  g_free (message->to);
  g_free (message->session);
  g_free (message->sdp);
  g_free (message->candidate);
  g_free (message->sdp_mid);
  g_free (message->room);
  g_free (message->token);
  g_free (message->resume);
  g_clear_pointer (&message->peer, call_peer_free);
  g_clear_pointer (&message->peers, g_ptr_array_unref);
  g_clear_pointer (&message->ice_servers, g_ptr_array_unref);
  g_free (message->code);
  g_free (message->text);
  g_free (message);
}

static gpointer
copy_peer (gconstpointer peer, gpointer user_data)
{
  return call_peer_copy (peer);
}

static gpointer
copy_ice_server (gconstpointer server, gpointer user_data)
{
  return call_ice_server_copy (server);
}

static GPtrArray *
copy_array (GPtrArray * array, GCopyFunc copy, GDestroyNotify destroy)
{
  GPtrArray *result;

  if (!array)
    return NULL;
  result = g_ptr_array_new_full (array->len, destroy);
  for (guint i = 0; i < array->len; i++)
    g_ptr_array_add (result, copy (array->pdata[i], NULL));
  return result;
}

CallMessage *
call_message_copy (const CallMessage * message)
{
  CallMessage *copy = g_memdup2 (message, sizeof *message);

  copy->ref_count = 1;
  copy->from = g_strdup (message->from);
  copy->to = g_strdup (message->to);
  copy->session = g_strdup (message->session);
  copy->sdp = g_strdup (message->sdp);
  copy->candidate = g_strdup (message->candidate);
  copy->sdp_mid = g_strdup (message->sdp_mid);
  copy->room = g_strdup (message->room);
  copy->token = g_strdup (message->token);
  copy->resume = g_strdup (message->resume);
  copy->peer = message->peer ? call_peer_copy (message->peer) : NULL;
  copy->peers = copy_array (message->peers, (GCopyFunc) copy_peer,
      (GDestroyNotify) call_peer_free);
  copy->ice_servers = copy_array (message->ice_servers,
      (GCopyFunc) copy_ice_server, (GDestroyNotify) call_ice_server_free);
  copy->code = g_strdup (message->code);
  copy->text = g_strdup (message->text);
  return copy;
}
