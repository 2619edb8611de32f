/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The properties of callfiledepay. Threads and locks:
 * gstcallfiledepay-private.h.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfiledepay-private.h"

#define DEFAULT_MAX_FILE_SIZE (G_GUINT64_CONSTANT (4) << 30)
#define DEFAULT_MAX_TOTAL (G_GUINT64_CONSTANT (16) << 30)
#define DEFAULT_RESUME_TIMEOUT 600      /* s */
#define DEFAULT_AUTO_ACCEPT TRUE

enum
{
  PROP_0,
  PROP_DIRECTORY,
  PROP_MAX_FILE_SIZE,
  PROP_MAX_TOTAL,
  PROP_AUTO_ACCEPT,
  PROP_RESUME_TIMEOUT,
  N_PROPS
};

static GParamSpec *props[N_PROPS];

static void
gst_call_file_depay_set_property (GObject * object, guint id,
    const GValue * value, GParamSpec * pspec)
{
  GstCallFileDepay *self = GST_CALL_FILE_DEPAY (object);
  GstCallFileLimits limits;

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DIRECTORY:
      g_free (self->directory);
      self->directory = g_value_dup_string (value);
      if (!self->directory)
        self->directory = g_strdup ("");
      break;
    case PROP_MAX_FILE_SIZE:
      self->limits.max_file_size = g_value_get_uint64 (value);
      break;
    case PROP_MAX_TOTAL:
      self->limits.max_total = g_value_get_uint64 (value);
      break;
    case PROP_AUTO_ACCEPT:
      self->limits.auto_accept = g_value_get_boolean (value);
      break;
    case PROP_RESUME_TIMEOUT:
      self->limits.resume_timeout =
          g_value_get_uint (value) * G_TIME_SPAN_SECOND;
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  limits = self->limits;
  GST_OBJECT_UNLOCK (self);
  g_mutex_lock (&self->lock);
  if (self->inbox)
    gst_call_file_inbox_set_limits (self->inbox, &limits);
  g_mutex_unlock (&self->lock);
}

static void
gst_call_file_depay_get_property (GObject * object, guint id, GValue * value,
    GParamSpec * pspec)
{
  GstCallFileDepay *self = GST_CALL_FILE_DEPAY (object);

  GST_OBJECT_LOCK (self);
  switch (id) {
    case PROP_DIRECTORY:
      g_value_set_string (value, self->directory);
      break;
    case PROP_MAX_FILE_SIZE:
      g_value_set_uint64 (value, self->limits.max_file_size);
      break;
    case PROP_MAX_TOTAL:
      g_value_set_uint64 (value, self->limits.max_total);
      break;
    case PROP_AUTO_ACCEPT:
      g_value_set_boolean (value, self->limits.auto_accept);
      break;
    case PROP_RESUME_TIMEOUT:
      g_value_set_uint (value,
          self->limits.resume_timeout / G_TIME_SPAN_SECOND);
      break;
    default:
      G_OBJECT_WARN_INVALID_PROPERTY_ID (object, id, pspec);
  }
  GST_OBJECT_UNLOCK (self);
}

void
gst_call_file_depay_install_properties (GObjectClass * gobject_class)
{
  const GParamFlags flags = G_PARAM_READWRITE | G_PARAM_CONSTRUCT |
      G_PARAM_STATIC_STRINGS;

  gobject_class->set_property = gst_call_file_depay_set_property;
  gobject_class->get_property = gst_call_file_depay_get_property;

  /**
   * GstCallFileDepay:directory:
   *
   * Where files are put; it is made if it is not there. Empty: the user's
   * folder for downloads. Read when the element goes to PAUSED.
   *
   * Since: 0.1
   */
  props[PROP_DIRECTORY] = g_param_spec_string ("directory", "Directory",
      "Where files are put (empty = the user's folder for downloads)", "",
      flags | GST_PARAM_MUTABLE_READY);
  /**
   * GstCallFileDepay:max-file-size:
   *
   * Bytes of the largest file that is taken.
   *
   * Since: 0.1
   */
  props[PROP_MAX_FILE_SIZE] = g_param_spec_uint64 ("max-file-size",
      "Maximum file size", "Bytes of the largest file that is taken", 0,
      G_MAXINT64, DEFAULT_MAX_FILE_SIZE, flags | GST_PARAM_MUTABLE_PLAYING);
  /**
   * GstCallFileDepay:max-total:
   *
   * Bytes of all files together that are being received at one time.
   *
   * Since: 0.1
   */
  props[PROP_MAX_TOTAL] = g_param_spec_uint64 ("max-total", "Maximum total",
      "Bytes of all files together that are being received", 0, G_MAXINT64,
      DEFAULT_MAX_TOTAL, flags | GST_PARAM_MUTABLE_PLAYING);
  /**
   * GstCallFileDepay:auto-accept:
   *
   * False: each file waits for the action `accept` or `refuse`.
   *
   * Since: 0.1
   */
  props[PROP_AUTO_ACCEPT] = g_param_spec_boolean ("auto-accept",
      "Accept automatically", "Whether files are taken without being asked for",
      DEFAULT_AUTO_ACCEPT, flags | GST_PARAM_MUTABLE_PLAYING);
  /**
   * GstCallFileDepay:resume-timeout:
   *
   * Time without anything new of a file after which it is given up; until then
   * its sender may come back and go on.
   *
   * Since: 0.1
   */
  props[PROP_RESUME_TIMEOUT] = g_param_spec_uint ("resume-timeout",
      "Resume timeout",
      "Time without data after which a file is given up (s)", 1,
      7 * 24 * 60 * 60, DEFAULT_RESUME_TIMEOUT,
      flags | GST_PARAM_MUTABLE_READY);
  g_object_class_install_properties (gobject_class, N_PROPS, props);
}
