/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callfiledepay
 * @title: callfiledepay
 *
 * Receives files from the peers of a data channel into a directory.
 *
 * It stands behind a remote data pad of callbin and takes what callfilepay and
 * the page send, any number of files from any number of peers at once; other
 * messages are ignored. A file gets its name when all of it is there and its
 * hash fits, and is a hidden one until then. One whose sender goes is kept for a
 * while, and goes on when that sender comes back.
 *
 * Nothing that comes in is trusted: a name loses its path and all that could
 * hide or disguise it, no file is ever replaced, and sizes and numbers are
 * bounded.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m callbin name=call uri=ws://localhost:8080/room/tea call.remote_data_files ! callfiledepay directory=received
 * ]|
 *
 * ## Element messages
 *
 * `call-file-offered`: a peer wants to send a file. Without `auto-accept` it
 * waits for the action `accept` or `refuse` with this peer-id and id.
 *
 * | field        | type    | meaning                               |
 * |--------------|---------|---------------------------------------|
 * | id           | uint    | the sender's number of the transfer   |
 * | name         | string  | of the file, safe                     |
 * | peer-id      | string  | the sender                            |
 * | display-name | string  | its name                              |
 * | size         | int64   | bytes, -1 if not known                |
 * | media-type   | string  | as the sender says                    |
 * | accepted     | boolean | true: nobody has to decide            |
 *
 * `call-file-progress`: id, name, peer-id; position (uint64): bytes that are
 * there; size (int64). At most five times a second for each file.
 *
 * `call-file-received`: it is there. id, name, path (where it is now), peer-id,
 * display-name, size (uint64), media-type, sha256.
 *
 * `call-file-failed`: it is not, and nothing is left of it. id, name, peer-id;
 * code (string): "refused", "too-big", "no-space", "bad-name", "bad-hash",
 * "bad-order", "too-many", "failed", "cancelled", "gone"; text (string) for
 * people.
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcallfiledepay-private.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfiledepay-private.h"

#include "gstcalldata.h"

GST_DEBUG_CATEGORY_STATIC (gst_call_file_depay_debug);
#define GST_CAT_DEFAULT gst_call_file_depay_debug

enum
{
  SIGNAL_ACCEPT,
  SIGNAL_REFUSE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_CALL_DATA_TEXT_CAPS "; "
        GST_CALL_DATA_BINARY_CAPS));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCallFileDepay, gst_call_file_depay,
    GST_TYPE_ELEMENT, GST_DEBUG_CATEGORY_INIT (gst_call_file_depay_debug,
        "callfiledepay", 0, "files from peers"));
GST_ELEMENT_REGISTER_DEFINE (callfiledepay, "callfiledepay", GST_RANK_NONE,
    GST_TYPE_CALL_FILE_DEPAY);

/* --- what the inbox wants done --- */

static void
push_reply (GstCallFileDepay * self, const GstCallFileEffect * effect)
{
  GST_LOG_OBJECT (self, "to %s: %s", effect->peer_id, effect->reply);
  if (!gst_pad_push_event (self->sink,
          gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM,
              gst_structure_new (GST_CALL_DATA_REPLY,
                  "peer-id", G_TYPE_STRING, effect->peer_id,
                  "text", G_TYPE_STRING, effect->reply, NULL))))
    GST_DEBUG_OBJECT (self, "nobody takes a reply to %s", effect->peer_id);
}

static void
post (GstCallFileDepay * self, GstCallFileEffect * effect)
{
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          g_steal_pointer (&effect->message)));
  if (effect->warning)
    GST_ELEMENT_WARNING (self, RESOURCE, WRITE, ("%s", effect->warning),
        (NULL));
}

/* Takes no lock that is held by the caller: there must be none */
static void
do_effects (GstCallFileDepay * self)
{
  for (;;) {
    g_autoptr (GstCallFileEffect) effect = NULL;

    g_mutex_lock (&self->lock);
    if (self->inbox)
      effect = gst_call_file_inbox_next_effect (self->inbox);
    g_mutex_unlock (&self->lock);
    if (!effect)
      return;
    if (effect->reply)
      push_reply (self, effect);
    else
      post (self, effect);
  }
}

/* --- time --- */

