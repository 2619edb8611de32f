/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * callbin's properties.
 *
 * Threads: any thread sets and gets.
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: every setting in GstCallBin
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallbin-private.h"
#include "gstcallcodec.h"
#include "gstcallice.h"

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define DEFAULT_LATENCY 60
#define DEFAULT_MAX_PEERS 16
#define DEFAULT_CONNECT_TIMEOUT 15000
#define DEFAULT_MAX_BITRATE 1500000

enum
{
  PROP_0,
  PROP_URI,
  PROP_LISTEN,
  PROP_ROOM,
  PROP_DISPLAY_NAME,
  PROP_PEER_ID,
  PROP_TOKEN,
  PROP_TOKEN_FILE,
  PROP_TLS_CA_FILE,
  PROP_TLS_INSECURE,
  PROP_ICE_SERVERS,
  PROP_ICE_TRANSPORT_POLICY,
  PROP_VIDEO_CODECS,
  PROP_AUDIO_CODECS,
  PROP_MAX_BITRATE,
  PROP_MAX_PEERS,
  PROP_LATENCY,
  PROP_DECODE,
  PROP_CONNECT_TIMEOUT,
  PROP_STATS,
  PROP_STATS_INTERVAL,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

typedef enum
{
  GST_CALL_ICE_TRANSPORT_POLICY_ALL,
  GST_CALL_ICE_TRANSPORT_POLICY_RELAY,
} GstCallIceTransportPolicy;

GType gst_call_ice_transport_policy_get_type (void);
#define GST_TYPE_CALL_ICE_TRANSPORT_POLICY \
    (gst_call_ice_transport_policy_get_type ())

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstCallIceTransportPolicy, gst_call_ice_transport_policy,
    G_DEFINE_ENUM_VALUE (GST_CALL_ICE_TRANSPORT_POLICY_ALL, "all"),
    G_DEFINE_ENUM_VALUE (GST_CALL_ICE_TRANSPORT_POLICY_RELAY, "relay"))
/* *INDENT-ON* */

void
gst_call_connect_settings_clear (GstCallConnectSettings * settings)
{
  g_clear_pointer (&settings->uri, g_free);
  g_clear_pointer (&settings->listen, g_free);
  g_clear_pointer (&settings->room, g_free);
  g_clear_pointer (&settings->display_name, g_free);
  g_clear_pointer (&settings->peer_id, g_free);
  g_clear_pointer (&settings->token, g_free);
  g_clear_pointer (&settings->token_file, g_free);
  g_clear_pointer (&settings->tls_ca_file, g_free);
}

static gchar **
string_setting (GstCallBin * self, guint id)
{
  switch (id) {
    case PROP_URI:
      return &self->connect.uri;
    case PROP_LISTEN:
      return &self->connect.listen;
    case PROP_ROOM:
      return &self->connect.room;
    case PROP_DISPLAY_NAME:
      return &self->connect.display_name;
    case PROP_PEER_ID:
      return &self->connect.peer_id;
    case PROP_TOKEN:
      return &self->connect.token;
    case PROP_TOKEN_FILE:
      return &self->connect.token_file;
    case PROP_TLS_CA_FILE:
      return &self->connect.tls_ca_file;
    default:
      return NULL;
  }
}

static guint *
uint_setting (GstCallBin * self, guint id)
{
  switch (id) {
    case PROP_MAX_BITRATE:
      return &self->max_bitrate;
    case PROP_MAX_PEERS:
      return &self->max_peers;
    case PROP_LATENCY:
      return &self->latency;
    case PROP_CONNECT_TIMEOUT:
      return &self->connect_timeout;
    case PROP_STATS_INTERVAL:
      return &self->stats_interval;
    default:
      return NULL;
  }
}

void
gst_call_settings_tell (GstCallBin * self)
{
  g_autoptr (GPtrArray) complaints = NULL;
  guint i;

  GST_OBJECT_LOCK (self);
  complaints = g_steal_pointer (&self->complaints);
  GST_OBJECT_UNLOCK (self);
  for (i = 0; complaints && i < complaints->len; i++)
    GST_ELEMENT_WARNING (self, RESOURCE, SETTINGS, ("%s",
            (const gchar *) g_ptr_array_index (complaints, i)), (NULL));
}

