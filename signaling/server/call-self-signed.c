/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Threads: any; several processes may do this at once, a file lock in the
 * folder makes them wait for each other.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-self-signed.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <glib/gstdio.h>
#include <gnutls/abstract.h>
#include <gnutls/x509.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <string.h>
#include <sys/file.h>
#include <sys/random.h>
#include <unistd.h>

#define DAY (24 * 60 * 60)
#define CA_DAYS 3650
#define LEAF_DAYS 365           /* browsers refuse more than 398 and 825 */
#define RENEW_DAYS 30
#define KEY_SIZE 32

/* *INDENT-OFF* */
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_crt_t, gnutls_x509_crt_deinit,
    NULL);
G_DEFINE_AUTO_CLEANUP_FREE_FUNC (gnutls_x509_privkey_t,
    gnutls_x509_privkey_deinit, NULL);
/* *INDENT-ON* */

typedef struct
{
  gchar *ca;
  gchar *ca_key;
  gchar *leaf;                  /* the leaf, then the authority */
  gchar *leaf_key;
} Files;

static void
files_clear (Files * files)
{
  g_free (files->ca);
  g_free (files->ca_key);
  g_free (files->leaf);
  g_free (files->leaf_key);
}

G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC (Files, files_clear);

gchar *
call_state_dir_get_default (void)
{
  const gchar *systemd = g_getenv ("STATE_DIRECTORY");

  if (systemd != NULL && *systemd != '\0')
    return g_strndup (systemd, strcspn (systemd, ":"));
  return g_build_filename (g_get_user_state_dir (), "gst-call", NULL);
}

static gboolean
make_state_dir (const gchar * state_dir, GError ** error)
{
  if (g_mkdir_with_parents (state_dir, 0700) == 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
      "The folder “%s” cannot be made: %s. Choose another one with "
      "--state-dir", state_dir, g_strerror (errno));
  return FALSE;
}

/* -1 and an error, or a descriptor whose closing unlocks */
static gint
lock_state_dir (const gchar * state_dir, GError ** error)
{
  g_autofree gchar *path = g_build_filename (state_dir, "lock", NULL);
  gint fd;

  if (!make_state_dir (state_dir, error))
    return -1;
  fd = open (path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0 || flock (fd, LOCK_EX) < 0) {
    g_set_error (error, G_IO_ERROR, g_io_error_from_errno (errno),
        "“%s” cannot be locked: %s. Choose another folder with --state-dir",
        path, g_strerror (errno));
    if (fd >= 0)
      close (fd);
    return -1;
  }
  return fd;
}

static gboolean
save_secret (const gchar * path, const gchar * data, gsize length,
    GError ** error)
{
  return g_file_set_contents_full (path, data, length,
      G_FILE_SET_CONTENTS_CONSISTENT | G_FILE_SET_CONTENTS_DURABLE, 0600,
      error);
}

GBytes *
call_state_dir_get_key (const gchar * state_dir, const gchar * name,
    GError ** error)
{
  g_autofree gchar *path = g_build_filename (state_dir, name, NULL);
  gchar *text = NULL;
  gsize length;
  gint lock = lock_state_dir (state_dir, error);
  guint8 random[KEY_SIZE];
  GBytes *key = NULL;

  if (lock < 0)
    return NULL;
  if (g_file_get_contents (path, &text, &length, NULL) && length == KEY_SIZE) {
    key = g_bytes_new_take (text, length);
  } else {
    g_free (text);
    if (getrandom (random, sizeof random, 0) == sizeof random
        && save_secret (path, (const gchar *) random, sizeof random, error))
      key = g_bytes_new (random, sizeof random);
  }
  close (lock);
  return key;
}

static void
add_unique (GPtrArray * names, const gchar * name)
{
  if (!g_ptr_array_find_with_equal_func (names, name, g_str_equal, NULL))
    g_ptr_array_add (names, g_strdup (name));
}

