/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callbin does with files by itself, for applications that have no pads for
 * it: the action send-file, and download-directory.
 *
 *   (filesrc → callfilepay) → data_files        one part for each file
 *   remote-data-files → callfiledepay           with download-directory
 *
 * Threads
 *   name       runs                                            may take
 *   app        send-file: posts; prepare, clean_up, when the   OBJECT
 *              worker has ended
 *   worker     makes and ends parts, emits                     OBJECT
 *   streaming  the end of a file and messages: post            OBJECT
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: settings. The list of parts is the worker's alone
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallbin-private.h"
#include "gstcallpad.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

/* That are being sent; each has a thread */
#define MAX_SENDING 16

typedef struct
{
  GstElement *part;
  GstCallDataOut *out;
  GstPad *pad;                  /* of out */
} Sending;

static void
sending_free (gpointer data)
{
  Sending *self = data;

  gst_object_unref (self->part);
  gst_object_unref (self->out);
  g_free (self);
}

/* Sending */

static gboolean
is_part (GstElement * child)
{
  return child && g_object_get_data (G_OBJECT (child), "gst-call-sending");
}

/* Its thread may be waiting in the pad: that flushes first. */
static void
end_sending (GstCallBin * self, Sending * sending)
{
  gst_pad_set_active (sending->pad, FALSE);
  gst_element_set_locked_state (sending->part, TRUE);
  gst_element_set_state (sending->part, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), sending->part);
  gst_element_remove_pad (GST_ELEMENT (sending->out), sending->pad);
  sending_free (sending);
}

static void
end_part (gpointer object, gpointer part)
{
  GstCallBin *self = object;
  guint i;

  for (i = 0; i < self->sending->len; i++) {
    Sending *sending = g_ptr_array_index (self->sending, i);

    if (sending->part != part)
      continue;
    end_sending (self, g_ptr_array_steal_index_fast (self->sending, i));
    /* the call may have waited for it with its end */
    gst_call_messages_send (self);
    return;
  }
}

void
gst_call_files_end_all (GstCallBin * self)
{
  while (self->sending->len > 0)
    end_sending (self, g_ptr_array_steal_index_fast (self->sending, 0));
}

static void
post_end (GstCallBin * self, GstElement * part)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);

  if (worker)
    gst_call_worker_post (worker, end_part, self, gst_object_ref (part),
        gst_object_unref);
}

/* The end of a file is not that of the call. */
static GstPadProbeReturn
on_sent (GstPad * pad, GstPadProbeInfo * info, gpointer part)
{
  g_autoptr (GstObject) self = NULL;

  if (GST_EVENT_TYPE (GST_PAD_PROBE_INFO_EVENT (info)) != GST_EVENT_EOS)
    return GST_PAD_PROBE_OK;
  self = gst_object_get_parent (part);
  if (self)
    post_end (GST_CALL_BIN (self), part);
  return GST_PAD_PROBE_DROP;
}

/* (transfer floating) */
static GstElement *
make_part (const gchar * location)
{
  GstElement *part = gst_bin_new (NULL);
  GstElement *source = gst_element_factory_make ("filesrc", NULL);
  GstElement *pay = gst_element_factory_make ("callfilepay", NULL);
  g_autoptr (GstPad) src = gst_element_get_static_pad (pay, "src");

  g_object_set (source, "location", location, NULL);
  gst_bin_add_many (GST_BIN (part), source, pay, NULL);
  gst_element_link (source, pay);
  gst_pad_add_probe (gst_call_add_ghost (part, "src", src),
      GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_sent, part, NULL);
  g_object_set_data (G_OBJECT (part), "gst-call-sending", part);
  return part;
}

static void
refuse (GstCallBin * self, const gchar * location, const gchar * why)
{
  GST_ELEMENT_WARNING (self, RESOURCE, OPEN_READ, ("%s is not sent: %s",
          location, why), (NULL));
}

