/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: the text of constraints is read as W3C has it, within bounds, and an
 * error says where it is wrong.
 */
#include <gst/check/gstcheck.h>

#include "gstcallconstraints.h"

/* given every form a member can have, when the text is read, then bare values
 * are ideal in the basic set and exact in an advanced one */
GST_START_TEST (test_forms)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (GstCallConstraints) constraints =
      gst_call_constraints_parse ("{\"width\":1280,"
      "\"height\":{\"min\":480,\"max\":1080.0,\"ideal\":720},"
      "\"frameRate\":{\"exact\":29.97},\"deviceId\":\"a\","
      "\"groupId\":{\"exact\":[\"g\",\"h\"]},\"echoCancellation\":false,"
      "\"resizeMode\":\"none\",\"facingMode\":[],"
      "\"advanced\":[{\"width\":1920},{\"deviceId\":\"b\"},{}]}", &error);
  const GstCallConstraint *member;

  fail_unless (constraints != NULL, "%s", error ? error->message : "");
  member = constraints->basic.members;
  fail_unless_equals_int (member[GST_CALL_WIDTH].has, GST_CALL_IDEAL);
  fail_unless_equals_float (member[GST_CALL_WIDTH].ideal, 1280);
  fail_unless_equals_int (member[GST_CALL_HEIGHT].has,
      GST_CALL_MIN | GST_CALL_MAX | GST_CALL_IDEAL);
  fail_unless_equals_float (member[GST_CALL_HEIGHT].max, 1080);
  fail_unless_equals_int (member[GST_CALL_FRAME_RATE].has, GST_CALL_EXACT);
  fail_unless_equals_string (member[GST_CALL_DEVICE_ID].ideal_names[0], "a");
  fail_unless_equals_string (member[GST_CALL_GROUP_ID].exact_names[1], "h");
  fail_unless_equals_float (member[GST_CALL_ECHO_CANCELLATION].ideal, 0);
  fail_unless_equals_int (member[GST_CALL_FACING_MODE].has, 0);
  fail_unless_equals_int (constraints->advanced->len, 3);
  member = g_array_index (constraints->advanced, GstCallConstraintSet,
      0).members;
  fail_unless_equals_int (member[GST_CALL_WIDTH].has, GST_CALL_EXACT);
  fail_unless (gst_call_constraints_mention (constraints, GST_CALL_WIDTH));
  fail_if (gst_call_constraints_mention (constraints, GST_CALL_SAMPLE_RATE));
}

GST_END_TEST;

/* given no text, or one that asks for nothing we know, when it is read, then
 * there are no constraints */
GST_START_TEST (test_empty)
{
  static const gchar *const texts[] = { NULL, "", "{}", " { } ",
    "{\"pan\":true,\"backgroundBlur\":{\"exact\":true}}"
  };
  guint i, id;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GstCallConstraints) constraints =
        gst_call_constraints_parse (texts[i], NULL);

    fail_unless (constraints != NULL);
    for (id = 0; id < GST_CALL_N_CONSTRAINTS; id++)
      fail_if (gst_call_constraints_mention (constraints, id));
  }
}

GST_END_TEST;

/* given texts with one mistake each, when they are read, then the error says
 * where it is */
GST_START_TEST (test_mistakes)
{
  static const gchar *const texts[][2] = {
    {"{\"width\":12,}", "line 1, character 12"},
    {"{\n\"width\" 3}", "line 2"},
    {"{\"width\":", "line 1"},
    {"width=3", "JSON"},
    {"{\"width\":01}", "JSON"},
    {"{\"width\":NaN}", "JSON"},
    {"{\"width\":1e999}", "width"},
    {"/**/{}", "JSON"},
    {"[]", "an object is expected"},
    {"3", "an object is expected"},
    {"{\"width\":\"a\"}", "width: a number"},
    {"{\"width\":true}", "width: a number"},
    {"{\"width\":null}", "width: a number"},
    {"{\"width\":{\"min\":[1]}}", "width.min: a number"},
    {"{\"height\":{\"max\":-1}}", "height.max: a number that is not negative"},
    {"{\"echoCancellation\":1}", "echoCancellation: true or false"},
    {"{\"echoCancellation\":{\"min\":true}}", "echoCancellation.min: only"},
    {"{\"deviceId\":3}", "deviceId: a string"},
    {"{\"deviceId\":{\"exact\":[3]}}", "deviceId.exact: only strings"},
    {"{\"deviceId\":{\"max\":\"a\"}}", "deviceId.max: only"},
    {"{\"advanced\":{}}", "advanced: a list"},
    {"{\"advanced\":[3]}", "advanced: only objects"},
    {"{\"advanced\":[{},{\"width\":\"a\"}]}", "advanced[1].width: a number"},
    {"{\"advanced\":[{\"width\":{\"max\":[[[1]]]}}]}", "in each other"},
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    fail_unless (gst_call_constraints_parse (texts[i][0], &error) == NULL, "%s",
        texts[i][0]);
    fail_unless (strstr (error->message, texts[i][1]) != NULL, "%s: %s",
        texts[i][0], error->message);
    fail_unless (g_error_matches (error, GST_RESOURCE_ERROR,
            GST_RESOURCE_ERROR_SETTINGS));
  }
}

GST_END_TEST;

static gchar *
repeat (const gchar * before, const gchar * text, guint n, const gchar * after)
{
  GString *string = g_string_new (before);

  while (n--)
    g_string_append (string, text);
  g_string_append (string, after);
  return g_string_free (string, FALSE);
}

/* given texts that are too long, too deep, or lists that are too long, when they
 * are read, then they are refused */
GST_START_TEST (test_bounds)
{
  gchar *texts[] = {
    repeat ("{\"x\":\"", "a", 1 << 20, "\"}"),
    repeat ("", "[", 15000, ""),
    repeat ("/**/", "[", 15000, ""),
    repeat ("{\"a\":", "{\"a\":", 3000, ""),
    repeat ("{\"advanced\":[{}", ",{}", 16, "]}"),
    repeat ("{\"deviceId\":[\"a\"", ",\"a\"", 64, "]}"),
    repeat ("{\"deviceId\":\"\xff", "", 0, "\"}"),
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (texts); i++) {
    g_autoptr (GError) error = NULL;

    fail_unless (gst_call_constraints_parse (texts[i], &error) == NULL, "%u",
        i);
    fail_unless (error != NULL && strlen (error->message) < 300);
    g_free (texts[i]);
  }
}

GST_END_TEST;

static Suite *
constraints_text_suite (void)
{
  Suite *s = suite_create ("constraints-text");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_test (tc, test_forms);
  tcase_add_test (tc, test_empty);
  tcase_add_test (tc, test_mistakes);
  tcase_add_test (tc, test_bounds);
  return s;
}

GST_CHECK_MAIN (constraints_text);
