/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The websocket signaller takes a seat, keeps it over broken connections
 * without losing or doubling a message, and gives it back.
 */
#include "scripted-server.h"

#define CANDIDATE(seq, n) "{\"type\":\"end-of-candidates\",\"seq\":" #seq \
    ",\"from\":\"bob\",\"session\":\"s" #n "\"}"

/* The next n messages at the server are those of sessions a, b, c … */
static void
hear_sessions (Script * script, const gchar * sessions, guint64 first_seq)
{
  for (guint i = 0; sessions[i]; i++) {
    g_autoptr (CallMessage) message =
        script_hear (script, CALL_MESSAGE_RENEGOTIATE);

    g_assert_cmpint (message->session[0], ==, sessions[i]);
    g_assert_cmpuint (message->seq, ==, first_seq + i);
  }
}

/* Lets everything that is under way arrive: a message there and back */
static void
settle (Script * script, guint64 seq)
{
  g_autofree gchar *text = g_strdup_printf ("{\"type\":\"error\",\"seq\":%"
      G_GUINT64_FORMAT ",\"code\":\"internal\",\"text\":\"settled\"}", seq);
  g_autoptr (CallMessage) message = NULL;

  script_say (script, text);
  message = script_get (script, CALL_MESSAGE_ERROR);
  g_assert_cmpstr (message->text, ==, "settled");
}

/* Given settings, when the signaller opens, then its hello says them, the
 * welcome comes out, and the states are connecting and open. */
static void
test_hello (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) hello = NULL;
  g_autoptr (CallMessage) welcome = NULL;
  g_autofree gchar *id = NULL;

  script_open (script, "display-name", "Ann", "peer-id", "ann-1", "token",
      "abc", "audio", CALL_TRACK_LIVE, "video", CALL_TRACK_MUTED, NULL);
  hello = script_hear (script, CALL_MESSAGE_HELLO);
  g_assert_cmpint (hello->version, ==, 1);
  g_assert_cmpstr (hello->peer->display_name, ==, "Ann");
  g_assert_cmpstr (hello->peer->peer_id, ==, "ann-1");
  g_assert_cmpstr (hello->token, ==, "abc");
  g_assert_null (hello->resume);
  g_assert_false (hello->peer->polite);
  g_assert_cmpint (hello->peer->audio, ==, CALL_TRACK_LIVE);
  g_assert_cmpint (hello->peer->video, ==, CALL_TRACK_MUTED);

  script_welcome (script, FALSE, 0);
  welcome = script_get (script, CALL_MESSAGE_WELCOME);
  g_assert_false (welcome->resumed);
  g_assert_cmpint (welcome->peer->seat, ==, 7);
  g_object_get (script->signaller, "peer-id", &id, NULL);
  g_assert_cmpstr (id, ==, "ann");
  g_assert_cmpuint (script->states->len, ==, 2);
  g_assert_cmpint (g_array_index (script->states, CallSignallerState, 0), ==,
      CALL_SIGNALLER_CONNECTING);
  g_assert_cmpint (g_array_index (script->states, CallSignallerState, 1), ==,
      CALL_SIGNALLER_OPEN);
}

/* Given a hello that waits for its welcome, at first and in a reconnect that
 * gives a new seat, when a track changes, then the server hears of it after
 * the welcome; what the hello said already is not said again. */
static void
test_state_before_welcome (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) state = call_message_new (CALL_MESSAGE_STATE);

  state->peer = call_peer_new (NULL);
  state->peer->audio = CALL_TRACK_LIVE;
  script_open (script, "audio", CALL_TRACK_NONE, NULL);
  call_signaller_send (script->signaller, state);
  for (guint i = 0; i < 2; i++) {
    g_autoptr (CallMessage) hello = script_hear (script, CALL_MESSAGE_HELLO);
    g_autoptr (CallMessage) heard = NULL;

    g_assert_cmpint (hello->peer->audio, ==, state->peer->audio);
    state->peer->audio = i == 0 ? CALL_TRACK_MUTED : CALL_TRACK_NONE;
    call_signaller_send (script->signaller, state);
    script_welcome (script, FALSE, 0);
    heard = script_hear (script, CALL_MESSAGE_STATE);
    g_assert_cmpuint (heard->seq, ==, 1);
    g_assert_cmpint (heard->peer->audio, ==, state->peer->audio);
    script_cut (script);
  }
}

