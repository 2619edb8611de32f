/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The swap point's output: who may push, when the input changes, and what goes
 * out in which order. Threads and locks: gstcallswap.c. What is "with the
 * ticket" runs between gst_call_swap_enter and gst_call_swap_leave, in one
 * thread at a time, with no lock held.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallswap-private.h"

#include <gst/video/video.h>

#define GST_CAT_DEFAULT gst_call_swap_debug

#define MAX_CATCH_UP (100 * GST_MSECOND)        /* that much behind is shown */
#define CATCH_UP_STEP GST_MSECOND
#define KEY_INTERVAL (G_TIME_SPAN_SECOND / 2)   /* from one request to the next */
/* Sound that is read from a file stays so close to what is heard, and waits no
 * longer than that for it */
#define MAX_AHEAD (20 * GST_MSECOND)
#define MAX_WAIT (200 * G_TIME_SPAN_MILLISECOND)

/* --- the ticket --- */

static GstCallSwapRole
role_of (GstCallSwap * self, GstCallSwapPad * pad)
{
  if (!pad || GST_PAD (pad) == self->active)
    return GST_CALL_SWAP_ACTIVE;
  return GST_PAD (pad) == self->next ? GST_CALL_SWAP_NEXT :
      GST_CALL_SWAP_NOBODY;
}

/* What comes from a file stays in step with the output, so that it neither runs
 * ahead nor misses a picture when it is selected. swap lock */
static gboolean
is_ahead_locked (GstCallSwap * self, GstCallSwapPad * pad,
    GstCallSwapRole role, GstClockTime time)
{
  if (pad->live || !GST_CLOCK_TIME_IS_VALID (time))
    return FALSE;
  if (role == GST_CALL_SWAP_NEXT)
    return self->spliced && self->active && !self->active_eos &&
        time > self->progress + MAX_AHEAD &&
        g_get_monotonic_time () < self->selected_at + MAX_WAIT;
  return !GST_CLOCK_TIME_IS_VALID (self->progress) || time > self->progress;
}

static void
wait_locked (GstCallSwap * self, GstCallSwapPad * pad, GstCallSwapRole role)
{
  if (role == GST_CALL_SWAP_NEXT && !self->pushing)
    g_cond_wait_until (&self->cond, &self->lock, self->selected_at + MAX_WAIT);
  else
    g_cond_wait (&self->cond, &self->lock);
}

GstCallSwapRole
gst_call_swap_enter (GstCallSwap * self, GstCallSwapPad * pad,
    GstClockTime time, GstFlowReturn * flow)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);
  GstCallSwapRole role;
  gboolean ahead;

  *flow = GST_FLOW_OK;
  if (pad)
    pad->seen = g_get_monotonic_time ();
  for (;;) {
    if (self->flushing || (pad && pad->flushing)) {
      *flow = GST_FLOW_FLUSHING;
      return GST_CALL_SWAP_NOBODY;
    }
    if (self->ended) {
      *flow = GST_FLOW_EOS;
      return GST_CALL_SWAP_NOBODY;
    }
    role = role_of (self, pad);
    ahead = role != GST_CALL_SWAP_ACTIVE &&
        is_ahead_locked (self, pad, role, time);
    if (!ahead && role == GST_CALL_SWAP_NOBODY)
      return role;
    if (!ahead && !self->pushing)
      break;
    if (pad)
      pad->waiting = ahead;
    wait_locked (self, pad, role);
    if (pad)
      pad->waiting = FALSE;
  }
  self->pushing = TRUE;
  return role;
}

GstFlowReturn
gst_call_swap_leave (GstCallSwap * self, GstFlowReturn flow,
    GstCallSwapPad * switched)
{
  g_mutex_lock (&self->lock);
  self->pushing = FALSE;
  self->last_flow = flow;
  self->progress = self->last_time;
  if (switched) {
    self->active = switched->released ? NULL : GST_PAD (switched);
    self->active_eos = switched->eos;
    if (self->next == GST_PAD (switched))
      self->next = NULL;
    self->latency = (g_get_monotonic_time () - self->selected_at) * GST_USECOND;
  }
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return flow;
}

/* --- events, with the ticket --- */

static void
push_stream_start (GstCallSwap * self)
{
  g_autofree gchar *id = NULL;
  GstEvent *event;

  if (self->started)
    return;
  self->started = TRUE;
  /* not that of an input: it is another stream */
  id = g_uuid_string_random ();
  event = gst_event_new_stream_start (id);
  gst_event_set_group_id (event, gst_util_group_id_next ());
  gst_pad_push_event (self->srcpad, event);
}

static void
learn_caps (GstCallSwap * self, GstCaps * caps)
{
  const GstStructure *structure = gst_caps_get_structure (caps, 0);
  GstAudioInfo info;

  self->raw_video = gst_structure_has_name (structure, "video/x-raw");
  self->encoded = !self->raw_video
      && !gst_structure_has_name (structure, "audio/x-raw");
  if (gst_structure_has_name (structure, "audio/x-raw") &&
      gst_audio_info_from_caps (&info, caps) &&
      GST_AUDIO_INFO_LAYOUT (&info) == GST_AUDIO_LAYOUT_INTERLEAVED) {
    self->splice = gst_call_splice_new (&info);
    g_mutex_lock (&self->lock);
    self->spliced = TRUE;
    g_mutex_unlock (&self->lock);
  }
}

