/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#ifdef HAVE_CONFIG_H
#include "config.h"
#endif

#include "gstcallfilering.h"

#include "gstcallfilemessage.h"

#include <string.h>

#define CAPACITY GST_CALL_FILE_WINDOW

void
gst_call_file_ring_clear (GstCallFileRing * self)
{
  g_clear_pointer (&self->data, g_free);
  self->first = self->front = 0;
}

gsize
gst_call_file_ring_get_room (const GstCallFileRing * self, guint64 needed)
{
  guint64 kept = self->front - CLAMP (needed, self->first, self->front);

  return kept < CAPACITY ? CAPACITY - kept : 0;
}

void
gst_call_file_ring_write (GstCallFileRing * self, const guint8 * data,
    gsize size)
{
  gsize at = self->front % CAPACITY;
  gsize before_edge = MIN (size, CAPACITY - at);

  g_return_if_fail (size <= CAPACITY);

  if (!self->data)
    self->data = g_malloc (CAPACITY);
  memcpy (self->data + at, data, before_edge);
  memcpy (self->data, data + before_edge, size - before_edge);
  self->front += size;
  if (self->front - self->first > CAPACITY)
    self->first = self->front - CAPACITY;
}

gboolean
gst_call_file_ring_read (const GstCallFileRing * self, guint64 offset,
    guint8 * data, gsize size)
{
  gsize at = offset % CAPACITY;
  gsize before_edge = MIN (size, CAPACITY - at);

  if (offset < self->first || offset > self->front
      || self->front - offset < size)
    return FALSE;
  if (size == 0)
    return TRUE;
  memcpy (data, self->data + at, before_edge);
  memcpy (data + before_edge, self->data, size - before_edge);
  return TRUE;
}
