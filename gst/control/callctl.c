/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * callctl: asks and changes running pipelines that have a callcontrol. All
 * knowledge of elements is at the other end; this is words to requests, and
 * answers to text. docs/callctl.md is for people.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callctl-complete.h"
#include "callctl-print.h"

#include <locale.h>
#include <stdio.h>
#include <string.h>

#define DEFAULT_TIMEOUT 10
#define OBJECTION_MS 200        /* an element has to warn of what was set */

/* Exit statuses */
enum
{
  DONE,
  REFUSED,                      /* the pipeline said no, or nothing */
  NOT_ASKED,                    /* bad arguments, or nobody to ask */
};

typedef struct
{
  gchar *pipeline;
  gint wait;
  gint timeout;
  gboolean json;
  gboolean deep;
  gboolean now;
  gboolean complete;
  gboolean version;
  gchar **words;
} Options;

/* Returns status */
static gint
G_GNUC_PRINTF (2, 3)
fail (gint status, const gchar * format, ...)
{
  g_autofree gchar *text = NULL;
  va_list args;

  va_start (args, format);
  text = g_strdup_vprintf (format, args);
  va_end (args);
  g_printerr ("callctl: %s\n", text);
  return status;
}

/* --- nobody to ask --- */

static gint
tell_none (const Options * o, const GError * error)
{
  if (error)
    return fail (NOT_ASKED, "%s", error->message);
  if (o->pipeline)
    return fail (NOT_ASKED,
        "no pipeline \"%s\" is running; callctl alone lists " "those that are",
        o->pipeline);
  return fail (NOT_ASKED,
      "no pipeline with a callcontrol is running; put "
      "callcontrol in its line");
}

static gint
tell_several (GPtrArray * links)
{
  g_autoptr (GString) names = g_string_new (NULL);
  guint i;

  for (i = 0; i < links->len; i++)
    g_string_append_printf (names, "%s%s", i ? ", " : "",
        callctl_link_get_name (g_ptr_array_index (links, i)));
  return fail (NOT_ASKED, "several pipelines are running, choose one with "
      "--pipeline: %s", names->str);
}

/* --- commands --- */

/* Says what went wrong; the status for it */
static gint
tell_error (const GError * error)
{
  return fail (REFUSED, "%s", error->message);
}

static gint
list_all (const Options * o, GPtrArray * links)
{
  gint status = DONE;
  guint i;

  for (i = 0; i < links->len; i++) {
    CallctlLink *link = g_ptr_array_index (links, i);
    JsonObject *request = callctl_request ("list", NULL);
    g_autoptr (GError) error = NULL;
    g_autoptr (JsonObject) answer = NULL;

    json_object_set_boolean_member (request, "deep", o->deep);
    answer = callctl_link_ask (link, request, &error);
    if (!answer) {
      status = tell_error (error);
    } else if (o->json) {
      json_object_set_string_member (answer, "socket",
          callctl_link_get_name (link));
      json_object_set_object_member (answer, "hello",
          json_object_ref (callctl_link_get_hello (link)));
      callctl_print_json (answer);
    } else {
      callctl_print_elements (callctl_link_get_name (link),
          callctl_link_get_hello (link), answer);
    }
  }
  return status;
}

/* Takes request. print: how the answer is shown, or NULL */
static gint
ask (const Options * o, CallctlLink * link, JsonObject * request,
    void (*print) (JsonObject * answer))
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = callctl_link_ask (link, request, &error);

  if (!answer)
    return tell_error (error);
  if (o->json)
    callctl_print_json (answer);
  else if (print)
    print (answer);
  return DONE;
}

static gint
describe (const Options * o, CallctlLink * link, const gchar * element)
{
  JsonObject *request = callctl_request ("describe", element);

  json_object_set_boolean_member (request, "values", TRUE);
  return ask (o, link, request, callctl_print_description);
}

static void
print_notes (JsonObject * answer)
{
  JsonArray *notes = json_object_get_array_member (answer, "notes");
  guint i;

  for (i = 0; i < json_array_get_length (notes); i++)
    g_printerr ("callctl: %s\n", json_array_get_string_element (notes, i));
}

/* TRUE: an element that is watched has warned. Devices are opened after the
 * property was set; what cannot be known by then is told by `watch`. */
