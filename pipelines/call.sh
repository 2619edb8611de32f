#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# call.sh [--duration S] [--fake] [--print] [--room NAME] [--listen HOST:PORT]
#
# Two people in a room: a signalling server and two gst-launch processes, with
# this machine's camera and microphone or fake ones. Open the URL it prints to
# be the third. At the end one line for each side says what it has seen and
# heard; the exit status is 0 only if both saw moving pictures and heard sound.
set -u
. "$(dirname "$0")/lib.sh"

room=tea
listen=127.0.0.1:8443
parse_options "$@"

# NAME: its line, as words
line ()
{
  words=(callbin name=call "uri=ws://$listen/room/$room" "display-name=$1")
  words+=(callvideosrc ! video/x-raw,width=640,height=360 ! call.video_0)
  words+=(callaudiosrc ! call.audio_0)
  # shellcheck disable=SC2206 -- words of a launch line
  words+=(call.remote_video_0 ! videoanalyse ! $video_sink)
  words+=(call.remote_audio_0 ! level ! "$audio_sink")
}

choose_sinks
if [ "$print" = yes ]; then
  echo "call-server --listen $listen --room $room"
else
  make_scratch
  use_build
  choose_devices
  start_server "$listen" "$room"
fi
line ann
run ann "${words[@]}"
# one camera is for one person: the other one gets a fake
export GST_CALL_FAKE_DEVICES=${GST_CALL_FAKE_DEVICES:-video=3,audio=2}
line bob
run bob "${words[@]}"
[ "$print" = yes ] || finish ann bob
