/* gst-call: the tables of docs/elements, read from the live element
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   call-docs --list      the plugin's elements, one name per line
 *   call-docs ELEMENT     its properties, signals and pads as Markdown
 *
 * Only what our own types add is told: whatever GstElement, GstBin or a base
 * class brings is in GStreamer's documentation.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <gst/gst.h>
#include <string.h>

#define PLUGIN_NAME "call"
#define OWN_PREFIX "GstCall"

static gint
compare_names (gconstpointer a, gconstpointer b)
{
  return strcmp (*(const gchar * const *) a, *(const gchar * const *) b);
}

static gint
compare_pspecs (gconstpointer a, gconstpointer b)
{
  return strcmp ((*(GParamSpec * const *) a)->name,
      (*(GParamSpec * const *) b)->name);
}

/* A table cell: one line, and no bar that would end it. */
static gchar *
cell (const gchar * text)
{
  GString *out = g_string_new (NULL);
  const gchar *p;

  for (p = text ? text : ""; *p; p++) {
    if (*p == '|')
      g_string_append (out, "\\|");
    else
      g_string_append_c (out, *p == '\n' ? ' ' : *p);
  }
  return g_string_free (out, FALSE);
}

static gboolean
is_own_type (GType type)
{
  return g_str_has_prefix (g_type_name (type), OWN_PREFIX);
}

static const gchar *
type_name (GType type)
{
  if (type == G_TYPE_STRING)
    return "string";
  if (type == G_TYPE_BOOLEAN)
    return "boolean";
  if (type == G_TYPE_INT)
    return "int";
  if (type == G_TYPE_UINT)
    return "uint";
  if (type == G_TYPE_INT64)
    return "int64";
  if (type == G_TYPE_UINT64)
    return "uint64";
  if (type == G_TYPE_NONE)
    return "nothing";
  return g_type_name (type);
}

static gchar *
enum_values (GParamSpec * pspec)
{
  GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;
  GString *out = g_string_new (NULL);
  guint i;

  for (i = 0; i < klass->n_values; i++)
    g_string_append_printf (out, "%s`%s`", i ? ", " : "",
        klass->values[i].value_nick);
  return g_string_free (out, FALSE);
}

static gchar *
flags_values (GParamSpec * pspec)
{
  GFlagsClass *klass = G_PARAM_SPEC_FLAGS (pspec)->flags_class;
  GString *out = g_string_new ("any of ");
  guint i;

  for (i = 0; i < klass->n_values; i++)
    g_string_append_printf (out, "%s`%s`", i ? ", " : "",
        klass->values[i].value_nick);
  return g_string_free (out, FALSE);
}

/* "int 0 to 100", "int from 0" where only one end is a real limit. */
static gchar *
number_range (const gchar * type, gint64 min, gint64 max, gint64 lowest,
    gint64 highest)
{
  if (min == lowest && max == highest)
    return g_strdup (type);
  if (max == highest)
    return g_strdup_printf ("%s from %" G_GINT64_FORMAT, type, min);
  if (min == lowest)
    return g_strdup_printf ("%s up to %" G_GINT64_FORMAT, type, max);
  return g_strdup_printf ("%s %" G_GINT64_FORMAT " to %" G_GINT64_FORMAT,
      type, min, max);
}

static gchar *
uint64_range (GParamSpecUInt64 * spec)
{
  if (spec->minimum == 0 && spec->maximum == G_MAXUINT64)
    return g_strdup ("uint64");
  return g_strdup_printf ("uint64 %" G_GUINT64_FORMAT " to %" G_GUINT64_FORMAT,
      spec->minimum, spec->maximum);
}

static gchar *
double_range (GParamSpecDouble * spec)
{
  if (spec->minimum <= -G_MAXDOUBLE && spec->maximum >= G_MAXDOUBLE)
    return g_strdup ("double");
  return g_strdup_printf ("double %g to %g", spec->minimum, spec->maximum);
}

static gchar *
array_type (GParamSpec * pspec)
{
  GParamSpec *item = GST_PARAM_SPEC_ARRAY_LIST (pspec)->element_spec;

  return g_strdup_printf ("array of %s",
      item ? type_name (G_PARAM_SPEC_VALUE_TYPE (item)) : "any");
}

