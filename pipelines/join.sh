#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# join.sh [--duration S] [--fake] [--print] [--ca-file F | --insecure] URL
#
# One line that joins a room: URL is ws[s]://HOST:PORT/room/NAME, or what
# host.sh and call-server print for browsers. Exit status 0 only if somebody
# was seen and heard.
set -u
. "$(dirname "$0")/lib.sh"

tls=()
url=
while [ $# -gt 0 ]; do
  used=1
  case $1 in
    --ca-file) tls=("tls-ca-file=${2:?}"); used=2 ;;
    --insecure) tls=("tls-insecure=true") ;;
    --*) common_option "$@" ;;
    *) url=$1 ;;
  esac
  shift "$used"
done
[ -n "$url" ] || { echo "$0: which room? (see --help)" >&2; exit 2; }

choose_sinks
if [ "$print" = no ]; then
  make_scratch
  use_build
  choose_devices
fi
# shellcheck disable=SC2086 -- words of a launch line
run guest callbin name=call "uri=${url/#http/ws}" "${tls[@]}" display-name=guest \
  callvideosrc ! video/x-raw,width=640,height=360 ! call.video_0 \
  callaudiosrc ! call.audio_0 \
  call.remote_video_0 ! videoanalyse ! $video_sink \
  call.remote_audio_0 ! level ! "$audio_sink"
[ "$print" = yes ] || finish guest
