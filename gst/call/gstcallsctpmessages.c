/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where messages end. usrsctp hands on what is longer than half of its receive
 * buffer in parts (RFC 6458, 8.1.21), sctpdec makes a message of each, and the
 * mark of the last one is lost. It stands in the packets, too (RFC 9260, 3.3.1,
 * the B and E bits): the fragments of a message have consecutive numbers (TSN),
 * and add up to its length.
 *
 * Messages of one fragment are of no interest, nor are unordered ones, which come
 * out in an order of their own. Of a stream's messages the parts come out in the
 * order of the numbers, so that a part belongs to the first message of its stream
 * that is not through. Between them comes what is short: usrsctp lets the next
 * message pass if it is one fragment.
 *
 * All is bounded. A peer whose packets make no sense, or say more than fits here,
 * is followed no more: its parts are messages, as before.
 *
 * Threads: any
 *
 * Locks, in the order they may be taken
 *   1 lock   protects: everything here. Nothing is called with it.
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallsctpmessages.h"
#include "gstcallsdp.h"

/* Messages on their way, or on their way out */
#define MAX_RUNS 1024
/* Messages of which parts are held, one for each stream at most */
#define MAX_HELD 32
/* Chunks that came before one that did not */
#define MAX_AHEAD 16384

/* RFC 9260, 3.2; RFC 3758; RFC 8260 */
enum
{
  CHUNK_DATA = 0,
  CHUNK_INIT = 1,
  CHUNK_INIT_ACK = 2,
  CHUNK_I_DATA = 64,
  CHUNK_FORWARD_TSN = 192,
};
#define COMMON_HEADER 12
#define CHUNK_HEADER 4
#define DATA_HEADER 16
#define INIT_HEADER 20
#define FORWARD_TSN_HEADER 8
#define FLAG_END 0x01
#define FLAG_BEGIN 0x02
#define FLAG_UNORDERED 0x04

/* Fragments of one message with consecutive numbers */
typedef struct
{
  guint32 first, end;           /* the one after the last */
  guint16 stream;
  gboolean has_begin, has_end;
  gsize size;                   /* bytes */
  gboolean held;                /* parts of it have come out */
} Run;

struct _GstCallSctpMessages
{
  gint refs;                    /* atomic */
  GMutex lock;
  gboolean begun;               /* a chunk of data has come */
  gboolean lost;                /* they are not followed any more */
  guint32 next;                 /* all before have come */
  GHashTable *ahead;            /* set of numbers after `next` that have come */
  GArray *runs;                 /* Run, in no order */
  GHashTable *given_up;         /* set of streams, with parts that are held */
};

/* In network order, wherever they are */
static guint16
read_u16 (const guint8 * data)
{
  return data[0] << 8 | data[1];
}

static guint32
read_u32 (const guint8 * data)
{
  return (guint32) read_u16 (data) << 16 | read_u16 (data + 2);
}

GstCallSctpMessages *
gst_call_sctp_messages_new (void)
{
  GstCallSctpMessages *self = g_new0 (GstCallSctpMessages, 1);

  self->refs = 1;
  g_mutex_init (&self->lock);
  self->ahead = g_hash_table_new (NULL, NULL);
  self->runs = g_array_new (FALSE, FALSE, sizeof (Run));
  self->given_up = g_hash_table_new (NULL, NULL);
  /* until the peer has said where it begins */
  self->lost = TRUE;
  return self;
}

GstCallSctpMessages *
gst_call_sctp_messages_ref (GstCallSctpMessages * self)
{
  g_atomic_int_inc (&self->refs);
  return self;
}

void
gst_call_sctp_messages_unref (gpointer data)
{
  GstCallSctpMessages *self = data;

  if (!g_atomic_int_dec_and_test (&self->refs))
    return;
  g_hash_table_unref (self->ahead);
  g_array_unref (self->runs);
  g_hash_table_unref (self->given_up);
  g_mutex_clear (&self->lock);
  g_free (self);
}

