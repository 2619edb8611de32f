/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Rooms: who sits where. What is said in one is in call-room.c.
 *
 * Threads: any. Rooms are spread over shards by their name, each with its own
 * lock, so that rooms do not wait for each other.
 *
 * Locks, in the order they may be taken
 *
 *   1 shard     shard->lock      rooms, seats, members (see call-seat.h)
 *
 *   One at a time, and none while delivering: what a function wants to say is
 *   queued under the lock, and call_members_flush () delivers it after.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-credentials.h"
#include "call-frames.h"
#include "call-room.h"

#include <string.h>
#include <sys/random.h>

#define N_SHARDS 16

struct _CallRooms
{
  GObject parent;

  /* set once */
  CallRoomsSettings settings;
  gint64 started;               /* monotonic */
  gint64 first_seat;            /* smaller ones are of the server before */
  CallShard shards[N_SHARDS];
};

G_DEFINE_FINAL_TYPE (CallRooms, call_rooms, G_TYPE_OBJECT);
G_DEFINE_QUARK (call - rooms - error - quark, call_rooms_error);

/* What a hello asks for, looked at before the lock is taken */
typedef struct
{
  const CallMessage *hello;
  const gchar *room;
  gchar *claimed_id;            /* the seat of the resume secret, or NULL */
  gint64 claimed_seat;
  GError *token_error;          /* why a new seat is refused, or NULL */
} Request;

const gchar *
call_rooms_error_to_code (const GError * error)
{
  static const gchar *codes[] = { "bad-room", "bad-message",
    "unsupported-version", "token-required", "token-refused", "room-full",
    "peer-id-taken", "server-full"
  };

  if (error->domain == CALL_ROOMS_ERROR)
    return codes[error->code];
  return call_protocol_error_to_code (error);
}

void
call_rooms_settings_init (CallRoomsSettings * settings)
{
  memset (settings, 0, sizeof *settings);
  settings->max_peers = 16;
  settings->resume_timeout = 30 * G_USEC_PER_SEC;
  settings->turn_ttl = 3600;
}

void
call_rooms_settings_clear (CallRoomsSettings * settings)
{
  g_clear_pointer (&settings->resume_key, g_bytes_unref);
  g_clear_pointer (&settings->token_secret, g_bytes_unref);
  g_clear_pointer (&settings->turn_secret, g_bytes_unref);
  g_clear_pointer (&settings->ice_servers, g_ptr_array_unref);
}

static CallShard *
get_shard (CallRooms * self, const gchar * room)
{
  return &self->shards[g_str_hash (room) % N_SHARDS];
}

static CallRoom *
shard_get_room_locked (CallShard * shard, const gchar * name)
{
  CallRoom *room = g_hash_table_lookup (shard->rooms, name);

  if (room == NULL) {
    room = call_room_new (shard, name);
    g_hash_table_insert (shard->rooms, room->name, room);
  }
  return room;
}

static void
shard_drop_empty_locked (CallShard * shard, CallRoom * room)
{
  if (room->seats->len == 0)
    g_hash_table_remove (shard->rooms, room->name);
}

void
call_rooms_add_ice_servers (CallRooms * self, CallMessage * message,
    const gchar * peer_id)
{
  const CallRoomsSettings *settings = &self->settings;
  GPtrArray *all = settings->ice_servers;

  message->ice_servers = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_ice_server_free);
  for (guint i = 0; all != NULL && i < all->len; i++) {
    CallIceServer *copy = call_ice_server_copy (g_ptr_array_index (all, i));

    g_ptr_array_add (message->ice_servers, copy);
    if (settings->turn_secret == NULL || copy->username != NULL
        || !g_str_has_prefix (copy->urls[0], "turn"))
      continue;
    call_turn_credentials (settings->turn_secret, peer_id,
        g_get_real_time () / G_USEC_PER_SEC + settings->turn_ttl,
        &copy->username, &copy->credential);
    message->ice_servers_timeout = settings->turn_ttl;
  }
}

static CallMessage *
make_welcome_locked (CallRooms * self, CallSeat * seat, gboolean resumed,
    guint64 last_seq)
{
  CallMessage *welcome = call_message_new (CALL_MESSAGE_WELCOME);

  welcome->version = CALL_PROTOCOL_VERSION;
  welcome->room = g_strdup (seat->room->name);
  welcome->peer = call_peer_copy (seat->peer);
  welcome->resumed = resumed;
  welcome->last_seq = last_seq;
  welcome->resume_timeout = self->settings.resume_timeout / G_USEC_PER_SEC;
  welcome->resume = call_resume_make (self->settings.resume_key,
      seat->room->name, seat->peer->peer_id, seat->peer->seat);

  if (welcome->peers == NULL)
    welcome->peers = g_ptr_array_new_with_free_func ((GDestroyNotify)
        call_peer_free);
  for (guint i = 0; i < seat->room->seats->len; i++) {
    CallSeat *other = g_ptr_array_index (seat->room->seats, i);

    if (other != seat)
      g_ptr_array_add (welcome->peers, call_peer_copy (other->peer));
  }
  call_rooms_add_ice_servers (self, welcome, seat->peer->peer_id);
  return welcome;
}

