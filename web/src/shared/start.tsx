// Starts a page: styles, texts, then the page itself; asks again if the texts do not arrive.
import "@digdir/designsystemet-theme";
import "@digdir/designsystemet-css";
import "./colors.css";
import "./theme.css";
import "./frame.css";
import "./parts.css";
import "./stage.css";
import { render, type ComponentType } from "preact";
import { loadMessages, type Page as PageName } from "./messages";
import { useLanguage } from "./components/Page";

/** Load the texts of a page and show it; the page is drawn again when the language changes. */
export async function start(page: PageName, Root: ComponentType): Promise<void> {
  await loadMessages(page);
  function InLanguage() {
    useLanguage();
    return <Root />;
  }
  const place = document.getElementById("page");
  if (place) render(<InLanguage />, place);
}
