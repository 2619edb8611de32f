/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of callfiledepay: gstcallfiledepay.c is the element,
 * gstcallfilesettings.c its properties.
 *
 * Threads
 *
 *   name       runs                               may take      never
 *   ---------  ---------------------------------  ------------  ------------------
 *   streaming  chain, events                      lock, OBJECT  -
 *   app        properties, states, actions        lock, OBJECT  -
 *   clock      on_time, of the system clock       lock, OBJECT  wait for another
 *                                                               thread
 *
 * Locks, in the order they may be taken
 *
 *   1 lock     self->lock   held while the disk is written
 *   2 OBJECT   GST_OBJECT   protects: property values
 *
 *   No lock is held while replies are pushed or messages posted: the inbox
 *   keeps them until then.
 */
#pragma once

#include <gst/gst.h>

#include "gstcallfileinbox.h"

G_BEGIN_DECLS

#define GST_TYPE_CALL_FILE_DEPAY (gst_call_file_depay_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFileDepay, gst_call_file_depay, GST,
    CALL_FILE_DEPAY, GstElement)

struct _GstCallFileDepay
{
  GstElement parent;

  /* set once in init */
  GstPad *sink;

  GMutex lock;

  /* lock */
  GstCallFileInbox *inbox;      /* NULL: not running */
  GstClockID timer;             /* NULL: nothing can be given up */

  /* only streaming */
  gboolean has_caps;
  gboolean text;                /* what comes is text */

  /* object lock */
  gchar *directory;
  GstCallFileLimits limits;
};

void gst_call_file_depay_install_properties (GObjectClass * gobject_class);

G_END_DECLS
