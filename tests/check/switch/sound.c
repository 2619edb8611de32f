/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: a switch of sound loses no sample, and nobody hears a click.
 */
#include "switch-test.h"

#include <math.h>

#define RATE 48000
#define AMPLITUDE 10000
#define FADE (RATE / 100)
#define MAX_SAMPLES (RATE * 3)

/* A sine of 1 s and more that is the same wherever one begins to listen */
typedef struct
{
  TestInput *input;
  gdouble frequency, phase;
  guint64 at;                   /* position of its next sample */
  guint period;                 /* of its buffers, samples */
} Tone;

static gint16
tone_value (Tone * tone, guint64 at)
{
  return (gint16) lround (AMPLITUDE * sin (tone->phase + 2 * G_PI *
          tone->frequency * at / RATE));
}

static void
tone_push (Tone * tone)
{
  gint16 samples[RATE / 10];

  for (guint i = 0; i < tone->period; i++)
    samples[i] = tone_value (tone, tone->at + i);
  fail_unless_equals_int (test_push_samples (tone->input,
          gst_util_uint64_scale (tone->at, GST_SECOND, RATE), samples,
          tone->period), GST_FLOW_OK);
  tone->at += tone->period;
}

/* Both deliver in the order of time until that position. */
static void
push_until (Tone * tones, guint n, guint64 position)
{
  for (;;) {
    Tone *first = NULL;

    for (guint i = 0; i < n; i++) {
      guint64 due = tones[i].at + tones[i].period;

      if (due <= position && (!first || due < first->at + first->period))
        first = &tones[i];
    }
    if (!first)
      return;
    tone_push (first);
  }
}

static gint
largest_step (TestSwitch * self)
{
  const gint16 *samples = (const gint16 *) self->data->data;
  gint largest = 0;

  for (guint i = 1; i < self->data->len / 2; i++)
    largest = MAX (largest, ABS (samples[i] - samples[i - 1]));
  return largest;
}

/* Of a sine, and of a fade from one extreme to the other */
static gint
allowed_step (gdouble frequency)
{
  return (gint) ceil (2 * G_PI * frequency / RATE * AMPLITUDE +
      2.0 * AMPLITUDE / FADE) + 2;
}

/* All samples, each after the one before: times are those of the positions. */
static void
check_contiguous (TestSwitch * self, guint64 expected)
{
  test_switch_unbroken (self);
  fail_unless_equals_int (self->disconts, 0);
  fail_unless (self->data->len / 2 <= expected);
  fail_unless (self->data->len / 2 + RATE / 10 > expected);
}

/* given two microphones with any phase, period and offset of their buffers, when
 * one takes over from the other, then every sample is there once and no step is
 * larger than those of the tones and of the fade */
GST_START_TEST (test_phases)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (1);

  for (guint n = 0; n < 100; n++) {
    TestSwitch *self = test_switch_new ();
    Tone tones[2] = { {NULL}, {NULL}
    };
    GstMessage *message;
    guint64 gap = 1;

    for (guint i = 0; i < 2; i++) {
      tones[i].input = test_input_new (self, TEST_SOUND, i * GST_SECOND, TRUE);
      tones[i].frequency = 220 + 220 * i;
      tones[i].phase = g_rand_double_range (rand, 0, 2 * G_PI);
      tones[i].period = g_rand_int_range (rand, 100, RATE / 40);
    }
    push_until (tones, 2, RATE / 4 + g_rand_int_range (rand, 0, RATE / 10));
    /* its buffers do not begin where those of the other do */
    tones[1].at += g_rand_int_range (rand, 0, tones[1].period);
    g_object_set (self->element, "active", "sink_1", NULL);
    push_until (tones, 2, RATE);
    check_contiguous (self, RATE);
    fail_unless (largest_step (self) <= allowed_step (440), "%d > %d",
        largest_step (self), allowed_step (440));
    gst_message_unref (test_switch_message (self, "call-track-switched"));
    message = test_switch_message (self, "call-track-switched");
    gst_structure_get_uint64 (gst_message_get_structure (message), "gap", &gap);
    fail_unless_equals_uint64 (gap, 0);
    gst_message_unref (message);
    for (guint i = 0; i < 2; i++)
      test_input_free (self, tones[i].input);
    test_switch_free (self);
  }
}

