/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The values of callbin's properties (gstcallproperties.c).
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
    case GST_CALL_SETTING_URI:
      return &self->connect.uri;
    case GST_CALL_SETTING_LISTEN:
      return &self->connect.listen;
    case GST_CALL_SETTING_ROOM:
      return &self->connect.room;
    case GST_CALL_SETTING_DISPLAY_NAME:
      return &self->connect.display_name;
    case GST_CALL_SETTING_PEER_ID:
      return &self->connect.peer_id;
    case GST_CALL_SETTING_TOKEN:
      return &self->connect.token;
    case GST_CALL_SETTING_TOKEN_FILE:
      return &self->connect.token_file;
    case GST_CALL_SETTING_TLS_CA_FILE:
      return &self->connect.tls_ca_file;
    case GST_CALL_SETTING_DOWNLOAD_DIRECTORY:
      return &self->download_directory;
    default:
      return NULL;
  }
}

static guint *
uint_setting (GstCallBin * self, guint id)
{
  switch (id) {
    case GST_CALL_SETTING_MAX_BITRATE:
      return &self->max_bitrate;
    case GST_CALL_SETTING_MAX_PEERS:
      return &self->max_peers;
    case GST_CALL_SETTING_LATENCY:
      return &self->latency;
    case GST_CALL_SETTING_MIN_PORT:
      return &self->min_port;
    case GST_CALL_SETTING_MAX_PORT:
      return &self->max_port;
    case GST_CALL_SETTING_CONNECT_TIMEOUT:
      return &self->connect_timeout;
    case GST_CALL_SETTING_STATS_INTERVAL:
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
    if (id == GST_CALL_SETTING_MAX_BITRATE && self->tracks[GST_CALL_KIND_VIDEO])
      track = gst_object_ref (self->tracks[GST_CALL_KIND_VIDEO]);
  } else if (id == GST_CALL_SETTING_TLS_INSECURE) {
    self->connect.tls_insecure = g_value_get_boolean (value);
  } else if (id == GST_CALL_SETTING_DECODE) {
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
    case GST_CALL_SETTING_ICE_SERVERS:
      set_ice_servers (self, value);
      break;
    case GST_CALL_SETTING_VIDEO_CODECS:
      set_codecs (self, GST_CALL_KIND_VIDEO, value);
      break;
    case GST_CALL_SETTING_AUDIO_CODECS:
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
  if (id == GST_CALL_SETTING_TOKEN)     /* a secret: it does not show in dumps */
    g_value_set_string (value, NULL);
  else if (string)
    g_value_set_string (value, *string);
  else if (number)
    g_value_set_uint (value, *number);
  else if (id == GST_CALL_SETTING_TLS_INSECURE)
    g_value_set_boolean (value, self->connect.tls_insecure);
  else if (id == GST_CALL_SETTING_DECODE)
    g_value_set_boolean (value, self->decode);
  else if (id == GST_CALL_SETTING_ICE_SERVERS)
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
    case GST_CALL_SETTING_VIDEO_CODECS:
      get_codecs (self, GST_CALL_KIND_VIDEO, value);
      break;
    case GST_CALL_SETTING_AUDIO_CODECS:
      get_codecs (self, GST_CALL_KIND_AUDIO, value);
      break;
    case GST_CALL_SETTING_STATS:
      g_value_take_boxed (value, gst_call_bin_get_stats (self));
      break;
    default:
      get_simple (self, id, value);
  }
}

void
gst_call_settings_install (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_settings_set_property;
  gobject_class->get_property = gst_call_settings_get_property;
  gst_call_properties_install (gobject_class);
}

void
gst_call_settings_init (GstCallBin * self)
{
  static const gchar *const audio[] = { "OPUS", NULL };
  static const gchar *const video[] = { "VP8", "H264", NULL };

  g_value_init (&self->ice_servers, GST_TYPE_ARRAY);
  self->codecs[GST_CALL_KIND_AUDIO] = g_strdupv ((gchar **) audio);
  self->codecs[GST_CALL_KIND_VIDEO] = g_strdupv ((gchar **) video);
  self->max_bitrate = GST_CALL_DEFAULT_MAX_BITRATE;
  self->max_peers = GST_CALL_DEFAULT_MAX_PEERS;
  self->latency = GST_CALL_DEFAULT_LATENCY;
  self->decode = TRUE;
  self->connect_timeout = GST_CALL_DEFAULT_CONNECT_TIMEOUT;
}

void
gst_call_settings_clear (GstCallBin * self)
{
  gst_call_connect_settings_clear (&self->connect);
  g_value_unset (&self->ice_servers);
  g_clear_pointer (&self->download_directory, g_free);
  g_clear_pointer (&self->parsed_servers, g_ptr_array_unref);
  g_clear_pointer (&self->complaints, g_ptr_array_unref);
  g_clear_pointer (&self->codecs[GST_CALL_KIND_AUDIO], g_strfreev);
  g_clear_pointer (&self->codecs[GST_CALL_KIND_VIDEO], g_strfreev);
}
