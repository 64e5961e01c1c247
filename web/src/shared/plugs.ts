// Which devices are plugged in, and what came or went since the last look. Pure but for `lists`.
import { listed, type Choice, type DeviceKind } from "./devices";

export type Kind = DeviceKind | "speaker";
export type Lists = Record<Kind, Choice[]>;

/** Chrome lists the system's choice once more under these names. */
const ALIASES: ReadonlySet<string> = new Set(["default", "communications"]);
/** A headset is offered as a microphone; its speaker comes along. */
const OFFERED: readonly Kind[] = ["microphone", "speaker", "camera"];

/** Everything that is plugged in now, as far as this page may know. */
export async function lists(): Promise<Lists> {
  const all = await listed();
  const of = (kind: MediaDeviceKind): Choice[] =>
    all.filter((device) => device.kind === kind && device.deviceId !== "" && !ALIASES.has(device.deviceId)).map(({ deviceId, label, groupId }) => ({ id: deviceId, label, group: groupId }));
  return { camera: of("videoinput"), microphone: of("audioinput"), speaker: of("audiooutput") };
}

function has(list: readonly Choice[], id: string): boolean {
  return list.some((choice) => choice.id === id);
}

/** Whether this one was unplugged. One that was never listed is unknown, as before a permission, and counts as there. */
export function gone(before: Lists, now: Lists, kind: Kind, id: string): boolean {
  return has(before[kind], id) && !has(now[kind], id);
}

/** What was plugged in, if anything. Names that only became readable, by a permission, are no news. */
export function arrived(before: Lists, now: Lists): { kind: Kind; choice: Choice } | null {
  for (const kind of OFFERED) {
    const known = before[kind].some(({ label }) => label !== "");
    const choice = known ? now[kind].find(({ id, label }) => label !== "" && !has(before[kind], id)) : undefined;
    if (choice) return { kind, choice };
  }
  return null;
}

/** The speaker in the same housing as this microphone. */
export function speakerOf(microphone: Choice, now: Lists): Choice | null {
  return now.speaker.find(({ group }) => group !== "" && group === microphone.group) ?? null;
}