GST_END_TEST;

/* given a microphone that has stopped, or is pulled out, when another one takes
 * over, then it neither waits for ever nor clicks */
GST_START_TEST (test_silent_old)
{
  for (guint pulled = 0; pulled < 2; pulled++) {
    TestSwitch *self = test_switch_new ();
    Tone tones[2] = { {NULL}, {NULL}
    };

    for (guint i = 0; i < 2; i++) {
      tones[i].input = test_input_new (self, TEST_SOUND, 0, TRUE);
      tones[i].frequency = 440;
      tones[i].phase = i + 0.3;
      tones[i].period = RATE / 100;
    }
    push_until (tones, 2, RATE / 10 + 37);
    if (pulled)
      test_input_free (self, tones[0].input);
    g_object_set (self->element, "active", "sink_1", NULL);
    push_until (&tones[1], 1, RATE);
    check_contiguous (self, RATE);
    fail_unless (largest_step (self) <= allowed_step (440));
    test_input_free (self, tones[1].input);
    if (!pulled)
      test_input_free (self, tones[0].input);
    test_switch_free (self);
  }
}

GST_END_TEST;

/* given a microphone that is chosen and stops in the middle of the fade, when
 * the old one goes on, then that is heard again, without a click */
GST_START_TEST (test_new_stops)
{
  TestSwitch *self = test_switch_new ();
  Tone tones[2] = { {NULL}, {NULL}
  };

  for (guint i = 0; i < 2; i++) {
    tones[i].input = test_input_new (self, TEST_SOUND, 0, TRUE);
    tones[i].frequency = 440;
    tones[i].phase = i + 0.3;
    tones[i].period = RATE / 200;       /* half a fade */
  }
  push_until (tones, 2, RATE / 2);
  g_object_set (self->element, "active", "sink_1", NULL);
  push_until (&tones[1], 1, tones[1].at + tones[1].period);
  push_until (&tones[0], 1, RATE);
  check_contiguous (self, RATE);
  fail_unless (largest_step (self) <= 2 * allowed_step (440));
  for (guint i = 0; i < 2; i++)
    test_input_free (self, tones[i].input);
  test_switch_free (self);
}

GST_END_TEST;

/* given a microphone whose sound comes 100 ms later than that of the new one,
 * when the new one takes over, then it waits for the old one's last sound and no
 * silence is put in; the other way round, what was heard already is cut off */
GST_START_TEST (test_latencies)
{
  const guint late = RATE / 10;

  for (guint later = 0; later < 2; later++) {
    TestSwitch *self = test_switch_new ();
    Tone tones[2] = { {NULL}, {NULL}
    };
    GstMessage *message;
    guint64 gap = 1;

    for (guint i = 0; i < 2; i++) {
      tones[i].input = test_input_new (self, TEST_SOUND, 0, TRUE);
      tones[i].frequency = 440;
      tones[i].phase = i + 0.3;
      tones[i].period = RATE / 100;
    }
    for (guint at = late; at < 2 * RATE; at += RATE / 100) {
      push_until (&tones[!later], 1, at);
      push_until (&tones[later], 1, at - late);
      if (at == late + RATE / 2)
        g_object_set (self->element, "active", "sink_1", NULL);
    }
    check_contiguous (self, 2 * RATE - (later ? late : 0));
    fail_unless (largest_step (self) <= allowed_step (440), "%d > %d",
        largest_step (self), allowed_step (440));
    gst_message_unref (test_switch_message (self, "call-track-switched"));
    message = test_switch_message (self, "call-track-switched");
    gst_structure_get_uint64 (gst_message_get_structure (message), "gap", &gap);
    fail_unless_equals_uint64 (gap, 0);
    gst_message_unref (message);
    for (guint i = 0; i < 2; i++)
      test_input_free (self, tones[i].input);
    test_switch_free (self);
  }
}

