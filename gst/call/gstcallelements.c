/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: whoever starts a callbin; what is done once is done once.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallelements.h"

#include <dlfcn.h>

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

/* At exit OpenSSL frees what its clean-up in threads that are just ending still
 * locks: heap corruption at the end of a process, seen with OpenSSL 3.0 and
 * GLib's thread pool. It is asked not to, before DTLS starts it. */
static void
keep_openssl (void)
{
  enum
  { NO_ATEXIT = 0x00080000 };
  void *library = dlopen ("libcrypto.so.3", RTLD_LAZY | RTLD_NODELETE);
  gint (*init) (guint64 options, gconstpointer settings) = NULL;

  if (library)
    *(void **) &init = dlsym (library, "OPENSSL_init_crypto");
  if (init)
    init (NO_ATEXIT, NULL);
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
  keep_openssl ();
  for (i = 0; i < G_N_ELEMENTS (names); i++) {
    GstElement *element = gst_element_factory_make (names[i], NULL);

    if (element)
      gst_object_unref (gst_object_ref_sink (element));
  }
  g_once_init_leave (&done, 1);
}
