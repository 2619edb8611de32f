/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads
 *
 *   name     runs                              may take       never
 *   -------  --------------------------------  -------------  ----------------
 *   owner    the GMainContext of `open`:       inbox, the     emit with a lock
 *            open, send, close, all signals    rooms' locks   held
 *   any      on_deliver, on_closed (from       inbox          touch anything
 *            CallRooms)                                       but the link
 *
 * Locks, in the order they may be taken
 *
 *   1 inbox     link->lock      protects: texts, size, source, closed
 *
 * A link is one stay in the room. Rooms hold it and may deliver a last text
 * while the signaller has left already; the link then has no owner any more.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-direct-signaller.h"

#include <string.h>

#define MAX_INBOX (4 * 1024 * 1024)
#define MAX_WAITING 256         /* messages sent before there is a seat */

typedef struct
{
  gint ref_count;               /* atomic */
  GMainContext *context;        /* set once */
  CallDirectSignaller *owner;   /* only the owner's thread; NULL: left */

  GMutex lock;
  /* inbox lock */
  GQueue texts;                 /* of gchar */
  gsize size;
  guint closed;                 /* close code, behind the texts */
  gboolean overflow;
  gboolean scheduled;
} Link;

struct _CallDirectSignaller
{
  CallSignaller parent;

  /* set once */
  CallRooms *rooms;
  gchar *room;

  /* only the owner's thread */
  CallMember *member;
  Link *link;
  GSource *join_source;
  GQueue waiting;               /* of CallMessage */
  guint64 sent;
};

G_DEFINE_FINAL_TYPE (CallDirectSignaller, call_direct_signaller,
    CALL_TYPE_SIGNALLER);

static Link *
link_new (CallDirectSignaller * owner)
{
  Link *link = g_new0 (Link, 1);

  link->ref_count = 1;
  link->context =
      g_main_context_ref (call_signaller_get_context (CALL_SIGNALLER (owner)));
  link->owner = owner;
  g_mutex_init (&link->lock);
  g_queue_init (&link->texts);
  return link;
}

static Link *
link_ref (Link * link)
{
  g_atomic_int_inc (&link->ref_count);
  return link;
}

static void
link_unref (Link * link)
{
  if (!g_atomic_int_dec_and_test (&link->ref_count))
    return;
  g_queue_clear_full (&link->texts, g_free);
  g_main_context_unref (link->context);
  g_mutex_clear (&link->lock);
  g_free (link);
}

/* Leaves without a word; what was delivered and not read is forgotten */
static void
drop_link (CallDirectSignaller * self)
{
  if (self->link != NULL)
    self->link->owner = NULL;
  g_clear_pointer (&self->link, link_unref);
  if (self->member != NULL)
    call_member_detach (self->member);
  g_clear_pointer (&self->member, call_member_unref);
  if (self->join_source != NULL)
    g_source_destroy (self->join_source);
  g_clear_pointer (&self->join_source, g_source_unref);
}

static void
fail (CallDirectSignaller * self, const gchar * text)
{
  drop_link (self);
  call_signaller_fail (CALL_SIGNALLER (self),
      g_error_new_literal (CALL_SIGNALLER_ERROR, CALL_SIGNALLER_ERROR_REFUSED,
          text));
}

static void
number_and_send (CallDirectSignaller * self, const CallMessage * message)
{
  CallMessage numbered = *message;

  numbered.seq = ++self->sent;
  numbered.from = NULL;
  call_member_receive_message (self->member, &numbered);
}

static void
on_welcome (CallDirectSignaller * self, const CallMessage * welcome)
{
  CallMessage *message;

  if (!welcome->resumed)
    self->sent = 0;
  call_signaller_take_welcome (CALL_SIGNALLER (self), welcome);
  while (self->member != NULL && (message = g_queue_pop_head (&self->waiting))) {
    number_and_send (self, message);
    call_message_unref (message);
  }
}

static void
on_text (CallDirectSignaller * self, const gchar * text)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) message = call_message_parse (text, strlen (text),
      &error);

  if (message == NULL) {
    g_warning ("The rooms sent what is no message: %s", error->message);
    return;
  }
  /* the handlers of the welcome may send, so the state comes first */
  if (message->type == CALL_MESSAGE_WELCOME)
    on_welcome (self, message);
  call_signaller_emit_message (CALL_SIGNALLER (self), message);
}

/* What the link has now; the handlers may leave the room meanwhile */
static gboolean
on_inbox (gpointer data)
{
  Link *link = data;
  GQueue texts;
  guint closed;
  gboolean overflow;
  gchar *text;

  g_mutex_lock (&link->lock);
  texts = link->texts;
  g_queue_init (&link->texts);
  link->size = 0;
  link->scheduled = FALSE;
  closed = link->closed;
  overflow = link->overflow;
  g_mutex_unlock (&link->lock);

  while ((text = g_queue_pop_head (&texts))) {
    if (link->owner != NULL) {
      g_autoptr (CallDirectSignaller) self = g_object_ref (link->owner);

      on_text (self, text);
    }
    g_free (text);
  }
  if (link->owner != NULL && overflow)
    call_direct_signaller_break (link->owner);
  else if (link->owner != NULL && closed != 0)
    fail (link->owner, "The server has taken the seat away");
  return G_SOURCE_REMOVE;
}

