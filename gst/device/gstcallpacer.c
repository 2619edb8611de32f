/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpacer.h"

#include "gstcallfakedevice.h"

/* Behind by more than this, a device skips instead of catching up. */
#define MAX_LAG (500 * GST_MSECOND)
#define NEVER (GST_SECOND * 1000000)

void
gst_call_pacer_init (GstCallPacer * pacer)
{
  g_mutex_init (&pacer->lock);
}

void
gst_call_pacer_clear (GstCallPacer * pacer)
{
  g_mutex_clear (&pacer->lock);
}

static void
post_busy (GstBaseSrc * src, GstCallFakeKind kind, guint index)
{
  GST_ELEMENT_ERROR (src, RESOURCE, BUSY, ("Fake %s %u is busy.",
          gst_call_fake_kind_name (kind), index), ("fail-open is set"));
}

gboolean
gst_call_pacer_start (GstCallPacer * pacer, GstBaseSrc * src,
    const GstCallFakeOptions * options, GstCallFakeKind kind, guint index)
{
  pacer->opened = GST_CLOCK_TIME_NONE;
  pacer->next = 0;
  if (!options->fail_open || options->open_delay > 0)
    return TRUE;
  post_busy (src, kind, index);
  return FALSE;
}

void
gst_call_pacer_unlock (GstCallPacer * pacer, gboolean unlocked)
{
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&pacer->lock);

  pacer->unlocked = unlocked;
  if (unlocked && pacer->clock_id)
    gst_clock_id_unschedule (pacer->clock_id);
}

static GstClockTime
running_time (GstBaseSrc * src)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (src));
  GstClockTime now = clock ? gst_clock_get_time (clock) : 0;
  GstClockTime base = gst_element_get_base_time (GST_ELEMENT (src));

  return now > base ? now - base : 0;
}

/* FALSE: woken by unlock */
static gboolean
wait_once (GstCallPacer * pacer, GstBaseSrc * src, GstClockTime until)
{
  g_autoptr (GstClock) clock = gst_element_get_clock (GST_ELEMENT (src));
  GstClockReturn ret;
  GstClockID id;

  if (!clock)
    return TRUE;
  id = gst_clock_new_single_shot_id (clock,
      gst_element_get_base_time (GST_ELEMENT (src)) + until);
  g_mutex_lock (&pacer->lock);
  if (pacer->unlocked) {
    g_mutex_unlock (&pacer->lock);
    gst_clock_id_unref (id);
    return FALSE;
  }
  pacer->clock_id = id;
  g_mutex_unlock (&pacer->lock);

  ret = gst_clock_id_wait (id, NULL);

  g_mutex_lock (&pacer->lock);
  pacer->clock_id = NULL;
  g_mutex_unlock (&pacer->lock);
  gst_clock_id_unref (id);
  return ret != GST_CLOCK_UNSCHEDULED;
}

static GstFlowReturn
wait_until (GstCallPacer * pacer, GstBaseSrc * src, GstClockTime until)
{
  while (!wait_once (pacer, src, until)) {
    GstFlowReturn flow = gst_base_src_wait_playing (src);

    if (flow != GST_FLOW_OK)
      return flow;
    /* from 1.24 on unlock_stop does not come before */
    gst_call_pacer_unlock (pacer, FALSE);
  }
  return GST_FLOW_OK;
}

static GstFlowReturn
open_device (GstCallPacer * pacer, GstBaseSrc * src,
    const GstCallFakeOptions * options, GstCallFakeKind kind, guint index)
{
  GstFlowReturn flow;

  if (options->open_delay > 0) {
    flow = wait_until (pacer, src,
        running_time (src) + options->open_delay * GST_MSECOND);
    if (flow != GST_FLOW_OK)
      return flow;
  }
  if (options->fail_open) {
    post_busy (src, kind, index);
    return GST_FLOW_ERROR;
  }
  if (options->never_delivers)
    return wait_until (pacer, src, NEVER);
  pacer->opened = pacer->next = running_time (src);
  return GST_FLOW_OK;
}

GstFlowReturn
gst_call_pacer_next (GstCallPacer * pacer, GstBaseSrc * src,
    const GstCallFakeOptions * options, GstCallFakeKind kind, guint index,
    GstClockTime duration, gboolean lead, GstClockTime * at)
{
  GstFlowReturn flow = GST_FLOW_OK;
  GstClockTime now;

  if (!GST_CLOCK_TIME_IS_VALID (pacer->opened))
    flow = open_device (pacer, src, options, kind, index);
  if (flow != GST_FLOW_OK)
    return flow;
  now = running_time (src);
  if (now > pacer->next + MAX_LAG)
    pacer->next += (now - pacer->next) / duration * duration;
  *at = pacer->next;
  pacer->next += duration;
  now = *at - pacer->opened;
  if (options->unplug_after && now >= options->unplug_after * GST_MSECOND) {
    gst_call_fake_device_unplug (kind, index, options->replug_after);
    GST_ELEMENT_ERROR (src, RESOURCE, READ, ("Fake %s %u was unplugged.",
            gst_call_fake_kind_name (kind), index), ("unplug-after is set"));
    return GST_FLOW_ERROR;
  }
  if (options->stall_after && now >= options->stall_after * GST_MSECOND)
    return wait_until (pacer, src, NEVER);
  return wait_until (pacer, src, lead ? *at : pacer->next);
}
