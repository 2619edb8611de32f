/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The signals of callbin, and its actions.
 *
 * Threads: what is emitted here is emitted on the worker; actions run in any
 * thread and only post. No lock is held.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallbin-private.h"

enum
{
  SIGNAL_PEER_ADDED,
  SIGNAL_MESSAGE,
  SIGNAL_FILE_PROGRESS,
  SIGNAL_FILE_RECEIVED,
  SIGNAL_HANG_UP,
  SIGNAL_SEND_TEXT,
  SIGNAL_SEND_FILE,
  N_SIGNALS
};

static guint signals[N_SIGNALS];

void
gst_call_signals_peer_added (GstElement * element, const gchar * peer_id)
{
  g_signal_emit (element, signals[SIGNAL_PEER_ADDED], 0, peer_id);
}

void
gst_call_signals_message (GstElement * element, const gchar * peer_id,
    const gchar * label, const gchar * text)
{
  g_signal_emit (element, signals[SIGNAL_MESSAGE], 0, peer_id, label, text);
}

void
gst_call_signals_file (GstElement * element, const GstStructure * s)
{
  const gchar *peer_id = gst_structure_get_string (s, "peer-id");
  gboolean sending = FALSE;
  guint64 position = 0;
  gint64 size = -1;

  gst_structure_get (s, "sending", G_TYPE_BOOLEAN, &sending, NULL);
  /* the size of one that is whole is no longer open */
  if (gst_structure_get_uint64 (s, "size", &position))
    size = position;
  else
    gst_structure_get (s, "position", G_TYPE_UINT64, &position, "size",
        G_TYPE_INT64, &size, NULL);
  g_signal_emit (element, signals[SIGNAL_FILE_PROGRESS], 0, peer_id,
      gst_structure_get_string (s, "file-name"), sending, position, size);
  if (gst_structure_has_name (s, "call-file-received"))
    g_signal_emit (element, signals[SIGNAL_FILE_RECEIVED], 0, peer_id,
        gst_structure_get_string (s, "path"),
        gst_structure_get_string (s, "media-type"));
}

static void
install_file_signals (GObjectClass * gobject_class)
{
  /**
   * GstCallBin::file-progress:
   * @call: the callbin
   * @peer_id: who gets or sends it
   * @file_name: of the file
   * @sending: TRUE: by #GstCallBin::send-file; FALSE: it comes into
   *   #GstCallBin:download-directory
   * @position: bytes that are there
   * @size: bytes of the file, -1 if not known
   *
   * At most five times a second for each file and peer, and when it is whole.
   * Emitted on the call's worker thread.
   *
   * Since: 0.1
   */
  signals[SIGNAL_FILE_PROGRESS] = g_signal_new ("file-progress",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 5, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_BOOLEAN,
      G_TYPE_UINT64, G_TYPE_INT64);
  /**
   * GstCallBin::file-received:
   * @call: the callbin
   * @peer_id: who sent it
   * @path: where it is
   * @media_type: what its sender says that it is
   *
   * A file is in #GstCallBin:download-directory, and its hash fits. Emitted on
   * the call's worker thread.
   *
   * Since: 0.1
   */
  signals[SIGNAL_FILE_RECEIVED] = g_signal_new ("file-received",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
install_signals (GObjectClass * gobject_class)
{
  /**
   * GstCallBin::peer-added:
   * @call: the callbin
   * @peer_id: id of somebody who is in the room now
   *
   * Emitted on the call's worker thread.
   *
   * Since: 0.1
   */
  signals[SIGNAL_PEER_ADDED] = g_signal_new ("peer-added",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 1, G_TYPE_STRING);
  /**
   * GstCallBin::message:
   * @call: the callbin
   * @peer_id: who sent it
   * @label: of the data channel
   * @text: what it says
   *
   * A text message came; messages under the label `files` are those of the file
   * protocol and not told here. Emitted on the call's worker thread.
   *
   * Since: 0.1
   */
  signals[SIGNAL_MESSAGE] = g_signal_new ("message",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST, 0, NULL, NULL,
      NULL, G_TYPE_NONE, 3, G_TYPE_STRING, G_TYPE_STRING, G_TYPE_STRING);
}

static void
install_actions (GObjectClass * gobject_class)
{
  /**
   * GstCallBin::send-text:
   * @call: the callbin
   * @text: UTF-8, at most 262144 bytes
   *
   * Action: says this to everybody, as a message of the channel `chat`. Who is
   * not there yet does not get it; while nobody is, up to 64 texts wait. Any
   * thread; returns at once.
   *
   * Since: 0.1
   */
  signals[SIGNAL_SEND_TEXT] = g_signal_new_class_handler ("send-text",
      G_TYPE_FROM_CLASS (gobject_class),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_call_messages_send_text), NULL, NULL, NULL, G_TYPE_NONE,
      1, G_TYPE_STRING);
  /**
   * GstCallBin::send-file:
   * @call: the callbin
   * @location: path of a file
   *
   * Action: sends it to everybody, as callfilepay does with its defaults, and
   * once there is somebody; up to 16 at a time. #GstCallBin::file-progress and
   * the element messages `call-file-sent` and `call-file-failed` tell what
   * becomes of it, a warning that it cannot be read. What runs ends with
   * #GstCallBin::hang-up. Any thread; returns at once.
   *
   * Since: 0.1
   */
  signals[SIGNAL_SEND_FILE] = g_signal_new_class_handler ("send-file",
      G_TYPE_FROM_CLASS (gobject_class),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_call_files_send), NULL, NULL, NULL, G_TYPE_NONE, 1,
      G_TYPE_STRING);
  /**
   * GstCallBin::hang-up:
   * @call: the callbin
   *
   * Action: leaves the room. The pipeline goes on; the remote pads go quiet.
   * Any thread; returns at once.
   *
   * Since: 0.1
   */
  signals[SIGNAL_HANG_UP] = g_signal_new_class_handler ("hang-up",
      G_TYPE_FROM_CLASS (gobject_class),
      G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION, G_CALLBACK (gst_call_bin_hang_up),
      NULL, NULL, NULL, G_TYPE_NONE, 0);
}

void
gst_call_signals_install (GObjectClass * gobject_class)
{
  install_signals (gobject_class);
  install_file_signals (gobject_class);
  install_actions (gobject_class);
}
