// The staff at work: the call, or the view that they chose of those that are theirs, and over either the dialog that is open.
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../protocol";
import { Heading } from "../shared/components/parts";
import { t } from "../shared/messages";
import { CallView } from "./CallView";
import type { Desk } from "./desk";
import { WaitContext } from "./Dialog";
import { Dialogs, type Open } from "./Dialogs";
import { Frame } from "./Frame";
import { later } from "./Later";
import { inCallWith } from "./lists";
import { ListView } from "./ListView";
import { viewOf, type View } from "./roles";

const OFFICE = {
  rules: later(async () => (await import("./admin/RulesView")).RulesView),
  texts: later(async () => (await import("./admin/TextsView")).TextsView),
  people: later(async () => (await import("./admin/PeopleView")).PeopleView),
  suspension: later(async () => (await import("./admin/SuspensionView")).SuspensionView),
  phones: later(async () => (await import("./phones/PhonesView")).PhonesView),
  support: later(async () => (await import("./support/SupportView")).SupportView),
  audit: later(async () => (await import("./audit/AuditView")).AuditView),
} satisfies Record<Exclude<View, "list">, unknown>;

/** The part of the address after `#`. */
function useHash(): string {
  const [hash, set] = useState(location.hash);
  useEffect(() => {
    const read = (): void => set(location.hash);
    addEventListener("hashchange", read);
    return () => removeEventListener("hashchange", read);
  }, []);
  return hash;
}

export function Workplace({ desk, me }: { desk: Desk; me: Me }) {
  const [open, setOpen] = useState<Open | null>(desk.drafts.has("book") ? { dialog: "book" } : null);
  const view = viewOf(useHash(), me);
  const { seated } = desk.state;
  if (!seated && view !== "list") return <Elsewhere desk={desk} me={me} view={view} />;
  return (
    <>
      {seated ? (
        <CallView key={seated.join.consultation} desk={desk} seated={seated} view={inCallWith(desk.state)} onOpen={setOpen} />
      ) : (
        <ListView desk={desk} me={me} onOpen={setOpen} />
      )}
      <WaitContext.Provider value={desk.wait}>
        {open && <Dialogs key={open.dialog} desk={desk} me={me} open={open} onOpen={setOpen} onClose={() => setOpen(null)} />}
      </WaitContext.Provider>
    </>
  );
}

/** A view without patients' lists; `null` for who has none at all. */
function Elsewhere({ desk, me, view }: { desk: Desk; me: Me; view: Exclude<View, "list"> | null }) {
  const title = t(view ? `staff.nav.${view}` : "staff.title.staff");
  const Office = view && OFFICE[view];
  return (
    <Frame desk={desk} me={me} view={view ?? "none"} title={title}>
      <Heading>{title}</Heading>
      {Office ? <Office key={view} desk={desk} me={me} /> : <p>{t("staff.no_role")}</p>}
    </Frame>
  );
}
