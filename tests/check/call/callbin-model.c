/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: whatever three people do in a call, in whatever order, soon after
 * they have stopped doing it everybody sees everybody who is there: no error,
 * no deadlock, and nothing grows.
 *
 * They do things at random in bursts; a model of a few flags says who must see
 * whom then. GST_CALL_MODEL_SEED and GST_CALL_MODEL_OPS choose the run; what
 * was done last is printed when it fails.
 *
 * Threads: the test's; a watchdog, which ends the process.
 *
 * Locks, in the order they may be taken
 *   1 history_lock   protects: history, history_at
 */
#include "../test-memory.h"
#include "call-test.h"

#include <stdlib.h>
#include <string.h>

#define PEOPLE 3
#define OPERATIONS 250
#define SLOW_OPERATIONS 100
#define SLOW_S 180              /* longer to connect, too */
#define BURST 25
#define HISTORY 60
#define PICTURES 3
#define STUCK_S 120             /* no operation takes so long, nor a burst */
#define SETTLE_S 20
#define WARM_UP 4               /* bursts until things are counted, or half */
/* what may be there at one moment and not at another: pools, caches; each
 * session has 8 threads or more */
#define SPARE_THREADS 6
#define SPARE_DESCRIPTORS 12
#define SPARE_KIB (12 * 1024)

typedef struct
{
  const gchar *id;
  CallSide *side;
  /* the model */
  gboolean there;
  gboolean sends[2];            /* by kind */
  gulong cuts[2];               /* probes */
  GstPad *cut_pads[2];
} Person;

typedef struct
{
  guint threads, descriptors, kib;
} Held;

static GMutex history_lock;
static gchar history[HISTORY][80];
static guint history_at;
static gint alive;              /* atomic: turns of the test */

static void
print_history (void)
{
  guint i;

  g_mutex_lock (&history_lock);
  for (i = history_at > HISTORY ? history_at - HISTORY : 0; i < history_at; i++)
    g_printerr ("%6u %s\n", i, history[i % HISTORY]);
  g_mutex_unlock (&history_lock);
}

static void
note (const Person * person, const gchar * what)
{
  g_mutex_lock (&history_lock);
  g_snprintf (history[history_at++ % HISTORY], sizeof history[0], "%s %s",
      person->id, what);
  g_mutex_unlock (&history_lock);
  g_atomic_int_inc (&alive);
}

static gboolean
is_sanitized (void)
{
  return g_getenv ("ASAN_OPTIONS") || g_getenv ("TSAN_OPTIONS");
}

static gpointer
watchdog (gpointer data)
{
  gint before = -1, now;
  guint still = 0;

  while ((now = g_atomic_int_get (&alive)) >= 0) {
    still = now == before ? still + 1 : 0;
    before = now;
    if (still > (STUCK_S + (is_sanitized ()? SLOW_S : 0)) * 10) {
      print_history ();
      g_error ("Nothing for %d s: it is locked up", STUCK_S);
    }
    g_usleep (G_USEC_PER_SEC / 10);
  }
  return NULL;
}

/* How much this process holds */
static Held
weigh (void)
{
  static const gchar *const folders[] = { "/proc/self/task", "/proc/self/fd" };
  guint counts[2] = { 0, 0 };
  Held held;
  guint i;

  for (i = 0; i < 2; i++) {
    g_autoptr (GDir) dir = g_dir_open (folders[i], 0, NULL);

    while (dir && g_dir_read_name (dir))
      counts[i]++;
  }
  held.threads = counts[0];
  held.descriptors = counts[1];
  held.kib = test_memory_allocated () / 1024;
  return held;
}

static const gchar *const pads[] = { "audio_0", "video_0" };

static void
add_track (Person * person, CallKind kind)
{
  static const gchar *const lines[] = {
    "audiotestsrc is-live=true volume=0.1 ! "
        "capsfilter caps=audio/x-raw,rate=48000,channels=1",
    "callvideosrc name=camera ! "
        "capsfilter caps=video/x-raw,width=160,height=120,framerate=15/1"
  };
  g_autoptr (GError) error = NULL;
  GstElement *bin = gst_parse_bin_from_description (lines[kind], TRUE, &error);
  g_autoptr (GstPad) sink =
      gst_element_request_pad_simple (person->side->call, pads[kind]);
  g_autoptr (GstPad) src = NULL;

  fail_unless (bin != NULL && sink != NULL, "%s",
      error ? error->message : pads[kind]);
  gst_bin_add (GST_BIN (person->side->pipeline), bin);
  src = gst_element_get_static_pad (bin, "src");
  fail_unless_equals_int (gst_pad_link (src, sink), GST_PAD_LINK_OK);
  gst_element_sync_state_with_parent (bin);
  person->sends[kind] = TRUE;
}

