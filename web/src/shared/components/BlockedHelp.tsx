// Which problem of which device there is, and the way out of it in this browser on this device, step by step.
import { useEffect, useState } from "preact/hooks";
import { BROWSER_NAMES, placeOf, steps, troubles, type Trouble } from "../blocked";
import { onPermission, permission, type DeviceProblem } from "../devices";
import { t } from "../messages";
import { Notice } from "./parts";

export interface BlockedHelpProps {
  camera?: DeviceProblem | null;
  microphone?: DeviceProblem | null;
}

/** Shows nothing when nothing is wrong. */
export function BlockedHelp({ camera = null, microphone = null }: BlockedHelpProps) {
  const found = troubles(camera, microphone);
  if (found.length === 0) return null;
  return (
    <Notice tone="warning">
      {found.map((trouble) => <Way key={`${trouble.problem} ${trouble.which}`} trouble={trouble} />)}
      <p>{t("common.blocked.notices")}</p>
    </Notice>
  );
}

function Way({ trouble }: { trouble: Trouble }) {
  const { problem, which } = trouble;
  const askable = useAskable(which === "microphone" ? "microphone" : "camera");
  const place = placeOf(navigator.userAgent, navigator.maxTouchPoints);
  return (
    <div class="v-stack" data-problem={problem} data-which={which}>
      <p><strong>{t(`common.blocked.${problem}`, { which })}</strong></p>
      <ol class="v-way">
        {steps(trouble, place, askable).map((step) => (
          <li key={step} data-way={step}>{t(`common.blocked.step.${step}`, { which, browser: BROWSER_NAMES[place.browser] })}</li>
        ))}
      </ol>
    </div>
  );
}

/** Whether the browser would ask once more: its question was closed without an answer. */
function useAskable(kind: "camera" | "microphone"): boolean {
  const [askable, set] = useState(false);
  useEffect(() => {
    const look = (): void => void permission(kind).then((state) => set(state === "prompt"));
    look();
    return onPermission(kind, look);
  }, [kind]);
  return askable;
}
