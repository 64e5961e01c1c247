// What is known of the clinician's camera and microphone before a call, so that the first patient need not wait for them.
import { permission, type DeviceProblem } from "../shared/devices";
import type { Equipment } from "../shared/equipment";

export class Readiness {
  /** Whether to ask the clinician to allow them now. */
  ask = false;
  camera: DeviceProblem | null = null;
  microphone: DeviceProblem | null = null;
  /** Devices are being asked for outside of a call. */
  trying = false;

  constructor(
    private readonly equipment: Equipment,
    private readonly tell: () => void,
  ) {}

  /** Find out what the browser remembers. */
  async look(): Promise<void> {
    const states = await Promise.all([permission("camera"), permission("microphone")]);
    this.become({ ask: states.some((state) => state !== "granted") });
  }

  /** Ask for both; whoever is told lets go of them again. */
  async allow(): Promise<void> {
    this.trying = true;
    await this.equipment.obtain();
    const { cameraProblem, microphoneProblem } = this.equipment;
    this.trying = false;
    this.become({ ask: false, camera: cameraProblem, microphone: microphoneProblem });
  }

  postpone(): void {
    this.become({ ask: false, camera: null, microphone: null });
  }

  /** A device was plugged in or allowed: look again if one was missed. */
  async mend(): Promise<void> {
    if (!this.camera && !this.microphone) return;
    this.postpone();
    await this.look();
  }

  private become(what: Partial<Pick<Readiness, "ask" | "camera" | "microphone">>): void {
    Object.assign(this, what);
    this.tell();
  }
}