static void
seat_member_locked (CallRooms * self, CallSeat * seat, CallMember * member,
    gboolean resumed, guint64 last_seq, GPtrArray * touched)
{
  g_autoptr (CallMessage) welcome = NULL;

  call_seat_attach (seat, member);
  welcome = make_welcome_locked (self, seat, resumed, last_seq);
  call_seat_push_unnumbered (seat, welcome, touched);
}

/* A new seat; `number` 0: the next one */
static CallSeat *
add_seat_locked (CallShard * shard, CallRoom * room, const gchar * peer_id,
    gint64 number, const CallMessage * hello)
{
  g_autoptr (CallPeer) peer = call_peer_new (peer_id);
  CallSeat *seat = call_seat_new (room, peer);

  if (number == 0)
    number = MAX (shard->last_seat + 1, g_get_real_time () / 1000);
  shard->last_seat = MAX (shard->last_seat, number);
  seat->peer->seat = number;
  call_seat_update (seat, hello);
  g_ptr_array_add (room->seats, seat);
  shard->n_seats++;
  return seat;
}

/* Seats outlive their sockets, so the cap on connections does not bound them */
static gboolean
is_full_locked (CallRooms * self, const CallShard * shard)
{
  guint max = self->settings.max_seats;

  return max != 0 && shard->n_seats >= (max + N_SHARDS - 1) / N_SHARDS;
}

/* The seat that the secret is for, if it is there and nothing is lost. With a
 * restarted server it is made again. */
static CallSeat *
resume_locked (CallRooms * self, CallShard * shard, CallRoom * room,
    const Request * request, gboolean * again, GPtrArray * touched)
{
  CallSeat *seat = call_room_find (room, request->claimed_id);

  *again = FALSE;
  if (seat != NULL) {
    if (seat->peer->seat != request->claimed_seat)
      return NULL;
    if (call_seat_can_replay (seat, request->hello->last_seq))
      return seat;
    call_room_remove (seat, "timeout", CALL_CLOSE_REPLACED, touched);
    return NULL;
  }
  if (request->claimed_seat >= self->first_seat || is_full_locked (self, shard)
      || room->seats->len >= self->settings.max_peers
      || g_get_monotonic_time () > self->started + CALL_RESTART_WINDOW)
    return NULL;
  seat = add_seat_locked (shard, room, request->claimed_id,
      request->claimed_seat, request->hello);
  seat->sent = request->hello->last_seq;
  *again = TRUE;
  return seat;
}

static gboolean
try_resume_locked (CallRooms * self, CallRoom * room, const Request * request,
    CallMember * member, GPtrArray * touched)
{
  gboolean again;
  guint64 last_seq = request->hello->last_seq;
  CallSeat *seat = resume_locked (self, member->shard, room, request, &again,
      touched);

  if (seat == NULL)
    return FALSE;
  call_seat_detach (seat, CALL_CLOSE_REPLACED, touched);
  call_seat_update (seat, request->hello);
  seat_member_locked (self, seat, member, TRUE,
      again ? CALL_SEQ_UNKNOWN : seat->seen.newest, touched);
  call_seat_replay (seat, last_seq, touched);
  call_room_tell_about (seat, again ? CALL_MESSAGE_PEER_JOINED :
      CALL_MESSAGE_PEER_CHANGED, NULL, touched);
  return TRUE;
}

static gboolean
take_new_seat_locked (CallRooms * self, CallRoom * room,
    const Request * request, CallMember * member, GPtrArray * touched,
    GError ** error)
{
  const gchar *wish = request->hello->peer->peer_id;
  g_autofree gchar *id = wish != NULL ? g_strdup (wish) : call_id_new ();
  CallSeat *seat;

  if (request->token_error != NULL) {
    g_propagate_error (error, g_error_copy (request->token_error));
    return FALSE;
  }
  if (room->seats->len >= self->settings.max_peers) {
    g_set_error (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_ROOM_FULL,
        "The room is full: %u of %u places are taken. Come back when somebody "
        "has left, or take another room", room->seats->len,
        self->settings.max_peers);
    return FALSE;
  }
  if (is_full_locked (self, member->shard)) {
    g_set_error_literal (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_SERVER_FULL,
        "The server is full; try again later");
    return FALSE;
  }
  if (call_room_find (room, id) != NULL) {
    g_set_error (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_PEER_ID_TAKEN,
        "Somebody in the room has the peer id %s already; ask for another "
        "one, or for none", id);
    return FALSE;
  }
  seat = add_seat_locked (member->shard, room, id, 0, request->hello);
  seat_member_locked (self, seat, member, FALSE, 0, touched);
  call_room_tell_about (seat, CALL_MESSAGE_PEER_JOINED, NULL, touched);
  return TRUE;
}