static void
lose (GstCallSctpMessages * self, const gchar * why)
{
  GST_WARNING ("long messages stay in parts from now on: %s", why);
  self->lost = TRUE;
  g_hash_table_remove_all (self->ahead);
  g_array_set_size (self->runs, 0);
}

/* Numbers wrap around */
static gboolean
is_before (guint32 a, guint32 b)
{
  return (gint32) (a - b) < 0;
}

static Run *
get_run (GstCallSctpMessages * self, guint index)
{
  return &g_array_index (self->runs, Run, index);
}

static gboolean
is_whole (const Run * run)
{
  return run->has_begin && run->has_end;
}

/* The run that `fragment` is the next of or, if not, a new one */
static guint
append (GstCallSctpMessages * self, const Run * fragment)
{
  for (guint i = 0; i < self->runs->len && !fragment->has_begin; i++) {
    Run *run = get_run (self, i);

    if (run->end == fragment->first && !run->has_end
        && run->stream == fragment->stream) {
      run->end = fragment->end;
      run->size += fragment->size;
      run->has_end = fragment->has_end;
      return i;
    }
  }
  g_array_append_val (self->runs, *fragment);
  return self->runs->len - 1;
}

/* … and the one that goes on after it */
static void
join_next (GstCallSctpMessages * self, guint index)
{
  Run *run = get_run (self, index);

  for (guint i = 0; i < self->runs->len && !run->has_end; i++) {
    const Run *next = get_run (self, i);

    if (next->first != run->end || next->has_begin
        || next->stream != run->stream)
      continue;
    run->end = next->end;
    run->size += next->size;
    run->has_end = next->has_end;
    g_array_remove_index (self->runs, i);
    return;
  }
}

/* Messages that never come in parts */
static void
forget_short (GstCallSctpMessages * self)
{
  for (guint i = self->runs->len; i > 0; i--) {
    const Run *run = get_run (self, i - 1);

    if (is_whole (run) && run->size < GST_CALL_SCTP_PART)
      g_array_remove_index_fast (self->runs, i - 1);
  }
}

static void
take_fragment (GstCallSctpMessages * self, const Run * fragment)
{
  join_next (self, append (self, fragment));
  forget_short (self);
  if (self->runs->len >= MAX_RUNS)
    lose (self, "too many are on their way");
}

/* All before `next`, and those that follow it without a gap */
static void
catch_up (GstCallSctpMessages * self)
{
  while (g_hash_table_remove (self->ahead, GUINT_TO_POINTER (self->next)))
    self->next++;
}

/* FALSE: it came before */
static gboolean
is_news (GstCallSctpMessages * self, guint32 tsn)
{
  if (is_before (tsn, self->next))
    return FALSE;
  if (tsn != self->next) {
    if (g_hash_table_size (self->ahead) >= MAX_AHEAD) {
      lose (self, "too much came out of order");
      return FALSE;
    }
    return g_hash_table_add (self->ahead, GUINT_TO_POINTER (tsn));
  }
  self->next++;
  catch_up (self);
  return TRUE;
}

static void
take_data (GstCallSctpMessages * self, const guint8 * chunk, gsize size)
{
  guint32 tsn = read_u32 (chunk + 4);
  guint8 flags = chunk[1];
  Run fragment = {
    tsn, tsn + 1, read_u16 (chunk + 8), (flags & FLAG_BEGIN) != 0,
    (flags & FLAG_END) != 0, size - DATA_HEADER
  };

  self->begun = TRUE;
  if (is_news (self, tsn) && !is_whole (&fragment)
      && !(flags & FLAG_UNORDERED))
    take_fragment (self, &fragment);
}

static gboolean
is_past (gpointer tsn, gpointer value, gpointer next)
{
  return is_before (GPOINTER_TO_UINT (tsn), GPOINTER_TO_UINT (next));
}

