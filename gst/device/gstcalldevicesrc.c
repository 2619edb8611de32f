/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: see gstcalldevicebin-private.h. Of its own this part has
 *
 *   OBJECT protects: last, passing, disabled, stall_timeout
 *   on_output and on_switched run in the streaming thread of a branch
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicesrc.h"

#include "gstcallswap.h"

#define DEFAULT_STALL_TIMEOUT 3000      /* ms */
#define MAX_STALL_TIMEOUT (60 * 60 * 1000)
#define SLOW_FRAMES 3           /* a slow camera may be late by so many */

GST_DEBUG_CATEGORY_STATIC (gst_call_device_src_debug);
#define GST_CAT_DEFAULT gst_call_device_src_debug

typedef struct
{
  /* set once in constructed */
  GstCallSwap *swap;
  GstPad *srcpad;

  /* object lock */
  GstBuffer *last;              /* video: what went out last, to be held */
  gboolean passing;             /* encoded video: it cannot be made black */
  gboolean disabled;
  guint stall_timeout;          /* ms, 0: never */
} GstCallDeviceSrcPrivate;

enum
{
  PROP_0,
  PROP_STALL_TIMEOUT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstCallDeviceSrc, gst_call_device_src,
    GST_TYPE_CALL_DEVICE_BIN, G_ADD_PRIVATE (GstCallDeviceSrc);
    GST_DEBUG_CATEGORY_INIT (gst_call_device_src_debug, "calldevicesrc", 0,
        "device sources"));

#define PRIV(self) \
  ((GstCallDeviceSrcPrivate *) gst_call_device_src_get_instance_private (self))

/* --- branches --- */

/* A floating bin of n elements (floating) linked in a row, with the last one's
 * src pad as its own. NULL: they cannot be linked, or one is NULL. */
static GstElement *
make_chain (GstElement ** elements, guint n)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstPad) pad = NULL;
  gboolean ok = TRUE;
  guint i;

  for (i = 0; i < n; i++) {
    ok = ok && elements[i];
    if (elements[i])
      gst_bin_add (GST_BIN (bin), elements[i]);
    ok = ok && (i == 0 || gst_element_link (elements[i - 1], elements[i]));
  }
  pad = ok ? gst_element_get_static_pad (elements[n - 1], "src") : NULL;
  if (!pad)
    return NULL;
  gst_element_add_pad (bin, gst_ghost_pad_new ("src", pad));
  g_object_force_floating (G_OBJECT (bin));
  return g_steal_pointer (&bin);
}

static GstElement *
make_filter (const GstCaps * caps)
{
  GstElement *filter = gst_element_factory_make ("capsfilter", NULL);

  if (filter)
    g_object_set (filter, "caps", caps, NULL);
  return filter;
}

static GstElement *
make_device (GstCallDeviceSrc * self, const GstCallChoice * choice,
    GError ** error)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  GstCallDevice *device = choice->device;
  g_autoptr (GstCaps) downstream = GST_CALL_DEVICE_BIN_GET_CLASS
      (self)->get_downstream (GST_CALL_DEVICE_BIN (self));
  GstElement *chain[GST_CALL_DEVICE_SRC_MAX_CHAIN] = { NULL, };
  g_auto (GstCallMode) mode = { NULL, };
  GstElement *branch;
  guint n = 0;

  if (!klass->choose_mode (choice->mode, downstream, &mode)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "What follows takes no raw %s. Put %sconvert or an encoder behind %s.",
        klass->medium, klass->medium, GST_OBJECT_NAME (gst_element_get_factory
            (GST_ELEMENT (self))));
    return NULL;
  }
  GST_DEBUG_OBJECT (self, "%s: %" GST_PTR_FORMAT " for %" GST_PTR_FORMAT,
      device->id, mode.device, mode.output);
  GST_OBJECT_LOCK (self);
  PRIV (self)->passing = mode.pass;
  GST_OBJECT_UNLOCK (self);
  chain[n] = gst_call_device_create_element (device);
  if (chain[n])
    gst_object_set_name (GST_OBJECT (chain[n]), "source");
  n++;
  chain[n++] = make_filter (mode.device);
  n += klass->add_converters (&mode, chain + n);
  chain[n++] = make_filter (mode.output);
  branch = make_chain (chain, n);
  if (!branch)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "\"%s\" cannot be used: an element is missing, or it does not fit. "
        "Install gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.",
        device->label);
  return branch;
}

