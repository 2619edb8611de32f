/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call-server: the signalling server as a program.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-credentials.h"
#include "call-self-signed.h"
#include "call-server.h"

#include <glib-unix.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#ifdef HAVE_QRENCODE
#include <qrencode.h>
#endif

#define DEFAULT_TTL (24 * 60 * 60)
#define DEFAULT_TURN_TTL (60 * 60)

/* *INDENT-OFF* */
static struct
{
  gchar *listen;
  gchar *certificate;
  gchar *key;
  gboolean self_signed;
  gchar **ice_servers;
  gchar *turn_secret;
  gchar *token_secret;
  gchar *token_room;
  gint ttl;
  gint turn_ttl;
  gchar *state_dir;
  gchar *room;
  gchar **origins;
  gint max_peers;
  gint max_per_address;
  gboolean exempt_loopback;
  gint workers;
  gboolean version;
} options = {
  .ttl = DEFAULT_TTL,
  .turn_ttl = DEFAULT_TURN_TTL,
  .max_peers = 16,
  .max_per_address = 64,
  .workers = 4,
};

static const GOptionEntry entries[] = {
  {"listen", 0, 0, G_OPTION_ARG_STRING, &options.listen,
      "Where to listen; \":PORT\" is all addresses (localhost:8080, with "
      "TLS :8443)", "HOST:PORT"},
  {"tls-cert", 0, 0, G_OPTION_ARG_FILENAME, &options.certificate,
      "Certificate and its chain, PEM", "FILE"},
  {"tls-key", 0, 0, G_OPTION_ARG_FILENAME, &options.key,
      "Key of the certificate, PEM", "FILE"},
  {"self-signed", 0, 0, G_OPTION_ARG_NONE, &options.self_signed,
      "Make a certificate for this machine and keep it in the state folder",
      NULL},
  {"ice-server", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.ice_servers,
      "Hand this out: stun:HOST, turn:HOST or turn:USER:PASSWORD@HOST, each "
      "with :PORT; may be given several times", "URL"},
  {"turn-secret", 0, 0, G_OPTION_ARG_FILENAME, &options.turn_secret,
      "Make time-limited credentials for turn: servers without any, as "
      "coturn's static-auth-secret has it", "FILE"},
  {"turn-ttl", 0, 0, G_OPTION_ARG_INT, &options.turn_ttl,
      "Those credentials are good for S seconds (3600)", "S"},
  {"token-secret", 0, 0, G_OPTION_ARG_FILENAME, &options.token_secret,
      "Let only those in who have a token signed with this", "FILE"},
  {"make-token", 0, 0, G_OPTION_ARG_STRING, &options.token_room,
      "Print a token for ROOM (* is all rooms), signed with --token-secret, "
      "and exit", "ROOM"},
  {"ttl", 0, 0, G_OPTION_ARG_INT, &options.ttl,
      "The token is good for S seconds (86400)", "S"},
  {"state-dir", 0, 0, G_OPTION_ARG_FILENAME, &options.state_dir,
      "Folder for keys that outlive the server", "DIR"},
  {"room", 0, 0, G_OPTION_ARG_STRING, &options.room,
      "Print the address of this room (a random one)", "NAME"},
  {"allow-origin", 0, 0, G_OPTION_ARG_STRING_ARRAY, &options.origins,
      "Let pages of this origin use the server, too", "ORIGIN"},
  {"max-peers", 0, 0, G_OPTION_ARG_INT, &options.max_peers,
      "People in one room, 1 to 100 (16)", "N"},
  {"max-per-address", 0, 0, G_OPTION_ARG_INT, &options.max_per_address,
      "Connections of one address; 0 is no limit (64)", "N"},
  {"exempt-loopback", 0, 0, G_OPTION_ARG_NONE, &options.exempt_loopback,
      "No such limit for this machine: behind a proxy", NULL},
  {"workers", 0, 0, G_OPTION_ARG_INT, &options.workers,
      "Threads, 1 to 64 (4)", "N"},
  {"version", 0, 0, G_OPTION_ARG_NONE, &options.version,
      "Print the version and exit", NULL},
  {NULL}
};
/* *INDENT-ON* */

