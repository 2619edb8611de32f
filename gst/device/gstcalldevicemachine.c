/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The switch, as steps of the worker. What is wanted is a *goal*; each step
 * leads nearer to it, and after each one everything is looked at again:
 *
 *   settled ── goal ──→ opening ── delivers ──→ taken (the old one is closed)
 *      ↑                   │ fails, late, or another goal: dropped
 *      └───────────────────┘
 *
 * One physical device cannot be open twice, and a device that is gone delivers
 * nothing: then a substitute that holds the last picture is opened first, as a
 * step of its own. Threads and locks: see gstcalldevicebin-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldevicebin-private.h"

#include <string.h>

#define RELEASE_MS 2000         /* closes within the 3 s of W3C */
/* What was plugged in is seen before it is ready: udev has yet to set its
 * permissions, a program has yet to feed its node. */
#define PLUG_IN_MS 300

GST_DEBUG_CATEGORY_EXTERN (gst_call_device_bin_debug);
#define GST_CAT_DEFAULT gst_call_device_bin_debug

#define PRIV(self) gst_call_device_bin_get_private (self)
#define KLASS(self) GST_CALL_DEVICE_BIN_GET_CLASS (self)

/* TRUE: a device is there and works, or is still being opened. */
static gboolean
is_alive (GstCallDeviceBin * self, GstCallBranch * branch)
{
  return branch->choice->device && !gst_call_branch_has_failed (self, branch);
}

/* --- what is wanted --- */

static void
set_goal (GstCallDeviceBin * self, GstCallChoice * goal, const gchar * reason,
    gint64 since)
{
  GstCallMachine *machine = &PRIV (self)->machine;

  g_clear_pointer (&machine->goal, gst_call_choice_unref);
  machine->goal = goal;
  machine->reason = reason;
  machine->since = since;
  machine->lost = FALSE;
  if (goal && goal->device && KLASS (self)->process)
    KLASS (self)->process (self, goal->processing);
  GST_DEBUG_OBJECT (self, "%s: to %s", reason, !goal ? "nothing else" :
      goal->device ? goal->device->id : "a substitute");
}

/* What fits the wish, but for the device it names. */
static GstCallChoice *
choose_another (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  g_auto (GstCallWish) wish = { NULL, };

  GST_OBJECT_LOCK (self);
  gst_call_wish_copy (&wish, &priv->wish);
  GST_OBJECT_UNLOCK (self);
  g_clear_pointer (&wish.device_id, g_free);
  g_clear_pointer (&wish.label, g_free);
  return gst_call_device_machine_choose (self, &wish, priv->machine.failed,
      NULL, NULL);
}

/* The chosen device, if it is there again. */
static GstCallChoice *
choose_home (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_auto (GstCallWish) wish = { NULL, };

  if (g_hash_table_contains (machine->failed, machine->home))
    return NULL;
  GST_OBJECT_LOCK (self);
  gst_call_wish_copy (&wish, &priv->wish);
  GST_OBJECT_UNLOCK (self);
  g_free (wish.device_id);
  wish.device_id = g_strdup (machine->home);
  return gst_call_device_machine_choose (self, &wish, NULL, NULL, NULL);
}

static const gchar *
why_lost (GstCallDeviceBin * self)
{
  const gchar *why = PRIV (self)->machine.lost_why;

  return why ? why : "unplugged, or taken by another program.";
}

/* The device in use, or the one that was opened in its place, is of no use. */
static void
fall_back (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_autoptr (GError) error = NULL;
  GstCallFallback fallback;
  GstCallChoice *choice = NULL;

  GST_OBJECT_LOCK (self);
  fallback = priv->fallback;
  GST_OBJECT_UNLOCK (self);
  if (fallback == GST_CALL_FALLBACK_NEXT_DEVICE)
    choice = choose_another (self);
  set_goal (self, choice ? choice :
      gst_call_choice_new_substitute (fallback == GST_CALL_FALLBACK_HOLD),
      "vanished", g_get_monotonic_time ());
  machine->lost = !choice;
  if (fallback == GST_CALL_FALLBACK_HOLD && machine->seen)
    gst_call_device_bin_warn_held (self, machine->seen, why_lost (self));
  if (fallback == GST_CALL_FALLBACK_ERROR && machine->seen) {
    g_set_error (&error, GST_RESOURCE_ERROR, GST_RESOURCE_ERROR_READ,
        "The %s \"%s\" (%s) stopped: %s Plug it in again, or set fallback to "
        "next-device or hold.", KLASS (self)->noun, machine->seen->label,
        machine->seen->id, why_lost (self));
    gst_call_device_bin_post_error (self, error, NULL, NULL);
  }
}

