// Chooses the page for the step the visit has come to, and puts it in the common frame.
import { Page } from "../shared/components/Page";
import { ErrorNotice, Notice, Steps, Waiting } from "../shared/components/parts";
import { t } from "../shared/messages";
import { useRedraw } from "../shared/redraw";
import { PREPARATION, step, type PreparationStep, type Step } from "./state";
import { Access } from "./steps/Access";
import { Call } from "./steps/Call";
import { Camera } from "./steps/Camera";
import { Elsewhere, Gone, Thanks } from "./steps/Ends";
import { Feedback } from "./steps/Feedback";
import { Login } from "./steps/Login";
import { Microphone } from "./steps/Microphone";
import { Network } from "./steps/Network";
import type { StepProps } from "./steps/props";
import { Ready } from "./steps/Ready";
import { Ringing } from "./steps/Ringing";
import { Speaker } from "./steps/Speaker";
import { WaitingRoom } from "./steps/WaitingRoom";

const PAGES: Record<Exclude<Step, "opening">, (props: StepProps) => preact.JSX.Element> = {
  login: Login,
  access: Access,
  camera: Camera,
  speaker: Speaker,
  microphone: Microphone,
  network: Network,
  ready: Ready,
  waiting: WaitingRoom,
  ringing: Ringing,
  call: Call,
  feedback: Feedback,
  thanks: Thanks,
  gone: Gone,
  elsewhere: Elsewhere,
};

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
  const { state } = engine;
  const { visit, problem, socket } = state;
  const at = step(state);
  const inPreparation = PREPARATION.includes(at as PreparationStep);
  const Step = at === "opening" ? null : PAGES[at];
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
      {inPreparation && <Steps names={PREPARATION.map((name) => t(`visit.step.${name}`))} at={PREPARATION.indexOf(at as PreparationStep)} />}
      {problem && at !== "gone" && <ErrorNotice code={problem} {...(Step ? {} : { onRetry: () => void engine.open() })} />}
      {socket === "away" && visit && (inPreparation || at === "waiting" || at === "ringing") && (
        <Notice tone="warning">
          <p>{t("visit.connection.away")}</p>
        </Notice>
      )}
      {Step ? <Step engine={engine} /> : problem ? null : <Waiting>{t("visit.opening")}</Waiting>}
    </Page>
  );
}
