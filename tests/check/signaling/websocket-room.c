/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Two websocket signallers meet in a room of the real server, and keep their
 * seats when it is stopped and started again.
 */
#include "call-server.h"
#include "call-signaller.h"

#include <glib/gstdio.h>
#include <string.h>

#define WATCHDOG_SECONDS 30
/* 0.5 ms and 3 ms over TLS are usual; this is for sanitizers on a busy machine */
#define SOON (500 * 1000)
#define SDP "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\n"

typedef struct
{
  CallSignaller *signaller;
  GQueue got;                   /* CallMessage */
  GError *error;
} Member;

typedef struct
{
  CallServer *server;
  gchar *state_dir;
  gboolean tls;
  gchar *ca_file;
  guint port;
  GSource *watchdog;
  Member ann;
  Member bob;
} Room;

static gboolean
on_watchdog (gpointer user_data)
{
  g_error ("What the test waits for did not come in %d s", WATCHDOG_SECONDS);
  return G_SOURCE_REMOVE;
}

static void
on_message (CallSignaller * signaller, CallMessage * message, Member * member)
{
  g_queue_push_tail (&member->got, call_message_ref (message));
}

static void
on_failed (CallSignaller * signaller, GError * error, Member * member)
{
  member->error = g_error_copy (error);
}

static void
start_server (Room * room)
{
  g_autofree gchar *listen = g_strdup_printf ("127.0.0.1:%u", room->port);
  g_autoptr (GError) error = NULL;

  room->server = call_server_new ();
  g_object_set (room->server, "listen", listen, "state-dir", room->state_dir,
      "self-signed", room->tls, NULL);
  call_server_start (room->server, &error);
  g_assert_no_error (error);
  room->port = call_server_get_port (room->server);
  g_free (room->ca_file);
  g_object_get (room->server, "ca-file", &room->ca_file, NULL);
}

static void
stop_server (Room * room)
{
  call_server_stop (room->server);
  g_clear_object (&room->server);
}

static void
join (Room * room, Member * member, const gchar * id)
{
  g_autofree gchar *uri = g_strdup_printf ("%s://127.0.0.1:%u/room/tea",
      room->tls ? "wss" : "ws", room->port);
  g_autoptr (GError) error = NULL;

  member->signaller = call_signaller_new_for_uri (uri, &error, "peer-id", id,
      "audio", CALL_TRACK_LIVE, "video", CALL_TRACK_LIVE, "tls-ca-file",
      room->tls ? room->ca_file : NULL, NULL);
  g_assert_no_error (error);
  g_signal_connect (member->signaller, "message", G_CALLBACK (on_message),
      member);
  g_signal_connect (member->signaller, "failed", G_CALLBACK (on_failed),
      member);
  call_signaller_open (member->signaller);
}

/* The next message, which must be of this type */
static CallMessage *
get (Member * member, CallMessageType type)
{
  CallMessage *message;

  while (member->got.length == 0) {
    g_main_context_iteration (NULL, TRUE);
    g_assert_no_error (member->error);
  }
  message = g_queue_pop_head (&member->got);
  g_assert_cmpstr (call_message_type_to_string (message->type), ==,
      call_message_type_to_string (type));
  return message;
}

/* Both are in the room, nothing is under way */
static void
meet (Room * room)
{
  g_autoptr (CallMessage) joined = NULL;
  g_autoptr (CallMessage) welcome = NULL;

  join (room, &room->ann, "ann");
  call_message_unref (get (&room->ann, CALL_MESSAGE_WELCOME));
  join (room, &room->bob, "bob");
  welcome = get (&room->bob, CALL_MESSAGE_WELCOME);
  joined = get (&room->ann, CALL_MESSAGE_PEER_JOINED);
  g_assert_cmpuint (welcome->peers->len, ==, 1);
  g_assert_cmpstr (joined->peer->peer_id, ==, "bob");
  g_assert_cmpint (joined->peer->seat, ==, welcome->peer->seat);
  g_assert_cmpint (joined->peer->seat, >,
      ((CallPeer *) welcome->peers->pdata[0])->seat);
}

static void
send_offer (Member * member, const gchar * to, const gchar * session)
{
  g_autoptr (CallMessage) offer = call_message_new (CALL_MESSAGE_OFFER);

  offer->to = g_strdup (to);
  offer->session = g_strdup (session);
  offer->sdp = g_strdup (SDP);
  call_signaller_send (member->signaller, offer);
}

static void
expect_offer (Member * member, const gchar * from, const gchar * session)
{
  g_autoptr (CallMessage) offer = get (member, CALL_MESSAGE_OFFER);

  g_assert_cmpstr (offer->from, ==, from);
  g_assert_null (offer->to);
  g_assert_cmpstr (offer->session, ==, session);
  g_assert_cmpstr (offer->sdp, ==, SDP);
}

