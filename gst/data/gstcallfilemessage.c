/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilemessage.h"

#include "call-json.h"

#include <errno.h>
#include <json-glib/json-glib.h>
#include <string.h>
#include <sys/random.h>

#define MAX_DEPTH 8
#define MAX_NAME 3600           /* bytes that are written, with escapes */
#define MAX_LINE 200            /* bytes of `text` */
#define MAX_MEDIA_TYPE 100
#define KEY_CHARACTERS \
  "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"

static const gchar *const types[] = { "file-offer", "file-accept", "file-ack",
  "file-end", "file-done", "file-refuse", "file-cancel"
};

static const gchar *const codes[] = { "refused", "too-big", "no-space",
  "bad-name", "bad-hash", "bad-order", "too-many", "failed"
};

const gchar *
gst_call_file_known_code (const gchar * code)
{
  for (guint i = 0; i < G_N_ELEMENTS (codes); i++) {
    if (g_strcmp0 (code, codes[i]) == 0)
      return codes[i];
  }
  return "failed";
}

gchar *
gst_call_file_plain_text (const gchar * text, gsize max)
{
  g_autofree gchar *valid = g_utf8_make_valid (text ? text : "", -1);
  GString *line = g_string_new (NULL);

  for (const gchar * p = valid; *p; p = g_utf8_next_char (p)) {
    gunichar c = g_utf8_get_char (p);
    gsize length = g_utf8_next_char (p) - p;

    if (line->len + length > max)
      break;
    if (g_unichar_iscntrl (c) || c == 0x2028 || c == 0x2029)
      g_string_append_c (line, ' ');
    else if (!(c >= 0x202a && c <= 0x202e) && !(c >= 0x2066 && c <= 0x2069))
      g_string_append_len (line, p, length);
  }
  return g_string_free (line, FALSE);
}

gchar *
gst_call_file_new_key (void)
{
  gchar key[GST_CALL_FILE_KEY_LENGTH + 1] = "";
  guint8 random[GST_CALL_FILE_KEY_LENGTH];

  if (getrandom (random, sizeof random, 0) != sizeof random)
    g_error ("The system has no random numbers: %s", g_strerror (errno));
  for (guint i = 0; i < sizeof random; i++)
    key[i] = KEY_CHARACTERS[random[i] & 63];
  return g_strdup (key);
}

/* --- reading --- */

