/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfileinbox-private.h"

#include "gstcallfilename.h"

#include <errno.h>
#include <fcntl.h>
#include <gio/gio.h>
#include <unistd.h>

#define MAX_DONE 256            /* files whose senders may ask once more */

/* Where there are too many, one of which nothing has come for so long makes
 * place */
#define MAX_IDLE G_TIME_SPAN_MINUTE

/* Offers, and questions for what is not there, of one peer */
#define MAX_PEERS 256
#define BUCKET_SIZE 100
#define BUCKET_FILL 10          /* a second */

/* One that is complete, for a sender that has not heard so */
typedef struct
{
  gchar *peer_id;
  gchar *key;
  guint32 id;
  gint64 size;
  gchar *sha256;
} Done;

typedef struct
{
  gdouble tokens;
  gint64 filled;
} Bucket;

static void
done_free (gpointer data)
{
  Done *done = data;

  g_free (done->peer_id);
  g_free (done->key);
  g_free (done->sha256);
  g_free (done);
}

guint
gst_call_file_inbox_get_n_transfers (GstCallFileInbox * self)
{
  return self->transfers->len;
}

/* --- bookkeeping --- */

static GstCallFileTransfer *
find (GstCallFileInbox * self, const gchar * peer_id, guint32 id)
{
  for (guint i = 0; i < self->transfers->len; i++) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers, i);

    if (transfer->id == id && g_str_equal (transfer->peer_id, peer_id))
      return transfer;
  }
  return NULL;
}

static GstCallFileTransfer *
find_key (GstCallFileInbox * self, const gchar * peer_id, const gchar * key)
{
  for (guint i = 0; i < self->transfers->len; i++) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers, i);

    if (g_str_equal (transfer->key, key)
        && g_str_equal (transfer->peer_id, peer_id))
      return transfer;
  }
  return NULL;
}

static Done *
find_done (GstCallFileInbox * self, const gchar * peer_id, guint32 id,
    const gchar * key)
{
  for (GList * l = self->done.head; l; l = l->next) {
    Done *done = l->data;

    if (g_str_equal (done->peer_id, peer_id)
        && (key ? g_str_equal (done->key, key) : done->id == id))
      return done;
  }
  return NULL;
}

static guint
count_transfers (GstCallFileInbox * self, const gchar * peer_id)
{
  guint n = 0;

  for (guint i = 0; i < self->transfers->len; i++) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers, i);

    n += g_str_equal (transfer->peer_id, peer_id);
  }
  return n;
}

/* Bytes on the disk, and those that are still to come of those that run */
static void
count_bytes (GstCallFileInbox * self, guint64 * written, guint64 * to_come)
{
  *written = *to_come = 0;
  for (guint i = 0; i < self->transfers->len; i++) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers, i);
    guint64 bytes = gst_call_file_transfer_get_written (transfer);

    *written += bytes;
    if (transfer->partial && transfer->size > (gint64) bytes)
      *to_come += transfer->size - bytes;
  }
}

static gboolean
forget_full_bucket (gpointer key, gpointer value, gpointer now)
{
  Bucket *bucket = value;

  return *(gint64 *) now - bucket->filled >
      BUCKET_SIZE / BUCKET_FILL * G_TIME_SPAN_SECOND;
}

/* FALSE: that peer has asked too often; it gets no answer */
static gboolean
may_ask (GstCallFileInbox * self, const gchar * peer_id, gint64 now)
{
  Bucket *bucket = g_hash_table_lookup (self->buckets, peer_id);

  if (!bucket) {
    if (g_hash_table_size (self->buckets) >= MAX_PEERS)
      g_hash_table_foreach_remove (self->buckets, forget_full_bucket, &now);
    if (g_hash_table_size (self->buckets) >= MAX_PEERS)
      return FALSE;
    bucket = g_new0 (Bucket, 1);
    bucket->tokens = BUCKET_SIZE;
    bucket->filled = now;
    g_hash_table_insert (self->buckets, g_strdup (peer_id), bucket);
  }
  bucket->tokens += (now - bucket->filled) * (gdouble) BUCKET_FILL /
      G_TIME_SPAN_SECOND;
  bucket->tokens = MIN (bucket->tokens, BUCKET_SIZE);
  bucket->filled = now;
  if (bucket->tokens < 1)
    return FALSE;
  bucket->tokens--;
  return TRUE;
}

