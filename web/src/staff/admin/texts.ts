// The texts of a trust as they are chosen and typed: which there are, which fields may stand in them, what a check says in words. No DOM.
import type { CheckedText, Language, MessageKind, Text, TextProblem, Way } from "../../protocol";
import { t } from "../../shared/messages";

export interface Chosen {
  kind: MessageKind;
  way: Way;
  language: Language;
}

/** The fields that a message's words can hold, each as one writes it. */
const FIELDS = ["link", "phone", "day", "clock", "department", "clinician"] as const;
export type FieldName = (typeof FIELDS)[number] | "kind" | "code";

/** An e-mail has its link in a place of its own; who is told of a cancellation, or that there is no video, needs none. */
export function fieldsOf({ kind, way }: Pick<Chosen, "kind" | "way">): readonly FieldName[] {
  if (kind === "code") return ["code"];
  const fields = way === "mail" || kind === "cancelled" || kind === "suspended" ? FIELDS.filter((field) => field !== "link") : FIELDS;
  return kind === "guest" ? [...fields, "kind"] : fields;
}

/** A field as it stands in a text. */
function written(field: FieldName): string {
  return `{${field}}`;
}

/** The draft's name of a text. */
export function draftName({ kind, way, language }: Chosen): string {
  return `text.${kind}.${way}.${language}`;
}

export function textOf(texts: readonly Text[], { kind, way, language }: Chosen): Text | null {
  return texts.find((text) => text.kind === kind && text.way === way && text.language === language) ?? null;
}

/** The kinds there are, and the ways of one of them, in the API's order. */
export function kindsOf(texts: readonly Text[]): MessageKind[] {
  return [...new Set(texts.map(({ kind }) => kind))];
}

export function waysOf(texts: readonly Text[], kind: MessageKind): Way[] {
  return [...new Set(texts.filter((text) => text.kind === kind).map(({ way }) => way))];
}

/** The same choice, moved to a way that its kind has. */
export function possible(texts: readonly Text[], chosen: Chosen): Chosen {
  const ways = waysOf(texts, chosen.kind);
  return ways.includes(chosen.way) ? chosen : { ...chosen, way: ways[0] ?? "sms" };
}

/** The texts with one of them replaced. */
export function withText(texts: readonly Text[], chosen: Chosen, text: string): Text[] {
  const was = textOf(texts, chosen);
  return texts.map((one) => (one === was ? { ...one, text } : one));
}

/** What is wrong, one sentence each. */
export function problemTexts({ problems, words }: Pick<CheckedText, "problems" | "words">): string[] {
  const field: Partial<Record<TextProblem, string>> = { no_link: "{link}", no_phone: "{phone}", no_code: "{code}" };
  return problems.map((problem) => t(`office.texts.problem.${problem}`, { field: field[problem] ?? "", words: words.join(", ") }));
}

/** `text` with `field` put in the place of what is marked, and where the caret goes. */
export function inserted(text: string, from: number, to: number, field: FieldName): { text: string; caret: number } {
  return { text: text.slice(0, from) + written(field) + text.slice(to), caret: from + written(field).length };
}
