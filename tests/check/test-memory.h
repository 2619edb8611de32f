/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * What a process has allocated: to the byte, unlike what it has in memory, and
 * under ASan, too, which keeps in memory what has been freed.
 */
#pragma once

#include <glib.h>
#include <malloc.h>

gsize __sanitizer_get_current_allocated_bytes (void) __attribute__((weak));

/* Bytes allocated and not freed */
static inline gsize
test_memory_allocated (void)
{
  struct mallinfo2 info;

  if (__sanitizer_get_current_allocated_bytes)
    return __sanitizer_get_current_allocated_bytes ();
  info = mallinfo2 ();
  return info.uordblks + info.hblkhd;
}
