/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Sinks behind a slot. A pipeline with live sources plays, yet each sink in it
 * waits until all of them have something to show. Those of a slot that nobody
 * is in never have, and neither has the sound of somebody without a microphone:
 * the others would stand still at their first picture. So what is behind a pad
 * that appears in a running pipeline is taken to its state one by one, as an
 * application does with what it adds itself.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

/* The worker. Takes the sinks that media from `src`, a pad of `bin`, gets to,
 * through siblings of `bin`, to PLAYING if that is where their parent goes.
 * FALSE: the parent is changing its state; try again. Never waits for it. */
gboolean gst_call_sinks_start (GstElement * bin, GstPad * src);

G_END_DECLS
