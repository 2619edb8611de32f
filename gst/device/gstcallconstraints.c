/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The JSON text of MediaTrackConstraints.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallconstraints.h"

#include "call-json.h"

#include <json-glib/json-glib.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define MAX_LOCATED 64          /* objects and lists in a bad text */

static const gchar *const names[GST_CALL_N_CONSTRAINTS] = {
  "width", "height", "aspectRatio", "frameRate", "sampleRate", "channelCount",
  "echoCancellation", "noiseSuppression", "autoGainControl", "facingMode",
  "deviceId", "groupId"
};

static const struct
{
  const gchar *name;
  GstCallConstraintFlags flag;
} keys[] = {
  {"min", GST_CALL_MIN}, {"max", GST_CALL_MAX}, {"exact", GST_CALL_EXACT},
  {"ideal", GST_CALL_IDEAL}
};

/* Where in the text the parser is, for errors */
typedef struct
{
  gint set;                     /* -1: the basic set */
  GstCallConstraintId id;
  const gchar *key;             /* NULL: bare */
  GError **error;
} Place;

const gchar *
gst_call_constraint_name (GstCallConstraintId id)
{
  return names[id];
}

static gboolean
fail_at (const Place * place, const gchar * what)
{
  g_autofree gchar *set = place->set < 0 ? g_strdup ("") :
      g_strdup_printf ("advanced[%d].", place->set);

  g_set_error (place->error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "constraints: %s%s%s%s: %s.", set, names[place->id],
      place->key ? "." : "", place->key ? place->key : "", what);
  return FALSE;
}

static void
fail (GError ** error, const gchar * what)
{
  g_set_error (error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_SETTINGS,
      "constraints: %s. An example: {\"width\":{\"ideal\":1280}}.", what);
}

/* --- values --- */

static gboolean
read_number (JsonNode * node, gdouble * number, const Place * place)
{
  GType type = JSON_NODE_HOLDS_VALUE (node) ?
      json_node_get_value_type (node) : G_TYPE_INVALID;

  if (GST_CALL_IS_BOOLEAN (place->id)) {
    if (type != G_TYPE_BOOLEAN)
      return fail_at (place, "true or false is expected");
    *number = json_node_get_boolean (node);
    return TRUE;
  }
  if (type != G_TYPE_INT64 && type != G_TYPE_DOUBLE)
    return fail_at (place, "a number is expected");
  *number = json_node_get_double (node);
  if (!isfinite (*number) || *number < 0)
    return fail_at (place, "a number that is not negative is expected");
  return TRUE;
}

static gboolean
is_string (JsonNode * node)
{
  return JSON_NODE_HOLDS_VALUE (node)
      && json_node_get_value_type (node) == G_TYPE_STRING;
}

/* A string, or a list of them */
static gboolean
read_names (JsonNode * node, gchar *** list, const Place * place)
{
  JsonArray *array;
  guint i, n;

  if (is_string (node)) {
    *list = g_new0 (gchar *, 2);
    (*list)[0] = json_node_dup_string (node);
    return TRUE;
  }
  if (!JSON_NODE_HOLDS_ARRAY (node))
    return fail_at (place, "a string, or a list of strings, is expected");
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  if (n > GST_CALL_CONSTRAINTS_MAX_NAMES)
    return fail_at (place, "at most "
        G_STRINGIFY (GST_CALL_CONSTRAINTS_MAX_NAMES) " strings are allowed");
  *list = g_new0 (gchar *, n + 1);
  for (i = 0; i < n; i++) {
    if (!is_string (json_array_get_element (array, i)))
      return fail_at (place, "only strings may be in the list");
    (*list)[i] = json_node_dup_string (json_array_get_element (array, i));
  }
  return TRUE;
}

static gboolean
read_value (JsonNode * node, GstCallConstraint * to,
    GstCallConstraintFlags flag, const Place * place)
{
  gboolean range = flag == GST_CALL_MIN || flag == GST_CALL_MAX;

  if (range && place->id >= GST_CALL_ECHO_CANCELLATION)
    return fail_at (place, "only exact and ideal are possible here");
  if (to->has & flag)
    return fail_at (place, "it is there twice");
  to->has |= flag;
  if (GST_CALL_IS_STRING (place->id))
    return read_names (node, flag == GST_CALL_EXACT ? &to->exact_names :
        &to->ideal_names, place);
  return read_number (node, flag == GST_CALL_MIN ? &to->min :
      flag == GST_CALL_MAX ? &to->max : flag == GST_CALL_EXACT ? &to->exact :
      &to->ideal, place);
}

/* An empty list asks for nothing. */
static void
drop_empty (GstCallConstraint * constraint)
{
  if (constraint->exact_names && !constraint->exact_names[0])
    constraint->has &= ~GST_CALL_EXACT;
  if (constraint->ideal_names && !constraint->ideal_names[0])
    constraint->has &= ~GST_CALL_IDEAL;
}

static gboolean
read_constraint (JsonNode * node, GstCallConstraint * to, Place * place)
{
  JsonObject *object;
  guint i;

  place->key = NULL;
  if (!JSON_NODE_HOLDS_OBJECT (node)) {
    if (!read_value (node, to, place->set < 0 ? GST_CALL_IDEAL :
            GST_CALL_EXACT, place))
      return FALSE;
    drop_empty (to);
    return TRUE;
  }
  object = json_node_get_object (node);
  for (i = 0; i < G_N_ELEMENTS (keys); i++) {
    place->key = keys[i].name;
    if (json_object_has_member (object, keys[i].name)
        && !read_value (json_object_get_member (object, keys[i].name), to,
            keys[i].flag, place))
      return FALSE;
  }
  drop_empty (to);
  return TRUE;
}

