/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Positions are samples of the output, counted from its first one. Each input
 * has a lane: what it has delivered and nobody has heard yet. An input's own
 * timestamps count when it begins and when they are off by more than a lane
 * tolerates; in between its samples simply follow each other.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallsplice.h"

#include <gst/base/gstadapter.h>

#include <string.h>

#define FADE_MS 10
#define TOLERANCE (40 * GST_MSECOND)    /* of an input's timestamps ... */
#define TOLERANCE_WAIT GST_SECOND       /* ... and for so long, ... */
#define JUMP (150 * GST_MSECOND)        /* but that much is no jitter */
/* One of two inputs is given up when the other has delivered so much alone */
#define PATIENCE_MS 40
#define MAX_HELD_MS 250         /* of the one that comes earlier than the other */
#define MAX_FILL_MS 500         /* a longer gap is one: time jumps ahead */

typedef struct
{
  GstAdapter *samples;
  GstAudioStreamAlign *align;
  gint64 start;                 /* position of the first of samples */
  GstClockTime expected;        /* time of the next buffer */
  gboolean started;
} Lane;

struct _GstCallSplice
{
  GstAudioInfo info;
  guint fade;                   /* frames of FADE_MS */
  Lane heard, next;

  GstClockTime base;            /* running time of position 0 */
  gint64 position;              /* of the next frame that goes out */
  guint8 *last;                 /* the frame that went out last */
  guint8 *held;                 /* what a fade starts from, standing still */
  gboolean discont;             /* time jumps with the next buffer */
  guint faded;                  /* frames of the fade that have gone out */
  guint n_next;                 /* buffers that next has delivered */
  gsize alone;                  /* frames of one since the other delivered ... */
  gboolean next_alone;          /* ... and that one is next */
  guint64 silent;               /* frames of silence put in */
  gboolean rough;               /* the next samples do not fit the last ones */
  gboolean audible, was_audible;
};

static void
lane_init (Lane * lane, gint rate)
{
  lane->samples = gst_adapter_new ();
  lane->align = gst_audio_stream_align_new (rate, TOLERANCE, TOLERANCE_WAIT);
}

static void
lane_reset (Lane * lane)
{
  gst_adapter_clear (lane->samples);
  gst_audio_stream_align_mark_discont (lane->align);
  lane->started = FALSE;
}

static void
lane_clear (Lane * lane)
{
  g_object_unref (lane->samples);
  gst_audio_stream_align_free (lane->align);
}

GstCallSplice *
gst_call_splice_new (const GstAudioInfo * info)
{
  GstCallSplice *self = g_new0 (GstCallSplice, 1);

  self->info = *info;
  self->fade = MAX (info->rate * FADE_MS / 1000, 1);
  self->base = GST_CLOCK_TIME_NONE;
  self->last = g_malloc (info->bpf);
  self->held = g_malloc (info->bpf);
  gst_audio_format_info_fill_silence (info->finfo, self->last, info->bpf);
  memcpy (self->held, self->last, info->bpf);
  self->audible = self->was_audible = TRUE;
  lane_init (&self->heard, info->rate);
  lane_init (&self->next, info->rate);
  return self;
}

void
gst_call_splice_free (GstCallSplice * self)
{
  lane_clear (&self->heard);
  lane_clear (&self->next);
  g_free (self->last);
  g_free (self->held);
  g_free (self);
}

/* --- samples --- */

static gsize
frames_of (GstCallSplice * self, GstBuffer * buffer)
{
  return gst_buffer_get_size (buffer) / self->info.bpf;
}

static gsize
frames_in (GstCallSplice * self, guint ms)
{
  return (gsize) self->info.rate * ms / 1000;
}

static gsize
lane_frames (GstCallSplice * self, Lane * lane)
{
  return gst_adapter_available (lane->samples) / self->info.bpf;
}

/* Frames of lane that end before position are of the past. */
static void
lane_trim (GstCallSplice * self, Lane * lane)
{
  gint64 past = self->position - lane->start;

  if (past <= 0)
    return;
  past = MIN (past, (gint64) lane_frames (self, lane));
  gst_adapter_flush (lane->samples, past * self->info.bpf);
  lane->start += past;
}

/* Takes n frames out of lane, n > 0. */
static GstBuffer *
lane_take (GstCallSplice * self, Lane * lane, gsize n)
{
  GstBuffer *buffer =
      gst_adapter_take_buffer (lane->samples, n * self->info.bpf);

  lane->start += n;
  return buffer;
}

