/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a connection says: HTTP, frames, deadlines. Its bytes come and go in
 * call-connection-io.c.
 *
 * Threads
 *
 *   name     runs                             may take            never
 *   -------  -------------------------------  ------------------  ---------
 *   worker   everything but what is below     shard, addresses,   block
 *                                             a worker's inbox
 *   any      on_deliver, on_closed (from      a worker's inbox    touch the
 *            CallRooms)                                           connection
 *
 * There is no lock here: a connection belongs to its worker's thread, and
 * other threads post to that worker.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-connection.h"
#include "call-pages.h"
#include "call-worker.h"

#include <string.h>
#include <unistd.h>

#define CLOSE_TIMEOUT (2 * G_USEC_PER_SEC)
#define TLS_HANDSHAKE 0x16      /* first byte of a TLS connection */
#define UNIT 1000               /* thousandths of a unit of the message rate */
#define UNIT_BYTES 4096         /* a message is one unit, and one for each of these */

static gboolean
is_open (const CallConnection * self)
{
  return self->phase == CALL_PHASE_HELLO || self->phase == CALL_PHASE_OPEN;
}

CallConnection *
call_connection_new (CallHost * host, gint fd, const CallAddress * address)
{
  CallConnection *self = g_new0 (CallConnection, 1);
  gint64 now = g_get_monotonic_time ();

  self->ref_count = 1;
  self->host = host;
  self->fd = fd;
  self->address = *address;
  self->heard = self->units_time = now;
  /* so that not all are pinged at once who came at once */
  self->pinged = now - (gint64) (g_random_double () *
      host->limits.pong_timeout / 3);
  self->units = (gint64) host->limits.message_burst * UNIT;
  if (host->identity != NULL && fd >= 0) {
    self->tls = call_tls_new (host->identity, fd);
    self->phase = CALL_PHASE_TLS;
    self->deadline = now + host->limits.tls_timeout;
  } else {
    self->phase = CALL_PHASE_HEAD;
    self->deadline = now + host->limits.head_timeout;
  }
  return self;
}

CallConnection *
call_connection_ref (CallConnection * self)
{
  g_atomic_int_inc (&self->ref_count);
  return self;
}

/* What needs the worker's thread was done by call_connection_drop () */
void
call_connection_unref (CallConnection * self)
{
  if (!g_atomic_int_dec_and_test (&self->ref_count))
    return;
  g_clear_pointer (&self->worker, call_worker_unref);
  g_free (self->room);
  g_free (self);
}

static void
leave_member (CallConnection * self)
{
  CallMember *member = g_steal_pointer (&self->member);

  if (member != NULL) {
    call_member_detach (member);
    call_member_unref (member);
  }
}

void
call_connection_drop (CallConnection * self)
{
  self->phase = CALL_PHASE_DEAD;
  leave_member (self);
  g_clear_pointer (&self->tls, call_tls_free);
  if (self->fd >= 0)
    close (self->fd);
  self->fd = -1;
  call_frame_reader_clear (&self->reader);
  g_clear_pointer (&self->head, g_byte_array_unref);
  g_clear_pointer (&self->held, g_byte_array_unref);
  g_clear_pointer (&self->output, g_byte_array_unref);
}

static void
send_frame (CallConnection * self, CallFrameType type, gconstpointer data,
    gsize length)
{
  guint8 header[10];
  guint header_length = call_frame_header (type, length, header);

  call_connection_queue (self, header, header_length, data, length);
}

void
call_connection_send_text (CallConnection * self, const gchar * text,
    gsize length)
{
  if (is_open (self))
    send_frame (self, CALL_FRAME_TEXT, text, length);
}

/* Nothing is said after this; what is queued goes out first */
static void
begin_closing (CallConnection * self)
{
  if (self->phase == CALL_PHASE_DEAD)
    return;
  leave_member (self);
  call_frame_reader_clear (&self->reader);
  self->phase = CALL_PHASE_CLOSING;
  self->deadline = g_get_monotonic_time () + CLOSE_TIMEOUT;
  if (self->worker != NULL)
    call_worker_mark (self->worker, self);
}

