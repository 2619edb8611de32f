/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * call-link ONE OTHER: a network cable between two interfaces, that can be
 * made worse while it is used. For tests: the kernel's netem is not everywhere.
 *
 * It waits until both interfaces are there, says "up", and obeys lines on its
 * standard input, each answered by one line, until that ends:
 *
 *   set forth|back|both NAME=NUMBER …
 *     delay=MS  jitter=MS (more delay, at random; the order stays)
 *     rate=KBIT_PER_S, 0 for no limit; what waits longer than 1 s is lost
 *     loss=PERCENT of the UDP packets, at random
 *     nth=N: each Nth RTP packet is lost, 0 for none; pt=P: only of that
 *     payload type, -1 for any
 *     cut=1: nothing comes through
 *   counts: "forth SEEN LOST back SEEN LOST", in packets
 *
 * Forth is from ONE to OTHER. What is random is the same in each run.
 *
 * Threads: one.
 */
#include <errno.h>
#include <linux/if_packet.h>
#include <linux/virtio_net.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <glib.h>

/* A segment that the kernel has not cut yet, and virtio's head */
#define MAX_FRAME (65536 + 64)
#define MAX_BACKLOG_US G_USEC_PER_SEC
#define WAIT_US (10 * G_USEC_PER_SEC)
#define POLL_US 5000

typedef struct
{
  const gchar *name;
  gdouble delay, jitter, rate, loss, nth, pt, cut;

  gint to;                      /* socket */
  GQueue queue;                 /* (element-type Frame), in order of due */
  gint64 last_due;
  gint64 free_at;               /* when the wire has sent what is queued */
  guint64 matched;              /* RTP packets that nth counts */
  guint64 seen, lost;
} Way;

typedef struct
{
  gint64 due;
  gsize size;
  guint8 data[];
} Frame;

/* The UDP payload of an Ethernet frame, or NULL */
static const guint8 *
udp_payload (const guint8 * frame, gsize size, gsize * left)
{
  gsize head = ETHER_HDR_LEN;
  guint type;

  if (size < head + 20)
    return NULL;
  type = frame[12] << 8 | frame[13];
  if (type == ETHERTYPE_IP && frame[head + 9] == IPPROTO_UDP)
    head += (frame[head] & 15) * 4;
  else if (type == ETHERTYPE_IPV6 && frame[head + 6] == IPPROTO_UDP)
    head += 40;
  else
    return NULL;
  head += 8;
  if (size < head)
    return NULL;
  *left = size - head;
  return frame + head;
}

static gboolean
is_lost (Way * way, const guint8 * frame, gsize size)
{
  gsize left = 0;
  const guint8 *payload = udp_payload (frame, size, &left);
  guint pt;

  if (way->cut > 0)
    return TRUE;
  if (!payload)
    return FALSE;
  if (drand48 () * 100 < way->loss)
    return TRUE;
  /* RFC 7983: STUN and DTLS are elsewhere; RFC 5761: as is RTCP */
  if (way->nth < 1 || left < 12 || payload[0] < 128 || payload[0] > 191)
    return FALSE;
  pt = payload[1] & 127;
  if ((pt >= 64 && pt <= 95) || (way->pt >= 0 && pt != way->pt))
    return FALSE;
  return ++way->matched % (guint64) way->nth == 0;
}

static void
take (Way * way, gint from)
{
  static guint8 data[MAX_FRAME];
  const gsize head = sizeof (struct virtio_net_hdr);
  struct sockaddr_ll address;
  socklen_t length = sizeof address;
  gint64 now = g_get_monotonic_time ();
  gint64 due;
  Frame *frame;
  gssize size = recvfrom (from, data, sizeof data, MSG_DONTWAIT,
      (struct sockaddr *) &address, &length);

  if (size <= (gssize) head || address.sll_pkttype == PACKET_OUTGOING)
    return;
  way->seen++;
  due = MAX (way->free_at, now);
  if (is_lost (way, data + head, size - head) || due - now > MAX_BACKLOG_US) {
    way->lost++;
    return;
  }
  if (way->rate > 0)
    way->free_at = due = due + (size - head) * 8 * 1000 / way->rate;
  due += 1000 * (way->delay + way->jitter * drand48 ());
  frame = g_malloc (sizeof (Frame) + size);
  frame->due = way->last_due = MAX (due, way->last_due);
  frame->size = size;
  memcpy (frame->data, data, size);
  g_queue_push_tail (&way->queue, frame);
}

