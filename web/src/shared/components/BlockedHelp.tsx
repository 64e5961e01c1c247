// Which problem of which device there is, and the way out of it in this browser on this device, step by step.
import { troubles } from "../blocked";
import type { DeviceProblem } from "../devices";
import { t } from "../messages";
import { Notice } from "./parts";

export interface BlockedHelpProps {
  camera?: DeviceProblem | null;
  microphone?: DeviceProblem | null;
}

export function BlockedHelp({ camera = null, microphone = null }: BlockedHelpProps) {
  const found = troubles(camera, microphone);
  if (found.length === 0) return null;
  return (
    <Notice tone="warning">
      {found.map(({ problem, which }) => <p key={problem}><strong>{t(`common.blocked.${problem}`, { which })}</strong></p>)}
    </Notice>
  );
}