static void
add_interface (GPtrArray * names, const struct ifaddrs *interface)
{
  gchar text[INET6_ADDRSTRLEN];
  const struct sockaddr *address = interface->ifa_addr;

  if (address == NULL || !(interface->ifa_flags & IFF_UP)
      || (interface->ifa_flags & IFF_LOOPBACK))
    return;
  if (address->sa_family == AF_INET) {
    const struct sockaddr_in *in = (const struct sockaddr_in *) address;

    if (inet_ntop (AF_INET, &in->sin_addr, text, sizeof text))
      add_unique (names, text);
  } else if (address->sa_family == AF_INET6) {
    const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *) address;

    if (!IN6_IS_ADDR_LINKLOCAL (&in6->sin6_addr)
        && inet_ntop (AF_INET6, &in6->sin6_addr, text, sizeof text))
      add_unique (names, text);
  }
}

gchar **
call_machine_get_names (void)
{
  GPtrArray *names = g_ptr_array_new ();
  struct ifaddrs *interfaces = NULL;
  const gchar *host = g_get_host_name ();

  if (getifaddrs (&interfaces) == 0) {
    for (struct ifaddrs * i = interfaces; i != NULL; i = i->ifa_next)
      add_interface (names, i);
    freeifaddrs (interfaces);
  }
  if (g_hostname_is_ascii_encoded (host) || strlen (host) > 0) {
    add_unique (names, host);
    if (strchr (host, '.') == NULL) {
      g_autofree gchar *local = g_strconcat (host, ".local", NULL);

      add_unique (names, local);
    }
  }
  add_unique (names, "localhost");
  add_unique (names, "127.0.0.1");
  add_unique (names, "::1");
  g_ptr_array_add (names, NULL);
  return (gchar **) g_ptr_array_free (names, FALSE);
}

static gboolean
check (gint result, const gchar * what, GError ** error)
{
  if (result >= 0)
    return TRUE;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_FAILED,
      "The certificate cannot be made (%s): %s", what,
      gnutls_strerror (result));
  return FALSE;
}

static gnutls_x509_privkey_t
make_key (GError ** error)
{
  gnutls_x509_privkey_t key = NULL;

  if (check (gnutls_x509_privkey_init (&key), "key", error)
      && check (gnutls_x509_privkey_generate (key, GNUTLS_PK_ECDSA,
              GNUTLS_CURVE_TO_BITS (GNUTLS_ECC_CURVE_SECP256R1), 0), "key",
          error))
    return key;
  if (key != NULL)
    gnutls_x509_privkey_deinit (key);
  return NULL;
}

/* What authority and leaf have in common */
static gnutls_x509_crt_t
begin_certificate (gnutls_x509_privkey_t key, const gchar * name, gint days,
    GError ** error)
{
  gnutls_x509_crt_t certificate = NULL;
  guint8 serial[16];
  guint8 id[20];
  gsize id_size = sizeof id;
  gint64 now = g_get_real_time () / G_USEC_PER_SEC;

  if (getrandom (serial, sizeof serial, 0) != sizeof serial)
    memset (serial, 1, sizeof serial);
  serial[0] &= 0x7f;            /* positive */
  if (!check (gnutls_x509_crt_init (&certificate), "start", error))
    return NULL;
  gnutls_x509_crt_set_version (certificate, 3);
  gnutls_x509_crt_set_serial (certificate, serial, sizeof serial);
  /* clocks differ */
  gnutls_x509_crt_set_activation_time (certificate, now - DAY);
  gnutls_x509_crt_set_expiration_time (certificate, now + days * DAY);
  gnutls_x509_crt_set_dn_by_oid (certificate, GNUTLS_OID_X520_COMMON_NAME, 0,
      name, MIN (strlen (name), 64));
  gnutls_x509_crt_set_key (certificate, key);
  if (gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA1, id,
          &id_size) == 0)
    gnutls_x509_crt_set_subject_key_id (certificate, id, id_size);
  return certificate;
}

