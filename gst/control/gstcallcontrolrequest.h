/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A line from a client, done, and the line that answers it: PROTOCOL.md.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CALL_CONTROL_MAX_LINE (64 << 10)    /* bytes of a request */
#define GST_CALL_CONTROL_MAX_DEPTH 16   /* of its JSON */
#define GST_CALL_CONTROL_MAX_REPLY (8 << 20)    /* bytes of an answer */

/* Where events of a watch go. Asked for by a request, made by the client. */
typedef struct
{
  GstElement *element;          /* or NULL: the request was no watch */
  gchar *property;              /* NULL: all, and messages */
} GstCallControlWanted;

void gst_call_control_wanted_clear (GstCallControlWanted * wanted);

/* Runs in a thread that may be held up by an element: set and get call it.
 * inside: any element of the pipeline. number: the watch's, should it be one.
 * The answer ends in a newline. (transfer full) */
gchar *gst_call_control_request_run (GstElement * inside, const gchar * line,
    gsize length, guint number, GstCallControlWanted * wanted);

/* {"error": …} without id, with a newline. (transfer full) */
gchar *gst_call_control_error_line (const gchar * code, const gchar * text);

/* The topmost parent, the pipeline. (transfer full) */
GstElement *gst_call_control_get_top (GstElement * inside);

/* "call/peer-x" below top. (transfer full) */
gchar *gst_call_control_get_path (GstObject * object, GstObject * top);

G_END_DECLS