/* A value is not taken. In NULL nobody hears of it, as the bus is closed or not
 * there yet: then it is told at the start. */
static void
G_GNUC_PRINTF (2, 3)
complain (GstCallBin * self, const gchar * format, ...)
{
  gboolean now;
  va_list args;

  GST_OBJECT_LOCK (self);
  if (!self->complaints)
    self->complaints = g_ptr_array_new_with_free_func (g_free);
  va_start (args, format);
  g_ptr_array_add (self->complaints, g_strdup_vprintf (format, args));
  va_end (args);
  now = GST_STATE (self) > GST_STATE_NULL;
  GST_OBJECT_UNLOCK (self);
  if (now)
    gst_call_settings_tell (self);
}

static void
set_ice_servers (GstCallBin * self, const GValue * value)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GPtrArray) parsed = gst_call_ice_parse (value, &error);

  if (!parsed) {
    complain (self, "ice-servers stays as it was: %s", error->message);
    return;
  }
  GST_OBJECT_LOCK (self);
  g_value_copy (value, &self->ice_servers);
  g_clear_pointer (&self->parsed_servers, g_ptr_array_unref);
  self->parsed_servers = g_steal_pointer (&parsed);
  GST_OBJECT_UNLOCK (self);
}

/* What this machine cannot encode and decode is left out of the list. */
static void
set_codecs (GstCallBin * self, GstCallKind kind, const GValue * value)
{
  g_autoptr (GPtrArray) names = g_ptr_array_new ();
  guint i;

  for (i = 0; i < gst_value_array_get_size (value); i++) {
    const GValue *entry = gst_value_array_get_value (value, i);
    const gchar *name = G_VALUE_HOLDS_STRING (entry) ?
        g_value_get_string (entry) : NULL;
    const GstCallCodec *codec = gst_call_codec_find (name);

    if (!codec || codec->kind != kind)
      complain (self,
          "'%s' is no codec of callbin: it knows VP8, H264 and OPUS",
          name ? name : "?");
    else
      g_ptr_array_add (names, g_strdup (codec->name));
  }
  if (names->len == 0)
    return;
  g_ptr_array_add (names, NULL);
  GST_OBJECT_LOCK (self);
  g_strfreev (self->codecs[kind]);
  self->codecs[kind] = (gchar **) g_ptr_array_free (g_steal_pointer (&names),
      FALSE);
  GST_OBJECT_UNLOCK (self);
}

static void
get_codecs (GstCallBin * self, GstCallKind kind, GValue * value)
{
  guint i;

  GST_OBJECT_LOCK (self);
  for (i = 0; self->codecs[kind] && self->codecs[kind][i]; i++) {
    g_auto (GValue) entry = G_VALUE_INIT;

    g_value_init (&entry, G_TYPE_STRING);
    g_value_set_string (&entry, self->codecs[kind][i]);
    gst_value_array_append_value (value, &entry);
  }
  GST_OBJECT_UNLOCK (self);
}

static void
set_simple (GstCallBin * self, guint id, const GValue * value,
    GParamSpec * pspec)
{
  gchar **string = string_setting (self, id);
  guint *number = uint_setting (self, id);
  GstCallTrack *track = NULL;

  GST_OBJECT_LOCK (self);
  if (string) {
    g_free (*string);
    *string = g_value_dup_string (value);
  } else if (number) {
    *number = g_value_get_uint (value);
    if (id == PROP_MAX_BITRATE && self->tracks[GST_CALL_KIND_VIDEO])
      track = gst_object_ref (self->tracks[GST_CALL_KIND_VIDEO]);
  } else if (id == PROP_TLS_INSECURE) {
    self->connect.tls_insecure = g_value_get_boolean (value);
  } else if (id == PROP_DECODE) {
    self->decode = g_value_get_boolean (value);
  } else {
    self->relay_only = g_value_get_enum (value) ==
        GST_CALL_ICE_TRANSPORT_POLICY_RELAY;
  }
  GST_OBJECT_UNLOCK (self);
  if (track) {
    g_object_set_property (G_OBJECT (track), "max-bitrate", value);
    gst_object_unref (track);
  }
}

