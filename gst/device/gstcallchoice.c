/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallchoice.h"

void
gst_call_wish_copy (GstCallWish * to, const GstCallWish * from)
{
  to->device_id = g_strdup (from->device_id);
  to->label = g_strdup (from->label);
}

void
gst_call_wish_clear (GstCallWish * wish)
{
  g_clear_pointer (&wish->device_id, g_free);
  g_clear_pointer (&wish->label, g_free);
}

gboolean
gst_call_wish_names_device (const GstCallWish * wish)
{
  return (wish->device_id && *wish->device_id) || (wish->label && *wish->label);
}

GstCallChoice *
gst_call_choice_new (GstCallDevice * device, GstCaps * mode)
{
  GstCallChoice *choice = g_new0 (GstCallChoice, 1);

  g_atomic_ref_count_init (&choice->refs);
  choice->device = gst_call_device_ref (device);
  choice->mode = gst_caps_ref (mode);
  return choice;
}

GstCallChoice *
gst_call_choice_new_substitute (gboolean hold)
{
  GstCallChoice *choice = g_new0 (GstCallChoice, 1);

  g_atomic_ref_count_init (&choice->refs);
  choice->hold = hold;
  return choice;
}

GstCallChoice *
gst_call_choice_ref (GstCallChoice * choice)
{
  g_atomic_ref_count_inc (&choice->refs);
  return choice;
}

void
gst_call_choice_unref (GstCallChoice * choice)
{
  if (!g_atomic_ref_count_dec (&choice->refs))
    return;
  g_clear_pointer (&choice->device, gst_call_device_unref);
  gst_clear_caps (&choice->mode);
  g_free (choice);
}

gboolean
gst_call_choice_equal (const GstCallChoice * a, const GstCallChoice * b)
{
  if (!a->device || !b->device)
    return !a->device && !b->device && a->hold == b->hold;
  return g_str_equal (a->device->id, b->device->id)
      && gst_caps_is_equal (a->mode, b->mode);
}

gboolean
gst_call_choice_conflicts (const GstCallChoice * a, const GstCallChoice * b)
{
  const GstCallDevice *left = a->device, *right = b->device;

  if (!left || !right)
    return FALSE;
  if (g_str_equal (left->api, "pulse"))
    return FALSE;               /* the sound server shares it */
  return g_str_equal (left->id, right->id)
      || (left->kind == GST_CALL_DEVICE_VIDEO_INPUT && *left->group
      && g_str_equal (left->group, right->group));
}

GstCallChoice *
gst_call_choose (GPtrArray * devices, GstCallDeviceKind kind,
    const GstCallWish * wish, const GstCaps * downstream, GHashTable * except,
    GError ** error)
{
  g_autoptr (GPtrArray) left =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);
  g_autoptr (GstCallDevice) device = NULL;
  guint i;

  for (i = 0; i < devices->len; i++) {
    GstCallDevice *one = g_ptr_array_index (devices, i);

    if (!except || !g_hash_table_contains (except, one->id))
      g_ptr_array_add (left, gst_call_device_ref (one));
  }
  device = gst_call_device_choose (left, kind, wish->device_id, wish->label,
      error);
  return device ? gst_call_choice_new (device, device->caps) : NULL;
}
