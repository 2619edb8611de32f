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
  SIGNAL_HANG_UP,
  SIGNAL_SEND_TEXT,
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
   * @text: UTF-8, at most 65536 bytes
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
  install_actions (gobject_class);
}
