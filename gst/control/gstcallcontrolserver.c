/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */

/*
 * Threads
 *
 *   name     runs                                    may take  never
 *   -------  --------------------------------------  --------  ---------------
 *   worker   the socket, connections, what they say  tasks     calls an element
 *   request  what may be held up by an element, at   tasks     touches a socket
 *            most MAX_CLIENTS at a time
 *   app      new, stop                               tasks     -
 *
 * Locks, in the order they may be taken
 *
 *   1 tasks  protects: pool, n_tasks
 *
 * Since the worker calls no element, stop can join it at any time. It waits for
 * requests, too, so that nothing of ours runs on in a pipeline that is gone, but
 * only STOP_MS: one that an element holds up must not hold up the pipeline.
 */
#define _GNU_SOURCE             /* struct ucred */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-control-path.h"
#include "gstcallcontrolclient.h"
#include "gstcallcontrolrequest.h"
#include "gstcallcontrolvalue.h"

#include <glib/gstdio.h>
#include <sys/socket.h>
#include <unistd.h>

GST_DEBUG_CATEGORY_EXTERN (gst_call_control_debug);
#define GST_CAT_DEFAULT gst_call_control_debug

#define PROTOCOL_VERSION 1
#define STOP_MS 500
#define MAX_NUMBER 16           /* sockets of one name and process */

struct _GstCallControlServer
{
  GObject parent;

  /* set once in _new */
  GWeakRef inside;
  gchar *name;                  /* of the socket */
  gchar *own_path;              /* or, asked for, its path */
  gchar *pipeline;
  GstCallControlReady ready;
  GstCallWorker *worker;

  /* worker */
  GSocket *socket;
  GSource *incoming;
  gchar *path;
  GPtrArray *clients;

  /* tasks lock */
  GMutex lock;
  GCond cond;
  GThreadPool *pool;            /* NULL: stopped */
  guint n_tasks;
};

typedef struct
{
  GstCallControlServer *server;
  GstCallWorkerFunc func;
  gpointer object;
  gpointer data;
  GDestroyNotify destroy;
} Task;

G_DEFINE_FINAL_TYPE (GstCallControlServer, gst_call_control_server,
    G_TYPE_OBJECT);

/* --- tasks --- */

static void
task_free (gpointer data)
{
  Task *task = data;

  task->destroy (task->data);
  g_object_unref (task->object);
  g_mutex_lock (&task->server->lock);
  task->server->n_tasks--;
  g_cond_broadcast (&task->server->cond);
  g_mutex_unlock (&task->server->lock);
  g_object_unref (task->server);
  g_free (task);
}

static void
run_task (gpointer data, gpointer unused)
{
  Task *task = data;
  gboolean stopped;

  g_mutex_lock (&task->server->lock);
  stopped = task->server->pool == NULL;
  g_mutex_unlock (&task->server->lock);
  if (!stopped)
    task->func (task->object, task->data);
  task_free (task);
}

void
gst_call_control_server_push (GstCallControlServer * self,
    GstCallWorkerFunc func, gpointer object, gpointer data,
    GDestroyNotify destroy)
{
  Task *task = g_new0 (Task, 1);
  gboolean stopped;

  task->server = g_object_ref (self);
  task->func = func;
  task->object = g_object_ref (object);
  task->data = data;
  task->destroy = destroy;
  g_mutex_lock (&self->lock);
  self->n_tasks++;
  stopped = self->pool == NULL;
  if (!stopped)
    g_thread_pool_push (self->pool, task, NULL);
  g_mutex_unlock (&self->lock);
  if (stopped)
    task_free (task);
}

/* --- connections --- */

GstCallWorker *
gst_call_control_server_get_worker (GstCallControlServer * self)
{
  return self->worker;
}

GstElement *
gst_call_control_server_get_inside (GstCallControlServer * self)
{
  return g_weak_ref_get (&self->inside);
}

