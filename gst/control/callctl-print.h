/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callctl shows to people. Pure functions to standard output.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* One line of JSON, as it came */
void callctl_print_json (JsonObject * object);

/* A value alone: text as it is, structures over several lines */
void callctl_print_value (JsonNode * value);

/* Answer to list, under the pipeline's name */
void callctl_print_elements (const gchar * name, JsonObject * hello,
    JsonObject * answer);

/* Answer to describe */
void callctl_print_description (JsonObject * answer);

/* An event, on one line */
void callctl_print_event (JsonObject * event);

G_END_DECLS
