// A form's field with its label, its help and its fault, tied together for the ear.
import type { ComponentChildren } from "preact";
import { useId } from "preact/hooks";

/** What the field itself must carry. */
export interface LabelledInput {
  id: string;
  name: string;
  class: string;
  "aria-describedby": string | undefined;
  "aria-invalid": boolean;
}

export interface LabelledProps {
  name: string;
  label: string;
  help?: string;
  /** What is wrong with what was typed, in words. */
  fault: string | null;
  class?: string;
  children: (input: LabelledInput) => ComponentChildren;
}

export function Labelled({ name, label, help, fault, class: extra, children }: LabelledProps) {
  const id = useId();
  const described = [help && `${id}-help`, fault && `${id}-fault`].filter(Boolean).join(" ");
  return (
    <div class={`ds-field${extra ? ` ${extra}` : ""}`}>
      <label class="ds-label" for={id}>{label}</label>
      {children({ id, name, class: "ds-input", "aria-describedby": described || undefined, "aria-invalid": fault !== null })}
      {help && <p id={`${id}-help`} data-field="description">{help}</p>}
      {fault && <p id={`${id}-fault`} class="ds-validation-message" data-field="validation">{fault}</p>}
    </div>
  );
}