static Room *
room_new_full (gboolean tls)
{
  Room *room = g_new0 (Room, 1);

  room->tls = tls;
  room->state_dir = g_dir_make_tmp ("gst-call-XXXXXX", NULL);
  room->watchdog = g_timeout_source_new_seconds (WATCHDOG_SECONDS);
  g_source_set_callback (room->watchdog, on_watchdog, NULL, NULL);
  g_source_attach (room->watchdog, NULL);
  start_server (room);
  return room;
}

static Room *
room_new (void)
{
  return room_new_full (FALSE);
}

static void
member_clear (Member * member)
{
  if (member->signaller) {
    g_signal_handlers_disconnect_by_data (member->signaller, member);
    call_signaller_close (member->signaller);
  }
  g_clear_object (&member->signaller);
  g_queue_clear_full (&member->got, (GDestroyNotify) call_message_unref);
  g_clear_error (&member->error);
}

static void
remove_folder (const gchar * path)
{
  g_autoptr (GDir) folder = g_dir_open (path, 0, NULL);
  const gchar *name;

  while ((name = g_dir_read_name (folder)) != NULL) {
    g_autofree gchar *file = g_build_filename (path, name, NULL);

    g_unlink (file);
  }
  g_rmdir (path);
}

static void
room_free (Room * room)
{
  member_clear (&room->ann);
  member_clear (&room->bob);
  while (g_main_context_iteration (NULL, FALSE))
    continue;
  stop_server (room);
  remove_folder (room->state_dir);
  g_source_destroy (room->watchdog);
  g_source_unref (room->watchdog);
  g_free (room->state_dir);
  g_free (room->ca_file);
  g_free (room);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Room, room_free);

/* Given two in a room, when they talk, mute and leave, then each hears what
 * the other said, from whom, and nothing else. */
