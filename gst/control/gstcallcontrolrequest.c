/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One function a command, and the table of them at the end. Nothing here has a
 * state; whatever an element does when it is asked happens in this thread.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-json.h"
#include "gstcallcontroldescribe.h"
#include "gstcallcontrolfind.h"
#include "gstcallcontrolrequest.h"
#include "gstcallcontrolvalue.h"

#include <string.h>

#define MAX_LISTED 2000         /* elements in one answer */
#define MAX_ARGUMENTS 16

typedef struct
{
  GstElement *top;
  JsonObject *in;
  JsonObject *out;
  guint number;
  GstCallControlWanted *wanted;
} Request;

typedef struct
{
  const gchar *name;
  void (*run) (Request * r);
} Command;

void
gst_call_control_wanted_clear (GstCallControlWanted * wanted)
{
  gst_clear_object (&wanted->element);
  g_clear_pointer (&wanted->property, g_free);
}

/* --- answers --- */

static void
G_GNUC_PRINTF (3, 4)
fail (Request * r, const gchar * code, const gchar * format, ...)
{
  JsonObject *error = json_object_new ();
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  json_object_set_string_member (error, "code", code);
  json_object_set_member (error, "text",
      gst_call_control_string_to_json (text));
  json_object_set_object_member (r->out, "error", error);
}

static gboolean
has_failed (Request * r)
{
  return json_object_has_member (r->out, "error");
}

gchar *
gst_call_control_error_line (const gchar * code, const gchar * text)
{
  g_autoptr (JsonObject) out = json_object_new ();
  Request r = { NULL, NULL, out, 0, NULL };

  fail (&r, code, "%s", text);
  return gst_call_control_to_line (out);
}

/* --- what is asked for --- */

static const gchar *
get_string (Request * r, const gchar * name)
{
  JsonNode *node = json_object_get_member (r->in, name);

  if (!node || json_node_get_value_type (node) != G_TYPE_STRING)
    return NULL;
  return json_node_get_string (node);
}

static gboolean
get_flag (Request * r, const gchar * name)
{
  JsonNode *node = json_object_get_member (r->in, name);

  return node && json_node_get_value_type (node) == G_TYPE_BOOLEAN
      && json_node_get_boolean (node);
}

/* (transfer full) (nullable): "element"; the pipeline if none is named */
static GstElement *
get_element (Request * r)
{
  const gchar *name = get_string (r, "element");
  g_autofree gchar *near = NULL;
  GstElement *element;

  if (!name || *name == '\0' || g_str_equal (name, "."))
    return gst_object_ref (r->top);
  element = gst_call_control_find_element (r->top, name);
  if (element)
    return element;
  near = gst_call_control_near_elements (r->top, name);
  fail (r, "no-such-element", "There is no element \"%.200s\". %s", name, near);
  return NULL;
}

/* FALSE: no such property. target: (transfer full), a child perhaps */
static gboolean
get_property (Request * r, GstElement * element, const gchar * name,
    GObject ** target, GParamSpec ** pspec)
{
  g_autofree gchar *near = NULL;

  if (gst_call_control_find_property (element, name, target, pspec))
    return TRUE;
  near = gst_call_control_near_properties (element, name);
  fail (r, "no-such-property", "%s has no property \"%.200s\". %s",
      GST_OBJECT_NAME (element), name, near);
  return FALSE;
}

/* --- list, describe --- */

static void
do_list (Request * r)
{
  g_autoptr (GstElement) element = get_element (r);
  g_autoptr (GPtrArray) found = NULL;
  JsonArray *elements;
  guint i;

  if (!element)
    return;
  found = gst_call_control_get_elements (element, get_flag (r, "deep"),
      MAX_LISTED);
  elements = json_array_new ();
  for (i = 0; i < found->len; i++)
    json_array_add_object_element (elements,
        gst_call_control_describe_element (g_ptr_array_index (found, i),
            GST_OBJECT (r->top)));
  json_object_set_object_member (r->out, "pipeline",
      gst_call_control_describe_element (r->top, NULL));
  json_object_set_array_member (r->out, "elements", elements);
}

