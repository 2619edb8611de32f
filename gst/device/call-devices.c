/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call-devices: enumerateDevices() for people and scripts, and devicechange.
 *
 * Threads: the device providers' only ask for a look (on_change); looking and
 * printing is done in the main loop.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicelist.h"

#include <glib-unix.h>
#include <json-glib/json-glib.h>
#include <locale.h>
#include <stdio.h>
#include <string.h>

#define MAX_MODES 500           /* of one device */
#define MAX_SIZES 4             /* in the table */
#define LOOK_SECONDS 1          /* between looks nobody asked for */

/* Exit statuses */
enum
{
  FOUND,
  NONE,
  WRONG_WORDS,
};

typedef struct
{
  gboolean json;
  gboolean watch;
  gboolean version;
  gchar **kinds;
} Options;

typedef struct
{
  const Options *options;
  GstCallDeviceList *lists[GST_CALL_DEVICE_N_KINDS];    /* NULL: not wanted */
  GPtrArray *devices;           /* as printed last; in the main loop */
  gint pending;                 /* atomic: a look is asked for */
} Devices;

static const gchar *factories[GST_CALL_DEVICE_N_KINDS] = {
  "callvideosrc", "callaudiosrc", "callaudiosink"
};

/* --- what a device is --- */

/* What a shell gives to gst-launch to open it */
static gchar *
make_line (GstCallDevice * device)
{
  g_autofree gchar *quoted = g_shell_quote (device->id);
  gboolean plain = strspn (device->id, G_CSET_A_2_Z G_CSET_a_2_z G_CSET_DIGITS
      "_.:/@%+,-") == strlen (device->id);

  return g_strdup_printf ("%s device-id=%s", factories[device->kind],
      plain ? device->id : quoted);
}

/* W3C VideoFacingModeEnum, where the provider knows it; or NULL */
static const gchar *
get_facing_mode (GstCallDevice * device)
{
  g_autoptr (GstStructure) properties =
      gst_device_get_properties (device->device);
  const gchar *location = properties ?
      gst_structure_get_string (properties, "api.libcamera.location") : NULL;

  if (g_strcmp0 (location, "front") == 0)
    return "user";
  if (g_strcmp0 (location, "back") == 0)
    return "environment";
  return NULL;
}

/* --- modes --- */

static JsonNode *
number_to_json (gdouble number)
{
  JsonNode *node = json_node_alloc ();

  if (number == (gint64) number)
    return json_node_init_int (node, (gint64) number);
  return json_node_init_double (node, number);
}

static gdouble
fraction_to_number (const GValue * value)
{
  gint d = gst_value_get_fraction_denominator (value);

  return d ? (gdouble) gst_value_get_fraction_numerator (value) / d : 0;
}

static JsonNode *
range_to_json (gdouble min, gdouble max)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_alloc ();

  json_object_set_member (object, "min", number_to_json (min));
  json_object_set_member (object, "max", number_to_json (max));
  json_node_take_object (json_node_init_object (node, NULL), object);
  return node;
}

/* NULL: a type that caps of devices do not have */
static JsonNode *
field_to_json (const GValue * value)
{
  if (G_VALUE_HOLDS_INT (value))
    return number_to_json (g_value_get_int (value));
  if (GST_VALUE_HOLDS_FRACTION (value))
    return number_to_json (fraction_to_number (value));
  if (GST_VALUE_HOLDS_INT_RANGE (value))
    return range_to_json (gst_value_get_int_range_min (value),
        gst_value_get_int_range_max (value));
  if (GST_VALUE_HOLDS_FRACTION_RANGE (value))
    return range_to_json (fraction_to_number
        (gst_value_get_fraction_range_min (value)),
        fraction_to_number (gst_value_get_fraction_range_max (value)));
  if (G_VALUE_HOLDS_STRING (value))
    return json_node_init_string (json_node_alloc (),
        g_value_get_string (value));
  return NULL;
}

static JsonNode *
list_to_json (const GValue * list)
{
  JsonArray *array = json_array_new ();
  JsonNode *node = json_node_alloc ();
  guint i;

  for (i = 0; i < gst_value_list_get_size (list) && i < MAX_MODES; i++) {
    JsonNode *item = field_to_json (gst_value_list_get_value (list, i));

    if (item)
      json_array_add_element (array, item);
  }
  json_node_take_array (json_node_init_array (node, NULL), array);
  return node;
}

