/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GValue and GParamSpec as JSON and back. Pure functions, any thread.
 */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* Booleans, numbers and strings as such; enums by nick; structures as objects,
 * arrays as arrays; an object is its name; what remains as gst-launch writes it.
 * Never NULL. (transfer full) */
JsonNode *gst_call_control_value_to_json (const GValue * value);

/* The fields, without the structure's name. (transfer full) */
JsonNode *gst_call_control_structure_to_json (const GstStructure * structure);

/* Strings as they are, made valid UTF-8 */
JsonNode *gst_call_control_string_to_json (const gchar * text);

/* value: not initialised; holds what gst-launch would make of the text (numbers
 * and booleans are read as their text; null is no string; arrays and objects are
 * JSON text, for strings). pspec may be NULL.
 * FALSE: problem says what is wrong and what would be right. */
gboolean gst_call_control_value_from_json (JsonNode * node, GType type,
    GParamSpec * pspec, GValue * value, gchar ** problem);

/* "int, 0 to 100", "one of smpte, snow" */
gchar *gst_call_control_describe_type (GParamSpec * pspec);

/* The object and a line feed. (transfer full) */
gchar *gst_call_control_to_line (JsonObject * object);

/* What a client is told about a property, except its value: name, type,
 * minimum, maximum, values, default, readable, writable, mutable, blurb */
JsonObject *gst_call_control_describe_property (GParamSpec * pspec);

/* "string", "int", …, or the name of the type */
const gchar *gst_call_control_type_name (GType type);

G_END_DECLS
