/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * One message of a data channel, for all to whom it goes. Functions; any thread.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

typedef struct
{
  gint refs;                    /* atomic */
  gboolean text;
  gchar *to;                    /* peer id; NULL: to all */
  GBytes *bytes;                /* a text's end with a NUL … */
  gsize size;                   /* … that is not counted here */
} GstCallDataMessage;

/* Text, if the caps say text/x-raw. to: NULL or empty: to all. NULL and an error:
 * too long, or no text. */
GstCallDataMessage *gst_call_data_message_new (GstBuffer * buffer,
    const GstCaps * caps, const gchar * to, GError ** error);
GstCallDataMessage *gst_call_data_message_new_text (const gchar * text,
    GError ** error);
GstCallDataMessage *gst_call_data_message_ref (GstCallDataMessage * message);
void gst_call_data_message_unref (gpointer message);

G_END_DECLS
