/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: made and freed by the app, in state changes; the signaller then
 * belongs to the worker.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallconnect.h"
#include "call-direct-signaller.h"
#include "call-server.h"

#include <string.h>

#define MAX_TOKEN_FILE 8192

struct _GstCallConnect
{
  CallServer *server;           /* NULL: somebody else's */
  CallSignaller *signaller;
  gchar *url;
  gchar *fingerprint;
};

static void
G_GNUC_PRINTF (2, 3)
set_settings_error (GError ** error, const gchar * format, ...)
{
  va_list args;
  g_autofree gchar *text = NULL;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_set_error_literal (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      text);
}

/* *token is NULL when none is set */
static gboolean
read_token (const GstCallConnectSettings * settings, gchar ** token,
    GError ** error)
{
  g_autofree gchar *text = NULL;
  g_autoptr (GError) failure = NULL;
  gsize length;

  *token = g_strdup (settings->token);
  if (!settings->token_file)
    return TRUE;
  if (!g_file_get_contents (settings->token_file, &text, &length, &failure)) {
    set_settings_error (error, "token-file cannot be read: %s",
        failure->message);
    return FALSE;
  }
  if (length > MAX_TOKEN_FILE) {
    set_settings_error (error, "token-file %s is no token: it has %"
        G_GSIZE_FORMAT " bytes", settings->token_file, length);
    return FALSE;
  }
  text[strcspn (text, "\r\n")] = '\0';
  g_free (*token);
  *token = g_steal_pointer (&text);
  return TRUE;
}

static gboolean
join_elsewhere (GstCallConnect * self, const GstCallConnectSettings * settings,
    const gchar * name, const gchar * token, GError ** error)
{
  self->signaller = call_signaller_new_for_uri (settings->uri, error,
      "uri", settings->uri, "display-name", name,
      "peer-id", settings->peer_id, "token", token,
      "tls-ca-file", settings->tls_ca_file,
      "tls-insecure", settings->tls_insecure, NULL);
  return self->signaller != NULL;
}

/* Only this machine can reach it, so it needs no TLS. */
static gboolean
is_loopback (const gchar * listen)
{
  return g_str_has_prefix (listen, "127.")
      || g_str_has_prefix (listen, "localhost:")
      || g_str_has_prefix (listen, "[::1]:");
}

/* We are a member of our own server's room without a socket. */
static gboolean
host (GstCallConnect * self, const GstCallConnectSettings * settings,
    const gchar * name, GError ** error)
{
  g_autofree gchar *room = settings->room && *settings->room ?
      g_strdup (settings->room) : call_id_new ();
  g_autoptr (GError) failure = NULL;
  g_auto (GStrv) urls = NULL;

  if (!call_id_is_valid (room)) {
    set_settings_error (error, "room=%s: a room's name is made of letters, "
        "digits and . _ ~ -, at most %d", room, CALL_MAX_ID);
    return FALSE;
  }
  self->server = call_server_new ();
  g_object_set (self->server, "listen", settings->listen, "self-signed",
      !is_loopback (settings->listen), NULL);
  if (!call_server_start (self->server, &failure)) {
    set_settings_error (error, "listen=%s: %s", settings->listen,
        failure->message);
    return FALSE;
  }
  self->signaller = call_direct_signaller_new (call_server_get_rooms
      (self->server), room);
  g_object_set (self->signaller, "display-name", name, "peer-id",
      settings->peer_id, NULL);
  urls = call_server_get_urls (self->server, room);
  self->url = g_strdup (urls ? urls[0] : NULL);
  g_object_get (self->server, "fingerprint", &self->fingerprint, NULL);
  return TRUE;
}

GstCallConnect *
gst_call_connect_new (const GstCallConnectSettings * settings, GError ** error)
{
  g_autofree gchar *token = NULL;
  const gchar *name = settings->display_name ? settings->display_name :
      g_get_host_name ();
  GstCallConnect *self;
  gboolean done = FALSE;

  if (!settings->uri && !settings->listen) {
    set_settings_error (error, "callbin is in no room: set "
        "uri=ws://HOST[:PORT]/room/ROOM, or listen=HOST:PORT room=ROOM to "
        "host one");
    return NULL;
  }
  if (settings->uri && settings->listen) {
    set_settings_error (error, "uri=%s and listen=%s: callbin either joins "
        "a room or hosts one; leave one of both out", settings->uri,
        settings->listen);
    return NULL;
  }
  if (!read_token (settings, &token, error))
    return NULL;
  self = g_new0 (GstCallConnect, 1);
  if (settings->uri)
    done = join_elsewhere (self, settings, name, token, error);
  else
    done = host (self, settings, name, error);
  if (!done)
    g_clear_pointer (&self, gst_call_connect_free);
  return self;
}

void
gst_call_connect_free (GstCallConnect * self)
{
  g_clear_object (&self->signaller);
  if (self->server)
    call_server_stop (self->server);
  g_clear_object (&self->server);
  g_free (self->url);
  g_free (self->fingerprint);
  g_free (self);
}

CallSignaller *
gst_call_connect_get_signaller (GstCallConnect * self)
{
  return self->signaller;
}

const gchar *
gst_call_connect_get_url (GstCallConnect * self)
{
  return self->url;
}

const gchar *
gst_call_connect_get_fingerprint (GstCallConnect * self)
{
  return self->fingerprint;
}

GError *
gst_call_connect_translate (const GError * error)
{
  gint code = GST_RESOURCE_ERROR_FAILED;

  if (error->domain == GST_RESOURCE_ERROR)
    return g_error_copy (error);
  if (error->domain == CALL_SIGNALLER_ERROR) {
    static const gint codes[] = {
      GST_RESOURCE_ERROR_OPEN_READ_WRITE,       /* unreachable */
      GST_RESOURCE_ERROR_NOT_AUTHORIZED,        /* certificate */
      GST_RESOURCE_ERROR_NOT_AUTHORIZED,        /* refused */
      GST_RESOURCE_ERROR_OPEN_READ_WRITE,       /* protocol */
      GST_RESOURCE_ERROR_SETTINGS,      /* settings */
    };

    if (error->code >= 0 && error->code < (gint) G_N_ELEMENTS (codes))
      code = codes[error->code];
  }
  return g_error_new_literal (GST_RESOURCE_ERROR, code, error->message);
}