/* clock */
static gboolean
on_time (GstClock * clock, GstClockTime time, GstClockID id, gpointer data)
{
  g_autoptr (GstCallFileDepay) self = g_weak_ref_get (data);

  if (!self)
    return TRUE;
  GST_TRACE_OBJECT (self, "is anything to be given up?");
  g_mutex_lock (&self->lock);
  if (self->inbox)
    gst_call_file_inbox_expire (self->inbox, g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  do_effects (self);
  return TRUE;
}

static void
free_weak_ref (gpointer data)
{
  g_weak_ref_clear (data);
  g_free (data);
}

/* A tenth of the time that a sender has, so that it is about that time. The
 * clock may keep what it is given for a while: no reference to us. */
static void
start_timer (GstCallFileDepay * self, gint64 timeout)
{
  g_autoptr (GstClock) clock = gst_system_clock_obtain ();
  GstClockTime interval = MAX (timeout * GST_USECOND / 10, GST_SECOND / 10);
  GWeakRef *weak = g_new0 (GWeakRef, 1);

  g_weak_ref_init (weak, self);
  self->timer = gst_clock_new_periodic_id (clock,
      gst_clock_get_time (clock) + interval, interval);
  gst_clock_id_wait_async (self->timer, on_time, weak, free_weak_ref);
}

static void
stop_timer (GstCallFileDepay * self)
{
  if (!self->timer)
    return;
  gst_clock_id_unschedule (self->timer);
  g_clear_pointer (&self->timer, gst_clock_id_unref);
}

/* --- what comes in --- */

static GstFlowReturn
gst_call_file_depay_chain (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  GstCallFileDepay *self = GST_CALL_FILE_DEPAY (parent);
  const gchar *peer_id = gst_call_data_get_peer (buffer);
  GstFlowReturn flow = GST_FLOW_OK;
  GstMapInfo map;

  if (!self->has_caps) {
    gst_buffer_unref (buffer);
    GST_ELEMENT_ERROR (self, CORE, NEGOTIATION,
        ("What comes in does not say whether it is text."), (NULL));
    return GST_FLOW_NOT_NEGOTIATED;
  }
  if (!gst_buffer_map (buffer, &map, GST_MAP_READ)) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  peer_id = peer_id ? peer_id : "";
  g_mutex_lock (&self->lock);
  if (!self->inbox)
    flow = GST_FLOW_FLUSHING;
  else if (self->text)
    gst_call_file_inbox_text (self->inbox, peer_id,
        gst_call_data_get_display_name (buffer), (const gchar *) map.data,
        map.size, g_get_monotonic_time ());
  else
    gst_call_file_inbox_chunk (self->inbox, peer_id, map.data, map.size,
        g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  gst_buffer_unmap (buffer, &map);
  gst_buffer_unref (buffer);
  do_effects (self);
  return flow;
}

static void
on_caps (GstCallFileDepay * self, GstEvent * event)
{
  GstCaps *caps;

  gst_event_parse_caps (event, &caps);
  self->has_caps = TRUE;
  self->text = gst_structure_has_name (gst_caps_get_structure (caps, 0),
      "text/x-raw");
}

/* What runs now never becomes complete */
static void
end_transfers (GstCallFileDepay * self, const gchar * text)
{
  g_mutex_lock (&self->lock);
  if (self->inbox)
    gst_call_file_inbox_end (self->inbox, text);
  g_mutex_unlock (&self->lock);
  do_effects (self);
}

static void
on_eos (GstCallFileDepay * self, GstEvent * event)
{
  GstMessage *message = gst_message_new_eos (GST_OBJECT (self));

  end_transfers (self, "The receiver's stream has ended.");
  gst_message_set_seqnum (message, gst_event_get_seqnum (event));
  gst_element_post_message (GST_ELEMENT (self), message);
}

static gboolean
gst_call_file_depay_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstCallFileDepay *self = GST_CALL_FILE_DEPAY (parent);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CAPS:
      on_caps (self, event);
      break;
    case GST_EVENT_EOS:
      on_eos (self, event);
      break;
    default:
      break;
  }
  gst_event_unref (event);
  return TRUE;
}

/* --- actions --- */

static gboolean
decide (GstCallFileDepay * self, const gchar * peer_id, guint id,
    gboolean accept)
{
  gboolean ok = FALSE;

  g_return_val_if_fail (peer_id != NULL, FALSE);

  g_mutex_lock (&self->lock);
  if (self->inbox)
    ok = gst_call_file_inbox_decide (self->inbox, peer_id, id, accept,
        g_get_monotonic_time ());
  g_mutex_unlock (&self->lock);
  do_effects (self);
  return ok;
}

static gboolean
gst_call_file_depay_accept (GstCallFileDepay * self, const gchar * peer_id,
    guint id)
{
  return decide (self, peer_id, id, TRUE);
}

static gboolean
gst_call_file_depay_refuse (GstCallFileDepay * self, const gchar * peer_id,
    guint id)
{
  return decide (self, peer_id, id, FALSE);
}

