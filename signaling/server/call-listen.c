/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "call-listen.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <string.h>
#include <unistd.h>

#define BACKLOG 1024

static void
close_socket (gpointer data)
{
  close (*(gint *) data);
}

gchar *
call_listen_parse (const gchar * address, guint * port, GError ** error)
{
  const gchar *colon = strrchr (address, ':');
  g_autofree gchar *host = NULL;
  guint64 number;

  if (colon != NULL && g_ascii_string_to_unsigned (colon + 1, 10, 0, 65535,
          &number, NULL))
    host = g_strndup (address, colon - address);
  if (host != NULL && host[0] == '[' && g_str_has_suffix (host, "]")) {
    host[strlen (host) - 1] = '\0';
    memmove (host, host + 1, strlen (host));
  } else if (host != NULL && strchr (host, ':') != NULL) {
    g_clear_pointer (&host, g_free);
  }
  if (host == NULL) {
    g_set_error (error, G_IO_ERROR, G_IO_ERROR_INVALID_ARGUMENT,
        "“%s” is no address to listen on; give HOST:PORT, [IPV6]:PORT, or "
        ":PORT for all addresses", address);
    return NULL;
  }
  if (strcmp (host, "*") == 0)
    host[0] = '\0';
  *port = number;
  return g_steal_pointer (&host);
}

static void
explain (const gchar * address, guint port, gint problem, GError ** error)
{
  const gchar *advice = "";

  if (problem == EADDRINUSE)
    advice = ". Stop the program that has the port, or listen on another one";
  else if (problem == EACCES)
    advice = ". Ports below 1024 are for privileged programs: listen on "
        "another one, or allow it (setcap cap_net_bind_service=+ep)";
  else if (problem == EADDRNOTAVAIL)
    advice = ". This machine does not have that address";
  g_set_error (error, G_IO_ERROR, g_io_error_from_errno (problem),
      "Cannot listen on %s (port %u): %s%s", address, port,
      g_strerror (problem), advice);
}

static guint
get_port (gint fd)
{
  struct sockaddr_storage address;
  socklen_t length = sizeof address;

  if (getsockname (fd, (struct sockaddr *) &address, &length) < 0)
    return 0;
  if (address.ss_family == AF_INET6)
    return ntohs (((struct sockaddr_in6 *) &address)->sin6_port);
  return ntohs (((struct sockaddr_in *) &address)->sin_port);
}

/* -1 and errno */
static gint
listen_on (const struct addrinfo *info, guint port)
{
  struct sockaddr_storage address;
  gint one = 1, zero = 0;
  gint fd, problem;

  memcpy (&address, info->ai_addr, info->ai_addrlen);
  fd = socket (info->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return -1;
  setsockopt (fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
  if (info->ai_family == AF_INET6) {
    struct sockaddr_in6 *six = (struct sockaddr_in6 *) &address;
    gboolean any = IN6_IS_ADDR_UNSPECIFIED (&six->sin6_addr);

    /* [::] takes IPv4 as well */
    setsockopt (fd, IPPROTO_IPV6, IPV6_V6ONLY, any ? &zero : &one, sizeof one);
    six->sin6_port = htons (port);
  } else {
    ((struct sockaddr_in *) &address)->sin_port = htons (port);
  }
  if (bind (fd, (struct sockaddr *) &address, info->ai_addrlen) == 0
      && listen (fd, BACKLOG) == 0)
    return fd;
  problem = errno;
  close (fd);
  errno = problem;
  return -1;
}

static struct addrinfo *
resolve (const gchar * host, GError ** error)
{
  struct addrinfo hints = { 0 };
  struct addrinfo *list = NULL;
  gint result;

  hints.ai_flags = AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  if (*host == '\0') {
    hints.ai_flags |= AI_NUMERICHOST;
    hints.ai_family = AF_INET6;
    host = "::";
  }
  result = getaddrinfo (host, "0", &hints, &list);
  if (result == 0)
    return list;
  g_set_error (error, G_IO_ERROR, G_IO_ERROR_HOST_NOT_FOUND,
      "There is no host “%s” to listen on: %s", host,
      gai_strerror (result));
  return NULL;
}

static gboolean
add_sockets (GArray * sockets, const struct addrinfo *list, guint * port,
    gint * problem)
{
  for (const struct addrinfo * info = list; info; info = info->ai_next) {
    gint fd = listen_on (info, *port);

    if (fd >= 0) {
      g_array_append_val (sockets, fd);
      *port = get_port (fd);
    } else {
      *problem = errno;
      /* one family missing is no matter, a port taken by another is */
      if (errno != EADDRNOTAVAIL && errno != EAFNOSUPPORT)
        return FALSE;
    }
  }
  return sockets->len > 0;
}

static gboolean
listen_on_host (GArray * sockets, const gchar * host, guint * port,
    gint * problem, GError ** error)
{
  struct addrinfo *list = resolve (host, error);
  gboolean good;

  if (list == NULL)
    return FALSE;
  good = add_sockets (sockets, list, port, problem);
  freeaddrinfo (list);
  return good;
}

GArray *
call_listen (const gchar * address, guint * port, GError ** error)
{
  g_autoptr (GArray) sockets = g_array_new (FALSE, FALSE, sizeof (gint));
  g_autofree gchar *host = call_listen_parse (address, port, error);
  g_autoptr (GError) not_found = NULL;
  gint problem = 0;
  gboolean any_port = *port == 0;
  gboolean good;

  g_array_set_clear_func (sockets, close_socket);
  if (host == NULL)
    return NULL;
  /* browsers try both, whatever the hosts file says */
  if (g_ascii_strcasecmp (host, "localhost") == 0)
    good = listen_on_host (sockets, "127.0.0.1", port, &problem, &not_found)
        && (listen_on_host (sockets, "::1", port, &problem, NULL)
        || any_port || problem != EADDRINUSE);
  else
    good = listen_on_host (sockets, host, port, &problem, &not_found);
  /* a kernel without IPv6 */
  if (!good && *host == '\0' && problem == EAFNOSUPPORT)
    good = listen_on_host (sockets, "0.0.0.0", port, &problem, &not_found);
  if (good)
    return g_steal_pointer (&sockets);
  if (not_found != NULL)
    g_propagate_error (error, g_steal_pointer (&not_found));
  else
    explain (address, *port, problem, error);
  return NULL;
}
