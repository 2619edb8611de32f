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

/*
 * Threads
 *
 *   name        runs                       may take        never
 *   ----------  -------------------------  --------------  ------------------
 *   app         properties, states         OBJECT, pacer   wait for streaming
 *   streaming   fill                       OBJECT, pacer   hold one and wait
 *
 * Locks, in the order they may be taken
 *
 *   1 OBJECT    GST_OBJECT   protects: microphone, options
 *   2 pacer     see gstcallpacer.h
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfakedevice.h"
#include "gstcallpacer.h"

#include <gst/audio/audio.h>
#include <gst/base/gstpushsrc.h>
#include <math.h>

GST_DEBUG_CATEGORY_STATIC (gst_call_fake_audio_src_debug);
#define GST_CAT_DEFAULT gst_call_fake_audio_src_debug

#define DEFAULT_RATE 48000
#define PERIOD_MS 10            /* of a buffer */
#define FIRST_TONE 440          /* Hz */
#define TONE_STEP 220           /* Hz from one microphone to the next */
#define VOLUME 0.25             /* of full scale */

enum
{
  PROP_0,
  PROP_MICROPHONE,
  PROP_OPEN_DELAY,
  PROP_FAIL_OPEN,
  PROP_UNPLUG_AFTER,
  PROP_STALL_AFTER,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

#define GST_TYPE_CALL_FAKE_AUDIO_SRC (gst_call_fake_audio_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFakeAudioSrc, gst_call_fake_audio_src, GST,
    CALL_FAKE_AUDIO_SRC, GstPushSrc);

struct _GstCallFakeAudioSrc
{
  GstPushSrc parent;

  /* object lock */
  guint microphone;
  GstCallFakeOptions options;

  GstCallPacer pacer;

  /* only the streaming thread, and start and stop */
  GstAudioInfo info;
  guint64 sample;               /* of the tone */
};

G_DEFINE_FINAL_TYPE (GstCallFakeAudioSrc, gst_call_fake_audio_src,
    GST_TYPE_PUSH_SRC);
GST_ELEMENT_REGISTER_DEFINE_WITH_CODE (callfakeaudiosrc, "callfakeaudiosrc",
    GST_RANK_NONE, GST_TYPE_CALL_FAKE_AUDIO_SRC,
    GST_DEBUG_CATEGORY_INIT (gst_call_fake_audio_src_debug, "callfakeaudiosrc",
        0, "fake microphone"));

static void
get_settings (GstCallFakeAudioSrc * self, guint * microphone,
    GstCallFakeOptions * options)
{
  GST_OBJECT_LOCK (self);
  *microphone = self->microphone;
  *options = self->options;
  GST_OBJECT_UNLOCK (self);
}

static gboolean
gst_call_fake_audio_src_start (GstBaseSrc * src)
{
  GstCallFakeAudioSrc *self = GST_CALL_FAKE_AUDIO_SRC (src);
  GstCallFakeOptions options;
  guint microphone;

  get_settings (self, &microphone, &options);
  return gst_call_pacer_start (&self->pacer, src, &options,
      GST_CALL_FAKE_AUDIO, microphone);
}

static gboolean
gst_call_fake_audio_src_unlock (GstBaseSrc * src)
{
  gst_call_pacer_unlock (&GST_CALL_FAKE_AUDIO_SRC (src)->pacer, TRUE);
  return TRUE;
}

static gboolean
gst_call_fake_audio_src_unlock_stop (GstBaseSrc * src)
{
  gst_call_pacer_unlock (&GST_CALL_FAKE_AUDIO_SRC (src)->pacer, FALSE);
  return TRUE;
}

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

static GstFlowReturn
gst_call_fake_audio_src_fill (GstPushSrc * push, GstBuffer * buffer)
{
  GstCallFakeAudioSrc *self = GST_CALL_FAKE_AUDIO_SRC (push);
  GstCallFakeOptions options;
  GstFlowReturn flow;
  GstClockTime at;
  GstMapInfo map;
  guint microphone;

  get_settings (self, &microphone, &options);
  flow = gst_call_pacer_next (&self->pacer, GST_BASE_SRC (push), &options,
      GST_CALL_FAKE_AUDIO, microphone, PERIOD_MS * GST_MSECOND, FALSE, &at);
  if (flow != GST_FLOW_OK)
    return flow;
  if (!gst_buffer_map (buffer, &map, GST_MAP_WRITE)) {
    GST_ELEMENT_ERROR (self, RESOURCE, WRITE, ("A buffer has no memory."),
        (NULL));
    return GST_FLOW_ERROR;
  }
  write_tone (self, FIRST_TONE + TONE_STEP * microphone, &map);
  gst_buffer_unmap (buffer, &map);
  GST_BUFFER_PTS (buffer) = at;
  GST_BUFFER_DURATION (buffer) = PERIOD_MS * GST_MSECOND;
  return GST_FLOW_OK;
}

static gboolean
gst_call_fake_audio_src_query (GstBaseSrc * src, GstQuery * query)
{
  if (GST_QUERY_TYPE (query) != GST_QUERY_LATENCY)
    return
        GST_BASE_SRC_CLASS (gst_call_fake_audio_src_parent_class)->query (src,
        query);
  /* stamped with the time of its first sample */
  gst_query_set_latency (query, TRUE, PERIOD_MS * GST_MSECOND,
      GST_CLOCK_TIME_NONE);
  return TRUE;
}

