/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What the tests of the file elements share: a room without a network. There is
 * one sender, a line that ends in callfilepay name=pay, and any number of
 * receivers, each a callfiledepay with a directory of its own. What the sender
 * says to a peer goes to that one at once, in the same thread, and what it
 * answers goes back, as callbin does it; filters see, hold or change all.
 */
#pragma once

#include <gst/check/gstcheck.h>

#define DATA_TEST_SECONDS 30
#define DATA_TEST_SENDER "sender"

typedef struct _DataTest DataTest;

typedef struct
{
  DataTest *test;
  gchar *id;
  gchar *directory;
  GstElement *depay;
  GstPad *out;                      /* in front of it */
  gint text;                        /* caps that went to it: -1 none yet */
  gboolean open;                    /* its channel; test lock */
} DataReceiver;

struct _DataTest
{
  gchar *folder;
  GstElement *pipeline;             /* the sender's */
  GstElement *pay;
  GstPad *wire;                     /* behind it */
  gboolean text;                    /* caps that came from it */
  GPtrArray *receivers;             /* of DataReceiver */
  GstBus *bus;                      /* of the receivers */
  GMutex order;                     /* of what the sender is told of peers */
  GMutex lock;
  GCond cond;
  gboolean eos;                     /* lock */
  guint64 n_chunks;                 /* lock: delivered */

  /* FALSE: it does not arrive. *buffer may be another one then. */
  gboolean (*filter) (DataReceiver * receiver, gboolean text,
      GstBuffer ** buffer, gpointer data);
  /* FALSE: it does not come back */
  gboolean (*reply_filter) (DataReceiver * receiver, const gchar * text,
      gpointer data);
  gpointer data;
};

DataTest *data_test_new (void);
/* Stops everything; nothing that is hidden may be left in any directory */
void data_test_free (DataTest * self);

/* A new file of bytes that never repeat; its path. (transfer full) */
gchar *data_test_make_file (DataTest * self, const gchar * name, gsize size);
gboolean data_test_same_file (const gchar * a, const gchar * b);
/* How many files there are, hidden ones too */
guint data_test_count_files (const gchar * directory);
/* The file of that name in the receiver's directory. (transfer full) */
gchar *data_test_received (DataReceiver * receiver, const gchar * name);

/* A receiver in PLAYING; properties: of callfiledepay, "name=value …" or "".
 * Its channel is closed. */
DataReceiver *data_test_add_receiver (DataTest * self, const gchar * id,
    const gchar * properties);
void data_test_open (DataReceiver * receiver);
void data_test_close (DataReceiver * receiver);
/* From the sender to the receiver, by hand */
void data_test_say (DataReceiver * receiver, const gchar * text);
void data_test_say_bytes (DataReceiver * receiver, gconstpointer data,
    gsize size, gboolean text);
void data_test_say_chunk (DataReceiver * receiver, guint32 id, guint64 offset,
    gconstpointer data, gsize size);

/* Starts the sender: "filesrc … ! callfilepay name=pay" */
void data_test_start (DataTest * self, const gchar * format, ...)
    G_GNUC_PRINTF (2, 3);
void data_test_wait_eos (DataTest * self);

/* The next element message of that name on the bus; others are dropped.
 * receiver NULL: of the sender. (transfer full) */
GstMessage *data_test_wait_message (DataTest * self, gboolean sender,
    const gchar * name);
/* The same, its string field has to be value */
void data_test_expect (DataTest * self, gboolean sender, const gchar * name,
    const gchar * field, const gchar * value);
/* There is none of that name now */
void data_test_expect_none (DataTest * self, gboolean sender,
    const gchar * name);
