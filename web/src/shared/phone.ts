// Phone numbers as people read them and as a phone dials them.

// In a right-to-left text, digits parted by ordinary spaces swap places; by no-break spaces they do not, and a leading + needs the mark LRM.
const SPACE = "\u00a0";
const LEFT_TO_RIGHT = "\u200e";

/** E.164 or a national number → what a Norwegian reads: pairs for eight digits, the country code only when foreign. */
export function readable(phone: string): string {
  const digits = phone.replace(/\s/g, "").replace(/^\+47(?=\d{8}$)/, "");
  if (/^\d{8}$/.test(digits)) {
    const mobile = /^[489]/.test(digits);
    return digits.replace(mobile ? /^(\d{3})(\d{2})(\d{3})$/ : /^(\d{2})(\d{2})(\d{2})(\d{2})$/, mobile ? "$1 $2 $3" : "$1 $2 $3 $4").replace(/ /g, SPACE);
  }
  return LEFT_TO_RIGHT + digits;
}

/** The address that dials a number. */
export function phoneLink(phone: string): string {
  return `tel:${phone.replace(/\s/g, "")}`;
}

/** What was typed, as the API takes it: no spaces, `+` for `00`; null if it is no phone number. */
export function phoneNumber(typed: string): string | null {
  const digits = typed.replace(/[\s().\u200e-]/g, "").replace(/^00/, "+");
  if (/^\+47/.test(digits) ? /^\+47\d{8}$/.test(digits) : /^\+[1-9]\d{6,14}$/.test(digits)) return digits;
  return /^[2-9]\d{7}$/.test(digits) ? digits : null;
}
