// What rows, notices and trail entries say: every value of the protocol leads to a text that exists, and lights fit the words.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Delivery, EndReason, GuestView, NetworkReport, Transport, Verdict } from "../../src/protocol";
import { doer, happened, levelOf } from "../../src/staff/happenings";
import { brief, checks, figures, tested } from "../../src/staff/tested";
import { guestAt, identityOf, invitation, lateness, lightOf, noticeText, patientName } from "../../src/staff/words";
import { view } from "./views";

// Without loaded texts `t` answers with the key: just what is asked here.
const texts = JSON.parse(readFileSync(join(import.meta.dirname, "../../messages/nb/staff.json"), "utf8")) as Record<string, string>;
const NOW = Date.parse("2026-11-24T09:00:00Z");

function network(verdict: Verdict): NetworkReport {
  return { verdict, transport: "direct", rtt_ms: 0, jitter_ms: 0, loss: 0, up_kbps: 0, down_kbps: 0 };
}

test("every way of sending and every outcome has its words; what was not asked for has none", () => {
  for (const state of ["due", "sending", "sent", "delivered", "failed", "opted_out", "uncertain"] satisfies Delivery[]) {
    const said = invitation(view({ sms: state, mail: state, invite_at: "2026-11-24T10:00:00Z" }), NOW);
    expect(said.map(({ way }) => way)).toEqual(["sms", "mail"]);
    for (const { text } of said) expect(texts).toHaveProperty([text]);
  }
  expect(invitation(view({}), NOW)).toEqual([]);
});

test("what did not arrive shows a light, and what arrived another", () => {
  const lights = (["due", "sending", "sent", "delivered", "opted_out", "uncertain", "failed"] satisfies Delivery[]).map(lightOf);
  expect(lights).toEqual([null, null, null, "good", "doubtful", "doubtful", "bad"]);
});

test("whoever was taken away has no name", () => {
  expect(patientName(view({}))).toBe("Kari");
  expect(texts).toHaveProperty([patientName(view({ erased: true, patient_name: "" }))]);
});

describe("the patient's own test", () => {
  test.each<[Verdict | null, string]>([["good", "good"], ["improvable", "doubtful"], ["poor", "bad"], ["blocked", "bad"], [null, "doubtful"]])(
    "the network %s shows %s",
    (verdict, light) => {
      const found = checks(view({ network: verdict ? network(verdict) : null })).find(({ what }) => what === "network");
      expect(found?.light).toBe(light);
      expect(texts).toHaveProperty([found?.text ?? ""]);
    },
  );

  test("devices show what was answered", () => {
    const found = checks(view({ devices: { camera: "yes", speaker: "no", microphone: "untested" } }));
    expect(found.slice(0, 3).map(({ light }) => light)).toEqual(["good", "bad", "doubtful"]);
    for (const { text } of found) expect(texts).toHaveProperty([text]);
  });

  test("is said in brief where it all went well or nothing was tried, and what went wrong by name", () => {
    const said = (...answers: ("yes" | "no" | "untested")[]): string[] => {
      const [camera = "yes", speaker = "yes", microphone = "yes"] = answers;
      const found = brief(view({ devices: { camera, speaker, microphone }, network: network("good") }));
      for (const { text } of found) expect(texts).toHaveProperty([text]);
      return found.map(({ what, light }) => `${what} ${light}`);
    };
    expect(said("yes", "yes", "yes")).toEqual(["devices good", "network good"]);
    expect(said("untested", "untested", "untested")).toEqual(["devices doubtful", "network good"]);
    expect(said("yes", "no", "untested")).toEqual(["speaker bad", "microphone doubtful", "network good"]);
    expect(said("no", "no", "no")).toEqual(["camera bad", "speaker bad", "microphone bad", "network good"]);
  });

  test("shows what the network test measured, whichever way it went", () => {
    for (const transport of ["direct", "relay_udp", "relay_tcp", "relay_tls", "none"] satisfies Transport[]) {
      for (const { what, text } of figures({ ...network("good"), transport })) {
        expect(texts).toHaveProperty([what]);
        expect(texts).toHaveProperty([text]);
      }
    }
  });

  test("is left out until there is something to say, and once all is over", () => {
    expect(tested(view({}))).toBe(false);
    expect(tested(view({ network: network("poor") }))).toBe(true);
    expect(tested(view({ devices: { camera: "no", speaker: "untested", microphone: "untested" } }))).toBe(true);
    expect(tested(view({ state: "checked_in" }))).toBe(true);
    expect(tested(view({ state: "ended", network: network("good") }))).toBe(false);
  });
});

