/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: nothing crosses, in either direction, to or from a peer whose
 * certificate is not the one that its description announced.
 *
 * Two callbins stand in two rooms, and between them somebody who is a member
 * of both and passes on what each says to the other.
 */
#include "call-middle.h"

#include <string.h>

typedef struct
{
  CallMiddle middle;            /* first */
  gboolean tamper[2];           /* with what side i says */
  guint tampered;
  gboolean closed;              /* somebody ended the session */
} Tamperer;

/* Each digit of each fingerprint becomes another one: still well-formed */
static gchar *
with_another_fingerprint (const gchar * sdp)
{
  gchar *copy = g_strdup (sdp);
  gchar *i = copy;

  while ((i = strstr (i, "a=fingerprint:sha-256 "))) {
    for (i += strlen ("a=fingerprint:sha-256 "); *i && *i != '\r'; i++) {
      if (g_ascii_isxdigit (*i))
        *i = *i == 'A' ? 'B' : 'A';
    }
  }
  return copy;
}

static gboolean
tamper (CallMiddle * middle, guint from, CallMessage * message)
{
  Tamperer *self = (Tamperer *) middle;

  self->closed |= message->type == CALL_MESSAGE_CLOSE;
  if (message->sdp && self->tamper[from]) {
    gchar *other = with_another_fingerprint (message->sdp);

    fail_if (g_str_equal (other, message->sdp));
    g_free (message->sdp);
    message->sdp = other;
    self->tampered++;
  }
  return TRUE;
}

/* given somebody in the middle who changes nothing, when they connect, then
 * media flows both ways (so that what follows proves something) */
GST_START_TEST (test_untouched)
{
  Tamperer self = { {{NULL,},}, };

  self.middle.pass = tamper;
  call_middle_set_up (&self.middle);
  call_side_wait_more (self.middle.sides[0], CALL_VIDEO, 3);
  call_side_wait_more (self.middle.sides[1], CALL_VIDEO, 3);
  call_side_no_error (self.middle.sides[0]);
  call_middle_tear_down (&self.middle);
}

GST_END_TEST;

static guint64
sum_sent (CallSide * side)
{
  g_autoptr (GstStructure) stats = NULL;
  const GstStructure *peer, *s;
  const GValue *value;
  guint64 sent = 0;

  g_object_get (side->call, "stats", &stats, NULL);
  value = gst_structure_get_value (stats, "peer-mallory");
  if (!value)
    return 0;
  peer = gst_value_get_structure (value);
  value = gst_structure_get_value (peer, "outbound-video-1");
  s = value ? gst_value_get_structure (value) : NULL;
  if (s)
    gst_structure_get_uint64 (s, "packets-sent", &sent);
  return sent;
}

/* given somebody in the middle who puts other fingerprints into the offer, the
 * answer, or both, when DTLS is through, then whoever was deceived says
 * fingerprint-mismatch, does not try again, and not one buffer comes out of
 * either side */
GST_START_TEST (test_tampered)
{
  Tamperer self = { {{NULL,},}, };
  guint deceived, i;

  self.tamper[0] = __i__ != 0;
  self.tamper[1] = __i__ != 1;
  self.middle.pass = tamper;
  call_middle_set_up (&self.middle);
  for (deceived = 0; deceived < 2; deceived++) {
    g_autoptr (GstStructure) error = NULL;
    gboolean retry = TRUE;

    if (!self.tamper[!deceived])
      continue;
    /* who is told first closes the session of the other with that code */
    CALL_WAIT (call_side_has (self.middle.sides[deceived], "call-error", "code",
            "fingerprint-mismatch"));
    error =
        call_side_find (self.middle.sides[deceived], "call-error", NULL, NULL,
        0);
    fail_unless (gst_structure_get_boolean (error, "retry", &retry));
    fail_if (retry);
    fail_unless_equals_string (gst_structure_get_string (error, "peer-id"),
        "mallory");
    fail_unless_equals_int (sum_sent (self.middle.sides[deceived]), 0);
  }
  CALL_WAIT (self.closed);
  CALL_WAIT (call_side_has (self.middle.sides[0], "call-error", NULL, NULL));
  CALL_WAIT (call_side_has (self.middle.sides[1], "call-error", NULL, NULL));
  fail_unless (self.tampered > 0);
  for (i = 0; i < 2; i++) {
    fail_unless_equals_int (call_side_buffers (self.middle.sides[i],
            CALL_VIDEO), 0);
    fail_unless_equals_int (call_side_buffers (self.middle.sides[i],
            CALL_AUDIO), 0);
  }
  call_middle_tear_down (&self.middle);
}

GST_END_TEST;

static Suite *
callbin_certificate_suite (void)
{
  Suite *s = suite_create ("callbin-certificate");
  TCase *tc = tcase_create ("certificate");

  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 120);
  tcase_add_test (tc, test_untouched);
  /* 0: the offer, 1: the answer, 2: both */
  tcase_add_loop_test (tc, test_tampered, 0, 3);
  return s;
}

GST_CHECK_MAIN (callbin_certificate);
