/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callfilepay
 * @title: callfilepay
 *
 * Sends a file to the peers of a data channel: offers it, cuts it into messages,
 * keeps within what each of them has acknowledged, and ends when they have it.
 *
 * It stands in front of a data pad of callbin. From a source that can be read
 * anywhere (filesrc) it serves each peer from where that one is: late ones and
 * those that come back after a lost connection, too. What any other source
 * delivers is sent as it comes, once; each stream is a file of its own, and who
 * comes when the beginning has gone gets none.
 *
 * EOS goes downstream when everybody who accepted has the file or has failed,
 * and at least one was there; a peer that fails is told as a warning.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 -m callbin name=call uri=ws://localhost:8080/room/tea filesrc location=photo.jpg ! callfilepay ! call.data_files
 * ]|
 *
 * ## Element messages
 *
 * `call-file-progress`: at most five times a second for each peer.
 *
 * | field    | type   | meaning                                       |
 * |----------|--------|-----------------------------------------------|
 * | id       | uint   | number of the transfer                        |
 * | name     | string | of the file                                   |
 * | peer-id  | string | the peer                                      |
 * | position | uint64 | bytes that it has acknowledged                |
 * | size     | int64  | bytes of the file, -1 if not known            |
 *
 * `call-file-sent`: a peer has the file and its hash fits. id, name, peer-id;
 * size (uint64).
 *
 * `call-file-failed`: a peer does not get it. id, name, peer-id; code (string):
 * what the receiver says ("refused", "too-big", "no-space", "bad-name",
 * "bad-hash", "bad-order", "too-many", "failed"), or "cancelled" by either,
 * "timeout", "gone", "late"; text (string) for people.
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcallfilepay-private.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallfilepay-private.h"

#include "gstcalldata.h"

GST_DEBUG_CATEGORY (gst_call_file_pay_debug);
#define GST_CAT_DEFAULT gst_call_file_pay_debug

#define DEFAULT_CHUNK_SIZE (32 * 1024)
/* Less than what makes a pad of callbin wait for a peer, so that a slow one never
 * holds up the task; more made it no faster, only busier */
#define DEFAULT_WINDOW (768 * 1024)
#define DEFAULT_TIMEOUT 60      /* s */
#define MAX_PEERS 256

enum
{
  PROP_0,
  PROP_FILE_NAME,
  PROP_MEDIA_TYPE,
  PROP_CHUNK_SIZE,
  PROP_WINDOW,
  PROP_TO,
  PROP_RECEIVERS_TIMEOUT,
  N_PROPS
};

enum
{
  SIGNAL_CANCEL,
  N_SIGNALS
};

static GParamSpec *props[N_PROPS];
static guint signals[N_SIGNALS];

static GstStaticPadTemplate sink_template = GST_STATIC_PAD_TEMPLATE ("sink",
    GST_PAD_SINK, GST_PAD_ALWAYS, GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate src_template = GST_STATIC_PAD_TEMPLATE ("src",
    GST_PAD_SRC, GST_PAD_ALWAYS, GST_STATIC_CAPS (GST_CALL_DATA_TEXT_CAPS "; "
        GST_CALL_DATA_BINARY_CAPS));

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCallFilePay, gst_call_file_pay,
    GST_TYPE_ELEMENT, GST_DEBUG_CATEGORY_INIT (gst_call_file_pay_debug,
        "callfilepay", 0, "files to peers"));
GST_ELEMENT_REGISTER_DEFINE (callfilepay, "callfilepay", GST_RANK_NONE,
    GST_TYPE_CALL_FILE_PAY);

/* --- what comes back from peers --- */

void
gst_call_file_pay_add_peer_locked (GstCallFilePay * self, const gchar * peer_id)
{
  gboolean wanted;

  GST_OBJECT_LOCK (self);
  wanted = !*self->to || g_str_equal (self->to, peer_id);
  GST_OBJECT_UNLOCK (self);
  if (!wanted || (g_hash_table_size (self->peers) >= MAX_PEERS
          && !g_hash_table_contains (self->peers, peer_id)))
    return;
  g_hash_table_add (self->peers, g_strdup (peer_id));
  if (self->receivers)
    gst_call_file_receivers_open (self->receivers, peer_id,
        g_get_monotonic_time ());
}

static void
remove_peer_locked (GstCallFilePay * self, const gchar * peer_id)
{
  g_hash_table_remove (self->peers, peer_id);
  if (g_hash_table_size (self->closed) < MAX_PEERS)
    g_hash_table_add (self->closed, g_strdup (peer_id));
  if (self->receivers)
    gst_call_file_receivers_close (self->receivers, peer_id,
        g_get_monotonic_time ());
}

