/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/* Threads and locks: see gstcalldevicebin.c. Of its own this part has
 *
 *   OBJECT protects: input_pad, delivered
 *   on_switched runs in the streaming thread of a branch
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicesrc.h"

#include "gstcallswap.h"

GST_DEBUG_CATEGORY_STATIC (gst_call_device_src_debug);
#define GST_CAT_DEFAULT gst_call_device_src_debug

typedef struct
{
  /* set once in constructed */
  GstCallSwap *swap;
  GstPad *srcpad;

  /* object lock */
  GstPad *input_pad;            /* the branch's, of the swap point */
  gboolean delivered;           /* a buffer of the branch has gone out */
} GstCallDeviceSrcPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_CODE (GstCallDeviceSrc, gst_call_device_src,
    GST_TYPE_CALL_DEVICE_BIN, G_ADD_PRIVATE (GstCallDeviceSrc);
    GST_DEBUG_CATEGORY_INIT (gst_call_device_src_debug, "calldevicesrc", 0,
        "device sources"));

#define PRIV(self) \
  ((GstCallDeviceSrcPrivate *) gst_call_device_src_get_instance_private (self))

/* --- branches --- */

/* A floating bin of elements (floating, NULL-terminated array) linked in a
 * row, with the last one's src pad as its own. NULL: they cannot be linked,
 * or one is NULL. */
static GstElement *
make_chain (GstElement ** elements)
{
  g_autoptr (GstElement) bin = gst_object_ref_sink (gst_bin_new (NULL));
  g_autoptr (GstPad) pad = NULL;
  GstElement *last = NULL;
  gboolean ok = elements[0] != NULL;

  for (; *elements; elements++) {
    gst_bin_add (GST_BIN (bin), *elements);
    ok = ok && (!last || gst_element_link (last, *elements));
    last = *elements;
  }
  if (!ok)
    return NULL;
  pad = gst_element_get_static_pad (last, "src");
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
make_branch (GstCallDeviceSrc * self, GstCallDevice * device, GError ** error)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  g_autoptr (GstCaps) allowed = gst_caps_from_string (klass->allowed);
  g_autoptr (GstCaps) downstream =
      gst_pad_peer_query_caps (PRIV (self)->srcpad, allowed);
  GstElement *chain[GST_CALL_DEVICE_SRC_MAX_CHAIN] = { NULL, };
  g_auto (GstCallMode) mode = { NULL, };
  GstElement *branch;
  guint n = 0;

  if (!klass->choose_mode (device->caps, downstream, &mode)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_NEGOTIATION,
        "What follows takes no raw %s. Put %sconvert or an encoder behind %s.",
        klass->medium, klass->medium, GST_OBJECT_NAME (gst_element_get_factory
            (GST_ELEMENT (self))));
    return NULL;
  }
  GST_DEBUG_OBJECT (self, "%s: %" GST_PTR_FORMAT " for %" GST_PTR_FORMAT,
      device->id, mode.device, mode.output);
  chain[n] = gst_call_device_create_element (device);
  if (chain[n])
    gst_object_set_name (GST_OBJECT (chain[n++]), "source");
  chain[n++] = make_filter (mode.device);
  n += klass->add_converters (&mode, chain + n);
  chain[n++] = make_filter (mode.output);
  branch = make_chain (chain);
  if (!branch)
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_MISSING_PLUGIN,
        "\"%s\" cannot be used: an element is missing. Install "
        "gstreamer1.0-plugins-base and gstreamer1.0-plugins-good.",
        device->label);
  return branch;
}

static GstElement *
make_blank (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcClass *klass = GST_CALL_DEVICE_SRC_GET_CLASS (self);
  g_autoptr (GstCaps) caps = gst_call_swap_get_caps (PRIV (self)->swap);
  GstElement *chain[GST_CALL_DEVICE_SRC_MAX_CHAIN] = { NULL, };
  GstCallMode mode = { NULL, };
  guint n = 1;

  chain[0] = klass->make_blank ();
  if (!chain[0])
    return NULL;
  n += klass->add_converters (&mode, chain + n);
  chain[n] = make_filter (caps);
  return make_chain (chain);
}

/* Takes the floating branch. FALSE: it cannot be linked. With STATE held. */
static gboolean
attach (GstCallDeviceSrc * self, GstElement * branch, GstCallDevice * device)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstPad) src = gst_element_get_static_pad (branch, "src");
  GstPad *pad =
      gst_element_request_pad_simple (GST_ELEMENT (priv->swap), "sink_%u");

  GST_OBJECT_LOCK (self);
  priv->input_pad = pad;
  priv->delivered = FALSE;
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_add_branch (GST_CALL_DEVICE_BIN (self), branch, device);
  gst_call_swap_select (priv->swap, pad);
  return gst_pad_link (src, pad) == GST_PAD_LINK_OK;
}

static void
gst_call_device_src_close (GstCallDeviceBin * bin)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (bin);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstElement) branch = gst_call_device_bin_stop_branch (bin);
  g_autoptr (GstPad) pad = NULL;

  GST_OBJECT_LOCK (self);
  pad = g_steal_pointer (&priv->input_pad);
  GST_OBJECT_UNLOCK (self);
  if (pad)
    gst_element_release_request_pad (GST_ELEMENT (priv->swap), pad);
}

static gboolean
gst_call_device_src_open (GstCallDeviceBin * bin, GPtrArray * devices,
    GError ** error)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (bin);
  g_autoptr (GstCallDevice) device = NULL;
  GstElement *branch;

  device = gst_call_device_bin_choose (bin, devices, NULL, error);
  if (!device)
    return FALSE;
  branch = make_branch (self, device, error);
  if (!branch)
    return FALSE;
  if (!attach (self, branch, device)) {
    g_set_error (error, GST_CORE_ERROR, GST_CORE_ERROR_PAD,
        "\"%s\" cannot be linked.", device->label);
    return FALSE;
  }
  gst_call_device_bin_set_track_state (bin, GST_CALL_TRACK_MUTED);
  return TRUE;
}

