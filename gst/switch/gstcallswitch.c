/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
/**
 * SECTION:element-callswitch
 * @title: callswitch
 *
 * replaceTrack() for any pipeline: several inputs, one output, and nobody
 * downstream notices which input it is.
 *
 * The output is one unbroken stream: one segment, caps that never change,
 * running time that never goes back. The *active* input is sent. When `active`
 * names another one, the old goes on until the new can take over: raw pictures
 * with its next picture, raw sound in a fade of 10 ms that loses no sample,
 * encoded streams with its next key frame, which it is asked for. Inputs have
 * to deliver what the first active one does: put converters in front of them.
 *
 * Live inputs that are not active are dropped. Others stay in step with the
 * output: what was not sent while it passed is not sent later. They wait in
 * their own thread, so put a queue in front of inputs that share one.
 *
 * ## Example launch lines
 * |[
 * gst-launch-1.0 callswitch name=s active=sink_1 ! videoconvert ! autovideosink videotestsrc is-live=true ! s.sink_0 videotestsrc is-live=true pattern=ball ! s.sink_1
 * ]|
 *
 * ## Element messages
 *
 * `call-track-switched`: another input is sent from now on.
 *
 * | field   | type   | meaning                                            |
 * |---------|--------|----------------------------------------------------|
 * | from    | string | name of the pad before, "" for none                |
 * | to      | string | name of the pad that is sent now                   |
 * | gap     | uint64 | ns of running time between their buffers; sound: of silence put in |
 * | latency | uint64 | ns from the request to the first new buffer        |
 *
 * `call-input-stalled`: the active input has delivered nothing for
 * stall-timeout, or has ended.
 *
 * | field  | type   | meaning                                    |
 * |--------|--------|--------------------------------------------|
 * | pad    | string | its name, "" if it has been released       |
 * | action | string | "hold", "blank" or "next"                  |
 *
 * Since: 0.1
 */

/* Threads and locks: see gstcallswitch-private.h. */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"
#include "gstcallswitch-private.h"

#define GST_CAT_DEFAULT gst_call_swap_debug

#define DEFAULT_STALL_TIMEOUT 1000      /* ms */
#define MAX_STALL_TIMEOUT (60 * 60 * 1000)

/* *INDENT-OFF* */
G_DEFINE_ENUM_TYPE (GstCallOnStall, gst_call_on_stall,
    G_DEFINE_ENUM_VALUE (GST_CALL_ON_STALL_HOLD, "hold"),
    G_DEFINE_ENUM_VALUE (GST_CALL_ON_STALL_BLANK, "blank"),
    G_DEFINE_ENUM_VALUE (GST_CALL_ON_STALL_NEXT, "next"))
G_DEFINE_ENUM_TYPE (GstCallSwitchEos, gst_call_switch_eos,
    G_DEFINE_ENUM_VALUE (GST_CALL_SWITCH_EOS_ALL, "all"),
    G_DEFINE_ENUM_VALUE (GST_CALL_SWITCH_EOS_ACTIVE, "active"))
/* *INDENT-ON* */

enum
{
  PROP_0,
  PROP_ACTIVE,
  PROP_ACTIVE_PAD,
  PROP_ON_STALL,
  PROP_STALL_TIMEOUT,
  PROP_EOS,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

G_DEFINE_FINAL_TYPE (GstCallSwitch, gst_call_switch, GST_TYPE_CALL_SWAP);
GST_ELEMENT_REGISTER_DEFINE (callswitch, "callswitch", GST_RANK_NONE,
    GST_TYPE_CALL_SWITCH);

/* --- selection --- */

gchar *
gst_call_switch_dup_wanted (GstCallSwitch * self)
{
  gchar *name;

  GST_OBJECT_LOCK (self);
  name = g_strdup (self->wanted);
  GST_OBJECT_UNLOCK (self);
  return name;
}

static void
set_wanted (GstCallSwitch * self, const gchar * name)
{
  gboolean changed;

  GST_OBJECT_LOCK (self);
  changed = !g_str_equal (self->wanted, name);
  if (changed) {
    g_free (self->wanted);
    self->wanted = g_strdup (name);
  }
  GST_OBJECT_UNLOCK (self);
  if (!changed)
    return;
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE]);
  g_object_notify_by_pspec (G_OBJECT (self), props[PROP_ACTIVE_PAD]);
}