static gint
fail (const gchar * message)
{
  g_printerr ("call-server: %s\n", message);
  return EXIT_FAILURE;
}

static gboolean
parse_options (gint * argc, gchar *** argv, GError ** error)
{
  g_autoptr (GOptionContext) context = g_option_context_new (NULL);

  g_option_context_set_summary (context,
      "Signalling server of gst-call: rooms, and the page that joins them.");
  g_option_context_add_main_entries (context, entries, NULL);
  if (!g_option_context_parse (context, argc, argv, error))
    return FALSE;
  if (*argc > 1) {
    g_set_error (error, G_OPTION_ERROR, G_OPTION_ERROR_UNKNOWN_OPTION,
        "“%s” is no option; try --help", (*argv)[1]);
    return FALSE;
  }
  return TRUE;
}

static gint
make_token (void)
{
  g_autoptr (GError) error = NULL;
  g_autofree gchar *text = NULL;
  g_autofree gchar *token = NULL;
  g_autoptr (GBytes) secret = NULL;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (options.token_secret == NULL)
    return fail ("--make-token signs with the secret of --token-secret FILE; "
        "give it, too");
  if (strcmp (options.token_room, "*") != 0
      && !call_id_is_valid (options.token_room))
    return fail ("a room's name is 1 to 64 of A-Z a-z 0-9 . _ ~ -");
  if (options.ttl < 1)
    return fail ("--ttl is a number of seconds, at least 1");
  if (!g_file_get_contents (options.token_secret, &text, NULL, &error))
    return fail (error->message);
  g_strchomp (text);
  if (strlen (text) < CALL_MIN_SECRET)
    return fail ("the token secret has less than 32 bytes; make one: "
        "head -c 32 /dev/urandom | base64 > FILE");
  secret = g_bytes_new (text, strlen (text));
  token = call_token_make (secret, options.token_room, now, now + options.ttl);
  g_print ("%s\n", token);
  return EXIT_SUCCESS;
}

/* Two rows of modules in one line of text: half blocks */
static void
print_qr (const gchar * url)
{
#ifdef HAVE_QRENCODE
  static const gchar *blocks[] = { "█", "▀", "▄", " " };
  QRcode *code = QRcode_encodeString (url, 0, QR_ECLEVEL_L, QR_MODE_8, 1);

  if (code == NULL)
    return;
  for (gint y = -2; y < code->width + 2; y += 2) {
    for (gint x = -2; x < code->width + 2; x++) {
      guint dark = 0;

      for (gint i = 0; i < 2; i++) {
        if (x >= 0 && x < code->width && y + i >= 0 && y + i < code->width
            && (code->data[(y + i) * code->width + x] & 1))
          dark |= i == 0 ? 2 : 1;
      }
      g_print ("%s", blocks[dark]);
    }
    g_print ("\n");
  }
  QRcode_free (code);
#endif
}

static void
print_where (CallServer * server, const gchar * room)
{
  g_auto (GStrv) urls = call_server_get_urls (server, room);
  g_autofree gchar *fingerprint = NULL;
  g_autofree gchar *ca_file = NULL;

  g_object_get (server, "fingerprint", &fingerprint, "ca-file", &ca_file, NULL);
  g_print ("Open one of these in a browser, or give it to callbin as uri= with "
      "ws%s in place of http%s:\n", fingerprint ? "s" : "",
      fingerprint ? "s" : "");
  for (guint i = 0; urls[i] != NULL; i++)
    g_print ("  %s\n", urls[i]);
  if (fingerprint != NULL)
    g_print ("Certificate SHA-256: %s\n", fingerprint);
  if (ca_file != NULL)
    g_print ("Its authority, for callbin's tls-ca-file and for phones: %s\n",
        ca_file);
  if (urls[0] != NULL)
    print_qr (urls[0]);
}

