/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One connection: lines in, answered in order, one at a time; lines out.
 */
#pragma once

#include "gstcallcontrolserver.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_CONTROL_CLIENT (gst_call_control_client_get_type ())
G_DECLARE_FINAL_TYPE (GstCallControlClient, gst_call_control_client, GST,
    CALL_CONTROL_CLIENT, GObject)

/* Worker */
GstCallControlClient *gst_call_control_client_new (GstCallControlServer *
    server, GSocket * socket);

/* Worker. hello: the first line. It may be closed when this returns. */
void gst_call_control_client_start (GstCallControlClient * self,
    const gchar * hello);

/* Worker. An event; drops a client that has too many waiting. */
void gst_call_control_client_send (GstCallControlClient * self,
    const gchar * line);

/* Worker */
void gst_call_control_client_close (GstCallControlClient * self);

/* Any thread */
GstCallControlServer *gst_call_control_client_get_server (GstCallControlClient *
    self);

/* Any thread. FALSE: enough events are on their way, this one is lost and the
 * client will be told. TRUE: end_event once it is sent or not. */
gboolean gst_call_control_client_begin_event (GstCallControlClient * self);
void gst_call_control_client_end_event (GstCallControlClient * self);

G_END_DECLS
