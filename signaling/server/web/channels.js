// gst-call · SPDX-License-Identifier: LGPL-2.1-or-later
//
// The data channels of one person, over all sessions with them: a label is one
// channel, opened in band (RFC 8832) by whoever has something to send. If both
// open one there are two: we send on the first that was open, and read both.
//
// Events
//   open      detail {label}: send () works now
//   closed    detail {label}: it does not any more; `open` may follow at once
//   low       detail {label}: less than LOW bytes wait to go out
//   message   detail {label, data}: a string or an ArrayBuffer

export const LABELS = ['chat', 'files'];
export const MAX_MESSAGE = 65536; // bytes, of what this page has to say
export const HIGH = 1024 * 1024; // bytes waiting, of one label, until a sender pauses
const LOW = 256 * 1024; // and goes on
const MAX_OF_LABEL = 4; // that they may open in one session
const MAX_OURS = 8; // that we open, if they close them again and again
const MAX_OTHERS = 32; // with labels that mean nothing to us

export class Channels extends EventTarget {
  #pc = null;
  #up = false; // SCTP is
  #wanted = new Set(); // labels that we have something to send under, to be opened once it is
  #opening = new Set(); // labels of ours on their way
  #ours = new Map(); // label to number that we have opened in this session
  #open = new Map(LABELS.map((label) => [label, []])); // in the order in which they opened
  #opened = new Map(); // by them in this session: label to number, '' for the others

  // A connection of a new session, before anything is negotiated
  attach(pc) {
    this.#pc = pc;
    pc.addEventListener('datachannel', ({ channel }) => this.#pc === pc && this.#arrived(channel));
  }

  // Channels can be opened. Those that nobody needs are not: each costs GStreamer two threads.
  ready() {
    this.#up = true;
    for (const label of this.#wanted)
      this.ensure(label);
  }

  // The session is over
  detach() {
    this.#pc = null;
    this.#up = false;
    this.#opening.clear();
    this.#ours.clear();
    this.#opened.clear();
    for (const [label, channels] of this.#open)
      if (channels.splice(0).length)
        this.#tell('closed', { label });
  }

  isOpen(label) { return this.#open.get(label)[0]?.readyState === 'open'; }
  buffered(label) { return this.#open.get(label)[0]?.bufferedAmount ?? 0; }

  // `open` follows, now or when there is a connection
  ensure(label) {
    this.#wanted.add(label);
    const count = this.#ours.get(label) ?? 0;
    if (!this.#up || this.#opening.has(label) || this.#open.get(label).length || count >= MAX_OURS)
      return;
    try {
      this.#watch(this.#pc.createDataChannel(label));
      this.#opening.add(label);
      this.#ours.set(label, count + 1);
    } catch (error) {
      console.warn(`channel ${label}: ${error.message}`); // the connection is closing
    }
  }

  // Whether it went out
  send(label, data) {
    const [channel] = this.#open.get(label);
    try {
      channel?.send(data);
      return Boolean(channel);
    } catch {
      return false; // closing: `closed` follows
    }
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #arrived(channel) {
    const known = LABELS.includes(channel.label);
    const label = known ? channel.label : '';
    const count = (this.#opened.get(label) ?? 0) + 1;
    this.#opened.set(label, count);
    if (count > (known ? MAX_OF_LABEL : MAX_OTHERS))
      channel.close();
    else if (known)
      this.#watch(channel);
  }

  #watch(channel) {
    const pc = this.#pc;
    const { label } = channel;
    const list = this.#open.get(label);
    const mine = (handler) => (event) => this.#pc === pc && handler(event);
    const opened = () => {
      if (list.includes(channel))
        return;
      list.push(channel);
      this.#opening.delete(label);
      if (list[0] === channel)
        this.#tell('open', { label });
    };
    channel.binaryType = 'arraybuffer';
    channel.bufferedAmountLowThreshold = LOW;
    channel.addEventListener('open', mine(opened));
    channel.addEventListener('close', mine(() => this.#closed(channel, list)));
    channel.addEventListener('bufferedamountlow', mine(() => list[0] === channel && this.#tell('low', { label })));
    channel.addEventListener('message', mine(({ data }) => {
      if ((data.byteLength ?? data.length) <= MAX_MESSAGE)
        this.#tell('message', { label, data });
    }));
    if (channel.readyState === 'open')
      opened();
  }

  #closed(channel, list) {
    const { label } = channel;
    const at = list.indexOf(channel);
    this.#opening.delete(label); // at worst there are two of them
    if (at < 0)
      return;
    list.splice(at, 1);
    if (at > 0)
      return;
    this.#tell('closed', { label });
    if (list.length)
      this.#tell('open', { label });
  }
}
