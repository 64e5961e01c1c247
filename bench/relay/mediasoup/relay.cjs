// mediasoup's process in the comparison: a router a call, two transports a person, asked by lines of JSON.
"use strict";

const mediasoup = require("mediasoup");
const readline = require("node:readline");

const CODECS = [
  { kind: "audio", mimeType: "audio/opus", clockRate: 48000, channels: 2 },
  { kind: "video", mimeType: "video/VP8", clockRate: 90000 },
];

const routers = new Map();
const producers = new Map();
let worker;

async function router(call) {
  if (!routers.has(call)) routers.set(call, worker.createRouter({ mediaCodecs: CODECS }));
  return routers.get(call);
}

async function transport(call, address, fingerprints) {
  const made = await (await router(call)).createWebRtcTransport({ listenIps: [address], enableTcp: false });
  // As mediasoup-client does it: the browser is the DTLS client.
  await made.connect({ dtlsParameters: { role: "client", fingerprints } });
  return made;
}

function signalled({ iceParameters, iceCandidates, dtlsParameters }) {
  return { iceParameters, iceCandidates, dtlsParameters };
}

const doors = {
  async start() {
    worker = await mediasoup.createWorker({ logLevel: "warn" });
    return { pid: worker.pid };
  },
  async publish({ call, person, address, fingerprints, tracks }) {
    const up = await transport(call, address, fingerprints);
    const made = [];
    for (const { kind, rtpParameters } of tracks) made.push(await up.produce({ kind, rtpParameters }));
    producers.set(person, made);
    return signalled(up);
  },
  async watch({ call, address, fingerprints, others, extensions }) {
    const down = await transport(call, address, fingerprints);
    const { codecs } = (await router(call)).rtpCapabilities;
    const plain = codecs.map((codec) => ({
      ...codec,
      rtcpFeedback: codec.rtcpFeedback.filter(({ type }) => type !== "transport-cc"),
    }));
    const rtpCapabilities = { codecs: plain, headerExtensions: extensions };
    const consumers = [];
    for (const person of others)
      for (const producer of producers.get(person)) {
        const { kind, rtpParameters } = await down.consume({ producerId: producer.id, rtpCapabilities });
        const [{ ssrc, rtx }] = rtpParameters.encodings;
        consumers.push({ person, kind, ssrc, rtx: rtx ? rtx.ssrc : 0 });
      }
    return { ...signalled(down), consumers };
  },
};

readline.createInterface({ input: process.stdin }).on("line", async (line) => {
  const { door, ...question } = JSON.parse(line);
  let answer;
  try {
    answer = await doors[door](question);
  } catch (error) {
    answer = { error: String(error) };
  }
  process.stdout.write(JSON.stringify(answer) + "\n");
});
