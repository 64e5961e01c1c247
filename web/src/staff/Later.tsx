// A view that is fetched when somebody first goes to it, with its texts; says so while it comes, and asks again when it does not.
import type { ComponentType } from "preact";
import { useEffect, useState } from "preact/hooks";
import type { Me } from "../protocol";
import { ErrorNotice, Waiting } from "../shared/components/parts";
import { addMessages, t } from "../shared/messages";
import type { Desk } from "./desk";

/** What every view of the office is given. */
export interface OfficeProps {
  desk: Desk;
  me: Me;
}

export function later(fetch: () => Promise<ComponentType<OfficeProps>>): ComponentType<OfficeProps> {
  let found: ComponentType<OfficeProps> | null = null;
  return function Later(props: OfficeProps) {
    const [failed, setFailed] = useState(false);
    const [, setFound] = useState(found);
    const load = (): void => {
      setFailed(false);
      Promise.all([fetch(), addMessages("office")])
        .then(([view]) => {
          found = view;
          setFound(() => view);
        })
        .catch(() => setFailed(true));
    };
    useEffect(() => {
      if (!found) load();
    }, []);
    const View = found;
    if (View) return <View {...props} />;
    return failed ? <ErrorNotice code="offline" onRetry={load} /> : <Waiting>{t("staff.opening")}</Waiting>;
  };
}
