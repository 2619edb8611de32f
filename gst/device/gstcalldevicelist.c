/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name        runs                               may take        never
 *   ----------  ---------------------------------  --------------  -------
 *   app         get, get_devices, release          registry        -
 *   provider    on_message: DEVICE_ADDED, REMOVED  -               block
 *
 * Locks, in the order they may be taken
 *
 *   1 registry  file scope   protects: lists, users, and the start and end of
 *                            the monitor, which wait for the device providers;
 *                            never taken by on_message
 *
 *   Signals are emitted without a lock.
 *
 * One monitor for all kinds: a device provider (GStreamer 1.22) tells its events
 * only to the monitor that was started last.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevice-private.h"

#include <string.h>

GST_DEBUG_CATEGORY_STATIC (gst_call_device_list_debug);
#define GST_CAT_DEFAULT gst_call_device_list_debug

struct _GstCallDeviceList
{
  GObject parent;

  /* set once in start_lists */
  GstCallDeviceKind kind;
  GstDeviceMonitor *monitor;
};

enum
{
  SIGNAL_ADDED,
  SIGNAL_REMOVED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static const gchar *classes[GST_CALL_DEVICE_N_KINDS] = {
  "Video/Source", "Audio/Source", "Audio/Sink"
};

G_LOCK_DEFINE_STATIC (registry);
static GstCallDeviceList *lists[GST_CALL_DEVICE_N_KINDS];
static guint users;             /* of all of them */

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCallDeviceList, gst_call_device_list,
    G_TYPE_OBJECT,
    GST_DEBUG_CATEGORY_INIT (gst_call_device_list_debug, "calldevicelist", 0,
        "list of devices"));

/* --- hot-plug --- */

typedef struct
{
  GWeakRef lists[GST_CALL_DEVICE_N_KINDS];
} Listeners;

static gboolean
has_kind (GstDevice * device, GstCallDeviceKind kind)
{
  return gst_device_has_classes (device, classes[kind]);
}

static void
emit (Listeners * listeners, guint id, GstDevice * device)
{
  GstCallDeviceKind kind;

  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++) {
    g_autoptr (GstCallDeviceList) list = NULL;
    g_autoptr (GstCallDevice) row = NULL;

    if (!has_kind (device, kind)
        || !(list = g_weak_ref_get (&listeners->lists[kind])))
      continue;
    row = gst_call_device_new (kind, device);
    GST_DEBUG_OBJECT (list->monitor, "%s %s", id == SIGNAL_ADDED ? "new" :
        "gone", row->id);
    g_signal_emit (list, signals[id], 0, row);
  }
}

static GstBusSyncReply
on_message (GstBus * bus, GstMessage * message, gpointer data)
{
  g_autoptr (GstDevice) device = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_DEVICE_ADDED) {
    gst_message_parse_device_added (message, &device);
    emit (data, SIGNAL_ADDED, device);
  } else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_DEVICE_REMOVED) {
    gst_message_parse_device_removed (message, &device);
    emit (data, SIGNAL_REMOVED, device);
  }
  gst_message_unref (message);
  return GST_BUS_DROP;
}

static void
listeners_free (gpointer data)
{
  Listeners *listeners = data;
  GstCallDeviceKind kind;

  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++)
    g_weak_ref_clear (&listeners->lists[kind]);
  g_free (listeners);
}

/* --- the list --- */

/* 0 = wins. Fake devices were asked for; pulse knows defaults and monitors,
 * V4L2 is the device itself, ALSA is what the sound server has already. */
static gint
api_order (const GstCallDevice * device)
{
  static const gchar *apis[] = { "call-fake", "v4l2", "pulse", "pipewire" };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (apis); i++) {
    if (g_str_equal (device->api, apis[i]))
      return i;
  }
  return i;
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const GstCallDevice *left = *(GstCallDevice * const *) a;
  const GstCallDevice *right = *(GstCallDevice * const *) b;
  gboolean left_fake = g_str_equal (left->api, "call-fake");
  gboolean right_fake = g_str_equal (right->api, "call-fake");

  if (left_fake != right_fake)
    return right_fake - left_fake;
  if (left->is_monitor != right->is_monitor)
    return left->is_monitor - right->is_monitor;
  if (left->is_default != right->is_default)
    return right->is_default - left->is_default;
  if (api_order (left) != api_order (right))
    return api_order (left) - api_order (right);
  return strcmp (left->id, right->id);
}

static gboolean
same_device (const GstCallDevice * a, const GstCallDevice * b)
{
  return g_str_equal (a->id, b->id) || (a->alias && b->alias
      && g_str_equal (a->alias, b->alias));
}

static gboolean
is_sound_server (const GstCallDevice * device)
{
  return g_str_equal (device->api, "pulse")
      || g_str_equal (device->api, "pipewire");
}

/* TRUE: another row stands for the same device. */
static gboolean
is_double (GPtrArray * devices, const GstCallDevice * device)
{
  guint i;

  for (i = 0; i < devices->len; i++) {
    const GstCallDevice *other = g_ptr_array_index (devices, i);

    if (other == device)
      continue;
    if (same_device (other, device) && (api_order (other) < api_order (device)
            || (api_order (other) == api_order (device) && other < device)))
      return TRUE;
    if (g_str_equal (device->api, "alsa") && is_sound_server (other))
      return TRUE;
  }
  return FALSE;
}