/* --- offers --- */

/* Of the peer's (NULL: of all), the one of which nothing has come for longest,
 * if that is long: its sender may have been started anew */
static void
give_up_oldest (GstCallFileInbox * self, const gchar * peer_id, gint64 now)
{
  GstCallFileTransfer *oldest = NULL;

  for (guint i = 0; i < self->transfers->len; i++) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers, i);

    if ((!peer_id || g_str_equal (transfer->peer_id, peer_id))
        && (!oldest || transfer->seen < oldest->seen))
      oldest = transfer;
  }
  if (oldest && now - oldest->seen > MAX_IDLE)
    gst_call_file_inbox_fail (self, oldest, "gone");
}

/* NULL: it may come, else the code */
static const gchar *
check_offer (GstCallFileInbox * self, const gchar * peer_id, gint64 size,
    gint64 now)
{
  guint64 written, to_come, wanted = MAX (size, 0);

  if (wanted > self->limits.max_file_size)
    return "too-big";
  if (count_transfers (self, peer_id) >= GST_CALL_FILE_MAX_PEER_TRANSFERS)
    give_up_oldest (self, peer_id, now);
  if (self->transfers->len >= GST_CALL_FILE_MAX_TRANSFERS)
    give_up_oldest (self, NULL, now);
  if (self->transfers->len >= GST_CALL_FILE_MAX_TRANSFERS
      || count_transfers (self, peer_id) >= GST_CALL_FILE_MAX_PEER_TRANSFERS)
    return "too-many";
  count_bytes (self, &written, &to_come);
  if (written + to_come + wanted > self->limits.max_total)
    return "too-many";
  if (!gst_call_file_has_space (self->dir, to_come + wanted))
    return "no-space";
  return NULL;
}

static void
accept_transfer (GstCallFileInbox * self, GstCallFileTransfer * transfer,
    gint64 now)
{
  const gchar *code = gst_call_file_partial_new (self->dir, transfer->name,
      transfer->key, &transfer->partial);

  if (code) {
    gst_call_file_inbox_fail (self, transfer, code);
    return;
  }
  transfer->seen = now;
  gst_call_file_inbox_reply_offset (self, transfer, GST_CALL_FILE_ACCEPT);
}

static void
post_offered (GstCallFileInbox * self, GstCallFileTransfer * transfer)
{
  gst_call_file_inbox_post (self, gst_structure_new ("call-file-offered",
          "id", G_TYPE_UINT, transfer->id,
          "file-name", G_TYPE_STRING, transfer->name,
          "peer-id", G_TYPE_STRING, transfer->peer_id,
          "display-name", G_TYPE_STRING, transfer->display_name,
          "size", G_TYPE_INT64, transfer->size,
          "media-type", G_TYPE_STRING, transfer->media_type,
          "accepted", G_TYPE_BOOLEAN, self->limits.auto_accept, NULL), NULL);
}

static void
start (GstCallFileInbox * self, const gchar * peer_id,
    const gchar * display_name, const GstCallFileMessage * offer, gint64 now)
{
  g_autofree gchar *name = gst_call_file_name_make_safe (offer->name);
  const gchar *code = check_offer (self, peer_id, offer->size, now);
  GstCallFileTransfer *transfer;

  if (code) {
    gst_call_file_inbox_reply_end (self, GST_CALL_FILE_REFUSE, peer_id,
        offer->id, code, gst_call_file_code_to_text (code));
    gst_call_file_inbox_post_failed (self, peer_id, offer->id, name, code,
        gst_call_file_code_to_text (code));
    return;
  }
  transfer = g_new0 (GstCallFileTransfer, 1);
  transfer->peer_id = g_strdup (peer_id);
  transfer->display_name = g_strdup (display_name ? display_name : "");
  transfer->id = offer->id;
  transfer->key = g_strdup (offer->key);
  transfer->name = g_steal_pointer (&name);
  transfer->media_type = g_strdup (offer->media_type);
  transfer->size = offer->size;
  transfer->seen = now;
  g_ptr_array_add (self->transfers, transfer);
  post_offered (self, transfer);
  if (self->limits.auto_accept)
    accept_transfer (self, transfer, now);
}

