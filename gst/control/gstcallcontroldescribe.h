/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What clients are told of elements, their properties and actions. Runs where
 * requests do: reading a property may be held up by its element.
 */
#pragma once

#include <gst/gst.h>
#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* name (a path below top), factory, state */
JsonObject *gst_call_control_describe_element (GstElement * element,
    GstObject * top);

/* Its value now */
JsonNode *gst_call_control_read_property (GObject * object,
    GParamSpec * pspec);

/* All of them; values: with what they are now */
JsonArray *gst_call_control_describe_properties (GObject * object,
    gboolean values);

/* Action signals: name, types of arguments */
JsonArray *gst_call_control_describe_actions (GType type);
GType gst_call_control_argument_type (const GSignalQuery * query, guint i);

/* Names before "::" */
JsonArray *gst_call_control_describe_children (GstElement * element);

G_END_DECLS
