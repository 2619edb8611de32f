/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The file protocol. The input is a row of messages: a byte that says what it is
 * ("t" text, "b" binary, "a" and "r" a person accepts and refuses the transfer
 * whose number follows, "w" so many seconds pass, "s" text to a sender), one for
 * the peer, two for the length, and so many bytes.
 *
 * Whatever they are: what is answered can be read and is within bounds, files
 * have safe names, take no more place than they may, and nothing is left of those
 * that are not complete. The sender's book never sends beyond window and end.
 */
#include "gstcallfileinbox.h"
#include "gstcallfilemessage.h"
#include "gstcallfilereceivers.h"
#include "fuzz.h"

#include <glib/gstdio.h>
#include <string.h>
#include <unistd.h>

#define MAX_TOTAL 100000
#define SENDER_ID 1
#define SENDER_SIZE (G_GUINT64_CONSTANT (10) * 1024 * 1024)

static gchar *folder;

static void
remove_folder (void)
{
  g_rmdir (folder);
}

static void
start (void)
{
  gst_init (NULL, NULL);
  folder = g_dir_make_tmp ("gst-call-fuzz-XXXXXX", NULL);
  if (!folder)
    g_error ("no folder");
  atexit (remove_folder);
}

static void
check_effects (GstCallFileInbox * inbox)
{
  for (;;) {
    g_autoptr (GstCallFileEffect) effect =
        gst_call_file_inbox_next_effect (inbox);
    g_autoptr (GstCallFileMessage) message = NULL;

    if (!effect)
      return;
    if (effect->message)
      continue;
    message = gst_call_file_message_parse (effect->reply,
        strlen (effect->reply));
    if (!message || message->type == GST_CALL_FILE_OFFER
        || message->type == GST_CALL_FILE_END)
      g_error ("no reply: %s", effect->reply);
    if (strcmp (effect->peer_id, "a") < 0 || strcmp (effect->peer_id, "d") > 0)
      g_error ("to somebody else: %s", effect->peer_id);
  }
}

/* What is there; it is removed */
static void
check_folder (void)
{
  g_autoptr (GDir) dir = g_dir_open (folder, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (dir))) {
    g_autofree gchar *path = g_build_filename (folder, name, NULL);

    if (*name == '.' || !g_utf8_validate (name, -1, NULL)
        || strpbrk (name, "\\\n\r\t"))
      g_error ("left: %s", name);
    g_unlink (path);
  }
}

/* Its steps until it waits, or for a while */
static void
run_steps (GstCallFileReceivers * sender, gint64 now, guint64 * sent,
    guint64 * acked)
{
  for (guint i = 0; i < 1000; i++) {
    g_auto (GstCallFileStep) step = { 0 };

    gst_call_file_receivers_next (sender, now, &step);
    if (step.type == GST_CALL_FILE_STEP_WAIT
        || step.type == GST_CALL_FILE_STEP_FINISHED)
      return;
    if (step.type == GST_CALL_FILE_STEP_HASH)
      gst_call_file_receivers_set_hashed (sender, step.offset + step.length);
    if (step.type == GST_CALL_FILE_STEP_CHUNK)
      *sent = step.offset + step.length;
    if (*sent > SENDER_SIZE)
      g_error ("beyond the end");
    *acked = gst_call_file_receivers_get_position (sender);
    if (step.type == GST_CALL_FILE_STEP_CHUNK
        && *sent - *acked > GST_CALL_FILE_WINDOW)
      g_error ("beyond the window");
  }
}

static void
tell_sender (GstCallFileReceivers * sender, const gchar * text, gsize length,
    gint64 now)
{
  g_autoptr (GstCallFileMessage) message = gst_call_file_message_parse (text,
      length);
  guint64 sent = 0, acked = 0;

  if (length == 1 && *text == 'c')
    gst_call_file_receivers_close (sender, "a", now);
  if (length == 1 && *text == 'o')
    gst_call_file_receivers_open (sender, "a", now);
  if (message)
    gst_call_file_receivers_apply (sender, "a", message, now);
  run_steps (sender, now, &sent, &acked);
}

static void
do_one (GstCallFileInbox * inbox, GstCallFileReceivers * sender, gchar what,
    const gchar * peer_id, const guint8 * data, gsize length, gint64 * now)
{
  g_autofree gchar *copy = g_memdup2 (data, length);
  guint32 number = 0;

  if (length >= 4)
    memcpy (&number, data, 4);
  number = GUINT32_FROM_BE (number);
  if (what == 't')
    gst_call_file_inbox_text (inbox, peer_id, "Peer", copy ? copy : "", length,
        *now);
  else if (what == 'b')
    gst_call_file_inbox_chunk (inbox, peer_id, (guint8 *) copy, length, *now);
  else if (what == 'a' || what == 'r')
    gst_call_file_inbox_decide (inbox, peer_id, number, what == 'a', *now);
  else if (what == 'w')
    *now += (number % 1000) * G_TIME_SPAN_SECOND;
  else if (what == 's')
    tell_sender (sender, copy ? copy : "", length, *now);
  gst_call_file_inbox_expire (inbox, *now);
}

int
LLVMFuzzerTestOneInput (const uint8_t * data, size_t size)
{
  GstCallFileLimits limits = { 50000, MAX_TOTAL, 600 * G_TIME_SPAN_SECOND,
    TRUE
  };
  g_autoptr (GstCallFileInbox) inbox = NULL;
  g_autoptr (GstCallFileReceivers) sender =
      gst_call_file_receivers_new (SENDER_ID, 32768, GST_CALL_FILE_WINDOW,
      G_TIME_SPAN_MINUTE, FALSE);
  gint64 now = G_TIME_SPAN_DAY;

  if (!folder)
    start ();
  if (size > 0) {
    limits.auto_accept = data[0] != 'n';
    data++;
    size--;
  }
  inbox = gst_call_file_inbox_new (folder, &limits, NULL);
  gst_call_file_receivers_set_range (sender, 0, SENDER_SIZE);
  gst_call_file_receivers_set_ended (sender);
  while (size >= 4) {
    const gchar peer_id[2] = { 'a' + data[1] % 4, '\0' };
    gsize length = MIN ((gsize) (data[2] << 8 | data[3]), size - 4);

    do_one (inbox, sender, data[0], peer_id, data + 4, length, &now);
    check_effects (inbox);
    if (gst_call_file_inbox_get_n_transfers (inbox) >
        GST_CALL_FILE_MAX_TRANSFERS)
      g_error ("too many");
    data += 4 + length;
    size -= 4 + length;
  }
  gst_call_file_inbox_end (inbox, "It is over.");
  check_effects (inbox);
  g_clear_pointer (&inbox, gst_call_file_inbox_free);
  check_folder ();
  return 0;
}
