/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * MediaTrackConstraints of W3C mediacapture-main: JSON text, and the fitness
 * distance of settings to it. Pure functions; what they make is constant.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* Limits of the text */
#define GST_CALL_CONSTRAINTS_MAX_SIZE 16384
#define GST_CALL_CONSTRAINTS_MAX_DEPTH 5
#define GST_CALL_CONSTRAINTS_MAX_SETS 16        /* in "advanced" */
#define GST_CALL_CONSTRAINTS_MAX_NAMES 64       /* in a list of strings */

/* Numbers, then booleans, then strings */
typedef enum
{
  GST_CALL_WIDTH,
  GST_CALL_HEIGHT,
  GST_CALL_ASPECT_RATIO,
  GST_CALL_FRAME_RATE,
  GST_CALL_SAMPLE_RATE,
  GST_CALL_CHANNEL_COUNT,
  GST_CALL_ECHO_CANCELLATION,
  GST_CALL_NOISE_SUPPRESSION,
  GST_CALL_AUTO_GAIN_CONTROL,
  GST_CALL_FACING_MODE,
  GST_CALL_DEVICE_ID,
  GST_CALL_GROUP_ID,
  GST_CALL_N_CONSTRAINTS
} GstCallConstraintId;

#define GST_CALL_N_NUMBERS GST_CALL_FACING_MODE /* that are kept as one */
#define GST_CALL_IS_BOOLEAN(id) \
  ((id) >= GST_CALL_ECHO_CANCELLATION && (id) < GST_CALL_FACING_MODE)
#define GST_CALL_IS_STRING(id) ((id) >= GST_CALL_FACING_MODE)
#define GST_CALL_BIT(id) (1u << (id))

typedef enum
{
  GST_CALL_MIN = 1,
  GST_CALL_MAX = 2,
  GST_CALL_EXACT = 4,
  GST_CALL_IDEAL = 8,
  GST_CALL_REQUIRED = GST_CALL_MIN | GST_CALL_MAX | GST_CALL_EXACT
} GstCallConstraintFlags;

typedef struct
{
  GstCallConstraintFlags has;
  gdouble min, max, exact, ideal;       /* of a boolean: 0 or 1 */
  gchar **exact_names;          /* one of them */
  gchar **ideal_names;
} GstCallConstraint;

typedef struct
{
  GstCallConstraint members[GST_CALL_N_CONSTRAINTS];
} GstCallConstraintSet;

typedef struct
{
  gatomicrefcount refs;
  GstCallConstraintSet basic;   /* bare values are ideal */
  GArray *advanced;             /* GstCallConstraintSet; bare ones are exact */
} GstCallConstraints;

/* "width" */
const gchar *gst_call_constraint_name (GstCallConstraintId id);

/* text: NULL or empty = no constraints. NULL: the error says where and what
 * would be right. Unknown names do not matter (W3C). */
GstCallConstraints *gst_call_constraints_parse (const gchar * text,
    GError ** error);
GstCallConstraints *gst_call_constraints_ref (GstCallConstraints * constraints);
void gst_call_constraints_unref (GstCallConstraints * constraints);
/* TRUE: some set says something about id. */
gboolean gst_call_constraints_mention (const GstCallConstraints * constraints,
    GstCallConstraintId id);

/* What a device can be set to. */
typedef struct
{
  guint applies;                /* GST_CALL_BIT: what this kind of device has */
  guint known;                  /* and what is known of it here */
  gdouble numbers[GST_CALL_N_NUMBERS];
  const gchar *names[GST_CALL_N_CONSTRAINTS];   /* of strings */
} GstCallSettings;

/* W3C fitness distance, INFINITY: does not fit. failed (nullable): the bits of
 * required constraints that are not satisfied. */
gdouble gst_call_fitness_distance (const GstCallConstraintSet * set,
    const GstCallSettings * settings, guint * failed);

/* W3C SelectSettings over n settings, of equals the first. -1: none fits, and
 * *failed is the constraint that none satisfies, or, if each is satisfied by
 * some, the first that the nearest one does not. */
gint gst_call_select_settings (const GstCallConstraints * constraints,
    const GstCallSettings * settings, guint n, GstCallConstraintId * failed);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (GstCallConstraints, gst_call_constraints_unref)

G_END_DECLS
