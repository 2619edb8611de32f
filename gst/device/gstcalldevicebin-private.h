/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What gstcalldevicebin.c (properties, states, messages) and
 * gstcalldevicemachine.c (the steps of a switch) know of each other.
 *
 * Threads
 *
 *   name        runs                                may take      never
 *   ----------  ----------------------------------  ------------  ------------
 *   app         properties, states                  STATE, path,  wait for
 *                                                   OBJECT        worker with
 *                                                                 path held
 *   worker      gstcalldevicemachine.c, one per     path, OBJECT  take STATE
 *               element between READY and PAUSED
 *   streaming   messages of children, delivered     OBJECT        block
 *   provider    on_list_changed                     OBJECT        block
 *
 * Locks, in the order they may be taken
 *
 *   1 STATE     GST_STATE_LOCK  GStreamer's own
 *   2 path      priv->path      state changes of all children against those of
 *                               one. Protects: reached,
 *                               playing_since
 *   3 OBJECT    GST_OBJECT      protects: fields under "object lock"
 *
 *   Nothing is posted, linked or notified with OBJECT held. Under path children
 *   change state, as in every bin's change_state; what opens or closes a device
 *   happens without it, so that a slow one does not keep the application.
 */
#pragma once

#include "gstcalldevicebin.h"

#include "gstcallworker.h"

G_BEGIN_DECLS

typedef enum
{
  GST_CALL_FALLBACK_NEXT_DEVICE,
  GST_CALL_FALLBACK_HOLD,
  GST_CALL_FALLBACK_ERROR,
} GstCallFallback;

#define GST_TYPE_CALL_FALLBACK (gst_call_fallback_get_type ())
GType gst_call_fallback_get_type (void);

#define GST_CALL_DEFAULT_OPEN_TIMEOUT 10000     /* ms */

/* An element in the bin and what is open in it. */
typedef struct
{
  gatomicrefcount refs;

  /* constant */
  GstCallChoice *choice;
  GstElement *element;          /* NULL: nothing stands in */

  /* object lock of the bin */
  gboolean delivered;
  gint64 delivered_at;          /* monotonic time, µs */
  GstClockTime gap;
  gboolean failed;
  GError *error;                /* NULL: none was posted */
  gchar *debug;
} GstCallBranch;

/* --- gstcallbranch.c --- */

GstCallBranch *gst_call_branch_ref (GstCallBranch * branch);
void gst_call_branch_unref (GstCallBranch * branch);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallBranch, gst_call_branch_unref)

/* Makes what slot (current or next) holds from now on: a branch of choice, in
 * the bin and in state READY, or failed. */
GstCallBranch *gst_call_branch_add (GstCallDeviceBin * self,
    GstCallBranch ** slot, GstCallChoice * choice);
/* Lets the stream go through it; it may fail. */
void gst_call_branch_join (GstCallDeviceBin * self, GstCallBranch * branch);
/* Closes what slot holds, if anything. */
void gst_call_branch_remove (GstCallDeviceBin * self, GstCallBranch ** slot);
/* From now on it has failed; code of GST_RESOURCE_ERROR, why: a sentence. */
void gst_call_branch_fail (GstCallDeviceBin * self, GstCallBranch * branch,
    gint code, const gchar * why);
gboolean gst_call_branch_has_failed (GstCallDeviceBin * self,
    GstCallBranch * branch);
gboolean gst_call_branch_has_delivered (GstCallDeviceBin * self,
    GstCallBranch * branch);

/* Only the worker; and start and stop, when there is none. */
typedef struct
{
  GstCallWorker *worker;
  GPtrArray *devices;           /* as last seen */
  guint serial;                 /* of the wish that was looked at last */
  gboolean refused;             /* it cannot be had: waits for the list */
  gchar *home;                  /* id of the chosen device that is away */
  gchar *lost_why;              /* what became of it, a sentence */
  GHashTable *failed;           /* ids not to be tried again */
  GstCallChoice *goal;          /* where the steps lead, or NULL: settled */
  GstCallChoice *previous;      /* where to return if goal fails */
  GstCallDevice *seen;          /* the last device that was live */
  GstCaps *seen_mode;
  const gchar *reason;          /* for call-track-switched */
  gint64 since;                 /* the switch was asked for, monotonic, µs */
  gboolean lost;                /* reaching goal is the end of the track */
  gboolean released;            /* disabled, the device is closed */
  gboolean late;                /* next has not delivered in time */
  gboolean start_failed;        /* told so */
  GSource *deadline;
  GSource *release;
  GSource *plug_in;             /* a device has just come */
  GSource *watch;               /* looks whether the device has stalled */
  GSource *retry;               /* until home is tried again */
  guint retry_ms;               /* the last wait; 0: none yet */
} GstCallMachine;

