/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of a device bin. Threads and locks: see
 * gstcalldevicebin-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

#define PRIV(self) gst_call_device_bin_get_private (self)

enum
{
  PROP_0,
  PROP_DEVICE_ID,
  PROP_LABEL,
  PROP_CONSTRAINTS,
  PROP_ENABLED,
  PROP_RELEASE_WHEN_DISABLED,
  PROP_FALLBACK,
  PROP_OPEN_TIMEOUT,
  PROP_SETTINGS,
  PROP_DEVICES,
  PROP_STATE,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

/* --- what changes by itself --- */

void
gst_call_device_bin_set_track_state (GstCallDeviceBin * self,
    GstCallTrackState state)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = priv->track_state != state;
  priv->track_state = state;
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_STATE]);
  gst_call_device_bin_notify_settings (self);
}

void
gst_call_device_bin_notify_settings (GstCallDeviceBin * self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_SETTINGS]);
}

void
gst_call_device_bin_notify_devices (GstCallDeviceBin * self)
{
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_DEVICES]);
}

static GstCallBranch *
ref_current (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallBranch *branch;

  GST_OBJECT_LOCK (self);
  branch = priv->current ? gst_call_branch_ref (priv->current) : NULL;
  GST_OBJECT_UNLOCK (self);
  return branch;
}

/* --- what is asked and set --- */

static GstStructure *
make_settings (GstCallDeviceBin * self)
{
  g_autoptr (GstCallBranch) branch = ref_current (self);
  g_autoptr (GstCaps) caps = NULL;
  GstStructure *settings;
  guint id, processing;

  if (!branch || !branch->choice->device)
    return gst_call_device_settings (NULL, NULL);
  caps = GST_CALL_DEVICE_BIN_GET_CLASS (self)->get_caps (self, branch->element);
  settings = gst_call_device_settings (branch->choice->device, caps);
  GST_OBJECT_LOCK (self);
  processing = PRIV (self)->processing;
  GST_OBJECT_UNLOCK (self);
  for (id = GST_CALL_ECHO_CANCELLATION; id <= GST_CALL_AUTO_GAIN_CONTROL; id++) {
    if (branch->choice->device->kind == GST_CALL_DEVICE_AUDIO_INPUT)
      gst_structure_set (settings, gst_call_constraint_name (id),
          G_TYPE_BOOLEAN, (processing & GST_CALL_BIT (id)) != 0, NULL);
  }
  return settings;
}

/* With OBJECT held: the worker looks at it next. */
static void
change_wish (GstCallDeviceBinPrivate * priv)
{
  priv->serial++;
  priv->wished_at = g_get_monotonic_time ();
}

/* What is wrong is told now and, if nobody can hear it yet, at the start. */
static void
set_constraints (GstCallDeviceBin * self, const gchar * text)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GError) error = NULL;
  GstCallConstraints *constraints = gst_call_constraints_parse (text, &error);
  gboolean heard;

  GST_OBJECT_LOCK (self);
  g_clear_pointer (&priv->complaint, g_free);
  if (constraints) {
    g_clear_pointer (&priv->wish.constraints, gst_call_constraints_unref);
    priv->wish.constraints = constraints;
    g_free (priv->constraints);
    priv->constraints = g_strdup (text ? text : "");
    change_wish (priv);
  }
  heard = GST_ELEMENT_BUS (self) != NULL;
  if (!constraints && !heard)
    priv->complaint = g_strdup (error->message);
  GST_OBJECT_UNLOCK (self);
  if (!constraints && heard)
    gst_call_device_bin_warn_kept (self, error->message, NULL);
}

static void
gst_call_device_bin_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (object);
  GstCallDeviceBinPrivate *priv = PRIV (self);

  if (id == PROP_CONSTRAINTS) {
    set_constraints (self, g_value_get_string (value));
    gst_call_device_bin_kick (self);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_free (priv->wish.device_id);
      priv->wish.device_id = g_value_dup_string (value);
      change_wish (priv);
      break;
    case PROP_LABEL:
      g_free (priv->wish.label);
      priv->wish.label = g_value_dup_string (value);
      change_wish (priv);
      break;
    case PROP_ENABLED:
      priv->enabled = g_value_get_boolean (value);
      break;
    case PROP_RELEASE_WHEN_DISABLED:
      priv->release_when_disabled = g_value_get_boolean (value);
      break;
    case PROP_FALLBACK:
      priv->fallback = g_value_get_enum (value);
      break;
    case PROP_OPEN_TIMEOUT:
      priv->open_timeout = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
  if (id == PROP_ENABLED)
    GST_CALL_DEVICE_BIN_GET_CLASS (self)->set_enabled (self,
        g_value_get_boolean (value));
  gst_call_device_bin_kick (self);
}

static void
gst_call_device_bin_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallDeviceBin *self = GST_CALL_DEVICE_BIN (object);
  GstCallDeviceBinPrivate *priv = PRIV (self);

  if (id == PROP_SETTINGS) {
    g_value_take_boxed (value, make_settings (self));
    return;
  }
  if (id == PROP_DEVICES) {
    gst_call_device_list_to_value (GST_CALL_DEVICE_BIN_GET_CLASS (self)->kind,
        value);
    return;
  }
  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DEVICE_ID:
      g_value_set_string (value, priv->wish.device_id);
      break;
    case PROP_LABEL:
      g_value_set_string (value, priv->wish.label);
      break;
    case PROP_CONSTRAINTS:
      g_value_set_string (value, priv->constraints);
      break;
    case PROP_ENABLED:
      g_value_set_boolean (value, priv->enabled);
      break;
    case PROP_RELEASE_WHEN_DISABLED:
      g_value_set_boolean (value, priv->release_when_disabled);
      break;
    case PROP_FALLBACK:
      g_value_set_enum (value, priv->fallback);
      break;
    case PROP_OPEN_TIMEOUT:
      g_value_set_uint (value, priv->open_timeout);
      break;
    case PROP_STATE:
      g_value_set_enum (value, priv->track_state);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