static void
send_file (gpointer object, gpointer location)
{
  GstCallBin *self = object;
  Sending *sending;
  g_autoptr (GstPad) src = NULL;

  if (self->sending->len >= MAX_SENDING) {
    refuse (self, location, "so many are being sent already");
    return;
  }
  if (!g_file_test (location, G_FILE_TEST_IS_REGULAR)) {
    refuse (self, location, "there is no such file");
    return;
  }
  sending = g_new0 (Sending, 1);
  sending->part = gst_object_ref_sink (make_part (location));
  sending->out = gst_call_messages_get_out (self, GST_CALL_FILES_LABEL);
  sending->pad = gst_call_data_out_add_pad (sending->out);
  gst_bin_add (GST_BIN (self), sending->part);
  src = gst_element_get_static_pad (sending->part, "src");
  gst_pad_link (src, sending->pad);
  g_ptr_array_add (self->sending, sending);
  /* what fails says why, see gst_call_files_handle_message() */
  if (!gst_call_sync_state (sending->part))
    end_part (self, sending->part);
}

void
gst_call_files_send (GstCallBin * self, const gchar * location)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);

  if (!location)
    return;
  if (worker)
    gst_call_worker_post (worker, send_file, self, g_strdup (location), g_free);
  else
    refuse (self, location, "the call is not running");
}

/* Receiving */

/* Set up here and not when the first file comes: a directory that will not do is
 * told at once. (transfer floating) */
static GstElement *
make_taker (GstCallBin * self, const gchar * directory)
{
  GstElement *taker = gst_element_factory_make ("callfiledepay", NULL);

  g_object_set (taker, "directory", directory, NULL);
  if (gst_element_set_state (taker, GST_STATE_PAUSED) !=
      GST_STATE_CHANGE_FAILURE)
    return taker;
  GST_ELEMENT_WARNING (self, RESOURCE, OPEN_WRITE, ("No files are taken: "
          "download-directory=%s is no directory that can be written to",
          directory), (NULL));
  gst_element_set_state (taker, GST_STATE_NULL);
  gst_object_unref (gst_object_ref_sink (taker));
  return NULL;
}

void
gst_call_files_prepare (GstCallBin * self)
{
  g_autofree gchar *directory = NULL;
  GstElement *taker;

  GST_OBJECT_LOCK (self);
  directory = g_strdup (self->download_directory);
  GST_OBJECT_UNLOCK (self);
  if (!directory || !*directory)
    return;
  taker = make_taker (self, directory);
  if (!taker)
    return;
  self->taker = gst_object_ref (taker);
  gst_bin_add (GST_BIN (self), taker);
}

void
gst_call_files_clean_up (GstCallBin * self)
{
  g_autoptr (GstElement) taker = g_steal_pointer (&self->taker);

  if (!taker)
    return;
  gst_element_set_locked_state (taker, TRUE);
  gst_element_set_state (taker, GST_STATE_NULL);
  gst_bin_remove (GST_BIN (self), taker);
}

/* What the elements of files say */

static void
emit (gpointer object, gpointer data)
{
  gst_call_signals_file (object, data);
}

static void
structure_free (gpointer data)
{
  gst_structure_free (data);
}

static void
post_emit (GstCallBin * self, GstMessage * message)
{
  const GstStructure *s = gst_message_get_structure (message);
  g_autoptr (GstCallWorker) worker = NULL;
  g_autoptr (GstElement) child = NULL;
  GstStructure *copy;

  if (!(gst_structure_has_name (s, "call-file-progress")
          || gst_structure_has_name (s, "call-file-sent")
          || gst_structure_has_name (s, "call-file-received"))
      || !(worker = gst_call_bin_get_worker (self)))
    return;
  copy = gst_structure_copy (s);
  child = gst_call_bin_find_child (self, GST_MESSAGE_SRC (message));
  gst_structure_set (copy, "sending", G_TYPE_BOOLEAN, is_part (child), NULL);
  gst_call_worker_post (worker, emit, self, copy, structure_free);
}

/* What cannot be read is that file's end, not the call's. */
static void
part_failed (GstCallBin * self, GstElement * part, GstMessage * message)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *debug = NULL;

  gst_message_parse_error (message, &error, &debug);
  GST_ELEMENT_WARNING (self, RESOURCE, READ, ("A file is not sent: %s",
          error->message), ("%s", debug));
  post_end (self, part);
}

gboolean
gst_call_files_handle_message (GstCallBin * self, GstMessage * message)
{
  g_autoptr (GstElement) part = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ELEMENT)
    post_emit (self, message);
  if (GST_MESSAGE_TYPE (message) != GST_MESSAGE_ERROR)
    return FALSE;
  part = gst_call_bin_find_child (self, GST_MESSAGE_SRC (message));
  if (!is_part (part))
    return FALSE;
  part_failed (self, part, message);
  return TRUE;
}