static void
on_peer (GstCallFilePay * self, const GstStructure * fields)
{
  const gchar *peer_id = gst_structure_get_string (fields, "peer-id");
  gboolean open = FALSE;

  if (!peer_id || !gst_structure_get_boolean (fields, "open", &open))
    return;
  GST_DEBUG_OBJECT (self, "%s is %s", peer_id, open ? "there" : "away");
  g_mutex_lock (&self->lock);
  if (open) {
    g_hash_table_remove (self->closed, peer_id);
    gst_call_file_pay_add_peer_locked (self, peer_id);
  } else {
    remove_peer_locked (self, peer_id);
  }
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* From a peer, not to be trusted */
static void
on_message (GstCallFilePay * self, const GstStructure * fields)
{
  const gchar *peer_id = gst_structure_get_string (fields, "peer-id");
  const gchar *text = gst_structure_get_string (fields, "text");
  g_autoptr (GstCallFileMessage) message = NULL;

  if (!peer_id || !text)
    return;
  message = gst_call_file_message_parse (text, strlen (text));
  if (!message)
    return;
  GST_LOG_OBJECT (self, "from %s: %s", peer_id, text);
  g_mutex_lock (&self->lock);
  if (self->receivers
      && gst_call_file_receivers_apply (self->receivers, peer_id, message,
          g_get_monotonic_time ()))
    g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

static gboolean
gst_call_file_pay_src_event (GstPad * pad, GstObject * parent, GstEvent * event)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);
  const GstStructure *fields = gst_event_get_structure (event);

  switch (GST_EVENT_TYPE (event)) {
    case GST_EVENT_CUSTOM_UPSTREAM:
      if (gst_structure_has_name (fields, GST_CALL_DATA_PEER))
        on_peer (self, fields);
      else if (gst_structure_has_name (fields, GST_CALL_DATA_MESSAGE))
        on_message (self, fields);
      else
        break;
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_RECONFIGURE:
      /* perhaps linked to something else, where others are */
      g_mutex_lock (&self->lock);
      self->ask = TRUE;
      g_cond_broadcast (&self->cond);
      g_mutex_unlock (&self->lock);
      gst_event_unref (event);
      return TRUE;
    case GST_EVENT_SEEK:
      gst_event_unref (event);
      return FALSE;
    default:
      break;
  }
  return gst_pad_event_default (pad, parent, event);
}

/* --- pads and states --- */

/* A file that can be read anywhere has a length, too */
static gboolean
activate_pull (GstPad * pad)
{
  g_autoptr (GstQuery) query = gst_query_new_scheduling ();
  gint64 size;

  if (!gst_pad_peer_query (pad, query)
      || !gst_query_has_scheduling_mode_with_flags (query, GST_PAD_MODE_PULL,
          GST_SCHEDULING_FLAG_SEEKABLE)
      || !gst_pad_activate_mode (pad, GST_PAD_MODE_PULL, TRUE))
    return FALSE;
  if (gst_pad_peer_query_duration (pad, GST_FORMAT_BYTES, &size) && size >= 0
      && size <= GST_CALL_FILE_MAX_SIZE)
    return TRUE;
  gst_pad_activate_mode (pad, GST_PAD_MODE_PULL, FALSE);
  return FALSE;
}

static gboolean
gst_call_file_pay_sink_activate (GstPad * pad, GstObject * parent)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);
  GstPadMode mode = GST_PAD_MODE_PULL;

  if (!activate_pull (pad)) {
    mode = GST_PAD_MODE_PUSH;
    if (!gst_pad_activate_mode (pad, mode, TRUE))
      return FALSE;
  }
  g_mutex_lock (&self->lock);
  self->mode = mode;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
gst_call_file_pay_sink_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);

  g_mutex_lock (&self->lock);
  if (!active)
    self->mode = GST_PAD_MODE_NONE;
  self->sink_flushing = !active;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return TRUE;
}

static gboolean
gst_call_file_pay_src_activate_mode (GstPad * pad, GstObject * parent,
    GstPadMode mode, gboolean active)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (parent);

  if (mode != GST_PAD_MODE_PUSH)
    return FALSE;
  g_mutex_lock (&self->lock);
  self->flushing = !active;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  return active ? gst_pad_start_task (pad, gst_call_file_pay_loop, self, NULL)
      : gst_pad_stop_task (pad);
}

