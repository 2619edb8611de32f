/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name        runs                               may take   never
 *   ----------  ---------------------------------  ---------  ----------------
 *   app         select, set_blank, end, states     swap       hold it and push
 *   streaming   chain and events of an input; one  swap       hold it and push
 *               thread per input
 *   watch       of callswitch, see gstcallswitch.c swap       hold it and push
 *
 * Locks, in the order they may be taken
 *
 *   1 swap      self->lock   protects: fields under "swap lock", of the swap
 *                            point and of its pads
 *
 * Pushing goes by a ticket (self->pushing, gst_call_swap_enter and _leave): one
 * thread at a time has it, holds no lock while it pushes, and others wait for
 * it on self->cond. So the last buffer of the old input can never overtake the
 * first of the new one. An input that is not selected never waits for it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallswap-private.h"

#include <stdio.h>

GST_DEBUG_CATEGORY (gst_call_swap_debug);
#define GST_CAT_DEFAULT gst_call_swap_debug

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS_ANY);

static GstStaticPadTemplate src_template =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

enum
{
  SIGNAL_SWITCHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE (GstCallSwapPad, gst_call_swap_pad, GST_TYPE_PAD);
G_DEFINE_TYPE_WITH_CODE (GstCallSwap, gst_call_swap, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (gst_call_swap_debug, "callswap", 0, "swap point"));

static void
gst_call_swap_pad_class_init (GstCallSwapPadClass * klass)
{
}

static void
gst_call_swap_pad_init (GstCallSwapPad * pad)
{
  gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
  pad->key_asked = G_MININT64 / 2;
  pad->live = TRUE;
}

/* --- buffers --- */

/* Takes switched. */
static void
finish_switch (GstCallSwap * self, GstCallSwapPad * switched)
{
  if (!switched)
    return;
  g_signal_emit (self, signals[SIGNAL_SWITCHED], 0, switched);
  gst_object_unref (switched);
}

static GstClockTime
running_time (GstCallSwapPad * pad, GstClockTime time)
{
  if (pad->segment.format != GST_FORMAT_TIME)
    return time;
  return gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, time);
}

static GstFlowReturn
gst_call_swap_chain (GstPad * gst_pad, GstObject * parent, GstBuffer * buffer)
{
  GstCallSwap *self = GST_CALL_SWAP (parent);
  GstCallSwapPad *pad = GST_CALL_SWAP_PAD (gst_pad), *switched;
  GstClockTime time = GST_BUFFER_PTS (buffer);
  GstCallSwapRole role;
  GstFlowReturn flow;

  if (GST_BUFFER_DTS_IS_VALID (buffer))
    time = GST_BUFFER_DTS (buffer);
  if (GST_CLOCK_TIME_IS_VALID (time)) {
    time = running_time (pad, time);
    if (!GST_CLOCK_TIME_IS_VALID (time)) {      /* outside of its segment */
      gst_buffer_unref (buffer);
      return GST_FLOW_OK;
    }
  }
  role = gst_call_swap_enter (self, pad, time, &flow);
  if (role == GST_CALL_SWAP_NOBODY) {
    gst_buffer_unref (buffer);
    return flow;
  }
  flow = gst_call_swap_output (self, pad, role, buffer, time, &switched);
  if (flow == GST_FLOW_EOS)     /* downstream wants no more */
    gst_call_swap_output_eos (self);
  gst_call_swap_leave (self, flow, switched);
  finish_switch (self, switched);
  return flow;
}

/* --- events --- */

static gpointer
copy_ref (gconstpointer object, gpointer unused)
{
  return gst_object_ref ((gpointer) object);
}

GList *
gst_call_swap_ref_inputs (GstCallSwap * self)
{
  GList *pads;

  GST_OBJECT_LOCK (self);
  pads = g_list_copy_deep (GST_ELEMENT (self)->sinkpads, copy_ref, NULL);
  GST_OBJECT_UNLOCK (self);
  return pads;
}

