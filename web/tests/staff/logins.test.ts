// What the clinician's page asks of whom: nothing is let out before it knows which login was asked for, and guests show none.
import { expect, test } from "vitest";
import type { LoginLevel } from "../../src/protocol";
import type { Identity } from "../../src/shared/e2ee/types";
import { Logins } from "../../src/staff/logins";

const KARI: Identity = { known: true, born: "1984-03-12", at: 1 };
const nothing = new Uint8Array(32);

class List {
  level: LoginLevel | null = null;
  readonly listeners = new Set<() => void>();

  logins(): Logins {
    return new Logins({
      level: () => this.level,
      listen: (listener) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      judge: { judge: async () => KARI },
    });
  }

  tells(level: LoginLevel): void {
    this.level = level;
    for (const listener of [...this.listeners]) listener();
  }
}

test.each<[LoginLevel, boolean]>([["none", false], ["code", false], ["substantial", true], ["high", true]])("of a patient by %s", async (level, asked) => {
  const list = new List();
  list.level = level;
  const logins = list.logins();
  expect(logins.expectsIdentity("c1", "patient")).toBe(asked);
  expect(await logins.judge("c1", "patient", nothing, null)).toEqual(asked ? KARI : { known: false, why: "unasked" });
  expect(logins.of("c1")).toEqual(asked ? KARI : null);
  expect(logins.of("c2")).toBeNull();
});

test("nothing is asked of a guest, whatever the patient shows", async () => {
  const list = new List();
  list.level = "high";
  expect(list.logins().expectsIdentity("c1", "guest1")).toBe(false);
  expect(await list.logins().judge("c1", "guest1", nothing, null)).toEqual({ known: false, why: "unasked" });
});

test.each<[LoginLevel, Identity]>([["high", KARI], ["code", { known: false, why: "unasked" }]])("before the list has come the answer waits for it: %s", async (level, identity) => {
  const list = new List();
  const logins = list.logins();
  expect(logins.expectsIdentity("c1", "patient")).toBe(true);
  const judged = logins.judge("c1", "patient", nothing, null);
  for (const listener of [...list.listeners]) listener(); // something else
  list.tells(level);
  expect(await judged).toEqual(identity);
  expect(list.listeners.size).toBe(0);
});

test("what was told once is not taken back: a login that was asked for is asked for as long as the page lives", async () => {
  const list = new List();
  const logins = list.logins();
  logins.note("c1", "high"); // in the day's list, long before the call
  list.level = "none";
  expect(logins.expectsIdentity("c1", "patient")).toBe(true);
  expect(await logins.judge("c1", "patient", nothing, null)).toEqual(KARI);
  expect(logins.expectsIdentity("c2", "patient"), "which is of one consultation").toBe(false);
});

test("stricter news counts at once", () => {
  const list = new List();
  list.level = "none";
  const logins = list.logins();
  expect(logins.expectsIdentity("c1", "patient")).toBe(false);
  list.level = "substantial";
  expect(logins.expectsIdentity("c1", "patient")).toBe(true);
});

test("who has once shown a proof has to show one, whatever login was asked for", async () => {
  const list = new List();
  list.level = "none";
  const logins = list.logins();
  expect(await logins.judge("c1", "patient", nothing, { key: "k", signature: "s", token: "t" })).toEqual(KARI);
  expect(logins.expectsIdentity("c1", "patient")).toBe(true);
  expect(await logins.judge("c1", "patient", nothing, null), "and its absence is judged").toEqual(KARI);
});
