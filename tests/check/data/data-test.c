/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "data-test.h"

#include "gstcalldata.h"

#include <gio/gio.h>
#include <glib/gstdio.h>
#include <string.h>

/* --- files --- */

gchar *
data_test_make_file (DataTest * self, const gchar * name, gsize size)
{
  gchar *path = g_build_filename (self->folder, name, NULL);
  g_autofree guint64 *data = g_malloc (size + sizeof *data);
  guint64 x = 0x9e3779b97f4a7c15u ^ size;
  g_autoptr (GError) error = NULL;

  for (gsize i = 0; i * sizeof *data < size; i++) {
    x ^= x << 13;
    x ^= x >> 7;
    x ^= x << 17;
    data[i] = x;
  }
  fail_unless (g_file_set_contents (path, (const gchar *) data, size, &error),
      "%s", error ? error->message : "");
  return path;
}

gboolean
data_test_same_file (const gchar * a, const gchar * b)
{
  g_autoptr (GMappedFile) first = g_mapped_file_new (a, FALSE, NULL);
  g_autoptr (GMappedFile) second = g_mapped_file_new (b, FALSE, NULL);

  return first && second
      && g_mapped_file_get_length (first) == g_mapped_file_get_length (second)
      && (g_mapped_file_get_length (first) == 0
      || memcmp (g_mapped_file_get_contents (first),
          g_mapped_file_get_contents (second),
          g_mapped_file_get_length (first)) == 0);
}

guint
data_test_count_files (const gchar * directory)
{
  g_autoptr (GDir) dir = g_dir_open (directory, 0, NULL);
  guint n = 0;

  while (dir && g_dir_read_name (dir))
    n++;
  return n;
}

gchar *
data_test_received (DataReceiver * receiver, const gchar * name)
{
  return g_build_filename (receiver->directory, name, NULL);
}

static void
remove_folder (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir))) {
    g_autofree gchar *child = g_build_filename (path, name, NULL);

    if (g_file_test (child, G_FILE_TEST_IS_DIR)
        && !g_file_test (child, G_FILE_TEST_IS_SYMLINK))
      remove_folder (child);
    else
      g_unlink (child);
  }
  g_rmdir (path);
}

static void
fail_if_hidden (const gchar * path)
{
  g_autoptr (GDir) dir = g_dir_open (path, 0, NULL);
  const gchar *name;

  while (dir && (name = g_dir_read_name (dir)))
    fail_if (*name == '.', "%s is left in %s", name, path);
}

/* --- from the sender to receivers --- */

static DataReceiver *
find (DataTest * self, const gchar * id)
{
  DataReceiver *found = NULL;

  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->receivers->len && !found; i++) {
    DataReceiver *receiver = g_ptr_array_index (self->receivers, i);

    if (g_strcmp0 (receiver->id, id) == 0)
      found = receiver;
  }
  g_mutex_unlock (&self->lock);
  return found;
}

static void
push (DataReceiver * receiver, GstBuffer * buffer, gboolean text)
{
  GstSegment segment;

  if (receiver->text != text) {
    g_autoptr (GstCaps) caps = gst_caps_from_string (text ?
        GST_CALL_DATA_TEXT_CAPS : GST_CALL_DATA_BINARY_CAPS);

    gst_pad_push_event (receiver->out, gst_event_new_caps (caps));
    if (receiver->text < 0) {
      gst_segment_init (&segment, GST_FORMAT_TIME);
      gst_pad_push_event (receiver->out, gst_event_new_segment (&segment));
    }
    receiver->text = text;
  }
  gst_pad_push (receiver->out, gst_call_data_set_peer (buffer,
          DATA_TEST_SENDER, "Sender"));
}

