// What became of one message, in a line of the list: plain while all is well, with a light and a way to the details where it is not.
import { Icon } from "./Icon";
import type { Sent } from "./words";

export function SentLight({ sent: { way, state, light, text }, onPress }: { sent: Sent; onPress?: (() => void) | undefined }) {
  const marks = { "data-sent": way, "data-delivery": state };
  if (light === null) return <span {...marks} class="v-muted">{text}</span>;
  const content = <><Icon name={light} /> {text}</>;
  if (onPress) return <button type="button" {...marks} class="s-check s-check--press" data-light={light} aria-haspopup="dialog" onClick={onPress}>{content}</button>;
  return <span {...marks} class="s-check" data-light={light}>{content}</span>;
}