static GstBuffer *
make_silence (GstCallSplice * self, gsize frames)
{
  GstBuffer *buffer =
      gst_buffer_new_allocate (NULL, frames * self->info.bpf, NULL);
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    gst_audio_format_info_fill_silence (self->info.finfo, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  return buffer;
}

static gdouble
sample_at (gconstpointer samples, gboolean is_float, gsize i)
{
  return is_float ? ((const gdouble *) samples)[i] :
      ((const gint32 *) samples)[i];
}

/* from is faded out, to is faded in, both unpacked; the result in to. still:
 * from is a single frame. */
static void
mix_unpacked (GstCallSplice * self, gconstpointer from, gboolean still,
    gpointer to, gsize frames)
{
  gboolean is_float = self->info.finfo->unpack_format == GST_AUDIO_FORMAT_F64;
  gsize channels = self->info.channels, i;

  for (i = 0; i < frames * channels; i++) {
    gdouble gain = MIN (1.0, (gdouble) (self->faded + i / channels + 1) /
        self->fade);
    gdouble a = sample_at (from, is_float, still ? i % channels : i);
    gdouble value = a + (sample_at (to, is_float, i) - a) * gain;

    if (is_float)
      ((gdouble *) to)[i] = value;
    else
      ((gint32 *) to)[i] = (gint32) CLAMP (value, G_MININT32, G_MAXINT32);
  }
}

static gpointer
unpack (GstCallSplice * self, gconstpointer data, gsize frames)
{
  const GstAudioFormatInfo *finfo = self->info.finfo;
  gsize n = frames * self->info.channels;
  gpointer samples = g_malloc (n * sizeof (gdouble));

  finfo->unpack_func (finfo, GST_AUDIO_PACK_FLAG_NONE, samples, data, n);
  return samples;
}

/* The fade goes on by the frames of to, which is writable. from: as long as to,
 * NULL: what was heard last stands still. */
static void
fade_into (GstCallSplice * self, GstBuffer * from, GstBuffer * to)
{
  const GstAudioFormatInfo *finfo = self->info.finfo;
  gsize bpf = self->info.bpf;
  gsize frames = MIN (frames_of (self, to), self->fade - self->faded);
  g_autofree gpointer a = NULL;
  g_autofree gpointer b = NULL;
  GstMapInfo old, new;

  if (frames == 0 || !gst_buffer_map (to, &new, GST_MAP_READWRITE))
    return;
  b = unpack (self, new.data, frames);
  if (from && gst_buffer_map (from, &old, GST_MAP_READ)) {
    a = unpack (self, old.data, frames);
    memcpy (self->held, old.data + (frames - 1) * bpf, bpf);
    gst_buffer_unmap (from, &old);
    mix_unpacked (self, a, FALSE, b, frames);
  } else {
    if (self->faded == 0)
      memcpy (self->held, self->last, bpf);
    a = unpack (self, self->held, 1);
    mix_unpacked (self, a, TRUE, b, frames);
  }
  finfo->pack_func (finfo, GST_AUDIO_PACK_FLAG_NONE, b, new.data,
      frames * self->info.channels);
  gst_buffer_unmap (to, &new);
  self->faded += frames;
}

/* --- output --- */

static GstClockTime
time_at (GstCallSplice * self, gint64 position)
{
  return self->base + gst_util_uint64_scale (position, GST_SECOND,
      self->info.rate);
}

static gint64
position_of (GstCallSplice * self, GstClockTime time)
{
  GstClockTimeDiff diff = GST_CLOCK_DIFF (self->base, time);
  gint64 n = gst_util_uint64_scale_round (ABS (diff), self->info.rate,
      GST_SECOND);

  return diff < 0 ? -n : n;
}

static GstBuffer *
apply_audible (GstCallSplice * self, GstBuffer * buffer)
{
  guint faded = self->faded, fade = self->fade;
  GstBuffer *silence;

  if (self->audible && self->was_audible)
    return buffer;
  self->faded = 0;
  self->fade = MIN (fade, frames_of (self, buffer));
  if (self->audible) {          /* its sound comes back */
    buffer = gst_buffer_make_writable (buffer);
    fade_into (self, NULL, buffer);
  } else {
    silence = make_silence (self, frames_of (self, buffer));
    if (self->was_audible)
      fade_into (self, buffer, silence);
    else
      GST_BUFFER_FLAG_SET (silence, GST_BUFFER_FLAG_GAP);
    gst_buffer_unref (buffer);
    buffer = silence;
  }
  self->faded = faded;
  self->fade = fade;
  self->was_audible = self->audible;
  return buffer;
}

static void
emit (GstCallSplice * self, GstBuffer * buffer, GQueue * out)
{
  gsize frames = frames_of (self, buffer);

  buffer = gst_buffer_make_writable (apply_audible (self, buffer));
  GST_BUFFER_PTS (buffer) = time_at (self, self->position);
  GST_BUFFER_DTS (buffer) = GST_CLOCK_TIME_NONE;
  GST_BUFFER_DURATION (buffer) = time_at (self, self->position + frames) -
      GST_BUFFER_PTS (buffer);
  GST_BUFFER_OFFSET (buffer) = self->position;
  GST_BUFFER_OFFSET_END (buffer) = self->position + frames;
  if (self->discont)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_DISCONT);
  else
    GST_BUFFER_FLAG_UNSET (buffer, GST_BUFFER_FLAG_DISCONT);
  gst_buffer_extract (buffer, (frames - 1) * self->info.bpf, self->last,
      self->info.bpf);
  self->discont = FALSE;
  self->position += frames;
  g_queue_push_tail (out, buffer);
}

