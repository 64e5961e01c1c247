// Erasing what is kept of one person: what goes and what stays, and asked twice, for it cannot be taken back.
import { useEffect, useRef, useState } from "preact/hooks";
import type { Erased, PersonExport } from "../../protocol";
import { Button, Notice } from "../../shared/components/parts";
import { errorText, t } from "../../shared/messages";
import { useAct } from "../act";
import { Dialog } from "../Dialog";

export interface EraseDialogProps {
  person: PersonExport;
  erase: () => Promise<Erased>;
  onErased: (erased: Erased) => void;
  onClose: () => void;
}

export function EraseDialog({ person, erase, onErased, onClose }: EraseDialogProps) {
  const [sure, setSure] = useState(false);
  const { busy, error, run } = useAct();
  const question = useRef<HTMLParagraphElement>(null);
  useEffect(() => {
    if (sure) question.current?.focus(); // the second question is read aloud, and Enter pressed twice erases nobody
  }, [sure]);
  return (
    <Dialog title={t("office.erase.title")} onClose={onClose}>
      {sure ? (
        <p ref={question} tabIndex={-1}><strong>{t("office.erase.sure", { count: person.consultations.length })}</strong></p>
      ) : (
        <>
          <p>{t("office.erase.what")}</p>
          <ul class="s-bullets">{(["contact", "links", "feedback"] as const).map((one) => <li key={one}>{t(`office.erase.${one}`)}</li>)}</ul>
          <p>{t("office.erase.stays")}</p>
          <ul class="s-bullets">{(["open", "trail", "backups"] as const).map((one) => <li key={one}>{t(`office.erase.${one}`)}</li>)}</ul>
        </>
      )}
      {error && <Notice tone="danger"><p>{errorText(error)}</p></Notice>}
      <div class="v-row s-dialog__foot">
        {sure ? (
          <Button key="yes" color="danger" busy={busy} onClick={() => run(async () => onErased(await erase()))}>{t("office.erase.yes")}</Button>
        ) : (
          <Button key="on" variant="secondary" color="danger" onClick={() => setSure(true)}>{t("office.erase.on")}</Button>
        )}
        <Button variant="secondary" color="neutral" onClick={onClose}>{t("office.erase.no")}</Button>
      </div>
    </Dialog>
  );
}
