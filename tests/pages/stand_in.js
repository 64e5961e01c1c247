// Runs in a page of the gallery before the page's own scripts: people who are drawn instead of filmed, and a peer
// connection that needs no network. `window.__standIn` says what is to be had: {refuse, network, quality, connects, taken, mute, unable, leaks, unopened}.
// `window.__fail(what)` breaks the line ("path"), lets nothing arrive any more ("other"), or mends both (null).
(() => {
  const wanted = window.__standIn ?? {};
  if (wanted.unable) localStorage.setItem("venterom.unable", "1");
  const PEOPLE = [
    { wall: "#c9d8d2", skin: "#e0b08e", hair: "#4a3426", shirt: "#2f6f73" },
    { wall: "#dccfc0", skin: "#8d5b3c", hair: "#1f1a17", shirt: "#7a4b6a" },
    { wall: "#cfd3e2", skin: "#f0c9a8", hair: "#b9b4ac", shirt: "#3c4f76" },
    { wall: "#e4d6d0", skin: "#c98f68", hair: "#2b2220", shirt: "#8a6d2f" },
    { wall: "#d3dcc6", skin: "#f2d1b3", hair: "#a4552c", shirt: "#4d6b3c" },
  ];
  const SELF = { wall: "#d6d0e0", skin: "#eabf9f", hair: "#d9d4cc", shirt: "#566b8f" };

  function canvasTrack(draw) {
    const canvas = document.createElement("canvas");
    canvas.width = 960;
    canvas.height = 720;
    const at = canvas.getContext("2d");
    const track = canvas.captureStream(5).getVideoTracks()[0];
    const again = () => draw(at);
    again();
    const timer = setInterval(() => (track.readyState === "live" ? again() : clearInterval(timer)), 200);
    return track;
  }

  function person({ wall, skin, hair, shirt }) {
    return canvasTrack((at) => {
      const disc = (x, y, rx, ry, colour) => {
        at.fillStyle = colour;
        at.beginPath();
        at.ellipse(x, y, rx, ry, 0, 0, 2 * Math.PI);
        at.fill();
      };
      at.fillStyle = wall;
      at.fillRect(0, 0, 960, 720);
      at.fillStyle = "#ffffff55";
      at.fillRect(90, 60, 210, 280);
      disc(480, 320, 172, 205, hair);
      disc(480, 720, 330, 230, shirt);
      at.fillStyle = skin;
      at.fillRect(420, 440, 120, 110);
      disc(480, 345, 138, 170, skin);
      disc(480, 190, 150, 62, hair);
      disc(425, 335, 13, 15, "#2b2b2b");
      disc(535, 335, 13, 15, "#2b2b2b");
      at.strokeStyle = "#7a3d33";
      at.lineWidth = 8;
      at.beginPath();
      at.arc(480, 395, 55, 0.2 * Math.PI, 0.8 * Math.PI);
      at.stroke();
    });
  }

  function sheet() {
    return canvasTrack((at) => {
      at.fillStyle = "#fff";
      at.fillRect(0, 0, 960, 720);
      at.fillStyle = "#20446b";
      at.fillRect(80, 70, 420, 34);
      at.fillStyle = "#9aa5b1";
      for (let line = 0; line < 11; line++) at.fillRect(80, 150 + line * 45, line % 4 === 3 ? 480 : 800, 16);
    });
  }

  let context = null;
  const silence = () => (context ??= new AudioContext()).createMediaStreamDestination().stream.getAudioTracks()[0];

  // ---------------------------------------------------------------- devices

  const media = navigator.mediaDevices;
  const real = media.getUserMedia.bind(media);
  const refusal = (kind) => wanted.refuse?.[kind];
  media.getUserMedia = async (constraints) => {
    if (wanted.silent) return new Promise(() => undefined); // the question stands open
    for (const [kind, key] of [["camera", "video"], ["microphone", "audio"]]) {
      if (constraints[key] && refusal(kind)) throw new DOMException(refusal(kind).message ?? "", refusal(kind).name);
    }
    const stream = await real(constraints);
    const filmed = stream.getVideoTracks()[0];
    if (filmed) {
      const drawn = person(SELF);
      const settings = filmed.getSettings();
      drawn.getSettings = () => settings;
      if (wanted.taken) Object.defineProperty(drawn, "muted", { value: true }); // by the system, as for a phone call
      Object.defineProperty(drawn, "label", { value: filmed.label });
      filmed.stop();
      stream.removeTrack(filmed);
      stream.addTrack(drawn);
    }
    return stream;
  };
  const query = navigator.permissions.query.bind(navigator.permissions);
  navigator.permissions.query = async (of) => {
    const found = await query(of);
    if (refusal(of.name)) Object.defineProperty(found, "state", { value: refusal(of.name).name === "NotAllowedError" ? "denied" : "granted" });
    return found;
  };

  // ---------------------------------------------------------------- a browser that wants a press before it plays

  const play = HTMLMediaElement.prototype.play;
  HTMLMediaElement.prototype.play = function () {
    const refused = wanted.mute && this.dataset.role === "remote";
    if (!refused) return play.call(this);
    this.autoplay = false;
    this.pause();
    return Promise.reject(new DOMException("play() needs a press", "NotAllowedError"));
  };

  // ---------------------------------------------------------------- the other side of a data channel

  const FRAME = 1100;

  class Channel {
    readyState = "connecting";
    bufferedAmount = 0;
    onopen = null;
    onmessage = null;
    counted = new Map();

    constructor(label) {
      this.label = label;
    }

    open() {
      this.readyState = "open";
      this.onopen?.({});
      if (this.label === "call" && wanted.quality) this.say(JSON.stringify({ type: "quality", seats: wanted.quality }));
    }

    say(data, after = 0) {
      setTimeout(() => this.readyState === "open" && this.onmessage?.({ data }), after);
    }

    send(data) {
      if (this.label !== "probe") return;
      const { rtt = 40, loss = 0 } = wanted.network ?? {};
      if (typeof data !== "string") {
        const step = new DataView(data).getUint16(8);
        const before = this.counted.get(step) ?? { sent: 0, packets: 0, bytes: 0, first: performance.now(), last: 0 };
        before.sent += 1;
        if (before.sent % 10 >= loss * 10) Object.assign(before, { packets: before.packets + 1, bytes: before.bytes + data.byteLength, last: performance.now() });
        this.counted.set(step, before);
        return;
      }
      const asked = JSON.parse(data);
      if (asked.op === "echo") this.say(data, rtt);
      if (asked.op === "report") {
        const { packets = 0, bytes = 0, first = 0, last = 0 } = this.counted.get(asked.step) ?? {};
        this.say(JSON.stringify({ op: "report", step: asked.step, packets, bytes, ms: last - first }));
      }
      if (asked.op === "down") this.pour(asked, loss);
    }

    pour({ step, kbps, ms }, loss) {
      const count = Math.ceil((kbps * ms) / 8 / FRAME) + 1;
      for (let sequence = 0; sequence < count; sequence++) {
        if (sequence % 10 < loss * 10) continue;
        const frame = new DataView(new ArrayBuffer(FRAME));
        frame.setUint32(0, sequence);
        frame.setUint16(8, step);
        this.say(frame.buffer, (sequence * ms) / count);
      }
    }

    close() {
      this.readyState = "closed";
    }
  }

  // ---------------------------------------------------------------- a peer connection without a network

  const SDP = "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n";

  // A line that is built anew shows and plays the same people: drawing them costs time.
  const drawn = new Map();
  const once = (name, make) => {
    if (!drawn.has(name)) drawn.set(name, make());
    return drawn.get(name);
  };

  let failure = null;
  let heard = 0;
  const peers = new Set();
  window.__fail = (what) => {
    failure = what;
    for (const peer of peers) peer.become(what === "path" ? "disconnected" : "connected");
  };

  // No frame passes here: what comes from somebody opens as soon as their keys are known.
  const { Worker } = window;
  window.Worker = class extends Worker {
    postMessage(message, ...more) {
      super.postMessage(message, ...more);
      if (message?.type === "take" && !wanted.unopened) setTimeout(() => this.onmessage?.({ data: { type: "heard", seat: message.seat } }));
    }
  };

  class Peer extends EventTarget {
    connectionState = "new";
    iceConnectionState = "new";
    signalingState = "stable";
    onconnectionstatechange = null;
    oniceconnectionstatechange = null;
    transceivers = [];
    channels = [];
    pictures = 0;

    addTransceiver(of, { sendEncodings = [{}] } = {}) {
      const kind = typeof of === "string" ? of : of.kind;
      const sender = {
        track: typeof of === "string" ? null : of,
        replaceTrack: async (track) => void (sender.track = track),
        getStats: async () => new Map(wanted.leaks ? [["out", { type: "outbound-rtp", bytesSent: 900 }]] : []), // more than was sealed
        getParameters: () => ({ encodings: sendEncodings.map((one) => ({ ...one })) }),
        setParameters: async () => undefined,
      };
      const transceiver = { sender, receiver: this.receiver(kind), direction: "sendrecv", stop() {} };
      this.transceivers.push(transceiver);
      return transceiver;
    }

    receiver(kind) {
      const sources = () => (failure === null ? [{ source: 1, timestamp: heard++ }] : []);
      const track = kind === "audio" ? once(`sound ${this.transceivers.length}`, silence) : this.picture();
      return { track, getSynchronizationSources: sources };
    }

    // The first picture is the other person's, the second a shared screen, then come further people.
    picture() {
      const at = this.pictures++;
      const first = wanted.first ?? 0;
      return once(`picture ${at}`, () => (at === 1 ? sheet() : person(PEOPLE[(first + Math.max(0, at - 1)) % PEOPLE.length])));
    }

    createDataChannel(label) {
      const channel = new Channel(label);
      this.channels.push(channel);
      return channel;
    }

    getTransceivers() {
      return this.transceivers;
    }

    async createOffer() {
      return { type: "offer", sdp: SDP };
    }

    async setLocalDescription(description) {
      this.localDescription = description;
    }

    async setRemoteDescription() {
      peers.add(this);
      if (failure === "path") return; // nothing gets through
      setTimeout(() => this.become(wanted.connects === false ? "failed" : "connected"));
    }

    become(state) {
      if (this.connectionState === "closed") return;
      this.connectionState = this.iceConnectionState = state;
      if (state === "connected") for (const channel of this.channels) channel.open();
      this.onconnectionstatechange?.({});
      this.oniceconnectionstatechange?.({});
    }

    setConfiguration() {}
    restartIce() {}

    async getStats() {
      return new Map();
    }

    close() {
      peers.delete(this);
      this.connectionState = this.iceConnectionState = this.signalingState = "closed";
      for (const channel of this.channels) channel.close();
    }
  }
  window.RTCPeerConnection = Peer;
})();
