/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The picture of the benchmarks: 640x360 at 30 pictures a second, detailed
 * and moving, cheap to make (one copy), and stamped with a bar code that
 * survives the encoder: the time it left the source, a number, a camera.
 */
#pragma once

#include <gst/gst.h>

G_BEGIN_DECLS

#define BENCH_WIDTH 640
#define BENCH_HEIGHT 360
#define BENCH_FPS 30
#define BENCH_RAW_CAPS "video/x-raw,format=I420,width=640,height=360," \
    "framerate=30/1"

typedef struct
{
  guint32 time;                     /* bench_picture_now () when it left */
  guint number;                     /* 16 bits, runs over */
  guint camera;                     /* 8 bits */
} BenchStamp;

/* Makes the element `benchpicturesrc` known here; properties: `camera`, and
 * `detailed`, FALSE for a picture with almost nothing in it */
void bench_picture_register (void);

/* The monotonic clock of this machine in units of 0.1 ms; runs over */
guint32 bench_picture_now (void);
/* Milliseconds since the picture left its source */
gdouble bench_picture_age (const BenchStamp * stamp);

/* Reads the bar code of a decoded I420 or NV12 picture of any size. FALSE:
 * it is not readable, or not one of ours. */
gboolean bench_picture_read (GstBuffer * buffer, gint width, gint height,
    BenchStamp * stamp);

G_END_DECLS
