/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcontroldescribe.h"
#include "gstcallcontrolfind.h"
#include "gstcallcontrolrequest.h"
#include "gstcallcontrolvalue.h"

JsonObject *
gst_call_control_describe_element (GstElement * element, GstObject * top)
{
  JsonObject *object = json_object_new ();
  GstElementFactory *factory = gst_element_get_factory (element);
  g_autofree gchar *path =
      gst_call_control_get_path (GST_OBJECT (element), top);

  json_object_set_string_member (object, "name", path);
  json_object_set_string_member (object, "factory",
      factory ? GST_OBJECT_NAME (factory) : G_OBJECT_TYPE_NAME (element));
  json_object_set_string_member (object, "state",
      gst_element_state_get_name (GST_STATE (element)));
  return object;
}

JsonNode *
gst_call_control_read_property (GObject * object, GParamSpec * pspec)
{
  GValue value = G_VALUE_INIT;
  JsonNode *node;

  g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_object_get_property (object, pspec->name, &value);
  node = gst_call_control_value_to_json (&value);
  g_value_unset (&value);
  return node;
}

JsonArray *
gst_call_control_describe_properties (GObject * object, gboolean values)
{
  JsonArray *array = json_array_new ();
  g_autofree GParamSpec **all = NULL;
  guint i, n;

  all = g_object_class_list_properties (G_OBJECT_GET_CLASS (object), &n);
  for (i = 0; i < n; i++) {
    JsonObject *property;

    if (all[i]->owner_type == GST_TYPE_OBJECT)
      continue;                 /* name and parent */
    property = gst_call_control_describe_property (all[i]);
    if (values && (all[i]->flags & G_PARAM_READABLE))
      json_object_set_member (property, "value",
          gst_call_control_read_property (object, all[i]));
    json_array_add_object_element (array, property);
  }
  return array;
}

GType
gst_call_control_argument_type (const GSignalQuery * query, guint i)
{
  return query->param_types[i] & ~G_SIGNAL_TYPE_STATIC_SCOPE;
}

JsonArray *
gst_call_control_describe_actions (GType type)
{
  JsonArray *array = json_array_new ();
  GSignalQuery query;
  guint i, j, n;

  for (; type != GST_TYPE_ELEMENT && type != 0; type = g_type_parent (type)) {
    g_autofree guint *ids = g_signal_list_ids (type, &n);

    for (i = 0; i < n; i++) {
      JsonObject *action;
      JsonArray *arguments;

      g_signal_query (ids[i], &query);
      if (!(query.signal_flags & G_SIGNAL_ACTION))
        continue;
      action = json_object_new ();
      arguments = json_array_new ();
      for (j = 0; j < query.n_params; j++)
        json_array_add_string_element (arguments,
            gst_call_control_type_name (gst_call_control_argument_type (&query,
                    j)));
      json_object_set_string_member (action, "name", query.signal_name);
      json_object_set_array_member (action, "arguments", arguments);
      json_array_add_object_element (array, action);
    }
  }
  return array;
}

JsonArray *
gst_call_control_describe_children (GstElement * element)
{
  g_auto (GStrv) names = gst_call_control_get_children (element);
  JsonArray *array = json_array_new ();
  gchar **name;

  for (name = names; *name; name++)
    json_array_add_string_element (array, *name);
  return array;
}
