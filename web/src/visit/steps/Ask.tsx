// Asks once before the waiting room or the call is left, with the way back first.
import { useEffect, useId, useRef } from "preact/hooks";
import { Button } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { StepProps } from "./props";

export interface AskProps {
  question: string;
  /** What it means to leave. */
  why: string;
  stay: string;
  leave: string;
  onStay: () => void;
  onLeave: () => void;
}

export function Ask({ question, why, stay, leave, onStay, onLeave }: AskProps) {
  const box = useRef<HTMLDivElement>(null);
  const id = useId();
  useEffect(() => {
    const before = document.activeElement;
    box.current?.querySelector("button")?.focus();
    return () => {
      // What was pressed may be gone by now, as the buttons of a call are while it is asked.
      const to = before instanceof HTMLElement && before.isConnected ? before : document.querySelector<HTMLElement>("h1");
      to?.focus();
    };
  }, []);
  return (
    <div
      ref={box}
      class="v-ask"
      role="alertdialog"
      aria-labelledby={id}
      aria-describedby={`${id}-why`}
      onKeyDown={(event) => event.key === "Escape" && onStay()}
    >
      <h2 id={id} class="ds-heading" data-size="2xs">{question}</h2>
      <p id={`${id}-why`}>{why}</p>
      <div class="v-answers">
        <Button onClick={onStay}>{stay}</Button>
        <Button variant="secondary" color="danger" onClick={onLeave}>{leave}</Button>
      </div>
    </div>
  );
}

/** The question before the waiting room is left, also while it rings. */
export function AskLeaving({ engine, name }: StepProps & { name: string }) {
  return (
    <Ask
      question={t("visit.waiting.ask")}
      why={t("visit.waiting.ask.why", { name })}
      stay={t("visit.waiting.ask.stay")}
      leave={t("visit.waiting.leave")}
      onStay={() => engine.ask(false)}
      onLeave={() => engine.leave()}
    />
  );
}
