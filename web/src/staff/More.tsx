// «Mer»: what is seldom done, behind one button; works by keyboard, touch and screen reader.
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Button } from "../shared/components/parts";
import { t } from "../shared/messages";
import { Icon } from "./Icon";

export interface Choice {
  text: string;
  act: () => void;
  danger?: boolean;
}

export function More({ choices, about }: { choices: Choice[]; about: string }) {
  const [open, setOpen] = useState(false);
  const id = useId();
  const whole = useRef<HTMLDivElement>(null);
  const buttons = (): HTMLButtonElement[] => [...(whole.current?.querySelectorAll("button") ?? [])];
  useEffect(() => {
    if (!open) return;
    const elsewhere = ({ target }: Event): void => {
      if (!(target instanceof Node && whole.current?.contains(target))) setOpen(false);
    };
    for (const sign of ["pointerdown", "focusin"]) document.addEventListener(sign, elsewhere);
    return () => {
      for (const sign of ["pointerdown", "focusin"]) document.removeEventListener(sign, elsewhere);
    };
  }, [open]);
  const key = (event: KeyboardEvent): void => {
    const all = buttons();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Escape" && open) {
      setOpen(false);
      all[0]?.focus();
    } else if (step && open) {
      event.preventDefault();
      const at = all.findIndex((button) => button === document.activeElement);
      all[(at + step + all.length) % all.length]?.focus();
    }
  };
  return (
    <div class="s-more" ref={whole} onKeyDown={key}>
      <Button variant="tertiary" color="neutral" data-size="sm" aria-expanded={open} aria-controls={open ? id : undefined} aria-describedby={about} onClick={() => setOpen(!open)}>
        {t("staff.action.more")} <Icon name="more" />
      </Button>
      {open && (
        <ul class="s-more__list" id={id}>
          {choices.map(({ text, act, danger }) => (
            <li key={text}>
              <Button
                variant="tertiary"
                color={danger ? "danger" : "neutral"}
                data-size="sm"
                aria-describedby={about}
                onClick={() => {
                  setOpen(false);
                  buttons()[0]?.focus();
                  act();
                }}
              >
                {text}
              </Button>
            </li>
          ))}
        </ul>
      )}
    </div>
  );
}
