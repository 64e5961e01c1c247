// What one must know instead of, or on top of, the pictures; read aloud when it changes.
import type { ConsultationView, Seat } from "../protocol";
import { t } from "../shared/messages";
import type { Desk } from "./desk";
import type { Seated } from "./state";

export interface SaidProps {
  desk: Desk;
  seated: Seated;
  view: ConsultationView | null;
  nameOf: (seat: Seat) => string;
  /** Whether it is said already that the call fails, and for whom. */
  panel: boolean;
}

export function Said({ desk, seated, view, nameOf, panel }: SaidProps) {
  const { state } = desk;
  const { screen, appetite, paused } = desk.talk.conversation;
  const name = nameOf("patient");
  const ringing = view?.state === "calling";
  const lines: string[] = [];
  if (!panel && state.line !== "open" && state.stopped === null) lines.push(t("staff.call.line_away"));
  if (!ringing && !panel && paused === null) lines.push(...ofPeers(seated, nameOf));
  if (screen) lines.push(t("staff.call.sharing"));
  if (appetite === "none") lines.push(t("common.data.sound_only"));
  return (
    <div role="status">
      {ringing && (
        <div class="s-call__ringing">
          <p class="v-lead v-waiting"><span class="v-spin" aria-hidden="true" /> {t("staff.call.ringing", { name })}</p>
          <p>{t("staff.call.ringing.help")}</p>
        </div>
      )}
      {lines.map((line) => <p key={line} class="s-call__line">{line}</p>)}
    </div>
  );
}

function ofPeers({ peers }: Seated, nameOf: (seat: Seat) => string): string[] {
  return (Object.keys(peers) as Seat[]).flatMap((seat) => {
    const [peer, name] = [peers[seat], nameOf(seat)];
    if (!peer) return [];
    if (peer.interrupted) return [t("common.call.interrupted", { name })];
    return [
      ...(peer.screen ? [t("common.call.shares", { name })] : []),
      ...(peer.camera ? [] : [t("staff.call.peer_camera", { name })]),
      ...(peer.microphone ? [] : [t("staff.call.peer_microphone", { name })]),
    ];
  });
}
