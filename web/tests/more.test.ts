import { readdirSync, readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fileHost } from "../src/host";
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

it("says in one file that some views are elsewhere", async () => {
  await expect(fileHost({ data: {}, pictures: {} }).more()).rejects.toThrow("This file holds a few units of an atlas");
});