void
call_connection_close (CallConnection * self, CallCloseCode code)
{
  guint8 payload[2] = { code >> 8, code & 0xff };

  if (is_open (self))
    send_frame (self, CALL_FRAME_CLOSE, payload,
        code == CALL_CLOSE_NO_STATUS ? 0 : 2);
  if (self->phase != CALL_PHASE_CLOSING)
    begin_closing (self);
}

void
call_connection_fail (CallConnection * self, CallCloseCode code,
    const gchar * error, const gchar * text, gint64 retry_after)
{
  g_autoptr (CallMessage) message = call_message_new (CALL_MESSAGE_ERROR);
  g_autofree gchar *json = NULL;

  if (self->member != NULL) {
    call_member_report (self->member, error, text);
    call_connection_close (self, code);
    return;
  }
  message->code = g_strdup (error);
  message->text = g_strdup (text);
  message->retry_after = retry_after;
  json = call_message_to_text (message);
  call_connection_send_text (self, json, strlen (json));
  call_connection_close (self, code);
}

/* On its worker, and nothing that was said before is still on its way there.
 * One delivers at a time, so that nobody posts meanwhile. */
static gboolean
may_act_now (CallConnection * self)
{
  return self->worker == NULL || (call_worker_is_current (self->worker)
      && g_atomic_int_get (&self->posted) == 0);
}

static void
on_deliver (gpointer user_data, const gchar * text, gsize length)
{
  CallConnection *self = user_data;

  if (may_act_now (self))
    call_connection_send_text (self, text, length);
  else
    call_worker_post_text (self->worker, self, text, length);
}

static void
on_closed (gpointer user_data, guint code)
{
  CallConnection *self = user_data;

  if (may_act_now (self))
    call_connection_close (self, code);
  else
    call_worker_post_close (self->worker, self, code);
}

static CallMember *
join (CallConnection * self, const CallMessage * hello, GError ** error)
{
  static const CallMemberFuncs funcs = { on_deliver, on_closed };
  gint64 now = g_get_monotonic_time () / G_USEC_PER_SEC;
  CallMember *member;
  GError *problem = NULL;

  member = call_rooms_join (self->host->rooms, self->room, hello,
      CALL_JOIN_DEFAULT, &funcs, call_connection_ref (self),
      (GDestroyNotify) call_connection_unref, &problem);
  if (g_error_matches (problem, CALL_ROOMS_ERROR,
          CALL_ROOMS_ERROR_TOKEN_REFUSED))
    call_addresses_add_refusal (self->host->addresses, &self->address, now);
  if (problem != NULL)
    g_propagate_error (error, problem);
  return member;
}

static CallCloseCode
close_code_for (const GError * error)
{
  if (g_error_matches (error, CALL_PROTOCOL_ERROR,
          CALL_PROTOCOL_ERROR_TOO_LARGE))
    return CALL_CLOSE_TOO_LARGE;
  if (g_error_matches (error, CALL_ROOMS_ERROR, CALL_ROOMS_ERROR_SERVER_FULL))
    return CALL_CLOSE_TRY_AGAIN;
  return CALL_CLOSE_POLICY;
}

static void
on_hello (CallConnection * self, const gchar * text, gsize length)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CallMessage) hello = call_message_parse (text, length, &error);
  gint64 wait;
  CallMember *member = NULL;

  if (hello != NULL && hello->token != NULL) {
    wait = call_addresses_get_wait (self->host->addresses, &self->address,
        g_get_monotonic_time () / G_USEC_PER_SEC);
    if (wait > 0) {
      call_connection_fail (self, CALL_CLOSE_TRY_AGAIN, "rate-limited",
          "Too many wrong tokens came from your address; wait a while", wait);
      return;
    }
  }
  if (hello != NULL) {
    /* the welcome is delivered before the call returns */
    self->phase = CALL_PHASE_OPEN;
    member = join (self, hello, &error);
  }
  if (member == NULL) {
    call_connection_fail (self, close_code_for (error),
        call_rooms_error_to_code (error), error->message, 0);
    return;
  }
  self->member = member;
  if (self->phase != CALL_PHASE_OPEN)
    leave_member (self);
}

static void
on_text (CallConnection * self, const gchar * text, gsize length)
{
  g_autoptr (CallMember) member = NULL;

  if (!g_utf8_validate (text, length, NULL)) {
    call_connection_close (self, CALL_CLOSE_NOT_UTF8);
    return;
  }
  if (self->phase == CALL_PHASE_HELLO) {
    on_hello (self, text, length);
    return;
  }
  member = call_member_ref (self->member);
  call_member_receive (member, text, length, NULL);
}

