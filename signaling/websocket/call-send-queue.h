/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a client has sent in its seat and may have to send again, and what it
 * could not send yet. Numbers messages. No I/O, no threads.
 */
#pragma once

#include "call-message.h"

G_BEGIN_DECLS

#define CALL_QUEUE_MESSAGES 256
#define CALL_QUEUE_BYTES (1024 * 1024)

typedef struct _CallSendQueue CallSendQueue;

CallSendQueue *call_send_queue_new (void);
void call_send_queue_free (CallSendQueue * queue);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallSendQueue, call_send_queue_free)

/* Numbers and keeps a message; its `seq` is not looked at. To stay within the
 * bounds what was written longest ago is forgotten. FALSE: that was not
 * enough, everything kept still waits to be written. */
gboolean call_send_queue_push (CallSendQueue * queue,
    const CallMessage * message);

/* The next text to write, owned by the queue and kept; NULL: none waits */
const gchar *call_send_queue_next (CallSendQueue * queue);

/* The seat was resumed and the server has seen `last_seq` (or lost count:
 * CALL_SEQ_UNKNOWN): forgets what it has, and lets the rest be written again.
 * FALSE: some of the rest is already forgotten, messages are lost; then all
 * are forgotten, and only the numbers go on. */
gboolean call_send_queue_resume (CallSendQueue * queue, guint64 last_seq);

/* A new seat: forgets everything and counts from 1 */
void call_send_queue_reset (CallSendQueue * queue);

G_END_DECLS
