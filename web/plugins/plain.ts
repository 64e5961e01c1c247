// Writes unsupported.html when building: the page for browsers without JavaScript or too old, every language as a plain section.
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { direction, LANGUAGES } from "../src/shared/languages.ts";

const BROWSERS = ["Chrome (Windows, Mac, Android)", "Safari (iPhone, iPad, Mac)", "Firefox (Windows, Mac, Android)", "Edge (Windows, Mac)"];

type Texts = Record<string, string>;

function texts(language: string): Texts | null {
  const path = fileURLToPath(new URL(`../messages/${language}/plain.json`, import.meta.url));
  return existsSync(path) ? (JSON.parse(readFileSync(path, "utf8")) as Texts) : null;
}

function escaped(text = ""): string {
  return text.replace(/&/g, "&amp;").replace(/</g, "&lt;").replace(/>/g, "&gt;");
}

function section(language: (typeof LANGUAGES)[number]["code"], of: Texts): string {
  const say = (key: string): string => escaped(of[key]);
  return `
      <div class="language" id="${language}" lang="${language}" dir="${direction(language)}">
        <h2>${say("plain.title")}</h2>
        <p>${say("plain.open")}</p>
        <ul>
${BROWSERS.map((name) => `          <li dir="ltr">${name}</li>`).join("\n")}
        </ul>
        <p>${say("plain.old")}</p>
        <p>${say("plain.inside")}</p>
        <p>${say("plain.script")}</p>
        <p>${say("plain.phone")}</p>
      </div>`;
}

/** The page as HTML that the oldest browsers read: no script, no element or style that they do not know. */
export function plainPage(): string {
  const written = LANGUAGES.flatMap(({ code, name }) => {
    const found = texts(code);
    return found ? [{ code, name, found }] : [];
  });
  return `<!doctype html>
<html lang="nb">
  <head>
    <meta charset="utf-8" />
    <meta http-equiv="X-UA-Compatible" content="IE=edge" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="robots" content="noindex" />
    <title>Venterom</title>
    <link rel="stylesheet" href="/unsupported.css" />
  </head>
  <body>
    <div role="main">
      <h1>Venterom</h1>
      <ul class="index">
${written.map(({ code, name }) => `        <li><a href="#${code}" lang="${code}" dir="${direction(code)}">${name}</a></li>`).join("\n")}
      </ul>${written.map(({ code, found }) => section(code, found)).join("")}
    </div>
  </body>
</html>
`;
}

export function plain(): Plugin {
  return {
    name: "venterom-plain",
    generateBundle() {
      this.emitFile({ type: "asset", fileName: "unsupported.html", source: plainPage() });
    },
  };
}
