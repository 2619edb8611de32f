/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callctl-print.h"

#include <string.h>

#define MAX_VALUE 40            /* characters of a value in a table */
#define NAME_WIDTH 24

static const gchar *
get_text (JsonObject * object, const gchar * name)
{
  const gchar *text =
      json_object_get_string_member_with_default (object, name, "");

  return text ? text : "";
}

/* Control characters would reach the terminal. (transfer full) */
static gchar *
make_safe (const gchar * text)
{
  GString *safe = g_string_new (NULL);

  for (; *text; text = g_utf8_next_char (text)) {
    gunichar c = g_utf8_get_char (text);

    if (g_unichar_iscntrl (c))
      g_string_append_printf (safe, "\\x%02x", c);
    else
      g_string_append_unichar (safe, c);
  }
  return g_string_free (safe, FALSE);
}

/* (transfer full): on one line */
static gchar *
to_text (JsonNode * value)
{
  if (!value || JSON_NODE_HOLDS_NULL (value))
    return g_strdup ("");
  if (json_node_get_value_type (value) == G_TYPE_STRING)
    return make_safe (json_node_get_string (value));
  if (json_node_get_value_type (value) == G_TYPE_DOUBLE)
    return g_strdup_printf ("%.10g", json_node_get_double (value));
  return json_to_string (value, FALSE);
}

void
callctl_print_json (JsonObject * object)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree gchar *text = NULL;

  json_node_init_object (node, object);
  text = json_to_string (node, FALSE);
  g_print ("%s\n", text);
}

void
callctl_print_value (JsonNode * value)
{
  g_autofree gchar *text = NULL;

  if (JSON_NODE_HOLDS_OBJECT (value) || JSON_NODE_HOLDS_ARRAY (value))
    text = json_to_string (value, TRUE);
  else
    text = to_text (value);
  g_print ("%s\n", text);
}

void
callctl_print_elements (const gchar * name, JsonObject * hello,
    JsonObject * answer)
{
  JsonObject *pipeline = json_object_get_object_member (answer, "pipeline");
  JsonArray *elements = json_object_get_array_member (answer, "elements");
  guint i;

  g_print ("%s  %s, pid %" G_GINT64_FORMAT ", %s\n", name, get_text (hello,
          "program"), json_object_get_int_member_with_default (hello, "pid",
          0), get_text (pipeline, "state"));
  for (i = 0; i < json_array_get_length (elements); i++) {
    JsonObject *element = json_array_get_object_element (elements, i);

    g_print ("  %-*s %s\n", NAME_WIDTH, get_text (element, "name"),
        get_text (element, "factory"));
  }
}

/* "int, 0 to 100", "one of a, b". (transfer full) */
static gchar *
describe_type (JsonObject * property)
{
  JsonNode *values = json_object_get_member (property, "values");
  GString *text = g_string_new (NULL);
  guint i;

  if (values) {
    JsonArray *nicks = json_node_get_array (values);

    for (i = 0; i < json_array_get_length (nicks); i++)
      g_string_append_printf (text, "%s%s", i ? "|" : "",
          json_array_get_string_element (nicks, i));
  } else {
    g_string_append (text, get_text (property, "type"));
  }
  if (json_object_has_member (property, "minimum")) {
    g_autofree gchar *min = to_text (json_object_get_member (property,
            "minimum"));
    g_autofree gchar *max = to_text (json_object_get_member (property,
            "maximum"));

    g_string_append_printf (text, " %s to %s", min, max);
  }
  return g_string_free (text, FALSE);
}

static void
shorten (gchar * text)
{
  if (g_utf8_strlen (text, -1) > MAX_VALUE)
    strcpy (g_utf8_offset_to_pointer (text, MAX_VALUE - 2), "…");
}

static void
print_property (JsonObject * property)
{
  JsonNode *value = json_object_get_member (property, "value");
  g_autofree gchar *text = to_text (value);
  g_autofree gchar *type = describe_type (property);
  gboolean is_text = value && json_node_get_value_type (value) == G_TYPE_STRING;

  shorten (text);
  if (json_object_get_boolean_member_with_default (property, "writable", FALSE))
    g_print ("  %s=%s%s%s  (%s)\n", get_text (property, "name"),
        is_text ? "\"" : "", text, is_text ? "\"" : "", type);
  else
    g_print ("  %s: %s  (%s, read only)\n", get_text (property, "name"), text,
        type);
  g_print ("      %s\n", get_text (property, "blurb"));
}

static void
print_properties (JsonArray * properties, gboolean writable)
{
  guint i;

  for (i = 0; i < json_array_get_length (properties); i++) {
    JsonObject *property = json_array_get_object_element (properties, i);

    if (json_object_get_boolean_member_with_default (property, "writable",
            FALSE) == writable)
      print_property (property);
  }
}

void
callctl_print_description (JsonObject * answer)
{
  JsonObject *element = json_object_get_object_member (answer, "element");
  JsonArray *actions = json_object_get_array_member (answer, "actions");
  JsonArray *children = json_object_get_array_member (answer, "children");
  guint i, j;

  g_print ("%s  %s, %s\n", get_text (element, "name"), get_text (element,
          "factory"), get_text (element, "state"));
  print_properties (json_object_get_array_member (answer, "properties"), TRUE);
  print_properties (json_object_get_array_member (answer, "properties"), FALSE);
  for (i = 0; i < json_array_get_length (actions); i++) {
    JsonObject *action = json_array_get_object_element (actions, i);
    JsonArray *arguments = json_object_get_array_member (action, "arguments");

    g_print ("  action %s", get_text (action, "name"));
    for (j = 0; j < json_array_get_length (arguments); j++)
      g_print (" <%s>", json_array_get_string_element (arguments, j));
    g_print ("\n");
  }
  for (i = 0; i < json_array_get_length (children); i++)
    g_print ("  child %s::…\n", json_array_get_string_element (children, i));
}

static void
print_fields (JsonObject * fields)
{
  JsonObjectIter iter;
  const gchar *name;
  JsonNode *value;

  json_object_iter_init (&iter, fields);
  while (json_object_iter_next (&iter, &name, &value)) {
    g_autofree gchar *text = to_text (value);

    g_print (" %s=%s", name, text);
  }
}

static void
print_message (JsonObject * event, const gchar * element)
{
  JsonNode *fields = json_object_get_member (event, "fields");
  const gchar *type = get_text (event, "type");
  g_autofree gchar *text = make_safe (get_text (event, "text"));

  g_print ("%s %s", element, strcmp (type, "element") == 0 ?
      get_text (event, "name") : type);
  if (*text)
    g_print (": %s", text);
  if (fields && JSON_NODE_HOLDS_OBJECT (fields))
    print_fields (json_node_get_object (fields));
  g_print ("\n");
}

void
callctl_print_event (JsonObject * event)
{
  const gchar *kind = get_text (event, "event");
  const gchar *element = get_text (event, "element");

  if (*element == '\0')
    element = ".";
  if (strcmp (kind, "property") == 0) {
    g_autofree gchar *text = to_text (json_object_get_member (event, "value"));

    g_print ("%s %s=%s\n", element, get_text (event, "property"), text);
  } else if (strcmp (kind, "message") == 0) {
    print_message (event, element);
  } else if (strcmp (kind, "lost") == 0) {
    g_print (". %" G_GINT64_FORMAT " events lost\n",
        json_object_get_int_member_with_default (event, "count", 0));
  }
}