static void
push_first_events (GstCallSwap * self)
{
  g_autoptr (GstCaps) caps = NULL;
  GstSegment segment;

  if (self->sent_caps)
    return;
  push_stream_start (self);
  caps = gst_call_swap_get_caps (self);
  if (!caps)
    return;
  self->sent_caps = TRUE;
  learn_caps (self, caps);
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  gst_pad_push_event (self->srcpad, gst_event_new_segment (&segment));
}

/* The output is over: no buffer goes out any more. */
void
gst_call_swap_output_eos (GstCallSwap * self)
{
  push_stream_start (self);
  gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_mutex_unlock (&self->lock);
}

void
gst_call_swap_output_gap (GstCallSwap * self, GstClockTime time,
    GstClockTime duration)
{
  push_first_events (self);
  /* what is missing in sound is put in when it goes on */
  if (self->splice || (GST_CLOCK_TIME_IS_VALID (self->last_time) &&
          time <= self->last_time))
    return;
  self->last_time = time;
  gst_pad_push_event (self->srcpad, gst_event_new_gap (time, duration));
}

void
gst_call_swap_output_forget (GstCallSwap * self)
{
  self->started = self->sent_caps = FALSE;
  self->raw_video = self->encoded = self->catching_up = FALSE;
  self->last_time = GST_CLOCK_TIME_NONE;
  self->spliced = FALSE;
  self->fading = NULL;
  g_clear_pointer (&self->blanker, gst_call_blank_free);
  g_clear_pointer (&self->splice, gst_call_splice_free);
}

/* --- pictures and encoded streams, with the ticket --- */

static GstCallBlank *
get_blanker (GstCallSwap * self)
{
  g_autoptr (GstCaps) caps = NULL;

  if (!self->blanker) {
    caps = gst_call_swap_get_caps (self);
    if (caps)
      self->blanker = gst_call_blank_new (caps);
  }
  return self->blanker;
}

static GstBuffer *
blank_buffer (GstCallSwap * self, GstBuffer * buffer)
{
  GstCallBlank *blanker = get_blanker (self);
  GstBuffer *blank;

  if (!blanker)
    return buffer;
  blank = gst_call_blank_buffer (blanker, buffer);
  gst_buffer_unref (buffer);
  return blank;
}

/* A camera that stamps its pictures later than the one before, or earlier: its
 * first ones are shown as soon as they may be, not dropped. Otherwise a picture
 * is missing for as long as it is behind.
 * NONE: the buffer is of the past. */
static GstClockTime
fit_time (GstCallSwap * self, GstClockTime time)
{
  GstClockTime soonest;

  if (!GST_CLOCK_TIME_IS_VALID (self->last_time))
    return time;
  if (time > self->last_time) {
    self->catching_up = FALSE;
    return time;
  }
  soonest = self->last_time + CATCH_UP_STEP;
  if (self->catching_up && self->raw_video && soonest < time + MAX_CATCH_UP)
    return soonest;
  return GST_CLOCK_TIME_NONE;
}

/* The output's segment starts at 0, so its timestamps are running times. */
static GstBuffer *
stamp (GstCallSwap * self, GstCallSwapPad * pad, GstBuffer * buffer,
    GstClockTime shift)
{
  GstClockTime pts = GST_BUFFER_PTS (buffer), dts = GST_BUFFER_DTS (buffer);

  buffer = gst_buffer_make_writable (buffer);
  if (pad->segment.format == GST_FORMAT_TIME) {
    pts = gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, pts);
    dts = gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, dts);
  }
  if (GST_CLOCK_TIME_IS_VALID (pts))
    pts += shift;
  GST_BUFFER_PTS (buffer) = pts;
  GST_BUFFER_DTS (buffer) = self->encoded ? dts : GST_CLOCK_TIME_NONE;
  return buffer;
}

static GstFlowReturn
push_buffer (GstCallSwap * self, GstCallSwapPad * pad, GstBuffer * buffer,
    GstClockTime time, gboolean blank)
{
  GstClockTime fit = time;

  if (GST_CLOCK_TIME_IS_VALID (time)) {
    fit = fit_time (self, time);
    if (!GST_CLOCK_TIME_IS_VALID (fit)) {
      GST_LOG_OBJECT (pad, "dropping a buffer of the past, %" GST_TIME_FORMAT,
          GST_TIME_ARGS (time));
      gst_buffer_unref (buffer);
      return GST_FLOW_OK;
    }
  }
  buffer = stamp (self, pad, blank ? blank_buffer (self, buffer) : buffer,
      fit - time);
  if (GST_CLOCK_TIME_IS_VALID (fit)) {
    /* one stream goes on: nothing has been lost */
    if (!self->encoded && GST_CLOCK_TIME_IS_VALID (self->last_time))
      GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
    self->last_time = fit;
  }
  return gst_pad_push (self->srcpad, buffer);
}

