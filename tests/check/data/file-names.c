/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * given a name that somebody else has chosen, when a file is to get it, then it
 * is one part of a path that can be seen, and what was good about it stays.
 */
#include "gstcallfilename.h"

#include <gst/check/gstcheck.h>
#include <string.h>

static void
check (const gchar * text, const gchar * wanted)
{
  g_autofree gchar *name = gst_call_file_name_make_safe (text);

  fail_unless_equals_string (name, wanted);
}

/* given names as people give them, then they stay as they are */
GST_START_TEST (test_good)
{
  check ("photo.jpg", "photo.jpg");
  check ("Übung № 3 📷.tar.gz", "Übung № 3 📷.tar.gz");
  check ("a b", "a b");
  check ("-rf", "-rf");
  check ("no ending", "no ending");
  check ("console.txt", "console.txt");
  check ("com.txt", "com.txt");
  check ("a..b", "a..b");
  /* but for what other systems do not take */
  check ("12:30 <who?>.txt", "12_30 _who__.txt");
}

GST_END_TEST;

/* given paths, then their last part is the name */
GST_START_TEST (test_paths)
{
  check ("../../etc/passwd", "passwd");
  check ("/etc/passwd", "passwd");
  check ("C:\\Users\\ann\\photo.jpg", "photo.jpg");
  check ("..\\..\\boot.ini", "boot.ini");
  check ("a/b\\c/d.txt", "d.txt");
  check ("a\\b/c\\d.txt", "d.txt");
  check ("folder/", "file");
  check ("a/..", "file");
  check ("/", "file");
}

GST_END_TEST;

/* given names that would be hidden, or hide what they are, then they do not */
GST_START_TEST (test_disguised)
{
  check (".bashrc", "bashrc");
  check ("...bashrc", "bashrc");
  check (" . .bashrc", "bashrc");
  check ("a\nb\tc\x7f.txt", "abc.txt");
  check ("a\xc2\x85z", "az");
  check ("photo\xe2\x80\xaegpj.exe", "photogpj.exe");
  check ("\xe2\x81\xa6.profile", "profile");
  check ("a\xe2\x80\xa8" "b", "ab");
  check ("\xef\xbb\xbf.x", "x");
  check ("name.txt.", "name.txt");
  check ("name.txt \xc2\xa0", "name.txt");
}

GST_END_TEST;

/* given names that are none, or devices elsewhere, then it is "file" */
GST_START_TEST (test_none)
{
  const gchar *const names[] = { "", ".", "..", "....", "   ", "\n", "con",
    "CON", "con.txt", "nul", "Aux.c", "com1", "LPT9.log", "con .txt", "~/."
  };

  for (guint i = 0; i < G_N_ELEMENTS (names); i++)
    check (names[i], "file");
  check (NULL, "file");
}

GST_END_TEST;

/* given a name that is too long, then it is cut at a character and keeps its
 * ending */
GST_START_TEST (test_long)
{
  g_autofree gchar *many = g_strnfill (10000, 'a');
  g_autofree gchar *text = g_strconcat (many, ".jpg", NULL);
  g_autofree gchar *name = gst_call_file_name_make_safe (text);
  g_autoptr (GString) wide = g_string_new ("x");
  g_autofree gchar *cut = NULL;

  fail_unless_equals_int (strlen (name), GST_CALL_FILE_MAX_NAME);
  fail_unless (g_str_has_suffix (name, "a.jpg"));
  for (guint i = 0; i < 100; i++)
    g_string_append (wide, "€");
  g_string_append (wide, ".png");
  cut = gst_call_file_name_make_safe (wide->str);
  fail_unless (g_utf8_validate (cut, -1, NULL));
  fail_unless (g_str_has_suffix (cut, "€.png"));
  fail_unless_equals_int (strlen (cut), 1 + 65 * 3 + 4);
}

GST_END_TEST;

/* given any bytes, then the name is safe, and stays so when it is made safe
 * once more */
GST_START_TEST (test_any)
{
  static const gchar pieces[][8] = { ".", "/", "\\", "a", " ", "\xff", "\xe2",
    "\xe2\x80\xae", "\n", "con", "é", "📷", "\xc2\xa0", ".jpg"
  };
  GRand *rand = g_rand_new_with_seed (1);

  for (guint i = 0; i < 20000; i++) {
    g_autoptr (GString) text = g_string_new (NULL);
    g_autofree gchar *name = NULL;
    g_autofree gchar *again = NULL;
    guint n = g_rand_int_range (rand, 0, i % 100 == 0 ? 400 : 8);

    while (n-- > 0)
      g_string_append (text, pieces[g_rand_int_range (rand, 0,
                  G_N_ELEMENTS (pieces))]);
    name = gst_call_file_name_make_safe (text->str);
    fail_unless (*name && *name != '.' && *name != ' ', "\"%s\"", name);
    fail_if (strpbrk (name, "/\\\n"), "\"%s\"", name);
    fail_unless (g_utf8_validate (name, -1, NULL));
    fail_unless (strlen (name) <= GST_CALL_FILE_MAX_NAME);
    again = gst_call_file_name_make_safe (name);
    fail_unless_equals_string (again, name);
  }
  g_rand_free (rand);
}

GST_END_TEST;

/* given a name that is taken, when it gets a number, then in front of the
 * ending */
GST_START_TEST (test_numbers)
{
  const gchar *const rows[][3] = {
    {"photo.jpg", "photo (1).jpg", "photo (12).jpg"},
    {"photo", "photo (1)", "photo (12)"},
    {"v1.an ending of many letters", "v1.an ending of many letters (1)",
        "v1.an ending of many letters (12)"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *none = gst_call_file_name_number (rows[i][0], 0);
    g_autofree gchar *one = gst_call_file_name_number (rows[i][0], 1);
    g_autofree gchar *twelve = gst_call_file_name_number (rows[i][0], 12);

    fail_unless_equals_string (none, rows[i][0]);
    fail_unless_equals_string (one, rows[i][1]);
    fail_unless_equals_string (twelve, rows[i][2]);
  }
}

GST_END_TEST;

/* given a name, then its ending says what the file is */
GST_START_TEST (test_media_types)
{
  const gchar *const rows[][2] = {
    {"a.JPG", "image/jpeg"},
    {"a.b.png", "image/png"},
    {"a.webm", "video/webm"},
    {"a.txt", "text/plain"},
    {"a.no-such-ending", "application/octet-stream"},
    {"png", "application/octet-stream"},
  };

  for (guint i = 0; i < G_N_ELEMENTS (rows); i++) {
    g_autofree gchar *type = gst_call_file_name_guess_media_type (rows[i][0]);

    fail_unless_equals_string (type, rows[i][1]);
  }
}

GST_END_TEST;

static Suite *
data_file_names_suite (void)
{
  Suite *s = suite_create ("data-file-names");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_good);
  tcase_add_test (tc, test_paths);
  tcase_add_test (tc, test_disguised);
  tcase_add_test (tc, test_none);
  tcase_add_test (tc, test_long);
  tcase_add_test (tc, test_any);
  tcase_add_test (tc, test_numbers);
  tcase_add_test (tc, test_media_types);
  return s;
}

GST_CHECK_MAIN (data_file_names);
