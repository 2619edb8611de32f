/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * How messages are followed: the "sync-message" signal of the pipeline's bus.
 * It takes nothing away: gst_bus_pop (), a bus watch and gst-launch's own
 * handler get each message as before, and no main loop is needed. A watch of
 * ours (gst_bus_add_watch) would clash with the application's, there can be one
 * only, and a sync handler would replace its.
 *
 * Threads
 *
 *   name     runs                              may take  never
 *   -------  --------------------------------  --------  ----------------------
 *   worker   new, free, send_message           watch     calls an element
 *   any      on_message, on_notify: they only  watch     blocks; reads a value
 *            note what happened and post
 *   request  read_property                     watch     -
 *
 * Locks, in the order they may be taken
 *
 *   1 watch  protects: pending
 *
 * A property that changes faster than it is read is told once with its last
 * value; pending holds those to be read.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcontrolfind.h"
#include "gstcallcontrolrequest.h"
#include "gstcallcontrolvalue.h"
#include "gstcallcontrolwatch.h"

#define MAX_PENDING 256         /* properties that changed and are not read yet */
#define MESSAGES (GST_MESSAGE_EOS | GST_MESSAGE_ERROR | GST_MESSAGE_WARNING \
    | GST_MESSAGE_INFO | GST_MESSAGE_STATE_CHANGED | GST_MESSAGE_ELEMENT \
    | GST_MESSAGE_APPLICATION | GST_MESSAGE_BUFFERING | GST_MESSAGE_CLOCK_LOST)

/* What callbacks hold on to; they may run when the watch is gone. */
typedef struct
{
  gatomicrefcount refs;

  /* set once */
  GWeakRef client;
  GWeakRef element;
  guint number;
  gboolean all;

  /* watch lock */
  GMutex lock;
  GHashTable *pending;          /* of Change */
} Shared;

struct _GstCallControlWatch
{
  Shared *shared;
  GWeakRef target;              /* has the notify handlers */
  gulong notify, deep_notify;
  GstBus *bus;
  gulong sync_message;
};

typedef struct
{
  Shared *shared;
  GObject *object;
  GParamSpec *pspec;
} Change;

typedef struct
{
  Shared *shared;
  GstMessage *message;
  gchar *line;
} Event;

static Shared *
shared_ref (Shared * shared)
{
  g_atomic_ref_count_inc (&shared->refs);
  return shared;
}

static void
shared_unref (Shared * shared)
{
  if (!g_atomic_ref_count_dec (&shared->refs))
    return;
  g_weak_ref_clear (&shared->client);
  g_weak_ref_clear (&shared->element);
  g_hash_table_unref (shared->pending);
  g_mutex_clear (&shared->lock);
  g_free (shared);
}

static void
closure_unref (gpointer data, GClosure * closure)
{
  shared_unref (data);
}

static void
event_free (gpointer data)
{
  Event *event = data;
  g_autoptr (GstCallControlClient) client =
      g_weak_ref_get (&event->shared->client);

  if (client)
    gst_call_control_client_end_event (client);
  shared_unref (event->shared);
  gst_clear_message (&event->message);
  g_free (event->line);
  g_free (event);
}

static JsonObject *
event_object (Shared * shared, const gchar * kind)
{
  JsonObject *object = json_object_new ();

  json_object_set_string_member (object, "event", kind);
  json_object_set_int_member (object, "watch", shared->number);
  return object;
}

static gchar *
get_path (Shared * shared, GstObject * object)
{
  g_autoptr (GstElement) element = g_weak_ref_get (&shared->element);
  g_autoptr (GstElement) top =
      element ? gst_call_control_get_top (element) : NULL;

  if (top && (GstObject *) top == object)
    return g_strdup ("");
  return gst_call_control_get_path (object, (GstObject *) top);
}

/* --- messages --- */

static void
add_problem (JsonObject * object, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    gst_message_parse_error (message, &error, &debug);
  else if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_WARNING)
    gst_message_parse_warning (message, &error, &debug);
  else
    gst_message_parse_info (message, &error, &debug);
  json_object_set_member (object, "text",
      gst_call_control_string_to_json (error->message));
  json_object_set_member (object, "debug",
      gst_call_control_string_to_json (debug));
}