/* The last picture, at the time of each black one. streaming thread */
static GstPadProbeReturn
on_held (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (data));
  GstBuffer *black = GST_PAD_PROBE_INFO_BUFFER (info), *held;

  GST_OBJECT_LOCK (data);
  held = priv->last ? gst_buffer_copy (priv->last) : NULL;
  GST_OBJECT_UNLOCK (data);
  if (!held)
    return GST_PAD_PROBE_OK;
  gst_buffer_copy_into (held, black, GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  gst_buffer_unref (black);
  GST_PAD_PROBE_INFO_DATA (info) = held;
  return GST_PAD_PROBE_OK;
}

static GstElement *
make_substitute (GstCallDeviceSrc * self, gboolean hold)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  g_autoptr (GstCaps) caps = gst_call_swap_get_caps (PRIV (self)->swap);
  GstElement *chain[GST_CALL_DEVICE_SRC_MAX_CHAIN] = { NULL, };
  g_autoptr (GstPad) pad = NULL;
  GstCallMode mode = { NULL, };
  GstElement *branch;
  guint n = 1;

  chain[0] = caps ? klass->make_blank () : NULL;
  if (!chain[0])
    return NULL;
  n += klass->add_converters (&mode, chain + n);
  chain[n++] = make_filter (caps);
  branch = make_chain (chain, n);
  if (branch && hold) {
    pad = gst_element_get_static_pad (branch, "src");
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_held, self, NULL);
  }
  return branch;
}

static GstElement *
gst_call_device_src_make_branch (GstCallDeviceBin * bin,
    const GstCallChoice * choice, GError ** error)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (bin);

  return choice->device ? make_device (self, choice, error) :
      make_substitute (self, choice->hold);
}

static gboolean
gst_call_device_src_join (GstCallDeviceBin * bin, GstElement * branch,
    GstState state, gboolean first)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (bin));
  g_autoptr (GstPad) src = gst_element_get_static_pad (branch, "src");
  g_autoptr (GstPad) pad =
      gst_element_request_pad_simple (GST_ELEMENT (priv->swap), "sink_%u");

  gst_call_swap_select (priv->swap, pad);
  return gst_pad_link (src, pad) == GST_PAD_LINK_OK &&
      gst_element_set_state (branch, state) != GST_STATE_CHANGE_FAILURE;
}

/* The first device may not have been taken over from before another one was
 * selected: if that one goes again, what the first gives would go nowhere. */
static void
select_what_is_left (GstCallSwap * swap)
{
  g_autoptr (GstPad) left = NULL;

  GST_OBJECT_LOCK (swap);
  if (GST_ELEMENT (swap)->sinkpads)
    left = gst_object_ref (GST_ELEMENT (swap)->sinkpads->data);
  GST_OBJECT_UNLOCK (swap);
  if (left)
    gst_call_swap_select (swap, left);
}

static void
gst_call_device_src_part (GstCallDeviceBin * bin, GstElement * branch)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (bin));
  g_autoptr (GstPad) src = gst_element_get_static_pad (branch, "src");
  g_autoptr (GstPad) pad = gst_pad_get_peer (src);

  if (pad)
    gst_element_release_request_pad (GST_ELEMENT (priv->swap), pad);
  select_what_is_left (priv->swap);
}

/* --- what goes out --- */

/* streaming thread */
static GstPadProbeReturn
on_output (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (data));
  GstPadProbeReturn ret;

  GST_OBJECT_LOCK (data);
  ret = priv->passing && priv->disabled ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
  if (GST_CALL_DEVICE_BIN_GET_CLASS (data)->kind == GST_CALL_DEVICE_VIDEO_INPUT)
    gst_buffer_replace (&priv->last, GST_PAD_PROBE_INFO_BUFFER (info));
  GST_OBJECT_UNLOCK (data);
  return ret;
}