static GstPad *
find_input (GstCallSwitch * self, const gchar * name)
{
  GstPad *pad = gst_element_get_static_pad (GST_ELEMENT (self), name);

  if (pad && GST_PAD_IS_SINK (pad))
    return pad;
  gst_clear_object (&pad);
  return NULL;
}

void
gst_call_switch_select (GstCallSwitch * self, GstPad * pad)
{
  set_wanted (self, GST_PAD_NAME (pad));
  gst_call_swap_select (GST_CALL_SWAP (self), pad);
}

static gchar *
describe_inputs (GstCallSwitch * self)
{
  g_autoptr (GString) names = g_string_new (NULL);
  g_autolist (GstPad) pads = gst_call_swap_ref_inputs (GST_CALL_SWAP (self));

  for (GList * l = pads; l; l = l->next)
    g_string_append_printf (names, "%s%s", names->len ? ", " : "",
        GST_OBJECT_NAME (l->data));
  return g_strdup (names->len ? names->str : "none");
}

static void
warn_no_input (GstCallSwitch * self, const gchar * name)
{
  g_autofree gchar *known = describe_inputs (self);

  GST_ELEMENT_WARNING (self, RESOURCE, NOT_FOUND,
      ("There is no input \"%.80s\". Set active to one of: %s.", name, known),
      (NULL));
}

/* Before PAUSED the pad may still come. */
static void
select_by_name (GstCallSwitch * self, const gchar * name)
{
  g_autoptr (GstPad) pad = find_input (self, name);

  if (pad)
    gst_call_switch_select (self, pad);
  else if (GST_STATE (self) > GST_STATE_READY)
    warn_no_input (self, name);
  else
    set_wanted (self, name);
}

static void
gst_call_switch_switched (GstCallSwap * swap, GstPad * pad)
{
  GstCallSwitch *self = GST_CALL_SWITCH (swap);
  g_autofree gchar *from = NULL;
  GstClockTime gap, latency;

  GST_OBJECT_LOCK (self);
  from = self->sent;
  self->sent = g_strdup (GST_PAD_NAME (pad));
  GST_OBJECT_UNLOCK (self);
  gst_call_swap_get_last_switch (swap, &gap, &latency);
  gst_element_post_message (GST_ELEMENT (self),
      gst_message_new_element (GST_OBJECT (self),
          gst_structure_new ("call-track-switched",
              "from", G_TYPE_STRING, from ? from : "",
              "to", G_TYPE_STRING, GST_PAD_NAME (pad),
              "gap", G_TYPE_UINT64, gap,
              "latency", G_TYPE_UINT64, latency, NULL)));
}

/* --- pads --- */

static GstPad *
gst_call_switch_request_new_pad (GstElement * element,
    GstPadTemplate * template, const gchar * name, const GstCaps * caps)
{
  GstCallSwitch *self = GST_CALL_SWITCH (element);
  g_autofree gchar *wanted = gst_call_switch_dup_wanted (self);
  GstPad *pad =
      GST_ELEMENT_CLASS (gst_call_switch_parent_class)->request_new_pad
      (element, template, name, caps);

  if (pad && (*wanted == '\0' || g_str_equal (wanted, GST_PAD_NAME (pad))))
    gst_call_switch_select (self, pad);
  return pad;
}

static void
gst_call_switch_release_pad (GstElement * element, GstPad * pad)
{
  GstCallSwitch *self = GST_CALL_SWITCH (element);
  g_autofree gchar *wanted = gst_call_switch_dup_wanted (self);

  if (g_str_equal (wanted, GST_PAD_NAME (pad)))
    set_wanted (self, "");
  GST_ELEMENT_CLASS (gst_call_switch_parent_class)->release_pad (element, pad);
}

/* --- states --- */

/* A name that no pad has got */
static void
check_wanted (GstCallSwitch * self)
{
  g_autofree gchar *wanted = gst_call_switch_dup_wanted (self);
  g_autoptr (GstPad) pad = find_input (self, wanted);
  g_autolist (GstPad) pads = gst_call_swap_ref_inputs (GST_CALL_SWAP (self));

  if (pad || !pads)
    return;
  warn_no_input (self, wanted);
  gst_call_switch_select (self, pads->data);
}