/* The sender comes back with a file that runs */
static void
resume (GstCallFileInbox * self, GstCallFileTransfer * transfer, guint32 id,
    gint64 now)
{
  gboolean renumbered = transfer->id != id;

  transfer->id = id;
  transfer->seen = now;
  if (transfer->partial)
    gst_call_file_inbox_reply_offset (self, transfer, GST_CALL_FILE_ACCEPT);
  else if (renumbered)
    post_offered (self, transfer);
}

static void
on_offer (GstCallFileInbox * self, const gchar * peer_id,
    const gchar * display_name, const GstCallFileMessage * offer, gint64 now)
{
  GstCallFileTransfer *same_id = find (self, peer_id, offer->id);
  GstCallFileTransfer *same_key = find_key (self, peer_id, offer->key);
  Done *done = find_done (self, peer_id, 0, offer->key);

  if (same_id && same_id != same_key)
    gst_call_file_inbox_drop (self, same_id,
        "Its sender has begun another one.");
  if (same_key && same_key->size == offer->size) {
    resume (self, same_key, offer->id, now);
    return;
  }
  if (same_key)
    gst_call_file_inbox_drop (self, same_key,
        "Its sender has begun another one.");
  if (done && (done->size == offer->size || offer->size < 0)) {
    GstCallFileMessage message = { GST_CALL_FILE_ACCEPT, offer->id };

    /* it has not heard that all is there; it will say the end again */
    done->id = offer->id;
    message.offset = done->size;
    gst_call_file_inbox_reply (self, peer_id, &message);
    return;
  }
  start (self, peer_id, display_name, offer, now);
}

/* --- data --- */

/* NULL: so many bytes more may come of it, else the code */
static const gchar *
check_data (GstCallFileInbox * self, GstCallFileTransfer * transfer,
    guint64 length)
{
  guint64 size = gst_call_file_transfer_get_written (transfer) + length;
  guint64 written, to_come;

  if (size > self->limits.max_file_size
      || (transfer->size >= 0 && size > (guint64) transfer->size))
    return "too-big";
  count_bytes (self, &written, &to_come);
  if (written + length > self->limits.max_total)
    return "too-many";
  return NULL;
}

void
gst_call_file_inbox_chunk (GstCallFileInbox * self, const gchar * peer_id,
    const guint8 * data, gsize size, gint64 now)
{
  GstCallFileTransfer *transfer;
  const gchar *code;
  guint64 offset, there;
  guint32 id;

  if (!gst_call_file_chunk_read (data, size, &id, &offset))
    return;
  transfer = find (self, peer_id, id);
  if (!transfer || !transfer->partial)
    return;
  data += GST_CALL_FILE_HEADER;
  size -= GST_CALL_FILE_HEADER;
  there = gst_call_file_transfer_get_written (transfer);
  if (offset > there) {
    gst_call_file_inbox_fail (self, transfer, "bad-order");
    return;
  }
  if (there - offset >= size)
    return;                     /* all of it is there already */
  data += there - offset;
  size -= there - offset;
  code = check_data (self, transfer, size);
  if (!code)
    code = gst_call_file_partial_write (transfer->partial, data, size);
  if (code) {
    gst_call_file_inbox_fail (self, transfer, code);
    return;
  }
  transfer->seen = now;
  there += size;
  if (there - transfer->acked >= GST_CALL_FILE_ACK_EVERY
      || (gint64) there == transfer->size)
    gst_call_file_inbox_reply_offset (self, transfer, GST_CALL_FILE_ACK);
  gst_call_file_inbox_post_progress (self, transfer, now);
}

