/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two faults of webrtcbin's data channels, mended between the appsrc of a channel
 * and sctpenc:
 * - an empty message has no bytes, which breaks the channel. RFC 8831, 6.6: it
 *   is sent as one byte, and what it is stands in its protocol identifier.
 * - what max-retransmits and max-packet-lifetime say is swapped to network order
 *   on its way to usrsctp, which wants the host's: 3 would become 50331648.
 *
 * Threads: mend and max_message_size: worker; the probe: streaming. No state.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallsctp.h"

#include <gst/sctp/sctpsendmeta.h>

/* It does so in all releases until now, the last looked at is 1.28 */
#define LAST_SWAPPING_MINOR 28

static gboolean
swaps (void)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return major == 1 && minor <= LAST_SWAPPING_MINOR;
}

static GstPadProbeReturn
on_message (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstSctpSendMeta *meta = gst_sctp_buffer_get_send_meta (buffer);
  gboolean empty = gst_buffer_get_size (buffer) == 0;
  gboolean partial = meta
      && meta->pr != GST_SCTP_SEND_META_PARTIAL_RELIABILITY_NONE;

  if (!meta || (!empty && !partial))
    return GST_PAD_PROBE_OK;
  buffer = gst_buffer_make_writable (buffer);
  GST_PAD_PROBE_INFO_DATA (info) = buffer;
  if (empty)
    gst_buffer_append_memory (buffer, gst_allocator_alloc (NULL, 1, NULL));
  if (empty)
    gst_buffer_memset (buffer, 0, 0, 1);
  meta = gst_sctp_buffer_get_send_meta (buffer);
  if (meta && partial && swaps ())
    meta->pr_param = g_htonl (meta->pr_param);
  return GST_PAD_PROBE_OK;
}

void
gst_call_sctp_mend (GstElement * webrtcbin)
{
  gst_call_probe_inside (webrtcbin, "appsrc", GST_PAD_PROBE_TYPE_BUFFER,
      on_message, NULL);
}

guint64
gst_call_sctp_max_message_size (GstElement * webrtcbin)
{
  g_autoptr (GObject) sctp = NULL;
  guint64 size = 0;

  g_object_get (webrtcbin, "sctp-transport", &sctp, NULL);
  if (sctp)
    g_object_get (sctp, "max-message-size", &size, NULL);
  return size ? size : G_MAXUINT64;
}
