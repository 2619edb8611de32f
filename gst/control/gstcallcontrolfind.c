/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcontrolfind.h"
#include "gstcallcontrolrequest.h"

#include <string.h>

#define MAX_SEARCHED 2000
#define MAX_CHILDREN 1000
#define MAX_NEAR 5
#define MAX_LISTED 40
#define MAX_NAME 100            /* bytes of a name that are compared */

GstElement *
gst_call_control_get_top (GstElement * inside)
{
  GstObject *top = gst_object_ref (GST_OBJECT (inside)), *parent;

  while ((parent = gst_object_get_parent (top))) {
    gst_object_unref (top);
    top = parent;
  }
  return GST_ELEMENT (top);
}

gchar *
gst_call_control_get_path (GstObject * object, GstObject * top)
{
  g_autofree gchar *path = gst_object_get_name (object);
  GstObject *parent = gst_object_get_parent (object);

  while (parent && parent != top) {
    GstObject *next = gst_object_get_parent (parent);
    g_autofree gchar *name = gst_object_get_name (parent);
    gchar *longer = g_strconcat (name, "/", path, NULL);

    g_free (path);
    path = longer;
    gst_object_unref (parent);
    parent = next;
  }
  gst_clear_object (&parent);
  return g_steal_pointer (&path);
}

/* --- finding --- */

static GPtrArray *
get_inside (GstElement * element)
{
  GPtrArray *inside = g_ptr_array_new_with_free_func (gst_object_unref);
  GList *l;

  if (!GST_IS_BIN (element))
    return inside;
  GST_OBJECT_LOCK (element);
  /* the last one is the one that was added first */
  for (l = g_list_last (GST_BIN_CHILDREN (element)); l; l = l->prev)
    g_ptr_array_add (inside, gst_object_ref (l->data));
  GST_OBJECT_UNLOCK (element);
  return inside;
}

GPtrArray *
gst_call_control_get_elements (GstElement * element, gboolean deep, guint max)
{
  GPtrArray *found = get_inside (element);
  guint i, j;

  /* those of the first one behind all of the line, and so on */
  for (i = 0; deep && i < found->len && found->len < max; i++) {
    g_autoptr (GPtrArray) inside = get_inside (g_ptr_array_index (found, i));

    for (j = 0; j < inside->len; j++)
      g_ptr_array_add (found, gst_object_ref (g_ptr_array_index (inside, j)));
  }
  if (found->len > max)
    g_ptr_array_set_size (found, max);
  return found;
}

static GstElement *
find_inside (GstElement * element, const gchar * name)
{
  g_autoptr (GPtrArray) inside = get_inside (element);
  guint i;

  for (i = 0; i < inside->len; i++) {
    GstElement *child = g_ptr_array_index (inside, i);
    g_autofree gchar *own = gst_object_get_name (GST_OBJECT (child));

    if (g_str_equal (own, name))
      return gst_object_ref (child);
  }
  return NULL;
}

GstElement *
gst_call_control_find_element (GstElement * top, const gchar * name)
{
  g_autofree gchar *own = gst_object_get_name (GST_OBJECT (top));
  g_auto (GStrv) steps = g_strsplit (name, "/", 16);
  GstElement *element = find_inside (top, name);
  guint i;

  if (!element && g_str_equal (own, name))
    return gst_object_ref (top);
  if (!element && GST_IS_BIN (top))
    element = gst_bin_get_by_name (GST_BIN (top), name);
  if (element || !steps[0] || !steps[1])
    return element;
  element = gst_object_ref (top);
  for (i = 0; steps[i] && element; i++) {
    GstElement *next = find_inside (element, steps[i]);

    gst_object_unref (element);
    element = next;
  }
  return element;
}

gboolean
gst_call_control_find_property (GstElement * element, const gchar * name,
    GObject ** target, GParamSpec ** pspec)
{
  if (GST_IS_CHILD_PROXY (element) && strstr (name, "::"))
    return gst_child_proxy_lookup (GST_CHILD_PROXY (element), name, target,
        pspec);
  *pspec = g_object_class_find_property (G_OBJECT_GET_CLASS (element), name);
  *target = *pspec ? g_object_ref (G_OBJECT (element)) : NULL;
  return *pspec != NULL;
}

