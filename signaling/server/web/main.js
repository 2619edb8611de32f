// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The page of a room: ties devices, call and elements together.
//
// Address: /room/ROOM[?name=NAME][&autojoin=1][&size=WIDTHxHEIGHT][&fps=N][#token=TOKEN]
//   name       the name entry is filled with it
//   autojoin   joins without the button; sound may need a click first
//   size, fps  what is asked of the camera (1280x720, 30)
//   token      the invitation to a room that needs one; behind # it does not reach logs

import { Call } from './call.js';
import { ChatView } from './chat-view.js';
import { LevelMeter } from './level.js';
import { Devices, session, store } from './devices.js';
import { Talk } from './talk.js';
import { Ui } from './ui.js';
import { nameOf } from './tile.js';
import { cleanName, isRoom } from './message.js';
import { callProblem, deviceProblem, trackWords } from './text.js';

const SPEAKING = 0.02; // audio level, 0 to 1
const SPEAKING_SELF = 0.4; // of our meter, which is logarithmic
const LEVEL_INTERVAL = 250; // ms
const PERMISSION_WAIT = 5000; // ms that joining waits for an unanswered permission

const query = new URLSearchParams(location.search);
const fragment = new URLSearchParams(location.hash.slice(1));
// Room names need no escapes
const room = location.pathname.split('/').filter(Boolean).at(-1) ?? '';
const REJOIN = `gst-call.joined.${room}`;
const SEAT = `gst-call.seat.${room}`;

const [width, height] = (/^(\d{2,4})x(\d{2,4})$/.exec(query.get('size')) ?? [0, 1280, 720]).slice(1).map(Number);
const devices = new Devices({ size: { width, height, frameRate: Number(query.get('fps')) || 30 } });
const ui = new Ui({
  room,
  name: query.get('name') ?? store.get('gst-call.name'),
  shortcuts: store.get('gst-call.shortcuts') !== 'off',
  speakerChoice: Devices.speakerChoice,
});

const meter = new LevelMeter((level) => {
  ui.setLevel(level);
  ui.tile('self')?.speaking(level > SPEAKING_SELF);
});

const chatView = new ChatView((words) => ui.announce(words));
const talk = new Talk(chatView);

let call = null;
let wakeLock = null; // keeps a phone's screen on
let automatic = false; // joined without a button
let token = fragment.get('token') ?? '';
let ready = null; // devices.start()

// ---- devices

const mirrored = () => {
  const facing = devices.videoTrack?.getSettings().facingMode;
  return facing !== 'environment';
};

function showDevices() {
  ui.setDevices({
    cameras: devices.cameras,
    microphones: devices.microphones,
    speakers: devices.speakers,
    chosen: { videoinput: devices.chosen('video'), audioinput: devices.chosen('audio'), audiooutput: devices.speaker },
  });
  ui.setControls(devices);
  ui.setPreview(devices.videoTrack, mirrored());
  meter.setTrack(devices.audioTrack);
  showSelf();
  for (const tile of ui.tiles())
    tile.setSpeaker(devices.speaker).catch((error) =>
      ui.notice('speaker', `That speaker cannot be used: ${error.message}`));
}

const said = { audio: '', video: '' }; // last state announced

function announceDevices() {
  for (const kind of ['audio', 'video']) {
    const words = devices[kind] === 'live'
      ? { audio: 'Microphone on', video: 'Camera on' }[kind]
      : { audio: 'Microphone muted', video: 'Camera off' }[kind];
    if (said[kind] && said[kind] !== words && call)
      ui.announce(words);
    said[kind] = words;
  }
}

devices.addEventListener('change', () => {
  showDevices();
  announceDevices();
});

devices.addEventListener('problem', ({ detail: { kind, error } }) => {
  const text = deviceProblem(kind, error);
  // Where nothing can be asked one line is enough for both
  const key = error === null ? 'devices' : kind;
  ui.notice(key, text);
});

// ---- the call

function showSelf() {
  const tile = ui.tile('self');
  if (!tile)
    return;
  const { audio, video } = devices;
  tile.update({
    info: { ...call?.self, displayName: cleanName(store.get('gst-call.name')) || call?.self?.displayName, audio, video },
    link: 'connected', reason: '', hasVideo: Boolean(devices.videoTrack),
  });
  tile.root.classList.toggle('mirrored', mirrored());
  const [shown] = tile.video.srcObject?.getVideoTracks() ?? [];
  if (shown !== devices.videoTrack)
    tile.show(devices.videoTrack ? new MediaStream([devices.videoTrack]) : null);
}

