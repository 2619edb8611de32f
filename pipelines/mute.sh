#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# mute.sh [--duration S] [--fake] [--print] [--listen HOST:PORT]
#
# A call in which ann mutes her microphone and then her camera, and opens both
# again, over and over: callctl sets them while her line runs. At the end a line
# says how often bob heard silence and sound, and saw black and pictures by
# turns; the exit status is 0 only if each came when it was asked for.
set -u
. "$(dirname "$0")/lib.sh"

listen=127.0.0.1:8443
parse_options "$@"

choose_sinks
ann=(callbin name=call "uri=ws://$listen/room/tea" display-name=ann)
ann+=(callvideosrc name=cam ! video/x-raw,width=640,height=360 ! call.video_0)
ann+=(callaudiosrc name=mic ! call.audio_0 callcontrol socket=mute)
bob=(callbin name=call "uri=ws://$listen/room/tea" display-name=bob)
# shellcheck disable=SC2206 -- words of a launch line
bob+=(call.remote_video_0 ! videoanalyse ! $video_sink)
bob+=(call.remote_audio_0 ! level ! "$audio_sink")

# What the last 8 pictures and tenths of a second were: two words
last_of_bob ()
{
  tail -n 400 "$scratch/bob.log" | awk '
    /GstVideoAnalyse/ && match($0, /luma-average=\(double\)[0-9.e+-]*/) {
      pictures++
      dark = substr($0, RSTART + 21, RLENGTH - 21) < 0.08 ? dark + 1 : 0
      light = dark ? 0 : light + 1
    }
    /: level,/ && match($0, /rms=[^;]*/) {
      match($0, /rms=[^;]*-?[0-9]+\.[0-9]+/)
      rms = substr($0, RSTART, RLENGTH)
      match(rms, /-?[0-9]+\.[0-9]+/)
      quiet = substr(rms, RSTART, RLENGTH) + 0 < -60 ? quiet + 1 : 0
      tenths++
      loud = quiet ? loud * 0.9 : loud + 1
    }
    END {
      print (dark >= 8 ? "black" : light >= 8 ? "pictures" : "-"),
        (quiet >= 8 ? "silence" : loud >= 2 && !quiet ? "sound" : "-")
    }'
}

# PICTURE SOUND: bob has both. - does not matter.
bob_has ()
{
  local picture sound
  for _ in $(seq 150); do
    read -r picture sound < <(last_of_bob)
    if [[ $1 =~ ^(-|$picture)$ && $2 =~ ^(-|$sound)$ ]]; then
      return 0
    fi
    all_run && [ "$duration" -ge 0 ] || return 1
    sleep 0.1
  done
  echo "bob has ${picture:-nothing} and ${sound:-nothing}, not $1 and $2" >&2
  return 1
}

# WORD...: to ann's line, also where another one like it runs
tell_ann ()
{
  echo "callctl $*"
  callctl --pipeline "mute.${pids[1]}" --wait 5 "$@"
}

rounds=0
one_round ()
{
  tell_ann mute && bob_has - silence &&
    tell_ann unmute && bob_has - sound &&
    tell_ann mute cam && bob_has black - &&
    tell_ann unmute cam && bob_has pictures - &&
    rounds=$((rounds + 1))
}

if [ "$print" = yes ]; then
  echo "call-server --listen $listen --room tea"
  run ann "${ann[@]}"
  run bob "${bob[@]}"
  printf 'callctl --pipeline mute %s\n' mute unmute 'mute cam' 'unmute cam'
  exit
fi
make_scratch
use_runtime_folder
use_build
choose_devices
start_server "$listen" tea
run ann "${ann[@]}"
run bob "${bob[@]}"
status=0
bob_has pictures sound || status=1
end=$((SECONDS + duration))
# once at least; interrupted is not failed
while [ $status -eq 0 ] && [ "$duration" -ge 0 ]; do
  one_round || [ "$duration" -lt 0 ] || status=1
  [ "$duration" -eq 0 ] || [ "$SECONDS" -lt "$end" ] || break
done
show_errors ann
show_errors bob
echo "bob rounds_of_mute=$rounds"
[ "$rounds" -gt 0 ] || status=1
exit $status
