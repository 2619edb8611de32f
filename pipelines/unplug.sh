#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# unplug.sh [--duration S] [--fake] [--print] [--listen HOST:PORT]
#
# A call in which ann's camera is pulled out: her line takes the next camera
# there is, or sends black, and the call goes on. Pull it out when you are told;
# the first of the fake cameras goes by itself. At the end a line says what
# became of it and what bob has seen since; the exit status is 0 only if the
# camera went and bob's pictures came on.
set -u
. "$(dirname "$0")/lib.sh"

listen=127.0.0.1:8443
parse_options "$@"

choose_sinks
ann=(callbin name=call "uri=ws://$listen/room/tea" display-name=ann)
ann+=(callvideosrc name=cam fallback=next-device ! video/x-raw,width=640,height=360 ! call.video_0)
ann+=(callcontrol socket=unplug)
bob=(callbin name=call "uri=ws://$listen/room/tea" display-name=bob)
# shellcheck disable=SC2206 -- words of a launch line
bob+=(call.remote_video_0 ! videoanalyse ! $video_sink)

pictures ()
{
  grep -c GstVideoAnalyse "$scratch/bob.log"
}

# N: bob has seen so many; not for ever
wait_for_pictures ()
{
  for _ in $(seq 300); do
    [ "$(pictures)" -ge "$1" ] && return
    all_run && [ "$duration" -ge 0 ] || return 1
    sleep 0.1
  done
  return 1
}

# The camera is gone: what ann's line said of it
became ()
{
  if grep -q 'call-track-switched.*reason=(string)vanished' "$scratch/ann.log"; then
    sed -n 's/.*call-track-switched, from=(string)\([^,]*\), to=(string)\([^,]*\),.*reason=(string)vanished.*/\1 went, \2 came/p' \
      "$scratch/ann.log" | head -n 1
  elif grep -q 'call-track-ended' "$scratch/ann.log"; then
    echo 'it went, black came'
  else
    return 1
  fi
}

if [ "$print" = yes ]; then
  echo "call-server --listen $listen --room tea"
  run ann "${ann[@]}"
  run bob "${bob[@]}"
  echo 'callctl --pipeline unplug watch cam'
  exit
fi
make_scratch
use_runtime_folder
use_build
fakes=${GST_CALL_FAKE_DEVICES:-video=2,video0.unplug-after=5000}
choose_devices
[ "$fake" = no ] || export GST_CALL_FAKE_DEVICES=$fakes
start_server "$listen" tea
run ann "${ann[@]}"
GST_CALL_FAKE_DEVICES=video=1 run bob "${bob[@]}"
callctl --pipeline "unplug.${pids[1]}" --wait 10 watch cam >"$scratch/watch.log" 2>&1 &
pids+=($!)
status=0 since=0 what=
wait_for_pictures 30 && [ "$fake" = yes ] || echo "Pull ann's camera out now."
end=$((SECONDS + duration))
while [ "$duration" -ge 0 ] && { [ "$duration" -eq 0 ] || [ "$SECONDS" -lt "$end" ]; }; do
  all_run || { status=1; break; }
  if [ -z "$what" ] && what=$(became); then
    since=$(pictures)
    wait_for_pictures $((since + 30)) || status=1
  fi
  sleep 0.2
done
grep -E 'call-track|warning' "$scratch/watch.log"
show_errors ann
show_errors bob
echo "bob camera=\"${what:-was not pulled out}\" remote_video_frames_since=$(($(pictures) - since))"
[ -n "$what" ] && [ $(($(pictures) - since)) -ge 30 ] || status=1
exit $status
