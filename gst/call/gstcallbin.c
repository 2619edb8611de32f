/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callbin
 * @title: callbin
 * @short_description: a whole WebRTC call with everybody in a room
 *
 * callbin joins a room through a signalling server and connects with each
 * peer in it: gst-launch lines, browsers, anybody who speaks
 * signaling/PROTOCOL.md. What is given to its request pads is encoded once for
 * all of them; what they send comes out of sometimes pads.
 *
 * A remote pad is a *slot*: `remote_video_0` and `remote_audio_0` appear with
 * the first peer's media and stay. When that peer leaves they go quiet; the
 * next peer is shown in them.
 *
 * The DTLS certificate of a peer is compared with the fingerprint it announced
 * before any media or data crosses, in either direction.
 *
 * In PAUSED a call is on hold: the connections stay, what the peers send is left
 * out. In READY one has left.
 *
 * ## Example launch line
 * |[
 * gst-launch-1.0 callbin name=call listen=127.0.0.1:0 room=tea videotestsrc is-live=true ! call.video_0 audiotestsrc is-live=true ! call.audio_0
 * ]|
 *
 * ## Element messages
 *
 * The table stands in gstcallroom.c; besides those, `call-listening` (url,
 * fingerprint: string) when #GstCallBin:listen is set, and `call-stats` (as
 * #GstCallBin:stats) every #GstCallBin:stats-interval.
 *
 * Since: 0.1
 */
/*
 * Threads
 *   name       runs                                         may take  never
 *   app        properties, request pads, state changes,     OBJECT    -
 *              actions; waits for the worker when leaving,
 *              releasing a pad, reading stats
 *   worker     signalling, negotiation, peers (gstcallroom,  OBJECT    waits for
 *              gstcallpeer), the room's owner functions               app
 *   streaming  media; errors of children come in here       OBJECT    waits
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: settings, tracks, outs
 *
 * No lock is held while emitting, posting, linking, or calling webrtcbin.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallbin-private.h"
#include "gstcallelements.h"

GST_DEBUG_CATEGORY (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define VIDEO_CAPS "video/x-raw; video/x-vp8; video/x-h264"
#define AUDIO_CAPS "audio/x-raw; audio/x-opus"

static GstStaticPadTemplate video_template =
GST_STATIC_PAD_TEMPLATE ("video_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS (VIDEO_CAPS));
static GstStaticPadTemplate audio_template =
GST_STATIC_PAD_TEMPLATE ("audio_%u", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS (AUDIO_CAPS));
static GstStaticPadTemplate remote_video_template =
GST_STATIC_PAD_TEMPLATE ("remote_video_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS (VIDEO_CAPS));
static GstStaticPadTemplate remote_audio_template =
GST_STATIC_PAD_TEMPLATE ("remote_audio_%u", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS (AUDIO_CAPS));

static GstStaticPadTemplate data_template =
GST_STATIC_PAD_TEMPLATE ("data_%s", GST_PAD_SINK, GST_PAD_REQUEST,
    GST_STATIC_CAPS_ANY);
static GstStaticPadTemplate remote_data_template =
    GST_STATIC_PAD_TEMPLATE ("remote_data_%s", GST_PAD_SRC, GST_PAD_SOMETIMES,
    GST_STATIC_CAPS ("text/x-raw, format = (string) utf8; "
        "application/octet-stream"));

/* GstBin's own children, and the signaller */

static GstChildProxyInterface *parent_child_proxy;

static GObject *
gst_call_bin_get_child_by_name (GstChildProxy * proxy, const gchar * name)
{
  GstCallBin *self = GST_CALL_BIN (proxy);

  /* found by its name only: child-added is for GstObjects, gst_parse_launch()
   * takes whatever it is given for one */
  if (g_strcmp0 (name, "signaller") == 0)
    return self->connection ?
        g_object_ref (G_OBJECT (gst_call_connect_get_signaller
            (self->connection))) : NULL;
  return parent_child_proxy->get_child_by_name (proxy, name);
}

static void
gst_call_bin_child_proxy_init (gpointer g_iface, gpointer data)
{
  GstChildProxyInterface *iface = g_iface;

  parent_child_proxy = g_type_interface_peek_parent (iface);
  iface->get_child_by_name = gst_call_bin_get_child_by_name;
}

