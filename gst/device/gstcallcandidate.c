/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcandidate.h"

#define MAX_CANDIDATES 8192
#define MAX_MODES 256           /* of one device that are looked at */
#define MAX_VALUES 64           /* of one field */
#define MAX_PROCESSING 8        /* on and off of three */

typedef struct
{
  gdouble values[MAX_VALUES];
  guint n;
} Values;

typedef struct
{
  GstCallDeviceKind kind;
  const GstCallConstraints *constraints;
  const GstCaps *only;          /* encoded video that is passed on, or NULL */
  GstCallModeSize wanted;
  gboolean processing;
  Values targets[GST_CALL_N_NUMBERS];   /* values that matter */
  GArray *candidates;
  GArray *settings;
} Search;

static const gchar *const fields[GST_CALL_N_NUMBERS] = {
  "width", "height", NULL, "framerate", "rate", "channels", NULL, NULL, NULL
};

static void
add (Values * values, gdouble value)
{
  guint i;

  for (i = 0; i < values->n; i++) {
    if (values->values[i] == value)
      return;
  }
  if (values->n < MAX_VALUES)
    values->values[values->n++] = value;
}

/* --- which values matter --- */

static void
add_of_set (const GstCallConstraintSet * set, GstCallConstraintId id,
    Values * values)
{
  const GstCallConstraint *constraint = &set->members[id];

  if (constraint->has & GST_CALL_IDEAL)
    add (values, constraint->ideal);
  if (constraint->has & GST_CALL_EXACT)
    add (values, constraint->exact);
  if (constraint->has & GST_CALL_MIN)
    add (values, constraint->min);
  if (constraint->has & GST_CALL_MAX)
    add (values, constraint->max);
}

static void
add_of_all (const GstCallConstraints * constraints, GstCallConstraintId id,
    Values * values)
{
  guint i;

  add_of_set (&constraints->basic, id, values);
  for (i = 0; i < constraints->advanced->len; i++)
    add_of_set (&g_array_index (constraints->advanced, GstCallConstraintSet, i),
        id, values);
}

/* Widths that make an asked ratio with a height that matters, and the reverse */
static void
add_ratios (Search * search)
{
  Values ratios = { {0}, 0 }, widths = search->targets[GST_CALL_WIDTH];
  Values heights = search->targets[GST_CALL_HEIGHT];
  guint i, k;

  add_of_all (search->constraints, GST_CALL_ASPECT_RATIO, &ratios);
  for (i = 0; i < ratios.n; i++) {
    gdouble ratio = ratios.values[i];

    if (ratio <= 0)
      continue;
    for (k = 0; k < heights.n; k++)
      add (&search->targets[GST_CALL_WIDTH], heights.values[k] * ratio);
    for (k = 0; k < widths.n; k++)
      add (&search->targets[GST_CALL_HEIGHT], widths.values[k] / ratio);
  }
}

static void
find_targets (Search * search)
{
  const GstCallModeSize *wanted = &search->wanted;
  const gdouble defaults[GST_CALL_N_NUMBERS] = { wanted->width, wanted->height,
    0, (gdouble) wanted->rate_n / MAX (wanted->rate_d, 1), wanted->rate,
    wanted->channels, 0, 0, 0
  };
  GstCallConstraintId id;

  for (id = 0; id < GST_CALL_N_NUMBERS; id++) {
    if (!fields[id])
      continue;
    add (&search->targets[id], defaults[id]);
    add_of_all (search->constraints, id, &search->targets[id]);
    add (&search->targets[id], 0);      /* the ends of a range */
    add (&search->targets[id], G_MAXINT);
  }
  add_ratios (search);
}

/* --- which of them a device has --- */

/* What value there is nearest to target */
static gboolean
fix_near (GstStructure * structure, const gchar * field, gdouble target)
{
  gint n, d;

  if (!g_str_equal (field, "framerate"))
    return gst_structure_fixate_field_nearest_int (structure, field,
        (gint) MIN (target + 0.5, G_MAXINT))
        || gst_structure_get_int (structure, field, &n);
  gst_util_double_to_fraction (target, &n, &d);
  return gst_structure_fixate_field_nearest_fraction (structure, field, n,
      MAX (d, 1)) || gst_structure_get_fraction (structure, field, &n, &d);
}

