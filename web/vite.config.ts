// How the pages are built: one HTML file each, hashed assets, no inline scripts, messages compiled so that no parser is shipped.
import { defineConfig } from "vite";
import { budget } from "./plugins/budget.ts";
import { messages } from "./plugins/messages.ts";
import { plain } from "./plugins/plain.ts";

export default defineConfig({
  plugins: [messages(), plain(), budget()],
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: ["chrome90", "edge90", "firefox90", "safari15"],
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
    rolldownOptions: {
      input: {
        index: "index.html",
        visit: "visit.html",
        department: "department.html",
        staff: "staff.html",
        help: "help.html",
        status: "status.html",
      },
    },
  },
});
