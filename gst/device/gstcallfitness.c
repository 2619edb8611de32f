/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Fitness distance and SelectSettings of W3C mediacapture-main, sections
 * "fitness distance" and "SelectSettings".
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallconstraints.h"

#include <math.h>

/* Ratios are written with a few digits: 1.778, 29.97. */
#define TOLERANCE 0.005
#define ROUNDING 1e-9           /* sums that differ less are equal */

static gdouble
get_tolerance (GstCallConstraintId id)
{
  return id == GST_CALL_ASPECT_RATIO || id == GST_CALL_FRAME_RATE ?
      TOLERANCE : 0;
}

static gboolean
satisfies (const GstCallConstraint * constraint, GstCallConstraintId id,
    const GstCallSettings * settings)
{
  gdouble value, tolerance = get_tolerance (id);

  if (!(settings->known & GST_CALL_BIT (id)))
    return FALSE;
  if (GST_CALL_IS_STRING (id))
    return !(constraint->has & GST_CALL_EXACT) || g_strv_contains ((const gchar
            * const *) constraint->exact_names, settings->names[id]);
  value = settings->numbers[id];
  if ((constraint->has & GST_CALL_MIN) && value < constraint->min - tolerance)
    return FALSE;
  if ((constraint->has & GST_CALL_MAX) && value > constraint->max + tolerance)
    return FALSE;
  return !(constraint->has & GST_CALL_EXACT)
      || fabs (value - constraint->exact) <= tolerance;
}

static gdouble
get_distance (const GstCallConstraint * constraint, GstCallConstraintId id,
    const GstCallSettings * settings)
{
  gdouble actual, ideal;

  if (!(settings->applies & GST_CALL_BIT (id))
      || !(constraint->has & GST_CALL_IDEAL))
    return 0;
  if (!(settings->known & GST_CALL_BIT (id)))
    return 1;
  if (GST_CALL_IS_STRING (id))
    return g_strv_contains ((const gchar * const *) constraint->ideal_names,
        settings->names[id]) ? 0 : 1;
  actual = settings->numbers[id];
  ideal = constraint->ideal;
  if (GST_CALL_IS_BOOLEAN (id))
    return actual == ideal ? 0 : 1;
  return actual == ideal ? 0 : fabs (actual - ideal) / MAX (actual, ideal);
}

gdouble
gst_call_fitness_distance (const GstCallConstraintSet * set,
    const GstCallSettings * settings, guint * failed)
{
  gdouble sum = 0;
  guint bits = 0;
  GstCallConstraintId id;

  for (id = 0; id < GST_CALL_N_CONSTRAINTS; id++) {
    const GstCallConstraint *constraint = &set->members[id];

    if ((constraint->has & GST_CALL_REQUIRED)
        && !satisfies (constraint, id, settings))
      bits |= GST_CALL_BIT (id);
    sum += get_distance (constraint, id, settings);
  }
  if (failed)
    *failed = bits;
  return bits ? INFINITY : sum;
}

/* Which constraint is to blame if none of settings fits */
static GstCallConstraintId
find_failed (const GstCallConstraintSet * set,
    const GstCallSettings * settings, guint n)
{
  guint everywhere = ~0u, nearest = 0, fewest = G_MAXUINT, bits, i;

  for (i = 0; i < n; i++) {
    gst_call_fitness_distance (set, &settings[i], &bits);
    everywhere &= bits;
    if (__builtin_popcount (bits) < (gint) MIN (fewest, 32)) {
      fewest = __builtin_popcount (bits);
      nearest = bits;
    }
  }
  if (n == 0)
    return GST_CALL_DEVICE_ID;
  return __builtin_ctz (everywhere ? everywhere : nearest);
}

/* Advanced sets count in their order; one that nothing left satisfies does
 * not. left: which settings fit so far. */
static void
apply_advanced (const GstCallConstraints * constraints,
    const GstCallSettings * settings, guint n, gboolean * left)
{
  guint i, k;

  for (k = 0; k < constraints->advanced->len; k++) {
    const GstCallConstraintSet *set =
        &g_array_index (constraints->advanced, GstCallConstraintSet, k);
    g_autofree gboolean *both = g_new0 (gboolean, n + 1);
    gboolean any = FALSE;

    for (i = 0; i < n; i++) {
      both[i] = left[i]
          && isfinite (gst_call_fitness_distance (set, &settings[i], NULL));
      any |= both[i];
    }
    for (i = 0; any && i < n; i++)
      left[i] = both[i];
  }
}

gint
gst_call_select_settings (const GstCallConstraints * constraints,
    const GstCallSettings * settings, guint n, GstCallConstraintId * failed)
{
  g_autofree gboolean *left = g_new0 (gboolean, n + 1);
  g_autofree gdouble *distance = g_new0 (gdouble, n + 1);
  gint best = -1;
  guint i;

  for (i = 0; i < n; i++) {
    distance[i] =
        gst_call_fitness_distance (&constraints->basic, &settings[i], NULL);
    left[i] = isfinite (distance[i]);
  }
  apply_advanced (constraints, settings, n, left);
  for (i = 0; i < n; i++) {
    if (left[i] && (best < 0 || distance[i] < distance[best] - ROUNDING))
      best = i;
  }
  if (best < 0)
    *failed = find_failed (&constraints->basic, settings, n);
  return best;
}
