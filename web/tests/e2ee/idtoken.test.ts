// Which tokens the clinician's browser believes: the portal's own, made for us and for this login, and no other.
import { beforeAll, beforeEach, describe, expect, it } from "vitest";
import { toBase64Url, utf8 } from "../../src/shared/e2ee/bytes";
import { believed, nonceIn, OLDEST_MS, SKEW_MS } from "../../src/shared/e2ee/idtoken";
import { LOOK_AGAIN_MS, Unreachable } from "../../src/shared/e2ee/portal";
import { Clock } from "../fakes";
import { CLIENT, encoded, FakePortal, ISSUER, published, signingKey, token, type SigningKey } from "./portal";

const NOW = Date.UTC(2027, 0, 15, 9);
const NONCE = "a-nonce";
const GOOD = { iss: ISSUER, aud: CLIENT, iat: NOW / 1000 - 60, exp: NOW / 1000 + 60, nonce: NONCE, sub: "x", pid: "12838421065" };

let key: SigningKey;
let other: SigningKey;
let portal: FakePortal;
let clock: Clock;

beforeAll(async () => {
  [key, other] = await Promise.all([signingKey("one"), signingKey("two")]);
});

beforeEach(async () => {
  clock = new Clock();
  portal = new FakePortal();
  portal.keys = [await published(key)];
});

const judged = (raw: string) => believed(raw, NONCE, portal.read(clock), NOW);

