/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-credentials.h"
#include "call-message.h"

#include <json-glib/json-glib.h>
#include <string.h>

#define MAC_SIZE 32
#define RESUME_PREFIX "r1."

G_DEFINE_QUARK (call - token - error - quark, call_token_error);

gboolean
call_bytes_equal (gconstpointer a, gconstpointer b, gsize length)
{
  const guint8 *x = a;
  const guint8 *y = b;
  volatile guint8 difference = 0;

  for (gsize i = 0; i < length; i++)
    difference |= x[i] ^ y[i];
  return difference == 0;
}

gchar *
call_base64url_encode (gconstpointer data, gsize length)
{
  gchar *text = g_base64_encode (data, length);

  g_strdelimit (text, "+", '-');
  g_strdelimit (text, "/", '_');
  text[strcspn (text, "=")] = '\0';
  return text;
}

guint8 *
call_base64url_decode (const gchar * text, gsize * length)
{
  gsize size = strlen (text);
  g_autoptr (GString) padded = NULL;

  if (strspn (text, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
          "0123456789-_") != size || size % 4 == 1)
    return NULL;

  padded = g_string_new (text);
  g_strdelimit (padded->str, "-", '+');
  g_strdelimit (padded->str, "_", '/');
  while (padded->len % 4 != 0)
    g_string_append_c (padded, '=');
  return g_base64_decode (padded->str, length);
}

static void
sign (GBytes * key, const gchar * text, gsize length, guint8 mac[MAC_SIZE])
{
  gsize key_length;
  const guint8 *key_data = g_bytes_get_data (key, &key_length);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA256, key_data, key_length);
  gsize size = MAC_SIZE;

  g_hmac_update (hmac, (const guchar *) text, length);
  g_hmac_get_digest (hmac, mac, &size);
}

/* Appends "." and the signature of what stands in `text` */
static gchar *
append_signature (GBytes * key, const gchar * text)
{
  guint8 mac[MAC_SIZE];
  g_autofree gchar *signature = NULL;

  sign (key, text, strlen (text), mac);
  signature = call_base64url_encode (mac, sizeof mac);
  return g_strconcat (text, ".", signature, NULL);
}

/* The last "." of `text` divides what was signed from the signature */
static gboolean
signature_is_right (GBytes * key, const gchar * text, gsize signed_length)
{
  guint8 mac[MAC_SIZE];
  gsize length = 0;
  g_autofree guint8 *theirs =
      call_base64url_decode (text + signed_length + 1, &length);

  if (theirs == NULL || length != MAC_SIZE)
    return FALSE;
  sign (key, text, signed_length, mac);
  return call_bytes_equal (mac, theirs, MAC_SIZE);
}

static gchar *
object_to_part (JsonBuilder * builder)
{
  g_autoptr (JsonNode) root = json_builder_get_root (builder);
  g_autofree gchar *text = json_to_string (root, FALSE);

  return call_base64url_encode (text, strlen (text));
}

gchar *
call_token_make (GBytes * secret, const gchar * room, gint64 now,
    gint64 expires)
{
  g_autoptr (JsonBuilder) header = json_builder_new ();
  g_autoptr (JsonBuilder) claims = json_builder_new ();
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *text = NULL;

  json_builder_begin_object (header);
  json_builder_set_member_name (header, "alg");
  json_builder_add_string_value (header, "HS256");
  json_builder_set_member_name (header, "typ");
  json_builder_add_string_value (header, "JWT");
  json_builder_end_object (header);

  json_builder_begin_object (claims);
  json_builder_set_member_name (claims, "room");
  json_builder_add_string_value (claims, room);
  json_builder_set_member_name (claims, "iat");
  json_builder_add_int_value (claims, now);
  json_builder_set_member_name (claims, "exp");
  json_builder_add_int_value (claims, expires);
  json_builder_end_object (claims);

  first = object_to_part (header);
  second = object_to_part (claims);
  text = g_strconcat (first, ".", second, NULL);
  return append_signature (secret, text);
}

/* The parser is only reached by what the signature vouches for, or by a
 * header of a few bytes, so depth is no matter here. */
