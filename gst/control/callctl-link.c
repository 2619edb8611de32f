/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-control-path.h"
#include "call-json.h"
#include "callctl-link.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define MAX_LINE (16 << 20)
#define CHUNK 65536
#define POLL_MS 50
#define MAX_EVENTS 1000         /* kept */

struct _CallctlLink
{
  gchar *path;
  gchar *name;
  gint fd;
  guint timeout;
  GByteArray *input;
  JsonObject *hello;
  gchar *code;                  /* of the last refusal */
  GQueue events;                /* that came before an answer */
};

/* *INDENT-OFF* */
G_DEFINE_QUARK (callctl-error-quark, callctl_error);
/* *INDENT-ON* */

void
callctl_link_free (CallctlLink * link)
{
  if (link->fd >= 0)
    close (link->fd);
  g_clear_pointer (&link->hello, json_object_unref);
  g_queue_clear_full (&link->events, (GDestroyNotify) json_object_unref);
  g_byte_array_unref (link->input);
  g_free (link->path);
  g_free (link->name);
  g_free (link->code);
  g_free (link);
}

const gchar *
callctl_link_get_name (CallctlLink * link)
{
  return link->name;
}

JsonObject *
callctl_link_get_hello (CallctlLink * link)
{
  return link->hello;
}

gboolean
callctl_link_was (CallctlLink * link, const gchar * code)
{
  return g_strcmp0 (link->code, code) == 0;
}

