/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client wants to be told: changes of properties, and messages.
 */
#pragma once

#include "gstcallcontrolclient.h"

G_BEGIN_DECLS

typedef struct _GstCallControlWatch GstCallControlWatch;

/* Worker. property: only changes of this one ("child::property" too); NULL:
 * those of element and of all inside it, and its messages. client: not
 * referenced, must outlive the watch. */
GstCallControlWatch *gst_call_control_watch_new (GstCallControlClient *
    client, guint number, GstElement * element, const gchar * property);
void gst_call_control_watch_free (GstCallControlWatch * watch);

G_END_DECLS
