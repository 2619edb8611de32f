/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What leaves is bounded: MAX_DEPTH levels, MAX_ITEMS entries, MAX_TEXT bytes
 * of one string.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcontrolvalue.h"

#include <math.h>
#include <string.h>

#define MAX_DEPTH 16
#define MAX_ITEMS 10000
#define MAX_TEXT (1 << 20)
#define MAX_INTEGER G_GINT64_CONSTANT (999999999999999999)
#define MAX_NAMED 40            /* values that an error lists */

/* --- out --- */

gchar *
gst_call_control_to_line (JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree gchar *text = NULL;

  json_node_init_object (node, object);
  text = json_to_string (node, FALSE);
  return g_strconcat (text, "\n", NULL);
}

JsonNode *
gst_call_control_string_to_json (const gchar * text)
{
  g_autofree gchar *valid = NULL;
  JsonNode *node = json_node_alloc ();

  if (!text)
    return json_node_init_null (node);
  valid = g_utf8_make_valid (text, strnlen (text, MAX_TEXT));
  return json_node_init_string (node, valid);
}

static JsonNode *
double_to_json (gdouble value)
{
  JsonNode *node = json_node_alloc ();

  /* JSON has no word for these */
  if (isnan (value) || isinf (value))
    return json_node_init_string (node, isnan (value) ? "nan" :
        value > 0 ? "inf" : "-inf");
  return json_node_init_double (node, value);
}

static JsonNode *
enum_to_json (const GValue * value)
{
  g_autoptr (GEnumClass) klass = g_type_class_ref (G_VALUE_TYPE (value));
  GEnumValue *entry = g_enum_get_value (klass, g_value_get_enum (value));
  JsonNode *node = json_node_alloc ();

  return entry ? json_node_init_string (node, entry->value_nick) :
      json_node_init_int (node, g_value_get_enum (value));
}

static JsonNode *
object_to_json (GObject * object)
{
  g_autofree gchar *name = NULL;

  if (GST_IS_OBJECT (object))
    name = gst_object_get_name (GST_OBJECT (object));
  return gst_call_control_string_to_json (!object || name ? name :
      G_OBJECT_TYPE_NAME (object));
}

static JsonNode *
other_to_json (const GValue * value)
{
  g_autofree gchar *text = NULL;

  if (G_VALUE_HOLDS_OBJECT (value))
    return object_to_json (g_value_get_object (value));
  if (G_VALUE_HOLDS_BOXED (value) && !g_value_get_boxed (value))
    return gst_call_control_string_to_json (NULL);
  if (GST_VALUE_HOLDS_CAPS (value))
    text = gst_caps_to_string (gst_value_get_caps (value));
  else if (GST_VALUE_HOLDS_SAMPLE (value)
      && gst_sample_get_caps (gst_value_get_sample (value)))
    text = gst_caps_to_string (gst_sample_get_caps (gst_value_get_sample
            (value)));
  else if (!GST_VALUE_HOLDS_BUFFER (value) && !GST_VALUE_HOLDS_SAMPLE (value))
    text = gst_value_serialize (value);
  return gst_call_control_string_to_json (text ? text :
      G_VALUE_TYPE_NAME (value));
}

static JsonNode *
number_to_json (const GValue * value)
{
  GValue whole = G_VALUE_INIT;
  g_autofree gchar *text = NULL;
  JsonNode *node;

  g_value_init (&whole, G_TYPE_INT64);
  if (!g_value_transform (value, &whole))
    return other_to_json (value);
  /* not every reader of JSON knows greater ones */
  if ((G_VALUE_HOLDS_UINT64 (value)
          && g_value_get_uint64 (value) > MAX_INTEGER)
      || g_value_get_int64 (&whole) > MAX_INTEGER
      || g_value_get_int64 (&whole) < -MAX_INTEGER) {
    text = gst_value_serialize (value);
    return gst_call_control_string_to_json (text);
  }
  node = json_node_alloc ();
  return json_node_init_int (node, g_value_get_int64 (&whole));
}

/* cycle: values hold structures and arrays, which hold values */
static JsonNode *to_json (const GValue * value, guint depth);

typedef struct
{
  JsonObject *object;
  guint depth;
} Fields;

static gboolean
add_field (GQuark id, const GValue * value, gpointer data)
{
  Fields *fields = data;

  json_object_set_member (fields->object, g_quark_to_string (id),
      to_json (value, fields->depth));
  return TRUE;
}

