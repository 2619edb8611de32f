/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * enumerateDevices(): GstCallDevice is one row of it, GstCallDeviceList the
 * running list of one kind.
 *
 * A device's id is the same across restarts and re-plugs: the name of the link
 * in /dev/v4l/by-id or the bus path for V4L2, the node name for PipeWire, the
 * source or sink name for PulseAudio. A device that several providers know is
 * listed once.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* W3C MediaDeviceKind */
typedef enum
{
  GST_CALL_DEVICE_VIDEO_INPUT,
  GST_CALL_DEVICE_AUDIO_INPUT,
  GST_CALL_DEVICE_AUDIO_OUTPUT,
  GST_CALL_DEVICE_N_KINDS
} GstCallDeviceKind;

/* W3C MediaStreamTrackState and muted in one */
typedef enum
{
  GST_CALL_TRACK_LIVE,
  GST_CALL_TRACK_MUTED,
  GST_CALL_TRACK_ENDED,
} GstCallTrackState;

#define GST_TYPE_CALL_TRACK_STATE (gst_call_track_state_get_type ())
GType gst_call_track_state_get_type (void);

/* Constant once made. Strings are never NULL, except
 * facing and alias. */
typedef struct
{
  gatomicrefcount refs;
  GstCallDeviceKind kind;
  gchar *id;
  gchar *label;                 /* for people */
  gchar *group;                 /* same for all devices of one thing, or "" */
  gchar *api;                   /* "v4l2", "pipewire", "pulse", "alsa", … */
  gchar *facing;                /* W3C facingMode, "user", or NULL */
  gchar *alias;                 /* also accepted as id: /dev/video0, or NULL */
  GstCaps *caps;
  GstDevice *device;
  gboolean is_default;          /* what the system would take */
  gboolean is_monitor;          /* records what an output plays */
} GstCallDevice;

#define GST_TYPE_CALL_DEVICE (gst_call_device_get_type ())
GType gst_call_device_get_type (void);
GstCallDevice *gst_call_device_ref (GstCallDevice * device);
void gst_call_device_unref (GstCallDevice * device);

/* "videoinput", "audioinput", "audiooutput" */
const gchar *gst_call_device_kind_name (GstCallDeviceKind kind);

/* (transfer full): call-device, deviceId=…, kind=…, label=…, groupId=…,
 * caps=(GstCaps)… */
GstStructure *gst_call_device_to_structure (GstCallDevice * device);

/* (transfer full) (nullable): an element that opens the device, with its
 * latency low and no clock of its own. */
GstElement *gst_call_device_create_element (GstCallDevice * device);

/* TRUE: its id is id, or, if that is empty, its label fits the glob; empty fits
 * every one that is not a monitor. */
gboolean gst_call_device_fits (const GstCallDevice * device, const gchar * id,
    const gchar * label);

/* Says that none of devices fits, or can do what a constraint asks for, what
 * there is and what to do: GST_RESOURCE_ERROR_NOT_FOUND, SETTINGS. */
void gst_call_device_explain (GPtrArray * devices, GstCallDeviceKind kind,
    const gchar * id, const gchar * label, GError ** error);
void gst_call_device_explain_constraint (GPtrArray * devices,
    GstCallDeviceKind kind, const gchar * constraint, GError ** error);

/* (transfer none) (nullable): the one of devices with this id */
GstCallDevice *gst_call_device_find (GPtrArray * devices, const gchar * id);

/* "fake-camera-0 (Fake camera 0), …", or "none"; at most 16 are named. */
gchar *gst_call_device_describe (GPtrArray * devices);

#define GST_TYPE_CALL_DEVICE_LIST (gst_call_device_list_get_type ())
G_DECLARE_FINAL_TYPE (GstCallDeviceList, gst_call_device_list, GST,
    CALL_DEVICE_LIST, GObject)

/* (transfer full): the process's list of a kind, to be given back with
 * gst_call_device_list_release. The first caller waits until the device
 * providers have answered; it runs as long as somebody has it.
 *
 * Signals "added" and "removed" (GstCallDevice * device) come from threads of
 * the device providers: handlers must not block and not change element
 * states. */
GstCallDeviceList *gst_call_device_list_get (GstCallDeviceKind kind);

/* Not from a handler of the signals. */
void gst_call_device_list_release (GstCallDeviceList * self);

/* (transfer container): GstCallDevice, best first: what the environment asked
 * for (fake devices), the system's default, others, monitors. Any thread. */
GPtrArray *gst_call_device_list_get_devices (GstCallDeviceList * self);

/* Fills value, a GST_TYPE_ARRAY, with a structure for each of devices. */
void gst_call_device_describe_all (GPtrArray * devices, GValue * value);

/* The same with the devices of kind: property
 * "devices". Waits as gst_call_device_list_get does. */
void gst_call_device_list_to_value (GstCallDeviceKind kind, GValue * value);

/* (transfer full): property "settings" of an element that has device open, in
 * the mode caps; both may be NULL. */
GstStructure *gst_call_device_settings (GstCallDevice * device,
    const GstCaps * caps);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallDevice, gst_call_device_unref)

G_END_DECLS