static GstFlowReturn
on_buffer (GstPad * pad, GstObject * parent, GstBuffer * buffer)
{
  DataTest *self = gst_pad_get_element_private (pad);
  const gchar *id = gst_call_data_get_peer (buffer);
  DataReceiver *receiver = find (self, id);
  gboolean open = FALSE;

  fail_unless (id != NULL, "a message without an addressee");
  if (receiver) {
    g_mutex_lock (&self->lock);
    open = receiver->open;
    g_mutex_unlock (&self->lock);
  }
  if (!open || (self->filter
          && !self->filter (receiver, self->text, &buffer, self->data))) {
    gst_buffer_unref (buffer);
    return GST_FLOW_OK;
  }
  if (!self->text) {
    g_mutex_lock (&self->lock);
    self->n_chunks++;
    g_mutex_unlock (&self->lock);
  }
  push (receiver, gst_buffer_copy (buffer), self->text);
  gst_buffer_unref (buffer);
  return GST_FLOW_OK;
}

static gboolean
on_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  DataTest *self = gst_pad_get_element_private (pad);
  GstCaps *caps;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CAPS) {
    gst_event_parse_caps (event, &caps);
    self->text = gst_structure_has_name (gst_caps_get_structure (caps, 0),
        "text/x-raw");
  }
  if (GST_EVENT_TYPE (event) == GST_EVENT_EOS) {
    g_mutex_lock (&self->lock);
    self->eos = TRUE;
    g_cond_broadcast (&self->cond);
    g_mutex_unlock (&self->lock);
  }
  gst_event_unref (event);
  return TRUE;
}

static gboolean
on_query (GstPad * pad, GstObject * parent, GstQuery * query)
{
  DataTest *self = gst_pad_get_element_private (pad);
  GValue list = G_VALUE_INIT;

  if (GST_QUERY_TYPE (query) == GST_QUERY_ACCEPT_CAPS) {
    gst_query_set_accept_caps_result (query, TRUE);
    return TRUE;
  }
  if (GST_QUERY_TYPE (query) != GST_QUERY_CUSTOM)
    return gst_pad_query_default (pad, parent, query);
  fail_unless (gst_structure_has_name (gst_query_get_structure (query),
          GST_CALL_DATA_PEERS));
  g_value_init (&list, GST_TYPE_LIST);
  g_mutex_lock (&self->lock);
  for (guint i = 0; i < self->receivers->len; i++) {
    DataReceiver *receiver = g_ptr_array_index (self->receivers, i);
    GValue value = G_VALUE_INIT;

    if (!receiver->open)
      continue;
    g_value_init (&value, G_TYPE_STRING);
    g_value_set_string (&value, receiver->id);
    gst_value_list_append_and_take_value (&list, &value);
  }
  g_mutex_unlock (&self->lock);
  gst_structure_take_value (gst_query_writable_structure (query), "peers",
      &list);
  return TRUE;
}

/* --- from receivers to the sender --- */

static void
tell_sender (DataTest * self, GstStructure * fields)
{
  gst_pad_push_event (self->wire,
      gst_event_new_custom (GST_EVENT_CUSTOM_UPSTREAM, fields));
}

static gboolean
on_reply (GstPad * pad, GstObject * parent, GstEvent * event)
{
  DataReceiver *receiver = gst_pad_get_element_private (pad);
  const GstStructure *fields = gst_event_get_structure (event);
  gboolean open;

  if (GST_EVENT_TYPE (event) == GST_EVENT_CUSTOM_UPSTREAM
      && gst_structure_has_name (fields, GST_CALL_DATA_REPLY)) {
    const gchar *text = gst_structure_get_string (fields, "text");

    fail_unless_equals_string (gst_structure_get_string (fields, "peer-id"),
        DATA_TEST_SENDER);
    g_mutex_lock (&receiver->test->lock);
    open = receiver->open;
    g_mutex_unlock (&receiver->test->lock);
    if (receiver->test->reply_filter
        && !receiver->test->reply_filter (receiver, text, receiver->test->data))
      open = FALSE;
    if (open)
      tell_sender (receiver->test, gst_structure_new (GST_CALL_DATA_MESSAGE,
              "peer-id", G_TYPE_STRING, receiver->id,
              "text", G_TYPE_STRING, text, NULL));
  }
  gst_event_unref (event);
  return TRUE;
}

static void
set_open (DataReceiver * receiver, gboolean open)
{
  /* callbin has one thread for it */
  g_mutex_lock (&receiver->test->order);
  g_mutex_lock (&receiver->test->lock);
  receiver->open = open;
  g_mutex_unlock (&receiver->test->lock);
  tell_sender (receiver->test, gst_structure_new (GST_CALL_DATA_PEER,
          "peer-id", G_TYPE_STRING, receiver->id,
          "display-name", G_TYPE_STRING, "Somebody",
          "open", G_TYPE_BOOLEAN, open, NULL));
  g_mutex_unlock (&receiver->test->order);
}

