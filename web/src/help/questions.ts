// The questions of the help page, in groups, in the order people meet them; their texts are help.q.{id} and help.a.{id}.

export const GROUPS = {
  before: ["no_link", "dead_link", "browser", "in_app", "app", "which_device", "test", "late", "worse", "moved", "companion"],
  login: ["login", "wrong_person"],
  devices: ["blocked", "busy", "no_camera", "black", "flip", "no_sound", "not_heard", "echo", "phone_rings"],
  network: ["stutters", "firewall", "data"],
  visit: ["long_wait", "closed", "dropped", "interrupted"],
  privacy: ["who_sees", "overheard", "recorded", "kept"],
} as const;

export type Group = keyof typeof GROUPS;
export type Question = (typeof GROUPS)[Group][number];

/** Whether every word that was typed is in one of the texts, in upper or lower case and with or without accents. */
export function matches(typed: string, ...texts: string[]): boolean {
  const within = plain(texts.join(" "));
  return plain(typed)
    .split(/\s+/)
    .every((word) => within.includes(word));
}

function plain(text: string): string {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLocaleLowerCase();
}