static void
do_describe (Request * r)
{
  g_autoptr (GstElement) element = get_element (r);

  if (!element)
    return;
  json_object_set_object_member (r->out, "element",
      gst_call_control_describe_element (element, GST_OBJECT (r->top)));
  json_object_set_array_member (r->out, "properties",
      gst_call_control_describe_properties (G_OBJECT (element), get_flag (r,
              "values")));
  json_object_set_array_member (r->out, "actions",
      gst_call_control_describe_actions (G_OBJECT_TYPE (element)));
  json_object_set_array_member (r->out, "children",
      gst_call_control_describe_children (element));
}

/* --- get, set --- */

static void
do_get (Request * r)
{
  g_autoptr (GstElement) element = get_element (r);
  const gchar *name = get_string (r, "property");
  g_autoptr (GObject) target = NULL;
  GParamSpec *pspec;

  if (!element)
    return;
  if (!name)
    fail (r, "bad-request", "get needs \"property\", a string");
  else if (!get_property (r, element, name, &target, &pspec))
    return;
  else if (!(pspec->flags & G_PARAM_READABLE))
    fail (r, "not-readable", "%s of %s can only be set", name,
        GST_OBJECT_NAME (element));
  else
    json_object_set_member (r->out, "value",
        gst_call_control_read_property (target, pspec));
}

typedef struct
{
  gchar *name;
  GObject *target;
  GParamSpec *pspec;
  GValue value;
} Setting;

static void
setting_free (Setting * setting)
{
  g_free (setting->name);
  g_clear_object (&setting->target);
  if (G_IS_VALUE (&setting->value))
    g_value_unset (&setting->value);
  g_free (setting);
}

/* (transfer full) (nullable): what is to be set, checked */
static Setting *
prepare (Request * r, GstElement * element, const gchar * name, JsonNode * node)
{
  Setting *s = g_new0 (Setting, 1);
  const gchar *owner = GST_OBJECT_NAME (element);
  g_autofree gchar *problem = NULL;

  s->name = g_strdup (name);
  if (!get_property (r, element, name, &s->target, &s->pspec)) {
    /* told */
  } else if (!(s->pspec->flags & G_PARAM_WRITABLE)) {
    fail (r, "read-only", "%s of %s is read only", name, owner);
  } else if (s->pspec->flags & G_PARAM_CONSTRUCT_ONLY) {
    fail (r, "read-only", "%s of %s can only be set when it is created", name,
        owner);
  } else if (!gst_call_control_value_from_json (node,
          G_PARAM_SPEC_VALUE_TYPE (s->pspec), s->pspec, &s->value, &problem)) {
    fail (r, "bad-value", "%s of %s: %s", name, owner, problem);
  } else {
    return s;
  }
  setting_free (s);
  return NULL;
}

static gboolean
is_too_late (Setting * s)
{
  GstState state = GST_IS_ELEMENT (s->target) ?
      GST_STATE (s->target) : GST_STATE_NULL;

  if (s->pspec->flags & GST_PARAM_MUTABLE_PLAYING)
    return FALSE;
  if (s->pspec->flags & GST_PARAM_MUTABLE_PAUSED)
    return state > GST_STATE_PAUSED;
  return (s->pspec->flags & GST_PARAM_MUTABLE_READY) && state > GST_STATE_READY;
}

/* What the client should know although it was set */
static void
set_and_tell (Setting * s, JsonObject * values, JsonArray * notes)
{
  gboolean readable = (s->pspec->flags & G_PARAM_READABLE) != 0;
  GValue now = G_VALUE_INIT;
  g_autofree gchar *note = NULL;

  g_object_set_property (s->target, s->pspec->name, &s->value);
  if (is_too_late (s))
    note = g_strdup_printf ("%s is looked at when the element starts: it may "
        "do nothing now", s->name);
  if (readable) {
    g_value_init (&now, G_PARAM_SPEC_VALUE_TYPE (s->pspec));
    g_object_get_property (s->target, s->pspec->name, &now);
    json_object_set_member (values, s->name,
        gst_call_control_value_to_json (&now));
    if (!note && gst_value_can_compare (&now, &s->value)
        && gst_value_compare (&now, &s->value) != GST_VALUE_EQUAL)
      note = g_strdup_printf ("the element has not taken this %s: its value is "
          "another one", s->name);
    g_value_unset (&now);
  }
  if (note)
    json_array_add_string_element (notes, note);
}