static gboolean
save_pair (gnutls_x509_crt_t certificate, gnutls_x509_crt_t issuer,
    gnutls_x509_privkey_t key, const gchar * certificate_file,
    const gchar * key_file, GError ** error)
{
  gnutls_datum_t first = { NULL, 0 };
  gnutls_datum_t second = { NULL, 0 };
  gnutls_datum_t key_text = { NULL, 0 };
  g_autofree gchar *text = NULL;
  gboolean saved;

  saved = check (gnutls_x509_crt_export2 (certificate, GNUTLS_X509_FMT_PEM,
          &first), "export", error) && (issuer == NULL
      || check (gnutls_x509_crt_export2 (issuer, GNUTLS_X509_FMT_PEM, &second),
          "export", error))
      && check (gnutls_x509_privkey_export2 (key, GNUTLS_X509_FMT_PEM,
          &key_text), "export", error);
  if (saved) {
    text = g_strdup_printf ("%.*s%.*s", (gint) first.size, first.data,
        (gint) second.size, second.data ? (gchar *) second.data : "");
    saved = save_secret (key_file, (gchar *) key_text.data, key_text.size,
        error) && g_file_set_contents_full (certificate_file, text, -1,
        G_FILE_SET_CONTENTS_CONSISTENT, 0644, error);
  }
  gnutls_free (first.data);
  gnutls_free (second.data);
  gnutls_free (key_text.data);
  return saved;
}

static gboolean
make_authority (const Files * files, GError ** error)
{
  g_auto (gnutls_x509_privkey_t) key = make_key (error);
  g_auto (gnutls_x509_crt_t) ca = NULL;
  g_autofree gchar *name = NULL;

  if (key == NULL)
    return FALSE;
  name = g_strdup_printf ("gst-call on %s", g_get_host_name ());
  ca = begin_certificate (key, name, CA_DAYS, error);
  if (ca == NULL)
    return FALSE;
  gnutls_x509_crt_set_basic_constraints (ca, 1, 0);
  gnutls_x509_crt_set_key_usage (ca, GNUTLS_KEY_KEY_CERT_SIGN |
      GNUTLS_KEY_CRL_SIGN);
  return check (gnutls_x509_crt_sign2 (ca, ca, key, GNUTLS_DIG_SHA256, 0),
      "sign", error)
      && save_pair (ca, NULL, key, files->ca, files->ca_key, error);
}

static gnutls_x509_crt_t
load_certificate (const gchar * file)
{
  g_autofree gchar *text = NULL;
  gsize length;
  gnutls_x509_crt_t certificate = NULL;
  gnutls_datum_t data;

  if (!g_file_get_contents (file, &text, &length, NULL))
    return NULL;
  data.data = (guint8 *) text;
  data.size = length;
  gnutls_x509_crt_init (&certificate);
  if (gnutls_x509_crt_import (certificate, &data, GNUTLS_X509_FMT_PEM) < 0) {
    gnutls_x509_crt_deinit (certificate);
    return NULL;
  }
  return certificate;
}

static gnutls_x509_privkey_t
load_key (const gchar * file)
{
  g_autofree gchar *text = NULL;
  gsize length;
  gnutls_x509_privkey_t key = NULL;
  gnutls_datum_t data;

  if (!g_file_get_contents (file, &text, &length, NULL))
    return NULL;
  data.data = (guint8 *) text;
  data.size = length;
  gnutls_x509_privkey_init (&key);
  if (gnutls_x509_privkey_import (key, &data, GNUTLS_X509_FMT_PEM) < 0) {
    gnutls_x509_privkey_deinit (key);
    return NULL;
  }
  return key;
}

static gboolean
lasts (gnutls_x509_crt_t certificate)
{
  return gnutls_x509_crt_get_expiration_time (certificate) >
      g_get_real_time () / G_USEC_PER_SEC + RENEW_DAYS * DAY;
}

static gboolean
is_pair (gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key)
{
  guint8 a[64], b[64];
  gsize a_size = sizeof a, b_size = sizeof b;

  return gnutls_x509_crt_get_key_id (certificate, GNUTLS_KEYID_USE_SHA256, a,
      &a_size) == 0
      && gnutls_x509_privkey_get_key_id (key, GNUTLS_KEYID_USE_SHA256, b,
      &b_size) == 0 && a_size == b_size && memcmp (a, b, a_size) == 0;
}

