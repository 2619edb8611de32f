/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Between a connection and its socket: TLS, reading, and what waits to be
 * written.
 *
 * Threads: one, that of the connection's worker.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-connection.h"
#include "call-worker.h"

#include <errno.h>
#include <sys/socket.h>

#define READS_AT_ONCE 4

void
call_connection_kill (CallConnection * self)
{
  self->phase = CALL_PHASE_DEAD;
  if (self->worker != NULL)
    call_worker_mark (self->worker, self);
}

void
call_connection_queue (CallConnection * self, gconstpointer head,
    gsize head_length, gconstpointer data, gsize length)
{
  gsize waiting;

  if (self->phase == CALL_PHASE_DEAD)
    return;
  if (self->output == NULL)
    self->output = g_byte_array_new ();
  waiting = self->output->len - self->output_start;
  if (waiting + head_length + length > self->host->limits.max_queue) {
    call_connection_kill (self);
    return;
  }
  g_byte_array_append (self->output, head, head_length);
  g_byte_array_append (self->output, data, length);
  if (self->worker != NULL)
    call_worker_mark (self->worker, self);
}

static gboolean
shake_hands (CallConnection * self)
{
  gssize result = call_tls_handshake (self->tls);

  if (result == 1) {
    self->phase = CALL_PHASE_HEAD;
    self->deadline = g_get_monotonic_time () + self->host->limits.head_timeout;
    return TRUE;
  }
  if (result == -EPROTONOSUPPORT) {
    g_clear_pointer (&self->tls, call_tls_free);
    call_connection_refuse (self, 400, "This port speaks TLS: the address "
        "begins with https:// or wss://.\n");
  } else if (result != -EAGAIN) {
    call_connection_kill (self);
  }
  return FALSE;
}

static gssize
read_some (CallConnection * self, guint8 * buffer, gsize length)
{
  gssize size;

  if (self->tls != NULL)
    return call_tls_read (self->tls, buffer, length);
  size = recv (self->fd, buffer, length, 0);
  if (size < 0)
    return errno == EINTR ? -EAGAIN : -errno;
  return size;
}

void
call_connection_read (CallConnection * self, guint8 * buffer, gsize length)
{
  gssize size;
  guint reads = 0;

  if (self->phase == CALL_PHASE_TLS && !shake_hands (self))
    return;
  do {
    size = read_some (self, buffer, length);
    if (size == -EAGAIN)
      return;
    if (size <= 0) {
      call_connection_flush (self);
      call_connection_kill (self);
      return;
    }
    self->heard = g_get_monotonic_time ();
    call_connection_feed (self, buffer, size);
  } while (self->held == NULL && self->phase != CALL_PHASE_UPGRADED
      && self->phase != CALL_PHASE_DEAD
      && (self->tls != NULL ? ++reads < READS_AT_ONCE
          || call_tls_has_pending (self->tls) : (gsize) size == length
          && ++reads < READS_AT_ONCE));
}

static gssize
write_some (CallConnection * self)
{
  const guint8 *data = self->output->data + self->output_start;
  gsize length = self->output->len - self->output_start;
  gssize size;

  if (self->tls != NULL)
    return call_tls_write (self->tls, data, MIN (length, 16384));
  size = send (self->fd, data, length, MSG_NOSIGNAL);
  if (size < 0)
    return errno == EINTR || errno == EAGAIN ? -EAGAIN : -errno;
  return size;
}

/* All is written. Shut the sending side, so that the other end reads what
 * was said before it sees the end; closing at once might reset it. */
static void
end_output (CallConnection * self)
{
  if (self->told_end)
    return;
  self->told_end = TRUE;
  if (self->tls != NULL)
    call_tls_shutdown (self->tls);
  shutdown (self->fd, SHUT_WR);
}

void
call_connection_flush (CallConnection * self)
{
  if (self->fd < 0 || self->phase == CALL_PHASE_DEAD)
    return;
  while (self->output != NULL) {
    gssize size = write_some (self);

    if (size < 0) {
      if (size != -EAGAIN)
        call_connection_kill (self);
      break;
    }
    self->output_start += size;
    if (self->output_start == self->output->len) {
      g_clear_pointer (&self->output, g_byte_array_unref);
      self->output_start = 0;
    }
  }
  if (self->output != NULL && self->output_start > 65536) {
    g_byte_array_remove_range (self->output, 0, self->output_start);
    self->output_start = 0;
  }
  if (self->output == NULL && self->phase == CALL_PHASE_CLOSING)
    end_output (self);
}
