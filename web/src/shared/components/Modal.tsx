// A modal dialog of any page: takes the focus, gives it back, closes by Escape.
import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef } from "preact/hooks";
import { t } from "../messages";
import "../modal.css";

export interface ModalProps {
  title: string;
  onClose: () => void;
  wide?: boolean;
  children: ComponentChildren;
}

export function Modal({ title, onClose, wide, children }: ModalProps) {
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
  return (
    <dialog
      ref={element}
      class={`ds-dialog v-dialog${wide ? " v-dialog--wide" : ""}`}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
    >
      <div class="v-dialog__head">
        <h2 class="ds-heading" data-size="sm" id={id}>{title}</h2>
        <button type="button" class="ds-button" data-variant="tertiary" data-color="neutral" data-icon="true" data-command="close" aria-label={t("common.close")} onClick={onClose} />
      </div>
      {children}
    </dialog>
  );
}
