// The help pages, /help, /advice, /privacy and /accessibility; beside a visit they show whom to phone and the reference to give.
import "./help.css";
import { useEffect, useState } from "preact/hooks";
import type { VisitView } from "../protocol";
import { get } from "../shared/api";
import { Page } from "../shared/components/Page";
import { helpPlace, helpView } from "../shared/helplink";
import { prefer, setTimeZone, t } from "../shared/messages";
import { start } from "../shared/start";
import { Accessibility } from "./Accessibility";
import { Advice } from "./Advice";
import { Help } from "./Help";
import { Privacy } from "./Privacy";

const view = helpView(location.pathname);
const { consultation } = helpPlace(location.hash);
const VIEWS = { help: Help, advice: Advice, privacy: Privacy, accessibility: Accessibility };
const TITLES = { help: "help.title", advice: "help.advice.title", privacy: "help.privacy.title", accessibility: "help.accessibility.title" } as const;

function HelpPages() {
  const [visit, setVisit] = useState<VisitView | null>(null);
  useEffect(() => {
    if (!consultation) return;
    get<VisitView>(`/visits/${encodeURIComponent(consultation)}`).then(
      (found) => {
        setTimeZone(found.time_zone);
        setVisit(found);
        void prefer(found.language).catch(() => undefined); // the texts that are there will do
      },
      () => undefined, // help is help without it; the number is also in the message
    );
  }, []);
  const View = VIEWS[view];
  return (
    <Page
      title={t(TITLES[view])}
      view={view}
      trust={visit?.trust_name}
      department={visit?.department}
      reference={visit?.reference}
      consultation={consultation || undefined}
    >
      <View />
      {visit && <p class="v-muted">{t("help.open")}</p>}
    </Page>
  );
}

void start("help", HelpPages);