/* Type and allowed values of a property. */
static gchar *
describe_type (GParamSpec * pspec)
{
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    return enum_values (pspec);
  if (G_IS_PARAM_SPEC_FLAGS (pspec))
    return flags_values (pspec);
  if (GST_IS_PARAM_SPEC_ARRAY_LIST (pspec))
    return array_type (pspec);
  if (G_IS_PARAM_SPEC_INT (pspec))
    return number_range ("int", G_PARAM_SPEC_INT (pspec)->minimum,
        G_PARAM_SPEC_INT (pspec)->maximum, G_MININT, G_MAXINT);
  if (G_IS_PARAM_SPEC_UINT (pspec))
    return number_range ("uint", G_PARAM_SPEC_UINT (pspec)->minimum,
        G_PARAM_SPEC_UINT (pspec)->maximum, 0, G_MAXUINT);
  if (G_IS_PARAM_SPEC_INT64 (pspec))
    return number_range ("int64", G_PARAM_SPEC_INT64 (pspec)->minimum,
        G_PARAM_SPEC_INT64 (pspec)->maximum, G_MININT64, G_MAXINT64);
  if (G_IS_PARAM_SPEC_UINT64 (pspec))
    return uint64_range (G_PARAM_SPEC_UINT64 (pspec));
  if (G_IS_PARAM_SPEC_DOUBLE (pspec))
    return double_range (G_PARAM_SPEC_DOUBLE (pspec));
  return g_strdup (type_name (G_PARAM_SPEC_VALUE_TYPE (pspec)));
}

static gchar *
describe_default (GParamSpec * pspec)
{
  const GValue *value = g_param_spec_get_default_value (pspec);
  g_autofree gchar *text = NULL;

  if (!(pspec->flags & G_PARAM_WRITABLE))
    return g_strdup ("");
  if (G_VALUE_HOLDS_STRING (value)) {
    const gchar *string = g_value_get_string (value);

    return string && *string ? g_strdup_printf ("`%s`", string) :
        g_strdup ("empty");
  }
  if (G_IS_PARAM_SPEC_ENUM (pspec)) {
    GEnumValue *entry = g_enum_get_value (G_PARAM_SPEC_ENUM (pspec)->enum_class,
        g_value_get_enum (value));

    return g_strdup_printf ("`%s`", entry ? entry->value_nick : "?");
  }
  if ((G_VALUE_HOLDS_BOXED (value) && !g_value_get_boxed (value)) ||
      (G_VALUE_HOLDS_OBJECT (value) && !g_value_get_object (value)) ||
      (GST_VALUE_HOLDS_ARRAY (value) && !gst_value_array_get_size (value)))
    return g_strdup ("none");
  text = gst_value_serialize (value);
  return text ? g_strdup_printf ("`%s`", text) : g_strdup ("none");
}

/* Until when a property may be set. */
static const gchar *
describe_access (GParamSpec * pspec)
{
  if (!(pspec->flags & G_PARAM_WRITABLE))
    return "read only";
  if (pspec->flags & G_PARAM_CONSTRUCT_ONLY)
    return "at creation";
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "PLAYING";
  if (pspec->flags & GST_PARAM_MUTABLE_PAUSED)
    return "PAUSED";
  if (pspec->flags & GST_PARAM_MUTABLE_READY)
    return "READY";
  return "unspecified";
}

static GPtrArray *
own_properties (GObject * object)
{
  g_autofree GParamSpec **all = NULL;
  GPtrArray *own = g_ptr_array_new ();
  guint i, n;

  all = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);
  for (i = 0; i < n; i++) {
    if (is_own_type (all[i]->owner_type))
      g_ptr_array_add (own, all[i]);
  }
  g_ptr_array_sort (own, compare_pspecs);
  return own;
}

static void
print_properties (GObject * object)
{
  g_autoptr (GPtrArray) own = own_properties (object);
  guint i;

  if (own->len == 0)
    return;
  g_print ("\n### Properties\n\n"
      "| property | type, values | default | may be set up to | what it is |\n"
      "|---|---|---|---|---|\n");
  for (i = 0; i < own->len; i++) {
    GParamSpec *pspec = g_ptr_array_index (own, i);
    g_autofree gchar *type = describe_type (pspec);
    g_autofree gchar *value = describe_default (pspec);
    g_autofree gchar *safe_value = cell (value);
    g_autofree gchar *blurb = cell (g_param_spec_get_blurb (pspec));

    g_print ("| `%s` | %s | %s | %s | %s |\n", pspec->name, type, safe_value,
        describe_access (pspec), blurb);
  }
}

static void
print_signal (guint id)
{
  GSignalQuery query;
  GString *arguments = g_string_new (NULL);
  guint i;

  g_signal_query (id, &query);
  for (i = 0; i < query.n_params; i++)
    g_string_append_printf (arguments, "%s%s", i ? ", " : "",
        type_name (query.param_types[i] & ~G_SIGNAL_TYPE_STATIC_SCOPE));
  g_print ("| `%s` | %s | %s | %s |\n", query.signal_name,
      query.signal_flags & G_SIGNAL_ACTION ? "action" : "signal",
      arguments->len ? arguments->str : "none",
      type_name (query.return_type & ~G_SIGNAL_TYPE_STATIC_SCOPE));
  g_string_free (arguments, TRUE);
}

