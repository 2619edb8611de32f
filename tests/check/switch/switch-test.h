/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A callswitch, inputs that a test pushes by hand, and what came out.
 */
#pragma once

#include <gst/check/gstcheck.h>

#define TEST_VIDEO "video/x-raw,format=GRAY8,width=4,height=4,framerate=30/1"
#define TEST_SOUND "audio/x-raw,format=S16LE,rate=48000,channels=1," \
    "layout=interleaved"
#define TEST_VP8 "video/x-vp8,width=16,height=16"
#define TEST_FRAME (GST_SECOND / 30)
#define TEST_TIMEOUT (10 * GST_SECOND)

typedef struct
{
  GstElement *element;
  GstPad *sink;                 /* behind it */
  GstBus *bus;

  /* lock */
  GMutex lock;
  GArray *times;                /* GstClockTime of each buffer */
  GByteArray *data;             /* of all buffers */
  guint starts, caps, segments, eos, flushes, disconts, n;
} TestSwitch;

typedef struct
{
  GstPad *src;                  /* push here */
  GstPad *pad;                  /* of callswitch */
  GstClockTime base;            /* where its segment has running time 0 */
  gboolean live;
  GstClockTime latency;
  gint key_requests, reconfigures, qos;
} TestInput;

/* In PLAYING. caps of an input: what it sends; base: see TestInput. */
TestSwitch *test_switch_new (void);
void test_switch_free (TestSwitch * self);
TestInput *test_input_new (TestSwitch * self, const gchar * caps,
    GstClockTime base, gboolean live);
void test_input_free (TestSwitch * self, TestInput * input);

/* time: running time; data: of each byte; size: 16 for TEST_VIDEO */
GstFlowReturn test_push (TestInput * input, GstClockTime time, guint8 data);
GstFlowReturn test_push_delta (TestInput * input, GstClockTime time,
    guint8 data);
GstFlowReturn test_push_samples (TestInput * input, GstClockTime time,
    const gint16 * samples, gsize n);

guint test_switch_count (TestSwitch * self);
GstClockTime test_switch_time (TestSwitch * self, guint i);
/* Fails if times do not rise, or if there was more than one of what there is
 * one of in a stream */
void test_switch_unbroken (TestSwitch * self);

/* Waits for an element message of that name */
GstMessage *test_switch_message (TestSwitch * self, const gchar * name);
