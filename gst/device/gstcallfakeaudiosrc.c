/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callfakeaudiosrc
 * @title: callfakeaudiosrc
 *
 * A microphone for tests: a tone, 440 Hz for the first microphone and 220 Hz
 * more for each one after it, in buffers of 10 ms.
 *
 * callaudiosrc finds it as "Fake microphone 0" and so on when the environment
 * variable GST_CALL_FAKE_DEVICES says so, for example `audio=2`; the element
 * can be used by itself as well.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 callfakeaudiosrc microphone=1 ! audioconvert ! autoaudiosink
 * ]|
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcallfakesrc.c; this part has none. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfakesrc.h"

#include <gst/audio/audio.h>
#include <math.h>

#define DEFAULT_RATE 48000
#define PERIOD_MS 10            /* of a buffer */
#define FIRST_TONE 440          /* Hz */
#define TONE_STEP 220           /* Hz from one microphone to the next */
#define VOLUME 0.25             /* of full scale */

#define GST_TYPE_CALL_FAKE_AUDIO_SRC (gst_call_fake_audio_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFakeAudioSrc, gst_call_fake_audio_src, GST,
    CALL_FAKE_AUDIO_SRC, GstCallFakeSrc);

struct _GstCallFakeAudioSrc
{
  GstCallFakeSrc parent;

  /* only the streaming thread */
  GstAudioInfo info;
  guint64 sample;               /* of the tone */
};

G_DEFINE_FINAL_TYPE (GstCallFakeAudioSrc, gst_call_fake_audio_src,
    GST_TYPE_CALL_FAKE_SRC);
GST_ELEMENT_REGISTER_DEFINE (callfakeaudiosrc, "callfakeaudiosrc",
    GST_RANK_NONE, GST_TYPE_CALL_FAKE_AUDIO_SRC);

static GstCaps *
gst_call_fake_audio_src_fixate (GstBaseSrc * src, GstCaps * caps)
{
  GstStructure *structure;

  caps = gst_caps_make_writable (gst_caps_truncate (caps));
  structure = gst_caps_get_structure (caps, 0);
  gst_structure_fixate_field_nearest_int (structure, "rate", DEFAULT_RATE);
  gst_structure_fixate_field_nearest_int (structure, "channels", 1);
  return GST_BASE_SRC_CLASS (gst_call_fake_audio_src_parent_class)->fixate (src,
      caps);
}

static gboolean
gst_call_fake_audio_src_set_caps (GstBaseSrc * src, GstCaps * caps)
{
  GstCallFakeAudioSrc *self = GST_CALL_FAKE_AUDIO_SRC (src);

  if (!gst_audio_info_from_caps (&self->info, caps))
    return FALSE;
  gst_base_src_set_blocksize (src,
      self->info.rate * PERIOD_MS / 1000 * self->info.bpf);
  gst_call_fake_src_set_duration (GST_CALL_FAKE_SRC (src),
      PERIOD_MS * GST_MSECOND);
  return TRUE;
}

static void
write_tone (GstCallFakeAudioSrc * self, guint frequency, GstMapInfo * map)
{
  gsize frames = map->size / self->info.bpf, i;
  gdouble step = 2 * G_PI * frequency / self->info.rate;
  gint channels = self->info.channels, c;

  for (i = 0; i < frames; i++, self->sample++) {
    /* a tone of whole Hz repeats after a second: no drift of the phase */
    gdouble value = VOLUME * sin (step * (self->sample % self->info.rate));

    for (c = 0; c < channels; c++) {
      if (GST_AUDIO_INFO_FORMAT (&self->info) == GST_AUDIO_FORMAT_S16LE)
        GST_WRITE_UINT16_LE (map->data + (i * channels + c) * 2,
            (gint16) (value * 32767));
      else
        GST_WRITE_FLOAT_LE (map->data + (i * channels + c) * 4, value);
    }
  }
}

static gboolean
gst_call_fake_audio_src_draw (GstCallFakeSrc * fake, GstBuffer * buffer,
    guint index, guint64 number)
{
  GstMapInfo map;

  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE))
    return FALSE;
  write_tone (GST_CALL_FAKE_AUDIO_SRC (fake), FIRST_TONE + TONE_STEP * index,
      &map);
  gst_buffer_unmap (buffer, &map);
  return TRUE;
}

static void
gst_call_fake_audio_src_class_init (GstCallFakeAudioSrcClass * klass)
{
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);

  base_class->fixate = gst_call_fake_audio_src_fixate;
  base_class->set_caps = gst_call_fake_audio_src_set_caps;
  GST_CALL_FAKE_SRC_CLASS (klass)->draw = gst_call_fake_audio_src_draw;
  /**
   * GstCallFakeAudioSrc:microphone:
   *
   * Which microphone this is: its tone is 440 Hz + 220 Hz * microphone.
   *
   * Since: 0.1
   */
  gst_call_fake_src_class_set_up (GST_CALL_FAKE_SRC_CLASS (klass),
      GST_CALL_FAKE_AUDIO, "Number of the microphone");
  gst_element_class_set_static_metadata (GST_ELEMENT_CLASS (klass),
      "Fake microphone", "Source/Audio", "A microphone for tests: a tone",
      "gst-call");
}

static void
gst_call_fake_audio_src_init (GstCallFakeAudioSrc * self)
{
}