static void
gst_call_settings_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallBin *self = GST_CALL_BIN (object);

  switch (id) {
    case PROP_ICE_SERVERS:
      set_ice_servers (self, value);
      break;
    case PROP_VIDEO_CODECS:
      set_codecs (self, GST_CALL_KIND_VIDEO, value);
      break;
    case PROP_AUDIO_CODECS:
      set_codecs (self, GST_CALL_KIND_AUDIO, value);
      break;
    default:
      set_simple (self, id, value, pspec);
  }
}

static void
get_simple (GstCallBin * self, guint id, GValue * value)
{
  gchar **string = string_setting (self, id);
  guint *number = uint_setting (self, id);

  GST_OBJECT_LOCK (self);
  if (id == PROP_TOKEN)         /* a secret: it does not show in dumps */
    g_value_set_string (value, NULL);
  else if (string)
    g_value_set_string (value, *string);
  else if (number)
    g_value_set_uint (value, *number);
  else if (id == PROP_TLS_INSECURE)
    g_value_set_boolean (value, self->connect.tls_insecure);
  else if (id == PROP_DECODE)
    g_value_set_boolean (value, self->decode);
  else if (id == PROP_ICE_SERVERS)
    g_value_copy (&self->ice_servers, value);
  else
    g_value_set_enum (value, self->relay_only ?
        GST_CALL_ICE_TRANSPORT_POLICY_RELAY :
        GST_CALL_ICE_TRANSPORT_POLICY_ALL);
  GST_OBJECT_UNLOCK (self);
}

static void
gst_call_settings_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallBin *self = GST_CALL_BIN (object);

  switch (id) {
    case PROP_VIDEO_CODECS:
      get_codecs (self, GST_CALL_KIND_VIDEO, value);
      break;
    case PROP_AUDIO_CODECS:
      get_codecs (self, GST_CALL_KIND_AUDIO, value);
      break;
    case PROP_STATS:
      g_value_take_boxed (value, gst_call_bin_get_stats (self));
      break;
    default:
      get_simple (self, id, value);
  }
}

#define READY (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_READY)
#define PLAYING (G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | \
    GST_PARAM_MUTABLE_PLAYING)

static void
install_room_properties (void)
{
  /**
   * GstCallBin:uri:
   *
   * The room to join: `ws[s]://HOST[:PORT]/room/ROOM`. Either this or
   * #GstCallBin:listen.
   *
   * Since: 0.1
   */
  props[PROP_URI] = g_param_spec_string ("uri", "URI",
      "Room to join: ws[s]://HOST[:PORT]/room/ROOM", NULL, READY);
  /**
   * GstCallBin:listen:
   *
   * `HOST:PORT` on which to run the signalling server in this process
   * (port 0: any free one); the room is #GstCallBin:room. On an address other
   * than loopback it speaks TLS with a certificate of its own making, and the
   * URL and fingerprint are printed and posted as `call-listening`.
   *
   * Since: 0.1
   */
  props[PROP_LISTEN] = g_param_spec_string ("listen", "Listen",
      "HOST:PORT to run the signalling server on, in this process", NULL,
      READY);
  /**
   * GstCallBin:room:
   *
   * Name of the room when hosting (#GstCallBin:listen): letters, digits, `-`,
   * `_`. Unset: a random one.
   *
   * Since: 0.1
   */
  props[PROP_ROOM] = g_param_spec_string ("room", "Room",
      "Room to be in when hosting with listen", NULL, READY);
  /**
   * GstCallBin:display-name:
   *
   * What others in the room see, at most 128 bytes. Unset: the host name.
   *
   * Since: 0.1
   */
  props[PROP_DISPLAY_NAME] = g_param_spec_string ("display-name",
      "Display name", "Name that others in the room see", NULL, READY);
  /**
   * GstCallBin:peer-id:
   *
   * The id to ask for; unset, the server picks one.
   *
   * Since: 0.1
   */
  props[PROP_PEER_ID] = g_param_spec_string ("peer-id", "Peer id",
      "Id to ask for; unset: the server picks one", NULL, READY);
}

