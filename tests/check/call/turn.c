/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: whatever a TURN server answers, or does not, it is known within its
 * time what that means, and nothing breaks. (One that works: gst-turn.)
 */
#define _GNU_SOURCE             /* memmem () */

#include <gst/check/gstcheck.h>

#include "gstcallturn.h"

#include <string.h>

#define WATCHDOG (20 * G_USEC_PER_SEC)
/* What a busy machine may add */
#define SLACK_MS 1500
/* Between the second and the third request */
#define REFUSED_US (700 * 1000)

/* What a server says to each request: `answer` with the transaction of the
 * request written into it where it has room for one */
typedef struct
{
  const gchar *what;
  gboolean tcp;
  const gchar *answer;          /* NULL: nothing */
  gsize length;
  GstCallTurnResult result;
  gboolean stale;               /* with NONCE, FRESH_NONCE is wanted instead */
} Case;

#define ID "............"
#define HEAD(type, length) type length "\x21\x12\xa4\x42" ID
#define ALLOCATE_ERROR "\x01\x13"
#define ERROR_401 "\x00\x09\x00\x04\x00\x00\x04\x01"
#define ERROR_486 "\x00\x09\x00\x04\x00\x00\x04\x56"
#define REALM "\x00\x14\x00\x04" "test"
#define ERROR_300 "\x00\x09\x00\x04\x00\x00\x03\x00"
#define ERROR_403 "\x00\x09\x00\x04\x00\x00\x04\x03"
#define ERROR_438 "\x00\x09\x00\x04\x00\x00\x04\x26"
#define ERROR_508 "\x00\x09\x00\x04\x00\x00\x05\x08"
#define ELSEWHERE "\x80\x23\x00\x08\x00\x01\x0d\x96\x7f\x00\x00\x01"
#define NONCE "\x00\x15\x00\x04" "abcd"
#define FRESH_NONCE "\x00\x15\x00\x04" "efgh"
#define BYTES(text) text, sizeof text - 1

/* *INDENT-OFF* */
static const Case cases[] = {
  {"nothing", FALSE, NULL, 0, GST_CALL_TURN_SILENT},
  {"nothing, over TCP", TRUE, NULL, 0, GST_CALL_TURN_SILENT},
  {"nonsense", FALSE, BYTES ("HTTP/1.1 400 Bad Request\r\n\r\n"),
      GST_CALL_TURN_SILENT},
  {"nonsense, over TCP", TRUE, BYTES ("HTTP/1.1 400 Bad Request\r\n\r\n"),
      GST_CALL_TURN_SILENT},
  {"a head that promises 64 KiB", TRUE, BYTES (HEAD (ALLOCATE_ERROR,
          "\xff\xfc")), GST_CALL_TURN_SILENT},
  {"half a head", TRUE, BYTES (ALLOCATE_ERROR "\x00\x08\x21"),
      GST_CALL_TURN_SILENT},
  {"an error without a realm", FALSE, BYTES (HEAD (ALLOCATE_ERROR,
          "\x00\x08") ERROR_401), GST_CALL_TURN_REFUSED},
  {"401 again and again", FALSE, BYTES (HEAD (ALLOCATE_ERROR, "\x00\x18")
      ERROR_401 REALM NONCE), GST_CALL_TURN_REFUSED},
  {"401 again and again, over TCP", TRUE, BYTES (HEAD (ALLOCATE_ERROR,
          "\x00\x18") ERROR_401 REALM NONCE), GST_CALL_TURN_REFUSED},
  {"forbidden", FALSE, BYTES (HEAD (ALLOCATE_ERROR, "\x00\x08") ERROR_403),
      GST_CALL_TURN_REFUSED},
  {"too many allocations", FALSE, BYTES (HEAD (ALLOCATE_ERROR, "\x00\x08")
      ERROR_486), GST_CALL_TURN_BUSY},
  {"no capacity", TRUE, BYTES (HEAD (ALLOCATE_ERROR, "\x00\x08") ERROR_508),
      GST_CALL_TURN_BUSY},
  {"another server", FALSE, BYTES (HEAD (ALLOCATE_ERROR, "\x00\x14") ERROR_300
          ELSEWHERE), GST_CALL_TURN_BUSY},
  {"a nonce that is stale at once", FALSE, BYTES (HEAD (ALLOCATE_ERROR,
          "\x00\x18") ERROR_401 REALM NONCE), GST_CALL_TURN_REFUSED, TRUE},
  {"an attribute that is longer than the message", FALSE, BYTES (HEAD
        (ALLOCATE_ERROR, "\x00\x08") "\x00\x09\x7f\x04\x00\x00\x04\x01"),
      GST_CALL_TURN_SILENT},
};
static const gchar stale_answer[] =
    HEAD (ALLOCATE_ERROR, "\x00\x18") ERROR_438 REALM FRESH_NONCE;
