/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Descriptions for the SDP tests: those of tests/data/sdp, and edited ones.
 */
#pragma once

#include "gstcallsdp.h"

#include <gst/check/gstcheck.h>

G_BEGIN_DECLS

/* tests/data/sdp/NAME.sdp */
gchar *sdp_data (const gchar * name);
/* `text` with each `from` replaced; fails when there is none */
gchar *sdp_replace (const gchar * text, const gchar * from, const gchar * to);
/* The same, of an owned text that is freed */
gchar *sdp_edit (gchar * text, const gchar * from, const gchar * to);
/* The n-th m-section, or (-1) what stands before the first */
gchar *sdp_section (const gchar * text, gint n);
guint sdp_count (const gchar * text, const gchar * what);

/* OPUS; VP8, H264 */
GstCallSdp *sdp_session (void);
/* A session that made the offer of gst-call-offer.sdp's shape */
GstCallSdp *sdp_session_with_offer (void);

#define fail_unless_contains(text, what) \
  fail_unless (strstr (text, what) != NULL, "no \"%s\" in\n%s", what, text)
#define fail_if_contains(text, what) \
  fail_unless (strstr (text, what) == NULL, "\"%s\" in\n%s", what, text)

G_END_DECLS
