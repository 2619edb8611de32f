/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: of any number of STUN servers the fastest is used, as a number;
 * those that are dead or have no name are told once and hold nothing up.
 */
#include <gst/check/gstcheck.h>

#include "gstcallservers-private.h"
#include "names.h"

#include <string.h>

#define WATCHDOG (20 * G_USEC_PER_SEC)

/* A STUN server on 127.0.0.1, in a thread of its own */
typedef struct
{
  guint delay;                  /* ms before it answers; G_MAXUINT: never */
  GstCallWorker *worker;
  GSocket *socket;
  GSource *source;
  guint16 port;
  gint asked;                   /* atomic */
} StunServer;

typedef struct
{
  StunServer *server;
  GSocketAddress *to;
  guint8 data[32];
} Answer;

static void
answer_free (gpointer data)
{
  g_object_unref (((Answer *) data)->to);
  g_free (data);
}

static gboolean
send_answer (gpointer data)
{
  Answer *answer = data;

  g_socket_send_to (answer->server->socket, answer->to,
      (gchar *) answer->data, sizeof answer->data, NULL, NULL);
  return G_SOURCE_REMOVE;
}

/* Binding success with XOR-MAPPED-ADDRESS 127.0.0.1:PORT (RFC 8489) */
static gboolean
on_request (GSocket * socket, GIOCondition condition, gpointer data)
{
  static const guint8 head[4] = { 0x01, 0x01, 0, 12 };
  static const guint8 mapped[12] =
      { 0, 0x20, 0, 8, 0, 1, 0x12, 0x34, 127 ^ 0x21, 0x12, 0xa4, 1 ^ 0x42 };
  StunServer *server = data;
  guint8 request[600];
  GSocketAddress *from = NULL;
  gssize n = g_socket_receive_from (socket, &from, (gchar *) request,
      sizeof request, NULL, NULL);

  if (n >= 20 && server->delay != G_MAXUINT) {
    Answer *answer = g_new0 (Answer, 1);
    GSource *source;

    answer->server = server;
    answer->to = g_object_ref (from);
    memcpy (answer->data, head, 4);
    memcpy (answer->data + 4, request + 4, 16);
    memcpy (answer->data + 20, mapped, 12);
    source = g_timeout_source_new (server->delay);
    g_source_set_callback (source, send_answer, answer, answer_free);
    g_source_attach (source, g_main_context_get_thread_default ());
    g_source_unref (source);
  }
  g_atomic_int_inc (&server->asked);
  g_clear_object (&from);
  return G_SOURCE_CONTINUE;
}

static void
server_begin (gpointer object, gpointer data)
{
  StunServer *server = data;

  server->source = g_socket_create_source (server->socket, G_IO_IN, NULL);
  g_source_set_callback (server->source, G_SOURCE_FUNC (on_request), server,
      NULL);
  g_source_attach (server->source, g_main_context_get_thread_default ());
}

static StunServer *
server_new (const gchar * address, guint delay)
{
  StunServer *self = g_new0 (StunServer, 1);
  g_autoptr (GSocketAddress) any =
      g_inet_socket_address_new_from_string (address, 0);
  g_autoptr (GSocketAddress) bound = NULL;

  self->delay = delay;
  self->worker = gst_call_worker_new ("stun-server");
  self->socket = g_socket_new (g_socket_address_get_family (any),
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);
  fail_unless (g_socket_bind (self->socket, any, FALSE, NULL));
  bound = g_socket_get_local_address (self->socket, NULL);
  self->port = g_inet_socket_address_get_port (G_INET_SOCKET_ADDRESS (bound));
  gst_call_worker_run (self->worker, server_begin, NULL, self);
  return self;
}

static void
server_end (gpointer object, gpointer data)
{
  gst_call_worker_clear_timer (&((StunServer *) data)->source);
}