static void
prepare (GstCallFilePay * self)
{
  g_mutex_lock (&self->lock);
  gst_call_file_pay_reset_locked (self);
  self->over = self->eos = FALSE;
  self->flow = GST_FLOW_OK;
  self->ask = TRUE;
  self->segment_size = -1;
  g_mutex_unlock (&self->lock);
  self->task.n_files = 0;
  self->task.begun = self->task.told_start = FALSE;
}

/* The task may be reading: what it reads from is stopped first */
static void
interrupt (GstCallFilePay * self)
{
  g_mutex_lock (&self->lock);
  self->flushing = self->sink_flushing = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
  gst_pad_set_active (self->sink, FALSE);
}

static void
clean_up (GstCallFilePay * self)
{
  g_mutex_lock (&self->lock);
  gst_call_file_pay_reset_locked (self);
  g_hash_table_remove_all (self->peers);
  g_hash_table_remove_all (self->closed);
  g_mutex_unlock (&self->lock);
}

static GstStateChangeReturn
gst_call_file_pay_change_state (GstElement * element, GstStateChange transition)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (element);
  GstStateChangeReturn result;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    prepare (self);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    interrupt (self);
  result = GST_ELEMENT_CLASS (gst_call_file_pay_parent_class)->change_state
      (element, transition);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    clean_up (self);
  return result;
}

static void
gst_call_file_pay_cancel (GstCallFilePay * self)
{
  g_mutex_lock (&self->lock);
  self->cancelled = TRUE;
  g_cond_broadcast (&self->cond);
  g_mutex_unlock (&self->lock);
}

/* --- GObject --- */

static void
set_string (gchar ** field, const GValue * value)
{
  const gchar *text = g_value_get_string (value);

  g_free (*field);
  *field = g_strdup (text ? text : "");
}

