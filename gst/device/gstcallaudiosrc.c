/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callaudiosrc
 * @title: callaudiosrc
 *
 * A live microphone, chosen as a web page does it: getUserMedia() for
 * gst-launch.
 *
 * A *device* is a microphone with an id that stays the same across restarts and
 * re-plugs; device-id or label choose one, without them the best one is taken.
 * The *track* is what comes out: one unbroken stream of raw sound with fixed
 * caps, whatever happens to the device. By default it is 48 kHz, mono or stereo
 * as the device has; a caps filter downstream asks for another.
 *
 * ## Example launch lines
 * |[
 * GST_CALL_FAKE_DEVICES=audio=1 gst-launch-1.0 callaudiosrc ! audioconvert ! autoaudiosink
 * ]|
 *
 * ## Element messages
 *
 * `call-track-switched`, `call-device-change` and `call-track-ended`; their
 * fields are in docs/elements/callaudiosrc.md.
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcalldevicebin-private.h. Of its own this part has
 * on_idle, mostly in the streaming thread. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcalldevicesrc.h"
#include "gstcallecho.h"

#include <gst/audio/audio.h>

#define BLANK_SAMPLES 480       /* 10 ms at 48 kHz */

#define ALLOWED "audio/x-raw, " \
    "format=(string){ S16LE, F32LE, S32LE, S24LE, F64LE, U8 }, " \
    "layout=(string)interleaved, rate=(int)[1,384000], channels=(int)[1,64]"

static GstStaticPadTemplate src_template =
GST_STATIC_PAD_TEMPLATE ("src", GST_PAD_SRC, GST_PAD_ALWAYS,
    GST_STATIC_CAPS (ALLOWED));

#define GST_TYPE_CALL_AUDIO_SRC (gst_call_audio_src_get_type ())
G_DECLARE_FINAL_TYPE (GstCallAudioSrc, gst_call_audio_src, GST, CALL_AUDIO_SRC,
    GstCallDeviceSrc);

struct _GstCallAudioSrc
{
  GstCallDeviceSrc parent;

  /* worker, and start and stop when there is none */
  GstElement *dsp;              /* behind the swap point, or NULL */
  guint bits;                   /* what was asked of it */
  gchar *probe;                 /* that it may listen to, or NULL */
};

G_DEFINE_FINAL_TYPE (GstCallAudioSrc, gst_call_audio_src,
    GST_TYPE_CALL_DEVICE_SRC);
GST_ELEMENT_REGISTER_DEFINE (callaudiosrc, "callaudiosrc", GST_RANK_NONE,
    GST_TYPE_CALL_AUDIO_SRC);

static guint
gst_call_audio_src_add_converters (const GstCallMode * mode,
    GstElement ** chain)
{
  chain[0] = gst_element_factory_make ("audioconvert", NULL);
  chain[1] = gst_element_factory_make ("audioresample", NULL);
  return 2;
}

static GstElement *
gst_call_audio_src_make_blank (void)
{
  GstElement *blank = gst_element_factory_make ("audiotestsrc", NULL);

  if (blank) {
    gst_util_set_object_arg (G_OBJECT (blank), "wave", "silence");
    g_object_set (blank, "is-live", TRUE, "samplesperbuffer", BLANK_SAMPLES,
        NULL);
  }
  return blank;
}

/* --- echo, noise, gain: behind the swap point, so that one of them hears all
 * microphones, and the probe of a speaker has one listener --- */

static GstElement *
make_dsp (guint bits, const gchar * probe)
{
  GstElement *dsp = gst_element_factory_make ("webrtcdsp", NULL);

  if (!dsp)
    return NULL;
  /* its errors are not the pipeline's */
  g_object_set_qdata (G_OBJECT (dsp), GST_CALL_BRANCH_QUARK, dsp);
  g_object_set (dsp,
      "echo-cancel", (bits & GST_CALL_BIT (GST_CALL_ECHO_CANCELLATION)) != 0,
      "noise-suppression",
      (bits & GST_CALL_BIT (GST_CALL_NOISE_SUPPRESSION)) != 0,
      "gain-control", (bits & GST_CALL_BIT (GST_CALL_AUTO_GAIN_CONTROL)) != 0,
      "delay-agnostic", TRUE, "high-pass-filter", FALSE, NULL);
  if (probe)
    g_object_set (dsp, "probe", probe, NULL);
  return dsp;
}

typedef struct
{
  GstElement *bin;
  GstElement *dsp;              /* NULL: none */
  GstElement *old;
  guint bits;
} Change;

static void
free_change (gpointer data)
{
  Change *change = data;

  gst_clear_object (&change->dsp);
  gst_clear_object (&change->old);
  g_free (change);
}

static void
remove_dsp (GstElement * bin, GstElement * dsp)
{
  gst_element_set_locked_state (dsp, TRUE);
  gst_element_set_state (dsp, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (bin), dsp);
}

/* FALSE: it does not start, which webrtcdsp alone can explain. */
static gboolean
start_dsp (Change * change)
{
  gst_bin_add (GST_BIN (change->bin), change->dsp);
  if (gst_element_set_state (change->dsp, GST_STATE_PAUSED) !=
      GST_STATE_CHANGE_FAILURE
      && gst_element_sync_state_with_parent (change->dsp))
    return TRUE;
  remove_dsp (change->bin, change->dsp);
  gst_clear_object (&change->dsp);
  return FALSE;
}

/* Between two buffers. Streaming thread, or the one that asks. The old one gives
 * its probe back before the new one asks for it. */
