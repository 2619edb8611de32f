/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name     runs                                  may take  never
 *   -------  ------------------------------------  --------  ------------------
 *   worker   everything but the two below          -         calls an element
 *   request  run_request: one at a time a client   -         touches the socket
 *   any      begin_event, end_event                -         -
 *
 * Locks, in the order they may be taken: none. What threads share is atomic.
 *
 * Memory of a client: one line and one chunk in; one answer, and events up to
 * MAX_QUEUE bytes, out. While an answer waits no further request is read.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallcontrolclient.h"
#include "gstcallcontrolrequest.h"
#include "gstcallcontrolwatch.h"

#include <string.h>

#define CHUNK 16384
#define MAX_WAITING 65536       /* bytes out before another request is read */
#define MAX_EVENTS 1024         /* on their way to the worker */

struct _GstCallControlClient
{
  GObject parent;

  /* set once in _new */
  GstCallControlServer *server;
  GSocket *socket;

  /* worker */
  GSource *in, *out;            /* NULL: not wanted now */
  GSource *stall;
  GByteArray *input;
  GString *output;
  gsize sent;                   /* of output */
  gsize answer;                 /* of what is not sent, about so much is one */
  gboolean busy;                /* a request is being worked on */
  gboolean ended;               /* it sends no more */
  gboolean closed;
  GPtrArray *watches;

  /* atomic */
  gint n_events;
  gint n_lost;
};

G_DEFINE_FINAL_TYPE (GstCallControlClient, gst_call_control_client,
    G_TYPE_OBJECT);

typedef struct
{
  GBytes *line;
  guint number;
  gchar *answer;
  GstCallControlWanted wanted;
} Task;

static void
task_free (gpointer data)
{
  Task *task = data;

  g_bytes_unref (task->line);
  g_free (task->answer);
  gst_call_control_wanted_clear (&task->wanted);
  g_free (task);
}

static void
clear_source (GSource ** source)
{
  if (*source)
    g_source_destroy (*source);
  g_clear_pointer (source, g_source_unref);
}

void
gst_call_control_client_close (GstCallControlClient * self)
{
  if (self->closed)
    return;
  self->closed = TRUE;
  clear_source (&self->in);
  clear_source (&self->out);
  gst_call_worker_clear_timer (&self->stall);
  g_ptr_array_set_size (self->watches, 0);
  g_socket_close (self->socket, NULL);
  gst_call_control_server_forget (self->server, self);
}

/* --- out --- */

static gboolean
on_stall (gpointer data)
{
  gst_call_control_client_close (data);
  return G_SOURCE_REMOVE;
}

static gsize
get_waiting (GstCallControlClient * self)
{
  return self->output->len - self->sent;
}

/* FALSE: the socket is full, or broken, and then closed */
static gboolean
write_some (GstCallControlClient * self)
{
  g_autoptr (GError) error = NULL;
  gssize n = g_socket_send (self->socket, self->output->str + self->sent,
      get_waiting (self), NULL, &error);

  if (n > 0) {
    self->sent += n;
    self->answer -= MIN (self->answer, (gsize) n);
    gst_call_worker_clear_timer (&self->stall);
    return TRUE;
  }
  if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    gst_call_control_client_close (self);
  else if (!self->stall)
    self->stall =
        gst_call_worker_add_timer (gst_call_control_server_get_worker
        (self->server), GST_CALL_CONTROL_MAX_STALL * 1000, on_stall, self);
  return FALSE;
}

static void
flush (GstCallControlClient * self)
{
  while (!self->closed && get_waiting (self) > 0 && write_some (self));
  if (self->sent < self->output->len / 2)
    return;
  g_string_erase (self->output, 0, self->sent);
  self->sent = 0;
}

/* cycle: what was written lets the next request be read, which is answered */
static void update (GstCallControlClient * self);

static gboolean
on_writable (GSocket * socket, GIOCondition condition, gpointer data)
{
  g_autoptr (GstCallControlClient) self = g_object_ref (data);

  flush (self);
  update (self);
  return G_SOURCE_CONTINUE;
}

static void
tell_lost (GstCallControlClient * self)
{
  gint lost = g_atomic_int_and (&self->n_lost, 0);

  if (lost > 0)
    g_string_append_printf (self->output, "{\"event\":\"lost\",\"count\":%d}\n",
        lost);
}

void
gst_call_control_client_send (GstCallControlClient * self, const gchar * line)
{
  g_autoptr (GstCallControlClient) keep = g_object_ref (self);

  if (self->closed)
    return;
  if (get_waiting (self) + strlen (line) >
      self->answer + GST_CALL_CONTROL_MAX_QUEUE) {
    gst_call_control_client_close (self);
    return;
  }
  tell_lost (self);
  g_string_append (self->output, line);
  flush (self);
  update (self);
}

gboolean
gst_call_control_client_begin_event (GstCallControlClient * self)
{
  if (g_atomic_int_add (&self->n_events, 1) < MAX_EVENTS)
    return TRUE;
  g_atomic_int_add (&self->n_events, -1);
  g_atomic_int_inc (&self->n_lost);
  return FALSE;
}

void
gst_call_control_client_end_event (GstCallControlClient * self)
{
  g_atomic_int_add (&self->n_events, -1);
}

/* --- requests --- */

/* worker */
static void
on_answer (gpointer object, gpointer data)
{
  GstCallControlClient *self = object;
  Task *task = data;

  self->busy = FALSE;
  if (self->closed)
    return;
  if (task->wanted.element)
    g_ptr_array_add (self->watches, gst_call_control_watch_new (self,
            task->number, task->wanted.element, task->wanted.property));
  g_string_append (self->output, task->answer);
  self->answer = strlen (task->answer);
  flush (self);
  update (self);
}

