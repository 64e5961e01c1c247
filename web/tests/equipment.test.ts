// One's camera, microphone and speaker: asked for, remembered, taken away by the system, unplugged and plugged in.
import { describe, expect, test } from "vitest";
import type { DeviceKind } from "../src/shared/devices";
import { Equipment } from "../src/shared/equipment";
import { FakeMachine, FakeStorage, stage, type FakeDeviceTrack } from "./fakedevices";
import { settle } from "./fakes";

const browser = stage();

function setUp(machine = usual(), storage = new FakeStorage()) {
  browser.set(machine);
  const equipment = new Equipment(storage);
  const used = (kind: DeviceKind): FakeDeviceTrack => equipment[kind] as unknown as FakeDeviceTrack;
  const names = (): unknown => [equipment.camera?.label, equipment.microphone?.label];
  return { machine, storage, equipment, used, names, reloaded: () => setUp(machine, storage) };
}

function usual(): FakeMachine {
  const machine = new FakeMachine();
  machine.camera("c1", "Built-in camera");
  machine.microphone("m1", "Built-in microphone");
  machine.speaker("s1", "Built-in speaker");
  return machine;
}

function phone(): FakeMachine {
  const machine = new FakeMachine();
  machine.camera("front", "Front", "user");
  machine.camera("back", "Back", "environment");
  machine.microphone("m", "Phone");
  return machine;
}

describe("asking", () => {
  test("is one question for both", async () => {
    const { equipment, machine, names } = setUp();
    await equipment.obtain();
    expect(names()).toEqual(["Built-in camera", "Built-in microphone"]);
    expect(machine.asked).toHaveLength(1);
  });

  test("one that is refused does not cost the other, and is not asked for again", async () => {
    const machine = usual();
    machine.permission.camera = "denied";
    const { equipment, names } = setUp(machine);
    await equipment.obtain();
    expect(names()).toEqual([undefined, "Built-in microphone"]);
    expect(equipment.cameraProblem).toBe("denied");
    expect(machine.asked.map(({ video }) => video)).toEqual([undefined]);
  });

  test("one that is busy or missing does not cost the other", async () => {
    const machine = usual();
    machine.failure.camera = new DOMException("Could not start video source", "NotReadableError");
    const { equipment } = setUp(machine);
    await equipment.obtain();
    expect([equipment.cameraProblem, equipment.microphoneProblem]).toEqual(["busy", null]);
    machine.unplug("c1");
    machine.failure.camera = new DOMException("Requested device not found", "NotFoundError");
    await equipment.obtain();
    expect(equipment.cameraProblem).toBe("none");
  });

  test("a question that was closed is not followed by two more", async () => {
    const machine = usual();
    machine.permission.camera = machine.permission.microphone = "prompt";
    machine.failure.camera = new DOMException("Permission dismissed", "NotAllowedError");
    const { equipment } = setUp(machine);
    await equipment.obtain();
    expect([equipment.cameraProblem, equipment.microphoneProblem]).toEqual(["denied", "denied"]);
    expect(machine.asked).toHaveLength(1);
  });

  test.each<[string, DOMException, PermissionState | "unknown", string]>([
    ["Chrome", new DOMException("Permission denied by system", "NotAllowedError"), "granted", "system"],
    ["Safari", new DOMException("The request is not allowed by the user agent or the platform", "NotAllowedError"), "granted", "system"],
    ["Safari", new DOMException("The request is not allowed by the user agent or the platform", "NotAllowedError"), "prompt", "denied"],
    ["Firefox", new DOMException("The object can not be found here.", "NotFoundError"), "granted", "system"],
    ["older Firefox", new DOMException("The request is not allowed by the user agent or the platform", "NotAllowedError"), "unknown", "denied"],
  ])("%s' words %s with the permission %s mean %s", async (_, failure, permission, problem) => {
    const machine = usual();
    machine.permission.camera = permission;
    machine.failure.camera = failure;
    const { equipment } = setUp(machine);
    await equipment.turnOn("camera");
    expect(equipment.cameraProblem).toBe(problem);
  });

  test("a browser without devices at all says that it does not know why", async () => {
    browser.set(Object.assign(new FakeMachine(), {}) );
    Object.defineProperty(globalThis, "navigator", { value: {}, configurable: true });
    const equipment = new Equipment(new FakeStorage());
    await equipment.obtain();
    expect([equipment.cameraProblem, equipment.microphoneProblem]).toEqual(["unknown", "unknown"]);
    equipment.close();
  });

  test("what comes late, when it is wished for no longer, is let go of", async () => {
    const { equipment, machine } = setUp();
    let go = (): void => undefined;
    machine.hold = new Promise((resolve) => (go = resolve));
    const obtained = equipment.obtain();
    const on = equipment.turnOn("camera");
    await settle();
    equipment.release();
    go();
    await Promise.all([obtained, on]);
    expect([equipment.camera, equipment.microphone]).toEqual([null, null]);
    expect(machine.given.map(({ readyState }) => readyState)).toEqual(machine.given.map(() => "ended"));
    expect(equipment.cameraMayCome).toBe(true);
    await equipment.obtain();
    expect(equipment.camera).not.toBeNull();
  });
});

