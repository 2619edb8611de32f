/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * callctl's end of a connection: PROTOCOL.md, asked and answered in turn.
 * One thread.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

typedef struct _CallctlLink CallctlLink;

/* What the other end said: code and text of an error of the protocol */
#define CALLCTL_ERROR (callctl_error_quark ())
GQuark callctl_error_quark (void);
typedef enum
{
  CALLCTL_ERROR_REFUSED,        /* answered, but not done */
  CALLCTL_ERROR_LOST,           /* the connection ended */
  CALLCTL_ERROR_TIMEOUT,
} CallctlError;

/* Connects and reads the greeting; every wait is at most so many seconds. */
CallctlLink *callctl_link_open (const gchar * path, guint timeout,
    GError ** error);
void callctl_link_free (CallctlLink * link);

/* Links to all running pipelines, or to those called pipeline ("demo",
 * "demo.4711", a path); waits so many seconds for the first. None: error may
 * say why. (transfer full) */
GPtrArray *callctl_link_open_all (const gchar * pipeline, guint wait,
    guint timeout, GError ** error);

/* "demo.4711" */
const gchar *callctl_link_get_name (CallctlLink * link);
JsonObject *callctl_link_get_hello (CallctlLink * link);

/* Takes request. The answer; events meanwhile are kept for wait.
 * (transfer full) */
JsonObject *callctl_link_ask (CallctlLink * link, JsonObject * request,
    GError ** error);

/* {"do": command, "element": element}; element may be NULL. (transfer full) */
JsonObject *callctl_request (const gchar * command, const gchar * element);

/* The next event, within so many ms; 0: however long that takes.
 * (transfer full) */
JsonObject *callctl_link_wait (CallctlLink * link, guint ms, GError ** error);

/* TRUE: the refusal has this code of the protocol */
gboolean callctl_link_was (CallctlLink * link, const gchar * code);

G_DEFINE_AUTOPTR_CLEANUP_FUNC (CallctlLink, callctl_link_free)

G_END_DECLS
