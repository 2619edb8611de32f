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
 *
 * Locks, in the order they may be taken
 *
 *   1 swap      self->lock   protects: fields under "swap lock"
 *
 * Pushing goes by a ticket (self->pushing): one thread at a time has it, holds
 * no lock while it pushes, and others wait for it on self->cond. So the last
 * buffer of the old input can never overtake the first of the new one.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallswap.h"

#include "gstcallblank.h"

GST_DEBUG_CATEGORY_STATIC (gst_call_swap_debug);
#define GST_CAT_DEFAULT gst_call_swap_debug

static GstStaticPadTemplate sink_template =
GST_STATIC_PAD_TEMPLATE ("sink_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS_ANY);

static GstStaticPadTemplate src_template =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS_ANY);

/* An input. Its fields belong to the input's streaming thread. */
#define GST_TYPE_CALL_SWAP_PAD (gst_call_swap_pad_get_type ())
G_DECLARE_FINAL_TYPE (GstCallSwapPad, gst_call_swap_pad, GST, CALL_SWAP_PAD,
    GstPad);

struct _GstCallSwapPad
{
  GstPad parent;

  GstSegment segment;
};

G_DEFINE_FINAL_TYPE (GstCallSwapPad, gst_call_swap_pad, GST_TYPE_PAD);

struct _GstCallSwap
{
  GstElement parent;

  /* set once in init and new */
  GstPad *srcpad;
  GstCaps *allowed;

  /* swap lock */
  GMutex lock;
  GCond cond;
  gboolean pushing;
  gboolean flushing;
  gboolean ended;
  gboolean blank;
  GstPad *active;               /* compared, never followed */
  GstPad *next;
  GstCaps *caps;
  GstFlowReturn last_flow;
  guint pad_serial;

  /* only with the ticket */
  gboolean started;
  gboolean sent_caps;
  GstClockTime last_time;
  GstCallBlank *blanker;
};

enum
{
  SIGNAL_SWITCHED,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCallSwap, gst_call_swap, GST_TYPE_ELEMENT,
    GST_DEBUG_CATEGORY_INIT (gst_call_swap_debug, "callswap", 0,
        "swap point of sources"));

static void
gst_call_swap_pad_class_init (GstCallSwapPadClass * klass)
{
}

static void
gst_call_swap_pad_init (GstCallSwapPad * pad)
{
  gst_segment_init (&pad->segment, GST_FORMAT_UNDEFINED);
}

/* --- the ticket --- */

/* TRUE: the caller may push until release_ticket. pad: the input that asks,
 * NULL for the element itself. *switched: pad has just become the input. */
static gboolean
take_ticket (GstCallSwap * self, GstPad * pad, GstFlowReturn * flow,
    gboolean * switched)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  *flow = GST_FLOW_OK;
  *switched = FALSE;
  while (self->pushing && !self->flushing)
    g_cond_wait (&self->cond, &self->lock);
  if (self->flushing || self->ended) {
    *flow = self->flushing ? GST_FLOW_FLUSHING : GST_FLOW_EOS;
    return FALSE;
  }
  if (pad && pad == self->next) {
    self->active = pad;
    self->next = NULL;
    *switched = TRUE;
  }
  if (pad && pad != self->active)
    return FALSE;
  self->pushing = TRUE;
  return TRUE;
}

static void
release_ticket (GstCallSwap * self, GstFlowReturn flow)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->pushing = FALSE;
  self->last_flow = flow;
  g_cond_broadcast (&self->cond);
}

/* --- output, with the ticket --- */

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
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (self->srcpad, gst_event_new_caps (caps));
  gst_pad_push_event (self->srcpad, gst_event_new_segment (&segment));
}

static GstBuffer *
blank_buffer (GstCallSwap * self, GstBuffer * buffer)
{
  g_autoptr (GstCaps) caps = NULL;
  GstBuffer *blank;

  if (!self->blanker) {
    caps = gst_call_swap_get_caps (self);
    if (caps)
      self->blanker = gst_call_blank_new (caps);
  }
  if (!self->blanker)
    return buffer;
  blank = gst_call_blank_buffer (self->blanker, buffer);
  gst_buffer_unref (buffer);
  return blank;
}

/* The output's segment starts at 0, so its timestamps are running times. */
static GstFlowReturn
push_buffer (GstCallSwap * self, GstCallSwapPad * pad, GstBuffer * buffer,
    gboolean blank)
{
  GstClockTime time = GST_BUFFER_PTS (buffer);

  if (GST_CLOCK_TIME_IS_VALID (time)) {
    if (pad->segment.format == GST_FORMAT_TIME)
      time = gst_segment_to_running_time (&pad->segment, GST_FORMAT_TIME, time);
    if (!GST_CLOCK_TIME_IS_VALID (time) ||
        (GST_CLOCK_TIME_IS_VALID (self->last_time) &&
            time <= self->last_time)) {
      GST_LOG_OBJECT (pad, "dropping a buffer of the past, %" GST_TIME_FORMAT,
          GST_TIME_ARGS (time));
      gst_buffer_unref (buffer);
      return GST_FLOW_OK;
    }
    self->last_time = time;
  }
  push_first_events (self);
  if (blank)
    buffer = blank_buffer (self, buffer);
  if (time != GST_BUFFER_PTS (buffer)) {
    buffer = gst_buffer_make_writable (buffer);
    GST_BUFFER_PTS (buffer) = time;
    GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  }
  return gst_pad_push (self->srcpad, buffer);
}

