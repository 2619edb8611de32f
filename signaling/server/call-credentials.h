/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the server signs and checks: invitation tokens (JWT, RFC 7519, HS256
 * only), the resume secret of a seat, and time-limited TURN credentials.
 * Pure functions: no I/O except the random numbers of the kernel.
 */
#pragma once

#include "call-message.h"

G_BEGIN_DECLS

#define CALL_MIN_SECRET 32              /* bytes, RFC 7518 section 3.2 */

typedef enum
{
  CALL_TOKEN_ERROR_MALFORMED,       /* not a JWT, or claims are missing */
  CALL_TOKEN_ERROR_ALGORITHM,       /* anything but HS256 */
  CALL_TOKEN_ERROR_SIGNATURE,
  CALL_TOKEN_ERROR_EXPIRED,         /* or not valid yet */
  CALL_TOKEN_ERROR_ROOM,            /* is for another room */
} CallTokenError;

#define CALL_TOKEN_ERROR (call_token_error_quark ())
GQuark call_token_error_quark (void);

/* TRUE when the bytes are equal; takes as long when they are not */
gboolean call_bytes_equal (gconstpointer a, gconstpointer b, gsize length);

gchar *call_base64url_encode (gconstpointer data, gsize length);
/* NULL unless `text` is unpadded base64url */
guint8 *call_base64url_decode (const gchar * text, gsize * length);

/* A token for `room` that expires at `expires` (seconds since 1970) */
gchar *call_token_make (GBytes * secret, const gchar * room, gint64 now,
    gint64 expires);
/* Claims: "room" (or "*" for all rooms) and "exp" must be there, "nbf" may */
gboolean call_token_check (GBytes * secret, const gchar * token,
    const gchar * room, gint64 now, GError ** error);

/* The secret that gives a seat back. It says which peer and seat it is for,
 * carries 128 random bits, and is signed with 256 bits, so that a restarted
 * server with the same key knows the seat again. */
gchar *call_resume_make (GBytes * key, const gchar * room,
    const gchar * peer_id, gint64 seat);
gboolean call_resume_check (GBytes * key, const gchar * secret,
    const gchar * room, gchar ** peer_id, gint64 * seat);

/* The "REST API" credentials of coturn and others: the user name is the time
 * of expiry and an id, the password its HMAC-SHA1 (RFC 2104) in base64. */
void call_turn_credentials (GBytes * secret, const gchar * id, gint64 expires,
    gchar ** username, gchar ** credential);

G_END_DECLS