/* *INDENT-ON* */

typedef struct
{
  const Case *is;
  GstCallWorker *worker;        /* of the server */
  GstCallWorker *client;
  GSocket *socket;
  GSource *source;
  GPtrArray *open;              /* TCP: (element-type GSocket) */
  GPtrArray *sources;
  GSocketAddress *address;

  GMutex lock;
  GCond cond;
  GstCallTurnCheck *check;
  gint64 begun, ended;          /* monotonic */
  gboolean done;
  GstCallTurnResult result;
  gint fresh;                   /* atomic: a request had FRESH_NONCE */
} Fixture;

static gboolean
on_request (GSocket * socket, GIOCondition condition, gpointer data)
{
  Fixture *f = data;
  guint8 request[2000];
  GSocketAddress *from = NULL;
  gssize n = g_socket_receive_from (socket, &from, (gchar *) request,
      sizeof request, NULL, NULL);

  if (n >= 20 && f->is->answer) {
    gboolean stale = f->is->stale && memmem (request, n, NONCE,
        sizeof NONCE - 1);
    gsize length = stale ? sizeof stale_answer - 1 : f->is->length;
    g_autofree gchar *answer = g_memdup2 (stale ? stale_answer : f->is->answer,
        length);

    /* where the template has one */
    if (length >= 20 && memcmp (answer + 8, ID, strlen (ID)) == 0)
      memcpy (answer + 8, request + 8, strlen (ID));
    g_socket_send_to (socket, f->is->tcp ? NULL : from, answer, length, NULL,
        NULL);
    if (memmem (request, n, FRESH_NONCE, sizeof FRESH_NONCE - 1))
      g_atomic_int_set (&f->fresh, TRUE);
  }
  g_clear_object (&from);
  return n > 0;
}

static void
listen_to (Fixture * f, GSocket * socket, GSocketSourceFunc func)
{
  GSource *source = g_socket_create_source (socket, G_IO_IN, NULL);

  g_source_set_callback (source, G_SOURCE_FUNC (func), f, NULL);
  g_source_attach (source, g_main_context_get_thread_default ());
  g_ptr_array_add (f->sources, source);
}

static gboolean
on_incoming (GSocket * socket, GIOCondition condition, gpointer data)
{
  Fixture *f = data;
  GSocket *one = g_socket_accept (socket, NULL, NULL);

  fail_unless (one != NULL);
  g_ptr_array_add (f->open, one);
  listen_to (f, one, on_request);
  return G_SOURCE_CONTINUE;
}

static void
server_begin (gpointer object, gpointer data)
{
  Fixture *f = data;

  listen_to (f, f->socket, f->is->tcp ? on_incoming : on_request);
}

static void
source_free (gpointer source)
{
  g_source_destroy (source);
  g_source_unref (source);
}

static void
server_end (gpointer object, gpointer data)
{
  g_ptr_array_set_size (((Fixture *) data)->sources, 0);
}

static void
on_result (gpointer data, guint tag, GstCallTurnResult result,
    const gchar * text)
{
  Fixture *f = data;

  g_mutex_lock (&f->lock);
  fail_if (f->done);
  fail_unless_equals_int (tag, 7);
  f->done = TRUE;
  f->ended = g_get_monotonic_time ();
  f->result = result;
  g_cond_broadcast (&f->cond);
  g_mutex_unlock (&f->lock);
}

static void
begin (gpointer object, gpointer data)
{
  Fixture *f = data;

  f->begun = g_get_monotonic_time ();
  f->check = gst_call_turn_check_new (f->client, f->is->tcp ?
      GST_CALL_WIRE_TCP : GST_CALL_WIRE_UDP, f->address, "127.0.0.1", NULL,
      "me", "secret", on_result, f, 7);
}

static void
end (gpointer object, gpointer data)
{
  gst_call_turn_check_free (((Fixture *) data)->check);
}

/* At the address of last time */
static void
start_server (Fixture * f)
{
  f->socket = g_socket_new (G_SOCKET_FAMILY_IPV4, f->is->tcp ?
      G_SOCKET_TYPE_STREAM : G_SOCKET_TYPE_DATAGRAM, G_SOCKET_PROTOCOL_DEFAULT,
      NULL);
  fail_unless (g_socket_bind (f->socket, f->address, TRUE, NULL));
  fail_unless (!f->is->tcp || g_socket_listen (f->socket, NULL));
  g_object_unref (f->address);
  f->address = g_socket_get_local_address (f->socket, NULL);
  gst_call_worker_run (f->worker, server_begin, NULL, f);
}

