// Builds one script and one style sheet, which Python puts into a page: see skeletonllm/viewer.
import license from "rollup-plugin-license";
import { defineConfig, type Plugin } from "vite";

const BUNDLE = new URL("../skeletonllm/viewer/bundle/", import.meta.url).pathname;
// Markup that would end the element the text stands in, or open a comment in it.
const ENDS_ITS_ELEMENT = /<\/(script|style)|<!--|<script/i;
const NEEDS_MORE_RIGHTS = /\beval\(|new Function\(|\bprocess\.env\b/;

const licences: string[] = [];

/** Keeps who made the libraries of the bundle, and under which terms. */
function gatherLicences() {
  return license({
    thirdParty: (libraries) => {
      for (const { name, version, license: terms, homepage, licenseText } of libraries) {
        if (!licenseText) throw new Error(`${name} has no licence text`);
        licences.push(
          `Name: ${name}\nVersion: ${version}\nLicense: ${terms}\nHomepage: ${homepage ?? "-"}\n` +
            `License Text:\n\n${licenseText.trim()}\n`,
        );
      }
    },
  });
}

/** Adds the licences, and refuses what cannot stand inside a page with a strict policy. */
function fitIntoPage(): Plugin {
  return {
    name: "fit-into-page",
    generateBundle(_options, bundle) {
      const names = Object.keys(bundle).sort();
      if (names.join() !== "app.css,app.js") {
        this.error(`expected app.js and app.css alone, found ${names.join(", ")}`);
      }
      for (const [name, part] of Object.entries(bundle)) {
        const text = part.type === "chunk" ? part.code : String(part.source);
        const found = text.match(ENDS_ITS_ELEMENT) ?? text.match(NEEDS_MORE_RIGHTS);
        if (found) this.error(`${name} holds "${found[0]}", which a page cannot carry`);
      }
      const source = licences.sort().join(`\n${"-".repeat(80)}\n\n`);
      this.emitFile({ type: "asset", fileName: "LICENSES.txt", source });
    },
  };
}

export default defineConfig({
  // A library is not told by itself which of its texts are for developers.
  define: { "process.env.NODE_ENV": '"production"' },
  oxc: { jsx: { runtime: "automatic", importSource: "preact" } },
  build: {
    target: "es2022",
    cssTarget: ["chrome123", "firefox128", "safari17.5"],
    outDir: BUNDLE,
    emptyOutDir: true,
    sourcemap: false,
    reportCompressedSize: false,
    cssCodeSplit: false,
    lib: {
      entry: "src/main.tsx",
      formats: ["iife"],
      name: "skeletonPage",
      fileName: () => "app.js",
      cssFileName: "app",
    },
    rollupOptions: {
      plugins: [gatherLicences(), fitIntoPage()],
    },
  },
});
