// Cameras, microphones and speakers: asking for them, telling failures apart, listing them.
import type { Facing } from "./chosen";

/** Why a device could not be had. */
export type DeviceProblem = "denied" | "system" | "busy" | "none" | "unknown";
export type DeviceKind = "camera" | "microphone";
export type Got = { track: MediaStreamTrack; problem: null } | { track: null; problem: DeviceProblem };

/**
 * What a getUserMedia failure means, by the names of W3C's Media Capture and Streams, section 10.2 ("getUserMedia()"), and
 * those older browsers used. Chrome says in the message when the operating system is the one who refuses.
 */
export function problemOf(error: unknown): DeviceProblem {
  const { name, message } = error instanceof Error || error instanceof DOMException ? error : { name: "", message: "" };
  switch (name) {
    case "NotAllowedError":
    case "PermissionDeniedError":
    case "SecurityError":
      return /system/i.test(message) ? "system" : "denied";
    case "NotReadableError":
    case "TrackStartError":
    case "AbortError":
      return "busy";
    case "NotFoundError":
    case "DevicesNotFoundError":
    case "OverconstrainedError":
      return "none";
    default:
      return "unknown";
  }
}

/**
 * The same, told apart further by what else is known. Safari names the person and macOS or iOS alike when it refuses: if the
 * person has allowed it, it was the system. Firefox finds no device that the system keeps from it, but lists it.
 */
export async function problemWith(kind: DeviceKind, error: unknown): Promise<DeviceProblem> {
  const problem = problemOf(error);
  if (problem === "denied" && (await permission(kind)) === "granted") return "system";
  if (problem === "none" && (error as Error).name === "NotFoundError" && (await listed()).some((device) => device.kind === LISTED[kind])) return "system";
  return problem;
}

/** Whether the person closed the browser's question without an answer; Chrome asks no more after three times. */
export function dismissed(error: unknown): boolean {
  return error instanceof Error && /dismissed/i.test(error.message);
}

/** Which device is wished for. A `sure` one is known to be there. */
export interface Wish {
  id?: string | null;
  sure?: boolean;
  facing?: Facing;
}

/** What is asked of a camera: enough for a face, kind to a phone; of a microphone: a voice and nothing else. */
export function constraints(kind: DeviceKind, { id, sure, facing = "user" }: Wish): MediaStreamConstraints {
  const device: MediaTrackConstraints = id ? { deviceId: sure ? { exact: id } : { ideal: id } } : {};
  if (kind === "microphone") return { audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true, ...device } };
  const which = id ? device : { facingMode: { ideal: facing } };
  return { video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30, max: 30 }, ...which } };
}

/** Ask for one device; never throws. One that is gone gives way to any other; one that was denied before is not asked for again. */
export async function ask(kind: DeviceKind, wish: Wish = {}): Promise<Got> {
  if ((await permission(kind)) === "denied") return { track: null, problem: "denied" };
  try {
    const stream = await navigator.mediaDevices.getUserMedia(constraints(kind, wish));
    const track = stream.getTracks()[0];
    return track ? { track, problem: null } : { track: null, problem: "none" };
  } catch (error) {
    if (wish.id && problemOf(error) === "none") return ask(kind, { ...wish, id: null });
    return { track: null, problem: await problemWith(kind, error) };
  }
}

/** What the browser remembers about a permission; "unknown" where it does not say (Safari before 16, Firefox before 131). */
export async function permission(kind: DeviceKind): Promise<PermissionState | "unknown"> {
  try {
    return (await navigator.permissions.query({ name: kind as PermissionName })).state;
  } catch {
    return "unknown";
  }
}

/** Be told when a permission changes in the browser's own menus; returns how to stop. */
export function onPermission(kind: DeviceKind, listener: () => void): () => void {
  let status: PermissionStatus | null = null;
  let stopped = false;
  navigator.permissions
    ?.query({ name: kind as PermissionName })
    .then((found) => {
      if (stopped) return;
      status = found;
      status.addEventListener("change", listener);
    })
    .catch(() => undefined); // the page then relies on «Prøv igjen»
  return () => {
    stopped = true;
    status?.removeEventListener("change", listener);
  };
}

/** A device in a list to choose from; what shares a housing, as in a headset, shares a `group`. */
export interface Choice {
  id: string;
  label: string;
  group: string;
}

const LISTED = { camera: "videoinput", microphone: "audioinput", speaker: "audiooutput" } as const;

/** All devices as the browser lists them; never throws. */
export async function listed(): Promise<MediaDeviceInfo[]> {
  try {
    return await navigator.mediaDevices.enumerateDevices();
  } catch {
    return []; // also where there is no mediaDevices, as in some apps' own browsers
  }
}

/** What there is to choose from; labels are empty until a permission is given. */
export async function choices(kind: DeviceKind | "speaker"): Promise<Choice[]> {
  return (await listed())
    .filter((device) => device.kind === LISTED[kind] && device.deviceId !== "")
    .map(({ deviceId, label, groupId }) => ({ id: deviceId, label, group: groupId }));
}

/** Whether sound can be sent to a chosen speaker here (Chrome, Edge, Firefox; not Safari). */
export function canChooseSpeaker(): boolean {
  return "setSinkId" in HTMLMediaElement.prototype;
}

/** Which way a camera looks, or null when the device does not say. */
export function facing(track: MediaStreamTrack): Facing | null {
  const said = track.getSettings().facingMode;
  return said === "user" || said === "environment" ? said : null;
}

/** Ask for the camera on the other side: by direction on a phone, by the next in the list elsewhere. The old one must be stopped first. */
export async function otherCamera(present: { facing: Facing | null; device: string | null }): Promise<Got> {
  if (present.facing) {
    const wanted = present.facing === "user" ? "environment" : "user";
    const got = await ask("camera", { facing: wanted });
    if (got.track && facing(got.track) === wanted) return got;
    got.track?.stop();
  }
  const cameras = await choices("camera");
  const at = cameras.findIndex(({ id }) => id === present.device);
  const next = cameras[(at + 1) % Math.max(1, cameras.length)];
  return ask("camera", next ? { id: next.id, sure: true } : {});
}