static void
stop_server (Fixture * f)
{
  gst_call_worker_run (f->worker, server_end, NULL, f);
  g_socket_close (f->socket, NULL);
  g_clear_object (&f->socket);
}

static void
fixture_init (Fixture * f, const Case * is)
{
  g_autoptr (GSocketAddress) any =
      g_inet_socket_address_new_from_string ("127.0.0.1", 0);

  memset (f, 0, sizeof *f);
  f->is = is;
  f->address = g_object_ref (any);
  g_mutex_init (&f->lock);
  g_cond_init (&f->cond);
  f->open = g_ptr_array_new_with_free_func (g_object_unref);
  f->sources = g_ptr_array_new_with_free_func (source_free);
  f->worker = gst_call_worker_new ("turn-server");
  f->client = gst_call_worker_new ("client");
  start_server (f);
}

static void
fixture_clear (Fixture * f)
{
  gst_call_worker_unref (f->client);
  stop_server (f);
  gst_call_worker_unref (f->worker);
  g_ptr_array_unref (f->sources);
  g_ptr_array_unref (f->open);
  g_object_unref (f->address);
  g_mutex_clear (&f->lock);
  g_cond_clear (&f->cond);
}

static void
await (Fixture * f)
{
  gint64 end_time = g_get_monotonic_time () + WATCHDOG;

  g_mutex_lock (&f->lock);
  while (!f->done)
    fail_unless (g_cond_wait_until (&f->cond, &f->lock, end_time));
  g_mutex_unlock (&f->lock);
  fail_unless (f->result == f->is->result, "%s: %d", f->is->what, f->result);
  fail_unless ((f->ended - f->begun) / 1000 < GST_CALL_TURN_TIMEOUT_MS +
      SLACK_MS, "%s: %d ms", f->is->what, (gint) (f->ended - f->begun) / 1000);
  fail_unless (g_atomic_int_get (&f->fresh) == f->is->stale, "%s", f->is->what);
}

/* given servers that answer so, when they are checked, then what that means is
 * known within the time of a check */
GST_START_TEST (test_turn_answers)
{
  Fixture all[G_N_ELEMENTS (cases)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    fixture_init (&all[i], &cases[i]);
    gst_call_worker_run (all[i].client, begin, NULL, &all[i]);
  }
  for (i = 0; i < G_N_ELEMENTS (cases); i++)
    await (&all[i]);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    gst_call_worker_run (all[i].client, end, NULL, &all[i]);
    fixture_clear (&all[i]);
  }
}

GST_END_TEST;

/* given a server that is being started, so that its host refuses the first
 * requests, when it is there, then its answer counts */
GST_START_TEST (test_turn_comes)
{
  static const Case is =
      { "comes", FALSE, BYTES (HEAD (ALLOCATE_ERROR, "\x00\x08")
        ERROR_403), GST_CALL_TURN_REFUSED
  };
  Fixture f;

  fixture_init (&f, &is);
  stop_server (&f);
  gst_call_worker_run (f.client, begin, NULL, &f);
  /* the second one, too */
  g_usleep (REFUSED_US);
  start_server (&f);
  await (&f);
  gst_call_worker_run (f.client, end, NULL, &f);
  fixture_clear (&f);
}

GST_END_TEST;

/* given checks that are under way, when they are freed, then nobody is called,
 * not when their servers answer or their time is over either */
GST_START_TEST (test_turn_freed)
{
  Fixture all[G_N_ELEMENTS (cases)];
  guint i;

  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    fixture_init (&all[i], &cases[i]);
    gst_call_worker_run (all[i].client, begin, NULL, &all[i]);
    gst_call_worker_run (all[i].client, end, NULL, &all[i]);
    all[i].done = FALSE;
  }
  g_usleep ((GST_CALL_TURN_TIMEOUT_MS + SLACK_MS) * 1000);
  for (i = 0; i < G_N_ELEMENTS (cases); i++) {
    fail_if (all[i].done, "%s", cases[i].what);
    fixture_clear (&all[i]);
  }
}

GST_END_TEST;

/* callbin's class, which makes it, is not here */
GST_DEBUG_CATEGORY_EXTERN (gst_call_bin_debug);

static Suite *
turn_suite (void)
{
  Suite *s = suite_create ("turn");
  TCase *tc = tcase_create ("turn");

  GST_DEBUG_CATEGORY_INIT (gst_call_bin_debug, "callbin", 0, "WebRTC call");
  suite_add_tcase (s, tc);
  tcase_set_timeout (tc, 60);
  tcase_add_test (tc, test_turn_answers);
  tcase_add_test (tc, test_turn_comes);
  tcase_add_test (tc, test_turn_freed);
  return s;
}

GST_CHECK_MAIN (turn);
