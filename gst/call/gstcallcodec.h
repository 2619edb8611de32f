/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The codecs a call may use: one row each, with the elements that encode,
 * packetise and decode it on this machine. Read-only, any thread.
 */
#pragma once

#include "gstcallsdp.h"

G_BEGIN_DECLS

typedef struct
{
  const gchar *name;                /* "VP8", as in SDP, upper case */
  GstCallKind kind;
  const gchar *encoded_caps;        /* what an encoder of it gives */
  const gchar *encoders[4];         /* best first, as launch fragments;
                                     * the encoder itself is named "enc" */
  const gchar *payloader;
  const gchar *depayloader;
  const gchar *decoders[4];
} GstCallCodec;

/* NULL when unknown */
const GstCallCodec *gst_call_codec_find (const gchar * name);
/* Which codec are these encoded caps? NULL: raw, or none of ours. */
const GstCallCodec *gst_call_codec_from_caps (const GstCaps * caps);

gboolean gst_call_codec_can_encode (const GstCallCodec * codec);
gboolean gst_call_codec_can_decode (const GstCallCodec * codec);

/* A bin "sink" → … → "src", or NULL when no element for it is installed */
GstElement *gst_call_codec_make_encoder (const GstCallCodec * codec);
GstElement *gst_call_codec_make_decoder (const GstCallCodec * codec,
    gboolean decode);

/* bits per second, in the encoder's own unit; element: as made above */
void gst_call_codec_set_bitrate (GstElement * encoder, guint bitrate);

G_END_DECLS