void
gst_call_control_server_forget (GstCallControlServer * self, gpointer client)
{
  g_ptr_array_remove_fast (self->clients, client);
}

static gchar *
make_hello (GstCallControlServer * self)
{
  g_autoptr (JsonObject) object = json_object_new ();

  json_object_set_string_member (object, "event", "hello");
  json_object_set_int_member (object, "protocol", PROTOCOL_VERSION);
  json_object_set_member (object, "pipeline",
      gst_call_control_string_to_json (self->pipeline));
  json_object_set_int_member (object, "pid", getpid ());
  json_object_set_member (object, "program",
      gst_call_control_string_to_json (g_get_prgname ()));
  return gst_call_control_to_line (object);
}

/* NULL: it may come in */
static gchar *
check_client (GstCallControlServer * self, GSocket * socket)
{
  struct ucred credentials;
  socklen_t length = sizeof credentials;

  if (getsockopt (g_socket_get_fd (socket), SOL_SOCKET, SO_PEERCRED,
          &credentials, &length) < 0
      || (credentials.uid != geteuid () && credentials.uid != 0))
    return gst_call_control_error_line ("not-allowed",
        "this pipeline is another user's");
  if (self->clients->len >= GST_CALL_CONTROL_MAX_CLIENTS)
    return gst_call_control_error_line ("too-many-clients",
        "16 clients are connected already");
  return NULL;
}

static gboolean
on_incoming (GSocket * listener, GIOCondition condition, gpointer data)
{
  GstCallControlServer *self = data;
  g_autoptr (GSocket) socket = g_socket_accept (listener, NULL, NULL);
  g_autoptr (GstCallControlClient) client = NULL;
  g_autofree gchar *refusal = NULL;
  g_autofree gchar *hello = NULL;

  if (!socket)
    return G_SOURCE_CONTINUE;
  g_socket_set_blocking (socket, FALSE);
  refusal = check_client (self, socket);
  if (refusal) {
    GST_INFO ("refused a client: %s", refusal);
    g_socket_send (socket, refusal, strlen (refusal), NULL, NULL);
    g_socket_close (socket, NULL);
    return G_SOURCE_CONTINUE;
  }
  client = gst_call_control_client_new (self, socket);
  g_ptr_array_add (self->clients, g_object_ref (client));
  hello = make_hello (self);
  gst_call_control_client_start (client, hello);
  return G_SOURCE_CONTINUE;
}

/* --- the socket --- */

/* A descriptor that listens, and where: the first name that is free */
static gint
open_named (GstCallControlServer * self, GError ** error)
{
  g_autofree gchar *directory = call_control_directory ();
  guint number;
  gint fd = -1;

  if (!call_control_make_directory (directory, error))
    return -1;
  /* those of the dead go */
  g_ptr_array_unref (call_control_list (directory));
  for (number = 1; fd < 0 && number <= MAX_NUMBER; number++) {
    g_clear_error (error);
    g_free (self->path);
    self->path = call_control_socket_path (directory, self->name, number);
    fd = call_control_listen (self->path, error);
    if (fd < 0 && !g_error_matches (*error, G_IO_ERROR, G_IO_ERROR_EXISTS))
      break;
  }
  return fd;
}

static gint
open_path (GstCallControlServer * self, GError ** error)
{
  self->path = g_strdup (self->own_path);
  return call_control_listen (self->path, error);
}

/* worker */
static void
start (gpointer object, gpointer data)
{
  GstCallControlServer *self = object;
  g_autoptr (GstElement) inside = g_weak_ref_get (&self->inside);
  g_autoptr (GError) error = NULL;
  gint fd = self->own_path ? open_path (self, &error) :
      open_named (self, &error);

  if (fd >= 0) {
    self->socket = g_socket_new_from_fd (fd, &error);
    if (!self->socket)
      close (fd);
  }
  if (self->socket) {
    g_socket_set_blocking (self->socket, FALSE);
    self->incoming = g_socket_create_source (self->socket, G_IO_IN, NULL);
    g_source_set_callback (self->incoming, G_SOURCE_FUNC (on_incoming), self,
        NULL);
    g_source_attach (self->incoming, g_main_context_get_thread_default ());
    GST_INFO ("listening at %s", self->path);
  } else {
    g_clear_pointer (&self->path, g_free);
  }
  if (inside)
    self->ready (inside, self->path, error);
}