static void
remove_track (Person * person, CallKind kind)
{
  g_autoptr (GstElement) bin = call_side_release (person->side, pads[kind]);

  gst_element_set_locked_state (bin, TRUE);
  gst_element_set_state (bin, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (person->side->pipeline), bin);
  person->sends[kind] = FALSE;
}

/* The operations. Each says what it does, and leaves out what makes no sense. */

static void
set_state (Person * person, GstState state)
{
  g_autofree gchar *error = NULL;

  if (gst_element_set_state (person->side->pipeline, state) !=
      GST_STATE_CHANGE_FAILURE)
    return;
  print_history ();
  error = call_side_error (person->side);
  g_error ("%s does not get to %s: %s", person->id,
      gst_element_state_get_name (state), error ? error : "no reason given");
}

static void
come (Person * person, GRand * rand)
{
  note (person, "comes");
  set_state (person, GST_STATE_PLAYING);
  person->there = TRUE;
}

static void
heal (Person * person)
{
  guint i;

  for (i = 0; i < 2; i++) {
    if (person->cuts[i])
      gst_pad_remove_probe (person->cut_pads[i], person->cuts[i]);
    person->cuts[i] = 0;
    gst_clear_object (&person->cut_pads[i]);
  }
}

static void
go (Person * person, GRand * rand)
{
  static const GstState states[] = { GST_STATE_READY, GST_STATE_NULL };
  guint how = g_rand_int_range (rand, 0, 3);

  if (!person->there)
    return;
  note (person, how == 0 ? "goes to READY" : how == 1 ? "goes to NULL" :
      "hangs up and goes to READY");
  if (how == 2)
    g_signal_emit_by_name (person->side->call, "hang-up");
  heal (person);
  set_state (person, states[how == 1]);
  person->there = FALSE;
}

static void
restart (Person * person, GRand * rand)
{
  note (person, "restarts");
  go (person, rand);
  come (person, rand);
}

static void
pause_and_play (Person * person, GRand * rand)
{
  if (!person->there)
    return;
  note (person, "pauses for a moment");
  set_state (person, GST_STATE_PAUSED);
  set_state (person, GST_STATE_PLAYING);
}

static void
set_camera (Person * person, GRand * rand)
{
  g_autoptr (GstElement) camera =
      gst_bin_get_by_name (GST_BIN (person->side->pipeline), "camera");
  gboolean other = g_rand_boolean (rand);

  if (!camera)
    return;
  if (g_rand_boolean (rand)) {
    note (person, other ? "takes camera 1" : "takes camera 0");
    g_object_set (camera, "device-id",
        other ? "fake-camera-1" : "fake-camera-0", NULL);
  } else {
    note (person, other ? "turns the camera on" : "turns the camera off");
    g_object_set (camera, "enabled", other, NULL);
  }
}

static void
set_bitrate (Person * person, GRand * rand)
{
  note (person, "changes the bit rate");
  g_object_set (person->side->call, "max-bitrate",
      g_rand_int_range (rand, 100000, 2000000), NULL);
}

static void
change_track (Person * person, GRand * rand)
{
  CallKind kind = g_rand_boolean (rand) ? CALL_VIDEO : CALL_AUDIO;

  if (person->sends[kind]) {
    note (person, kind == CALL_VIDEO ? "takes video away" : "takes audio away");
    remove_track (person, kind);
  } else {
    note (person, kind == CALL_VIDEO ? "adds video" : "adds audio");
    add_track (person, kind);
  }
}

static void
read_statistics (Person * person, GRand * rand)
{
  g_autoptr (GstStructure) stats = NULL;

  note (person, "reads statistics");
  g_object_get (person->side->call, "stats", &stats, NULL);
}

static void
cut (Person * person, GRand * rand)
{
  static const gchar *const ways[2][2] = {
    {"nicesink", "sink"}, {"nicesrc", "src"}
  };
  guint i;

  if (person->cut_pads[0] || person->cut_pads[1]) {
    note (person, "is whole again");
    heal (person);
    return;
  }
  note (person, "is cut off");
  for (i = 0; i < 2; i++) {
    person->cut_pads[i] = call_side_network (person->side, ways[i][0],
        ways[i][1]);
    if (person->cut_pads[i])
      person->cuts[i] = call_test_swallow (person->cut_pads[i]);
  }
}

