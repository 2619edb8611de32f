/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name        runs                       may take        never
 *   ----------  -------------------------  --------------  ------------------
 *   app         properties, states         OBJECT, pacer   wait for streaming
 *   streaming   fill                       OBJECT, pacer   hold one and wait
 *
 * Locks, in the order they may be taken
 *
 *   1 OBJECT    GST_OBJECT   protects: index, options
 *   2 pacer     see gstcallpacer.h
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfakesrc.h"

#include "gstcallfakedevice.h"
#include "gstcallpacer.h"

enum
{
  PROP_0,
  PROP_OPEN_DELAY,
  PROP_FAIL_OPEN,
  PROP_UNPLUG_AFTER,
  PROP_REPLUG_AFTER,
  PROP_STALL_AFTER,
  PROP_NEVER_DELIVERS,
  N_PROPS,
  PROP_INDEX                    /* installed by each subclass */
};

#define FLAGS \
  (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY)

static GParamSpec *props[N_PROPS];

typedef struct
{
  /* object lock */
  guint index;
  GstCallFakeOptions options;

  GstCallPacer pacer;

  /* only the streaming thread */
  GstClockTime duration;
} GstCallFakeSrcPrivate;

G_DEFINE_ABSTRACT_TYPE_WITH_PRIVATE (GstCallFakeSrc, gst_call_fake_src,
    GST_TYPE_PUSH_SRC);

#define PRIV(self) \
  ((GstCallFakeSrcPrivate *) gst_call_fake_src_get_instance_private (self))

static void
get_settings (GstCallFakeSrc * self, guint * index,
    GstCallFakeOptions * options)
{
  GstCallFakeSrcPrivate *priv = PRIV (self);

  GST_OBJECT_LOCK (self);
  *index = priv->index;
  *options = priv->options;
  GST_OBJECT_UNLOCK (self);
}

guint
gst_call_fake_src_get_index (GstCallFakeSrc * self)
{
  GstCallFakeOptions options;
  guint index;

  get_settings (self, &index, &options);
  return index;
}

void
gst_call_fake_src_set_duration (GstCallFakeSrc * self, GstClockTime duration)
{
  PRIV (self)->duration = duration;
}

/* --- GstBaseSrc --- */

static gboolean
gst_call_fake_src_start (GstBaseSrc * src)
{
  GstCallFakeSrc *self = GST_CALL_FAKE_SRC (src);
  GstCallFakeOptions options;
  guint index;

  get_settings (self, &index, &options);
  return gst_call_pacer_start (&PRIV (self)->pacer, src, &options,
      GST_CALL_FAKE_SRC_GET_CLASS (self)->kind, index);
}

static gboolean
gst_call_fake_src_unlock (GstBaseSrc * src)
{
  gst_call_pacer_unlock (&PRIV (GST_CALL_FAKE_SRC (src))->pacer, TRUE);
  return TRUE;
}

static gboolean
gst_call_fake_src_unlock_stop (GstBaseSrc * src)
{
  gst_call_pacer_unlock (&PRIV (GST_CALL_FAKE_SRC (src))->pacer, FALSE);
  return TRUE;
}

static GstFlowReturn
gst_call_fake_src_fill (GstPushSrc * push, GstBuffer * buffer)
{
  GstCallFakeSrc *self = GST_CALL_FAKE_SRC (push);
  GstCallFakeSrcClass *klass = GST_CALL_FAKE_SRC_GET_CLASS (self);
  GstCallFakeSrcPrivate *priv = PRIV (self);
  GstCallFakeOptions options;
  GstFlowReturn flow;
  GstClockTime at;
  guint64 number;
  guint index;

  get_settings (self, &index, &options);
  /* a picture is there at its time, sound when its last sample is */
  flow = gst_call_pacer_next (&priv->pacer, GST_BASE_SRC (push), &options,
      klass->kind, index, priv->duration, klass->kind == GST_CALL_FAKE_VIDEO,
      &at);
  if (flow != GST_FLOW_OK)
    return flow;
  number = (at - priv->pacer.opened) / priv->duration;
  if (!klass->draw (self, buffer, index, number)) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("A buffer has no memory."),
        (NULL));
    return GST_FLOW_ERROR;
  }
  GST_BUFFER_PTS (buffer) = at;
  GST_BUFFER_DURATION (buffer) = priv->duration;
  GST_BUFFER_OFFSET (buffer) = number;
  return GST_FLOW_OK;
}

static gboolean
gst_call_fake_src_query (GstBaseSrc * src, GstQuery * query)
{
  GstCallFakeSrc *self = GST_CALL_FAKE_SRC (src);
  gboolean video =
      GST_CALL_FAKE_SRC_GET_CLASS (self)->kind == GST_CALL_FAKE_VIDEO;

  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return GST_BASE_SRC_CLASS (gst_call_fake_src_parent_class)->query (src,
        query);
  gst_query_set_latency (query, TRUE, video ? 0 : PRIV (self)->duration,
      GST_CLOCK_TIME_NONE);
  return TRUE;
}

/* --- properties --- */

static void
gst_call_fake_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallFakeSrcPrivate *priv = PRIV (GST_CALL_FAKE_SRC (object));

  GST_OBJECT_LOCK (object);
  switch (id) {
    case PROP_INDEX:
      priv->index = g_value_get_uint (value);
      break;
    case PROP_OPEN_DELAY:
      priv->options.open_delay = g_value_get_uint (value);
      break;
    case PROP_FAIL_OPEN:
      priv->options.fail_open = g_value_get_boolean (value);
      break;
    case PROP_UNPLUG_AFTER:
      priv->options.unplug_after = g_value_get_uint (value);
      break;
    case PROP_REPLUG_AFTER:
      priv->options.replug_after = g_value_get_uint (value);
      break;
    case PROP_STALL_AFTER:
      priv->options.stall_after = g_value_get_uint (value);
      break;
    case PROP_NEVER_DELIVERS:
      priv->options.never_delivers = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (object);
}

