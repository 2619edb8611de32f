/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallchoice.h"

#include "gstcallcandidate.h"

void
gst_call_wish_copy (GstCallWish * to, const GstCallWish * from)
{
  to->device_id = g_strdup (from->device_id);
  to->label = g_strdup (from->label);
  to->constraints = from->constraints ?
      gst_call_constraints_ref (from->constraints) : NULL;
}

void
gst_call_wish_clear (GstCallWish * wish)
{
  g_clear_pointer (&wish->device_id, g_free);
  g_clear_pointer (&wish->label, g_free);
  g_clear_pointer (&wish->constraints, gst_call_constraints_unref);
}

gboolean
gst_call_wish_names_device (const GstCallWish * wish)
{
  return (wish->device_id && *wish->device_id) || (wish->label && *wish->label);
}

GstCallChoice *
gst_call_choice_new (GstCallDevice * device, GstCaps * mode, guint processing)
{
  GstCallChoice *choice = g_new0 (GstCallChoice, 1);

  g_atomic_ref_count_init (&choice->refs);
  choice->device = gst_call_device_ref (device);
  choice->mode = gst_caps_ref (mode);
  choice->processing = processing;
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

/* All that the id or the label fits */
static GPtrArray *
filter (GPtrArray * devices, GstCallDeviceKind kind, const GstCallWish * wish,
    GHashTable * except, GError ** error)
{
  GPtrArray *left =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);
  guint i;

  for (i = 0; i < devices->len; i++) {
    GstCallDevice *device = g_ptr_array_index (devices, i);

    if (!(except && g_hash_table_contains (except, device->id))
        && gst_call_device_fits (device, wish->device_id, wish->label))
      g_ptr_array_add (left, gst_call_device_ref (device));
  }
  if (left->len == 0) {
    g_clear_pointer (&left, g_ptr_array_unref);
    gst_call_device_explain (devices, kind, wish->device_id, wish->label,
        error);
  }
  return left;
}

static guint
get_processing (const GstCallSettings * settings)
{
  guint id, bits = 0;

  for (id = GST_CALL_ECHO_CANCELLATION; id <= GST_CALL_AUTO_GAIN_CONTROL; id++)
    bits |= settings->numbers[id] ? GST_CALL_BIT (id) : 0;
  return bits;
}

GstCallChoice *
gst_call_choose (GPtrArray * devices, GstCallDeviceKind kind,
    const GstCallWish * wish, const GstCaps * downstream, GHashTable * except,
    gboolean processing, const gchar ** failed, GError ** error)
{
  g_autoptr (GstCallConstraints) constraints = wish->constraints ?
      gst_call_constraints_ref (wish->constraints) :
      gst_call_constraints_parse (NULL, NULL);
  g_autoptr (GPtrArray) left = filter (devices, kind, wish, except, error);
  g_autoptr (GArray) candidates = NULL;
  g_autoptr (GArray) settings = NULL;
  g_autoptr (GstCaps) mode = NULL;
  GstCallConstraintId id;
  gint chosen;

  *failed = NULL;
  if (!left)
    return NULL;
  candidates = gst_call_candidates_new (left, kind, constraints, downstream,
      processing, &settings);
  chosen = gst_call_select_settings (constraints,
      (const GstCallSettings *) settings->data, settings->len, &id);
  if (chosen >= 0) {
    const GstCallCandidate *best =
        &g_array_index (candidates, GstCallCandidate, chosen);
    const GstCallSettings *its =
        &g_array_index (settings, GstCallSettings, chosen);

    mode = gst_call_candidate_get_mode (best, its, constraints);
    return gst_call_choice_new (best->device, mode, get_processing (its));
  }
  *failed = gst_call_constraint_name (id);
  gst_call_device_explain_constraint (left, kind, *failed, error);
  return NULL;
}
