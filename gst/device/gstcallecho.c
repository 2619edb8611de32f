/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads: any.
 *
 * Locks, in the order they may be taken
 *
 *   1 probes   file scope   protects: probes; nothing is called with it held
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallecho.h"

typedef struct
{
  gchar *name;
  gboolean taken;
} Probe;

G_LOCK_DEFINE_STATIC (probes);
static GList *probes;           /* Probe, the newest first */

GstElement *
gst_call_echo_new_probe (void)
{
  static gint serial;           /* atomic */
  g_autofree gchar *name = g_strdup_printf ("call-echo-%d",
      g_atomic_int_add (&serial, 1));

  return gst_element_factory_make ("webrtcechoprobe", name);
}

static Probe *
find_locked (const gchar * name)
{
  GList *l;

  for (l = probes; l; l = l->next) {
    Probe *probe = l->data;

    if (g_strcmp0 (probe->name, name) == 0)
      return probe;
  }
  return NULL;
}

void
gst_call_echo_add (GstElement * element)
{
  Probe *probe = g_new0 (Probe, 1);

  probe->name = gst_object_get_name (GST_OBJECT (element));
  G_LOCK (probes);
  probes = g_list_prepend (probes, probe);
  G_UNLOCK (probes);
}

void
gst_call_echo_remove (GstElement * element)
{
  g_autofree gchar *name = gst_object_get_name (GST_OBJECT (element));
  Probe *probe;

  G_LOCK (probes);
  probe = find_locked (name);
  probes = g_list_remove (probes, probe);
  G_UNLOCK (probes);
  if (probe)
    g_free (probe->name);
  g_free (probe);
}

gchar *
gst_call_echo_take (const gchar * mine)
{
  gchar *name = NULL;
  GList *l;

  G_LOCK (probes);
  if (mine && find_locked (mine))
    name = g_strdup (mine);
  for (l = probes; l && !name; l = l->next) {
    Probe *probe = l->data;

    if (probe->taken)
      continue;
    probe->taken = TRUE;
    name = g_strdup (probe->name);
  }
  G_UNLOCK (probes);
  return name;
}

void
gst_call_echo_give_back (const gchar * name)
{
  Probe *probe;

  G_LOCK (probes);
  probe = find_locked (name);
  if (probe)
    probe->taken = FALSE;
  G_UNLOCK (probes);
}