/* The first buffer of a branch has gone out. streaming thread. The source is the
 * parent: a closure that watches it may be invalidated there while the swap goes
 * here, which GObject does not survive. */
static void
on_switched (GstCallSwap * swap, GstPad * pad, gpointer data)
{
  g_autoptr (GstObject) self = gst_object_get_parent (GST_OBJECT (swap));
  g_autoptr (GstPad) src = gst_pad_get_peer (pad);
  g_autoptr (GstElement) branch = src ? gst_pad_get_parent_element (src) : NULL;
  GstClockTime gap, latency;

  gst_call_swap_get_last_switch (swap, &gap, &latency);
  if (branch && self)
    gst_call_device_bin_delivered (GST_CALL_DEVICE_BIN (self), branch,
        GST_CLOCK_TIME_IS_VALID (gap) ? gap : 0);
}

/* --- what a source is asked --- */

static GstCaps *
gst_call_device_src_get_downstream (GstCallDeviceBin * bin)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (bin);
  g_autoptr (GstCaps) allowed =
      gst_caps_from_string (GST_CALL_DEVICE_SRC_GET_CLASS (self)->allowed);
  g_autoptr (GstCaps) fixed = gst_call_swap_get_caps (PRIV (self)->swap);

  if (fixed)
    return g_steal_pointer (&fixed);
  return gst_pad_peer_query_caps (PRIV (self)->srcpad, allowed);
}

static gboolean
gst_call_device_src_has_failed_downstream (GstCallDeviceBin * bin)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (bin));
  GstFlowReturn flow = gst_call_swap_get_last_flow (priv->swap);

  return flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS;
}

static GstCaps *
gst_call_device_src_get_caps (GstCallDeviceBin * bin, GstElement * branch)
{
  g_autoptr (GstElement) source =
      gst_bin_get_by_name (GST_BIN (branch), "source");
  g_autoptr (GstPad) pad =
      source ? gst_element_get_static_pad (source, "src") : NULL;

  return pad ? gst_pad_get_current_caps (pad) : NULL;
}

static void
gst_call_device_src_set_enabled (GstCallDeviceBin * bin, gboolean enabled)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (bin));

  GST_OBJECT_LOCK (bin);
  priv->disabled = !enabled;
  GST_OBJECT_UNLOCK (bin);
  if (priv->swap)
    gst_call_swap_set_blank (priv->swap, !enabled);
}

/* Of pictures that come at any time nobody knows when one is missing. */
static gboolean
gst_call_device_src_has_stalled (GstCallDeviceBin * bin, gint64 since)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (bin));
  g_autoptr (GstCaps) caps = gst_call_swap_get_caps (priv->swap);
  gint64 idle = MIN (gst_call_swap_get_idle (priv->swap),
      g_get_monotonic_time () - since);
  gint numerator = 0, denominator = 1;
  gint64 timeout;

  GST_OBJECT_LOCK (bin);
  timeout = priv->stall_timeout * G_TIME_SPAN_MILLISECOND;
  GST_OBJECT_UNLOCK (bin);
  if (timeout == 0 || !caps)
    return FALSE;
  if (gst_structure_get_fraction (gst_caps_get_structure (caps, 0),
          "framerate", &numerator, &denominator)) {
    if (numerator == 0)
      return FALSE;
    timeout = MAX (timeout, SLOW_FRAMES * G_TIME_SPAN_SECOND * denominator
        / numerator);
  }
  return idle > timeout;
}

/* EOS from the application ends the stream; EOS of a device never does. */
static gboolean
gst_call_device_src_send_event (GstElement * element, GstEvent * event)
{
  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return
        GST_ELEMENT_CLASS (gst_call_device_src_parent_class)->send_event
        (element, event);
  gst_call_swap_end (PRIV (GST_CALL_DEVICE_SRC (element))->swap);
  gst_event_unref (event);
  return TRUE;
}