gchar **
gst_call_control_get_children (GstElement * element)
{
  GstChildProxy *proxy = GST_IS_CHILD_PROXY (element) ?
      GST_CHILD_PROXY (element) : NULL;
  GPtrArray *names = g_ptr_array_new ();
  guint i, n = proxy ? gst_child_proxy_get_children_count (proxy) : 0;

  for (i = 0; i < MIN (n, MAX_CHILDREN); i++) {
    g_autoptr (GObject) child = gst_child_proxy_get_child_by_index (proxy, i);

    if (GST_IS_OBJECT (child))
      g_ptr_array_add (names, gst_object_get_name (GST_OBJECT (child)));
  }
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}

/* --- what was meant --- */

static guint
count_bytes (const gchar * text)
{
  return MIN (strlen (text), MAX_NAME);
}

/* Edits between two names (Levenshtein), bytes */
static guint
distance (const gchar * a, const gchar * b)
{
  guint row[MAX_NAME + 1];
  guint n = count_bytes (a), m = count_bytes (b), i, j;

  for (j = 0; j <= m; j++)
    row[j] = j;
  for (i = 1; i <= n; i++) {
    guint corner = row[0];

    row[0] = i;
    for (j = 1; j <= m; j++) {
      guint above = row[j];

      row[j] = MIN (MIN (row[j], row[j - 1]) + 1,
          corner + (g_ascii_tolower (a[i - 1]) != g_ascii_tolower (b[j - 1])));
      corner = above;
    }
  }
  return row[m];
}

static gboolean
is_near (const gchar * name, const gchar * wanted)
{
  return distance (name, wanted) <= 1 + count_bytes (wanted) / 4
      || (strlen (wanted) > 1 && strstr (name, wanted));
}

static gchar *
tell_names (GPtrArray * names, const gchar * wanted)
{
  GString *near = g_string_new (NULL), *all = g_string_new (NULL);
  guint n_near = 0, i;

  for (i = 0; i < names->len; i++) {
    const gchar *name = g_ptr_array_index (names, i);

    if (is_near (name, wanted) && n_near < MAX_NEAR)
      g_string_append_printf (near, "%s%s", n_near++ ? " or " : "", name);
    if (i < MAX_LISTED)
      g_string_append_printf (all, "%s%s", i ? ", " : "", name);
    else if (i == MAX_LISTED)
      g_string_append (all, ", …");
  }
  if (n_near) {
    g_string_prepend (near, "Did you mean ");
    g_string_append_c (near, '?');
  } else {
    g_string_append_printf (near, "There %s.",
        names->len ? "are: " : "are none");
    if (names->len)
      g_string_insert (near, near->len - 1, all->str);
  }
  g_string_free (all, TRUE);
  return g_string_free (near, FALSE);
}

gchar *
gst_call_control_near_elements (GstElement * top, const gchar * name)
{
  g_autoptr (GPtrArray) elements =
      gst_call_control_get_elements (top, TRUE, MAX_SEARCHED);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint i;

  for (i = 0; i < elements->len; i++)
    g_ptr_array_add (names,
        gst_object_get_name (g_ptr_array_index (elements, i)));
  return tell_names (names, name);
}

gchar *
gst_call_control_near_properties (GstElement * element, const gchar * name)
{
  g_autofree GParamSpec **all = NULL;
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint i, n;

  all = g_object_class_list_properties (G_OBJECT_GET_CLASS (element), &n);
  for (i = 0; i < n; i++) {
    if (all[i]->owner_type != GST_TYPE_OBJECT)
      g_ptr_array_add (names, (gchar *) all[i]->name);
  }
  return tell_names (names, name);
}

gchar *
gst_call_control_near_actions (GstElement * element, const gchar * name)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  GType type = G_OBJECT_TYPE (element);
  guint i, n;

  for (; type != GST_TYPE_ELEMENT && type != 0; type = g_type_parent (type)) {
    g_autofree guint *ids = g_signal_list_ids (type, &n);

    for (i = 0; i < n; i++) {
      GSignalQuery query;

      g_signal_query (ids[i], &query);
      if (query.signal_flags & G_SIGNAL_ACTION)
        g_ptr_array_add (names, (gchar *) query.signal_name);
    }
  }
  return tell_names (names, name);
}
