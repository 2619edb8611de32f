/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gstcallservers.c (the list, names, trying them) and
 * gstcallservers-use.c (which of them a webrtcbin gets, and why there was no
 * path) share. The worker only.
 */
#pragma once

#include "gstcallice.h"
#include "gstcallservers.h"
#include "gstcallstun.h"
#include "gstcalltunnel.h"
#include "gstcallturn.h"

G_BEGIN_DECLS

/* In place of a time */
#define GST_CALL_SERVER_UNKNOWN -2  /* no answer yet */
#define GST_CALL_SERVER_SILENT -1
/* In place of a GstCallTurnResult */
#define GST_CALL_SERVER_UNTRIED -1

typedef struct
{
  guint id;
  gchar *url;                   /* as given */
  gchar *username;
  gchar *credential;
  GstCallIceUrl parsed;
  gboolean useless;             /* and told */
  gboolean told;
  gboolean resolving;
  GSocketAddress *addresses[2]; /* IPv4, IPv6; NULL: it has none */
  gint64 times[2];              /* STUN: µs of the answer, or as above */
  GstCallTurnCheck *check;      /* TURN: under way */
  guint family;                 /* of the check */
  gint result;                  /* GstCallTurnResult, or as above */
} GstCallServer;

struct _GstCallServers
{
  GObject parent;

  GstCallWorker *worker;
  const GstCallServersOwner *owner;
  gpointer data;
  GCancellable *stopped;
  GPtrArray *servers;           /* (element-type GstCallServer) */
  guint last_id;
  GstCallStun *stun;
  gchar *tls_ca_file;
  GTlsDatabase *trust;          /* of that file, once it is needed */
  GstCallTunnel *tunnel;        /* NULL: there is no server over TLS */
  GSource *deadline;
  gboolean waiting_names;       /* the first deadline is over */
  gboolean late;                /* both are */
  gboolean was_ready;
  gint64 tried;
};

/* The STUN server that answered fastest; IPv4 first, as that is where the
 * address translators are. NULL: none has. *family: index of its address */
const GstCallServer *gst_call_servers_fastest (GstCallServers * self,
    guint * family);
/* One that has an address and may still answer */
const GstCallServer *gst_call_servers_hopeful (GstCallServers * self,
    guint * family);

G_END_DECLS
