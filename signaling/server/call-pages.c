/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-message.h"
#include "call-pages.h"
#include "call-web.h"

#include <gio/gio.h>
#include <string.h>

#define PREFIX "/org/gst-call/web/"

/* No inline script or style, nothing from elsewhere, no frame around it.
 * blob: is for pictures and files that come over a data channel. */
#define SECURITY \
    "Content-Security-Policy: default-src 'none'; script-src 'self'; " \
    "style-src 'self'; img-src 'self' blob:; media-src 'self' blob:; " \
    "connect-src 'self'; manifest-src 'self'; base-uri 'none'; " \
    "form-action 'none'; frame-ancestors 'none'\r\n" \
    "Permissions-Policy: camera=(self), microphone=(self), " \
    "speaker-selection=(self), display-capture=(self), geolocation=()\r\n" \
    "Referrer-Policy: no-referrer\r\n" \
    "X-Content-Type-Options: nosniff\r\n" \
    "X-Frame-Options: DENY\r\n" \
    "Cross-Origin-Opener-Policy: same-origin\r\n" \
    "Cross-Origin-Resource-Policy: same-origin\r\n" \
    "Cache-Control: no-cache\r\n"

const gchar *
call_pages_get_room (const gchar * path)
{
  const gchar *room;

  if (!g_str_has_prefix (path, "/room/"))
    return NULL;
  room = path + strlen ("/room/");
  return call_id_is_valid (room) ? room : NULL;
}

static const gchar *
content_type (const gchar * name)
{
  static const gchar *types[][2] = {
    {".html", "text/html; charset=utf-8"},
    {".js", "text/javascript; charset=utf-8"},
    {".css", "text/css; charset=utf-8"},
    {".svg", "image/svg+xml"},
    {".png", "image/png"},
    {".json", "application/json"},
    {".webmanifest", "application/manifest+json"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (types); i++) {
    if (g_str_has_suffix (name, types[i][0]))
      return types[i][1];
  }
  return "application/octet-stream";
}

GBytes *
call_pages_refuse (guint status, const gchar * text, gboolean keep_alive)
{
  const gchar *headers = SECURITY;

  if (status == 405)
    headers = SECURITY "Allow: GET\r\n";
  else if (status == 426)
    headers = SECURITY "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n";
  return call_response_new (status, headers, "text/plain; charset=utf-8",
      text, strlen (text), keep_alive);
}

static GBytes *
respond_with_file (const gchar * name, gboolean keep_alive)
{
  g_autofree gchar *path = g_strconcat (PREFIX, name, NULL);
  g_autoptr (GBytes) file = NULL;
  gsize length;
  gconstpointer data;

  /* a resource's path is only a key, there is nothing to climb out of */
  file = g_resource_lookup_data (call_web_get_resource (), path,
      G_RESOURCE_LOOKUP_FLAGS_NONE, NULL);
  if (file == NULL)
    return call_pages_refuse (404, "There is nothing here.\n", keep_alive);
  data = g_bytes_get_data (file, &length);
  return call_response_new (200, SECURITY, content_type (name), data, length,
      keep_alive);
}

GBytes *
call_pages_respond (const CallRequest * request)
{
  if (call_pages_get_room (request->path) != NULL)
    return respond_with_file ("index.html", request->keep_alive);
  if (g_str_has_prefix (request->path, "/web/"))
    return respond_with_file (request->path + strlen ("/web/"),
        request->keep_alive);
  if (strcmp (request->path, "/healthz") == 0)
    return call_response_new (200, SECURITY, "text/plain; charset=utf-8",
        "ok\n", 3, request->keep_alive);
  return call_pages_refuse (404, "There is nothing here. A call's page is "
      "/room/NAME, its name of A-Z a-z 0-9 . _ ~ -\n", request->keep_alive);
}
