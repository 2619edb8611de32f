/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * A server that other machines reach: in a network namespace of its own, which
 * has an address that is not loopback.
 */
#define _GNU_SOURCE             /* unshare () */

#include "client.h"

#include <sched.h>
#include <string.h>
#include <unistd.h>

#define ADDRESS "10.77.0.1"     /* RFC 1918: asks for no proxy */
#define SET_UP \
    "ip link set lo up && ip link add call0 type veth peer name call1 && " \
    "ip address add " ADDRESS "/24 dev call0 && " \
    "ip link set call0 up && ip link set call1 up"

static const gchar *why_not;    /* NULL: the namespace is there */

/* Without root: root of a user namespace of ours */
static gboolean
leave_network (void)
{
  g_autofree gchar *users = g_strdup_printf ("0 %u 1", getuid ());
  g_autofree gchar *groups = g_strdup_printf ("0 %u 1", getgid ());

  if (geteuid () == 0)
    return unshare (CLONE_NEWNET) == 0;
  return unshare (CLONE_NEWUSER | CLONE_NEWNET) == 0
      && g_file_set_contents_full ("/proc/self/setgroups", "deny", -1,
      G_FILE_SET_CONTENTS_NONE, 0600, NULL)
      && g_file_set_contents_full ("/proc/self/uid_map", users, -1,
      G_FILE_SET_CONTENTS_NONE, 0600, NULL)
      && g_file_set_contents_full ("/proc/self/gid_map", groups, -1,
      G_FILE_SET_CONTENTS_NONE, 0600, NULL);
}

static void
enter_namespace (void)
{
  gint status;

  if (!leave_network ())
    why_not = "no network namespace can be made here";
  else if (!g_spawn_command_line_sync ("sh -c '" SET_UP "'", NULL, NULL,
          &status, NULL) || status != 0)
    why_not = "no interface can be made in a network namespace";
}

/* The address of the room that others are given, for a client */
static gchar *
get_uri (CallServer * server)
{
  g_auto (GStrv) urls = call_server_get_urls (server, "tea");

  for (guint i = 0; urls[i] != NULL; i++) {
    if (g_str_has_prefix (urls[i], "https://" ADDRESS ":"))
      return g_strconcat ("wss", urls[i] + strlen ("https"), NULL);
  }
  g_error ("No address with " ADDRESS " is offered");
}

/* given a server on all addresses, or on one that is not loopback, with its
 * own certificate, when clients come to the address that it offers, then one
 * with tls-ca-file is in, and one without is refused and told of it */
static void
test_self_signed (void)
{
  static const gchar *const listen[] = { ":0", ADDRESS ":0" };

  if (why_not != NULL) {
    g_test_skip (why_not);
    return;
  }
  for (guint i = 0; i < G_N_ELEMENTS (listen); i++) {
    g_autofree gchar *folder = g_dir_make_tmp ("gst-call-state-XXXXXX", NULL);
    g_autoptr (CallServer) server = start_server ("listen", listen[i],
        "self-signed", TRUE, "state-dir", folder, NULL);
    g_autofree gchar *uri = get_uri (server);
    g_autofree gchar *ca_file = NULL;
    g_autoptr (Person) inside = NULL;
    g_autoptr (Person) outside = NULL;

    g_object_get (server, "ca-file", &ca_file, NULL);
    inside = person_new_for_uri (uri, "tls-ca-file", ca_file, NULL);
    call_message_unref (person_wait (inside, CALL_MESSAGE_WELCOME));
    outside = person_new_for_uri (uri, NULL);
    person_wait_state (outside, CALL_SIGNALLER_CLOSED);
    g_assert_error (outside->error, CALL_SIGNALLER_ERROR,
        CALL_SIGNALLER_ERROR_CERTIFICATE);
    g_assert_nonnull (strstr (outside->error->message, "tls-ca-file"));
    call_server_stop (server);
    remove_folder (folder);
  }
}

gint
main (gint argc, gchar ** argv)
{
  /* before there are threads */
  enter_namespace ();
  g_test_init (&argc, &argv, NULL);
  g_test_add_func ("/network/self-signed", test_self_signed);
  return g_test_run ();
}
