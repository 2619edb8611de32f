/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: see gstcalldevicebin-private.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

GST_DEBUG_CATEGORY (gst_call_device_bin_debug);
#define GST_CAT_DEFAULT gst_call_device_bin_debug


/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstCallFallback, gst_call_fallback,
    G_DEFINE_ENUM_VALUE (GST_CALL_FALLBACK_NEXT_DEVICE, "next-device"),
    G_DEFINE_ENUM_VALUE (GST_CALL_FALLBACK_HOLD, "hold"),
    G_DEFINE_ENUM_VALUE (GST_CALL_FALLBACK_ERROR, "error"))
/* *INDENT-ON* */

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstCallDeviceBin, gst_call_device_bin,
    GST_TYPE_BIN, G_ADD_PRIVATE (GstCallDeviceBin);
    GST_DEBUG_CATEGORY_INIT (gst_call_device_bin_debug, "calldevice", 0,
        "sources and speaker"));

#define PRIV(self) \
  ((GstCallDeviceBinPrivate *) \
      gst_call_device_bin_get_instance_private (self))

GstCallDeviceBinPrivate *
gst_call_device_bin_get_private (GstCallDeviceBin * self)
{
  return PRIV (self);
}

/* --- what the machine and the subclass tell --- */

void
gst_call_device_bin_set_processing (GstCallDeviceBin * self, guint bits)
{
  GST_OBJECT_LOCK (self);
  PRIV (self)->processing = bits;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_notify_settings (self);
}

gboolean
gst_call_device_bin_is_running (GstCallDeviceBin * self)
{
  gboolean running;

  GST_OBJECT_LOCK (self);
  running = PRIV (self)->worker != NULL;
  GST_OBJECT_UNLOCK (self);
  return running;
}

/* worker */
static void
look (gpointer object, gpointer unused)
{
  GstCallDeviceBin *self = object;

  GST_OBJECT_LOCK (self);
  PRIV (self)->kicked = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (gst_call_device_bin_is_running (self))
    gst_call_device_machine_advance (self);
}

void
gst_call_device_bin_kick (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallWorker) worker = NULL;

  GST_OBJECT_LOCK (self);
  if (priv->worker && !priv->kicked) {
    priv->kicked = TRUE;
    worker = gst_call_worker_ref (priv->worker);
  }
  GST_OBJECT_UNLOCK (self);
  if (worker)
    gst_call_worker_post (worker, look, self, NULL, NULL);
}

void
gst_call_device_bin_delivered (GstCallDeviceBin * self, GstElement * element,
    GstClockTime gap)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallBranch *branch = NULL;

  GST_OBJECT_LOCK (self);
  if (priv->current && priv->current->element == element)
    branch = priv->current;
  else if (priv->next && priv->next->element == element)
    branch = priv->next;
  if (branch && !branch->delivered) {
    branch->delivered = TRUE;
    branch->delivered_at = g_get_monotonic_time ();
    branch->gap = gap;
  }
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
}

gboolean
gst_call_device_bin_has_failed (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean failed;

  GST_OBJECT_LOCK (self);
  failed = !priv->current || priv->current->failed
      || !priv->current->choice->device;
  GST_OBJECT_UNLOCK (self);
  return failed;
}

/* --- errors of children --- */

/* Also one that is not in the bin any more */
static gboolean
is_in_branch (GstObject * object)
{
  GstObject *one = gst_object_ref (object), *parent;
  gboolean found = FALSE;

  while (one && !found) {
    found = g_object_get_qdata (G_OBJECT (one), GST_CALL_BRANCH_QUARK) != NULL;
    parent = gst_object_get_parent (one);
    gst_object_unref (one);
    one = parent;
  }
  gst_clear_object (&one);
  return found;
}

static gboolean
is_from (GstMessage * message, GstCallBranch * branch)
{
  return branch && branch->element
      && gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
      GST_OBJECT (branch->element));
}

/* TRUE: the error is that of a branch and will be dealt with. */
static gboolean
take_error (GstCallDeviceBin * self, GstMessage * message)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallBranch) current = NULL;
  g_autoptr (GstCallBranch) next = NULL;
  GstCallBranch *branch;

  if (!is_in_branch (GST_MESSAGE_SRC (message)))
    return FALSE;
  GST_OBJECT_LOCK (self);
  current = priv->current ? gst_call_branch_ref (priv->current) : NULL;
  next = priv->next ? gst_call_branch_ref (priv->next) : NULL;
  GST_OBJECT_UNLOCK (self);
  branch = is_from (message, current) ? current :
      is_from (message, next) ? next : NULL;
  if (!branch)
    return TRUE;
  if (branch == current
      && GST_CALL_DEVICE_BIN_GET_CLASS (self)->has_failed_downstream (self))
    return FALSE;
  GST_DEBUG_OBJECT (self, "device failed: %" GST_PTR_FORMAT, message);
  GST_OBJECT_LOCK (self);
  branch->failed = TRUE;
  if (!branch->error)
    gst_message_parse_error (message, &branch->error, &branch->debug);
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
  return TRUE;
}