/* Silence for that many frames; the last sound does not break off. */
static void
emit_silence (GstCallSplice * self, gsize frames, GQueue * out)
{
  GstBuffer *buffer = make_silence (self, frames);

  self->faded = 0;
  fade_into (self, NULL, buffer);
  self->faded = 0;
  emit (self, buffer, out);
  self->silent += frames;
  self->rough = TRUE;
}

/* Nothing is there between position and start. */
static void
bridge (GstCallSplice * self, gint64 start, GQueue * out)
{
  gint64 missing = start - self->position;

  if (missing <= 0)
    return;
  if (missing <= (gint64) frames_in (self, MAX_FILL_MS)) {
    emit_silence (self, missing, out);
  } else {
    emit_silence (self, self->fade, out);
    self->silent += MAX (start - self->position, 0);
    self->position = MAX (start, self->position);
    self->discont = TRUE;
  }
}

/* --- lanes to output --- */

static void
lane_add (GstCallSplice * self, Lane * lane, GstBuffer * buffer,
    GstClockTime time)
{
  gsize frames = frames_of (self, buffer);
  gboolean moved;

  if (frames == 0 || gst_buffer_get_size (buffer) % self->info.bpf != 0) {
    gst_buffer_unref (buffer);
    return;
  }
  if (!GST_CLOCK_TIME_IS_VALID (self->base))
    self->base = GST_CLOCK_TIME_IS_VALID (time) ? time : 0;
  moved = GST_CLOCK_TIME_IS_VALID (time) && lane->started
      && ABS (GST_CLOCK_DIFF (lane->expected, time)) > JUMP;
  if (GST_CLOCK_TIME_IS_VALID (time)) {
    moved = gst_audio_stream_align_process (lane->align, moved, time, frames,
        NULL, NULL, NULL);
    lane->expected = time + gst_util_uint64_scale (frames, GST_SECOND,
        self->info.rate);
  }
  if (moved || !lane->started) {
    gst_adapter_clear (lane->samples);
    lane->start = GST_CLOCK_TIME_IS_VALID (time) ? position_of (self, time) :
        self->position;
    lane->started = TRUE;
  }
  gst_adapter_push (lane->samples, buffer);
}

/* What is left in the lane that is heard goes out, but not past limit. */
static void
drain_heard (GstCallSplice * self, gint64 limit, GQueue * out)
{
  Lane *lane = &self->heard;
  gint64 n;
  GstBuffer *buffer;

  lane_trim (self, lane);
  n = MIN ((gint64) lane_frames (self, lane), limit - self->position);
  if (n <= 0)
    return;
  if (lane->start > self->position)
    bridge (self, lane->start, out);
  n = MIN ((gint64) lane_frames (self, lane), limit - self->position);
  if (n <= 0)
    return;
  buffer = lane_take (self, lane, n);
  if (self->rough) {
    buffer = gst_buffer_make_writable (buffer);
    fade_into (self, NULL, buffer);
    self->rough = self->faded < self->fade;
    if (!self->rough)
      self->faded = 0;
  }
  emit (self, buffer, out);
}

/* As much of the fade as both lanes have; alone: the old one stands still at
 * its last sample. TRUE: it is over. */
