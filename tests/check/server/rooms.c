/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rooms without any I/O: who is told what.
 */
#include "call-rooms.h"

#include <string.h>

/* A member that writes down what it is told */
typedef struct
{
  gint ref_count;
  GMutex lock;
  CallMember *member;
  GPtrArray *messages;
  guint closed;
  guint64 seq;
} Person;

static void
person_unref (gpointer data)
{
  Person *person = data;

  if (!g_atomic_int_dec_and_test (&person->ref_count))
    return;
  g_ptr_array_unref (person->messages);
  g_mutex_clear (&person->lock);
  g_free (person);
}

static void
on_deliver (gpointer data, const gchar * text, gsize length)
{
  Person *person = data;
  g_autoptr (GError) error = NULL;
  CallMessage *message = call_message_parse (text, length, &error);

  g_assert_no_error (error);
  g_assert_cmpuint (strlen (text), ==, length);
  g_mutex_lock (&person->lock);
  g_ptr_array_add (person->messages, message);
  g_mutex_unlock (&person->lock);
}

static void
on_closed (gpointer data, guint code)
{
  g_atomic_int_set (&((Person *) data)->closed, code);
}

static CallMessage *
make_hello (const gchar * id, const gchar * resume, guint64 last_seq)
{
  CallMessage *hello = call_message_new (CALL_MESSAGE_HELLO);

  hello->version = CALL_PROTOCOL_VERSION;
  hello->peer = call_peer_new (id);
  hello->peer->audio = CALL_TRACK_LIVE;
  hello->peer->video = CALL_TRACK_LIVE;
  hello->resume = g_strdup (resume);
  hello->last_seq = last_seq;
  return hello;
}

static Person *
say_hello (CallRooms * rooms, const gchar * room, const CallMessage * hello,
    GError ** error)
{
  static const CallMemberFuncs funcs = { on_deliver, on_closed };
  Person *person = g_new0 (Person, 1);

  person->ref_count = 2;
  g_mutex_init (&person->lock);
  person->messages = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_message_unref);
  person->member = call_rooms_join (rooms, room, hello, CALL_JOIN_DEFAULT,
      &funcs, person, person_unref, error);
  if (person->member == NULL)
    g_clear_pointer (&person, person_unref);
  return person;
}

static Person *
enter (CallRooms * rooms, const gchar * room, const gchar * id)
{
  g_autoptr (CallMessage) hello = make_hello (id, NULL, 0);
  g_autoptr (GError) error = NULL;
  Person *person = say_hello (rooms, room, hello, &error);

  g_assert_no_error (error);
  return person;
}

static Person *
come_back (CallRooms * rooms, const gchar * room, const gchar * id,
    const gchar * resume, guint64 last_seq)
{
  g_autoptr (CallMessage) hello = make_hello (id, resume, last_seq);
  g_autoptr (GError) error = NULL;
  Person *person = say_hello (rooms, room, hello, &error);

  g_assert_no_error (error);
  return person;
}

static void
person_free (Person * person)
{
  call_member_detach (person->member);
  call_member_unref (person->member);
  person_unref (person);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Person, person_free);

static CallMessage *
nth (Person * person, guint n)
{
  g_assert_cmpuint (person->messages->len, >, n);
  return g_ptr_array_index (person->messages, n);
}

static CallMessage *
last (Person * person)
{
  return nth (person, person->messages->len - 1);
}

static void
say (Person * person, CallMessageType type, const gchar * to)
{
  g_autoptr (CallMessage) message = call_message_new (type);

  message->seq = ++person->seq;
  message->to = g_strdup (to);
  message->from = g_strdup ("somebody-else");
  message->session = g_strdup ("s1");
  message->sdp = g_strdup ("v=0");
  message->code = g_strdup ("bye");
  message->peer = call_peer_new (NULL);
  message->peer->audio = CALL_TRACK_MUTED;
  message->peer->video = CALL_TRACK_LIVE;
  call_member_receive_message (person->member, message);
}

