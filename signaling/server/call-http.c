/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-http.h"

#include <string.h>

#define WEBSOCKET_GUID "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

/* One header that is kept, and where */
typedef struct
{
  const gchar *name;
  gchar **value;
} Wanted;

typedef struct
{
  gchar *connection;
  gchar *upgrade;
  gchar *version;
  gchar *content_length;
  gchar *transfer_encoding;
} Rest;

static void
rest_clear (Rest * rest)
{
  g_free (rest->connection);
  g_free (rest->upgrade);
  g_free (rest->version);
  g_free (rest->content_length);
  g_free (rest->transfer_encoding);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Rest, rest_clear);

void
call_request_free (CallRequest * request)
{
  g_free (request->path);
  g_free (request->host);
  g_free (request->origin);
  g_free (request->protocols);
  g_free (request->key);
  g_free (request);
}

gsize
call_head_end (const gchar * data, gsize length)
{
  const gchar *end = g_strstr_len (data, length, "\r\n\r\n");

  return end != NULL ? end - data + 4 : 0;
}

gboolean
call_http_has_token (const gchar * list, const gchar * token)
{
  gsize length = strlen (token);

  while (list != NULL && *list != '\0') {
    gsize size;

    list += strspn (list, " \t,");
    size = strcspn (list, " \t,");
    if (size == length && g_ascii_strncasecmp (list, token, size) == 0)
      return TRUE;
    list += size;
  }
  return FALSE;
}

static gboolean
is_name (const gchar * text, gsize length)
{
  for (gsize i = 0; i < length; i++) {
    if (!g_ascii_isalnum (text[i])
        && strchr ("!#$%&'*+-.^_`|~", text[i]) == NULL)
      return FALSE;
  }
  return length > 0;
}

/* Printable ASCII, and spaces and tabs inside */
static gboolean
is_value (const gchar * text)
{
  for (; *text != '\0'; text++) {
    if (!g_ascii_isprint (*text) && *text != '\t')
      return FALSE;
  }
  return TRUE;
}

/* FALSE if the line is not a header, or has a header again that must be
 * there once only */
static gboolean
take_header (const gchar * line, const Wanted * wanted, guint n_wanted)
{
  const gchar *colon = strchr (line, ':');
  g_autofree gchar *value = NULL;

  /* a name that is a space long, too: obsolete folding is refused here */
  if (colon == NULL || !is_name (line, colon - line))
    return FALSE;
  value = g_strstrip (g_strdup (colon + 1));
  if (!is_value (value))
    return FALSE;
  for (guint i = 0; i < n_wanted; i++) {
    if (strlen (wanted[i].name) == (gsize) (colon - line)
        && g_ascii_strncasecmp (wanted[i].name, line, colon - line) == 0) {
      if (*wanted[i].value != NULL)
        return FALSE;
      *wanted[i].value = g_steal_pointer (&value);
      return TRUE;
    }
  }
  return TRUE;
}

static guint
take_request_line (CallRequest * request, const gchar * line)
{
  g_auto (GStrv) words = g_strsplit (line, " ", 4);

  if (g_strv_length (words) != 3 || !is_name (words[0], strlen (words[0])))
    return 400;
  if (strcmp (words[2], "HTTP/1.1") == 0)
    request->keep_alive = TRUE;
  else if (strcmp (words[2], "HTTP/1.0") != 0)
    return g_str_has_prefix (words[2], "HTTP/") ? 505 : 400;
  if (strcmp (words[0], "GET") != 0)
    return 405;
  if (words[1][0] != '/' || !is_value (words[1]))
    return 400;
  request->path = g_strndup (words[1], strcspn (words[1], "?#"));
  return 0;
}

