/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Promise: where a message of a data channel ends is known by the packets that
 * bring it, in whatever order and however often they come.
 */
#include <gst/check/gstcheck.h>

#include "gstcallsctpmessages.h"

#define FIRST 0xfffffff0u       /* numbers that wrap around */
#define BEGIN 2
#define END 1
#define UNORDERED 4
#define FRAGMENT 1000           /* bytes */
#define MAX_PACKET 1200

typedef struct
{
  guint8 data[MAX_PACKET];
  gsize size;
} Packet;

static void
packet_add (Packet * self, guint8 type, guint8 flags, gsize body)
{
  guint8 *chunk = self->data + self->size;

  g_assert (self->size + 4 + body <= MAX_PACKET);
  chunk[0] = type;
  chunk[1] = flags;
  GST_WRITE_UINT16_BE (chunk + 2, 4 + body);
  memset (chunk + 4, 0, body);
  self->size += (4 + body + 3) & ~(gsize) 3;
}

static void
give (GstCallSctpMessages * messages, const Packet * packet)
{
  gst_call_sctp_messages_packet (messages, packet->data, packet->size);
}

static GstCallSctpMessages *
begun (guint8 type)
{
  GstCallSctpMessages *messages = gst_call_sctp_messages_new ();
  Packet packet = {.size = 12 };

  packet_add (&packet, type, 0, 16);
  GST_WRITE_UINT32_BE (packet.data + 12 + 16, FIRST);
  give (messages, &packet);
  return messages;
}

static void
data (GstCallSctpMessages * messages, guint32 tsn, guint16 stream,
    guint8 flags, gsize size)
{
  Packet packet = {.size = 12 };

  packet_add (&packet, 0, flags, 12 + size);
  GST_WRITE_UINT32_BE (packet.data + 12 + 4, tsn);
  GST_WRITE_UINT16_BE (packet.data + 12 + 8, stream);
  give (messages, &packet);
}

static void
forward (GstCallSctpMessages * messages, guint32 tsn)
{
  Packet packet = {.size = 12 };

  packet_add (&packet, 192, 0, 4);
  GST_WRITE_UINT32_BE (packet.data + 12 + 4, tsn);
  give (messages, &packet);
}

/* Fragment i of n that begin at tsn */
static void
fragment (GstCallSctpMessages * messages, guint32 tsn, guint16 stream, guint i,
    guint n)
{
  data (messages, tsn + i, stream, (i == 0 ? BEGIN : 0)
      | (i == n - 1 ? END : 0), FRAGMENT);
}

static void
message_without (GstCallSctpMessages * messages, guint32 tsn, guint16 stream,
    guint n, guint missing)
{
  for (guint i = 0; i < n; i++) {
    if (i != missing)
      fragment (messages, tsn, stream, i, n);
  }
}

static void
message (GstCallSctpMessages * messages, guint32 tsn, guint16 stream, guint n)
{
  message_without (messages, tsn, stream, n, n);
}

#define PART (66 * FRAGMENT)    /* as usrsctp makes them */

static void
expect (GstCallSctpMessages * messages, guint16 stream, gsize held, gsize size,
    GstCallSctpKind kind)
{
  fail_unless_equals_int (gst_call_sctp_messages_judge (messages, stream, held,
          size), kind);
}

/* given messages of 70, 1 and 200 fragments, when their parts come out, then the
 * first and the last end with their last part, and what is short passes between */
GST_START_TEST (test_in_order)
{
  GstCallSctpMessages *messages = begun (__i__ ? 2 : 1);

  message (messages, FIRST, 3, 70);
  expect (messages, 3, 0, PART, GST_CALL_SCTP_GOES_ON);
  expect (messages, 3, PART, 4 * FRAGMENT, GST_CALL_SCTP_LAST);
  message (messages, FIRST + 70, 3, 1);
  for (guint i = 0; i < 100; i++)
    fragment (messages, FIRST + 71, 3, i, 200);
  expect (messages, 3, 0, 70 * FRAGMENT, GST_CALL_SCTP_GOES_ON);
  expect (messages, 3, 70 * FRAGMENT, 30 * FRAGMENT, GST_CALL_SCTP_OTHER);
  expect (messages, 3, 70 * FRAGMENT, 1, GST_CALL_SCTP_OTHER);
  for (guint i = 100; i < 200; i++)
    fragment (messages, FIRST + 71, 3, i, 200);
  expect (messages, 3, 70 * FRAGMENT, 100 * FRAGMENT, GST_CALL_SCTP_GOES_ON);
  expect (messages, 3, 170 * FRAGMENT, FRAGMENT, GST_CALL_SCTP_OTHER);
  expect (messages, 3, 170 * FRAGMENT, 30 * FRAGMENT, GST_CALL_SCTP_LAST);
  /* it is through: another one is not known */
  expect (messages, 3, 0, PART, GST_CALL_SCTP_UNKNOWN);
  gst_call_sctp_messages_unref (messages);
}

GST_END_TEST;

