/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 */
#pragma once

#include "callctl-link.h"

G_BEGIN_DECLS

/* Commands of callctl that are no elements, NULL at the end */
extern const gchar *const callctl_commands[];

/* Prints what the last of words could become, one per line; words: those after
 * the program's name, without options. links: of CallctlLink */
void callctl_complete (GPtrArray * links, gchar ** words);

G_END_DECLS