static gchar *
describe_message (Shared * shared, GstMessage * message)
{
  g_autoptr (JsonObject) object = event_object (shared, "message");
  const GstStructure *structure = gst_message_get_structure (message);
  g_autofree gchar *path = GST_MESSAGE_SRC (message) ?
      get_path (shared, GST_MESSAGE_SRC (message)) : NULL;

  json_object_set_string_member (object, "type",
      GST_MESSAGE_TYPE_NAME (message));
  json_object_set_member (object, "element",
      gst_call_control_string_to_json (path));
  if (GST_MESSAGE_TYPE (message) & (GST_MESSAGE_ERROR | GST_MESSAGE_WARNING
          | GST_MESSAGE_INFO)) {
    add_problem (object, message);
  } else if (structure) {
    json_object_set_string_member (object, "name",
        gst_structure_get_name (structure));
    json_object_set_member (object, "fields",
        gst_call_control_structure_to_json (structure));
  }
  return gst_call_control_to_line (object);
}

/* worker */
static void
send_event (gpointer object, gpointer data)
{
  GstCallControlClient *client = object;
  Event *event = data;

  if (event->message)
    event->line = describe_message (event->shared, event->message);
  gst_call_control_client_send (client, event->line);
}

/* Takes message or line; any thread */
static void
post_event (Shared * shared, GstMessage * message, gchar * line)
{
  g_autoptr (GstCallControlClient) client = g_weak_ref_get (&shared->client);
  Event *event;

  if (!client || !gst_call_control_client_begin_event (client)) {
    gst_clear_message (&message);
    g_free (line);
    return;
  }
  event = g_new0 (Event, 1);
  event->shared = shared_ref (shared);
  event->message = message;
  event->line = line;
  gst_call_worker_post (gst_call_control_server_get_worker
      (gst_call_control_client_get_server (client)), send_event, client, event,
      event_free);
}

/* Of a whole pipeline only its own changes of state are told. */
static gboolean
is_wanted (Shared * shared, GstMessage * message)
{
  g_autoptr (GstObject) element = g_weak_ref_get (&shared->element);
  GstObject *source = GST_MESSAGE_SRC (message);

  if (!element || !source || !(GST_MESSAGE_TYPE (message) & MESSAGES))
    return FALSE;
  if (source == element)
    return TRUE;
  return GST_MESSAGE_TYPE (message) != GST_MESSAGE_STATE_CHANGED
      && gst_object_has_as_ancestor (source, element);
}

static void
on_message (GstBus * bus, GstMessage * message, Shared * shared)
{
  if (is_wanted (shared, message))
    post_event (shared, gst_message_ref (message), NULL);
}

/* --- properties --- */

static guint
change_hash (gconstpointer key)
{
  const Change *change = key;

  return g_direct_hash (change->object) ^ g_direct_hash (change->pspec);
}

static gboolean
change_equal (gconstpointer a, gconstpointer b)
{
  const Change *left = a, *right = b;

  return left->object == right->object && left->pspec == right->pspec;
}

/* What changes from now on is read anew. */
static void
forget_change (Change * change)
{
  GHashTable *pending = change->shared->pending;

  g_mutex_lock (&change->shared->lock);
  if (g_hash_table_lookup (pending, change) == change)
    g_hash_table_remove (pending, change);
  g_mutex_unlock (&change->shared->lock);
}

static void
change_free (gpointer data)
{
  Change *change = data;

  forget_change (change);
  g_object_unref (change->object);
  g_param_spec_unref (change->pspec);
  shared_unref (change->shared);
  g_free (change);
}

static gchar *
describe_change (Shared * shared, GObject * source, GParamSpec * pspec)
{
  g_autoptr (JsonObject) object = event_object (shared, "property");
  g_autofree gchar *path = get_path (shared, GST_OBJECT (source));
  GValue value = G_VALUE_INIT;

  g_value_init (&value, G_PARAM_SPEC_VALUE_TYPE (pspec));
  g_object_get_property (source, pspec->name, &value);
  json_object_set_string_member (object, "element", path);
  json_object_set_string_member (object, "property", pspec->name);
  json_object_set_member (object, "value",
      gst_call_control_value_to_json (&value));
  g_value_unset (&value);
  return gst_call_control_to_line (object);
}