G_DEFINE_FINAL_TYPE_WITH_CODE (GstCallBin, gst_call_bin, GST_TYPE_BIN,
    G_IMPLEMENT_INTERFACE (GST_TYPE_CHILD_PROXY,
        gst_call_bin_child_proxy_init));
GST_ELEMENT_REGISTER_DEFINE (callbin, "callbin", GST_RANK_NONE,
    GST_TYPE_CALL_BIN);

/* What the room asks; all on the worker */

static void
post_error (GstCallBin * self, const GError * error)
{
  g_autoptr (GError) translated = gst_call_connect_translate (error);

  gst_element_message_full (GST_ELEMENT (self), GST_MESSAGE_ERROR,
      translated->domain, translated->code, g_strdup (translated->message),
      g_strdup (error->message), __FILE__, GST_FUNCTION, __LINE__);
}

static void
room_failed (GstElement * element, const GError * error)
{
  post_error (GST_CALL_BIN (element), error);
}

static const GstCallRoomOwner room_owner = {
  gst_call_tracks_get, gst_call_signals_peer_added, room_failed,
  gst_call_messages_list,
  gst_call_messages_opened, gst_call_messages_pending_changed,
  gst_call_messages_received
};

GstCallWorker *
gst_call_bin_get_worker (GstCallBin * self)
{
  GstCallWorker *worker = NULL;

  GST_OBJECT_LOCK (self);
  if (self->worker)
    worker = gst_call_worker_ref (self->worker);
  GST_OBJECT_UNLOCK (self);
  return worker;
}

/* Statistics */

static void
take_stats (gpointer object, gpointer data)
{
  GstCallBin *self = object;

  *(GstStructure **) data = gst_call_room_get_stats (self->room);
}

GstStructure *
gst_call_bin_get_stats (GstCallBin * self)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);
  GstStructure *stats = NULL;

  if (worker)
    gst_call_worker_run (worker, take_stats, self, &stats);
  return stats ? stats : gst_structure_new_empty ("call-stats");
}

static gboolean
on_stats_timer (gpointer data)
{
  GstCallBin *self = data;

  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element
      (GST_OBJECT (self), gst_call_room_get_stats (self->room)));
  return G_SOURCE_CONTINUE;
}

/* States */

static void
announce (GstCallBin * self)
{
  const gchar *url = gst_call_connect_get_url (self->connection);
  const gchar *fingerprint =
      gst_call_connect_get_fingerprint (self->connection);

  if (!url)
    return;
  /* people have to read it; stdout may be a pad's (fdsink) */
  g_printerr ("Open %s\n", url);
  if (fingerprint)
    g_printerr ("Certificate SHA-256 %s\n", fingerprint);
  gst_element_post_message (GST_ELEMENT (self), gst_message_new_element
      (GST_OBJECT (self), gst_structure_new ("call-listening", "url",
              G_TYPE_STRING, url, "fingerprint", G_TYPE_STRING, fingerprint,
              NULL)));
}

static gboolean
prepare (GstCallBin * self)
{
  g_autoptr (GError) error = NULL;

  gst_call_settings_tell (self);
  if (!gst_call_elements_check (GST_ELEMENT (self)))
    return FALSE;
  self->connection = gst_call_connect_new (&self->connect, &error);
  if (!self->connection) {
    post_error (self, error);
    return FALSE;
  }
  announce (self);
  gst_call_elements_warm_up ();
  return TRUE;
}

/* Those of the list that this machine can encode and decode */
static gchar **
usable_codecs (gchar ** names)
{
  g_autoptr (GPtrArray) usable = g_ptr_array_new ();

  for (; *names; names++) {
    const GstCallCodec *codec = gst_call_codec_find (*names);

    if (gst_call_codec_can_encode (codec) && gst_call_codec_can_decode (codec))
      g_ptr_array_add (usable, g_strdup (*names));
  }
  g_ptr_array_add (usable, NULL);
  return (gchar **) g_ptr_array_free (g_steal_pointer (&usable), FALSE);
}

