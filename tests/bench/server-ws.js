// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The alternative of the `server` benchmark: the smallest relay that one would
// write with npm's ws. Rooms by path, `from` stamped, no limits, no resume.
'use strict';
const {WebSocketServer} = require('ws');

const rooms = new Map();
const server = new WebSocketServer({
  port: 0, host: '127.0.0.1', perMessageDeflate: false, backlog: 1024,
  handleProtocols: () => 'gst-call.1',
});

server.on('connection', (socket, request) => {
  const name = request.url.slice('/room/'.length);
  let room, id, seq = 0;
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.type === 'hello') {
      room = rooms.get(name) ?? rooms.set(name, new Map()).get(name);
      id = message.peer.peerId;
      const peers = [...room.keys()].map((peerId) => ({peerId}));
      for (const say of room.values())
        say({type: 'peer-joined', peer: {...message.peer}});
      room.set(id, (other) => socket.send(JSON.stringify({...other, seq: ++seq})));
      socket.send(JSON.stringify({type: 'welcome', version: 1, room: name, peer: {peerId: id},
        peers, iceServers: []}));
      return;
    }
    const {to, ...rest} = message;
    room.get(to)?.({...rest, from: id});
  });
  socket.on('close', () => room?.delete(id));
});
server.on('listening', () => console.log(JSON.stringify({port: server.address().port})));
process.stdin.on('end', () => process.exit(0)).resume();
