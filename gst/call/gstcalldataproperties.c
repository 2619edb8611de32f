/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of a data_<label>. Threads and lock: see gstcalldataout.c.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcalldataout-private.h"

enum
{
  PROP_0,
  PROP_ORDERED,
  PROP_MAX_RETRANSMITS,
  PROP_MAX_PACKET_LIFETIME,
  PROP_PROTOCOL,
  PROP_NEGOTIATED,
  PROP_ID,
  PROP_TO,
  PROP_HOLD,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
gst_call_data_out_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallDataOut *self = GST_CALL_DATA_OUT (object);
  GstCallDataSettings *settings = &self->settings;

  g_mutex_lock (&self->lock);
  switch (id) {
    case PROP_ORDERED:
      settings->ordered = g_value_get_boolean (value);
      break;
    case PROP_MAX_RETRANSMITS:
      settings->max_retransmits = g_value_get_int (value);
      break;
    case PROP_MAX_PACKET_LIFETIME:
      settings->max_packet_lifetime = g_value_get_int (value);
      break;
    case PROP_PROTOCOL:
      g_free (settings->protocol);
      settings->protocol = g_value_dup_string (value);
      break;
    case PROP_NEGOTIATED:
      settings->negotiated = g_value_get_boolean (value);
      break;
    case PROP_ID:
      settings->id = g_value_get_int (value);
      break;
    case PROP_TO:
      g_free (self->to);
      self->to = g_value_dup_string (value);
      break;
    case PROP_HOLD:
      self->hold = g_value_get_boolean (value);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  g_cond_broadcast (&self->room);
  g_mutex_unlock (&self->lock);
}

static void
gst_call_data_out_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallDataOut *self = GST_CALL_DATA_OUT (object);
  GstCallDataSettings *settings = &self->settings;

  g_mutex_lock (&self->lock);
  switch (id) {
    case PROP_ORDERED:
      g_value_set_boolean (value, settings->ordered);
      break;
    case PROP_MAX_RETRANSMITS:
      g_value_set_int (value, settings->max_retransmits);
      break;
    case PROP_MAX_PACKET_LIFETIME:
      g_value_set_int (value, settings->max_packet_lifetime);
      break;
    case PROP_PROTOCOL:
      g_value_set_string (value, settings->protocol);
      break;
    case PROP_NEGOTIATED:
      g_value_set_boolean (value, settings->negotiated);
      break;
    case PROP_ID:
      g_value_set_int (value, settings->id);
      break;
    case PROP_TO:
      g_value_set_string (value, self->to);
      break;
    case PROP_HOLD:
      g_value_set_boolean (value, self->hold);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
  g_mutex_unlock (&self->lock);
}

static void
install_channel_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;

  /**
   * GstCallDataOut:ordered:
   *
   * Whether messages arrive in the order in which they were sent. These
   * properties are those of RTCDataChannelInit (W3C webrtc-pc, 6.2); what is set
   * counts for channels that are opened later.
   *
   * Since: 0.1
   */
  props[PROP_ORDERED] = g_param_spec_boolean ("ordered", "Ordered",
      "Messages arrive in the order in which they are sent", TRUE, flags);
  /**
   * GstCallDataOut:max-retransmits:
   *
   * How often a lost message is sent again; -1: until it arrives. Anything else,
   * or #GstCallDataOut:max-packet-lifetime, also means that what nobody takes is
   * dropped and not waited for. Only one of both may be set.
   *
   * Since: 0.1
   */
  props[PROP_MAX_RETRANSMITS] = g_param_spec_int ("max-retransmits",
      "Max retransmits", "How often a lost message is sent again; -1: until it "
      "arrives", -1, 65535, -1, flags);
  /**
   * GstCallDataOut:max-packet-lifetime:
   *
   * For how many ms a message is sent and sent again; -1: until it arrives.
   *
   * Since: 0.1
   */
  props[PROP_MAX_PACKET_LIFETIME] = g_param_spec_int ("max-packet-lifetime",
      "Max packet lifetime", "How long a message is tried, ms; -1: until it "
      "arrives", -1, 65535, -1, flags);
}

static void
install_other_channel_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_READY;

  /**
   * GstCallDataOut:protocol:
   *
   * The channel's subprotocol, for the application on the other side.
   *
   * Since: 0.1
   */
  props[PROP_PROTOCOL] = g_param_spec_string ("protocol", "Protocol",
      "Subprotocol of the channel", "", flags);
  /**
   * GstCallDataOut:negotiated:
   *
   * Both sides make the channel with the same #GstCallDataOut:id, nothing about
   * it is sent. It has to be set before a call connects.
   *
   * Since: 0.1
   */
  props[PROP_NEGOTIATED] = g_param_spec_boolean ("negotiated", "Negotiated",
      "Both sides make the channel by themselves, with the same id", FALSE,
      flags);
  /**
   * GstCallDataOut:id:
   *
   * The SCTP stream of a negotiated channel. 0 is that of the room protocol.
   *
   * Since: 0.1
   */
  props[PROP_ID] = g_param_spec_int ("id", "Id",
      "Stream of a negotiated channel", 1, 1023, 1, flags);
}

static void
install_our_properties (void)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS |
      GST_PARAM_MUTABLE_PLAYING;

  /**
   * GstCallDataOut:to:
   *
   * Peer id of the only one to whom messages go; empty: to all. A message with a
   * peer-id in its GstCallDataMeta goes to that one.
   *
   * Since: 0.1
   */
  props[PROP_TO] = g_param_spec_string ("to", "To",
      "Id of the only peer that gets the messages; empty: all", "", flags);
  /**
   * GstCallDataOut:hold:
   *
   * While nobody has the channel: TRUE: what is pushed waits; FALSE: it is
   * dropped, so that a live source is never held up.
   *
   * Since: 0.1
   */
  props[PROP_HOLD] = g_param_spec_boolean ("hold", "Hold",
      "Wait with what is pushed until somebody has the channel", TRUE, flags);
}

void
gst_call_data_out_install_properties (GObjectClass * klass)
{
  klass->set_property = gst_call_data_out_set_property;
  klass->get_property = gst_call_data_out_get_property;
  install_channel_properties ();
  install_other_channel_properties ();
  install_our_properties ();
  g_object_class_install_properties (klass, N_PROPS, props);
}
