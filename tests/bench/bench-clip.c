/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-clip FILE.y4m: one turn of the benchmark's picture, for browsers
 * whose camera is a file.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "bench-rtc.h"

int
main (int argc, char **argv)
{
  g_autoptr (GstElement) pipeline = NULL;
  g_autoptr (GstElement) sink = NULL;
  g_autoptr (GstBus) bus = NULL;
  g_autoptr (GstMessage) message = NULL;
  gboolean done;

  bench_init (&argc, &argv, 60);
  if (argc != 2) {
    g_printerr ("usage: bench-clip FILE.y4m\n");
    return 2;
  }
  /* a whole turn of the texture: no cut where the file starts again */
  pipeline = gst_parse_launch ("benchpicturesrc num-buffers=160 ! y4menc ! "
      "filesink name=sink", NULL);
  sink = gst_bin_get_by_name (GST_BIN (pipeline), "sink");
  g_object_set (sink, "location", argv[1], NULL);
  gst_element_set_state (pipeline, GST_STATE_PLAYING);
  bus = gst_element_get_bus (pipeline);
  message = gst_bus_timed_pop_filtered (bus, GST_CLOCK_TIME_NONE,
      GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  done = GST_MESSAGE_TYPE (message) == GST_MESSAGE_EOS;
  gst_element_set_state (pipeline, GST_STATE_NULL);
  return done ? 0 : 1;
}
