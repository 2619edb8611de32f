/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callcontrol
 * @title: callcontrol
 *
 * Lets a running pipeline be asked and changed from outside: properties are
 * read and set, actions emitted, changes and messages followed, the graph
 * drawn. It has no pads; it may stand anywhere in a line, and the elements of
 * the line need not know of it. The program callctl is its other end.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 videotestsrc name=picture is-live=true ! autovideosink   callcontrol socket=demo
 * ]|
 * In another shell: `callctl picture pattern=snow`.
 *
 * Since: 0.1
 */

/*
 * Threads
 *
 *   name    runs                          may take  never
 *   ------  ----------------------------  --------  -----
 *   app     properties, change_state      OBJECT    -
 *   worker  on_ready                      OBJECT    -
 *
 * Locks, in the order they may be taken
 *
 *   1 OBJECT  protects: socket, path
 *
 * The threads of the server: gstcallcontrolserver.c.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallcontrolserver.h"

GST_DEBUG_CATEGORY (gst_call_control_debug);
#define GST_CAT_DEFAULT gst_call_control_debug

#define GST_TYPE_CALL_CONTROL (gst_call_control_get_type ())
G_DECLARE_FINAL_TYPE (GstCallControl, gst_call_control, GST, CALL_CONTROL,
    GstElement);

struct _GstCallControl
{
  GstElement parent;

  /* only change_state */
  GstCallControlServer *server;

  /* object lock */
  gchar *socket;
  gchar *path;
};

enum
{
  PROP_0,
  PROP_SOCKET,
  PROP_PATH,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCallControl, gst_call_control,
    GST_TYPE_ELEMENT, GST_DEBUG_CATEGORY_INIT (gst_call_control_debug,
        "callcontrol", 0, "control from outside"));
GST_ELEMENT_REGISTER_DEFINE (callcontrol, "callcontrol", GST_RANK_NONE,
    GST_TYPE_CALL_CONTROL);

static void
set_path (GstCallControl * self, const gchar * path)
{
  GST_OBJECT_LOCK (self);
  g_free (self->path);
  self->path = g_strdup (path);
  GST_OBJECT_UNLOCK (self);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_PATH]);
}

/* worker */
static void
on_ready (GstElement * element, const gchar * path, const GError * error)
{
  set_path (GST_CALL_CONTROL (element), path);
  if (!path)
    GST_ELEMENT_WARNING (element, RESOURCE, OPEN_READ_WRITE,
        ("The pipeline runs, but callctl cannot reach it. %s.",
            error->message), (NULL));
}

static GstStateChangeReturn
gst_call_control_change_state (GstElement * element, GstStateChange transition)
{
  GstCallControl *self = GST_CALL_CONTROL (element);
  g_autofree gchar *socket = NULL;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY) {
    g_object_get (self, "socket", &socket, NULL);
    self->server = gst_call_control_server_new (element, socket, on_ready);
  }
  if (transition == GST_STATE_CHANGE_READY_TO_NULL) {
    gst_call_control_server_stop (self->server);
    g_clear_object (&self->server);
    set_path (self, NULL);
  }
  return GST_ELEMENT_CLASS (gst_call_control_parent_class)->change_state
      (element, transition);
}

static void
gst_call_control_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallControl *self = GST_CALL_CONTROL (object);

  if (id != PROP_SOCKET) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_free (self->socket);
  self->socket = g_value_dup_string (value);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_control_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallControl *self = GST_CALL_CONTROL (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_SOCKET:
      g_value_set_string (value, self->socket);
      break;
    case PROP_PATH:
      g_value_set_string (value, self->path);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_control_finalize (GObject * object)
{
  GstCallControl *self = GST_CALL_CONTROL (object);

  g_free (self->socket);
  g_free (self->path);
  G_OBJECT_CLASS (gst_call_control_parent_class)->finalize (object);
}

static void
gst_call_control_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_control_set_property;
  gobject_class->get_property = gst_call_control_get_property;

  /**
   * GstCallControl:socket:
   *
   * Name by which callctl finds the pipeline (--pipeline NAME): the socket is
   * NAME.PID.sock in $XDG_RUNTIME_DIR/gst-call. With a "/" in it it is the path
   * of the socket itself. Empty: the pipeline's name. Read when the element
   * goes to READY.
   *
   * Since: 0.1
   */
  props[PROP_SOCKET] = g_param_spec_string ("socket", "Socket",
      "Name callctl finds the pipeline by, or a path (empty = the pipeline's "
      "name)", "", G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY);
  /**
   * GstCallControl:path:
   *
   * Where the socket is; none while there is none. Notified from a thread of
   * the element.
   *
   * Since: 0.1
   */
  props[PROP_PATH] = g_param_spec_string ("path", "Path",
      "Path of the socket, once it is there", NULL,
      G_PARAM_READABLE | G_PARAM_EXPLICIT_NOTIFY | G_PARAM_STATIC_STRINGS);
  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_control_class_init (GstCallControlClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_control_finalize;
  element_class->change_state = gst_call_control_change_state;
  gst_call_control_install_properties (G_OBJECT_CLASS (klass));
  gst_element_class_set_static_metadata (element_class, "Control",
      "Generic", "Lets a running pipeline be asked and changed from outside",
      "gst-call");
}

static void
gst_call_control_init (GstCallControl * self)
{
}