static void
start (GstCallBin * self)
{
  GstCallPeerConfig *config = &self->peer_config;
  GstCallWorker *worker = gst_call_worker_new ("callbin");
  g_auto (GStrv) audio = NULL;
  g_auto (GStrv) video = NULL;

  GST_OBJECT_LOCK (self);
  audio = g_strdupv (self->codecs[GST_CALL_KIND_AUDIO]);
  video = g_strdupv (self->codecs[GST_CALL_KIND_VIDEO]);
  GST_OBJECT_UNLOCK (self);
  config->audio_codecs = usable_codecs (audio);
  config->video_codecs = usable_codecs (video);
  config->worker = worker;
  GST_OBJECT_LOCK (self);
  self->worker = worker;
  config->ice_servers = self->parsed_servers ?
      g_ptr_array_ref (self->parsed_servers) : NULL;
  config->tls_ca_file = self->connect.tls_ca_file;
  config->relay_only = self->relay_only;
  config->min_port = self->min_port;
  config->max_port = self->max_port;
  config->latency = self->latency;
  config->decode = self->decode;
  config->connect_timeout = self->connect_timeout;
  GST_OBJECT_UNLOCK (self);
  if (config->max_port && config->min_port > config->max_port) {
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS,
        ("min-port=%u is greater than max-port=%u: any port is used",
            config->min_port, config->max_port), (NULL));
    config->min_port = config->max_port = 0;
  }
  self->room = gst_call_room_new (GST_ELEMENT (self), &room_owner, config,
      self->max_peers);
  gst_call_files_prepare (self);
}

static void
join_room (gpointer object, gpointer data)
{
  GstCallBin *self = object;

  gst_call_room_join (self->room,
      gst_call_connect_get_signaller (self->connection));
  if (self->stats_interval)
    self->stats_timer = gst_call_worker_add_timer (self->worker,
        self->stats_interval, on_stats_timer, self);
}

static void
leave_room (gpointer object, gpointer data)
{
  GstCallBin *self = object;

  gst_call_worker_clear_timer (&self->stats_timer);
  gst_call_worker_clear_timer (&self->linger);
  gst_call_files_end_all (self);
  gst_call_room_leave (self->room);
}

static void
stop (GstCallBin * self)
{
  if (!self->worker)
    return;
  gst_call_worker_run (self->worker, leave_room, self, NULL);
  self->joined = FALSE;
}

static void
clean_up (GstCallBin * self)
{
  g_autoptr (GstCallWorker) worker = NULL;

  if (!self->worker)
    return;
  gst_call_room_remove_slots (self->room);
  gst_call_messages_remove_pads (self);
  GST_OBJECT_LOCK (self);
  worker = g_steal_pointer (&self->worker);
  GST_OBJECT_UNLOCK (self);
  gst_call_worker_stop (worker);
  gst_call_files_end_all (self);
  gst_call_files_clean_up (self);
  g_clear_object (&self->room);
  g_clear_pointer (&self->peer_config.audio_codecs, g_strfreev);
  g_clear_pointer (&self->peer_config.video_codecs, g_strfreev);
  g_clear_pointer (&self->peer_config.ice_servers, g_ptr_array_unref);
}

static void
change_failed (GstCallBin * self, GstStateChange transition)
{
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    clean_up (self);
  else if (transition == GST_STATE_CHANGE_NULL_TO_READY)
    g_clear_pointer (&self->connection, gst_call_connect_free);
}

static GstStateChangeReturn
gst_call_bin_change_state (GstElement * element, GstStateChange transition)
{
  GstCallBin *self = GST_CALL_BIN (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_NULL_TO_READY && !prepare (self))
    return GST_STATE_CHANGE_FAILURE;
  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED)
    start (self);
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY)
    stop (self);

  ret = GST_ELEMENT_CLASS (gst_call_bin_parent_class)->change_state (element,
      transition);
  if (ret == GST_STATE_CHANGE_FAILURE) {
    change_failed (self, transition);
    return ret;
  }

  switch (transition) {
    case GST_STATE_CHANGE_READY_TO_PAUSED:
    case GST_STATE_CHANGE_PLAYING_TO_PAUSED:
      /* live: what comes out depends on others */
      ret = GST_STATE_CHANGE_NO_PREROLL;
      break;
    case GST_STATE_CHANGE_PAUSED_TO_PLAYING:
      if (!self->joined) {
        self->joined = TRUE;
        gst_call_worker_post (self->worker, join_room, self, NULL, NULL);
      }
      break;
    case GST_STATE_CHANGE_PAUSED_TO_READY:
      clean_up (self);
      break;
    case GST_STATE_CHANGE_READY_TO_NULL:
      g_clear_pointer (&self->connection, gst_call_connect_free);
      break;
    default:
      break;
  }
  return ret;
}

