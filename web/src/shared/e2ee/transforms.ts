// Leads the frames of senders and receivers through the worker that seals and opens them, in whichever way the browser has.
import { forced } from "../forced";
import type { FromSealer, Passage, ToSealer } from "./passage";

/** What is used of the worker. */
export interface SealerWorker {
  postMessage(message: ToSealer, transfer?: Transferable[]): void;
  onmessage: ((event: { data: FromSealer }) => void) | null;
  onerror: ((event: unknown) => void) | null;
  terminate(): void;
}

/** `script`: RTCRtpScriptTransform. `streams`: createEncodedStreams, Chromium's from before the standard, for which a connection must have been made. */
export type Way = "script" | "streams";

/** How this browser lets frames be changed (W3C webrtc-encoded-transform); null if it does not, or cannot seal them. */
export function findWay(): Way | null {
  if (typeof Worker !== "function" || !globalThis.crypto?.subtle || forced("unable", localStorage)) return null;
  if (typeof RTCRtpScriptTransform === "function") return "script";
  return "createEncodedStreams" in (globalThis.RTCRtpSender?.prototype ?? {}) ? "streams" : null;
}

/** Whether this browser can seal frames. */
export function able(): boolean {
  return findWay() !== null;
}

/** What a connection must be made with. */
export function configured(way: Way | null): RTCConfiguration {
  return way === "streams" ? ({ encodedInsertableStreams: true } as RTCConfiguration) : {};
}

/** To be called in the task in which the end was made: Chromium takes no notice of a transform that is set later, and sends in clear. */
export function lead(end: RTCRtpSender | RTCRtpReceiver, way: Way, worker: SealerWorker, passage: Passage): void {
  if (way === "script") {
    end.transform = new RTCRtpScriptTransform(worker as unknown as Worker, passage);
    return;
  }
  const { readable, writable } = (end as unknown as { createEncodedStreams: () => Pair }).createEncodedStreams();
  worker.postMessage({ type: "pass", passage, readable, writable }, [readable, writable]);
}

interface Pair {
  readable: ReadableStream;
  writable: WritableStream;
}