/* worker */
static void
shut (gpointer object, gpointer data)
{
  GstCallControlServer *self = object;

  if (self->path)
    g_unlink (self->path);
  if (self->incoming)
    g_source_destroy (self->incoming);
  g_clear_pointer (&self->incoming, g_source_unref);
  if (self->socket)
    g_socket_close (self->socket, NULL);
  while (self->clients->len > 0)
    gst_call_control_client_close (g_ptr_array_index (self->clients, 0));
}

GstCallControlServer *
gst_call_control_server_new (GstElement * inside, const gchar * name,
    GstCallControlReady ready)
{
  GstCallControlServer *self =
      g_object_new (GST_TYPE_CALL_CONTROL_SERVER, NULL);
  g_autoptr (GstElement) top = gst_call_control_get_top (inside);

  g_weak_ref_init (&self->inside, inside);
  self->pipeline = gst_object_get_name (GST_OBJECT (top));
  self->name = g_strdup (name && *name ? name : self->pipeline);
  self->own_path = name && strchr (name, '/') ? g_strdup (name) : NULL;
  self->ready = ready;
  self->worker = gst_call_worker_new ("callcontrol");
  gst_call_worker_post (self->worker, start, self, NULL, NULL);
  return self;
}

void
gst_call_control_server_stop (GstCallControlServer * self)
{
  gint64 end = g_get_monotonic_time () + STOP_MS * G_TIME_SPAN_MILLISECOND;
  GThreadPool *pool;

  gst_call_worker_post (self->worker, shut, self, NULL, NULL);
  gst_call_worker_stop (self->worker);
  g_mutex_lock (&self->lock);
  pool = g_steal_pointer (&self->pool);
  g_mutex_unlock (&self->lock);
  /* What has not begun is not done any more, by run_task: GLib 2.74, told to
   * drop it, calls the function that frees it with pointers of its own. */
  g_thread_pool_free (pool, FALSE, FALSE);
  g_mutex_lock (&self->lock);
  while (self->n_tasks > 0
      && g_cond_wait_until (&self->cond, &self->lock, end));
  if (self->n_tasks > 0)
    GST_WARNING ("an element has not answered a request yet");
  g_mutex_unlock (&self->lock);
}

static void
gst_call_control_server_finalize (GObject * object)
{
  GstCallControlServer *self = GST_CALL_CONTROL_SERVER (object);

  gst_call_worker_unref (self->worker);
  g_weak_ref_clear (&self->inside);
  g_ptr_array_unref (self->clients);
  g_clear_object (&self->socket);
  g_free (self->path);
  g_free (self->name);
  g_free (self->own_path);
  g_free (self->pipeline);
  g_mutex_clear (&self->lock);
  g_cond_clear (&self->cond);
  G_OBJECT_CLASS (gst_call_control_server_parent_class)->finalize (object);
}

static void
gst_call_control_server_class_init (GstCallControlServerClass * klass)
{
  G_OBJECT_CLASS (klass)->finalize = gst_call_control_server_finalize;
}

static void
gst_call_control_server_init (GstCallControlServer * self)
{
  g_mutex_init (&self->lock);
  g_cond_init (&self->cond);
  self->clients = g_ptr_array_new_with_free_func (g_object_unref);
  self->pool = g_thread_pool_new (run_task, NULL,
      GST_CALL_CONTROL_MAX_CLIENTS, FALSE, NULL);
}