static void
remember (GstCallFileInbox * self, GstCallFileTransfer * transfer,
    const gchar * sha256)
{
  Done *done = g_new0 (Done, 1);

  done->peer_id = g_strdup (transfer->peer_id);
  done->key = g_strdup (transfer->key);
  done->id = transfer->id;
  done->size = gst_call_file_transfer_get_written (transfer);
  done->sha256 = g_strdup (sha256);
  g_queue_push_head (&self->done, done);
  if (self->done.length > MAX_DONE)
    done_free (g_queue_pop_tail (&self->done));
}

/* The hash fits: the file is there */
static void
complete (GstCallFileInbox * self, GstCallFileTransfer * transfer,
    const gchar * sha256)
{
  g_autofree gchar *name = NULL;
  g_autofree gchar *path = NULL;
  const gchar *code = gst_call_file_partial_finish (transfer->partial, sha256,
      &name);

  if (code) {
    gst_call_file_inbox_fail (self, transfer, code);
    return;
  }
  path = g_build_filename (self->directory, name, NULL);
  remember (self, transfer, sha256);
  gst_call_file_inbox_reply_done (self, transfer->peer_id, transfer->id);
  gst_call_file_inbox_post (self, gst_structure_new ("call-file-received",
          "id", G_TYPE_UINT, transfer->id,
          "file-name", G_TYPE_STRING, name, "path", G_TYPE_STRING, path,
          "peer-id", G_TYPE_STRING, transfer->peer_id,
          "display-name", G_TYPE_STRING, transfer->display_name,
          "size", G_TYPE_UINT64, gst_call_file_transfer_get_written (transfer),
          "media-type", G_TYPE_STRING, transfer->media_type,
          "sha256", G_TYPE_STRING, sha256, NULL), NULL);
  g_ptr_array_remove_fast (self->transfers, transfer);
}

static void
on_end (GstCallFileInbox * self, const gchar * peer_id,
    const GstCallFileMessage * end, gint64 now)
{
  GstCallFileTransfer *transfer = find (self, peer_id, end->id);
  Done *done;

  if (transfer && transfer->partial) {
    if (gst_call_file_transfer_get_written (transfer) < (guint64) end->size)
      gst_call_file_inbox_fail (self, transfer, "bad-order");
    else if (gst_call_file_transfer_get_written (transfer) !=
        (guint64) end->size || (transfer->size >= 0
            && transfer->size != end->size))
      gst_call_file_inbox_fail (self, transfer, "bad-hash");
    else
      complete (self, transfer, end->sha256);
    return;
  }
  if (transfer) {
    gst_call_file_inbox_fail (self, transfer, "bad-order");
    return;
  }
  if (!may_ask (self, peer_id, now))
    return;
  done = find_done (self, peer_id, end->id, NULL);
  if (done && done->size == end->size
      && g_str_equal (done->sha256, end->sha256))
    gst_call_file_inbox_reply_done (self, peer_id, end->id);
  else
    gst_call_file_inbox_reply_end (self, GST_CALL_FILE_REFUSE, peer_id, end->id,
        "failed", "The receiver does not know of it.");
}

void
gst_call_file_inbox_text (GstCallFileInbox * self, const gchar * peer_id,
    const gchar * display_name, const gchar * text, gsize length, gint64 now)
{
  g_autoptr (GstCallFileMessage) message =
      gst_call_file_message_parse (text, length);
  GstCallFileTransfer *transfer;

  if (!message)
    return;
  switch (message->type) {
    case GST_CALL_FILE_OFFER:
      if (may_ask (self, peer_id, now))
        on_offer (self, peer_id, display_name, message, now);
      break;
    case GST_CALL_FILE_END:
      on_end (self, peer_id, message, now);
      break;
    case GST_CALL_FILE_CANCEL:
      transfer = find (self, peer_id, message->id);
      if (transfer && message->by_sender)
        gst_call_file_inbox_drop (self, transfer,
            *message->text ? message->text : "Its sender has cancelled it.");
      break;
    default:
      /* for senders */
      break;
  }
}

/* --- decisions and ends --- */