describe("an ID token", () => {
  it("is believed when everything fits", async () => {
    expect(await judged(await token(key, GOOD))).toEqual({ nationalId: "12838421065", at: NOW - 60_000 });
  });

  it("may be over, for it is minutes after the login, and need not name who logged in", async () => {
    const { pid: _, ...nobody } = GOOD;
    expect(await judged(await token(key, { ...nobody, iat: (NOW - OLDEST_MS) / 1000, exp: 1 }))).toMatchObject({ nationalId: "" });
  });

  it.each([
    [[CLIENT]],
    [[CLIENT, "another"], CLIENT],
    [CLIENT, CLIENT],
  ])("may be for %j with azp %j", async (aud: unknown, azp?: string) => {
    expect(await judged(await token(key, { ...GOOD, aud, ...(azp ? { azp } : {}) }))).not.toBeNull();
  });

  it.each([
    ["another issuer's", { iss: "https://other.example" }],
    ["nobody's", { iss: undefined }],
    ["for another client", { aud: "another" }],
    ["for nobody", { aud: undefined }],
    ["for others", { aud: ["another"] }],
    ["for us and others, who knows whom", { aud: [CLIENT, "another"] }],
    ["asked for by another", { azp: "another" }],
    ["for us and others, asked for by another", { aud: [CLIENT, "another"], azp: "another" }],
    ["of another login", { nonce: "another" }],
    ["of no login", { nonce: undefined }],
    ["too old", { iat: (NOW - OLDEST_MS) / 1000 - 1 }],
    ["from the future", { iat: (NOW + SKEW_MS) / 1000 + 1 }],
    ["without a time", { iat: undefined }],
    ["of a time in words", { iat: String(NOW / 1000) }],
  ])("is not believed when it is %s", async (_, claims: object) => {
    expect(await judged(await token(key, { ...GOOD, ...claims }))).toBeNull();
  });

  it("is not believed unsigned", async () => {
    const said = `${encoded({ alg: "none", kid: key.kid })}.${encoded(GOOD)}`;
    expect(await judged(`${said}.`)).toBeNull();
    expect(await judged(said)).toBeNull();
  });

  it("is not believed when the public key was taken for a shared secret", async () => {
    const shown = await crypto.subtle.exportKey("spki", key.pair.publicKey);
    const said = `${encoded({ alg: "HS256", kid: key.kid })}.${encoded(GOOD)}`;
    const hmac = await crypto.subtle.importKey("raw", shown, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    expect(await judged(`${said}.${toBase64Url(new Uint8Array(await crypto.subtle.sign("HMAC", hmac, utf8(said))))}`)).toBeNull();
  });

  it.each([
    ["an algorithm nobody uses", { alg: "RS512" }],
    ["an algorithm that the key is not for", { alg: "PS256" }],
    ["no key's name", { kid: undefined }],
    ["something that must be understood", { crit: ["b64"], b64: false }],
  ])("is not believed with %s", async (_, header: object) => {
    expect(await judged(await token(key, GOOD, header))).toBeNull();
  });

  it("is not believed by another key, whatever name that gives itself", async () => {
    expect(await judged(await token({ ...other, kid: key.kid }, GOOD))).toBeNull();
    expect(await judged(await token(other, GOOD))).toBeNull();
  });

  it("is not believed when anything of it was changed", async () => {
    const [header = "", , signature = ""] = (await token(key, GOOD)).split(".");
    expect(await judged(`${header}.${encoded({ ...GOOD, pid: "30915131103" })}.${signature}`)).toBeNull();
  });

  it.each(["", "..", "a.b.c", "e30.e30.e30", "e30.e30.e30.e30", "W10.W10.", `${encoded({ alg: "RS256", kid: "one" })}.bnVsbA.AA`])("is not %j", async (raw) => {
    expect(await judged(raw)).toBeNull();
    expect(nonceIn(raw)).toBeUndefined();
  });

  it("may be signed with PS256 by a key that says so", async () => {
    const pss = await signingKey("pss", "PS256");
    portal.keys.push(await published(pss));
    expect(await judged(await token(pss, GOOD))).not.toBeNull();
  });

  it("is not believed by a key that is too short, or not for signing", async () => {
    const short = await signingKey("short", "RS256", 1024);
    portal.keys.push(await published(short), { ...(await published(other)), use: "enc" });
    expect(await judged(await token(short, GOOD))).toBeNull();
    expect(await judged(await token(other, GOOD))).toBeNull();
  });

  it("tells its nonce also without being proven", async () => {
    expect(nonceIn(await token(other, GOOD))).toBe(NONCE);
  });
});

describe("the portal's keys", () => {
  it("are looked for once more when they have rolled since they were cached", async () => {
    portal.cached = portal.keys;
    portal.keys = [await published(other)];
    expect(await judged(await token(other, GOOD))).not.toBeNull();
    expect(portal.asked).toEqual(["/portal/portal.json", "/portal/jwks.json", "/portal/jwks.json anew"]);
  });

  it("are not looked for without end: nobody can make the page ask by unknown names", async () => {
    const keys = portal.read(clock);
    const unknown = await token(other, GOOD);
    const looks = () => portal.asked.filter((path) => path.endsWith("anew")).length;
    for (let times = 0; times < 5; times++) expect(await believed(unknown, NONCE, keys, NOW)).toBeNull();
    expect(looks()).toBe(1);
    clock.now += LOOK_AGAIN_MS;
    portal.keys = [await published(other)];
    expect(await believed(unknown, NONCE, keys, NOW)).not.toBeNull();
    expect(looks()).toBe(2);
  });

  it("are asked for again, ever later, while nobody answers", async () => {
    portal.down = true;
    const asked = judged(await token(key, GOOD));
    await clock.pass(3_000);
    expect(portal.asked).toHaveLength(3);
    portal.down = false;
    await clock.pass(60_000);
    expect(await asked).not.toBeNull();
  });

  it("cannot be had when nobody answers at all", async () => {
    portal.down = true;
    const asked = judged(await token(key, GOOD)).catch((problem: unknown) => problem);
    await clock.pass(60_000);
    expect(await asked).toBeInstanceOf(Unreachable);
    expect(portal.asked).toHaveLength(6);
  });

  it("are asked for once, however many wait for them", async () => {
    const keys = portal.read(clock);
    const raw = await token(key, GOOD);
    await Promise.all([1, 2, 3].map(() => believed(raw, NONCE, keys, NOW)));
    expect(portal.asked).toEqual(["/portal/portal.json", "/portal/jwks.json"]);
  });
});
