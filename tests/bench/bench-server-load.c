/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * bench-server-load PORT IDLE ACTIVE RATE SECONDS: joins a server with IDLE
 * members in rooms of ten and ACTIVE ones in rooms of two, waits for a line
 * on its input, and then lets the active ones send RATE messages a second in
 * all. Each message carries the time it was to be sent at, so a server (or
 * this program) that falls behind is measured, not waited for.
 *
 * Speaks as much of the room protocol as is needed for that, over one epoll.
 */
#define _GNU_SOURCE             /* memmem () */

#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define ROOM_SIZE 10
#define BATCH 64
#define BUFFER 8192
#define GRACE 1000000000        /* ns to wait for the last messages */

typedef struct
{
  gint fd;
  guint64 seq;
  gsize filled;
  guint8 *input;                /* BUFFER bytes */
} Member;

typedef struct
{
  guint port;
  guint n_members;
  guint n_active;
  guint rate;
  guint seconds;
  Member *members;              /* the active ones first */
  GArray *latencies;            /* of gint64, ns */
  guint64 sent;
} Load;

static gint64
now_ns (void)
{
  struct timespec t;

  clock_gettime (CLOCK_MONOTONIC, &t);
  return t.tv_sec * G_GINT64_CONSTANT (1000000000) + t.tv_nsec;
}

static void
die (const gchar * what)
{
  fprintf (stderr, "bench-server-load: %s: %s\n", what, strerror (errno));
  exit (1);
}

static void
write_all (gint fd, const void *data, gsize length)
{
  const guint8 *from = data;

  while (length > 0) {
    gssize size = send (fd, from, length, MSG_NOSIGNAL);

    if (size < 0)
      die ("send");
    from += size;
    length -= size;
  }
}

/* The mask is 0: masking is the client's cost, not what is measured */
static void
send_frame (Member * member, guint first, const gchar * data, gsize length)
{
  guint8 frame[1024] = { first };
  gsize header = 6;

  if (length < 126) {
    frame[1] = 0x80 | length;
  } else {
    frame[1] = 0x80 | 126;
    frame[2] = length >> 8;
    frame[3] = length;
    header = 8;
  }
  g_assert (header + length <= sizeof frame);
  memcpy (frame + header, data, length);
  write_all (member->fd, frame, header + length);
}

