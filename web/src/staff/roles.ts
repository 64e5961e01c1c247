// What somebody of the staff is here for: which views are theirs, and whose lists they may see. Pure.
import type { Me, Role } from "../protocol";

/** The views besides the list, in the order of the navigation; each stands in the address after `#`. */
export type View = "list" | "rules" | "texts" | "people" | "suspension" | "phones" | "support" | "audit";

const FOR: readonly (readonly [View, readonly Role[]])[] = [
  ["list", ["clinician", "secretary"]],
  ["rules", ["administrator"]],
  ["texts", ["administrator"]],
  ["people", ["administrator"]],
  ["suspension", ["administrator"]],
  ["phones", ["clinician", "secretary", "administrator"]],
  ["support", ["support"]],
  ["audit", ["auditor"]],
];

export function is(me: Pick<Me, "roles">, role: Role): boolean {
  return me.roles.includes(role);
}

/** The views that are there for somebody; none for who has no role. */
export function views(me: Pick<Me, "roles">): View[] {
  return FOR.filter(([, roles]) => roles.some((role) => is(me, role))).map(([view]) => view);
}

/** Those in the navigation: the list of whom to phone while there is a reason to, or one is there. */
export function navigation(me: Pick<Me, "roles">, suspended: boolean, at: View | "none"): View[] {
  return views(me).filter((view) => view !== "phones" || suspended || at === view);
}

/** The view that an address asks for, or else the first of theirs; null for who has none. */
export function viewOf(hash: string, me: Pick<Me, "roles">): View | null {
  const theirs = views(me);
  return theirs.find((view) => view === hash.slice(1)) ?? theirs[0] ?? null;
}

/** Somebody with a list of patients. */
export interface Lister {
  id: string;
  name: string;
  departments: readonly string[];
}

/** Whose lists somebody may see: her own first, then those she books for. */
export function listers(me: Pick<Me, "id" | "name" | "roles" | "departments" | "clinicians">): Lister[] {
  const own = is(me, "clinician") ? [{ id: me.id, name: me.name, departments: me.departments.map(({ id }) => id) }] : [];
  const others = is(me, "secretary") ? me.clinicians.filter(({ id }) => id !== own[0]?.id) : [];
  return [...own, ...others];
}

/** Whose list is shown first: a clinician's own, for her patients wait for her; else the one looked at last on this device; "" where there is none. */
export function firstLister(me: Parameters<typeof listers>[0], remembered: string | null): string {
  const all = listers(me);
  if (is(me, "clinician")) return me.id;
  return (all.find(({ id }) => id === remembered) ?? all[0])?.id ?? "";
}

/** Who could take a consultation over: everybody known who works in its department, but not whose it is. */
export function successors(me: Me, { clinician, department }: { clinician: string; department: string }): Lister[] {
  const all = new Map([...listers(me), ...me.colleagues].map((one) => [one.id, one] as const));
  return [...all.values()].filter(({ id, departments }) => id !== clinician && departments.includes(department));
}
