/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   sink → queue (leaky) → gate → converter → gate → src
 *
 * The queue gives the slot a thread of its own: a sink that waits for its
 * clock, prerolls or hangs holds up nothing but itself. The gate turns every
 * flow return into OK.
 *
 * What a peer gives is in running time, so that one peer's media follows
 * another's. It goes back by itself, though, when less
 * delay is needed to keep a peer's sound and picture in step: what should have
 * been played before something that was played already is left out.
 *
 * Threads
 *   name       runs                                     may take
 *   worker     show, clear                              nothing
 *   streaming  the probes; the gate                     nothing
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallsinks.h"
#include "gstcallslot.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* More than the jitter buffer's latency, for sinks that play on time */
#define MAX_QUEUED (2 * GST_SECOND)
#define MAX_PICTURES 60
#define MAX_SOUNDS 400
/* Between two looks whether the pipeline has changed its state */
#define START_MS 20

struct _GstCallSlot
{
  GstBin parent;

  GstPad *sink;                 /* set once in new */

  /* streaming thread */
  GstSegment segment;
  GstClockTime last;            /* running time */
};

G_DEFINE_FINAL_TYPE (GstCallSlot, gst_call_slot, GST_TYPE_BIN);

static GstPadProbeReturn
on_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallSlot *self = data;

  switch (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info))) {
    case GST_EVENT_SEGMENT:
      gst_event_copy_segment (GST_PAD_PROBE_INFO_EVENT (info), &self->segment);
      return GST_PAD_PROBE_OK;
    case GST_EVENT_EOS:
    case GST_EVENT_FLUSH_START:
    case GST_EVENT_FLUSH_STOP:
      GST_DEBUG_OBJECT (pad, "kept back %" GST_PTR_FORMAT,
          GST_PAD_PROBE_INFO_EVENT (info));
      return GST_PAD_PROBE_DROP;
    default:
      return GST_PAD_PROBE_OK;
  }
}

static GstPadProbeReturn
on_buffer (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallSlot *self = data;
  GstClockTime time = gst_segment_to_running_time (&self->segment,
      GST_FORMAT_TIME, GST_BUFFER_PTS (GST_PAD_PROBE_INFO_BUFFER (info)));

  if (!GST_CLOCK_TIME_IS_VALID (time))
    return GST_PAD_PROBE_OK;
  if (GST_CLOCK_TIME_IS_VALID (self->last) && time < self->last) {
    GST_DEBUG_OBJECT (self, "%" GST_TIME_FORMAT " left out, as %"
        GST_TIME_FORMAT " was shown", GST_TIME_ARGS (time),
        GST_TIME_ARGS (self->last));
    return GST_PAD_PROBE_DROP;
  }
  self->last = time;
  return GST_PAD_PROBE_OK;
}

gboolean
gst_call_slot_show (GstCallSlot * self, GstPad * pad)
{
  g_autoptr (GstPad) old = gst_pad_get_peer (self->sink);

  if (old)
    gst_pad_unlink (old, self->sink);
  return GST_PAD_LINK_SUCCESSFUL (gst_pad_link (pad, self->sink));
}

void
gst_call_slot_clear (GstCallSlot * self, GstPad * pad)
{
  g_autoptr (GstPad) shown = gst_pad_get_peer (self->sink);

  if (shown == pad)
    gst_pad_unlink (pad, self->sink);
}

/* A gate stands before it as well: a format that is refused behind it must
 * not end the queue. */
static GstElement *
add_converter (GstCallSlot * self, GstCallKind kind, GstElement * queue)
{
  GstElement *bin = gst_bin_new (NULL);
  GstElement *first = gst_element_factory_make (kind == GST_CALL_KIND_VIDEO ?
      "videoconvert" : "audioconvert", NULL);
  GstElement *last = first;
  GstPad *pad;

  gst_bin_add (GST_BIN (bin), first);
  if (kind == GST_CALL_KIND_AUDIO) {
    last = gst_element_factory_make ("audioresample", NULL);
    gst_bin_add (GST_BIN (bin), last);
    gst_element_link (first, last);
  }
  pad = gst_element_get_static_pad (first, "sink");
  gst_call_add_gate (bin, "sink", pad);
  gst_object_unref (pad);
  pad = gst_element_get_static_pad (last, "src");
  gst_call_add_ghost (bin, "src", pad);
  gst_object_unref (pad);

  gst_bin_add (GST_BIN (self), bin);
  gst_element_link (queue, bin);
  return bin;
}

GstCallSlot *
gst_call_slot_new (const gchar * name, GstCallKind kind, gboolean decoded)
{
  GstCallSlot *self = g_object_new (GST_TYPE_CALL_SLOT, "name", name, NULL);
  GstElement *queue = gst_element_factory_make ("queue", NULL);
  GstElement *last = queue;
  GstPad *pad;

  /* bounded in numbers too: a peer's timestamps need not advance */
  g_object_set (queue, "leaky", 2, "max-size-bytes", 0, "max-size-buffers",
      kind == GST_CALL_KIND_VIDEO ? MAX_PICTURES : MAX_SOUNDS,
      "max-size-time", MAX_QUEUED, "silent", TRUE, NULL);
  gst_bin_add (GST_BIN (self), queue);
  if (decoded)
    last = add_converter (self, kind, queue);

  pad = gst_element_get_static_pad (queue, "sink");
  self->sink = gst_call_add_ghost (GST_ELEMENT (self), "sink", pad);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM |
      GST_PAD_PROBE_TYPE_EVENT_FLUSH, on_event, self, NULL);
  /* encoded media is not in the order of its times, nor to be left out */
  if (decoded)
    gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, self, NULL);
  gst_call_refuse_queries (pad);
  gst_object_unref (pad);

  pad = gst_element_get_static_pad (last, "src");
  gst_call_add_gate (GST_ELEMENT (self), "src", pad);
  gst_object_unref (pad);
  return self;
}

