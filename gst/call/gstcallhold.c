/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A peer while the pipeline is paused: on hold, but there. Its connection plays on
 * then, as a sink to the network that waits for PLAYING would hold the threads of
 * the senders, and whoever wants to take one away; and the peer would hear nothing
 * and give up. Its time goes on as well: inside, the base time stays what it was in
 * the beginning, and what goes in and comes out is shifted by as long as the
 * pipeline was paused. What comes in meanwhile is left out.
 *
 *   track pad (+ shift) → sender → webrtcbin → receiver → ghost (- shift) → slot
 *
 * Threads
 *   name         runs                                       may take
 *   application  change_state; and the worker, which makes  OBJECT
 *                the peer and takes it down
 *   worker       shift_in, shift_out                        OBJECT
 *   streaming    the probe of what comes out                nothing
 *
 * Locks, in the order they may be taken
 *   1 OBJECT     protects: shift
 *
 * `held` is atomic. A pad is linked, or added, before it is shifted: so a change
 * of state at that moment either finds it or has been before.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpeer-private.h"

#include <gst/video/video.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

static GstElementClass *parent_class;

static GstClockTimeDiff
get_shift (GstCallPeer * self)
{
  GstClockTimeDiff shift;

  GST_OBJECT_LOCK (self);
  shift = self->shift;
  GST_OBJECT_UNLOCK (self);
  return shift;
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallPeer *self = data;

  return g_atomic_int_get (&self->held) ? GST_PAD_PROBE_DROP : GST_PAD_PROBE_OK;
}

void
gst_call_hold_shift_in (GstCallPeer * self, GstPad * track_pad)
{
  gst_pad_set_offset (track_pad, get_shift (self));
}

void
gst_call_hold_shift_out (GstCallPeer * self, GstPad * ghost)
{
  gst_pad_add_probe (ghost, GST_PAD_PROBE_TYPE_BUFFER |
      GST_PAD_PROBE_TYPE_BUFFER_LIST, on_buffer, self, NULL);
  gst_pad_set_offset (ghost, -get_shift (self));
}

static gboolean
shift (GstElement * element, GstPad * pad, gpointer data)
{
  GstCallPeer *self = GST_CALL_PEER (element);
  g_autoptr (GstPad) track_pad = NULL;

  if (GST_PAD_IS_SRC (pad))
    gst_pad_set_offset (pad, -get_shift (self));
  else if ((track_pad = gst_pad_get_peer (pad)))
    gst_call_hold_shift_in (self, track_pad);
  return TRUE;
}

/* What was dropped was encoded, and not for a decoder of ours. */
static gboolean
ask_for_keyframe (GstElement * element, GstPad * pad, gpointer data)
{
  g_autoptr (GstPad) target = gst_ghost_pad_get_target (GST_GHOST_PAD (pad));

  if (target)
    gst_pad_send_event (target,
        gst_video_event_new_upstream_force_key_unit (GST_CLOCK_TIME_NONE, TRUE,
            0));
  return TRUE;
}

/* Whoever changes our state has given us the pipeline's base time. */
static void
keep_time (GstCallPeer * self, GstStateChange transition)
{
  GstElement *element = GST_ELEMENT (self);
  GstClockTime base = gst_element_get_base_time (element);

  /* the first time, or there is another clock, which counts from somewhere else */
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED || base < self->base_time)
    self->base_time = base;
  GST_OBJECT_LOCK (self);
  self->shift = GST_CLOCK_DIFF (self->base_time, base);
  GST_OBJECT_UNLOCK (self);
  gst_element_set_base_time (element, self->base_time);
  gst_element_foreach_pad (element, shift, NULL);
  if (GST_STATE_TRANSITION_NEXT (transition) == GST_STATE_PLAYING
      && g_atomic_int_compare_and_exchange (&self->held, TRUE, FALSE)
      && !self->config->decode)
    gst_element_foreach_src_pad (element, ask_for_keyframe, NULL);
}

static GstStateChangeReturn
change_state (GstElement * element, GstStateChange transition)
{
  GstCallPeer *self = GST_CALL_PEER (element);
  GstStateChangeReturn ret;

  if (GST_STATE_TRANSITION_NEXT (transition) == GST_STATE_PAUSED)
    g_atomic_int_set (&self->held, TRUE);
  if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED
      || transition == GST_STATE_CHANGE_PAUSED_TO_PAUSED)
    return GST_STATE_CHANGE_NO_PREROLL;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      || GST_STATE_TRANSITION_NEXT (transition) == GST_STATE_PLAYING)
    keep_time (self, transition);
  ret = parent_class->change_state (element, transition);
  if (ret != GST_STATE_CHANGE_FAILURE
      && transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    ret = gst_element_set_state (self->webrtcbin, GST_STATE_PLAYING);
  if (ret == GST_STATE_CHANGE_FAILURE) {
    /* that is this connection's end, not the call's */
    GST_WARNING_OBJECT (self, "%s failed",
        gst_state_change_get_name (transition));
    gst_call_peer_child_failed (self, "A part of the connection does not play");
    return GST_STATE_CHANGE_SUCCESS;
  }
  return transition == GST_STATE_CHANGE_READY_TO_PAUSED ?
      GST_STATE_CHANGE_NO_PREROLL : ret;
}

void
gst_call_hold_class_init (GstElementClass * klass)
{
  parent_class = g_type_class_peek_parent (klass);
  klass->change_state = change_state;
}