static void
print_signals (GType type)
{
  gboolean first = TRUE;

  for (; is_own_type (type); type = g_type_parent (type)) {
    g_autofree guint *ids = NULL;
    guint i, n;

    ids = g_signal_list_ids (type, &n);
    if (n > 0 && first)
      g_print ("\n### Signals\n\n| signal | kind | arguments | returns |\n"
          "|---|---|---|---|\n");
    first = first && n == 0;
    for (i = 0; i < n; i++)
      print_signal (ids[i]);
  }
}

static void
print_pad_templates (GstElementFactory * factory)
{
  static const gchar *presences[] = { "always", "sometimes", "on request" };
  const GList *l = gst_element_factory_get_static_pad_templates (factory);

  if (!l)
    return;
  g_print
      ("\n### Pads\n\n| pad | direction | there | caps |\n|---|---|---|---|\n");
  for (; l; l = l->next) {
    GstStaticPadTemplate *template = l->data;
    g_autoptr (GstCaps) caps = gst_static_caps_get (&template->static_caps);
    g_autofree gchar *text = gst_caps_to_string (caps);
    g_autofree gchar *safe = cell (text);

    g_print ("| `%s` | %s | %s | `%s` |\n", template->name_template,
        template->direction == GST_PAD_SRC ? "src" : "sink",
        presences[template->presence], safe);
  }
}

/* The children a fresh bin has, by the names GstChildProxy knows. */
static void
print_children (GstElement * element)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  guint i, n;

  if (!GST_IS_CHILD_PROXY (element))
    return;
  n = gst_child_proxy_get_children_count (GST_CHILD_PROXY (element));
  for (i = 0; i < n; i++) {
    g_autoptr (GObject) child =
        gst_child_proxy_get_child_by_index (GST_CHILD_PROXY (element), i);
    g_autofree gchar *name = NULL;

    if (!child || !GST_IS_OBJECT (child))
      continue;
    name = gst_object_get_name (GST_OBJECT (child));
    g_ptr_array_add (names, g_strdup_printf ("| `%s` | %s |\n", name,
            G_OBJECT_TYPE_NAME (child)));
  }
  if (names->len == 0)
    return;
  g_ptr_array_sort (names, compare_names);
  g_print ("\n### Children of a fresh element\n\n| name | type |\n|---|---|\n");
  for (i = 0; i < names->len; i++)
    g_print ("%s", (const gchar *) g_ptr_array_index (names, i));
}

static void
print_interfaces (GType type)
{
  g_autofree GType *interfaces = NULL;
  GType parent_type = g_type_parent (type);
  guint i, n;

  while (is_own_type (parent_type))
    parent_type = g_type_parent (parent_type);
  g_print ("- Type: `%s`, a `%s`\n", g_type_name (type),
      g_type_name (parent_type));
  interfaces = g_type_interfaces (type, &n);
  for (i = 0; i < n; i++) {
    if (!g_type_is_a (parent_type, interfaces[i]))
      g_print ("- Interface: `%s`\n", g_type_name (interfaces[i]));
  }
}

static int
print_element (const gchar * name)
{
  g_autoptr (GstElementFactory) factory = gst_element_factory_find (name);
  g_autoptr (GstElement) element = NULL;

  if (!factory || !(element = gst_element_factory_create (factory, NULL))) {
    g_printerr ("call-docs: there is no element '%s'; is GST_PLUGIN_PATH set, "
        "as `meson devenv` does?\n", name);
    return 1;
  }
  gst_object_ref_sink (element);
  g_print ("%s.\n\n", gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_DESCRIPTION));
  g_print ("- Class: %s\n", gst_element_factory_get_metadata (factory,
          GST_ELEMENT_METADATA_KLASS));
  print_interfaces (G_OBJECT_TYPE (element));
  print_pad_templates (factory);
  print_properties (G_OBJECT (element));
  print_signals (G_OBJECT_TYPE (element));
  print_children (element);
  return 0;
}

static int
list_elements (void)
{
  GList *features =
      gst_registry_get_feature_list_by_plugin (gst_registry_get (),
      PLUGIN_NAME);
  g_autoptr (GPtrArray) names = g_ptr_array_new_with_free_func (g_free);
  GList *l;
  guint i;

  for (l = features; l; l = l->next) {
    if (GST_IS_ELEMENT_FACTORY (l->data))
      g_ptr_array_add (names, gst_object_get_name (l->data));
  }
  gst_plugin_feature_list_free (features);
  g_ptr_array_sort (names, compare_names);
  for (i = 0; i < names->len; i++)
    g_print ("%s\n", (const gchar *) g_ptr_array_index (names, i));
  return 0;
}

int
main (int argc, char **argv)
{
  int status;

  gst_init (&argc, &argv);
  if (argc != 2) {
    g_printerr ("usage: call-docs --list | ELEMENT\n");
    return 2;
  }
  status = strcmp (argv[1], "--list") == 0 ? list_elements () :
      print_element (argv[1]);
  gst_deinit ();
  return status;
}
