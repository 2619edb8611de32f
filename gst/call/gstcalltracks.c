/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The request pads of callbin, video_0 and audio_0, and the tracks behind them.
 *
 * Threads
 *   name       runs                                          may take
 *   app        request and release; the latter waits for     OBJECT
 *              the worker
 *   worker     get, and what is told to the room             OBJECT
 *   streaming  on_track_notify: posts                        OBJECT
 *
 * Locks, in the order they may be taken
 *   1 OBJECT   protects: tracks
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallbin-private.h"
#include "gstcallpad.h"

GstCallTrack *
gst_call_tracks_get (GstElement * element, GstCallKind kind)
{
  GstCallBin *self = GST_CALL_BIN (element);
  GstCallTrack *track;

  GST_OBJECT_LOCK (self);
  track = self->tracks[kind];
  GST_OBJECT_UNLOCK (self);
  return track;
}

static void
tracks_changed (gpointer object, gpointer data)
{
  gst_call_room_tracks_changed (((GstCallBin *) object)->room);
}

static void
update_senders (gpointer object, gpointer data)
{
  gst_call_room_update_senders (((GstCallBin *) object)->room);
}

static void
on_track_notify (GstCallTrack * track, gpointer data)
{
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (data);

  if (worker)
    gst_call_worker_post (worker, update_senders, data, NULL, NULL);
}

/* One of each kind for now: a second camera needs m-lines of its own. */
GstPad *
gst_call_tracks_request_pad (GstElement * element, GstPadTemplate * template,
    const gchar * name, const GstCaps * caps)
{
  GstCallBin *self = GST_CALL_BIN (element);
  gboolean video = g_str_has_prefix (GST_PAD_TEMPLATE_NAME_TEMPLATE (template),
      "video");
  GstCallKind kind = video ? GST_CALL_KIND_VIDEO : GST_CALL_KIND_AUDIO;
  const gchar *track_name = video ? "video_0" : "audio_0";
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);
  g_autoptr (GstPad) sink = NULL;
  GstCallTrack *track;
  GstPad *ghost;

  if (gst_call_tracks_get (element, kind) || (name
          && !g_str_equal (name, track_name))) {
    GST_ELEMENT_WARNING (self, STREAM, FAILED,
        ("%s is refused: callbin sends one %s track, %s",
            name ? name : "A second pad", video ? "video" : "audio",
            track_name), (NULL));
    return NULL;
  }
  track = gst_call_track_new (track_name, kind, on_track_notify, self);
  if (video)
    g_object_set (track, "max-bitrate", self->max_bitrate, NULL);
  gst_bin_add (GST_BIN (self), GST_ELEMENT (track));
  gst_call_sync_state (GST_ELEMENT (track));
  sink = gst_element_get_static_pad (GST_ELEMENT (track), "sink");
  ghost = gst_ghost_pad_new_from_template (track_name, sink, template);
  gst_pad_set_active (ghost, TRUE);
  gst_element_add_pad (element, ghost);

  GST_OBJECT_LOCK (self);
  self->tracks[kind] = gst_object_ref (track);
  GST_OBJECT_UNLOCK (self);
  if (worker)
    gst_call_worker_post (worker, tracks_changed, self, NULL, NULL);
  return ghost;
}

void
gst_call_tracks_release_pad (GstElement * element, GstPad * pad)
{
  GstCallBin *self = GST_CALL_BIN (element);
  GstCallKind kind = g_str_has_prefix (GST_OBJECT_NAME (pad), "video") ?
      GST_CALL_KIND_VIDEO : GST_CALL_KIND_AUDIO;
  g_autoptr (GstCallWorker) worker = gst_call_bin_get_worker (self);
  GstCallTrack *track;

  GST_OBJECT_LOCK (self);
  track = g_steal_pointer (&self->tracks[kind]);
  GST_OBJECT_UNLOCK (self);
  /* the peers let go of it first */
  if (worker)
    gst_call_worker_run (worker, tracks_changed, self, NULL);
  /* before the pad: a source may wait for PLAYING inside */
  if (track) {
    gst_element_set_locked_state (GST_ELEMENT (track), TRUE);
    gst_element_set_state (GST_ELEMENT (track), GST_STATE_NULL);
  }
  gst_pad_set_active (pad, FALSE);
  gst_element_remove_pad (element, pad);
  if (!track)
    return;
  /* a bin that is disposed of has let its children go before its pads */
  if (GST_OBJECT_PARENT (track))
    gst_bin_remove (GST_BIN (self), GST_ELEMENT (track));
  gst_object_unref (track);
}