/* --- states --- */

static gchar *
find_directory (GstCallFileDepay * self)
{
  const gchar *downloads;

  GST_OBJECT_LOCK (self);
  if (*self->directory) {
    gchar *directory = g_strdup (self->directory);

    GST_OBJECT_UNLOCK (self);
    return directory;
  }
  GST_OBJECT_UNLOCK (self);
  downloads = g_get_user_special_dir (G_USER_DIRECTORY_DOWNLOAD);
  return downloads ? g_strdup (downloads) :
      g_build_filename (g_get_home_dir (), "Downloads", NULL);
}

static gboolean
start (GstCallFileDepay * self)
{
  g_autofree gchar *directory = find_directory (self);
  g_autoptr (GError) error = NULL;
  GstCallFileLimits limits;
  GstCallFileInbox *inbox;

  GST_OBJECT_LOCK (self);
  limits = self->limits;
  GST_OBJECT_UNLOCK (self);
  inbox = gst_call_file_inbox_new (directory, &limits, &error);
  if (!inbox) {
    GST_ELEMENT_ERROR (self, RESOURCE, OPEN_WRITE,
        ("No files can be written into \"%s\". Set directory to one where "
            "they can.", directory), ("%s", error->message));
    return FALSE;
  }
  self->has_caps = FALSE;
  g_mutex_lock (&self->lock);
  self->inbox = inbox;
  if (limits.resume_timeout > 0)
    start_timer (self, limits.resume_timeout);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

/* Senders are told while the pads are still active */
static void
stop (GstCallFileDepay * self)
{
  GstCallFileInbox *inbox;

  end_transfers (self, "The receiver has stopped.");
  g_mutex_lock (&self->lock);
  stop_timer (self);
  inbox = g_steal_pointer (&self->inbox);
  g_mutex_unlock (&self->lock);
  g_clear_pointer (&inbox, gst_call_file_inbox_free);
}

static GstStateChangeReturn
gst_call_file_depay_change_state (GstElement * element,
    GstStateChange transition)
{
  GstCallFileDepay *self = GST_CALL_FILE_DEPAY (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED && !start (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop (self);
  result = GST_ELEMENT_CLASS (gst_call_file_depay_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED
      && result == GST_STATE_CHANGE_FAILURE)
    stop (self);
  return result;
}

/* --- GObject --- */

static void
gst_call_file_depay_finalize (GObject * object)
{
  GstCallFileDepay *self = GST_CALL_FILE_DEPAY (object);

  g_clear_pointer (&self->inbox, gst_call_file_inbox_free);
  g_free (self->directory);
  g_mutex_clear (&self->lock);
  G_OBJECT_CLASS (gst_call_file_depay_parent_class)->finalize (object);
}

static void
gst_call_file_depay_install_signals (GObjectClass * gobject_class)
{
  /**
   * GstCallFileDepay::accept:
   * @peer_id: of a `call-file-offered` message
   * @id: of that message
   *
   * Action: takes the file.
   *
   * Returns: FALSE if there is no such file to be decided about
   *
   * Since: 0.1
   */
  signals[SIGNAL_ACCEPT] = g_signal_new_class_handler ("accept",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_call_file_depay_accept), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_UINT);
  /**
   * GstCallFileDepay::refuse:
   * @peer_id: of a `call-file-offered` message
   * @id: of that message
   *
   * Action: does not take the file, or no more of it.
   *
   * Returns: FALSE if there is no such file
   *
   * Since: 0.1
   */
  signals[SIGNAL_REFUSE] = g_signal_new_class_handler ("refuse",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_call_file_depay_refuse), NULL, NULL, NULL,
      G_TYPE_BOOLEAN, 2, G_TYPE_STRING, G_TYPE_UINT);
}

static void
gst_call_file_depay_class_init (GstCallFileDepayClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_call_data_init ();
  G_OBJECT_CLASS (klass)->finalize = gst_call_file_depay_finalize;
  element_class->change_state = gst_call_file_depay_change_state;
  gst_call_file_depay_install_properties (G_OBJECT_CLASS (klass));
  gst_call_file_depay_install_signals (G_OBJECT_CLASS (klass));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_set_static_metadata (element_class, "File receiver",
      "Codec/Depayloader/Network/Sink",
      "Receives files from the peers of a data channel", "gst-call");
}

static void
gst_call_file_depay_init (GstCallFileDepay * self)
{
  g_mutex_init (&self->lock);
  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_chain_function (self->sink, gst_call_file_depay_chain);
  gst_pad_set_event_function (self->sink, gst_call_file_depay_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SINK);
}