static gdouble
get_fixed (const GstStructure * structure, const gchar * field)
{
  gint n = 0, d = 1;

  if (g_str_equal (field, "framerate")) {
    gst_structure_get_fraction (structure, field, &n, &d);
    return (gdouble) n / MAX (d, 1);
  }
  gst_structure_get_int (structure, field, &n);
  return n;
}

static gboolean
add_fixed (const GValue * value, Values * found)
{
  if (G_VALUE_HOLDS_INT (value) && g_value_get_int (value) > 0)
    add (found, g_value_get_int (value));
  else if (GST_VALUE_HOLDS_FRACTION (value)
      && gst_value_get_fraction_numerator (value) > 0)
    add (found, (gdouble) gst_value_get_fraction_numerator (value) /
        gst_value_get_fraction_denominator (value));
  return gst_value_is_fixed (value);
}

static void
add_nearest (const GValue * value, const gchar * field, gdouble target,
    Values * found)
{
  g_autoptr (GstStructure) one = gst_structure_new_empty ("one");

  gst_structure_set_value (one, field, value);
  if (fix_near (one, field, target) && get_fixed (one, field) > 0)
    add (found, get_fixed (one, field));
}

/* The values of a field that can be chosen; none: it is not known. */
static void
find_values (const GstStructure * structure, const gchar * field,
    const Values * targets, Values * found)
{
  const GValue *value = gst_structure_get_value (structure, field);
  gboolean fixed = TRUE;
  guint i;

  found->n = 0;
  if (!value || add_fixed (value, found))
    return;
  if (GST_VALUE_HOLDS_LIST (value)) {
    for (i = 0; i < MIN (gst_value_list_get_size (value), MAX_VALUES); i++)
      fixed &= add_fixed (gst_value_list_get_value (value, i), found);
    if (fixed)
      return;
  }
  for (i = 0; i < targets->n; i++)
    add_nearest (value, field, targets->values[i], found);
}

/* --- candidates --- */

static void
set_number (GstCallSettings * settings, GstCallConstraintId id, gdouble value)
{
  settings->known |= GST_CALL_BIT (id);
  settings->numbers[id] = value;
}

static void
set_name (GstCallSettings * settings, GstCallConstraintId id,
    const gchar * value)
{
  if (!value || !*value)
    return;
  settings->known |= GST_CALL_BIT (id);
  settings->names[id] = value;
}

static void
init_settings (GstCallSettings * settings, GstCallDevice * device)
{
  static const guint applies[GST_CALL_DEVICE_N_KINDS] = {
    GST_CALL_BIT (GST_CALL_WIDTH) | GST_CALL_BIT (GST_CALL_HEIGHT) |
        GST_CALL_BIT (GST_CALL_ASPECT_RATIO) |
        GST_CALL_BIT (GST_CALL_FRAME_RATE) |
        GST_CALL_BIT (GST_CALL_FACING_MODE),
    GST_CALL_BIT (GST_CALL_SAMPLE_RATE) | GST_CALL_BIT (GST_CALL_CHANNEL_COUNT)
        | GST_CALL_BIT (GST_CALL_ECHO_CANCELLATION) |
        GST_CALL_BIT (GST_CALL_NOISE_SUPPRESSION) |
        GST_CALL_BIT (GST_CALL_AUTO_GAIN_CONTROL),
    GST_CALL_BIT (GST_CALL_SAMPLE_RATE) | GST_CALL_BIT (GST_CALL_CHANNEL_COUNT),
  };

  *settings = (GstCallSettings) {
  0,};
  settings->applies = applies[device->kind] | GST_CALL_BIT (GST_CALL_DEVICE_ID)
      | GST_CALL_BIT (GST_CALL_GROUP_ID);
  set_name (settings, GST_CALL_DEVICE_ID, device->id);
  set_name (settings, GST_CALL_GROUP_ID, device->group);
  set_name (settings, GST_CALL_FACING_MODE, device->facing);
}

static void
add_candidate (Search * search, GstCallDevice * device, guint order,
    guint structure, const GstCallSettings * settings, gdouble cost)
{
  GstCallCandidate candidate = { device, structure, cost, order };

  if (search->candidates->len >= MAX_CANDIDATES)
    return;
  g_array_append_val (search->candidates, candidate);
  g_array_append_vals (search->settings, settings, 1);
}