/* 0 is for ever */
static void
set_timeout (CallctlLink * link, guint ms)
{
  const struct timeval limit = { ms / 1000, ms % 1000 * 1000 };

  setsockopt (link->fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  setsockopt (link->fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof limit);
}

/* FALSE: nothing came */
static gboolean
read_some (CallctlLink * link, GError ** error)
{
  guint8 chunk[CHUNK];
  gssize n;

  do {
    n = recv (link->fd, chunk, sizeof chunk, 0);
  } while (n < 0 && errno == EINTR);
  if (n > 0 && link->input->len < MAX_LINE) {
    g_byte_array_append (link->input, chunk, n);
    return TRUE;
  }
  if (n < 0 && errno == EAGAIN)
    g_set_error (error, CALLCTL_ERROR, CALLCTL_ERROR_TIMEOUT,
        "%s has not answered within %u s; give it longer with --timeout",
        link->name, link->timeout);
  else
    g_set_error (error, CALLCTL_ERROR, CALLCTL_ERROR_LOST,
        "%s has ended the connection", link->name);
  return FALSE;
}

/* (transfer full) */
static JsonObject *
read_object (CallctlLink * link, GError ** error)
{
  g_autoptr (JsonParser) parser = json_parser_new ();
  gsize searched = 0, length;
  guint8 *end;
  gboolean ok;

  while (!(end = link->input->len > searched ?
          memchr (link->input->data + searched, '\n',
              link->input->len - searched) : NULL)) {
    searched = link->input->len;
    if (!read_some (link, error))
      return NULL;
  }
  length = end - link->input->data;
  ok = call_json_check ((gchar *) link->input->data, length, MAX_LINE,
      CALL_JSON_MAX_DEPTH) == CALL_JSON_OK
      && json_parser_load_from_data (parser, (gchar *) link->input->data,
      length, NULL)
      && JSON_NODE_HOLDS_OBJECT (json_parser_get_root (parser));
  g_byte_array_remove_range (link->input, 0, length + 1);
  if (ok)
    return json_object_ref (json_node_get_object (json_parser_get_root
            (parser)));
  g_set_error (error, CALLCTL_ERROR, CALLCTL_ERROR_LOST,
      "what answers at %s is no callcontrol", link->path);
  return NULL;
}

static gboolean
send_object (CallctlLink * link, JsonObject * object, GError ** error)
{
  g_autoptr (JsonNode) node = json_node_alloc ();
  g_autofree gchar *text = NULL;
  g_autofree gchar *line = NULL;
  gsize length, sent = 0;

  json_node_init_object (node, object);
  text = json_to_string (node, FALSE);
  line = g_strconcat (text, "\n", NULL);
  length = strlen (line);
  while (sent < length) {
    gssize n = send (link->fd, line + sent, length - sent, MSG_NOSIGNAL);

    if (n > 0) {
      sent += n;
    } else if (n == 0 || errno != EINTR) {
      g_set_error (error, CALLCTL_ERROR, CALLCTL_ERROR_LOST,
          "%s does not listen: %s", link->name, g_strerror (errno));
      return FALSE;
    }
  }
  return TRUE;
}

/* TRUE: the answer is no error */
static gboolean
check_answer (CallctlLink * link, JsonObject * answer, GError ** error)
{
  JsonObject *problem;

  g_clear_pointer (&link->code, g_free);
  if (!json_object_has_member (answer, "error"))
    return TRUE;
  problem = json_object_get_object_member (answer, "error");
  link->code = g_strdup (json_object_get_string_member_with_default (problem,
          "code", ""));
  g_set_error_literal (error, CALLCTL_ERROR, CALLCTL_ERROR_REFUSED,
      json_object_get_string_member_with_default (problem, "text", "refused"));
  return FALSE;
}

JsonObject *
callctl_link_ask (CallctlLink * link, JsonObject * request, GError ** error)
{
  g_autoptr (JsonObject) taken = request;

  if (!send_object (link, taken, error))
    return NULL;
  for (;;) {
    g_autoptr (JsonObject) answer = read_object (link, error);

    if (!answer || !check_answer (link, answer, error))
      return NULL;
    if (!json_object_has_member (answer, "event"))
      return g_steal_pointer (&answer);
    if (link->events.length < MAX_EVENTS)
      g_queue_push_tail (&link->events, g_steal_pointer (&answer));
  }
}

JsonObject *
callctl_request (const gchar * command, const gchar * element)
{
  JsonObject *request = json_object_new ();

  json_object_set_string_member (request, "do", command);
  if (element)
    json_object_set_string_member (request, "element", element);
  return request;
}

JsonObject *
callctl_link_wait (CallctlLink * link, guint ms, GError ** error)
{
  JsonObject *object = g_queue_pop_head (&link->events);

  if (object)
    return object;
  set_timeout (link, ms);
  object = read_object (link, error);
  set_timeout (link, link->timeout * 1000);
  return object;
}

CallctlLink *
callctl_link_open (const gchar * path, guint timeout, GError ** error)
{
  g_autoptr (CallctlLink) link = g_new0 (CallctlLink, 1);

  link->path = g_strdup (path);
  link->name = g_path_get_basename (path);
  if (g_str_has_suffix (link->name, CALL_CONTROL_SUFFIX))
    link->name[strlen (link->name) - strlen (CALL_CONTROL_SUFFIX)] = '\0';
  link->timeout = timeout;
  link->input = g_byte_array_new ();
  link->fd = call_control_connect (path, error);
  if (link->fd < 0)
    return NULL;
  set_timeout (link, timeout * 1000);
  link->hello = read_object (link, error);
  if (!link->hello || !check_answer (link, link->hello, error))
    return NULL;
  return g_steal_pointer (&link);
}

/* --- which pipelines --- */

/* "demo" and "demo.4711" are names of ".../demo.4711.sock" */
static gboolean
has_name (const gchar * path, const gchar * name)
{
  g_autofree gchar *file = g_path_get_basename (path);
  gsize length = strlen (name);

  return strncmp (file, name, length) == 0 && (file[length] == '.'
      && (strcmp (file + length, CALL_CONTROL_SUFFIX) == 0
          || g_ascii_isdigit (file[length + 1])));
}

static GPtrArray *
find_paths (const gchar * pipeline)
{
  g_autofree gchar *directory = call_control_directory ();
  g_autoptr (GPtrArray) all = NULL;
  GPtrArray *paths = g_ptr_array_new_with_free_func (g_free);
  guint i;

  if (pipeline && strchr (pipeline, '/')) {
    if (g_file_test (pipeline, G_FILE_TEST_EXISTS))
      g_ptr_array_add (paths, g_strdup (pipeline));
    return paths;
  }
  all = call_control_list (directory);
  for (i = 0; i < all->len; i++) {
    const gchar *path = g_ptr_array_index (all, i);

    if (!pipeline || has_name (path, pipeline))
      g_ptr_array_add (paths, g_strdup (path));
  }
  return paths;
}

GPtrArray *
callctl_link_open_all (const gchar * pipeline, guint wait, guint timeout,
    GError ** error)
{
  gint64 end = g_get_monotonic_time () + wait * G_USEC_PER_SEC;
  GPtrArray *links =
      g_ptr_array_new_with_free_func ((GDestroyNotify) callctl_link_free);

  for (;;) {
    g_autoptr (GPtrArray) paths = find_paths (pipeline);
    guint i;

    for (i = 0; i < paths->len; i++) {
      CallctlLink *link;

      g_clear_error (error);
      link = callctl_link_open (g_ptr_array_index (paths, i), timeout, error);
      if (link)
        g_ptr_array_add (links, link);
    }
    if (links->len > 0 || g_get_monotonic_time () >= end)
      break;
    g_usleep (POLL_MS * 1000);
  }
  if (links->len > 0)
    g_clear_error (error);
  return links;
}