/* A new wish: a goal, or a warning. */
static void
follow_wish (GstCallDeviceBin * self, const GstCallWish * wish, gint64 since,
    gboolean quiet)
{
  GstCallMachine *machine = &PRIV (self)->machine;
  g_autoptr (GError) error = NULL;
  const gchar *failed = NULL;
  GstCallChoice *choice =
      gst_call_device_machine_choose (self, wish, NULL, &failed, &error);

  machine->refused = choice == NULL;
  if (choice) {
    g_clear_pointer (&machine->home, g_free);
    gst_call_device_watch_settle (self);
    set_goal (self, choice, "set", since);
  } else if (!quiet) {
    gst_call_device_bin_warn_kept (self, error->message, failed);
    if (is_alive (self, PRIV (self)->current))
      set_goal (self, NULL, "refused", 0);
    else if (!machine->goal)
      fall_back (self);
  }
}

/* Looks at properties and devices. */
static void
decide (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_auto (GstCallWish) wish = { NULL, };
  GstCallChoice *home;
  gint64 since;
  guint serial;

  if (machine->released)
    return;
  GST_OBJECT_LOCK (self);
  gst_call_wish_copy (&wish, &priv->wish);
  serial = priv->serial;
  since = priv->wished_at;
  GST_OBJECT_UNLOCK (self);
  if (serial != machine->serial) {
    machine->serial = serial;
    g_hash_table_remove_all (machine->failed);
    follow_wish (self, &wish, since, FALSE);
  } else if (machine->plug_in) {
    return;
  } else if (machine->refused) {
    follow_wish (self, &wish, g_get_monotonic_time (), TRUE);
  } else if (machine->home && !machine->goal && (home = choose_home (self))) {
    set_goal (self, home, "returned", g_get_monotonic_time ());
  }
}

/* --- the list of devices --- */

static void
fail_if_gone (GstCallDeviceBin * self, GstCallBranch * branch)
{
  if (!branch || !branch->choice->device
      || gst_call_device_find (PRIV (self)->machine.devices,
          branch->choice->device->id))
    return;
  gst_call_branch_fail (self, branch, GST_RESOURCE_ERROR_NOT_FOUND,
      "it was unplugged.");
}

static gboolean
on_plug_in (gpointer data)
{
  GstCallDeviceBin *self = data;

  gst_call_worker_clear_timer (&PRIV (self)->machine.plug_in);
  gst_call_device_machine_advance (self);
  return G_SOURCE_REMOVE;
}

/* A device that has just come is not opened at once, unless it is asked for. */
static void
wait_for_new (GstCallDeviceBin * self, GPtrArray * before)
{
  GstCallMachine *machine = &PRIV (self)->machine;

  for (guint i = 0; i < machine->devices->len; i++) {
    GstCallDevice *device = g_ptr_array_index (machine->devices, i);

    if (gst_call_device_find (before, device->id))
      continue;
    gst_call_worker_clear_timer (&machine->plug_in);
    machine->plug_in = gst_call_worker_add_timer (machine->worker, PLUG_IN_MS,
        on_plug_in, self);
    return;
  }
}

static void
look_at_list (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_autoptr (GPtrArray) before = NULL;
  GHashTableIter iter;
  gboolean changed;
  gpointer id;

  GST_OBJECT_LOCK (self);
  changed = priv->list_changed;
  priv->list_changed = FALSE;
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  before = machine->devices;
  machine->devices = gst_call_device_list_get_devices (priv->list);
  gst_call_device_bin_post_change (self, before, machine->devices);
  wait_for_new (self, before);
  /* one that was pulled out may be tried again when it is back */
  g_hash_table_iter_init (&iter, machine->failed);
  while (g_hash_table_iter_next (&iter, &id, NULL)) {
    if (!gst_call_device_find (before, id)
        || !gst_call_device_find (machine->devices, id))
      g_hash_table_iter_remove (&iter);
  }
  fail_if_gone (self, priv->current);
  fail_if_gone (self, priv->next);
}

/* --- steps --- */

static guint
get_open_timeout (GstCallDeviceBin * self)
{
  guint ms;

  GST_OBJECT_LOCK (self);
  ms = PRIV (self)->open_timeout;
  GST_OBJECT_UNLOCK (self);
  return ms;
}

/* While it does not play nothing flows, and nothing is late: what counts is the
 * time in PLAYING. */
static guint
get_time_left (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  guint ms = get_open_timeout (self);
  gint64 played = 0;

  g_mutex_lock (&priv->path);
  if (priv->playing_since > 0)
    played = (g_get_monotonic_time () - priv->playing_since) / 1000;
  g_mutex_unlock (&priv->path);
  return ms - MIN (played, ms);
}

