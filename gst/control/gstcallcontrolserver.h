/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The socket of one pipeline and who is connected to it.
 */
#pragma once

#include "gstcallworker.h"

#include <gio/gio.h>

G_BEGIN_DECLS

#define GST_CALL_CONTROL_MAX_CLIENTS 16
#define GST_CALL_CONTROL_MAX_WATCHES 16 /* of one client */
#define GST_CALL_CONTROL_MAX_QUEUE (1 << 20)    /* bytes of events that wait */
#define GST_CALL_CONTROL_MAX_STALL 10   /* seconds a client may read nothing */

#define GST_TYPE_CALL_CONTROL_SERVER (gst_call_control_server_get_type ())
G_DECLARE_FINAL_TYPE (GstCallControlServer, gst_call_control_server, GST,
    CALL_CONTROL_SERVER, GObject)

/* From the server's thread, once: path, or why there is none. */
typedef void (*GstCallControlReady) (GstElement * inside, const gchar * path,
    const GError * error);

/* inside: an element of the pipeline; a weak reference is held. name: of the
 * socket, or its path if it has a "/"; empty: the pipeline's name. Returns at
 * once. (transfer full) */
GstCallControlServer *gst_call_control_server_new (GstElement * inside,
    const gchar * name, GstCallControlReady ready);

/* Closes all, removes the socket, and waits for requests that are being worked
 * on, but not for one that an element holds up. Not from the server's thread. */
void gst_call_control_server_stop (GstCallControlServer * self);

/* --- for clients and watches; any thread unless told otherwise --- */

GstCallWorker *gst_call_control_server_get_worker (GstCallControlServer * self);

/* (transfer full) (nullable) */
GstElement *gst_call_control_server_get_inside (GstCallControlServer * self);

/* Runs func (object, data) in a thread that may be held up; not once the server
 * has stopped. Holds a reference on object; destroy frees data in any case. */
void gst_call_control_server_push (GstCallControlServer * self,
    GstCallWorkerFunc func, gpointer object, gpointer data,
    GDestroyNotify destroy);

/* Worker only: this connection is over. */
void gst_call_control_server_forget (GstCallControlServer * self,
    gpointer client);

G_END_DECLS
