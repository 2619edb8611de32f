#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# chat.sh [--duration S] [--fake] [--print] [--room NAME] [--listen HOST:PORT]
#
# Two lines of gst-launch that write to each other. Open the URL it prints to write
# with them in a browser; in a terminal, type: you are ann. At the end a line for
# each side says how many messages it read; the exit status is 0 only if each read
# what the other wrote.
set -u
. "$(dirname "$0")/lib.sh"

room=tea
listen=127.0.0.1:8443
parse_options "$@"

# NAME: its line, as words. It reads what is typed from 3, and writes to 4.
line ()
{
  words=(callbin name=call "uri=ws://$listen/room/$room" "display-name=$1")
  words+=(fdsrc fd=3 ! text/x-raw,format=utf8 ! call.data_chat)
  words+=(call.remote_data_chat ! fdsink fd=4)
}

# NAME TEXT: what it types
type_as ()
{
  printf '%s\n' "$2" > "$scratch/$1.typed"
}

# NAME TEXT: it has read that
has_read ()
{
  for _ in $(seq 300); do
    grep -qxF -- "$2" "$scratch/$1.read" && return
    all_run && [ "$duration" -ge 0 ] || return 1
    sleep 0.1
  done
  echo "$1 never read: $2" >&2
  return 1
}

for name in ann bob; do
  line "$name"
  if [ "$print" = yes ]; then
    [ "$name" = bob ] || echo "call-server --listen $listen --room $room"
    run "$name" "${words[@]}"
    continue
  fi
  if [ -z "$scratch" ]; then
    make_scratch
    use_build
    start_server "$listen" "$room"
  fi
  mkfifo "$scratch/$name.typed"
  : > "$scratch/$name.read"
  run "$name" "${words[@]}" 3<> "$scratch/$name.typed" 4>> "$scratch/$name.read"
done
[ "$print" = no ] || exit 0

exec 5<&0
status=0
type_as ann 'hello bob, here is ann'
type_as bob 'hello ann, here is bob'
has_read bob 'hello bob, here is ann' && has_read ann 'hello ann, here is bob' || status=1
if [ -t 0 ] && [ $status -eq 0 ]; then
  tail -n +1 -f "$scratch/ann.read" &
  pids+=($!)
  # what runs in the background has no terminal unless it is given one
  cat 0<&5 > "$scratch/ann.typed" &
  pids+=($!)
fi
# who types no more has ended it
[ $status -ne 0 ] || wait_for_end || [ "$duration" -lt 0 ] || [ -t 0 ] || status=1
for name in ann bob; do
  show_errors "$name"
  echo "$name messages_read=$(wc -l < "$scratch/$name.read")"
done
exit $status