static JsonNode *
structure_to_json (const GstStructure * structure, guint depth)
{
  Fields fields = { json_object_new (), depth + 1 };
  JsonNode *node = json_node_alloc ();

  gst_structure_foreach (structure, add_field, &fields);
  json_node_init_object (node, fields.object);
  json_object_unref (fields.object);
  return node;
}

static JsonNode *
list_to_json (const GValue * value, guint depth)
{
  gboolean is_array = GST_VALUE_HOLDS_ARRAY (value);
  guint n = is_array ? gst_value_array_get_size (value) :
      gst_value_list_get_size (value);
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_alloc ();
  guint i;

  for (i = 0; i < MIN (n, MAX_ITEMS); i++)
    json_array_add_element (array, to_json (is_array ?
            gst_value_array_get_value (value, i) :
            gst_value_list_get_value (value, i), depth + 1));
  json_node_init_array (node, array);
  json_array_unref (array);
  return node;
}

/* GValueArray, which old elements such as level still have */
static JsonNode *
value_array_to_json (const GValue * value, guint depth)
{
  GValue array = G_VALUE_INIT;
  JsonNode *node;

  g_value_init (&array, GST_TYPE_ARRAY);
  if (g_value_transform (value, &array))
    node = list_to_json (&array, depth);
  else
    node = other_to_json (value);
  g_value_unset (&array);
  return node;
}

static JsonNode *
to_json (const GValue * value, guint depth)
{
  JsonNode *node;

  if (depth >= MAX_DEPTH)
    return gst_call_control_string_to_json ("…");
  if (G_VALUE_HOLDS_BOOLEAN (value)) {
    node = json_node_alloc ();
    return json_node_init_boolean (node, g_value_get_boolean (value));
  }
  if (G_VALUE_HOLDS_STRING (value))
    return gst_call_control_string_to_json (g_value_get_string (value));
  if (G_VALUE_HOLDS_DOUBLE (value))
    return double_to_json (g_value_get_double (value));
  if (G_VALUE_HOLDS_FLOAT (value))
    return double_to_json (g_value_get_float (value));
  if (G_VALUE_HOLDS_ENUM (value))
    return enum_to_json (value);
  if (GST_VALUE_HOLDS_STRUCTURE (value) && gst_value_get_structure (value))
    return structure_to_json (gst_value_get_structure (value), depth);
  if (GST_VALUE_HOLDS_ARRAY (value) || GST_VALUE_HOLDS_LIST (value))
    return list_to_json (value, depth);
  if (G_VALUE_HOLDS (value, g_type_from_name ("GValueArray")))
    return value_array_to_json (value, depth);
  if (G_VALUE_HOLDS_INT (value) || G_VALUE_HOLDS_UINT (value)
      || G_VALUE_HOLDS_INT64 (value) || G_VALUE_HOLDS_UINT64 (value)
      || G_VALUE_HOLDS_LONG (value) || G_VALUE_HOLDS_ULONG (value)
      || G_VALUE_HOLDS_UCHAR (value) || G_VALUE_HOLDS_CHAR (value))
    return number_to_json (value);
  return other_to_json (value);
}

JsonNode *
gst_call_control_value_to_json (const GValue * value)
{
  return to_json (value, 0);
}

JsonNode *
gst_call_control_structure_to_json (const GstStructure * structure)
{
  return structure_to_json (structure, 0);
}

/* --- what a property is --- */

const gchar *
gst_call_control_type_name (GType type)
{
  switch (type) {
    case G_TYPE_STRING:
      return "string";
    case G_TYPE_BOOLEAN:
      return "boolean";
    case G_TYPE_INT:
      return "int";
    case G_TYPE_UINT:
      return "uint";
    case G_TYPE_INT64:
      return "int64";
    case G_TYPE_UINT64:
      return "uint64";
    case G_TYPE_FLOAT:
      return "float";
    case G_TYPE_DOUBLE:
      return "double";
    case G_TYPE_NONE:
      return "nothing";
    default:
      return g_type_name (type);
  }
}

static void
append_name (GString * text, guint i, const gchar * nick)
{
  if (i < MAX_NAMED)
    g_string_append_printf (text, "%s%s", i ? ", " : "", nick);
  else if (i == MAX_NAMED)
    g_string_append (text, ", …");
}

