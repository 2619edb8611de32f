/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilename.h"

#include <gio/gio.h>
#include <string.h>

#define MAX_ENDING 20           /* bytes of ".jpeg" that survive a cut */

/* What pages show or play, also where the system has no list of its own */
static const gchar *const media_types[][2] = {
  {".avif", "image/avif"},
  {".bmp", "image/bmp"},
  {".flac", "audio/flac"},
  {".gif", "image/gif"},
  {".jpeg", "image/jpeg"},
  {".jpg", "image/jpeg"},
  {".json", "application/json"},
  {".m4a", "audio/mp4"},
  {".mkv", "video/x-matroska"},
  {".mp3", "audio/mpeg"},
  {".mp4", "video/mp4"},
  {".ogg", "audio/ogg"},
  {".opus", "audio/ogg"},
  {".pdf", "application/pdf"},
  {".png", "image/png"},
  {".svg", "image/svg+xml"},
  {".txt", "text/plain"},
  {".wav", "audio/wav"},
  {".webm", "video/webm"},
  {".webp", "image/webp"},
  {".zip", "application/zip"},
};

/* Unseen, or it makes "gpj.exe" read "exe.jpg" */
static gboolean
is_forbidden (gunichar c)
{
  return g_unichar_iscntrl (c) || c == 0x061c || c == 0x200b || c == 0x200e
      || c == 0x200f || (c >= 0x2028 && c <= 0x202e) || (c >= 0x2060
      && c <= 0x206f)
      || c == 0xfeff || c == 0xfffd || (c & 0xfffe) == 0xfffe;
}

static const gchar *
last_part (const gchar * path)
{
  const gchar *slash = strrchr (path, '/');
  const gchar *name = slash ? slash + 1 : path;
  const gchar *backslash = strrchr (name, '\\');

  return backslash ? backslash + 1 : name;
}

/* What is between dots and white space at the front, and white space and
 * dots at the end */
static gchar *
trim (const gchar * name)
{
  const gchar *start = name, *end;

  while (*start == '.' || g_unichar_isspace (g_utf8_get_char (start)))
    start = g_utf8_next_char (start);
  end = start + strlen (start);
  while (end > start) {
    const gchar *last = g_utf8_prev_char (end);

    if (*last != '.' && !g_unichar_isspace (g_utf8_get_char (last)))
      break;
    end = last;
  }
  return g_strndup (start, end - start);
}

/* Where ".jpg" begins; the end if there is no such thing */
static const gchar *
find_ending (const gchar * name)
{
  const gchar *dot = strrchr (name, '.');

  if (!dot || dot == name || strlen (dot) > MAX_ENDING)
    return name + strlen (name);
  return dot;
}

/* At most max bytes of whole characters */
static gsize
cut_length (const gchar * text, gsize length, gsize max)
{
  if (length <= max)
    return length;
  return g_utf8_find_prev_char (text, text + max + 1) - text;
}

static gchar *
cut (const gchar * name)
{
  const gchar *ending = find_ending (name);
  gsize stem = cut_length (name, ending - name,
      GST_CALL_FILE_MAX_NAME - strlen (ending));

  return g_strdup_printf ("%.*s%s", (gint) stem, name, ending);
}

/* Devices on other systems, to which the file may be copied */
static gboolean
is_reserved (const gchar * name)
{
  static const gchar *const reserved[] = { "con", "prn", "aux", "nul", "conin$",
    "conout$", "clock$", NULL
  };
  g_autofree gchar *stem = g_ascii_strdown (name, strcspn (name, "."));

  g_strchomp (stem);
  if (g_strv_contains (reserved, stem))
    return TRUE;
  return (g_str_has_prefix (stem, "com") || g_str_has_prefix (stem, "lpt"))
      && strlen (stem) == 4 && g_ascii_isdigit (stem[3]);
}

gchar *
gst_call_file_name_make_safe (const gchar * text)
{
  g_autofree gchar *valid = g_utf8_make_valid (text ? text : "", -1);
  g_autoptr (GString) seen = g_string_new (NULL);
  g_autofree gchar *trimmed = NULL;
  g_autofree gchar *short_enough = NULL;
  gchar *name;

  for (const gchar * p = last_part (valid); *p; p = g_utf8_next_char (p)) {
    /* not everywhere, and it may be copied there */
    if (strchr ("<>:\"|?*", *p))
      g_string_append_c (seen, '_');
    else if (!is_forbidden (g_utf8_get_char (p)))
      g_string_append_len (seen, p, g_utf8_next_char (p) - p);
  }
  trimmed = trim (seen->str);
  short_enough = cut (trimmed);
  /* the cut may have come behind a space */
  name = trim (short_enough);
  if (*name && !is_reserved (name))
    return name;
  g_free (name);
  return g_strdup ("file");
}

gchar *
gst_call_file_name_of_uri (const gchar * uri)
{
  g_autofree gchar *path = g_strndup (uri, strcspn (uri, "?#"));
  const gchar *slash = strrchr (path, '/');

  return g_uri_unescape_string (slash ? slash + 1 : path, NULL);
}

gchar *
gst_call_file_name_number (const gchar * name, guint n)
{
  const gchar *ending = find_ending (name);

  if (n == 0)
    return g_strdup (name);
  return g_strdup_printf ("%.*s (%u)%s", (gint) (ending - name), name, n,
      ending);
}

gchar *
gst_call_file_name_guess_media_type (const gchar * name)
{
  g_autofree gchar *ending = g_ascii_strdown (find_ending (name), -1);
  g_autofree gchar *type = NULL;
  gchar *media_type;

  for (guint i = 0; i < G_N_ELEMENTS (media_types); i++) {
    if (g_str_equal (ending, media_types[i][0]))
      return g_strdup (media_types[i][1]);
  }
  type = g_content_type_guess (name, NULL, 0, NULL);
  media_type = g_content_type_get_mime_type (type);
  return media_type ? media_type : g_strdup ("application/octet-stream");
}
