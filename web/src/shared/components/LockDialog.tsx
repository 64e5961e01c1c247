// What the lock of a call means, in plain words: who can see and hear, the codes to compare, or why it is not end to end.
import { useRef, useState } from "preact/hooks";
import type { Seat } from "../../protocol";
import type { Person, Protection } from "../e2ee/types";
import { t } from "../messages";
import type { LockProps } from "./Lock";
import { Modal } from "./Modal";
import { Button } from "./parts";
import { SpokenCode } from "./SpokenCode";

export interface LockDialogProps extends LockProps {
  protection: Protection;
  onClose: () => void;
}

export function LockDialog(props: LockDialogProps) {
  const { protection, nameOf, onClose } = props;
  return (
    <Modal title={protection.state === "refused" ? "" : t(`common.lock.${protection.state}.title`)} onClose={onClose}>
      {protection.state === "agreeing" && <p>{t("common.lock.agreeing.text")}</p>}
      {protection.state === "sealed" && <Sealed {...props} people={protection.people} holders={protection.holders} />}
      {protection.state === "open" && <Open {...props} unable={protection.unable} />}
      {(protection.state === "sealed" || protection.state === "open") && protection.unagreed?.map((seat) => <p key={seat} data-unagreed={seat}>{t("common.lock.unagreed", { name: nameOf(seat) })}</p>)}
      <div class="v-row">
        <Button variant="tertiary" onClick={onClose}>{t("common.close")}</Button>
      </div>
    </Modal>
  );
}

function Sealed({ people, holders, ...rest }: LockDialogProps & { people: Person[]; holders: Seat[] }) {
  const { nameOf } = rest;
  const open = people.some(({ compared }) => !compared);
  return (
    <>
      <p>{t("common.lock.sealed.text")}</p>
      {holders.length > 1 && (
        <>
          <p>{t("common.lock.holders")}</p>
          <ul class="v-lock__people">{holders.map((seat) => <li key={seat} data-holder={seat}>{nameOf(seat)}</li>)}</ul>
        </>
      )}
      {open && <p>{t("common.lock.read")}</p>}
      {people.map((person) => <OfPerson key={person.seat} person={person} {...rest} />)}
      <p class="v-lock__more">{t("common.lock.sealed.measured")}</p>
    </>
  );
}

/** The code with one other, and what the person here says of it; that it differs is asked twice, for it ends the call. */
function OfPerson({ person, nameOf, identityOf, onCompare }: LockDialogProps & { person: Person }) {
  const { seat, code, compared, renewed, opened } = person;
  const [differs, setDiffers] = useState(false);
  const [read, setRead] = useState(code);
  const section = useRef<HTMLElement>(null);
  const name = nameOf(seat);
  const known = identityOf?.(person);
  const changed = read !== code; // under the eyes of who reads it
  const same = (): void => {
    onCompare(seat, code, true);
    section.current?.focus(); // the button goes
  };
  return (
    <section class="v-lock__person" data-seat={seat} aria-label={name} tabIndex={-1} ref={section}>
      <h3 class="ds-heading" data-size="2xs">{t("common.lock.code", { name })}</h3>
      {known && <p>{known}</p>}
      <SpokenCode code={code} />
      <div class="v-stack" role="status">
        {!opened && <p>{t("common.lock.unopened", { name })}</p>}
        {(changed || renewed) && !compared && <p class="v-lock__renewed">{t("common.lock.renewed.text", { name })}</p>}
        {compared && <p class="v-lock__same">{t("common.lock.compared")}</p>}
        {differs && !compared && <p>{t("common.lock.sure")}</p>}
      </div>
      {!compared && (
        <div class="v-row">
          {/* What a second press at the same place hits, does no harm. */}
          {changed ? (
            <Button onClick={() => setRead(code)}>{t("common.lock.reread")}</Button>
          ) : differs ? (
            <>
              <Button color="danger" onClick={() => onCompare(seat, code, false)}>{t("common.lock.stop")}</Button>
              <Button variant="secondary" onClick={() => setDiffers(false)}>{t("common.lock.again")}</Button>
            </>
          ) : (
            <>
              <Button onClick={same}>{t("common.lock.same")}</Button>
              <Button variant="secondary" onClick={() => setDiffers(true)}>{t("common.lock.different")}</Button>
            </>
          )}
        </div>
      )}
    </section>
  );
}

function Open({ unable, own, nameOf }: LockDialogProps & { unable: Seat[] }) {
  const others = unable.filter((seat) => seat !== own);
  return (
    <>
      <p>{t("common.lock.open.text")}</p>
      {unable.length > 0 && (
        <ul class="v-lock__unable">
          {others.length < unable.length && <li>{t("common.lock.open.own")}</li>}
          {others.map((seat) => <li key={seat}>{t("common.lock.open.other", { name: nameOf(seat) })}</li>)}
        </ul>
      )}
      {unable.length > 0 && <p>{t("common.lock.browsers")}</p>}
    </>
  );
}