/* FALSE: not a type with a least and a greatest value */
static gboolean
get_range (GParamSpec * pspec, GValue * min, GValue * max)
{
  g_value_init (min, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_value_init (max, G_PARAM_SPEC_VALUE_TYPE (pspec));
#define RANGE(IS, SPEC, set) \
  if (IS (pspec)) { \
    g_value_set_##set (min, SPEC (pspec)->minimum); \
    g_value_set_##set (max, SPEC (pspec)->maximum); \
    return TRUE; \
  }
  /* *INDENT-OFF* */
  RANGE (G_IS_PARAM_SPEC_INT, G_PARAM_SPEC_INT, int)
  RANGE (G_IS_PARAM_SPEC_UINT, G_PARAM_SPEC_UINT, uint)
  RANGE (G_IS_PARAM_SPEC_INT64, G_PARAM_SPEC_INT64, int64)
  RANGE (G_IS_PARAM_SPEC_UINT64, G_PARAM_SPEC_UINT64, uint64)
  RANGE (G_IS_PARAM_SPEC_LONG, G_PARAM_SPEC_LONG, long)
  RANGE (G_IS_PARAM_SPEC_ULONG, G_PARAM_SPEC_ULONG, ulong)
  RANGE (G_IS_PARAM_SPEC_FLOAT, G_PARAM_SPEC_FLOAT, float)
  RANGE (G_IS_PARAM_SPEC_DOUBLE, G_PARAM_SPEC_DOUBLE, double)
  /* *INDENT-ON* */
#undef RANGE
  if (GST_IS_PARAM_SPEC_FRACTION (pspec)) {
    GstParamSpecFraction *fraction = GST_PARAM_SPEC_FRACTION (pspec);

    gst_value_set_fraction (min, fraction->min_num, fraction->min_den);
    gst_value_set_fraction (max, fraction->max_num, fraction->max_den);
    return TRUE;
  }
  g_value_unset (min);
  g_value_unset (max);
  return FALSE;
}

/* (transfer full) (nullable): nicks of an enum or of flags */
static JsonArray *
get_nicks (GParamSpec * pspec)
{
  JsonArray *nicks = NULL;
  guint i;

  if (G_IS_PARAM_SPEC_ENUM (pspec)) {
    GEnumClass *klass = G_PARAM_SPEC_ENUM (pspec)->enum_class;

    nicks = json_array_new ();
    for (i = 0; i < klass->n_values; i++)
      json_array_add_string_element (nicks, klass->values[i].value_nick);
  } else if (G_IS_PARAM_SPEC_FLAGS (pspec)) {
    GFlagsClass *klass = G_PARAM_SPEC_FLAGS (pspec)->flags_class;

    nicks = json_array_new ();
    for (i = 0; i < klass->n_values; i++)
      json_array_add_string_element (nicks, klass->values[i].value_nick);
  }
  return nicks;
}

static const gchar *
get_kind (GParamSpec * pspec)
{
  if (G_IS_PARAM_SPEC_ENUM (pspec))
    return "enum";
  if (G_IS_PARAM_SPEC_FLAGS (pspec))
    return "flags";
  return gst_call_control_type_name (G_PARAM_SPEC_VALUE_TYPE (pspec));
}

gchar *
gst_call_control_describe_type (GParamSpec * pspec)
{
  g_autoptr (JsonArray) nicks = get_nicks (pspec);
  GValue min = G_VALUE_INIT, max = G_VALUE_INIT;
  GString *text = g_string_new (NULL);
  guint i;

  if (nicks) {
    g_string_append (text, G_IS_PARAM_SPEC_ENUM (pspec) ? "one of " :
        "any of these, joined by +: ");
    for (i = 0; i < json_array_get_length (nicks); i++)
      append_name (text, i, json_array_get_string_element (nicks, i));
  } else if (get_range (pspec, &min, &max)) {
    g_autofree gchar *least = gst_value_serialize (&min);
    g_autofree gchar *greatest = gst_value_serialize (&max);

    g_string_append_printf (text, "%s, %s to %s", get_kind (pspec), least,
        greatest);
    g_value_unset (&min);
    g_value_unset (&max);
  } else if (G_IS_PARAM_SPEC_BOOLEAN (pspec)) {
    g_string_append (text, "true or false");
  } else {
    g_string_append (text, get_kind (pspec));
  }
  return g_string_free (text, FALSE);
}

/* Until when it may be set */
static const gchar *
get_mutable (GParamSpec * pspec)
{
  if (pspec->flags & G_PARAM_CONSTRUCT_ONLY)
    return "created";
  if (pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    return "playing";
  if (pspec->flags & GST_PARAM_MUTABLE_PAUSED)
    return "paused";
  if (pspec->flags & GST_PARAM_MUTABLE_READY)
    return "ready";
  return NULL;
}

JsonObject *
gst_call_control_describe_property (GParamSpec * pspec)
{
  JsonObject *object = json_object_new ();
  JsonArray *nicks = get_nicks (pspec);
  GValue min = G_VALUE_INIT, max = G_VALUE_INIT;
  gboolean writable = (pspec->flags & G_PARAM_WRITABLE)
      && !(pspec->flags & G_PARAM_CONSTRUCT_ONLY);

  json_object_set_string_member (object, "name", pspec->name);
  json_object_set_string_member (object, "type", get_kind (pspec));
  if (nicks)
    json_object_set_array_member (object, "values", nicks);
  if (get_range (pspec, &min, &max)) {
    json_object_set_member (object, "minimum", to_json (&min, 0));
    json_object_set_member (object, "maximum", to_json (&max, 0));
    g_value_unset (&min);
    g_value_unset (&max);
  }
  json_object_set_boolean_member (object, "readable",
      (pspec->flags & G_PARAM_READABLE) != 0);
  json_object_set_boolean_member (object, "writable", writable);
  if (writable && get_mutable (pspec))
    json_object_set_string_member (object, "mutable", get_mutable (pspec));
  if (writable)
    json_object_set_member (object, "default",
        to_json (g_param_spec_get_default_value (pspec), 0));
  json_object_set_member (object, "blurb",
      gst_call_control_string_to_json (g_param_spec_get_blurb (pspec)));
  return object;
}

/* --- in --- */

/* As words of gst-launch; NULL: null. (transfer full) */
static gchar *
json_to_text (JsonNode * node)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  switch (json_node_get_value_type (node)) {
    case G_TYPE_STRING:
      return json_node_dup_string (node);
    case G_TYPE_BOOLEAN:
      return g_strdup (json_node_get_boolean (node) ? "true" : "false");
    case G_TYPE_INT64:
      return g_strdup_printf ("%" G_GINT64_FORMAT, json_node_get_int (node));
    case G_TYPE_DOUBLE:
      return g_strdup (g_ascii_dtostr (number, sizeof number,
              json_node_get_double (node)));
    default:
      return JSON_NODE_HOLDS_NULL (node) ? NULL : json_to_string (node, FALSE);
  }
}

static gboolean
parse_text (const gchar * text, GType type, GParamSpec * pspec, GValue * value)
{
  g_value_init (value, type);
  /* no line of gst-launch can give NULL for anything else: elements are not
   * ready for it (tee's alloc-pad) */
  if (!text)
    return G_VALUE_HOLDS_STRING (value);
  /* any string is one, also one that begins with a quotation mark */
  if (type == G_TYPE_STRING) {
    g_value_set_string (value, text);
    return TRUE;
  }
  if (pspec)
    return gst_value_deserialize_with_pspec (value, text, pspec);
  return gst_value_deserialize (value, text);
}

/* g_object_set () would change what is out of range without a word */
static gboolean
is_in_range (GParamSpec * pspec, const GValue * value)
{
  GValue copy = G_VALUE_INIT;
  gboolean changed;

  g_value_init (&copy, G_VALUE_TYPE (value));
  g_value_copy (value, &copy);
  changed = g_param_value_validate (pspec, &copy)
      && gst_value_compare (value, &copy) != GST_VALUE_EQUAL;
  g_value_unset (&copy);
  return !changed;
}

gboolean
gst_call_control_value_from_json (JsonNode * node, GType type,
    GParamSpec * pspec, GValue * value, gchar ** problem)
{
  g_autofree gchar *text = json_to_text (node);
  g_autofree gchar *shown = g_utf8_substring (text ? text : "null", 0,
      MIN (80, g_utf8_strlen (text ? text : "null", -1)));
  g_autofree gchar *wanted = pspec ? gst_call_control_describe_type (pspec) :
      g_strdup (gst_call_control_type_name (type));
  gboolean is_container = !JSON_NODE_HOLDS_VALUE (node)
      && !JSON_NODE_HOLDS_NULL (node);

  if ((!is_container || type == G_TYPE_STRING)
      && parse_text (text, type, pspec, value)) {
    if (!pspec || is_in_range (pspec, value))
      return TRUE;
  }
  *problem = g_strdup_printf ("\"%s\" does not fit; wanted: %s", shown, wanted);
  if (G_IS_VALUE (value))
    g_value_unset (value);
  return FALSE;
}
