/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * How a device is opened: the mode it is put in and what comes out. Pure
 * functions over caps.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* What a browser gives to a page that asks for nothing in particular. */
#define GST_CALL_DEFAULT_WIDTH 640
#define GST_CALL_DEFAULT_HEIGHT 480
#define GST_CALL_DEFAULT_FRAME_RATE 30
#define GST_CALL_DEFAULT_SAMPLE_RATE 48000

typedef struct
{
  GstCaps *device;              /* for a filter behind the device; may be ANY */
  GstCaps *output;              /* fixed, but for colorimetry and the like */
  const gchar *encoded;         /* the device delivers "image/jpeg",
                                 * "video/x-h264", NULL: raw */
  gboolean pass;                /* and so it is wanted */
  gboolean crop;                /* other aspect ratio */
  gboolean rate;                /* other or unknown frame rate */
} GstCallMode;

/* What is wanted where nobody asks for anything else */
typedef struct
{
  gint width, height;
  gint rate_n, rate_d;
  gint rate, channels;
} GstCallModeSize;

/* downstream: all that is taken; NULL: not known. */
void gst_call_mode_get_wanted (GstCallModeSize * wanted,
    const GstCaps * downstream);

/* W3C fitness distance of one number */
gdouble gst_call_mode_distance (gdouble actual, gdouble ideal);

/* How far pictures of this size and rate (0: not known) are from what is wanted,
 * and what decoding and converting a structure of a device's caps adds */
gdouble gst_call_mode_get_cost (gint width, gint height, gdouble rate,
    const GstCallModeSize * wanted);
gdouble gst_call_mode_get_format_cost (const GstStructure * mode);

/* FALSE: structure index of a device's caps is nothing we can use. */
gboolean gst_call_mode_is_usable (const GstCaps * device, guint index);

void gst_call_mode_clear (GstCallMode * mode);

/* device: all the device can do (ANY: not known), or one mode of it.
 * downstream: all that is taken; encoded video is passed through if raw is not.
 * FALSE: downstream takes nothing of the kind, mode is then empty. */
gboolean gst_call_mode_choose_video (const GstCaps * device,
    GstCaps * downstream, GstCallMode * mode);
gboolean gst_call_mode_choose_audio (const GstCaps * device,
    GstCaps * downstream, GstCallMode * mode);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstCallMode, gst_call_mode_clear)

G_END_DECLS
