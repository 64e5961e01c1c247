// The key that ties a login to a call: kept over the way to the portal and back, in several tabs, and gone when it should be; believed by the clinician's page.
import { IDBFactory } from "fake-indexeddb";
import { beforeAll, beforeEach, describe, expect, it, vi } from "vitest";
import { Binding, FRESH_MS, KEPT_MS, PATIENCE_MS } from "../../src/shared/e2ee/binding";
import { random, toBase64Url } from "../../src/shared/e2ee/bytes";
import { Judge } from "../../src/shared/e2ee/judge";
import { Shelf } from "../../src/shared/e2ee/shelf";
import type { Identity } from "../../src/shared/e2ee/types";
import { Clock } from "../fakes";
import { CLIENT, FakePortal, ISSUER, published, signingKey, token, type SigningKey } from "./portal";

const VISIT = "c-one";
const BEGIN = Date.UTC(2027, 0, 15, 9);

let key: SigningKey;
let clock: Clock;
let portal: FakePortal;
/** What the functions' door gives next, once; a failure when null. */
let waiting: string | null;
let asked: number;

beforeAll(async () => {
  key = await signingKey("one");
});

beforeEach(async () => {
  vi.stubGlobal("indexedDB", new IDBFactory());
  clock = new Clock();
  clock.now = BEGIN;
  portal = new FakePortal();
  portal.keys = [await published(key)];
  waiting = "";
  asked = 0;
});

/** A page of the visit, as after a load. */
function page(): Binding {
  const take = async (): Promise<string> => {
    asked += 1;
    if (waiting === null) throw new Error("no network");
    const taken = waiting;
    waiting = "";
    return taken;
  };
  return new Binding(take, new Shelf(), () => clock.now, clock.after);
}

/** Log in at the portal by a login with this nonce. */
async function logIn(nonce: string, claims: object = {}): Promise<void> {
  waiting = await token(key, { iss: ISSUER, aud: CLIENT, iat: clock.now / 1000, nonce, pid: "12838421065", ...claims });
}

const judge = () => new Judge(portal.read(clock), () => clock.now);

describe("the patient's page", () => {
  it("names one key for a visit, however often and in however many tabs it asks", async () => {
    const [one, other] = [page(), page()];
    const names = [...(await Promise.all([one.nonce(VISIT), other.nonce(VISIT)])), await page().nonce(VISIT)];
    expect(new Set(names).size).toBe(1);
    expect(names[0]).toMatch(/^[\w-]{43}$/);
    expect(await page().nonce("c-two")).not.toBe(names[0]);
  });

  it("keeps a key that nobody can read", async () => {
    await page().nonce(VISIT);
    const kept = await new Shelf().get(VISIT);
    expect(kept?.pair.privateKey.extractable).toBe(false);
    await expect(crypto.subtle.exportKey("jwk", kept?.pair.privateKey as CryptoKey)).rejects.toThrow();
  });

  it("holds what the login brought, also after a reload, and asks for it once", async () => {
    await logIn(await page().nonce(VISIT));
    expect(await page().settle(VISIT)).toBe("held");
    expect(await page().settle(VISIT)).toBe("held");
    expect(asked).toBe(1);
  });

  it("holds it in every tab, whichever took it", async () => {
    const tabs = [page(), page()];
    const nonce = await tabs[0]?.nonce(VISIT);
    await tabs[1]?.nonce(VISIT);
    await logIn(nonce ?? "");
    await Promise.all(tabs.map((tab) => tab.settle(VISIT)));
    expect(await Promise.all(tabs.map((tab) => tab.settle(VISIT)))).toEqual(["held", "held"]);
  });

  it("misses a login that was done without its key, or on another device", async () => {
    expect(await page().settle(VISIT)).toBe("missing");
    expect(asked).toBe(0);
    await page().nonce(VISIT);
    await logIn("another's");
    expect(await page().settle(VISIT)).toBe("missing");
  });

  it("asks again when there was no network", async () => {
    await logIn(await page().nonce(VISIT));
    const token = waiting;
    waiting = null;
    expect(await page().settle(VISIT)).toBe("missing");
    waiting = token;
    expect(await page().settle(VISIT)).toBe("held");
  });

  it("keeps what it has when another login was begun and given up", async () => {
    await logIn(await page().nonce(VISIT));
    await page().settle(VISIT);
    await page().nonce(VISIT);
    expect(await page().settle(VISIT)).toBe("held");
  });

  it("takes a second login in the place of the first", async () => {
    await logIn(await page().nonce(VISIT));
    await page().settle(VISIT);
    clock.now += FRESH_MS;
    expect(await page().settle(VISIT)).toBe("missing");
    await logIn(await page().nonce(VISIT));
    expect(await page().settle(VISIT)).toBe("held");
  });

  it("shows nothing of a login that has ended, and still knows the key that another tab went with", async () => {
    const nonce = await page().nonce(VISIT);
    await logIn(nonce);
    await page().settle(VISIT);
    await page().lapse(VISIT);
    expect(await page().prove(VISIT, "clinician", random(32))).toBeNull();
    await logIn(await page().nonce(VISIT));
    expect(await page().settle(VISIT)).toBe("held");
  });

  it("keeps nothing of a visit that is over, nor of any visit for more than a day", async () => {
    await page().nonce(VISIT);
    await page().nonce("c-two");
    await page().forget(VISIT);
    expect(await new Shelf().get(VISIT)).toBeUndefined();
    clock.now += KEPT_MS + 1;
    await page().settle("c-three");
    expect(await new Shelf().get("c-two")).toBeUndefined();
  });

  it("can hold no key where the browser keeps nothing", async () => {
    vi.stubGlobal("indexedDB", undefined);
    expect(await page().nonce(VISIT)).toBe("");
    expect(await page().settle(VISIT)).toBe("unable");
    expect(await page().prove(VISIT, "clinician", random(32))).toBeNull();
    await page().lapse(VISIT);
    await page().forget(VISIT);
  });

  it("can hold no key where the browser keeps everything but keys, as in some private windows", async () => {
    const unkept = { privateKey: () => "what cannot be cloned" } as unknown as CryptoKeyPair;
    await expect(new Shelf().keep({ consultation: VISIT, pair: unkept, key: "", used: 0, pending: false, token: "", since: 0 })).rejects.toThrow();
  });

  it("waits no longer than it must for a browser whose store never answers", async () => {
    vi.stubGlobal("indexedDB", { open: () => ({}) });
    const nonce = page().nonce(VISIT);
    await clock.pass(PATIENCE_MS);
    expect(await nonce).toBe("");
  });
});