static void
gst_call_device_bin_handle_message (GstBin * bin, GstMessage * message)
{
  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR
      && take_error (GST_CALL_DEVICE_BIN (bin), message)) {
    gst_message_unref (message);
    return;
  }
  GST_BIN_CLASS (gst_call_device_bin_parent_class)->handle_message (bin,
      message);
}

/* --- states --- */

/* thread of a device provider */
static void
on_list_changed (GstCallDeviceList * list, GstCallDevice * device,
    GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (self);
  priv->list_changed = TRUE;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
}

static void
stop_worker (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallWorker) worker = NULL;

  GST_OBJECT_LOCK (self);
  worker = g_steal_pointer (&priv->worker);
  priv->kicked = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (worker)
    gst_call_worker_stop (worker);
}

static void
start_worker (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallWorker *worker = gst_call_worker_new ("calldevice");

  priv->machine.worker = worker;
  GST_OBJECT_LOCK (self);
  priv->worker = worker;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_kick (self);
}

static void
stop (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  g_clear_signal_handler (&priv->added_id, priv->list);
  g_clear_signal_handler (&priv->removed_id, priv->list);
  gst_call_device_machine_stop (self);
  gst_call_device_list_release (g_steal_pointer (&priv->list));
  gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_ENDED);
}

static gboolean
start (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;

  const gchar *failed = NULL;
  g_autofree gchar *complaint = NULL;

  GST_OBJECT_LOCK (self);
  complaint = g_steal_pointer (&priv->complaint);
  GST_OBJECT_UNLOCK (self);
  if (complaint)
    gst_call_device_bin_warn_kept (self, complaint, NULL);
  priv->reached = GST_STATE_READY;
  priv->list =
      gst_call_device_list_get (GST_CALL_DEVICE_BIN_GET_CLASS (self)->kind);
  priv->added_id = g_signal_connect_object (priv->list, "added",
      G_CALLBACK (on_list_changed), self, 0);
  priv->removed_id = g_signal_connect_object (priv->list, "removed",
      G_CALLBACK (on_list_changed), self, 0);
  if (gst_call_device_machine_start (self, &failed, &error))
    return TRUE;
  gst_call_device_bin_post_error (self, error, NULL, failed);
  stop (self);
  return FALSE;
}

static GstStateChangeReturn
change_children (GstCallDeviceBin * self, GstStateChange transition)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstStateChangeReturn ret;

  g_mutex_lock (&priv->path);
  ret = GST_ELEMENT_CLASS (gst_call_device_bin_parent_class)->change_state
      (GST_ELEMENT (self), transition);
  if (ret != GST_STATE_CHANGE_FAILURE)
    priv->reached = GST_STATE_TRANSITION_NEXT (transition);
  priv->playing_since = priv->reached == GST_STATE_PLAYING ?
      g_get_monotonic_time () : 0;
  g_mutex_unlock (&priv->path);
  return ret;
}

static GstStateChangeReturn
gst_call_device_bin_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (element);
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop_worker (self);
  ret = change_children (self, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    stop (self);
  } else if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    if (ret != GST_STATE_CHANGE_FAILURE) {
      start_worker (self);
    } else {
      if (priv->current->choice->device && priv->current->failed)
        gst_call_device_machine_report_start (self, priv->current);
      stop (self);
    }
  }
  return ret;
}

/* Devices come and go, the pipeline's clock must not. */
static GstClock *
gst_call_device_bin_provide_clock (GstElement * element)
{
  return NULL;
}

/* --- GObject --- */

static void
gst_call_device_bin_finalize (GObject * object)
{
  GstCallDeviceBinPrivate *priv = PRIV (GST_CALL_DEVICE_BIN (object));

  gst_call_wish_clear (&priv->wish);
  g_free (priv->constraints);
  g_free (priv->complaint);
  g_mutex_clear (&priv->path);
  G_OBJECT_CLASS (gst_call_device_bin_parent_class)->finalize (object);
}

static void
gst_call_device_bin_class_init (GstCallDeviceBinClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_device_bin_finalize;
  gst_call_device_bin_install_properties (G_OBJECT_CLASS (klass));
  element_class->change_state = gst_call_device_bin_change_state;
  element_class->provide_clock = gst_call_device_bin_provide_clock;
  GST_BIN_CLASS (klass)->handle_message = gst_call_device_bin_handle_message;
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_TRACK_STATE, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_FALLBACK, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_DEVICE_BIN, 0);
}

static void
gst_call_device_bin_init (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  g_mutex_init (&priv->path);
  priv->wish.device_id = g_strdup ("");
  priv->wish.label = g_strdup ("");
  priv->constraints = g_strdup ("");
  priv->enabled = TRUE;
  priv->open_timeout = GST_CALL_DEFAULT_OPEN_TIMEOUT;
  priv->track_state = GST_CALL_TRACK_ENDED;
}