void
gst_call_device_bin_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_device_bin_set_property;
  gobject_class->get_property = gst_call_device_bin_get_property;

  /**
   * GstCallDeviceBin:device-id:
   *
   * Id of the device to open, one of those in devices (W3C deviceId); empty =
   * the first that fits label. In PAUSED and PLAYING it switches: the device is
   * opened first and taken over with its first buffer, and what was there before
   * goes on if it cannot be opened, with a warning that says why. At the start
   * an id that is not there is an error that names those that are. Any thread.
   *
   * Since: 0.1
   */
  props[PROP_DEVICE_ID] = g_param_spec_string ("device-id", "Device id",
      "Id of the device to open (empty = best match)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:label:
   *
   * Glob (fnmatch(3), case does not matter) over the names of the devices, used
   * if device-id is empty; empty = any. Switches as device-id does.
   *
   * Since: 0.1
   */
  props[PROP_LABEL] = g_param_spec_string ("label", "Label",
      "Glob over the names of devices (empty = any)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:constraints:
   *
   * JSON text, MediaTrackConstraints of W3C mediacapture-main: deviceId, groupId,
   * facingMode, width, height, aspectRatio, frameRate, sampleRate, channelCount,
   * echoCancellation, noiseSuppression, autoGainControl, each bare or with ideal,
   * exact, min and max, and advanced. Of the devices that device-id and label
   * leave, and of their modes, the one with the smallest fitness distance is
   * opened. Up to 16 KiB; empty = none. Switches as device-id does; a text that
   * is wrong is told in a warning that says where, and the old value stays.
   *
   * Since: 0.1
   */
  props[PROP_CONSTRAINTS] = g_param_spec_string ("constraints", "Constraints",
      "MediaTrackConstraints of W3C as JSON (empty = none)", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:enabled:
   *
   * FALSE sends, or plays, black or silence with the same caps and timestamps
   * (W3C MediaStreamTrack.enabled). The device stays open unless
   * release-when-disabled is set. Takes effect with the next buffer, from any
   * thread.
   *
   * Since: 0.1
   */
  props[PROP_ENABLED] = g_param_spec_boolean ("enabled", "Enabled",
      "Let media through, not black or silence", TRUE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:release-when-disabled:
   *
   * Close the device (the light of a camera goes off) when it has been disabled
   * for two seconds, and open it again when it is enabled.
   *
   * Since: 0.1
   */
  props[PROP_RELEASE_WHEN_DISABLED] =
      g_param_spec_boolean ("release-when-disabled", "Release when disabled",
      "Close the device while it is disabled", FALSE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:fallback:
   *
   * When the device disappears: next-device opens the next best one that fits,
   * or sends black or silence if there is none; hold goes on with the last
   * picture, or silence; error posts an element error. Except after an error the
   * device is taken again when it comes back.
   *
   * Since: 0.1
   */
  props[PROP_FALLBACK] = g_param_spec_enum ("fallback", "Fallback",
      "What to do when the device disappears", GST_TYPE_CALL_FALLBACK,
      GST_CALL_FALLBACK_NEXT_DEVICE,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:open-timeout:
   *
   * Milliseconds of PLAYING a device has to deliver its first buffer; 0 = any.
   * After that it has failed: an error if it is the first one, else a warning.
   *
   * Since: 0.1
   */
  props[PROP_OPEN_TIMEOUT] = g_param_spec_uint ("open-timeout", "Open timeout",
      "Time a device has to deliver (ms, 0 = any)", 0, G_MAXINT,
      GST_CALL_DEFAULT_OPEN_TIMEOUT,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallDeviceBin:settings:
   *
   * What is really open (W3C getSettings()): deviceId, groupId, label, and of
   * the mode the device is in width, height, frameRate (Hz) or sampleRate (Hz),
   * channelCount, and caps. Empty while no device is open. Notified together
   * with state.
   *
   * Since: 0.1
   */
  props[PROP_SETTINGS] = g_param_spec_boxed ("settings", "Settings",
      "What is really open", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  /**
   * GstCallDeviceBin:devices:
   *
   * The devices of this kind, best first, a structure each: deviceId, kind,
   * label, groupId, caps (W3C enumerateDevices()). Reading it waits for the
   * device providers if no element of the process has a device open.
   *
   * Since: 0.1
   */
  props[PROP_DEVICES] = gst_param_spec_array ("devices", "Devices",
      "The devices there are",
      g_param_spec_boxed ("device", "Device", "A device", GST_TYPE_STRUCTURE,
          G_PARAM_READABLE | G_PARAM_STATIC_STRINGS),
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);

  /**
   * GstCallDeviceBin:state:
   *
   * live: the device works; muted: it is open and has not delivered yet, or
   * it has been released or is held; ended: none is open, or it went away and
   * black or silence takes its place.
   *
   * Since: 0.1
   */
  props[PROP_STATE] = g_param_spec_enum ("state", "State",
      "State of the track", GST_TYPE_CALL_TRACK_STATE, GST_CALL_TRACK_ENDED,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}