/* Messages and events */

GstElement *
gst_call_bin_find_child (GstCallBin * self, GstObject * object)
{
  g_autoptr (GstObject) i = object ? gst_object_ref (object) : NULL;

  while (i) {
    GstObject *parent = gst_object_get_parent (i);

    if (parent == GST_OBJECT (self)) {
      gst_object_unref (parent);
      return GST_ELEMENT (g_steal_pointer (&i));
    }
    gst_object_unref (i);
    i = parent;
  }
  return NULL;
}

/* What breaks in one peer's connection is that peer's end, not the call's. */
static void
gst_call_bin_handle_message (GstBin * bin, GstMessage * message)
{
  g_autoptr (GstElement) child = NULL;

  if (GST_MESSAGE_TYPE (message) == GST_MESSAGE_ERROR)
    child = gst_call_bin_find_child (GST_CALL_BIN (bin),
        GST_MESSAGE_SRC (message));
  if (child && GST_IS_CALL_PEER (child)) {
    g_autoptr (GError) error = NULL;
    g_autofree gchar *debug = NULL;

    gst_message_parse_error (message, &error, &debug);
    GST_WARNING_OBJECT (child, "%s (%s)", error->message, debug);
    gst_call_peer_child_failed (GST_CALL_PEER (child), error->message);
    gst_message_unref (message);
    return;
  }
  if (gst_call_files_handle_message (GST_CALL_BIN (bin), message))
    gst_message_unref (message);
  else
    GST_BIN_CLASS (gst_call_bin_parent_class)->handle_message (bin, message);
}

void
gst_call_bin_hang_up (GstCallBin * self)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);

  if (worker)
    gst_call_worker_post (worker, leave_room, self, NULL, NULL);
}

static void
end_call (gpointer object, gpointer data)
{
  GstCallBin *self = object;

  leave_room (self, NULL);
  /* sinks that nobody was ever shown in end as well */
  gst_call_room_make_slots (self->room);
  gst_call_messages_make_pads (self);
}

/* A stream must begin before it ends, also one that nobody was shown in. */
static void
begin_stream (GstElement * element, GstPad * pad)
{
  g_autoptr (GstEvent) start =
      gst_pad_get_sticky_event (pad, GST_EVENT_STREAM_START, 0);
  g_autofree gchar *id = NULL;
  GstSegment segment;

  if (start)
    return;
  id = g_strdup_printf ("%s/%s", GST_OBJECT_NAME (element),
      GST_OBJECT_NAME (pad));
  gst_segment_init (&segment, GST_FORMAT_TIME);
  gst_pad_push_event (pad, gst_event_new_stream_start (id));
  gst_pad_push_event (pad, gst_event_new_segment (&segment));
}

/* In a thread of its own: a sink that is not playing yet holds up whoever
 * gives it the end. */
static void
push_eos (GstElement * element, gpointer data)
{
  GstIterator *pads = gst_element_iterate_src_pads (element);
  GstIteratorResult result = GST_ITERATOR_OK;
  g_auto (GValue) item = G_VALUE_INIT;

  while (result == GST_ITERATOR_OK || result == GST_ITERATOR_RESYNC) {
    result = gst_iterator_next (pads, &item);
    if (result == GST_ITERATOR_RESYNC)
      gst_iterator_resync (pads);
    if (result != GST_ITERATOR_OK)
      continue;
    begin_stream (element, g_value_get_object (&item));
    gst_pad_push_event (g_value_get_object (&item), gst_event_ref (data));
    g_value_reset (&item);
  }
  gst_iterator_free (pads);
  gst_element_post_message (element,
      gst_message_new_eos (GST_OBJECT (element)));
}