static void
wait_a_little (Person * person, GRand * rand)
{
  gint64 end = g_get_monotonic_time () + g_rand_int_range (rand, 0, 150000);

  note (person, "waits");
  while (g_get_monotonic_time () < end) {
    if (!g_main_context_iteration (NULL, FALSE))
      g_usleep (2000);
  }
}

typedef void (*Operation) (Person * person, GRand * rand);

/* Pictures that somebody has had of somebody, by the statistics */
static guint64
seen (Person * person, Person * other)
{
  g_autoptr (GstStructure) stats = NULL;
  g_autofree gchar *name = g_strconcat ("peer-", other->id, NULL);
  const GstStructure *peer;
  guint64 frames = 0, n;
  gint i;

  g_object_get (person->side->call, "stats", &stats, NULL);
  if (!stats || !gst_structure_has_field_typed (stats, name,
          GST_TYPE_STRUCTURE))
    return 0;
  peer = gst_value_get_structure (gst_structure_get_value (stats, name));
  for (i = 0; i < gst_structure_n_fields (peer); i++) {
    const GValue *value = gst_structure_get_value (peer,
        gst_structure_nth_field_name (peer, i));

    if (GST_VALUE_HOLDS_STRUCTURE (value)
        && gst_structure_get_uint64 (gst_value_get_structure (value),
            "frames-decoded", &n))
      frames += n;
  }
  return frames;
}

static void
check_that_it_is_seen (Person * person, Person * other, guint64 * before)
{
  gint64 end = call_test_deadline () + (is_sanitized ()?
      SLOW_S * G_USEC_PER_SEC : 0);
  guint64 now;

  if (!person->there || !other->there || !other->sends[CALL_VIDEO])
    return;
  while ((now = seen (person, other)) < *before + PICTURES) {
    /* a new connection counts from nothing */
    *before = MIN (*before, now);
    if (g_get_monotonic_time () > end) {
      print_history ();
      call_side_print (other->side);
      g_printerr ("and of %s:\n", person->id);
      call_side_print (person->side);
      g_error ("%s does not see %s, who sends: %" G_GUINT64_FORMAT " pictures",
          person->id, other->id, now);
    }
    call_test_iterate (end + G_USEC_PER_SEC, "pictures", __FILE__, __LINE__);
    /* to wait is not to be locked up */
    g_atomic_int_inc (&alive);
  }
}

/* given what the model says, everybody sees everybody, and nothing broke */
static void
check_model (Person * people)
{
  guint64 before[PEOPLE][PEOPLE];
  guint i, j;

  note (&people[0], "is the first to be looked at");
  for (i = 0; i < PEOPLE; i++) {
    for (j = 0; j < PEOPLE; j++)
      before[i][j] = people[i].there ? seen (&people[i], &people[j]) : 0;
  }
  for (i = 0; i < PEOPLE; i++) {
    g_autofree gchar *error = NULL;

    for (j = 0; j < PEOPLE; j++) {
      if (i != j)
        check_that_it_is_seen (&people[i], &people[j], &before[i][j]);
    }
    error = call_side_error (people[i].side);
    if (error) {
      print_history ();
      g_error ("%s had an error: %s", people[i].id, error);
    }
    note (&people[i], "sees who is there");
  }
}

static void
do_things (Person * people, GRand * rand, guint n)
{
  static const Operation operations[] = {
    come, come, go, restart, pause_and_play, set_camera, set_camera,
    set_bitrate, set_bitrate, change_track, change_track, read_statistics, cut,
    cut, wait_a_little, wait_a_little
  };

  while (n--) {
    Person *person = &people[g_rand_int_range (rand, 0, PEOPLE)];

    operations[g_rand_int_range (rand, 0, G_N_ELEMENTS (operations))] (person,
        rand);
  }
}

/* … with all that they may send: what they hold then can be compared */
static void
all_come (Person * people, GRand * rand)
{
  guint i, kind;

  for (i = 0; i < PEOPLE; i++) {
    heal (&people[i]);
    come (&people[i], rand);
    for (kind = 0; kind < G_N_ELEMENTS (people[i].sends); kind++) {
      if (!people[i].sends[kind])
        add_track (&people[i], kind);
    }
  }
}