describe("the clinician's page", () => {
  async function loggedIn(claims: object = {}): Promise<Binding> {
    await logIn(await page().nonce(VISIT), claims);
    const back = page();
    await back.settle(VISIT);
    return back;
  }

  it("knows whose key it is", async () => {
    const transcript = random(32);
    const proof = await (await loggedIn()).prove(VISIT, "clinician", transcript);
    expect(await judge().judge(VISIT, "patient", transcript, proof)).toEqual({ known: true, born: "1984-03-12", at: BEGIN });
  });

  it("knows it also of who logs in with an ID that tells no number", async () => {
    const proof = await (await loggedIn({ pid: undefined })).prove(VISIT, "clinician", random(32));
    expect(proof).not.toBeNull();
    const transcript = random(32);
    expect(await judge().judge(VISIT, "patient", transcript, await page().prove(VISIT, "clinician", transcript))).toMatchObject({ known: true, born: "" });
  });

  it("is the only one that is shown anything", async () => {
    const patient = await loggedIn();
    for (const seat of ["patient", "guest1", "guest2"] as const) expect(await patient.prove(VISIT, seat, random(32))).toBeNull();
  });

  it("asks nobody but the patient", async () => {
    expect(await judge().judge(VISIT, "guest1", random(32), null)).toEqual({ known: false, why: "unasked" });
    expect(await judge().judge(VISIT, "patient", random(32), null)).toEqual({ known: false, why: "missing" });
  });

  it("refuses what was signed of another agreement, as by who sits between two", async () => {
    const proof = await (await loggedIn()).prove(VISIT, "clinician", random(32));
    expect(await judge().judge(VISIT, "patient", random(32), proof)).toEqual({ known: false, why: "wrong" });
  });

  it("refuses a login that was done for another consultation", async () => {
    const transcript = random(32);
    const proof = await (await loggedIn()).prove(VISIT, "clinician", transcript);
    expect(await judge().judge("c-two", "patient", transcript, proof)).toEqual({ known: false, why: "wrong" });
  });

  it("refuses somebody else's token beside a key of one's own, as by who has read the token on its way", async () => {
    const transcript = random(32);
    const stolen = await (await loggedIn()).prove(VISIT, "clinician", transcript);
    const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign"]);
    vi.stubGlobal("indexedDB", new IDBFactory());
    await new Shelf().keep({ consultation: VISIT, pair, key: await rawOf(pair), used: BEGIN, pending: false, token: stolen?.token ?? "", since: BEGIN });
    const proof = await page().prove(VISIT, "clinician", transcript);
    expect(await judge().judge(VISIT, "patient", transcript, proof)).toEqual({ known: false, why: "wrong" });
  });

  it.each([{ key: "" }, { key: "AA" }, { signature: "" }, { signature: "!" }, { token: "" }])("refuses a proof with %j", async (broken) => {
    const transcript = random(32);
    const proof = await (await loggedIn()).prove(VISIT, "clinician", transcript);
    expect(proof && (await judge().judge(VISIT, "patient", transcript, { ...proof, ...broken }))).toEqual({ known: false, why: "wrong" });
  });

  it("says so when the portal cannot be asked", async () => {
    const transcript = random(32);
    const proof = await (await loggedIn()).prove(VISIT, "clinician", transcript);
    portal.down = true;
    let said: Identity | null = null;
    void judge().judge(VISIT, "patient", transcript, proof).then((identity) => (said = identity));
    while (!said) {
      await clock.pass(1_000);
      await new Promise(setImmediate); // WebCrypto's answers come from outside
    }
    expect(said).toEqual({ known: false, why: "unreachable" });
  });
});

async function rawOf(pair: CryptoKeyPair): Promise<string> {
  return toBase64Url(new Uint8Array(await crypto.subtle.exportKey("raw", pair.publicKey)));
}
