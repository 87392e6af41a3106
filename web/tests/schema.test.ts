import { readFileSync } from "node:fs";
import { expect, it } from "vitest";

// What this page expects, named as the data's own description names it: a key that Python renames fails here.
const readme = readFileSync(new URL("../../src/convscope/atlas/README.md", import.meta.url), "utf-8");
const types = readFileSync(new URL("../src/types.ts", import.meta.url), "utf-8");

it("reads the schema that Python writes", () => {
  const manifest = readFileSync(new URL("../../src/convscope/atlas/manifest.py", import.meta.url), "utf-8");
  const store = readFileSync(new URL("../src/store.ts", import.meta.url), "utf-8");
  expect(/^SCHEMA = (\d+)/m.exec(manifest)?.[1]).toBe(/SCHEMA = (\d+)/.exec(store)?.[1]);
});

it("names only keys that the description of the files names", () => {
  const keys = [...types.matchAll(/^ {2}(\w+)\??:/gm)].map((found) => found[1] as string);
  const missing = [...new Set(keys)].filter((key) => !new RegExp(`\\b${key}\\b`).test(readme));
  expect(missing).toEqual([]);
});