static void
gst_call_device_src_constructed (GObject * object)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (object);
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstCaps) allowed = gst_caps_from_string (klass->allowed);
  g_autoptr (GstPad) pad = NULL;
  gboolean enabled;

  G_OBJECT_CLASS (gst_call_device_src_parent_class)->constructed (object);
  priv->swap = gst_call_swap_new ("swap", allowed);
  g_object_get (self, "enabled", &enabled, NULL);
  gst_call_swap_set_blank (priv->swap, !enabled);
  g_signal_connect (priv->swap, "switched", G_CALLBACK (on_switched), NULL);
  gst_bin_add (GST_BIN (self), GST_ELEMENT (priv->swap));
  pad = gst_element_get_static_pad (GST_ELEMENT (priv->swap), "src");
  priv->srcpad = gst_ghost_pad_new_from_template ("src", pad,
      gst_element_class_get_pad_template (GST_ELEMENT_CLASS (klass), "src"));
  gst_element_add_pad (GST_ELEMENT (self), priv->srcpad);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_output, self, NULL);
}

/* What was held is not there any more at the next start. */
static GstStateChangeReturn
gst_call_device_src_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallDeviceSrcPrivate *priv = PRIV (GST_CALL_DEVICE_SRC (element));
  GstStateChangeReturn ret =
      GST_ELEMENT_CLASS (gst_call_device_src_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY) {
    GST_OBJECT_LOCK (element);
    gst_clear_buffer (&priv->last);
    GST_OBJECT_UNLOCK (element);
  }
  return ret;
}

static void
gst_call_device_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  if (id != PROP_STALL_TIMEOUT) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  PRIV (GST_CALL_DEVICE_SRC (object))->stall_timeout = g_value_get_uint (value);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_call_device_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  if (id != PROP_STALL_TIMEOUT) {
    G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
    return;
  }
  GST_OBJECT_LOCK (object);
  g_value_set_uint (value, PRIV (GST_CALL_DEVICE_SRC (object))->stall_timeout);
  GST_OBJECT_UNLOCK (object);
}

static void
gst_call_device_src_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_device_src_set_property;
  gobject_class->get_property = gst_call_device_src_get_property;

  /**
   * GstCallDeviceSrc:stall-timeout:
   *
   * Milliseconds in PLAYING without a buffer after which a device that has
   * worked counts as gone, though it is still listed: fallback follows. It is
   * tried again after 2 s, then at doubled intervals of at most a minute. A
   * camera may be three pictures late in any case. 0 = never. Any thread.
   *
   * Since: 0.1
   */
  props[PROP_STALL_TIMEOUT] = g_param_spec_uint ("stall-timeout",
      "Stall timeout", "Time without a buffer after which a device is given "
      "up (ms, 0 = never)", 0, MAX_STALL_TIMEOUT, DEFAULT_STALL_TIMEOUT,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_device_src_class_init (GstCallDeviceSrcClass * klass)
{
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);

  gst_call_device_src_install_properties (G_OBJECT_CLASS (klass));
  G_OBJECT_CLASS (klass)->constructed = gst_call_device_src_constructed;
  GST_ELEMENT_CLASS (klass)->send_event = gst_call_device_src_send_event;
  GST_ELEMENT_CLASS (klass)->change_state = gst_call_device_src_change_state;
  bin_class->make_branch = gst_call_device_src_make_branch;
  bin_class->join = gst_call_device_src_join;
  bin_class->part = gst_call_device_src_part;
  bin_class->get_downstream = gst_call_device_src_get_downstream;
  bin_class->has_failed_downstream = gst_call_device_src_has_failed_downstream;
  bin_class->get_caps = gst_call_device_src_get_caps;
  bin_class->set_enabled = gst_call_device_src_set_enabled;
  bin_class->has_stalled = gst_call_device_src_has_stalled;
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_DEVICE_SRC, 0);
}

static void
gst_call_device_src_init (GstCallDeviceSrc * self)
{
  PRIV (self)->stall_timeout = DEFAULT_STALL_TIMEOUT;
}
