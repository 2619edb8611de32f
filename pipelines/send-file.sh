#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# send-file.sh [--duration S] [--fake] [--print] [--room NAME] [--listen HOST:PORT] [FILE]
#
# One line of gst-launch sends a file, another one has it in its folder; open the URL
# it prints to get it in a browser, too. Without FILE it is 20 MB of random bytes. The
# exit status is 0 only if what arrived has the same bytes.
set -u
. "$(dirname "$0")/lib.sh"

room=tea
listen=127.0.0.1:8443
file=
while [ $# -gt 0 ]; do
  case $1 in
    -*) common_option "$@"; shift "$used" ;;
    *) file=$1; shift ;;
  esac
done
[ -z "$file" ] || [ "$print" = yes ] || [ -r "$file" ] || { echo "$0: cannot read $file" >&2; exit 2; }

if [ "$print" = no ]; then
  make_scratch
  use_build
  mkdir "$scratch/received"
  if [ -z "$file" ]; then
    file=$scratch/random.bin
    head -c 20000000 /dev/urandom > "$file"
  fi
  start_server "$listen" "$room"
fi
uri=ws://$listen/room/$room
run bob callbin name=call "uri=$uri" display-name=bob \
  call.remote_data_files ! callfiledepay "directory=${scratch:-FOLDER}/received"
run ann callbin name=call "uri=$uri" display-name=ann \
  filesrc "location=${file:-FILE}" ! callfilepay ! call.data_files
[ "$print" = no ] || exit 0

# ann's line ends by itself when everybody in the room has it
wait_for_last
show_errors ann
show_errors bob
received=$scratch/received/$(basename "$file")
echo "bob received=$(find "$scratch/received" -type f | wc -l) bytes=$(stat -c %s "$received" 2> /dev/null || echo 0)"
cmp -s "$file" "$received"
