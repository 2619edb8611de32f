/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallblank.h"

#include <gst/audio/audio.h>
#include <gst/video/video.h>

#define SEED_SIZE 16            /* the picture that is scaled up, pixels */

struct _GstCallBlank
{
  GstBuffer *picture;           /* video: one black frame */
  GstAudioInfo audio;
  GstMemory *silence;           /* audio: grows to the largest buffer seen */
};

/* GstVideoConverter knows what black is in every raw format. */
static GstBuffer *
make_picture (GstVideoInfo * info)
{
  g_autoptr (GstBuffer) seed = NULL;
  g_autoptr (GstBuffer) picture = NULL;
  GstVideoConverter *converter;
  GstVideoFrame in, out;
  GstVideoInfo seed_info;
  gint row, x;

  gst_video_info_set_format (&seed_info, GST_VIDEO_FORMAT_ARGB, SEED_SIZE,
      SEED_SIZE);
  seed_info.fps_n = info->fps_n;        /* the converter insists */
  seed_info.fps_d = info->fps_d;
  seed = gst_buffer_new_allocate (NULL, seed_info.size, NULL);
  picture = gst_buffer_new_allocate (NULL, info->size, NULL);
  gst_buffer_memset (picture, 0, 0, info->size);
  if (!gst_video_frame_map (&in, &seed_info, seed, GST_MAP_WRITE))
    return NULL;
  for (row = 0; row < SEED_SIZE; row++) {
    guint8 *line = GST_VIDEO_FRAME_PLANE_DATA (&in, 0);

    line += row * GST_VIDEO_FRAME_PLANE_STRIDE (&in, 0);
    for (x = 0; x < SEED_SIZE; x++)
      GST_WRITE_UINT32_BE (line + 4 * x, 0xff000000);
  }
  gst_video_frame_unmap (&in);

  converter = gst_video_converter_new (&seed_info, info, NULL);
  if (!converter)
    return NULL;
  if (gst_video_frame_map (&in, &seed_info, seed, GST_MAP_READ)) {
    if (gst_video_frame_map (&out, info, picture, GST_MAP_WRITE)) {
      gst_video_converter_frame (converter, &in, &out);
      gst_video_frame_unmap (&out);
    }
    gst_video_frame_unmap (&in);
  }
  gst_video_converter_free (converter);
  return g_steal_pointer (&picture);
}

GstCallBlank *
gst_call_blank_new (const GstCaps * caps)
{
  g_autoptr (GstCallBlank) blank = g_new0 (GstCallBlank, 1);
  const gchar *name = gst_structure_get_name (gst_caps_get_structure (caps, 0));
  GstVideoInfo video;

  if (g_str_equal (name, "video/x-raw")) {
    if (!gst_video_info_from_caps (&video, caps))
      return NULL;
    blank->picture = make_picture (&video);
    if (!blank->picture)
      return NULL;
  } else if (!g_str_equal (name, "audio/x-raw") ||
      !gst_audio_info_from_caps (&blank->audio, caps)) {
    return NULL;
  }
  return g_steal_pointer (&blank);
}

void
gst_call_blank_free (GstCallBlank * blank)
{
  g_clear_pointer (&blank->picture, gst_buffer_unref);
  g_clear_pointer (&blank->silence, gst_memory_unref);
  g_free (blank);
}

static void
ensure_silence (GstCallBlank * blank, gsize size)
{
  GstMapInfo map;

  if (blank->silence
      && gst_memory_get_sizes (blank->silence, NULL, NULL) >= size)
    return;
  g_clear_pointer (&blank->silence, gst_memory_unref);
  blank->silence = gst_allocator_alloc (NULL, size, NULL);
  if (gst_memory_map (blank->silence, &map, GST_MAP_WRITE)) {
    gst_audio_format_info_fill_silence (blank->audio.finfo, map.data, map.size);
    gst_memory_unmap (blank->silence, &map);
  }
}

GstBuffer *
gst_call_blank_buffer (GstCallBlank * blank, GstBuffer * like)
{
  GstBuffer *buffer;

  if (blank->picture) {
    buffer = gst_buffer_copy (blank->picture);
  } else {
    gsize size = gst_buffer_get_size (like);

    ensure_silence (blank, size);
    buffer = gst_buffer_new ();
    if (size > 0)
      gst_buffer_append_memory (buffer,
          gst_memory_share (blank->silence, 0, size));
  }
  gst_buffer_copy_into (buffer, like,
      GST_BUFFER_COPY_FLAGS | GST_BUFFER_COPY_TIMESTAMPS, 0, -1);
  if (!blank->picture)
    GST_BUFFER_FLAG_SET (buffer, GST_BUFFER_FLAG_GAP);
  return buffer;
}