/* What has not come by now never will */
static void
take_forward_tsn (GstCallSctpMessages * self, guint32 next)
{
  if (!is_before (self->next, next))
    return;
  self->next = next;
  g_hash_table_foreach_remove (self->ahead, is_past, GUINT_TO_POINTER (next));
  catch_up (self);
  for (guint i = self->runs->len; i > 0; i--) {
    const Run *run = get_run (self, i - 1);

    if (is_whole (run) || !is_before (run->first, next))
      continue;
    if (run->held)
      g_hash_table_add (self->given_up, GUINT_TO_POINTER (run->stream));
    g_array_remove_index_fast (self->runs, i - 1);
  }
}

static void
take_chunk (GstCallSctpMessages * self, const guint8 * chunk, gsize size)
{
  switch (chunk[0]) {
    case CHUNK_INIT:
    case CHUNK_INIT_ACK:
      if (size >= INIT_HEADER && !self->begun) {
        self->next = read_u32 (chunk + 16);
        self->lost = FALSE;
      }
      break;
    case CHUNK_DATA:
      if (size > DATA_HEADER && !self->lost)
        take_data (self, chunk, size);
      break;
    case CHUNK_FORWARD_TSN:
      if (size >= FORWARD_TSN_HEADER && !self->lost)
        take_forward_tsn (self, read_u32 (chunk + 4) + 1);
      break;
    case CHUNK_I_DATA:
      if (!self->lost)
        lose (self, "they are interleaved");
      break;
    default:
      break;
  }
}

void
gst_call_sctp_messages_packet (GstCallSctpMessages * self, const guint8 * data,
    gsize size)
{
  gsize at = COMMON_HEADER, length;

  g_mutex_lock (&self->lock);
  while (at + CHUNK_HEADER <= size) {
    length = read_u16 (data + at + 2);
    if (length < CHUNK_HEADER || length > size - at)
      break;
    take_chunk (self, data + at, length);
    at += (length + 3) & ~(gsize) 3;
  }
  g_mutex_unlock (&self->lock);
}

/* The first of the stream that is not through, or G_MAXUINT */
static guint
find_first (GstCallSctpMessages * self, guint16 stream)
{
  guint found = G_MAXUINT;

  for (guint i = 0; i < self->runs->len; i++) {
    const Run *run = get_run (self, i);

    if (run->stream == stream && run->has_begin && (found == G_MAXUINT
            || is_before (run->first, get_run (self, found)->first)))
      found = i;
  }
  return found;
}

static guint
count_held (GstCallSctpMessages * self)
{
  guint n = 0;

  for (guint i = 0; i < self->runs->len; i++)
    n += get_run (self, i)->held;
  return n;
}

static GstCallSctpKind
judge (GstCallSctpMessages * self, guint16 stream, gsize held, gsize size)
{
  guint index = find_first (self, stream);
  Run *run;

  if (index == G_MAXUINT)
    return GST_CALL_SCTP_UNKNOWN;
  run = get_run (self, index);
  run->held = TRUE;
  if (run->has_end && held + size == run->size) {
    g_array_remove_index_fast (self->runs, index);
    return GST_CALL_SCTP_LAST;
  }
  if (size < GST_CALL_SCTP_PART)
    return GST_CALL_SCTP_OTHER;
  if (held + size > run->size || run->size > GST_CALL_SDP_MAX_MESSAGE_SIZE)
    lose (self, "one is longer than it may be");
  else if (count_held (self) > MAX_HELD)
    lose (self, "too many come at a time");
  return self->lost ? GST_CALL_SCTP_UNKNOWN : GST_CALL_SCTP_GOES_ON;
}

GstCallSctpKind
gst_call_sctp_messages_judge (GstCallSctpMessages * self, guint16 stream,
    gsize held, gsize size)
{
  GstCallSctpKind kind;

  g_mutex_lock (&self->lock);
  kind = judge (self, stream, held, size);
  g_mutex_unlock (&self->lock);
  return kind;
}

gboolean
gst_call_sctp_messages_gave_up (GstCallSctpMessages * self, guint16 stream)
{
  gboolean gave_up;

  g_mutex_lock (&self->lock);
  gave_up = g_hash_table_remove (self->given_up, GUINT_TO_POINTER (stream));
  g_mutex_unlock (&self->lock);
  return gave_up;
}