static void
add_pictures (Search * search, GstCallDevice * device, guint order, guint index)
{
  const GstStructure *structure = gst_caps_get_structure (device->caps, index);
  gdouble format_cost = gst_call_mode_get_format_cost (structure);
  Values widths, heights, rates;
  guint w, h, r;

  find_values (structure, "width", &search->targets[GST_CALL_WIDTH], &widths);
  find_values (structure, "height", &search->targets[GST_CALL_HEIGHT],
      &heights);
  find_values (structure, "framerate", &search->targets[GST_CALL_FRAME_RATE],
      &rates);
  for (w = 0; w < MAX (widths.n, 1); w++) {
    for (h = 0; h < MAX (heights.n, 1); h++) {
      for (r = 0; r < MAX (rates.n, 1); r++) {
        GstCallSettings settings;

        init_settings (&settings, device);
        if (widths.n)
          set_number (&settings, GST_CALL_WIDTH, widths.values[w]);
        if (heights.n)
          set_number (&settings, GST_CALL_HEIGHT, heights.values[h]);
        if (widths.n && heights.n)
          set_number (&settings, GST_CALL_ASPECT_RATIO,
              widths.values[w] / heights.values[h]);
        if (rates.n)
          set_number (&settings, GST_CALL_FRAME_RATE, rates.values[r]);
        add_candidate (search, device, order, index, &settings, format_cost +
            gst_call_mode_get_cost (widths.n ? widths.values[w] : 0,
                heights.n ? heights.values[h] : 0, rates.n ? rates.values[r] :
                0, &search->wanted));
      }
    }
  }
}

/* By default echo is cancelled where there can be one, and nothing else done. */
static void
add_processed (Search * search, GstCallDevice * device, guint order,
    guint index, GstCallSettings * settings, gdouble cost)
{
  guint echo = !device->is_monitor && !g_str_equal (device->api, "call-fake");
  guint i, n = search->processing
      && device->kind == GST_CALL_DEVICE_AUDIO_INPUT ? MAX_PROCESSING : 1;

  for (i = 0; i < n; i++) {
    if (device->kind == GST_CALL_DEVICE_AUDIO_INPUT) {
      set_number (settings, GST_CALL_ECHO_CANCELLATION, n > 1
          && ((i & 1) ^ echo));
      set_number (settings, GST_CALL_NOISE_SUPPRESSION, (i >> 1) & 1);
      set_number (settings, GST_CALL_AUTO_GAIN_CONTROL, (i >> 2) & 1);
    }
    add_candidate (search, device, order, index, settings,
        cost + MAX_PROCESSING * i);
  }
}

static void
add_sound (Search * search, GstCallDevice * device, guint order, guint index)
{
  const GstStructure *structure = gst_caps_get_structure (device->caps, index);
  const GstCallModeSize *wanted = &search->wanted;
  Values rates, channels;
  guint r, c;

  find_values (structure, "rate", &search->targets[GST_CALL_SAMPLE_RATE],
      &rates);
  find_values (structure, "channels",
      &search->targets[GST_CALL_CHANNEL_COUNT], &channels);
  for (r = 0; r < MAX (rates.n, 1); r++) {
    for (c = 0; c < MAX (channels.n, 1); c++) {
      GstCallSettings settings;
      gdouble cost = 0;

      init_settings (&settings, device);
      if (rates.n) {
        set_number (&settings, GST_CALL_SAMPLE_RATE, rates.values[r]);
        cost += gst_call_mode_distance (rates.values[r], wanted->rate);
      }
      if (channels.n) {
        set_number (&settings, GST_CALL_CHANNEL_COUNT, channels.values[c]);
        cost += gst_call_mode_distance (channels.values[c], wanted->channels);
      }
      add_processed (search, device, order, index, &settings, cost);
    }
  }
}

static gboolean
can_be (const GstCaps * wanted, const GstCaps * caps, guint index)
{
  g_autoptr (GstCaps) one = gst_caps_copy_nth (caps, index);

  return gst_caps_can_intersect (one, wanted);
}

