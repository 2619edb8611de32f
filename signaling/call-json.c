/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A strict JSON scanner with a bit per level instead of a call per level:
 * json-glib 1.6 recurses and overflows the stack on "[[[[…".
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-json.h"

#include <string.h>

/* json-glib wraps integers that do not fit into 64 bits */
#define MAX_DIGITS 18

typedef enum
{
  EXPECT_VALUE,
  EXPECT_VALUE_OR_END,          /* just after '[' */
  EXPECT_KEY,
  EXPECT_KEY_OR_END,            /* just after '{' */
  EXPECT_COLON,
  EXPECT_COMMA_OR_END,
  EXPECT_NOTHING,               /* the text is complete */
} Expect;

typedef struct
{
  const gchar *pos;
  const gchar *end;
  Expect expect;
  guint depth;
  guint max_depth;
  guint32 objects;              /* bit n: level n is an object */
} Scan;

/* The value of four hexadecimal digits, or -1 */
static gint
scan_hex4 (Scan * scan)
{
  gint value = 0;

  if (scan->end - scan->pos < 4)
    return -1;
  for (gint i = 0; i < 4; i++) {
    gint digit = g_ascii_xdigit_value (*scan->pos++);

    if (digit < 0)
      return -1;
    value = value << 4 | digit;
  }
  return value;
}

/* After "\u": one code point, perhaps in two halves */
static gboolean
scan_unicode_escape (Scan * scan)
{
  gint value = scan_hex4 (scan);

  if (value <= 0)
    return FALSE;
  if (value < 0xd800 || value > 0xdfff)
    return TRUE;
  if (value > 0xdbff || scan->end - scan->pos < 6
      || scan->pos[0] != '\\' || scan->pos[1] != 'u')
    return FALSE;
  scan->pos += 2;
  value = scan_hex4 (scan);
  return value >= 0xdc00 && value <= 0xdfff;
}

/* From the opening quote to behind the closing one */
static gboolean
scan_string (Scan * scan)
{
  scan->pos++;
  while (scan->pos < scan->end) {
    gchar c = *scan->pos++;

    if (c == '"')
      return TRUE;
    if ((guchar) c < 0x20)
      return FALSE;
    if (c != '\\')
      continue;
    if (scan->pos == scan->end)
      return FALSE;
    c = *scan->pos++;
    if (c == 'u') {
      if (!scan_unicode_escape (scan))
        return FALSE;
    } else if (c == '\0' || !strchr ("\"\\/bfnrt", c)) {
      return FALSE;
    }
  }
  return FALSE;
}

static gsize
scan_digits (Scan * scan)
{
  const gchar *start = scan->pos;

  while (scan->pos < scan->end && g_ascii_isdigit (*scan->pos))
    scan->pos++;
  return scan->pos - start;
}

static gboolean
scan_number (Scan * scan)
{
  const gchar *first;
  gsize n;

  if (*scan->pos == '-')
    scan->pos++;
  first = scan->pos;
  n = scan_digits (scan);
  if (n == 0 || n > MAX_DIGITS || (n > 1 && *first == '0'))
    return FALSE;
  if (scan->pos < scan->end && *scan->pos == '.') {
    scan->pos++;
    if (scan_digits (scan) == 0)
      return FALSE;
  }
  if (scan->pos < scan->end && (*scan->pos == 'e' || *scan->pos == 'E')) {
    scan->pos++;
    if (scan->pos < scan->end && (*scan->pos == '+' || *scan->pos == '-'))
      scan->pos++;
    if (scan_digits (scan) == 0)
      return FALSE;
  }
  return TRUE;
}

static gboolean
scan_word (Scan * scan, const gchar * word)
{
  gsize length = strlen (word);

  if ((gsize) (scan->end - scan->pos) < length
      || memcmp (scan->pos, word, length) != 0)
    return FALSE;
  scan->pos += length;
  return TRUE;
}