static void
add_field (JsonObject * mode, const gchar * name,
    const GstStructure * structure, const gchar * field)
{
  const GValue *value = gst_structure_get_value (structure, field);
  JsonNode *node = NULL;

  if (value)
    node = GST_VALUE_HOLDS_LIST (value) ? list_to_json (value) :
        field_to_json (value);
  if (node)
    json_object_set_member (mode, name, node);
}

static JsonArray *
modes_to_json (const GstCaps * caps)
{
  JsonArray *modes = json_array_new ();
  guint i;

  for (i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps)
      && i < MAX_MODES; i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    JsonObject *mode = json_object_new ();

    json_object_set_string_member (mode, "mediaType",
        gst_structure_get_name (structure));
    add_field (mode, "format", structure, "format");
    add_field (mode, "width", structure, "width");
    add_field (mode, "height", structure, "height");
    add_field (mode, "frameRate", structure, "framerate");
    add_field (mode, "sampleRate", structure, "rate");
    add_field (mode, "channelCount", structure, "channels");
    json_array_add_object_element (modes, mode);
  }
  return modes;
}

static JsonObject *
device_to_json (GstCallDevice * device)
{
  const gchar *facing = get_facing_mode (device);
  g_autofree gchar *line = make_line (device);
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "deviceId", device->id);
  json_object_set_string_member (object, "kind",
      gst_call_device_kind_name (device->kind));
  json_object_set_string_member (object, "label", device->label);
  json_object_set_string_member (object, "groupId", device->group);
  if (facing)
    json_object_set_string_member (object, "facingMode", facing);
  else
    json_object_set_null_member (object, "facingMode");
  json_object_set_boolean_member (object, "default", device->is_default);
  json_object_set_array_member (object, "modes", modes_to_json (device->caps));
  json_object_set_string_member (object, "line", line);
  return object;
}

/* --- the table --- */

/* "1920x1080 1280x720 …"; rates of sound are what any device can do */
static gchar *
describe_sizes (const GstCaps * caps)
{
  g_autoptr (GPtrArray) sizes = g_ptr_array_new_with_free_func (g_free);
  GString *text = g_string_new (NULL);
  gint width, height;
  guint i;

  for (i = 0; !gst_caps_is_any (caps) && i < gst_caps_get_size (caps); i++) {
    const GstStructure *structure = gst_caps_get_structure (caps, i);
    g_autofree gchar *size = NULL;

    if (!gst_structure_get_int (structure, "width", &width)
        || !gst_structure_get_int (structure, "height", &height))
      continue;
    size = g_strdup_printf ("%dx%d", width, height);
    if (!g_ptr_array_find_with_equal_func (sizes, size, g_str_equal, NULL))
      g_ptr_array_add (sizes, g_steal_pointer (&size));
  }
  for (i = 0; i < MIN (sizes->len, MAX_SIZES); i++)
    g_string_append_printf (text, "%s%s", i ? " " : "",
        (gchar *) g_ptr_array_index (sizes, i));
  if (sizes->len > MAX_SIZES)
    g_string_append (text, " …");
  return g_string_free (text, FALSE);
}

/* A label is what a device says of itself: no control characters, they would
 * reach the terminal. */
static gchar *
make_safe (const gchar * text)
{
  gchar *safe = g_utf8_make_valid (text, -1), *p;

  for (p = safe; *p; p = g_utf8_next_char (p)) {
    if (g_ascii_iscntrl (*p))
      *p = '?';
  }
  return safe;
}

typedef struct
{
  gchar *cells[4];
} Row;

static void
row_free (Row * row)
{
  guint i;

  for (i = 0; i < G_N_ELEMENTS (row->cells); i++)
    g_free (row->cells[i]);
  g_free (row);
}

static Row *
make_row (GstCallDevice * device)
{
  g_autofree gchar *line = make_line (device);
  g_autofree gchar *label = make_safe (device->label);
  Row *row = g_new0 (Row, 1);

  row->cells[0] = g_strdup (gst_call_device_kind_name (device->kind));
  row->cells[1] = g_strconcat (label, device->is_default ? " (default)" : "",
      NULL);
  row->cells[2] = make_safe (line);
  row->cells[3] = describe_sizes (device->caps);
  return row;
}

