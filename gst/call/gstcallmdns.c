/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the worker; there is no lock. GResolver's threads answer there.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallmdns.h"

#include <gst/gst.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* Of the words of a candidate (RFC 8839, 5.1) */
#define ADDRESS 4
/* Of one name */
#define MAX_ADDRESSES 4

/* Each lookup has a reference. */
struct _GstCallMdns
{
  GstCallMdnsFunc func;         /* NULL: it has been freed */
  gpointer data;
  GCancellable *cancellable;
  guint pending;
};

typedef struct
{
  GstCallMdns *mdns;
  guint mline;
  gchar **words;
} Lookup;

static void
clear (gpointer data)
{
  g_object_unref (((GstCallMdns *) data)->cancellable);
}

static void
lookup_free (Lookup * lookup)
{
  lookup->mdns->pending--;
  g_rc_box_release_full (lookup->mdns, clear);
  g_strfreev (lookup->words);
  g_free (lookup);
}

static void
give (Lookup * lookup, GInetAddress * address)
{
  g_autofree gchar *text = NULL;

  g_free (lookup->words[ADDRESS]);
  lookup->words[ADDRESS] = g_inet_address_to_string (address);
  text = g_strjoinv (" ", lookup->words);
  lookup->mdns->func (lookup->mdns->data, lookup->mline, text);
}

static void
on_resolved (GObject * source, GAsyncResult * result, gpointer data)
{
  Lookup *lookup = data;
  g_autoptr (GError) error = NULL;
  GList *addresses = g_resolver_lookup_by_name_finish (G_RESOLVER (source),
      result, &error);
  GList *l = addresses;
  guint n;

  if (error)
    GST_DEBUG ("left out %s: %s", lookup->words[ADDRESS], error->message);
  for (n = 0; l && n < MAX_ADDRESSES && lookup->mdns->func; n++, l = l->next)
    give (lookup, l->data);
  g_resolver_free_addresses (addresses);
  lookup_free (lookup);
}

void
gst_call_mdns_resolve (GstCallMdns * self, guint mline, const gchar * candidate)
{
  g_autoptr (GResolver) resolver = NULL;
  Lookup *lookup;

  if (self->pending >= GST_CALL_MDNS_MAX) {
    GST_DEBUG ("one name too many at once: left out %s", candidate);
    return;
  }
  lookup = g_new0 (Lookup, 1);
  lookup->mdns = g_rc_box_acquire (self);
  lookup->mline = mline;
  lookup->words = g_strsplit (candidate, " ", -1);
  self->pending++;
  resolver = g_resolver_get_default ();
  g_resolver_lookup_by_name_async (resolver, lookup->words[ADDRESS],
      self->cancellable, on_resolved, lookup);
}

GstCallMdns *
gst_call_mdns_new (GstCallMdnsFunc func, gpointer data)
{
  GstCallMdns *self = g_rc_box_new0 (GstCallMdns);

  self->func = func;
  self->data = data;
  self->cancellable = g_cancellable_new ();
  return self;
}

void
gst_call_mdns_free (GstCallMdns * self)
{
  self->func = NULL;
  g_cancellable_cancel (self->cancellable);
  g_rc_box_release_full (self, clear);
}
