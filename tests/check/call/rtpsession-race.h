/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a test must not fail for with GStreamer 1.22.0.
 */
#pragma once

/* Before the first webrtcbin. rtpsession walks its sources while another thread
 * adds one, when peers come or negotiate anew under load; fixed in 1.22.3, and
 * nothing is allowed from there on. All other criticals stay fatal, by GstCheck
 * or by their domain. */
void rtpsession_race_allow (void);