static void
link_schedule_locked (Link * link)
{
  g_autoptr (GSource) source = NULL;

  if (link->scheduled)
    return;
  link->scheduled = TRUE;
  source = g_idle_source_new ();
  g_source_set_priority (source, G_PRIORITY_DEFAULT);
  g_source_set_callback (source, on_inbox, link_ref (link),
      (GDestroyNotify) link_unref);
  g_source_attach (source, link->context);
}

static void
on_deliver (gpointer user_data, const gchar * text, gsize length)
{
  Link *link = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&link->lock);

  link->size += length;
  if (link->size > MAX_INBOX)
    link->overflow = TRUE;
  if (!link->overflow)
    g_queue_push_tail (&link->texts, g_strndup (text, length));
  link_schedule_locked (link);
}

static void
on_closed (gpointer user_data, guint code)
{
  Link *link = user_data;
  g_autoptr (GMutexLocker) locker = g_mutex_locker_new (&link->lock);

  link->closed = code;
  link_schedule_locked (link);
}

static gboolean
join (gpointer data)
{
  static const CallMemberFuncs funcs = { on_deliver, on_closed };
  g_autoptr (CallDirectSignaller) self = g_object_ref (data);
  g_autoptr (CallMessage) hello =
      call_signaller_make_hello (CALL_SIGNALLER (self));
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&self->join_source, g_source_unref);
  self->link = link_new (self);
  self->member = call_rooms_join (self->rooms, self->room, hello,
      CALL_JOIN_TRUSTED, &funcs, link_ref (self->link),
      (GDestroyNotify) link_unref, &error);
  if (self->member == NULL)
    fail (self, error->message);
  return G_SOURCE_REMOVE;
}

static void
schedule_join (CallDirectSignaller * self)
{
  self->join_source = g_idle_source_new ();
  g_source_set_priority (self->join_source, G_PRIORITY_DEFAULT);
  g_source_set_callback (self->join_source, join, self, NULL);
  g_source_attach (self->join_source,
      call_signaller_get_context (CALL_SIGNALLER (self)));
}

static void
call_direct_signaller_open (CallSignaller * signaller)
{
  CallDirectSignaller *self = CALL_DIRECT_SIGNALLER (signaller);

  self->sent = 0;
  g_queue_clear_full (&self->waiting, (GDestroyNotify) call_message_unref);
  schedule_join (self);
}

static void
call_direct_signaller_send (CallSignaller * signaller, CallMessage * message)
{
  CallDirectSignaller *self = CALL_DIRECT_SIGNALLER (signaller);

  if (call_signaller_get_state (signaller) == CALL_SIGNALLER_OPEN)
    number_and_send (self, message);
  else if (self->waiting.length < MAX_WAITING)
    g_queue_push_tail (&self->waiting, call_message_copy (message));
}

static void
call_direct_signaller_close (CallSignaller * signaller)
{
  CallDirectSignaller *self = CALL_DIRECT_SIGNALLER (signaller);

  if (self->member != NULL)
    call_member_leave (self->member, "bye");
  drop_link (self);
}

void
call_direct_signaller_break (CallDirectSignaller * self)
{
  CallSignaller *signaller = CALL_SIGNALLER (self);

  if (call_signaller_get_state (signaller) != CALL_SIGNALLER_OPEN)
    return;
  drop_link (self);
  schedule_join (self);
  call_signaller_set_state (signaller, CALL_SIGNALLER_RECONNECTING);
}

CallSignaller *
call_direct_signaller_new (CallRooms * rooms, const gchar * room)
{
  CallDirectSignaller *self = g_object_new (CALL_TYPE_DIRECT_SIGNALLER, NULL);

  self->rooms = g_object_ref (rooms);
  self->room = g_strdup (room);
  return CALL_SIGNALLER (self);
}

static void
call_direct_signaller_dispose (GObject * object)
{
  CallDirectSignaller *self = CALL_DIRECT_SIGNALLER (object);

  if (self->member != NULL)
    call_member_leave (self->member, "bye");
  drop_link (self);
  g_queue_clear_full (&self->waiting, (GDestroyNotify) call_message_unref);
  g_clear_object (&self->rooms);
  G_OBJECT_CLASS (call_direct_signaller_parent_class)->dispose (object);
}

static void
call_direct_signaller_finalize (GObject * object)
{
  g_free (CALL_DIRECT_SIGNALLER (object)->room);
  G_OBJECT_CLASS (call_direct_signaller_parent_class)->finalize (object);
}

static void
call_direct_signaller_class_init (CallDirectSignallerClass * klass)
{
  CallSignallerClass *signaller_class = CALL_SIGNALLER_CLASS (klass);

  signaller_class->open = call_direct_signaller_open;
  signaller_class->send = call_direct_signaller_send;
  signaller_class->close = call_direct_signaller_close;
  G_OBJECT_CLASS (klass)->dispose = call_direct_signaller_dispose;
  G_OBJECT_CLASS (klass)->finalize = call_direct_signaller_finalize;
}

static void
call_direct_signaller_init (CallDirectSignaller * self)
{
  g_queue_init (&self->waiting);
}
