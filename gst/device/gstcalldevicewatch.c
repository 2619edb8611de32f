/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What no device tells: that it has stopped without a word, and that it would
 * work again. Threads and locks: see gstcalldevicebin-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

#define WATCH_MS 500
#define RETRY_MS 2000           /* doubled with each try that fails */
#define MAX_RETRY_MS 60000

#define PRIV(self) gst_call_device_bin_get_private (self)
#define KLASS(self) GST_CALL_DEVICE_BIN_GET_CLASS (self)

static gboolean
has_stalled (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gint64 since;

  g_mutex_lock (&priv->path);
  since = priv->playing_since;
  g_mutex_unlock (&priv->path);
  /* what is being opened has a deadline of its own */
  return since > 0 && !priv->next && priv->current->choice->device
      && gst_call_branch_has_delivered (self, priv->current)
      && !gst_call_branch_has_failed (self, priv->current)
      && KLASS (self)->has_stalled (self, since);
}

static gboolean
on_watch (gpointer data)
{
  GstCallDeviceBin *self = data;

  if (has_stalled (self)) {
    gst_call_branch_fail (self, PRIV (self)->current, GST_RESOURCE_ERROR_READ,
        "it delivers nothing any more.");
    gst_call_device_machine_advance (self);
  }
  return G_SOURCE_CONTINUE;
}

void
gst_call_device_watch_begin (GstCallDeviceBin * self)
{
  GstCallMachine *machine = &PRIV (self)->machine;

  if (KLASS (self)->has_stalled && !machine->watch)
    machine->watch = gst_call_worker_add_timer (machine->worker, WATCH_MS,
        on_watch, self);
}

static gboolean
on_retry (gpointer data)
{
  GstCallDeviceBin *self = data;
  GstCallMachine *machine = &PRIV (self)->machine;

  gst_call_worker_clear_timer (&machine->retry);
  if (machine->home)
    g_hash_table_remove (machine->failed, machine->home);
  gst_call_device_machine_advance (self);
  return G_SOURCE_REMOVE;
}

void
gst_call_device_watch_retry (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  GstCallFallback fallback;

  GST_OBJECT_LOCK (self);
  fallback = priv->fallback;
  GST_OBJECT_UNLOCK (self);
  if (machine->retry || fallback == GST_CALL_FALLBACK_ERROR
      || !gst_call_device_find (machine->devices, machine->home))
    return;
  machine->retry_ms = CLAMP (machine->retry_ms * 2, RETRY_MS, MAX_RETRY_MS);
  machine->retry = gst_call_worker_add_timer (machine->worker,
      machine->retry_ms, on_retry, self);
}

void
gst_call_device_watch_settle (GstCallDeviceBin * self)
{
  GstCallMachine *machine = &PRIV (self)->machine;

  gst_call_worker_clear_timer (&machine->retry);
  machine->retry_ms = 0;
}