static void
gst_call_fake_src_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallFakeSrcPrivate *priv = PRIV (GST_CALL_FAKE_SRC (object));

  GST_OBJECT_LOCK (object);
  switch (id) {
    case PROP_INDEX:
      g_value_set_uint (value, priv->index);
      break;
    case PROP_OPEN_DELAY:
      g_value_set_uint (value, priv->options.open_delay);
      break;
    case PROP_FAIL_OPEN:
      g_value_set_boolean (value, priv->options.fail_open);
      break;
    case PROP_UNPLUG_AFTER:
      g_value_set_uint (value, priv->options.unplug_after);
      break;
    case PROP_REPLUG_AFTER:
      g_value_set_uint (value, priv->options.replug_after);
      break;
    case PROP_STALL_AFTER:
      g_value_set_uint (value, priv->options.stall_after);
      break;
    case PROP_NEVER_DELIVERS:
      g_value_set_boolean (value, priv->options.never_delivers);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (object);
}

static void
gst_call_fake_src_finalize (GObject * object)
{
  gst_call_pacer_clear (&PRIV (GST_CALL_FAKE_SRC (object))->pacer);
  G_OBJECT_CLASS (gst_call_fake_src_parent_class)->finalize (object);
}

static void
gst_call_fake_src_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_fake_src_set_property;
  gobject_class->get_property = gst_call_fake_src_get_property;

  /**
   * GstCallFakeSrc:open-delay:
   *
   * Milliseconds from PLAYING to the first buffer.
   *
   * Since: 0.1
   */
  props[PROP_OPEN_DELAY] = g_param_spec_uint ("open-delay", "Open delay",
      "Time the device takes to open (ms)", 0, GST_CALL_FAKE_MAX_MS, 0, FLAGS);

  /**
   * GstCallFakeSrc:fail-open:
   *
   * Opening ends in a RESOURCE BUSY error, after open-delay.
   *
   * Since: 0.1
   */
  props[PROP_FAIL_OPEN] = g_param_spec_boolean ("fail-open", "Fail to open",
      "Opening the device fails", FALSE, FLAGS);

  /**
   * GstCallFakeSrc:unplug-after:
   *
   * Milliseconds after opening the device ends in a RESOURCE READ error and is
   * gone from the list of devices; 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_UNPLUG_AFTER] = g_param_spec_uint ("unplug-after",
      "Unplug after", "Time until the device is pulled out (ms, 0 = never)", 0,
      GST_CALL_FAKE_MAX_MS, 0, FLAGS);

  /**
   * GstCallFakeSrc:replug-after:
   *
   * Milliseconds after having been pulled out the device is in the list again;
   * 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_REPLUG_AFTER] = g_param_spec_uint ("replug-after",
      "Replug after", "Time until the device is back (ms, 0 = never)", 0,
      GST_CALL_FAKE_MAX_MS, 0, FLAGS);

  /**
   * GstCallFakeSrc:never-delivers:
   *
   * The device opens, delivers nothing and says nothing.
   *
   * Since: 0.1
   */
  props[PROP_NEVER_DELIVERS] = g_param_spec_boolean ("never-delivers",
      "Never delivers", "The device opens, and that is all", FALSE, FLAGS);

  /**
   * GstCallFakeSrc:stall-after:
   *
   * Milliseconds after opening the device delivers nothing more and says
   * nothing; 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_STALL_AFTER] = g_param_spec_uint ("stall-after", "Stall after",
      "Time until the device stops silently (ms, 0 = never)", 0,
      GST_CALL_FAKE_MAX_MS, 0, FLAGS);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

void
gst_call_fake_src_class_set_up (GstCallFakeSrcClass * klass,
    GstCallFakeKind kind, const gchar * blurb)
{
  const gchar *name = gst_call_fake_kind_name (kind);
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_call_fake_caps (kind);

  klass->kind = kind;
  /* GObject does not hand them down */
  gobject_class->set_property = gst_call_fake_src_set_property;
  gobject_class->get_property = gst_call_fake_src_get_property;
  g_object_class_install_property (gobject_class, PROP_INDEX,
      g_param_spec_uint (name, name, blurb, 0, GST_CALL_FAKE_MAX - 1, 0,
          FLAGS));
  gst_element_class_add_pad_template (GST_ELEMENT_CLASS (klass),
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
}

static void
gst_call_fake_src_class_init (GstCallFakeSrcClass * klass)
{
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_fake_src_finalize;
  gst_call_fake_src_install_properties (G_OBJECT_CLASS (klass));
  base_class->start = gst_call_fake_src_start;
  base_class->unlock = gst_call_fake_src_unlock;
  base_class->unlock_stop = gst_call_fake_src_unlock_stop;
  base_class->query = gst_call_fake_src_query;
  GST_PUSH_SRC_CLASS (klass)->fill = gst_call_fake_src_fill;
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_FAKE_SRC, 0);
}

static void
gst_call_fake_src_init (GstCallFakeSrc * self)
{
  GstCallFakeSrcPrivate *priv = PRIV (self);

  gst_call_pacer_init (&priv->pacer);
  priv->duration = GST_SECOND;  /* until there are caps */
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
}
