// Which problem of which device there is to solve. Pure.
import type { DeviceKind, DeviceProblem } from "./devices";

/** One problem; of both devices when both have the same. */
export interface Trouble {
  problem: DeviceProblem;
  which: DeviceKind | "both";
}

/** What is wrong, each problem once. */
export function troubles(camera: DeviceProblem | null, microphone: DeviceProblem | null): Trouble[] {
  if (camera && camera === microphone) return [{ problem: camera, which: "both" }];
  return [...(camera ? [{ problem: camera, which: "camera" } as const] : []), ...(microphone ? [{ problem: microphone, which: "microphone" } as const] : [])];
}
