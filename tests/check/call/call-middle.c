/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the test's; the signallers run in its main context.
 */
#include "call-middle.h"

#include "gstcall.h"

void
call_middle_send (CallMiddle * middle, guint side, CallMessage * message)
{
  g_autoptr (CallMessage) copy = call_message_copy (message);

  g_free (copy->to);
  copy->to = g_strdup (middle->ids[side]);
  copy->seq = 0;
  call_signaller_send (middle->with[side], copy);
}

static void
on_message (CallSignaller * signaller, CallMessage * message, gpointer data)
{
  CallMiddle *middle = data;
  guint from = signaller == middle->with[1];
  g_autoptr (CallMessage) copy = NULL;

  switch (message->type) {
    case CALL_MESSAGE_OFFER:
    case CALL_MESSAGE_ANSWER:
    case CALL_MESSAGE_CANDIDATE:
    case CALL_MESSAGE_END_OF_CANDIDATES:
    case CALL_MESSAGE_RENEGOTIATE:
    case CALL_MESSAGE_CLOSE:
      break;
    default:
      return;
  }
  copy = call_message_copy (message);
  if (middle->pass (middle, from, copy))
    call_middle_send (middle, !from, copy);
}

static CallSignaller *
stand_in (CallMiddle * middle, const gchar * url)
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

void
call_middle_set_up (CallMiddle * middle)
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
      middle->bob_sends ? middle->bob_sends : CALL_VIDEO_LIVE CALL_AUDIO_LIVE);
}

void
call_middle_tear_down (CallMiddle * middle)
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