/* The output is over: no buffer goes out any more. */
static void
push_eos (GstCallSwap * self)
{
  push_stream_start (self);
  gst_pad_push_event (self->srcpad, gst_event_new_eos ());
  g_mutex_lock (&self->lock);
  self->ended = TRUE;
  g_mutex_unlock (&self->lock);
}

static GstFlowReturn
gst_call_swap_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstCallSwap *self = GST_CALL_SWAP (parent);
  GstFlowReturn flow;
  gboolean switched, blank;

  if (!take_ticket (self, pad, &flow, &switched)) {
    gst_buffer_unref (buffer);
    return flow;
  }
  g_mutex_lock (&self->lock);
  blank = self->blank;
  g_mutex_unlock (&self->lock);
  flow = push_buffer (self, GST_CALL_SWAP_PAD (pad), buffer, blank);
  if (flow == GST_FLOW_EOS)     /* downstream wants no more */
    push_eos (self);
  release_ticket (self, flow);
  if (switched)
    g_signal_emit (self, signals[SIGNAL_SWITCHED], 0, pad);
  return flow;
}

/* --- events --- */

/* The first caps are the output's for good. */
static gboolean
handle_caps (GstCallSwap * self, GstPad * pad, GstCaps * caps)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  if (!self->caps)
    self->caps = gst_caps_ref (caps);
  if (gst_caps_can_intersect (self->caps, caps))
    return TRUE;
  GST_WARNING_OBJECT (pad, "%" GST_PTR_FORMAT " is not the output's %"
      GST_PTR_FORMAT, caps, self->caps);
  return FALSE;
}

static void
handle_gap (GstCallSwap * self, GstPad * pad, GstEvent * event)
{
  GstSegment *segment = &GST_CALL_SWAP_PAD (pad)->segment;
  GstClockTime time, duration;
  GstFlowReturn flow;
  gboolean switched;

  gst_event_parse_gap (event, &time, &duration);
  if (segment->format == GST_FORMAT_TIME)
    time = gst_segment_to_running_time (segment, GST_FORMAT_TIME, time);
  if (!GST_CLOCK_TIME_IS_VALID (time) || !take_ticket (self, pad, &flow,
          &switched))
    return;
  if (!GST_CLOCK_TIME_IS_VALID (self->last_time) || time > self->last_time) {
    push_first_events (self);
    self->last_time = time;
    gst_pad_push_event (self->srcpad, gst_event_new_gap (time, duration));
  }
  release_ticket (self, GST_FLOW_OK);
  if (switched)
    g_signal_emit (self, signals[SIGNAL_SWITCHED], 0, pad);
}

static gboolean
gst_call_swap_sink_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstCallSwap *self = GST_CALL_SWAP (parent);
  gboolean ok = TRUE;
  GstCaps *caps;

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      gst_event_parse_caps (event, &caps);
      ok = handle_caps (self, pad, caps);
      break;
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (event, &GST_CALL_SWAP_PAD (pad)->segment);
      break;
    case GST_EVENT_GAP:
      handle_gap (self, pad, event);
      break;
    default:
      /* stream-start, tags, EOS and flushes are the input's own business */
      GST_DEBUG_OBJECT (pad, "kept %s", GST_EVENT_TYPE_NAME (event));
      break;
  }
  gst_event_unref (event);
  return ok;
}

static gboolean
gst_call_swap_src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_RECONFIGURE:
      /* the caps are fixed: there is nothing to negotiate again */
      gst_event_unref (event);
      return TRUE;
    default:
      return gst_pad_event_default (pad, parent, event);
  }
}

/* --- queries --- */

static GstCaps *
possible_caps (GstCallSwap * self, gboolean ask_downstream)
{
  GstCaps *caps = gst_call_swap_get_caps (self);
  g_autoptr (GstCaps) peer = NULL;

  if (caps || !ask_downstream)
    return caps ? caps : gst_caps_ref (self->allowed);
  peer = gst_pad_peer_query_caps (self->srcpad, self->allowed);
  return gst_caps_intersect_full (peer, self->allowed,
      GST_CAPS_INTERSECT_FIRST);
}

static void
answer_caps (GstQuery * query, GstCaps * caps)
{
  g_autoptr (GstCaps) result = NULL;
  GstCaps *filter;

  gst_query_parse_caps (query, &filter);
  result = filter ? gst_caps_intersect_full (filter, caps,
      GST_CAPS_INTERSECT_FIRST) : gst_caps_ref (caps);
  gst_query_set_caps_result (query, result);
}

