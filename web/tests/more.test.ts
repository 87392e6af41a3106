import { readdirSync, readFileSync } from "node:fs";
import { expect, it, vi } from "vitest";
import { fileHost, type Views } from "../src/host";
import * as shared from "../src/shared";

const folder = new URL("../src/more/", import.meta.url);
const sources = readdirSync(folder).map((name) => readFileSync(new URL(name, folder), "utf8"));

/** Names that the sources import from elsewhere than their own folder; types are none. */
const borrowed = sources.flatMap((text) =>
  [...text.matchAll(/^import (?!type\b)([^;]*?) from "(?!\.\/)/gm)].flatMap(([, names = ""]) => names.replace(/[{}]/g, "").split(",").map((name) => name.trim()).filter(Boolean)),
);

it("lends the second script every name that it imports, and no other", () => {
  const spoken = new Set([...borrowed, "Fragment", "jsx", "jsxs"]); // the last three are what the build makes of elements
  expect([...spoken].sort()).toEqual(Object.keys(shared).sort());
});

it("waits in one file for the second script, which comes after the first", async () => {
  const page = Object.assign(new EventTarget(), {}) as unknown as Window;
  vi.stubGlobal("window", page);
  const asked = fileHost({ data: {}, pictures: {} }).more();
  page.__atlasMore = { ComparePage: "there" } as unknown as Views;
  page.dispatchEvent(new Event("load"));
  expect(await asked).toBe(page.__atlasMore);
  expect(fileHost({ data: {}, pictures: {} }).more()).toBe(page.__atlasMore);
  vi.unstubAllGlobals();
});
