/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The vectors of tests/data/protocol, which stand there described.
 */
#pragma once

#include <json-glib/json-glib.h>

G_BEGIN_DECLS

/* valid.json or invalid.json; what comes back lives as long as the parser */
JsonArray *load_vectors (const gchar * name, JsonParser ** parser);
/* The input of a vector as bytes */
GBytes *vector_input (JsonObject * vector);

G_END_DECLS
