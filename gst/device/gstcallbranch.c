/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * GstCallBranch: a device, or what stands in for it, on its way into the bin and
 * out of it. Threads and locks: see gstcalldevicebin-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

#define PRIV(self) gst_call_device_bin_get_private (self)
#define KLASS(self) GST_CALL_DEVICE_BIN_GET_CLASS (self)

GstCallBranch *
gst_call_branch_ref (GstCallBranch * branch)
{
  g_atomic_ref_count_inc (&branch->refs);
  return branch;
}

void
gst_call_branch_unref (GstCallBranch * branch)
{
  if (!g_atomic_ref_count_dec (&branch->refs))
    return;
  gst_call_choice_unref (branch->choice);
  gst_clear_object (&branch->element);
  g_clear_error (&branch->error);
  g_free (branch->debug);
  g_free (branch);
}

GstCallBranch *
gst_call_branch_add (GstCallDeviceBin * self, GstCallBranch ** slot,
    GstCallChoice * choice)
{
  GstCallBranch *branch = g_new0 (GstCallBranch, 1);
  GstElement *element;

  g_atomic_ref_count_init (&branch->refs);
  branch->choice = gst_call_choice_ref (choice);
  element = KLASS (self)->make_branch (self, choice, &branch->error);
  branch->element = element ? gst_object_ref_sink (element) : NULL;
  branch->failed = !element && choice->device;
  branch->delivered = !element && !choice->device;
  if (element) {
    g_object_set_qdata (G_OBJECT (element), GST_CALL_BRANCH_QUARK, branch);
    gst_element_set_locked_state (element, TRUE);
    gst_bin_add (GST_BIN (self), element);
  }
  GST_OBJECT_LOCK (self);
  *slot = branch;
  GST_OBJECT_UNLOCK (self);
  if (element && gst_element_set_state (element, GST_STATE_READY) ==
      GST_STATE_CHANGE_FAILURE) {
    GST_OBJECT_LOCK (self);
    branch->failed = TRUE;
    GST_OBJECT_UNLOCK (self);
  }
  return branch;
}

void
gst_call_branch_remove (GstCallDeviceBin * self, GstCallBranch ** slot)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_autoptr (GstCallBranch) branch = NULL;

  GST_OBJECT_LOCK (self);
  branch = g_steal_pointer (slot);
  GST_OBJECT_UNLOCK (self);
  if (!branch || !branch->element)
    return;
  g_mutex_lock (&priv->path);
  gst_element_set_locked_state (branch->element, TRUE);
  g_mutex_unlock (&priv->path);
  gst_element_set_state (branch->element, GST_STATE_NULL);
  KLASS (self)->part (self, branch->element);
  gst_bin_remove (GST_BIN (self), branch->element);
}

gboolean
gst_call_branch_has_failed (GstCallDeviceBin * self, GstCallBranch * branch)
{
  gboolean failed;

  GST_OBJECT_LOCK (self);
  failed = branch->failed;
  GST_OBJECT_UNLOCK (self);
  return failed;
}

void
gst_call_branch_fail (GstCallDeviceBin * self, GstCallBranch * branch,
    gint code, const gchar * why)
{
  GST_OBJECT_LOCK (self);
  if (!branch->failed && !branch->error)
    branch->error = g_error_new_literal (GST_RESOURCE_ERROR, code, why);
  branch->failed = TRUE;
  GST_OBJECT_UNLOCK (self);
}

gboolean
gst_call_branch_has_delivered (GstCallDeviceBin * self, GstCallBranch * branch)
{
  gboolean delivered;

  GST_OBJECT_LOCK (self);
  delivered = branch->delivered;
  GST_OBJECT_UNLOCK (self);
  return delivered;
}

void
gst_call_branch_join (GstCallDeviceBin * self, GstCallBranch * branch)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean ok;

  g_mutex_lock (&priv->path);
  ok = KLASS (self)->join (self, branch->element, priv->reached, FALSE);
  gst_element_set_locked_state (branch->element, FALSE);
  g_mutex_unlock (&priv->path);
  if (ok)
    return;
  GST_OBJECT_LOCK (self);
  branch->failed = TRUE;
  GST_OBJECT_UNLOCK (self);
}
