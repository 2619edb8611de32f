/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Names of files that others have chosen. Pure functions; no I/O, no locks,
 * no threads.
 */
#pragma once

#include <glib.h>

G_BEGIN_DECLS

#define GST_CALL_FILE_MAX_NAME 200      /* bytes */

/* What may be the name of a new file in a directory, whatever the text is:
 * one part of a path, UTF-8, at most GST_CALL_FILE_MAX_NAME bytes, not hidden,
 * no control characters, nothing that turns the writing direction, no name
 * that some system reserves. (transfer full) */
gchar *gst_call_file_name_make_safe (const gchar * text);
/* What stands behind its last slash, not made safe. (transfer full) (nullable) */
gchar *gst_call_file_name_of_uri (const gchar * uri);
/* "photo (2).jpg"; 0: the name itself. (transfer full) */
gchar *gst_call_file_name_number (const gchar * name, guint n);
/* From its ending. (transfer full) */
gchar *gst_call_file_name_guess_media_type (const gchar * name);

G_END_DECLS
