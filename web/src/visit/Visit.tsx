// Chooses the page for the step the visit has come to, and puts it in the common frame.
import { Page, PhoneNumber } from "../shared/components/Page";
import { Busy } from "../shared/components/Busy";
import { TooOld } from "../shared/components/TooOld";
import { Button, ErrorNotice, Notice, Steps, Waiting } from "../shared/components/parts";
import { errorText, t } from "../shared/messages";
import { useRedraw } from "../shared/redraw";
import type { Engine } from "./engine";
import { before, isPreparation, way } from "./preparation";
import { isGuest, step, type Step } from "./state";
import { Access } from "./steps/Access";
import { Camera } from "./steps/Camera";
import { Elsewhere, Gone } from "./steps/Ends";
import { Login } from "./steps/Login";
import { LogOut } from "./steps/LogOut";
import { Microphone } from "./steps/Microphone";
import { Network } from "./steps/Network";
import type { StepProps } from "./steps/props";
import { Ready } from "./steps/Ready";
import { RunningLate } from "./steps/RunningLate";
import { Speaker } from "./steps/Speaker";
import { Suspended } from "./steps/Suspended";
import { useAway } from "./useAway";

type StepPage = (props: StepProps) => preact.JSX.Element;

const FIRST: Partial<Record<Step, StepPage>> = {
  login: Login,
  access: Access,
  camera: Camera,
  speaker: Speaker,
  microphone: Microphone,
  network: Network,
  ready: Ready,
  suspended: Suspended,
  gone: Gone,
  elsewhere: Elsewhere,
};

/** The page of a step, or null while nothing is known or its code is on the way. */
function pageOf(at: Step, { later }: Engine): StepPage | null {
  const fetched: Partial<Record<Step, StepPage>> = later?.LATER ?? {};
  return FIRST[at] ?? fetched[at] ?? null;
}

function titleOf(at: Step, name: string): string {
  switch (at) {
    case "ringing":
      return t("visit.ringing.title", { name });
    case "waiting":
      return t("visit.waiting.title");
    case "call":
      return t("visit.call.title", { name });
    default:
      return t("visit.title");
  }
}

export function Visit({ engine }: StepProps) {
  useRedraw(engine);
  const touch = useAway(engine);
  const { state, wait } = engine;
  const { visit, problem, waits, preparation, soundOnly } = state;
  const at = step(state);
  const preparing = isPreparation(at);
  const steps = way(soundOnly);
  const Step = pageOf(at, engine);
  return (
    <Page
      title={titleOf(at, visit?.clinician_name ?? "")}
      step={at}
      trust={visit?.trust_name}
      department={visit?.department}
      reference={visit?.reference}
      consultation={visit?.consultation}
      bare={at === "call"}
    >
      {!Step && <h1 class="ds-sr-only" tabIndex={-1}>{t("visit.title")}</h1>}
      {preparing && <Steps names={steps.map((name) => t(`visit.step.${name}`))} at={steps.indexOf(at)} />}
      {(at === "access" || at === "network" || at === "ready") && <TooOld title={t("visit.unable.title")} text={t("visit.unable")} />}
      {problem === "logged_out" && <Notice tone="info"><p>{errorText(problem)}</p></Notice>}
      {problem && !["logged_out", "busy"].includes(problem) && at !== "gone" && <ErrorNotice code={problem} seconds={waits} {...(at === "opening" ? { onRetry: () => void engine.open() } : {})} />}
      {(wait || problem === "busy") && at !== "call" && (
        <Busy wait={wait} kept={t("visit.busy.kept")} phone={visit?.department.phone} {...(at === "opening" ? { onRetry: () => void engine.open() } : {})} />
      )}
      {touch !== "here" && visit && !wait && (preparing || at === "waiting" || at === "ringing") && (
        <Notice tone="info">
          <p>{t(preparing ? "visit.connection.away" : "visit.connection.away.waiting")}</p>
          {touch === "long" && <p>{t("visit.connection.away.long")} <PhoneNumber phone={visit.department.phone} /></p>}
        </Notice>
      )}
      {Step ? <Step key={at} engine={engine} /> : (problem || wait) && at === "opening" ? null : <Waiting>{t("visit.opening")}</Waiting>}
      {preparing && (
        <div class="v-beside" key={`beside ${at}`}>
          {before(preparation, soundOnly) && <Button variant="tertiary" onClick={() => engine.previous()}>{t("visit.back")}</Button>}
          {!isGuest(visit) && <RunningLate engine={engine} />}
          <LogOut engine={engine} />
        </div>
      )}
    </Page>
  );
}
