/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 *   appsrc → gate → remote_data_<label>, or a taker
 *
 * The appsrc gives the label a thread of its own and a queue with a bound; the
 * gate turns every flow return into OK. SCTP in webrtcbin knows no
 * back-pressure, so who is past the bound loses the channel.
 *
 * Threads
 *   name       runs                                   may take
 *   worker     everything but on_upstream_event       nothing
 *   streaming  on_upstream_event: hands on a reply    nothing
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldata.h"
#include "gstcalldatain.h"
#include "gstcallpad.h"

#include <gst/app/gstappsrc.h>

/* Bytes, and messages, that wait for who takes them */
#define MAX_WAITING (16 * 1024 * 1024)
#define MAX_MESSAGES 16384

struct _GstCallDataIn
{
  GstElement *bin;              /* outlives us */
  gchar *label;
  GstCallDataReply reply;
  GstElement *appsrc;
  GstElement *part;             /* the bin around it */
  GstPad *pad;                  /* of callbin, NULL: there is a taker */
  GstCaps *caps[2];             /* binary, text */
};

static GstPadProbeReturn
on_upstream_event (GstPad * pad, GstPadProbeInfo * info, gpointer data)
{
  GstCallDataIn *self = data;
  const GstStructure *s =
      gst_event_get_structure (GST_PAD_PROBE_INFO_EVENT (info));
  const gchar *peer_id, *text;

  if (!s || !gst_structure_has_name (s, GST_CALL_DATA_REPLY))
    return GST_PAD_PROBE_OK;
  peer_id = gst_structure_get_string (s, "peer-id");
  text = gst_structure_get_string (s, "text");
  if (peer_id && text)
    self->reply (self->bin, self->label, peer_id, text);
  return GST_PAD_PROBE_DROP;
}

static GstElement *
make_part (GstCallDataIn * self)
{
  g_autofree gchar *name = g_strconcat ("remote-data-", self->label, NULL);
  GstElement *part = gst_bin_new (name);
  g_autoptr (GstPad) src = NULL;
  GstPad *gate;

  self->appsrc = gst_element_factory_make ("appsrc", "source");
  g_object_set (self->appsrc, "format", GST_FORMAT_TIME, "is-live", TRUE,
      "do-timestamp", TRUE, "block", FALSE, "max-bytes", (guint64) 0, NULL);
  gst_bin_add (GST_BIN (part), self->appsrc);
  src = gst_element_get_static_pad (self->appsrc, "src");
  gate = gst_call_add_gate (part, "src", src);
  gst_pad_add_probe (gate, GST_PAD_PROBE_TYPE_EVENT_UPSTREAM,
      on_upstream_event, self, NULL);
  return part;
}

static void
add_pad (GstCallDataIn * self)
{
  g_autofree gchar *name = g_strconcat ("remote_data_", self->label, NULL);
  g_autoptr (GstPad) src = gst_element_get_static_pad (self->part, "src");

  self->pad = gst_ghost_pad_new_from_template (name, src,
      gst_element_get_pad_template (self->bin, "remote_data_%s"));
  gst_pad_set_active (self->pad, TRUE);
  gst_element_add_pad (self->bin, self->pad);
}

GstCallDataIn *
gst_call_data_in_new (GstElement * bin, const gchar * label,
    GstCallDataReply reply, GstElement * taker)
{
  GstCallDataIn *self = g_new0 (GstCallDataIn, 1);

  gst_call_data_init ();
  self->bin = bin;
  self->label = g_strdup (label);
  self->reply = reply;
  self->caps[FALSE] = gst_caps_from_string (GST_CALL_DATA_BINARY_CAPS);
  self->caps[TRUE] = gst_caps_from_string (GST_CALL_DATA_TEXT_CAPS);
  self->part = make_part (self);
  gst_bin_add (GST_BIN (bin), self->part);
  if (taker)
    gst_element_link_pads (self->part, "src", taker, "sink");
  gst_call_sync_state (self->part);
  if (!taker)
    add_pad (self);
  return self;
}

void
gst_call_data_in_free (GstCallDataIn * self)
{
  if (self->pad) {
    gst_pad_set_active (self->pad, FALSE);
    gst_element_remove_pad (self->bin, self->pad);
  }
  gst_element_set_locked_state (self->part, TRUE);
  gst_element_set_state (self->part, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self->bin), self->part);
  gst_caps_unref (self->caps[FALSE]);
  gst_caps_unref (self->caps[TRUE]);
  g_free (self->label);
  g_free (self);
}

const gchar *
gst_call_data_in_get_label (GstCallDataIn * self)
{
  return self->label;
}

GstPad *
gst_call_data_in_get_pad (GstCallDataIn * self)
{
  return self->pad;
}

gboolean
gst_call_data_in_is_taken (GstCallDataIn * self)
{
  return !self->pad || gst_pad_is_linked (self->pad);
}

gboolean
gst_call_data_in_push (GstCallDataIn * self, GstBuffer * buffer, gboolean text)
{
  GstAppSrc *appsrc = GST_APP_SRC (self->appsrc);
  g_autoptr (GstSample) sample = NULL;

  if (gst_app_src_get_current_level_bytes (appsrc) > MAX_WAITING
      || gst_app_src_get_current_level_buffers (appsrc) > MAX_MESSAGES) {
    gst_buffer_unref (buffer);
    return FALSE;
  }
  sample = gst_sample_new (buffer, self->caps[text], NULL, NULL);
  gst_buffer_unref (buffer);
  gst_app_src_push_sample (appsrc, sample);
  return TRUE;
}
