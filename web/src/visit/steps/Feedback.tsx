// «Hvordan var kvaliteten på lyd og bilde i samtalen?», answered by choices only.
import { useState } from "preact/hooks";
import { Button, Heading, Notice } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { Impression, Problem } from "../../protocol";
import type { StepProps } from "./props";

const QUALITIES: Impression[] = ["very_good", "good", "fair", "poor"];
const PROBLEMS: Problem[] = ["no_picture", "bad_picture", "no_sound", "bad_sound", "dropped", "hard_to_use"];

export function Feedback({ engine }: StepProps) {
  const [quality, setQuality] = useState<Impression | null>(null);
  const [problems, setProblems] = useState<Problem[]>([]);
  const [missing, setMissing] = useState(false);
  const [busy, setBusy] = useState(false);
  const send = async (): Promise<void> => {
    if (!quality) return setMissing(true);
    setBusy(true);
    await engine.sendFeedback({ quality, problems });
    setBusy(false);
  };
  const toggle = (of: Problem): void => setProblems(problems.includes(of) ? problems.filter((other) => other !== of) : [...problems, of]);
  return (
    <>
      <p>{t(engine.state.visit?.by_phone ? "visit.feedback.phone" : "visit.feedback.over", { name: engine.state.visit?.clinician_name ?? "" })}</p>
      <fieldset class="ds-fieldset v-choices">
        <legend>
          <Heading>{t("visit.feedback.title")}</Heading>
        </legend>
        {QUALITIES.map((of) => (
          <label key={of} class="v-choice">
            <input type="radio" class="ds-input" name="quality" checked={quality === of} onChange={() => { setQuality(of); setMissing(false); }} />
            <span>{t(`visit.feedback.${of}`)}</span>
          </label>
        ))}
      </fieldset>
      {(quality === "fair" || quality === "poor") && (
        <fieldset class="ds-fieldset v-choices">
          <legend class="ds-label">{t("visit.feedback.problems")}</legend>
          {PROBLEMS.map((of) => (
            <label key={of} class="v-choice">
              <input type="checkbox" class="ds-input" checked={problems.includes(of)} onChange={() => toggle(of)} />
              <span>{t(`visit.feedback.${of}`)}</span>
            </label>
          ))}
        </fieldset>
      )}
      {missing && (
        <Notice tone="danger">
          <p>{t("visit.feedback.choose")}</p>
        </Notice>
      )}
      <div class="v-answers">
        <Button busy={busy} onClick={() => void send()}>{t("visit.feedback.send")}</Button>
        <Button variant="tertiary" onClick={() => engine.skipFeedback()}>{t("visit.feedback.skip")}</Button>
      </div>
    </>
  );
}