/* FALSE: not a buffer that the output can go on with; a key frame is asked for */
static gboolean
can_begin (GstCallSwap * self, GstCallSwapPad * pad, GstBuffer * buffer)
{
  gint64 now = g_get_monotonic_time ();

  if (!GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) &&
      !GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_HEADER))
    return TRUE;
  if (!self->encoded)
    return TRUE;
  if (GST_BUFFER_FLAG_IS_SET (buffer, GST_BUFFER_FLAG_DELTA_UNIT) &&
      now - pad->key_asked >= KEY_INTERVAL) {
    pad->key_asked = now;
    gst_pad_push_event (GST_PAD (pad),
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
            0));
  }
  return FALSE;
}

/* --- sound, with the ticket --- */

static GstFlowReturn
push_all (GstCallSwap * self, GQueue * buffers)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstBuffer *buffer;

  while ((buffer = g_queue_pop_head (buffers))) {
    if (flow == GST_FLOW_OK)
      flow = gst_pad_push (self->srcpad, buffer);
    else
      gst_buffer_unref (buffer);
  }
  self->last_time = gst_call_splice_get_position (self->splice);
  return flow;
}

/* It may be a buffer of the old input that completes the fade. */
static GstFlowReturn
push_sound (GstCallSwap * self, GstCallSwapPad * pad, GstCallSwapRole role,
    GstBuffer * buffer, GstClockTime time, GstCallSwapPad ** switched)
{
  GstClockTime silence = gst_call_splice_get_silence (self->splice);
  g_auto (GQueue) out = G_QUEUE_INIT;
  gboolean alone, blank, done = FALSE;
  g_autoptr (GstPad) next = NULL;

  g_mutex_lock (&self->lock);
  blank = self->blank;
  alone = !self->active || self->active_eos;
  /* it cannot be released before it is forgotten under the lock */
  next = self->next ? gst_object_ref (self->next) : NULL;
  self->pushed_at = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
  gst_call_splice_set_audible (self->splice, !blank);
  if (self->fading != next) {   /* another one has been selected since */
    gst_call_splice_drop_next (self->splice);
    self->fading = next;
  }
  if (role == GST_CALL_SWAP_ACTIVE)
    done = gst_call_splice_push (self->splice, buffer, time, &out);
  else if (GST_PAD (pad) == next)
    done = gst_call_splice_push_next (self->splice, buffer, time, alone, &out);
  else
    gst_buffer_unref (buffer);
  if (done) {
    self->fading = NULL;
    *switched = GST_CALL_SWAP_PAD (g_steal_pointer (&next));
    g_mutex_lock (&self->lock);
    self->gap = gst_call_splice_get_silence (self->splice) - silence;
    g_mutex_unlock (&self->lock);
  }
  return push_all (self, &out);
}

/* --- what the threads call with the ticket --- */

GstFlowReturn
gst_call_swap_output (GstCallSwap * self, GstCallSwapPad * pad,
    GstCallSwapRole role, GstBuffer * buffer, GstClockTime time,
    GstCallSwapPad ** switched)
{
  GstClockTime before;
  GstFlowReturn flow;
  gboolean blank;

  *switched = NULL;
  push_first_events (self);
  if (self->splice)
    return push_sound (self, pad, role, buffer, time, switched);
  if (role == GST_CALL_SWAP_NEXT && !can_begin (self, pad, buffer)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  before = self->last_time;
  if (role == GST_CALL_SWAP_NEXT)
    *switched = gst_object_ref (pad);
  g_mutex_lock (&self->lock);
  /* a file's pictures of the past have had their time */
  if (*switched)
    self->catching_up = pad->live;
  blank = self->blank && self->raw_video;
  self->pushed_at = g_get_monotonic_time ();
  g_mutex_unlock (&self->lock);
  flow = push_buffer (self, pad, buffer, time, blank);
  if (*switched) {
    g_mutex_lock (&self->lock);
    self->gap = GST_CLOCK_TIME_IS_VALID (before)
        && GST_CLOCK_TIME_IS_VALID (self->last_time) ?
        self->last_time - before : 0;
    g_mutex_unlock (&self->lock);
  }
  return flow;
}

GstFlowReturn
gst_call_swap_output_blank (GstCallSwap * self, GstClockTime until)
{
  GstBuffer *like;

  if (self->splice) {
    g_auto (GQueue) out = G_QUEUE_INIT;

    gst_call_splice_fill (self->splice, until, &out);
    return push_all (self, &out);
  }
  if (!self->raw_video || until <= self->last_time || !get_blanker (self))
    return GST_FLOW_OK;
  like = gst_buffer_new ();
  GST_BUFFER_PTS (like) = until;
  self->last_time = until;
  return gst_pad_push (self->srcpad, blank_buffer (self, like));
}
