/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * replay FOLDER…: runs a fuzz target over each file of a corpus, once, with
 * any compiler. Ends with the number of files; an empty corpus is a failure.
 */
#include "fuzz.h"

/* In memory of exactly its size, so that reading beyond it is seen */
static void
replay_file (const gchar * path)
{
  g_autofree gchar *text = NULL;
  g_autofree guint8 *data = NULL;
  g_autoptr (GError) error = NULL;
  gsize length;

  if (!g_file_get_contents (path, &text, &length, &error))
    g_error ("%s", error->message);
  data = g_memdup2 (text, length);
  LLVMFuzzerTestOneInput (data, length);
}

int
main (int argc, char **argv)
{
  guint files = 0;

  for (int i = 1; i < argc; i++) {
    g_autoptr (GError) error = NULL;
    g_autoptr (GDir) folder = g_dir_open (argv[i], 0, &error);
    const gchar *name;

    if (!folder)
      g_error ("%s", error->message);
    while ((name = g_dir_read_name (folder)) != NULL) {
      g_autofree gchar *path = g_build_filename (argv[i], name, NULL);

      g_print ("# %s\n", name);
      replay_file (path);
      files++;
    }
  }
  g_print ("%u files\n", files);
  return files == 0;
}
