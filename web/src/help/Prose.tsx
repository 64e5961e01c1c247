// A text of several lines: each is a paragraph, those that begin with «• » are a list together.
import type { JSX } from "preact";

export function Prose({ text }: { text: string }) {
  const blocks: JSX.Element[] = [];
  let items: string[] = [];
  const flush = (): void => {
    if (items.length > 0) blocks.push(<ul key={blocks.length}>{items.map((item) => <li key={item}>{item}</li>)}</ul>);
    items = [];
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("• ")) items.push(line.slice(2));
    else {
      flush();
      blocks.push(<p key={blocks.length}>{line}</p>);
    }
  }
  flush();
  return <>{blocks}</>;
}

/** A heading with its text. */
export function Section({ title, text }: { title: string; text: string }) {
  return (
    <section class="v-stack">
      <h2 class="ds-heading" data-size="xs">{title}</h2>
      <Prose text={text} />
    </section>
  );
}
