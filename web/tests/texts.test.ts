// The texts a page shows: whose language wins, what is remembered, and what a slow answer may not do.
import { beforeEach, expect, test, vi } from "vitest";

/** A page's surroundings, as far as the texts look at them. */
function surroundings(search = "", browser = ["en"]) {
  const kept = new Map<string, string>();
  const root = { lang: "", dir: "" };
  vi.stubGlobal("localStorage", { getItem: (key: string) => kept.get(key) ?? null, setItem: (key: string, value: string) => void kept.set(key, value) });
  vi.stubGlobal("location", { search });
  vi.stubGlobal("navigator", { languages: browser });
  vi.stubGlobal("document", { documentElement: root });
  return { kept, root };
}

beforeEach(() => {
  vi.unstubAllGlobals();
  vi.resetModules(); // each test is a page of its own
});

test("the browser's language shows until the visit says another, which is not remembered", async () => {
  const { kept, root } = surroundings();
  const messages = await import("../src/shared/messages");
  await messages.loadMessages("landing");
  expect([messages.t("common.retry"), root.lang, root.dir]).toEqual(["Try again", "en", "ltr"]);
  await messages.prefer("nb");
  expect([messages.t("common.retry"), root.lang]).toEqual(["Prøv igjen", "nb"]);
  expect(kept.size).toBe(0);
});

test("what the person or the address chose is stronger than the visit", async () => {
  const { kept } = surroundings("?lang=en", ["nb"]);
  const messages = await import("../src/shared/messages");
  await messages.loadMessages("landing");
  await messages.prefer("nb");
  expect(messages.language()).toBe("en");
  await messages.setLanguage("nb");
  expect([...kept.values()]).toEqual(["nb"]);
  await messages.prefer("en");
  expect(messages.language()).toBe("nb");
});

test("the language chosen last stays, whichever texts arrive last, and everybody listening is told", async () => {
  const { kept } = surroundings();
  const messages = await import("../src/shared/messages");
  await messages.loadMessages("landing");
  const told: string[] = [];
  const stop = messages.onLanguage(() => told.push(messages.language()));
  await Promise.all([messages.setLanguage("ar"), messages.setLanguage("nb")]);
  expect([messages.language(), told, [...kept.values()]]).toEqual(["nb", ["nb"], ["nb"]]);
  stop();
  await messages.setLanguage("en");
  expect(told).toEqual(["nb"]);
});

test("Arabic turns the page, and refused storage stops nothing", async () => {
  const { root } = surroundings();
  vi.stubGlobal("localStorage", {
    getItem: () => { throw new Error("refused"); },
    setItem: () => { throw new Error("refused"); },
  });
  const messages = await import("../src/shared/messages");
  await messages.loadMessages("landing");
  await messages.setLanguage("ar");
  expect([root.lang, root.dir]).toEqual(["ar", "rtl"]);
  expect(messages.t("common.retry")).not.toBe("common.retry"); // texts, if need be bokmål's
});
