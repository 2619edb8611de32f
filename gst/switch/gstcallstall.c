/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * An input of callswitch that stalls: it is noticed by a thread of its own, which
 * does what on-stall says.
 *
 * Locks, in the order they may be taken: see gstcallswitch-private.h, as for
 * threads.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallswitch-private.h"

#define TICK (G_TIME_SPAN_SECOND / 30)  /* while an input stalls */

static const gchar *
action_name (GstCallOnStall action)
{
  static const gchar *names[] = { "hold", "blank", "next" };

  return names[action];
}

static void
post_stalled (GstCallSwitch * self, GstCallOnStall action)
{
  g_autofree gchar *wanted = gst_call_switch_dup_wanted (self);

  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-input-stalled",
              "pad", G_TYPE_STRING, wanted,
              "action", G_TYPE_STRING, action_name (action), NULL)));
}

static gboolean
delivers (GstCallSwap * swap, GstCallSwapPad * pad, gint64 timeout)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&swap->lock);

  return GST_PAD (pad) != swap->active && !pad->eos && !pad->released
      && (pad->waiting || (pad->seen > 0
          && pad->seen + timeout > g_get_monotonic_time ()));
}

/* The first input after the one that stalls that has something to show */
static void
select_next (GstCallSwitch * self, gint64 timeout)
{
  g_autofree gchar *wanted = gst_call_switch_dup_wanted (self);
  g_autolist (GstPad) pads = gst_call_swap_ref_inputs (GST_CALL_SWAP (self));
  GList *start = NULL, *l;
  guint n = g_list_length (pads), i;

  for (l = pads; l && !start; l = l->next) {
    if (g_str_equal (GST_PAD_NAME (l->data), wanted))
      start = l->next;
  }
  for (i = 0, l = start; i < n; i++, l = l->next) {
    l = l ? l : pads;
    if (delivers (GST_CALL_SWAP (self), l->data, timeout)) {
      gst_call_switch_select (self, l->data);
      return;
    }
  }
}

static void
fill (GstCallSwitch * self, gboolean blank, gint64 now)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  GstFlowReturn flow;
  GstClockTime until;

  if (!GST_CLOCK_TIME_IS_VALID (self->stalled_time))
    return;
  until = self->stalled_time + (now - self->stalled_at) * GST_USECOND;
  if (blank && gst_call_swap_enter (swap, NULL, until, &flow) !=
      GST_CALL_SWAP_NOBODY) {
    flow = gst_call_swap_output_blank (swap, until);
    gst_call_swap_leave (swap, flow, NULL);
  }
  /* those that stay in step go on */
  g_mutex_lock (&swap->lock);
  if (GST_CLOCK_TIME_IS_VALID (swap->progress))
    swap->progress = MAX (swap->progress, until);
  g_cond_broadcast (&swap->cond);
  g_mutex_unlock (&swap->lock);
}

/* Each TICK as long as nothing comes */
static void
handle_stall (GstCallSwitch * self, gint64 since, gint64 now)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  GstCallOnStall action;
  gint64 timeout;

  GST_OBJECT_LOCK (self);
  action = self->on_stall;
  timeout = self->timeout * G_TIME_SPAN_MILLISECOND;
  GST_OBJECT_UNLOCK (self);
  if (!self->stalled || self->stalled_at != since) {
    self->stalled = TRUE;
    self->stalled_at = since;
    g_mutex_lock (&swap->lock);
    self->stalled_time = swap->progress;
    g_mutex_unlock (&swap->lock);
    post_stalled (self, action);
  }
  if (action == GST_CALL_ON_STALL_NEXT)
    select_next (self, timeout);
  fill (self, action == GST_CALL_ON_STALL_BLANK, now);
}

/* When the active input has stalled, monotonic us; -1: it cannot. swap lock */
static gint64
stall_deadline_locked (GstCallSwitch * self, gint64 now, gint64 * since)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  gint64 timeout;

  GST_OBJECT_LOCK (self);
  timeout = self->timeout * G_TIME_SPAN_MILLISECOND;
  GST_OBJECT_UNLOCK (self);
  *since = MAX (swap->pushed_at, self->since);
  if (!self->playing || timeout == 0 || swap->ended || swap->n_pads == 0)
    return -1;
  if (swap->pushing)            /* downstream takes its time */
    return now + timeout;
  return swap->active_eos && !swap->next ? *since : *since + timeout;
}

static gpointer
watch (gpointer data)
{
  GstCallSwitch *self = data;
  GstCallSwap *swap = data;
  gint64 now, since, deadline;

  g_mutex_lock (&swap->lock);
  while (self->watching) {
    now = g_get_monotonic_time ();
    deadline = stall_deadline_locked (self, now, &since);
    if (deadline < 0) {
      g_cond_wait (&swap->watch_cond, &swap->lock);
    } else if (deadline > now) {
      g_cond_wait_until (&swap->watch_cond, &swap->lock, deadline);
    } else {
      g_mutex_unlock (&swap->lock);
      handle_stall (self, since, now);
      g_mutex_lock (&swap->lock);
      if (self->watching)
        g_cond_wait_until (&swap->watch_cond, &swap->lock, now + TICK);
    }
  }
  g_mutex_unlock (&swap->lock);
  return NULL;
}

static void
set_watching (GstCallSwitch * self, gboolean watching, gboolean playing)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&swap->lock);

  self->watching = watching;
  self->playing = playing;
  self->since = g_get_monotonic_time ();
  g_cond_signal (&swap->watch_cond);
}

void
gst_call_switch_start_watch (GstCallSwitch * self)
{
  set_watching (self, TRUE, FALSE);
  self->watch = g_thread_new ("callswitch", watch, self);
}

void
gst_call_switch_set_playing (GstCallSwitch * self, gboolean playing)
{
  set_watching (self, TRUE, playing);
}

void
gst_call_switch_wake_watch (GstCallSwitch * self)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&swap->lock);

  g_cond_signal (&swap->watch_cond);
}

void
gst_call_switch_stop_watch (GstCallSwitch * self)
{
  set_watching (self, FALSE, FALSE);
  g_clear_pointer (&self->watch, g_thread_join);
  self->stalled = FALSE;
}