static void
handle_gap (GstCallSwap * self, GstCallSwapPad * pad, GstEvent * event)
{
  GstClockTime time, duration;
  GstFlowReturn flow;
  GstCallSwapRole role;

  gst_event_parse_gap (event, &time, &duration);
  time = running_time (pad, time);
  if (!GST_CLOCK_TIME_IS_VALID (time))
    return;
  role = gst_call_swap_enter (self, pad, time, &flow);
  if (role == GST_CALL_SWAP_NOBODY)
    return;
  /* one that is to take over has nothing to show yet */
  if (role == GST_CALL_SWAP_ACTIVE)
    gst_call_swap_output_gap (self, time, duration);
  gst_call_swap_leave (self, GST_FLOW_OK, NULL);
}

/* TRUE: with the inputs as they are the output is over. swap lock */
static gboolean
is_over_locked (GstCallSwap * self)
{
  if (self->eos_when == GST_CALL_SWAP_EOS_NEVER || self->n_pads == 0)
    return FALSE;
  if (self->n_eos == self->n_pads)
    return TRUE;
  return self->eos_when == GST_CALL_SWAP_EOS_ACTIVE && self->active_eos
      && !self->next;
}

static void
set_eos (GstCallSwap * self, GstCallSwapPad * pad, gboolean eos)
{
  gboolean over;

  g_mutex_lock (&self->lock);
  if (pad->eos != eos)
    self->n_eos += eos ? 1 : -1;
  pad->eos = eos;
  if (GST_PAD (pad) == self->active)
    self->active_eos = eos;
  over = eos && is_over_locked (self);
  g_cond_broadcast (&self->cond);
  g_cond_signal (&self->watch_cond);
  g_mutex_unlock (&self->lock);
  if (over)
    gst_call_swap_end (self);
}

static void
set_pad_flushing (GstCallSwap * self, GstCallSwapPad * pad, gboolean flushing)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  pad->flushing = flushing || pad->released;
  g_cond_broadcast (&self->cond);
}

/* Live inputs never wait. One that comes later than all before it is told to
 * the pipeline, so that sinks make room for it before it is selected. */
static void
learn_latency (GstCallSwap * self, GstCallSwapPad * pad)
{
  g_autoptr (GstQuery) query = gst_query_new_latency ();
  gboolean live = TRUE, longer;
  GstClockTime latency = 0;

  if (gst_pad_peer_query (GST_PAD (pad), query))
    gst_query_parse_latency (query, &live, &latency, NULL);
  g_mutex_lock (&self->lock);
  pad->live = live;
  longer = live && latency > self->longest;
  if (longer)
    self->longest = latency;
  g_mutex_unlock (&self->lock);
  if (longer)
    gst_element_post_message (GST_ELEMENT (self),
        gst_message_new_latency (GST_OBJECT (self)));
}

static gboolean
gst_call_swap_sink_event (GstPad * gst_pad, GstObject * parent,
    GstEvent * event)
{
  GstCallSwap *self = GST_CALL_SWAP (parent);
  GstCallSwapPad *pad = GST_CALL_SWAP_PAD (gst_pad);
  gboolean ok = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      ok = gst_call_swap_take_caps (self, gst_pad, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &pad->segment);
      learn_latency (self, pad);
      break;
    case GST_EVENT_GAP:
      handle_gap (self, pad, event);
      break;
    case GST_EVENT_STREAM_START:
      set_eos (self, pad, FALSE);
      break;
    case GST_EVENT_EOS:
      set_eos (self, pad, TRUE);
      break;
    case GST_EVENT_FLUSH_START:
      set_pad_flushing (self, pad, TRUE);
      break;
    case GST_EVENT_FLUSH_STOP:
      gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
      set_eos (self, pad, FALSE);
      set_pad_flushing (self, pad, FALSE);
      break;
    default:
      /* tags and the like are the input's own business */
      GST_DEBUG_OBJECT (pad, "kept %s", GST_EVENT_TYPE_NAME (event));
      break;
  }
  gst_event_unref (event);
  return ok;
}