/* Given a state that the server has not seen when the connection breaks, when
 * the track changes again meanwhile, then the resumed seat ends with the newer
 * state, though the older one is sent again. */
static void
test_state_over_break (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) state = call_message_new (CALL_MESSAGE_STATE);
  g_autoptr (CallMessage) hello = NULL;
  static const CallTrackState states[] = { CALL_TRACK_MUTED, CALL_TRACK_LIVE };

  state->peer = call_peer_new (NULL);
  script_open_welcomed (script);
  state->peer->audio = states[0];
  call_signaller_send (script->signaller, state);
  call_message_unref (script_hear (script, CALL_MESSAGE_STATE));
  script_cut (script);
  SCRIPT_WAIT (script, call_signaller_get_state (script->signaller) ==
      CALL_SIGNALLER_RECONNECTING);
  state->peer->audio = states[1];
  call_signaller_send (script->signaller, state);
  hello = script_hear (script, CALL_MESSAGE_HELLO);
  g_assert_cmpint (hello->peer->audio, ==, states[1]);
  script_welcome (script, TRUE, 0);
  for (guint i = 0; i < G_N_ELEMENTS (states); i++) {
    g_autoptr (CallMessage) heard = script_hear (script, CALL_MESSAGE_STATE);

    g_assert_cmpuint (heard->seq, ==, i + 1);
    g_assert_cmpint (heard->peer->audio, ==, states[i]);
  }
}

/* Given a seat, when messages go both ways, then they are numbered and come
 * out once; what only a client may say, or names no sender, does not. */
static void
test_relay (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) offer = NULL;
  g_autoptr (CallMessage) got = NULL;

  script_open_welcomed (script);
  script_send (script, CALL_MESSAGE_OFFER, "s1");
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  offer = script_hear (script, CALL_MESSAGE_OFFER);
  g_assert_cmpuint (offer->seq, ==, 1);
  g_assert_cmpstr (offer->to, ==, "bob");
  g_assert_cmpstr (offer->sdp, ==, "v=0\r\n");
  hear_sessions (script, "a", 2);

  script_say (script, "{\"type\":\"bye\",\"seq\":1}");
  script_say (script, "{\"type\":\"renegotiate\",\"seq\":1,\"to\":\"ann\","
      "\"session\":\"s\"}");
  script_say (script, "{\"type\":\"of-tomorrow\",\"seq\":1}");
  script_say (script, CANDIDATE (1, 1));
  script_say (script, CANDIDATE (1, 1));
  got = script_get (script, CALL_MESSAGE_END_OF_CANDIDATES);
  g_assert_cmpstr (got->from, ==, "bob");
  settle (script, 2);
  g_assert_cmpuint (script->ignored, ==, 1);
}

/* Given a seat with traffic, when its connection is cut, then it is resumed:
 * both sides' messages arrive once and in order, those sent before the cut,
 * those lost in it, and those sent meanwhile. */