static void
gst_call_file_pay_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_FILE_NAME:
      set_string (&self->file_name, value);
      break;
    case PROP_MEDIA_TYPE:
      set_string (&self->media_type, value);
      break;
    case PROP_CHUNK_SIZE:
      self->chunk_size = g_value_get_uint (value);
      break;
    case PROP_WINDOW:
      self->window = g_value_get_uint (value);
      break;
    case PROP_TO:
      set_string (&self->to, value);
      break;
    case PROP_RECEIVERS_TIMEOUT:
      self->timeout = g_value_get_uint (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_file_pay_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_FILE_NAME:
      g_value_set_string (value, self->file_name);
      break;
    case PROP_MEDIA_TYPE:
      g_value_set_string (value, self->media_type);
      break;
    case PROP_CHUNK_SIZE:
      g_value_set_uint (value, self->chunk_size);
      break;
    case PROP_WINDOW:
      g_value_set_uint (value, self->window);
      break;
    case PROP_TO:
      g_value_set_string (value, self->to);
      break;
    case PROP_RECEIVERS_TIMEOUT:
      g_value_set_uint (value, self->timeout);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_file_pay_finalize (GObject * object)
{
  GstCallFilePay *self = GST_CALL_FILE_PAY (object);

  g_clear_pointer (&self->receivers, gst_call_file_receivers_free);
  g_clear_pointer (&self->hash, gst_call_file_hash_free);
  gst_call_file_ring_clear (&self->ring);
  g_hash_table_unref (self->peers);
  g_hash_table_unref (self->closed);
  g_free (self->sha256);
  g_free (self->task.key);
  g_free (self->task.name);
  g_free (self->task.media_type);
  g_free (self->file_name);
  g_free (self->media_type);
  g_free (self->to);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (gst_call_file_pay_parent_class)->finalize (object);
}

static void
gst_call_file_pay_install_properties (GObjectClass * gobject_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS;

  gobject_class->set_property = gst_call_file_pay_set_property;
  gobject_class->get_property = gst_call_file_pay_get_property;

  /**
   * GstCallFilePay:file-name:
   *
   * Name that receivers are told. Empty: that of the file or address that is
   * read, and "file" if there is none. Read when a file begins.
   *
   * Since: 0.1
   */
  props[PROP_FILE_NAME] = g_param_spec_string ("file-name", "File name",
      "Name that receivers are told (empty = that of what is read)", "",
      flags | GST_PARAM_MUTABLE_PLAYING);
  /**
   * GstCallFilePay:media-type:
   *
   * Media type that receivers are told. Empty: what the name's ending says.
   * Read when a file begins.
   *
   * Since: 0.1
   */
  props[PROP_MEDIA_TYPE] = g_param_spec_string ("media-type", "Media type",
      "Media type that receivers are told (empty = by the name's ending)", "",
      flags | GST_PARAM_MUTABLE_PLAYING);
  /**
   * GstCallFilePay:chunk-size:
   *
   * Bytes of the file in one message.
   *
   * Since: 0.1
   */
  props[PROP_CHUNK_SIZE] = g_param_spec_uint ("chunk-size", "Chunk size",
      "Bytes of the file in one message", 1, GST_CALL_FILE_MAX_CHUNK,
      DEFAULT_CHUNK_SIZE, flags | GST_PARAM_MUTABLE_READY);
  /**
   * GstCallFilePay:window:
   *
   * Bytes on the way to a receiver that it has not acknowledged yet. With
   * several receivers each has 768 KiB at most. More than the default helps on
   * long and fast networks, but then one that is slow holds up whatever else
   * there is to do for the file.
   *
   * Since: 0.1
   */
  props[PROP_WINDOW] = g_param_spec_uint ("window", "Window",
      "Bytes on the way to a receiver, not acknowledged",
      GST_CALL_FILE_MIN_WINDOW, GST_CALL_FILE_WINDOW, DEFAULT_WINDOW,
      flags | GST_PARAM_MUTABLE_READY);
  /**
   * GstCallFilePay:to:
   *
   * Id of the only peer that gets the file. Empty: everybody.
   *
   * Since: 0.1
   */
  props[PROP_TO] = g_param_spec_string ("to", "To",
      "Id of the only peer that gets it (empty = everybody)", "",
      flags | GST_PARAM_MUTABLE_READY);
  /**
   * GstCallFilePay:receivers-timeout:
   *
   * Time that a receiver may take to accept the file, to take more of it, to
   * say that it has it, or to come back when its connection was lost. 0: for
   * ever. The first one is waited for without end.
   *
   * Since: 0.1
   */
  props[PROP_RECEIVERS_TIMEOUT] = g_param_spec_uint ("receivers-timeout",
      "Receivers timeout",
      "Time after which a receiver that does not go on has failed (s, 0 = "
      "never)", 0, 24 * 60 * 60, DEFAULT_TIMEOUT,
      flags | GST_PARAM_MUTABLE_READY);
  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_file_pay_install_signals (GObjectClass * gobject_class)
{
  /**
   * GstCallFilePay::cancel:
   *
   * Action: the file is no longer sent; those that do not have it are told so.
   * Then EOS goes downstream, or the next file of a source that pushes.
   *
   * Since: 0.1
   */
  signals[SIGNAL_CANCEL] = g_signal_new_class_handler ("cancel",
      G_TYPE_FROM_CLASS (gobject_class), G_SIGNAL_RUN_LAST | G_SIGNAL_ACTION,
      G_CALLBACK (gst_call_file_pay_cancel), NULL, NULL, NULL, G_TYPE_NONE, 0);
}

static void
gst_call_file_pay_class_init (GstCallFilePayClass * klass)
{
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gst_call_data_init ();
  G_OBJECT_CLASS (klass)->finalize = gst_call_file_pay_finalize;
  element_class->change_state = gst_call_file_pay_change_state;
  gst_call_file_pay_install_properties (G_OBJECT_CLASS (klass));
  gst_call_file_pay_install_signals (G_OBJECT_CLASS (klass));
  gst_element_class_add_static_pad_template (element_class, &sink_template);
  gst_element_class_add_static_pad_template (element_class, &src_template);
  gst_element_class_set_static_metadata (element_class, "File sender",
      "Codec/Payloader/Network",
      "Sends a file to the peers of a data channel", "gst-call");
}

static void
gst_call_file_pay_init (GstCallFilePay * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->peers = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->closed = g_hash_table_new_full (g_str_hash, g_str_equal, g_free, NULL);
  self->flushing = self->sink_flushing = TRUE;
  self->size = -1;
  self->reading = G_MAXUINT64;
  self->hash = gst_call_file_hash_new ();

  self->sink = gst_pad_new_from_static_template (&sink_template, "sink");
  gst_pad_set_activate_function (self->sink, gst_call_file_pay_sink_activate);
  gst_pad_set_activatemode_function (self->sink,
      gst_call_file_pay_sink_activate_mode);
  gst_pad_set_chain_function (self->sink, gst_call_file_pay_chain);
  gst_pad_set_event_function (self->sink, gst_call_file_pay_sink_event);
  gst_element_add_pad (GST_ELEMENT (self), self->sink);

  self->src = gst_pad_new_from_static_template (&src_template, "src");
  gst_pad_set_activatemode_function (self->src,
      gst_call_file_pay_src_activate_mode);
  gst_pad_set_event_function (self->src, gst_call_file_pay_src_event);
  gst_pad_set_query_function (self->src, gst_call_file_pay_src_query);
  gst_element_add_pad (GST_ELEMENT (self), self->src);
}
