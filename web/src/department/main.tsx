// A department's fixed address, /d/{trust}/{department}: press the clinician's name, say who you are, then the visit's page.
import "./department.css";
import { useEffect, useState } from "preact/hooks";
import type { Arrival, DepartmentPage, VisitView } from "../protocol";
import { ApiError, get, post } from "../shared/api";
import { Busy } from "../shared/components/Busy";
import { Page, PhoneNumber } from "../shared/components/Page";
import { Button, ErrorNotice, Heading, Waiting } from "../shared/components/parts";
import { t } from "../shared/messages";
import { start } from "../shared/start";
import { inTurn, type Wait } from "../shared/turn";
import { chosen, choose } from "./choice";
import { Who, type Typed } from "./Who";

const [, trust = "", id = ""] = /^\/d\/([A-Za-z0-9_-]+)\/([A-Za-z0-9_-]+)\/?$/.exec(location.pathname) ?? [];
/** How often somebody who cannot come in by video looks whether they can again. */
const LOOK_MS = 60_000;
const path = `/departments/${trust}/${id}`;

function Department() {
  const [page, setPage] = useState<DepartmentPage | null>(null);
  const [error, setError] = useState<string | null>(trust ? null : "not_found");
  const [clinician, setClinician] = useState(chosen());
  const [typed, setTyped] = useState<Typed>({ name: "", phone: "" }); // outlives a look at the list

  const [wait, setWait] = useState<Wait | null>(null);
  const load = async (): Promise<void> => {
    setError(null);
    try {
      setPage(await inTurn(() => get<DepartmentPage>(path), { onWait: setWait }));
    } catch (problem) {
      setError(problem instanceof ApiError ? problem.code : "internal");
    }
  };
  useEffect(() => {
    if (trust) void load();
    const back = (): void => setClinician(chosen());
    addEventListener("popstate", back);
    return () => removeEventListener("popstate", back);
  }, []);

  const press = (pressed: string): void => {
    choose(pressed);
    setClinician(pressed);
  };
  const arrive = async (arrival: Arrival): Promise<void> => {
    try {
      const { consultation } = await inTurn(() => post<VisitView>(`${path}/arrivals`, arrival), { onWait: setWait });
      location.assign(`/v#${consultation}`);
    } catch (problem) {
      if (!(problem instanceof ApiError) || problem.code !== "suspended") throw problem;
      await load(); // since this page was read: it says so
    }
  };
  const suspended = page !== null && page.suspended !== "";
  useEffect(() => {
    if (!suspended) return;
    // A failure leaves the page as it is, which holds the number to phone.
    const timer = setInterval(() => void get<DepartmentPage>(path).then(setPage, () => undefined), LOOK_MS);
    return () => clearInterval(timer);
  }, [suspended]);

  if (error === "not_found") return <Unknown />;
  if (error === "busy" || (wait && !page)) return <Page title={t("department.title")}><Heading>{t("department.title")}</Heading><Busy wait={wait} onRetry={() => void load()} /></Page>;
  if (error) return <Page title={t("department.title")}><Heading>{t("department.title")}</Heading><ErrorNotice code={error} onRetry={() => void load()} /></Page>;
  if (!page) return <Page title={t("department.title")}><Waiting>{t("department.opening")}</Waiting></Page>;
  const frame = { trust: page.trust_name, department: page.department };
  if (suspended) {
    return (
      <Page {...frame} step="suspended" title={t("department.suspended.title")}>
        <Heading>{t("department.suspended.title")}</Heading>
        <blockquote class="v-words">{page.suspended}</blockquote>
        <p class="v-lead">{t("department.nobody.phone", { department: page.department.name })} <PhoneNumber phone={page.department.phone} /></p>
        <p class="v-muted">{t("department.suspended.again")}</p>
      </Page>
    );
  }
  const one = page.clinicians.find((each) => each.id === clinician);
  if (one) {
    return (
      <Page {...frame} step="you" title={t("department.you")}>
        <Who clinician={one} typed={typed} onType={setTyped} onBack={() => history.back()} onArrive={arrive} wait={wait} phone={page.department.phone} />
      </Page>
    );
  }
  return (
    <Page {...frame} step="who" title={t("department.who")}>
      <Heading>{t(page.clinicians.length === 0 ? "department.nobody.title" : "department.who")}</Heading>
      {page.clinicians.length === 0 ? (
        <>
          <p class="v-lead">{t("department.nobody")}</p>
          <p>{t("department.nobody.phone", { department: page.department.name })} <PhoneNumber phone={page.department.phone} /></p>
          <Button variant="secondary" onClick={() => void load()}>{t("department.nobody.again")}</Button>
        </>
      ) : (
        <>
          <p class="v-lead">{t("department.who.help")}</p>
          <ul class="d-clinicians">
            {page.clinicians.map((each) => (
              <li key={each.id}><Button variant="secondary" wide onClick={() => press(each.id)}>{each.name}</Button></li>
            ))}
          </ul>
          <p class="v-muted">{t("department.who.missing")} <PhoneNumber phone={page.department.phone} /></p>
        </>
      )}
    </Page>
  );
}

/** An address with a slip in it: what to do, in plain words. */
function Unknown() {
  return (
    <Page title={t("department.unknown")}>
      <Heading>{t("department.unknown")}</Heading>
      <p>{t("department.unknown.help")}</p>
    </Page>
  );
}

void start("department", Department);
