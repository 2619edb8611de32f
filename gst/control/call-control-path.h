/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * Where the sockets of running pipelines are, and how one is claimed and found.
 * No GStreamer here: callctl is built from this, too. Any thread; nothing here
 * waits for another process longer than CALL_CONTROL_CONNECT_MS.
 */
#pragma once

#include <gio/gio.h>

G_BEGIN_DECLS

#define CALL_CONTROL_SUFFIX ".sock"
#define CALL_CONTROL_CONNECT_MS 2000

/* $XDG_RUNTIME_DIR/gst-call, or, where that folder is not there or somebody
 * else's, gst-call in the user's cache folder. (transfer full) */
gchar *call_control_directory (void);

/* Makes it, mode 0700; refuses one that others may enter or own. */
gboolean call_control_make_directory (const gchar * path, GError ** error);

/* "DIR/NAME.PID.sock", with a number behind PID from the second on. What is not
 * A-Z a-z 0-9 _ - in name becomes "_", and 48 bytes of it count.
 * (transfer full) */
gchar *call_control_socket_path (const gchar * directory, const gchar * name,
    guint number);

/* A connected descriptor, or -1: G_IO_ERROR_CONNECTION_REFUSED is a socket
 * whose process is dead, G_IO_ERROR_NOT_FOUND none. */
gint call_control_connect (const gchar * path, GError ** error);

/* A descriptor that listens at path, mode 0600, or -1. What a dead process left
 * there is replaced; a living one's socket, and what is no socket, is not:
 * G_IO_ERROR_EXISTS. */
gint call_control_listen (const gchar * path, GError ** error);

/* Paths of the sockets in directory that somebody listens at, sorted. Those of
 * dead processes are removed. (transfer container) */
GPtrArray *call_control_list (const gchar * directory);

G_END_DECLS