test("a guest is where the call and their own page say", () => {
  const guest = (more: Partial<GuestView>): GuestView => ({ id: "g", seat: "guest1", kind: "interpreter", name: "Anna", phone: "", email: "", login_level: "code", sms: "sent", mail: "none", present: false, ready: false, admitted: false, ...more });
  expect(guestAt(guest({}), false, false)).toBe("away");
  expect(guestAt(guest({ present: true }), false, false)).toBe("here");
  expect(guestAt(guest({ present: true, ready: true }), true, false)).toBe("waits");
  expect(guestAt(guest({ ready: true }), true, false)).toBe("lost");
  expect(guestAt(guest({ present: true, admitted: true }), true, false)).toBe("expected");
  expect(guestAt(guest({ present: true, ready: true, admitted: true }), false, false)).toBe("expected");
  expect(guestAt(guest({ present: true, ready: true, admitted: true }), true, false)).toBe("rung");
  expect(guestAt(guest({ present: true, ready: true, admitted: true }), true, true)).toBe("in_call");
});

test("only one who waits can be kept waiting", () => {
  expect(lateness(view({ state: "checked_in" }), NOW + 90_000)).toBe(90);
  expect(lateness(view({ state: "checked_in" }), NOW - 90_000)).toBe(0);
  expect(lateness(view({ state: "invited" }), NOW + 90_000)).toBe(0);
});

test("every way a call ends has its own words", () => {
  for (const code of ["hang_up", "withdrawn", "worker_lost", "cancelled"] satisfies EndReason[]) {
    expect(texts).toHaveProperty([noticeText({ id: "x", code, tone: "info", consultation: "a", again: false }, "Kari")]);
  }
});

test("every event of the lifecycle has its words in the history", () => {
  const source = readFileSync(join(import.meta.dirname, "../../../chalicelib/lifecycle.py"), "utf8");
  const events = source.slice(source.indexOf("class Event"), source.indexOf("class Role")).matchAll(/ = "(\w+)"/g);
  const found = [...events].map((match) => match[1] ?? "");
  expect(found).toContain("hang_up");
  const folder = join(import.meta.dirname, "../../../chalicelib");
  const sources = readdirSync(folder).filter((file) => file.endsWith(".py")).map((file) => readFileSync(join(folder, file), "utf8"));
  const noted = sources.flatMap((text) => [...text.matchAll(/\b_?note\((?:[^()"]|\([^()]*\))*?"(\w+)"/g)].map((match) => match[1] ?? ""));
  expect(noted).toContain("guest_joined");
  expect(noted).toContain("rescheduled");
  found.push(...noted);
  for (const what of found) expect(texts, what).toHaveProperty([happened({ what })]);
});

test("the history says of a message what it was and what became of it", () => {
  for (const what of ["sms_delivered", "mail_uncertain", "reminder_sms_opted_out", "cancelled_mail_sent", "code_sms_failed"]) {
    expect(happened({ what }), what).toBe("staff.trail.message");
  }
  expect(happened({ what: "sms_sent" })).toBe("staff.trail.what.sms_sent");
  expect(happened({ what: "sms_lost" })).toBe("sms_lost");
});

test("how surely somebody was known is said of people, and staff are never without a login", () => {
  expect(levelOf("patient", "none")).toBe("staff.trail.level.none");
  expect(levelOf("patient", "code")).toBe("staff.trail.level.code");
  expect(levelOf("ingrid-berg", "none")).toBe("staff.trail.level.staff");
  expect(levelOf("secretary", "high")).toBe("staff.trail.level.high");
  expect(levelOf("system", "none")).toBe("");
});

test("the history says you, a colleague or a role", () => {
  const entry = (who: string) => ({ number: 1, at: "", what: "", who, level: "none" as const, state: "" });
  const me = { id: "ingrid-berg", colleagues: [{ id: "omar-haddad", name: "Omar Haddad", departments: [] }] };
  expect(doer(entry("ingrid-berg"), me)).toBe("staff.who.me");
  expect(doer(entry("omar-haddad"), me)).toBe("Omar Haddad");
  expect(doer(entry("sunniva-lie"), me)).toBe("staff.who.colleague");
  expect(doer(entry("patient"), me)).toBe("staff.who.patient");
});

test("a login that confirms the lock says when, and when its person was born, where the portal tells", () => {
  const known = { known: true, at: NOW } as const;
  expect(identityOf({ seat: "patient", identity: { ...known, born: "1958-03-04" } })).toBe("staff.lock.known staff.lock.born");
  expect(identityOf({ seat: "patient", identity: { ...known, born: "" } })).toBe("staff.lock.known");
  for (const why of ["missing", "wrong"] as const) expect(identityOf({ seat: "patient", identity: { known: false, why } })).toBe("staff.lock.unknown");
  expect(identityOf({ seat: "patient", identity: { known: false, why: "unasked" } }), "that none was asked for is worth knowing").toBe("staff.lock.unasked");
  expect(identityOf({ seat: "guest1", identity: { known: false, why: "unasked" } }), "of guests none ever is").toBe("staff.lock.unknown");
  for (const key of ["staff.lock.known", "staff.lock.born", "staff.lock.unknown", "staff.lock.unasked"]) expect(texts).toHaveProperty([key]);
});
