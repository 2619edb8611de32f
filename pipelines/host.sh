#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# host.sh [--duration S] [--fake] [--print] [--room NAME] [--listen HOST:PORT]
#
# One line that hosts a room and is in it: the signalling server runs inside
# callbin. Open the URL it prints in a browser, or give it to join.sh. Exit
# status 0 only if somebody came and was seen and heard.
set -u
. "$(dirname "$0")/lib.sh"

room=tea
listen=127.0.0.1:8443
parse_options "$@"

choose_sinks
if [ "$print" = no ]; then
  make_scratch
  use_build
  choose_devices
fi
# shellcheck disable=SC2086 -- words of a launch line
run host callbin name=call "listen=$listen" "room=$room" display-name=host \
  callvideosrc ! video/x-raw,width=640,height=360 ! call.video_0 \
  callaudiosrc ! call.audio_0 \
  call.remote_video_0 ! videoanalyse ! $video_sink \
  call.remote_audio_0 ! level ! "$audio_sink"
[ "$print" = yes ] && exit
for _ in $(seq 200); do
  grep '^Open' "$scratch/host.err" && break
  kill -0 "${pids[0]}" 2>/dev/null || break
  sleep 0.05
done
finish host