static CallRooms *
make_rooms (const gchar * key, guint max_peers, gint64 resume_timeout)
{
  CallRoomsSettings settings;
  CallRooms *rooms;

  call_rooms_settings_init (&settings);
  settings.max_peers = max_peers;
  settings.resume_timeout = resume_timeout;
  if (key != NULL)
    settings.resume_key = g_bytes_new (key, strlen (key));
  rooms = call_rooms_new (&settings);
  call_rooms_settings_clear (&settings);
  return rooms;
}

/* given a room with one person, when another joins, says something, and
 * leaves, then each hears exactly that of the other, numbered, and with the
 * sender's true id */
static void
test_relay (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) b = enter (rooms, "tea", "b");
  guint n_rooms, n_seats;

  g_assert_cmpint (nth (a, 0)->type, ==, CALL_MESSAGE_WELCOME);
  g_assert_cmpuint (nth (a, 0)->peers->len, ==, 0);
  g_assert_cmpuint (nth (b, 0)->peers->len, ==, 1);
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_PEER_JOINED);
  g_assert_cmpstr (last (a)->peer->peer_id, ==, "b");
  g_assert_cmpuint (last (a)->seq, ==, 1);
  g_assert_cmpint (nth (b, 0)->peer->seat, >, nth (a, 0)->peer->seat);

  say (b, CALL_MESSAGE_OFFER, "a");
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_OFFER);
  g_assert_cmpstr (last (a)->from, ==, "b");
  g_assert_null (last (a)->to);
  g_assert_cmpuint (last (a)->seq, ==, 2);

  say (b, CALL_MESSAGE_STATE, NULL);
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_PEER_CHANGED);
  g_assert_cmpint (last (a)->peer->audio, ==, CALL_TRACK_MUTED);

  say (b, CALL_MESSAGE_BYE, NULL);
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (last (a)->code, ==, "bye");
  g_assert_cmpuint (b->closed, ==, 1000);
  g_assert_cmpuint (b->messages->len, ==, 1);

  call_rooms_count (rooms, &n_rooms, &n_seats);
  g_assert_cmpuint (n_rooms, ==, 1);
  g_assert_cmpuint (n_seats, ==, 1);
}

/* given many random rooms with people of the same ids, when everybody writes
 * to everybody, then nobody hears anything of another room, and the sender is
 * always who it was */
static void
test_no_crossing (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, G_USEC_PER_SEC);
  Person *people[20][3];

  for (guint r = 0; r < 20; r++) {
    for (guint i = 0; i < 3; i++) {
      g_autofree gchar *room = g_strdup_printf ("room-%u", r);
      g_autofree gchar *id = g_strdup_printf ("p%u", i);

      people[r][i] = enter (rooms, room, id);
    }
  }
  for (guint n = 0; n < 2000; n++) {
    guint r = g_test_rand_int_range (0, 20);
    guint from = g_test_rand_int_range (0, 3);
    guint to = g_test_rand_int_range (0, 4);
    g_autofree gchar *from_id = g_strdup_printf ("p%u", from);
    g_autofree gchar *id = g_strdup_printf ("p%u", to);
    guint before[20][3];

    for (guint i = 0; i < 60; i++)
      before[i / 3][i % 3] = people[i / 3][i % 3]->messages->len;
    say (people[r][from], CALL_MESSAGE_OFFER, id);
    for (guint i = 0; i < 60; i++) {
      /* nobody, oneself: an error for the sender */
      gboolean refused = to == 3 || to == from;
      guint hears = refused ? from : to;
      gboolean told = i / 3 == r && i % 3 == hears;

      g_assert_cmpuint (people[i / 3][i % 3]->messages->len, ==,
          before[i / 3][i % 3] + (told ? 1 : 0));
      if (told && refused)
        g_assert_cmpstr (last (people[r][hears])->code, ==, "no-such-peer");
      else if (told)
        g_assert_cmpstr (last (people[r][hears])->from, ==, from_id);
    }
  }
  for (guint i = 0; i < 60; i++)
    person_free (people[i / 3][i % 3]);
}

/* given a full room, and one with the id that is asked for, when somebody
 * joins, then it is refused with that code, and nobody hears of it */