/* request */
static void
run_request (gpointer object, gpointer data)
{
  GstCallControlClient *self = object;
  g_autoptr (GstElement) inside =
      gst_call_control_server_get_inside (self->server);
  Task *task = data, *done;
  const gchar *line;
  gsize length;

  if (!inside)
    return;
  done = g_new0 (Task, 1);
  done->line = g_bytes_ref (task->line);
  done->number = task->number;
  line = g_bytes_get_data (task->line, &length);
  done->answer = gst_call_control_request_run (inside, line, length,
      task->number, &done->wanted);
  gst_call_worker_post (gst_call_control_server_get_worker (self->server),
      on_answer, self, done, task_free);
}

static void
start_request (GstCallControlClient * self, gsize length)
{
  Task *task = g_new0 (Task, 1);

  task->line = g_bytes_new (self->input->data, length);
  task->number = self->watches->len < GST_CALL_CONTROL_MAX_WATCHES ?
      self->watches->len + 1 : 0;
  self->busy = TRUE;
  gst_call_control_server_push (self->server, run_request, self, task,
      task_free);
}

/* An error that ends the connection: what follows cannot be understood. */
static void
refuse (GstCallControlClient * self, const gchar * code, const gchar * text)
{
  g_autofree gchar *line = gst_call_control_error_line (code, text);

  g_string_append (self->output, line);
  flush (self);
  gst_call_control_client_close (self);
}

/* Starts the next request, if a whole one is there. */
static void
next_request (GstCallControlClient * self)
{
  while (!self->closed && !self->busy && get_waiting (self) < MAX_WAITING) {
    guint8 *end = self->input->len ? memchr (self->input->data, '\n',
        self->input->len) : NULL;
    gsize length = end ? (gsize) (end - self->input->data) : self->input->len;

    if (length > GST_CALL_CONTROL_MAX_LINE) {
      refuse (self, "too-long", "a request has at most 65536 bytes");
      return;
    }
    if (!end)
      return;
    if (length > 0)
      start_request (self, length);
    g_byte_array_remove_range (self->input, 0, length + 1);
  }
}

/* --- in --- */

static gboolean
on_readable (GSocket * socket, GIOCondition condition, gpointer data)
{
  g_autoptr (GstCallControlClient) self = g_object_ref (data);
  g_autoptr (GError) error = NULL;
  gchar chunk[CHUNK];
  gssize n = g_socket_receive (socket, chunk, sizeof chunk, NULL, &error);

  if (n > 0)
    g_byte_array_append (self->input, (guint8 *) chunk, n);
  else if (n == 0)
    self->ended = TRUE;
  else if (!g_error_matches (error, G_IO_ERROR, G_IO_ERROR_WOULD_BLOCK))
    gst_call_control_client_close (self);
  update (self);
  return G_SOURCE_CONTINUE;
}

static void
want (GstCallControlClient * self, GSource ** source, gboolean wanted,
    GIOCondition condition, GSocketSourceFunc func)
{
  if (!wanted) {
    clear_source (source);
  } else if (!*source) {
    *source = g_socket_create_source (self->socket, condition, NULL);
    g_source_set_callback (*source, G_SOURCE_FUNC (func), self, NULL);
    g_source_attach (*source, g_main_context_get_thread_default ());
  }
}

/* What is to be done next, and what is waited for */
static void
update (GstCallControlClient * self)
{
  gboolean idle;

  next_request (self);
  if (self->closed)
    return;
  idle = !self->busy && get_waiting (self) < MAX_WAITING;
  /* who asks and then closes its end is answered */
  if (self->ended && !self->busy && get_waiting (self) == 0) {
    gst_call_control_client_close (self);
    return;
  }
  want (self, &self->in, idle && !self->ended, G_IO_IN, on_readable);
  want (self, &self->out, get_waiting (self) > 0, G_IO_OUT, on_writable);
}

/* --- object --- */

GstCallControlServer *
gst_call_control_client_get_server (GstCallControlClient * self)
{
  return self->server;
}

GstCallControlClient *
gst_call_control_client_new (GstCallControlServer * server, GSocket * socket)
{
  GstCallControlClient *self =
      g_object_new (GST_TYPE_CALL_CONTROL_CLIENT, NULL);

  self->server = g_object_ref (server);
  self->socket = g_object_ref (socket);
  return self;
}

void
gst_call_control_client_start (GstCallControlClient * self, const gchar * hello)
{
  g_string_append (self->output, hello);
  flush (self);
  update (self);
}

static void
gst_call_control_client_finalize (GObject * object)
{
  GstCallControlClient *self = GST_CALL_CONTROL_CLIENT (object);

  g_ptr_array_unref (self->watches);
  g_byte_array_unref (self->input);
  g_string_free (self->output, TRUE);
  g_object_unref (self->socket);
  g_object_unref (self->server);
  G_OBJECT_CLASS (gst_call_control_client_parent_class)->finalize (object);
}

static void
gst_call_control_client_class_init (GstCallControlClientClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_call_control_client_finalize;
}

static void
gst_call_control_client_init (GstCallControlClient * self)
{
  self->input = g_byte_array_new ();
  self->output = g_string_new (NULL);
  self->watches = g_ptr_array_new_with_free_func ((GDestroyNotify)
      gst_call_control_watch_free);
}
