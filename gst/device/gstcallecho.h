/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Which speaker of this process a microphone can hear: callaudiosink registers its
 * webrtcechoprobe while it runs, callaudiosrc gives its name to webrtcdsp.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* webrtcdsp and a webrtcechoprobe have to have the same rate. */
#define GST_CALL_ECHO_RATE 48000

/* (nullable): a floating probe with a name of its own; NULL: webrtcechoprobe is
 * not installed. */
GstElement *gst_call_echo_new_probe (void);

/* Any thread. */
void gst_call_echo_add (GstElement * probe);
void gst_call_echo_remove (GstElement * probe);

/* (transfer full) (nullable): the name of a probe that nobody else has until
 * gst_call_echo_give_back; mine (nullable), if it is still there, else the newest.
 * webrtcdsp does not share one, and leaks if it cannot have it. Any thread. */
gchar *gst_call_echo_take (const gchar * mine);
void gst_call_echo_give_back (const gchar * name);

G_END_DECLS
