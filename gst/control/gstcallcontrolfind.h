/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Elements, properties and actions by name, and what somebody may have meant.
 * Any thread; takes no lock but GStreamer's own.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* (transfer full) (nullable): by name, at any depth as gst-launch finds it, or
 * by path: "call/peer-x" */
GstElement *gst_call_control_find_element (GstElement * top,
    const gchar * name);

/* target: (transfer full); "child::property" as gst-launch has it */
gboolean gst_call_control_find_property (GstElement * element,
    const gchar * name, GObject ** target, GParamSpec ** pspec);

/* Of a bin those inside, in the order they were added; else none.
 * (transfer full) */
GPtrArray *gst_call_control_get_elements (GstElement * element, gboolean deep,
    guint max);

/* Names before "::", at most 1000. (transfer full) */
gchar **gst_call_control_get_children (GstElement * element);

/* "Did you mean a or b?", else "There are: a, b, c". (transfer full) */
gchar *gst_call_control_near_elements (GstElement * top, const gchar * name);
gchar *gst_call_control_near_properties (GstElement * element,
    const gchar * name);
gchar *gst_call_control_near_actions (GstElement * element,
    const gchar * name);

G_END_DECLS
