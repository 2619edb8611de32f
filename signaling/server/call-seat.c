/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Seats and members of CallRooms.
 *
 * Locks, in the order they may be taken
 *
 *   1 shard     shard->lock      all but what is marked "set once"
 *
 * Delivery happens without it. So that the order is kept although several
 * threads may have something for a member, texts go into the outbox under the
 * lock, and one thread at a time (`flushing`) empties it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-seat.h"

#include <string.h>

typedef struct
{
  guint64 seq;
  gint64 time;                  /* monotonic */
  guint code;                   /* not 0: the end, no text */
  gsize length;
  gchar *text;                  /* GRefString */
} Text;

static Text *
text_new (guint64 seq, const gchar * string)
{
  Text *text = g_new0 (Text, 1);

  text->seq = seq;
  text->time = g_get_monotonic_time ();
  text->length = strlen (string);
  text->text = g_ref_string_new_len (string, text->length);
  return text;
}

static Text *
text_copy (const Text * from)
{
  Text *text = g_memdup2 (from, sizeof *from);

  g_ref_string_acquire (text->text);
  return text;
}

static void
text_free (Text * text)
{
  g_clear_pointer (&text->text, g_ref_string_release);
  g_free (text);
}

CallMember *
call_member_new (CallRooms * rooms, CallShard * shard,
    const CallMemberFuncs * funcs, gpointer user_data, GDestroyNotify destroy)
{
  CallMember *member = g_new0 (CallMember, 1);

  member->ref_count = 1;
  member->rooms = g_object_ref (rooms);
  member->shard = shard;
  member->funcs = *funcs;
  member->user_data = user_data;
  member->destroy = destroy;
  g_queue_init (&member->outbox);
  return member;
}

CallMember *
call_member_ref (CallMember * member)
{
  g_atomic_int_inc (&member->ref_count);
  return member;
}

void
call_member_unref (CallMember * member)
{
  if (!g_atomic_int_dec_and_test (&member->ref_count))
    return;
  g_queue_clear_full (&member->outbox, (GDestroyNotify) text_free);
  if (member->destroy)
    member->destroy (member->user_data);
  g_object_unref (member->rooms);
  g_free (member);
}

CallSeat *
call_seat_new (CallRoom * room, const CallPeer * peer)
{
  CallSeat *seat = g_new0 (CallSeat, 1);

  seat->room = room;
  seat->peer = call_peer_copy (peer);
  g_queue_init (&seat->replay);
  return seat;
}

void
call_seat_free (CallSeat * seat)
{
  g_assert (seat->member == NULL);
  call_peer_free (seat->peer);
  g_queue_clear_full (&seat->replay, (GDestroyNotify) text_free);
  g_free (seat);
}

void
call_seat_update (CallSeat * seat, const CallMessage * message)
{
  CallPeer *peer = seat->peer;

  peer->audio = message->peer->audio;
  peer->video = message->peer->video;
  if (message->type == CALL_MESSAGE_HELLO) {
    g_free (peer->display_name);
    peer->display_name = g_strdup (message->peer->display_name);
    peer->polite = message->peer->polite;
  }
}

static void
touch (CallMember * member, GPtrArray * touched)
{
  if (!g_ptr_array_find (touched, member, NULL))
    g_ptr_array_add (touched, call_member_ref (member));
}

static void
drop_oldest (CallSeat * seat)
{
  Text *text = g_queue_pop_head (&seat->replay);

  seat->replay_size -= text->length;
  text_free (text);
}

void
call_seat_push (CallSeat * seat, const CallMessage * message,
    GPtrArray * touched)
{
  CallMessage numbered = *message;
  g_autofree gchar *string = NULL;
  Text *text;

  numbered.seq = ++seat->sent;
  string = call_message_to_text (&numbered);
  text = text_new (numbered.seq, string);
  seat->replay_size += text->length;
  g_queue_push_tail (&seat->replay, text);
  while (seat->replay.length > CALL_REPLAY_MESSAGES
      || seat->replay_size > CALL_REPLAY_BYTES)
    drop_oldest (seat);

  if (seat->member != NULL) {
    g_queue_push_tail (&seat->member->outbox, text_copy (text));
    touch (seat->member, touched);
  }
}

void
call_seat_push_error (CallSeat * seat, const CallMessage * about,
    const gchar * code, const gchar * text, GPtrArray * touched)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_ERROR);

  message->code = g_strdup (code);
  message->text = g_strdup (text);
  if (about != NULL) {
    message->to = g_strdup (about->to);
    message->session = g_strdup (about->session);
  }
  call_seat_push (seat, message, touched);
}

void
call_seat_push_unnumbered (CallSeat * seat, const CallMessage * message,
    GPtrArray * touched)
{
  g_autofree gchar *string = call_message_to_text (message);

  g_queue_push_tail (&seat->member->outbox, text_new (0, string));
  touch (seat->member, touched);
}

void
call_seat_replay (CallSeat * seat, guint64 last, GPtrArray * touched)
{
  for (GList * l = seat->replay.head; l != NULL; l = l->next) {
    const Text *text = l->data;

    if (text->seq > last)
      g_queue_push_tail (&seat->member->outbox, text_copy (text));
  }
  touch (seat->member, touched);
}

gboolean
call_seat_can_replay (const CallSeat * seat, guint64 last)
{
  const Text *oldest = g_queue_peek_head ((GQueue *) & seat->replay);

  if (last >= seat->sent)
    return last == seat->sent;
  return oldest != NULL && oldest->seq <= last + 1;
}

void
call_seat_trim (CallSeat * seat, gint64 time)
{
  const Text *oldest;

  while ((oldest = g_queue_peek_head (&seat->replay)) && oldest->time < time)
    drop_oldest (seat);
}

void
call_seat_attach (CallSeat * seat, CallMember * member)
{
  seat->member = call_member_ref (member);
  member->seat = seat;
  seat->peer->connected = TRUE;
}

void
call_seat_detach (CallSeat * seat, guint code, GPtrArray * touched)
{
  CallMember *member = g_steal_pointer (&seat->member);

  seat->peer->connected = FALSE;
  if (member == NULL)
    return;
  member->seat = NULL;
  if (code != 0) {
    Text *end = g_new0 (Text, 1);

    end->code = code;
    g_queue_push_tail (&member->outbox, end);
  } else {
    g_queue_clear_full (&member->outbox, (GDestroyNotify) text_free);
  }
  /* the last reference must not go with the lock held */
  touch (member, touched);
  call_member_unref (member);
}

GPtrArray *
call_members_new (void)
{
  return g_ptr_array_new_with_free_func ((GDestroyNotify) call_member_unref);
}

static void
deliver (CallMember * member, Text * text)
{
  if (text->code != 0)
    member->funcs.closed (member->user_data, text->code);
  else
    member->funcs.deliver (member->user_data, text->text, text->length);
  text_free (text);
}

static void
member_flush (CallMember * member)
{
  Text *text;

  g_mutex_lock (&member->shard->lock);
  if (!member->flushing) {
    member->flushing = TRUE;
    while ((text = g_queue_pop_head (&member->outbox))) {
      g_mutex_unlock (&member->shard->lock);
      deliver (member, text);
      g_mutex_lock (&member->shard->lock);
    }
    member->flushing = FALSE;
  }
  g_mutex_unlock (&member->shard->lock);
}

void
call_members_flush (GPtrArray * touched)
{
  for (guint i = 0; i < touched->len; i++)
    member_flush (g_ptr_array_index (touched, i));
  g_ptr_array_unref (touched);
}
