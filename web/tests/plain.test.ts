// Whoever cannot use the pages is led to a plain page in every language, without JavaScript and in the oldest browsers.
import { existsSync, readFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { plainPage } from "../plugins/plain";
import { LANGUAGES } from "../src/shared/languages";

const root = join(import.meta.dirname, "..");
const read = (name: string): string => readFileSync(join(root, name), "utf8");
const entries = readdirSync(root).filter((name) => name.endsWith(".html"));

test.each(entries)("%s leads there without JavaScript, and asks what the browser can before anything else", (name) => {
  const html = read(name);
  expect(html).toContain('<noscript><meta http-equiv="refresh" content="0; url=/unsupported.html" /></noscript>');
  const scripts = [...html.matchAll(/<script[^>]*>/g)].map(([tag]) => tag);
  expect(scripts[0]).toBe('<script src="/support.js">');
  expect(scripts.filter((tag) => !tag.includes("src="))).toEqual([]);
  expect(html).not.toMatch(/\sstyle=|<style|\son[a-z]+=/);
});

test("the plain page has every language that has its texts, under its own name", () => {
  const html = plainPage();
  const written = LANGUAGES.filter(({ code }) => existsSync(join(root, "messages", code, "plain.json"))); // messages.test.ts asks for all
  expect(written.length).toBeGreaterThan(1);
  for (const { code, name } of written) {
    expect(html, code).toMatch(new RegExp(`<a href="#${code}" lang="${code}" dir="(ltr|rtl)">${name}</a>`));
    expect(html, code).toContain(`id="${code}" lang="${code}"`);
  }
});

test("the plain page holds nothing that an old browser does not know", () => {
  const html = plainPage();
  const known = ["a", "body", "div", "h1", "h2", "head", "html", "li", "link", "meta", "p", "title", "ul"];
  const used = new Set([...html.matchAll(/<([a-z0-9]+)/g)].map((match) => match[1] ?? ""));
  expect([...used].filter((tag) => !known.includes(tag))).toEqual([]);
  const [css = ""] = read("public/unsupported.css").replace(/\/\*.*?\*\//gs, "").split("@media");
  expect(css).not.toMatch(/var\(|grid|flex|inset|-inline|-block:|clamp|:is\(/);
});

test("the check of the browser is written for the oldest", () => {
  expect(read("public/support.js").replace(/\/\/.*/g, "")).not.toMatch(/\b(let|const|class|async)\b|=>|`|\?\./);
});

/** Where support.js sends a browser with these globals; "" when it lets it stay. */
function sentTo(globals: Record<string, unknown>): string {
  let to = "";
  const window = { location: { replace: (address: string) => (to = address) }, ...globals };
  runInNewContext(read("public/support.js"), { window, navigator: globals["navigator"] ?? {}, document: { createElement: () => globals["script"] ?? {} } });
  return to;
}

class Peer {
  addTransceiver(): void {}
}
const able = {
  script: { noModule: true },
  RTCPeerConnection: Peer,
  WebSocket: class {},
  AudioContext: class {},
  isSecureContext: true,
  navigator: { mediaDevices: { getUserMedia: () => undefined } },
};

test("a browser that can stays; one without calls, devices or modules is sent on", () => {
  expect(sentTo(able)).toBe("");
  expect(sentTo({})).toBe("/unsupported.html");
  expect(sentTo({ ...able, RTCPeerConnection: undefined })).toBe("/unsupported.html");
  expect(sentTo({ ...able, navigator: {} })).toBe("/unsupported.html");
  expect(sentTo({ ...able, script: {} })).toBe("/unsupported.html");
});