GPtrArray *
gst_call_device_list_get_devices (GstCallDeviceList * self)
{
  g_autoptr (GPtrArray) all =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);
  GPtrArray *devices =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);
  GList *found = gst_device_monitor_get_devices (self->monitor), *l;
  guint i;

  for (l = found; l; l = l->next) {
    if (has_kind (l->data, self->kind))
      g_ptr_array_add (all, gst_call_device_new (self->kind, l->data));
  }
  g_list_free_full (found, gst_object_unref);
  for (i = 0; i < all->len; i++) {
    GstCallDevice *device = g_ptr_array_index (all, i);

    if (!is_double (all, device))
      g_ptr_array_add (devices, gst_call_device_ref (device));
  }
  g_ptr_array_sort (devices, compare);
  return devices;
}

static void
start_lists (void)
{
  g_autoptr (GstDeviceMonitor) monitor = gst_device_monitor_new ();
  g_autoptr (GstBus) bus = gst_device_monitor_get_bus (monitor);
  Listeners *listeners = g_new0 (Listeners, 1);
  GstCallDeviceKind kind;

  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++) {
    gst_device_monitor_add_filter (monitor, classes[kind], NULL);
    lists[kind] = g_object_new (GST_TYPE_CALL_DEVICE_LIST, NULL);
    lists[kind]->kind = kind;
    lists[kind]->monitor = gst_object_ref (monitor);
    g_weak_ref_init (&listeners->lists[kind], lists[kind]);
  }
  gst_bus_set_sync_handler (bus, on_message, listeners, listeners_free);
  if (!gst_device_monitor_start (monitor))
    GST_WARNING_OBJECT (monitor, "no device provider could be started");
}

static void
stop_lists (void)
{
  GstDeviceMonitor *monitor = lists[0]->monitor;
  g_autoptr (GstBus) bus = gst_device_monitor_get_bus (monitor);
  GstCallDeviceKind kind;

  gst_device_monitor_stop (monitor);
  gst_bus_set_sync_handler (bus, NULL, NULL, NULL);
  for (kind = 0; kind < GST_CALL_DEVICE_N_KINDS; kind++)
    g_clear_object (&lists[kind]);
}

GstCallDeviceList *
gst_call_device_list_get (GstCallDeviceKind kind)
{
  GstCallDeviceList *self;

  G_LOCK (registry);
  if (!lists[kind])
    start_lists ();
  self = g_object_ref (lists[kind]);
  users++;
  G_UNLOCK (registry);
  return self;
}

/* Stopping PipeWire's provider corrupts memory (0.3.65, with a camera there: one
 * process in three aborts). Once it has devices it runs until the process
 * ends. */
static gboolean
must_stay (void)
{
  g_autoptr (GstDeviceProvider) provider =
      gst_device_provider_factory_get_by_name ("pipewiredeviceprovider");
  GList *devices;

  if (!provider || !gst_device_provider_is_started (provider))
    return FALSE;
  devices = gst_device_provider_get_devices (provider);
  if (!devices)
    return FALSE;
  g_list_free_full (devices, gst_object_unref);
  return TRUE;
}

/* Not done by the last unref: on_message holds references, and a provider
 * cannot be stopped from its own thread. */
void
gst_call_device_list_release (GstCallDeviceList * self)
{
  G_LOCK (registry);
  if (--users == 0 && !must_stay ())
    stop_lists ();
  G_UNLOCK (registry);
  g_object_unref (self);
}

void
gst_call_device_describe_all (GPtrArray * devices, GValue * value)
{
  guint i;

  for (i = 0; i < devices->len; i++) {
    GValue row = G_VALUE_INIT;

    g_value_init (&row, GST_TYPE_STRUCTURE);
    g_value_take_boxed (&row,
        gst_call_device_to_structure (g_ptr_array_index (devices, i)));
    gst_value_array_append_and_take_value (value, &row);
  }
}

void
gst_call_device_list_to_value (GstCallDeviceKind kind, GValue * value)
{
  GstCallDeviceList *list = gst_call_device_list_get (kind);
  g_autoptr (GPtrArray) devices = gst_call_device_list_get_devices (list);

  gst_call_device_describe_all (devices, value);
  gst_call_device_list_release (list);
}

static void
gst_call_device_list_finalize (GObject * object)
{
  gst_clear_object (&GST_CALL_DEVICE_LIST (object)->monitor);
  G_OBJECT_CLASS (gst_call_device_list_parent_class)->finalize (object);
}

static void
gst_call_device_list_class_init (GstCallDeviceListClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_call_device_list_finalize;
  signals[SIGNAL_ADDED] = g_signal_new ("added", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      GST_TYPE_CALL_DEVICE);
  signals[SIGNAL_REMOVED] = g_signal_new ("removed", G_TYPE_FROM_CLASS (klass),
      G_SIGNAL_RUN_LAST, 0, NULL, NULL, NULL, G_TYPE_NONE, 1,
      GST_TYPE_CALL_DEVICE);
}

static void
gst_call_device_list_init (GstCallDeviceList * self)
{
}