/* --- sets --- */

static void
clear_set (gpointer data)
{
  GstCallConstraintSet *set = data;
  guint i;

  for (i = 0; i < GST_CALL_N_CONSTRAINTS; i++) {
    g_strfreev (set->members[i].exact_names);
    g_strfreev (set->members[i].ideal_names);
  }
}

static gboolean
read_set (JsonObject * object, GstCallConstraintSet * set, gint number,
    GError ** error)
{
  Place place = { number, 0, NULL, error };
  guint i;

  for (i = 0; i < GST_CALL_N_CONSTRAINTS; i++) {
    place.id = i;
    if (json_object_has_member (object, names[i])
        && !read_constraint (json_object_get_member (object, names[i]),
            &set->members[i], &place))
      return FALSE;
  }
  return TRUE;
}

static gboolean
read_advanced (JsonNode * node, GArray * sets, GError ** error)
{
  JsonArray *array;
  guint i, n;

  if (!JSON_NODE_HOLDS_ARRAY (node)) {
    fail (error, "advanced: a list of objects is expected");
    return FALSE;
  }
  array = json_node_get_array (node);
  n = json_array_get_length (array);
  if (n > GST_CALL_CONSTRAINTS_MAX_SETS) {
    fail (error, "advanced: at most "
        G_STRINGIFY (GST_CALL_CONSTRAINTS_MAX_SETS) " sets are allowed");
    return FALSE;
  }
  for (i = 0; i < n; i++) {
    JsonNode *element = json_array_get_element (array, i);

    if (!JSON_NODE_HOLDS_OBJECT (element)) {
      fail (error, "advanced: only objects may be in the list");
      return FALSE;
    }
    g_array_set_size (sets, i + 1);     /* zeroes the new one */
    if (!read_set (json_node_get_object (element),
            &g_array_index (sets, GstCallConstraintSet, i), i, error))
      return FALSE;
  }
  return TRUE;
}

/* --- the text --- */

/* What json-glib says of a text that has been refused. It recurses, so it gets
 * no text that is nested deeply behind the mistake. */
static gchar *
locate (const gchar * text)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  g_autoptr (GError) error = NULL;
  guint line = 1, character = 1, nested = 0;
  const gchar *p, *what;

  for (p = text; *p; p++)
    nested += *p == '{' || *p == '[';
  if (nested > MAX_LOCATED || !g_utf8_validate (text, -1, NULL)
      || json_parser_load_from_data (parser, text, -1, &error)
      || sscanf (error->message, "<data>:%u:%u", &line, &character) != 2)
    return g_strdup ("this is not JSON (RFC 8259)");
  what = strstr (error->message, ": ");
  return g_strdup_printf ("line %u, character %u: this is not JSON (%s)", line,
      character, what ? what + 2 : "");
}

static JsonNode *
parse_json (const gchar * text, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();
  CallJsonResult result = call_json_check (text, strlen (text),
      GST_CALL_CONSTRAINTS_MAX_SIZE, GST_CALL_CONSTRAINTS_MAX_DEPTH);
  g_autofree gchar *where = NULL;

  if (result == CALL_JSON_TOO_LARGE) {
    fail (error, "the text is longer than "
        G_STRINGIFY (GST_CALL_CONSTRAINTS_MAX_SIZE) " bytes");
    return NULL;
  }
  if (result == CALL_JSON_TOO_DEEP) {
    fail (error, "more than " G_STRINGIFY (GST_CALL_CONSTRAINTS_MAX_DEPTH)
        " objects and lists are in each other");
    return NULL;
  }
  if (result == CALL_JSON_OK && json_parser_load_from_data (parser, text, -1,
          NULL))
    return json_parser_steal_root (parser);
  where = locate (text);
  fail (error, where);
  return NULL;
}

GstCallConstraints *
gst_call_constraints_parse (const gchar * text, GError ** error)
{
  g_autoptr (GstCallConstraints) constraints = g_new0 (GstCallConstraints, 1);
  g_autoptr (JsonNode) root = NULL;
  JsonObject *object;

  g_atomic_ref_count_init (&constraints->refs);
  constraints->advanced =
      g_array_new (FALSE, TRUE, sizeof (GstCallConstraintSet));
  g_array_set_clear_func (constraints->advanced, clear_set);
  if (!text || !*text)
    return g_steal_pointer (&constraints);
  root = parse_json (text, error);
  if (!root)
    return NULL;
  if (!JSON_NODE_HOLDS_OBJECT (root)) {
    fail (error, "an object is expected");
    return NULL;
  }
  object = json_node_get_object (root);
  if (!read_set (object, &constraints->basic, -1, error))
    return NULL;
  if (json_object_has_member (object, "advanced")
      && !read_advanced (json_object_get_member (object, "advanced"),
          constraints->advanced, error))
    return NULL;
  return g_steal_pointer (&constraints);
}

GstCallConstraints *
gst_call_constraints_ref (GstCallConstraints * constraints)
{
  g_atomic_ref_count_inc (&constraints->refs);
  return constraints;
}

void
gst_call_constraints_unref (GstCallConstraints * constraints)
{
  if (!g_atomic_ref_count_dec (&constraints->refs))
    return;
  clear_set (&constraints->basic);
  g_array_unref (constraints->advanced);
  g_free (constraints);
}

gboolean
gst_call_constraints_mention (const GstCallConstraints * constraints,
    GstCallConstraintId id)
{
  guint i;

  for (i = 0; i < constraints->advanced->len; i++) {
    if (g_array_index (constraints->advanced, GstCallConstraintSet,
            i).members[id].has)
      return TRUE;
  }
  return constraints->basic.members[id].has != 0;
}