static void
do_set (Request * r)
{
  g_autoptr (GstElement) element = get_element (r);
  g_autoptr (GPtrArray) settings =
      g_ptr_array_new_with_free_func ((GDestroyNotify) setting_free);
  JsonNode *node = json_object_get_member (r->in, "properties");
  g_autoptr (GList) names = NULL;
  JsonObject *values;
  JsonArray *notes;
  GList *l;
  guint i;

  if (!element)
    return;
  if (!node || !JSON_NODE_HOLDS_OBJECT (node)) {
    fail (r, "bad-request", "set needs \"properties\", an object");
    return;
  }
  /* all or none: nothing is set before everything is understood */
  names = json_object_get_members (json_node_get_object (node));
  for (l = names; l && !has_failed (r); l = l->next) {
    Setting *s = prepare (r, element, l->data,
        json_object_get_member (json_node_get_object (node), l->data));

    if (s)
      g_ptr_array_add (settings, s);
  }
  if (has_failed (r))
    return;
  values = json_object_new ();
  notes = json_array_new ();
  for (i = 0; i < settings->len; i++)
    set_and_tell (g_ptr_array_index (settings, i), values, notes);
  json_object_set_object_member (r->out, "values", values);
  json_object_set_array_member (r->out, "notes", notes);
}

/* --- emit --- */

static gchar *
signature (const GSignalQuery * query)
{
  GString *text = g_string_new (query->signal_name);
  guint i;

  for (i = 0; i < query->n_params; i++)
    g_string_append_printf (text, " <%s>",
        gst_call_control_type_name (gst_call_control_argument_type (query, i)));
  return g_string_free (text, FALSE);
}

/* values[0] is the element already; n of them are initialised in the end */
static gboolean
read_arguments (Request * r, const GSignalQuery * query, JsonArray * given,
    GValue * values, guint * n)
{
  guint n_given = given ? json_array_get_length (given) : 0, i;
  g_autofree gchar *wanted = signature (query);

  if (n_given != query->n_params || n_given > MAX_ARGUMENTS) {
    fail (r, "bad-arguments", "%u arguments given, %u wanted: %s", n_given,
        query->n_params, wanted);
    return FALSE;
  }
  for (i = 0; i < n_given; i++) {
    g_autofree gchar *problem = NULL;

    if (!gst_call_control_value_from_json (json_array_get_element (given, i),
            gst_call_control_argument_type (query, i), NULL, &values[i + 1],
            &problem)) {
      fail (r, "bad-arguments", "argument %u of %s: %s", i + 1, wanted,
          problem);
      return FALSE;
    }
    (*n)++;
  }
  return TRUE;
}

static void
emit (Request * r, GstElement * element, const GSignalQuery * query)
{
  JsonNode *given = json_object_get_member (r->in, "arguments");
  GValue values[MAX_ARGUMENTS + 1] = { G_VALUE_INIT };
  GValue result = G_VALUE_INIT;
  GType returns = query->return_type & ~G_SIGNAL_TYPE_STATIC_SCOPE;
  guint n = 1, i;

  g_value_init (&values[0], G_OBJECT_TYPE (element));
  g_value_set_object (&values[0], element);
  if (read_arguments (r, query, given && JSON_NODE_HOLDS_ARRAY (given) ?
          json_node_get_array (given) : NULL, values, &n)) {
    if (returns != G_TYPE_NONE)
      g_value_init (&result, returns);
    g_signal_emitv (values, query->signal_id, 0, &result);
    if (returns != G_TYPE_NONE) {
      json_object_set_member (r->out, "value",
          gst_call_control_value_to_json (&result));
      g_value_unset (&result);
    }
  }
  for (i = 0; i < n; i++)
    g_value_unset (&values[i]);
}

static void
do_emit (Request * r)
{
  g_autoptr (GstElement) element = get_element (r);
  const gchar *name = get_string (r, "signal");
  g_autofree gchar *near = NULL;
  GSignalQuery query = { 0 };
  guint id;

  if (!element)
    return;
  if (!name) {
    fail (r, "bad-request", "emit needs \"signal\", a string");
    return;
  }
  id = g_signal_lookup (name, G_OBJECT_TYPE (element));
  if (id)
    g_signal_query (id, &query);
  if (id && (query.signal_flags & G_SIGNAL_ACTION)) {
    emit (r, element, &query);
    return;
  }
  near = gst_call_control_near_actions (element, name);
  fail (r, "no-such-action", "%s has no action \"%.200s\". %s",
      GST_OBJECT_NAME (element), name, near);
}