static gboolean
on_deadline (gpointer data)
{
  GstCallDeviceBin *self = data;
  GstCallDeviceBinPrivate *priv = PRIV (self);
  guint left = get_time_left (self);

  gst_call_worker_clear_timer (&priv->machine.deadline);
  if (left > 0) {
    priv->machine.deadline = gst_call_worker_add_timer (priv->machine.worker,
        left, on_deadline, self);
    return G_SOURCE_REMOVE;
  }
  priv->machine.late = TRUE;
  gst_call_device_machine_advance (self);
  return G_SOURCE_REMOVE;
}

/* From now on the branch that is being opened has so much time. */
static void
set_deadline (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  guint ms = get_open_timeout (self);

  gst_call_worker_clear_timer (&priv->machine.deadline);
  priv->machine.late = FALSE;
  if (ms > 0)
    priv->machine.deadline =
        gst_call_worker_add_timer (priv->machine.worker, ms, on_deadline, self);
}

static void
begin (GstCallDeviceBin * self, GstCallChoice * choice)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallBranch *branch = gst_call_branch_add (self, &priv->next, choice);

  if (branch->element && !gst_call_branch_has_failed (self, branch))
    gst_call_branch_join (self, branch);
  set_deadline (self);
}

/* It is not tried again before it has come anew, or a while has passed. */
static void
give_up (GstCallDeviceBin * self, const gchar * id)
{
  g_hash_table_add (PRIV (self)->machine.failed, g_strdup (id));
}

/* FALSE: nothing can be done. */
static gboolean
lose_current (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  const gchar *id = priv->current->choice->device->id;

  if (!machine->seen) {
    gst_call_device_machine_report_start (self, priv->current);
    return FALSE;
  }
  g_free (machine->lost_why);
  GST_OBJECT_LOCK (self);
  machine->lost_why = priv->current->error ?
      g_strdup (priv->current->error->message) : NULL;
  GST_OBJECT_UNLOCK (self);
  give_up (self, id);
  if (!machine->home)
    machine->home = g_strdup (id);
  gst_call_device_watch_retry (self);
  fall_back (self);
  return TRUE;
}

static void
fail_next (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_autoptr (GstCallBranch) next = gst_call_branch_ref (priv->next);
  GstCallDevice *device = next->choice->device;
  g_autofree gchar *reason = NULL;

  if (device) {
    GST_OBJECT_LOCK (self);
    reason = g_strdup_printf ("The %s \"%s\" (%s) cannot be opened: %s",
        KLASS (self)->noun, device->label, device->id, next->error ?
        next->error->message : machine->late ?
        "it delivers nothing." : "it gives no reason.");
    GST_OBJECT_UNLOCK (self);
    give_up (self, device->id);
    if (g_strcmp0 (machine->home, device->id) == 0)
      gst_call_device_watch_retry (self);
    if (machine->seen || is_alive (self, priv->current))
      gst_call_device_bin_warn_kept (self, reason, NULL);
  }
  machine->late = FALSE;
  gst_call_branch_remove (self, &priv->next);
  if (is_alive (self, priv->current))
    set_goal (self, NULL, "failed", 0);
  else if (machine->previous
      && !gst_call_choice_equal (machine->previous, next->choice))
    set_goal (self, g_steal_pointer (&machine->previous), "returned",
        g_get_monotonic_time ());
  else if (machine->seen)
    fall_back (self);
  else
    gst_call_device_machine_report_start (self, next);
}

/* What became of the track, when a goal has been reached. */
static void
settle (GstCallDeviceBin * self, GstCallBranch * branch)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  GstCallDevice *device = branch->choice->device;
  gboolean same;

  g_clear_pointer (&machine->previous, gst_call_choice_unref);
  if (!device) {
    gst_call_device_bin_set_track_state (self, machine->lost &&
        !branch->choice->hold ? GST_CALL_TRACK_ENDED : GST_CALL_TRACK_MUTED);
    if (machine->lost && machine->seen && !branch->choice->hold)
      gst_call_device_bin_post_ended (self, machine->seen, why_lost (self));
    return;
  }
  same = machine->seen && g_str_equal (machine->seen->id, device->id)
      && gst_caps_is_equal (machine->seen_mode, branch->choice->mode);
  if (machine->home && g_str_equal (machine->home, device->id)) {
    g_clear_pointer (&machine->home, g_free);
    gst_call_device_watch_settle (self);
  }
  gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_LIVE);
  gst_call_device_bin_notify_settings (self);
  if (machine->seen && !same)
    gst_call_device_bin_post_switched (self, machine->seen, branch,
        machine->reason, machine->since);
  if (machine->seen)            /* the new one may need more time */
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
  g_clear_pointer (&machine->seen, gst_call_device_unref);
  machine->seen = gst_call_device_ref (device);
  gst_caps_replace (&machine->seen_mode, branch->choice->mode);
}

