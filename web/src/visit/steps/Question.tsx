// The shape of the three questions: «Ja» goes on, «Nei» opens the help and a way on without.
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import { Button, Heading, Notice } from "../../shared/components/parts";
import { t } from "../../shared/messages";
import type { DeviceReport } from "../../protocol";
import type { Engine } from "../engine";

export interface QuestionProps {
  engine: Engine;
  device: keyof DeviceReport;
  title: string;
  help: string;
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
  return (
    <>
      <Heading>{title}</Heading>
      {children}
      {helping && (
        <Notice tone="info">
          <p>{help}</p>
          {tools}
        </Notice>
      )}
      <div class="v-answers">
        <Button disabled={broken} onClick={() => { engine.answer(device, "yes"); engine.next(); }}>
          {t("visit.yes")}
        </Button>
        <Button variant="secondary" onClick={() => { engine.answer(device, "no"); setHelping(true); }}>
          {t("visit.no")}
        </Button>
      </div>
      {helping && (
        <Button variant="tertiary" onClick={() => { engine.answer(device, "no"); engine.next(); }}>
          {skip}
        </Button>
      )}
    </>
  );
}