static void
install_secret_properties (void)
{
  /**
   * GstCallBin:token:
   *
   * Proof that we may enter, when the server asks for one (a JSON Web Token,
   * RFC 7519). Reads as unset. See also #GstCallBin:token-file, which does
   * not show in the process list.
   *
   * Since: 0.1
   */
  props[PROP_TOKEN] = g_param_spec_string ("token", "Token",
      "Token for the room; reads as unset", NULL, READY);
  /**
   * GstCallBin:token-file:
   *
   * A file with the token in its first line.
   *
   * Since: 0.1
   */
  props[PROP_TOKEN_FILE] = g_param_spec_string ("token-file", "Token file",
      "File with the token for the room", NULL, READY);
  /**
   * GstCallBin:tls-ca-file:
   *
   * PEM file of the authorities that may vouch for a `wss:` server, such as
   * the one that `call-server --self-signed` prints. Unset: the system's.
   *
   * Since: 0.1
   */
  props[PROP_TLS_CA_FILE] = g_param_spec_string ("tls-ca-file", "TLS CA file",
      "Who may vouch for the server; unset: the system's", NULL, READY);
  /**
   * GstCallBin:tls-insecure:
   *
   * Take any certificate of the server. Whoever sits between can then listen
   * in: for tests.
   *
   * Since: 0.1
   */
  props[PROP_TLS_INSECURE] = g_param_spec_boolean ("tls-insecure",
      "TLS insecure", "Take any certificate of the server", FALSE, READY);
}

static void
install_media_properties (void)
{
  /**
   * GstCallBin:video-codecs:
   *
   * Which to use, best first: `VP8`, `H264` (constrained baseline).
   *
   * Since: 0.1
   */
  props[PROP_VIDEO_CODECS] = gst_param_spec_array ("video-codecs",
      "Video codecs", "Video codecs, best first",
      g_param_spec_string ("codec", "Codec", "Name as in SDP", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), READY);
  /**
   * GstCallBin:audio-codecs:
   *
   * Which to use, best first: `OPUS`.
   *
   * Since: 0.1
   */
  props[PROP_AUDIO_CODECS] = gst_param_spec_array ("audio-codecs",
      "Audio codecs", "Audio codecs, best first",
      g_param_spec_string ("codec", "Codec", "Name as in SDP", NULL,
          G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS), READY);
  /**
   * GstCallBin:max-bitrate:
   *
   * What our video may use, bits per second, shared by all peers; the same as
   * `video_0::max-bitrate`.
   *
   * Since: 0.1
   */
  props[PROP_MAX_BITRATE] = g_param_spec_uint ("max-bitrate", "Max bitrate",
      "Bit rate of our video, bits per second", 6000, 100000000,
      DEFAULT_MAX_BITRATE, PLAYING);
}

static void
install_limit_properties (void)
{
  /**
   * GstCallBin:max-peers:
   *
   * With how many to connect at once.
   *
   * Since: 0.1
   */
  props[PROP_MAX_PEERS] = g_param_spec_uint ("max-peers", "Max peers",
      "With how many peers to connect", 1, 255, DEFAULT_MAX_PEERS, READY);
  /**
   * GstCallBin:latency:
   *
   * What received media is buffered, in milliseconds, against jitter and for
   * retransmissions. 60 leaves room for one on a local network.
   *
   * Since: 0.1
   */
  props[PROP_LATENCY] = g_param_spec_uint ("latency", "Latency",
      "Buffering of what is received, ms", 0, 5000, DEFAULT_LATENCY, READY);
  /**
   * GstCallBin:decode:
   *
   * FALSE: remote pads give encoded media.
   *
   * Since: 0.1
   */
  props[PROP_DECODE] = g_param_spec_boolean ("decode", "Decode",
      "Remote pads give raw media", TRUE, READY);
}