static void
print_table (GPtrArray * devices)
{
  g_autoptr (GPtrArray) rows =
      g_ptr_array_new_with_free_func ((GDestroyNotify) row_free);
  glong widths[4] = { 0 };
  guint i, j;

  for (i = 0; i < devices->len; i++) {
    Row *row = make_row (g_ptr_array_index (devices, i));

    g_ptr_array_add (rows, row);
    for (j = 0; j < G_N_ELEMENTS (widths); j++)
      widths[j] = MAX (widths[j], g_utf8_strlen (row->cells[j], -1));
  }
  for (i = 0; i < rows->len; i++) {
    Row *row = g_ptr_array_index (rows, i);

    for (j = 0; j < 3; j++)
      g_print ("%s%*s  ", row->cells[j],
          (gint) (widths[j] - g_utf8_strlen (row->cells[j], -1)), "");
    g_print ("%s\n", row->cells[3]);
  }
}

/* --- listing --- */

/* (transfer container) */
static GPtrArray *
look (Devices * self)
{
  GPtrArray *all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);
  guint kind, i;

  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++) {
    g_autoptr (GPtrArray) devices = NULL;

    if (!self->lists[kind])
      continue;
    devices = gst_call_device_list_get_devices (self->lists[kind]);
    for (i = 0; i < devices->len; i++)
      g_ptr_array_add (all,
          gst_call_device_ref (g_ptr_array_index (devices, i)));
  }
  return all;
}

static void
print_json (JsonNode * node, gboolean pretty)
{
  g_autofree gchar *text = json_to_string (node, pretty);

  g_print ("%s\n", text);
  json_node_unref (node);
}

static JsonArray *
devices_to_json (GPtrArray * devices)
{
  JsonArray *array = json_array_new ();
  guint i;

  for (i = 0; i < devices->len; i++)
    json_array_add_object_element (array,
        device_to_json (g_ptr_array_index (devices, i)));
  return array;
}

static void
print_event (const gchar * event, GPtrArray * devices)
{
  JsonObject *object = json_object_new ();
  JsonNode *node = json_node_alloc ();

  json_object_set_string_member (object, "event", event);
  json_object_set_array_member (object, "devices", devices_to_json (devices));
  json_node_take_object (json_node_init_object (node, NULL), object);
  print_json (node, FALSE);
}

static void
print_all (const Options * o, GPtrArray * devices)
{
  if (o->json && o->watch) {
    print_event ("devices", devices);
  } else if (o->json) {
    JsonNode *node = json_node_alloc ();

    json_node_take_array (json_node_init_array (node, NULL),
        devices_to_json (devices));
    print_json (node, TRUE);
  } else {
    print_table (devices);
  }
  if (devices->len == 0)
    g_printerr ("call-devices: there is no %s. Plug one in, start PipeWire or "
        "PulseAudio, or set GST_CALL_FAKE_DEVICES=video=1,audio=1.\n",
        o->kinds ? "device of this kind" : "camera, microphone or speaker");
}

/* --- devicechange --- */

static gboolean
has_device (GPtrArray * devices, GstCallDevice * wanted)
{
  guint i;

  for (i = 0; i < devices->len; i++) {
    GstCallDevice *device = g_ptr_array_index (devices, i);

    if (device->kind == wanted->kind && g_str_equal (device->id, wanted->id))
      return TRUE;
  }
  return FALSE;
}

/* TRUE: some of devices are not in others */
static gboolean
print_new (const Options * o, gchar sign, GPtrArray * devices,
    GPtrArray * others)
{
  gboolean any = FALSE;
  guint i;

  for (i = 0; i < devices->len; i++) {
    GstCallDevice *device = g_ptr_array_index (devices, i);
    Row *row;

    if (has_device (others, device))
      continue;
    any = TRUE;
    if (o->json)
      continue;
    row = make_row (device);
    g_print ("devicechange %c %s  %s  %s\n", sign, row->cells[0],
        row->cells[1], row->cells[2]);
    row_free (row);
  }
  return any;
}

static gboolean
on_look (gpointer data)
{
  Devices *self = data;
  g_autoptr (GPtrArray) before = g_steal_pointer (&self->devices);
  gboolean removed, added;

  g_atomic_int_set (&self->pending, FALSE);
  self->devices = look (self);
  removed = print_new (self->options, '-', before, self->devices);
  added = print_new (self->options, '+', self->devices, before);
  if (self->options->json && (removed || added))
    print_event ("devicechange", self->devices);
  return G_SOURCE_REMOVE;
}

