// The patient's login as the page runs it: what is sent along, what is taken back, and when it is asked for once more.
import { IDBFactory } from "fake-indexeddb";
import { beforeEach, expect, test, vi } from "vitest";
import type { VisitView } from "../src/protocol";
import { random } from "../src/shared/e2ee/bytes";
import { Identity } from "../src/visit/identity";
import { encoded } from "./e2ee/portal";

const visit = { consultation: "c1", seat: "patient", login_level: "high", logged_in: true } as VisitView;

let asked: { path: string; body: unknown }[];
let token: string;
let able: boolean;
let went: string[];

beforeEach(() => {
  asked = [];
  went = [];
  token = "";
  able = true;
  const kept = new Map<string, string>();
  vi.stubGlobal("indexedDB", new IDBFactory());
  vi.stubGlobal("sessionStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value), removeItem: (key: string) => void kept.delete(key) });
  vi.stubGlobal("location", { assign: (to: string) => went.push(to) });
  vi.stubGlobal("fetch", async (path: string, { body }: RequestInit) => {
    asked.push({ path, body: JSON.parse(String(body ?? "null")) });
    return new Response(JSON.stringify(path.endsWith("/proof") ? { token } : { location: "https://portal.example" }));
  });
});

/** A page that was just loaded. */
function page(of: Partial<VisitView> = {}): Identity {
  const view = { ...visit, ...of };
  return new Identity({ visit: () => view, able: () => able, request: (ask) => ask().catch(() => null), opened: () => undefined, leave: (to) => void went.push(to) });
}

const sent = (): string => (asked.at(-1)?.body as { nonce: string }).nonce;

async function returned(): Promise<Identity> {
  await page().login();
  token = `${encoded({})}.${encoded({ nonce: sent() })}.`;
  return page();
}

test("a patient's login names a key, and what it brought is shown to the clinician", async () => {
  const back = await returned();
  expect(asked).toEqual([{ path: "/api/visits/c1/login", body: { nonce: expect.stringMatching(/^[\w-]{43}$/) } }]);
  expect(went).toEqual(["https://portal.example"]);
  expect(await back.settle(visit)).toBe(false);
  expect(asked.at(-1)?.path).toBe("/api/visits/c1/proof");
  expect((await back.prove("c1", "clinician", random(32)))?.token).toBe(token);
});

test.each<[string, Partial<VisitView>]>([
  ["a guest", { seat: "guest1" }],
  ["who is to show no more than a phone", { login_level: "code" }],
  ["whom nobody asks", { login_level: "none" }],
])("%s is asked for no key", async (_, of) => {
  await page(of).login();
  expect(sent()).toBe("");
  expect(await page(of).settle({ ...visit, ...of })).toBe(false);
});

test("a login without this browser's key is asked for once more, and only once", async () => {
  expect(await page().settle(visit)).toBe(true);
  expect(await page().settle(visit)).toBe(true);
  expect(await page().loginAgain()).toBe(true);
  expect(await page().settle(visit)).toBe(false);
});

test("a login that helped is asked for again when its key is lost later", async () => {
  await page().loginAgain();
  await (await returned()).settle(visit);
  vi.stubGlobal("indexedDB", new IDBFactory());
  expect(await page().settle(visit)).toBe(true);
});

test("a browser that can keep no key logs in as it always did", async () => {
  vi.stubGlobal("indexedDB", undefined);
  await page().login();
  expect(sent()).toBe("");
  expect(await page().settle(visit)).toBe(false);
});

test("a browser that cannot encrypt is asked for no other login", async () => {
  able = false;
  expect(await page().settle(visit)).toBe(false);
});

test("a login that has ended is shown to nobody", async () => {
  await (await returned()).settle(visit);
  expect(await page().settle({ ...visit, logged_in: false })).toBe(false);
  expect(await page().prove("c1", "clinician", random(32))).toBeNull();
});

test.each([["logging out", (of: Identity) => of.logOut()], ["the end of the visit", (of: Identity) => of.forget()]])("after %s nothing is kept", async (_, end) => {
  const back = await returned();
  await back.settle(visit);
  await end(back);
  expect(await back.prove("c1", "clinician", random(32))).toBeNull();
});

test("who cannot get to the portal is told so", async () => {
  vi.stubGlobal("fetch", () => Promise.reject(new TypeError("no network")));
  expect(await page().loginAgain()).toBe(false);
});
