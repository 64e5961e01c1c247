// How the pages are built: one HTML file each, hashed assets, no inline scripts, messages compiled so that no parser is shipped.
import compile from "icu-minify/compile";
import { defineConfig, type Plugin } from "vite";

/** Turns every ICU message of messages/{language}/{page}.json into its compiled form at build time. */
function messages(): Plugin {
  return {
    name: "venterom-messages",
    enforce: "pre",
    transform(code, id) {
      if (!/\/messages\/[a-z-]+\/[a-z]+\.json$/.test(id)) return null;
      const texts = JSON.parse(code) as Record<string, string>;
      const compiled = Object.fromEntries(Object.entries(texts).map(([key, text]) => [key, compile(text)]));
      return { code: JSON.stringify(compiled), map: null };
    },
  };
}

export default defineConfig({
  plugins: [messages()],
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
      },
    },
  },
});
