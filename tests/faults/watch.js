// Runs in a page before its own scripts: `__seen` notes when each picture of somebody else was shown and when sound of theirs was played, in ms since 1970.
(() => {
  const STILL = 400; // ms; from here on a picture counts as frozen, and sound as gone
  const seen = (window.__seen = { connections: [], states: [], pictures: [], sounds: [], counts, calm, clear });
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
