// A modal dialog: takes the focus, gives it back, closes by Escape.
import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useId, useRef } from "preact/hooks";
import { Busy } from "../shared/components/Busy";
import { t } from "../shared/messages";
import type { Wait } from "../shared/turn";

/** Many come at once: until when the page waits before it asks again; what was pressed in a dialog waits there. */
export const WaitContext = createContext<Wait | null>(null);

export interface DialogProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}

export function Dialog({ title, onClose, wide, children }: DialogProps) {
  const element = useRef<HTMLDialogElement>(null);
  const id = useId();
  useEffect(() => {
    const dialog = element.current;
    const before = document.activeElement;
    if (!dialog) return;
    dialog.showModal();
    return () => {
      dialog.close();
      // What opened it may be gone with the dialog before it, or with the call.
      const back = before instanceof HTMLElement && before.isConnected ? before : document.querySelector<HTMLElement>("main h1");
      back?.focus();
    };
  }, []);
  const wait = useContext(WaitContext);
  return (
    <dialog
      ref={element}
      class={`ds-dialog s-dialog${wide ? " s-dialog--wide" : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="s-dialog__head">
        <h2 class="ds-heading" data-size="sm" id={id}>{title}</h2>
        <button type="button" class="ds-button" data-variant="tertiary" data-color="neutral" data-icon="true" data-command="close" aria-label={t("staff.action.close")} onClick={onClose} />
      </div>
      {children}
      {wait && <Busy wait={wait} />}
    </dialog>
  );
}