static void
test_resume (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) hello = NULL;
  g_autoptr (CallMessage) welcome = NULL;
  g_autoptr (CallMessage) third = NULL;

  script_open_welcomed (script);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "b");
  hear_sessions (script, "ab", 1);
  script_say (script, CANDIDATE (1, 1));
  script_say (script, CANDIDATE (2, 2));
  call_message_unref (script_get (script, CALL_MESSAGE_END_OF_CANDIDATES));
  call_message_unref (script_get (script, CALL_MESSAGE_END_OF_CANDIDATES));

  script_cut (script);
  SCRIPT_WAIT (script, call_signaller_get_state (script->signaller) ==
      CALL_SIGNALLER_RECONNECTING);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "c");
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "d");
  hello = script_hear (script, CALL_MESSAGE_HELLO);
  g_assert_cmpstr (hello->resume, ==, "secret-1");
  g_assert_cmpuint (hello->last_seq, ==, 2);

  script_welcome (script, TRUE, 1);
  script_say (script, CANDIDATE (2, 2));
  script_say (script, CANDIDATE (3, 3));
  welcome = script_get (script, CALL_MESSAGE_WELCOME);
  g_assert_true (welcome->resumed);
  hear_sessions (script, "bcd", 2);
  third = script_get (script, CALL_MESSAGE_END_OF_CANDIDATES);
  g_assert_cmpstr (third->session, ==, "s3");
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "e");
  hear_sessions (script, "e", 5);
  settle (script, 4);
  g_assert_cmpuint (script->failures, ==, 0);
}

/* Given a server that was restarted and lost count, when the seat is resumed,
 * then only what was never sent is sent. */
static void
test_lost_count (void)
{
  g_autoptr (Script) script = script_new (NULL);

  script_open_welcomed (script);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  hear_sessions (script, "a", 1);
  script_cut (script);
  SCRIPT_WAIT (script, call_signaller_get_state (script->signaller) ==
      CALL_SIGNALLER_RECONNECTING);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "b");
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, TRUE, -1);
  hear_sessions (script, "b", 2);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  settle (script, 1);
}

/* Given a seat that the server no longer knows, when the connection comes
 * back, then there is a new seat: nothing old is sent, numbers start at 1,
 * and the next resume is of the new seat. */
static void
test_new_seat (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) welcome = NULL;
  g_autoptr (CallMessage) hello = NULL;

  script_open_welcomed (script);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  hear_sessions (script, "a", 1);
  script_say (script, CANDIDATE (1, 1));
  call_message_unref (script_get (script, CALL_MESSAGE_END_OF_CANDIDATES));
  script_cut (script);
  SCRIPT_WAIT (script, call_signaller_get_state (script->signaller) ==
      CALL_SIGNALLER_RECONNECTING);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "b");
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, FALSE, 0);
  welcome = script_get (script, CALL_MESSAGE_WELCOME);
  g_assert_false (welcome->resumed);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "c");
  hear_sessions (script, "c", 1);
  script_say (script, CANDIDATE (1, 1));
  call_message_unref (script_get (script, CALL_MESSAGE_END_OF_CANDIDATES));

  script_cut (script);
  hello = script_hear (script, CALL_MESSAGE_HELLO);
  g_assert_cmpstr (hello->resume, ==, "secret-2");
  g_assert_cmpuint (hello->last_seq, ==, 1);
}

/* Given more messages than are kept, when the server has seen none of them,
 * then the seat is given back and a new one is taken. */
static void
test_gap (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) hello = NULL;
  g_autoptr (CallMessage) bye = NULL;

  script_open_welcomed (script);
  for (guint i = 0; i < 300; i++)
    script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  for (guint i = 0; i < 300; i++)
    hear_sessions (script, "a", i + 1);
  script_cut (script);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, TRUE, 0);
  while (!bye) {
    SCRIPT_WAIT (script, script->heard.length > 0);
    bye = g_queue_pop_head (&script->heard);
    if (bye->type != CALL_MESSAGE_BYE)
      g_clear_pointer (&bye, call_message_unref);
  }
  g_assert_cmpuint (bye->seq, ==, 301);
  hello = script_hear (script, CALL_MESSAGE_HELLO);
  g_assert_null (hello->resume);
  g_assert_cmpstr (hello->peer->peer_id, ==, "ann");
}

/* Given a server that hangs up after each hello, when the signaller tries
 * again, then each wait may be twice as long as the last, and half at least. */
