/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a device bin starts and stops: the first device, before the steps of
 * gstcalldevicemachine.c. Threads and locks: see gstcalldevicebin-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

#include <string.h>

#define PRIV(self) gst_call_device_bin_get_private (self)
#define KLASS(self) GST_CALL_DEVICE_BIN_GET_CLASS (self)

GstCallChoice *
gst_call_device_machine_choose (GstCallDeviceBin * self,
    const GstCallWish * wish, GHashTable * except, const gchar ** failed,
    GError ** error)
{
  g_autoptr (GstCaps) downstream = KLASS (self)->get_downstream (self);
  const gchar *unused;

  return gst_call_choose (PRIV (self)->machine.devices, KLASS (self)->kind,
      wish, downstream, except, KLASS (self)->can_process (self),
      failed ? failed : &unused, error);
}

void
gst_call_device_machine_report_start (GstCallDeviceBin * self,
    GstCallBranch * branch)
{
  GstCallMachine *machine = &PRIV (self)->machine;

  g_clear_pointer (&machine->goal, gst_call_choice_unref);
  if (machine->start_failed)
    return;
  machine->start_failed = TRUE;
  GST_OBJECT_LOCK (self);
  if (!branch->error)
    branch->error = g_error_new (GST_RESOURCE_ERROR,
        GST_RESOURCE_ERROR_OPEN_READ, "it delivers nothing.");
  GST_OBJECT_UNLOCK (self);
  gst_call_device_bin_post_open_error (self, branch);
}

/* A device that cannot be opened at once says so here. */
static gboolean
open_first (GstCallDeviceBin * self, GstCallChoice * choice, GError ** error)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallBranch *branch = gst_call_branch_add (self, &priv->current, choice);
  g_autofree gchar *known = NULL;

  if (!gst_call_branch_has_failed (self, branch) && (!branch->element
          || KLASS (self)->join (self, branch->element, GST_STATE_READY,
              TRUE))) {
    if (branch->element)
      gst_element_set_locked_state (branch->element, FALSE);
    return TRUE;
  }
  known = gst_call_device_describe (priv->machine.devices);
  g_set_error (error, GST_RESOURCE_ERROR, branch->error
      && branch->error->domain == GST_RESOURCE_ERROR ? branch->error->code :
      GST_RESOURCE_ERROR_OPEN_READ, "The %s \"%s\" cannot be opened: %s Close "
      "the program that uses it, or set device-id to one of: %s.",
      KLASS (self)->noun, choice->device ? choice->device->label : "(none)",
      branch->error ? branch->error->message : "it gives no reason.", known);
  gst_call_branch_remove (self, &priv->current);
  return FALSE;
}

gboolean
gst_call_device_machine_start (GstCallDeviceBin * self, const gchar ** failed,
    GError ** error)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_auto (GstCallWish) wish = { NULL, };
  g_autoptr (GstCallChoice) choice = NULL;
  g_autoptr (GstCallChoice) substitute = NULL;
  g_autoptr (GError) reason = NULL;

  machine->devices = gst_call_device_list_get_devices (priv->list);
  machine->failed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      NULL);
  GST_OBJECT_LOCK (self);
  gst_call_wish_copy (&wish, &priv->wish);
  machine->serial = priv->serial;
  GST_OBJECT_UNLOCK (self);
  choice = gst_call_device_machine_choose (self, &wish, NULL, failed, &reason);
  if (choice && KLASS (self)->process)
    KLASS (self)->process (self, choice->processing);
  if (choice && open_first (self, choice, &reason)) {
    gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_MUTED);
    return TRUE;
  }
  if (!KLASS (self)->optional || gst_call_wish_names_device (&wish)) {
    g_propagate_error (error, g_steal_pointer (&reason));
    return FALSE;
  }
  GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND, ("%s. %s",
          KLASS (self)->substitute, reason->message), (NULL));
  machine->refused = TRUE;
  substitute = gst_call_choice_new_substitute (FALSE);
  return open_first (self, substitute, error);
}

void
gst_call_device_machine_stop (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;

  gst_call_branch_remove (self, &priv->next);
  gst_call_branch_remove (self, &priv->current);
  gst_call_worker_clear_timer (&machine->deadline);
  gst_call_worker_clear_timer (&machine->release);
  gst_call_worker_clear_timer (&machine->plug_in);
  gst_call_worker_clear_timer (&machine->watch);
  gst_call_worker_clear_timer (&machine->retry);
  g_clear_pointer (&machine->devices, g_ptr_array_unref);
  g_clear_pointer (&machine->failed, g_hash_table_unref);
  g_clear_pointer (&machine->home, g_free);
  g_clear_pointer (&machine->lost_why, g_free);
  g_clear_pointer (&machine->goal, gst_call_choice_unref);
  g_clear_pointer (&machine->previous, gst_call_choice_unref);
  g_clear_pointer (&machine->seen, gst_call_device_unref);
  gst_clear_caps (&machine->seen_mode);
  memset (machine, 0, sizeof (*machine));
}