static GstStateChangeReturn
gst_call_switch_change_state (GstElement * element, GstStateChange transition)
{
  GstCallSwitch *self = GST_CALL_SWITCH (element);
  GstStateChangeReturn ret;

  if (transition == GST_STATE_CHANGE_READY_TO_PAUSED) {
    check_wanted (self);
    gst_call_switch_start_watch (self);
  } else if (transition == GST_STATE_CHANGE_PLAYING_TO_PAUSED) {
    gst_call_switch_set_playing (self, FALSE);
  }
  ret = GST_ELEMENT_CLASS (gst_call_switch_parent_class)->change_state (element,
      transition);
  /* it may be in a push, which the pads' end makes return */
  if (transition == GST_STATE_CHANGE_PAUSED_TO_READY ||
      (transition == GST_STATE_CHANGE_READY_TO_PAUSED
          && ret == GST_STATE_CHANGE_FAILURE))
    gst_call_switch_stop_watch (self);
  else if (transition == GST_STATE_CHANGE_PAUSED_TO_PLAYING)
    gst_call_switch_set_playing (self, TRUE);
  return ret;
}

/* --- properties --- */

static void
set_eos_when (GstCallSwitch * self, GstCallSwitchEos when)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&swap->lock);

  swap->eos_when = when == GST_CALL_SWITCH_EOS_ALL ? GST_CALL_SWAP_EOS_ALL :
      GST_CALL_SWAP_EOS_ACTIVE;
}

static GstCallSwitchEos
get_eos_when (GstCallSwitch * self)
{
  GstCallSwap *swap = GST_CALL_SWAP (self);
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&swap->lock);

  return swap->eos_when == GST_CALL_SWAP_EOS_ALL ? GST_CALL_SWITCH_EOS_ALL :
      GST_CALL_SWITCH_EOS_ACTIVE;
}

