/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the device and mode that constraints choose are those of SelectSettings
 * and the fitness distance of W3C mediacapture-main. Ten thousand random cases
 * are compared with a second implementation, which tries every setting there is;
 * a case that fails is made as small as it can be and printed.
 */
#include <gst/check/gstcheck.h>
#include <math.h>

#include "gstcallchoice.h"

#define CASES 10000
#define MAX_DEVICES 4
#define MAX_MODES 4
#define MAX_SETS 3              /* the basic one and two advanced */
#define MAX_RATES 4

enum
{ W, H, AR, FPS, SR, ID, GROUP, N_NAMES };

static const gchar *names[] = { "width", "height", "aspectRatio", "frameRate",
  "sampleRate", "deviceId", "groupId"
};

enum
{ BARE = 1, IDEAL = 2, EXACT = 4, MIN = 8, MAX_ = 16 };

typedef struct
{
  guint has;                    /* 0: not there */
  gdouble bare, ideal, exact, min, max; /* of ids: a number */
} Member;

typedef struct
{
  gboolean there;
  gboolean range;               /* w, h and fps up to so much more */
  gint w, h, more_w, more_h, fps, more_fps;
  gint n_rates;
  gint rates[MAX_RATES];
} Mode;

typedef struct
{
  gboolean there;
  Mode modes[MAX_MODES];
  gint group;
} Device;

typedef struct
{
  Device devices[MAX_DEVICES];
  Member sets[MAX_SETS][N_NAMES];
} Case;

/* A setting, for the second implementation */
typedef struct
{
  gint device;
  gdouble values[N_NAMES];
} Setting;

/* --- making a case --- */

static gint
pick (GRand * rand, const gint * from, guint n)
{
  return from[g_rand_int_range (rand, 0, n)];
}

static const gint widths[] = { 160, 320, 640, 1280, 1920 };
static const gint heights[] = { 120, 240, 360, 480, 720, 1080 };
static const gint rates[] = { 5, 15, 24, 30, 60 };

static void
make_mode (GRand * rand, Mode * mode, gboolean range)
{
  gint i;

  mode->there = TRUE;
  mode->w = pick (rand, widths, 5);
  mode->h = pick (rand, heights, 6);
  mode->fps = pick (rand, rates, 5);
  mode->range = range;
  if (range) {
    mode->more_w = g_rand_int_range (rand, 0, 7);
    mode->more_h = g_rand_int_range (rand, 0, 7);
    mode->more_fps = g_rand_int_range (rand, 0, 8);
  }
  mode->n_rates = g_rand_int_range (rand, 1, MAX_RATES + 1);
  for (i = 0; i < mode->n_rates; i++)
    mode->rates[i] = pick (rand, rates, 5);
}

static gdouble
make_value (GRand * rand, guint name)
{
  switch (name) {
    case W:
      return pick (rand, widths, 5) + g_rand_int_range (rand, -1, 9) / 3 * 3;
    case H:
      return pick (rand, heights, 6) + g_rand_int_range (rand, -1, 9) / 3 * 3;
    case AR:
      return pick (rand, widths, 5) / (gdouble) pick (rand, heights, 6);
    case FPS:
      return pick (rand, rates, 5) + g_rand_int_range (rand, -1, 3);
    case SR:
      return 48000;
    default:
      return g_rand_int_range (rand, 0, MAX_DEVICES + 1);
  }
}

static void
make_member (GRand * rand, Member * member, guint name)
{
  guint flags = g_rand_int_range (rand, 1, 32);

  if (name >= ID)
    flags &= BARE | IDEAL | EXACT;
  if (flags & BARE)
    flags = BARE;
  if (name == SR)               /* does not apply: required ones never fit */
    flags &= BARE | IDEAL;
  if (g_rand_boolean (rand))    /* or nearly everything is refused */
    flags &= BARE | IDEAL;
  member->has = flags;
  member->bare = make_value (rand, name);
  member->ideal = make_value (rand, name);
  member->exact = make_value (rand, name);
  member->min = make_value (rand, name);
  member->max = make_value (rand, name);
}

static void
make_case (GRand * rand, Case * c)
{
  gboolean range = g_rand_int_range (rand, 0, 4) == 0;
  guint d, m, s, name;

  memset (c, 0, sizeof (*c));
  for (d = 0; d < (guint) g_rand_int_range (rand, 1, MAX_DEVICES + 1); d++) {
    c->devices[d].there = TRUE;
    c->devices[d].group = g_rand_int_range (rand, 0, 3);
    for (m = 0; m < (guint) g_rand_int_range (rand, 1, MAX_MODES + 1); m++)
      make_mode (rand, &c->devices[d].modes[m], range);
  }
  for (s = 0; s < MAX_SETS; s++) {
    for (name = 0; name < N_NAMES; name++) {
      /* in ranges the best ratio may lie between what is looked at */
      if (g_rand_int_range (rand, 0, s ? 6 : 3) == 0 && !(range && name == AR))
        make_member (rand, &c->sets[s][name], name);
    }
  }
}