static void
test_refusals (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 2, G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (CallMessage) same = make_hello ("a", NULL, 0);
  g_autoptr (CallMessage) other = make_hello (NULL, NULL, 0);
  g_autoptr (CallMessage) version = make_hello (NULL, NULL, 0);
  g_autoptr (Person) b = NULL;
  g_autoptr (GError) error = NULL;

  g_assert_null (say_hello (rooms, "tea", same, &error));
  g_assert_cmpstr (call_rooms_error_to_code (error), ==, "peer-id-taken");
  g_clear_error (&error);
  b = enter (rooms, "tea", NULL);
  g_assert_cmpuint (strlen (nth (b, 0)->peer->peer_id), ==, 32);
  g_assert_null (say_hello (rooms, "tea", other, &error));
  g_assert_cmpstr (call_rooms_error_to_code (error), ==, "room-full");
  g_clear_error (&error);
  g_assert_null (say_hello (rooms, "../tea", other, &error));
  g_assert_cmpstr (call_rooms_error_to_code (error), ==, "bad-room");
  g_clear_error (&error);
  version->version = 2;
  g_assert_null (say_hello (rooms, "milk", version, &error));
  g_assert_cmpstr (call_rooms_error_to_code (error), ==, "unsupported-version");
  g_assert_cmpuint (a->messages->len, ==, 2);
}

/* given as many seats as the server may have, when somebody comes to another
 * room, then the server is full, until a seat is given up */
static void
test_server_full (void)
{
  CallRoomsSettings settings;
  g_autoptr (CallRooms) rooms = NULL;
  g_autoptr (CallMessage) hello = make_hello (NULL, NULL, 0);
  g_autoptr (GError) error = NULL;
  GPtrArray *people = g_ptr_array_new ();
  Person *person;
  guint n_rooms, n_seats;

  call_rooms_settings_init (&settings);
  settings.max_seats = 64;
  rooms = call_rooms_new (&settings);
  for (guint i = 0; error == NULL; i++) {
    g_autofree gchar *room = g_strdup_printf ("room-%u", i);

    person = say_hello (rooms, room, hello, &error);
    if (person != NULL)
      g_ptr_array_add (people, person);
  }
  g_assert_cmpstr (call_rooms_error_to_code (error), ==, "server-full");
  g_assert_cmpuint (people->len, <=, 64);
  for (guint i = 0; i < people->len; i++) {
    person = people->pdata[i];
    call_member_leave (person->member, "bye");
    person_free (person);
  }
  g_ptr_array_unref (people);
  call_rooms_count (rooms, &n_rooms, &n_seats);
  g_assert_cmpuint (n_rooms, ==, 0);
  for (guint i = 0; i < 8; i++) {
    g_autoptr (Person) again = enter (rooms, "tea", NULL);

    call_member_leave (again->member, "bye");
  }
}

/* given a member whose connection broke, when it comes back with its secret,
 * then it has its seat again, hears what it missed once and in order, and the
 * others saw it go and come */
static void
test_resume (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, 60 * G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) b = enter (rooms, "tea", "b");
  g_autoptr (Person) again = NULL;

  say (a, CALL_MESSAGE_OFFER, "b");
  g_assert_cmpuint (last (b)->seq, ==, 1);
  call_member_detach (b->member);
  g_assert_false (last (a)->peer->connected);
  say (a, CALL_MESSAGE_ANSWER, "b");
  say (a, CALL_MESSAGE_RENEGOTIATE, "b");
  g_assert_cmpuint (b->messages->len, ==, 2);
  call_rooms_expire (rooms);

  again = come_back (rooms, "tea", "b", nth (b, 0)->resume, 1);
  g_assert_true (nth (again, 0)->resumed);
  g_assert_cmpint (nth (again, 0)->peer->seat, ==, nth (b, 0)->peer->seat);
  g_assert_cmpuint (again->messages->len, ==, 3);
  g_assert_cmpint (nth (again, 1)->type, ==, CALL_MESSAGE_ANSWER);
  g_assert_cmpuint (nth (again, 1)->seq, ==, 2);
  g_assert_cmpuint (nth (again, 2)->seq, ==, 3);
  g_assert_true (last (a)->peer->connected);

  /* what the old connection still says does not count */
  say (b, CALL_MESSAGE_BYE, NULL);
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_PEER_CHANGED);
}