describe("choices", () => {
  test("are used again after a reload, also under new ids", async () => {
    const machine = usual();
    machine.camera("c2", "Good camera");
    machine.speaker("s2", "Good speaker");
    const { equipment, reloaded } = setUp(machine);
    await equipment.obtain();
    await equipment.choose("camera", "c2");
    equipment.chooseSpeaker("s2");
    const second = reloaded();
    await second.equipment.obtain();
    await settle();
    expect([second.equipment.camera?.label, second.equipment.speaker]).toEqual(["Good camera", "s2"]);
    for (const device of machine.plugged) device.deviceId = `new ${device.deviceId}`;
    const third = second.reloaded();
    await third.equipment.obtain();
    await settle();
    expect([third.equipment.camera?.label, third.equipment.speaker]).toEqual(["Good camera", "new s2"]);
  });

  test("that are gone give way silently", async () => {
    const machine = usual();
    machine.microphone("m2", "Headset");
    machine.speaker("s2", "Headset");
    const { equipment, reloaded } = setUp(machine);
    await equipment.obtain();
    await equipment.choose("microphone", "m2");
    equipment.chooseSpeaker("s2");
    machine.unplug("m2");
    machine.unplug("s2");
    const second = reloaded();
    await second.equipment.obtain();
    await settle();
    expect(second.names()).toEqual(["Built-in camera", "Built-in microphone"]);
    expect([second.equipment.speaker, second.equipment.changed, second.equipment.microphoneProblem]).toEqual([null, null, null]);
  });

  test("are a wish while the browser does not tell yet what there is", async () => {
    const machine = usual();
    machine.camera("c2", "Good camera");
    const { equipment, reloaded } = setUp(machine);
    await equipment.choose("camera", "c2");
    machine.permission.camera = machine.permission.microphone = "prompt";
    const second = reloaded();
    await second.equipment.obtain();
    expect(second.equipment.camera?.label).toBe("Good camera");
    expect(machine.asked.at(-1)?.video).toMatchObject({ deviceId: { ideal: "c2" } });
  });

  test("rubbish that is kept is no choice", async () => {
    const storage = new FakeStorage();
    for (const kept of ["{", "null", "7", '{"camera":{"id":3},"facing":"up"}']) {
      storage.setItem("venterom.devices", kept);
      const { equipment } = setUp(usual(), storage);
      await equipment.obtain();
      expect(equipment.camera?.label).toBe("Built-in camera");
    }
  });

  test("the other camera of a phone stays chosen, turned off and on and after a reload", async () => {
    const { equipment, reloaded } = setUp(phone());
    await equipment.obtain();
    expect([equipment.camera?.label, equipment.mirrored]).toEqual(["Front", true]);
    await equipment.flip();
    expect([equipment.camera?.label, equipment.mirrored]).toEqual(["Back", false]);
    equipment.turnOff("camera");
    await equipment.turnOn("camera");
    expect(equipment.camera?.label).toBe("Back");
    const second = reloaded();
    await second.equipment.obtain();
    expect(second.equipment.camera?.label).toBe("Back");
    await second.equipment.flip();
    expect(second.equipment.camera?.label).toBe("Front");
  });

  test("on a PC the next camera is the other one", async () => {
    const machine = usual();
    machine.camera("c2", "Second");
    const { equipment, reloaded } = setUp(machine);
    await equipment.obtain();
    await equipment.flip();
    expect(equipment.camera?.label).toBe("Second");
    const second = reloaded();
    await second.equipment.obtain();
    expect(second.equipment.camera?.label).toBe("Second");
  });
});

