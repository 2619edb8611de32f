/* gst-call
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * The one function of a fuzz target. libFuzzer calls it, or replay.c does.
 */
#pragma once

#include <glib.h>
#include <stddef.h>
#include <stdint.h>

int LLVMFuzzerTestOneInput (const uint8_t * data, size_t size);
