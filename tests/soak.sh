#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/soak.sh [--minutes N]: a call that lasts (60), with people who come and go, cameras
# that change and a cable that is cut at times. Threads, descriptors and memory of the one
# who stays must be flat: their slopes are printed, and too steep ones are a failure.
#
#   GST_CALL_BUILD    the build folder (build), made and built if needed
set -uo pipefail
root=$(cd "$(dirname "$0")/.." && pwd) || exit 1

minutes=60
if [ "${1:-}" = --minutes ] && [[ ${2:-} =~ ^[0-9]+$ ]]; then
  minutes=$2
elif [ $# -gt 0 ]; then
  echo "usage: tests/soak.sh [--minutes N]" >&2
  exit 2
fi

if [ -z "${GST_CALL_BUILD_ROOT:-}" ]; then
  GST_CALL_BUILD_ROOT=$(cd "$root" && realpath -m "${GST_CALL_BUILD:-build}")
  export GST_CALL_BUILD_ROOT
  {
    [ -f "$GST_CALL_BUILD_ROOT/build.ninja" ] ||
      meson setup "$GST_CALL_BUILD_ROOT" "$root" -Dtests=enabled
    meson compile -C "$GST_CALL_BUILD_ROOT"
  } > /dev/null || exit 1
fi
exec "$root/tests/lib/run-on-link" node "$root/tests/lib/soak.mjs" "$minutes"
