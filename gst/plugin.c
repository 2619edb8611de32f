/* gst-call: WebRTC calls as gst-launch lines
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcall.h"

#include <gnutls/gnutls.h>

static gboolean
plugin_init (GstPlugin * plugin)
{
  gboolean ok = FALSE;

  /* Threads of webrtcbin and libnice end when they like, as late as while the
   * process ends; what GnuTLS holds of each must be there then. It takes
   * everything down at exit unless somebody else has called this, too. */
  gnutls_global_init ();

  ok = GST_ELEMENT_REGISTER (callbin, plugin);
  ok &= GST_ELEMENT_REGISTER (callcontrol, plugin);
  ok &= GST_ELEMENT_REGISTER (callfilepay, plugin);
  ok &= GST_ELEMENT_REGISTER (callfiledepay, plugin);

  ok &= GST_ELEMENT_REGISTER (callswitch, plugin);
  ok &= GST_ELEMENT_REGISTER (callvideosrc, plugin);
  ok &= GST_ELEMENT_REGISTER (callaudiosrc, plugin);
  ok &= GST_ELEMENT_REGISTER (callaudiosink, plugin);
  ok &= GST_ELEMENT_REGISTER (callfakevideosrc, plugin);
  ok &= GST_ELEMENT_REGISTER (callfakeaudiosrc, plugin);
  ok &= GST_DEVICE_PROVIDER_REGISTER (callfakedeviceprovider, plugin);
  return ok;
}

GST_PLUGIN_DEFINE (GST_VERSION_MAJOR, GST_VERSION_MINOR, call,
    "WebRTC calls: devices, signalling and camera switching", plugin_init,
    VERSION, "LGPL", GST_PACKAGE_NAME, "https://gstreamer.freedesktop.org/");
