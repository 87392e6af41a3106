import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// Two builds of one viewer: a classic script for pages opened from disk (modules are blocked there), an ES module for
// notebooks; the page of mistakes, which shares parts and no data with it; and the bench, which is never opened from disk,
// likewise twice. All are committed in the Python package; nothing may depend on the day or the machine.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const page = (entry: string, name: string, file: string) => ({ entry, name, formats: ["iife" as const], fileName: () => `${file}.js`, cssFileName: file });
const part = (entry: string, file: string) => ({ entry, formats: ["es" as const], fileName: () => `${file}.js` });
const BUILDS: Record<string, ReturnType<typeof page> | ReturnType<typeof part>> = {
  production: page("src/main.tsx", "convscopeAtlas", "atlas"),
  widget: part("src/widget.tsx", "widget"),
  mistakes: page("src/mistakes/main.tsx", "convscopeMistakes", "mistakes"),
  bench: page("src/bench/main.tsx", "convscopeBench", "bench"),
  "bench-widget": part("src/bench/widget.tsx", "bench-widget"),
};

export default defineConfig(({ mode }) => ({
  publicDir: false,
  build: {
    outDir: folder(mode.startsWith("bench") ? "../src/convscope/live/page" : "../src/convscope/atlas/page"),
    emptyOutDir: false,
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    cssCodeSplit: false,
    minify: true,
    reportCompressedSize: false,
    lib: BUILDS[mode] ?? (BUILDS.production as ReturnType<typeof page>),
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
}));
