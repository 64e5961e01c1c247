// A department's fixed address, /d/{trust}/{department}: press the clinician's name, say who you are, then the visit's page.
import "./department.css";
import { useEffect, useState } from "preact/hooks";
import type { Arrival, ClinicianView, DepartmentPage, VisitView } from "../protocol";
import { ApiError, get, post } from "../shared/api";
import { Page } from "../shared/components/Page";
import { Button, ErrorNotice, Heading, Notice, Waiting } from "../shared/components/parts";
import { t } from "../shared/messages";
import { start } from "../shared/start";
import { Who } from "./Who";

const [, trust = "", id = ""] = /^\/d\/([A-Za-z0-9_-]+)\/([A-Za-z0-9_-]+)\/?$/.exec(location.pathname) ?? [];
const path = `/departments/${trust}/${id}`;

function Department() {
  const [page, setPage] = useState<DepartmentPage | null>(null);
  const [error, setError] = useState<string | null>(trust ? null : "not_found");
  const [clinician, setClinician] = useState<ClinicianView | null>(null);

  const load = async (): Promise<void> => {
    setError(null);
    try {
      setPage(await get<DepartmentPage>(path));
    } catch (problem) {
      setError(problem instanceof ApiError ? problem.code : "internal");
    }
  };
  useEffect(() => {
    if (trust) void load();
  }, []);

  const arrive = async (arrival: Arrival): Promise<void> => {
    const { consultation } = await post<VisitView>(`${path}/arrivals`, arrival);
    location.assign(`/v#${consultation}`);
  };

  if (error === "not_found") return <Unknown />;
  if (error) return <Page title={t("department.title")}><Heading>{t("department.title")}</Heading><ErrorNotice code={error} onRetry={() => void load()} /></Page>;
  if (!page) return <Page title={t("department.title")}><Waiting>{t("department.opening")}</Waiting></Page>;
  const frame = { trust: page.trust_name, department: page.department };
  if (clinician) {
    return (
      <Page {...frame} step="you" title={t("department.you")}>
        <Who clinician={clinician} onBack={() => setClinician(null)} onArrive={arrive} />
      </Page>
    );
  }
  return (
    <Page {...frame} step="who" title={t("department.who")}>
      <Heading>{t("department.who")}</Heading>
      {page.clinicians.length === 0 && <Notice tone="info" live={false}><p>{t("department.nobody")}</p></Notice>}
      {page.clinicians.length > 0 && <p>{t("department.who.help")}</p>}
      <ul class="d-clinicians">
        {page.clinicians.map((one) => (
          <li key={one.id}><Button variant="secondary" wide onClick={() => setClinician(one)}>{one.name}</Button></li>
        ))}
      </ul>
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
