/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What is checked about a JSON text before a JSON library sees it.
 * Pure function: no I/O, no threads, no allocation.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

typedef enum
{
  CALL_JSON_OK,
  CALL_JSON_TOO_LARGE,              /* more than max_size bytes */
  CALL_JSON_TOO_DEEP,               /* more than max_depth arrays and objects */
  CALL_JSON_INVALID,                /* not JSON (RFC 8259), or not UTF-8 */
} CallJsonResult;

/* At most this many levels can be asked for */
#define CALL_JSON_MAX_DEPTH 32

/* Reads `length` bytes once and without recursion. Stricter than json-glib,
 * which takes comments, assignments, wrapped numbers and lone surrogates:
 * what passes here means the same to every reader. NUL is refused, raw and
 * as an escape, and so are integers of more than 18 digits. */
CallJsonResult call_json_check (const gchar * text, gsize length,
    gsize max_size, guint max_depth);

G_END_DECLS