/* --- the case as text and caps --- */

static void
print_value (GString * text, guint name, gdouble value)
{
  gchar number[G_ASCII_DTOSTR_BUF_SIZE];

  if (name >= ID)
    g_string_append_printf (text, "\"%s%d\"", name == ID ? "d" : "g",
        (gint) value);
  else
    g_string_append (text, g_ascii_dtostr (number, sizeof (number), value));
}

static void
print_set (GString * text, const Member * set)
{
  static const struct
  {
    const gchar *key;
    guint flag;
  } keys[] =
      { {"ideal", IDEAL}, {"exact", EXACT}, {"min", MIN}, {"max", MAX_} };
  gboolean first = TRUE;
  guint name, k;

  for (name = 0; name < N_NAMES; name++) {
    const Member *m = &set[name];
    const gdouble values[] = { m->ideal, m->exact, m->min, m->max };

    if (!m->has)
      continue;
    g_string_append_printf (text, "%s\"%s\":", first ? "" : ",", names[name]);
    first = FALSE;
    if (m->has & BARE) {
      print_value (text, name, m->bare);
      continue;
    }
    g_string_append_c (text, '{');
    for (k = 0; k < 4; k++) {
      if (!(m->has & keys[k].flag))
        continue;
      g_string_append_printf (text, "%s\"%s\":",
          text->str[text->len - 1] == '{' ? "" : ",", keys[k].key);
      print_value (text, name, values[k]);
    }
    g_string_append_c (text, '}');
  }
}

static gchar *
make_text (const Case * c)
{
  GString *text = g_string_new ("{");
  guint s;

  print_set (text, c->sets[0]);
  if (text->len > 1)
    g_string_append_c (text, ',');
  g_string_append (text, "\"advanced\":[");
  for (s = 1; s < MAX_SETS; s++) {
    g_string_append (text, s > 1 ? ",{" : "{");
    print_set (text, c->sets[s]);
    g_string_append_c (text, '}');
  }
  g_string_append (text, "]}");
  return g_string_free (text, FALSE);
}

static GstCaps *
make_caps (const Device * device)
{
  GString *text = g_string_new (NULL);
  GstCaps *caps;
  gint m, i;

  for (m = 0; m < MAX_MODES; m++) {
    const Mode *mode = &device->modes[m];

    if (!mode->there)
      continue;
    if (text->len)
      g_string_append_c (text, ';');
    if (mode->range) {
      g_string_append_printf (text,
          "video/x-raw,format=I420,width=(int)[%d,%d],"
          "height=(int)[%d,%d],framerate=(fraction)[%d/1,%d/1]", mode->w,
          mode->w + mode->more_w + 1, mode->h, mode->h + mode->more_h + 1,
          mode->fps, mode->fps + mode->more_fps + 1);
      continue;
    }
    g_string_append_printf (text, "video/x-raw,format=I420,width=%d,height=%d,"
        "framerate=(fraction){", mode->w, mode->h);
    for (i = 0; i < mode->n_rates; i++)
      g_string_append_printf (text, "%s%d/1", i ? "," : "", mode->rates[i]);
    g_string_append_c (text, '}');
  }
  caps = gst_caps_from_string (text->str);
  g_string_free (text, TRUE);
  return caps;
}

static GPtrArray *
make_devices (const Case * c)
{
  GPtrArray *devices =
      g_ptr_array_new_with_free_func ((GDestroyNotify) gst_call_device_unref);
  guint d;

  for (d = 0; d < MAX_DEVICES; d++) {
    GstCallDevice *device;

    if (!c->devices[d].there)
      continue;
    device = g_new0 (GstCallDevice, 1);
    g_atomic_ref_count_init (&device->refs);
    device->kind = GST_CALL_DEVICE_VIDEO_INPUT;
    device->id = g_strdup_printf ("d%u", d);
    device->label = g_strdup (device->id);
    device->group = g_strdup_printf ("g%d", c->devices[d].group);
    device->api = g_strdup ("test");
    device->caps = make_caps (&c->devices[d]);
    g_ptr_array_add (devices, device);
  }
  return devices;
}

/* --- the second implementation --- */

static gdouble
tolerance_of (guint name)
{
  return name == AR || name == FPS ? 0.005 : 0;
}

