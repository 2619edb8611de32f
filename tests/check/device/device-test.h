/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of gst/device share. They use the elements of the plugin, with
 * fake devices, and see them from outside.
 */
#pragma once

#include <gst/check/gstcheck.h>
#include <gst/check/gstharness.h>
#include <gst/video/video.h>

#include "gstcallbarcode.h"

#define DEVICE_TEST_TIMEOUT (10 * GST_SECOND)

/* description: a bin's; its last element's src pad is pulled from, on the
 * system clock. Messages go to the bus, if there is one. */
GstHarness *device_test_harness (const gchar * description, GstBus ** bus);

/* FALSE: no code in this I420 picture. */
gboolean device_test_read (GstHarness * h, GstBuffer * buffer,
    GstCallBarcode * code);

/* Every pixel is black. */
gboolean device_test_is_black (GstHarness * h, GstBuffer * buffer);

/* Share of frequency (Hz) in mono S16LE samples, 0 to 1 */
gdouble device_test_tone (const gint16 * samples, gsize n, gdouble frequency,
    gint rate);

/* Mean square of the mono S16LE samples of so much time, whose timestamps rise */
gdouble device_test_loudness (GstHarness * h, GstClockTime time);

/* Starts the line and returns the text of the error it ends in, which has this
 * domain and code. */
gchar *device_test_error (const gchar * line, GQuark domain, gint code);

/* The next element message with this name; what comes before it is dropped,
 * except that an error fails the test. */
GstMessage *device_test_wait (GstBus * bus, const gchar * name);

/* The next warning's text, which contains part; likewise. */
void device_test_wait_warning (GstBus * bus, const gchar * part);

/* Pulls pictures until one is camera's; each is later than *last. How many came
 * before it? */
guint device_test_pull_until (GstHarness * h, guint camera,
    GstClockTime * last);

/* Returns when src has this state: 0 live, 1 muted, 2 ended. */
void device_test_wait_state (GstElement * src, gint state);

/* Threads of this process */
guint device_test_count_threads (void);
