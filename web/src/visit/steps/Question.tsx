// The shape of the three questions: «Ja» goes on, «Nei» opens the help and a way on without.
import type { ComponentChildren } from "preact";
import { useEffect, useRef, useState } from "preact/hooks";
import { Button, Heading } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { DeviceReport } from "../../protocol";
import type { Engine } from "../engine";

export interface QuestionProps {
  engine: Engine;
  device: keyof DeviceReport;
  title: string;
  /** What may help, the likeliest first. */
  help: string[];
  /** Words for going on although it does not work. */
  skip: string;
  /** Ways to mend it, shown with the help. */
  tools: ComponentChildren;
  /** The device cannot be had at all: the help is open from the start. */
  broken?: boolean;
  children: ComponentChildren;
}

export function Question({ engine, device, title, help, skip, tools, broken = false, children }: QuestionProps) {
  const [helping, setHelping] = useState(broken || engine.state.devices[device] === "no");
  const asked = useRef(false);
  const box = useRef<HTMLElement>(null);
  useEffect(() => {
    if (broken) setHelping(true);
  }, [broken]);
  useEffect(() => {
    if (asked.current) box.current?.focus(); // the button that was pressed is gone
  }, [helping]);
  const no = (): void => {
    engine.answer(device, "no");
    asked.current = true;
    setHelping(true);
  };
  return (
    <>
      <Heading>{title}</Heading>
      {children}
      {helping && (
        <section ref={box} class="ds-alert v-help" data-color="info" tabIndex={-1} aria-labelledby="help">
          <h2 id="help" class="ds-heading" data-size="2xs">{t("visit.help")}</h2>
          <div class="v-stack">
            <ul>{help.map((text) => <li key={text}>{text}</li>)}</ul>
            {tools}
          </div>
        </section>
      )}
      <div class="v-answers">
        <Button disabled={broken} onClick={() => { engine.answer(device, "yes"); engine.next(); }}>
          {t("visit.yes")}
        </Button>
        {helping ? (
          <Button variant="secondary" onClick={() => { engine.answer(device, "no"); engine.next(); }}>{skip}</Button>
        ) : (
          <Button variant="secondary" onClick={no}>{t("visit.no")}</Button>
        )}
      </div>
    </>
  );
}
