// mediasoup for the benchmark: node mediasoup.js <its package> <address>; a request a line in, an answer a line out.
const [packageFolder, ip] = process.argv.slice(2);
const mediasoup = require(packageFolder);

const mediaCodecs = [
  { kind: "audio", mimeType: "audio/opus", clockRate: 48000, channels: 2 },
  { kind: "video", mimeType: "video/VP8", clockRate: 90000 },
];
let worker, router, up, down;
let producers = [];

const described = ({ iceParameters, iceCandidates, dtlsParameters }) => ({ iceParameters, iceCandidates, dtlsParameters });

const todo = {
  async call() {
    worker ??= await mediasoup.createWorker({ logLevel: "none" });
    router?.close();
    producers = [];
    router = await worker.createRouter({ mediaCodecs });
    [up, down] = await Promise.all([0, 1].map(() => router.createWebRtcTransport({ listenIps: [{ ip }] })));
    return { up: described(up), down: described(down) };
  },
  async produce({ dtlsParameters, streams }) {
    await up.connect({ dtlsParameters });
    for (const stream of streams) producers.push(await up.produce(stream));
    return {};
  },
  async consume() {
    const { rtpCapabilities } = router;
    const consumers = await Promise.all(producers.map(({ id }) => down.consume({ producerId: id, rtpCapabilities })));
    return consumers.map(({ kind, rtpParameters }) => ({ kind, rtpParameters }));
  },
  async receive({ dtlsParameters }) {
    await down.connect({ dtlsParameters });
    return {};
  },
};

const lines = require("readline").createInterface({ input: process.stdin });
lines.on("line", async (line) => {
  const { do: name, ...details } = JSON.parse(line);
  const answer = await todo[name](details).catch((error) => ({ error: String(error) }));
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
lines.on("close", () => {
  worker?.close();
  process.exit(0);
});