static void
start_member (Load * load, guint n)
{
  Member *member = &load->members[n];
  struct sockaddr_in to = { 0 };
  gint one = 1;
  g_autofree gchar *request = NULL;
  g_autofree gchar *room = n < load->n_active ?
      g_strdup_printf ("active-%u", n / 2) :
      g_strdup_printf ("idle-%u", (n - load->n_active) / ROOM_SIZE);

  to.sin_family = AF_INET;
  to.sin_addr.s_addr = htonl (INADDR_LOOPBACK);
  to.sin_port = htons (load->port);
  member->fd = socket (AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  member->input = g_malloc (BUFFER);
  setsockopt (member->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  if (connect (member->fd, (struct sockaddr *) &to, sizeof to) < 0)
    die ("connect");
  request = g_strdup_printf ("GET /room/%s HTTP/1.1\r\n"
      "Host: 127.0.0.1:%u\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
      "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
      "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: gst-call.1\r\n\r\n",
      room, load->port);
  write_all (member->fd, request, strlen (request));
}

/* Reads until `text` has come; what is behind it stays in the socket */
static void
wait_for_text (Member * member, const gchar * text)
{
  gsize length = strlen (text);
  guint8 buffer[BUFFER];
  gsize filled = 0;

  while (filled < length || !memmem (buffer, filled, text, length)) {
    gssize size = recv (member->fd, buffer + filled, 1, 0);

    if (size <= 0)
      die ("a member was not welcomed");
    filled += size;
    if (filled == sizeof buffer) {
      memmove (buffer, buffer + filled - length, length);
      filled = length;
    }
  }
}

static void
say_hello (Member * member, guint n, guint n_active)
{
  g_autofree gchar *hello = NULL;
  guint id = n < n_active ? n % 2 : (n - n_active) % ROOM_SIZE;

  hello = g_strdup_printf ("{\"type\":\"hello\",\"version\":1,\"peer\":{"
      "\"peerId\":\"p%u\",\"audio\":\"live\",\"video\":\"live\"}}", id);
  send_frame (member, 0x81, hello, strlen (hello));
}

static void
enter (Load * load)
{
  for (guint first = 0; first < load->n_members; first += BATCH) {
    guint end = MIN (first + BATCH, load->n_members);

    for (guint n = first; n < end; n++)
      start_member (load, n);
    for (guint n = first; n < end; n++)
      wait_for_text (&load->members[n], "\r\n\r\n");
    for (guint n = first; n < end; n++)
      say_hello (&load->members[n], n, load->n_active);
    for (guint n = first; n < end; n++) {
      /* the last member of both welcomes */
      wait_for_text (&load->members[n], "\"iceServers\":[]}");
      fcntl (load->members[n].fd, F_SETFL, O_NONBLOCK);
    }
  }
}

static void
on_frame (Load * load, Member * member, guint type, const gchar * data,
    gsize length)
{
  const gchar *stamp;
  gint64 latency;

  if (type == 9)
    send_frame (member, 0x8a, data, length);
  if (type == 8)
    die ("the server closed a connection");
  stamp = type == 1 ? memmem (data, length, " T", 2) : NULL;
  if (stamp == NULL)
    return;
  latency = now_ns () - g_ascii_strtoll (stamp + 2, NULL, 10);
  g_array_append_val (load->latencies, latency);
}

static void
read_frames (Load * load, Member * member)
{
  gssize size = recv (member->fd, member->input + member->filled,
      BUFFER - member->filled, 0);
  gsize used = 0;

  if (size == 0 || (size < 0 && errno != EAGAIN))
    die ("the server ended a connection");
  if (size < 0)
    return;
  member->filled += size;
  while (member->filled - used >= 4) {
    const guint8 *p = member->input + used;
    gsize header = (p[1] & 0x7f) == 126 ? 4 : 2;
    gsize length = header == 4 ? p[2] << 8 | p[3] : p[1] & 0x7f;

    if (member->filled - used < header + length)
      break;
    on_frame (load, member, p[0] & 0xf, (const gchar *) p + header, length);
    used += header + length;
  }
  /* a ping of two bytes alone */
  if (member->filled - used == 2 && (member->input[used + 1] & 0x7f) == 0) {
    on_frame (load, member, member->input[used] & 0xf, "", 0);
    used += 2;
  }
  memmove (member->input, member->input + used, member->filled - used);
  member->filled -= used;
}

static void
send_message (Load * load, gint64 due)
{
  guint n = load->sent % load->n_active;
  Member *member = &load->members[n];
  gchar text[512];
  gint length = g_snprintf (text, sizeof text, "{\"type\":\"candidate\","
      "\"seq\":%" G_GUINT64_FORMAT ",\"to\":\"p%u\",\"session\":\"5f1e8c\","
      "\"candidate\":\"candidate:1 1 UDP 2122252543 192.168.1.5 50714 typ host "
      "T%" G_GINT64_FORMAT "\",\"sdpMid\":\"0\"}", ++member->seq, 1 - n % 2,
      due);

  send_frame (member, 0x81, text, length);
  load->sent++;
}

static void
run (Load * load)
{
  gint epoll = epoll_create1 (EPOLL_CLOEXEC);
  gint timer = timerfd_create (CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
  gint64 step = 1000000000 / load->rate;
  struct itimerspec spec = { {0, step}, {0, step} };
  struct epoll_event event = { 0 };
  struct epoll_event events[256];
  guint64 total = (guint64) load->rate * load->seconds;
  gint64 start, end;

  event.events = EPOLLIN;
  for (guint n = 0; n < load->n_members; n++) {
    event.data.ptr = &load->members[n];
    epoll_ctl (epoll, EPOLL_CTL_ADD, load->members[n].fd, &event);
  }
  event.data.ptr = NULL;
  epoll_ctl (epoll, EPOLL_CTL_ADD, timer, &event);
  timerfd_settime (timer, 0, &spec, NULL);
  start = now_ns ();
  end = start + load->seconds * G_GINT64_CONSTANT (1000000000) + GRACE;

  while (load->latencies->len < total && now_ns () < end) {
    gint n = epoll_wait (epoll, events, G_N_ELEMENTS (events), 100);

    for (gint i = 0; i < n; i++) {
      guint64 ticks;

      if (events[i].data.ptr != NULL)
        read_frames (load, events[i].data.ptr);
      else if (read (timer, &ticks, sizeof ticks) < 0)
        continue;
    }
    while (load->sent < total && start + (gint64) load->sent * step
        <= now_ns ())
      send_message (load, start + (gint64) load->sent * step);
  }
}

static gint
compare (gconstpointer a, gconstpointer b)
{
  const gint64 *x = a, *y = b;

  return (*x > *y) - (*x < *y);
}

static gdouble
percentile (GArray * sorted, gdouble share)
{
  guint n = MIN ((guint) (sorted->len * share), sorted->len - 1);

  return sorted->len > 0 ? g_array_index (sorted, gint64, n) / 1e6 : -1;
}

gint
main (gint argc, gchar ** argv)
{
  Load load = { 0 };
  struct rlimit files;
  gchar line[16];

  if (argc != 6) {
    fprintf (stderr, "usage: %s PORT IDLE ACTIVE RATE SECONDS\n", argv[0]);
    return 2;
  }
  load.port = atoi (argv[1]);
  load.n_active = atoi (argv[3]);
  load.n_members = atoi (argv[2]) + load.n_active;
  load.rate = atoi (argv[4]);
  load.seconds = atoi (argv[5]);
  load.members = g_new0 (Member, load.n_members);
  load.latencies = g_array_new (FALSE, FALSE, sizeof (gint64));
  getrlimit (RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit (RLIMIT_NOFILE, &files);

  enter (&load);
  printf ("{\"members\": %u}\n", load.n_members);
  fflush (stdout);
  if (fgets (line, sizeof line, stdin) == NULL)
    return 1;
  run (&load);
  g_array_sort (load.latencies, compare);
  printf ("{\"sent\": %" G_GUINT64_FORMAT ", \"received\": %u, \"p50\": %.3f, "
      "\"p99\": %.3f, \"max\": %.3f}\n", load.sent, load.latencies->len,
      percentile (load.latencies, 0.5), percentile (load.latencies, 0.99),
      percentile (load.latencies, 1));
  return load.latencies->len == load.sent ? 0 : 1;
}