static void
server_free (StunServer * self)
{
  gst_call_worker_run (self->worker, server_end, NULL, self);
  gst_call_worker_unref (self->worker);
  g_object_unref (self->socket);
  g_free (self);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (StunServer, server_free);

/* A GstCallServers on a worker */
typedef struct
{
  GstCallWorker *worker;
  GstCallServers *servers;
  GMutex lock;
  GCond cond;
  GPtrArray *warnings;
  gint64 given, ready;          /* monotonic; ready 0: not yet */
  GPtrArray *list;
} Fixture;

static void
on_warn (gpointer data, const gchar * text)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  g_ptr_array_add (f->warnings, g_strdup (text));
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
on_ready (gpointer data)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  f->ready = g_get_monotonic_time ();
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static const GstCallServersOwner owner = { on_warn, on_ready };

static void
make (gpointer object, gpointer data)
{
  Fixture *f = data;

  f->servers = gst_call_servers_new (f->worker, NULL, &owner, f);
}

static void
unmake (gpointer object, gpointer data)
{
  Fixture *f = data;

  gst_call_servers_stop (f->servers);
  g_clear_object (&f->servers);
}

static void
give (gpointer object, gpointer data)
{
  Fixture *f = data;

  f->given = g_get_monotonic_time ();
  f->ready = 0;
  gst_call_servers_set (f->servers, f->list);
  if (gst_call_servers_is_ready (f->servers))
    f->ready = f->given;
}

/* All are tried anew, a long time after the last time */
static void
refresh (gpointer object, gpointer data)
{
  Fixture *f = data;

  f->servers->tried -= 60 * G_USEC_PER_SEC;
  gst_call_servers_refresh (f->servers);
  f->ready = gst_call_servers_is_ready (f->servers);
}

static void
apply (gpointer object, gpointer data)
{
  Fixture *f = ((gpointer *) data)[0];

  gst_call_servers_apply (f->servers, ((gpointer *) data)[1]);
}

static void
explain (gpointer object, gpointer data)
{
  Fixture *f = ((gpointer *) data)[0];

  ((gpointer *) data)[1] = gst_call_servers_explain (f->servers, FALSE);
}

static Fixture *
fixture_new (void)
{
  Fixture *f = g_new0 (Fixture, 1);

  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->warnings = g_ptr_array_new_with_free_func (g_free);
  f->list = g_ptr_array_new_with_free_func (
      (GDestroyNotify) call_ice_server_free);
  f->worker = gst_call_worker_new ("servers");
  gst_call_worker_run (f->worker, make, NULL, f);
  return f;
}

static void
fixture_free (Fixture * f)
{
  gst_call_worker_run (f->worker, unmake, NULL, f);
  gst_call_worker_unref (f->worker);
  g_ptr_array_unref (f->warnings);
  g_ptr_array_unref (f->list);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
  g_free (f);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (Fixture, fixture_free);

/* Of a new list, with these credentials */
static void
add_turn (Fixture * f, const gchar * url, const gchar * credential)
{
  const gchar *urls[] = { url, NULL };

  g_ptr_array_set_size (f->list, 0);
  g_ptr_array_add (f->list, call_ice_server_new (urls, "me", credential));
}

static void
G_GNUC_PRINTF (2, 3)
add (Fixture * f, const gchar * format, ...)
{
  const gchar *urls[2] = { NULL };
  g_autofree gchar *url = NULL;
  va_list args;

  va_start (args, format);
  urls[0] = url = g_strdup_vprintf (format, args);
  va_end (args);
  g_ptr_array_add (f->list, call_ice_server_new (urls, NULL, NULL));
}

/* Given the list: ms until a peer may be made */
static gint64
wait_ready (Fixture * f)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;

  gst_call_worker_run (f->worker, give, NULL, f);
  g_mutex_lock (&f->lock);
  while (!f->ready)
    fail_unless (g_cond_wait_until (&f->cond, &f->lock, end));
  g_mutex_unlock (&f->lock);
  return (f->ready - f->given) / 1000;
}

static void
wait_warnings (Fixture * f, guint n)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;

  g_mutex_lock (&f->lock);
  while (f->warnings->len < n)
    fail_unless (g_cond_wait_until (&f->cond, &f->lock, end));
  g_mutex_unlock (&f->lock);
}

static void
read_result (gpointer object, gpointer data)
{
  Fixture *f = ((gpointer *) data)[0];
  const GstCallServer *server = g_ptr_array_index (f->servers->servers, 0);

  *(gint *) ((gpointer *) data)[1] = server->result;
}

/* Of the first server, once it is known */
static gint
wait_result (Fixture * f)
{
  gint64 end = g_get_monotonic_time () + WATCHDOG;
  gint result = GST_CALL_SERVER_UNTRIED;
  gpointer data[2] = { f, &result };

  while (result == GST_CALL_SERVER_UNTRIED) {
    fail_unless (g_get_monotonic_time () < end);
    g_usleep (1000);
    gst_call_worker_run (f->worker, read_result, NULL, data);
  }
  return result;
}

static guint
warnings_with (Fixture * f, const gchar * words)
{
  guint i, n = 0;

  g_mutex_lock (&f->lock);
  for (i = 0; i < f->warnings->len; i++)
    n += strstr (g_ptr_array_index (f->warnings, i), words) != NULL;
  g_mutex_unlock (&f->lock);
  return n;
}

