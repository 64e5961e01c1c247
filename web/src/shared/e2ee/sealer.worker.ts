// The one worker of a page in which frames are sealed and opened.
import type { FromSealer, Passage, ToSealer } from "./passage";
import { Sealer, type Asking, type Frame } from "./sealer";

/** W3C webrtc-encoded-transform, section 5: what a worker is given for each RTCRtpScriptTransform. */
interface Transformer extends Required<Asking> {
  options: Passage;
  readable: ReadableStream<Frame>;
  writable: WritableStream<Frame>;
}

interface Scope {
  postMessage(message: FromSealer): void;
  onmessage: ((event: { data: ToSealer }) => void) | null;
  onrtctransform: ((event: { transformer: Transformer }) => void) | null;
}

const scope = globalThis as unknown as Scope;
const sealer = new Sealer((message) => scope.postMessage(message));
scope.onmessage = ({ data }) => sealer.receive(data);
scope.onrtctransform = ({ transformer }) => {
  const { options, readable, writable } = transformer;
  const asking: Asking = {
    generateKeyFrame: async () => transformer.generateKeyFrame(),
    sendKeyFrameRequest: async () => transformer.sendKeyFrameRequest(),
  };
  void sealer.pass(options, readable, writable, asking);
};
scope.postMessage({ type: "ready" });