static void
test_talk (void)
{
  g_autoptr (Room) room = room_new ();
  g_autoptr (CallMessage) state = call_message_new (CALL_MESSAGE_STATE);
  g_autoptr (CallMessage) changed = NULL;
  g_autoptr (CallMessage) left = NULL;
  g_autoptr (CallMessage) error = NULL;

  meet (room);
  send_offer (&room->bob, "ann", "s1");
  expect_offer (&room->ann, "bob", "s1");
  send_offer (&room->ann, "nobody", "s2");
  error = get (&room->ann, CALL_MESSAGE_ERROR);
  g_assert_cmpstr (error->code, ==, "no-such-peer");
  g_assert_cmpstr (error->to, ==, "nobody");
  g_assert_cmpstr (error->session, ==, "s2");

  state->peer = call_peer_new (NULL);
  state->peer->audio = CALL_TRACK_MUTED;
  call_signaller_send (room->ann.signaller, state);
  changed = get (&room->bob, CALL_MESSAGE_PEER_CHANGED);
  g_assert_cmpstr (changed->peer->peer_id, ==, "ann");
  g_assert_cmpint (changed->peer->audio, ==, CALL_TRACK_MUTED);
  call_signaller_close (room->bob.signaller);
  left = get (&room->ann, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (left->peer->peer_id, ==, "bob");
  g_assert_cmpstr (left->code, ==, "bye");
}

/* Given two in a room, when the server stops and another one starts in its
 * place, then both resume their seats, what waited is delivered once both are
 * back, and nothing comes twice. */
static void
test_restart (void)
{
  g_autoptr (Room) room = room_new ();
  g_autoptr (CallMessage) ann = NULL;
  g_autoptr (CallMessage) bob = NULL;

  meet (room);
  send_offer (&room->bob, "ann", "s1");
  expect_offer (&room->ann, "bob", "s1");
  send_offer (&room->ann, "bob", "s2");
  expect_offer (&room->bob, "ann", "s2");

  stop_server (room);
  while (call_signaller_get_state (room->ann.signaller) !=
      CALL_SIGNALLER_RECONNECTING
      || call_signaller_get_state (room->bob.signaller) !=
      CALL_SIGNALLER_RECONNECTING)
    g_main_context_iteration (NULL, TRUE);
  /* who was cut last may have heard of the other's cut */
  g_queue_clear_full (&room->ann.got, (GDestroyNotify) call_message_unref);
  g_queue_clear_full (&room->bob.got, (GDestroyNotify) call_message_unref);
  start_server (room);
  while (room->ann.got.length + room->bob.got.length < 3)
    g_main_context_iteration (NULL, TRUE);
  ann = get (&room->ann, CALL_MESSAGE_WELCOME);
  bob = get (&room->bob, CALL_MESSAGE_WELCOME);
  g_assert_true (ann->resumed);
  g_assert_true (bob->resumed);
  g_assert_cmpstr (ann->peer->peer_id, ==, "ann");
  g_assert_true (ann->last_seq == CALL_SEQ_UNKNOWN);
  /* who was back first hears of the other */
  call_message_unref (get (room->ann.got.length ? &room->ann : &room->bob,
          CALL_MESSAGE_PEER_JOINED));

  send_offer (&room->bob, "ann", "s3");
  expect_offer (&room->ann, "bob", "s3");
  send_offer (&room->ann, "bob", "s4");
  expect_offer (&room->bob, "ann", "s4");
  g_assert_cmpuint (room->ann.got.length, ==, 0);
  g_assert_cmpuint (room->bob.got.length, ==, 0);
}

/* Given an id that somebody has, when another asks for it, then it is refused
 * with the server's code. */
static void
test_taken (void)
{
  g_autoptr (Room) room = room_new ();

  join (room, &room->ann, "ann");
  call_message_unref (get (&room->ann, CALL_MESSAGE_WELCOME));
  join (room, &room->bob, "ann");
  while (!room->bob.error)
    g_main_context_iteration (NULL, TRUE);
  g_assert_error (room->bob.error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_REFUSED);
  g_assert_nonnull (strstr (room->bob.error->message, "peer-id-taken"));
}

static void
on_threaded_message (CallSignaller * signaller, CallMessage * message,
    GMainContext * context)
{
  g_assert_true (g_main_context_is_owner (context));
}

/* A whole visit in a thread that ends right after `close` */
static gpointer
visit_thread (gpointer user_data)
{
  Room *room = user_data;
  Member guest = { NULL, };
  GMainContext *context = g_main_context_new ();

  g_main_context_push_thread_default (context);
  join (room, &guest, "guest");
  g_signal_connect (guest.signaller, "message",
      G_CALLBACK (on_threaded_message), context);
  while (guest.got.length == 0)
    g_main_context_iteration (context, TRUE);
  call_message_unref (g_queue_pop_head (&guest.got));
  call_signaller_close (guest.signaller);
  g_signal_handlers_disconnect_by_func (guest.signaller, on_threaded_message,
      context);
  member_clear (&guest);
  g_main_context_pop_thread_default (context);
  g_main_context_unref (context);
  return NULL;
}

/* Given a signaller in a thread with a main context of its own, when it is
 * opened there, then its signals come there; and its bye is out when `close`
 * returns, though nobody runs that context any more. */
static void
test_thread (void)
{
  g_autoptr (Room) room = room_new ();
  g_autoptr (CallMessage) left = NULL;
  GThread *thread;

  join (room, &room->ann, "ann");
  call_message_unref (get (&room->ann, CALL_MESSAGE_WELCOME));
  thread = g_thread_new ("visit", visit_thread, room);
  call_message_unref (get (&room->ann, CALL_MESSAGE_PEER_JOINED));
  left = get (&room->ann, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (left->code, ==, "bye");
  g_thread_join (thread);
}

/* The best of ten times from `open` to the welcome, in microseconds */
static gint64
time_welcome (Room * room)
{
  gint64 best = G_MAXINT64;
  gint64 first = 0;

  for (guint i = 0; i < 10; i++) {
    gint64 start = g_get_monotonic_time ();

    join (room, &room->ann, NULL);
    call_message_unref (get (&room->ann, CALL_MESSAGE_WELCOME));
    best = MIN (best, g_get_monotonic_time () - start);
    first = i == 0 ? best : first;
    member_clear (&room->ann);
  }
  g_test_message ("open to welcome: %.1f ms, the first %.1f ms", best / 1000.,
      first / 1000.);
  return best;
}

/* Given a server that runs, when a signaller opens, then its welcome is there
 * soon: no round trip and no timer too many. */
static void
test_fast (void)
{
  g_autoptr (Room) room = room_new ();

  g_assert_cmpint (time_welcome (room), <, SOON);
}

/* Given a server that made its own certificate, when a signaller trusts its CA
 * file, then it gets in over TLS, and soon. */
static void
test_self_signed (void)
{
  g_autoptr (Room) room = room_new_full (TRUE);

  g_assert_cmpint (time_welcome (room), <, SOON);
}

int
main (int argc, char **argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/websocket/talk", test_talk);
  g_test_add_func ("/websocket/restart", test_restart);
  g_test_add_func ("/websocket/taken", test_taken);
  g_test_add_func ("/websocket/thread", test_thread);
  g_test_add_func ("/websocket/fast", test_fast);
  g_test_add_func ("/websocket/self-signed", test_self_signed);
  return g_test_run ();
}