/* The input that is heard hears what downstream has to say. */
static gboolean
forward_to_active (GstCallSwap * self, GstEvent * event)
{
  g_autoptr (GstPad) active = NULL;

  g_mutex_lock (&self->lock);
  active = self->active ? gst_object_ref (self->active) : NULL;
  g_mutex_unlock (&self->lock);
  if (active)
    return gst_pad_push_event (active, event);
  gst_event_unref (event);
  return FALSE;
}

static gboolean
gst_call_swap_src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_RECONFIGURE:
      /* the caps are fixed: there is nothing to negotiate again */
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_SEEK:
      /* the output only goes forward */
      gst_event_unref (event);
      return FALSE;
    case GST_EVENT_LATENCY:
      return gst_pad_event_default (pad, parent, event);
    default:
      return forward_to_active (GST_CALL_SWAP (parent), event);
  }
}

/* --- pads and states --- */

static GstPad *
gst_call_swap_request_new_pad (GstElement * element, GstPadTemplate * template,
    const gchar * name, const GstCaps * caps)
{
  GstCallSwap *self = GST_CALL_SWAP (element);
  g_autofree gchar *made = NULL;
  guint number;
  GstPad *pad;

  g_mutex_lock (&self->lock);
  if (name && sscanf (name, "sink_%u", &number) == 1) {
    made = g_strdup (name);
    self->pad_serial = MAX (self->pad_serial, number + 1);
  } else {
    made = g_strdup_printf ("sink_%u", self->pad_serial++);
  }
  g_mutex_unlock (&self->lock);
  pad = g_object_new (GST_TYPE_CALL_SWAP_PAD, "name", made, "direction",
      GST_PAD_SINK, "template", template, NULL);
  gst_pad_set_chain_function (pad, gst_call_swap_chain);
  gst_pad_set_event_function (pad, gst_call_swap_sink_event);
  gst_pad_set_query_function (pad, gst_call_swap_sink_query);
  gst_pad_set_active (pad, TRUE);
  g_mutex_lock (&self->lock);
  self->n_pads++;
  g_mutex_unlock (&self->lock);
  gst_element_add_pad (element, pad);
  return pad;
}

static void
gst_call_swap_release_pad (GstElement * element, GstPad * gst_pad)
{
  GstCallSwap *self = GST_CALL_SWAP (element);
  GstCallSwapPad *pad = GST_CALL_SWAP_PAD (gst_pad);
  gboolean over;

  g_mutex_lock (&self->lock);
  pad->released = pad->flushing = TRUE;
  if (self->active == gst_pad)
    self->active = NULL;
  if (self->next == gst_pad)
    self->next = NULL;
  self->n_pads--;
  self->n_eos -= pad->eos;
  over = is_over_locked (self);
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_pad_set_active (gst_pad, FALSE);
  gst_element_remove_pad (element, gst_pad);
  if (over)
    gst_call_swap_end (self);
}

static void
set_flushing (GstCallSwap * self, gboolean flushing)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
}

/* Pads are inactive: whoever has the ticket gives it back. */
static void
forget_stream (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  while (self->pushing)
    g_cond_wait (&self->cond, &self->lock);
  gst_clear_caps (&self->caps);
  self->ended = FALSE;
  self->last_flow = GST_FLOW_OK;
  self->progress = GST_CLOCK_TIME_NONE;
  self->pushed_at = 0;
  self->longest = 0;
  gst_call_swap_output_forget (self);
}