static void
add_device (Search * search, GstCallDevice * device, guint order)
{
  gboolean video = search->kind == GST_CALL_DEVICE_VIDEO_INPUT;
  guint before = search->candidates->len, i, n;
  GstCallSettings settings;

  n = gst_caps_is_any (device->caps) ? 0 : gst_caps_get_size (device->caps);
  for (i = 0; i < MIN (n, MAX_MODES); i++) {
    if (!gst_call_mode_is_usable (device->caps, i)
        || (search->only && !can_be (search->only, device->caps, i)))
      continue;
    if (video)
      add_pictures (search, device, order, i);
    else
      add_sound (search, device, order, i);
  }
  if (search->candidates->len > before)
    return;
  init_settings (&settings, device);    /* it tells nothing about itself */
  if (video)
    add_candidate (search, device, order, G_MAXUINT, &settings, 0);
  else
    add_processed (search, device, order, G_MAXUINT, &settings, 0);
}

typedef struct
{
  GstCallCandidate candidate;
  guint index;
} Sorted;

static gint
compare (gconstpointer a, gconstpointer b)
{
  const Sorted *left = a, *right = b;

  if (left->candidate.order != right->candidate.order)
    return left->candidate.order < right->candidate.order ? -1 : 1;
  if (left->candidate.cost != right->candidate.cost)
    return left->candidate.cost < right->candidate.cost ? -1 : 1;
  return left->index < right->index ? -1 : left->index > right->index;
}

/* Device by device, the nearest to what is wanted first */
static GArray *
sort_candidates (GArray * candidates, GArray ** settings)
{
  guint i, n = candidates->len;
  g_autofree Sorted *sorted = g_new0 (Sorted, n + 1);
  GArray *old = *settings;

  *settings = g_array_sized_new (FALSE, FALSE, sizeof (GstCallSettings), n);
  for (i = 0; i < n; i++) {
    sorted[i].candidate = g_array_index (candidates, GstCallCandidate, i);
    sorted[i].index = i;
  }
  qsort (sorted, n, sizeof (Sorted), compare);
  for (i = 0; i < n; i++) {
    g_array_index (candidates, GstCallCandidate, i) = sorted[i].candidate;
    g_array_append_val (*settings, g_array_index (old, GstCallSettings,
            sorted[i].index));
  }
  g_array_unref (old);
  return candidates;
}

GArray *
gst_call_candidates_new (GPtrArray * devices, GstCallDeviceKind kind,
    const GstCallConstraints * constraints, const GstCaps * downstream,
    gboolean processing, GArray ** settings)
{
  g_autofree Search *search = g_new0 (Search, 1);
  g_autoptr (GstCaps) raw = gst_caps_new_empty_simple ("video/x-raw");
  guint i;

  search->kind = kind;
  search->constraints = constraints;
  if (kind == GST_CALL_DEVICE_VIDEO_INPUT && downstream
      && !gst_caps_can_intersect (downstream, raw))
    search->only = downstream;
  gst_call_mode_get_wanted (&search->wanted, downstream);
  search->processing = processing;
  search->candidates = g_array_new (FALSE, FALSE, sizeof (GstCallCandidate));
  search->settings = g_array_new (FALSE, FALSE, sizeof (GstCallSettings));
  find_targets (search);
  for (i = 0; i < devices->len; i++)
    add_device (search, g_ptr_array_index (devices, i), i);
  *settings = search->settings;
  return sort_candidates (search->candidates, settings);
}

/* A sound server converts: rate and channels are set if they are asked for. */
GstCaps *
gst_call_candidate_get_mode (const GstCallCandidate * candidate,
    const GstCallSettings * settings, const GstCallConstraints * constraints)
{
  const GstCallDevice *device = candidate->device;
  gboolean video = device->kind == GST_CALL_DEVICE_VIDEO_INPUT;
  GstStructure *mode;
  GstCaps *caps;
  guint id;

  if (candidate->structure == G_MAXUINT)
    return gst_caps_ref (device->caps);
  mode = gst_structure_copy (gst_caps_get_structure (device->caps,
          candidate->structure));
  for (id = 0; id < GST_CALL_N_NUMBERS; id++) {
    if (fields[id] && (settings->known & GST_CALL_BIT (id))
        && (video || gst_call_constraints_mention (constraints, id)))
      fix_near (mode, fields[id], settings->numbers[id]);
  }
  caps = gst_caps_new_empty ();
  gst_caps_append_structure (caps, mode);
  return caps;
}
