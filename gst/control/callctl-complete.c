/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What bash offers behind callctl. Whatever goes wrong, nothing is offered.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "callctl-complete.h"

#include <string.h>

const gchar *const callctl_commands[] = { "dot", "hang-up", "mute", "quit",
  "unmute", "watch", NULL
};

static void
offer (const gchar * typed, const gchar * before, const gchar * word,
    const gchar * after)
{
  g_autofree gchar *whole = g_strconcat (before, word, after, NULL);

  if (g_str_has_prefix (whole, typed))
    g_print ("%s\n", whole);
}

/* array: of strings, or of objects with a member of that name */
static void
offer_array (const gchar * typed, const gchar * before, JsonArray * array,
    const gchar * member)
{
  guint i;

  for (i = 0; i < json_array_get_length (array); i++)
    offer (typed, before, member ?
        json_object_get_string_member_with_default
        (json_array_get_object_element (array, i), member, "") :
        json_array_get_string_element (array, i), "");
}

static void
offer_elements (GPtrArray * links, const gchar * typed)
{
  guint i;

  for (i = 0; i < links->len; i++) {
    g_autoptr (JsonObject) answer =
        callctl_link_ask (g_ptr_array_index (links, i),
        callctl_request ("list", NULL), NULL);

    if (answer)
      offer_array (typed, "", json_object_get_array_member (answer,
              "elements"), "name");
  }
}

/* Devices have ids that nobody remembers. */
static void
offer_devices (CallctlLink * link, const gchar * typed, const gchar * element)
{
  JsonObject *request = callctl_request ("get", element);
  g_autoptr (JsonObject) answer = NULL;

  json_object_set_string_member (request, "property", "devices");
  answer = callctl_link_ask (link, request, NULL);
  if (answer && JSON_NODE_HOLDS_ARRAY (json_object_get_member (answer,
              "value")))
    offer_array (typed, "device-id=", json_object_get_array_member (answer,
            "value"), "deviceId");
}

static void
offer_values (CallctlLink * link, const gchar * typed, const gchar * element,
    JsonObject * property)
{
  const gchar *name = json_object_get_string_member (property, "name");
  g_autofree gchar *before = g_strconcat (name, "=", NULL);

  if (!g_str_has_prefix (typed, before))
    return;
  if (json_object_has_member (property, "values"))
    offer_array (typed, before, json_object_get_array_member (property,
            "values"), NULL);
  if (strcmp (json_object_get_string_member (property, "type"), "boolean") == 0) {
    offer (typed, before, "true", "");
    offer (typed, before, "false", "");
  }
  if (strcmp (name, "device-id") == 0)
    offer_devices (link, typed, element);
}

static void
offer_properties (CallctlLink * link, const gchar * typed,
    const gchar * element, JsonArray * properties, gboolean only_set)
{
  gboolean has_value = strchr (typed, '=') != NULL;
  guint i;

  for (i = 0; i < json_array_get_length (properties); i++) {
    JsonObject *property = json_array_get_object_element (properties, i);
    const gchar *name = json_object_get_string_member (property, "name");
    gboolean writable = json_object_get_boolean_member (property, "writable");

    if (has_value)
      offer_values (link, typed, element, property);
    else if (writable)
      offer (typed, "", name, "=");
    else if (!only_set)
      offer (typed, "", name, "");
  }
}

/* Behind ELEMENT */
static void
offer_of_element (GPtrArray * links, const gchar * typed,
    const gchar * element, gboolean first)
{
  guint i;

  for (i = 0; i < links->len; i++) {
    CallctlLink *link = g_ptr_array_index (links, i);
    g_autoptr (JsonObject) answer =
        callctl_link_ask (link, callctl_request ("describe", element), NULL);

    if (!answer)
      continue;
    offer_properties (link, typed, element, json_object_get_array_member
        (answer, "properties"), !first);
    if (first)
      offer_array (typed, "", json_object_get_array_member (answer, "actions"),
          "name");
  }
}

void
callctl_complete (GPtrArray * links, gchar ** words)
{
  guint n = g_strv_length (words), i;
  const gchar *typed = n ? words[n - 1] : "";

  if (n > 1 && !g_strv_contains (callctl_commands, words[0])) {
    offer_of_element (links, typed, words[0], n == 2);
    return;
  }
  if (n > 1 && (strcmp (words[0], "quit") == 0
          || strcmp (words[0], "hang-up") == 0))
    return;
  offer_elements (links, typed);
  for (i = 0; n <= 1 && callctl_commands[i]; i++)
    offer (typed, "", callctl_commands[i], "");
}