static void
on_close_frame (CallConnection * self, const guint8 * data, gsize length)
{
  guint code = CALL_CLOSE_NO_STATUS;

  if (length >= 2)
    code = data[0] << 8 | data[1];
  if (length == 1 || (length >= 2 && (code < 1000 || code > 4999
              || code == CALL_CLOSE_NO_STATUS)))
    code = CALL_CLOSE_PROTOCOL;
  call_connection_close (self, code);
}

static gboolean
has_units (CallConnection * self)
{
  const CallLimits *limits = &self->host->limits;
  gint64 now = g_get_monotonic_time ();
  gint64 more = (now - self->units_time) * limits->message_rate /
      (G_USEC_PER_SEC / UNIT);

  if (more > 0) {
    self->units_time = now;
    self->units = MIN (self->units + more,
        (gint64) limits->message_burst * UNIT);
  }
  return self->units > 0;
}

static gboolean
on_frame (CallFrameType type, const guint8 * data, gsize length,
    gpointer user_data)
{
  CallConnection *self = user_data;

  self->units -= UNIT + (gint64) length *UNIT / UNIT_BYTES;
  switch (type) {
    case CALL_FRAME_TEXT:
      on_text (self, (const gchar *) data, length);
      break;
    case CALL_FRAME_PING:
      send_frame (self, CALL_FRAME_PONG, data, length);
      break;
    case CALL_FRAME_CLOSE:
      on_close_frame (self, data, length);
      break;
    case CALL_FRAME_PONG:
    case CALL_FRAME_BINARY:
    case CALL_FRAME_CONTINUATION:
    default:
      break;
  }
  return is_open (self) && self->units > 0;
}

/* Returns how much was used; the rest is held if it is still open then */
static gsize
feed_frames (CallConnection * self, const guint8 * data, gsize length)
{
  CallCloseCode code;
  gsize used = 0;

  if (!has_units (self))
    return 0;
  code = call_frame_reader_feed (&self->reader, data, length, on_frame, self,
      &used);
  if (code == CALL_CLOSE_TOO_LARGE)
    call_connection_fail (self, code, "too-large",
        "A message has at most 65536 bytes", 0);
  else if (code != CALL_CLOSE_NONE)
    call_connection_close (self, code);
  return used;
}

static void
hold (CallConnection * self, const guint8 * data, gsize length)
{
  if (self->held == NULL)
    self->held = g_byte_array_new ();
  g_byte_array_append (self->held, data, length);
}

static void
respond (CallConnection * self, GBytes * response, gboolean keep_alive)
{
  gsize length;
  gconstpointer data = g_bytes_get_data (response, &length);

  call_connection_queue (self, NULL, 0, data, length);
  if (!keep_alive)
    begin_closing (self);
  /* for the next request, or to fetch this response over a slow line */
  self->deadline = g_get_monotonic_time () + self->host->limits.head_timeout;
}

void
call_connection_refuse (CallConnection * self, guint status, const gchar * text)
{
  g_autoptr (GBytes) response = call_pages_refuse (status, text, FALSE);

  respond (self, response, FALSE);
}

static void
upgrade (CallConnection * self, const CallRequest * request)
{
  g_autofree gchar *accept = NULL;

  /* whether the name is one is said after the hello: a page's script cannot
   * see why an upgrade was refused */
  if (!g_str_has_prefix (request->path, "/room/"))
    call_connection_refuse (self, 404, "A room is at /room/NAME.\n");
  else if (!request->right_version)
    call_connection_refuse (self, 426,
        "This server speaks version 13 of the WebSocket "
        "protocol (RFC 6455).\n");
  else if (!call_request_origin_is_allowed (request,
          (const gchar * const *) self->host->limits.allowed_origins))
    call_connection_refuse (self, 403,
        "Pages of other sites may not use this server.\n");
  else if (!call_http_has_token (request->protocols, CALL_SUBPROTOCOL))
    call_connection_refuse (self, 400,
        "Ask for the subprotocol " CALL_SUBPROTOCOL
        " (Sec-WebSocket-Protocol).\n");
  else if (!(accept = call_request_accept (request, CALL_SUBPROTOCOL)))
    call_connection_refuse (self, 400,
        "Sec-WebSocket-Key is not 16 bytes in base64.\n");
  else {
    self->room = g_strdup (request->path + strlen ("/room/"));
    call_connection_queue (self, NULL, 0, accept, strlen (accept));
    self->phase = CALL_PHASE_UPGRADED;
    self->deadline = g_get_monotonic_time () + self->host->limits.hello_timeout;
  }
}

