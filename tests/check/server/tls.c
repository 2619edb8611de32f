/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * TLS: a certificate for this machine is made once and kept, clients that
 * trust its authority get in, and who does not finish a handshake is cut.
 */
#include "client.h"
#include "call-self-signed.h"

#include <glib/gstdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>

typedef struct
{
  gchar *folder;
  gchar *certificate;
  gchar *key;
  gchar *ca;
} State;

static void
ensure (State * state)
{
  g_autoptr (GError) error = NULL;

  g_clear_pointer (&state->certificate, g_free);
  g_clear_pointer (&state->key, g_free);
  g_clear_pointer (&state->ca, g_free);
  call_self_signed_ensure (state->folder, &state->certificate, &state->key,
      &state->ca, &error);
  g_assert_no_error (error);
}

static State *
state_new (void)
{
  State *state = g_new0 (State, 1);

  state->folder = g_dir_make_tmp ("gst-call-state-XXXXXX", NULL);
  g_assert_nonnull (state->folder);
  return state;
}

static void
state_free (State * state)
{
  remove_folder (state->folder);
  g_free (state->folder);
  g_free (state->certificate);
  g_free (state->key);
  g_free (state->ca);
  g_free (state);
}

G_DEFINE_AUTOPTR_CLEANUP_FUNC (State, state_free);

static gchar *
read_file (const gchar * path)
{
  gchar *text = NULL;

  g_assert_true (g_file_get_contents (path, &text, NULL, NULL));
  return text;
}

static void
assert_private (const gchar * path)
{
  struct stat info;

  g_assert_cmpint (stat (path, &info), ==, 0);
  g_assert_cmpint (info.st_mode & 0777, ==, 0600);
}

/* given an empty folder, when a certificate is needed twice, then it is made
 * once, private parts are private, and it holds for all names of the machine */
static void
test_made_once (void)
{
  g_autoptr (State) state = state_new ();
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *ca_key = NULL;
  g_auto (GStrv) names = call_machine_get_names ();
  g_autoptr (GTlsCertificate) leaf = NULL;
  g_autoptr (GTlsCertificate) ca = NULL;

  ensure (state);
  first = read_file (state->certificate);
  ca_key = g_build_filename (state->folder, "ca-key.pem", NULL);
  assert_private (state->key);
  assert_private (ca_key);
  ensure (state);
  second = read_file (state->certificate);
  g_assert_cmpstr (first, ==, second);

  leaf = g_tls_certificate_new_from_file (state->certificate, NULL);
  ca = g_tls_certificate_new_from_file (state->ca, NULL);
  g_assert_true (g_strv_contains ((const gchar * const *) names, "localhost"));
  for (guint i = 0; names[i] != NULL; i++) {
    g_autoptr (GSocketConnectable) name = g_network_address_new (names[i], 1);

    g_assert_cmpint (g_tls_certificate_verify (leaf, name, ca), ==, 0);
  }
  {
    g_autoptr (GSocketConnectable) other =
        g_network_address_new ("other.example", 1);

    g_assert_cmpint (g_tls_certificate_verify (leaf, other, ca), ==,
        G_TLS_CERTIFICATE_BAD_IDENTITY);
  }
}

/* given a leaf that is broken, and then an authority that is, when they are
 * needed, then only what is broken is made anew */
static void
test_mended (void)
{
  g_autoptr (State) state = state_new ();
  g_autofree gchar *first = NULL;
  g_autofree gchar *second = NULL;
  g_autofree gchar *third = NULL;
  g_autofree gchar *ca = NULL;
  g_autofree gchar *same_ca = NULL;
  g_autofree gchar *other_ca = NULL;

  ensure (state);
  first = read_file (state->certificate);
  ca = read_file (state->ca);
  g_assert_true (g_file_set_contents (state->key, "x", 1, NULL));
  ensure (state);
  second = read_file (state->certificate);
  same_ca = read_file (state->ca);
  g_assert_cmpstr (first, !=, second);
  g_assert_cmpstr (ca, ==, same_ca);

  g_unlink (state->ca);
  ensure (state);
  third = read_file (state->certificate);
  other_ca = read_file (state->ca);
  g_assert_cmpstr (second, !=, third);
  g_assert_cmpstr (ca, !=, other_ca);
}

/* given a leaf for other addresses than the machine has now, when one is
 * needed, then it is made anew by the same authority */
static void
test_new_address (void)
{
  g_autoptr (State) state = state_new ();
  g_autofree gchar *ca = NULL;
  g_autofree gchar *same_ca = NULL;
  g_autofree gchar *whole = NULL;
  g_autoptr (GTlsCertificate) leaf = NULL;
  g_autoptr (GSocketConnectable) here = g_network_address_new ("127.0.0.1", 1);

  ensure (state);
  ca = read_file (state->ca);
  /* the authority itself has no address at all in it */
  g_assert_true (g_file_set_contents (state->certificate, ca, -1, NULL));
  {
    g_autofree gchar *ca_key = g_build_filename (state->folder, "ca-key.pem",
        NULL);
    g_autofree gchar *key = read_file (ca_key);

    g_assert_true (g_file_set_contents (state->key, key, -1, NULL));
  }
  ensure (state);
  same_ca = read_file (state->ca);
  g_assert_cmpstr (ca, ==, same_ca);
  leaf = g_tls_certificate_new_from_file (state->certificate, NULL);
  g_assert_cmpint (g_tls_certificate_verify (leaf, here, NULL), ==, 0);
}

