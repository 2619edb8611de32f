/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: the worker; there is no lock.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallstun.h"

#include <stun/stunagent.h>
#include <stun/usages/bind.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);
#define GST_CAT_DEFAULT gst_call_bin_debug

#define TICK_MS 100
/* Sent again at these ticks */
#define AGAIN_FIRST 2
#define AGAIN_LAST 6
#define SILENT_TICKS (GST_CALL_STUN_SILENT_MS / TICK_MS)
/* Answers read at once before others have their turn */
#define MAX_READS 64

typedef struct
{
  guint tag;
  GSocketAddress *to;
  StunAgent agent;
  guint8 request[STUN_MAX_MESSAGE_SIZE];
  gsize length;
  gint64 sent;
  guint ticks;
} Question;

struct _GstCallStun
{
  GstCallWorker *worker;
  GstCallStunFunc func;
  gpointer data;

  GSocket *sockets[2];          /* IPv4, IPv6; NULL: not needed yet */
  GSource *sources[2];
  GPtrArray *questions;         /* (element-type Question): not answered */
  GSource *tick;
};

static void
question_free (gpointer data)
{
  Question *question = data;

  g_object_unref (question->to);
  g_free (question);
}

static guint
find (GstCallStun * self, guint tag)
{
  guint i;

  for (i = 0; i < self->questions->len; i++) {
    if (((Question *) g_ptr_array_index (self->questions, i))->tag == tag)
      break;
  }
  return i;
}

/* The last thing that is done with that question */
static void
answer (GstCallStun * self, guint index, gint64 time)
{
  guint tag = ((Question *) g_ptr_array_index (self->questions, index))->tag;

  g_ptr_array_remove_index (self->questions, index);
  self->func (self->data, tag, time);
}

static void
take (GstCallStun * self, const guint8 * data, gsize length,
    GSocketAddress * from)
{
  guint i;

  for (i = 0; i < self->questions->len; i++) {
    Question *question = g_ptr_array_index (self->questions, i);
    struct sockaddr_storage mapped, other;
    socklen_t mapped_length = sizeof mapped, other_length = sizeof other;
    StunMessage message;

    if (stun_agent_validate (&question->agent, &message, data, length, NULL,
            NULL) != STUN_VALIDATION_SUCCESS)
      continue;
    if (stun_usage_bind_process (&message, (struct sockaddr *) &mapped,
            &mapped_length, (struct sockaddr *) &other, &other_length) ==
        STUN_USAGE_BIND_RETURN_SUCCESS)
      answer (self, i, g_get_monotonic_time () - question->sent);
    return;
  }
}

static gboolean
on_readable (GSocket * socket, GIOCondition condition, gpointer data)
{
  GstCallStun *self = data;
  guint i;

  for (i = 0; i < MAX_READS; i++) {
    g_autoptr (GSocketAddress) from = NULL;
    g_autoptr (GError) error = NULL;
    guint8 buffer[STUN_MAX_MESSAGE_SIZE];
    gssize length = g_socket_receive_from (socket, &from, (gchar *) buffer,
        sizeof buffer, NULL, &error);

    if (length > 0)
      take (self, buffer, length, from);
    else if (length < 0
        && g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
      break;
  }
  return G_SOURCE_CONTINUE;
}

static GSocket *
get_socket (GstCallStun * self, GSocketFamily family)
{
  guint i = family == G_SOCKET_FAMILY_IPV6;
  g_autoptr (GError) error = NULL;

  if (self->sockets[i])
    return self->sockets[i];
  self->sockets[i] = g_socket_new (family, G_SOCKET_TYPE_DATAGRAM,
      G_SOCKET_PROTOCOL_UDP, &error);
  if (!self->sockets[i]) {
    GST_DEBUG ("no socket: %s", error->message);
    return NULL;
  }
  g_socket_set_blocking (self->sockets[i], FALSE);
  self->sources[i] = g_socket_create_source (self->sockets[i], G_IO_IN, NULL);
  g_source_set_callback (self->sources[i], G_SOURCE_FUNC (on_readable), self,
      NULL);
  g_source_attach (self->sources[i], g_main_context_get_thread_default ());
  return self->sockets[i];
}

/* What cannot be sent (no route, no IPv6) gets no answer either. */
static void
send_question (GstCallStun * self, Question * question)
{
  GSocket *socket = get_socket (self,
      g_socket_address_get_family (question->to));
  g_autoptr (GError) error = NULL;

  if (socket && g_socket_send_to (socket, question->to,
          (gchar *) question->request, question->length, NULL, &error) < 0)
    GST_DEBUG ("not sent: %s", error->message);
}

static gboolean
on_tick (gpointer data)
{
  GstCallStun *self = data;
  guint i = 0;

  while (i < self->questions->len) {
    Question *question = g_ptr_array_index (self->questions, i);

    question->ticks++;
    if (question->ticks == AGAIN_FIRST || question->ticks == AGAIN_LAST)
      send_question (self, question);
    if (question->ticks >= SILENT_TICKS)
      answer (self, i, -1);
    else
      i++;
  }
  if (self->questions->len > 0)
    return G_SOURCE_CONTINUE;
  gst_call_worker_clear_timer (&self->tick);
  return G_SOURCE_REMOVE;
}

void
gst_call_stun_ask (GstCallStun * self, guint tag, GSocketAddress * to)
{
  guint old = find (self, tag);
  Question *question = g_new0 (Question, 1);
  StunMessage message;

  if (old < self->questions->len)
    g_ptr_array_remove_index (self->questions, old);
  question->tag = tag;
  question->to = g_object_ref (to);
  stun_agent_init (&question->agent, STUN_ALL_KNOWN_ATTRIBUTES,
      STUN_COMPATIBILITY_RFC5389, 0);
  question->length = stun_usage_bind_create (&question->agent, &message,
      question->request, sizeof question->request);
  question->sent = g_get_monotonic_time ();
  g_ptr_array_add (self->questions, question);
  send_question (self, question);
  if (!self->tick)
    self->tick = gst_call_worker_add_timer (self->worker, TICK_MS, on_tick,
        self);
}

GstCallStun *
gst_call_stun_new (GstCallWorker * worker, GstCallStunFunc func, gpointer data)
{
  GstCallStun *self = g_new0 (GstCallStun, 1);

  self->worker = worker;
  self->func = func;
  self->data = data;
  self->questions = g_ptr_array_new_with_free_func (question_free);
  return self;
}

void
gst_call_stun_free (GstCallStun * self)
{
  guint i;

  gst_call_worker_clear_timer (&self->tick);
  for (i = 0; i < G_N_ELEMENTS (self->sockets); i++) {
    if (self->sources[i])
      g_source_destroy (self->sources[i]);
    g_clear_pointer (&self->sources[i], g_source_unref);
    g_clear_object (&self->sockets[i]);
  }
  g_ptr_array_unref (self->questions);
  g_free (self);
}