static void
on_request (CallConnection * self, const gchar * head, gsize length)
{
  guint status;
  g_autoptr (CallRequest) request = call_request_parse (head, length, &status);
  g_autoptr (GBytes) response = NULL;

  if (request == NULL) {
    call_connection_refuse (self, status,
        status ==
        405 ? "Only GET is served.\n" : "This request is not understood.\n");
  } else if (request->upgrade) {
    upgrade (self, request);
  } else {
    response = call_pages_respond (request);
    respond (self, response, request->keep_alive);
  }
}

static gsize
feed_head (CallConnection * self, const guint8 * data, gsize length)
{
  g_autoptr (GByteArray) head = NULL;
  gsize size, end;

  if (self->head == NULL)
    self->head = g_byte_array_new ();
  size = MIN (length, CALL_MAX_HEAD - self->head->len);
  g_byte_array_append (self->head, data, size);
  /* TLS to a port without: its end comes sooner than what it waits for */
  if (self->head->data[0] == TLS_HANDSHAKE) {
    call_connection_kill (self);
    return size;
  }
  end = call_head_end ((const gchar *) self->head->data, self->head->len);
  if (end == 0) {
    if (self->head->len >= CALL_MAX_HEAD)
      call_connection_refuse (self, 431,
          "The head of a request has at most 8192 bytes.\n");
    return size;
  }
  head = g_steal_pointer (&self->head);
  on_request (self, (const gchar *) head->data, end);
  return size - (head->len - end);
}

void
call_connection_feed (CallConnection * self, const guint8 * data, gsize length)
{
  gsize used;

  while (length > 0 && self->phase != CALL_PHASE_DEAD) {
    used = length;
    if (self->phase == CALL_PHASE_HEAD) {
      used = feed_head (self, data, length);
    } else if (self->phase == CALL_PHASE_UPGRADED) {
      hold (self, data, length);
    } else if (is_open (self)) {
      used = feed_frames (self, data, length);
      if (used < length && is_open (self)) {
        hold (self, data + used, length - used);
        used = length;
      }
    }
    data += used;
    length -= used;
  }
}

/* What was held back, as far as the message rate allows */
static void
feed_held (CallConnection * self)
{
  g_autoptr (GByteArray) held = g_steal_pointer (&self->held);

  if (held != NULL) {
    self->heard = g_get_monotonic_time ();
    call_connection_feed (self, held->data, held->len);
  }
  if (self->worker != NULL)
    call_worker_mark (self->worker, self);
}

void
call_connection_enter (CallConnection * self)
{
  self->phase = CALL_PHASE_HELLO;
  feed_held (self);
}

static void
on_deadline (CallConnection * self)
{
  if (self->phase == CALL_PHASE_HELLO || self->phase == CALL_PHASE_UPGRADED)
    call_connection_fail (self, CALL_CLOSE_POLICY, "hello-timeout",
        "No hello came in time", 0);
  else if (self->phase == CALL_PHASE_HEAD && self->head != NULL)
    call_connection_refuse (self, 408, "No whole request came in time.\n");
  else
    call_connection_kill (self);
}

void
call_connection_tick (CallConnection * self, gint64 now)
{
  gint64 pong_timeout = self->host->limits.pong_timeout;

  if (self->held != NULL && is_open (self))
    feed_held (self);
  if (self->phase == CALL_PHASE_DEAD)
    return;
  if (self->phase != CALL_PHASE_OPEN) {
    if (now >= self->deadline)
      on_deadline (self);
  } else if (now - self->heard > pong_timeout) {
    call_connection_close (self, CALL_CLOSE_NO_PONG);
  } else if (now - self->pinged > pong_timeout / 3) {
    self->pinged = now;
    send_frame (self, CALL_FRAME_PING, NULL, 0);
  }
}