static gboolean
tell_objection (CallctlLink * link)
{
  gint64 end = g_get_monotonic_time () + OBJECTION_MS * 1000, left;

  while ((left = (end - g_get_monotonic_time ()) / 1000) > 0) {
    g_autoptr (JsonObject) event = callctl_link_wait (link, left, NULL);
    const gchar *type = event ?
        json_object_get_string_member_with_default (event, "type", "") : "";

    if (strcmp (type, "warning") == 0 || strcmp (type, "error") == 0) {
      fail (REFUSED, "%s", json_object_get_string_member_with_default (event,
              "text", type));
      return TRUE;
    }
    if (!event)
      return FALSE;
  }
  return FALSE;
}

/* Takes request. Listens first, so that no warning is missed. */
static gint
set_and_listen (const Options * o, CallctlLink * link, const gchar * element,
    JsonObject * request)
{
  g_autoptr (JsonObject) watching =
      callctl_link_ask (link, callctl_request ("watch", element), NULL);
  gint status = ask (o, link, request, print_notes);

  if (status == DONE && watching && tell_objection (link))
    status = REFUSED;
  return status;
}

static gint
set (const Options * o, CallctlLink * link, const gchar * element,
    gchar ** words)
{
  JsonObject *request = callctl_request ("set", element);
  JsonObject *properties = json_object_new ();

  json_object_set_object_member (request, "properties", properties);
  for (; *words; words++) {
    const gchar *value = strchr (*words, '=');
    g_autofree gchar *name = NULL;

    if (!value) {
      json_object_unref (request);
      return fail (NOT_ASKED, "\"%s\" has no value: give PROPERTY=VALUE",
          *words);
    }
    name = g_strndup (*words, value - *words);
    json_object_set_string_member (properties, name, value + 1);
  }
  return set_and_listen (o, link, element, request);
}

static void
print_value (JsonObject * answer)
{
  if (json_object_has_member (answer, "value"))
    callctl_print_value (json_object_get_member (answer, "value"));
}

static gint
emit (const Options * o, CallctlLink * link, const gchar * element,
    gchar ** words)
{
  JsonObject *request = callctl_request ("emit", element);
  JsonArray *arguments = json_array_new ();

  json_object_set_string_member (request, "signal", *words++);
  json_object_set_array_member (request, "arguments", arguments);
  for (; *words; words++)
    json_array_add_string_element (arguments, *words);
  return ask (o, link, request, print_value);
}

/* ELEMENT WORD…: a property to read, or an action */
static gint
get_or_emit (const Options * o, CallctlLink * link, const gchar * element,
    gchar ** words)
{
  JsonObject *request = callctl_request ("get", element);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = NULL;

  json_object_set_string_member (request, "property", words[0]);
  answer = callctl_link_ask (link, request, &error);
  if (!answer && !callctl_link_was (link, "no-such-property"))
    return tell_error (error);
  if (answer && words[1])
    return fail (NOT_ASKED, "\"%s\" is a property: one is printed, several are "
        "set with PROPERTY=VALUE", words[0]);
  if (answer && o->json)
    callctl_print_json (answer);
  else if (answer)
    print_value (answer);
  if (answer)
    return DONE;
  /* no property: what it lacks is told of properties, unless it has actions */
  request = callctl_request ("describe", element);
  answer = callctl_link_ask (link, request, NULL);
  if (answer && json_array_get_length (json_object_get_array_member (answer,
              "actions")) == 0)
    return tell_error (error);
  return emit (o, link, element, words);
}

/* --- watch --- */

static gint
watch (const Options * o, CallctlLink * link, gchar ** words)
{
  JsonObject *request = callctl_request ("watch", words[0]);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = NULL;

  if (words[0] && words[1])
    json_object_set_string_member (request, "property", words[1]);
  answer = callctl_link_ask (link, request, &error);
  while (answer) {
    json_object_unref (answer);
    answer = callctl_link_wait (link, 0, &error);
    if (answer && o->json)
      callctl_print_json (answer);
    else if (answer)
      callctl_print_event (answer);
  }
  if (!g_error_matches (error, CALLCTL_ERROR, CALLCTL_ERROR_LOST))
    return tell_error (error);
  g_printerr ("callctl: %s has ended, or we were too slow for it\n",
      callctl_link_get_name (link));
  return DONE;
}

/* --- for several elements at once --- */

/* "mute", or else "enabled", if it is a boolean that can be set; or NULL */
static const gchar *
find_switch (JsonObject * description)
{
  static const gchar *names[] = { "mute", "enabled" };
  JsonArray *properties =
      json_object_get_array_member (description, "properties");
  guint i, j;

  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    for (j = 0; j < json_array_get_length (properties); j++) {
      JsonObject *property = json_array_get_object_element (properties, j);

      if (strcmp (json_object_get_string_member (property, "name"),
              names[i]) == 0
          && json_object_get_boolean_member (property, "writable")
          && strcmp (json_object_get_string_member (property, "type"),
              "boolean") == 0)
        return names[i];
    }
  }
  return NULL;
}