/* given a member that says it all again after a resume, when numbers repeat,
 * then the others hear it once */
static void
test_duplicates (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, 60 * G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) b = enter (rooms, "tea", "b");
  guint heard;

  say (b, CALL_MESSAGE_OFFER, "a");
  say (b, CALL_MESSAGE_RENEGOTIATE, "a");
  heard = a->messages->len;
  b->seq = 0;
  say (b, CALL_MESSAGE_OFFER, "a");
  say (b, CALL_MESSAGE_RENEGOTIATE, "a");
  g_assert_cmpuint (a->messages->len, ==, heard);
  say (b, CALL_MESSAGE_RENEGOTIATE, "a");
  g_assert_cmpuint (a->messages->len, ==, heard + 1);
}

/* given a connected member, when another connection brings its secret, then
 * the seat goes on there and the old one is closed with 4000 */
static void
test_take_over (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, 60 * G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) b = come_back (rooms, "tea", "a", nth (a, 0)->resume, 0);

  g_assert_true (nth (b, 0)->resumed);
  g_assert_cmpuint (a->closed, ==, 4000);
  g_assert_cmpuint (b->closed, ==, 0);
}

/* given secrets that are forged, of another room, of another server, when
 * they are used, then the seat is not given away */
static void
test_bad_secrets (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, 60 * G_USEC_PER_SEC);
  g_autoptr (CallRooms) others = make_rooms (NULL, 16, 60 * G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) foreign = enter (others, "tea", "a");
  g_autofree gchar *forged = g_strdup (nth (a, 0)->resume);
  const gchar *secrets[] = { forged, nth (foreign, 0)->resume, "r1.a!1!x.y",
    "r1.", "x", "r1.a!1!x."
  };

  forged[strlen (forged) - 5] ^= 1;
  for (guint i = 0; i < G_N_ELEMENTS (secrets); i++) {
    g_autoptr (Person) b = come_back (rooms, "tea", NULL, secrets[i], 0);

    g_assert_false (nth (b, 0)->resumed);
    g_assert_cmpstr (nth (b, 0)->peer->peer_id, !=, "a");
    call_member_leave (b->member, "bye");
  }
  {
    g_autoptr (Person) b = come_back (rooms, "milk", NULL, nth (a,
            0)->resume, 0);

    g_assert_false (nth (b, 0)->resumed);
  }
}

/* given a seat nobody comes back to, when its time is over, then the others
 * hear `timeout`, and the secret is worth nothing any more */
static void
test_expiry (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, 0);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) b = enter (rooms, "tea", "b");
  g_autoptr (Person) again = NULL;

  call_member_detach (b->member);
  call_rooms_expire (rooms);
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpstr (last (a)->code, ==, "timeout");
  again = come_back (rooms, "tea", "b", nth (b, 0)->resume, 0);
  g_assert_false (nth (again, 0)->resumed);
  g_assert_cmpint (nth (again, 0)->peer->seat, >, nth (b, 0)->peer->seat);
}

/* given more for an absent member than is kept, when it comes back, then it
 * has a new seat instead of a stream with a hole */
static void
test_replay_is_bounded (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, 60 * G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (rooms, "tea", "a");
  g_autoptr (Person) b = enter (rooms, "tea", "b");
  g_autoptr (Person) again = NULL;

  call_member_detach (b->member);
  for (guint i = 0; i < CALL_REPLAY_MESSAGES + 1; i++)
    say (a, CALL_MESSAGE_RENEGOTIATE, "b");
  again = come_back (rooms, "tea", "b", nth (b, 0)->resume, 0);
  g_assert_false (nth (again, 0)->resumed);
  g_assert_cmpuint (again->messages->len, ==, 1);
  g_assert_cmpint (nth (a, a->messages->len - 2)->type, ==,
      CALL_MESSAGE_PEER_LEFT);
  g_assert_cmpint (last (a)->type, ==, CALL_MESSAGE_PEER_JOINED);
}

