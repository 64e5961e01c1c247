// A peer connection that remembers what it was asked for, for the tests of a call.

export class FakeChannel {
  readyState = "connecting";
  onopen: (() => void) | null = null;
  onclose: (() => void) | null = null;
  onmessage: ((event: { data: unknown }) => void) | null = null;
  readonly sent: unknown[] = [];

  send(data: string): void {
    this.sent.push(JSON.parse(data));
  }

  opens(): void {
    this.readyState = "open";
    this.onopen?.();
  }

  says(data: unknown): void {
    this.onmessage?.({ data: typeof data === "string" ? data : JSON.stringify(data) });
  }
}

export class FakeTrack {
  constructor(readonly kind = "video") {}

  muted = true;
  enabled = true;
  private heard: (() => void)[] = [];

  addEventListener(_: "unmute", heard: () => void): void {
    this.heard.push(heard);
  }

  unmutes(): void {
    this.muted = false;
    for (const heard of this.heard) heard();
  }
}

export class FakeStream {
  constructor(private readonly tracks: FakeTrack[] = []) {}

  addTrack(track: FakeTrack): void {
    this.tracks.push(track);
  }

  removeTrack(track: FakeTrack): void {
    this.tracks.splice(this.tracks.indexOf(track), 1);
  }

  getTracks(): FakeTrack[] {
    return [...this.tracks];
  }
}

const SEEN = { getSettings: () => ({ height: 480 }) };

/** One slot; encodings are those of its init, or one without a name. */
export class FakeTransceiver {
  readonly receiver;
  /** What has arrived so far: packets of sound or decoded frames. */
  arrived = 0;
  encodings: RTCRtpEncodingParameters[];
  direction: unknown;
  track: unknown;
  readonly sender = {
    replaceTrack: async (track: unknown) => void ((this.track = track), (this.sender.track = track === null ? null : SEEN)),
    getParameters: () => ({ encodings: this.encodings.map((encoding) => ({ ...encoding })) }),
    setParameters: async ({ encodings }: { encodings: RTCRtpEncodingParameters[] }) => void (this.encodings = encodings),
    track: null as typeof SEEN | null,
  };

  constructor(
    readonly kind: unknown,
    readonly init: RTCRtpTransceiverInit,
    track: unknown,
  ) {
    const counted = (): Record<string, unknown> => ({ type: "inbound-rtp", kind, [kind === "audio" ? "packetsReceived" : "framesDecoded"]: this.arrived });
    this.receiver = { track: new FakeTrack(String(kind)), getStats: async () => new Map([["in", counted()]]) };
    this.track = track;
    this.encodings = init.sendEncodings ?? [{}];
    this.direction = init.direction;
  }
}

export class FakePeer {
  connectionState = "new";
  iceConnectionState = "new";
  signalingState = "stable";
  onconnectionstatechange: (() => void) | null = null;
  oniceconnectionstatechange: (() => void) | null = null;
  /** What was laid out, in order: transceivers, and the channel by its name. */
  readonly slots: string[] = [];
  readonly transceivers: FakeTransceiver[] = [];
  readonly channel = new FakeChannel();
  readonly restarts: boolean[] = [];
  readonly answers: string[] = [];
  report = new Map<string, Record<string, unknown>>();
  refuses = false;
  closed = false;

  addTransceiver(kind: unknown, init: RTCRtpTransceiverInit): FakeTransceiver {
    const track = typeof kind === "string" && ["audio", "video"].includes(kind) ? null : kind;
    const made = new FakeTransceiver(track === null ? kind : ["audio", "video", "video"][this.transceivers.length], init, track);
    this.slots.push(`${String(made.kind)} ${init.direction}`);
    this.transceivers.push(made);
    return made;
  }

  createDataChannel(label: string): FakeChannel {
    this.slots.push(label);
    return this.channel;
  }

  async createOffer({ iceRestart }: { iceRestart: boolean }) {
    this.restarts.push(iceRestart);
    return { type: "offer", sdp: `v=0\r\na=candidate:1 1 udp 1 192.168.1.2 5000 typ host\r\na=x:${this.restarts.length}\r\n` };
  }

  async setLocalDescription(): Promise<void> {
    this.signalingState = "have-local-offer";
  }

  async setRemoteDescription({ sdp }: { sdp: string }): Promise<void> {
    if (this.refuses) throw new Error("not an answer");
    this.signalingState = "stable";
    this.answers.push(sdp);
  }

  setConfiguration(): void {}

  async getStats() {
    return this.report;
  }

  close(): void {
    this.closed = true;
  }

  becomes(connection: string, ice: string): void {
    this.connectionState = connection;
    this.iceConnectionState = ice;
    this.onconnectionstatechange?.();
  }
}