/* -1: infinite. advanced: bare values are exact. */
static gdouble
distance_of (const Member * set, gboolean advanced, const Setting * setting,
    guint * failed)
{
  gdouble sum = 0;
  guint name;

  *failed = 0;
  for (name = 0; name < N_NAMES; name++) {
    const Member *m = &set[name];
    gdouble actual = setting->values[name], near = tolerance_of (name), ideal;
    guint has = m->has;
    gdouble exact = m->exact;

    ideal = m->ideal;
    if (has & BARE) {
      has = advanced ? EXACT : IDEAL;
      ideal = exact = m->bare;
    }
    if (name == SR) {           /* a camera has none */
      *failed |= (has & (EXACT | MIN | MAX_)) ? 1u << name : 0;
      continue;
    }
    if ((has & EXACT) && fabs (actual - exact) > near)
      *failed |= 1u << name;
    if ((has & MIN) && actual < m->min - near)
      *failed |= 1u << name;
    if ((has & MAX_) && actual > m->max + near)
      *failed |= 1u << name;
    if (has & IDEAL) {
      if (name >= ID)
        sum += actual != ideal;
      else if (actual != ideal)
        sum += fabs (actual - ideal) / (actual > ideal ? actual : ideal);
    }
  }
  return *failed ? -1 : sum;
}

static void
add_settings (GArray * all, gint d, const Device * device, const Mode * mode)
{
  gint w, h, f;

  for (w = 0; w <= (mode->range ? mode->more_w + 1 : 0); w++) {
    for (h = 0; h <= (mode->range ? mode->more_h + 1 : 0); h++) {
      for (f = 0; f < (mode->range ? mode->more_fps + 2 : mode->n_rates); f++) {
        Setting s = { d, {mode->w + w, mode->h + h,
                (mode->w + w) / (gdouble) (mode->h + h),
                mode->range ? mode->fps + f : mode->rates[f], 0, d,
            device->group}
        };

        g_array_append_val (all, s);
      }
    }
  }
}

/* The distance of the best, -1: nothing fits, and *failed is what none has.
 * *device: the first that has a best one. */
static gdouble
try_all (const Case * c, GArray * all, gint * device, guint * failed)
{
  g_autofree gboolean *left = NULL;
  gdouble best = -1, distance;
  guint d, m, s, i, bits;

  g_array_set_size (all, 0);
  for (d = 0; d < MAX_DEVICES; d++) {
    for (m = 0; m < MAX_MODES; m++) {
      if (c->devices[d].there && c->devices[d].modes[m].there)
        add_settings (all, d, &c->devices[d], &c->devices[d].modes[m]);
    }
  }
  left = g_new0 (gboolean, all->len + 1);
  *failed = ~0u;
  for (i = 0; i < all->len; i++) {
    left[i] = distance_of (c->sets[0], FALSE, &g_array_index (all, Setting, i),
        &bits) >= 0;
    *failed &= bits;
  }
  for (s = 1; s < MAX_SETS; s++) {
    gboolean any = FALSE;

    for (i = 0; i < all->len; i++)
      any |= left[i] && distance_of (c->sets[s], TRUE, &g_array_index (all,
              Setting, i), &bits) >= 0;
    for (i = 0; any && i < all->len; i++)
      left[i] = left[i] && distance_of (c->sets[s], TRUE, &g_array_index (all,
              Setting, i), &bits) >= 0;
  }
  for (i = 0; i < all->len; i++) {
    const Setting *setting = &g_array_index (all, Setting, i);

    if (!left[i])
      continue;
    distance = distance_of (c->sets[0], FALSE, setting, &bits);
    if (best < 0 || distance < best - 1e-9) {
      best = distance;
      *device = setting->device;
    }
  }
  return best;
}

/* --- comparing --- */

static void
read_choice (const GstCallChoice * choice, const Case * c, Setting * setting)
{
  const GstStructure *mode = gst_caps_get_structure (choice->mode, 0);
  gint w = 0, h = 0, n = 0, d = 1;

  gst_structure_get_int (mode, "width", &w);
  gst_structure_get_int (mode, "height", &h);
  gst_structure_get_fraction (mode, "framerate", &n, &d);
  setting->device = choice->device->id[1] - '0';
  setting->values[W] = w;
  setting->values[H] = h;
  setting->values[AR] = w / (gdouble) MAX (h, 1);
  setting->values[FPS] = n / (gdouble) d;
  setting->values[SR] = 0;
  setting->values[ID] = setting->device;
  setting->values[GROUP] = c->devices[setting->device].group;
}

