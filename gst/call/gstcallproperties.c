/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What callbin's properties are; gstcallsettings.c takes and gives them.
 *
 * Threads: the class is made once, by whoever asks first.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallbin-private.h"

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstCallIceTransportPolicy, gst_call_ice_transport_policy,
    G_DEFINE_ENUM_VALUE (GST_CALL_ICE_TRANSPORT_POLICY_ALL, "all"),
    G_DEFINE_ENUM_VALUE (GST_CALL_ICE_TRANSPORT_POLICY_RELAY, "relay"))
/* *INDENT-ON* */

static GParamSpec *props[GST_CALL_N_SETTINGS];

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
   * #GstCallBin:listen, not both.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_URI] = g_param_spec_string ("uri", "URI",
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
  props[GST_CALL_SETTING_LISTEN] = g_param_spec_string ("listen", "Listen",
      "HOST:PORT to run the signalling server on, in this process", NULL,
      READY);
  /**
   * GstCallBin:room:
   *
   * Name of the room when hosting (#GstCallBin:listen): letters, digits and
   * `.` `_` `~` `-`. Unset: a random one.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_ROOM] = g_param_spec_string ("room", "Room",
      "Room to be in when hosting with listen", NULL, READY);
}

static void
install_identity_properties (void)
{
  /**
   * GstCallBin:display-name:
   *
   * What others in the room see, at most 128 bytes. Unset: the host name.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_DISPLAY_NAME] = g_param_spec_string ("display-name",
      "Display name", "Name that others in the room see", NULL, READY);
  /**
   * GstCallBin:peer-id:
   *
   * The id to ask for; unset, the server picks one.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_PEER_ID] = g_param_spec_string ("peer-id", "Peer id",
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
  props[GST_CALL_SETTING_TOKEN] = g_param_spec_string ("token", "Token",
      "Token for the room; reads as unset", NULL, READY);
  /**
   * GstCallBin:token-file:
   *
   * A file with the token in its first line.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_TOKEN_FILE] =
      g_param_spec_string ("token-file", "Token file",
      "File with the token for the room", NULL, READY);
  /**
   * GstCallBin:tls-ca-file:
   *
   * PEM file of the authorities that may vouch for a `wss:` or `turns:`
   * server, such as the one that `call-server --self-signed` prints. Unset:
   * the system's.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_TLS_CA_FILE] =
      g_param_spec_string ("tls-ca-file", "TLS CA file",
      "Who may vouch for the server; unset: the system's", NULL, READY);
  /**
   * GstCallBin:tls-insecure:
   *
   * Take any certificate of the server. Whoever sits between can then listen
   * in: for tests.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_TLS_INSECURE] = g_param_spec_boolean ("tls-insecure",
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
  props[GST_CALL_SETTING_VIDEO_CODECS] = gst_param_spec_array ("video-codecs",
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
  props[GST_CALL_SETTING_AUDIO_CODECS] = gst_param_spec_array ("audio-codecs",
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
  props[GST_CALL_SETTING_MAX_BITRATE] =
      g_param_spec_uint ("max-bitrate", "Max bitrate",
      "Bit rate of our video, bits per second", 6000, 100000000,
      GST_CALL_DEFAULT_MAX_BITRATE, PLAYING);
}

static void
install_limit_properties (void)
{
  /**
   * GstCallBin:max-peers:
   *
   * With how many to connect at once. Others wait, and who has waited longest
   * is connected when one leaves.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_MAX_PEERS] =
      g_param_spec_uint ("max-peers", "Max peers",
      "With how many peers to connect", 1, 255, GST_CALL_DEFAULT_MAX_PEERS,
      READY);
  /**
   * GstCallBin:latency:
   *
   * What received media is buffered, in milliseconds, against jitter and for
   * retransmissions. 60 leaves room for one on a local network.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_LATENCY] = g_param_spec_uint ("latency", "Latency",
      "Buffering of what is received, ms", 0, 5000, GST_CALL_DEFAULT_LATENCY,
      READY);
  /**
   * GstCallBin:decode:
   *
   * FALSE: remote pads give encoded media.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_DECODE] = g_param_spec_boolean ("decode", "Decode",
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
   * Those that the signalling server hands out are added. Any number: the
   * fastest STUN server is used, and what is of no use is told.
   *
   * |[ ice-servers='<"stun:192.0.2.1:3478", (GstStructure)"server,urls=turn:192.0.2.1:3478,username=me,credential=secret">' ]|
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_ICE_SERVERS] = gst_param_spec_array ("ice-servers",
      "ICE servers", "STUN and TURN servers: URLs, or structures with urls, "
      "username, credential", NULL, READY);
  /**
   * GstCallBin:ice-transport-policy:
   *
   * `relay`: only through a TURN server (W3C RTCIceTransportPolicy).
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_ICE_TRANSPORT_POLICY] = g_param_spec_enum
      ("ice-transport-policy", "ICE transport policy",
      "Which candidates may be used", GST_TYPE_CALL_ICE_TRANSPORT_POLICY,
      GST_CALL_ICE_TRANSPORT_POLICY_ALL, READY);
  /**
   * GstCallBin:min-port:
   *
   * Least UDP port for media; 0: any. Each peer takes one port of the range on
   * each address of this machine.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_MIN_PORT] = g_param_spec_uint ("min-port",
      "Min port", "Least UDP port for media; 0: any", 0, 65535, 0, READY);
  /**
   * GstCallBin:max-port:
   *
   * Greatest UDP port for media; 0: any.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_MAX_PORT] = g_param_spec_uint ("max-port",
      "Max port", "Greatest UDP port for media; 0: any", 0, 65535, 0, READY);
}

static void
install_data_properties (void)
{
  /**
   * GstCallBin:download-directory:
   *
   * Where files go that peers send, made if it is not there (0700); then there is
   * no pad `remote_data_files`. What is taken, under which name, and the element
   * messages: callfiledepay with its defaults. Unset: files are for the pad, and
   * refused while it is not linked.
   *
   * Since: 0.1
   */
  props[GST_CALL_SETTING_DOWNLOAD_DIRECTORY] = g_param_spec_string
      ("download-directory", "Download directory",
      "Where files go that peers send; unset: out of remote_data_files", NULL,
      READY);
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
  props[GST_CALL_SETTING_CONNECT_TIMEOUT] =
      g_param_spec_uint ("connect-timeout", "Connect timeout",
      "How long connecting with a peer may take, ms", 1000, 120000,
      GST_CALL_DEFAULT_CONNECT_TIMEOUT, READY);
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
  props[GST_CALL_SETTING_STATS] = g_param_spec_boxed ("stats", "Statistics",
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
  props[GST_CALL_SETTING_STATS_INTERVAL] = g_param_spec_uint ("stats-interval",
      "Statistics interval", "Post call-stats every so many ms; 0: never", 0,
      3600000, 0, READY);
}

void
gst_call_properties_install (GObjectClass * gobject_class)
{
  install_room_properties ();
  install_identity_properties ();
  install_secret_properties ();
  install_media_properties ();
  install_limit_properties ();
  install_network_properties ();
  install_data_properties ();
  install_report_properties ();
  g_object_class_install_properties (gobject_class, GST_CALL_N_SETTINGS, props);
}