static void
install_network_properties (void)
{
  /**
   * GstCallBin:ice-servers:
   *
   * STUN and TURN servers, as W3C's RTCIceServer: each entry a URL
   * (`stun:HOST:PORT`) or a structure with `urls`, `username`, `credential`.
   * Those that the signalling server hands out are added.
   *
   * |[ ice-servers='<"stun:192.0.2.1:3478", (GstStructure)"server, urls=turn:192.0.2.1:3478, username=me, credential=secret">' ]|
   *
   * Since: 0.1
   */
  props[PROP_ICE_SERVERS] = gst_param_spec_array ("ice-servers",
      "ICE servers", "STUN and TURN servers: URLs, or structures with urls, "
      "username, credential", NULL, READY);
  /**
   * GstCallBin:ice-transport-policy:
   *
   * `relay`: only through a TURN server (W3C RTCIceTransportPolicy).
   *
   * Since: 0.1
   */
  props[PROP_ICE_TRANSPORT_POLICY] = g_param_spec_enum
      ("ice-transport-policy", "ICE transport policy",
      "Which candidates may be used", GST_TYPE_CALL_ICE_TRANSPORT_POLICY,
      GST_CALL_ICE_TRANSPORT_POLICY_ALL, READY);
}

static void
install_report_properties (void)
{
  /**
   * GstCallBin:connect-timeout:
   *
   * How long a connection with a peer may take, in milliseconds, before it
   * fails with code `timeout`.
   *
   * Since: 0.1
   */
  props[PROP_CONNECT_TIMEOUT] = g_param_spec_uint ("connect-timeout",
      "Connect timeout", "How long connecting with a peer may take, ms", 1000,
      120000, DEFAULT_CONNECT_TIMEOUT, READY);
  /**
   * GstCallBin:stats:
   *
   * What the call is doing, a structure of structures: `video_0`, `audio_0`
   * (our tracks), and for each peer `peer-ID` with `outbound-…`, `inbound-…`
   * and `candidate-pair` in the names of W3C webrtc-stats. Not to be read from
   * a streaming thread.
   *
   * Since: 0.1
   */
  props[PROP_STATS] = g_param_spec_boxed ("stats", "Statistics",
      "Statistics of the call", GST_TYPE_STRUCTURE,
      G_PARAM_READABLE | G_PARAM_STATIC_STRINGS);
  /**
   * GstCallBin:stats-interval:
   *
   * Post #GstCallBin:stats as an element message `call-stats` every so many
   * milliseconds; 0: never.
   *
   * Since: 0.1
   */
  props[PROP_STATS_INTERVAL] = g_param_spec_uint ("stats-interval",
      "Statistics interval", "Post call-stats every so many ms; 0: never", 0,
      3600000, 0, READY);
}

void
gst_call_settings_install (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_settings_set_property;
  gobject_class->get_property = gst_call_settings_get_property;
  install_room_properties ();
  install_secret_properties ();
  install_media_properties ();
  install_limit_properties ();
  install_network_properties ();
  install_report_properties ();
  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

void
gst_call_settings_init (GstCallBin * self)
{
  static const gchar *const audio[] = { "OPUS", NULL };
  static const gchar *const video[] = { "VP8", "H264", NULL };

  g_value_init (&self->ice_servers, GST_TYPE_ARRAY);
  self->codecs[GST_CALL_KIND_AUDIO] = g_strdupv ((gchar **) audio);
  self->codecs[GST_CALL_KIND_VIDEO] = g_strdupv ((gchar **) video);
  self->max_bitrate = DEFAULT_MAX_BITRATE;
  self->max_peers = DEFAULT_MAX_PEERS;
  self->latency = DEFAULT_LATENCY;
  self->decode = TRUE;
  self->connect_timeout = DEFAULT_CONNECT_TIMEOUT;
}

void
gst_call_settings_clear (GstCallBin * self)
{
  gst_call_connect_settings_clear (&self->connect);
  g_value_unset (&self->ice_servers);
  g_clear_pointer (&self->parsed_servers, g_ptr_array_unref);
  g_clear_pointer (&self->complaints, g_ptr_array_unref);
  g_clear_pointer (&self->codecs[GST_CALL_KIND_AUDIO], g_strfreev);
  g_clear_pointer (&self->codecs[GST_CALL_KIND_VIDEO], g_strfreev);
}