GST_END_TEST;

/* given a microphone whose clock is a second behind, when it takes over, then
 * its sound is heard all the same */
GST_START_TEST (test_other_clock)
{
  TestSwitch *self = test_switch_new ();
  Tone tones[2] = { {NULL}, {NULL}
  };

  for (guint i = 0; i < 2; i++) {
    tones[i].input = test_input_new (self, TEST_SOUND, 0, TRUE);
    tones[i].frequency = 440;
    tones[i].phase = i + 0.3;
    tones[i].period = RATE / 100;
  }
  for (guint at = RATE; at < 3 * RATE; at += RATE / 100) {
    push_until (&tones[0], 1, at);
    push_until (&tones[1], 1, at - RATE);
    if (at == 2 * RATE)
      g_object_set (self->element, "active", "sink_1", NULL);
  }
  /* all but what was held */
  fail_unless (self->data->len / 2 > 3 * RATE - RATE / 2);
  fail_unless (largest_step (self) <= allowed_step (440));
  test_switch_unbroken (self);
  for (guint i = 0; i < 2; i++)
    test_input_free (self, tones[i].input);
  test_switch_free (self);
}

GST_END_TEST;

/* given an input that skips some sound and then delivers some twice, when it is
 * heard, then silence is put in and the rest cut off, without a click */
GST_START_TEST (test_gap_and_overlap)
{
  TestSwitch *self = test_switch_new ();
  Tone tone = { test_input_new (self, TEST_SOUND, 0, TRUE), 440, 0, 0,
    RATE / 100
  };

  push_until (&tone, 1, RATE / 2);
  tone.at += RATE / 5;          /* 200 ms are missing */
  push_until (&tone, 1, RATE);
  tone.at -= RATE / 5;          /* 200 ms come again */
  push_until (&tone, 1, 2 * RATE);
  check_contiguous (self, 2 * RATE);
  fail_unless (largest_step (self) <= allowed_step (440), "%d > %d",
      largest_step (self), allowed_step (440));
  test_input_free (self, tone.input);
  test_switch_free (self);
}

GST_END_TEST;

/* given an input whose timestamps tremble by some milliseconds, as those of
 * devices do, when it is heard, then its samples come out as they went in */
GST_START_TEST (test_jitter)
{
  TestSwitch *self = test_switch_new ();
  TestInput *input = test_input_new (self, TEST_SOUND, 0, TRUE);
  g_autoptr (GRand) rand = g_rand_new_with_seed (2);
  gint16 samples[RATE / 100];
  guint expected = 0;

  for (guint i = 0; i < 100; i++) {
    GstClockTime at = 20 * GST_MSECOND + i * 10 * GST_MSECOND;

    for (guint k = 0; k < RATE / 100; k++)
      samples[k] = expected++ % 1000;
    test_push_samples (input, at + g_rand_int_range (rand, -5, 6) *
        (gint64) GST_MSECOND, samples, RATE / 100);
  }
  fail_unless_equals_int (self->data->len / 2, RATE);
  for (guint i = 0; i < RATE; i++)
    fail_unless_equals_int (((gint16 *) self->data->data)[i], i % 1000);
  test_switch_unbroken (self);
  test_input_free (self, input);
  test_switch_free (self);
}

GST_END_TEST;

/* given nothing for a second, when the input goes on, then time jumps and the
 * jump is marked, instead of a second of silence all at once */
