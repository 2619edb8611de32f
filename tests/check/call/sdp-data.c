/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#include "sdp-data.h"

#include <string.h>

gchar *
sdp_data (const gchar * name)
{
  g_autofree gchar *file = g_strconcat (name, ".sdp", NULL);
  g_autofree gchar *path = g_build_filename (g_getenv ("GST_CALL_SOURCE_ROOT"),
      "tests", "data", "sdp", file, NULL);
  g_autoptr (GError) error = NULL;
  gchar *text = NULL;

  g_file_get_contents (path, &text, NULL, &error);
  g_assert_no_error (error);
  return text;
}

gchar *
sdp_replace (const gchar * text, const gchar * from, const gchar * to)
{
  GString *s = g_string_new (text);

  fail_unless (strstr (text, from) != NULL, "no \"%s\" in\n%s", from, text);
  g_string_replace (s, from, to, 0);
  return g_string_free (s, FALSE);
}

gchar *
sdp_edit (gchar * text, const gchar * from, const gchar * to)
{
  gchar *edited = sdp_replace (text, from, to);

  g_free (text);
  return edited;
}

gchar *
sdp_section (const gchar * text, gint n)
{
  const gchar *start = text, *end;

  for (gint i = 0; i <= n; i++) {
    start = strstr (start + 1, "\nm=");
    fail_unless (start != NULL, "no m-line %d in\n%s", n, text);
  }
  end = strstr (start + 1, "\nm=");
  return end != NULL ? g_strndup (start, end + 1 - start) : g_strdup (start);
}

guint
sdp_count (const gchar * text, const gchar * what)
{
  guint n = 0;

  for (const gchar * at = text; (at = strstr (at, what)) != NULL; at++)
    n++;
  return n;
}

GstCallSdp *
sdp_session (void)
{
  static const gchar *const audio[] = { "OPUS", NULL };
  static const gchar *const video[] = { "VP8", "H264", NULL };

  return gst_call_sdp_new (audio, video);
}

GstCallSdp *
sdp_session_with_offer (void)
{
  GstCallSdp *sdp = sdp_session ();
  g_autofree gchar *made = sdp_data ("webrtcbin-1.22-offer");
  g_autofree gchar *inner = NULL, *wire = NULL;
  g_autoptr (GError) error = NULL;

  gst_call_sdp_send (sdp, GST_CALL_SDP_OFFER, made, &inner, &wire, &error);
  g_assert_no_error (error);
  return sdp;
}