static guint
take_headers (CallRequest * request, gchar ** lines)
{
  g_auto (Rest) rest = { NULL };
  const Wanted wanted[] = { {"host", &request->host},
  {"origin", &request->origin},
  {"sec-websocket-protocol", &request->protocols},
  {"sec-websocket-key", &request->key},
  {"sec-websocket-version", &rest.version},
  {"connection", &rest.connection},
  {"upgrade", &rest.upgrade},
  {"content-length", &rest.content_length},
  {"transfer-encoding", &rest.transfer_encoding}
  };

  for (guint i = 0; lines[i] != NULL; i++) {
    if (i >= CALL_MAX_HEADERS)
      return 431;
    if (!take_header (lines[i], wanted, G_N_ELEMENTS (wanted)))
      return 400;
  }
  if (request->keep_alive && request->host == NULL)
    return 400;
  if (rest.transfer_encoding != NULL || (rest.content_length != NULL
          && strcmp (rest.content_length, "0") != 0))
    return 413;
  request->upgrade = call_http_has_token (rest.connection, "upgrade")
      && call_http_has_token (rest.upgrade, "websocket");
  request->right_version = g_strcmp0 (rest.version, "13") == 0;
  if (call_http_has_token (rest.connection, "close"))
    request->keep_alive = FALSE;
  return 0;
}

CallRequest *
call_request_parse (const gchar * head, gsize length, guint * status)
{
  g_autoptr (CallRequest) request = g_new0 (CallRequest, 1);
  g_autofree gchar *text = NULL;
  g_auto (GStrv) lines = NULL;

  *status = 400;
  if (length < 4 || memchr (head, '\0', length) != NULL)
    return NULL;
  text = g_strndup (head, length - 4);
  lines = g_strsplit (text, "\r\n", -1);
  if (lines[0] == NULL)
    return NULL;
  *status = take_request_line (request, lines[0]);
  if (*status == 0)
    *status = take_headers (request, lines + 1);
  return *status == 0 ? g_steal_pointer (&request) : NULL;
}

gboolean
call_request_origin_is_allowed (const CallRequest * request,
    const gchar * const *allowed)
{
  const gchar *origin = request->origin;
  const gchar *host;

  if (origin == NULL)
    return TRUE;
  if (allowed != NULL && (g_strv_contains (allowed, origin)
          || g_strv_contains (allowed, "*")))
    return TRUE;
  host = strstr (origin, "://");
  return host != NULL && request->host != NULL
      && g_ascii_strcasecmp (host + 3, request->host) == 0;
}

gchar *
call_request_accept (const CallRequest * request, const gchar * protocol)
{
  g_autoptr (GChecksum) sha1 = g_checksum_new (G_CHECKSUM_SHA1);
  g_autofree gchar *accept = NULL;
  g_autofree guint8 *nonce = NULL;
  guint8 digest[20];
  gsize size = sizeof digest;
  gsize nonce_size;

  if (request->key == NULL || strlen (request->key) != 24)
    return NULL;
  nonce = g_base64_decode (request->key, &nonce_size);
  if (nonce_size != 16)
    return NULL;
  g_checksum_update (sha1, (const guchar *) request->key, -1);
  g_checksum_update (sha1, (const guchar *) WEBSOCKET_GUID, -1);
  g_checksum_get_digest (sha1, digest, &size);
  accept = g_base64_encode (digest, size);
  return g_strdup_printf ("HTTP/1.1 101 Switching Protocols\r\n"
      "Upgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Accept: %s\r\nSec-WebSocket-Protocol: %s\r\n\r\n",
      accept, protocol);
}

static const gchar *
reason (guint status)
{
  switch (status) {
    case 200:
      return "OK";
    case 400:
      return "Bad Request";
    case 403:
      return "Forbidden";
    case 404:
      return "Not Found";
    case 405:
      return "Method Not Allowed";
    case 408:
      return "Request Timeout";
    case 413:
      return "Content Too Large";
    case 426:
      return "Upgrade Required";
    case 429:
      return "Too Many Requests";
    case 431:
      return "Request Header Fields Too Large";
    case 503:
      return "Service Unavailable";
    case 505:
      return "HTTP Version Not Supported";
    default:
      return "Status";
  }
}

GBytes *
call_response_new (guint status, const gchar * headers,
    const gchar * content_type, gconstpointer body, gsize length,
    gboolean keep_alive)
{
  GString *text = g_string_new (NULL);

  g_string_printf (text, "HTTP/1.1 %u %s\r\nContent-Type: %s\r\n"
      "Content-Length: %" G_GSIZE_FORMAT "\r\n%s%s\r\n", status,
      reason (status), content_type, length, headers,
      keep_alive ? "" : "Connection: close\r\n");
  g_string_append_len (text, body, length);
  return g_string_free_to_bytes (text);
}