static void
test_back_off (void)
{
  g_autoptr (Script) script = script_new (NULL);

  script_open_welcomed (script);
  for (guint i = 0; i < 5; i++) {
    gint64 before, after, least = 50 << i;

    script_cut (script);
    before = g_array_index (script->times, gint64, i);
    SCRIPT_WAIT (script, script->sockets->len == i + 2);
    after = g_array_index (script->times, gint64, i + 1);
    g_test_message ("wait %u: %d ms", i, (gint) (after - before) / 1000);
    g_assert_cmpint (after - before, >=, least * 1000);
  }
}

/* Given a server that asks to come back later, when the signaller tries
 * again, then it has waited that long. */
static void
test_retry_after (void)
{
  g_autoptr (Script) script = script_new (NULL);
  gint64 asked;

  script_open_welcomed (script);
  script_cut (script);
  SCRIPT_WAIT (script, script->sockets->len == 2);
  asked = g_get_monotonic_time ();
  script_say (script, "{\"type\":\"error\",\"code\":\"rate-limited\","
      "\"text\":\"Slowly.\",\"retryAfter\":1}");
  SCRIPT_WAIT (script, script->sockets->len == 3);
  g_assert_cmpint (g_get_monotonic_time () - asked, >=, G_USEC_PER_SEC);
  g_assert_cmpuint (script->failures, ==, 0);
}

/* Given a seat, when the signaller closes, then the server hears bye and a
 * normal close, and there is no failure. */
static void
test_close (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) bye = NULL;

  script_open_welcomed (script);
  call_signaller_close (script->signaller);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_CLOSED);
  bye = script_hear (script, CALL_MESSAGE_BYE);
  g_assert_cmpuint (bye->seq, ==, 1);
  SCRIPT_WAIT (script, soup_websocket_connection_get_state (script_socket
          (script)) == SOUP_WEBSOCKET_STATE_CLOSED);
  g_assert_cmpint (soup_websocket_connection_get_close_code (script_socket
          (script)), ==, 1000);
  g_assert_cmpuint (script->failures, ==, 0);
}

/* Given a signaller that is connecting, waiting to try again, or closed,
 * when it closes, then it is closed at once and can open again. */
static void
test_close_anytime (void)
{
  g_autoptr (Script) script = script_new (NULL);

  script_open (script, NULL);
  call_signaller_close (script->signaller);
  call_signaller_close (script->signaller);
  call_signaller_open (script->signaller);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  call_signaller_close (script->signaller);
  call_message_unref (script_hear (script, CALL_MESSAGE_BYE));
  call_signaller_open (script->signaller);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, FALSE, 0);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  script_cut (script);
  SCRIPT_WAIT (script, call_signaller_get_state (script->signaller) ==
      CALL_SIGNALLER_RECONNECTING);
  call_signaller_close (script->signaller);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_CLOSED);
  call_signaller_open (script->signaller);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_CONNECTING);
  g_assert_cmpuint (script->failures, ==, 0);
}

static void
on_message_drop (CallSignaller * signaller, CallMessage * message,
    Script * script)
{
  g_signal_handlers_disconnect_by_data (signaller, script);
  g_clear_object (&script->signaller);
}

/* Given a handler that drops the last reference, when a message comes, then
 * nothing is used after it. */
static void
test_drop_in_handler (void)
{
  g_autoptr (Script) script = script_new (NULL);
  gpointer weak;

  script_open (script, NULL);
  weak = script->signaller;
  g_object_add_weak_pointer (G_OBJECT (weak), &weak);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  g_signal_connect (script->signaller, "message",
      G_CALLBACK (on_message_drop), script);
  script_welcome (script, FALSE, 0);
  SCRIPT_WAIT (script, weak == NULL);
}

/* Given a muted microphone, when the seat is taken or taken anew, then the
 * hello says what the last `state` said. */
