/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: any; what is done once is done once.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallopenssl.h"

#include <dlfcn.h>

#define NO_ATEXIT G_GUINT64_CONSTANT (0x00080000)

void
gst_call_keep_openssl (void)
{
  static gsize done;
  void *library;
  gint (*init) (guint64 options, gconstpointer settings) = NULL;

  if (!g_once_init_enter (&done))
    return;
  library = dlopen ("libcrypto.so.3", RTLD_LAZY | RTLD_NODELETE);
  if (library)
    *(void **) &init = dlsym (library, "OPENSSL_init_crypto");
  if (init)
    init (NO_ATEXIT, NULL);
  g_once_init_leave (&done, 1);
}