/* --- the rest --- */

static void
do_dot (Request * r)
{
  g_autoptr (GstElement) element = get_element (r);
  g_autofree gchar *dot = NULL;

  if (!element)
    return;
  if (!GST_IS_BIN (element)) {
    fail (r, "bad-request", "%s has nothing inside to draw",
        GST_OBJECT_NAME (element));
    return;
  }
  dot = gst_debug_bin_to_dot_data (GST_BIN (element), GST_DEBUG_GRAPH_SHOW_ALL);
  json_object_set_member (r->out, "dot", gst_call_control_string_to_json (dot));
}

/* The event lets files be finished; the message ends what does not end by it. */
static void
do_eos (Request * r)
{
  if (get_flag (r, "now"))
    gst_element_post_message (r->top, gst_message_new_eos (GST_OBJECT
            (r->top)));
  else if (!gst_element_send_event (r->top, gst_event_new_eos ()))
    fail (r, "failed", "no source took the end of the stream; \"now\": true "
        "tells the application alone");
}

static void
do_watch (Request * r)
{
  GstElement *element = get_element (r);
  const gchar *property = get_string (r, "property");
  g_autoptr (GObject) target = NULL;
  GParamSpec *pspec;

  if (!element)
    return;
  r->wanted->element = element;
  r->wanted->property = g_strdup (property);
  if (r->number == 0)
    fail (r, "too-many-watches", "this connection watches enough");
  else if (!property || get_property (r, element, property, &target, &pspec))
    json_object_set_int_member (r->out, "watch", r->number);
  if (has_failed (r))
    gst_call_control_wanted_clear (r->wanted);
}

static const Command commands[] = {
  {"list", do_list},
  {"describe", do_describe},
  {"get", do_get},
  {"set", do_set},
  {"emit", do_emit},
  {"watch", do_watch},
  {"dot", do_dot},
  {"eos", do_eos},
};

static void
run_command (Request * r)
{
  const gchar *name = get_string (r, "do");
  guint i;

  for (i = 0; i < G_N_ELEMENTS (commands); i++) {
    if (g_strcmp0 (commands[i].name, name) == 0) {
      commands[i].run (r);
      return;
    }
  }
  if (name)
    fail (r, "unknown-command", "\"%.80s\" is no command; list, describe, get, "
        "set, emit, watch, dot and eos are", name);
  else
    fail (r, "bad-request", "\"do\", a string, is missing");
}

/* (transfer full) (nullable) */
static JsonNode *
parse (Request * r, const gchar * line, gsize length)
{
  g_autoptr (JsonParser) parser = json_parser_new_immutable ();

  switch (call_json_check (line, length, GST_CALL_CONTROL_MAX_LINE,
          GST_CALL_CONTROL_MAX_DEPTH)) {
    case CALL_JSON_OK:
      if (json_parser_load_from_data (parser, line, length, NULL)
          && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser)))
        return json_node_ref (json_parser_get_root (parser));
      break;
    case CALL_JSON_TOO_DEEP:
      fail (r, "too-deep", "at most %d levels", GST_CALL_CONTROL_MAX_DEPTH);
      return NULL;
    default:
      break;
  }
  fail (r, "bad-request", "not a JSON object on one line");
  return NULL;
}

gchar *
gst_call_control_request_run (GstElement * inside, const gchar * line,
    gsize length, guint number, GstCallControlWanted * wanted)
{
  g_autoptr (GstElement) top = gst_call_control_get_top (inside);
  g_autoptr (JsonObject) out = json_object_new ();
  Request r = { top, NULL, out, number, wanted };
  g_autoptr (JsonNode) root = parse (&r, line, length);
  JsonNode *id = NULL;
  gchar *answer;

  if (root) {
    r.in = json_node_get_object (root);
    id = json_object_get_member (r.in, "id");
    if (id && JSON_NODE_HOLDS_VALUE (id))
      json_object_set_member (out, "id", json_node_copy (id));
    run_command (&r);
  }
  answer = gst_call_control_to_line (out);
  if (strlen (answer) <= GST_CALL_CONTROL_MAX_REPLY)
    return answer;
  g_free (answer);
  return gst_call_control_error_line ("too-large", "the answer is too large");
}
