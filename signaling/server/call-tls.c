/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-tls.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <sys/socket.h>

#define PRIORITY "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:%SERVER_PRECEDENCE"

struct _CallTlsIdentity
{
  gnutls_certificate_credentials_t credentials;
  gnutls_priority_t priority;
  gchar *fingerprint;
};

struct _CallTls
{
  gnutls_session_t session;
  gint fd;
  gboolean begun;               /* its first byte was looked at */
};

static gchar *
make_fingerprint (gnutls_certificate_credentials_t credentials)
{
  gnutls_datum_t der;
  guint8 digest[32];
  gsize size = sizeof digest;
  GString *text;

  if (gnutls_certificate_get_crt_raw (credentials, 0, 0, &der) < 0
      || gnutls_fingerprint (GNUTLS_DIG_SHA256, &der, digest, &size) < 0)
    return NULL;
  text = g_string_new (NULL);
  for (gsize i = 0; i < size; i++)
    g_string_append_printf (text, "%s%02X", i > 0 ? ":" : "", digest[i]);
  return g_string_free (text, FALSE);
}

/* Reads it ourselves first, because GnuTLS does not tell why it could not */
static gboolean
file_is_readable (const gchar * file, const gchar * what, GError ** error)
{
  g_autoptr (GError) problem = NULL;
  g_autofree gchar *text = NULL;

  if (g_file_get_contents (file, &text, NULL, &problem))
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
      "The TLS %s cannot be read: %s", what, problem->message);
  return FALSE;
}

CallTlsIdentity *
call_tls_identity_load (const gchar * certificate_file,
    const gchar * key_file, GError ** error)
{
  g_autoptr (CallTlsIdentity) identity = NULL;
  gint result;

  if (!file_is_readable (certificate_file, "certificate", error)
      || !file_is_readable (key_file, "key", error))
    return NULL;

  identity = g_new0 (CallTlsIdentity, 1);
  result = gnutls_certificate_allocate_credentials (&identity->credentials);
  if (result >= 0)
    result = gnutls_priority_init (&identity->priority, PRIORITY, NULL);
  if (result >= 0)
    result = gnutls_certificate_set_x509_key_file (identity->credentials,
        certificate_file, key_file, GNUTLS_X509_FMT_PEM);
  if (result < 0) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_DATA,
        "“%s” and “%s” are not a certificate and its key in PEM "
        "format: %s", certificate_file, key_file, gnutls_strerror (result));
    return NULL;
  }
  identity->fingerprint = make_fingerprint (identity->credentials);
  return g_steal_pointer (&identity);
}

void
call_tls_identity_free (CallTlsIdentity * identity)
{
  g_clear_pointer (&identity->credentials, gnutls_certificate_free_credentials);
  g_clear_pointer (&identity->priority, gnutls_priority_deinit);
  g_free (identity->fingerprint);
  g_free (identity);
}

const gchar *
call_tls_identity_get_fingerprint (CallTlsIdentity * identity)
{
  return identity->fingerprint;
}

CallTls *
call_tls_new (CallTlsIdentity * identity, gint fd)
{
  CallTls *tls = g_new0 (CallTls, 1);
  const gnutls_datum_t protocol = { (guint8 *) "http/1.1", 8 };

  gnutls_init (&tls->session, GNUTLS_SERVER | GNUTLS_NONBLOCK |
      GNUTLS_NO_SIGNAL);
  gnutls_priority_set (tls->session, identity->priority);
  gnutls_credentials_set (tls->session, GNUTLS_CRD_CERTIFICATE,
      identity->credentials);
  gnutls_alpn_set_protocols (tls->session, &protocol, 1, 0);
  gnutls_transport_set_int (tls->session, fd);
  tls->fd = fd;
  return tls;
}

void
call_tls_free (CallTls * tls)
{
  gnutls_deinit (tls->session);
  g_free (tls);
}

static gssize
to_errno (gssize result)
{
  if (result == GNUTLS_E_AGAIN || result == GNUTLS_E_INTERRUPTED)
    return -EAGAIN;
  /* closed without saying so: browsers do that */
  if (result == GNUTLS_E_PREMATURE_TERMINATION)
    return 0;
  return result < 0 ? -EPROTO : result;
}

/* A request in plain HTTP begins with a capital, a TLS record does not */
static gboolean
is_plain_http (CallTls * tls)
{
  guint8 first = 0;

  if (!tls->begun)
    tls->begun = recv (tls->fd, &first, 1, MSG_PEEK) == 1;
  return g_ascii_isupper (first);
}

gssize
call_tls_handshake (CallTls * tls)
{
  gint result;

  if (is_plain_http (tls))
    return -EPROTONOSUPPORT;
  do {
    result = gnutls_handshake (tls->session);
  } while (result < 0 && result != GNUTLS_E_AGAIN
      && gnutls_error_is_fatal (result) == 0);
  return result == GNUTLS_E_SUCCESS ? 1 : to_errno (result);
}

gssize
call_tls_read (CallTls * tls, void *buffer, gsize length)
{
  gssize result = gnutls_record_recv (tls->session, buffer, length);

  /* a renegotiation (TLS 1.2) is not answered, which is allowed */
  if (result == GNUTLS_E_REHANDSHAKE)
    return -EAGAIN;
  return to_errno (result);
}

gssize
call_tls_write (CallTls * tls, const void *data, gsize length)
{
  return to_errno (gnutls_record_send (tls->session, data, length));
}

gssize
call_tls_shutdown (CallTls * tls)
{
  gint result = gnutls_bye (tls->session, GNUTLS_SHUT_WR);

  return result == GNUTLS_E_SUCCESS ? 1 : to_errno (result);
}

gboolean
call_tls_has_pending (CallTls * tls)
{
  return gnutls_record_check_pending (tls->session) > 0;
}