typedef struct
{
  /* path lock */
  GMutex path;
  GstState reached;             /* of the children */
  gint64 playing_since;         /* monotonic time, µs; 0: not in PLAYING */

  /* only start and stop */
  GstCallDeviceList *list;
  gulong added_id, removed_id;

  GstCallMachine machine;

  /* object lock */
  GstCallWish wish;
  gchar *constraints;           /* the text of wish.constraints */
  gchar *complaint;             /* to be told when somebody can hear it */
  guint serial;                 /* grows with each change of wish */
  gint64 wished_at;             /* monotonic time, µs */
  gboolean enabled;
  gboolean release_when_disabled;
  GstCallFallback fallback;
  guint open_timeout;           /* ms */
  GstCallWorker *worker;        /* NULL: stopped, or about to */
  gboolean kicked;              /* the worker will look */
  gboolean list_changed;
  GstCallBranch *current;
  GstCallBranch *next;
  guint processing;             /* what is done to sound */
  GstCallTrackState track_state;
} GstCallDeviceBinPrivate;

GstCallDeviceBinPrivate *gst_call_device_bin_get_private (GstCallDeviceBin *
    self);

/* --- gstcalldeviceproperties.c --- */

void gst_call_device_bin_install_properties (GObjectClass * gobject_class);
void gst_call_device_bin_set_track_state (GstCallDeviceBin * self,
    GstCallTrackState state);
void gst_call_device_bin_notify_settings (GstCallDeviceBin * self);
void gst_call_device_bin_notify_devices (GstCallDeviceBin * self);

/* --- gstcalldevicebin.c --- */

/* FALSE: the worker is to end. */
gboolean gst_call_device_bin_is_running (GstCallDeviceBin * self);
/* Lets the worker look at what has changed. Any thread. */
void gst_call_device_bin_kick (GstCallDeviceBin * self);

/* --- gstcalldevicemachine.c --- */

/* Worker only: makes the steps that can be made. */
void gst_call_device_machine_advance (GstCallDeviceBin * self);

/* --- gstcalldevicewatch.c: worker only --- */

/* Looks from now on whether the device in use goes silent. */
void gst_call_device_watch_begin (GstCallDeviceBin * self);
/* The chosen device has failed, and is still there: it is tried again, at
 * growing intervals. */
void gst_call_device_watch_retry (GstCallDeviceBin * self);
/* It works, or another one is wanted. */
void gst_call_device_watch_settle (GstCallDeviceBin * self);

/* --- gstcalldevicestart.c --- */

/* Opens the first branch as current; with STATE held, before the worker. */
gboolean gst_call_device_machine_start (GstCallDeviceBin * self,
    const gchar ** failed, GError ** error);
/* Closes what is open; with STATE held, after the worker. */
void gst_call_device_machine_stop (GstCallDeviceBin * self);
/* A device that never worked, and no other one: that ends the pipeline. */
void gst_call_device_machine_report_start (GstCallDeviceBin * self,
    GstCallBranch * branch);
/* Of the devices as last seen, as gst_call_choose */
GstCallChoice *gst_call_device_machine_choose (GstCallDeviceBin * self,
    const GstCallWish * wish, GHashTable * except, const gchar ** failed,
    GError ** error);

/* --- gstcalldevicemessage.c: no lock held --- */

/* failed: name of the constraint that is to blame, or NULL. */
void gst_call_device_bin_post_error (GstCallDeviceBin * self,
    const GError * error, const gchar * debug, const gchar * failed);
void gst_call_device_bin_post_open_error (GstCallDeviceBin * self,
    GstCallBranch * branch);
void gst_call_device_bin_warn_kept (GstCallDeviceBin * self,
    const gchar * reason, const gchar * failed);
void gst_call_device_bin_warn_held (GstCallDeviceBin * self,
    GstCallDevice * device, const gchar * why);
void gst_call_device_bin_post_switched (GstCallDeviceBin * self,
    GstCallDevice * from, GstCallBranch * to, const gchar * reason,
    gint64 since);
void gst_call_device_bin_post_ended (GstCallDeviceBin * self,
    GstCallDevice * device, const gchar * why);
void gst_call_device_bin_post_change (GstCallDeviceBin * self,
    GPtrArray * before, GPtrArray * now);

G_END_DECLS
