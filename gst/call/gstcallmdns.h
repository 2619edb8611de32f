/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallMdns: candidates with a name in place of the address ("….local", as
 * browsers hide theirs) become candidates with the address, or nothing.
 * webrtcbin 1.22 looks names up in the default main context, which need not
 * run. Nobody waits: the resolver's threads do.
 *
 * The worker only.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* At once for one peer; more are left out */
#define GST_CALL_MDNS_MAX 8

typedef struct _GstCallMdns GstCallMdns;

typedef void (*GstCallMdnsFunc) (gpointer data, guint mline,
    const gchar * candidate);

GstCallMdns *gst_call_mdns_new (GstCallMdnsFunc func, gpointer data);
/* No call comes after this */
void gst_call_mdns_free (GstCallMdns * self);

/* `candidate` is well-formed (gst_call_sdp_check_candidate). func (data, mline,
 * …) is called for each address, unless there is none. */
void gst_call_mdns_resolve (GstCallMdns * self, guint mline,
    const gchar * candidate);

G_END_DECLS
