// Starts a page: styles, texts, then the page itself; asks again if the texts do not arrive.
import "@digdir/designsystemet-theme";
import "./system.css";
import "./colors.css";
import "./theme.css";
import "./frame.css";
import "./parts.css";
import "./stage.css";
import { render, type ComponentType } from "preact";
import { loadMessages, type Page as PageName } from "./messages";
import { useLanguage } from "./components/Page";

const AGAIN_MS = 2000;

/** Without texts there is nothing to show: load all anew, which also finds the texts of a version published meanwhile. */
function askAgain(): Promise<never> {
  setTimeout(() => location.reload(), AGAIN_MS);
  return new Promise(() => undefined);
}

/** Load the texts of a page and show it; the page is drawn again when the language changes. */
export async function start(page: PageName, Root: ComponentType): Promise<void> {
  await loadMessages(page).catch(askAgain);
  function InLanguage() {
    useLanguage();
    return <Root />;
  }
  const place = document.getElementById("page");
  if (place) render(<InLanguage />, place);
}
