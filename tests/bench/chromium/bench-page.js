// SPDX-License-Identifier: LGPL-2.1-or-later
// What runs inside the page: one peer of our rooms (signaling/PROTOCOL.md)
// that marks when things happened, and a camera whose bar code carries the
// time. The bar code is that of bench-picture.c.
'use strict';

(() => {
  const WIDTH = 640;
  const HEIGHT = 360;
  const BLOCK = { width: WIDTH / 32, height: 24 };
  const bench = { marks: {}, samples: null, unreadable: 0 };
  let origin = performance.timeOrigin;

  const wall = () => performance.now() + origin;
  const units = () => Math.round(wall() * 10) % 4294967296;

  // Two browsers agree on the clock to 0.2 ms if each finds where
  // Date.now() steps.
  bench.calibrate = () => {
    let best = -Infinity;
    for (let i = 0; i < 40; i++) {
      const before = Date.now();
      let now = before;
      while (now === before)
        now = Date.now();
      best = Math.max(best, now - performance.now());
    }
    origin = best;
  };

  const mark = name => {
    if (bench.marks[name] === undefined)
      bench.marks[name] = wall() - bench.start;
  };

  const checkSum = (time, number, camera) =>
    ((time ^ (time >>> 8) ^ (time >>> 16) ^ (time >>> 24) ^ number ^
      (number >>> 8) ^ camera) & 0xff) ^ 0xa5;

  const drawRow = (context, row, bits) => {
    context.fillStyle = '#000';
    context.fillRect(0, row * BLOCK.height, WIDTH, BLOCK.height);
    context.fillStyle = '#fff';
    for (let i = 0; i < 32; i++) {
      if ((bits >>> i) & 1)
        context.fillRect(i * BLOCK.width, row * BLOCK.height, BLOCK.width,
          BLOCK.height);
    }
  };

  const drawStamp = (context, number, camera) => {
    const time = units();
    drawRow(context, 0, time);
    drawRow(context, 1,
      number | camera << 16 | checkSum(time, number, camera) << 24);
  };

  const makeTexture = (seed = 4711) => {
    const canvas = new OffscreenCanvas(2 * WIDTH, HEIGHT);
    const context = canvas.getContext('2d', { alpha: false });
    const random = n => {
      seed = (seed * 1103515245 + 12345) & 0x7fffffff;
      return seed / 0x7fffffff * n;
    };
    for (let i = 0; i < 4000; i++) {
      const radius = i % 5 ? 2 : 2 + random(24);
      context.fillStyle = `hsl(${random(360)},40%,${10 + random(75)}%)`;
      context.beginPath();
      context.arc(random(2 * WIDTH), random(HEIGHT), radius, 0, 7);
      context.fill();
    }
    return canvas;
  };

  bench.canvasCamera = async sound => {
    const canvas = document.createElement('canvas');
    canvas.width = WIDTH;
    canvas.height = HEIGHT;
    document.body.append(canvas);
    const context = canvas.getContext('2d', { alpha: false });
    const texture = makeTexture();
    let number = 0;
    const draw = () => {
      requestAnimationFrame(draw);
      number = (number + 1) & 0xffff;
      context.drawImage(texture, number * 2 % WIDTH, 0, WIDTH, HEIGHT, 0, 0,
        WIDTH, HEIGHT);
      drawStamp(context, number, 1);
    };
    requestAnimationFrame(draw);
    bench.media = canvas.captureStream(30);
    if (sound) {
      const microphone =
        await navigator.mediaDevices.getUserMedia({ audio: true });
      bench.media.addTrack(microphone.getAudioTracks()[0]);
    }
  };

  // One of Chromium's fake cameras, with a detailed picture and the bar code
  // drawn over each of its own, which are almost flat
  const textures = [];
  const openCamera = async (number, label) => {
    const devices = await navigator.mediaDevices.enumerateDevices();
    const { deviceId } = devices.find(d => d.label.startsWith(label));
    const stream = await navigator.mediaDevices.getUserMedia({ video: {
      deviceId: { exact: deviceId }, width: WIDTH, height: HEIGHT,
      frameRate: 30 } });
    const [device] = stream.getVideoTracks();
    const reader =
      new MediaStreamTrackProcessor({ track: device }).readable.getReader();
    const track = new MediaStreamTrackGenerator({ kind: 'video' });
    const writer = track.writable.getWriter();
    const canvas = new OffscreenCanvas(WIDTH, HEIGHT);
    const context = canvas.getContext('2d', { alpha: false });
    textures[number] ??= makeTexture(4711 + number);
    const run = async () => {
      for (let i = 0; ; i++) {
        const { value: frame, done } = await reader.read();
        if (done)
          return writer.close();
        context.drawImage(textures[number], i * 8 % WIDTH, 0, WIDTH, HEIGHT,
          0, 0, WIDTH, HEIGHT);
        drawStamp(context, i & 0xffff, number);
        const { timestamp } = frame;
        frame.close();
        await writer.write(new VideoFrame(canvas, { timestamp }));
      }
    };
    run().catch(() => {}); // the call is over
    return { track, stop: () => device.stop() };
  };

  // Its second fake camera is a depth camera, whose pictures cannot be sent.
  const LABELS = ['fake_device_0', 'fake_device_2', 'fake_device_3'];
  bench.changingCamera = async () => {
    await navigator.mediaDevices.getUserMedia({ video: true });
    bench.camera = { number: 0, ...await openCamera(0, LABELS[0]) };
    bench.media = new MediaStream([bench.camera.track]);
  };

  // As a page does it: the new one is opened, replaces the old one, which is
  // stopped. Returns when it began, and which one it is.
  bench.nextCamera = async () => {
    const began = wall();
    const old = bench.camera;
    const number = (old.number + 1) % LABELS.length;
    bench.camera = { number, ...await openCamera(number, LABELS[number]) };
    const [sender] = bench.peer.pc.getSenders();
    await sender.replaceTrack(bench.camera.track);
    old.stop();
    return [began, number];
  };

  bench.realCamera = async () => {
    bench.media = await navigator.mediaDevices.getUserMedia({
      audio: true, video: { width: WIDTH, height: HEIGHT, frameRate: 30 } });
  };

  // pixel (x, y) -> brightness; null: not our bar code
  const readBar = (pixel, width, height) => {
    const row = n => {
      const y = Math.floor((n + 0.5) * BLOCK.height * height / HEIGHT);
      let bits = 0;
      for (let i = 0; i < 32; i++) {
        if (pixel(Math.floor((i + 0.5) * BLOCK.width * width / WIDTH), y) > 128)
          bits |= 1 << i;
      }
      return bits >>> 0;
    };
    const time = row(0);
    const rest = row(1);
    const sum = checkSum(time, rest & 0xffff, (rest >>> 16) & 0xff);
    return rest >>> 24 === sum ? time : null;
  };

  const sample = (list, now, pixel, width, height) => {
    const time = readBar(pixel, width, height);
    if (time === null)
      bench.unreadable++;
    else
      list.push(((now - time) | 0) / 10);
  };

  let scratch = null;
  const pixelsOf = (source, width, height) => {
    const rows = Math.ceil(2 * BLOCK.height * height / HEIGHT);
    if (!scratch || scratch.canvas.width !== width
        || scratch.canvas.height !== rows)
      scratch = new OffscreenCanvas(width, rows).getContext('2d',
        { willReadFrequently: true });
    scratch.drawImage(source, 0, 0, width, rows, 0, 0, width, rows);
    const { data } = scratch.getImageData(0, 0, width, rows);
    return (x, y) => data[(y * width + x) * 4 + 1];
  };

  const watchDecoded = async (track, alive) => {
    const reader =
      new MediaStreamTrackProcessor({ track }).readable.getReader();
    while (alive()) {
      const { value: frame, done } = await reader.read();
      if (done)
        break;
      const now = units();
      mark('decoded');
      if (bench.samples === 'decoded')
        sample(bench.decoded, now, pixelsOf(frame, frame.displayWidth,
          frame.displayHeight), frame.displayWidth, frame.displayHeight);
      frame.close();
    }
    reader.cancel();
  };

  const watchShown = (track, alive) => {
    const video = document.createElement('video');
    Object.assign(video, { autoplay: true, muted: true, playsInline: true,
      srcObject: new MediaStream([track]) });
    document.body.prepend(video);
    const shown = () => {
      const now = units();
      mark('shown');
      if (bench.samples === 'shown')
        sample(bench.shown, now, pixelsOf(video, video.videoWidth,
          video.videoHeight), video.videoWidth, video.videoHeight);
      if (alive())
        video.requestVideoFrameCallback(shown);
    };
    video.requestVideoFrameCallback(shown);
    return video;
  };

  const playAudio = track => {
    const audio = document.createElement('audio');
    audio.autoplay = true;
    audio.srcObject = new MediaStream([track]);
    document.body.append(audio);
    return audio;
  };

  const preferVp8 = pc => {
    const { codecs } = RTCRtpReceiver.getCapabilities('video');
    const wanted = codecs.filter(c => /video\/(vp8|rtx)/i.test(c.mimeType));
    for (const transceiver of pc.getTransceivers()) {
      if (transceiver.receiver.track.kind === 'video')
        transceiver.setCodecPreferences(wanted);
    }
  };

  const capBitrate = async pc => {
    for (const sender of pc.getSenders()) {
      if (sender.track?.kind !== 'video')
        continue;
      const parameters = sender.getParameters();
      parameters.degradationPreference = 'maintain-resolution';
      parameters.encodings[0].maxBitrate = 1500000;
      await sender.setParameters(parameters);
    }
  };

  class Peer {
    // send, receive: does this side send its media, does it want any?
    constructor(room, { send = true } = {}) {
      this.send = send;
      this.seq = 0;
      this.elements = [];
      this.early = [];
      this.chain = Promise.resolve();
      bench.marks = {};
      bench.start = wall();
      this.ws = new WebSocket(
        `ws://${location.host}/room/${room}`, 'gst-call.1');
      this.ws.onopen = () => this.ws.send(JSON.stringify({ type: 'hello',
        version: 1, peer: { displayName: 'bench', polite: true,
          audio: 'live', video: 'live' } }));
      this.ws.onmessage = event => {
        const message = JSON.parse(event.data);
        this.chain = this.chain.then(() => this.take(message)).catch(error => {
          bench.error = String(error);
        });
      };
      this.joined = new Promise(resolve => { this.onJoined = resolve; });
    }

    tell(type, fields) {
      this.ws.send(JSON.stringify({ type, seq: ++this.seq, to: this.remote,
        session: this.session, ...fields }));
    }

    connect() {
      const pc = this.pc = new RTCPeerConnection({ bundlePolicy: 'max-bundle' });
      const alive = () => this.pc === pc;
      pc.ontrack = ({ track }) => {
        if (track.kind === 'audio') {
          this.elements.push(playAudio(track));
          return;
        }
        mark('pad');
        this.elements.push(watchShown(track, alive));
        watchDecoded(track, alive);
      };
      pc.onicecandidate = ({ candidate }) => {
        if (!candidate)
          this.tell('end-of-candidates', {});
        else if (candidate.candidate)
          this.tell('candidate', { candidate: candidate.candidate,
            sdpMid: candidate.sdpMid,
            sdpMLineIndex: candidate.sdpMLineIndex });
      };
      pc.oniceconnectionstatechange = () => {
        if (/connected|completed/.test(pc.iceConnectionState))
          mark('ice');
      };
      pc.onconnectionstatechange = () => {
        if (pc.connectionState === 'connected')
          mark('dtls');
      };
      if (this.send) {
        for (const track of bench.media.getTracks())
          pc.addTrack(track, bench.media);
      } else if (this.offers) {
        pc.addTransceiver('video', { direction: 'recvonly' });
      }
      return pc;
    }

    async offer(remote) {
      this.remote = remote;
      this.offers = true;
      this.session = crypto.randomUUID().replaceAll('-', '');
      const pc = this.connect();
      preferVp8(pc);
      await pc.setLocalDescription(await pc.createOffer());
      this.tell('offer', { sdp: pc.localDescription.sdp });
      mark('offer');
    }

    async answer({ from, session, sdp }) {
      this.disconnect();
      this.remote = from;
      this.session = session;
      const pc = this.connect();
      await pc.setRemoteDescription({ type: 'offer', sdp });
      preferVp8(pc);
      await pc.setLocalDescription(await pc.createAnswer());
      this.tell('answer', { sdp: pc.localDescription.sdp });
      await this.remoteIsSet();
    }

    async remoteIsSet() {
      const early = this.early;
      this.early = [];
      for (const candidate of early)
        await this.pc.addIceCandidate(candidate);
      await capBitrate(this.pc);
    }

    async take(message) {
      switch (message.type) {
        case 'welcome':
          mark('joined');
          this.onJoined();
          if (message.peers.length)
            await this.offer(message.peers[0].peerId);
          break;
        case 'offer':
          await this.answer(message);
          break;
        case 'answer':
          mark('answer');
          await this.pc.setRemoteDescription(
            { type: 'answer', sdp: message.sdp });
          await this.remoteIsSet();
          break;
        case 'candidate': {
          const candidate = { candidate: message.candidate,
            sdpMid: message.sdpMid, sdpMLineIndex: message.sdpMLineIndex };
          if (this.pc?.remoteDescription)
            await this.pc.addIceCandidate(candidate);
          else
            this.early.push(candidate);
          break;
        }
        case 'peer-left':
          this.disconnect();
          break;
        case 'error':
          throw new Error(`${message.code}: ${message.text}`);
      }
    }

    disconnect() {
      const pc = this.pc;
      this.pc = null;
      pc?.close();
      for (const element of this.elements) {
        element.srcObject = null;
        element.remove();
      }
      this.elements = [];
      this.early = [];
    }

    leave() {
      this.disconnect();
      this.ws.send(JSON.stringify({ type: 'bye', seq: ++this.seq }));
      this.ws.close();
    }
  }

  bench.join = (room, options) => {
    bench.peer = new Peer(room, options);
    return bench.peer.joined;
  };
  bench.startSamples = what => {
    bench[what] = [];
    bench.samples = what;
  };
  globalThis.bench = bench;
})();