static void
gst_call_slot_class_init (GstCallSlotClass * klass)
{
}

static void
gst_call_slot_init (GstCallSlot * self)
{
  gst_segment_init (&self->segment, GST_FORMAT_TIME);
  self->last = GST_CLOCK_TIME_NONE;
}

struct _GstCallSlots
{
  GstElement *bin;              /* outlives the slots */
  gboolean decoded;
  GstCallWorker *worker;
  GPtrArray *slots[2];          /* by kind: (element-type GstCallSlot) */
  GPtrArray *waiting;           /* (element-type GstPad): sinks to be started */
  GSource *timer;
};

static const gchar *
kind_name (GstCallKind kind)
{
  return kind == GST_CALL_KIND_VIDEO ? "video" : "audio";
}

GstCallSlots *
gst_call_slots_new (GstElement * bin, gboolean decoded, GstCallWorker * worker)
{
  GstCallSlots *self = g_new0 (GstCallSlots, 1);

  self->bin = bin;
  self->decoded = decoded;
  self->worker = worker;
  self->waiting = g_ptr_array_new_with_free_func (gst_object_unref);
  self->slots[GST_CALL_KIND_AUDIO] = g_ptr_array_new ();
  self->slots[GST_CALL_KIND_VIDEO] = g_ptr_array_new ();
  return self;
}

void
gst_call_slots_free (GstCallSlots * self)
{
  g_ptr_array_unref (self->slots[GST_CALL_KIND_AUDIO]);
  g_ptr_array_unref (self->slots[GST_CALL_KIND_VIDEO]);
  g_ptr_array_unref (self->waiting);
  g_free (self);
}

void
gst_call_slots_stop (GstCallSlots * self)
{
  gst_call_worker_clear_timer (&self->timer);
  g_ptr_array_set_size (self->waiting, 0);
}

static gboolean
start_sinks (gpointer data)
{
  GstCallSlots *self = data;

  while (self->waiting->len > 0) {
    if (!gst_call_sinks_start (self->bin, g_ptr_array_index (self->waiting, 0)))
      return G_SOURCE_CONTINUE;
    g_ptr_array_remove_index (self->waiting, 0);
  }
  gst_call_worker_clear_timer (&self->timer);
  return G_SOURCE_REMOVE;
}

void
gst_call_slots_start_sinks (GstCallSlots * self, GstPad * pad)
{
  g_ptr_array_add (self->waiting, gst_object_ref (pad));
  if (start_sinks (self) && !self->timer)
    self->timer = gst_call_worker_add_timer (self->worker, START_MS,
        start_sinks, self);
}

static GstCallSlot *
make_slot (GstCallSlots * self, GstCallKind kind, guint index)
{
  g_autofree gchar *name = g_strdup_printf ("slot-%s-%u", kind_name (kind),
      index);
  g_autofree gchar *pad_name = g_strdup_printf ("remote_%s_%u",
      kind_name (kind), index);
  g_autofree gchar *template = g_strdup_printf ("remote_%s_%%u",
      kind_name (kind));
  GstCallSlot *slot = gst_call_slot_new (name, kind, self->decoded);
  g_autoptr (GstPad) src = NULL;
  GstPad *ghost;

  gst_bin_add (GST_BIN (self->bin), GST_ELEMENT (slot));
  gst_call_sync_state (GST_ELEMENT (slot));
  src = gst_element_get_static_pad (GST_ELEMENT (slot), "src");
  ghost = gst_ghost_pad_new_from_template (pad_name, src,
      gst_element_get_pad_template (self->bin, template));
  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (self->bin, ghost);
  gst_call_slots_start_sinks (self, ghost);
  return slot;
}

GstCallSlot *
gst_call_slots_get (GstCallSlots * self, GstCallKind kind, guint index)
{
  GPtrArray *slots = self->slots[kind];

  while (slots->len <= index)
    g_ptr_array_add (slots, make_slot (self, kind, slots->len));
  return g_ptr_array_index (slots, index);
}

static void
remove_slot (GstCallSlots * self, GstCallKind kind, guint index)
{
  GstElement *slot = g_ptr_array_index (self->slots[kind], index);
  g_autofree gchar *name = g_strdup_printf ("remote_%s_%u", kind_name (kind),
      index);
  g_autoptr (GstPad) pad = gst_element_get_static_pad (self->bin, name);

  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (self->bin, pad);
  gst_element_set_locked_state (slot, TRUE);
  gst_element_set_state (slot, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self->bin), slot);
}

void
gst_call_slots_remove (GstCallSlots * self)
{
  GstCallKind kind;
  guint i;

  for (kind = GST_CALL_KIND_AUDIO; kind <= GST_CALL_KIND_VIDEO; kind++) {
    for (i = 0; i < self->slots[kind]->len; i++)
      remove_slot (self, kind, i);
    g_ptr_array_set_size (self->slots[kind], 0);
  }
}
