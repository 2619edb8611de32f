// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// A client of the room protocol in a browser, written from PROTOCOL.md alone: a bare
// RTCPeerConnection and a WebSocket, for what the page does not do. The function runs in
// a page, which only gives it an origin.
//
//   const lab = await browser.open(server.page('tea', { autojoin: false }), { before: [pagePeer] });
//   await lab.evaluate((peer) => { window.peer = new window.PagePeer(peer); }, { polite: true });
//   await lab.evaluate(() => window.peer.reoffer());

export function pagePeer() {
  window.PagePeer = class {
    seq = 0;
    inbox = [];
    answers = true; // to offers
    taken = { offer: 0, answer: 0 };
    rolledBack = 0; // offers of ours that crossed another
    errors = [];
    #work = Promise.resolve(); // what comes and what goes, one by one

    constructor(peer) {
      this.peer = { audio: 'live', video: 'live', ...peer };
      this.socket = new WebSocket(location.href.replace(/^http/, 'ws').split('?')[0], 'gst-call.1');
      this.socket.onopen = () => this.socket.send(JSON.stringify({ type: 'hello', version: 1, peer: this.peer }));
      this.socket.onmessage = ({ data }) => {
        const message = JSON.parse(data);
        this.inbox.push(message);
        this.inTurn(() => this.receive(message)).catch((error) => this.errors.push(`${message.type}: ${error.message}`));
      };
    }

    inTurn(task) {
      const result = this.#work.then(task);
      this.#work = result.catch(() => {});
      return result;
    }

    send(message) {
      this.socket.send(JSON.stringify({ ...message, seq: ++this.seq }));
    }

    connect(session, to) {
      this.pc?.close();
      Object.assign(this, { session, to, pc: new RTCPeerConnection() });
      this.pc.onicecandidate = ({ candidate }) => candidate?.candidate &&
        this.send({ type: 'candidate', to, session, candidate: candidate.candidate, sdpMid: candidate.sdpMid });
    }

    async media(kinds) {
      const stream = await navigator.mediaDevices.getUserMedia(kinds);
      for (const track of stream.getTracks())
        this.pc.addTrack(track, stream);
    }

    // What an offer that begins a session finds
    async prepare() {
      this.channel = this.pc.createDataChannel('gst-call', { negotiated: true, id: 0 });
      await this.media({ audio: true, video: true });
    }

    async offer(session, to, kinds) {
      this.connect(session, to);
      await this.media(kinds);
      await this.reoffer();
    }

    reoffer() {
      return this.inTurn(async () => {
        await this.pc.setLocalDescription();
        this.send({ type: 'offer', to: this.to, session: this.session, sdp: this.pc.localDescription.sdp });
      });
    }

    ask() {
      this.send({ type: 'renegotiate', to: this.to, session: this.session });
    }

    async answer(message) {
      if (message.session !== this.session) {
        this.connect(message.session, message.from);
        await this.prepare();
      }
      this.rolledBack += this.pc.signalingState === 'have-local-offer';
      await this.pc.setRemoteDescription(message); // rolls back: we are polite
      await this.pc.setLocalDescription();
      this.send({ type: 'answer', to: message.from, session: message.session, sdp: this.pc.localDescription.sdp });
    }

    // One of a session that was replaced meanwhile may fail
    async takeCandidate(message) {
      const { pc } = this;
      await pc.addIceCandidate(message).catch((error) => {
        if (pc === this.pc)
          throw error;
      });
    }

    async receive(message) {
      if (message.type === 'offer' && this.answers)
        await this.answer(message);
      else if (message.session !== this.session)
        return;
      else if (message.type === 'answer')
        await this.pc.setRemoteDescription(message);
      else if (message.type === 'candidate')
        await this.takeCandidate(message);
      if (message.type in this.taken)
        this.taken[message.type]++;
    }
  };
}