/* request */
static void
read_property (gpointer object, gpointer data)
{
  Change *change = data;

  forget_change (change);
  post_event (change->shared, NULL, describe_change (change->shared,
          change->object, change->pspec));
}

static void
on_notify (GObject * object, GParamSpec * pspec, Shared * shared)
{
  g_autoptr (GstCallControlClient) client = g_weak_ref_get (&shared->client);
  Change *change;
  gboolean is_new;

  /* not: pads, and names and parents of elements */
  if (!client || !(pspec->flags & G_PARAM_READABLE)
      || pspec->owner_type == GST_TYPE_OBJECT || GST_IS_PAD (object))
    return;
  change = g_new0 (Change, 1);
  change->shared = shared_ref (shared);
  change->object = g_object_ref (object);
  change->pspec = g_param_spec_ref (pspec);
  g_mutex_lock (&shared->lock);
  is_new = g_hash_table_size (shared->pending) < MAX_PENDING
      && !g_hash_table_contains (shared->pending, change);
  if (is_new)
    g_hash_table_add (shared->pending, change);
  g_mutex_unlock (&shared->lock);
  if (is_new)
    gst_call_control_server_push (gst_call_control_client_get_server (client),
        read_property, client, change, change_free);
  else
    change_free (change);
}

static void
on_deep_notify (GstObject * object, GstObject * source, GParamSpec * pspec,
    Shared * shared)
{
  on_notify (G_OBJECT (source), pspec, shared);
}

/* --- the watch --- */

static gulong
connect (gpointer object, const gchar * name, GCallback callback,
    Shared * shared)
{
  return g_signal_connect_data (object, name, callback, shared_ref (shared),
      closure_unref, 0);
}

static void
watch_property (GstCallControlWatch * self, GstElement * element,
    const gchar * property)
{
  g_autoptr (GObject) target = NULL;
  GParamSpec *pspec;

  if (gst_call_control_find_property (element, property, &target, &pspec)) {
    g_autofree gchar *name = g_strconcat ("notify::", pspec->name, NULL);

    g_weak_ref_set (&self->target, target);
    self->notify = connect (target, name, G_CALLBACK (on_notify), self->shared);
  }
}

static void
watch_all (GstCallControlWatch * self, GstElement * element)
{
  g_autoptr (GstElement) top = gst_call_control_get_top (element);

  g_weak_ref_set (&self->target, element);
  self->notify = connect (element, "notify", G_CALLBACK (on_notify),
      self->shared);
  self->deep_notify = connect (element, "deep-notify",
      G_CALLBACK (on_deep_notify), self->shared);
  self->bus = gst_element_get_bus (top);
  if (!self->bus)
    return;                     /* nobody gave the pipeline one */
  gst_bus_enable_sync_message_emission (self->bus);
  self->sync_message = connect (self->bus, "sync-message",
      G_CALLBACK (on_message), self->shared);
}

GstCallControlWatch *
gst_call_control_watch_new (GstCallControlClient * client, guint number,
    GstElement * element, const gchar * property)
{
  GstCallControlWatch *self = g_new0 (GstCallControlWatch, 1);
  Shared *shared = self->shared = g_new0 (Shared, 1);

  g_atomic_ref_count_init (&shared->refs);
  g_weak_ref_init (&shared->client, client);
  g_weak_ref_init (&shared->element, element);
  shared->number = number;
  g_mutex_init (&shared->lock);
  shared->pending = g_hash_table_new (change_hash, change_equal);
  g_weak_ref_init (&self->target, NULL);
  if (property)
    watch_property (self, element, property);
  else
    watch_all (self, element);
  return self;
}

void
gst_call_control_watch_free (GstCallControlWatch * self)
{
  g_autoptr (GObject) target = g_weak_ref_get (&self->target);

  if (target && self->notify)
    g_signal_handler_disconnect (target, self->notify);
  if (target && self->deep_notify)
    g_signal_handler_disconnect (target, self->deep_notify);
  if (self->bus) {
    g_signal_handler_disconnect (self->bus, self->sync_message);
    gst_bus_disable_sync_message_emission (self->bus);
    gst_object_unref (self->bus);
  }
  g_weak_ref_clear (&self->target);
  shared_unref (self->shared);
  g_free (self);
}