static void
gst_call_fake_audio_src_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallFakeAudioSrc *self = GST_CALL_FAKE_AUDIO_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_MICROPHONE:
      self->microphone = g_value_get_uint (value);
      break;
    case PROP_OPEN_DELAY:
      self->options.open_delay = g_value_get_uint (value);
      break;
    case PROP_FAIL_OPEN:
      self->options.fail_open = g_value_get_boolean (value);
      break;
    case PROP_UNPLUG_AFTER:
      self->options.unplug_after = g_value_get_uint (value);
      break;
    case PROP_STALL_AFTER:
      self->options.stall_after = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_fake_audio_src_get_property (GObject * object, guint id,
    GValue * value, GParamSpec * pspec)
{
  GstCallFakeAudioSrc *self = GST_CALL_FAKE_AUDIO_SRC (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_MICROPHONE:
      g_value_set_uint (value, self->microphone);
      break;
    case PROP_OPEN_DELAY:
      g_value_set_uint (value, self->options.open_delay);
      break;
    case PROP_FAIL_OPEN:
      g_value_set_boolean (value, self->options.fail_open);
      break;
    case PROP_UNPLUG_AFTER:
      g_value_set_uint (value, self->options.unplug_after);
      break;
    case PROP_STALL_AFTER:
      g_value_set_uint (value, self->options.stall_after);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_fake_audio_src_finalize (GObject * object)
{
  GstCallFakeAudioSrc *self = GST_CALL_FAKE_AUDIO_SRC (object);

  gst_call_pacer_clear (&self->pacer);
  G_OBJECT_CLASS (gst_call_fake_audio_src_parent_class)->finalize (object);
}

static void
gst_call_fake_audio_src_install_properties (GObjectClass * gobject_class)
{
  const GParamFlags flags =
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_READY;

  gobject_class->set_property = gst_call_fake_audio_src_set_property;
  gobject_class->get_property = gst_call_fake_audio_src_get_property;

  /**
   * GstCallFakeAudioSrc:microphone:
   *
   * Which microphone this is: its tone is 440 Hz + 220 Hz * microphone.
   *
   * Since: 0.1
   */
  props[PROP_MICROPHONE] = g_param_spec_uint ("microphone", "Microphone",
      "Number of the microphone", 0, GST_CALL_FAKE_MAX - 1, 0, flags);

  /**
   * GstCallFakeAudioSrc:open-delay:
   *
   * Milliseconds from PLAYING to the first sound.
   *
   * Since: 0.1
   */
  props[PROP_OPEN_DELAY] = g_param_spec_uint ("open-delay", "Open delay",
      "Time the microphone takes to open (ms)", 0, GST_CALL_FAKE_MAX_MS, 0,
      flags);

  /**
   * GstCallFakeAudioSrc:fail-open:
   *
   * Opening ends in a RESOURCE BUSY error, after open-delay.
   *
   * Since: 0.1
   */
  props[PROP_FAIL_OPEN] = g_param_spec_boolean ("fail-open", "Fail to open",
      "Opening the microphone fails", FALSE, flags);

  /**
   * GstCallFakeAudioSrc:unplug-after:
   *
   * Milliseconds after opening the microphone ends in a RESOURCE READ error and is
   * gone from the list of devices; 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_UNPLUG_AFTER] = g_param_spec_uint ("unplug-after",
      "Unplug after", "Time until the microphone is pulled out (ms, 0 = never)",
      0, GST_CALL_FAKE_MAX_MS, 0, flags);

  /**
   * GstCallFakeAudioSrc:stall-after:
   *
   * Milliseconds after opening the microphone delivers nothing more and says
   * nothing; 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_STALL_AFTER] = g_param_spec_uint ("stall-after", "Stall after",
      "Time until the microphone stops silently (ms, 0 = never)", 0,
      GST_CALL_FAKE_MAX_MS, 0, flags);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_fake_audio_src_class_init (GstCallFakeAudioSrcClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);
  GstBaseSrcClass *base_class = GST_BASE_SRC_CLASS (klass);
  g_autoptr (GstCaps) caps = gst_call_fake_caps (GST_CALL_FAKE_AUDIO);

  G_OBJECT_CLASS (klass)->finalize = gst_call_fake_audio_src_finalize;
  gst_call_fake_audio_src_install_properties (G_OBJECT_CLASS (klass));
  base_class->start = gst_call_fake_audio_src_start;
  base_class->unlock = gst_call_fake_audio_src_unlock;
  base_class->unlock_stop = gst_call_fake_audio_src_unlock_stop;
  base_class->fixate = gst_call_fake_audio_src_fixate;
  base_class->set_caps = gst_call_fake_audio_src_set_caps;
  base_class->query = gst_call_fake_audio_src_query;
  GST_PUSH_SRC_CLASS (klass)->fill = gst_call_fake_audio_src_fill;
  gst_element_class_add_pad_template (element_class,
      gst_pad_template_new ("src", GST_PAD_SRC, GST_PAD_ALWAYS, caps));
  gst_element_class_set_static_metadata (element_class, "Fake microphone",
      "Source/Audio", "A microphone for tests: a tone", "gst-call");
}

static void
gst_call_fake_audio_src_init (GstCallFakeAudioSrc * self)
{
  gst_call_pacer_init (&self->pacer);
  gst_base_src_set_format (GST_BASE_SRC (self), GST_FORMAT_TIME);
  gst_base_src_set_live (GST_BASE_SRC (self), TRUE);
}