static gboolean
add_ice_servers (CallServer * server, gchar ** texts, GError ** error)
{
  for (guint i = 0; texts != NULL && texts[i] != NULL; i++) {
    g_autoptr (CallIceServer) parsed = call_ice_server_parse (texts[i], error);

    if (parsed == NULL)
      return FALSE;
    call_server_add_ice_server (server, parsed);
  }
  return TRUE;
}

static CallServer *
make_server (GError ** error)
{
  gboolean tls = options.self_signed || options.certificate != NULL
      || options.key != NULL;
  g_autofree gchar *folder =
      options.state_dir !=
      NULL ? g_strdup (options.state_dir) : call_state_dir_get_default ();
  g_autoptr (CallServer) server =
      g_object_new (CALL_TYPE_SERVER, "listen",
      options.listen ? options.listen : tls ? ":8443" : "localhost:8080",
      "tls-certificate", options.certificate, "tls-key", options.key,
      "self-signed", options.self_signed, "state-dir", folder,
      "token-secret-file", options.token_secret, "turn-secret-file",
      options.turn_secret, "turn-ttl",
      (guint) CLAMP (options.turn_ttl, 1, CALL_MAX_SECONDS), "allowed-origins",
      options.origins, "max-peers", (guint) CLAMP (options.max_peers, 1,
          CALL_ROOM_MAX_PEERS), "max-per-address",
      (guint) MAX (options.max_per_address, 0), "exempt-loopback",
      options.exempt_loopback, "workers", (guint) CLAMP (options.workers, 1,
          64), NULL);

  if (options.self_signed && (options.certificate != NULL
          || options.key != NULL)) {
    g_set_error_literal (error, G_OPTION_ERROR, G_OPTION_ERROR_BAD_VALUE,
        "give either --self-signed or --tls-cert and --tls-key");
    return NULL;
  }
  if (!add_ice_servers (server, options.ice_servers, error))
    return NULL;
  return g_steal_pointer (&server);
}

static gboolean
on_signal (gpointer loop)
{
  g_main_loop_quit (loop);
  return G_SOURCE_CONTINUE;
}

/* One descriptor is one client, and 1024 are few */
static void
allow_many_files (void)
{
  struct rlimit limit;

  if (getrlimit (RLIMIT_NOFILE, &limit) == 0) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit (RLIMIT_NOFILE, &limit);
  }
}

static gint
serve (void)
{
  g_autoptr (GError) error = NULL;
  g_autoptr (CallServer) server = make_server (&error);
  g_autoptr (GMainLoop) loop = g_main_loop_new (NULL, FALSE);
  g_autofree gchar *room = options.room != NULL ? g_strdup (options.room) :
      call_id_new ();

  if (!call_id_is_valid (room))
    return fail ("a room's name is 1 to 64 of A-Z a-z 0-9 . _ ~ -");
  if (server == NULL)
    return fail (error->message);
  g_unix_signal_add (SIGINT, on_signal, loop);
  g_unix_signal_add (SIGTERM, on_signal, loop);
  allow_many_files ();
  if (!call_server_start (server, &error))
    return fail (error->message);
  print_where (server, room);
  g_main_loop_run (loop);
  g_print ("Stopping.\n");
  call_server_stop (server);
  return EXIT_SUCCESS;
}

static void
options_clear (void)
{
  g_free (options.listen);
  g_free (options.certificate);
  g_free (options.key);
  g_strfreev (options.ice_servers);
  g_free (options.turn_secret);
  g_free (options.token_secret);
  g_free (options.token_room);
  g_free (options.state_dir);
  g_free (options.room);
  g_strfreev (options.origins);
}

gint
main (gint argc, gchar ** argv)
{
  g_autoptr (GError) error = NULL;
  gint status;

  setlocale (LC_ALL, "");
  setvbuf (stdout, NULL, _IOLBF, 0);

  if (!parse_options (&argc, &argv, &error)) {
    status = fail (error->message);
  } else if (options.version) {
    g_print ("call-server %s\n", VERSION);
    status = EXIT_SUCCESS;
  } else if (options.token_room != NULL) {
    status = make_token ();
  } else {
    status = serve ();
  }
  options_clear ();
  return status;
}
