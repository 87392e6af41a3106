import { fileURLToPath } from "node:url";
import type { Plugin } from "vite";
import { defineConfig } from "vite";

// Two builds of one viewer: classic scripts for pages opened from disk (modules are blocked there), one for most views and
// one for the few that not every visit needs; an ES module with all of them for notebooks; the page of mistakes, which shares parts and no data with it; and the bench, which is never opened from disk,
// likewise twice. All are committed in the Python package; nothing may depend on the day or the machine.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = (entry: string, name: string, file: string) => ({ entry, name, formats: ["iife" as const], fileName: () => `${file}.js`, cssFileName: file });
const part = (entry: string, file: string) => ({ entry, formats: ["es" as const], fileName: () => `${file}.js` });
const BUILDS: Record<string, ReturnType<typeof page> | ReturnType<typeof part>> = {
  production: page("src/main.tsx", "convscopeAtlas", "atlas"),
  more: page("src/more/index.ts", "__atlasMore", "atlas-more"),
  widget: part("src/widget.tsx", "widget"),
  mistakes: page("src/mistakes/main.tsx", "convscopeMistakes", "mistakes"),
  bench: page("src/bench/main.tsx", "convscopeBench", "bench"),
  "bench-widget": part("src/bench/widget.tsx", "bench-widget"),
};

// The second classic script holds src/more. What that imports from elsewhere the first script holds already and lends it:
// main.tsx puts src/shared.ts at window.__atlasParts, and every import that leaves the folder is one of a property of that.
const borrowing: Plugin = {
  name: "borrowing",
  enforce: "pre",
  resolveId: (source, importer) => (importer && !source.startsWith("./") ? { id: "shared", external: true } : null),
};

export default defineConfig(({ mode }) => ({
  publicDir: false,
  plugins: mode === "more" ? [borrowing] : [],
  build: {
    outDir: folder(mode.startsWith("bench") ? "../src/convscope/live/page" : "../src/convscope/atlas/page"),
    emptyOutDir: false,
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    cssCodeSplit: false,
    minify: true,
    reportCompressedSize: false,
    rollupOptions: { output: mode === "more" ? { globals: { shared: "window.__atlasParts" } } : {} },
    lib: BUILDS[mode] ?? (BUILDS.production as ReturnType<typeof page>),
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
}));
