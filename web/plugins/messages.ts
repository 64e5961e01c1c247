// Compiles the messages when building, so that no parser is shipped; used by Vite and Vitest.
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import compile from "icu-minify/compile";
import type { CompiledMessage } from "icu-minify/format";
import type { Plugin } from "vite";
import type { Language } from "../src/protocol";
import { direction } from "../src/shared/languages.ts";

/** A node of a compiled message: a text, a value's name, or a value's name, its kind and what goes with it. */
type Node = string | number | [string, number?, Record<string, Node | Node[]>?];

/** A value put into a right-to-left text keeps its own direction: the marks FSI and PDI stand around it. */
function isolated(node: Node): Node[] {
  if (!Array.isArray(node)) return [node];
  const [name, kind, options] = node;
  if (kind === undefined) return ["\u2068", node, "\u2069"];
  if (typeof options !== "object") return [node];
  return [[name, kind, Object.fromEntries(Object.entries(options).map(([option, inside]) => [option, wrap(inside)]))]];
}

function wrap(message: Node | Node[]): Node | Node[] {
  return Array.isArray(message) ? (message as Node[]).flatMap(isolated) : message;
}

/** The compiled form of one ICU message in a language. Raises SyntaxError for what is no ICU message. */
export function compiled(text: string, language: string): CompiledMessage {
  const message = compile(text);
  return direction(language as Language) === "rtl" ? (wrap(message as Node[]) as CompiledMessage) : message;
}

/** Turns messages/{language}/{page}.json into compiled messages; bokmål fills in for keys that a language lacks. */
export function messages(): Plugin {
  return {
    name: "venterom-messages",
    enforce: "pre",
    transform(code, id) {
      const [, language, page] = /\/messages\/([a-z-]+)\/([a-z]+)\.json$/.exec(id) ?? [];
      if (!language) return null;
      const original = fileURLToPath(new URL(`../messages/nb/${page}.json`, import.meta.url));
      this.addWatchFile(original);
      const texts = { ...JSON.parse(readFileSync(original, "utf8")), ...JSON.parse(code) } as Record<string, string>;
      return { code: JSON.stringify(Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, compiled(text, language)]))), map: null };
    },
  };
}