async function showPeer(peer) {
  const tile = ui.tile(peer.info.peerId);
  tile.update({ info: peer.info, link: peer.link, reason: peer.reason,
    hasVideo: peer.stream.getVideoTracks().length > 0 });
  try {
    await tile.show(peer.stream);
  } catch (error) {
    if (error.name === 'NotAllowedError')
      askForSound();
    else
      console.error(error);
  }
}

// Autoplay policy: sound only after somebody touched the page
function askForSound() {
  ui.notice('sound', 'The browser holds the sound back until you press a button.', {
    button: 'Turn sound on',
    onClick: () => {
      for (const tile of ui.tiles())
        tile.video.play().catch(() => {});
    },
  });
}

function connectionWords(state) {
  switch (state) {
    case 'connecting':
      return 'Connecting…';
    case 'reconnecting':
      return 'Server lost, reconnecting… The call goes on.';
    default:
      return '';
  }
}

// joining: the call whose events these are; it may be over when they come
function listen(joining) {
  joining.addEventListener('state', () => ui.setConnection(connectionWords(joining.state)));
  joining.addEventListener('lost', ({ detail: { tries } }) => {
    if (ui.view === 'lobby' && tries > 1)
      ui.setLobbyStatus('The server does not answer. Trying again…');
  });
  joining.addEventListener('joined', joined);
  joining.addEventListener('peer-added', ({ detail: peer }) => {
    const { peerId } = peer.info;
    const tile = ui.addTile(peerId, { onRetry: () => peer.retry() });
    tile.setSpeaker(devices.speaker).catch(() => {});
    showPeer(peer);
    ui.announce(`${nameOf(peer.info)} joined`);
  });
  const states = new WeakMap();
  joining.addEventListener('peer-changed', ({ detail: peer }) => {
    if (!joining.peers.has(peer.info.peerId))
      return;
    showPeer(peer);
    const { audio, video } = peer.info;
    const words = [trackWords.audio[audio], trackWords.video[video]].filter(Boolean).join(', ');
    if (states.has(peer) && states.get(peer) !== words)
      ui.announce(`${nameOf(peer.info)}: ${words || 'microphone and camera on'}`);
    states.set(peer, words);
  });
  joining.addEventListener('peer-removed', ({ detail: peer }) => {
    ui.removeTile(peer.info.peerId);
    if (call)
      ui.announce(`${nameOf(peer.info)} left`);
  });
  joining.addEventListener('warning', ({ detail: { code, text } }) => {
    console.warn('the server says:', code, text);
    if (code !== 'no-such-peer')
      ui.notice('server', callProblem(code, text));
  });
  joining.addEventListener('failed', ({ detail: { code, text } }) => {
    endCall();
    ui.setLobbyError(callProblem(code, text),
      { askToken: code === 'token-required' || code === 'token-refused' });
  });
}

function takeOldSeat() {
  const text = session.get(SEAT);
  session.set(SEAT, '');
  return text ? JSON.parse(text) : null;
}

async function join(name) {
  if (call)
    return;
  store.set('gst-call.name', name);
  ui.setLobbyError('');
  ui.setJoining(true);
  ui.setLobbyStatus(Devices.usable ? 'Waiting for camera and microphone…' : '');
  await Promise.race([ready, new Promise((resolve) => { setTimeout(resolve, PERMISSION_WAIT); })]);
  ui.setLobbyStatus('Connecting…');
  const url = new URL(location.pathname, location.href);
  url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
  call = new Call({ url: url.href, displayName: name, token, devices, oldSeat: takeOldSeat() });
  ui.addTile('self', { self: true });
  listen(call);
  talk.begin(call);
  call.join();
}

function joined() {
  session.set(REJOIN, '1');
  ui.setJoining(false);
  ui.setLobbyStatus('');
  ui.setConnection('');
  ui.showCall({ focus: !automatic });
  keepAwake();
  showSelf();
  ui.announce(`You are in the room ${room}`);
}

async function keepAwake() {
  if (!call || document.hidden || !navigator.wakeLock)
    return;
  wakeLock = await navigator.wakeLock.request('screen').catch(() => null); // a kindness only
}

document.addEventListener('visibilitychange', keepAwake);

// Back to the lobby; devices stay open for the preview
function endCall() {
  call = null;
  talk.end();
  wakeLock?.release().catch(() => {});
  wakeLock = null;
  ui.removeTile('self');
  ui.setJoining(false);
  ui.setLobbyStatus('');
  ui.showLobby();
}

