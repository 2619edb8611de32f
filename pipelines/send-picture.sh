#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# send-picture.sh [--duration S] [--fake] [--print] [--room NAME] [--listen HOST:PORT]
#
# One line of gst-launch takes a picture with the camera and sends it to everybody in
# the room; another one has it in its folder. Open the URL it prints to see it in a
# browser, too. The exit status is 0 only if a JPEG picture has arrived.
set -u
. "$(dirname "$0")/lib.sh"

room=tea
listen=127.0.0.1:8443
parse_options "$@"

if [ "$print" = no ]; then
  make_scratch
  use_build
  choose_devices
  mkdir "$scratch/received"
  start_server "$listen" "$room"
fi
uri=ws://$listen/room/$room
run bob callbin name=call "uri=$uri" display-name=bob \
  call.remote_data_files ! callfiledepay "directory=${scratch:-FOLDER}/received"
run ann callbin name=call "uri=$uri" display-name=ann \
  callvideosrc ! video/x-raw,width=640,height=360 ! jpegenc snapshot=true ! \
  callfilepay file-name=camera.jpg ! call.data_files
[ "$print" = no ] || exit 0

# ann's line ends by itself when everybody in the room has it
wait_for_last
show_errors ann
show_errors bob
picture=$scratch/received/camera.jpg
head=$(od -An -tx1 -N3 "$picture" 2> /dev/null | tr -d ' ')
echo "bob picture=$head bytes=$(stat -c %s "$picture" 2> /dev/null || echo 0)"
[ "$head" = ffd8ff ]
