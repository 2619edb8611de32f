/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * As much of HTTP/1.1 (RFC 9112) as the server needs: the head of a GET
 * without a body, responses, and the WebSocket handshake (RFC 6455 section 4).
 * Pure functions: no I/O, no threads.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define CALL_MAX_HEAD (8 * 1024)        /* bytes of a request's head */
#define CALL_MAX_HEADERS 64

typedef struct
{
  gchar *path;                      /* of the target, without the query */
  gchar *host;                      /* may be NULL */
  gchar *origin;                    /* may be NULL: not a browser */
  gchar *protocols;                 /* Sec-WebSocket-Protocol, or NULL */
  gchar *key;                       /* Sec-WebSocket-Key, or NULL */
  gboolean upgrade;                 /* wants a WebSocket */
  gboolean right_version;           /* Sec-WebSocket-Version: 13 */
  gboolean keep_alive;
} CallRequest;

/* Where the head ends, behind its empty line; 0 if it is not whole yet */
gsize call_head_end (const gchar * data, gsize length);

/* NULL and the status to answer with (400, 405, 413, 431, 505) if this is not
 * the head of a GET that can be answered. `head` need not be terminated. */
CallRequest *call_request_parse (const gchar * head, gsize length,
    guint * status);
void call_request_free (CallRequest * request);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallRequest, call_request_free)

/* TRUE if the comma-separated `list` has `token`, in any case */
gboolean call_http_has_token (const gchar * list, const gchar * token);

/* TRUE if a page from the request's Origin may use this server: there is
 * none, it is the Host, or it is in `allowed` ("https://a.example" or "*") */
gboolean call_request_origin_is_allowed (const CallRequest * request,
    const gchar * const *allowed);

/* The 101 response, or NULL if the key is not one */
gchar *call_request_accept (const CallRequest * request,
    const gchar * protocol);

/* A whole response. `headers` are lines that each end in CR LF. */
GBytes *call_response_new (guint status, const gchar * headers,
    const gchar * content_type, gconstpointer body, gsize length,
    gboolean keep_alive);

G_END_DECLS