static gint
mute_element (const Options * o, CallctlLink * link, const gchar * element,
    gboolean mute)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) description = callctl_link_ask (link,
      callctl_request ("describe", element), &error);
  const gchar *name = description ? find_switch (description) : NULL;
  g_autofree gchar *word = NULL;

  if (!description)
    return tell_error (error);
  if (!name)
    return fail (REFUSED, "%s has no property mute or enabled", element);
  word = g_strdup_printf ("%s=%s", name,
      mute == (strcmp (name, "mute") == 0) ? "true" : "false");
  return set (o, link, element, (gchar *[]) {
      word, NULL}
  );
}

static gboolean
has_action (CallctlLink * link, const gchar * element, const gchar * name)
{
  g_autoptr (JsonObject) description = callctl_link_ask (link,
      callctl_request ("describe", element), NULL);
  JsonArray *actions = description ?
      json_object_get_array_member (description, "actions") : NULL;
  guint i;

  for (i = 0; actions && i < json_array_get_length (actions); i++) {
    if (strcmp (json_object_get_string_member (json_array_get_object_element
                (actions, i), "name"), name) == 0)
      return TRUE;
  }
  return FALSE;
}

/* (transfer full) (nullable): elements of the line made by this factory, or that
 * have this action */
static gchar **
find_elements (CallctlLink * link, const gchar * factory, const gchar * action,
    GError ** error)
{
  g_autoptr (JsonObject) answer = callctl_link_ask (link,
      callctl_request ("list", NULL), error);
  GPtrArray *names = g_ptr_array_new ();
  JsonArray *elements;
  guint i;

  if (!answer) {
    g_ptr_array_unref (names);
    return NULL;
  }
  elements = json_object_get_array_member (answer, "elements");
  for (i = 0; i < json_array_get_length (elements); i++) {
    JsonObject *element = json_array_get_object_element (elements, i);
    const gchar *name = json_object_get_string_member (element, "name");

    if (factory ? strcmp (factory, json_object_get_string_member (element,
                "factory")) == 0 : has_action (link, name, action))
      g_ptr_array_add (names, g_strdup (name));
  }
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}

static gint
mute (const Options * o, CallctlLink * link, gchar ** words)
{
  gboolean is_mute = strcmp (*words++, "mute") == 0;
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) found = NULL;
  gint status = DONE;

  if (!*words) {
    found = find_elements (link, "callaudiosrc", NULL, &error);
    if (!found)
      return tell_error (error);
    words = found;
  }
  if (!*words)
    return fail (REFUSED,
        "there is no callaudiosrc; name an element that has a "
        "property mute or enabled");
  for (; *words && status == DONE; words++)
    status = mute_element (o, link, *words, is_mute);
  return status;
}

static gint
hang_up (const Options * o, CallctlLink * link)
{
  g_autoptr (GError) error = NULL;
  g_auto (GStrv) found = find_elements (link, NULL, "hang-up", &error);
  gint status = DONE;
  guint i;

  if (!found)
    return tell_error (error);
  if (!*found)
    return fail (REFUSED,
        "there is no call: no element has the action hang-up");
  for (i = 0; found[i] && status == DONE; i++)
    status = emit (o, link, found[i], (gchar *[]) {
        (gchar *) "hang-up", NULL}
  );
  return status;
}

static gint
quit (const Options * o, CallctlLink * link)
{
  JsonObject *request = callctl_request ("eos", NULL);
  g_autoptr (GError) error = NULL;
  g_autoptr (JsonObject) answer = NULL;

  json_object_set_boolean_member (request, "now", o->now);
  answer = callctl_link_ask (link, request, &error);
  /* its last word is the end of the connection */
  while (answer) {
    json_object_unref (answer);
    answer = callctl_link_wait (link, o->timeout * 1000, &error);
  }
  if (g_error_matches (error, CALLCTL_ERROR, CALLCTL_ERROR_LOST))
    return DONE;
  if (g_error_matches (error, CALLCTL_ERROR, CALLCTL_ERROR_TIMEOUT))
    return fail (REFUSED, "%s was told that the stream ends, but has not ended "
        "within %d s; quit --now does not wait for the stream",
        callctl_link_get_name (link), o->timeout);
  return tell_error (error);
}

static void
print_dot (JsonObject * answer)
{
  g_print ("%s\n", json_object_get_string_member_with_default (answer, "dot",
          ""));
}