static GstPadProbeReturn
on_idle (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Change *change = data;
  g_autoptr (GstPad) ghost = gst_element_get_static_pad (change->bin, "src");
  g_autoptr (GstPad) peer = gst_pad_get_peer (pad);
  g_autoptr (GstPad) target = gst_object_ref (pad);

  gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), NULL);
  if (peer && change->old)
    gst_pad_unlink (pad, peer);
  if (change->old && GST_OBJECT_PARENT (change->old) ==
      GST_OBJECT (change->bin))
    remove_dsp (change->bin, change->old);
  if (change->dsp && start_dsp (change)) {
    gst_element_link_pads (GST_PAD_PARENT (pad), GST_PAD_NAME (pad),
        change->dsp, "sink");
    gst_object_unref (target);
    target = gst_element_get_static_pad (change->dsp, "src");
  }
  gst_ghost_pad_set_target (GST_GHOST_PAD (ghost), target);
  gst_call_device_bin_set_processing (GST_CALL_DEVICE_BIN (change->bin),
      change->dsp ? change->bits : 0);
  return GST_PAD_PROBE_REMOVE;
}

/* dsp: floating, or NULL */
static void
exchange (GstCallAudioSrc * self, GstElement * dsp, guint bits)
{
  g_autoptr (GstElement) swap = gst_bin_get_by_name (GST_BIN (self), "swap");
  g_autoptr (GstPad) pad = gst_element_get_static_pad (swap, "src");
  Change *change = g_new0 (Change, 1);

  change->bin = GST_ELEMENT (self);
  change->bits = bits;
  change->old = self->dsp;
  self->dsp = dsp ? gst_object_ref_sink (dsp) : NULL;
  change->dsp = dsp ? gst_object_ref (dsp) : NULL;
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_IDLE, on_idle, change,
      free_change);
}

/* TRUE: the output is, or will be, what webrtcdsp takes. */
static gboolean
fits_dsp (GstCallDeviceBin * bin)
{
  g_autoptr (GstCaps) downstream =
      GST_CALL_DEVICE_BIN_GET_CLASS (bin)->get_downstream (bin);
  g_autoptr (GstCaps) caps = gst_caps_new_simple ("audio/x-raw",
      "format", G_TYPE_STRING, "S16LE", "layout", G_TYPE_STRING, "interleaved",
      "rate", G_TYPE_INT, GST_CALL_ECHO_RATE, NULL);

  return gst_caps_can_intersect (downstream, caps);
}

static gboolean
gst_call_audio_src_can_process (GstCallDeviceBin * bin)
{
  static gint warned;           /* atomic */
  g_autoptr (GstElementFactory) factory =
      gst_element_factory_find ("webrtcdsp");

  if (!factory && g_atomic_int_compare_and_exchange (&warned, 0, 1))
    GST_ELEMENT_WARNING (bin, CORE, MISSING_PLUGIN,
        ("Echo, noise and gain of microphones are left as they are: webrtcdsp is "
            "missing. Install gstreamer1.0-plugins-bad."), (NULL));
  return factory && fits_dsp (bin);
}

static void
gst_call_audio_src_process (GstCallDeviceBin * bin, guint bits)
{
  GstCallAudioSrc *self = GST_CALL_AUDIO_SRC (bin);
  const guint echo = GST_CALL_BIT (GST_CALL_ECHO_CANCELLATION);
  gchar *probe;
  GstElement *dsp;

  if (bits & echo) {
    probe = gst_call_echo_take (self->probe);
    g_free (self->probe);
    self->probe = probe;
    if (!probe)                 /* no speaker whose echo could be known */
      bits &= ~echo;
  }
  if (bits == self->bits)
    return;
  self->bits = bits;
  dsp = bits ? make_dsp (bits, self->probe) : NULL;
  if (dsp || self->dsp)
    exchange (self, dsp, bits);
}

/* The next start may find another speaker, or none. */
static GstStateChangeReturn
gst_call_audio_src_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallAudioSrc *self = GST_CALL_AUDIO_SRC (element);
  GstStateChangeReturn ret =
      GST_ELEMENT_CLASS (gst_call_audio_src_parent_class)->change_state
      (element, transition);

  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY
      || (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE)) {
    if (self->dsp)
      exchange (self, NULL, 0);
    if (self->probe)
      gst_call_echo_give_back (self->probe);
    g_clear_pointer (&self->probe, g_free);
    self->bits = 0;
  }
  return ret;
}

static void
gst_call_audio_src_class_init (GstCallAudioSrcClass * klass)
{
  GstCallDeviceBinClass *bin_class = GST_CALL_DEVICE_BIN_CLASS (klass);
  GstCallDeviceSrcClass *src_class = GST_CALL_DEVICE_SRC_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  bin_class->kind = GST_CALL_DEVICE_AUDIO_INPUT;
  bin_class->noun = "microphone";
  bin_class->substitute = "Silence is sent in its place";
  element_class->change_state = gst_call_audio_src_change_state;
  bin_class->can_process = gst_call_audio_src_can_process;
  bin_class->process = gst_call_audio_src_process;
  src_class->medium = "audio";
  src_class->allowed = ALLOWED;
  src_class->choose_mode = gst_call_mode_choose_audio;
  src_class->add_converters = gst_call_audio_src_add_converters;
  src_class->make_blank = gst_call_audio_src_make_blank;
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "Microphone",
      "Source/Audio", "A microphone, chosen and kept as a web page does it",
      "gst-call");
}

static void
gst_call_audio_src_init (GstCallAudioSrc * self)
{
}
