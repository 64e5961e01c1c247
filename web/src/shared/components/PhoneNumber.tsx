// A phone number to press.
import { t } from "../messages";
import { phoneLink, readable } from "../phone";

export function PhoneNumber({ phone }: { phone: string }) {
  return (
    <a class="ds-link v-phone" href={phoneLink(phone)}>
      {t("common.phone", { phone: readable(phone) })}
    </a>
  );
}