function leave() {
  if (!call)
    return;
  session.set(REJOIN, '');
  const left = call;
  call = null;
  automatic = false;
  left.leave();
  endCall();
  ui.setLobbyStatus('You left the call.');
  document.getElementById('join').focus();
}

// ---- what the person does

ui.addEventListener('join', ({ detail }) => {
  token = detail.token || token;
  join(cleanName(detail.name));
});

ui.addEventListener('action', ({ detail: { action } }) => {
  switch (action) {
    case 'audio':
    case 'video':
      devices.toggle(action);
      break;
    case 'flip':
      devices.nextCamera();
      break;
    case 'chat':
      chatView.toggle();
      break;
    case 'settings':
      ui.openSettings();
      break;
    case 'leave':
      leave();
      break;
  }
});

ui.addEventListener('device', ({ detail: { kind, deviceId } }) => {
  if (kind === 'audiooutput')
    devices.chooseSpeaker(deviceId);
  else
    devices.choose(kind === 'audioinput' ? 'audio' : 'video', deviceId);
});

ui.addEventListener('shortcuts', ({ detail: { on } }) => store.set('gst-call.shortcuts', on ? 'on' : 'off'));

// A reload comes back into the call as a newcomer. Firefox has closed the socket
// by now and cannot say bye: then the page gives up its old seat when it is back.
window.addEventListener('pagehide', () => {
  if (!call)
    return;
  session.set(SEAT, JSON.stringify(call.seat));
  call.leave();
});
window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload());

// ---- who speaks

function showLevels() {
  if (document.hidden || !call)
    return;
  for (const [peerId, peer] of call.peers) {
    const receivers = peer.connection?.getReceivers() ?? [];
    const audio = receivers.find((receiver) => receiver.track.kind === 'audio');
    const level = audio?.getSynchronizationSources?.()[0]?.audioLevel ?? 0;
    ui.tile(peerId)?.speaking(peer.info.audio === 'live' && level > SPEAKING);
  }
}

setInterval(showLevels, LEVEL_INTERVAL);

// ---- for tests and for curious people: nothing here changes anything

async function peerStats(peer) {
  const stats = { peerId: peer.info.peerId, displayName: peer.info.displayName ?? '', seat: peer.info.seat,
    audio: peer.info.audio, video: peer.info.video, connected: peer.info.connected,
    link: peer.link, session: peer.session, inbound: {}, outbound: {} };
  const report = await peer.getStats();
  for (const entry of report.values()) {
    const pick = (...names) => Object.fromEntries(names.map((name) => [name, entry[name] ?? 0]));
    if (entry.type === 'inbound-rtp' && entry.kind === 'video')
      stats.inbound.video = pick('framesDecoded', 'framesPerSecond', 'frameWidth', 'frameHeight',
        'bytesReceived', 'packetsLost', 'keyFramesDecoded', 'freezeCount');
    else if (entry.type === 'inbound-rtp' && entry.kind === 'audio')
      stats.inbound.audio = pick('totalAudioEnergy', 'totalSamplesReceived', 'concealedSamples',
        'packetsReceived', 'packetsLost');
    if (entry.type === 'inbound-rtp' && stats.inbound[entry.kind])
      stats.inbound[entry.kind].mimeType = report.get(entry.codecId)?.mimeType ?? '';
    else if (entry.type === 'outbound-rtp')
      stats.outbound[entry.kind] = pick('framesEncoded', 'framesSent', 'packetsSent', 'bytesSent');
  }
  return stats;
}

window.gstCall = Object.freeze({
  get room() { return room; },
  get state() { return call?.state ?? 'closed'; }, // of the signalling
  get self() { return call?.self ?? null; },
  get devices() { return { audio: devices.audio, video: devices.video, camera: devices.chosen('video') }; },
  get peers() {
    return [...(call?.peers.values() ?? [])].map(({ info, link, session, reason }) => ({ ...info, link, session, reason }));
  },
  // What stands in the list, oldest first
  get messages() { return talk.messages; },
  get notes() { return talk.notes; },
  get files() { return talk.files; },
  settled: () => devices.settled(), // resolves when no device is being opened
  // One object per peer: the peer, its link, and the counters of its W3C statistics
  getStats: () => Promise.all([...(call?.peers.values() ?? [])].map(peerStats)),
});

// ---- begin

if (!isRoom(room)) {
  ui.setLobbyError(callProblem('bad-room'));
} else {
  showDevices();
  ready = devices.start();
  automatic = query.get('autojoin') === '1' || session.get(REJOIN) !== '';
  if (automatic)
    join(cleanName(document.getElementById('name').value));
}
