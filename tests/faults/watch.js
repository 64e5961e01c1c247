// Runs in a page before its own scripts: `__seen` notes when each picture of somebody else was shown and when sound of theirs was played, in ms since 1970.
(() => {
  const STILL = 400; // ms; from here on a picture counts as frozen, and sound as gone
  const seen = (window.__seen = { connections: [], states: [], sockets: [], pictures: [], sounds: [], counts, calm, audible, clear, interrupt, giveBack });
  const theirs = new Set(); // tracks that came over a connection
  const watched = new WeakSet(); // elements
  const heard = new WeakMap(); // receiver → the last sound's number
  // Recent notes only: an hour's call must not fill the page.
  const note = (list, at) => (list.push(at), list.length > 40_000 && list.splice(0, 20_000));

  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, args, newTarget) {
      const pc = Reflect.construct(target, args, newTarget);
      const number = seen.connections.push(pc) - 1;
      pc.addEventListener("track", ({ track }) => theirs.add(track));
      pc.addEventListener("connectionstatechange", () => seen.states.push({ at: Date.now(), number, state: pc.connectionState }));
      return pc;
    },
  });

  window.WebSocket = new Proxy(window.WebSocket, {
    construct(target, args, newTarget) {
      const socket = Reflect.construct(target, args, newTarget);
      const life = { opened: null, closed: null };
      seen.sockets.push(life);
      socket.addEventListener("open", () => (life.opened = Date.now()));
      socket.addEventListener("close", () => (life.closed = Date.now()));
      return socket;
    },
  });

  // What an incoming phone call does to a page on an iPhone: devices are taken away, what plays is stopped.
  const own = [];
  const contexts = [];
  let taken = false;
  const ask = navigator.mediaDevices?.getUserMedia.bind(navigator.mediaDevices);
  if (ask)
    navigator.mediaDevices.getUserMedia = async (wish) => {
      if (taken) throw new DOMException("The device is in use", "NotReadableError");
      const stream = await ask(wish);
      own.push(...stream.getTracks());
      return stream;
    };
  window.AudioContext = new Proxy(window.AudioContext, {
    construct(target, args, newTarget) {
      const context = Reflect.construct(target, args, newTarget);
      contexts.push(context);
      return context;
    },
  });

  /** Whether within so many ms something is to be heard, not only to be received: by the newest connection that is up. */
  async function audible(ms) {
    const energy = async () => {
      const up = seen.connections.filter((pc) => pc.connectionState === "connected").at(-1);
      let sum = 0;
      (await up?.getStats())?.forEach((stats) => (sum += (stats.type === "inbound-rtp" && stats.totalAudioEnergy) || 0));
      return sum;
    };
    const before = await energy();
    for (const end = Date.now() + ms; Date.now() < end; ) {
      if ((await energy()) > before) return true;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    return false;
  }

  /** A phone call comes in, */
  function interrupt() {
    taken = true;
    for (const track of own.splice(0)) {
      if (track.readyState === "ended") continue;
      track.stop();
      track.dispatchEvent(new Event("ended"));
    }
    for (const context of contexts) void context.suspend();
    for (const element of document.querySelectorAll("video, audio")) element.pause();
  }

  /** and is over: the person looks at the page again. */
  function giveBack() {
    taken = false;
    document.dispatchEvent(new Event("visibilitychange"));
    window.dispatchEvent(new Event("focus"));
  }

  const shown = (element) => element.srcObject?.getTracks().some((track) => theirs.has(track)) && element.getClientRects().length > 0;

  function follow(element) {
    const picture = () => {
      if (shown(element)) note(seen.pictures, Date.now());
      element.requestVideoFrameCallback(picture);
    };
    element.requestVideoFrameCallback(picture);
  }

  // Whether somebody would hear this track.
  const plays = (track) =>
    [...document.querySelectorAll("video, audio")].some(
      (element) => !element.muted && !element.paused && element.volume > 0 && element.srcObject?.getTracks().includes(track),
    );

  function listen(receiver) {
    if (receiver.track?.kind !== "audio" || !plays(receiver.track)) return;
    const [source] = receiver.getSynchronizationSources();
    if (!source || heard.get(receiver) === source.rtpTimestamp) return;
    heard.set(receiver, source.rtpTimestamp);
    // Some count from 1970, some from the page's beginning.
    note(seen.sounds, source.timestamp > 1e12 ? source.timestamp : performance.timeOrigin + source.timestamp);
  }

  setInterval(() => {
    for (const element of document.querySelectorAll("video")) {
      if (watched.has(element) || !element.requestVideoFrameCallback) continue;
      watched.add(element);
      follow(element);
    }
    for (const pc of seen.connections) if (pc.connectionState === "connected") pc.getReceivers().forEach(listen);
  }, 10);

  /** Whether picture and sound have both come since `since` and have not stood still for the last `ms`. */
  function calm(since, ms) {
    const now = Date.now();
    if (now < since + ms) return false;
    return [seen.pictures, seen.sounds].every((list) => {
      const recent = [now - ms, ...list.filter((at) => at > now - ms).sort((a, b) => a - b), now];
      return recent.length > 2 && recent.every((at, i) => i === 0 || at - recent[i - 1] < STILL);
    });
  }

  /** Forget what is older than `before`. */
  function clear(before) {
    for (const name of ["pictures", "sounds"]) seen[name] = seen[name].filter((at) => at >= before);
  }

  /** What the browser has counted on connections that are up: packets lost, pictures frozen and left out. */
  async function counts() {
    const found = { connections: [], lost: 0, freezes: 0, dropped: 0, decoded: 0, concealed: 0, relayed: null, port: 0 };
    for (const [number, pc] of seen.connections.entries()) {
      if (pc.connectionState !== "connected") continue;
      found.connections.push(number);
      const stats = await pc.getStats();
      let chosen = null;
      stats.forEach((s) => s.type === "transport" && (chosen = s.selectedCandidatePairId));
      stats.forEach((s) => {
        if (s.type === "inbound-rtp") {
          found.lost += s.packetsLost ?? 0;
          found.freezes += s.freezeCount ?? 0;
          found.dropped += s.framesDropped ?? 0;
          found.decoded += s.framesDecoded ?? 0;
          found.concealed += (s.concealedSamples ?? 0) - (s.silentConcealedSamples ?? 0);
        }
        if (s.type === "candidate-pair" && (s.id === chosen || s.selected)) {
          found.relayed = stats.get(s.localCandidateId)?.candidateType === "relay";
          found.port = stats.get(s.remoteCandidateId)?.port ?? 0;
        }
      });
    }
    return found;
  }
})();
