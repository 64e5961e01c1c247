// Addresses of the help pages: /help#{answer}~{consultation}. Both parts may be left out; the second lets the page show whom to phone.

export type HelpView = "help" | "advice" | "privacy" | "accessibility";

export interface HelpPlace {
  /** Which answer is shown open; "" for none. */
  answer: string;
  /** The visit that the reader comes from; "" for none. Only a browser that holds the visit's cookie learns anything by it. */
  consultation: string;
}

/** The address of a view, with what is to be open in it. */
export function helpAddress(view: HelpView, { answer = "", consultation = "" }: Partial<HelpPlace> = {}): string {
  const fragment = consultation ? `${answer}~${consultation}` : answer;
  return fragment ? `/${view}#${fragment}` : `/${view}`;
}

/** What a fragment, with its #, names. */
export function helpPlace(hash: string): HelpPlace {
  const [answer = "", consultation = ""] = hash.slice(1).split("~");
  return { answer, consultation };
}

/** The view that a path names; /help for what is none. */
export function helpView(path: string): HelpView {
  const name = path.replace(/^\/|\.html$|\/$/g, "");
  return name === "advice" || name === "privacy" || name === "accessibility" ? name : "help";
}