static void
forget_messages (Person * people)
{
  guint i;

  for (i = 0; i < PEOPLE; i++)
    call_side_forget (people[i].side);
}

static gboolean
has_grown (const Held * before, const Held * now)
{
  return now->threads > before->threads + SPARE_THREADS
      || now->descriptors > before->descriptors + SPARE_DESCRIPTORS
      || now->kib > before->kib + SPARE_KIB;
}

/* Sessions that have just ended may still be on their way out */
static void
check_growth (const Held * before, guint operations)
{
  gint64 end = g_get_monotonic_time () + SETTLE_S * G_USEC_PER_SEC;
  Held now = weigh ();

  while (has_grown (before, &now) && g_get_monotonic_time () < end) {
    g_atomic_int_inc (&alive);
    call_test_iterate (end + G_USEC_PER_SEC, "settled", __FILE__, __LINE__);
    now = weigh ();
  }
  g_printerr ("after %u operations: %u threads, %u descriptors, %u KiB; "
      "before: %u, %u, %u\n", operations, now.threads, now.descriptors,
      now.kib, before->threads, before->descriptors, before->kib);
  if (has_grown (before, &now))
    g_error ("It holds more than before");
}

static guint64
setting (const gchar * name, guint64 fallback)
{
  const gchar *text = g_getenv (name);

  return text ? g_ascii_strtoull (text, NULL, 10) : fallback;
}

/* given three people, when they do things at random, then after each burst
 * everybody sees everybody who is there, and in the end nothing has grown */
GST_START_TEST (test_model)
{
  static const gchar *const ids[PEOPLE] = { "ann", "bob", "carol" };
  guint seed = setting ("GST_CALL_MODEL_SEED", 1);
  guint wanted = setting ("GST_CALL_MODEL_OPS",
      is_sanitized ()? SLOW_OPERATIONS : OPERATIONS);
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);
  g_autofree gchar *url = NULL;
  g_autoptr (CallSide) host = call_side_host ("", "", &url);
  GThread *dog = g_thread_new ("watchdog", watchdog, NULL);
  Person people[PEOPLE] = { {NULL} };
  Held before = { 0, 0, 0 };
  guint warm = MIN (WARM_UP, wanted / BURST / 2) * BURST;
  guint i, done;

  /* the host's server, and a room of their own */
  memcpy (strstr (url, "/room/tea") + strlen ("/room/"), "den", 3);
  g_printerr ("GST_CALL_MODEL_SEED=%u GST_CALL_MODEL_OPS=%u\n", seed, wanted);
  for (i = 0; i < PEOPLE; i++) {
    g_autofree gchar *properties = g_strdup_printf ("peer-id=%s "
        "connect-timeout=%u", ids[i], is_sanitized ()? 60000 : 15000);

    people[i].id = ids[i];
    people[i].side = call_side_join (url, properties, "");
    people[i].there = TRUE;
    add_track (&people[i], CALL_AUDIO);
  }
  for (done = 0; done < wanted; done += BURST) {
    do_things (people, rand, MIN (BURST, wanted - done));
    for (i = 0; i < PEOPLE; i++)
      heal (&people[i]);
    check_model (people);
    forget_messages (people);
    if (done == warm || done + BURST >= wanted) {
      all_come (people, rand);
      check_model (people);
      if (done == warm)
        before = weigh ();
    }
  }
  check_growth (&before, wanted);
  for (i = 0; i < PEOPLE; i++)
    call_side_free (people[i].side);
  g_atomic_int_set (&alive, -1);
  g_thread_join (dog);
}

GST_END_TEST;

/* Its provider loses a memfd and two pipes each time it finds no server */
static void
without_pulseaudio (void)
{
  g_autoptr (GstPluginFeature) provider =
      gst_registry_find_feature (gst_registry_get (), "pulsedeviceprovider",
      GST_TYPE_DEVICE_PROVIDER_FACTORY);

  if (provider)
    gst_plugin_feature_set_rank (provider, GST_RANK_NONE);
}

static Suite *
callbin_model_suite (void)
{
  Suite *s = suite_create ("callbin-model");
  TCase *tc = tcase_create ("model");

  g_setenv ("GST_CALL_FAKE_DEVICES", "video=2", TRUE);
  without_pulseaudio ();
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 0);    /* it has its own watchdog */
  tcase_add_test (tc, test_model);
  return s;
}

GST_CHECK_MAIN (callbin_model);