static gboolean
gst_call_swap_sink_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  GstCallSwap *self = GST_CALL_SWAP (parent);
  g_autoptr (GstCaps) caps = NULL;
  GstCaps *offered;

  switch (GST_QUERY_TYPE (query)) {
    case GST_QUERY_CAPS:
      caps = possible_caps (self, TRUE);
      answer_caps (query, caps);
      return TRUE;
    case GST_QUERY_ACCEPT_CAPS:
      caps = possible_caps (self, TRUE);
      gst_query_parse_accept_caps (query, &offered);
      gst_query_set_accept_caps_result (query,
          gst_caps_can_intersect (offered, caps));
      return TRUE;
    case GST_QUERY_ALLOCATION:
      return gst_pad_peer_query (self->srcpad, query);
    default:
      return gst_pad_query_default (pad, parent, query);
  }
}

static gboolean
gst_call_swap_src_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  g_autoptr (GstCaps) caps = NULL;

  if (GST_QUERY_TYPE (query) != GST_QUERY_CAPS)
    return gst_pad_query_default (pad, parent, query);
  caps = possible_caps (GST_CALL_SWAP (parent), FALSE);
  answer_caps (query, caps);
  return TRUE;
}

/* --- pads and states --- */

static GstPad *
gst_call_swap_request_new_pad (GstElement * element, GstPadTemplate * template,
    const gchar * name, const GstCaps * caps)
{
  GstCallSwap *self = GST_CALL_SWAP (element);
  g_autofree gchar *made = NULL;
  GstPad *pad;

  g_mutex_lock (&self->lock);
  made = g_strdup_printf ("sink_%u", self->pad_serial++);
  g_mutex_unlock (&self->lock);
  pad = g_object_new (GST_TYPE_CALL_SWAP_PAD, "name", made, "direction",
      GST_PAD_SINK, "template", template, NULL);
  gst_pad_set_chain_function (pad, gst_call_swap_chain);
  gst_pad_set_event_function (pad, gst_call_swap_sink_event);
  gst_pad_set_query_function (pad, gst_call_swap_sink_query);
  gst_pad_set_active (pad, TRUE);
  gst_element_add_pad (element, pad);
  return pad;
}

static void
gst_call_swap_release_pad (GstElement * element, GstPad * pad)
{
  GstCallSwap *self = GST_CALL_SWAP (element);

  g_mutex_lock (&self->lock);
  if (self->active == pad)
    self->active = NULL;
  if (self->next == pad)
    self->next = NULL;
  g_mutex_unlock (&self->lock);
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
}

static void
set_flushing (GstCallSwap * self, gboolean flushing)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->flushing = flushing;
  g_cond_broadcast (&self->cond);
}

/* Pads are inactive: nobody has the ticket. */
static void
forget_stream (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  gst_clear_caps (&self->caps);
  self->ended = FALSE;
  self->last_flow = GST_FLOW_OK;
  self->started = self->sent_caps = FALSE;
  self->last_time = GST_CLOCK_TIME_NONE;
  g_clear_pointer (&self->blanker, gst_call_blank_free);
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

void
gst_call_swap_select (GstCallSwap * self, GstPad * pad)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  self->next = pad == self->active ? NULL : pad;
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
  gboolean switched;
  GstFlowReturn flow;

  if (!take_ticket (self, NULL, &flow, &switched))
    return;
  push_eos (self);
  release_ticket (self, GST_FLOW_EOS);
}

GstCaps *
gst_call_swap_get_caps (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->caps ? gst_caps_ref (self->caps) : NULL;
}

GstFlowReturn
gst_call_swap_get_last_flow (GstCallSwap * self)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&self->lock);

  return self->last_flow;
}

static void
gst_call_swap_finalize (GObject * object)
{
  GstCallSwap *self = GST_CALL_SWAP (object);

  gst_clear_caps (&self->caps);
  gst_clear_caps (&self->allowed);
  g_clear_pointer (&self->blanker, gst_call_blank_free);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
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
      g_signal_new ("switched", G_TYPE_FROM_CLASS (klass), G_SIGNAL_RUN_LAST, 0,
      NULL, NULL, NULL, G_TYPE_NONE, 1, GST_TYPE_PAD);
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Swap point",
      "Generic", "One output stream that outlives its inputs", "gst-call");
}

static void
gst_call_swap_init (GstCallSwap * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->flushing = TRUE;
  self->last_time = GST_CLOCK_TIME_NONE;
  self->allowed = gst_caps_new_any ();
  self->srcpad = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_event_function (self->srcpad, gst_call_swap_src_event);
  gst_pad_set_query_function (self->srcpad, gst_call_swap_src_query);
  gst_element_add_pad (GST_ELEMENT (self), self->srcpad);
}