static gboolean
in_object (const Scan * scan)
{
  return scan->objects >> (scan->depth - 1) & 1;
}

static CallJsonResult
after_value (Scan * scan, gboolean good)
{
  scan->expect = scan->depth > 0 ? EXPECT_COMMA_OR_END : EXPECT_NOTHING;
  return good ? CALL_JSON_OK : CALL_JSON_INVALID;
}

static CallJsonResult
open_level (Scan * scan, gboolean object)
{
  if (scan->depth == scan->max_depth)
    return CALL_JSON_TOO_DEEP;
  scan->objects &= ~(1u << scan->depth);
  scan->objects |= (guint32) object << scan->depth;
  scan->depth++;
  scan->pos++;
  scan->expect = object ? EXPECT_KEY_OR_END : EXPECT_VALUE_OR_END;
  return CALL_JSON_OK;
}

static CallJsonResult
close_level (Scan * scan)
{
  if (*scan->pos != (in_object (scan) ? '}' : ']'))
    return CALL_JSON_INVALID;
  scan->pos++;
  scan->depth--;
  return after_value (scan, TRUE);
}

static CallJsonResult
scan_value (Scan * scan)
{
  gchar c = *scan->pos;

  if (c == '{' || c == '[')
    return open_level (scan, c == '{');
  if (c == '"')
    return after_value (scan, scan_string (scan));
  if (c == '-' || g_ascii_isdigit (c))
    return after_value (scan, scan_number (scan));
  if (c == 't')
    return after_value (scan, scan_word (scan, "true"));
  if (c == 'f')
    return after_value (scan, scan_word (scan, "false"));
  return after_value (scan, scan_word (scan, "null"));
}

/* One token; pos is not at white space and not at the end */
static CallJsonResult
scan_step (Scan * scan)
{
  gchar c = *scan->pos;

  switch (scan->expect) {
    case EXPECT_VALUE_OR_END:
      return c == ']' ? close_level (scan) : scan_value (scan);
    case EXPECT_VALUE:
      return scan_value (scan);
    case EXPECT_KEY_OR_END:
    case EXPECT_KEY:
      if (c == '}' && scan->expect == EXPECT_KEY_OR_END)
        return close_level (scan);
      scan->expect = EXPECT_COLON;
      return c == '"' && scan_string (scan) ? CALL_JSON_OK : CALL_JSON_INVALID;
    case EXPECT_COLON:
      scan->pos++;
      scan->expect = EXPECT_VALUE;
      return c == ':' ? CALL_JSON_OK : CALL_JSON_INVALID;
    case EXPECT_COMMA_OR_END:
      if (c != ',')
        return close_level (scan);
      scan->pos++;
      scan->expect = in_object (scan) ? EXPECT_KEY : EXPECT_VALUE;
      return CALL_JSON_OK;
    case EXPECT_NOTHING:
    default:
      return CALL_JSON_INVALID;
  }
}

CallJsonResult
call_json_check (const gchar * text, gsize length, gsize max_size,
    guint max_depth)
{
  Scan scan = { text, text + length, EXPECT_VALUE, 0, max_depth, 0 };

  g_return_val_if_fail (max_depth <= CALL_JSON_MAX_DEPTH, CALL_JSON_TOO_DEEP);

  if (length > max_size)
    return CALL_JSON_TOO_LARGE;
  if (!g_utf8_validate_len (text, length, NULL))
    return CALL_JSON_INVALID;

  for (;;) {
    CallJsonResult result;

    while (scan.pos < scan.end && *scan.pos != '\0'
        && strchr (" \t\r\n", *scan.pos))
      scan.pos++;
    if (scan.pos == scan.end)
      break;
    result = scan_step (&scan);
    if (result != CALL_JSON_OK)
      return result;
  }
  return scan.expect == EXPECT_NOTHING ? CALL_JSON_OK : CALL_JSON_INVALID;
}