void
data_test_open (DataReceiver * receiver)
{
  set_open (receiver, TRUE);
}

void
data_test_close (DataReceiver * receiver)
{
  set_open (receiver, FALSE);
}

/* --- by hand --- */

void
data_test_say_bytes (DataReceiver * receiver, gconstpointer data, gsize size,
    gboolean text)
{
  push (receiver, size > 0 ? gst_buffer_new_memdup (data, size) :
      gst_buffer_new (), text);
}

void
data_test_say (DataReceiver * receiver, const gchar * text)
{
  data_test_say_bytes (receiver, text, strlen (text), TRUE);
}

void
data_test_say_chunk (DataReceiver * receiver, guint32 id, guint64 offset,
    gconstpointer data, gsize size)
{
  g_autofree guint8 *chunk = g_malloc (12 + size);
  guint32 number = GUINT32_TO_BE (id);
  guint64 position = GUINT64_TO_BE (offset);

  memcpy (chunk, &number, 4);
  memcpy (chunk + 4, &position, 8);
  memcpy (chunk + 12, data, size);
  data_test_say_bytes (receiver, chunk, 12 + size, FALSE);
}

/* --- messages --- */

static GstMessage *
find_message (GstBus * bus, const gchar * name, GstClockTime timeout)
{
  for (;;) {
    GstMessage *message = gst_bus_timed_pop_filtered (bus, timeout,
        GST_MESSAGE_ELEMENT | GST_MESSAGE_ERROR);
    g_autoptr (GError) error = NULL;

    if (!message)
      return NULL;
    if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR) {
      gst_message_parse_error (message, &error, NULL);
      ck_abort_msg ("%s", error->message);
    }
    if (gst_message_has_name (message, name))
      return message;
    gst_message_unref (message);
  }
}

static GstMessage *
get_message (DataTest * self, gboolean sender, const gchar * name,
    GstClockTime timeout)
{
  g_autoptr (GstBus) bus = sender ? gst_element_get_bus (self->pipeline) :
      gst_object_ref (self->bus);

  return find_message (bus, name, timeout);
}

GstMessage *
data_test_wait_message (DataTest * self, gboolean sender, const gchar * name)
{
  GstMessage *message = get_message (self, sender, name,
      DATA_TEST_SECONDS * GST_SECOND);

  fail_unless (message != NULL, "no %s came", name);
  return message;
}

void
data_test_expect (DataTest * self, gboolean sender, const gchar * name,
    const gchar * field, const gchar * value)
{
  g_autoptr (GstMessage) message = data_test_wait_message (self, sender, name);

  fail_unless_equals_string (gst_structure_get_string
      (gst_message_get_structure (message), field), value);
}

void
data_test_expect_none (DataTest * self, gboolean sender, const gchar * name)
{
  g_autoptr (GstMessage) message = get_message (self, sender, name, 0);

  fail_if (message, "%s came", name);
}

/* --- the room --- */

DataTest *
data_test_new (void)
{
  DataTest *self = g_new0 (DataTest, 1);

  self->folder = g_dir_make_tmp ("gst-call-data-XXXXXX", NULL);
  self->receivers = g_ptr_array_new ();
  self->bus = gst_bus_new ();
  g_mutex_init (&self->order);
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->wire = gst_pad_new ("wire", GST_PAD_SINK);
  gst_pad_set_element_private (self->wire, self);
  gst_pad_set_chain_function (self->wire, on_buffer);
  gst_pad_set_event_function (self->wire, on_event);
  gst_pad_set_query_function (self->wire, on_query);
  gst_pad_set_active (self->wire, TRUE);
  return self;
}

