/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of callcontrol share: a pipeline with one, and a client that
 * speaks PROTOCOL.md by hand. Sockets are in a folder of the test's own.
 */
#pragma once

#include <gst/check/gstcheck.h>

#define CONTROL_TEST_SECONDS 20

/* A fresh $XDG_RUNTIME_DIR; once per program, before anything else. */
void control_test_init (void);

/* Its path */
const gchar *control_test_folder (void);

/* To be stopped within the test, GstCheck waits for all threads after it.
 * Starts the line (PLAYING) and waits until its control listens. */
GstElement *control_test_start (const gchar * line);
void control_test_stop (GstElement * pipeline);

/* Path of its socket. (transfer full) */
gchar *control_test_path (GstElement * pipeline);

/* A connected descriptor, greeting read; or -1 if it is refused: the line then */
gint control_test_connect (const gchar * path, gchar ** refusal);

/* FALSE: the connection is over */
gboolean control_test_send (gint fd, const gchar * text, gssize length);

/* One line without its end, or NULL: the connection is over. (transfer full) */
gchar *control_test_read (gint fd);

/* Sends a line and returns the answer; events meanwhile are dropped.
 * (transfer full) */
gchar *control_test_ask (gint fd, const gchar * request);

#define fail_unless_has(text, part) \
  fail_unless (text && strstr (text, part), "\"%s\" is not in: %s", part, text)

/* Waits for n buffers more through the element's pad "sink" or "src". */
void control_test_flows (GstElement * pipeline, const gchar * element,
    guint n);
