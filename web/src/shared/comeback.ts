// After a phone call, a sleep or an outage: sound, pictures and devices are taken back, by themselves or from within a press.
import type { Equipment } from "./equipment";
import { unlockSound } from "./sound";

/** Play everybody's picture and sound; resolves when they can be heard, rejects if the browser wants a press first. */
export async function playAll(): Promise<void> {
  await Promise.all([...document.querySelectorAll<HTMLVideoElement>("video[data-role=remote]")].map((video) => video.play()));
}

/** Have everything again that the system stopped; what the browser will not give without a press stays as it is. */
export async function comeBack(equipment: Pick<Equipment, "interrupted" | "resume">): Promise<void> {
  void unlockSound();
  void playAll().catch(() => undefined); // an iPhone stops what played when it rings
  if (equipment.interrupted) await equipment.resume();
}