static gboolean
authority_is_good (const Files * files)
{
  g_auto (gnutls_x509_crt_t) ca = load_certificate (files->ca);
  g_auto (gnutls_x509_privkey_t) key = load_key (files->ca_key);

  return ca != NULL && key != NULL && lasts (ca) && is_pair (ca, key);
}

static gboolean
leaf_is_good (const Files * files, gchar ** names)
{
  g_auto (gnutls_x509_crt_t) ca = load_certificate (files->ca);
  g_auto (gnutls_x509_crt_t) leaf = load_certificate (files->leaf);
  g_auto (gnutls_x509_privkey_t) key = load_key (files->leaf_key);

  if (ca == NULL || leaf == NULL || key == NULL || !lasts (leaf)
      || !is_pair (leaf, key) || gnutls_x509_crt_check_issuer (leaf, ca) != 1)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++) {
    if (gnutls_x509_crt_check_hostname (leaf, names[i]) == 0)
      return FALSE;
  }
  return TRUE;
}

static void
add_name (gnutls_x509_crt_t certificate, const gchar * name)
{
  struct in6_addr six;
  struct in_addr four;

  if (inet_pton (AF_INET, name, &four) == 1)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS,
        &four, sizeof four, GNUTLS_FSAN_APPEND);
  else if (inet_pton (AF_INET6, name, &six) == 1)
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_IPADDRESS,
        &six, sizeof six, GNUTLS_FSAN_APPEND);
  else
    gnutls_x509_crt_set_subject_alt_name (certificate, GNUTLS_SAN_DNSNAME,
        name, strlen (name), GNUTLS_FSAN_APPEND);
}

static gboolean
make_leaf (const Files * files, gchar ** names, GError ** error)
{
  g_auto (gnutls_x509_crt_t) ca = load_certificate (files->ca);
  g_auto (gnutls_x509_privkey_t) ca_key = load_key (files->ca_key);
  g_auto (gnutls_x509_privkey_t) key = make_key (error);
  g_auto (gnutls_x509_crt_t) leaf = NULL;
  guint8 id[64];
  gsize id_size = sizeof id;

  if (key == NULL)
    return FALSE;
  leaf = begin_certificate (key, g_get_host_name (), LEAF_DAYS, error);
  if (leaf == NULL)
    return FALSE;
  for (guint i = 0; names[i] != NULL; i++)
    add_name (leaf, names[i]);
  gnutls_x509_crt_set_basic_constraints (leaf, 0, -1);
  gnutls_x509_crt_set_key_usage (leaf, GNUTLS_KEY_DIGITAL_SIGNATURE);
  gnutls_x509_crt_set_key_purpose_oid (leaf, GNUTLS_KP_TLS_WWW_SERVER, 0);
  if (gnutls_x509_crt_get_subject_key_id (ca, id, &id_size, NULL) == 0)
    gnutls_x509_crt_set_authority_key_id (leaf, id, id_size);
  return check (gnutls_x509_crt_sign2 (leaf, ca, ca_key, GNUTLS_DIG_SHA256, 0),
      "sign", error)
      && save_pair (leaf, ca, key, files->leaf, files->leaf_key, error);
}

gboolean
call_self_signed_ensure (const gchar * state_dir, gchar ** certificate_file,
    gchar ** key_file, gchar ** ca_file, GError ** error)
{
  g_auto (Files) files = { NULL };
  g_auto (GStrv) names = call_machine_get_names ();
  gint lock = lock_state_dir (state_dir, error);
  gboolean good;

  if (lock < 0)
    return FALSE;
  files.ca = g_build_filename (state_dir, "ca.pem", NULL);
  files.ca_key = g_build_filename (state_dir, "ca-key.pem", NULL);
  files.leaf = g_build_filename (state_dir, "server.pem", NULL);
  files.leaf_key = g_build_filename (state_dir, "server-key.pem", NULL);

  good = (authority_is_good (&files) || make_authority (&files, error))
      && (leaf_is_good (&files, names) || make_leaf (&files, names, error));
  close (lock);
  if (!good)
    return FALSE;
  *certificate_file = g_steal_pointer (&files.leaf);
  *key_file = g_steal_pointer (&files.leaf_key);
  *ca_file = g_steal_pointer (&files.ca);
  return TRUE;
}