/* What a webrtcbin is given */
static gchar *
stun_server (Fixture * f)
{
  GstElement *webrtcbin = gst_element_factory_make ("webrtcbin", NULL);
  gpointer data[2] = { f, webrtcbin };
  gchar *uri = NULL;

  fail_unless (webrtcbin != NULL);
  gst_object_ref_sink (webrtcbin);
  gst_call_worker_run (f->worker, apply, NULL, data);
  g_object_get (webrtcbin, "stun-server", &uri, NULL);
  gst_object_unref (webrtcbin);
  return uri;
}

static gchar *
explanation (Fixture * f)
{
  gpointer data[2] = { f, NULL };

  gst_call_worker_run (f->worker, explain, NULL, data);
  return data[1];
}

/* given five STUN servers: two that do not exist, a dead one, a slow and a
 * fast one, when they are tried, then the fast one is used as a number without
 * waiting for the others, and each that is of no use is told once */
GST_START_TEST (test_servers_fastest)
{
  g_autoptr (StunServer) dead = server_new ("127.0.0.1", G_MAXUINT);
  g_autoptr (StunServer) slow = server_new ("127.0.0.1", 100);
  g_autoptr (StunServer) fast = server_new ("127.0.0.1", 0);
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree gchar *expected = g_strdup_printf ("stun://127.0.0.1:%u",
      fast->port);
  g_autofree gchar *uri = NULL, *later = NULL;
  gint64 took;

  add (f, "stun:nowhere.test");
  add (f, "stun:127.0.0.1:%u", dead->port);
  add (f, "stun:slow.here:%u", slow->port);
  add (f, "stun:fast.here:%u", fast->port);
  add (f, "stun:nobody.test:1");
  took = wait_ready (f);
  uri = stun_server (f);
  fail_unless_equals_string (uri, expected);
  fail_unless (took < GST_CALL_STUN_SILENT_MS, "%d ms", (gint) took);

  wait_warnings (f, 3);
  later = stun_server (f);
  fail_unless_equals_string (later, expected);
  fail_unless_equals_int (f->warnings->len, 3);
  fail_unless_equals_int (warnings_with (f, "stun:nowhere.test is of no use: "
          "its name has no address"), 1);
  fail_unless_equals_int (warnings_with (f, "stun:nobody.test:1 is of no use"),
      1);
  fail_unless_equals_int (warnings_with (f, "it does not answer"), 1);
}

GST_END_TEST;

/* given STUN servers that are all dead, when they are tried, then a peer waits
 * for 200 ms and no longer, the next one not at all, and the reason for a
 * missing path names them */
GST_START_TEST (test_servers_dead)
{
  g_autoptr (StunServer) dead = server_new ("127.0.0.1", G_MAXUINT);
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree gchar *why = NULL;
  gint64 took;

  add (f, "stun:127.0.0.1:%u", dead->port);
  took = wait_ready (f);
  fail_unless (took >= 190 && took < 1200, "%d ms", (gint) took);
  wait_warnings (f, 1);
  fail_unless (g_atomic_int_get (&dead->asked) >= 3);
  fail_unless_equals_int (wait_ready (f), 0);
  why = explanation (f);
  fail_unless (strstr (why, "no STUN server answers") != NULL, "%s", why);
}

GST_END_TEST;

/* given a name, and a list that needed no waiting, when its name is looked up
 * anew for another peer, then nobody waits for that */
GST_START_TEST (test_servers_refresh)
{
  g_autoptr (StunServer) dead = server_new ("127.0.0.1", G_MAXUINT);
  g_autoptr (Fixture) f = fixture_new ();

  add (f, "stun:dead.here:%u", dead->port);
  wait_ready (f);
  wait_warnings (f, 1);
  add (f, "stun:");
  fail_unless_equals_int (wait_ready (f), 0);
  gst_call_worker_run (f->worker, refresh, NULL, f);
  fail_unless (f->ready, "somebody waits");
}

GST_END_TEST;

/* given a STUN server that is far away, when a peer cannot wait for its answer
 * any longer, then it is used all the same */
GST_START_TEST (test_servers_far)
{
  g_autoptr (StunServer) far = server_new ("127.0.0.1", 900);
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree gchar *expected = g_strdup_printf ("stun://127.0.0.1:%u",
      far->port);
  g_autofree gchar *uri = NULL;

  add (f, "stun:127.0.0.1:%u", far->port);
  wait_ready (f);
  uri = stun_server (f);
  fail_unless_equals_string (uri, expected);
}

GST_END_TEST;

