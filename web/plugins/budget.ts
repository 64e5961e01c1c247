// Weighs what a first visit to each page loads, gzipped, and fails the build when a page is too heavy.
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import type { Plugin, Rolldown } from "vite";

/** Bytes of a first visit, gzipped, in the language with the longest texts. */
const BUDGET: Readonly<Record<string, number>> = { index: 100_000, visit: 100_000, department: 100_000, help: 100_000, status: 100_000, staff: 130_000 };
/** The page of texts of those whose file has another name. */
const TEXTS: Readonly<Record<string, string>> = { index: "landing" };
const REPORT = new URL("../../build/bench/page-sizes.json", import.meta.url);

export interface PageSize {
  total: number;
  html: number;
  scripts: number;
  styles: number;
  /** Of the language whose texts are longest. */
  texts: number;
  language: string;
  /** What the HTML asks for besides: the check of the browser, the icon. */
  other: number;
  budget: number;
}

function weight(content: string | Uint8Array): number {
  return gzipSync(content, { level: 9 }).length;
}

function sum(values: number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** The chunk and all that it imports before it runs. */
function withImports(chunk: Rolldown.OutputChunk, bundle: Rolldown.OutputBundle, found = new Set<Rolldown.OutputChunk>()): Set<Rolldown.OutputChunk> {
  if (found.has(chunk)) return found;
  found.add(chunk);
  for (const name of chunk.imports) {
    const next = bundle[name];
    if (next?.type === "chunk") withImports(next, bundle, found);
  }
  return found;
}

/** What a first visit to the page of this HTML file loads. */
export function weigh(page: string, html: string, bundle: Rolldown.OutputBundle, publicFile: (name: string) => Uint8Array): PageSize {
  const addressed = [...html.matchAll(/(?:src|href)="\/([^"#]+)"/g)].map((match) => match[1] ?? "").filter((name) => !name.endsWith(".html"));
  const chunks = new Set<Rolldown.OutputChunk>();
  const styles = new Set<string>();
  let other = 0;
  for (const name of new Set(addressed)) {
    const file = bundle[name];
    if (!file) other += weight(publicFile(name));
    else if (file.type === "chunk") withImports(file, bundle, chunks);
    else styles.add(name);
  }
  const languages = new Map<string, number>();
  for (const file of Object.values(bundle)) {
    if (file.type !== "chunk") continue;
    const [, language, of] = /\/messages\/([a-z]+)\/([a-z]+)\.json$/.exec(file.facadeModuleId ?? "") ?? [];
    if (!language || (of !== "common" && of !== (TEXTS[page] ?? page))) continue;
    languages.set(language, (languages.get(language) ?? 0) + weight(file.code));
  }
  const [language = "", texts = 0] = [...languages].sort(([, one], [, two]) => two - one)[0] ?? [];
  const parts = {
    html: weight(html),
    scripts: sum([...chunks].map((chunk) => weight(chunk.code))),
    styles: sum([...styles].map((name) => weight((bundle[name] as Rolldown.OutputAsset).source))),
    texts,
    other,
  };
  return { total: sum(Object.values(parts)), ...parts, language, budget: BUDGET[page] ?? 0 };
}

export function budget(): Plugin {
  return {
    name: "venterom-budget",
    enforce: "post",
    generateBundle: {
      order: "post",
      handler(_, bundle) {
        const sizes: Record<string, PageSize> = {};
        const known = new Set(readdirSync(new URL("../public", import.meta.url)));
        for (const file of Object.values(bundle)) {
          const page = file.fileName.replace(/\.html$/, "");
          if (file.type !== "asset" || page === file.fileName || page === "unsupported") continue;
          sizes[page] = weigh(page, String(file.source), bundle, (name) => {
            if (!known.has(name)) this.error(`${file.fileName} asks for /${name}, which is nowhere`);
            return readFileSync(new URL(`../public/${name}`, import.meta.url));
          });
        }
        mkdirSync(new URL(".", REPORT), { recursive: true });
        writeFileSync(REPORT, `${JSON.stringify(sizes, null, 2)}\n`);
        for (const [page, { total, budget, html, scripts, styles, texts, language, other }] of Object.entries(sizes)) {
          const parts = `html ${html}, scripts ${scripts}, styles ${styles}, texts ${texts} (${language}), other ${other}`;
          process.stderr.write(`Page ${page.padEnd(10)} ${String(total).padStart(6)} of ${budget} bytes: ${parts}\n`);
        }
        const heavy = Object.entries(sizes).filter(([, { total, budget }]) => total > budget).map(([page]) => page);
        if (heavy.length > 0) this.error(`Too heavy for a first visit: ${heavy.join(", ")} (see ${fileURLToPath(REPORT)})`);
      },
    },
  };
}