/* A provider's thread */
static void
on_change (GstCallDeviceList * list, GstCallDevice * device, Devices * self)
{
  if (g_atomic_int_compare_and_exchange (&self->pending, FALSE, TRUE))
    g_idle_add (on_look, self);
}

/* The monitor of one kind hears nothing more of PipeWire's cameras once that of
 * another kind has started (GStreamer 1.22); its list is right all the same. */
static gboolean
on_time (gpointer data)
{
  on_look (data);
  return G_SOURCE_CONTINUE;
}

static gboolean
on_interrupt (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

static void
watch (Devices * self)
{
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);

  g_unix_signal_add (SIGINT, on_interrupt, loop);
  g_unix_signal_add (SIGTERM, on_interrupt, loop);
  g_timeout_add_seconds (LOOK_SECONDS, on_time, self);
  g_main_loop_run (loop);
}

/* --- program --- */

static gint
run (const Options * o)
{
  Devices self = { o };
  gint status;
  guint kind;

  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++) {
    if (o->kinds && !g_strv_contains ((const gchar * const *) o->kinds,
            gst_call_device_kind_name (kind)))
      continue;
    self.lists[kind] = gst_call_device_list_get (kind);
    if (o->watch) {
      g_signal_connect (self.lists[kind], "added", G_CALLBACK (on_change),
          &self);
      g_signal_connect (self.lists[kind], "removed", G_CALLBACK (on_change),
          &self);
    }
  }
  self.devices = look (&self);
  print_all (o, self.devices);
  status = self.devices->len ? FOUND : NONE;
  if (o->watch) {
    on_look (&self);            /* what changed while this was printed */
    watch (&self);
    status = FOUND;
  }
  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++) {
    if (!self.lists[kind])
      continue;
    g_signal_handlers_disconnect_by_data (self.lists[kind], &self);
    gst_call_device_list_release (self.lists[kind]);
  }
  g_ptr_array_unref (self.devices);
  return status;
}

static gboolean
check_kinds (gchar ** kinds, GError ** error)
{
  for (; kinds && *kinds; kinds++) {
    guint kind = 0;

    while (kind < GST_CALL_DEVICE_N_KINDS
        && strcmp (*kinds, gst_call_device_kind_name (kind)) != 0)
      kind++;
    if (kind < GST_CALL_DEVICE_N_KINDS)
      continue;
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "\"%s\" is no kind: videoinput, audioinput and audiooutput are",
        *kinds);
    return FALSE;
  }
  return TRUE;
}

/* *INDENT-OFF* */
static gboolean
parse_options (Options * o, gint * argc, gchar *** argv, GError ** error)
{
  g_autoptr (GOptionContext) context =
      g_option_context_new ("[videoinput | audioinput | audiooutput]…");
  const GOptionEntry entries[] = {
    {"json", 'j', 0, G_OPTION_ARG_NONE, &o->json,
        "An array, with all modes; with --watch a line of JSON each", NULL},
    {"watch", 'w', 0, G_OPTION_ARG_NONE, &o->watch,
        "Go on and tell what comes (+) and goes (-), until Ctrl-C", NULL},
    {"version", 0, 0, G_OPTION_ARG_NONE, &o->version,
        "Print the version and exit", NULL},
    {G_OPTION_REMAINING, 0, 0, G_OPTION_ARG_STRING_ARRAY, &o->kinds, NULL,
        NULL},
    {NULL}
  };

  g_option_context_set_summary (context,
      "Lists cameras, microphones and speakers, each with the words that open "
      "it in\na line of gst-launch-1.0.");
  g_option_context_set_description (context,
      "Exit status: 0 there are some; 1 there are none; 2 wrong arguments.");
  g_option_context_add_main_entries (context, entries, NULL);
  g_option_context_add_group (context, gst_init_get_option_group ());
  return g_option_context_parse (context, argc, argv, error)
      && check_kinds (o->kinds, error);
}
/* *INDENT-ON* */

gint
main (gint argc, gchar ** argv)
{
  Options options = { FALSE };
  g_autoptr (GError) error = NULL;
  gint status = FOUND;

  setlocale (LC_ALL, "");
  setvbuf (stdout, NULL, _IOLBF, 0);
  if (!parse_options (&options, &argc, &argv, &error)) {
    g_printerr ("call-devices: %s; see --help\n", error->message);
    status = WRONG_WORDS;
  } else if (options.version) {
    g_print ("call-devices %s\n", VERSION);
  } else {
    status = run (&options);
  }
  g_strfreev (options.kinds);
  return status;
}
