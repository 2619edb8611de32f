/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Inside of callfilepay: gstcallfilepay.c is the element, its pads and what
 * comes back from peers; gstcallfilesend.c is the task that sends;
 * gstcallfiletake.c is what upstream pushes; gstcallfiletell.c is what people are
 * told, and told when they ask.
 *
 * Threads
 *
 *   name       runs                               may take       never
 *   ---------  ---------------------------------  -------------  ---------------
 *   task       gst_call_file_pay_loop, of `src`   lock, OBJECT   -
 *   upstream   chain and events of `sink`, push   lock           push downstream
 *              mode only
 *   callbin    upstream events into `src`         lock, OBJECT   push, post, wait
 *   app        properties, states, actions        lock, OBJECT   -
 *
 * Locks, in the order they may be taken
 *
 *   1 lock     self->lock   with `cond`, which says that something has changed
 *   2 OBJECT   GST_OBJECT   protects: property values
 *
 *   No lock is held while anything is pushed, pulled, queried or posted.
 */
#pragma once

#include <gst/gst.h>

#include "gstcallfilehash.h"
#include "gstcallfilereceivers.h"
#include "gstcallfilering.h"

G_BEGIN_DECLS

GST_DEBUG_CATEGORY_EXTERN (gst_call_file_pay_debug);

#define GST_TYPE_CALL_FILE_PAY (gst_call_file_pay_get_type ())
G_DECLARE_FINAL_TYPE (GstCallFilePay, gst_call_file_pay, GST, CALL_FILE_PAY,
    GstElement)

struct _GstCallFilePay
{
  GstElement parent;

  /* set once in init */
  GstPad *sink;
  GstPad *src;

  GMutex lock;
  GCond cond;

  /* lock */
  gboolean flushing;                /* the task has to end */
  gboolean sink_flushing;           /* upstream has to return */
  GstPadMode mode;                  /* of sink */
  GHashTable *peers;                /* ids of those that have the channel */
  GHashTable *closed;               /* those that lost it while we ask who has */
  gboolean ask;                     /* who has the channel */
  gboolean has_file;                /* push: something has come */
  gboolean over;                    /* push: no more of this file is wanted */
  gboolean ended;                   /* the end of the file is known */
  gboolean eos;                     /* push: no file will follow */
  GstFlowReturn flow;               /* of the task; what upstream gets */
  gboolean cancelled;               /* by the action */
  GstCallFileReceivers *receivers;  /* NULL: no file is being sent */
  guint32 id;                       /* only the task changes it */
  gint64 size;                      /* -1: not known */
  gint64 segment_size;              /* push: what the source says; -1 */
  GstCallFileRing ring;             /* push */
  guint64 reading;                  /* push: what the task is about to read */
  GstCallFileHash *hash;
  guint64 hashed;
  gchar *sha256;                    /* once all is hashed */

  /* only the task */
  struct
  {
    gchar *key;
    gchar *name;
    gchar *media_type;
    guint n_files;                  /* since PAUSED */
    guint n_sent;
    gint64 patient_until;           /* monotonic; 0: nobody else was awaited */
    gboolean told_start;            /* GST_MESSAGE_PROGRESS */
    gboolean begun;                 /* events went out */
    gboolean binary;                /* caps that went out last */
  } task;

  /* object lock */
  gchar *file_name;
  gchar *media_type;
  gchar *to;
  guint chunk_size;
  guint window;
  guint timeout;                    /* s */
};

/* Of `sink`, push mode */
GstFlowReturn gst_call_file_pay_chain (GstPad * pad, GstObject * parent,
    GstBuffer * buffer);
gboolean gst_call_file_pay_sink_event (GstPad * pad, GstObject * parent,
    GstEvent * event);
/* The task of `src` */
void gst_call_file_pay_loop (gpointer self);
/* Of `src` */
gboolean gst_call_file_pay_src_query (GstPad * pad, GstObject * parent,
    GstQuery * query);
/* Messages of the element, about step->peers[0] or the whole file */
void gst_call_file_pay_post_progress (GstCallFilePay * self,
    const GstCallFileStep * step);
void gst_call_file_pay_post_sent (GstCallFilePay * self,
    const GstCallFileStep * step);
void gst_call_file_pay_post_failed (GstCallFilePay * self,
    const GstCallFileStep * step);
void gst_call_file_pay_post_finished (GstCallFilePay * self);
/* lock held: a peer has the channel; ignored if the file is for another */
void gst_call_file_pay_add_peer_locked (GstCallFilePay * self,
    const gchar * peer_id);
/* lock held: forgets the file and where it came from */
void gst_call_file_pay_reset_locked (GstCallFilePay * self);
G_END_DECLS
