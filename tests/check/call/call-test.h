/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The fixture of the callbin tests: one side of a call is a pipeline with a
 * callbin named "call"; what it posts is kept, what comes out of its remote
 * pads is counted. Several sides live in one process.
 */
#pragma once

#include <gst/check/gstcheck.h>

typedef enum
{
  CALL_AUDIO,
  CALL_VIDEO,
} CallKind;

typedef struct
{
  GstElement *pipeline;
  GstElement *call;

  /* the fixture's lock */
  GPtrArray *messages;              /* GstMessage: element, warning, error */
  guint buffers[2];                 /* out of remote_…_0, by kind */
  guint pads[2];                    /* remote pads that were added */
  guint backwards;                  /* buffers earlier than the one before */
  GstClockTime last[2];             /* running time of the newest */
  GstCaps *caps[2];                 /* newest */
} CallSide;

#define CALL_VIDEO_LIVE "videotestsrc is-live=true pattern=ball ! " \
    "video/x-raw,width=160,height=120,framerate=15/1 ! call.video_0 "
#define CALL_AUDIO_LIVE "audiotestsrc is-live=true ! " \
    "audio/x-raw,rate=48000,channels=1 ! call.audio_0 "

/* Waits until the condition holds; the watchdog fails the test */
#define CALL_WAIT(condition) G_STMT_START { \
    gint64 call_wait_end = call_test_deadline (); \
    while (!(condition)) \
      call_test_iterate (call_wait_end, #condition, __FILE__, __LINE__); \
  } G_STMT_END

gint64 call_test_deadline (void);
/* One turn of the default main context, or a short wait for news */
void call_test_iterate (gint64 deadline, const gchar * condition,
    const gchar * file, gint line);
/* Something changed that a CALL_WAIT looks at. Any thread. */
void call_test_news (void);

/* A pipeline with the callbin's properties, and sources linked to its pads */
CallSide *call_side_new (const gchar * properties, const gchar * sources);
void call_side_free (CallSide * side);
G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallSide, call_side_free)

/* A host of room "tea" that plays. *url is where others join. */
CallSide *call_side_host (const gchar * properties, const gchar * sources,
    gchar ** url);
/* Somebody who joins there, and plays */
CallSide *call_side_join (const gchar * url, const gchar * properties,
    const gchar * sources);

/* videotestsrc for a playing pipeline, linked to call.video_0 */
void call_side_add_camera (CallSide * side);
void call_side_set_state (CallSide * side, GstState state);

/* The index-th element message of that name whose field, a string, has that
 * value (field may be NULL). A copy, or NULL. */
GstStructure *call_side_find (CallSide * side, const gchar * name,
    const gchar * field, const gchar * value, guint index);
gboolean call_side_has (CallSide * side, const gchar * name,
    const gchar * field, const gchar * value);
guint call_side_count (CallSide * side, const gchar * name,
    const gchar * field, const gchar * value);
/* The newest warning or error whose text contains that. */
gboolean call_side_told (CallSide * side, GstMessageType type,
    const gchar * words, GQuark domain, gint code);
/* Was there an error? Its text, or NULL */
gchar *call_side_error (CallSide * side);
/* Prints what was posted, and the statistics */
void call_side_print (CallSide * side);
/* What was posted until now does not count any more */
void call_side_forget (CallSide * side);
/* Fails, with what it says, if there was a call-error */
void call_side_no_error (CallSide * side);

/* Gives that request pad back while what was linked to it goes on, and is not to
 * notice. (transfer full): whose pad it was */
GstElement *call_side_release (CallSide * side, const gchar * pad);

/* Where everything of one of its connections goes out ("nicesink", "sink") or
 * comes in ("nicesrc", "src"). (transfer full), NULL: there is no connection */
GstPad *call_side_network (CallSide * side, const gchar * factory,
    const gchar * pad);
/* From now on nothing gets through that pad, until the probe is removed */
gulong call_test_swallow (GstPad * pad);

guint call_side_buffers (CallSide * side, CallKind kind);
/* The running time of the newest */
GstClockTime call_side_last (CallSide * side, CallKind kind);
/* Waits for n more buffers of that kind */
void call_side_wait_more (CallSide * side, CallKind kind, guint n);
/* ws: from the page's address */
gchar *call_test_ws_url (const gchar * url);