static const gchar *
get_string (JsonObject * object, const gchar * member)
{
  JsonNode *node = json_object_get_member (object, member);

  if (!node || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

/* FALSE: not there, no whole number, or not within the bounds */
static gboolean
get_number (JsonObject * object, const gchar * member, gint64 min, gint64 max,
    gint64 * value)
{
  JsonNode *node = json_object_get_member (object, member);

  if (!node || !JSON_NODE_HOLDS_VALUE (node)
      || json_node_get_value_type (node) != G_TYPE_INT64)
    return FALSE;
  *value = json_node_get_int (node);
  return *value >= min && *value <= max;
}

static gboolean
is_key (const gchar * text)
{
  gsize length = strlen (text);

  return length == GST_CALL_FILE_KEY_LENGTH
      && strspn (text, KEY_CHARACTERS) == length;
}

static gboolean
is_sha256 (const gchar * text)
{
  return strlen (text) == 64 && strspn (text, "0123456789abcdef") == 64;
}

/* "type/subtype" of RFC 6838; parameters are cut off */
static gchar *
read_media_type (const gchar * text)
{
  g_autofree gchar *type = g_strndup (text, strcspn (text, "; "));
  gboolean slash = FALSE;

  for (const gchar * p = type; *p; p++) {
    if (*p == '/' && p > type && p[1] && !slash)
      slash = TRUE;
    else if (!g_ascii_isalnum (*p) && !strchr ("!#$&^_.+-", *p))
      return g_strdup ("application/octet-stream");
  }
  if (!slash || strlen (type) > MAX_MEDIA_TYPE)
    return g_strdup ("application/octet-stream");
  return g_ascii_strdown (type, -1);
}

static gboolean
read_offer (JsonObject * object, GstCallFileMessage * message)
{
  const gchar *key = get_string (object, "key");
  const gchar *name = get_string (object, "name");
  const gchar *media_type = get_string (object, "mediaType");

  if (!key || !is_key (key) || !name
      || !get_number (object, "size", -1, GST_CALL_FILE_MAX_SIZE,
          &message->size))
    return FALSE;
  message->key = g_strdup (key);
  message->name = g_strdup (name);
  message->media_type = read_media_type (media_type ? media_type : "");
  return TRUE;
}

static gboolean
read_end (JsonObject * object, GstCallFileMessage * message)
{
  const gchar *sha256 = get_string (object, "sha256");

  if (!sha256 || !is_sha256 (sha256)
      || !get_number (object, "size", 0, GST_CALL_FILE_MAX_SIZE,
          &message->size))
    return FALSE;
  message->sha256 = g_strdup (sha256);
  return TRUE;
}

static gboolean
read_cancel (JsonObject * object, GstCallFileMessage * message)
{
  const gchar *by = get_string (object, "by");

  message->by_sender = g_strcmp0 (by, "sender") == 0;
  message->text = gst_call_file_plain_text (get_string (object, "text"),
      MAX_LINE);
  return message->by_sender || g_strcmp0 (by, "receiver") == 0;
}

static gboolean
read_fields (JsonObject * object, GstCallFileMessage * message)
{
  gint64 number;

  if (!get_number (object, "id", 1, G_MAXUINT32, &number))
    return FALSE;
  message->id = number;
  switch (message->type) {
    case GST_CALL_FILE_OFFER:
      return read_offer (object, message);
    case GST_CALL_FILE_ACCEPT:
    case GST_CALL_FILE_ACK:
      if (!get_number (object, "offset", 0, GST_CALL_FILE_MAX_SIZE, &number))
        return FALSE;
      message->offset = number;
      return TRUE;
    case GST_CALL_FILE_END:
      return read_end (object, message);
    case GST_CALL_FILE_REFUSE:
      message->code = g_strdup (gst_call_file_known_code (get_string (object,
                  "code")));
      message->text = gst_call_file_plain_text (get_string (object, "text"),
          MAX_LINE);
      return TRUE;
    case GST_CALL_FILE_CANCEL:
      return read_cancel (object, message);
    case GST_CALL_FILE_DONE:
    default:
      return TRUE;
  }
}

static gboolean
read_type (JsonObject * object, GstCallFileMessage * message)
{
  const gchar *type = get_string (object, "type");

  for (guint i = 0; type && i < G_N_ELEMENTS (types); i++) {
    if (g_str_equal (type, types[i])) {
      message->type = i;
      return TRUE;
    }
  }
  return FALSE;
}

GstCallFileMessage *
gst_call_file_message_parse (const gchar * text, gsize length)
{
  g_autoptr (JsonParser) parser = NULL;
  g_autoptr (GstCallFileMessage) message = NULL;
  JsonNode *root;

  if (call_json_check (text, length, GST_CALL_FILE_MAX_TEXT, MAX_DEPTH)
      != CALL_JSON_OK)
    return NULL;
  parser = json_parser_new_immutable ();
  if (!json_parser_load_from_data (parser, text, length, NULL))
    return NULL;
  root = json_parser_get_root (parser);
  if (!root || !JSON_NODE_HOLDS_OBJECT (root))
    return NULL;
  message = g_new0 (GstCallFileMessage, 1);
  if (!read_type (json_node_get_object (root), message)
      || !read_fields (json_node_get_object (root), message))
    return NULL;
  return g_steal_pointer (&message);
}

void
gst_call_file_message_free (GstCallFileMessage * message)
{
  g_free (message->key);
  g_free (message->name);
  g_free (message->media_type);
  g_free (message->sha256);
  g_free (message->code);
  g_free (message->text);
  g_free (message);
}

/* --- writing --- */

/* As JSON.stringify() does, and no longer than max bytes */
static void
add_string (GString * json, const gchar * member, const gchar * value,
    gsize max)
{
  g_autofree gchar *valid = g_utf8_make_valid (value ? value : "", -1);
  gsize limit = json->len + max;

  g_string_append_printf (json, ",\"%s\":\"", member);
  for (const gchar * p = valid; *p && json->len < limit;
      p = g_utf8_next_char (p)) {
    guchar c = *p;

    if (c == '"' || c == '\\')
      g_string_append_printf (json, "\\%c", c);
    else if (c < 0x20)
      g_string_append_printf (json, "\\u%04x", c);
    else
      g_string_append_len (json, p, g_utf8_next_char (p) - p);
  }
  g_string_append_c (json, '"');
}

static void
add_number (GString * json, const gchar * member, gint64 value)
{
  g_string_append_printf (json, ",\"%s\":%" G_GINT64_FORMAT, member, value);
}

gchar *
gst_call_file_message_to_text (const GstCallFileMessage * message)
{
  GString *json = g_string_new (NULL);

  g_string_append_printf (json, "{\"type\":\"%s\"", types[message->type]);
  add_number (json, "id", message->id);
  switch (message->type) {
    case GST_CALL_FILE_OFFER:
      add_string (json, "key", message->key, GST_CALL_FILE_KEY_LENGTH + 16);
      add_string (json, "name", message->name, MAX_NAME);
      add_number (json, "size", message->size);
      add_string (json, "mediaType", message->media_type, MAX_MEDIA_TYPE);
      break;
    case GST_CALL_FILE_ACCEPT:
    case GST_CALL_FILE_ACK:
      add_number (json, "offset", message->offset);
      break;
    case GST_CALL_FILE_END:
      add_number (json, "size", message->size);
      add_string (json, "sha256", message->sha256, 80);
      break;
    case GST_CALL_FILE_REFUSE:
      add_string (json, "code", message->code, 80);
      add_string (json, "text", message->text, 2 * MAX_LINE);
      break;
    case GST_CALL_FILE_CANCEL:
      add_string (json, "by", message->by_sender ? "sender" : "receiver", 80);
      add_string (json, "text", message->text, 2 * MAX_LINE);
      break;
    case GST_CALL_FILE_DONE:
    default:
      break;
  }
  g_string_append_c (json, '}');
  return g_string_free (json, FALSE);
}

/* --- chunks --- */

gboolean
gst_call_file_chunk_read (const guint8 * data, gsize size, guint32 * id,
    guint64 * offset)
{
  guint32 number;
  guint64 position;

  if (size <= GST_CALL_FILE_HEADER
      || size > GST_CALL_FILE_HEADER + GST_CALL_FILE_MAX_CHUNK)
    return FALSE;
  memcpy (&number, data, sizeof number);
  memcpy (&position, data + sizeof number, sizeof position);
  *id = GUINT32_FROM_BE (number);
  *offset = GUINT64_FROM_BE (position);
  return *id != 0 && *offset <= GST_CALL_FILE_MAX_SIZE;
}

void
gst_call_file_chunk_write (guint8 * data, guint32 id, guint64 offset)
{
  guint32 number = GUINT32_TO_BE (id);
  guint64 position = GUINT64_TO_BE (offset);

  memcpy (data, &number, sizeof number);
  memcpy (data + sizeof number, &position, sizeof position);
}
