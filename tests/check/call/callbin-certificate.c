/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: nothing crosses, in either direction, to or from a peer whose
 * certificate is not the one that its description announced.
 *
 * Two callbins stand in two rooms, and between them somebody who is a member
 * of both and passes on what each says to the other.
 */
#include "call-test.h"

#include "call-signaller.h"
#include "gstcall.h"

#include <string.h>

typedef struct
{
  CallSignaller *with[2];       /* 0: in the host's room, 1: the guest's */
  CallSide *sides[2];
  gchar *ids[2];                /* of the callbins */
  gboolean tamper[2];           /* with what side i says */
  guint tampered;
  gboolean closed;              /* somebody ended the session */
} Middle;

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

static void
on_message (CallSignaller * signaller, CallMessage * message, gpointer data)
{
  Middle *middle = data;
  guint from = signaller == middle->with[1];
  CallMessage *copy;

  switch (message->type) {
    case CALL_MESSAGE_OFFER:
    case CALL_MESSAGE_ANSWER:
    case CALL_MESSAGE_CANDIDATE:
    case CALL_MESSAGE_END_OF_CANDIDATES:
    case CALL_MESSAGE_CLOSE:
      break;
    default:
      return;
  }
  middle->closed |= message->type == CALL_MESSAGE_CLOSE;
  copy = call_message_copy (message);
  g_free (copy->to);
  copy->to = g_strdup (middle->ids[!from]);
  copy->seq = 0;
  if (copy->sdp && middle->tamper[from]) {
    gchar *other = with_another_fingerprint (copy->sdp);

    fail_if (g_str_equal (other, copy->sdp));
    g_free (copy->sdp);
    copy->sdp = other;
    middle->tampered++;
  }
  call_signaller_send (middle->with[!from], copy);
  call_message_unref (copy);
}

static CallSignaller *
stand_in (Middle * middle, const gchar * url)
{
  g_autoptr (GError) error = NULL;
  CallSignaller *signaller = call_signaller_new_for_uri (url, &error, "uri",
      url, "display-name", "Mallory", "peer-id", "mallory", NULL);

  fail_unless (signaller != NULL);
  g_signal_connect (signaller, "message", G_CALLBACK (on_message), middle);
  call_signaller_open (signaller);
  CALL_WAIT (call_signaller_get_state (signaller) == CALL_SIGNALLER_OPEN);
  return signaller;
}

static void
set_up (Middle * middle)
{
  g_autofree gchar *url = NULL;
  g_autofree gchar *other_url = NULL;

  GST_ELEMENT_REGISTER (callbin, NULL);
  middle->ids[0] = g_strdup ("ann");
  middle->ids[1] = g_strdup ("bob");
  middle->sides[0] = call_side_host ("peer-id=ann",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE, &url);
  other_url = g_strconcat (url, "2", NULL);
  middle->with[0] = stand_in (middle, url);
  middle->with[1] = stand_in (middle, other_url);
  /* the newcomer offers */
  middle->sides[1] = call_side_join (other_url, "peer-id=bob",
      CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
}

static void
tear_down (Middle * middle)
{
  guint i;

  for (i = 0; i < 2; i++) {
    call_signaller_close (middle->with[i]);
    g_signal_handlers_disconnect_by_data (middle->with[i], middle);
    g_clear_object (&middle->with[i]);
    g_clear_pointer (&middle->ids[i], g_free);
  }
  call_side_free (middle->sides[1]);
  call_side_free (middle->sides[0]);
}

/* given somebody in the middle who changes nothing, when they connect, then
 * media flows both ways (so that what follows proves something) */
GST_START_TEST (test_untouched)
{
  Middle middle = { {NULL,}, };

  set_up (&middle);
  call_side_wait_more (middle.sides[0], CALL_VIDEO, 3);
  call_side_wait_more (middle.sides[1], CALL_VIDEO, 3);
  call_side_no_error (middle.sides[0]);
  tear_down (&middle);
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
  Middle middle = { {NULL,}, };
  guint deceived, i;

  middle.tamper[0] = __i__ != 0;
  middle.tamper[1] = __i__ != 1;
  set_up (&middle);
  for (deceived = 0; deceived < 2; deceived++) {
    g_autoptr (GstStructure) error = NULL;
    gboolean retry = TRUE;

    if (!middle.tamper[!deceived])
      continue;
    /* who is told first closes the session of the other with that code */
    CALL_WAIT (call_side_has (middle.sides[deceived], "call-error", "code",
            "fingerprint-mismatch"));
    error = call_side_find (middle.sides[deceived], "call-error", NULL, NULL,
        0);
    fail_unless (gst_structure_get_boolean (error, "retry", &retry));
    fail_if (retry);
    fail_unless_equals_string (gst_structure_get_string (error, "peer-id"),
        "mallory");
    fail_unless_equals_int (sum_sent (middle.sides[deceived]), 0);
  }
  CALL_WAIT (middle.closed);
  CALL_WAIT (call_side_has (middle.sides[0], "call-error", NULL, NULL));
  CALL_WAIT (call_side_has (middle.sides[1], "call-error", NULL, NULL));
  fail_unless (middle.tampered > 0);
  for (i = 0; i < 2; i++) {
    fail_unless_equals_int (call_side_buffers (middle.sides[i], CALL_VIDEO), 0);
    fail_unless_equals_int (call_side_buffers (middle.sides[i], CALL_AUDIO), 0);
  }
  tear_down (&middle);
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