static gchar *
room_uri (CallServer * server, const gchar * scheme)
{
  return g_strdup_printf ("%s://localhost:%u/room/tea", scheme,
      call_server_get_port (server));
}

/* given a server with its own certificate, when one client trusts the
 * authority and one does not, then one is in and one knows why it is not */
static void
test_trust (void)
{
  g_autoptr (State) state = state_new ();
  g_autoptr (CallServer) server = start_server ("listen", "localhost:0",
      "self-signed", TRUE, "state-dir", state->folder, NULL);
  g_autofree gchar *ca_file = NULL;
  g_autofree gchar *fingerprint = NULL;
  g_autoptr (Person) inside = NULL;
  g_autoptr (Person) outside = NULL;
  g_auto (GStrv) urls = call_server_get_urls (server, "tea");
  g_autofree gchar *uri = room_uri (server, "wss");

  g_object_get (server, "ca-file", &ca_file, "fingerprint", &fingerprint, NULL);
  g_assert_cmpuint (strlen (fingerprint), ==, 95);
  g_assert_true (g_str_has_prefix (urls[0], "https://localhost:"));
  inside = person_new_for_uri (uri, "tls-ca-file", ca_file, NULL);
  call_message_unref (person_wait (inside, CALL_MESSAGE_WELCOME));
  outside = person_new_for_uri (uri, NULL);
  person_wait_state (outside, CALL_SIGNALLER_CLOSED);
  g_assert_error (outside->error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_CERTIFICATE);
}

/* given a server with TLS and one without, when a client takes one for the
 * other, then its error asks about the other scheme, and does not wait */
static void
test_wrong_scheme (void)
{
  g_autoptr (State) state = state_new ();
  g_autoptr (CallServer) secure = start_server ("listen", "localhost:0",
      "self-signed", TRUE, "state-dir", state->folder, NULL);
  g_autoptr (CallServer) plain = start_server ("listen", "localhost:0", NULL);
  g_autofree gchar *to_secure = room_uri (secure, "ws");
  g_autofree gchar *to_plain = room_uri (plain, "wss");
  g_autoptr (Person) first = NULL;
  g_autoptr (Person) second = NULL;

  first = person_new_for_uri (to_secure, NULL);
  person_wait_state (first, CALL_SIGNALLER_CLOSED);
  g_assert_error (first->error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_PROTOCOL);
  g_assert_nonnull (strstr (first->error->message, "is it wss://?"));
  second = person_new_for_uri (to_plain, NULL);
  person_wait_state (second, CALL_SIGNALLER_CLOSED);
  g_assert_error (second->error, CALL_SIGNALLER_ERROR,
      CALL_SIGNALLER_ERROR_CERTIFICATE);
  g_assert_nonnull (strstr (second->error->message, "is it ws://?"));
}

/* given a server with TLS, when connections are silent or say half a hello,
 * then they are cut in the handshake's time; one that speaks plain HTTP is
 * told what to do */
static void
test_handshake_deadline (void)
{
  g_autoptr (State) state = state_new ();
  g_autoptr (CallServer) server = start_server ("self-signed", TRUE,
      "state-dir", state->folder, "tls-timeout", 200, NULL);
  g_autoptr (Client) silent = client_connect (server);
  g_autoptr (Client) half = client_connect (server);
  g_autoptr (Client) plain = client_connect (server);
  gint64 start = g_get_monotonic_time ();
  g_autofree gchar *nothing = NULL;
  g_autofree gchar *nothing_either = NULL;
  g_autofree gchar *no_page = NULL;

  client_write (half, "\x16\x03\x01\x02\0\x01\0\x01\xfc\x03\x03", 11);
  client_write_text (plain, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n");
  nothing = client_read_all (silent);
  nothing_either = client_read_all (half);
  no_page = client_read_all (plain);
  g_assert_cmpstr (nothing, ==, "");
  g_assert_cmpstr (nothing_either, ==, "");
  g_assert_true (g_str_has_prefix (no_page, "HTTP/1.1 400 "));
  g_assert_nonnull (strstr (no_page, "https://"));
  g_assert_null (strstr (no_page, "ok"));
  g_assert_cmpint (g_get_monotonic_time () - start, <, 5 * G_USEC_PER_SEC);
}

/* given files that are no certificate and key, when the server starts, then
 * it names the file */
static void
test_bad_files (void)
{
  g_autoptr (State) state = state_new ();
  g_autoptr (CallServer) server = call_server_new ();
  g_autofree gchar *file = g_build_filename (state->folder, "x.pem", NULL);
  g_autoptr (GError) error = NULL;

  g_object_set (server, "tls-certificate", file, "tls-key", file, NULL);
  g_assert_false (call_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, file));
  g_clear_error (&error);
  g_assert_true (g_file_set_contents (file, "nothing", -1, NULL));
  g_assert_false (call_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, file));
  g_clear_error (&error);
  g_object_set (server, "tls-key", NULL, NULL);
  g_assert_false (call_server_start (server, &error));
  g_assert_nonnull (strstr (error->message, "key"));
}

gint
main (gint argc, gchar ** argv)
{
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/tls/made-once", test_made_once);
  g_test_add_func ("/tls/mended", test_mended);
  g_test_add_func ("/tls/new-address", test_new_address);
  g_test_add_func ("/tls/trust", test_trust);
  g_test_add_func ("/tls/wrong-scheme", test_wrong_scheme);
  g_test_add_func ("/tls/handshake-deadline", test_handshake_deadline);
  g_test_add_func ("/tls/bad-files", test_bad_files);
  return g_test_run ();
}
