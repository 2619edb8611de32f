/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the environment variable GST_CALL_FAKE_DEVICES asks for.
 *
 *   GST_CALL_FAKE_DEVICES = item *( "," item )
 *   item    = kind "=" count                      count 0 to 16
 *           / kind [ index ] "." option "=" value without index: all of them
 *   kind    = "video" / "audio"
 *   option  = "open-delay"    ms until the device opens, default 0
 *           / "fail-open"     0 or 1: it cannot be opened (after open-delay)
 *           / "unplug-after"  ms after opening it is pulled out, 0 = never
 *           / "replug-after"  ms after being pulled out it is back, 0 = never
 *           / "stall-after"   ms after opening it delivers nothing more and
 *                             reports no error, 0 = never
 *           / "never-delivers"  0 or 1: it opens, and that is all
 *           / "max-height"    its largest picture, pixels, 0 = 1080
 *
 *   video=3,audio=2,video1.open-delay=1000,video2.unplug-after=5000
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define GST_CALL_FAKE_DEVICES_ENV "GST_CALL_FAKE_DEVICES"
#define GST_CALL_FAKE_MAX 16    /* devices per kind */
#define GST_CALL_FAKE_MAX_MS (60 * 60 * 1000)

typedef enum
{
  GST_CALL_FAKE_VIDEO,
  GST_CALL_FAKE_AUDIO,
  GST_CALL_FAKE_N_KINDS
} GstCallFakeKind;

typedef struct
{
  guint open_delay;             /* ms */
  gboolean fail_open;
  guint unplug_after;           /* ms, 0 = never */
  guint replug_after;           /* ms, 0 = never */
  guint stall_after;            /* ms, 0 = never */
  gboolean never_delivers;
  guint max_height;             /* 0 = all sizes; of the device, not the source */
} GstCallFakeOptions;

typedef struct
{
  guint count[GST_CALL_FAKE_N_KINDS];
  GstCallFakeOptions options[GST_CALL_FAKE_N_KINDS][GST_CALL_FAKE_MAX];
} GstCallFakeConfig;

/* text: NULL or empty = no devices. The error says which item and what would
 * be right; config is then empty. */
gboolean gst_call_fake_config_parse (const gchar * text,
    GstCallFakeConfig * config, GError ** error);

G_END_DECLS