describe("what the system takes away", () => {
  test("is told, and taken back by itself when the system gives it back", async () => {
    const { equipment, used } = setUp();
    await equipment.obtain();
    used("microphone").does("mute");
    expect(equipment.interrupted).toBe(true);
    used("microphone").does("unmute");
    expect(equipment.interrupted).toBe(false);
  });

  test("is taken back with one tap, whether it was muted or ended", async () => {
    const { equipment, used, machine } = setUp();
    await equipment.obtain();
    used("camera").does("mute");
    used("microphone").does("ended");
    await settle();
    expect([equipment.interrupted, equipment.microphone]).toEqual([true, null]);
    const before = machine.given.length;
    await equipment.resume();
    expect(equipment.interrupted).toBe(false);
    expect(machine.given.slice(before).map(({ kind }) => kind).sort()).toEqual(["audio", "video"]);
    expect([equipment.cameraProblem, equipment.microphoneProblem]).toEqual([null, null]);
  });

  test("stays taken while it is still in use elsewhere, and comes back once it is not", async () => {
    const { equipment, used, machine } = setUp();
    await equipment.obtain();
    used("microphone").does("ended");
    await settle();
    machine.failure.microphone = new DOMException("", "NotReadableError");
    await equipment.mend();
    expect([equipment.interrupted, equipment.microphone]).toEqual([true, null]);
    delete machine.failure.microphone;
    await equipment.mend();
    expect([equipment.interrupted, equipment.microphoneProblem]).toEqual([false, null]);
    expect(equipment.microphone?.label).toBe("Built-in microphone");
  });

  test("is no interruption when a person took the permission back", async () => {
    const { equipment, used, machine } = setUp();
    await equipment.obtain();
    machine.permission.camera = "denied";
    used("camera").does("ended");
    await settle();
    expect([equipment.interrupted, equipment.cameraProblem]).toEqual([false, "denied"]);
  });

  test("is forgotten when one turns the device off", async () => {
    const { equipment, used } = setUp();
    await equipment.obtain();
    used("camera").does("mute");
    equipment.turnOff("camera");
    expect(equipment.interrupted).toBe(false);
  });
});

describe("plugging", () => {
  async function withHeadset() {
    const setting = setUp();
    setting.machine.microphone("m2", "Headset", "g2");
    setting.machine.speaker("s2", "Headset", "g2");
    await setting.equipment.obtain();
    await setting.equipment.choose("microphone", "m2");
    await settle();
    return setting;
  }

  test("a used device that is pulled out is followed by the next best, and that is told", async () => {
    for (const ends of [true, false]) {
      const { equipment, machine, used } = await withHeadset();
      const old = used("microphone");
      machine.unplug("m2");
      if (ends) old.does("ended");
      machine.changes();
      await settle();
      expect(equipment.microphone?.label).toBe("Built-in microphone");
      expect(equipment.changed).toEqual({ kind: "microphone", label: "Built-in microphone", why: "unplugged" });
      expect(equipment.interrupted).toBe(false);
      equipment.dismissChanged();
      expect(equipment.changed).toBeNull();
    }
  });

  test("the last one that is pulled out is missing", async () => {
    const { equipment, machine, used } = setUp();
    await equipment.obtain();
    await settle();
    machine.unplug("c1");
    used("camera").does("ended");
    await settle();
    expect([equipment.camera, equipment.cameraProblem, equipment.changed]).toEqual([null, "none", null]);
  });

  test("a speaker that goes gives way to the system's own", async () => {
    const { equipment, machine } = await withHeadset();
    equipment.chooseSpeaker("s2");
    machine.unplug("s2");
    machine.changes();
    await settle();
    expect([equipment.speaker, equipment.changed]).toEqual([null, { kind: "speaker", label: "", why: "unplugged" }]);
  });

  test("a new headset is offered, and used with its speaker after one tap", async () => {
    const { equipment, machine } = setUp();
    await equipment.obtain();
    await settle();
    machine.speaker("s3", "Buds", "g3");
    machine.microphone("m3", "Buds", "g3");
    machine.changes();
    await settle();
    expect(equipment.changed).toEqual({ kind: "microphone", label: "Buds", why: "plugged" });
    expect(equipment.microphone?.label).toBe("Built-in microphone");
    await equipment.useChanged();
    expect([equipment.microphone?.label, equipment.speaker, equipment.changed]).toEqual(["Buds", "s3", null]);
  });

  test("an offer goes with its device, and nothing is offered while nothing is used", async () => {
    const { equipment, machine } = setUp();
    machine.camera("c2", "Second");
    machine.changes();
    await settle();
    expect(equipment.changed).toBeNull();
    await equipment.obtain();
    await settle();
    machine.camera("c3", "Third");
    machine.changes();
    await settle();
    expect(equipment.changed?.label).toBe("Third");
    machine.unplug("c3");
    machine.changes();
    await settle();
    expect(equipment.changed).toBeNull();
  });

  test("names that a permission makes readable are no news", async () => {
    const machine = usual();
    machine.permission.camera = "prompt";
    machine.failure.camera = new DOMException("Permission dismissed", "NotAllowedError");
    const { equipment } = setUp(machine);
    await equipment.turnOn("microphone");
    await settle();
    machine.permission.camera = "granted";
    machine.changes();
    await settle();
    expect(equipment.changed).toBeNull();
  });
});