/* Sends what is due; when the next one will be, or G_MAXINT64 */
static gint64
give (Way * way)
{
  gint64 now = g_get_monotonic_time ();
  Frame *frame;

  while ((frame = g_queue_peek_head (&way->queue)) && frame->due <= now) {
    if (send (way->to, frame->data, frame->size, 0) < 0)
      way->lost++;
    g_free (g_queue_pop_head (&way->queue));
  }
  return frame ? frame->due : G_MAXINT64;
}

static gboolean
set_one (Way * way, const gchar * name, gdouble value)
{
  struct
  {
    const gchar *name;
    gdouble *value;
  } const all[] = {
    {"delay", &way->delay}, {"jitter", &way->jitter}, {"rate", &way->rate},
    {"loss", &way->loss}, {"nth", &way->nth}, {"pt", &way->pt},
    {"cut", &way->cut}
  };
  guint i;

  for (i = 0; i < G_N_ELEMENTS (all); i++) {
    if (g_str_equal (all[i].name, name)) {
      *all[i].value = value;
      return TRUE;
    }
  }
  return FALSE;
}

static gboolean
set_ways (Way * ways, gchar ** words)
{
  guint i, w;

  for (i = 2; words[0] && words[1] && words[i]; i++) {
    g_auto (GStrv) pair = g_strsplit (words[i], "=", 2);

    for (w = 0; w < 2; w++) {
      if (!g_str_equal (words[1], "both") && !g_str_equal (words[1],
              ways[w].name))
        continue;
      if (!pair[0] || !pair[1]
          || !set_one (&ways[w], pair[0], g_ascii_strtod (pair[1], NULL)))
        return FALSE;
    }
  }
  return TRUE;
}

static void
obey (Way * ways, gchar * line)
{
  g_auto (GStrv) words = g_strsplit (g_strstrip (line), " ", -1);

  if (g_strcmp0 (words[0], "counts") == 0)
    printf ("forth %" G_GUINT64_FORMAT " %" G_GUINT64_FORMAT " back %"
        G_GUINT64_FORMAT " %" G_GUINT64_FORMAT "\n", ways[0].seen,
        ways[0].lost, ways[1].seen, ways[1].lost);
  else if (g_strcmp0 (words[0], "set") == 0 && set_ways (ways, words))
    printf ("ok\n");
  else
    printf ("bad line\n");
  fflush (stdout);
}

/* The socket of an interface; exits if it does not come */
static gint
open_interface (const gchar * name)
{
  gint64 end = g_get_monotonic_time () + WAIT_US;
  struct sockaddr_ll address = { 0 };
  gint fd, on = 1;

  while (!(address.sll_ifindex = if_nametoindex (name))) {
    if (g_get_monotonic_time () > end) {
      fprintf (stderr, "call-link: there is no interface %s\n", name);
      exit (1);
    }
    g_usleep (POLL_US);
  }
  /* protocol 0: no packet of another interface before it is bound */
  fd = socket (AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, 0);
  address.sll_family = AF_PACKET;
  address.sll_protocol = g_htons (ETH_P_ALL);
  /* checksums are left to the far end, as in the kernel */
  if (fd < 0 || setsockopt (fd, SOL_PACKET, PACKET_VNET_HDR, &on, sizeof on) < 0
      || bind (fd, (struct sockaddr *) &address, sizeof address) < 0) {
    fprintf (stderr, "call-link: %s: %s\n", name, g_strerror (errno));
    exit (1);
  }
  return fd;
}

static gint
wait_ms (gint64 next)
{
  if (next == G_MAXINT64)
    return -1;
  return CLAMP ((next - g_get_monotonic_time () + 999) / 1000, 0, 1000);
}

int
main (int argc, char **argv)
{
  Way ways[2] = { {"forth"}, {"back"} };
  struct pollfd polls[3] = { {0, POLLIN}, {0, POLLIN}, {0, POLLIN} };
  gchar line[1024];

  if (argc != 3) {
    fprintf (stderr, "usage: call-link ONE OTHER\n");
    return 2;
  }
  srand48 (1);
  setvbuf (stdin, NULL, _IONBF, 0);
  ways[0].pt = ways[1].pt = -1;
  polls[1].fd = ways[1].to = open_interface (argv[1]);
  polls[2].fd = ways[0].to = open_interface (argv[2]);
  printf ("up\n");
  fflush (stdout);

  for (;;) {
    gint64 next = MIN (give (&ways[0]), give (&ways[1]));

    if (poll (polls, G_N_ELEMENTS (polls), wait_ms (next)) < 0)
      return 1;
    if (polls[0].revents) {
      if (!fgets (line, sizeof line, stdin))
        return 0;
      obey (ways, line);
    }
    if (polls[1].revents)
      take (&ways[0], polls[1].fd);
    if (polls[2].revents)
      take (&ways[1], polls[2].fd);
  }
}