static void
event_unref (gpointer event)
{
  gst_event_unref (event);
}

/* gst-launch -e: the call ends, and so does everything behind it. There is no
 * sink of the pipeline's in here, so we say ourselves that this end is
 * reached. */
static gboolean
gst_call_bin_send_event (GstElement * element, GstEvent * event)
{
  g_autoptr (GstCallWorker) worker =
      gst_call_bin_get_worker (GST_CALL_BIN (element));

  if (GST_EVENT_TYPE (event) != GST_EVENT_EOS)
    return GST_ELEMENT_CLASS (gst_call_bin_parent_class)->send_event (element,
        event);

  if (worker)
    gst_call_worker_run (worker, end_call, element, NULL);
  GST_OBJECT_FLAG_SET (element, GST_ELEMENT_FLAG_SINK);
  gst_element_call_async (element, push_eos, event, event_unref);
  return TRUE;
}

static void
gst_call_bin_finalize (GObject * object)
{
  gst_call_settings_clear (GST_CALL_BIN (object));
  g_ptr_array_unref (GST_CALL_BIN (object)->outs);
  g_ptr_array_unref (GST_CALL_BIN (object)->ins);
  g_ptr_array_unref (GST_CALL_BIN (object)->sending);
  g_queue_clear_full (&GST_CALL_BIN (object)->unsaid, g_free);
  G_OBJECT_CLASS (gst_call_bin_parent_class)->finalize (object);
}

static GstPad *
gst_call_bin_request_pad (GstElement * element, GstPadTemplate * template,
    const gchar * name, const GstCaps * caps)
{
  if (g_str_has_prefix (GST_PAD_TEMPLATE_NAME_TEMPLATE (template), "data"))
    return gst_call_messages_request_pad (element, template, name);
  return gst_call_tracks_request_pad (element, template, name, caps);
}

static void
gst_call_bin_release_pad (GstElement * element, GstPad * pad)
{
  if (g_str_has_prefix (GST_OBJECT_NAME (pad), "data_"))
    gst_call_messages_release_pad (element, pad);
  else
    gst_call_tracks_release_pad (element, pad);
}

static void
gst_call_bin_class_init (GstCallBinClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  gst_call_settings_install (gobject_class);
  gst_call_signals_install (gobject_class);
  gobject_class->finalize = gst_call_bin_finalize;
  element_class->request_new_pad = gst_call_bin_request_pad;
  element_class->release_pad = gst_call_bin_release_pad;
  element_class->change_state = gst_call_bin_change_state;
  element_class->send_event = gst_call_bin_send_event;
  GST_BIN_CLASS (klass)->handle_message = gst_call_bin_handle_message;

  gst_element_class_set_static_metadata (element_class, "WebRTC call",
      "Source/Sink/Network/WebRTC",
      "Joins a room and calls everybody in it", "gst-call developers");
  gst_element_class_add_static_pad_template (element_class, &video_template);
  gst_element_class_add_static_pad_template (element_class, &audio_template);
  gst_element_class_add_static_pad_template (element_class,
      &remote_video_template);
  gst_element_class_add_static_pad_template (element_class,
      &remote_audio_template);
  gst_element_class_add_static_pad_template (element_class, &data_template);
  gst_element_class_add_static_pad_template (element_class,
      &remote_data_template);
}

static void
gst_call_bin_init (GstCallBin * self)
{
  gst_call_settings_init (self);
  self->outs = g_ptr_array_new_with_free_func (gst_object_unref);
  self->ins = g_ptr_array_new ();
  self->sending = g_ptr_array_new ();
  g_queue_init (&self->unsaid);
  /* The sinks inside are webrtcbin's and follow no clock: they count neither
   * for the latency of what is played nor for end of stream. */
  gst_bin_set_suppressed_flags (GST_BIN (self),
      GST_ELEMENT_FLAG_SOURCE | GST_ELEMENT_FLAG_SINK);
  GST_OBJECT_FLAG_SET (self, GST_ELEMENT_FLAG_SOURCE);
}