gboolean
gst_call_file_inbox_decide (GstCallFileInbox * self, const gchar * peer_id,
    guint32 id, gboolean accept, gint64 now)
{
  GstCallFileTransfer *transfer = find (self, peer_id, id);

  if (!transfer || (accept && transfer->partial))
    return FALSE;
  if (accept) {
    accept_transfer (self, transfer, now);
    return TRUE;
  }
  if (transfer->partial)
    gst_call_file_inbox_reply_end (self, GST_CALL_FILE_CANCEL, peer_id, id,
        NULL, "The receiver has cancelled it.");
  else
    gst_call_file_inbox_reply_end (self, GST_CALL_FILE_REFUSE, peer_id, id,
        "refused", gst_call_file_code_to_text ("refused"));
  gst_call_file_inbox_post (self, gst_structure_new ("call-file-failed", "id",
          G_TYPE_UINT, id, "file-name", G_TYPE_STRING, transfer->name,
          "peer-id", G_TYPE_STRING, peer_id, "code", G_TYPE_STRING,
          transfer->partial ? "cancelled" : "refused", "text", G_TYPE_STRING,
          "It was refused here.", NULL), NULL);
  g_ptr_array_remove_fast (self->transfers, transfer);
  return TRUE;
}

gint64
gst_call_file_inbox_expire (GstCallFileInbox * self, gint64 now)
{
  gint64 next = -1;

  for (guint i = self->transfers->len; i > 0; i--) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers, i - 1);
    gint64 end = transfer->seen + self->limits.resume_timeout;

    if (end <= now)
      gst_call_file_inbox_fail (self, transfer, "gone");
    else if (next < 0 || end < next)
      next = end;
  }
  return next;
}

void
gst_call_file_inbox_end (GstCallFileInbox * self, const gchar * text)
{
  while (self->transfers->len > 0) {
    GstCallFileTransfer *transfer = g_ptr_array_index (self->transfers,
        self->transfers->len - 1);

    gst_call_file_inbox_reply_end (self, GST_CALL_FILE_CANCEL,
        transfer->peer_id, transfer->id, NULL, text);
    gst_call_file_inbox_drop (self, transfer, text);
  }
}

void
gst_call_file_inbox_set_limits (GstCallFileInbox * self,
    const GstCallFileLimits * limits)
{
  self->limits = *limits;
}

static gint
open_directory (const gchar * directory, GError ** error)
{
  gint dir;

  g_mkdir_with_parents (directory, 0700);
  dir = open (directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (dir >= 0 && faccessat (dir, ".", W_OK | X_OK, AT_EACCESS) < 0) {
    gint reason = errno;

    close (dir);
    errno = reason;
    dir = -1;
  }
  if (dir < 0)
    g_set_error_literal (error, G_IO_ERROR, g_io_error_from_errno (errno),
        g_strerror (errno));
  return dir;
}

GstCallFileInbox *
gst_call_file_inbox_new (const gchar * directory,
    const GstCallFileLimits * limits, GError ** error)
{
  gint dir = open_directory (directory, error);
  GstCallFileInbox *self;

  if (dir < 0)
    return NULL;
  self = g_new0 (GstCallFileInbox, 1);
  self->limits = *limits;
  self->directory = g_canonicalize_filename (directory, NULL);
  self->dir = dir;
  self->transfers =
      g_ptr_array_new_with_free_func (gst_call_file_transfer_free);
  g_queue_init (&self->done);
  self->buckets = g_hash_table_new_full (g_str_hash, g_str_equal, g_free,
      g_free);
  g_queue_init (&self->effects);
  return self;
}

void
gst_call_file_inbox_free (GstCallFileInbox * self)
{
  /* partial files are removed before their directory is closed */
  g_ptr_array_unref (self->transfers);
  close (self->dir);
  g_queue_clear_full (&self->done, done_free);
  g_hash_table_unref (self->buckets);
  g_queue_clear_full (&self->effects,
      (GDestroyNotify) gst_call_file_effect_free);
  g_free (self->directory);
  g_free (self);
}
