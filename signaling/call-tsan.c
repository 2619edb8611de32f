/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Tells ThreadSanitizer of our GMutexes: GLib's are futexes, which it does not
 * see, and it would take all that they protect for a race. Linked with
 * --wrap into what is built with -Db_sanitize=thread, and into nothing else.
 *
 * Threads: any.
 *
 * Locks, in the order they may be taken: none of its own.
 */
#include <glib.h>
#include <sanitizer/tsan_interface.h>

void __real_g_mutex_init (GMutex * mutex);
void __real_g_mutex_clear (GMutex * mutex);
void __real_g_mutex_lock (GMutex * mutex);
void __real_g_mutex_unlock (GMutex * mutex);
void __wrap_g_mutex_init (GMutex * mutex);
void __wrap_g_mutex_clear (GMutex * mutex);
void __wrap_g_mutex_lock (GMutex * mutex);
void __wrap_g_mutex_unlock (GMutex * mutex);

void
__wrap_g_mutex_init (GMutex * mutex)
{
  __tsan_mutex_create (mutex, 0);
  __real_g_mutex_init (mutex);
}

void
__wrap_g_mutex_clear (GMutex * mutex)
{
  __tsan_mutex_destroy (mutex, 0);
  __real_g_mutex_clear (mutex);
}

void
__wrap_g_mutex_lock (GMutex * mutex)
{
  __tsan_mutex_pre_lock (mutex, 0);
  __real_g_mutex_lock (mutex);
  __tsan_mutex_post_lock (mutex, 0, 0);
}

void
__wrap_g_mutex_unlock (GMutex * mutex)
{
  __tsan_mutex_pre_unlock (mutex, 0);
  __real_g_mutex_unlock (mutex);
  __tsan_mutex_post_unlock (mutex, 0);
}