/* --- the end of a device --- */

/* A device that never delivered cannot be opened: that ends the pipeline. */
static void
post_open_error (GstCallDeviceSrc * self, GstCallDevice * device, gint code,
    const gchar * reason, const gchar * debug)
{
  GstCallDeviceBinClass *klass = GST_CALL_DEVICE_BIN_GET_CLASS (self);
  GstCallDeviceList *list = gst_call_device_list_get (klass->kind);
  g_autoptr (GPtrArray) devices = gst_call_device_list_get_devices (list);
  g_autofree gchar *known = gst_call_device_describe (devices);

  gst_call_device_list_release (list);
  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      GST_RESOURCE_ERROR, code,
      g_strdup_printf ("The %s \"%s\" (%s) cannot be opened: %s Close the "
          "program that uses it, or set device-id to one of: %s.",
          klass->noun, device->label, device->id, reason, known),
      g_strdup (debug), __FILE__, GST_FUNCTION, __LINE__);
}

static gboolean
has_delivered (GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean delivered;

  GST_OBJECT_LOCK (self);
  delivered = priv->delivered;
  GST_OBJECT_UNLOCK (self);
  return delivered;
}

static gboolean
gst_call_device_src_end (GstCallDeviceBin * bin, GstCallDevice * device)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (bin);
  GstElement *blank;

  if (!has_delivered (self)) {
    post_open_error (self, device, GST_RESOURCE_ERROR_NOT_FOUND,
        "it was unplugged before it delivered anything.", NULL);
    return FALSE;
  }
  gst_call_device_src_close (bin);
  blank = make_blank (self);
  if (blank && attach (self, blank, NULL))
    gst_element_sync_state_with_parent (blank);
  return TRUE;
}

static gboolean
gst_call_device_src_child_error (GstCallDeviceBin * bin, GstMessage * message)
{
  GstCallDeviceSrc *self = GST_CALL_DEVICE_SRC (bin);
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  g_autoptr (GstElement) branch = gst_call_device_bin_ref_branch (bin);
  g_autoptr (GstCallDevice) device = gst_call_device_bin_ref_device (bin);
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;
  GstFlowReturn flow;

  if (GST_MESSAGE_SRC (message) == GST_OBJECT (priv->swap))
    return FALSE;
  if (!branch || !gst_object_has_as_ancestor (GST_MESSAGE_SRC (message),
          GST_OBJECT (branch)))
    return TRUE;                /* a branch that is on its way out */
  flow = gst_call_swap_get_last_flow (priv->swap);
  if (flow == GST_FLOW_NOT_LINKED || flow < GST_FLOW_EOS)
    return FALSE;               /* downstream's failure, not the device's */
  if (!device || !gst_call_device_bin_claim_failure (bin, branch))
    return TRUE;
  GST_DEBUG_OBJECT (self, "device failed: %" GST_PTR_FORMAT, message);
  if (has_delivered (self)) {
    gst_call_device_bin_end_later (bin, branch);
    return TRUE;
  }
  gst_message_parse_error (message, &error, &debug);
  post_open_error (self, device, error->domain == GST_RESOURCE_ERROR ?
      error->code : GST_RESOURCE_ERROR_OPEN_READ, error->message, debug);
  return TRUE;
}

/* The first buffer of a branch has gone out. streaming thread */
static void
on_switched (GstCallSwap * swap, GstPad * pad, GstCallDeviceSrc * self)
{
  GstCallDeviceSrcPrivate *priv = PRIV (self);
  gboolean current;

  GST_OBJECT_LOCK (self);
  current = pad == priv->input_pad;
  if (current)
    priv->delivered = TRUE;
  GST_OBJECT_UNLOCK (self);
  if (current && !gst_call_device_bin_has_failed (GST_CALL_DEVICE_BIN (self)))
    gst_call_device_bin_set_track_state (GST_CALL_DEVICE_BIN (self),
        GST_CALL_TRACK_LIVE);
}

/* --- what a source is asked --- */

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

  if (priv->swap)
    gst_call_swap_set_blank (priv->swap, !enabled);
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
  g_signal_connect_object (priv->swap, "switched", G_CALLBACK (on_switched),
      self, 0);
  gst_bin_add (GST_BIN (self), GST_ELEMENT (priv->swap));
  pad = gst_element_get_static_pad (GST_ELEMENT (priv->swap), "src");
  priv->srcpad = gst_ghost_pad_new_from_template ("src", pad,
      gst_element_class_get_pad_template (GST_ELEMENT_CLASS (klass), "src"));
  gst_element_add_pad (GST_ELEMENT (self), priv->srcpad);
}

static void
gst_call_device_src_class_init (GstCallDeviceSrcClass * klass)
{
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);

  G_OBJECT_CLASS (klass)->constructed = gst_call_device_src_constructed;
  GST_ELEMENT_CLASS (klass)->send_event = gst_call_device_src_send_event;
  bin_class->open = gst_call_device_src_open;
  bin_class->close = gst_call_device_src_close;
  bin_class->end = gst_call_device_src_end;
  bin_class->child_error = gst_call_device_src_child_error;
  bin_class->get_caps = gst_call_device_src_get_caps;
  bin_class->set_enabled = gst_call_device_src_set_enabled;
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_DEVICE_SRC, 0);
}

static void
gst_call_device_src_init (GstCallDeviceSrc * self)
{
}