/* given a name whose resolver never answers, when servers are tried, then a
 * peer waits for half a second once, and the end of the call does not wait */
GST_START_TEST (test_servers_no_resolver)
{
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree gchar *uri = NULL;
  gint64 took;

  add (f, "stun:never.here");
  took = wait_ready (f);
  fail_unless (took >= 450 && took < 1500, "%d ms", (gint) took);
  uri = stun_server (f);
  fail_unless_equals_string (uri, NULL);
}

GST_END_TEST;

/* given a TURN server that is dead, when its credentials are renewed, and
 * renewed again, then it is tried each time and told once */
GST_START_TEST (test_servers_renewed)
{
  static const gchar *const credentials[] = { "one", "two", "three" };
  g_autoptr (StunServer) nobody = server_new ("127.0.0.1", G_MAXUINT);
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree gchar *url = g_strdup_printf ("turn:127.0.0.1:%u?transport=tcp",
      nobody->port);
  guint i;

  for (i = 0; i < G_N_ELEMENTS (credentials); i++) {
    add_turn (f, url, credentials[i]);
    wait_ready (f);
    fail_unless_equals_int (wait_result (f), GST_CALL_TURN_SILENT);
  }
  fail_unless_equals_int (f->warnings->len, 1);
}

GST_END_TEST;

/* given no servers at all, or only such as can be seen to be of no use, then
 * nobody waits */
GST_START_TEST (test_servers_none)
{
  g_autoptr (Fixture) f = fixture_new ();
  g_autofree gchar *why = NULL, *useless = NULL;
  guint asked = test_names_count ();

  fail_unless_equals_int (wait_ready (f), 0);
  why = explanation (f);
  fail_unless (strstr (why, "no TURN server is set") != NULL, "%s", why);
  add (f, "stuns:127.0.0.1");
  add (f, "turn:127.0.0.1");
  add (f, "stun:127.0.0.1:99999");
  add (f, "stun:");
  fail_unless_equals_int (wait_ready (f), 0);
  fail_unless_equals_int (f->warnings->len, 4);
  fail_unless_equals_int (warnings_with (f, "turn:127.0.0.1 is of no use: it "
          "needs username and credential"), 1);
  fail_unless_equals_int (test_names_count (), asked);
  useless = explanation (f);
  fail_unless (strstr (useless, "no STUN server is set") != NULL, "%s",
      useless);
}

GST_END_TEST;

static gboolean
has_ipv6 (void)
{
  g_autoptr (GSocketAddress) any =
      g_inet_socket_address_new_from_string ("::1", 0);
  g_autoptr (GSocket) socket = g_socket_new (G_SOCKET_FAMILY_IPV6,
      G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_UDP, NULL);

  return socket && g_socket_bind (socket, any, FALSE, NULL);
}

/* given a server that speaks IPv6 and no other, when it is tried, then it is
 * used; with one that speaks IPv4, that is used */
GST_START_TEST (test_servers_six)
{
  g_autoptr (StunServer) six = NULL;
  g_autoptr (StunServer) four = NULL;
  g_autoptr (Fixture) f = NULL;
  g_autofree gchar *expected6 = NULL, *expected4 = NULL;
  g_autofree gchar *uri6 = NULL, *uri4 = NULL;

  if (!has_ipv6 ()) {
    g_print ("skip: this machine has no IPv6\n");
    return;
  }
  six = server_new ("::1", 0);
  four = server_new ("127.0.0.1", 50);
  f = fixture_new ();
  expected6 = g_strdup_printf ("stun://[::1]:%u", six->port);
  expected4 = g_strdup_printf ("stun://127.0.0.1:%u", four->port);
  add (f, "stun:[::1]:%u", six->port);
  wait_ready (f);
  uri6 = stun_server (f);
  fail_unless_equals_string (uri6, expected6);
  add (f, "stun:four.here:%u", four->port);
  wait_ready (f);
  uri4 = stun_server (f);
  fail_unless_equals_string (uri4, expected4);
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
servers_suite (void)
{
  Suite *s = suite_create ("servers");
  TCase *tc = tcase_create ("servers");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_checked_fixture (tc, test_names_use, NULL);
  tcase_add_test (tc, test_servers_fastest);
  tcase_add_test (tc, test_servers_dead);
  tcase_add_test (tc, test_servers_refresh);
  tcase_add_test (tc, test_servers_far);
  tcase_add_test (tc, test_servers_no_resolver);
  tcase_add_test (tc, test_servers_renewed);
  tcase_add_test (tc, test_servers_none);
  tcase_add_test (tc, test_servers_six);
  return s;
}

GST_CHECK_MAIN (servers);