static void
gst_call_switch_set_property (GObject * object, guint id, const GValue * value,
    GParamSpec * pspec)
{
  GstCallSwitch *self = GST_CALL_SWITCH (object);
  const gchar *name;
  GstPad *pad;

  switch (id) {
    case PROP_ACTIVE:
      name = g_value_get_string (value);
      select_by_name (self, name ? name : "");
      break;
    case PROP_ACTIVE_PAD:
      pad = g_value_get_object (value);
      if (pad && GST_PAD_IS_SINK (pad) &&
          gst_object_has_as_parent (GST_OBJECT (pad), GST_OBJECT (self)))
        gst_call_switch_select (self, pad);
      else
        warn_no_input (self, pad ? GST_PAD_NAME (pad) : "NULL");
      break;
    case PROP_ON_STALL:
      GST_OBJECT_LOCK (self);
      self->on_stall = g_value_get_enum (value);
      GST_OBJECT_UNLOCK (self);
      gst_call_switch_wake_watch (self);
      break;
    case PROP_STALL_TIMEOUT:
      GST_OBJECT_LOCK (self);
      self->timeout = g_value_get_uint (value);
      GST_OBJECT_UNLOCK (self);
      gst_call_switch_wake_watch (self);
      break;
    case PROP_EOS:
      set_eos_when (self, g_value_get_enum (value));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_call_switch_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallSwitch *self = GST_CALL_SWITCH (object);
  g_autofree gchar *wanted = gst_call_switch_dup_wanted (self);

  switch (id) {
    case PROP_ACTIVE:
      g_value_set_string (value, wanted);
      break;
    case PROP_ACTIVE_PAD:
      g_value_take_object (value, find_input (self, wanted));
      break;
    case PROP_ON_STALL:
      GST_OBJECT_LOCK (self);
      g_value_set_enum (value, self->on_stall);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_STALL_TIMEOUT:
      GST_OBJECT_LOCK (self);
      g_value_set_uint (value, self->timeout);
      GST_OBJECT_UNLOCK (self);
      break;
    case PROP_EOS:
      g_value_set_enum (value, get_eos_when (self));
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
      break;
  }
}

static void
gst_call_switch_finalize (GObject * object)
{
  GstCallSwitch *self = GST_CALL_SWITCH (object);

  g_free (self->wanted);
  g_free (self->sent);
  G_OBJECT_CLASS (gst_call_switch_parent_class)->finalize (object);
}

static void
gst_call_switch_install_properties (GObjectClass * gobject_class)
{
  gobject_class->set_property = gst_call_switch_set_property;
  gobject_class->get_property = gst_call_switch_get_property;

  /**
   * GstCallSwitch:active:
   *
   * Name of the input that is sent, or is going to be as soon as it can take
   * over; `call-track-switched` tells when. Default: the first one requested. A
   * name that no input has is refused with a warning, before PAUSED it is kept
   * for an input to come. Several changes at once: the last one counts. Any
   * thread.
   *
   * Since: 0.1
   */
  props[PROP_ACTIVE] = g_param_spec_string ("active", "Active",
      "Name of the input that is sent", "",
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY |
      GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallSwitch:active-pad:
   *
   * The same as active, as a pad of this element.
   *
   * Since: 0.1
   */
  props[PROP_ACTIVE_PAD] = g_param_spec_object ("active-pad", "Active pad",
      "The input that is sent", GST_TYPE_PAD,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | G_PARAM_EXPLICIT_NOTIFY |
      GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallSwitch:on-stall:
   *
   * What happens when the active input has delivered nothing for stall-timeout,
   * or has ended. hold: nothing is sent, so that the last picture stays; blank:
   * black pictures or silence (raw streams; others hold); next: the next input
   * that delivers becomes the active one, for good.
   *
   * Since: 0.1
   */
  props[PROP_ON_STALL] = g_param_spec_enum ("on-stall", "On stall",
      "What to do when the active input stalls",
      gst_call_on_stall_get_type (), GST_CALL_ON_STALL_HOLD,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallSwitch:stall-timeout:
   *
   * Milliseconds in PLAYING without a buffer after which the active input
   * counts as stalled, 0 = never.
   *
   * Since: 0.1
   */
  props[PROP_STALL_TIMEOUT] = g_param_spec_uint ("stall-timeout",
      "Stall timeout", "Time after which an input has stalled (ms, 0 = never)",
      0, MAX_STALL_TIMEOUT, DEFAULT_STALL_TIMEOUT,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  /**
   * GstCallSwitch:eos:
   *
   * When the output ends. all: all inputs have ended; active: the active one
   * has.
   *
   * Since: 0.1
   */
  props[PROP_EOS] = g_param_spec_enum ("eos", "EOS", "When the output ends",
      gst_call_switch_eos_get_type (), GST_CALL_SWITCH_EOS_ALL,
      G_PARAM_READWRITE | G_PARAM_STATIC_STRINGS | GST_PARAM_MUTABLE_PLAYING);

  g_object_class_install_properties (gobject_class, N_PROPS, props);
}

static void
gst_call_switch_class_init (GstCallSwitchClass * klass)
{
  GObjectClass *gobject_class = G_OBJECT_CLASS (klass);
  GstElementClass *element_class = GST_ELEMENT_CLASS (klass);

  gobject_class->finalize = gst_call_switch_finalize;
  gst_call_switch_install_properties (gobject_class);
  element_class->request_new_pad = gst_call_switch_request_new_pad;
  element_class->release_pad = gst_call_switch_release_pad;
  element_class->change_state = gst_call_switch_change_state;
  GST_CALL_SWAP_CLASS (klass)->switched = gst_call_switch_switched;
  gst_type_mark_as_plugin_api (gst_call_on_stall_get_type (), 0);
  gst_type_mark_as_plugin_api (gst_call_switch_eos_get_type (), 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_SWAP, 0);
  gst_type_mark_as_plugin_api (GST_TYPE_CALL_SWAP_PAD, 0);
  gst_element_class_set_static_metadata (element_class, "Switch",
      "Generic", "Several inputs, one unbroken output: replaceTrack() for any "
      "pipeline", "gst-call");
}

static void
gst_call_switch_init (GstCallSwitch * self)
{
  GST_CALL_SWAP (self)->eos_when = GST_CALL_SWAP_EOS_ALL;
  self->wanted = g_strdup ("");
  self->timeout = DEFAULT_STALL_TIMEOUT;
}
