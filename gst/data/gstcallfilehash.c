/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilehash.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>

struct _GstCallFileHash
{
  gnutls_hash_hd_t handle;
};

GstCallFileHash *
gst_call_file_hash_new (void)
{
  GstCallFileHash *self = g_new0 (GstCallFileHash, 1);
  gint error = gnutls_hash_init (&self->handle, GNUTLS_DIG_SHA256);

  if (error < 0)
    g_error ("No SHA-256: %s", gnutls_strerror (error));
  return self;
}

void
gst_call_file_hash_free (GstCallFileHash * self)
{
  gnutls_hash_deinit (self->handle, NULL);
  g_free (self);
}

void
gst_call_file_hash_add (GstCallFileHash * self, const guint8 * data, gsize size)
{
  gnutls_hash (self->handle, data, size);
}

gchar *
gst_call_file_hash_finish (GstCallFileHash * self)
{
  GString *hex = g_string_new (NULL);
  guint8 digest[32] = { 0 };

  gnutls_hash_output (self->handle, digest);
  for (guint i = 0; i < sizeof digest; i++)
    g_string_append_printf (hex, "%02x", digest[i]);
  return g_string_free (hex, FALSE);
}
