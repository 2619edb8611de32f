/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallServers: the ICE servers of a call and what is known of them. Names
 * are resolved and servers tried as soon as they are given, all at once; a
 * webrtcbin gets numbers only, and of the STUN servers the fastest. What is of
 * no use is told once and holds nothing up.
 *
 * The worker only.
 */
#pragma once

#include "call-message.h"
#include "gstcallworker.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define GST_TYPE_CALL_SERVERS (gst_call_servers_get_type ())
G_DECLARE_FINAL_TYPE (GstCallServers, gst_call_servers, GST, CALL_SERVERS,
    GObject)

typedef struct
{
  /* One server is of no use, and what to do about it */
  void (*warn) (gpointer data, const gchar * text);
  /* is_ready has become TRUE */
  void (*ready) (gpointer data);
} GstCallServersOwner;

/* Any thread. `tls_ca_file`: who vouches for turns: servers; NULL: the
 * system's authorities. `data` must outlive it, or gst_call_servers_stop () be
 * called before. */
GstCallServers *gst_call_servers_new (GstCallWorker * worker,
    const gchar * tls_ca_file, const GstCallServersOwner * owner,
    gpointer data);
void gst_call_servers_stop (GstCallServers * self);

/* In place of those there are (element-type CallIceServer). What is known of
 * one that was there before stays known. */
void gst_call_servers_set (GstCallServers * self, GPtrArray * servers);
/* Tries all of them anew, if that is some time ago; what is known stays good
 * until then. */
void gst_call_servers_refresh (GstCallServers * self);

/* FALSE for a short time after set: an answer may still come */
gboolean gst_call_servers_is_ready (GstCallServers * self);
/* To a webrtcbin before its first offer or answer */
void gst_call_servers_apply (GstCallServers * self, GstElement * webrtcbin);
/* Why there was no path to a peer. (transfer full) */
gchar *gst_call_servers_explain (GstCallServers * self, gboolean relay_only);

G_END_DECLS