/* given rooms that were made anew with the same key, when members of the old
 * ones come back, then they have the same seats, and numbers go on */
static void
test_restart (void)
{
  g_autoptr (CallRooms) old = make_rooms ("key", 16, G_USEC_PER_SEC);
  g_autoptr (Person) a = enter (old, "tea", "a");
  g_autoptr (Person) b = enter (old, "tea", "b");
  g_autoptr (CallRooms) rooms = NULL;
  g_autoptr (Person) new_a = NULL;
  g_autoptr (Person) new_b = NULL;
  g_autoptr (Person) c = NULL;

  /* seats are numbered by milliseconds, and a restart takes longer */
  while (g_get_real_time () / 1000 <= nth (b, 0)->peer->seat)
    g_thread_yield ();
  rooms = make_rooms ("key", 16, G_USEC_PER_SEC);
  new_b = come_back (rooms, "tea", "b", nth (b, 0)->resume, 7);
  g_assert_true (nth (new_b, 0)->resumed);
  g_assert_true (nth (new_b, 0)->last_seq == CALL_SEQ_UNKNOWN);
  g_assert_cmpint (nth (new_b, 0)->peer->seat, ==, nth (b, 0)->peer->seat);

  new_a = come_back (rooms, "tea", "a", nth (a, 0)->resume, 3);
  g_assert_cmpint (nth (new_a, 0)->peer->seat, ==, nth (a, 0)->peer->seat);
  g_assert_cmpint (last (new_b)->type, ==, CALL_MESSAGE_PEER_JOINED);
  g_assert_cmpuint (last (new_b)->seq, ==, 8);
  c = enter (rooms, "tea", "c");
  g_assert_cmpint (nth (c, 0)->peer->seat, >, nth (b, 0)->peer->seat);
}

static gpointer
run_talker (gpointer data)
{
  Person *person = data;
  static const gchar *ids[] = { "p0", "p1", "p2", "p3" };

  for (guint i = 0; i < 800; i++)
    say (person, CALL_MESSAGE_RENEGOTIATE, ids[i % 4]);
  return NULL;
}

/* given four members in four threads, when all write to all at once, then
 * each hears every number once and in order */
static void
test_threads (void)
{
  g_autoptr (CallRooms) rooms = make_rooms (NULL, 16, G_USEC_PER_SEC);
  Person *people[4];
  GThread *threads[4];

  for (guint i = 0; i < 4; i++) {
    g_autofree gchar *id = g_strdup_printf ("p%u", i);

    people[i] = enter (rooms, "tea", id);
  }
  for (guint i = 0; i < 4; i++)
    threads[i] = g_thread_new ("talker", run_talker, people[i]);
  for (guint i = 0; i < 4; i++)
    g_thread_join (threads[i]);
  for (guint i = 0; i < 4; i++) {
    for (guint n = 1; n < people[i]->messages->len; n++)
      g_assert_cmpuint (nth (people[i], n)->seq, ==, n);
    /* 200 of each of the others, 200 errors about itself, and who joined */
    g_assert_cmpuint (people[i]->messages->len, ==, 1 + 3 - i + 800);
  }
  for (guint i = 0; i < 4; i++)
    person_free (people[i]);
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/rooms/relay", test_relay);
  g_test_add_func ("/rooms/no-crossing", test_no_crossing);
  g_test_add_func ("/rooms/refusals", test_refusals);
  g_test_add_func ("/rooms/server-full", test_server_full);
  g_test_add_func ("/rooms/resume", test_resume);
  g_test_add_func ("/rooms/duplicates", test_duplicates);
  g_test_add_func ("/rooms/take-over", test_take_over);
  g_test_add_func ("/rooms/bad-secrets", test_bad_secrets);
  g_test_add_func ("/rooms/expiry", test_expiry);
  g_test_add_func ("/rooms/replay-is-bounded", test_replay_is_bounded);
  g_test_add_func ("/rooms/restart", test_restart);
  g_test_add_func ("/rooms/threads", test_threads);
  return g_test_run ();
}