/* next delivers: the one before is closed. */
static void
take_next (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  g_autoptr (GstCallBranch) next = gst_call_branch_ref (priv->next);
  GstCallBranch *old = priv->current;

  gst_call_worker_clear_timer (&machine->deadline);
  GST_OBJECT_LOCK (self);
  priv->current = priv->next;
  priv->next = old;
  GST_OBJECT_UNLOCK (self);
  if (is_alive (self, old) && !next->choice->device && machine->goal) {
    g_clear_pointer (&machine->previous, gst_call_choice_unref);
    machine->previous = gst_call_choice_ref (old->choice);
  }
  gst_call_branch_remove (self, &priv->next);
  if (machine->goal && !gst_call_choice_equal (machine->goal, next->choice)) {
    gst_call_device_bin_set_track_state (self, GST_CALL_TRACK_MUTED);
    return;
  }
  settle (self, next);
  set_goal (self, NULL, "settled", 0);
}

/* The first device delivers, maybe while another one is being opened. */
static void
look_at_first (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);

  if (priv->machine.seen || !priv->current->choice->device
      || !gst_call_branch_has_delivered (self, priv->current))
    return;
  if (!priv->next)
    gst_call_worker_clear_timer (&priv->machine.deadline);
  settle (self, priv->current);
}

/* TRUE: something was done, look again. */
static gboolean
step_next (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  GstCallBranch *next = priv->next;

  if (gst_call_branch_has_failed (self, next) || machine->late) {
    fail_next (self);
    return TRUE;
  }
  if (gst_call_branch_has_delivered (self, next)) {
    take_next (self);
    return TRUE;
  }
  if (next->choice->device && (!machine->goal
          || !gst_call_choice_equal (machine->goal, next->choice))) {
    gst_call_branch_remove (self, &priv->next);
    return TRUE;
  }
  return FALSE;
}

static gboolean
step_current (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  GstCallBranch *current = priv->current;
  GstCallChoice *goal = machine->goal;

  if (current->choice->device && gst_call_branch_has_failed (self, current)
      && !goal)
    return lose_current (self);
  if (!goal)
    return FALSE;
  if (gst_call_choice_equal (goal, current->choice)
      && !gst_call_branch_has_failed (self, current)) {
    set_goal (self, NULL, "there already", 0);
    return FALSE;
  }
  /* the stream goes on while nothing is open */
  if (goal->device && current->choice->device
      && (gst_call_branch_has_failed (self, current)
          || gst_call_choice_conflicts (goal, current->choice))) {
    g_autoptr (GstCallChoice) hold = gst_call_choice_new_substitute (TRUE);

    begin (self, hold);
  } else {
    begin (self, goal);
  }
  return TRUE;
}

/* --- enabled against release-when-disabled --- */

static gboolean
on_release (gpointer data)
{
  GstCallDeviceBin *self = data;
  GstCallMachine *machine = &PRIV (self)->machine;

  gst_call_worker_clear_timer (&machine->release);
  machine->released = TRUE;
  set_goal (self, gst_call_choice_new_substitute (FALSE), "released",
      g_get_monotonic_time ());
  gst_call_device_machine_advance (self);
  return G_SOURCE_REMOVE;
}

static void
look_at_enabled (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  GstCallMachine *machine = &priv->machine;
  gboolean release;

  GST_OBJECT_LOCK (self);
  release = !priv->enabled && priv->release_when_disabled;
  GST_OBJECT_UNLOCK (self);
  if (release && !machine->released && !machine->release) {
    machine->release = gst_call_worker_add_timer (machine->worker, RELEASE_MS,
        on_release, self);
  } else if (!release) {
    gst_call_worker_clear_timer (&machine->release);
    if (machine->released) {    /* as if it had been asked for anew */
      machine->released = FALSE;
      machine->serial--;
      GST_OBJECT_LOCK (self);
      priv->wished_at = g_get_monotonic_time ();
      GST_OBJECT_UNLOCK (self);
    }
  }
}

/* --- what the bin calls --- */

void
gst_call_device_machine_advance (GstCallDeviceBin * self)
{
  GstCallDeviceBinPrivate *priv = PRIV (self);
  gboolean again = TRUE;

  look_at_list (self);
  look_at_enabled (self);
  while (again && gst_call_device_bin_is_running (self)) {
    look_at_first (self);
    decide (self);
    if (priv->machine.late && !priv->next) {
      GST_OBJECT_LOCK (self);
      if (!priv->current->delivered)
        priv->current->failed = TRUE;
      GST_OBJECT_UNLOCK (self);
      priv->machine.late = FALSE;
    }
    again = priv->next ? step_next (self) : step_current (self);
  }
  if (!priv->next && !gst_call_branch_has_delivered (self, priv->current)
      && !priv->machine.deadline && !priv->machine.start_failed)
    set_deadline (self);        /* the first device has one, too */
  gst_call_device_watch_begin (self);
}
