/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The server's end of TLS 1.2 and 1.3 over a non-blocking socket (GnuTLS).
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

/* A certificate with its key; may be used in several threads at once */
typedef struct _CallTlsIdentity CallTlsIdentity;

/* Both files are PEM; the first may hold the chain behind the certificate.
 * Errors say which file and what to do. */
CallTlsIdentity *call_tls_identity_load (const gchar * certificate_file,
    const gchar * key_file, GError ** error);
void call_tls_identity_free (CallTlsIdentity * identity);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallTlsIdentity, call_tls_identity_free)
/* SHA-256 of the certificate, as browsers show it: "AB:CD:…" */
const gchar *call_tls_identity_get_fingerprint (CallTlsIdentity * identity);

/* One connection; used by one thread at a time */
typedef struct _CallTls CallTls;

CallTls *call_tls_new (CallTlsIdentity * identity, gint fd);
void call_tls_free (CallTls * tls);

/* These return what they did, 0 at the end of the stream, -EAGAIN when the
 * socket has to be waited for, and another negative number for an error. */
/* 1: done. -EPROTONOSUPPORT: it is a request in plain HTTP, not read yet */
gssize call_tls_handshake (CallTls * tls);
gssize call_tls_read (CallTls * tls, void *buffer, gsize length);
gssize call_tls_write (CallTls * tls, const void *data, gsize length);
/* Tells the other end that nothing more comes; 1: done */
gssize call_tls_shutdown (CallTls * tls);
/* TRUE if bytes are waiting that the socket does not know of any more */
gboolean call_tls_has_pending (CallTls * tls);

G_END_DECLS
