/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallConnect: from callbin's settings to a CallSignaller: to somebody
 * else's server, or (listen) to one in this process.
 */
#pragma once

#include "call-signaller.h"

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  gchar *uri;
  gchar *listen;
  gchar *room;
  gchar *display_name;
  gchar *peer_id;
  gchar *token;
  gchar *token_file;
  gchar *tls_ca_file;
  gboolean tls_insecure;
} GstCallConnectSettings;

void gst_call_connect_settings_clear (GstCallConnectSettings * settings);

typedef struct _GstCallConnect GstCallConnect;

/* Starts the server when one is asked for. Errors are of GST_RESOURCE_ERROR
 * and say what to do. */
GstCallConnect *gst_call_connect_new (const GstCallConnectSettings * settings,
    GError ** error);
/* Stops the server */
void gst_call_connect_free (GstCallConnect * self);

CallSignaller *gst_call_connect_get_signaller (GstCallConnect * self);
/* What people open in a browser; NULL when the server is not ours */
const gchar *gst_call_connect_get_url (GstCallConnect * self);
/* Of our server's certificate; NULL: none */
const gchar *gst_call_connect_get_fingerprint (GstCallConnect * self);

/* A CallSignaller's error as GStreamer's */
GError *gst_call_connect_translate (const GError * error);

G_END_DECLS
