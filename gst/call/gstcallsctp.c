/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Four faults of webrtcbin's data channels, two mended between the appsrc of a
 * channel and sctpenc, the third around sctpdec, the fourth in both:
 * - an empty message has no bytes, which breaks the channel. RFC 8831, 6.6: it
 *   is sent as one byte, and what it is stands in its protocol identifier.
 * - what max-retransmits and max-packet-lifetime say is swapped to network order
 *   on its way to usrsctp, which wants the host's: 3 would become 50331648.
 * - a long message comes out in parts, each a message of its own: they are held
 *   until it is whole (gstcallsctpmessages.c).
 * - before 1.28, the number of an association, 16 bits of the process, is thrown with
 *   dice, and whoever gets one that is in use breaks it and does not play: they are
 *   counted.
 *
 * Threads: mend and max_message_size: worker. The probes: streaming, those of
 * sctpdec one for its packets and one for each channel, whose Parts are its own.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallpad.h"
#include "gstcallsctp.h"
#include "gstcallsctpmessages.h"

#include <gst/sctp/sctpsendmeta.h>

#include <stdio.h>

/* Bytes of short messages behind a long one that is not through yet; more pass it */
#define MAX_LATER (256 * 1024)
/* It does so in all releases until now, the last looked at is 1.28 */
#define LAST_SWAPPING_MINOR 28
#define LAST_DICING_MINOR 27

static gboolean
is_at_most (guint last_minor)
{
  guint major, minor, micro, nano;

  gst_version (&major, &minor, &micro, &nano);
  return major == 1 && minor <= last_minor;
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
  if (meta && partial && is_at_most (LAST_SWAPPING_MINOR))
    meta->pr_param = g_htonl (meta->pr_param);
  return GST_PAD_PROBE_OK;
}

/* One channel's, as they come out of sctpdec */
typedef struct
{
  GstCallSctpMessages *messages;
  guint16 stream;
  GstBuffer *held;              /* parts of one message */
  GQueue later;                 /* GstBuffer: messages that overtook it … */
  gsize later_size;             /* … and their bytes */
  gboolean passing;             /* what is pushed is ours */
} Parts;

static void
parts_free (gpointer data)
{
  Parts *self = data;

  gst_call_sctp_messages_unref (self->messages);
  gst_clear_buffer (&self->held);
  g_queue_clear_full (&self->later, (GDestroyNotify) gst_buffer_unref);
  g_free (self);
}

static void
parts_release (Parts * self, GstPad * pad)
{
  self->passing = TRUE;
  if (self->held)
    gst_pad_push (pad, g_steal_pointer (&self->held));
  while (!g_queue_is_empty (&self->later))
    gst_pad_push (pad, g_queue_pop_head (&self->later));
  self->later_size = 0;
  self->passing = FALSE;
}

static void
parts_hold (Parts * self, GstBuffer * buffer)
{
  self->held = self->held ? gst_buffer_append (self->held, buffer) :
      gst_buffer_make_writable (buffer);
}

static GstCallSctpKind
parts_judge (Parts * self, gsize size)
{
  return gst_call_sctp_messages_judge (self->messages, self->stream,
      self->held ? gst_buffer_get_size (self->held) : 0, size);
}

static GstPadProbeReturn
on_part (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  Parts *self = data;
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);

  if (self->held && !self->passing
      && gst_call_sctp_messages_gave_up (self->messages, self->stream)) {
    gst_clear_buffer (&self->held);
    parts_release (self, pad);
  }
  if (self->passing || (!self->held
          && gst_buffer_get_size (buffer) < GST_CALL_SCTP_PART))
    return GST_PAD_PROBE_OK;
  switch (parts_judge (self, gst_buffer_get_size (buffer))) {
    case GST_CALL_SCTP_GOES_ON:
      parts_hold (self, buffer);
      break;
    case GST_CALL_SCTP_LAST:
      parts_hold (self, buffer);
      if (g_queue_is_empty (&self->later)) {
        GST_PAD_PROBE_INFO_DATA (info) = g_steal_pointer (&self->held);
        return GST_PAD_PROBE_OK;
      }
      parts_release (self, pad);
      break;
    case GST_CALL_SCTP_OTHER:
      if (self->later_size > MAX_LATER)
        return GST_PAD_PROBE_OK;
      self->later_size += gst_buffer_get_size (buffer);
      g_queue_push_tail (&self->later, buffer);
      break;
    default:
      parts_release (self, pad);
      return GST_PAD_PROBE_OK;
  }
  GST_PAD_PROBE_INFO_DATA (info) = NULL;
  return GST_PAD_PROBE_HANDLED;
}

static GstPadProbeReturn
on_packet (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstBuffer *buffer = GST_PAD_PROBE_INFO_BUFFER (info);
  GstMapInfo map;

  if (gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_call_sctp_messages_packet (data, map.data, map.size);
    gst_buffer_unmap (buffer, &map);
  }
  return GST_PAD_PROBE_OK;
}

static void
on_pad_added (GstElement * sctpdec, GstPad * pad, gpointer data)
{
  guint stream;
  Parts *parts;

  if (sscanf (GST_PAD_NAME (pad), "src_%u", &stream) != 1)
    return;
  parts = g_new0 (Parts, 1);
  parts->messages = gst_call_sctp_messages_ref (data);
  parts->stream = stream;
  g_queue_init (&parts->later);
  gst_pad_add_probe (pad, GST_PAD_PROBE_TYPE_BUFFER, on_part, parts,
      parts_free);
}

static void
messages_notify (gpointer data, GClosure * closure)
{
  gst_call_sctp_messages_unref (data);
}

static void
hold_parts (GstElement * sctpdec)
{
  g_autoptr (GstPad) sink = gst_element_get_static_pad (sctpdec, "sink");
  GstCallSctpMessages *messages;

  messages = gst_call_sctp_messages_new ();
  gst_pad_add_probe (sink, GST_PAD_PROBE_TYPE_BUFFER, on_packet,
      gst_call_sctp_messages_ref (messages), gst_call_sctp_messages_unref);
  g_signal_connect_data (sctpdec, "pad-added", G_CALLBACK (on_pad_added),
      messages, messages_notify, 0);
}

/* Neither has been in READY yet. A webrtcbin has one of each. */
static void
on_deep_element_added (GstBin * webrtcbin, GstBin * bin, GstElement * element,
    gpointer association)
{
  GstElementFactory *factory = gst_element_get_factory (element);
  const gchar *name = factory ? GST_OBJECT_NAME (factory) : "";
  gboolean is_decoder = g_str_equal (name, "sctpdec");

  if (!is_decoder && !g_str_equal (name, "sctpenc"))
    return;
  if (is_at_most (LAST_DICING_MINOR))
    g_object_set (element, "sctp-association-id",
        GPOINTER_TO_UINT (association), NULL);
  if (is_decoder)
    hold_parts (element);
}

void
gst_call_sctp_mend (GstElement * webrtcbin)
{
  static gint associations;     /* atomic */
  guint association = (guint) g_atomic_int_add (&associations, 1) % G_MAXUINT16;

  gst_call_probe_inside (webrtcbin, "appsrc", GST_PAD_PROBE_TYPE_BUFFER,
      on_message, NULL);
  g_signal_connect (webrtcbin, "deep-element-added",
      G_CALLBACK (on_deep_element_added), GUINT_TO_POINTER (association));
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
