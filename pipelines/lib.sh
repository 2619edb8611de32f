# SPDX-License-Identifier: LGPL-2.1-or-later
# What the scripts of this folder share; they source it. No script of its own.
#
# Each line of gst-launch that is run is also printed. Whether pictures move
# and sound is heard is read from what `videoanalyse` and `level`, ordinary
# elements in the line, post (gst-launch-1.0 -m).

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
build=${GST_CALL_BUILD:-$top/build}
duration=0
fake=no
print=no
used=0
scratch=
pids=()

usage ()
{
  sed -n '3,/^[^#]/s/^# \{0,1\}//p' "$0"
  exit "${1:-0}"
}

# One option of those that all scripts take, and --room and --listen of those that
# have set these variables; sets `used` to its words
common_option ()
{
  used=1
  case $1${room:+.room}${listen:+.listen} in
    --room.room*) room=${2:?}; used=2; return ;;
    --listen*.listen) listen=${2:?}; used=2; return ;;
  esac
  case $1 in
    --duration)
      [[ ${2:-} =~ ^[0-9]+$ ]] || { echo "$0: --duration wants seconds" >&2; exit 2; }
      duration=$2
      used=2 ;;
    --fake) fake=yes ;;
    --print) print=yes ;;
    --help) usage ;;
    *) echo "$0: unknown option $1 (see --help)" >&2; exit 2 ;;
  esac
}

# WORD...: for scripts that have no other options
parse_options ()
{
  while [ $# -gt 0 ]; do
    common_option "$@"
    shift "$used"
  done
}

# PID: returns when it has ended. gst-launch may take its time; not for ever.
wait_for ()
{
  for _ in $(seq 200); do
    kill -0 "$1" 2>/dev/null || break
    sleep 0.05
  done
  kill -KILL "$1" 2>/dev/null
  wait "$1" 2>/dev/null
}

# Ends what this script has started, and nothing else
end_all ()
{
  local pid
  trap - EXIT
  for pid in "${pids[@]}"; do
    kill -INT "$pid" 2>/dev/null
  done
  for pid in "${pids[@]}"; do
    wait_for "$pid"
  done
  [ -n "$scratch" ] && rm -rf "$scratch"
}

make_scratch ()
{
  scratch=$(mktemp -d)
  trap end_all EXIT
  trap 'exit 130' INT
  trap 'exit 143' TERM
}

# The plugin that is installed, or the one of the build folder, built if need be
use_build ()
{
  local word
  # without a version it would ask for one of GStreamer's own
  if gst-inspect-1.0 --exists --atleast-version=0.1 callbin 2>/dev/null && command -v call-server >/dev/null &&
    command -v callctl >/dev/null && command -v call-devices >/dev/null; then
    return
  fi
  if [ ! -f "$build/build.ninja" ]; then
    meson setup "$build" "$top" >&2 || exit 1
  fi
  nice meson compile -C "$build" >"$scratch/build.log" 2>&1 ||
    { cat "$scratch/build.log" >&2; exit 1; }
  while read -r word; do
    export "${word?}"
  done < <(meson devenv -C "$build" env | grep -E '^(PATH|GST_[A-Z_]*)=')
}

# Where callctl meets callcontrol; a service or a container may have no folder
use_runtime_folder ()
{
  [ -d "${XDG_RUNTIME_DIR:-}" ] || export XDG_RUNTIME_DIR=$scratch
}

# Fake devices when asked for, or when there is no camera
choose_devices ()
{
  if [ "$fake" = no ] && ! timeout 10 call-devices videoinput >/dev/null 2>&1; then
    echo "No camera here: using fake devices (as --fake does)." >&2
    fake=yes
  fi
  if [ "$fake" = yes ]; then
    export GST_CALL_FAKE_DEVICES=${GST_CALL_FAKE_DEVICES:-video=3,audio=2}
  fi
}

# Where pictures and sound go: a window, where there is one, and the speaker
choose_sinks ()
{
  video_sink='fakesink sync=true'
  if [ -n "${DISPLAY:-}${WAYLAND_DISPLAY:-}" ]; then
    video_sink=autovideosink
  fi
  audio_sink=callaudiosink
}

# run NAME WORD...: prints the line, and runs it unless --print
run ()
{
  local name=$1
  shift
  echo "# $name"
  echo "gst-launch-1.0 -m $*" | sed 's/ \(callvideosrc\|callaudiosrc\|call\.remote\)/ \\\n    \1/g'
  echo
  [ "$print" = yes ] && return
  # from now on Ctrl-C ends it as the duration does
  trap 'duration=-1' INT
  gst-launch-1.0 -m "$@" >"$scratch/$name.log" 2>"$scratch/$name.err" &
  pids+=($!)
}

# LISTEN ROOM: a signalling server, ready
start_server ()
{
  call-server --listen "$1" --room "$2" >"$scratch/server.log" 2>&1 &
  pids+=($!)
  for _ in $(seq 200); do
    grep -q 'http' "$scratch/server.log" && break
    kill -0 "$!" 2>/dev/null || break
    sleep 0.05
  done
  cat "$scratch/server.log"
  kill -0 "$!" 2>/dev/null || exit 1
}

# All that has been started still runs
all_run ()
{
  local pid
  for pid in "${pids[@]}"; do
    kill -0 "$pid" 2>/dev/null || return 1
  done
}

# NAME: what that side has seen and heard, and whether it did
summary ()
{
  awk -v name="$1" '
    # pictures count; they move when their brightness changes
    /GstVideoAnalyse/ {
      frames++
      if (match($0, /luma-variance=\(double\)[0-9.e+-]*/)) {
        now = substr($0, RSTART, RLENGTH)
        if (now != before) moved++
        before = now
      }
    }
    # 100 ms each; below -60 dB is silence
    /: level,/ && match($0, /rms=[^;]*/) {
      rms = substr($0, RSTART, RLENGTH)
      if (match(rms, /-?[0-9]+\.[0-9]+/) && substr(rms, RSTART, RLENGTH) + 0 > -60)
        heard += 0.1
    }
    END {
      printf "%s remote_video_frames=%d remote_audio_seconds=%.1f\n", name, frames, heard
      exit !(moved > 10 && heard > 0.5)
    }' "$scratch/$1.log"
}

# Until the time is over (0), or one of the processes has ended (1)
wait_for_end ()
{
  local end=$((SECONDS + duration))
  while [ "$duration" -eq 0 ] || [ "$SECONDS" -lt "$end" ]; do
    all_run || return 1
    sleep 0.2
  done
}

# Until the line that was run last has ended by itself, or the time is over
wait_for_last ()
{
  local end=$((SECONDS + ${duration#-}))
  while kill -0 "${pids[-1]}" 2>/dev/null && [ "$duration" -ge 0 ]; do
    [ "$duration" -eq 0 ] || [ "$SECONDS" -lt "$end" ] || break
    sleep 0.1
  done
}

# NAME: what went wrong in that line, for people
show_errors ()
{
  # gst-launch writes errors to stderr, and warnings to stdout
  grep -hE '^(ERROR|WARNING)|erroneous pipeline|-CRITICAL ' "$scratch/$1.err" "$scratch/$1.log" | sort -u | head -20 |
    sed "s/^/$1: /" >&2
}

# NAME...: the end of each script
finish ()
{
  local status=0 name
  while [ "$duration" -ge 0 ]; do
    wait_for_end || [ "$duration" -lt 0 ] || status=1
    duration=-1
  done
  for name in "$@"; do
    show_errors "$name"
    summary "$name" || status=1
  done
  exit "$status"
}