static JsonParser *
part_to_object (const gchar * part)
{
  gsize length;
  g_autofree guint8 *text = call_base64url_decode (part, &length);
  g_autoptr (JsonParser) parser = json_parser_new ();

  if (text == NULL || !json_parser_load_from_data (parser,
          (const gchar *) text, length, NULL)
      || json_parser_get_root (parser) == NULL
      || !JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
    return NULL;
  return g_steal_pointer (&parser);
}

static const gchar *
get_string (JsonParser * parser, const gchar * name)
{
  JsonNode *node = json_object_get_member (json_node_get_object
      (json_parser_get_root (parser)), name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static gboolean
get_time (JsonParser * parser, const gchar * name, gint64 * value)
{
  JsonNode *node = json_object_get_member (json_node_get_object
      (json_parser_get_root (parser)), name);

  if (node == NULL || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return TRUE;
}

static gboolean
claims_allow (const gchar * part, const gchar * room, gint64 now,
    GError ** error)
{
  g_autoptr (JsonParser) claims = part_to_object (part);
  const gchar *claimed;
  gint64 expires, not_before;

  claimed = claims != NULL ? get_string (claims, "room") : NULL;
  if (claimed == NULL || !get_time (claims, "exp", &expires)) {
    g_set_error_literal (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_MALFORMED,
        "The token does not say for which room and how long it is good");
    return FALSE;
  }
  if (expires <= now || (get_time (claims, "nbf", &not_before)
          && not_before > now)) {
    g_set_error_literal (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_EXPIRED,
        "The token has expired or is not valid yet; ask for a new one");
    return FALSE;
  }
  if (strcmp (claimed, room) != 0 && strcmp (claimed, "*") != 0) {
    g_set_error_literal (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_ROOM,
        "The token is for another room; ask for one for this room");
    return FALSE;
  }
  return TRUE;
}

/* Only now, behind the signature: a JWT that names another algorithm, or
 * marks an extension as critical that is not known here, is not ours. */
static gboolean
header_is_ours (const gchar * part)
{
  g_autoptr (JsonParser) header = part_to_object (part);

  return header != NULL && g_strcmp0 (get_string (header, "alg"), "HS256") == 0
      && !json_object_has_member (json_node_get_object (json_parser_get_root
          (header)), "crit");
}

gboolean
call_token_check (GBytes * secret, const gchar * token, const gchar * room,
    gint64 now, GError ** error)
{
  g_auto (GStrv) parts = NULL;

  if (strlen (token) <= CALL_MAX_TOKEN)
    parts = g_strsplit (token, ".", 4);
  if (parts == NULL || g_strv_length (parts) != 3) {
    g_set_error_literal (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_MALFORMED,
        "This is not a token: a JSON Web Token has three parts. Copy it anew "
        "from the invitation");
    return FALSE;
  }
  if (!signature_is_right (secret, token, strlen (parts[0]) + 1 +
          strlen (parts[1]))) {
    g_set_error_literal (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_SIGNATURE,
        "The token was not made with this server's secret; ask for a new one");
    return FALSE;
  }
  if (!header_is_ours (parts[0])) {
    g_set_error_literal (error, CALL_TOKEN_ERROR, CALL_TOKEN_ERROR_ALGORITHM,
        "The token's algorithm is not HS256");
    return FALSE;
  }
  return claims_allow (parts[1], room, now, error);
}

/* The room is signed but not written: the client says it anyway, in the
 * path. "r1." peer "!" seat "!" random "." signature */
static gchar *
resume_signed_text (const gchar * secret, gsize length, const gchar * room)
{
  return g_strdup_printf ("%.*s@%s", (gint) length, secret, room);
}

gchar *
call_resume_make (GBytes * key, const gchar * room, const gchar * peer_id,
    gint64 seat)
{
  g_autofree gchar *random = call_id_new ();
  g_autofree gchar *text = g_strdup_printf (RESUME_PREFIX "%s!%"
      G_GINT64_FORMAT "!%s", peer_id, seat, random);
  g_autofree gchar *to_sign = resume_signed_text (text, strlen (text), room);
  g_autofree gchar *signature = NULL;
  guint8 mac[MAC_SIZE];

  sign (key, to_sign, strlen (to_sign), mac);
  signature = call_base64url_encode (mac, sizeof mac);
  return g_strconcat (text, ".", signature, NULL);
}

gboolean
call_resume_check (GBytes * key, const gchar * secret, const gchar * room,
    gchar ** peer_id, gint64 * seat)
{
  const gchar *dot = strrchr (secret, '.');
  g_autofree gchar *to_sign = NULL;
  g_autofree guint8 *theirs = NULL;
  g_auto (GStrv) fields = NULL;
  guint8 mac[MAC_SIZE];
  gsize length;

  if (!g_str_has_prefix (secret, RESUME_PREFIX) || dot == NULL ||
      strlen (secret) > 512)
    return FALSE;
  theirs = call_base64url_decode (dot + 1, &length);
  if (theirs == NULL || length != MAC_SIZE)
    return FALSE;
  to_sign = resume_signed_text (secret, dot - secret, room);
  sign (key, to_sign, strlen (to_sign), mac);
  if (!call_bytes_equal (mac, theirs, MAC_SIZE))
    return FALSE;

  fields = g_strsplit (secret + strlen (RESUME_PREFIX), "!", 3);
  if (g_strv_length (fields) != 3 || !call_id_is_valid (fields[0])
      || !g_ascii_string_to_signed (fields[1], 10, 1, G_MAXINT64, seat, NULL))
    return FALSE;
  *peer_id = g_strdup (fields[0]);
  return TRUE;
}

void
call_turn_credentials (GBytes * secret, const gchar * id, gint64 expires,
    gchar ** username, gchar ** credential)
{
  gsize length;
  const guint8 *key = g_bytes_get_data (secret, &length);
  g_autoptr (GHmac) hmac = g_hmac_new (G_CHECKSUM_SHA1, key, length);
  guint8 mac[20];
  gsize size = sizeof mac;

  *username = g_strdup_printf ("%" G_GINT64_FORMAT ":%s", expires, id);
  g_hmac_update (hmac, (const guchar *) *username, -1);
  g_hmac_get_digest (hmac, mac, &size);
  *credential = g_base64_encode (mac, size);
}