static gboolean
hello_is_right (const gchar * room, const CallMessage * hello, GError ** error)
{
  if (!call_id_is_valid (room)) {
    g_set_error_literal (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_BAD_ROOM,
        "A room's name is 1 to 64 of A-Z a-z 0-9 . _ ~ -");
    return FALSE;
  }
  if (hello->type != CALL_MESSAGE_HELLO || hello->peer == NULL) {
    g_set_error_literal (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_BAD_MESSAGE,
        "The first message must be a hello");
    return FALSE;
  }
  if (hello->version != CALL_PROTOCOL_VERSION) {
    g_set_error (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_VERSION,
        "This server speaks version %d, not %d", CALL_PROTOCOL_VERSION,
        hello->version);
    return FALSE;
  }
  return TRUE;
}

static void
check_token (CallRooms * self, Request * request)
{
  g_autoptr (GError) reason = NULL;

  if (request->hello->token == NULL)
    g_set_error_literal (&request->token_error, CALL_ROOMS_ERROR,
        CALL_ROOMS_ERROR_TOKEN_REQUIRED, "This room needs a token; ask the "
        "person who invited you for one");
  else if (!call_token_check (self->settings.token_secret,
          request->hello->token, request->room,
          g_get_real_time () / G_USEC_PER_SEC, &reason))
    g_set_error_literal (&request->token_error, CALL_ROOMS_ERROR,
        CALL_ROOMS_ERROR_TOKEN_REFUSED, reason->message);
}

CallMember *
call_rooms_join (CallRooms * self, const gchar * room_name,
    const CallMessage * hello, CallJoinFlags flags,
    const CallMemberFuncs * funcs, gpointer user_data, GDestroyNotify destroy,
    GError ** error)
{
  CallShard *shard = get_shard (self, room_name);
  g_autoptr (CallMember) member =
      call_member_new (self, shard, funcs, user_data, destroy);
  GPtrArray *touched;
  Request request = { hello, room_name, NULL, 0, NULL };
  CallRoom *room;
  gboolean seated;

  if (!hello_is_right (room_name, hello, error))
    return NULL;
  if (hello->resume != NULL && !call_resume_check (self->settings.resume_key,
          hello->resume, room_name, &request.claimed_id, &request.claimed_seat))
    request.claimed_id = NULL;
  if (self->settings.token_secret != NULL && !(flags & CALL_JOIN_TRUSTED))
    check_token (self, &request);

  touched = call_members_new ();
  g_mutex_lock (&shard->lock);
  room = shard_get_room_locked (shard, room_name);
  seated = (request.claimed_id != NULL && try_resume_locked (self, room,
          &request, member, touched)) || take_new_seat_locked (self, room,
      &request, member, touched, error);
  shard_drop_empty_locked (shard, room);
  g_mutex_unlock (&shard->lock);

  call_members_flush (touched);
  g_clear_error (&request.token_error);
  g_free (request.claimed_id);
  return seated ? g_steal_pointer (&member) : NULL;
}

void
call_member_receive_message (CallMember * member, const CallMessage * message)
{
  GPtrArray *touched = call_members_new ();

  g_mutex_lock (&member->shard->lock);
  if (member->seat != NULL) {
    CallRoom *room = member->seat->room;

    if (!call_room_receive (member->seat, message, touched))
      shard_drop_empty_locked (member->shard, room);
  }
  g_mutex_unlock (&member->shard->lock);
  call_members_flush (touched);
}

void
call_member_report (CallMember * member, const gchar * code, const gchar * text)
{
  GPtrArray *touched = call_members_new ();

  g_mutex_lock (&member->shard->lock);
  if (member->seat != NULL)
    call_seat_push_error (member->seat, NULL, code, text, touched);
  g_mutex_unlock (&member->shard->lock);
  call_members_flush (touched);
}

gboolean
call_member_receive (CallMember * member, const gchar * text, gsize length,
    GError ** error)
{
  g_autoptr (GError) problem = NULL;
  g_autoptr (CallMessage) message = call_message_parse (text, length, &problem);

  if (message != NULL) {
    call_member_receive_message (member, message);
    return TRUE;
  }
  call_member_report (member, call_protocol_error_to_code (problem),
      problem->message);
  g_propagate_error (error, g_steal_pointer (&problem));
  return FALSE;
}

