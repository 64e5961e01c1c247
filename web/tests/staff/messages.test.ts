// The history of what was sent: every value of the protocol has its words, and only what did not surely arrive can be sent anew.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Delivery, FailureCause, MessageKind, SentMessage } from "../../src/protocol";
import { lines } from "../../src/staff/messages";
import { view } from "./views";

// Without loaded texts `t` answers with the key: just what is asked here.
const texts = JSON.parse(readFileSync(join(import.meta.dirname, "../../messages/nb/staff.json"), "utf8")) as Record<string, string>;
const KINDS: MessageKind[] = ["invited", "reminder", "missing", "moved", "cancelled", "guest", "code"];
const STATES: Delivery[] = ["none", "due", "sending", "sent", "delivered", "failed", "opted_out", "uncertain"];
const CAUSES: FailureCause[] = ["receiver", "opted_out", "carrier", "expired", "unknown"];

function sent(more: Partial<SentMessage>): SentMessage {
  return { kind: "invited", way: "sms", guest: "", state: "sent", at: "2026-11-24T09:00:00Z", why: "none", ...more };
}

test("every kind, state and cause has its words", () => {
  for (const kind of KINDS) expect(texts).toHaveProperty([`staff.messages.kind.${kind}`]);
  for (const state of STATES) expect(texts).toHaveProperty([lines([sent({ state })], view({}))[0]?.state ?? ""]);
  for (const why of CAUSES) expect(texts).toHaveProperty([lines([sent({ state: "failed", why })], view({}))[0]?.why ?? ""]);
});

describe("sending anew", () => {
  const again = (messages: SentMessage[], more: Parameters<typeof view>[0] = {}) => lines(messages, view(more)).map((line) => line.again);

  test("is for what failed or is uncertain, and is the newest to its receiver", () => {
    expect(again([sent({ state: "failed" }), sent({ state: "failed" })])).toEqual([{ guest: "" }, null]);
    expect(again([sent({ state: "uncertain" }), sent({ way: "mail", state: "failed" })])).toEqual([{ guest: "" }, { guest: "" }]);
    expect(again([sent({ state: "delivered" }), sent({ state: "failed" })])).toEqual([null, null]);
    expect(again([sent({ state: "opted_out", why: "opted_out" })])).toEqual([null]);
  });

  test("is neither for codes and cancellations nor once all is over", () => {
    expect(again([sent({ kind: "code", state: "failed" }), sent({ state: "failed" })])).toEqual([null, { guest: "" }]);
    expect(again([sent({ kind: "cancelled", state: "failed" })])).toEqual([null]);
    expect(again([sent({ state: "failed" })], { state: "ended" })).toEqual([null]);
  });

  test("is for guests who are still invited", () => {
    const guest = { id: "g1", seat: "guest1", kind: "companion", name: "Turid", phone: "", email: "", login_level: "code", sms: "failed", mail: "none", present: false, ready: false, admitted: false } as const;
    expect(again([sent({ kind: "guest", guest: "g1", state: "failed" })], { guests: [guest] })).toEqual([{ guest: "g1" }]);
    expect(again([sent({ kind: "guest", guest: "g1", state: "failed" })])).toEqual([null]);
  });
});