GST_START_TEST (test_long_gap)
{
  TestSwitch *self = test_switch_new ();
  Tone tone = { test_input_new (self, TEST_SOUND, 0, TRUE), 440, 0, 0,
    RATE / 100
  };

  g_object_set (self->element, "stall-timeout", 0, NULL);
  push_until (&tone, 1, RATE);
  tone.at += 2 * RATE;
  push_until (&tone, 1, 4 * RATE);
  fail_unless_equals_int (self->disconts, 1);
  fail_unless_equals_int (self->data->len / 2, 2 * RATE + FADE);
  fail_unless (largest_step (self) <= allowed_step (440));
  test_input_free (self, tone.input);
  test_switch_free (self);
}

GST_END_TEST;

/* given a fade that has begun, when the old input is chosen again, then it goes
 * on without a click */
GST_START_TEST (test_change_of_mind)
{
  TestSwitch *self = test_switch_new ();
  Tone tones[2] = { {NULL}, {NULL}
  };

  for (guint i = 0; i < 2; i++) {
    tones[i].input = test_input_new (self, TEST_SOUND, 0, TRUE);
    tones[i].frequency = 440;
    tones[i].phase = i * 2;
    tones[i].period = RATE / 200;       /* half a fade */
  }
  push_until (tones, 2, RATE / 2);
  for (guint n = 0; n < 50; n++) {
    g_object_set (self->element, "active", n % 2 ? "sink_0" : "sink_1", NULL);
    push_until (tones, 2, RATE / 2 + (n + 1) * RATE / 300);
  }
  push_until (tones, 2, RATE);
  check_contiguous (self, RATE);
  fail_unless (largest_step (self) <= 2 * allowed_step (440), "%d > %d",
      largest_step (self), 2 * allowed_step (440));
  for (guint i = 0; i < 2; i++)
    test_input_free (self, tones[i].input);
  test_switch_free (self);
}

GST_END_TEST;

/* given two tones in each format that sound has, when one takes over, then the
 * output ends without an error */
GST_START_TEST (test_formats)
{
  static const gchar *formats[] = { "U8", "S16LE", "S16BE", "S24LE", "S24_32LE",
    "S32LE", "F32LE", "F64LE", "U16LE"
  };

  for (guint i = 0; i < G_N_ELEMENTS (formats); i++) {
    g_autofree gchar *text = g_strdup_printf ("callswitch name=s ! fakesink "
        "name=sink audiotestsrc num-buffers=60 ! audio/x-raw,format=%s,"
        "channels=2 ! s.sink_0 audiotestsrc freq=660 num-buffers=60 ! "
        "audio/x-raw,format=%s,channels=2 ! s.sink_1", formats[i], formats[i]);
    g_autoptr (GstElement) pipeline = gst_parse_launch (text, NULL);
    g_autoptr (GstElement) s = gst_bin_get_by_name (GST_BIN (pipeline), "s");
    g_autoptr (GstBus) bus = gst_element_get_bus (pipeline);
    g_autoptr (GstMessage) message = NULL;

    gst_element_set_state (pipeline, GST_STATE_PAUSED);
    gst_element_get_state (pipeline, NULL, NULL, TEST_TIMEOUT);
    g_object_set (s, "active", "sink_1", NULL);
    gst_element_set_state (pipeline, GST_STATE_PLAYING);
    message = gst_bus_timed_pop_filtered (bus, TEST_TIMEOUT,
        GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
    fail_unless (message && GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS,
        "%s", formats[i]);
    gst_element_set_state (pipeline, GST_STATE_NULL);
  }
}

GST_END_TEST;

static Suite *
switch_sound_suite (void)
{
  Suite *s = suite_create ("switch-sound");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_phases);
  tcase_add_test (tc, test_silent_old);
  tcase_add_test (tc, test_new_stops);
  tcase_add_test (tc, test_latencies);
  tcase_add_test (tc, test_other_clock);
  tcase_add_test (tc, test_gap_and_overlap);
  tcase_add_test (tc, test_jitter);
  tcase_add_test (tc, test_long_gap);
  tcase_add_test (tc, test_change_of_mind);
  tcase_add_test (tc, test_formats);
  return s;
}

GST_CHECK_MAIN (switch_sound);
