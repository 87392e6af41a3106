import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

// Two builds of one viewer: a classic script for pages opened from disk (modules are blocked there), an ES module for
// notebooks; the page of mistakes, which shares parts and no data with it; and the bench, which is never opened from disk.
// All are committed in the Python package; nothing may depend on the day or the machine.
const folder = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const bench = { entry: "src/bench/main.tsx", name: "convscopeBench", formats: ["iife" as const], fileName: () => "bench.js", cssFileName: "bench" };

export default defineConfig(({ mode }) => ({
  publicDir: false,
  build: {
    outDir: folder(mode === "bench" ? "../src/convscope/server/bench/page" : "../src/convscope/atlas/page"),
    emptyOutDir: false,
    target: "es2022",
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    cssCodeSplit: false,
    minify: true,
    reportCompressedSize: false,
    lib:
      mode === "bench"
        ? bench
        : mode === "widget"
        ? { entry: "src/widget.tsx", formats: ["es" as const], fileName: () => "widget.js" }
        : mode === "mistakes"
          ? { entry: "src/mistakes/main.tsx", name: "convscopeMistakes", formats: ["iife" as const], fileName: () => "mistakes.js", cssFileName: "mistakes" }
        : { entry: "src/main.tsx", name: "convscopeAtlas", formats: ["iife" as const], fileName: () => "atlas.js", cssFileName: "atlas" },
  },
  define: { "process.env.NODE_ENV": JSON.stringify("production") },
}));
