/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * epoll instead of a GMainContext: that looks at every source it has on each
 * turn, so 2,500 sockets would cost 0.3 ms for each message.
 *
 * Threads
 *
 *   name     runs                              may take            never
 *   -------  --------------------------------  ------------------  -------------
 *   worker   the loop, its connections         inbox (its own and  block but in
 *                                              others'), shard,    epoll_wait ()
 *                                              addresses
 *   any      call_worker_post_…, pool start    inbox               touch a
 *            and stop                                              connection
 *
 * Locks, in the order they may be taken
 *
 *   1 inbox     self->lock      protects: inbox
 *
 *   It is not held while an item is acted on.
 */
#define _GNU_SOURCE             /* accept4 () */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-worker.h"

#include <errno.h>
#include <gio/gio.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
#define MAX_EVENTS 256
#define MAX_ACCEPTS 64          /* in one turn */
#define STOP_TIME (500 * 1000)
#define MIN_TICK (10 * 1000)
#define MAX_TICK (500 * 1000)
#define HELD_TICK (50 * 1000)   /* while somebody is over the message rate */

typedef enum
{
  ITEM_ADD,                     /* serve this connection */
  ITEM_TEXT,
  ITEM_CLOSE,
  ITEM_STOP,
} ItemType;

typedef struct
{
  ItemType type;
  CallConnection *connection;   /* a reference */
  guint code;
  gsize length;
  gchar *text;
} Item;

struct _CallWorker
{
  CallWorkerPool *pool;         /* set once */
  guint index;                  /* set once */
  GThread *thread;              /* set once */
  gint epoll;                   /* set once */
  gint wakeup;                  /* set once; an eventfd */

  gint ref_count;               /* atomic; connections hold references */

  GMutex lock;
  /* inbox lock */
  GQueue inbox;
  gboolean closed;              /* nothing is posted any more */

  /* only the worker's thread */
  CallConnection *connections;
  GPtrArray *dirty;             /* of CallConnection, references */
  guint8 *buffer;
  gint64 tick;
  gint64 next_tick;
  gint64 stop_time;             /* not 0: is stopping */
  gboolean someone_held;
  gboolean listening;
  guint next_worker;
};

static __thread CallWorker *current;

CallWorker *
call_worker_ref (CallWorker * self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

void
call_worker_unref (CallWorker * self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_ptr_array_unref (self->dirty);
  g_free (self->buffer);
  close (self->epoll);
  close (self->wakeup);
  g_mutex_clear (&self->lock);
  g_free (self);
}

gboolean
call_worker_is_current (CallWorker * self)
{
  return current == self;
}

static void
item_free (Item * item)
{
  g_clear_pointer (&item->connection, call_connection_unref);
  g_free (item->text);
  g_free (item);
}

static void
post (CallWorker * self, ItemType type, CallConnection * connection,
    guint code, const gchar * text, gsize length)
{
  Item *item = g_new0 (Item, 1);
  guint64 one = 1;
  gboolean first, closed;

  item->type = type;
  item->connection = connection != NULL ?
      call_connection_ref (connection) : NULL;
  item->code = code;
  item->length = length;
  item->text = text != NULL ? g_strndup (text, length) : NULL;

  g_mutex_lock (&self->lock);
  closed = self->closed;
  first = g_queue_is_empty (&self->inbox);
  if (!closed)
    g_queue_push_tail (&self->inbox, item);
  g_mutex_unlock (&self->lock);
  if (closed)
    item_free (item);
  else if (first && write (self->wakeup, &one, sizeof one) < 0)
    g_warning ("A worker cannot be woken: %s", g_strerror (errno));
}

void
call_worker_post_text (CallWorker * self, CallConnection * connection,
    const gchar * text, gsize length)
{
  g_atomic_int_inc (&connection->posted);
  post (self, ITEM_TEXT, connection, 0, text, length);
}

void
call_worker_post_close (CallWorker * self, CallConnection * connection,
    guint code)
{
  g_atomic_int_inc (&connection->posted);
  post (self, ITEM_CLOSE, connection, code, NULL, 0);
}

void
call_worker_mark (CallWorker * self, CallConnection * connection)
{
  if (connection->dirty)
    return;
  connection->dirty = TRUE;
  g_ptr_array_add (self->dirty, call_connection_ref (connection));
}

static void
watch (CallWorker * self, CallConnection * connection, gint operation,
    guint32 events)
{
  struct epoll_event event = { 0 };

  event.events = events;
  event.data.ptr = connection;
  connection->events = events;
  if (epoll_ctl (self->epoll, operation, connection->fd, &event) < 0)
    g_warning ("A connection cannot be watched: %s", g_strerror (errno));
}

/* Takes the reference that was posted */
static void
add_connection (CallWorker * self, CallConnection * connection)
{
  if (connection->worker == NULL)
    connection->worker = call_worker_ref (self);
  connection->previous = NULL;
  connection->next = self->connections;
  if (self->connections != NULL)
    self->connections->previous = connection;
  self->connections = connection;
  watch (self, connection, EPOLL_CTL_ADD, EPOLLIN);
  if (connection->phase == CALL_PHASE_UPGRADED)
    call_connection_enter (connection);
  call_worker_mark (self, connection);
}

/* The list's reference is the caller's then */
static void
unlink_connection (CallWorker * self, CallConnection * connection)
{
  if (connection->previous != NULL)
    connection->previous->next = connection->next;
  else
    self->connections = connection->next;
  if (connection->next != NULL)
    connection->next->previous = connection->previous;
  connection->next = connection->previous = NULL;
}

static void
remove_connection (CallWorker * self, CallConnection * connection)
{
  CallHost *host = self->pool->host;

  unlink_connection (self, connection);
  epoll_ctl (self->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
  call_connection_drop (connection);
  call_addresses_leave (host->addresses, &connection->address);
  g_atomic_int_add (&host->connections, -1);
  call_connection_unref (connection);
}

/* To the worker of its room; TRUE if that is another one */
static gboolean
hand_over (CallWorker * self, CallConnection * connection)
{
  CallWorker *to = self->pool->workers[g_str_hash (connection->room) %
      self->pool->size];

  if (to == self) {
    call_connection_enter (connection);
    return FALSE;
  }
  epoll_ctl (self->epoll, EPOLL_CTL_DEL, connection->fd, NULL);
  unlink_connection (self, connection);
  call_worker_unref (connection->worker);
  connection->worker = call_worker_ref (to);
  post (to, ITEM_ADD, connection, 0, NULL, 0);
  return TRUE;
}

static void
settle (CallWorker * self, CallConnection * connection)
{
  guint32 events;

  if (connection->fd < 0)
    return;                     /* dropped already */
  call_connection_flush (connection);
  if (connection->phase == CALL_PHASE_UPGRADED && hand_over (self, connection)) {
    call_connection_unref (connection);
    return;
  }
  if (connection->phase == CALL_PHASE_DEAD) {
    remove_connection (self, connection);
    return;
  }
  self->someone_held |= connection->held != NULL;
  events = (connection->held == NULL ? EPOLLIN : 0)
      | (connection->output != NULL ? EPOLLOUT : 0);
  if (events != connection->events)
    watch (self, connection, EPOLL_CTL_MOD, events);
}

/* Writes, drops and hands over; more may be marked meanwhile */
static void
settle_all (CallWorker * self)
{
  for (guint i = 0; i < self->dirty->len; i++) {
    CallConnection *connection = g_ptr_array_index (self->dirty, i);

    connection->dirty = FALSE;
    settle (self, connection);
  }
  g_ptr_array_set_size (self->dirty, 0);
}

static void
refuse_connection (gint fd, const gchar * status)
{
  g_autofree gchar *text = g_strdup_printf ("HTTP/1.1 %s\r\n"
      "Retry-After: 10\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
      status);

  if (send (fd, text, strlen (text), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
    g_debug ("A refused connection did not hear why");
  close (fd);
}

static void
take_connection (CallWorker * self, gint fd, const struct sockaddr *from)
{
  CallHost *host = self->pool->host;
  CallWorker *to = self->pool->workers[self->next_worker];
  CallConnection *connection;
  CallAddress address;
  guint max;
  gint one = 1;

  call_address_from_sockaddr (&address, from);
  max = host->limits.exempt_loopback && call_address_is_loopback (&address) ?
      0 : host->limits.max_per_address;
  if ((guint) g_atomic_int_get (&host->connections) >=
      host->limits.max_connections) {
    refuse_connection (fd, "503 Service Unavailable");
    return;
  }
  if (!call_addresses_enter (host->addresses, &address, max)) {
    refuse_connection (fd, "429 Too Many Requests");
    return;
  }
  g_atomic_int_inc (&host->connections);
  setsockopt (fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);

  connection = call_connection_new (host, fd, &address);
  self->next_worker = (self->next_worker + 1) % self->pool->size;
  if (to == self) {
    add_connection (self, connection);
  } else {
    post (to, ITEM_ADD, connection, 0, NULL, 0);
    call_connection_unref (connection);
  }
}

static void
set_listening (CallWorker * self, gboolean listening)
{
  struct epoll_event event = { 0 };

  if (self->index != 0 || self->listening == listening)
    return;
  self->listening = listening;
  event.events = EPOLLIN;
  event.data.ptr = self->pool;
  for (guint i = 0; i < self->pool->listeners->len; i++)
    epoll_ctl (self->epoll, listening ? EPOLL_CTL_ADD : EPOLL_CTL_DEL,
        g_array_index (self->pool->listeners, gint, i), &event);
}

static void
accept_connections (CallWorker * self)
{
  for (guint i = 0; i < self->pool->listeners->len; i++) {
    gint listener = g_array_index (self->pool->listeners, gint, i);

    for (guint n = 0; n < MAX_ACCEPTS; n++) {
      struct sockaddr_storage from = { 0 };
      socklen_t length = sizeof from;
      gint fd = accept4 (listener, (struct sockaddr *) &from, &length,
          SOCK_NONBLOCK | SOCK_CLOEXEC);

      if (fd >= 0) {
        take_connection (self, fd, (struct sockaddr *) &from);
        continue;
      }
      if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS
          || errno == ENOMEM) {
        g_warning ("No more connections are taken for a moment: %s. Allow the "
            "server more files (ulimit -n)", g_strerror (errno));
        set_listening (self, FALSE);
      }
      if (errno != ECONNABORTED && errno != EINTR)
        break;
    }
  }
}

static void
begin_stopping (CallWorker * self)
{
  self->stop_time = g_get_monotonic_time () + STOP_TIME;
  set_listening (self, FALSE);
  for (CallConnection * c = self->connections; c != NULL; c = c->next)
    call_connection_close (c, CALL_CLOSE_GOING_AWAY);
}

static void
act (CallWorker * self, Item * item)
{
  CallConnection *connection = item->connection;

  if (item->type == ITEM_STOP) {
    begin_stopping (self);
  } else if (item->type == ITEM_ADD) {
    add_connection (self, g_steal_pointer (&item->connection));
    if (self->stop_time != 0)
      call_connection_close (connection, CALL_CLOSE_GOING_AWAY);
  } else {
    if (connection->phase == CALL_PHASE_DEAD);  /* nobody listens any more */
    else if (item->type == ITEM_TEXT)
      call_connection_send_text (connection, item->text, item->length);
    else
      call_connection_close (connection, item->code);
    g_atomic_int_add (&connection->posted, -1);
  }
}

static void
read_inbox (CallWorker * self)
{
  guint64 count;
  GQueue items;
  Item *item;

  if (read (self->wakeup, &count, sizeof count) < 0)
    g_debug ("Woken for nothing");
  g_mutex_lock (&self->lock);
  items = self->inbox;
  g_queue_init (&self->inbox);
  g_mutex_unlock (&self->lock);
  while ((item = g_queue_pop_head (&items))) {
    act (self, item);
    item_free (item);
  }
}

static void
on_event (CallWorker * self, const struct epoll_event *event)
{
  CallConnection *connection = event->data.ptr;

  if (event->data.ptr == self) {
    read_inbox (self);
  } else if (event->data.ptr == self->pool) {
    accept_connections (self);
  } else {
    if (event->events & EPOLLIN)
      call_connection_read (connection, self->buffer, BUFFER_SIZE);
    else if (event->events & (EPOLLERR | EPOLLHUP))
      connection->phase = CALL_PHASE_DEAD;
    call_worker_mark (self, connection);
  }
}

static void
sweep (CallWorker * self, gint64 now)
{
  self->someone_held = FALSE;
  set_listening (self, self->stop_time == 0);
  for (CallConnection * c = self->connections; c != NULL; c = c->next)
    call_connection_tick (c, now);
  if (self->index == 0)
    call_rooms_expire (self->pool->host->rooms);
}

static gint
get_timeout (CallWorker * self)
{
  gint64 wait;

  if (self->stop_time == 0 && self->index != 0 && self->connections == NULL)
    return -1;
  wait = MAX (0, self->next_tick - g_get_monotonic_time ());
  if (self->someone_held)
    wait = MIN (wait, HELD_TICK);
  if (self->stop_time != 0)
    wait = MIN (wait, MAX (0, self->stop_time - g_get_monotonic_time ()));
  return (wait + 999) / 1000;
}

static gpointer
worker_main (gpointer data)
{
  CallWorker *self = data;
  struct epoll_event events[MAX_EVENTS];

  current = self;
  set_listening (self, TRUE);
  while (self->stop_time == 0 || (self->connections != NULL
          && g_get_monotonic_time () < self->stop_time)) {
    gint n = epoll_wait (self->epoll, events, MAX_EVENTS, get_timeout (self));
    gint64 now;

    for (gint i = 0; i < n; i++)
      on_event (self, &events[i]);
    settle_all (self);
    now = g_get_monotonic_time ();
    if (now >= self->next_tick || self->someone_held) {
      sweep (self, now);
      self->next_tick = now + self->tick;
      settle_all (self);
    }
  }
  while (self->connections != NULL)
    remove_connection (self, self->connections);
  settle_all (self);
  current = NULL;
  return NULL;
}

static CallWorker *
call_worker_new (CallWorkerPool * pool, guint index)
{
  const CallLimits *limits = &pool->host->limits;
  CallWorker *self = g_new0 (CallWorker, 1);
  struct epoll_event event = { 0 };
  gint64 shortest = MIN (MIN (limits->tls_timeout, limits->head_timeout),
      MIN (limits->hello_timeout, limits->pong_timeout));

  self->ref_count = 1;
  self->pool = pool;
  self->index = index;
  self->tick = CLAMP (shortest / 8, MIN_TICK, MAX_TICK);
  self->epoll = epoll_create1 (EPOLL_CLOEXEC);
  self->wakeup = eventfd (0, EFD_CLOEXEC | EFD_NONBLOCK);
  self->dirty = g_ptr_array_new_with_free_func ((GDestroyNotify)
      call_connection_unref);
  self->buffer = g_malloc (BUFFER_SIZE);
  g_mutex_init (&self->lock);
  g_queue_init (&self->inbox);
  event.events = EPOLLIN;
  event.data.ptr = self;
  if (self->epoll < 0 || self->wakeup < 0
      || epoll_ctl (self->epoll, EPOLL_CTL_ADD, self->wakeup, &event) < 0)
    g_clear_pointer (&self, call_worker_unref);
  return self;
}

gboolean
call_worker_pool_start (CallWorkerPool * pool, GError ** error)
{
  pool->workers = g_new0 (CallWorker *, pool->size);
  for (guint i = 0; i < pool->size; i++) {
    pool->workers[i] = call_worker_new (pool, i);
    if (pool->workers[i] == NULL) {
      g_set_error (error, G_IO_ERROR, G_IO_ERROR_TOO_MANY_OPEN_FILES,
          "The server cannot start: %s. Allow more files (ulimit -n)",
          g_strerror (errno));
      for (guint j = 0; j < i; j++)
        call_worker_unref (pool->workers[j]);
      g_clear_pointer (&pool->workers, g_free);
      return FALSE;
    }
  }
  for (guint i = 0; i < pool->size; i++) {
    g_autofree gchar *name = g_strdup_printf ("call-server-%u", i);

    pool->workers[i]->thread = g_thread_new (name, worker_main,
        pool->workers[i]);
  }
  return TRUE;
}

/* Its thread has ended; others may still try to post */
static void
close_inbox (CallWorker * self)
{
  GQueue items;
  Item *item;

  g_mutex_lock (&self->lock);
  self->closed = TRUE;
  items = self->inbox;
  g_queue_init (&self->inbox);
  g_mutex_unlock (&self->lock);
  while ((item = g_queue_pop_head (&items))) {
    if (item->type == ITEM_ADD)
      call_connection_drop (item->connection);
    item_free (item);
  }
}

void
call_worker_pool_stop (CallWorkerPool * pool)
{
  if (pool->workers == NULL)
    return;
  for (guint i = 0; i < pool->size; i++)
    post (pool->workers[i], ITEM_STOP, NULL, 0, NULL, 0);
  for (guint i = 0; i < pool->size; i++)
    g_thread_join (pool->workers[i]->thread);
  for (guint i = 0; i < pool->size; i++)
    close_inbox (pool->workers[i]);
  for (guint i = 0; i < pool->size; i++)
    call_worker_unref (pool->workers[i]);
  g_clear_pointer (&pool->workers, g_free);
}