static void
test_state_in_hello (void)
{
  g_autoptr (Script) script = script_new (NULL);
  g_autoptr (CallMessage) state = call_message_new (CALL_MESSAGE_STATE);
  g_autoptr (CallMessage) hello = NULL;
  g_autoptr (CallMessage) heard = NULL;

  state->peer = call_peer_new (NULL);
  state->peer->audio = CALL_TRACK_MUTED;
  state->peer->video = CALL_TRACK_LIVE;
  script_open_welcomed (script);
  call_signaller_send (script->signaller, state);
  heard = script_hear (script, CALL_MESSAGE_STATE);
  g_assert_cmpint (heard->peer->audio, ==, CALL_TRACK_MUTED);
  script_cut (script);
  hello = script_hear (script, CALL_MESSAGE_HELLO);
  g_assert_cmpint (hello->peer->audio, ==, CALL_TRACK_MUTED);
  g_assert_cmpint (hello->peer->video, ==, CALL_TRACK_LIVE);
}

/* Given a seat, when an address of this machine goes that its connection does
 * not use, then the connection stays; when its own goes, then it is made anew at
 * once. */
static void
test_move (void)
{
  g_autoptr (Script) script = script_new (NULL);

  script_open_welcomed (script);
  call_signaller_move (script->signaller, "127.0.0.1 192.0.2.1", 1);
  script_send (script, CALL_MESSAGE_RENEGOTIATE, "a");
  hear_sessions (script, "a", 1);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_OPEN);
  g_assert_cmpuint (script->sockets->len, ==, 1);

  call_signaller_move (script->signaller, "192.0.2.1", 1);
  g_assert_cmpint (call_signaller_get_state (script->signaller), ==,
      CALL_SIGNALLER_RECONNECTING);
  call_message_unref (script_hear (script, CALL_MESSAGE_HELLO));
  script_welcome (script, TRUE, 1);
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  g_assert_cmpuint (script->sockets->len, ==, 2);
}

/* Given the very first try, when addresses of this machine go meanwhile, then
 * it goes on and gets in. */
static void
test_move_at_first (void)
{
  g_autoptr (Script) script = script_new_raw ();
  g_autoptr (GBytes) welcome = script_frame (0x81, SCRIPT_WELCOME);

  script_open (script, NULL);
  call_signaller_move (script->signaller, "127.0.0.1", 1);
  SCRIPT_WAIT (script, script->connections->len == 1);
  call_signaller_move (script->signaller, "192.0.2.1", 1);
  script_raw_upgrade (script, 0, NULL);
  call_signaller_move (script->signaller, "192.0.2.1", 1);
  script_raw_write (script, 0, g_bytes_get_data (welcome, NULL),
      g_bytes_get_size (welcome));
  call_message_unref (script_get (script, CALL_MESSAGE_WELCOME));
  g_assert_cmpuint (script->failures, ==, 0);
  g_assert_cmpuint (script->connections->len, ==, 1);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/hello", test_hello);
  g_test_add_func ("/websocket/state-before-welcome",
      test_state_before_welcome);
  g_test_add_func ("/websocket/state-over-break", test_state_over_break);
  g_test_add_func ("/websocket/relay", test_relay);
  g_test_add_func ("/websocket/resume", test_resume);
  g_test_add_func ("/websocket/lost-count", test_lost_count);
  g_test_add_func ("/websocket/new-seat", test_new_seat);
  g_test_add_func ("/websocket/gap", test_gap);
  g_test_add_func ("/websocket/back-off", test_back_off);
  g_test_add_func ("/websocket/retry-after", test_retry_after);
  g_test_add_func ("/websocket/close", test_close);
  g_test_add_func ("/websocket/close-anytime", test_close_anytime);
  g_test_add_func ("/websocket/drop-in-handler", test_drop_in_handler);
  g_test_add_func ("/websocket/state-in-hello", test_state_in_hello);
  g_test_add_func ("/websocket/move", test_move);
  g_test_add_func ("/websocket/move-at-first", test_move_at_first);
  return g_test_run ();
}