void
call_member_detach (CallMember * member)
{
  GPtrArray *touched = call_members_new ();
  CallSeat *seat;

  g_mutex_lock (&member->shard->lock);
  seat = member->seat;
  if (seat != NULL) {
    seat->expires = g_get_monotonic_time () +
        member->rooms->settings.resume_timeout;
    call_seat_detach (seat, 0, touched);
    call_room_tell_about (seat, CALL_MESSAGE_PEER_CHANGED, NULL, touched);
  }
  g_mutex_unlock (&member->shard->lock);
  call_members_flush (touched);
}

void
call_member_leave (CallMember * member, const gchar * code)
{
  GPtrArray *touched = call_members_new ();

  g_mutex_lock (&member->shard->lock);
  if (member->seat != NULL) {
    CallRoom *room = member->seat->room;

    call_room_remove (member->seat, code, CALL_CLOSE_NORMAL, touched);
    shard_drop_empty_locked (member->shard, room);
  }
  g_mutex_unlock (&member->shard->lock);
  call_members_flush (touched);
}

void
call_rooms_expire (CallRooms * self)
{
  gint64 now = g_get_monotonic_time ();

  for (guint i = 0; i < N_SHARDS; i++) {
    CallShard *shard = &self->shards[i];
    GPtrArray *touched = call_members_new ();
    GHashTableIter iter;
    gpointer room;

    g_mutex_lock (&shard->lock);
    g_hash_table_iter_init (&iter, shard->rooms);
    while (g_hash_table_iter_next (&iter, NULL, &room)) {
      if (call_room_expire (room, now, touched))
        g_hash_table_iter_remove (&iter);
    }
    g_mutex_unlock (&shard->lock);
    call_members_flush (touched);
  }
}

void
call_rooms_count (CallRooms * self, guint * rooms, guint * seats)
{
  *rooms = *seats = 0;
  for (guint i = 0; i < N_SHARDS; i++) {
    CallShard *shard = &self->shards[i];
    GHashTableIter iter;
    gpointer room;

    g_mutex_lock (&shard->lock);
    *rooms += g_hash_table_size (shard->rooms);
    g_hash_table_iter_init (&iter, shard->rooms);
    while (g_hash_table_iter_next (&iter, NULL, &room))
      *seats += ((CallRoom *) room)->seats->len;
    g_mutex_unlock (&shard->lock);
  }
}

static void
call_rooms_finalize (GObject * object)
{
  CallRooms *self = CALL_ROOMS (object);

  /* members hold a reference, so only seats that wait are left */
  for (guint i = 0; i < N_SHARDS; i++) {
    g_hash_table_unref (self->shards[i].rooms);
    g_mutex_clear (&self->shards[i].lock);
  }
  call_rooms_settings_clear (&self->settings);
  G_OBJECT_CLASS (call_rooms_parent_class)->finalize (object);
}

static void
call_rooms_class_init (CallRoomsClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = call_rooms_finalize;
}

static void
call_rooms_init (CallRooms * self)
{
  self->started = g_get_monotonic_time ();
  self->first_seat = g_get_real_time () / 1000;
  for (guint i = 0; i < N_SHARDS; i++) {
    g_mutex_init (&self->shards[i].lock);
    self->shards[i].rooms = g_hash_table_new_full (g_str_hash, g_str_equal,
        NULL, (GDestroyNotify) call_room_free);
  }
}

static GBytes *
random_key (void)
{
  guint8 key[32];

  if (getrandom (key, sizeof key, 0) != sizeof key)
    g_error ("The kernel gives no random numbers");
  return g_bytes_new (key, sizeof key);
}

static GPtrArray *
copy_ice_servers (GPtrArray * servers)
{
  GPtrArray *copy = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_ice_server_free);

  for (guint i = 0; servers != NULL && i < servers->len; i++)
    g_ptr_array_add (copy,
        call_ice_server_copy (g_ptr_array_index (servers, i)));
  return copy;
}

CallRooms *
call_rooms_new (const CallRoomsSettings * settings)
{
  CallRooms *self = g_object_new (CALL_TYPE_ROOMS, NULL);

  self->settings = *settings;
  self->settings.max_peers = CLAMP (settings->max_peers, 1,
      CALL_ROOM_MAX_PEERS);
  self->settings.resume_key = settings->resume_key != NULL ?
      g_bytes_ref (settings->resume_key) : random_key ();
  if (settings->token_secret != NULL)
    g_bytes_ref (settings->token_secret);
  if (settings->turn_secret != NULL)
    g_bytes_ref (settings->turn_secret);
  self->settings.ice_servers = copy_ice_servers (settings->ice_servers);
  return self;
}
