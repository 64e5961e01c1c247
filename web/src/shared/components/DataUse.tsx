// How much data a call uses, and the choice to use less.
import { useId } from "preact/hooks";
import type { Conversation } from "../conversation";
import { t } from "../messages";
import { APPETITES, megabytes } from "../saving";

export function DataUse({ conversation }: { conversation: Conversation }) {
  const name = useId();
  return (
    <fieldset class="ds-fieldset v-data">
      <legend class="ds-label">{t("common.data.title")}</legend>
      {APPETITES.map((appetite) => (
        <label key={appetite} class="v-data__choice">
          <input
            class="ds-input"
            type="radio"
            name={name}
            value={appetite}
            checked={conversation.appetite === appetite}
            onChange={() => void conversation.want(appetite)}
          />
          <span>{t(`common.data.${appetite}`)}</span>
        </label>
      ))}
      <p class="v-data__used">{t("common.data.used", { megabytes: megabytes(conversation.bytes) })}</p>
    </fieldset>
  );
}