DataReceiver *
data_test_add_receiver (DataTest * self, const gchar * id,
    const gchar * properties)
{
  DataReceiver *receiver = g_new0 (DataReceiver, 1);
  g_autofree gchar *line = NULL;
  g_autoptr (GstPad) sink = NULL;

  receiver->test = self;
  receiver->id = g_strdup (id);
  receiver->directory = g_build_filename (self->folder, id, NULL);
  receiver->text = -1;
  line = g_strdup_printf ("callfiledepay directory=%s %s", receiver->directory,
      properties);
  receiver->depay = gst_parse_launch (line, NULL);
  fail_unless (receiver->depay != NULL, "%s", line);
  gst_object_ref_sink (receiver->depay);
  gst_element_set_bus (receiver->depay, self->bus);
  receiver->out = gst_pad_new ("out", GST_PAD_SRC);
  gst_pad_set_element_private (receiver->out, receiver);
  gst_pad_set_event_function (receiver->out, on_reply);
  sink = gst_element_get_static_pad (receiver->depay, "sink");
  fail_unless_equals_int (gst_pad_link (receiver->out, sink), GST_PAD_LINK_OK);
  gst_pad_set_active (receiver->out, TRUE);
  gst_pad_push_event (receiver->out, gst_event_new_stream_start (id));
  fail_unless_equals_int (gst_element_set_state (receiver->depay,
          GST_STATE_PLAYING), GST_STATE_CHANGE_SUCCESS);
  g_mutex_lock (&self->lock);
  g_ptr_array_add (self->receivers, receiver);
  g_mutex_unlock (&self->lock);
  return receiver;
}

void
data_test_start (DataTest * self, const gchar * format, ...)
{
  g_autofree gchar *line = NULL;
  g_autoptr (GError) error = NULL;
  g_autoptr (GstPad) src = NULL;
  va_list args;

  va_start (args, format);
  line = g_strdup_vprintf (format, args);
  va_end (args);
  self->pipeline = gst_parse_launch (line, &error);
  fail_unless (self->pipeline && !error, "%s", error ? error->message : line);
  self->pay = gst_bin_get_by_name (GST_BIN (self->pipeline), "pay");
  src = gst_element_get_static_pad (self->pay, "src");
  fail_unless_equals_int (gst_pad_link (src, self->wire), GST_PAD_LINK_OK);
  fail_if (gst_element_set_state (self->pipeline, GST_STATE_PLAYING) ==
      GST_STATE_CHANGE_FAILURE, "%s", line);
}

void
data_test_wait_eos (DataTest * self)
{
  gint64 end = g_get_monotonic_time () +
      10 * DATA_TEST_SECONDS * G_TIME_SPAN_SECOND;

  g_mutex_lock (&self->lock);
  while (!self->eos) {
    if (!g_cond_wait_until (&self->cond, &self->lock, end))
      ck_abort_msg ("no EOS came");
  }
  g_mutex_unlock (&self->lock);
}

static void
receiver_free (DataReceiver * receiver)
{
  gst_element_set_state (receiver->depay, GST_STATE_NULL);
  gst_element_set_bus (receiver->depay, NULL);
  gst_pad_set_active (receiver->out, FALSE);
  /* the clock's thread may still be in it for a moment */
  for (guint i = 0; i < 1000
      && GST_OBJECT_REFCOUNT_VALUE (receiver->depay) > 1; i++)
    g_usleep (1000);
  gst_check_teardown_element (receiver->depay);
  gst_object_unref (receiver->out);
  fail_if_hidden (receiver->directory);
  g_free (receiver->directory);
  g_free (receiver->id);
  g_free (receiver);
}

void
data_test_free (DataTest * self)
{
  if (self->pipeline) {
    gst_element_set_state (self->pipeline, GST_STATE_NULL);
    gst_object_unref (self->pay);
    gst_object_unref (self->pipeline);
  }
  gst_pad_set_active (self->wire, FALSE);
  /* its messages hold their elements */
  gst_bus_set_flushing (self->bus, TRUE);
  for (guint i = 0; i < self->receivers->len; i++)
    receiver_free (g_ptr_array_index (self->receivers, i));
  g_ptr_array_unref (self->receivers);
  /* until then they may say something */
  gst_object_unref (self->wire);
  gst_object_unref (self->bus);
  remove_folder (self->folder);
  g_free (self->folder);
  g_mutex_clear (&self->order);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  g_free (self);
}