/* NULL: both agree. *best: as try_all. */
static gchar *
compare (const Case * c, GArray * all, gdouble * best_distance)
{
  g_autofree gchar *text = make_text (c);
  g_autoptr (GPtrArray) devices = make_devices (c);
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCallChoice) choice = NULL;
  g_auto (GstCallWish) wish = { NULL, };
  const gchar *failed = NULL;
  guint bits, name;
  gint device = -1;
  Setting setting;
  gdouble best, chosen;

  wish.constraints = gst_call_constraints_parse (text, &error);
  if (!wish.constraints)
    return g_strdup (error->message);
  *best_distance = best = try_all (c, all, &device, &bits);
  if (devices->len == 0 || all->len == 0)
    return NULL;                /* not a case */
  choice = gst_call_choose (devices, GST_CALL_DEVICE_VIDEO_INPUT, &wish, NULL,
      NULL, FALSE, &failed, &error);
  if (!choice && best >= 0)
    return g_strdup_printf ("nothing fits (%s), but %g would", failed, best);
  if (!choice) {
    for (name = 0; name < N_NAMES; name++) {
      if (g_str_equal (names[name], failed) && (!bits || (bits & 1u << name)))
        return NULL;
    }
    return g_strdup_printf ("%s is to blame, not one of %x", failed, bits);
  }
  read_choice (choice, c, &setting);
  chosen = distance_of (c->sets[0], FALSE, &setting, &bits);
  if (best < 0)
    return g_strdup ("something fits that must not");
  if (fabs (chosen - best) > 1e-9 || setting.device != device)
    return g_strdup_printf ("d%d %gx%g@%g has %g, d%d has %g", setting.device,
        setting.values[W], setting.values[H], setting.values[FPS], chosen,
        device, best);
  return NULL;
}

static gboolean
fails (const Case * c, GArray * all)
{
  gdouble best;
  g_autofree gchar *why = compare (c, all, &best);

  return why != NULL;
}

/* Takes away what is not needed for the failure. */
static void
shrink (Case * c, GArray * all)
{
  guint d, m, s, name, flag;
  Case before;

#define TRY(change) \
  before = *c; \
  change; \
  if (!fails (c, all)) \
    *c = before

  for (d = 0; d < MAX_DEVICES; d++) {
    TRY (c->devices[d].there = FALSE);
    for (m = 0; m < MAX_MODES; m++) {
      TRY (c->devices[d].modes[m].there = FALSE);
      TRY (c->devices[d].modes[m].n_rates = 1);
    }
  }
  for (s = 0; s < MAX_SETS; s++) {
    for (name = 0; name < N_NAMES; name++) {
      TRY (c->sets[s][name].has = 0);
      for (flag = BARE; flag <= MAX_; flag <<= 1) {
        TRY (c->sets[s][name].has &= ~flag);
      }
    }
  }
#undef TRY
}

static void
report (Case * c, GArray * all, guint seed)
{
  g_autofree gchar *why = NULL;
  g_autofree gchar *text = NULL;
  g_autoptr (GPtrArray) devices = NULL;
  gdouble best;
  guint i;

  shrink (c, all);
  why = compare (c, all, &best);
  text = make_text (c);
  devices = make_devices (c);
  g_printerr ("case %u: %s\n  %s\n", seed, why, text);
  for (i = 0; i < devices->len; i++) {
    GstCallDevice *device = g_ptr_array_index (devices, i);
    g_autofree gchar *caps = gst_caps_to_string (device->caps);

    g_printerr ("  %s %s: %s\n", device->id, device->group, caps);
  }
  fail ("case %u", seed);
}

/* given ten thousand random sets of cameras and constraints, when one is chosen,
 * then it is the first of those with the smallest distance, and if none fits, the
 * constraint that is blamed is one that no setting satisfies */
GST_START_TEST (test_random)
{
  g_autoptr (GArray) all = g_array_new (FALSE, FALSE, sizeof (Setting));
  guint seed, refused = 0;

  for (seed = 0; seed < CASES; seed++) {
    g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
    g_autofree gchar *why = NULL;
    gdouble best = 0;
    Case c;

    make_case (rand, &c);
    why = compare (&c, all, &best);
    if (why)
      report (&c, all, seed);
    refused += best < 0;
  }
  /* the cases are worth something */
  fail_unless (refused > CASES / 20 && refused < CASES * 19 / 20, "%u refused",
      refused);
}

GST_END_TEST;

static Suite *
constraints_choice_suite (void)
{
  Suite *s = suite_create ("constraints-choice");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 400);
  tcase_add_test (tc, test_random);
  return s;
}

GST_CHECK_MAIN (constraints_choice);