static gboolean
fade_over (GstCallSplice * self, gboolean alone, GQueue * out)
{
  gsize n = MIN (lane_frames (self, &self->next), self->fade - self->faded);
  g_autoptr (GstBuffer) old = NULL;
  GstBuffer *new;

  lane_trim (self, &self->heard);
  if (!alone && self->heard.start == self->position)
    n = MIN (n, lane_frames (self, &self->heard));
  else if (!alone)
    n = 0;
  if (n == 0)
    return FALSE;
  if (!alone)
    old = lane_take (self, &self->heard, n);
  new = gst_buffer_make_writable (lane_take (self, &self->next, n));
  fade_into (self, old, new);
  emit (self, new, out);
  return self->faded >= self->fade;
}

static void
take_over (GstCallSplice * self, GQueue * out)
{
  Lane old = self->heard;

  self->heard = self->next;
  self->next = old;
  lane_reset (&self->next);
  self->faded = 0;
  self->n_next = 0;
  self->rough = FALSE;
  drain_heard (self, G_MAXINT64, out);
}

/* TRUE: the next input has taken over. */
static gboolean
join (GstCallSplice * self, gboolean alone, GQueue * out)
{
  Lane *next = &self->next;
  gboolean over;

  lane_trim (self, next);
  if (!next->started || lane_frames (self, next) == 0)
    return FALSE;
  if (self->position == 0 && !self->heard.started) {    /* the first of all */
    self->position = MAX (next->start, 0);
    take_over (self, out);
    return TRUE;
  }
  drain_heard (self, next->start, out);
  if (next->start > self->position) {
    if (!alone)
      return FALSE;             /* the old one still has to deliver that */
    bridge (self, next->start, out);
  }
  lane_trim (self, next);
  over = fade_over (self, FALSE, out);
  if (!over && alone)
    over = fade_over (self, TRUE, out);
  if (over)
    take_over (self, out);
  return over;
}

void
gst_call_splice_drop_next (GstCallSplice * self)
{
  /* a fade that has begun: what is heard has to come back */
  self->rough = self->rough || self->faded > 0;
  self->faded = 0;
  self->n_next = 0;
  lane_reset (&self->next);
}

gboolean
gst_call_splice_push (GstCallSplice * self, GstBuffer * buffer,
    GstClockTime time, GQueue * out)
{
  gsize frames = frames_of (self, buffer);

  lane_add (self, &self->heard, buffer, time);
  if (self->next.started) {
    self->alone = self->next_alone ? 0 : self->alone;
    self->next_alone = FALSE;
    self->alone += frames;
    if (join (self, FALSE, out))
      return TRUE;
    if (self->alone < frames_in (self, PATIENCE_MS))
      return FALSE;
    gst_call_splice_drop_next (self);   /* it has stopped again */
  }
  if (self->heard.started && self->heard.start < self->position &&
      gst_adapter_available (self->heard.samples) > 0)
    self->rough = TRUE;         /* samples are cut off */
  drain_heard (self, G_MAXINT64, out);
  return FALSE;
}

gboolean
gst_call_splice_push_next (GstCallSplice * self, GstBuffer * buffer,
    GstClockTime time, gboolean alone, GQueue * out)
{
  gsize frames = frames_of (self, buffer);

  lane_add (self, &self->next, buffer, time);
  self->alone = self->next_alone ? self->alone : 0;
  self->next_alone = TRUE;
  self->alone += frames;
  self->n_next++;
  /* so far behind that nobody waits for it: its clock is another one */
  if (lane_frames (self, &self->heard) >= frames_in (self, MAX_HELD_MS) &&
      self->next.start + (gint64) lane_frames (self, &self->next) <=
      self->position)
    self->next.start = self->position;
  if (self->n_next > 1 && (self->alone >= frames_in (self, PATIENCE_MS) ||
          lane_frames (self, &self->next) >= frames_in (self, MAX_HELD_MS)))
    alone = TRUE;
  return join (self, alone, out);
}

void
gst_call_splice_fill (GstCallSplice * self, GstClockTime until, GQueue * out)
{
  gint64 frames;

  if (!GST_CLOCK_TIME_IS_VALID (self->base))
    self->base = until;
  frames = position_of (self, until) - self->position;
  frames = MIN (frames, (gint64) frames_in (self, MAX_FILL_MS));
  if (frames > 0)
    emit_silence (self, frames, out);
}

void
gst_call_splice_set_audible (GstCallSplice * self, gboolean audible)
{
  self->audible = audible;
}

GstClockTime
gst_call_splice_get_position (GstCallSplice * self)
{
  if (!GST_CLOCK_TIME_IS_VALID (self->base))
    return GST_CLOCK_TIME_NONE;
  return time_at (self, self->position);
}

GstClockTime
gst_call_splice_get_silence (GstCallSplice * self)
{
  return gst_util_uint64_scale (self->silent, GST_SECOND, self->info.rate);
}