static GstStateChangeReturn
gst_call_swap_change_state (GstElement * element, GstStateChange transition)
{
  GstCallSwap *self = GST_CALL_SWAP (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    set_flushing (self, FALSE);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    set_flushing (self, TRUE);
  ret = GST_ELEMENT_CLASS (gst_call_swap_parent_class)->change_state (element,
      transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    forget_stream (self);
  return ret;
}

/* --- what the owner calls --- */

GstCallSwap *
gst_call_swap_new (const gchar * name, const GstCaps * allowed)
{
  GstCallSwap *self = g_object_new (GST_TYPE_CALL_SWAP, "name", name, NULL);

  gst_clear_caps (&self->allowed);
  self->allowed = gst_caps_copy (allowed);
  return self;
}

/* Also those that it was not allowed to have */
static GstCaps *
ref_caps_of (GstPad * pad)
{
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  GstCaps *caps = gst_pad_get_current_caps (pad);

  return caps || !peer ? caps : gst_pad_get_current_caps (peer);
}

void
gst_call_swap_select (GstCallSwap * self, GstPad * pad)
{
  g_autoptr (GstCaps) caps = ref_caps_of (pad);
  g_autoptr (GstCaps) output = gst_call_swap_get_caps (self);

  if (caps && output && !gst_call_swap_caps_fit (output, caps)) {
    gst_call_swap_warn_of_caps (self, pad, caps, output);
    return;
  }
  g_mutex_lock (&self->lock);
  if (!GST_CALL_SWAP_PAD (pad)->released)
    self->next = pad == self->active ? NULL : pad;
  self->selected_at = g_get_monotonic_time ();
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  if (caps && !output)          /* they came before it was selected */
    gst_call_swap_take_caps (self, pad, caps);
}

void
gst_call_swap_get_last_switch (GstCallSwap * self, GstClockTime * gap,
    GstClockTime * latency)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *gap = self->gap;
  *latency = self->latency;
}

void
gst_call_swap_set_blank (GstCallSwap * self, gboolean blank)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->blank = blank;
}

void
gst_call_swap_end (GstCallSwap * self)
{
  GstFlowReturn flow;

  if (gst_call_swap_enter (self, NULL, GST_CLOCK_TIME_NONE, &flow) ==
      GST_CALL_SWAP_NOBODY)
    return;
  gst_call_swap_output_eos (self);
  gst_call_swap_leave (self, GST_FLOW_EOS, NULL);
}

GstFlowReturn
gst_call_swap_get_last_flow (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->last_flow;
}

gint64
gst_call_swap_get_idle (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->pushing || self->pushed_at == 0 ? 0 :
      g_get_monotonic_time () - self->pushed_at;
}

static void
gst_call_swap_finalize (GObject * object)
{
  GstCallSwap *self = GST_CALL_SWAP (object);

  gst_clear_caps (&self->caps);
  gst_clear_caps (&self->allowed);
  gst_call_swap_output_forget (self);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_cond_clear (&self->watch_cond);
  G_OBJECT_CLASS (gst_call_swap_parent_class)->finalize (object);
}

static void
gst_call_swap_class_init (GstCallSwapClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  G_OBJECT_CLASS (klass)->finalize = gst_call_swap_finalize;
  element_class->request_new_pad = gst_call_swap_request_new_pad;
  element_class->release_pad = gst_call_swap_release_pad;
  element_class->change_state = gst_call_swap_change_state;
  signals[SIGNAL_SWITCHED] =
      g_signal_new ("switched", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_FIRST,
      G_STRUCT_OFFSET (GstCallSwapClass, switched), NULL, NULL, NULL,
      G_TYPE_NONE, 1, GST_TYPE_PAD);
  gst_element_class_add_static_pad_template_with_gtype (element_class,
      &sink_template, GST_TYPE_CALL_SWAP_PAD);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Swap point",
      "Generic", "One output stream that outlives its inputs", "gst-call");
}

static void
gst_call_swap_init (GstCallSwap * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  g_cond_init (&self->watch_cond);
  self->flushing = TRUE;
  self->progress = GST_CLOCK_TIME_NONE;
  self->last_time = GST_CLOCK_TIME_NONE;
  self->allowed = gst_caps_new_any ();
  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, gst_call_swap_src_event);
  gst_pad_set_query_function (self->srcpad, gst_call_swap_src_query);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
