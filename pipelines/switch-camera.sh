#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# switch-camera.sh [--duration S] [--fake] [--print] [--every S] [--listen HOST:PORT]
#
# A call in which the camera changes every two seconds: ann sends, callctl sets
# device-id of her callvideosrc, bob receives. At the end a line says how many
# switches there were, and what bob has seen; the exit status is 0 only if
# pictures moved all the time. Of fake cameras, the number burnt into the
# received picture has to be that of the camera that was chosen.
set -u
. "$(dirname "$0")/lib.sh"

every=2
listen=127.0.0.1:8443
while [ $# -gt 0 ]; do
  used=2
  case $1 in
    --every)
      [[ ${2:-} =~ ^[0-9]+$ ]] || { echo "$0: --every wants seconds" >&2; exit 2; }
      every=$2 ;;
    *) common_option "$@" ;;
  esac
  shift "$used"
done

# The two blocks of the bar code that are the camera's number, the lower one
# twice as wide: their brightness tells 0, 1 and 2 apart. See
# gst/device/gstcallbarcode.h
code='videocrop left=320 right=290 top=24 bottom=312'

ann=(callbin name=call "uri=ws://$listen/room/tea" display-name=ann)
ann+=(callvideosrc name=cam ! video/x-raw,width=640,height=360 ! call.video_0)
ann+=(callcontrol socket=switch-camera)
bob=(callbin name=call "uri=ws://$listen/room/tea" display-name=bob)
choose_sinks
# shellcheck disable=SC2206 -- words of a launch line
bob+=(call.remote_video_0 ! tee name=picture ! queue ! $video_sink)
# shellcheck disable=SC2206
bob+=(picture. ! queue ! $code ! videoanalyse ! fakesink)

# WORD...: for ann's line, also where another one like it runs
ask_ann ()
{
  callctl --pipeline "switch-camera.${pids[1]}" --wait 5 "$@"
}

# Waits for bob's first pictures
wait_for_pictures ()
{
  for _ in $(seq 200); do
    [ "$(grep -c GstVideoAnalyse "$scratch/bob.log")" -gt 20 ] && return
    all_run || return 1
    sleep 0.1
  done
  return 1
}

# Until the time is over, Ctrl-C, or a process has ended: the next camera
switch_until_end ()
{
  local end=$((SECONDS + duration)) ids n=0 id
  mapfile -t ids < <(ask_ann --json cam devices | grep -o '"deviceId":"[^"]*"' | cut -d'"' -f4)
  if [ "${#ids[@]}" -lt 2 ]; then
    echo "There is one camera only: --fake has three." >&2
    return 1
  fi
  while [ "$duration" -eq 0 ] || [ "$SECONDS" -lt "$end" ]; do
    all_run || return 1
    n=$(((n + 1) % ${#ids[@]}))
    id=${ids[$n]}
    ask_ann cam "device-id=$id" >/dev/null || return 1
    asked+=("$n")
    sleep "$every"
    [ "$duration" -ge 0 ] || return 0
  done
}

# What bob saw against what ann was asked for
report ()
{
  awk -v asked="${asked[*]}" -v fake="$fake" '
    /GstVideoAnalyse/ {
      match($0, /running-time=\(guint64\)[0-9]*/)
      time = substr($0, RSTART + 22, RLENGTH - 22) / 1e6
      if (frames++ && time - last > gap) gap = time - last
      last = time
      match($0, /luma-average=\(double\)[0-9.e+-]*/)
      luma = substr($0, RSTART + 21, RLENGTH - 21)
      # 16 to 235 of 255
      camera = int((luma * 255 - 16) / 219 * 3 + 0.5)
      camera = camera == 2 ? 1 : camera == 1 ? 2 : camera
      if (frames == 1 || camera != before) seen = seen " " camera
      before = camera
    }
    END {
      n = split(asked, a, " ")
      split(seen, s, " ")
      right = 1
      for (i = 1; i <= n; i++)
        right = right && s[i + 1] == a[i]
      printf "bob remote_video_frames=%d switches=%d longest_gap_ms=%d\n", frames, n, gap
      if (fake == "yes" && !right)
        printf "bob saw the cameras%s, asked for 0 %s\n", seen, asked
      exit !(frames > 20 && n > 0 && (fake != "yes" || right))
    }' "$scratch/bob.log"
}

if [ "$print" = yes ]; then
  echo "call-server --listen $listen --room tea"
  run ann "${ann[@]}"
  run bob "${bob[@]}"
  echo "callctl --pipeline switch-camera cam device-id=..."
  exit 0
fi
make_scratch
use_runtime_folder
use_build
choose_devices
start_server "$listen" tea
run ann "${ann[@]}"
run bob "${bob[@]}"
asked=()
status=0
trap 'duration=-1' INT
wait_for_pictures && switch_until_end || { [ "$duration" -lt 0 ] || status=1; }
show_errors ann
show_errors bob
report || status=1
exit "$status"