static gint
run (const Options * o, CallctlLink * link, gchar ** words)
{
  if (strcmp (words[0], "watch") == 0)
    return watch (o, link, words + 1);
  if (strcmp (words[0], "dot") == 0)
    return ask (o, link, callctl_request ("dot", words[1]), print_dot);
  if (strcmp (words[0], "mute") == 0 || strcmp (words[0], "unmute") == 0)
    return mute (o, link, words);
  if (strcmp (words[0], "hang-up") == 0)
    return hang_up (o, link);
  if (strcmp (words[0], "quit") == 0)
    return quit (o, link);
  if (!words[1])
    return describe (o, link, words[0]);
  if (strchr (words[1], '='))
    return set (o, link, words[0], words + 1);
  return get_or_emit (o, link, words[0], words + 1);
}

/* --- program --- */

#define SUMMARY \
    "Asks and changes a running pipeline that has a callcontrol in its line.\n" \
    "\n" \
    "  callctl                        running pipelines and their elements\n" \
    "  callctl ELEMENT                what can be set, and what it is now\n" \
    "  callctl ELEMENT PROPERTY       print one\n" \
    "  callctl ELEMENT PROPERTY=VALUE…  set, all of them or none\n" \
    "  callctl ELEMENT ACTION [ARGUMENT…]  emit an action signal\n" \
    "  callctl watch [ELEMENT [PROPERTY]]  follow changes and messages\n" \
    "  callctl mute|unmute [ELEMENT…]  the microphone, or what is named\n" \
    "  callctl hang-up                leave the call\n" \
    "  callctl dot [ELEMENT]          the graph, for Graphviz\n" \
    "  callctl quit                   end the stream, and so the program"

/* *INDENT-OFF* */
static gboolean
parse_options (Options * o, gint * argc, gchar *** argv, GError ** error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (
      "[ELEMENT [PROPERTY | PROPERTY=VALUE… | ACTION [ARGUMENT…]]]");
  const GOptionEntry entries[] = {
    {"pipeline", 'p', 0, G_OPTION_ARG_STRING, &o->pipeline,
        "Which pipeline, where several are running; or the path of its socket",
        "NAME"},
    {"wait", 'w', 0, G_OPTION_ARG_INT, &o->wait,
        "Wait so long for the pipeline to be there (0)", "S"},
    {"timeout", 't', 0, G_OPTION_ARG_INT, &o->timeout,
        "Wait so long for each answer (10)", "S"},
    {"json", 'j', 0, G_OPTION_ARG_NONE, &o->json,
        "Print what the pipeline answers, a line of JSON each", NULL},
    {"deep", 'd', 0, G_OPTION_ARG_NONE, &o->deep,
        "List what is inside of elements, too", NULL},
    {"now", 0, 0, G_OPTION_ARG_NONE, &o->now,
        "With quit: do not wait for the end of the stream", NULL},
    {"complete", 0, G_OPTION_FLAG_HIDDEN, G_OPTION_ARG_NONE, &o->complete,
        NULL, NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &o->version,
        "Print the version and exit", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->words, NULL,
        NULL},
    {NULL}
  };

  g_option_context_set_summary (context, SUMMARY);
  g_option_context_set_description (context,
      "Exit status: 0 done; 1 the pipeline refused; 2 it was not asked.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (o->wait >= 0 && o->timeout > 0)
    return TRUE;
  g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
      "--wait and --timeout are seconds");
  return FALSE;
}
/* *INDENT-ON* */

static gint
run_all (const Options * o)
{
  static gchar *none[] = { NULL };
  gchar **words = o->words ? o->words : none;
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) links = callctl_link_open_all (o->pipeline, o->wait,
      o->timeout, &error);

  if (o->complete) {
    callctl_complete (links, words);
    return DONE;
  }
  if (links->len == 0)
    return tell_none (o, error);
  if (!words[0])
    return list_all (o, links);
  if (links->len > 1)
    return tell_several (links);
  return run (o, g_ptr_array_index (links, 0), words);
}

gint
main (gint argc, gchar ** argv)
{
  Options options = { NULL, 0, DEFAULT_TIMEOUT };
  g_autoptr (GError) error = NULL;
  gint status = DONE;

  setlocale (LC_ALL, "");
  setvbuf (stdout, NULL, _IOLBF, 0);
  if (!parse_options (&options, &argc, &argv, &error))
    status = fail (NOT_ASKED, "%s; see --help", error->message);
  else if (options.version)
    g_print ("callctl %s\n", VERSION);
  else
    status = run_all (&options);
  g_free (options.pipeline);
  g_strfreev (options.words);
  return status;
}
