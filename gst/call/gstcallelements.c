/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: whoever starts a callbin; what is done once is done once.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallelements.h"
#include "gstcallopenssl.h"

gboolean
gst_call_elements_check (GstElement * bin)
{
  static const gchar *const needed[][2] = {
    {"webrtcbin", "gstreamer1.0-plugins-bad"}, {"nicesrc", "gstreamer1.0-nice"},
    {"rtpbin", "gstreamer1.0-plugins-good"},
    {"opusenc", "gstreamer1.0-plugins-base"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (needed); i++) {
    g_autoptr (GstElementFactory) factory =
        gst_element_factory_find (needed[i][0]);

    if (!factory) {
      GST_ELEMENT_ERROR (bin, CORE, MISSING_PLUGIN,
          ("Element %s is missing: install %s", needed[i][0], needed[i][1]),
          (NULL));
      return FALSE;
    }
  }
  return TRUE;
}

void
gst_call_elements_warm_up (void)
{
  static const gchar *const names[] = {
    "webrtcbin", "dtlsdec", "dtlsenc", "nicesrc", "nicesink", "rtpbin",
    "srtpenc", "srtpdec", "sctpenc", "rtpvp8pay", "rtpvp8depay", "rtpopuspay",
    "rtpopusdepay", "vp8enc", "vp8dec", "opusenc", "opusdec", "rtprtxsend",
    "rtprtxreceive", "rtpfunnel", "videoconvert", "audioconvert",
    "audioresample",
  };
  static gsize done;
  guint i;

  if (!g_once_init_enter (&done))
    return;
  gst_call_keep_openssl ();
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GstElement *element = gst_element_factory_make (names[i], NULL);

    if (element)
      gst_object_unref (gst_object_ref_sink (element));
  }
  g_once_init_leave (&done, 1);
}