static void
shuffle (guint * order, guint n, guint32 seed)
{
  g_autoptr (GRand) rand = g_rand_new_with_seed (seed);

  for (guint i = 0; i < n; i++)
    order[i] = i;
  for (guint i = n - 1; i > 0; i--) {
    guint j = g_rand_int_range (rand, 0, i + 1), swap = order[i];

    order[i] = order[j];
    order[j] = swap;
  }
}

/* given two long messages of two streams, when their fragments come mixed, in any
 * order and twice, then each ends where it does */
GST_START_TEST (test_mixed)
{
  guint order[160];

  for (guint32 seed = 0; seed < 50; seed++) {
    GstCallSctpMessages *messages = begun (1);

    shuffle (order, 160, seed);
    for (guint i = 0; i < 320; i++) {
      guint at = order[i % 160];

      if (at < 70)
        fragment (messages, FIRST, 1, at, 70);
      else
        fragment (messages, FIRST + 70, 2, at - 70, 90);
    }
    expect (messages, 2, 0, PART, GST_CALL_SCTP_GOES_ON);
    expect (messages, 1, 0, PART, GST_CALL_SCTP_GOES_ON);
    expect (messages, 1, PART, 4 * FRAGMENT, GST_CALL_SCTP_LAST);
    expect (messages, 2, PART, 24 * FRAGMENT, GST_CALL_SCTP_LAST);
    gst_call_sctp_messages_unref (messages);
  }
}

GST_END_TEST;

/* given a short message whose middle comes last, when a part comes, then it is of
 * the long one after it */
GST_START_TEST (test_short_before)
{
  GstCallSctpMessages *messages = begun (1);

  message_without (messages, FIRST, 1, 60, 30);
  message (messages, FIRST + 60, 1, 70);
  fragment (messages, FIRST, 1, 30, 60);
  expect (messages, 1, 0, PART, GST_CALL_SCTP_GOES_ON);
  expect (messages, 1, PART, 4 * FRAGMENT, GST_CALL_SCTP_LAST);
  gst_call_sctp_messages_unref (messages);
}

GST_END_TEST;

/* given a message of which parts are held, and whose peer gives it up, when the
 * next one of its stream comes, then that is said once, and the end is that of the
 * next */
GST_START_TEST (test_given_up)
{
  GstCallSctpMessages *messages = begun (1);

  message_without (messages, FIRST, 1, 80, 75);
  message (messages, FIRST + 80, 1, 90);
  expect (messages, 1, 0, PART, GST_CALL_SCTP_GOES_ON);
  fail_if (gst_call_sctp_messages_gave_up (messages, 1));
  forward (messages, FIRST + 79);
  fail_unless (gst_call_sctp_messages_gave_up (messages, 1));
  fail_if (gst_call_sctp_messages_gave_up (messages, 1));
  expect (messages, 1, 0, PART, GST_CALL_SCTP_GOES_ON);
  expect (messages, 1, PART, 24 * FRAGMENT, GST_CALL_SCTP_LAST);
  gst_call_sctp_messages_unref (messages);
}

GST_END_TEST;

/* given what is not ordered, or longer than it may be, or more than is followed, or
 * broken, then nothing is held, and nothing breaks */
GST_START_TEST (test_not_followed)
{
  GstCallSctpMessages *messages = begun (1);
  Packet broken = {.size = 12 };

  for (guint i = 0; i < 80; i++)
    data (messages, FIRST + i, 1, UNORDERED | (i == 0 ? BEGIN : 0)
        | (i == 79 ? END : 0), FRAGMENT);
  expect (messages, 1, 0, PART, GST_CALL_SCTP_UNKNOWN);
  message (messages, FIRST + 80, 1, 300);
  expect (messages, 1, 0, PART, GST_CALL_SCTP_UNKNOWN);
  gst_call_sctp_messages_unref (messages);

  messages = begun (1);
  for (guint i = 0; i < 100000; i++)
    data (messages, FIRST + 2 * i, i, BEGIN, 1);
  expect (messages, 1, 0, PART, GST_CALL_SCTP_UNKNOWN);
  gst_call_sctp_messages_unref (messages);

  messages = begun (1);
  packet_add (&broken, 0, BEGIN, 2);
  GST_WRITE_UINT16_BE (broken.data + 14, 3);
  for (gsize size = 0; size <= broken.size; size++)
    gst_call_sctp_messages_packet (messages, broken.data, size);
  GST_WRITE_UINT16_BE (broken.data + 14, 60000);
  give (messages, &broken);
  message (messages, FIRST, 1, 70);
  expect (messages, 1, 0, PART, GST_CALL_SCTP_GOES_ON);
  expect (messages, 1, PART, 4 * FRAGMENT, GST_CALL_SCTP_LAST);
  gst_call_sctp_messages_unref (messages);
}

GST_END_TEST;

static Suite *
sctp_messages_suite (void)
{
  Suite *s = suite_create ("sctp-messages");
  TCase *tc = tcase_create ("general");

  suite_add_tcase (s, tc);
  tcase_add_loop_test (tc, test_in_order, 0, 2);
  tcase_add_test (tc, test_mixed);
  tcase_add_test (tc, test_short_before);
  tcase_add_test (tc, test_given_up);
  tcase_add_test (tc, test_not_followed);
  return s;
}

GST_CHECK_MAIN (sctp_messages);
