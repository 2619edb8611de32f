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
  gboolean jpeg;                /* the device delivers JPEG */
  gboolean crop;                /* other aspect ratio */
  gboolean rate;                /* other or unknown frame rate */
} GstCallMode;

void gst_call_mode_clear (GstCallMode * mode);

/* device: all the device can do (ANY: not known). downstream: all that is
 * taken. FALSE: downstream takes no raw video (audio), mode is then empty. */
gboolean gst_call_mode_choose_video (const GstCaps * device,
    GstCaps * downstream, GstCallMode * mode);
gboolean gst_call_mode_choose_audio (const GstCaps * device,
    GstCaps * downstream, GstCallMode * mode);

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (GstCallMode, gst_call_mode_clear)

G_END_DECLS
